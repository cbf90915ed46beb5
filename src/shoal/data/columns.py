"""Raw columns to typed ones: is this column numbers or categories?

A column is numbers if nearly all of its cells are; then any other text in it is an error
rather than a reason to make categories of it. The target follows the same rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from shoal.data.cells import (
    GAP,
    NOT_FINITE,
    NUMBER,
    TEXT,
    BoolArray,
    Cells,
    labels,
    number_name,
    parse_number,
    read_cells,
)
from shoal.data.dataset import FloatArray, IndexArray, Kind
from shoal.data.scaling import LARGEST
from shoal.data.table import Decimal, RawColumn, Table, Unreadable
from shoal.data.wording import count, show
from shoal.errors import DataError

ColumnType = Literal["number", "category"]
"""What the column of a feature holds; a category becomes one feature per category."""
MOST_CATEGORIES = 1_000
FEW_VALUES = 20
"""A target of whole numbers with more different values than this is read as numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberColumn:
    """Numbers of one column: values (N,), NaN for a gap."""

    name: str
    values: FloatArray

    @property
    def gaps(self) -> BoolArray:
        """Which rows have a gap, (N,)."""
        return np.isnan(self.values)

    def take(self, rows: IndexArray) -> NumberColumn:
        """Return the column with these rows only."""
        return NumberColumn(name=self.name, values=self.values[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class TextColumn:
    """Category names of one column, (N,), empty for a gap.

    `n_numbers` of them are numbers; `is_asked`: somebody said that they are categories.
    """

    name: str
    labels: tuple[str, ...]
    n_numbers: int = 0
    is_asked: bool = False

    @property
    def gaps(self) -> BoolArray:
        """Which rows have a gap, (N,)."""
        return np.fromiter((not label for label in self.labels), dtype=np.bool_)

    @property
    def categories(self) -> tuple[str, ...]:
        """The different names, in text order."""
        return tuple(sorted(set(self.labels) - {""}))

    def take(self, rows: IndexArray) -> TextColumn:
        """Return the column with these rows only."""
        kept = tuple(self.labels[row] for row in rows.tolist())
        return replace(self, labels=kept)


Column = NumberColumn | TextColumn


def read_column(table: Table, name: str, asked: ColumnType | None = None) -> Column:
    """Return a feature's column as numbers or as categories.

    Unless it is said, it is numbers if at most a tenth of its cells, or a single one, are
    text, and more are numbers than text. (With one text cell of three the column is numbers
    and the cell an error; half and half it is categories.) Categories are called what is
    written: 01234 and 1234 are two.

    Args:
        table: what was read.
        name: of the column.
        asked: what it holds; None: guessed.

    Raises:
        DataError: a cell of a number column is not a finite number; every cell is a gap; or
            the numbers seem to have another decimal mark.
    """
    column = table.column(name)
    cells = read_cells(column, table.decimal)
    if bool((cells.states == GAP).all()):
        cure = f"Leave it out: --drop {name}."
        raise DataError(
            "every cell is a gap.", source=table.source, column=name, cure=cure, code="D103"
        )
    if asked == "category":
        return replace(_as_text(name, column, cells), is_asked=True)
    if asked == "number" or _is_numbers(cells):
        cure = f"Correct it, or leave the column out: --drop {name}."
        if asked is not None:
            cure = f"Correct or empty the cell, or leave {show(name)} out of `types`."
        _check_numbers(table, name, cells, cure)
        return NumberColumn(name=name, values=cells.values)
    _check_decimal(table, name, cells)
    return _as_text(name, column, cells)


def read_target(table: Table, name: str, kind: Kind | None) -> tuple[Column, Kind, str]:
    """Return the target's column, its kind, and the sentence that says what was decided.

    Without `kind`, text is classes; so are whole numbers with two different values, or
    with at most 20 if there are at least twice as many rows; other numbers are numbers.

    Raises:
        DataError: a cell does not fit the kind, or every cell is a gap.
    """
    column = table.column(name)
    cells = read_cells(column, table.decimal)
    if bool((cells.states == GAP).all()):
        reason = "the target has no values, every cell is a gap."
        raise DataError(reason, source=table.source, column=name, code="D103")
    as_numbers = kind == "regression" or (
        _is_numbers(cells) and (kind is None or not bool((cells.states == TEXT).any()))
    )
    if not as_numbers:
        typed: Column = _as_text(name, column, cells)
        return typed, "classification", _said(name, "classes", "it holds text", kind)
    _check_numbers(table, name, cells, 'Correct it, or give kind="classification".')
    found, reason = _guess_kind(cells.values)
    decided: Kind = "classification" if kind == "multilabel" else kind or found
    what = "classes" if decided == "classification" else "numbers"
    return NumberColumn(name=name, values=cells.values), decided, _said(name, what, reason, kind)


def read_weights(table: Table, name: str) -> NumberColumn:
    """Return the column with the weights of the rows.

    Raises:
        DataError: a cell is not a finite number of 0 or more, or every cell is a gap.
    """
    column = table.column(name)
    cells = read_cells(column, table.decimal)
    if bool((cells.states == GAP).all()):
        reason = "there are no weights, every cell is a gap."
        raise DataError(reason, source=table.source, column=name, code="D103")
    _check_numbers(table, name, cells, "Correct it.")
    wrong = np.flatnonzero((cells.values < 0) | (cells.values > LARGEST))
    if len(wrong):
        row = int(wrong[0])
        reason = f"the weight {show(cell_text(column, row))} is not from 0 to {LARGEST:g}."
        cure = "Give 0 to a row that is not to count."
        raise DataError(reason, column=name, cure=cure, **table.place(row), code="D103")
    return NumberColumn(name=name, values=cells.values)


def two_classes(column: Column) -> tuple[str, str] | None:
    """Return what 0 and 1 of a label are called, or None if there are not just two values.

    Numbers are in numeric order, text in text order: 0 and 1, false and true, no and yes.
    """
    classes = number_labels(column)[0] if isinstance(column, NumberColumn) else column.categories
    return (classes[0], classes[1]) if len(classes) == 2 else None


def number_labels(column: NumberColumn) -> tuple[tuple[str, ...], TextColumn]:
    """Return the classes of a target of numbers, in numeric order, and its rows as names."""
    present = column.values[~column.gaps]
    classes = tuple(number_name(value) for value in np.unique(present).tolist())
    return classes, TextColumn(name=column.name, labels=tuple(labels(column.values)))


def check_categories(table: Table, column: TextColumn, *, is_target: bool = False) -> None:
    """Check that a column's categories are few enough to learn from.

    Raises:
        DataError: there are more than 1,000, or (from ten on) nearly every row has another.
    """
    n_values = len(column.categories)
    n_rows = sum(map(bool, column.labels))
    each_differs = n_values >= 10 and n_values > 0.9 * n_rows
    if n_values <= MOST_CATEGORIES and not each_differs:
        return
    told = f"has {count(n_values, 'different value')} in {count(n_rows, 'row')}"
    if is_target:
        reason = f"the target {told}, too many for classes."
        cure = "Name another target, or give rows that share classes."
    else:
        reason = f"the column {told}, too many for categories."
        cure = f"If it is a name or a number of the row, drop it: --drop {column.name}."
    raise DataError(reason, source=table.source, column=column.name, cure=cure, code="D122")


def not_a_number(cell: str, state: int) -> str:
    """Return the reason why a cell of a number column is refused."""
    if not cell.strip():
        return "the cell is empty."
    return f"{show(cell)} is not a {'finite ' if state == NOT_FINITE else ''}number."


def other_mark(cell: str, decimal: Decimal) -> Decimal | None:
    """Return the other decimal mark if a cell that is no number would be one with it.

    Example:
        >>> other_mark("0,5", "."), other_mark("1.5", ","), other_mark("n/a", ".")
        (',', '.', None)
    """
    other: Decimal = "." if decimal == "," else ","
    return other if other in cell and parse_number(cell, other) is not None else None


def text_columns(table: Table) -> dict[str, list[str]]:
    """Return every readable column of a table as text: cells as they were written.

    Numbers of a frame are written shortest, whole ones without a point, gaps as nothing.
    """
    return {
        name: [cell_text(column, row) for row in range(table.n_rows)]
        if isinstance(column, np.ndarray)
        else list(column)
        for name, column in zip(table.names, table.columns, strict=True)
        if not isinstance(column, Unreadable)
    }


def cell_text(column: RawColumn, row: int) -> str:
    """Return a cell as it is shown in messages."""
    if isinstance(column, np.ndarray):
        value = float(column[row])
        return "" if np.isnan(value) else number_name(value)
    return column[row]


def _is_numbers(cells: Cells) -> bool:
    n_text = int((cells.states == TEXT).sum())
    n_numbers = int(((cells.states == NUMBER) | (cells.states == NOT_FINITE)).sum())
    return n_text <= max(1.0, 0.1 * (n_numbers + n_text)) and n_numbers > n_text


def _check_numbers(table: Table, name: str, cells: Cells, cure: str) -> None:
    wrong = np.flatnonzero((cells.states == TEXT) | (cells.states == NOT_FINITE))
    if not len(wrong):
        return
    row = int(wrong[0])
    text = cell_text(table.column(name), row)
    mark = other_mark(text, table.decimal)
    other = "" if mark is None else _mark_cure(mark)
    reason = not_a_number(text, int(cells.states[row]))
    raise DataError(reason, column=name, cure=other or cure, **table.place(row), code="D102")


def _check_decimal(table: Table, name: str, cells: Cells) -> None:
    """Refuse to make categories of numbers with the other decimal mark."""
    other: Decimal = "." if table.decimal == "," else ","
    again = read_cells(table.column(name), other)
    if _is_numbers(again) and bool((again.states == NUMBER).any()):
        row = int(np.flatnonzero((cells.states == TEXT) & (again.states == NUMBER))[0])
        text = cell_text(table.column(name), row)
        raise DataError(
            not_a_number(text, TEXT),
            column=name,
            cure=_mark_cure(other),
            **table.place(row),
            code="D102",
        )


def _mark_cure(other: Decimal) -> str:
    return f'If "{other}" is its decimal mark, give decimal="{other}".'


def _as_text(name: str, column: RawColumn, cells: Cells) -> TextColumn:
    n_numbers = int((cells.states == NUMBER).sum())
    return TextColumn(name=name, labels=tuple(labels(column)), n_numbers=n_numbers)


def _guess_kind(values: FloatArray) -> tuple[Kind, str]:
    present = values[~np.isnan(values)]
    n_values = len(np.unique(present))
    if bool((present != np.trunc(present)).any()):
        return "regression", "it holds numbers with decimals"
    told = f"it holds {count(n_values, 'different whole number')}"
    if n_values <= 2 or (n_values <= FEW_VALUES and 2 * n_values <= len(present)):
        return "classification", told
    return "regression", f"{told} in {count(len(present), 'row')}"


def _said(name: str, what: str, reason: str, forced: Kind | None) -> str:
    if forced is not None:
        return f'target {show(name)} read as {what}, as kind="{forced}" says'
    said = f"target {show(name)} read as {what}, because {reason}"
    if reason == "it holds text":
        return said
    other = "regression" if what == "classes" else "classification"
    return f'{said}; give kind="{other}" to change this'
