"""What every figure asks of its arrays, and the one mean over rows that all of them are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.errors import ArgumentError
from shoal.shapes import check_shapes


def pair(
    where: str, outputs: ArrayLike, y: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return outputs and targets as arrays of one shape (N, C) with at least one row.

    Raises:
        ArgumentError: they are not.
    """
    predicted = np.asarray(outputs, dtype=np.float64)
    true = np.asarray(y, dtype=np.float64)
    check_shapes(where, "outputs (N, C), y (N, C)", outputs=predicted, y=true)
    check_not_empty(where, "outputs", predicted)
    return predicted, true


def mean(where: str, values: NDArray[Any], weights: ArrayLike | None) -> float:
    """Return the mean of values (N,), weighted if there are weights (N,)."""
    if weights is None:
        return float(values.mean())
    return float(np.average(values, weights=checked_weights(where, weights, len(values))))


def checked_weights(where: str, weights: ArrayLike, n_rows: int) -> NDArray[np.float64]:
    """Return weights as an array, (N,), once they are known to be usable.

    Raises:
        ArgumentError: another length, NaN, infinite or negative, or all zero.
    """
    array = np.asarray(weights, dtype=np.float64)
    if array.shape != (n_rows,):
        wanted = f"must have shape (N,) with N={n_rows}, a weight for every row"
        raise ArgumentError(where, "weights", wanted, got=array.shape, code="A104")
    if not (np.isfinite(array) & (array >= 0)).all():
        wrong = array[~(np.isfinite(array) & (array >= 0))][0]
        wanted = "must be finite numbers of 0 or more"
        raise ArgumentError(where, "weights", wanted, got=f"{wrong:g}", code="A102")
    if not array.any():
        raise ArgumentError(
            where, "weights", "must not all be 0", got=f"{n_rows} zeros", code="A106"
        )
    return array


def check_not_empty(where: str, name: str, array: NDArray[np.float64]) -> None:
    """Check that there are rows and outputs.

    Raises:
        ArgumentError: there are none.
    """
    if array.size == 0:
        raise ArgumentError(
            where, name, "must have at least one row and output", got=array.shape, code="A106"
        )
