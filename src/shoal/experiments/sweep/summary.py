"""Cells in a few figures each: median, band, and how sure the median is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from shoal.metrics import band

MOST: Final = 1000
"""Networks up to which ranks are computed exactly."""
QUANTILE: Final = 1.959963984540054
"""Of the standard normal distribution at 97.5 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Medians:
    """A figure over the networks of each cell.

    Attributes:
        median, p05, p95: over the networks that have the figure.
        low, high: an interval that holds the median of all networks that could be drawn in
            95 % of cases or more, whatever the figure's distribution; NaN below 6 networks.
        n_counted: networks that have the figure.

    Shapes:
        each (n_cells,)
    """

    median: np.ndarray
    p05: np.ndarray
    p95: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n_counted: np.ndarray


def medians(values: np.ndarray, sizes: Sequence[int] | np.ndarray) -> Medians:
    """Return medians and bands of cells whose networks stand one after the other.

    Args:
        values: of all networks, (n,), NaN where a network has none.
        sizes: networks of each cell, adding up to n.

    Source:
        The interval between order statistics: Thompson (1936); k is the largest rank with
        P(B < k) <= 2.5 % for B binomial (n, 1/2).
    """
    sizes = np.asarray(sizes, np.int64)
    if len(sizes) == 0:
        nothing = np.zeros(0)
        return Medians(
            median=nothing, p05=nothing, p95=nothing, low=nothing, high=nothing,
            n_counted=np.zeros(0, np.int64),
        )  # fmt: skip
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    grid = np.full((int(sizes.max()), len(sizes)), np.nan)
    rows = np.arange(len(values)) - np.repeat(offsets, sizes)
    grid[rows, np.repeat(np.arange(len(sizes)), sizes)] = values
    grid[~np.isfinite(grid)] = np.nan
    found = band(grid)
    counted = np.asarray(found.n_counted)
    ordered = np.sort(grid, axis=0)  # NaN last
    unique, where = np.unique(counted, return_inverse=True)
    ranks = np.array([median_rank(n) for n in unique.tolist()])[where]
    cells = np.arange(len(sizes))
    is_sure = ranks > 0
    low = ordered[np.maximum(ranks - 1, 0), cells]
    high = ordered[np.maximum(counted - ranks, 0).clip(max=len(ordered) - 1), cells]
    return Medians(
        median=np.asarray(found.median),
        p05=np.asarray(found.p05),
        p95=np.asarray(found.p95),
        low=np.where(is_sure, low, np.nan),
        high=np.where(is_sure, high, np.nan),
        n_counted=counted,
    )


@cache
def median_rank(n: int) -> int:
    """Return k so that the k-th smallest and the k-th largest of n hold the median surely.

    0 where even the smallest and the largest do not.

    Example:
        >>> median_rank(5), median_rank(6), median_rank(16), median_rank(64)
        (0, 1, 4, 24)
    """
    if n > MOST:  # the normal approximation, a rank wider
        return int((n - QUANTILE * math.sqrt(n)) / 2) - 1
    outside, term, k = 0, 1, 0
    while k < n:
        outside += term
        if 40 * outside > 2**n:  # one side has 1 / 40
            break
        term = term * (n - k) // (k + 1)
        k += 1
    return k
