"""Predictions written as CSV, as JSON Lines, or as a list for one row, chunk by chunk."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, Literal

from shoal.cli.tables import label, new_console, new_table
from shoal.data.cells import parse_number
from shoal.data.dataset import Schema
from shoal.data.table import Decimal

Form = Literal["csv", "json", "list"]
UNDECIDED: Final = "undecided"
"""What stands for an answer that is not given where a person reads it; in a file the cell is
empty, in JSON it is null."""
PLAIN: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?").fullmatch
"""Tells whether a cell is a number as JSON writes them too; then it stays as it is."""
QUOTED: Final = frozenset('",\n\r')
"""A cell with one of these is written between quotes."""
Columns = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some rows: columns that came, what was predicted beside them, and what is to be told of it.

    An empty cell of what was predicted is an answer that is not given; of what is told, nothing.
    """

    came: Columns
    found: Columns
    told: Columns = field(default_factory=dict)

    @property
    def columns(self) -> Columns:
        """All columns, in their order."""
        return {**self.came, **self.found, **self.told}

    @property
    def n_rows(self) -> int:
        """How many rows."""
        return len(next(iter(self.found.values())))


Write = Callable[[Chunk], None]


@contextmanager
def writing(
    file: AbstractContextManager[BinaryIO] | None, form: Form, schema: Schema, decimal: Decimal
) -> Iterator[Write]:
    """Yield what writes chunks: to a file, or to standard output as UTF-8.

    Args:
        file: None for standard output.
        form: how.
        schema: tells JSON which columns are numbers.
        decimal: the decimal mark of the columns that came.
    """
    if form == "list":
        yield functools.partial(_print_list, schema)
        return
    sys.stdout.flush()
    with file or contextlib.nullcontext(sys.stdout.buffer) as raw:
        stream = io.TextIOWrapper(raw, "utf-8", newline="", write_through=True)
        try:
            yield _CsvRows(stream) if form == "csv" else _JsonRows(stream, schema, decimal)
        finally:
            stream.detach()  # its owner closes it


def n_groups(schema: Schema, found: Sequence[str]) -> int:
    """Return how many sorts of columns there are for each of several targets, else 0."""
    n_targets = len(schema.targets)
    return len(found) // n_targets if n_targets > 1 else 0


def _print_list(schema: Schema, chunk: Chunk) -> None:
    """Print the one row there is downwards; several targets as a table, a line for each."""
    several = n_groups(schema, list(chunk.found))
    table = new_table("", "")
    table.show_header = False
    table.columns[1].justify = "left"
    table.columns[1].no_wrap, table.columns[1].overflow = False, "fold"
    for name, cells in ({**chunk.came, **chunk.told} if several else chunk.columns).items():
        text = cells[0] or ("no" if name in chunk.told else UNDECIDED)
        text = cells[0] if name in chunk.came else text
        table.add_row(label(name), label(text), style="dim" if name in chunk.came else None)
    console = new_console()
    console.print(table)
    if not several:
        return
    heads = ["class", "probability"] if schema.kind == "multilabel" else ["value"]
    answers = new_table("", *[*heads, "disagreement"][:several])
    cells = [column[0] for column in chunk.found.values()]
    for number, name in enumerate(schema.targets):
        own = cells[number :: len(schema.targets)]
        answers.add_row(label(name), *(label(cell or UNDECIDED) for cell in own))
    console.print()
    console.print(answers)


class _CsvRows:
    """Rows between commas, column by column: a third of the time of the csv module's writer."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream
        self._begun = False

    def __call__(self, chunk: Chunk) -> None:
        columns = chunk.columns
        if not self._begun:
            self._stream.write(",".join(_between_quotes(list(columns))) + "\n")
            self._begun = True
        if chunk.n_rows:
            rows = zip(*map(_between_quotes, columns.values()), strict=True)
            self._stream.write("\n".join(map(",".join, rows)) + "\n")


def _between_quotes(cells: Sequence[str]) -> Sequence[str]:
    """Return cells as they stand in CSV: between quotes where they hold what would part them."""
    text = "".join(cells)
    if not any(sign in text for sign in QUOTED):
        return cells
    return [
        cell if QUOTED.isdisjoint(cell) else '"' + cell.replace('"', '""') + '"' for cell in cells
    ]


class _JsonRows:
    """One JSON object a line (JSON Lines): numbers where the model has numbers, else text.

    Column by column, which takes a quarter of the time of row by row.
    """

    def __init__(self, stream: io.TextIOWrapper, schema: Schema, decimal: Decimal) -> None:
        self._stream = stream
        self._decimal = decimal
        self._inputs = {c.name for c in schema.columns if c.categories is None}
        self._n_texts = len(schema.targets) if schema.kind != "regression" else 0
        self._encode = json.JSONEncoder(ensure_ascii=False).encode

    def __call__(self, chunk: Chunk) -> None:
        figures = set(list(chunk.found)[self._n_texts :])
        columns: list[list[str]] = []
        for name, cells in chunk.columns.items():
            if name in figures:
                texts = [cell or "null" for cell in cells]
            elif name not in chunk.came:
                texts = self._each(cells, lambda cell: cell or None)
            elif name in self._inputs:
                texts = [cell if PLAIN(cell) else self._number(cell) for cell in cells]
            else:
                texts = self._each(cells, str)
            key = f"{self._encode(name)}: "
            columns.append([key + text for text in texts])
        if chunk.n_rows:
            lines = map(", ".join, zip(*columns, strict=True))
            self._stream.write("{" + "}\n{".join(lines) + "}\n")

    def _each(self, cells: Sequence[str], meant: Callable[[str], Any]) -> list[str]:
        """Return what cells mean as JSON; each different one is looked at once."""
        known = {cell: self._encode(meant(cell)) for cell in set(cells)}
        return [known[cell] for cell in cells]

    def _number(self, cell: str) -> str:
        """Return a cell that JSON would not read as the number that it is."""
        number = parse_number(cell, self._decimal)
        if number is None or number - number != 0:  # a gap, which the model filled
            return "null"
        whole = number.is_integer() and abs(number) < 2**53
        return self._encode(int(number) if whole else number)
