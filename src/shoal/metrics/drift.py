"""How far rows of now are from rows of before: in shares, in ranks, and by chance.

A drift figure is never 0 for a finite sample, so each comes with what chance alone gives.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.errors import ArgumentError

Counts = NDArray[np.float64]
HALF: Final = 0.5
"""Rows that are added to every bin of both samples: an empty bin's logarithm is infinite."""
_TERMS: Final = 100
_ENOUGH: Final = 1e-16


def population_stability_index(before: ArrayLike, now: ArrayLike) -> float:
    """Return the population stability index of two samples, counted in the same bins.

    ``sum (q - p) log(q / p)`` with the shares ``p = (before + 1/2) / (N + K/2)`` and q of now
    likewise: the half row keeps a bin that is empty on one side finite, and is lost in large
    samples. Bins that are empty on both sides do not count.

    Args:
        before: rows in every bin.
        now: rows in every bin.

    Shapes:
        before, now (K,)

    Units:
        Natural log. By custom up to 0.1 is little and above 0.25 is much; see `psi_by_chance`
        for what small samples have without any drift.

    Raises:
        ArgumentError: the shapes differ, a count is negative, or a sample has no rows.

    Example:
        >>> psi = population_stability_index([50, 50], [25, 75])
        >>> print(round(psi, 3))  # 0.25 log(75 / 25) = 0.275 without the half rows
        0.269
    """
    old, new = _counts("population_stability_index", before, now)
    old, new = _used(old, new)
    p = (old + HALF) / (old.sum() + HALF * len(old))
    q = (new + HALF) / (new.sum() + HALF * len(new))
    return float(((q - p) * np.log(q / p)).sum())


def psi_by_chance(n_before: int, n_now: int, n_bins: int) -> float:
    """Return the population stability index to expect without any drift, about.

    ``(K - 1) (1 / N + 1 / M)``: with ten bins and 50 rows on both sides that is 0.36, more than
    what is called much.

    Source:
        B. Yurdakul, 2018, "Statistical properties of the population stability index", ch. 3:
        PSI over ``1 / N + 1 / M`` is chi-squared with K - 1 degrees of freedom.

    Example:
        >>> psi_by_chance(50, 50, 10)
        0.36
    """
    return (n_bins - 1) * (1 / n_before + 1 / n_now)


def psi_p_value(psi: float, n_before: int, n_now: int, n_bins: int) -> float:
    """Return how likely such a population stability index or a larger one is without drift.

    By its chi-squared limit, see `psi_by_chance`; the half rows keep it on the safe side where
    bins hold few rows.

    Example:
        >>> print(round(psi_p_value(0.3841, 20, 20, 2), 3))  # chi-squared of 3.841
        0.05
    """
    if n_bins < 2:
        return 1.0
    return chi_squared_above(psi / (1 / n_before + 1 / n_now), n_bins - 1)


def kolmogorov_smirnov(before: ArrayLike, now: ArrayLike) -> float:
    """Return the Kolmogorov-Smirnov distance: the largest gap between cumulative shares.

    Args:
        before: shares of rows below each of some values, and at most each of them.
        now: of the other sample, at the same values.

    Shapes:
        before, now (2, K)

    Units:
        0 to 1. Over the values that were looked at: with a hundred quantiles up to 0.01 less
        than over all values, and exact where a column has no other values.

    Example:
        >>> kolmogorov_smirnov([[0.0, 0.5], [0.5, 1.0]], [[0.0, 0.0], [0.0, 0.75]])
        0.5
    """
    old, new = np.asarray(before, np.float64), np.asarray(now, np.float64)
    if old.shape != new.shape or old.ndim != 2 or len(old) != 2:
        wanted = "must have the shape (2, K) of `before`"
        raise ArgumentError("kolmogorov_smirnov", "now", wanted, got=new.shape, code="A104")
    return float(np.abs(old - new).max(initial=0.0))


def ks_p_value(distance: float, n_before: int, n_now: int) -> float:
    """Return how likely such a Kolmogorov-Smirnov distance or a larger one is without drift.

    ``2 sum (-1)^(k-1) exp(-2 k^2 t^2)`` with ``t = (r + 0.12 + 0.11 / r) D`` and
    ``r = sqrt(N M / (N + M))``; for columns with ties it is an upper bound.

    Source:
        M. A. Stephens, 1970, "Use of the Kolmogorov-Smirnov, Cramér-von Mises and related
        statistics without extensive tables", the correction of r.

    Example:
        >>> print(round(ks_p_value(0.134, 200, 200), 2))
        0.05
    """
    root = math.sqrt(n_before * n_now / (n_before + n_now))
    t = (root + 0.12 + 0.11 / root) * distance
    if t < 0.3:  # the series is slow there, and 1 to five digits
        return 1.0
    total = 0.0
    for k in range(1, _TERMS):
        term = math.exp(-2 * (k * t) ** 2)
        total += term if k % 2 else -term
        if term < _ENOUGH:
            break
    return min(1.0, max(0.0, 2 * total))


def chi_squared_above(value: float, degrees: int) -> float:
    """Return the probability that a chi-squared number is at least `value`.

    The upper incomplete gamma function, by its series or its continued fraction.

    Source:
        W. Gautschi, 1979, "A computational procedure for incomplete gamma functions".

    Example:
        >>> print(round(chi_squared_above(3.8415, 1), 4), round(chi_squared_above(9.0, 9), 4))
        0.05 0.4373
    """
    if not value > 0:
        return 1.0
    a, x = degrees / 2, value / 2
    scale = math.exp(a * math.log(x) - x - math.lgamma(a)) if x < 700 + a else 0.0
    if scale == 0.0:
        return 0.0 if x > a else 1.0
    return 1 - scale * _series(a, x) if x < a + 1 else scale * _fraction(a, x)


def _series(a: float, x: float) -> float:
    """Return ``sum x^n / (a (a+1) ... (a+n))``."""
    term = total = 1 / a
    n = a
    while term > total * _ENOUGH:
        n += 1
        term *= x / n
        total += term
    return total


def _fraction(a: float, x: float) -> float:
    """Return the continued fraction ``1 / (x+1-a- 1(1-a)/(x+3-a- ...))``, by Lentz's method."""
    b = x + 1 - a
    c, d = 1e300, 1 / b
    found = d
    for n in range(1, 10_000):
        factor = -n * (n - a)
        b += 2
        d = 1 / (factor * d + b)
        c = b + factor / c
        found *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return found


def _counts(where: str, before: ArrayLike, now: ArrayLike) -> tuple[Counts, Counts]:
    old, new = np.asarray(before, np.float64), np.asarray(now, np.float64)
    if old.ndim != 1 or old.shape != new.shape:
        raise ArgumentError(
            where, "now", "must have the shape (K,) of `before`", got=new.shape, code="A104"
        )
    for name, counts in (("before", old), ("now", new)):
        if not (counts >= 0).all() or not counts.sum() > 0:
            wanted = "must have counts from 0, one of them above 0"
            raise ArgumentError(where, name, wanted, got=counts.tolist(), code="A102")
    return old, new


def _used(old: Counts, new: Counts) -> tuple[Counts, Counts]:
    used = (old > 0) | (new > 0)
    return old[used], new[used]
