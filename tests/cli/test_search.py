"""Tests of ``shoal search``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal import Experiment

RATES = """
[data]
task = "greater"
samples = 300

[training]
epochs = 9
batch_size = 30

[population]
size = 3

[sweep]
training.optimizer.learning_rate = { log = [1e-4, 10.0], n = 9 }
"""


@pytest.fixture
def rates(folder: Path) -> str:
    (folder / "rates.toml").write_text(RATES, "utf-8")
    return "rates.toml"


def test_halving_as_tables(shoal: Any, rates: str) -> None:
    told = shoal("search", rates, "--figure", "validation_loss")
    assert (told.exit_code, told.stderr) == (0, "")
    lines = [line.split() for line in told.stdout.splitlines()]
    assert lines[0] == ["rung", "epochs", "cells", "best", "validation", "loss", "go", "on"]
    assert [(row[1], row[2], row[4:]) for row in lines[2:5]] == [
        ("1", "9", ["3"]), ("3", "3", ["1"]), ("9", "1", []),
    ]  # fmt: skip
    assert re.search(
        r"learning_rate=\S+ is the best of 9 cells: median validation loss \S+, with 26% of the "
        "steps of the whole grid.$", told.stdout.strip(),
    )  # fmt: skip


@pytest.mark.parametrize("method", ["halving", "optuna"])
def test_the_best_experiment_is_written_and_runs(
    shoal: Any, rates: str, folder: Path, method: str
) -> None:
    few = ["--trials", "4"] if method == "optuna" else ["--one-in", "2", "--budgets", "1,3"]
    told = shoal("search", rates, "--method", method, *few, "-o", "best.toml", "--json")
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    assert found["method"] == method
    best = Experiment.load(folder / "best.toml")
    key = "training.optimizer.learning_rate"
    assert best.training.optimizer.learning_rate == found["winner"]["values"][key]  # type: ignore[union-attr]
    run = best.run()
    values = sorted(run.final("validation_accuracy").tolist())
    assert found["winner"]["score"] == values[1]
    if method == "halving":
        assert found["winner"]["digest"] == run.digest
        assert [rung["n_cells"] for rung in found["rungs"]] == [9, 4, 2]
    else:
        assert len(found["trials"]) == 4


def test_a_data_file_is_named_as_seen_from_the_new_file(shoal: Any, models: Path) -> None:
    (models / "below").mkdir()
    text = '[data]\nfile = "flowers.csv"\ntarget = "species"\n[training]\nepochs = 2\n'
    text += 'loss = "categorical_crossentropy"\n[network]\nlayers = [{units = 3, '
    text += 'activation = "softmax"}]\n[sweep]\nseed = [1, 2]\n'
    (models / "flowers.toml").write_text(text, "utf-8")
    told = shoal("search", "flowers.toml", "-o", "below/best.toml", "-q")
    assert (told.exit_code, told.stdout) == (0, "")
    assert 'file = "../flowers.csv"' in (models / "below" / "best.toml").read_text("utf-8")
    assert shoal("run", "below/best.toml", "-q", "--no-store").exit_code == 0


def test_optuna_as_a_table(shoal: Any, rates: str) -> None:
    args = ("search", rates, "--method", "optuna", "--trials", "12", "--batch", "4")
    told = shoal(*args)
    assert (told.exit_code, told.stderr) == (0, "")
    lines = told.stdout.splitlines()
    assert lines[0].split() == ["trial", "validation", "accuracy", "number"]
    assert len([line for line in lines if line.startswith("learning_rate=")]) == 10 + 1
    assert shoal(*args).stdout == told.stdout
    assert shoal(*args, "--seed", "5").stdout != told.stdout


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--trials", "3"], "--trials: belongs to --method optuna. Leave it out."),
        (
            ["--method", "optuna", "--one-in", "3"],
            "--one-in: belongs to --method halving. Leave it out.",
        ),
        (
            ["-o", "best.txt"],
            "best.txt: must end in .toml (the best experiment) or .json (what was found)."
            " Give the file one of these endings.",
        ),
        (
            ["--budgets", "3,1"],
            "halve: `budgets` must be ascending whole numbers of 1 or more; got [3, 1]."
            " Give a value within the bounds.",
        ),
        (
            ["--budgets", "a"],
            "--budgets: must be epochs with commas between, such as 1,3,9; got a. "
            "See: shoal search --help.",
        ),
        (
            ["data.validation=0"],
            "halve: `data.validation` must leave rows to rank by; got 0. Give validation a share "
            "of the rows, such as data.validation=0.2.",
        ),
        (["-o", "rates.toml"], "rates.toml: exists already. Give --force to replace it."),
    ],
)
def test_what_is_refused(
    refused: Callable[..., str], rates: str, args: list[str], sentence: str
) -> None:
    assert refused("search", rates, *args, "-q") == sentence


@pytest.mark.parametrize("method", ["halving", "optuna"])
def test_a_search_in_which_all_diverge_falls_short(shoal: Any, folder: Path, method: str) -> None:
    text = RATES.replace("epochs = 9", "epochs = 3\nloss = 'squared_error'")
    text = text.replace("{ log = [1e-4, 10.0], n = 9 }", "[1e38, 2e38, 3e38]")
    text += "[[network.layers]]\nunits = 2\nactivation = 'relu'\n"
    text += "[[network.layers]]\nunits = 1\nactivation = 'identity'\n"
    (folder / "lost.toml").write_text(text, "utf-8")
    args = ("search", "lost.toml", "--method", method, "training.optimizer=sgd")
    told = shoal(*args, "-o", "best.toml")
    assert told.exit_code == 1
    assert "is of use: half of its networks or more diverged." in told.stdout
    assert "wrote" not in told.stdout
    assert told.stderr == (
        "shoal: best.toml: nothing is of use, so there is no best experiment to write.\n"
    )
    assert not (folder / "best.toml").exists()
    told = shoal(*args, "-o", "found.json", "--json")
    assert (told.exit_code, told.stderr) == (1, "")
    found = json.loads((folder / "found.json").read_text("utf-8"))
    assert found["winner"]["score"] is None
