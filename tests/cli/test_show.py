"""Tests of ``shoal show``, ``shoal evaluate``, ``shoal tasks`` and ``shoal schema``."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len

import shoal as package
from shoal.data.tasks import TASKS


def lines_of(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def test_a_model_as_a_table(shoal: Any, models: Path) -> None:
    result = shoal("show", "flowers.safetensors")
    assert (result.exit_code, result.stderr) == (0, "")
    best = package.load("flowers.safetensors").best
    assert lines_of(result.stdout) == [
        "layer    shape   parameters   activation",
        "────────────────────────────────────────",
        "1       4 x 32          160   relu",
        "2       32 x 3           99   softmax",
        "                        259   in all",
        "",
        "features      sepal_length_cm, sepal_width_cm, petal_length_cm, petal_width_cm",
        "classes       setosa, versicolor, virginica",
        "target        species",
        "scaling       standard",
        "networks      4",
        f"best network  {best}",
        f"made by       shoal {version('shoal')}, arithmetic 2",
    ]


def test_one_network_of_a_model(shoal: Any, models: Path) -> None:
    lines = lines_of(shoal("show", "flowers.safetensors", "--network", "2").stdout)
    seed = package.load("flowers.safetensors").seeds[2]
    assert "network   2" in lines
    assert f"seed      {seed}" in lines


def test_weights_are_whole_at_any_width(shoal: Any, models: Path) -> None:
    result = shoal("show", "ja.safetensors", "--weights", "--network", "1")
    assert "…" not in result.stdout
    assert max(cell_len(line) for line in result.stdout.splitlines()) <= 80
    weights = package.load("ja.safetensors")[1].parameters.weights[0][0]
    for value in np.ravel(weights):
        assert f"{value:.6g}" in result.stdout
    assert all(f"unit {k}" in result.stdout for k in range(1, 33))


def test_an_experiment_is_shown_untrained(shoal: Any, or_file: str) -> None:
    result = shoal("show", or_file, "--weights", "--json")
    document = json.loads(result.stdout)
    assert [layer["shape"] for layer in document["layers"]] == [[2, 8], [8, 1]]
    assert [layer["parameters"] for layer in document["layers"]] == [24, 9]
    assert document["parameters"] == 33
    assert document["features"] == ["input1", "input2"]
    experiment = package.Experiment.load(or_file)
    start = experiment.network.initialize(experiment.stream_seed("init", 0), 2)
    assert document["layers"][0]["weights"] == np.float64(start.weights[0]).tolist()
    assert "networks  16, not trained yet" in lines_of(shoal("show", or_file).stdout)


def test_names_that_look_like_markup_are_names(shoal: Any, folder: Path) -> None:
    rows = "".join(f"{k},{'[red]' if k % 2 else ':cat:'}\n" for k in range(12))
    (folder / "t.csv").write_text('"[bold]\na",y\n' + rows)
    few = ("population=2", "training.epochs=2", "-q")
    assert shoal("train", "t.csv", "-t", "y", *few).exit_code == 0
    shown = shoal("show", "t.safetensors", "--weights").stdout
    assert "features      [bold]\\na\n" in shown
    assert "classes       [red], :cat:\n" in shown or "classes       :cat:, [red]\n" in shown
    judged = shoal("evaluate", "t.safetensors", "t.csv").stdout
    assert "[red]" in judged
    assert ":cat:" in judged


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (
            ["flowers.csv"],
            "flowers.csv: is a table of data, not an experiment. See: shoal train.",
        ),
        (
            ["flowers.toml", "--network", "1"],
            "--network: chooses from a trained population; this is an experiment."
            " Give what the message names.",
        ),
        (
            ["orr.safetensors"],
            "orr.safetensors: there is no such file. Did you mean 'or.safetensors'?",
        ),
    ],
)
def test_what_is_not_shown(
    refused: Callable[..., str], models: Path, args: list[str], sentence: str
) -> None:
    assert refused("show", *args) == sentence


def test_evaluation_of_classes(shoal: Any, models: Path) -> None:
    result = shoal("evaluate", "flowers.safetensors", "flowers.csv")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = lines_of(result.stdout)
    assert lines[0] == "flowers.csv: 150 rows, 4 networks"
    found = json.loads(shoal("evaluate", "flowers.safetensors", "flowers.csv", "--json").stdout)
    whole, alone = [line.split()[1:] for line in lines if line.startswith("accuracy")]
    each, ends = found["network_accuracies"], found["intervals"]["accuracy"]
    assert whole == [f"{found['accuracy']:.4f}", f"{ends['low']:.4f}", "to", f"{ends['high']:.4f}"]
    wanted = [float(np.median(each)), min(each), max(each)]
    assert alone == [f"{value:.4f}" for value in wanted]
    assert ["constant", "guess", "0.3333"] in [line.split() for line in lines]
    assert np.sum(found["confusion"]) == 150
    setosa = [line for line in lines if line.startswith("setosa")][1]
    assert [int(cell) for cell in setosa.split()[1:]] == found["confusion"][0]


def test_evaluation_of_one_network(shoal: Any, models: Path) -> None:
    lines = lines_of(shoal("evaluate", "ja.safetensors", "ja.csv", "--network", "0").stdout)
    assert lines[0] == "ja.csv: 10 rows, 1 network"
    assert ["constant", "guess", "0.5000"] in [line.split() for line in lines]


def test_evaluation_of_numbers(shoal: Any, models: Path) -> None:
    lines = lines_of(shoal("evaluate", "prices.safetensors", "prices.csv", "--decimal", ",").stdout)
    names = [line.split("  ")[0] for line in lines]
    wanted = ["mean absolute error", "root mean squared error", "R²", "median absolute error"]
    place = names.index(wanted[0])
    assert names[place : place + 4] == wanted


def test_evaluation_needs_the_target(refused: Callable[..., str], models: Path) -> None:
    header = "sepal_length_cm,sepal_width_cm,petal_length_cm,petal_width_cm"
    (models / "new.csv").write_text(f"{header}\n5.1,3.5,1.4,0.2\n")
    sentence = refused("evaluate", "flowers.safetensors", "new.csv")
    assert sentence.startswith("new.csv: ")
    assert "'species'" in sentence


def test_every_task_with_what_is_attainable(shoal: Any) -> None:
    result = shoal("tasks")
    assert result.exit_code == 0
    named = [line.split()[0] for line in result.stdout.splitlines()[2:] if line[:1].strip()]
    assert named[: len(TASKS)] == list(TASKS)
    assert max(len(line.rstrip()) for line in result.stdout.splitlines()) <= 80
    entries = json.loads(shoal("tasks", "--json").stdout)
    assert [entry["task"] for entry in entries] == list(TASKS)
    assert all(0.9 < entry["attainable_accuracy"] <= 1 for entry in entries)


def test_the_schema_is_one_json_document(shoal: Any) -> None:
    document = json.loads(shoal("schema").stdout)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"data", "network", "training", "population"} <= document["properties"].keys()
