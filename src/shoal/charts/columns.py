"""Columns of numbers and names as rows for Vega-Lite and as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

Column = Sequence[Any] | np.ndarray
Columns = Mapping[str, Column]
Rows = Sequence[Mapping[str, Any]]

DIGITS: Final = 5
"""Decimal digits of a column's range that are drawn: finer than any screen."""


def rows_of(columns: Columns) -> list[dict[str, Any]]:
    """Return columns as rows: NaN and infinity as None, numbers with the digits that show.

    Example:
        >>> rows_of({"x": np.array([0.5, float("nan")]), "class": ["a", "b"]})
        [{'x': 0.5, 'class': 'a'}, {'x': None, 'class': 'b'}]
    """
    names = list(columns)
    cells = [drawn(column) for column in columns.values()]
    return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]


def drawn(column: Column) -> list[Any]:
    """Return a column for drawing: rounded to what shows, None where it is not finite."""
    array = np.asarray(column)
    if array.dtype.kind != "f":
        return list(array.tolist()) if array.dtype.kind in "biu" else list(column)
    finite = np.isfinite(array)
    values = np.asarray(array, np.float64)
    values = values if _spans_magnitudes(values[finite]) else _rounded(values, values[finite])
    listed: list[Any] = values.tolist()
    if finite.all():
        return listed
    return [value if fine else None for value, fine in zip(listed, finite.tolist(), strict=True)]


def _spans_magnitudes(values: np.ndarray) -> bool:
    """Return whether a logarithmic axis may need digits that a linear one would not show."""
    sizes = np.abs(values[values != 0])
    return bool(len(sizes) and sizes.max() > 1e3 * sizes.min())


def _rounded(values: np.ndarray, finite: np.ndarray) -> np.ndarray:
    extent = float(np.ptp(finite)) or float(np.abs(finite).max()) if len(finite) else 0.0
    if not 1e-200 < extent < 1e200:
        return values
    return np.asarray(np.round(values, DIGITS - math.floor(math.log10(extent))))


def csv_bytes(columns: Columns) -> bytes:
    """Return columns as CSV in UTF-8; NaN is an empty cell, numbers have all their digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(_cells(column) for column in columns.values()), strict=True))
    return text.getvalue().encode()


def _cells(column: Column) -> Iterable[Any]:
    listed = column.tolist() if isinstance(column, np.ndarray) else column
    return ["" if value is None or value != value else value for value in listed]


def joined(parts: Sequence[Columns]) -> dict[str, Column]:
    """Return tables with the same columns as one, below each other."""
    if not parts:
        return {}
    return {name: _stacked([part[name] for part in parts]) for name in parts[0]}


def _stacked(columns: Sequence[Column]) -> Column:
    if all(isinstance(column, np.ndarray) for column in columns):
        return np.concatenate([np.asarray(column) for column in columns])
    return [cell for column in columns for cell in column]
