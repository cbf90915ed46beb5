"""Predictions written as CSV, as JSON Lines, or as a list for one row, chunk by chunk."""

from __future__ import annotations

import contextlib
import csv
import functools
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

from shoal.cli.tables import label, new_console, new_table
from shoal.data.cells import parse_number
from shoal.data.dataset import Schema
from shoal.data.table import Decimal

Form = Literal["csv", "json", "list"]
Columns = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some rows: the columns that came, and those that were predicted beside them."""

    came: Columns
    found: Columns

    @property
    def columns(self) -> Columns:
        """All columns, in their order."""
        return {**self.came, **self.found}

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
    for name, cells in (chunk.came if several else chunk.columns).items():
        table.add_row(label(name), label(cells[0]), style="dim" if name in chunk.came else None)
    console = new_console()
    console.print(table)
    if not several:
        return
    heads = ["class", "probability"] if schema.kind == "multilabel" else ["value"]
    answers = new_table("", *[*heads, "disagreement"][:several])
    cells = [column[0] for column in chunk.found.values()]
    for number, name in enumerate(schema.targets):
        own = cells[number :: len(schema.targets)]
        answers.add_row(label(name), *(label(cell) for cell in own))
    console.print()
    console.print(answers)


class _CsvRows:
    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._csv = csv.writer(stream, lineterminator="\n")
        self._begun = False

    def __call__(self, chunk: Chunk) -> None:
        columns = chunk.columns
        if not self._begun:
            self._csv.writerow(columns)
            self._begun = True
        self._csv.writerows(zip(*columns.values(), strict=True))


class _JsonRows:
    """One JSON object a line (JSON Lines): numbers where the model has numbers, else text."""

    def __init__(self, stream: io.TextIOWrapper, schema: Schema, decimal: Decimal) -> None:
        self._stream = stream
        self._decimal = decimal
        self._inputs = {c.name for c in schema.columns if c.categories is None}
        self._n_texts = len(schema.targets) if schema.kind != "regression" else 0

    def __call__(self, chunk: Chunk) -> None:
        figures = set(list(chunk.found)[self._n_texts :])
        columns: dict[str, Sequence[Any]] = {}
        for name, cells in chunk.columns.items():
            if name in figures:
                columns[name] = [float(cell) for cell in cells]
            elif name in self._inputs and name in chunk.came:
                columns[name] = [self._number(cell) for cell in cells]
            else:
                columns[name] = cells
        for row in zip(*columns.values(), strict=True):
            line = json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False)
            self._stream.write(line + "\n")

    def _number(self, cell: str) -> float | int | None:
        number = parse_number(cell, self._decimal)
        if number is None or number - number != 0:  # a gap, which the model filled
            return None
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
