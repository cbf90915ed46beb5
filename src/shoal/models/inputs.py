"""What people hand to a model, as features: arrays, columns by name, one row, data frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.data.dataset import Schema
from shoal.data.encode import encode_rows
from shoal.data.frames import from_frame
from shoal.data.table import RawColumn, Table
from shoal.errors import ArgumentError

Features = NDArray[np.float64]
"""Features as they stand in the table, categories one-hot, before any scaling, (N, D): those of
its columns, without the derived ones."""

Inputs = ArrayLike | Mapping[str, Any]
"""Features (N, D); or columns, or the values of one row, by name; or a data frame."""


def features_of(where: str, schema: Schema, x: Inputs | Any) -> Features:
    """Return `x` as features in the order of the network's inputs.

    Args:
        where: the public function, for messages.
        schema: what the model was trained on.
        x: an array of features; or a mapping from column name to values, or to one value for
            a single row; or a data frame. By name, the order does not matter, columns that
            the model does not know are ignored, and gaps are filled if the schema says how.

    Shapes:
        array (N, D), each column (N,) -> (N, D)

    Raises:
        ArgumentError: the shape does not fit, or a feature is not a finite number.
        DataError: a column is missing or holds something that the schema does not allow.
    """
    if isinstance(x, Mapping):
        return encode_rows(schema, _table(where, x)).x
    # asked of the class: a lazy frame computes its columns when it is asked itself
    if hasattr(type(x), "columns"):
        return encode_rows(schema, from_frame(x)).x
    return _array(where, schema, x)


def check_finite(where: str, schema: Schema, x: NDArray[Any], told: str) -> None:
    """Check that every number is finite; name the first that is not.

    Shapes:
        x (N, D)

    Raises:
        ArgumentError: `told` is what must hold.
    """
    finite = np.isfinite(x)
    if finite.all():
        return
    row, feature = (int(i) for i in np.argwhere(~finite)[0])
    name = schema.feature_names[feature]
    raise ArgumentError(
        where,
        "x",
        told,
        got=f"{float(x[row, feature])} in row {row}, feature '{name}'",
        code="A105",
    )


def _array(where: str, schema: Schema, x: ArrayLike) -> Features:
    n_features = len(schema.base_features)
    array = _numbers(where, x)
    if array.ndim != 2 or array.shape[1] != n_features:
        one = array.ndim == 1 and len(array) == n_features
        cure = "Give one row as [row], a list of one." if one else ""
        if array.ndim == 2 and schema.derived and array.shape[1] == len(schema.feature_names):
            cure = "Leave the derived features out: they are computed."
        wanted = f"must have shape (N, {n_features})"
        raise ArgumentError(where, "x", wanted, got=array.shape, cure=cure, code="A104")
    check_finite(where, schema, array, "must be finite")
    return array


def _numbers(where: str, x: ArrayLike) -> Features:
    try:
        array = np.asarray(x)
        if array.dtype.kind in "biufO":
            return np.asarray(array, dtype=np.float64)
        got = f"an array of {array.dtype}"
    except (TypeError, ValueError, OverflowError):
        got = "something else"
    wanted = "must be a table of numbers with rows of one length"
    cure = "Give columns of text by name: a dictionary or a data frame."
    raise ArgumentError(where, "x", wanted, got=got, cure=cure, code="A101")


def _table(where: str, x: Mapping[str, Any]) -> Table:
    columns = {str(name): _column(where, str(name), values) for name, values in x.items()}
    lengths = {name: len(column) for name, column in columns.items()}
    n_rows = next(iter(lengths.values()), 0)
    for name, length in lengths.items():
        if length != n_rows:
            wanted = f"must have shape (N,) with N={n_rows} from the first column"
            raise ArgumentError(where, f"x['{name}']", wanted, got=f"({length},)", code="A104")
    return Table(names=tuple(columns), columns=tuple(columns.values()), n_rows=n_rows)


def _column(where: str, name: str, values: Any) -> RawColumn:
    try:
        array = np.atleast_1d(np.asarray(values))
    except ValueError:
        array = np.empty((0, 0))
    if array.ndim != 1:
        got = f"shape {array.shape}" if array.size else "something else"
        raise ArgumentError(
            where, f"x['{name}']", "must be values of shape (N,)", got=got, code="A104"
        )
    if array.dtype.kind in "iuf":
        return array.astype(np.float64)
    return tuple(_cell(value) for value in array.tolist())


def _cell(value: object) -> str:
    """Return a value as a table would hold it; pandas' gaps as the gap they are."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return "" if text in ("<NA>", "NaT") else text
