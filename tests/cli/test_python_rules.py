"""Documents with a learning rule in Python, from the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MODULE = "my_rules_of_cli"
RULES = """
import numpy as np

def descend(parameters, state, loss, gradient, rng):
    n = (state or 0) + 1
    return parameters - 0.5 * gradient(parameters), n

def breaks(parameters, state, loss, gradient, rng):
    n = (state or 0) + 1
    if n == 5:
        raise ValueError("no more")
    return parameters - 0.5 * gradient(parameters), n

def odd(parameters, state, loss, gradient, rng):
    return parameters, {1}
"""
FEW = ("population=2", "training.epochs=2", "data.batches=10")
OUTPUTS = ("-o", "r.json", "-o", "m.safetensors")


def rule(name: str) -> str:
    return f'training.optimizer={{name = "python", function = "{MODULE}:{name}"}}'


@pytest.fixture
def rules(folder: Path) -> Path:
    sys.modules.pop(MODULE, None)
    (folder / f"{MODULE}.py").write_text(RULES)
    return folder


def result(path: Path) -> Any:
    return json.loads((path / "r.json").read_text())


def test_a_rule_in_python(shoal: Any, or_file: str, rules: Path) -> None:
    args = ("run", or_file, *FEW, rule("descend"), *OUTPUTS, "--checkpoint", "c", "-q")
    told = shoal(*args)
    assert (told.exit_code, told.stdout) == (2, "")
    assert "]: training.optimizer.function: the experiment names Python" in told.stderr
    assert "--allow-python" in told.stderr
    assert not (rules / "c").exists()
    told = shoal(*args, "--allow-python")
    assert (told.exit_code, told.stderr) == (0, "")
    optimizer = result(rules)["experiment"]["training"]["optimizer"]
    assert optimizer["name"] == "python"
    assert optimizer["function"]["code"] == f"{MODULE}:descend"
    assert len(optimizer["function"]["sha256"]) == 64
    assert {network["evaluations"] for network in result(rules)["networks"]} == {20}
    told = shoal("resume", "c", "training.epochs=4", "-q")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "--allow-python" in told.stderr
    told = shoal("resume", "c", "training.epochs=4", "-q", "--allow-python", *OUTPUTS, "--force")
    assert (told.exit_code, told.stderr) == (0, "")
    resumed = result(rules)
    longer = ("run", or_file, *FEW, "training.epochs=4", rule("descend"), "--force", "-q")
    assert shoal(*longer, *OUTPUTS, "--allow-python").exit_code == 0
    assert result(rules)["digest"] == resumed["digest"]


def test_a_checkpoint_whose_rule_has_changed(shoal: Any, or_file: str, rules: Path) -> None:
    args = ("run", or_file, *FEW, rule("descend"), "--checkpoint", "c", "-q", "--allow-python")
    assert shoal(*args).exit_code == 0
    sys.modules.pop(MODULE)
    (rules / f"{MODULE}.py").write_text(RULES.replace("0.5", "0.25"))
    import linecache

    linecache.clearcache()
    told = shoal("resume", "c", "training.epochs=4", "-q", "--allow-python")
    assert (told.exit_code, told.stdout) == (2, "")
    assert f"the source of '{MODULE}:descend' has changed since" in told.stderr


def test_a_rule_that_fails_loses_nothing(shoal: Any, or_file: str, rules: Path) -> None:
    args = ("run", or_file, *FEW, rule("breaks"), *OUTPUTS, "--checkpoint", "c", "--allow-python")
    told = shoal(*args)
    assert (told.exit_code, told.stdout) == (2, "")
    lines = told.stderr.splitlines()
    assert len(lines) == 1
    assert "]: training.optimizer.function, network 0 (seed " in lines[0]
    assert lines[0].endswith(
        f"), step 5: '{MODULE}:breaks' raised ValueError: no more ({MODULE}.py, line 11). "
        "Mend the function; what was trained until then is kept."
    )
    assert {network["steps"] for network in result(rules)["networks"]} == {4}
    assert {each["stopped_because"] for each in result(rules)["networks"]} == {"interrupted"}
    assert (rules / "m.safetensors").exists()
    assert (rules / "c").exists()


def test_a_state_that_no_checkpoint_holds(shoal: Any, or_file: str, rules: Path) -> None:
    args = ("run", or_file, *FEW, rule("odd"), *OUTPUTS, "--allow-python")
    told = shoal(*args, "--checkpoint", "c")
    assert told.exit_code == 2
    assert "returned a state with a set, which a checkpoint cannot hold." in told.stderr
    assert (rules / "m.safetensors").exists()
    assert shoal(*args, "--force").exit_code == 0


def test_spread(shoal: Any, or_file: str, rules: Path) -> None:
    args = ("spread", or_file, "training.epochs=1", "data.batches=5", rule("descend"))
    args += ("--networks", "3", "-q", "--figure", "train_loss")
    assert "--allow-python" in shoal(*args).stderr
    assert shoal(*args, "--allow-python").exit_code == 0
    told = shoal(*args[:4], rule("breaks"), *args[5:], "--allow-python")
    assert told.exit_code == 2
    assert "raised ValueError: no more (" in told.stderr


def test_train_runs_no_code_that_was_not_allowed(
    shoal: Any, refused: Callable[..., str], models: Path, rules: Path
) -> None:
    args = ("train", "flowers.csv", "--target", "species", rule("descend"), "training.epochs=5")
    args += ("-o", "n.safetensors", "-q")
    told = refused(*args)
    assert told.startswith("training.optimizer.function: the experiment names Python code ")
    assert MODULE not in sys.modules
    assert shoal(*args, "--allow-python").exit_code == 0
    again = shoal("run", "n.toml", "--allow-python", "-q", "-o", "again.safetensors")
    assert (again.exit_code, again.stderr) == (0, "")
