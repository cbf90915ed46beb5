"""Tables for the terminal: names from any file, in any language, at any width."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from shoal.cli.terminal import has_colours, is_live

GAP = 3
"""Cells between columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of `print_blocks`: its head and its cells."""

    head: str
    cells: Sequence[str]


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let `guarded` see that nobody reads on; rich would end the process with code 1."""
        raise BrokenPipeError


def new_console(*, stderr: bool = False) -> Console:
    """Return a console that prints text as it stands: no markup, no emoji codes."""
    stream = sys.stderr if stderr else sys.stdout
    colours = has_colours(stream)
    return _Console(
        stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True,
        force_terminal=colours,
        color_system="standard" if colours and not is_live(stream) else "auto",
    )  # fmt: skip


def new_table(*columns: str) -> Table:
    """Return an empty table: the first column names a row, the others hold numbers."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, column in enumerate(columns):
        table.add_column(label(column), justify="left" if number == 0 else "right", no_wrap=True)
    return table


def print_blocks(
    console: Console, names: Column, columns: Sequence[Column], *, dim_last: bool = False
) -> None:
    """Print a table of any width: as many columns at a time as fit, blocks below each other.

    Args:
        console: where to.
        names: the first column, repeated in every block.
        columns: the others.
        dim_last: whether the last row is printed dimly.
    """
    start = 0
    while start < len(columns):
        room = console.width - _width(names)
        stop = start
        while stop < len(columns) and (room := room - GAP - _width(columns[stop])) >= 0:
            stop += 1
        stop = max(stop, start + 1)  # a column that is too wide is folded
        block = columns[start:stop]
        table = new_table(names.head, *(column.head for column in block))
        for column in table.columns:
            column.no_wrap, column.overflow = False, "fold"
        rows = list(zip(names.cells, *(column.cells for column in block), strict=True))
        for number, row in enumerate(rows):
            dim = "dim" if dim_last and number == len(rows) - 1 else None
            table.add_row(*(label(cell) for cell in row), style=dim)
        console.print(table)
        console.print()
        start = stop


def label(text: str) -> str:
    """Return a name as it can stand on a line: line breaks and control characters written out.

    Example:
        >>> label("a\\nb"), label("種類")
        ('a\\\\nb', '種類')
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _width(column: Column) -> int:
    return max(cell_len(label(cell)) for cell in (column.head, *column.cells))
