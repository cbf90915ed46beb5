"""Calibration: by hand, against scikit-learn, and against simulated true probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from shoal.metrics.bootstrap import wilson
from shoal.metrics.calibration import bin_of, error_interval, miscalibration, reliability


def test_bins_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(500)
    true = rng.random(500) < p
    share, mean = calibration_curve(true, p, n_bins=10)
    found = reliability(p, true)
    np.testing.assert_allclose(found.share, share)
    np.testing.assert_allclose(found.mean, mean)
    low, high = wilson(share, found.n_rows)
    np.testing.assert_allclose([found.low, found.high], [low, high])


def test_the_error_by_hand() -> None:
    # 4 rows said 0.25, one true; 1 row said 0.95, not true; 1 row of weight 0 is not there
    p, true = [0.25] * 4 + [0.95, 0.55], [1, 0, 0, 0, 0, 1]
    found = miscalibration(p, true, [1, 1, 1, 1, 2, 0])
    # gaps 0 and 0.95, of 4/6 and 2/6 of the weight
    assert found.error == pytest.approx(0.95 * 2 / 6)
    assert found.gap == pytest.approx(0.95 * 2 / 6)
    deviations = [math.sqrt(4 * 0.25 * 0.75) / 6, math.sqrt(4 * 0.95 * 0.05) / 6]
    assert found.by_chance == pytest.approx(math.sqrt(2 / math.pi) * sum(deviations))
    # the bin of one row has no spread to take off: it is left out of the debiased one, and the
    # other one adds 0 - 0.1875 / 3
    assert found.debiased == 0.0
    spread = math.sqrt((1 - 2 / math.pi) * sum(d * d for d in deviations))
    assert found.chance_limit == pytest.approx(found.by_chance + 1.6448536 * spread)


def test_chance_is_what_true_probabilities_show() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(2_000)
    drawn = [miscalibration(p, rng.random(2_000) < p) for _ in range(400)]
    errors = np.array([each.error for each in drawn])
    assert errors.mean() == pytest.approx(drawn[0].by_chance, rel=0.02)
    share = np.mean([each.is_within_chance for each in drawn])
    # 5 % lie beyond: of 400 draws 0.95 +- 3 standard errors, and the normal limit is no exact one
    assert 0.91 <= share <= 0.985
    # without what chance adds, errors of true probabilities lie about 0; the root cuts them there
    assert np.mean([each.debiased == 0 for each in drawn]) > 0.4


def test_too_sure_is_seen() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.5, 1.0, 5_000)
    said = 0.5 + (truth - 0.5) * 0.5 + 0.25  # 0.75 to 1
    found = miscalibration(said, rng.random(5_000) < truth)
    assert not found.is_within_chance
    assert found.gap == pytest.approx(0.125, abs=0.02)
    assert found.debiased > 0.1


def test_bins_at_the_ends() -> None:
    assert bin_of([0.0, 0.0999, 0.1, 0.999, 1.0]).tolist() == [0, 0, 1, 9, 9]
    assert reliability([1.0], [True]).stop.tolist() == [1.0]


def sampled(rng: np.random.Generator, n: int, over: float) -> tuple[np.ndarray, np.ndarray]:
    """Return gaps of ten bins and those of 300 resamples, of probabilities `over` too high."""
    true = rng.random(n)
    came = rng.random(n) < true
    p = np.clip(true + over, 0.0, 1.0)
    place, gap = bin_of(p), p - came
    seen = np.bincount(place, gap, minlength=10) / n
    drawn = rng.integers(0, n, size=(300, n))
    again = [np.bincount(place[rows], gap[rows], minlength=10) / n for rows in drawn]
    return seen, np.array(again)


def test_the_interval_of_the_error_holds_0_where_probabilities_are_true() -> None:
    held = 0
    for seed in range(150):
        seen, drawn = sampled(np.random.default_rng(seed), 200, 0.0)
        low, high = error_interval(seen, drawn)
        assert low <= np.abs(seen).sum() <= high
        held += low == 0.0
        plain = np.quantile(np.abs(drawn).sum(axis=1), 0.025)
        assert plain > 0.0  # what quantiles of resamples say, always
    # of 150 cases with p = 0.975 fewer than 0.92 happen once in 1,000 times
    assert held / 150 >= 0.92


def test_the_interval_of_the_error_holds_what_is_true() -> None:
    held = 0
    for seed in range(150):
        low, high = error_interval(*sampled(np.random.default_rng(seed), 200, 0.15))
        held += low <= WANTED <= high
    assert held / 150 > 0.893  # see above, with p = 0.95


WANTED = 0.15 - 0.15**2 / 2
"""0.15 too much but for true probabilities above 0.85: there 1 less those, 0.075 on average."""


def test_an_error_that_does_not_vary_has_no_interval() -> None:
    gaps = np.array([0.1, -0.2])
    assert np.isnan(error_interval(gaps, np.stack([gaps, gaps]))).all()
    assert np.isnan(error_interval(gaps, np.empty((0, 2)))).all()
    assert np.isnan(error_interval(np.zeros(2), np.ones((3, 2)))).all()
