"""Whether a part of the rows does worse than the others: of shares exact, else mean and ranks."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from shoal.metrics.bootstrap import effective_rows
from shoal.metrics.paired_signs import log_factorials

FloatArray = NDArray[np.float64]
_STEPS = 300
_TINY = 1e-300


def fewer_right(right: int, n: int, right_in_all: int, n_in_all: int) -> float:
    """Return the chance that a part drawn at random has as few right rows, or fewer.

    Fisher's exact test with one side: ``P(X <= right)`` where X is hypergeometric.

    Args:
        right: rows of the part that are right.
        n: rows of the part.
        right_in_all: right rows of the part and the others.
        n_in_all: all rows.

    Source:
        Fisher, "The logic of inductive inference" (1935).

    Example:
        >>> round(fewer_right(1, 4, 5, 8), 4)
        0.0714
    """
    least = max(0, n - (n_in_all - right_in_all))
    k = np.arange(least, right + 1)
    logs = log_factorials(n_in_all)
    wrong_in_all = n_in_all - right_in_all

    def choose(total: int, taken: NDArray[np.int64]) -> FloatArray:
        return np.asarray(logs[total] - logs[taken] - logs[total - taken])

    each = choose(right_in_all, k) + choose(wrong_in_all, n - k) - choose(n_in_all, np.array(n))
    return min(1.0, float(np.exp(each).sum()))


def lower_mean(
    part: FloatArray,
    rest: FloatArray,
    weights: FloatArray | None = None,
    rest_weights: FloatArray | None = None,
) -> float:
    """Return Welch's p-value for the mean of a part being below that of the rest.

    NaN where either has fewer than two rows, 1 where neither varies and it is not below.

    Shapes:
        part, weights (N,), rest, rest_weights (M,)

    Source:
        Welch, "The generalization of 'Student's' problem when several different population
        variances are involved" (1947). Weighted rows count as their effective number.

    Example:
        >>> found = lower_mean(np.array([1.0, 2.0, 3.0]), np.array([4.0, 6.0, 5.0]))
        >>> round(found, 4)
        0.0107
    """
    one, other = _moments(part, weights), _moments(rest, rest_weights)
    if min(one[2], other[2]) <= 1:
        return float("nan")
    (mean, variance, n), (mean_rest, variance_rest, m) = one, other
    a, b = variance / n, variance_rest / m
    if a + b == 0:
        return 0.0 if mean < mean_rest else 1.0
    t = (mean - mean_rest) / math.sqrt(a + b)
    degrees = (a + b) ** 2 / (a * a / (n - 1) + b * b / (m - 1))
    return student_below(t, degrees)


def lower_ranks(part: FloatArray, rest: FloatArray) -> float:
    """Return the p-value of Mann and Whitney for a part ranking below the rest.

    The normal approximation, with the variance of tied ranks and a continuity correction; 1
    where all are equal. Unlike Welch's it does not mind a few rows far off: of few rows that
    are skewed, such as sizes of errors, Welch's finds a difference far too often.

    Shapes:
        part (N,), rest (M,)

    Source:
        Mann and Whitney, "On a test of whether one of two random variables is stochastically
        larger than the other" (1947).

    Example:
        >>> round(lower_ranks(np.array([1.0, 2.0, 3.0]), np.array([4.0, 6.0, 5.0])), 4)
        0.0404
    """
    n, m = len(part), len(rest)
    everything = np.concatenate([part, rest])
    _, place, counts = np.unique(everything, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[place]  # of equal ones the mean
    wins = float(ranks[:n].sum()) - n * (n + 1) / 2
    total = n + m
    ties = float((counts.astype(np.float64) ** 3 - counts).sum())
    variance = n * m / 12 * (total + 1 - ties / max(1, total * (total - 1)))
    if variance <= 0:
        return 1.0
    return NormalDist().cdf((wins - n * m / 2 + 0.5) / math.sqrt(variance))


def student_below(t: float, degrees: float) -> float:
    """Return the chance that Student's t with so many degrees of freedom is below `t`.

    ``I_x(degrees / 2, 1 / 2) / 2`` with ``x = degrees / (degrees + t^2)`` lies in either tail.

    Source:
        Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964), 26.7.1 and 26.5.8.

    Example:
        >>> round(student_below(-2.0, 5.0), 6), student_below(0.0, 5.0)
        (0.05097, 0.5)
    """
    tail = _incomplete_beta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2
    return tail if t < 0 else 1.0 - tail


def _moments(values: FloatArray, weights: FloatArray | None) -> tuple[float, float, float]:
    """Return mean, unbiased variance and the effective number of rows."""
    if weights is None:
        weights = np.ones(len(values))
    n = effective_rows(weights)
    if n <= 1:
        return float("nan"), float("nan"), n
    mean = float(np.average(values, weights=weights))
    spread = float(np.average((values - mean) ** 2, weights=weights))
    return mean, spread * n / (n - 1), n


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function, by its continued fraction."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # where the fraction is slow, the other end is quick
        return 1.0 - _incomplete_beta(1.0 - x, b, a)
    front = a * math.log(x) + b * math.log1p(-x) - math.log(a)
    front += math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d, c = 1.0 / _away(1.0 + term * d), _away(1.0 + term / c)
            found *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return math.exp(front) * found


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
