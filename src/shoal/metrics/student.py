"""Quantiles of Student's t distribution, for intervals of a mean."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

SERIES_UP_TO: Final = 1_000
"""Degrees of freedom up to which the distribution is summed; beyond, an expansion has an error
below 1e-9."""


def student_quantile(p: float, freedom: int) -> float:
    """Return the t that a Student variable lies below with probability `p`, above 0.5.

    Args:
        p: above 0.5 and below 1.
        freedom: degrees of freedom, at least 1.

    Source:
        Abramowitz, Stegun, "Handbook of mathematical functions" (1964), 26.7.3 and 26.7.4 for
        the distribution, which is solved by halving; 26.7.5 for more than 1,000 degrees.

    Example:
        >>> round(student_quantile(0.975, 10), 4), round(student_quantile(0.975, 5000), 4)
        (2.2281, 1.9604)
    """
    if freedom > SERIES_UP_TO:
        return _expanded(NormalDist().inv_cdf(p), freedom)
    low, high = 0.0, 1.0
    while _within(high, freedom) < 2 * p - 1:
        low, high = high, 2 * high
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < 2 * p - 1 else (low, middle)
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    """Return the probability that a Student variable lies between -t and t."""
    angle = math.atan(t / math.sqrt(freedom))
    square = math.cos(angle) ** 2
    is_odd = freedom % 2
    if freedom == 1:
        return 2 * angle / math.pi
    term = total = math.cos(angle) if is_odd else 1.0
    for k in range(2 + is_odd, freedom - 1, 2):
        term *= square * (k - 1) / k
        total += term
    inner = math.sin(angle) * total
    return 2 / math.pi * (angle + inner) if is_odd else inner


def _expanded(z: float, n: int) -> float:
    parts: tuple[float, ...] = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    more: float = sum(part / n**k for k, part in enumerate(parts, 1))
    return z + more
