"""Which of two classes a threshold says, and that costs are counted by the same rule."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ArgumentError
from shoal.metrics.costs import cost_curve
from shoal.models.ensemble import Prediction
from shoal.models.thresholds import Threshold

P = np.array([0.0, 0.2, 0.25, 0.5, 1.0])


def said(positive: int, at: float) -> list[bool]:
    mean = np.stack([1 - P, P] if positive else [P, 1 - P], axis=1)
    found = Prediction(mean=mean, codes=np.zeros(5, np.int64), disagreement=np.arange(5.0))
    decided = Threshold(at=at, positive=positive).decide(found)
    assert decided.mean is found.mean
    assert decided.disagreement is found.disagreement
    return (decided.codes == positive).tolist()


@pytest.mark.parametrize("positive", [0, 1])
@pytest.mark.parametrize(
    ("at", "rows"),
    [
        (0.0, [False, True, True, True, True]),  # the threshold itself is the other class
        (0.25, [False, False, False, True, True]),
        (0.3, [False, False, False, True, True]),
        (0.5, [False, False, False, False, True]),
        (1.0, [False, False, False, False, False]),
    ],
)
def test_the_class_is_said_above_the_threshold(positive: int, at: float, rows: list[bool]) -> None:
    assert said(positive, at) == rows
    curve = cost_curve(P, [True] * 5, false_positive=1, false_negative=1)
    assert curve.n_false_negatives[curve.at(at)] == rows.count(False)


@pytest.mark.parametrize("at", [-0.1, 1.1, float("nan")])
def test_a_threshold_is_a_probability(at: float) -> None:
    with pytest.raises(ArgumentError) as caught:
        Threshold(at=at)
    assert (
        str(caught.value) == f"Threshold: `at` must be from 0 to 1; got {at}."
        " Give a value within the bounds."
    )
