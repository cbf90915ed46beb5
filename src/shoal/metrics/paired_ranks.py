"""Wilcoxon's signed-rank test over pairs, with ties and zeros, exact where that is affordable."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shoal.metrics.paired_signs import FloatArray, checked

EXACT_UP_TO = 128
"""Pairs up to which the p-value is exact; the work grows with the third power."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranks:
    """The signed-rank test.

    Attributes:
        statistic: the sum of the ranks of positive differences.
        p_value: two-sided; 1 where all differences are 0.
        n_counted: differences that are not 0.
        is_exact: whether the p-value is, or of the normal approximation.
    """

    statistic: float
    p_value: float
    n_counted: int
    is_exact: bool


def wilcoxon(differences: ArrayLike, *, exact_up_to: int = EXACT_UP_TO) -> Ranks:
    """Test whether the differences are symmetric about 0.

    Zeros are dropped; equal sizes share the mean of their ranks, and the p-value is that of
    flipping signs with the ranks as they are. Beyond `exact_up_to` pairs the normal
    approximation with the variance of the tied ranks and a continuity correction.

    Shapes:
        differences (N,), infinite ones have the highest ranks

    Source:
        Wilcoxon, "Individual comparisons by ranking methods" (1945); the distribution with
        tied ranks by adding one pair after the other.

    Raises:
        ArgumentError: a difference is NaN.

    Example:
        >>> wilcoxon([1, 2, 3, 4, 5])
        Ranks(statistic=15.0, p_value=0.0625, n_counted=5, is_exact=True)
    """
    values = checked("wilcoxon", differences)
    values = values[values != 0]
    n = len(values)
    doubled = _doubled_ranks(np.abs(values))
    up = int(doubled[values > 0].sum())
    is_exact = n <= exact_up_to
    p_value = _exact_p(doubled, up) if is_exact else _normal_p(doubled, up)
    return Ranks(statistic=up / 2, p_value=p_value, n_counted=n, is_exact=is_exact)


def _doubled_ranks(sizes: FloatArray) -> np.ndarray:
    """Return twice the rank of each size, which is whole with ties too, (N,) int64."""
    ordered = np.sort(sizes)
    below = np.searchsorted(ordered, sizes, "left")
    upto = np.searchsorted(ordered, sizes, "right")
    return np.asarray(below + upto + 1, np.int64)


def _exact_p(doubled: np.ndarray, up: int) -> float:
    chances = np.zeros(int(doubled.sum()) + 1)
    chances[0] = 1.0
    for rank in doubled.tolist():
        moved = np.zeros_like(chances)
        moved[rank:] = chances[: len(chances) - rank]
        chances = (chances + moved) / 2
    return float(min(1.0, 2 * min(chances[: up + 1].sum(), chances[up:].sum())))


def _normal_p(doubled: np.ndarray, up: int) -> float:
    mean, deviation = doubled.sum() / 2, math.sqrt(float((doubled**2).sum())) / 2
    beyond = max(0.0, abs(up - mean) - 1.0) / deviation  # 1 is half a rank
    return min(1.0, math.erfc(beyond / math.sqrt(2)))
