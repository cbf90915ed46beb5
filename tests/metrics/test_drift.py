"""Drift figures against hand arithmetic and scipy, and how often chance alone shows one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from shoal.errors import ArgumentError
from shoal.metrics.drift import (
    chi_squared_above,
    kolmogorov_smirnov,
    ks_p_value,
    population_stability_index,
    psi_by_chance,
    psi_p_value,
)


def test_psi_by_hand() -> None:
    # p = (20.5, 30.5, 50.5) / 101.5, q = (40.5, 30.5, 30.5) / 101.5
    expected = (40.5 - 20.5) / 101.5 * math.log(40.5 / 20.5) + (30.5 - 50.5) / 101.5 * math.log(
        30.5 / 50.5
    )
    assert population_stability_index([20, 30, 50], [40, 30, 30]) == pytest.approx(expected)


def test_psi_of_the_same_shares_is_0_and_sides_do_not_matter() -> None:
    assert population_stability_index([3, 4, 5], [3, 4, 5]) == 0
    there, back = [3, 4, 9], [30, 41, 2]
    assert population_stability_index(there, back) == population_stability_index(back, there)


def test_a_bin_that_is_empty_on_one_side_is_finite_and_on_both_does_not_count() -> None:
    # (1/2) / 11 against (10 + 1/2) / 11 in both bins, with opposite signs
    expected = 2 * (10 / 11) * math.log(21)
    assert population_stability_index([10, 0], [0, 10]) == pytest.approx(expected)
    assert population_stability_index([10, 0, 0], [0, 0, 10]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("before", "now", "message"),
    [
        (
            [1, 2],
            [1, 2, 3],
            "`now` must have the shape (K,) of `before`; got (3,). Give as many as that.",
        ),
        (
            [0, 0],
            [1, 2],
            "`before` must have counts from 0, one of them above 0; got [0.0, 0.0]."
            " Give a value within the bounds.",
        ),
        (
            [1, 2],
            [-1, 2],
            "`now` must have counts from 0, one of them above 0; got [-1.0, 2.0]."
            " Give a value within the bounds.",
        ),
    ],
)
def test_psi_refuses_what_are_no_counts(before, now, message) -> None:
    with pytest.raises(ArgumentError) as caught:
        population_stability_index(before, now)
    assert str(caught.value) == f"population_stability_index: {message}"


@pytest.mark.parametrize("degrees", [1, 2, 9, 99, 1023])
@pytest.mark.parametrize("factor", [1e-6, 0.3, 0.9, 1.0, 1.1, 2.0, 8.0])
def test_chi_squared_is_that_of_scipy(degrees, factor) -> None:
    value = degrees * factor
    expected = stats.chi2.sf(value, degrees)
    assert chi_squared_above(value, degrees) == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_ks_distance_is_that_of_scipy_with_ties_and_without() -> None:
    rng = np.random.default_rng(4)
    for a, b in (
        (rng.normal(size=70), rng.normal(0.3, size=45)),
        (rng.integers(0, 5, 80), rng.integers(0, 6, 33)),
    ):
        values = np.unique(np.concatenate([a, b]))
        shares = [
            np.array([[(x < v).mean() for v in values], [(x <= v).mean() for v in values]])
            for x in (a, b)
        ]
        expected = stats.ks_2samp(a, b).statistic
        assert kolmogorov_smirnov(*shares) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("n", "m"), [(60, 40), (1000, 50), (1000, 1000)])
def test_ks_p_values_are_those_of_kolmogorovs_limit(n, m) -> None:
    # Kolmogorov's limit by scipy, with Stephens' correction
    for share in (0.8, 1.0, 1.36, 1.63, 2.0):
        d = round(share * math.sqrt((n + m) / (n * m)) * n * m) / (n * m)
        root = math.sqrt(n * m / (n + m))
        expected = stats.kstwobign.sf((root + 0.12 + 0.11 / root) * d)
        assert ks_p_value(d, n, m) == pytest.approx(expected, abs=1e-9)


def test_ks_p_values_are_close_to_the_exact_ones() -> None:
    rng = np.random.default_rng(7)
    for _ in range(40):
        found = stats.ks_2samp(rng.normal(size=200), rng.normal(0.1, size=60), method="exact")
        assert ks_p_value(found.statistic, 200, 60) == pytest.approx(found.pvalue, abs=0.015)


@pytest.mark.parametrize(("n", "m", "k"), [(50, 50, 10), (1000, 40, 10), (1000, 1000, 2)])
def test_psi_without_drift_is_what_chance_makes_and_rarely_called_drift(n, m, k) -> None:
    rng = np.random.default_rng(1)
    shares = np.full(k, 1 / k)
    found = [
        population_stability_index(rng.multinomial(n, shares), rng.multinomial(m, shares))
        for _ in range(2000)
    ]
    assert np.mean(found) == pytest.approx(psi_by_chance(n, m, k), rel=0.15)
    alarms = np.mean([psi_p_value(psi, n, m, k) < 0.05 for psi in found])
    assert alarms < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)  # three standard errors
