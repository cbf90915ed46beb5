"""Figures with weights and of labels: against scikit-learn, and against rows repeated."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as peer

from shoal.errors import ArgumentError
from shoal.metrics import (
    METRICS,
    accuracy,
    categorical_log_loss,
    confusion_matrix,
    constant_guess_accuracy,
    hamming_loss,
    mean_absolute_error,
    mean_squared_error,
    r2,
    subset_accuracy,
)

RNG = np.random.default_rng(0)
N = 60
LABEL = RNG.integers(0, 3, N)
P = RNG.dirichlet([1, 1, 1], N)
Y = np.eye(3)[LABEL]
LABELS = RNG.integers(0, 2, (N, 4)).astype(float)
SAID = RNG.random((N, 4))
VALUES, GUESSES = RNG.normal(size=(N, 2)), RNG.normal(size=(N, 2))
W = RNG.uniform(0, 3, N) * (RNG.random(N) < 0.8)


def test_classes_as_scikit_learn() -> None:
    said = P.argmax(axis=1)
    assert accuracy(P, Y, W) == pytest.approx(peer.accuracy_score(LABEL, said, sample_weight=W))
    assert categorical_log_loss(P, Y, W) == pytest.approx(
        peer.log_loss(LABEL, P, sample_weight=W), rel=1e-12
    )
    expected = peer.confusion_matrix(LABEL, said, sample_weight=W)
    np.testing.assert_allclose(confusion_matrix(P, Y, W), expected, rtol=1e-12)


@pytest.mark.parametrize("weights", [None, W])
def test_labels_as_scikit_learn(weights: np.ndarray | None) -> None:
    said = SAID > 0.5
    assert subset_accuracy(SAID, LABELS, weights) == pytest.approx(
        peer.accuracy_score(LABELS, said, sample_weight=weights)
    )
    assert hamming_loss(SAID, LABELS, weights) == pytest.approx(
        peer.hamming_loss(LABELS, said, sample_weight=weights)
    )


def test_numbers_as_scikit_learn() -> None:
    for ours, theirs in (
        (mean_squared_error, peer.mean_squared_error),
        (mean_absolute_error, peer.mean_absolute_error),
        (r2, peer.r2_score),
    ):
        assert ours(GUESSES, VALUES, W) == pytest.approx(
            theirs(VALUES, GUESSES, sample_weight=W), rel=1e-12
        )


@pytest.mark.parametrize("name", METRICS)
def test_a_weight_of_2_is_the_row_twice(name: str) -> None:
    metric = METRICS[name]
    outputs, y = (GUESSES, VALUES) if metric.kind == "regression" else (SAID, LABELS)
    times = RNG.integers(0, 4, N)
    again = np.repeat(np.arange(N), times)
    assert metric.function(outputs, y, times) == pytest.approx(
        metric.function(outputs[again], y[again]), rel=1e-12
    )


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        (
            [1.0],
            "must have shape (N,) with N=2, a weight for every row; got (1,)."
            " Give as many as that.",
        ),
        (
            [1.0, -1.0],
            "must be finite numbers of 0 or more; got -1. Give a value within the bounds.",
        ),
        (
            [np.nan, 1.0],
            "must be finite numbers of 0 or more; got nan. Give a value within the bounds.",
        ),
        ([0.0, 0.0], "must not all be 0; got 2 zeros. Give at least one."),
    ],
)
def test_weights_that_are_of_no_use(name: str, weights: list[float], sentence: str) -> None:
    with pytest.raises(ArgumentError) as error:
        METRICS[name].function([[1.0], [0.5]], [[1.0], [0.0]], weights)
    assert str(error.value) == f"{name}: `weights` {sentence}"


def test_a_target_that_varies_only_where_nothing_counts_has_no_r2() -> None:
    assert np.isnan(r2([[1.0], [2.0], [3.0]], [[1.0], [1.0], [5.0]], [1, 1, 0]))


def test_the_constant_guess_counts_weights() -> None:
    train, other = [[0], [1], [1]], [[0], [0], [1]]
    # class 0 weighs 3 against 2, so 0 is said; of the others it has 1 + 1 of 6
    found = constant_guess_accuracy(
        train, other, weights_train=[3, 1, 1], weights_validation=[1, 1, 4]
    )
    assert found == pytest.approx(1 / 3)


def test_the_constant_guess_of_labels_is_the_most_frequent_row() -> None:
    train = [[1, 0], [1, 0], [0, 1], [1, 1], [1, 1], [1, 1]]
    # (1, 1) stands three times; column by column it would be the same here
    assert constant_guess_accuracy(train, [[1, 1], [1, 0]], labels=True) == 0.5
    # (1, 0) weighs 4 against 3
    weights = [2, 2, 1, 1, 1, 1]
    found = constant_guess_accuracy(
        train, [[1, 1], [1, 0], [1, 0]], weights_train=weights, labels=True
    )
    assert found == pytest.approx(2 / 3)
