"""Summaries of a population: the median with a band, and of how many networks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.errors import ArgumentError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Band:
    """Median, 5th and 95th percentile over the networks, and how many were counted.

    Shapes:
        every array (...), the shape of one network's values; () for a single number
    """

    median: NDArray[np.float64]
    p05: NDArray[np.float64]
    p95: NDArray[np.float64]
    n_counted: NDArray[np.int64]


def band(values: ArrayLike) -> Band:
    """Return the band over the first axis, leaving out what is NaN or infinite.

    A network that diverged has NaN from there on; `n_counted` says how many remain. Where
    none does, the band is NaN. Percentiles are interpolated linearly, as in np.percentile.

    Shapes:
        values (P, ...) -> each (...)

    Raises:
        ArgumentError: `values` has no axis.

    Example:
        >>> found = band([1.0, 2.0, 3.0, float("nan")])
        >>> float(found.median), float(found.p05), int(found.n_counted)
        (2.0, 1.1, 3)
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 0:
        raise ArgumentError(
            "band", "values", "must have shape (P, ...)", got=array.shape, code="A104"
        )
    finite = np.isfinite(array)
    n_counted = finite.sum(axis=0).astype(np.int64)
    if len(array) == 0:
        array = np.full((1, *array.shape[1:]), np.nan)
        finite = np.zeros(array.shape, dtype=bool)
    # NaN sorts to the end, so the first n_counted of every column are what counts
    ordered = np.sort(np.where(finite, array, np.nan), axis=0)
    p05, median, p95 = (_percentile(ordered, n_counted, q) for q in (0.05, 0.5, 0.95))
    return Band(median=median, p05=p05, p95=p95, n_counted=np.asarray(n_counted))


def _percentile(
    ordered: NDArray[np.float64], n: NDArray[np.int64], share: float
) -> NDArray[np.float64]:
    """Interpolate at ``share * (n - 1)`` among the first n of every column.

    One pass over all columns: np.nanpercentile calls Python for each of them.
    """
    position = np.asarray(share * np.maximum(n - 1, 0))
    low = np.floor(position).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(n - 1, 0))
    a = np.take_along_axis(ordered, low[None], axis=0)[0]
    b = np.take_along_axis(ordered, np.asarray(high)[None], axis=0)[0]
    return np.asarray(a + (b - a) * (position - low))
