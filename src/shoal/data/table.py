"""A table as it was read: named columns of text or numbers, and where each row stands.

Nothing is interpreted yet; that is `columns`' work. A whole file and one chunk of a huge
file are the same record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from shoal.data.dataset import FloatArray, IndexArray
from shoal.data.wording import listing, show
from shoal.errors import DataError, did_you_mean, join

Decimal = Literal[".", ","]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A column whose values are neither text nor numbers; an error only if it is used."""

    what: str


RawColumn = Sequence[str] | FloatArray
"""Cells as written, (N,), a gap token for a gap; or numbers, (N,), NaN for a gap."""


class Place(TypedDict):
    """Where a row stands, as arguments of `DataError`."""

    source: str
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that was left out.

    Attributes:
        row: which row of the table, counted from 0; of the whole input for ragged rows: -1.
        line: the line in the file where it starts, or None.
        reason: why, a full sentence.
    """

    row: int
    line: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns of equal length.

    Attributes:
        names: the columns' names, D of them, each once.
        columns: the columns, each (N,).
        n_rows: N.
        lines: the line in the file where each row starts, (N,), or None for frames.
        source: the file's name as given, for messages; empty: rows are not named.
        decimal: the decimal mark of number cells.
        first_row: rows that came before this chunk.
        bad: rows that the reader left out because they were ragged.
        notes: what the reader decided.
    """

    names: tuple[str, ...]
    columns: tuple[RawColumn | Unreadable, ...]
    n_rows: int
    lines: IndexArray | None = None
    source: str = ""
    decimal: Decimal = "."
    first_row: int = 0
    bad: tuple[BadRow, ...] = ()
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> RawColumn:
        """Return the column called `name`.

        Raises:
            DataError: there is none, or its values are neither text nor numbers.
        """
        if name not in self.names:
            raise self.no_column(name)
        column = self.columns[self.names.index(name)]
        if isinstance(column, Unreadable):
            raise DataError(
                f"its values are {column.what}, neither text nor numbers.",
                source=self.source,
                column=name,
                cure=f"Leave it out: --drop {name}.",
                code="D119",
            )
        return column

    def no_column(self, name: str, what: str = "column") -> DataError:
        """Return the error for a column that is not there."""
        meant = did_you_mean(name, self.names)
        return DataError(
            f"there is no {what} {show(name)}; the columns are {listing(self.names)}.",
            source=self.source,
            cure=meant or self._headless(),
            code="D101",
        )

    def place(self, row: int) -> Place:
        """Return where `row` stands: its line, or its number for frames."""
        if self.lines is not None:
            return {"source": self.source, "line": int(self.lines[row])}
        number = f"row {self.first_row + row + 1}" if self.source else ""
        return {"source": ", ".join(filter(None, (self.source, number))), "line": None}

    def _headless(self) -> str:
        plain = (name.replace(",", ".").replace(".", "", 1).lstrip("-") for name in self.names)
        if all(name.isdigit() for name in plain):
            return "The first line must hold the columns' names."
        return ""


def check_names(names: Sequence[str], *, source: str, line: int | None = None) -> None:
    """Check that every column has a name of its own.

    Raises:
        DataError: a name is empty or stands twice.
    """
    for number, name in enumerate(names, 1):
        if not name:
            cure = "Name it, or remove it (pandas writes one unless index=False is given)."
            raise DataError(
                f"column {number} of {len(names)} has no name.",
                source=source,
                line=line,
                cure=cure,
                code="D110",
            )
    first: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if name in first:
            reason = f"columns {first[name]} and {number} have the same name {show(name)}."
            cure = "Give every column a name of its own."
            raise DataError(reason, source=source, line=line, cure=cure, code="D110")
        first[name] = number


def describe_row(reason: str, cure: str, column: str) -> str:
    """Return the sentence for a bad row, without its place."""
    return join(f"column '{column}': {reason}", cure)
