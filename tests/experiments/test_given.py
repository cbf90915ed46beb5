"""Tests of rows handed over in Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.data.dataset import Dataset, Feature, Schema
from shoal.errors import ArgumentError
from shoal.experiments.given import given_rows

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 0, 1])


def test_classes_from_numbers() -> None:
    dataset, split = given_rows((X, Y), classification=True)
    assert split is None
    assert dataset.schema.classes == ("0", "1")
    assert dataset.schema.feature_names == ("x0", "x1")
    assert dataset.y.tolist() == [[0], [1], [0], [1], [0], [1]]
    three, _ = given_rows((X, [0, 1, 2, 0, 1, 2]), classification=True)
    assert three.y[2].tolist() == [0, 0, 1]
    one, _ = given_rows((X, np.zeros((6, 1))), classification=True)
    assert one.schema.classes == ("0", "1")


def test_values_for_a_regression() -> None:
    dataset, _ = given_rows((X, Y + 0.5), classification=False)
    assert (dataset.schema.kind, dataset.schema.classes) == ("regression", ())
    assert dataset.y[:2].tolist() == [[0.5], [1.5]]


def test_validation_rows_are_the_last_ones() -> None:
    dataset, split = given_rows((X, Y, X[:2] + 100, [2, 0]), classification=True)
    assert split is not None
    assert split.train.tolist() == [0, 1, 2, 3, 4, 5]
    assert split.validation.tolist() == [6, 7]
    assert dataset.x[6].tolist() == [100, 101]
    assert dataset.y[6].tolist() == [0, 0, 1]


def test_a_dataset_is_taken_as_it_is() -> None:
    schema = Schema(columns=(Feature(name="a"),), target="b", kind="regression")
    dataset = Dataset(x=X[:, :1], y=X[:, 1:], schema=schema, source="mine")
    assert given_rows(dataset, classification=True) == (dataset, None)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (X, "`rows` must be a Dataset, (x, y) or (x, y, x_validation, y_validation); "
         "got ndarray."),
        ((X, Y, X), "`rows` must be a Dataset, (x, y) or (x, y, x_validation, y_validation); "
         "got tuple."),
        ((X, Y[:5]), "`y` must have shape (N,) with N=6 from `x`; got (5,)."),
        ((["a"], Y), "`x` must be an array of numbers; got something else (list)."),
        (([[1], [2, 3]], [0, 1]), "`x` must be an array of numbers; got something else (list)."),
        ((X, [[0, 1]] * 6), "`y` must have shape (N,); got (6, 2)."),
        ((X * np.nan, Y), "`x` must be finite; got NaN or infinity."),
        ((X, Y / 0.3), "`y` must be class numbers 0, 1, ...; got 3.33333."),
        ((X, Y - 1), "`y` must be class numbers 0, 1, ...; got -1."),
        ((X, Y * 1e300), "`y` must be class numbers 0, 1, ...; got 1e+300."),
        ((X[:0], Y[:0]), "`x` must have at least one row; got 0."),
        ((X, Y, X[:, :1], Y), "`x_validation` must have D=2 features as in training; got 1."),
    ],
)  # fmt: skip
def test_what_is_refused(rows: Any, sentence: str) -> None:
    with pytest.raises(ArgumentError) as error:
        given_rows(rows, classification=True)
    assert str(error.value) == f"Experiment.run: {sentence}"
