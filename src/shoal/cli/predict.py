"""``shoal predict``: a table in, the same table with answers out, in constant memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from shoal.cli.answers import Chunk, Form, writing
from shoal.cli.choose import chosen_network
from shoal.cli.exits import FELL_SHORT
from shoal.cli.output import standard_input
from shoal.cli.targets import model_of
from shoal.data.cells import parse_number
from shoal.data.columns import text_columns
from shoal.data.delimited import OnError, TextFormat
from shoal.data.encode import encode_rows, encode_values
from shoal.data.opening import read_tables
from shoal.data.table import BadRow, Table
from shoal.errors import InputError
from shoal.files import check_output, whole_file
from shoal.models import Model, prediction_columns

SHOWN = 10
"""Rows left out that are named one by one; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A prediction on its way.

    Attributes:
        model: the population, or one network of it.
        form: how the table is written.
        on_error: what to do about a row that cannot be read.
        threads: how many to use; None: all there are.
        bad: rows that were left out so far.
    """

    model: Model
    form: TextFormat
    on_error: OnError
    threads: int | None
    bad: list[BadRow] = field(default_factory=list)


def predict_data(
    file: Path,
    data: Sequence[str],
    *,
    which: str | None,
    on_error: OnError,
    form: Mapping[str, Any],
    threads: int | None,
    as_json: bool,
    quiet: bool,
    output: Path | None,
    force: bool,
) -> None:
    """Predict the rows of a file, or one row given as column=value."""
    if output is not None:
        check_output(output, force=force)
    model = chosen_network(model_of(str(file)), which)
    task = Prediction(model=model, form=TextFormat(**form), on_error=on_error, threads=threads)
    is_row = _is_row(data)
    chunks = iter([_one_row(task, data)]) if is_row else _answers(task, data[0])
    shape: Form = "json" if as_json else "list" if is_row and output is None else "csv"
    n_rows = 0
    with writing(_file(output, force), shape, model.schema, task.form.decimal) as write:
        for chunk in chunks:
            write(chunk)
            n_rows += chunk.n_rows
    if not quiet:
        _tell(task.bad)
        if output is not None:
            print(f"wrote {output}: {n_rows:,} rows", file=sys.stderr)
    if task.bad and n_rows == 0:
        raise typer.Exit(FELL_SHORT)


def _file(output: Path | None, force: bool) -> AbstractContextManager[Any] | None:
    return None if output is None else whole_file(output, force=force)


def _is_row(data: Sequence[str]) -> bool:
    """Return whether the arguments are one row as column=value, and not a file's name."""
    pairs = ["=" in part for part in data]
    if len(data) == 1 and pairs[0]:
        return not Path(data[0]).is_file()
    if len(data) > 1 and not all(pairs):
        raise InputError("give one file, or one row as column=value; got both or several files.")
    return pairs[0]


def _one_row(task: Prediction, data: Sequence[str]) -> Chunk:
    model = task.model
    came: dict[str, str] = {}
    for part in data:
        name, value = _pair(model, part)
        if name in came:
            raise InputError(f"'{part}': the column '{name}' is given twice.")
        came[name] = value
    numbers = {column.name for column in model.schema.columns if column.categories is None}
    values: dict[str, str | float] = dict(came)
    for name in numbers & values.keys():
        number = parse_number(came[name], task.form.decimal)
        values[name] = came[name] if number is None else number
    x = encode_values(model.schema, values)
    found = prediction_columns(model, x, taken=list(came), threads=task.threads)
    return Chunk(came={name: [value] for name, value in came.items()}, found=found)


def _pair(model: Model, part: str) -> tuple[str, str]:
    """Return column and value; a column's name may hold a = itself."""
    known = [column.name for column in model.schema.columns if part.startswith(column.name + "=")]
    name = max(known, key=len, default=part.partition("=")[0])
    return name, part[len(name) + 1 :]


def _answers(task: Prediction, source: str) -> Iterator[Chunk]:
    """Yield chunks of the table with the predictions beside it."""
    model, on_error = task.model, task.on_error
    tables = read_tables(source, stdin=standard_input(), form=task.form, on_error=on_error)
    for table in tables:
        encoded = encode_rows(model.schema, table, on_error=on_error)
        task.bad.extend(encoded.bad)
        came = _columns_that_came(table, encoded.rows.tolist())
        found = prediction_columns(model, encoded.x, taken=list(came), threads=task.threads)
        yield Chunk(came=came, found=found)


def _columns_that_came(table: Table, rows: list[int]) -> dict[str, list[str]]:
    everything = len(rows) == table.n_rows
    return {
        name: list(cells) if everything else [cells[row] for row in rows]
        for name, cells in text_columns(table).items()
    }


def _tell(bad: Sequence[BadRow]) -> None:
    for row in bad[:SHOWN]:
        line = "" if row.line is None else f"line {row.line}, "
        print(f"left out: {line}{row.reason}", file=sys.stderr)
    if bad:
        more = f" ({len(bad) - SHOWN:,} not shown)" if len(bad) > SHOWN else ""
        plural = "" if len(bad) == 1 else "s"
        print(f"{len(bad):,} row{plural} left out{more}", file=sys.stderr)
