"""Intervals: against scipy, and how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from shoal.errors import ArgumentError
from shoal.metrics.bootstrap import (
    bias_corrected,
    bootstrap,
    effective_rows,
    resamples_for,
    wilson,
)


def means(values):
    columns = np.asarray(values, float)[:, None]
    return lambda weights: weights @ columns / weights.sum(axis=1, keepdims=True)


def test_a_mean_has_the_interval_of_scipy() -> None:
    values = np.random.default_rng(1).gamma(2.0, size=400)
    found = bootstrap(means(values), 400, resamples=4000)
    peer = stats.bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=2)
    assert found.value[0] == pytest.approx(values.mean(), rel=1e-14)
    # both draw 4,000 samples: their ends are quantiles of two draws of the same distribution
    spread = values.std() / 20
    assert found.low[0] == pytest.approx(peer.confidence_interval.low, abs=0.1 * spread)
    assert found.high[0] == pytest.approx(peer.confidence_interval.high, abs=0.1 * spread)


def test_holds_the_truth_in_95_of_100_samples() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        found = bootstrap(means(rng.normal(5.0, 2.0, size=60)), 60, resamples=400)
        held += bool(found.low[0] <= 5.0 <= found.high[0])
    # binomial with p = 0.95 leaves 270 to 295 in all but 1 of 1,000 cases; the percentile
    # interval of 60 rows is a little short (it holds about 94 %)
    assert 268 <= held <= 295


def test_few_rows_have_the_interval_of_student() -> None:
    # of 12 rows the percentile interval holds about 0.90
    rng, held, widths = np.random.default_rng(0), 0, []
    for _ in range(400):
        values = rng.normal(5.0, 2.0, size=12)
        found = bootstrap(means(values), 12, resamples=400)
        held += bool(found.low[0] <= 5.0 <= found.high[0])
        low, high = stats.t.interval(0.95, 11, values.mean(), values.std(ddof=1) / 12**0.5)
        widths.append((found.high[0] - found.low[0]) / (high - low))
    # binomial with p = 0.95 and 400 cases leaves 366 to 393 in all but 1 of 1,000
    assert 366 <= held <= 393
    assert np.median(widths) == pytest.approx(1.0, abs=0.04)


def test_a_skewed_mean_has_the_interval_of_scipy() -> None:
    values = np.random.default_rng(4).gamma(0.5, size=500)
    found = bootstrap(means(values), 500, resamples=9999)
    peer = stats.bootstrap((values,), np.mean, n_resamples=9999, method="BCa", rng=1)
    spread = values.std() / 500**0.5
    ends = peer.confidence_interval
    assert found.low[0] == pytest.approx(ends.low, abs=0.06 * spread)
    assert found.high[0] == pytest.approx(ends.high, abs=0.06 * spread)
    plain = np.quantile(found.drawn[:, 0], 0.975)
    assert found.high[0] > plain + 0.08 * spread  # which the skewness moves


def test_the_ends_by_the_formula() -> None:
    drawn = np.linspace(0.0, 1.0, 2001)
    z0, a, z = stats.norm.ppf(0.4), 0.08, 2.2
    levels = [stats.norm.cdf(z0 + m / (1 - a * m)) for m in (z0 - z, z0 + z)]
    assert bias_corrected(drawn, 0.4, z, a) == pytest.approx(levels, abs=1e-3)


def test_rows_are_drawn_whatever_they_count() -> None:
    # a row that counts 0 adds nothing but is drawn: the mean is that of the others
    found = bootstrap(means([1.0, 1.0, 100.0]), 3, weights=np.array([1.0, 1.0, 0.0]))
    assert (found.value[0], np.isnan(found.low[0])) == (1.0, True)


def test_the_same_seed_the_same_ends_whatever_the_threads_and_blocks(monkeypatch) -> None:
    values = np.random.default_rng(0).normal(size=50)
    one = bootstrap(means(values), 50, threads=1)
    monkeypatch.setattr("shoal.metrics.bootstrap.BLOCK", 333)
    other = bootstrap(means(values), 50, threads=3)
    np.testing.assert_allclose(one.low, other.low, rtol=1e-12)
    assert bootstrap(means(values), 50, seed=1).low[0] != one.low[0]


def test_a_figure_that_does_not_vary_or_is_not_there_has_no_interval() -> None:
    found = bootstrap(means([3.0, 3.0]), 2)
    assert found.value[0] == 3.0
    assert np.isnan([found.low[0], found.high[0]]).all()
    assert np.isnan(bias_corrected(np.array([1.0, np.nan, np.nan]), 1.0)).all()
    assert np.isnan(bootstrap(means([1.0, 2.0]), 2, resamples=0).low).all()


def test_a_biased_figure_is_corrected() -> None:
    # every resample lies above what was found but one in ten: the ends move down
    drawn = np.linspace(0.9, 2.0, 1001)
    low, high = bias_corrected(drawn, 1.01)
    plain = np.quantile(drawn, [0.025, 0.975])
    # share below 0.1, z0 = -1.28155: the levels are Phi(2 z0 -+ 1.95996)
    levels = stats.norm.cdf(2 * stats.norm.ppf(0.1) + np.array([-1.95996, 1.95996]))
    np.testing.assert_allclose([low, high], np.quantile(drawn, levels), atol=0.002)
    assert high < plain[1]


@pytest.mark.parametrize(("right", "n"), [(0, 5), (3, 10), (150, 150), (937, 1000)])
def test_wilson(right: int, n: int) -> None:
    peer = stats.binomtest(right, n).proportion_ci(method="wilson")
    low, high = wilson(right / n, n)
    assert (float(low), float(high)) == pytest.approx((peer.low, peer.high), abs=1e-12)


def test_the_bootstrap_of_a_share_is_near_wilson() -> None:
    right = np.arange(400) < 320
    found = bootstrap(means(right), 400)
    low, high = wilson(0.8, 400)
    assert found.low[0] == pytest.approx(float(low), abs=0.006)
    assert found.high[0] == pytest.approx(float(high), abs=0.006)


def test_effective_rows() -> None:
    assert effective_rows(np.full(7, 3.0)) == pytest.approx(7)
    assert np.isnan(wilson(0.5, effective_rows(np.zeros(3)))[0])


def test_fewer_resamples_of_many_rows() -> None:
    assert [resamples_for(n) for n in (1, 20_000, 100_000, 10**7)] == [2000, 2000, 400, 400]


@pytest.mark.parametrize(
    ("n_rows", "resamples", "sentence"),
    [
        (0, None, "bootstrap: `n_rows` must be 1 or more; got 0. Give a value within the bounds."),
        (
            2,
            -1,
            "bootstrap: `resamples` must be 0 or more; got -1. Give a value within the bounds.",
        ),
    ],
)
def test_what_cannot_be_drawn(n_rows, resamples, sentence: str) -> None:
    with pytest.raises(ArgumentError) as error:
        bootstrap(means([1.0, 2.0]), n_rows, resamples=resamples)
    assert str(error.value) == sentence
