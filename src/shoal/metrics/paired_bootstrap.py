"""Bootstrap intervals of the median and the mean: shown beside a verdict, never deciding it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import ArgumentError
from shoal.metrics.paired_signs import LEVEL, FloatArray, Interval, checked
from shoal.streams import stream

RESAMPLES: Final = 2000
BLOCK: Final = 2**20
"""Numbers that are drawn at once."""
Statistic = Literal["median", "mean"]
_STATISTICS: Final[Mapping[str, Callable[..., Any]]] = {"median": np.median, "mean": np.mean}
_NORMAL = NormalDist()


def bootstrap_interval(
    differences: ArrayLike,
    statistic: Statistic = "median",
    confidence: float = 1 - LEVEL,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval:
    """Return the bias-corrected and accelerated (BCa) interval of a statistic.

    The same differences give the same interval: resampling has a stream of its own. Where all
    differences are equal it is a point.

    Shapes:
        differences (N,), all finite

    Source:
        Efron, "Better bootstrap confidence intervals" (1987), equations 2.3 and 6.6; equal
        resampled values count half to either side.

    Raises:
        ArgumentError: a difference is not finite, or there is none, or no such statistic.

    Example:
        >>> bootstrap_interval([2.0, 2.0, 2.0])
        Interval(low=2.0, high=2.0, confidence=0.95)
    """
    values = _finite(differences, statistic)
    if np.ptp(values) == 0:
        only = float(values[0])
        return Interval(low=only, high=only, confidence=confidence)
    of, n = _STATISTICS[statistic], len(values)
    drawn = np.empty(resamples)
    source, at_once = stream(seed, "resample"), max(1, BLOCK // n)
    for k, start in enumerate(range(0, resamples, at_once)):
        size = min(at_once, resamples - start)
        index = (source.uniform(size * n, k) * n).astype(np.int64).reshape(size, n)
        drawn[start : start + size] = of(values[index], axis=1)
    low, high = _levels(drawn, float(of(values)), _acceleration(values, statistic), confidence)
    ends = np.quantile(drawn, [low, high])
    return Interval(low=float(ends[0]), high=float(ends[1]), confidence=confidence)


def _finite(differences: ArrayLike, statistic: str) -> FloatArray:
    values = checked("bootstrap_interval", differences)
    if statistic not in _STATISTICS:
        wanted = 'must be "median" or "mean"'
        raise ArgumentError(
            "bootstrap_interval", "statistic", wanted, got=repr(statistic), code="A103"
        )
    if len(values) == 0 or not np.isfinite(values).all():
        got = "none" if len(values) == 0 else "infinity"
        wanted = "must be finite numbers, at least one"
        raise ArgumentError("bootstrap_interval", "differences", wanted, got=got, code="A103")
    return values


def _levels(
    drawn: FloatArray, found: float, acceleration: float, confidence: float
) -> tuple[float, float]:
    """Return which quantiles of the resampled statistics are the ends."""
    n = len(drawn)
    below = float(((drawn < found).sum() + (drawn == found).sum() / 2) / n)
    bias = _NORMAL.inv_cdf(min(max(below, 0.5 / n), 1 - 0.5 / n))
    ends = []
    for tail in ((1 - confidence) / 2, (1 + confidence) / 2):
        moved = bias + _NORMAL.inv_cdf(tail)
        room = 1 - acceleration * moved
        ends.append(_NORMAL.cdf(bias + moved / room) if room > 0 else float(tail > 0.5))
    return ends[0], ends[1]


def _acceleration(values: FloatArray, statistic: str) -> float:
    """Return the skewness of the statistic, from leaving out each value once."""
    left_out = _without_each(values, statistic)
    away = left_out.mean() - left_out
    spread = float((away**2).sum())
    return float((away**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0


def _without_each(values: FloatArray, statistic: str) -> FloatArray:
    """Return the statistic of all values but one, for each of them, (N,)."""
    n = len(values)
    if statistic == "mean":
        return np.asarray((values.sum() - values) / (n - 1))
    order, ranks = np.sort(values), np.arange(n)
    low, high = (n - 2) // 2, (n - 1) // 2  # the middle of the n - 1 that are left
    take = [np.where(ranks <= k, order[min(k + 1, n - 1)], order[k]) for k in (low, high)]
    return np.asarray((take[0] + take[1]) / 2)
