"""Intervals against scipy, and how often they hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from shoal.errors import ArgumentError
from shoal.metrics.intervals import (
    beta_below,
    difference_interval,
    mean_interval,
    share_interval,
)


@pytest.mark.parametrize(
    ("hits", "n"),
    [(0, 5), (5, 5), (3, 7), (970, 1000), (999_000, 1_000_000), (12.5, 20.3), (0, 0.4), (1, 1)],
)
def test_clopper_and_pearson_are_those_of_scipy(hits, n) -> None:
    low, high = share_interval(hits, n)
    expected_low = stats.beta.ppf(0.025, hits, n - hits + 1) if hits else 0
    expected_high = stats.beta.ppf(0.975, hits + 1, n - hits) if hits < n else 1
    assert (low, high) == pytest.approx((expected_low, expected_high), abs=1e-9)


def test_at_least_95_of_100_intervals_hold_the_true_share() -> None:
    # exact: the probability over all outcomes, not a simulation
    for n, share in ((20, 0.9), (150, 0.97), (50, 0.5)):
        ends = [share_interval(k, n) for k in range(n + 1)]
        held = [low <= share <= high for low, high in ends]
        assert np.dot(stats.binom.pmf(np.arange(n + 1), n, share), held) >= 0.95


@pytest.mark.parametrize("x", [1e-9, 0.01, 0.3, 0.5, 0.9, 1 - 1e-9])
@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1, 1), (2, 30), (500, 3), (4e5, 6e5)])
def test_beta_is_that_of_scipy(x, a, b) -> None:
    assert beta_below(x, a, b) == pytest.approx(stats.beta.cdf(x, a, b), rel=1e-7, abs=1e-12)


def test_a_mean_is_that_of_scipy() -> None:
    values = np.array([3.0, 4.0, 8.0, 1.0, 5.0])
    low, high = mean_interval(values.mean(), values.var(), len(values))
    expected = stats.t.interval(0.95, 4, loc=values.mean(), scale=stats.sem(values))
    assert (low, high) == pytest.approx(expected, abs=1e-9)


def test_the_difference_of_two_shares_is_newcombes_example() -> None:
    # Newcombe 1998, Table II, example (a): 56/70 - 48/80 by method 10, with Wilson's intervals
    ends = []
    for hits, n in ((56, 70), (48, 80)):
        found = stats.binomtest(hits, n).proportion_ci(method="wilson")
        ends.append((hits / n, found.low, found.high))
    low, high = difference_interval(*ends)
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


def test_one_row_says_nothing_of_a_mean() -> None:
    assert mean_interval(3.0, 0.0, 1) == (-math.inf, math.inf)


def test_more_hits_than_rows_are_refused() -> None:
    with pytest.raises(ArgumentError) as caught:
        share_interval(3, 2)
    assert (
        str(caught.value) == "share_interval: `hits` must be from 0 to n = 2; got 3."
        " Give a value within the bounds."
    )
