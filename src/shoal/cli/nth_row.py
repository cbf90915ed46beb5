"""One row of a table by its number, which people count from 1 on the command line."""

from __future__ import annotations

from dataclasses import replace

from shoal.cli.output import standard_input
from shoal.data.delimited import TextFormat
from shoal.data.opening import read_tables, source_name
from shoal.data.table import Table, Unreadable
from shoal.data.wording import count
from shoal.errors import InputError


def nth_row(source: str, n: int, form: TextFormat | None = None) -> Table:
    """Return the nth row of a table, the first is 1, as a table.

    Raises:
        InputError: there is no such row, or the table cannot be read.
    """
    before = 0
    for table in read_tables(source, stdin=standard_input(), form=form):
        if n <= before + table.n_rows:
            return one_row(table, n - 1 - before)
        before += table.n_rows
    told = f"{source_name(source)} has {count(before, 'row')}"
    raise InputError(f"--row: must be from 1 to {before}, since {told}; got {n}.", code="U103")


def one_row(table: Table, row: int) -> Table:
    """Return a table with one row of another, counted from 0 there."""
    columns = tuple(
        column if isinstance(column, Unreadable) else column[row : row + 1]
        for column in table.columns
    )
    lines = None if table.lines is None else table.lines[row : row + 1]
    first = table.first_row + row
    return replace(table, columns=columns, n_rows=1, lines=lines, first_row=first, bad=())
