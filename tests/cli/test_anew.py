"""Every command that takes an experiment file takes a stored run, and stands for the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shoal.cli.lab import start_of

EXPERIMENT = "population = 3\n[data]\ntask = 'greater'\nsamples = 60\n[training]\nepochs = 4\n"
SECONDS = "seconds"
"""The one member that is another for each call."""

COMMANDS = {
    "run": ["training.epochs=5", "--no-store"],
    "spread": ["--networks", "4", "--figure", "train_loss"],
    "sweep": ["seed=1,2,3", "--dry-run"],
    "search": ["training.optimizer.learning_rate=0.1,0.01,0.001", "--budgets", "1,3"],
    "compare": ["training.epochs=1,2", "--pairs", "4", "--no-store"],
    "doctor": ["--seed", "5", "--no-proof", "--no-store"],
    "trace": ["seed=5", "--row", "2"],
}


@pytest.fixture
def stored(
    shoal: Any, folder: Path, tmp_path_factory: Any, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """The names of one experiment: its file, references to its run, the run's checkpoint."""
    monkeypatch.setenv("SHOAL_HOME", str(tmp_path_factory.mktemp("home")))
    (folder / "small.toml").write_text(EXPERIMENT, "utf-8")
    checkpoint = folder / "small.checkpoint"
    assert shoal("run", "small.toml", "-q", "--checkpoint", str(checkpoint)).exit_code == 0
    return ["small.toml", "@last", "@last:small", "small.checkpoint"]


@pytest.mark.parametrize("command", COMMANDS)
def test_json_is_the_same(shoal: Any, stored: list[str], command: str) -> None:
    said = [shoal(command, name, *COMMANDS[command], "--json", "-q") for name in stored]
    assert [result.exit_code for result in said] == [0] * 4
    first, *others = [_without(json.loads(result.stdout)) for result in said]
    assert others == [first] * 3


def test_the_chart_is_the_same(shoal: Any, stored: list[str], folder: Path) -> None:
    made = []
    for number, name in enumerate(stored):
        assert shoal("plot", "curves", name, "seed=5", "-q", "-o", f"{number}.csv").exit_code == 0
        made.append((folder / f"{number}.csv").read_text("utf-8"))
    assert made == made[:1] * 4


def test_the_program_is_the_same_but_for_its_name(shoal: Any, stored: list[str]) -> None:
    programs = [shoal("code", name, "seed=5", "--to", "numpy").stdout for name in stored[1:]]
    id = json.loads(shoal("runs", "--json").stdout)[0]["id"]
    plain = shoal("code", "small.toml", "seed=5", "--to", "numpy").stdout
    named = plain.replace('"""small:', f'"""{id}:').replace("experiment small", f"experiment {id}")
    assert programs[:2] == [named, named]
    assert programs[2] == plain


def test_the_lab_begins_with_the_same(stored: list[str]) -> None:
    assert len({start_of(name).fragment for name in stored}) == 1


def test_what_is_trained_anew_is_stored_under_the_same_name(shoal: Any, stored: list[str]) -> None:
    assert shoal("run", "@last", "seed=1", "-q").exit_code == 0
    assert shoal("sweep", "@last", "seed=1,2", "-q").exit_code == 0
    assert shoal("sweep", "@last", "training.epochs=2", "-q").exit_code == 0
    found = json.loads(shoal("runs", "--json").stdout)
    assert [(each["kind"], each["name"]) for each in found] == [
        ("sweep", "small"), ("sweep", "small"), ("run", "small"), ("run", "small"),
    ]  # fmt: skip


def _without(document: Any) -> Any:
    """Return a document without what measures the call itself."""
    if isinstance(document, dict):
        return {key: _without(value) for key, value in document.items() if key != SECONDS}
    return [_without(each) for each in document] if isinstance(document, list) else document
