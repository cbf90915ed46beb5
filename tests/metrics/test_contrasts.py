"""Parts against the rest: against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from shoal.metrics.contrasts import fewer_right, lower_mean, lower_ranks, student_below


@pytest.mark.parametrize(
    ("right", "n", "right_in_all", "n_in_all"),
    [(1, 4, 5, 8), (0, 5, 90, 100), (40, 50, 930, 1000), (50, 50, 1000, 1000), (7, 9, 7, 12)],
)
def test_shares(right: int, n: int, right_in_all: int, n_in_all: int) -> None:
    rest = right_in_all - right
    table = [[right, n - right], [rest, n_in_all - n - rest]]
    wanted = stats.fisher_exact(table, alternative="less").pvalue
    assert fewer_right(right, n, right_in_all, n_in_all) == pytest.approx(wanted, rel=1e-9)


def test_means() -> None:
    rng = np.random.default_rng(0)
    part, rest = rng.normal(0.0, 1.0, 12), rng.normal(0.5, 3.0, 300)
    wanted = stats.ttest_ind(part, rest, equal_var=False, alternative="less").pvalue
    assert lower_mean(part, rest) == pytest.approx(wanted, rel=1e-9)
    assert lower_mean(rest, part) == pytest.approx(1 - wanted, rel=1e-9)
    assert lower_mean(part, rest, np.full(12, 2.0), np.ones(300)) == pytest.approx(wanted)


def test_means_that_do_not_vary() -> None:
    ones, twos = np.ones(5), np.full(5, 2.0)
    assert (lower_mean(ones, twos), lower_mean(twos, ones)) == (0.0, 1.0)
    assert np.isnan(lower_mean(np.ones(1), twos))


@pytest.mark.parametrize("degrees", [1.0, 2.5, 30.0, 1e5])
@pytest.mark.parametrize("t", [-40.0, -3.0, -0.1, 0.0, 0.7, 12.0])
def test_students_t(t: float, degrees: float) -> None:
    assert student_below(t, degrees) == pytest.approx(stats.t.cdf(t, degrees), rel=1e-9)


@pytest.mark.parametrize("decimals", [0, 1, 9])
def test_ranks_are_those_of_scipy(decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    for n, m in ((5, 40), (30, 20), (1, 1), (200, 3)):
        part, rest = (rng.normal(size=k).round(decimals) for k in (n, m))
        peer = stats.mannwhitneyu(part, rest, alternative="less", method="asymptotic")
        assert lower_ranks(part, rest) == pytest.approx(peer.pvalue, rel=1e-9)


def test_ranks_that_are_all_equal() -> None:
    assert lower_ranks(np.ones(5), np.ones(7)) == 1.0
