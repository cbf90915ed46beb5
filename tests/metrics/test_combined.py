"""Intervals of figures that are made of shares: published examples, and how often they hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from shoal.metrics.bootstrap import wilson
from shoal.metrics.combined import correlation_of, f1_interval, mean_interval


def test_f1_is_told_by_its_share() -> None:
    # 30 rows of the class and called so, 15 either but not both: J = 30/45, F1 = 60/75
    peer = stats.binomtest(30, 45).proportion_ci(method="wilson")
    low, high = f1_interval(0.8, 45)
    assert (low, high) == pytest.approx([2 * j / (1 + j) for j in (peer.low, peer.high)])
    assert f1_interval(0.0, 8)[0] == 0.0
    assert f1_interval(1.0, 8)[1] == 1.0
    assert np.isnan(f1_interval(0.5, 0.0)).all()


def test_the_difference_of_two_shares_is_that_of_newcombe() -> None:
    # Newcombe, "Interval estimation for the difference between independent proportions"
    # (1998), table II, example (a), method 10: 56/70 - 48/80 lies from 0.0524 to 0.3339
    (low, high), (other_low, other_high) = wilson(0.8, 70), wilson(0.6, 80)
    found = mean_interval(
        np.array([0.8, -0.6]),
        np.array([float(low), -float(other_high)]),
        np.array([float(high), -float(other_low)]),
    )
    assert [2 * end for end in found] == pytest.approx([0.0524, 0.3339], abs=5e-5)


def test_figures_that_go_together_are_as_one() -> None:
    values, low, high = np.array([0.5, 0.7]), np.array([0.3, 0.5]), np.array([0.6, 0.8])
    found = mean_interval(values, low, high, np.ones((2, 2)))
    assert found == pytest.approx((0.4, 0.7))  # the means of the ends


def test_correlation_is_that_of_numpy() -> None:
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 3))
    np.testing.assert_allclose(correlation_of(drawn), np.corrcoef(drawn.T), atol=1e-14)
    drawn[:, 1], drawn[7, 2] = 1.0, np.nan  # one does not vary, one has no meaning once
    found = correlation_of(drawn)
    wanted = np.corrcoef(np.delete(drawn, 7, axis=0)[:, [0, 2]].T)[0, 1]
    assert found[0] == pytest.approx([1.0, 0.0, wanted])
    assert correlation_of(np.full((3, 2), np.nan)).tolist() == np.eye(2).tolist()


def test_a_mean_of_recalls_holds_the_truth_where_one_class_is_rare() -> None:
    # 5 rows with recall 0.4 and 95 with 0.99: the true mean is 0.695
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        seen = np.array([rng.binomial(5, 0.4) / 5, rng.binomial(95, 0.99) / 95])
        ends = wilson(seen, np.array([5.0, 95.0]))
        low, high = mean_interval(seen, *ends)
        held += low <= 0.695 <= high
    # binomial with p = 0.95 and 400 cases leaves 365 and more in all but 1 of 500; the shares
    # of 5 rows jump, so more are held
    assert held >= 365
