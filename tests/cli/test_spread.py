"""Tests of ``shoal spread``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

FEW = ("training.epochs=2", "--networks", "8", "-q")
STREAMS = ["data", "noise", "split", "init", "order", "dropout", "search"]


def test_the_table(shoal: Any, or_file: str) -> None:
    told = shoal("spread", or_file, "--figure", "validation_loss", *FEW)
    assert (told.exit_code, told.stderr) == (0, "")
    lines = told.stdout.splitlines()
    assert lines[0].split() == [
        "stream",
        "that",
        "varies",
        "deviation",
        "share",
        "5",
        "%",
        "95",
        "%",
    ]
    assert [line.split()[0] for line in lines[2:9]] == STREAMS
    assert lines[9].startswith("together, beyond that")
    assert lines[10].startswith("all")
    assert lines[12].startswith(
        "8 networks are too few to tell which stream causes most of the spread of the validation "
        "loss: "
    )
    assert lines[13:] == [
        "8 networks a line. share: the variance of the validation loss between networks where only",
        "that stream varies and the others are held, over that where all vary.",
    ]


def test_json(shoal: Any, or_file: str) -> None:
    args = ("spread", or_file, "--figure", "validation_loss", *FEW, "--json")
    told = shoal(*args)
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    assert [each["stream"] for each in found["shares"]] == STREAMS
    assert found["figure"] == "validation_loss"
    assert found["networks"] == found["n_counted"] == 8
    assert set(found["rest"]) == {"share", "low", "high"}
    assert shoal(*args).stdout == told.stdout


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (
            ["--figure", "validation_los"],
            "spread: `figure` must be one of train_loss, train_accuracy, validation_loss, "
            "validation_accuracy; got 'validation_los'. Did you mean 'validation_loss'?",
        ),
        (["training.epochs=0"], "or.toml, training.epochs: must be a whole number of 1 or more; "
        "got 0. Give a value within the bounds."),
        (["--networks", "3", "training.optimizer.name=sgd", "training.loss=squared_error",
          "training.optimizer.learning_rate=1e30", "network.layers.1.activation=identity"],
         "spread: every one of 3 networks diverged. Give a smaller learning rate, or scale "
         "features."),
    ],
)  # fmt: skip
def test_what_is_refused(
    refused: Callable[..., str], or_file: str, args: list[str], sentence: str
) -> None:
    assert refused("spread", or_file, *args, "-q") == sentence
