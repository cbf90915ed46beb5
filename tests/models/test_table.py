"""Columns of predictions: names, clashes and digits."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.data.scaling import Scaler
from shoal.models import free_names, prediction_columns


def test_a_classifier(coin) -> None:
    # p(yes) is 5/8 and 1/2; the networks are 1/8 and 0 from it
    assert prediction_columns(coin(), [[1.0], [0.0]]) == {
        "class": ["yes", "no"],
        "probability_no": ["0.375", "0.5"],
        "probability_yes": ["0.625", "0.5"],
        "disagreement": ["0.125", "0.0"],
    }


def test_one_network_has_no_disagreement(coin) -> None:
    assert list(prediction_columns(coin()[0], [[1.0]])) == [
        "class",
        "probability_no",
        "probability_yes",
    ]


def test_numbers(lines) -> None:
    # 2 x and 4 x + 1: mean 3.5 and 0.5, both 1.5 and 0.5 from it
    assert prediction_columns(lines(), [[1.0], [0.0]]) == {
        "value": ["3.5", "0.5"],
        "disagreement": ["1.5", "0.5"],
    }


def test_digits_are_those_of_the_precision(lines) -> None:
    # 2 * 0.1 in float32 is 0.2; in float64 of that float32 it would be 0.20000000298023224
    assert prediction_columns(lines("float32")[0], [[0.1]]) == {"value": ["0.2"]}
    assert prediction_columns(lines("float64")[0], [[0.1 + 2**-50]]) == {
        "value": [repr(2 * (0.1 + 2**-50))]
    }


def test_targets_far_from_zero_keep_their_digits(lines) -> None:
    # seconds since 1970: float32 has steps of 128 there
    far = (Scaler(kind="standard", center=(1_700_000_000.0,), scale=(100.0,)),)
    model = lines("float32", target_scalers=far)[0]
    assert prediction_columns(model, [[0.25]]) == {"value": ["1700000050.0"]}


def test_values_beyond_float32_are_written_too(lines) -> None:
    wide = (Scaler(kind="standard", center=(0.0,), scale=(1e100,)),)
    model = lines("float32", target_scalers=wide)[0]
    assert prediction_columns(model, [[0.25], [0.0]]) == {"value": ["5e+99", "0.0"]}


def test_no_rows_are_empty_columns(coin) -> None:
    found = prediction_columns(coin(), np.zeros((0, 1)))
    assert list(found.values()) == [[], [], [], []]


def test_names_that_are_taken(coin) -> None:
    found = prediction_columns(coin(), [[1.0]], taken=["x0", "class", "disagreement"])
    assert list(found) == [
        "class_predicted",
        "probability_no",
        "probability_yes",
        "disagreement_predicted",
    ]


@pytest.mark.parametrize(
    ("names", "taken", "expected"),
    [
        (["a"], [], ["a"]),
        (["a"], ["a", "a_predicted"], ["a_predicted_predicted"]),
        (["p_a", "p_a_predicted"], ["p_a"], ["p_a_predicted_predicted", "p_a_predicted"]),
    ],
)
def test_names_stay_apart(names, taken, expected) -> None:
    assert free_names(names, taken) == expected
