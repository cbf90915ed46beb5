"""Tests of evidence that may be looked at at any time, and of how many pairs it takes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from shoal.metrics.paired import (
    critical_losses,
    critical_losses_at_any_time,
    e_value,
    e_value_above,
    pairs_needed,
    power,
    win_interval_at_any_time,
)


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (1, 0), (3, 5), (20, 4), (300, 260)])
def test_evidence_is_the_integral_of_the_bets(wins: int, losses: int) -> None:
    n = wins + losses

    def ratio(q: float) -> float:
        return float(np.exp(n * math.log(2) + wins * np.log(q) + losses * np.log1p(-q)))

    peak = [min(max(wins / n, 0.01), 0.99)] if n else None
    both = integrate.quad(ratio, 0, 1, points=peak, limit=400)[0]
    above = 2 * integrate.quad(ratio, 0.5, 1, limit=400)[0]
    assert e_value(wins, losses) == pytest.approx(both, rel=1e-6)
    assert e_value_above(wins, losses) == pytest.approx(above, rel=1e-6)


def test_overwhelming_evidence_is_infinite_and_no_evidence_is_not_nothing() -> None:
    assert e_value(2000, 0) == e_value_above(2000, 0) == math.inf
    # 2^(n + 1) / (n + 1) P(Binomial(n + 1, 1/2) = 0) with n = 2000
    assert e_value_above(0, 2000) == pytest.approx(1 / 2001, rel=1e-9)


def test_a_bet_is_fair_whatever_came_before() -> None:
    """Where wins and losses are as likely, the next pair changes it by nothing on average."""
    for wins in range(12):
        for losses in range(12):
            for bet in (e_value, e_value_above):
                after = (bet(wins + 1, losses) + bet(wins, losses + 1)) / 2
                assert after == pytest.approx(bet(wins, losses), rel=1e-12)


def test_the_interval_is_what_is_not_ruled_out() -> None:
    for wins, losses in [(8, 0), (20, 4), (41, 22), (0, 9)]:
        found = win_interval_at_any_time(wins, losses)
        for q in (found.low, found.high):
            if 0 < q < 1:
                ratio = stats.betabinom.pmf(wins, wins + losses, 1, 1)
                ratio /= stats.binom.pmf(wins, wins + losses, q)
                assert ratio == pytest.approx(20, rel=1e-6)
        outside = not found.low < 0.5 < found.high
        assert outside == (e_value(wins, losses) >= 20)


def test_critical_losses_are_the_last_that_decide() -> None:
    for n in range(1, 80):
        c = critical_losses_at_any_time(n)
        assert c < 0 or e_value(n - c, c) >= 20
        assert c + 1 > n // 2 or e_value(n - c - 1, c + 1) < 20
        assert c <= critical_losses(n)


def test_power_is_that_of_the_binomial() -> None:
    # 64 pairs reject at 23 losses or fewer: P(Binomial(64, 0.3) <= 23)
    assert power(64, 0.7) == pytest.approx(stats.binom.cdf(23, 64, 0.3))
    assert power(5, 0.99) == 0.0
    assert power(64, 0.7) > power(64, 0.7, critical=critical_losses_at_any_time)


@pytest.mark.parametrize("share", [0.55, 0.65, 0.8, 0.95])
@pytest.mark.parametrize("anytime", [False, True])
def test_as_many_pairs_as_needed_are_enough(share: float, anytime: bool) -> None:
    critical = critical_losses_at_any_time if anytime else critical_losses
    n = pairs_needed(share, anytime=anytime)
    assert n is not None
    assert power(n, share, critical=critical) >= 0.8
    assert power(int(0.85 * n), share, critical=critical) < 0.8
