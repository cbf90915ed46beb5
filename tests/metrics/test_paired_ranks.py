"""Tests of the signed-rank test and of the bootstrap; scipy as peer."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from shoal.errors import ArgumentError
from shoal.metrics.paired import bootstrap_interval, wilcoxon

RNG = np.random.default_rng(5)
DIFFERENCES = {
    "no ties": RNG.normal(0.3, 1.0, 24),
    "many": RNG.normal(0.05, 1.0, 300),
}


@pytest.mark.parametrize("name", list(DIFFERENCES))
def test_without_ties_it_is_that_of_scipy(name: str) -> None:
    values = DIFFERENCES[name]
    method = "exact" if len(values) <= 128 else "approx"
    expected = stats.wilcoxon(values, method=method, correction=method == "approx")
    found = wilcoxon(values)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.is_exact == (method == "exact")


@pytest.mark.parametrize(
    "values", [[1, 1, -1, 2, 2, 0, 3], [0.5, 0.5, 0.5, -0.5], [-2, -1, -1, -1, 0, 0]]
)
def test_ties_are_those_of_flipping_every_sign(values: list[float]) -> None:
    """Every choice of signs is as likely: count those at least as far out, either side."""
    sizes = np.abs([value for value in values if value])
    ranks = stats.rankdata(sizes)
    seen = sum(
        rank for rank, value in zip(ranks, [v for v in values if v], strict=True) if value > 0
    )
    sums = [
        sum(rank for rank, up in zip(ranks, signs, strict=True) if up)
        for signs in itertools.product((0, 1), repeat=len(ranks))
    ]
    low = np.mean([each <= seen + 1e-9 for each in sums])
    high = np.mean([each >= seen - 1e-9 for each in sums])
    found = wilcoxon(values)
    assert found.p_value == pytest.approx(min(1.0, 2 * min(low, high)))
    assert (found.statistic, found.n_counted) == (seen, len(sizes))


def test_ties_in_the_normal_approximation() -> None:
    values = np.round(RNG.normal(0.2, 2.0, 400))
    expected = stats.wilcoxon(values, method="approx", correction=True)
    assert wilcoxon(values).p_value == pytest.approx(expected.pvalue, rel=1e-6)


def test_nothing_differs() -> None:
    assert (wilcoxon([0.0, 0.0]).p_value, wilcoxon([]).n_counted) == (1.0, 0)


@pytest.mark.parametrize("statistic", ["median", "mean"])
def test_the_bootstrap_is_that_of_scipy(statistic: str) -> None:
    """Both draw anew, so ends agree to the noise of resampling."""
    values = RNG.exponential(1.0, 45)
    of = {"median": np.median, "mean": np.mean}[statistic]
    expected = stats.bootstrap(
        (values,), of, method="BCa", n_resamples=20_000, random_state=np.random.default_rng(1)
    ).confidence_interval
    found = bootstrap_interval(values, statistic, resamples=20_000)  # type: ignore[arg-type]
    spread = expected.high - expected.low
    assert found.low == pytest.approx(expected.low, abs=0.08 * spread)
    assert found.high == pytest.approx(expected.high, abs=0.08 * spread)


@pytest.mark.parametrize("values", [[0.0, 0.0, 0.0], [1.5], [2.0] * 64])
@pytest.mark.parametrize("statistic", ["median", "mean"])
def test_equal_differences_give_a_point(values: list[float], statistic: str) -> None:
    found = bootstrap_interval(values, statistic)  # type: ignore[arg-type]
    assert (found.low, found.high) == (values[0], values[0])


def test_it_is_the_same_every_time_and_never_unknown() -> None:
    for values in ([0.0, 1.0], [0.0, 0.0, 1.0], [0.0] * 63 + [1.0], list(range(9))):
        for statistic in ("median", "mean"):
            found = bootstrap_interval(values, statistic)  # type: ignore[arg-type]
            assert found == bootstrap_interval(values, statistic)  # type: ignore[arg-type]
            assert min(values) <= found.low <= found.high <= max(values)


@pytest.mark.parametrize(
    ("values", "statistic", "sentence"),
    [
        (
            [],
            "mean",
            "`differences` must be finite numbers, at least one; got none."
            " Choose one of the names that are known.",
        ),
        (
            [np.inf],
            "mean",
            "`differences` must be finite numbers, at least one; got infinity."
            " Choose one of the names that are known.",
        ),
        (
            [1.0],
            "mode",
            '`statistic` must be "median" or "mean"; got \'mode\'.'
            " Choose one of the names that are known.",
        ),
    ],
)
def test_what_is_refused(values: list[float], statistic: str, sentence: str) -> None:
    with pytest.raises(ArgumentError) as error:
        bootstrap_interval(values, statistic)  # type: ignore[arg-type]
    assert str(error.value) == f"bootstrap_interval: {sentence}"
