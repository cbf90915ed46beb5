"""Intervals of figures of N rows: by drawing the rows again, and exact enough ones of shares.

A figure is a function of weights: drawing rows with repetition gives every row a whole number
of times that it counts, so one function computes the figure and all of its resamples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shoal.errors import ArgumentError
from shoal.metrics.student import student_quantile
from shoal.streams import stream

FloatArray = NDArray[np.float64]
Statistic = Callable[[FloatArray], FloatArray]
"""From weights of the rows (B, N) to figures (B, K); NaN where one has no meaning."""
CONFIDENCE: Final = 0.95
MOST: Final = 2000
FEWEST: Final = 400
BUDGET: Final = 4 * 10**7
"""Rows that are drawn for all resamples together, before there are fewer of them."""
BLOCK: Final = 2**17
"""Weights that are held at once."""
ACCELERATED: Final = 1000
"""Rows up to which the skewness of a figure is found by leaving out each row once."""
KNOWN_SHARE: Final = 0.9
"""Share of the resamples in which a figure must have a meaning to have an interval."""
_NORMAL: Final = NormalDist()
Z: Final = _NORMAL.inv_cdf((1 + CONFIDENCE) / 2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimates:
    """K figures with their intervals; NaN where there is none.

    Attributes:
        value: the figures.
        low, high: the ends.
        drawn: the figures of all resamples.

    Shapes:
        value, low, high (K,), drawn (B, K)
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    drawn: FloatArray


def resamples_for(n_rows: int) -> int:
    """Return how many resamples are drawn of so many rows: 2,000, and 400 of very many.

    Example:
        >>> resamples_for(150), resamples_for(40_000), resamples_for(100_000)
        (2000, 1000, 400)
    """
    return int(np.clip(BUDGET // max(1, n_rows), FEWEST, MOST))


def bootstrap(
    statistic: Statistic,
    n_rows: int,
    *,
    weights: FloatArray | None = None,
    resamples: int | None = None,
    seed: int = 0,
    confidence: float = CONFIDENCE,
    width: int = 1,
    n_behind: FloatArray | None = None,
    threads: int | None = None,
) -> Estimates:
    """Return figures with bias-corrected and accelerated (BCa) percentile intervals.

    A figure that is the same in every resample has no interval: that every row at hand was
    right says little about rows to come. Resamples of few rows vary too little, so their
    levels are those of Student's t, widened by ``sqrt(n / (n - 1))``; of more than 1,000 rows
    the acceleration is left at 0.

    Args:
        statistic: the figures.
        n_rows: N.
        weights: how much every row counts; a resample draws rows, whatever they count.
        resamples: how many; None for `resamples_for`, 0 for no intervals.
        seed: of the stream that draws.
        confidence: of the intervals.
        width: numbers that the statistic holds for a resample, if more than N.
        n_behind: of how many rows each figure is; None: of all of them.
        threads: how many to use; None for two.

    Shapes:
        weights (N,), n_behind (K,) -> each (K,)

    Source:
        Efron, "Better bootstrap confidence intervals" (1987), equations 2.3 and 6.6; equal
        resampled values count half to either side. The levels for few rows: Hesterberg, "What
        teachers should know about the bootstrap" (2015), the expanded percentile interval.

    Raises:
        ArgumentError: no row, or a negative number of resamples.

    Example:
        >>> found = bootstrap(lambda w: w @ [[0.0], [1.0]] / w.sum(axis=1, keepdims=True), 2)
        >>> float(found.value[0]), float(found.low[0]), float(found.high[0])
        (0.5, 0.0, 1.0)
    """
    if n_rows < 1:
        raise ArgumentError("bootstrap", "n_rows", "must be 1 or more", got=n_rows, code="A102")
    if resamples is not None and resamples < 0:
        raise ArgumentError(
            "bootstrap", "resamples", "must be 0 or more", got=resamples, code="A102"
        )
    n = resamples_for(n_rows) if resamples is None else resamples
    base = np.ones(n_rows) if weights is None else np.asarray(weights, np.float64)
    at_once = max(1, BLOCK // max(n_rows, width))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = np.asarray(statistic(base[np.newaxis])[0], np.float64)

    def of_resamples(block: range) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return statistic(_counts(n_rows, block, seed) * base)

    def without_each(block: range) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return statistic(_left_out(n_rows, block) * base)

    with ThreadPoolExecutor(max_workers=threads or 2) as pool:
        drawn = _stacked(pool.map(of_resamples, _blocks(n, at_once)), len(value))
        few = n > 0 and 2 < n_rows <= ACCELERATED
        jackknife = pool.map(without_each, _blocks(n_rows if few else 0, at_once))
        skewed = _acceleration(_stacked(jackknife, len(value)))
    behind = np.full(len(value), effective_rows(base)) if n_behind is None else n_behind
    deviates = {n: _deviate(n, confidence) for n in set(behind.tolist())}
    ends = [
        bias_corrected(drawn[:, k], float(value[k]), deviates[float(behind[k])], float(skewed[k]))
        for k in range(len(value))
    ]
    low, high = (np.array([end[side] for end in ends]) for side in (0, 1))
    return Estimates(value=value, low=low, high=high, drawn=drawn)


def bias_corrected(
    drawn: FloatArray, found: float, z: float = Z, acceleration: float = 0.0
) -> tuple[float, float]:
    """Return the ends of the BCa interval; NaN where there is none.

    Args:
        drawn: the figure in every resample, NaN where it had no meaning.
        found: the figure.
        z: how many deviations to either side, of a normal figure.
        acceleration: a sixth of the skewness of the figure.

    Shapes:
        drawn (B,)
    """
    known = drawn[np.isfinite(drawn)]
    nothing = (float("nan"), float("nan"))
    if len(known) < max(1.0, KNOWN_SHARE * len(drawn)) or not np.isfinite(found):
        return nothing
    if float(known.max()) == float(known.min()):
        return nothing
    n = len(known)
    below = float(((known < found).sum() + (known == found).sum() / 2) / n)
    bias = _NORMAL.inv_cdf(min(max(below, 0.5 / n), 1 - 0.5 / n))
    levels = []
    for moved in (bias - z, bias + z):
        room = 1 - acceleration * moved
        levels.append(_NORMAL.cdf(bias + moved / room) if room > 0 else float(moved > 0))
    low, high = np.quantile(known, levels)
    return float(low), float(high)


def _deviate(n: float, confidence: float) -> float:
    """Return how many deviations of a resampled figure of n rows its interval takes."""
    p = (1 + confidence) / 2
    if n < 2:
        return _NORMAL.inv_cdf(p)
    return math.sqrt(n / (n - 1)) * student_quantile(p, max(1, round(n) - 1))


def _acceleration(left_out: FloatArray) -> FloatArray:
    """Return a sixth of the skewness of every figure, from leaving out each row; 0 of no rows.

    Shapes:
        left_out (N, K) -> (K,)
    """
    if not len(left_out):
        return np.zeros(left_out.shape[1])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        away = left_out.mean(axis=0) - left_out
        found = (away**3).sum(axis=0) / (6 * (away**2).sum(axis=0) ** 1.5)
    return np.asarray(np.where(np.isfinite(found), found, 0.0))


def wilson(
    share: FloatArray | float, n: FloatArray | float, confidence: float = CONFIDENCE
) -> tuple[FloatArray, FloatArray]:
    """Return the ends of Wilson's interval of a share of n rows; NaN of none.

    Args:
        share: the share that was seen.
        n: rows; with weights their effective number, see `effective_rows`.
        confidence: of the interval.

    Shapes:
        share, n (...) -> low, high (...)

    Source:
        Wilson, "Probable inference, the law of succession, and statistical inference" (1927).

    Example:
        >>> low, high = wilson(1.0, 150)
        >>> round(float(low), 4), float(high)
        (0.975, 1.0)
    """
    z = _NORMAL.inv_cdf((1 + confidence) / 2)
    p, rows = np.asarray(share, np.float64), np.asarray(n, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (p + z * z / (2 * rows)) / (1 + z * z / rows)
        half = z / (1 + z * z / rows) * np.sqrt(p * (1 - p) / rows + z * z / (4 * rows**2))
        low, high = np.where(p <= 0, 0.0, middle - half), np.where(p >= 1, 1.0, middle + half)
    unknown = ~(rows > 0) | ~np.isfinite(p)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def effective_rows(weights: FloatArray) -> float:
    """Return how many rows of equal weight say as much: ``sum(w)^2 / sum(w^2)``.

    Source:
        Kish, "Survey Sampling" (1965).

    Example:
        >>> effective_rows(np.array([1.0, 1.0, 0.0])), effective_rows(np.array([3.0, 1.0]))
        (2.0, 1.6)
    """
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def _blocks(n: int, at_once: int) -> Iterator[range]:
    for start in range(0, n, at_once):
        yield range(start, min(start + at_once, n))


def _stacked(parts: Iterable[FloatArray], width: int) -> FloatArray:
    found = list(parts)
    return np.concatenate(found) if found else np.empty((0, width))


def _left_out(n_rows: int, numbers: range) -> FloatArray:
    """Return how often each row counts where one by number is left out, (B, N)."""
    found = np.ones((len(numbers), n_rows))
    found[np.arange(len(numbers)), list(numbers)] = 0.0
    return found


def _counts(n_rows: int, numbers: range, seed: int) -> FloatArray:
    """Return how often each row was drawn in resamples by number, (B, N).

    Each has a step of the stream to itself, so a resample is the same in any block.
    """
    source = stream(seed, "resample")
    found = np.empty((len(numbers), n_rows))
    for k, number in enumerate(numbers):
        drawn = (source.uniform(n_rows, number) * n_rows).astype(np.int64)
        found[k] = np.bincount(drawn, minlength=n_rows)
    return found
