"""Quantiles of Student's t against SciPy and a table."""

from __future__ import annotations

import math

import pytest

from shoal.metrics.student import student_quantile

LEVELS = (0.75, 0.95, 0.975, 0.995, 1 - 0.025 / 100)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 10, 11, 100, 999, 1000, 1001, 10**6])
def test_equals_scipy(freedom: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    for p in LEVELS:
        assert student_quantile(p, freedom) == pytest.approx(stats.t.ppf(p, freedom), rel=1e-8)


def test_closed_forms() -> None:
    # one degree: Cauchy, tan(pi (p - 1/2)); two: (2p - 1) sqrt(2 / (4 p (1 - p)))
    assert student_quantile(0.9, 1) == pytest.approx(math.tan(math.pi * 0.4), rel=1e-12)
    assert student_quantile(0.9, 2) == pytest.approx(0.8 * math.sqrt(2 / 0.36), rel=1e-12)
