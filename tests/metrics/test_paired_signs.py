"""Tests of the sign test and the intervals that invert it; scipy as peer."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from shoal.errors import ArgumentError
from shoal.metrics.paired import (
    at_least,
    critical_losses,
    holm,
    sign_interval,
    sign_p,
    sign_test,
    win_interval,
)

COUNTS = [(0, 0), (1, 0), (5, 0), (3, 3), (9, 2), (20, 4), (41, 22), (600, 424)]


@pytest.mark.parametrize(("wins", "losses"), COUNTS)
def test_p_is_that_of_the_binomial(wins: int, losses: int) -> None:
    n = wins + losses
    expected = stats.binomtest(wins, n).pvalue if n else 1.0
    assert sign_p(wins, losses) == pytest.approx(expected, rel=1e-9)
    assert sign_p(losses, wins) == sign_p(wins, losses)


def test_a_case_by_hand() -> None:
    # 5 wins and 1 loss: 2 (C(6,5) + C(6,6)) / 2^6 = 2 * 7 / 64
    found = sign_test([0.1, 0.2, 0.0, 0.3, -0.1, 0.5, math.inf])
    assert (found.wins, found.losses, found.ties) == (5, 1, 1)
    assert found.p_value == pytest.approx(14 / 64)


@pytest.mark.parametrize(("wins", "losses"), [(1, 0), (9, 2), (41, 22), (0, 7), (300, 250)])
def test_the_interval_of_wins_is_that_of_clopper_and_pearson(wins: int, losses: int) -> None:
    expected = stats.binomtest(wins, wins + losses).proportion_ci(0.95, "exact")
    found = win_interval(wins, losses)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-10)


def test_tests_and_intervals_agree() -> None:
    """1/2, and a median of 0, are outside just where the test rejects."""
    for n in (1, 2, 5, 6, 9, 12, 25):
        for wins in range(n + 1):
            rejected = sign_p(wins, n - wins) <= 0.05
            chance = win_interval(wins, n - wins)
            assert rejected == (not chance.low < 0.5 < chance.high)
            differences = np.concatenate([np.arange(1, wins + 1), -np.arange(1, n - wins + 1)])
            found = sign_interval(differences)
            assert rejected == (not found.low <= 0 <= found.high)
            assert rejected == (min(wins, n - wins) <= critical_losses(n))


@pytest.mark.parametrize("n", [6, 9, 20, 64])
def test_the_stated_confidence_is_that_of_the_order_statistics(n: int) -> None:
    found = sign_interval(np.arange(n))
    k = int(found.low)
    # both ends miss the median of a continuous law if k or fewer values lie beyond it
    assert found.confidence == pytest.approx(1 - 2 * stats.binom.cdf(k, n, 0.5), abs=1e-12)
    assert found.confidence >= 0.95 > 1 - 2 * stats.binom.cdf(k + 1, n, 0.5)
    assert found.high == n - 1 - k


def test_too_few_pairs_leave_everything_open() -> None:
    found = sign_interval([1.0, 2.0, 3.0])
    assert (found.low, found.high, found.confidence) == (-math.inf, math.inf, 1.0)


def test_binomial_tails() -> None:
    for n, q in itertools.product((0, 1, 7, 500), (0.0, 0.2, 0.5, 1.0)):
        for k in (0, n // 2, n, n + 1):
            expected = stats.binom.sf(k - 1, n, q)
            assert at_least(k, n, q) == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_holm_by_hand() -> None:
    # 0.01 * 4; 0.02 * 3; 0.03 * 2, not below the one before; 0.2 * 1
    assert holm([0.03, 0.01, 0.2, 0.02]) == pytest.approx([0.06, 0.04, 0.2, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_what_is_refused() -> None:
    with pytest.raises(ArgumentError) as error:
        sign_test([1.0, float("nan")])
    assert (
        str(error.value) == "sign_test: `differences` must not be NaN; got NaN in place 1."
        " Take these numbers out, or fill the gaps first."
    )
    with pytest.raises(ArgumentError) as error:
        sign_interval([[1.0]])
    told = "sign_interval: `differences` must have shape (N,); got (1, 1). Give as many as that."
    assert str(error.value) == told
