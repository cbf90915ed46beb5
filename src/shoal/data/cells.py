"""What one cell says: a number, a gap, or text.

The same rules for every source: Python's `float` syntax without underscores, NaN and
infinity; thousands separators are never guessed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shoal.data.dataset import FloatArray
from shoal.data.table import Decimal, RawColumn

GAPS = frozenset({"", "NA", "N/A", "n/a", "null", "NULL", "NaN", "nan", "None", "?"})
"""What stands for a missing value, blanks around it left away."""

NUMBER, GAP, TEXT, NOT_FINITE = 0, 1, 2, 3

StateArray = np.ndarray[tuple[int, ...], np.dtype[np.int8]]
BoolArray = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A column's cells, told apart.

    Attributes:
        values: (N,), NaN where `states` is not NUMBER.
        states: (N,), one of NUMBER, GAP, TEXT, NOT_FINITE.
    """

    values: FloatArray
    states: StateArray


def parse_number(cell: str, decimal: Decimal = ".") -> float | None:
    """Return the number that `cell` writes, which may be NaN or infinite, or None.

    Example:
        >>> parse_number("1,5", ","), parse_number("1,5"), parse_number("1_000")
        (1.5, None, None)
    """
    if "_" in cell:
        return None
    if decimal == ",":
        if "." in cell:
            return None
        cell = cell.replace(",", ".")
    try:
        return float(cell)
    except ValueError:
        return None


def read_cells(column: RawColumn, decimal: Decimal = ".") -> Cells:
    """Tell numbers, gaps and text of a column apart; fast where all are numbers.

    Args:
        column: cells as written, or numbers, (N,).
        decimal: the decimal mark.
    """
    if isinstance(column, np.ndarray):
        return _read_numbers(column)
    fast = _all_numbers(column, decimal)
    if fast is not None:
        return Cells(values=fast, states=np.zeros(len(fast), dtype=np.int8))
    known = {cell: _read_cell(cell, decimal) for cell in set(column)}
    pairs = [known[cell] for cell in column]
    return Cells(
        values=np.array([value for value, _ in pairs], dtype=np.float64),
        states=np.array([state for _, state in pairs], dtype=np.int8),
    )


def labels(column: RawColumn) -> list[str]:
    """Return every cell as a category's name, without blanks around it; a gap is ``""``."""
    if isinstance(column, np.ndarray):
        return ["" if math.isnan(value) else number_name(value) for value in column.tolist()]
    known = {cell: "" if cell.strip() in GAPS else cell.strip() for cell in set(column)}
    return [known[cell] for cell in column]


def number_name(value: float) -> str:
    """Return a number as a class's name: whole numbers without decimals.

    Example:
        >>> number_name(1.0), number_name(0.5)
        ('1', '0.5')
    """
    whole = math.isfinite(value) and value == int(value) and abs(value) < 2**53
    return str(int(value)) if whole else repr(float(value))


def class_name(label: object) -> str:
    """Return what a class is called in a model: whole numbers without a point.

    Example:
        >>> class_name(2.0), class_name(np.int64(2)), class_name(True), class_name("two")
        ('2', '2', 'True', 'two')
    """
    plain = label.item() if isinstance(label, np.generic) else label
    return number_name(plain) if isinstance(plain, float) else str(plain)


def _read_numbers(column: FloatArray) -> Cells:
    states = np.zeros(len(column), dtype=np.int8)
    states[np.isnan(column)] = GAP
    states[np.isinf(column)] = NOT_FINITE
    return Cells(values=np.where(states == NUMBER, column, np.nan), states=states)


def _all_numbers(column: Sequence[str], decimal: Decimal) -> FloatArray | None:
    text = "".join(column)
    if "_" in text:
        return None
    if decimal == ",":
        if "." in text:
            return None
        column = [cell.replace(",", ".") for cell in column]
    try:
        values: FloatArray = np.asarray(column, dtype=np.float64)
    except ValueError:
        return None
    return values if bool(np.isfinite(values).all()) else None


def _read_cell(cell: str, decimal: Decimal) -> tuple[float, int]:
    if cell.strip() in GAPS:
        return math.nan, GAP
    value = parse_number(cell, decimal)
    if value is None:
        return math.nan, TEXT
    return (value, NUMBER) if math.isfinite(value) else (math.nan, NOT_FINITE)
