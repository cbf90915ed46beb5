"""Intervals of figures that are made of shares: F1, and means over classes.

Resamples of few rows say little of a share that is near 0 or 1; Wilson's interval does not
mind, and what is made of shares can use it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from shoal.metrics.bootstrap import CONFIDENCE, wilson

FloatArray = NDArray[np.float64]


def f1_interval(f1: float, n: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the ends of the interval of an F1, by Wilson's of a share; NaN of no rows.

    ``F1 = 2 J / (1 + J)`` where J is the share of rows that are of the class and called so,
    among those that are either.

    Args:
        f1: that was seen.
        n: rows that are of the class or called so; with weights their effective number.
        confidence: of the interval.

    Source:
        Lam, Gopal and Qian, "Confidence intervals for the F1 score: a comparison of four
        methods" (2023), the indirect method of Wilson.

    Example:
        >>> low, high = f1_interval(0.75, 10)  # J = 0.6, that is 6 rows of 10
        >>> round(low, 4), round(high, 4)
        (0.4764, 0.9082)
    """
    ends = wilson(f1 / (2 - f1), n, confidence)
    low, high = (2 * float(end) / (1 + float(end)) for end in ends)
    return low, high


def mean_interval(
    values: FloatArray, low: FloatArray, high: FloatArray, correlation: FloatArray | None = None
) -> tuple[float, float]:
    """Return the ends of the interval of a mean of figures, from those of the figures.

    The method of variance estimates recovery: a figure's distance to its end stands for its
    deviation on that side.

    Args:
        values: the figures.
        low: their lower ends.
        high: their upper ends.
        correlation: of the figures; None: they are independent.

    Shapes:
        values, low, high (C,), correlation (C, C)

    Source:
        Zou and Donner, "Construction of confidence limits about effect measures: a general
        approach" (2008).

    Example:
        >>> low, high = mean_interval(np.array([0.5, 0.9]), np.array([0.2, 0.5]),
        ...                           np.array([0.8, 1.0]))
        >>> round(low, 4), round(high, 4)  # 0.7 less sqrt(0.3^2 + 0.4^2) / 2
        (0.45, 0.8581)
    """
    middle, n = float(values.mean()), len(values)
    together = np.eye(n) if correlation is None else correlation
    below, above = (
        math.sqrt(max(0.0, float(away @ together @ away))) / n
        for away in (values - low, high - values)
    )
    return middle - below, middle + above


def correlation_of(drawn: FloatArray) -> FloatArray:
    """Return the correlation of figures over resamples, 0 to a figure that does not vary.

    Shapes:
        drawn (B, C) -> (C, C)
    """
    known = drawn[np.isfinite(drawn).all(axis=1)]
    if len(known) < 2:
        return np.eye(drawn.shape[1])
    away = known - known.mean(axis=0)
    size = np.sqrt((away**2).sum(axis=0))
    scaled = away / np.where(size > 0, size, 1.0)
    found = scaled.T @ scaled
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)
