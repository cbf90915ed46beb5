"""Tests of the headline: everything that decides how networks learn, and legible."""

from __future__ import annotations

from typing import Any

import pytest

import shoal as package
from shoal.cli.headline import deciding, headline
from shoal.training import SCHEDULES, STOP_RULES


def no_gain(previous: dict[str, float], current: dict[str, float]) -> bool:
    return False


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, []),
        ({"schedule": ["constant"]}, []),
        ({"schedule": ["linear_warmup", "cosine"]}, ["linear_warmup", "cosine"]),
        (
            {"regularization": {"l2": 1e-4, "dropout": [0.2, 0.5, 0.0]}},
            ["l2 0.0001", "dropout 0.2/0.5/0"],
        ),
        ({"regularization": {"l1": [0.0, 0.0]}}, []),
        ({"clip_norm": 1.0, "clip_value": 0.5}, ["clip_norm 1", "clip_value 0.5"]),
        (
            {"stop": package.Target("validation_accuracy", above=0.95)},
            ["stops at validation_accuracy >= 0.95"],
        ),
        ({"stop": package.Target("train_loss", below=0.2)}, ["stops at train_loss <= 0.2"]),
        ({"stop": package.Plateau()}, ["stops at 10 reports without better validation_loss"]),
        (
            {"stop": package.Plateau("train_loss", patience=1)},
            ["stops at 1 report without better train_loss"],
        ),
        ({"stop": package.Divergence(above=5.0)}, ["diverged at train_loss >= 5"]),
        ({"stop": package.StepLimit(1500)}, ["stops after 1,500 steps"]),
        ({"stop": package.EvaluationLimit(1)}, ["stops after 1 evaluation"]),
        ({"stop": package.SecondLimit(0.5)}, ["stops after 0.5 s"]),
        ({"stop": package.Predicate(no_gain)}, [f"stops when {__name__}:no_gain says so"]),
        ({"restore_best": "validation_loss"}, ["keeps the best validation_loss"]),
    ],
)
def test_what_decides_is_told(settings: dict[str, Any], told: list[str]) -> None:
    assert deciding(package.Training(**settings), has_validation=True) == told


def test_a_figure_that_is_not_named_is_that_of_the_rows_there_are() -> None:
    settings = package.Training(stop=package.Plateau(patience=3))
    told = ["stops at 3 reports without better train_loss"]
    assert deciding(settings, has_validation=False) == told


LAST = {
    "steps": package.StepLimit(9),
    "seconds": package.SecondLimit(9),
    "evaluations": package.EvaluationLimit(9),
    "target": package.Target("train_loss", below=9),
    "plateau": package.Plateau(),
    "divergence": package.Divergence(above=9),
    "python": package.Predicate(no_gain),
}


def test_every_schedule_and_every_stop_rule_is_told() -> None:
    assert LAST.keys() == STOP_RULES.keys()
    for rule in LAST.values():
        assert len(deciding(package.Training(stop=rule), has_validation=True)) == 1
    for name in SCHEDULES.keys() - {"constant"}:
        assert deciding(package.Training(schedule=name), has_validation=True) == [name]


def line(**settings: Any) -> str:
    training = package.Training(package.Lion(0.0001), epochs=1, **settings)
    return headline(package.Experiment(population=2, training=training).run())


def test_a_headline_that_fits_is_one_line() -> None:
    assert line(schedule="cosine", regularization={"dropout": 0.2}) == (
        "greater: 2 networks 2-3-3-3-1, 1 epoch, lion 0.0001, cosine, dropout 0.2"
    )


def test_a_long_headline_goes_on_below() -> None:
    stop = package.Target("validation_accuracy", above=0.95)
    assert line(schedule="cosine", regularization={"dropout": 0.2}, stop=stop) == (
        "greater: 2 networks 2-3-3-3-1, 1 epoch, lion 0.0001, cosine, dropout 0.2, stops\n"
        "  at validation_accuracy >= 0.95"
    )


def test_of_very_much_that_decides_only_the_beginning_is_told() -> None:
    stop = [package.StepLimit(100 + k) for k in range(20)]
    told = line(stop=stop).splitlines()
    assert max(len(each) for each in told) <= 80
    assert " ".join(each.strip() for each in told).endswith("stops after 107 steps, and 12 more")
