"""``shoal predict``: a table in, the same table with answers out, in constant memory."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shoal.cli.choose import chosen_network
from shoal.data.columns import text_columns
from shoal.data.delimited import TextFormat
from shoal.data.encode import encode_rows, encode_values
from shoal.data.opening import read_tables
from shoal.data.table import BadRow, Table
from shoal.errors import InputError
from shoal.files import check_output, whole_file
from shoal.models import Model, load_model, prediction_columns

SHOWN = 10
"""Rows left out that are named one by one; the others are counted."""


def predict_data(
    file: Path,
    data: Sequence[str],
    *,
    which: str | None,
    on_error: str,
    form: Mapping[str, Any],
    threads: int | None,
    as_json: bool,
    quiet: bool,
    output: Path | None,
    force: bool,
) -> None:
    """Predict the rows of a file, or one row given as column=value."""
    if on_error not in ("stop", "skip"):
        raise InputError(f"--on-error: must be stop or skip; got {on_error}.")
    if output is not None:
        check_output(output, force=force)
    model = chosen_network(load_model(file), which)
    one_row = all("=" in part for part in data) and not (len(data) == 1 and Path(data[0]).exists())
    if not one_row and len(data) > 1:
        raise InputError("give one file, or one row as column=value; got both or several files.")
    bad: list[BadRow] = []
    tables = (
        [_one_row(model, data, threads)]
        if one_row
        else _answers(model, data[0], on_error, form, threads, bad)
    )
    with _writer(output, force, as_json or (one_row and output is None)) as write:
        for columns in tables:
            write(columns)
    if not quiet:
        _tell(bad)


Columns = Mapping[str, Sequence[str]]


def _one_row(model: Model, data: Sequence[str], threads: int | None) -> Columns:
    values = dict(part.split("=", 1) for part in data)
    x = encode_values(model.schema, values)
    came = {name: [value] for name, value in values.items()}
    return came | prediction_columns(model, x, taken=list(came), threads=threads)


def _answers(
    model: Model,
    source: str,
    on_error: Any,
    form: Mapping[str, Any],
    threads: int | None,
    bad: list[BadRow],
) -> Iterator[Columns]:
    """Yield chunks of the table with the predictions beside it."""
    text = TextFormat(**form)
    for table in read_tables(source, stdin=sys.stdin.buffer, form=text, on_error=on_error):
        encoded = encode_rows(model.schema, table, on_error=on_error)
        bad += encoded.bad
        came = _columns_that_came(table, encoded.rows.tolist())
        yield came | prediction_columns(model, encoded.x, taken=list(came), threads=threads)


def _columns_that_came(table: Table, rows: list[int]) -> dict[str, list[str]]:
    everything = len(rows) == table.n_rows
    return {
        name: list(cells) if everything else [cells[row] for row in rows]
        for name, cells in text_columns(table).items()
    }


@contextmanager
def _writer(output: Path | None, force: bool, as_json: bool) -> Iterator[Callable[[Columns], None]]:
    """Yield what writes chunks of columns: to a file that appears whole, or standard output."""
    if output is None:
        stream = io.TextIOWrapper(sys.stdout.buffer, "utf-8", newline="", write_through=True)
        try:
            yield _JsonRows(stream) if as_json else _CsvRows(stream)
        finally:
            stream.flush()
            stream.detach()
        return
    with whole_file(output, force=force) as file:
        stream = io.TextIOWrapper(file, "utf-8", newline="")
        yield _JsonRows(stream) if as_json else _CsvRows(stream)
        stream.flush()
        stream.detach()


class _CsvRows:
    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._csv = csv.writer(stream, lineterminator="\n")
        self._begun = False

    def __call__(self, columns: Columns) -> None:
        if not self._begun:
            self._csv.writerow(columns)
            self._begun = True
        self._csv.writerows(zip(*columns.values(), strict=True))


class _JsonRows:
    """One JSON object a line (JSON Lines)."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream

    def __call__(self, columns: Columns) -> None:
        import json

        for row in zip(*columns.values(), strict=True):
            line = json.dumps(dict(zip(columns, map(_plain, row), strict=True)), ensure_ascii=False)
            self._stream.write(line + "\n")


def _plain(cell: str) -> str | float:
    try:
        value = float(cell)
    except ValueError:
        return cell
    return value if value - value == 0 and "_" not in cell else cell


def _tell(bad: Sequence[BadRow]) -> None:
    for row in bad[:SHOWN]:
        line = "" if row.line is None else f"line {row.line}, "
        print(f"left out: {line}{row.reason}", file=sys.stderr)
    if bad:
        more = f" ({len(bad) - SHOWN} not shown)" if len(bad) > SHOWN else ""
        print(f"{len(bad):,} rows left out{more}", file=sys.stderr)
