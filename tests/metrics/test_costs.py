"""Costs by hand, against a loop, and the theory where probabilities are true."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.metrics.costs import (
    best_place,
    best_range,
    cost_curve,
    costs_at,
    theoretical_threshold,
    thresholds_of,
)
from shoal.metrics.ranking import ranking


def rows(n: int = 300):
    rng = np.random.default_rng(0)
    p = np.round(rng.random(n), 2)
    return p, rng.random(n) < p, rng.integers(0, 3, n).astype(float)


def test_every_threshold_against_a_loop() -> None:
    p, true, w = rows()
    found = cost_curve(p, true, false_positive=2, false_negative=5, weights=w)
    for threshold, cost, false, missed in zip(
        found.threshold[1:-1], found.cost[1:-1], found.n_false_positives[1:-1],
        found.n_false_negatives[1:-1], strict=True,
    ):  # fmt: skip
        said = p > threshold
        assert false == (w * (said & ~true)).sum()
        assert missed == (w * (~said & true)).sum()
        assert cost == pytest.approx((2 * false + 5 * missed) / w.sum())
    assert found.cost[0] == pytest.approx(5 * w[true].sum() / w.sum())
    assert found.cost[-1] == pytest.approx(2 * w[~true].sum() / w.sum())


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.305, 0.5, 0.999, 1.0])
def test_the_place_of_a_threshold_says_yes_above_it(threshold: float) -> None:
    p, true, _ = rows()
    found = cost_curve(p, true, false_positive=1, false_negative=1)
    assert found.n_false_positives[found.at(threshold)] == ((p > threshold) & ~true).sum()


def test_theory_is_best_where_probabilities_are_true() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(100_000)
    found = cost_curve(p, rng.random(100_000) < p, false_positive=1, false_negative=4)
    assert theoretical_threshold(1, 4) == 0.2
    assert found.threshold[found.best] == pytest.approx(0.2, abs=0.03)
    # saying yes above 0.2 costs int_0^0.2 4 p dp + int_0.2^1 (1 - p) dp = 0.08 + 0.32
    assert found.cost[found.at(0.2)] == pytest.approx(0.4, abs=0.01)


def test_costs_of_several_samples_are_those_of_each() -> None:
    p, is_class, _ = rows(40)
    ranked = ranking(p, is_class)
    weights = np.random.default_rng(1).integers(0, 3, size=(5, 40)).astype(float)
    found = costs_at(ranked, weights, false_positive=1, false_negative=3)
    for w, costs in zip(weights, found, strict=True):
        curve = cost_curve(p, is_class, false_positive=1, false_negative=3, weights=w)
        np.testing.assert_allclose(costs, curve.cost)
        np.testing.assert_array_equal(thresholds_of(ranked), curve.threshold)


def test_the_range_of_the_best_threshold_holds_the_true_one() -> None:
    # where probabilities are true, 0.2; the spread of the best ones of resamples holds it 0.87
    held = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        p = rng.beta(1, 2, 200)
        ranked = ranking(p, rng.random(200) < p)
        prices = {"false_positive": 1.0, "false_negative": 4.0}
        seen = costs_at(ranked, np.ones((1, 200)), **prices)[0]
        drawn = costs_at(ranked, rng.multinomial(200, np.ones(200) / 200, 200).astype(float),
                         **prices)  # fmt: skip
        low, high = best_range(thresholds_of(ranked), drawn, best_place(seen))
        assert low <= thresholds_of(ranked)[best_place(seen)] <= high
        held += low <= 0.2 <= high
    assert held / 120 > 0.885  # with p = 0.95, but once in 1,000 times
