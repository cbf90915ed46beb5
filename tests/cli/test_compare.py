"""Tests of ``shoal compare``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FEW = ("training.epochs=2", "--pairs", "8", "--no-store")
RULES = "training.optimizer.name=sgd,adam"


def test_the_answer_comes_first(shoal: Any, or_file: str) -> None:
    told = shoal("compare", or_file, RULES, *FEW)
    assert (told.exit_code, told.stderr) == (0, "")
    lines = told.stdout.splitlines()
    assert lines[0].startswith(("undecided: ", "optimizer=", "no difference"))
    assert lines[2].split() == ["validation", "accuracy", "median", "5", "%", "95", "%",
                                "stuck", "diverged"]  # fmt: skip
    assert [line[:14].strip() for line in lines[4:9]] == [
        "optimizer=sgd", "optimizer=adam", "constant guess", "linear model", "attainable",
    ]  # fmt: skip
    assert "adam : sgd" in told.stdout
    assert "Hypothesis: 'optimizer=adam wins more often than optimizer=sgd'" in told.stdout
    assert max(len(line) for line in lines[1:]) <= 80


def test_long_names_give_way_to_numbers(shoal: Any, or_file: str, folder: Path) -> None:
    long = "an_experiment_with_a_name_that_nobody_would_type_twice.toml"
    (folder / long).write_text((folder / or_file).read_text("utf-8"), "utf-8")
    told = shoal("compare", or_file, long, RULES, "training.epochs=1", "--pairs", "2", "--no-store")
    assert max(len(line) for line in told.stdout.splitlines()) <= 80
    assert "…" not in told.stdout
    assert told.stdout.count("won-lost-tied") == 1


def test_quiet_is_a_sentence(shoal: Any, or_file: str) -> None:
    told = shoal("compare", or_file, RULES, *FEW, "-q")
    assert (told.exit_code, told.stdout.count("\n")) == (0, 1)


def test_json_and_a_file(shoal: Any, or_file: str, folder: Path) -> None:
    told = shoal("compare", or_file, RULES, *FEW, "--json", "-o", "x.json")
    found = json.loads(told.stdout)
    assert [each["path"] for each in found.pop("files")] == ["x.json"]
    assert json.loads((folder / "x.json").read_text("utf-8")) == found
    assert [arm["name"] for arm in found["arms"]] == ["optimizer=sgd", "optimizer=adam"]
    assert len(found["seeds"]) == found["n_pairs"] == 8
    (verdict,) = found["verdicts"]
    assert (verdict["a"], verdict["b"]) == ("optimizer=sgd", "optimizer=adam")
    assert verdict["wins"] + verdict["losses"] + verdict["ties"] == 8


def test_files_and_products(shoal: Any, or_file: str, folder: Path) -> None:
    text = (folder / or_file).read_text("utf-8")
    (folder / "other.toml").write_text(text.replace("seed = 0", "seed = 1"), "utf-8")
    told = shoal("compare", or_file, "other.toml", RULES, "seed=4", *FEW, "--json")
    found = json.loads(told.stdout)
    assert [arm["name"] for arm in found["arms"]] == [
        "or, optimizer=sgd", "or, optimizer=adam", "other, optimizer=sgd", "other, optimizer=adam",
    ]  # fmt: skip
    assert len(found["verdicts"]) == 6
    assert {arm["experiment"]["seed"] for arm in found["arms"]} == {4}


def test_a_race_of_learning_rules_and_widths(shoal: Any, or_file: str) -> None:
    told = shoal(
        "compare", or_file, RULES, "network.layers.0.units=2,4", "--pairs", "6",
        "--target", "train_loss<0.4", "training.epochs=20", "--no-store",
    )  # fmt: skip
    assert told.exit_code == 0
    assert "to train_loss<0.4" in told.stdout
    assert "optimizer=sgd, units=2" in told.stdout
    assert "Times to train_loss<0.4 are those of the first report" in told.stdout


def test_a_stored_run_is_a_side(shoal: Any, or_file: str, monkeypatch: Any, folder: Path) -> None:
    monkeypatch.setenv("SHOAL_HOME", str(folder / "home"))
    assert shoal("run", or_file, "training.epochs=2", "-q").exit_code == 0
    told = shoal("compare", "@last", RULES, "--pairs", "4", "-q")
    assert told.exit_code == 0
    assert "comparison" in shoal("runs", "--json").stdout


def test_a_checkpoint_is_a_side(shoal: Any, or_file: str) -> None:
    args = ("run", or_file, "training.epochs=2", "--checkpoint", "x.checkpoint", "-q")
    assert shoal(*args, "--no-store").exit_code == 0
    told = shoal(
        "compare", "x.checkpoint", "training.epochs=1,2", "--pairs", "4", "-q", "--no-store"
    )
    assert (told.exit_code, told.stderr) == (0, "")


NOTHING = "compare: needs two experiments or more. Name a second file, or several values: "


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ([], NOTHING + "training.optimizer.name=sgd,adam."),
        (["seed=1"], NOTHING + "training.optimizer.name=sgd,adam."),
        ([f"seed={','.join(str(n) for n in range(65))}"],
         "compare: takes up to 64 experiments; got 65. For more: shoal sweep."),
        ([RULES, "--figure", "test_loss"],
         "compare: `figure` must be one that all arms have: validation_accuracy, validation_loss, "
         "train_accuracy, train_loss, clean_accuracy; got 'test_loss'. Did you mean 'train_loss'?"),
        ([RULES, "-o", "x.csv"], "x.csv: must end in .json (the result) or .html (a report)."
                                 " Give the file one of these endings."),
        ([RULES, "training.epochs=0"],
         "or.toml, training.epochs: must be a whole number of 1 or more; got 0."
         " Give a value within the bounds."),
        ([RULES, "--region", "-1"],
         "--region: must be a number of 0 or more; got -1. See: shoal compare --help."),
        ([RULES, "--until", "soon"],
         'compare: `until` must be "decided", or such as "width<0.005"; got \'soon\'.'
         " Give a value of that kind."),
        ([RULES, "--at-most", "9"],
         "--at-most: is for --until. Without it --pairs says how many there are."),
        ([RULES, "sweep.toml"],
         "sweep.toml: is a sweep, and no one experiment. "
         "Give experiments; shoal sweep trains and ranks its cells."),
        ([RULES, "missing.toml"], "missing.toml: there is no such file."
                                  " Look at the spelling and the folder."),
        (["training.optimizer.name=sgd,,adam"],
         "'training.optimizer.name=sgd,,adam': has nothing between two commas. Write key=a,b,c."),
    ],
)  # fmt: skip
def test_what_is_refused(
    refused: Callable[..., str], or_file: str, folder: Path, args: list[str], sentence: str
) -> None:
    text = (folder / or_file).read_text("utf-8")
    (folder / "sweep.toml").write_text(text + "\n[sweep]\nseed = [1, 2]\n", "utf-8")
    assert refused("compare", or_file, *args, "-q") == sentence


def test_a_comparison_in_which_all_diverge_falls_short(shoal: Any, or_file: str) -> None:
    lost = ("training.reduction=sum", "data.multiply=1e6", "--pairs", "4", "--no-store")
    rates = "training.optimizer.learning_rate=1e38,{}"
    result = shoal("compare", or_file, rates.format("2e38"), *lost, "--json")
    assert result.exit_code == 1
    assert [arm["n_diverged"] for arm in json.loads(result.stdout)["arms"]] == [4, 4]
    assert shoal("compare", or_file, rates.format("1e-9"), *lost, "-q").exit_code == 0
