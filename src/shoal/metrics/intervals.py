"""How sure a share or a mean is: intervals of Clopper and Pearson, and of Student.

Sums of rows are all they need, so that rows can come by in any number.
"""

from __future__ import annotations

import math
from typing import Final

from shoal.errors import ArgumentError
from shoal.metrics.student import student_quantile

CONFIDENCE: Final = 0.95
Estimate = tuple[float, float, float]
"""A figure with the ends of its interval."""
_HALVINGS: Final = 60


def share_interval(hits: float, n: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the range of shares for which `hits` of `n` rows are not unlikely.

    The low end has a chance of ``(1 - confidence) / 2`` to give that many hits or more, the high
    end that few or fewer; so at least `confidence` of such intervals hold the true share. With
    weights, `hits` and `n` are those of as many rows as the weights are worth.

    Args:
        hits: from 0 to `n`.
        n: above 0.
        confidence: such as 0.95.

    Units:
        0 to 1.

    Raises:
        ArgumentError: `hits` is not from 0 to `n`.

    Source:
        C. J. Clopper and E. S. Pearson, 1934, "The use of confidence or fiducial limits".

    Example:
        >>> low, high = share_interval(8, 10)
        >>> print(round(low, 4), round(high, 4))
        0.4439 0.9748
    """
    if not 0 <= hits <= n or not 0 < n < math.inf:
        raise ArgumentError(
            "share_interval", "hits", f"must be from 0 to n = {n}", got=hits, code="A102"
        )
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else _beta_quantile(tail, hits, n - hits + 1)
    high = 1.0 if hits == n else _beta_quantile(1 - tail, hits + 1, n - hits)
    return low, high


def mean_interval(
    mean: float, variance: float, n: float, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Return the range of a mean by Student's t.

    Args:
        mean: of the rows.
        variance: of the rows, divided by n.
        n: how many there are; with weights as many as the weights are worth.
        confidence: such as 0.95.

    Returns:
        From minus to plus infinity where there are fewer than two rows.

    Source:
        Student, 1908, "The probable error of a mean".

    Example:
        >>> low, high = mean_interval(10.0, 4.0, 17)  # 2.1199 * 2 / 4 on both sides
        >>> print(round(low, 2), round(high, 2))
        8.94 11.06
    """
    if n < 2:
        return -math.inf, math.inf
    t = student_quantile((1 + confidence) / 2, int(n - 1))
    half = t * math.sqrt(max(variance, 0.0) / (n - 1))
    return mean - half, mean + half


def difference_interval(now: Estimate, before: Estimate) -> tuple[float, float]:
    """Return the range of the difference of two figures of different rows.

    From their own intervals: ``d - sqrt((p - l)^2 + (u0 - p0)^2)`` to
    ``d + sqrt((u - p)^2 + (p0 - l0)^2)`` with the figure p from l to u, that of before with a 0,
    and ``d = p - p0``; it is as wide as the intervals are skewed.

    Args:
        now: the figure, low, high.
        before: likewise; of other rows.

    Source:
        R. G. Newcombe, 1998, "Interval estimation for the difference between independent
        proportions", method 10, there with Wilson's intervals.

    Example:
        >>> low, high = difference_interval((0.9, 0.86, 0.92), (0.95, 0.94, 0.98))
        >>> print(round(low, 3), round(high, 4))  # -0.05 - 0.05, -0.05 + sqrt(0.0005)
        -0.1 -0.0276
    """
    (p, low, high), (p0, low0, high0) = now, before
    d = p - p0
    return d - math.hypot(p - low, high0 - p0), d + math.hypot(high - p, p0 - low0)


def beta_below(x: float, a: float, b: float) -> float:
    """Return the probability that a beta(a, b) number is at most `x`.

    Source:
        The continued fraction of the incomplete beta function, DLMF 8.17.22.

    Example:
        >>> print(round(beta_below(0.5, 2, 3), 4))
        0.6875
    """
    if not 0 < x < 1:
        return 0.0 if x <= 0 else 1.0
    log_scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    scale = math.exp(log_scale + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return scale * _fraction(x, a, b) / a
    return 1 - scale * _fraction(1 - x, b, a) / b


def _beta_quantile(p: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if beta_below(middle, a, b) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction ``1 / (1 + d1 / (1 + d2 / ...))``, by Lentz's method."""
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    found = d
    for m in range(1, 100_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 + term * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + term / c
            c = c if abs(c) > tiny else tiny
            found *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return found
