"""Whether probabilities mean what they say: reliability bins and the calibration error."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.metrics.bootstrap import CONFIDENCE, wilson

FloatArray = NDArray[np.float64]
BINS: Final = 10
CHANCE: Final = 1.6448536269514722
"""Standard normal deviate that 5 % exceed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bins:
    """Rows by how probable something was called; bins without rows are left out.

    Attributes:
        start, stop: from which probability to which.
        n_rows: rows in the bin.
        weight: the sum of their weights.
        mean: the mean probability that was said.
        share: the share that came true.
        low, high: Wilson's interval of the share; with weights of their effective number.
        n_effective: see `effective_rows`; the number of rows where all count alike.

    Shapes:
        each (G,)
    """

    start: FloatArray
    stop: FloatArray
    n_rows: NDArray[np.int64]
    weight: FloatArray
    mean: FloatArray
    share: FloatArray
    low: FloatArray
    high: FloatArray
    n_effective: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Miscalibration:
    """How far probabilities are from shares, and how far chance alone takes them.

    Attributes:
        error: mean over the rows of ``|mean probability - share|`` of their bin.
        by_chance: what the error would be on average, were every probability true.
        chance_limit: what it would exceed in one of twenty cases then.
        debiased: root of the mean square of the gaps, less what chance adds to it; 0 where
            that is more.
        gap: mean probability less share, over all rows: above 0 too sure.
    """

    error: float
    by_chance: float
    chance_limit: float
    debiased: float
    gap: float

    @property
    def is_within_chance(self) -> bool:
        """Whether true probabilities would give such an error in more than one of 20 cases."""
        return self.error <= self.chance_limit


def bin_of(p: ArrayLike, bins: int = BINS) -> NDArray[np.int64]:
    """Return in which of equal parts of 0 to 1 probabilities lie; 1 lies in the last.

    Shapes:
        p (...) -> (...)

    Example:
        >>> bin_of([0.0, 0.1, 0.55, 1.0])
        array([0, 1, 5, 9])
    """
    return np.asarray(np.clip(np.asarray(p, np.float64) * bins, 0, bins - 1).astype(np.int64))


def reliability(
    p: ArrayLike, is_true: ArrayLike, weights: ArrayLike | None = None, bins: int = BINS
) -> Bins:
    """Return for every bin that has rows how probable they were called and how many came true.

    Shapes:
        p (N,), is_true (N,) bool, weights (N,)

    Example:
        >>> found = reliability([0.1, 0.2, 0.9], [False, True, True], bins=2)
        >>> found.n_rows.tolist(), found.mean.round(2).tolist(), found.share.tolist()
        ([2, 1], [0.15, 0.9], [0.5, 1.0])
    """
    said, true = np.asarray(p, np.float64), np.asarray(is_true, np.float64)
    w = np.ones(len(said)) if weights is None else np.asarray(weights, np.float64)
    place = bin_of(said, bins)
    weight, of_p, of_true, squares = (
        np.bincount(place, each, minlength=bins).astype(np.float64)
        for each in (w, w * said, w * true, w * w)
    )
    kept = np.flatnonzero(weight > 0)
    share = of_true[kept] / weight[kept]
    n_effective = weight[kept] ** 2 / squares[kept]
    low, high = wilson(share, n_effective)
    return Bins(
        start=kept / bins,
        stop=(kept + 1) / bins,
        n_rows=np.bincount(place[w > 0], minlength=bins)[kept],
        weight=weight[kept],
        mean=of_p[kept] / weight[kept],
        share=share,
        low=low,
        high=high,
        n_effective=n_effective,
    )


def miscalibration(
    p: ArrayLike, is_true: ArrayLike, weights: ArrayLike | None = None, bins: int = BINS
) -> Miscalibration:
    """Return how far probabilities are from the shares that came true.

    The plain error is never 0 for a finite number of rows: a bin of n rows whose
    probabilities p are true is off by a normal deviate of variance ``sum w^2 p (1 - p) /
    (sum w)^2``, whose size is ``sqrt(2 / pi)`` of its deviation on average. `by_chance` and
    `chance_limit` add these up over the bins.

    Shapes:
        p (N,), is_true (N,) bool, weights (N,)

    Source:
        The error: Naeini, Cooper, Hauskrecht, "Obtaining well calibrated probabilities using
        Bayesian binning" (2015). What chance adds: Bröcker and Smith, "Increasing the
        reliability of reliability diagrams" (2007), who draw what is computed here. The
        debiased one: Kumar, Liang, Ma, "Verified uncertainty calibration" (2019).

    Example:
        >>> found = miscalibration([0.75] * 4, [True, True, True, False])
        >>> found.error, round(found.by_chance, 4)
        (0.0, 0.1727)
    """
    said, true = np.asarray(p, np.float64), np.asarray(is_true, np.float64)
    w = np.ones(len(said)) if weights is None else np.asarray(weights, np.float64)
    total = float(w.sum())
    found = reliability(said, true, w, bins)
    noise = np.bincount(bin_of(said, bins), w * w * said * (1 - said), minlength=bins)
    deviation = np.sqrt(np.maximum(noise, 0.0)) / total
    gaps, part = found.mean - found.share, found.weight / total
    by_chance = math.sqrt(2 / math.pi) * float(deviation.sum())
    away = math.sqrt((1 - 2 / math.pi) * float((deviation**2).sum()))
    spare = np.where(
        found.n_effective > 1,
        found.share * (1 - found.share) / np.maximum(found.n_effective - 1, 1e-300),
        gaps**2,
    )
    return Miscalibration(
        error=float((part * np.abs(gaps)).sum()),
        by_chance=by_chance,
        chance_limit=by_chance + CHANCE * away,
        debiased=math.sqrt(max(0.0, float((part * (gaps**2 - spare)).sum()))),
        gap=float((part * gaps).sum()),
    )


def error_interval(
    gaps: FloatArray, drawn: FloatArray, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Return the ends of the interval of the calibration error; NaN where nothing varies.

    The error ``sum |gap|`` is above 0 even of true probabilities, and a resample adds as much
    again, so quantiles of resamples would hold what is true almost never. What would be seen
    if the true gaps were ``c`` times those that were is ``sum |c gap + (drawn - gap)|``; the
    ends are the errors of the smallest and the largest c for which what was seen is not among
    the rarest. The low end is 0 where chance explains all of it.

    Args:
        gaps: of every bin, its weight times mean probability less share.
        drawn: the same in every resample.
        confidence: of the interval.

    Shapes:
        gaps (G,), drawn (B, G)

    Source:
        Carpenter, "Test inversion bootstrap confidence intervals" (1999), along the line of
        gaps that were seen.
    """
    noise, seen = drawn - gaps, float(np.abs(gaps).sum())
    if not len(drawn) or seen == 0 or not np.isfinite(noise).all() or not noise.any():
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2

    def rare(times: float, is_low: bool) -> bool:
        errors = np.abs(times * gaps + noise).sum(axis=1)
        return float((errors >= seen if is_low else errors <= seen).mean()) < tail

    most = 2.0 + float(np.abs(noise).sum(axis=1).max()) / seen  # all errors are above `seen`
    low = _turn(0.0, 1.0, lambda times: not rare(times, True)) if rare(0.0, True) else 0.0
    high = _turn(1.0, most, lambda times: rare(times, False))
    return low * seen, high * seen


def _turn(start: float, stop: float, is_past: Callable[[float], bool]) -> float:
    """Return where a condition begins to hold, by halving; `start` if it holds there."""
    if is_past(start):
        return start
    for _ in range(30):
        middle = (start + stop) / 2
        start, stop = (start, middle) if is_past(middle) else (middle, stop)
    return stop
