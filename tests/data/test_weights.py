"""Weights of samples and classes: formulas, scikit-learn, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from shoal.data.dataset import Dataset, Feature, Schema
from shoal.data.weights import class_weights, row_emphasis, row_weights
from shoal.errors import ArgumentError, DataError

Y = np.array([[0.0], [1.0], [1.0], [1.0]])
SCHEMA = Schema(
    columns=(Feature(name="a"),), target="y", kind="classification", classes=("no", "yes"),
    weights="w",
)  # fmt: skip


def rows(weights: list[float] | None = None, schema: Schema = SCHEMA) -> Dataset:
    counts = None if weights is None else np.array(weights)
    return Dataset(x=np.zeros((4, 1)), y=Y, schema=schema, source="t.csv", weights=counts)


def test_balanced_is_what_scikit_learn_says() -> None:
    label = np.array([0] * 5 + [1] * 2 + [2] * 3)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=label)
    found = class_weights(np.eye(3)[label], "balanced", ["a", "b", "c"])
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_balanced_counts_weights() -> None:
    # classes weigh 2 and 1 + 1 + 0 = 2 of 4: both factors are 4 / (2 * 2)
    weights = np.array([2.0, 1.0, 1.0, 0.0])
    assert class_weights(Y, "balanced", ["no", "yes"], weights).tolist() == [1.0, 1.0]
    # classes weigh 1 and 3: 4 / 2 and 4 / 6
    assert class_weights(Y, "balanced", ["no", "yes"]).tolist() == [2.0, 4 / 6]


def test_a_class_without_rows_has_factor_1() -> None:
    one_hot = np.eye(3)[[0, 1, 1]]
    assert class_weights(one_hot, "balanced", ["a", "b", "c"]).tolist() == [1.0, 0.5, 1.0]


def test_a_mapping_names_classes() -> None:
    assert class_weights(Y, {"yes": 3}, ["no", "yes"]).tolist() == [1.0, 3.0]


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"yess": 2.0}, "must name classes of 'no', 'yes'; got 'yess'. Did you mean 'yes'?"),
        (
            {"yes": 0.0},
            "must give factors above 0; got 0 for 'yes'. Give a value within the bounds.",
        ),
        (
            {"yes": float("nan")},
            "must give factors above 0; got nan for 'yes'. Give a value within the bounds.",
        ),
        (
            "equal",
            "must be \"balanced\" or a factor for each class; got 'equal'."
            " Choose one of the names that are known.",
        ),
    ],
)
def test_factors_that_are_refused(setting, sentence) -> None:
    with pytest.raises(ArgumentError) as error:
        class_weights(Y, setting, ["no", "yes"])
    assert str(error.value) == f"class_weights: `setting` {sentence}"


def test_emphasis_has_mean_1_over_the_training_rows() -> None:
    chosen = np.array([0, 1, 3])
    # 1, 2 and 3 over their mean 2; the weight of the row left out does not matter
    found = row_emphasis(rows([1, 2, 100, 3]), chosen, None)
    assert found is not None
    assert found.tolist() == [0.5, 1.0, 1.5]
    weights = row_weights(rows([1, 2, 100, 3]), chosen, "training")
    assert weights is not None
    assert weights.tolist() == [1, 2, 3]


def test_emphasis_takes_class_factors_too() -> None:
    chosen = np.array([0, 1, 3])
    found = row_emphasis(rows([1, 2, 100, 3]), chosen, {"no": 10.0})
    assert found is not None
    assert found.tolist() == [5.0, 1.0, 1.5]
    # weights 1 against 2 + 3: 6 / (2 * 1) and 6 / (2 * 5)
    balanced = row_emphasis(rows([1, 2, 100, 3]), chosen, "balanced")
    assert balanced is not None
    np.testing.assert_allclose(balanced, [0.5 * 3, 0.6, 1.5 * 0.6], rtol=1e-15)
    alone = row_emphasis(rows(), chosen, "balanced")
    assert alone is not None
    np.testing.assert_allclose(alone, [1.5, 0.75, 0.75], rtol=1e-15)


def test_without_weights_there_is_nothing() -> None:
    assert row_emphasis(rows(), np.arange(4), None) is None
    assert row_weights(rows(), np.arange(4), "training") is None
    assert row_weights(rows([1, 1, 1, 1]), np.zeros(0, np.int64), "test") is None


@pytest.mark.parametrize("scale", [1e-310, 1e-150, 1e150])
def test_the_scale_of_weights_does_not_matter(scale: float) -> None:
    found = row_emphasis(rows([1 * scale, 2 * scale, 3 * scale, 2 * scale]), np.arange(4), None)
    assert found is not None
    np.testing.assert_allclose(found, [0.5, 1, 1.5, 1], rtol=1e-12)


def test_training_rows_that_all_weigh_0() -> None:
    with pytest.raises(DataError) as error:
        row_emphasis(rows([0, 0, 1, 1]), np.array([0, 1]), None)
    assert str(error.value) == (
        "t.csv, column 'w': every one of the 2 training rows has weight 0. "
        "Give more rows, or another share of them for each part."
    )


def test_class_weights_need_classes() -> None:
    numbers = Schema(columns=SCHEMA.columns, target="y", kind="regression")
    with pytest.raises(DataError) as error:
        row_emphasis(rows(schema=numbers), np.arange(4), "balanced")
    assert str(error.value) == (
        "t.csv, column 'y': class_weight is for one target of several classes, but the target "
        "is a number. Leave class_weight out."
    )
    with pytest.raises(DataError) as error:
        row_emphasis(rows(), np.arange(4), {"maybe": 2.0})
    assert str(error.value) == (
        "t.csv, column 'y': class_weight must name classes of 'no', 'yes'; got 'maybe'."
        " Give weights of 0 or more that are not all 0."
    )
