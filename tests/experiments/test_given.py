"""Tests of rows handed over in Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
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


LABELS = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1]])


def test_columns_with_one_1_a_row_are_classes() -> None:
    dataset, _ = given_rows((X, np.eye(3)[[0, 1, 2, 0, 1, 2]]), classification=True)
    assert (dataset.schema.kind, dataset.schema.classes) == ("classification", ("0", "1", "2"))
    assert dataset.y[2].tolist() == [0, 0, 1]
    # two columns that exclude each other are one class of two
    two, _ = given_rows((X, np.eye(2)[Y]), classification=True)
    assert two.y[:, 0].tolist() == Y.tolist()


def test_other_columns_of_0_and_1_are_labels() -> None:
    dataset, _ = given_rows((X, LABELS), classification=True)
    schema = dataset.schema
    assert (schema.kind, schema.targets) == ("multilabel", ("y0", "y1", "y2"))
    assert (schema.classes, schema.label_classes) == ((), (("0", "1"),) * 3)
    assert dataset.y.tolist() == LABELS.tolist()


def test_softmax_wants_one_class_a_row() -> None:
    with pytest.raises(ArgumentError) as error:
        given_rows((X, LABELS), classification=True, one_hot=True)
    assert str(error.value) == (
        "Experiment.run: `y` must have one 1 a row for softmax or categorical_crossentropy; got "
        '2 in row 0. For labels of their own use "sigmoid" and "binary_crossentropy".'
    )


def test_columns_of_values_are_several_targets() -> None:
    dataset, _ = given_rows((X, X + 0.5), classification=False)
    assert (dataset.schema.kind, dataset.schema.targets) == ("regression", ("y0", "y1"))
    assert dataset.y.tolist() == (X + 0.5).tolist()


def test_weights_follow_y() -> None:
    dataset, split = given_rows((X, Y, Y + 1, X[:2], Y[:2], [5, 6]), classification=True)
    assert split is not None
    assert dataset.weights is not None
    assert dataset.weights.tolist() == [1, 2, 1, 2, 1, 2, 5, 6]


def test_weights_of_a_dataset_are_checked() -> None:
    schema = Schema(columns=(Feature(name="a"),), target="b", kind="regression")
    dataset = Dataset(x=X[:, :1], y=X[:, 1:], schema=schema, weights=np.ones(5))
    with pytest.raises(ArgumentError) as error:
        given_rows(dataset, classification=False)
    assert str(error.value) == (
        "Experiment.run: `rows.weights` must have shape (N,) with N=6, a weight for every row; "
        "got (5,)."
        " Give as many as that."
    )


def test_data_frames_keep_their_names() -> None:
    x = pd.DataFrame(X, columns=["width", "height"])
    dataset, _ = given_rows((x, pd.Series(Y, name="ripe")), classification=True)
    assert dataset.schema.feature_names == ("width", "height")
    assert dataset.schema.target == "ripe"
    labels, _ = given_rows((x, pd.DataFrame(LABELS, columns=list("abc"))), classification=True)
    assert labels.schema.targets == ("a", "b", "c")
    one_hot = pd.DataFrame(np.eye(3)[[0, 1, 2, 0, 1, 2]], columns=list("abc"))
    assert given_rows((x, one_hot), classification=True)[0].schema.classes == ("a", "b", "c")
    with pytest.raises(ArgumentError) as error:
        given_rows((x, Y, x[["height", "width"]], Y), classification=True)
    assert str(error.value) == (
        "Experiment.run: `x_validation` must have the columns of `x` in their order "
        "(width, height); got height, width."
        " Give what belongs to it."
    )


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (X, "`rows` must be a Dataset, (x, y) or (x, y, x_validation, y_validation), "
         "with weights after each y or after none; got ndarray. Give a value of that kind."),
        ((X, Y, X, Y, X), "`rows` must be a Dataset, (x, y) or (x, y, x_validation, "
         "y_validation), with weights after each y or after none; got a tuple of 5."
         " Give a value of that kind."),
        ((X, Y[:5]), "`y` must have shape (N,) or (N, C) with N=6 from `x`; got (5,)."
                     " Give as many as that."),
        ((X, Y, X, Y[:2]), "`y_validation` must have shape (N,) or (N, C) with N=6 from "
         "`x_validation`; got (2,). Give as many as that."),
        ((X, Y, np.ones(5)), "`weights` must have shape (N,) with N=6, a weight for every row; "
         "got (5,). Give as many as that."),
        ((X, Y, [1, 1, np.nan, 1, 1, 1]), "`weights` must be numbers from 0 to 1e+150; "
         "got nan in row 2. Give a value within the bounds."),
        ((X, Y, np.zeros(6)), "`weights` must not all be 0; got 6 zeros. Give at least one."),
        ((X, Y, Y + 1, X, Y, -Y), "`weights_validation` must be numbers from 0 to 1e+150; "
         "got -1 in row 1. Give a value within the bounds."),
        ((["a"], Y), "`x` must be an array of numbers; got something else (list)."
                     " Give a value of that kind."),
        (([[1], [2, 3]], [0, 1]), "`x` must be an array of numbers; got something else (list)."
                                  " Give a value of that kind."),
        ((X, [[0, 2]] * 6), "`y` must be 0 and 1 where it has several columns; got 2."
                            " Give the answers in that form, or choose another kind of model."),
        ((X, Y, X, [[0, 1]] * 6), "`y_validation` must have C=1 columns as in training; got 2."
                                  " Give as many as that."),
        ((X * np.nan, Y), "`x` must be finite; got NaN or infinity."
                          " Take these numbers out, or fill the gaps first."),
        ((X, Y / 0.3), "`y` must be class numbers 0, 1, ...; got 3.33333."
                       " Give the answers in that form, or choose another kind of model."),
        ((X, Y - 1), "`y` must be class numbers 0, 1, ...; got -1."
                     " Give the answers in that form, or choose another kind of model."),
        ((X, Y * 1e300), "`y` must be class numbers 0, 1, ...; got 1e+300."
                         " Give the answers in that form, or choose another kind of model."),
        ((X[:0], Y[:0]), "`x` must have at least one row; got 0. Give at least one."),
        ((X, Y, X[:, :1], Y), "`x_validation` must have D=2 features as in training; got 1."
                              " Give as many as that."),
    ],
)  # fmt: skip
def test_what_is_refused(rows: Any, sentence: str) -> None:
    with pytest.raises(ArgumentError) as error:
        given_rows(rows, classification=True)
    assert str(error.value) == f"Experiment.run: {sentence}"
