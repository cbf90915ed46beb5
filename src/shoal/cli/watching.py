"""Rows of a file for ``shoal monitor``: read, encoded, and those that no network can read named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from shoal.cli.nth_row import one_row
from shoal.data.cells import GAP, labels, read_cells
from shoal.data.columns import cell_text
from shoal.data.dataset import FloatArray, IndexArray, Schema
from shoal.data.delimited import OnError, TextFormat
from shoal.data.encode import (
    category_codes,
    encode_rows,
    encode_targets,
    encode_weights,
    require_columns,
    wrong_targets,
)
from shoal.data.opening import read_tables
from shoal.data.table import BadRow, Table
from shoal.data.wording import listing, show
from shoal.errors import DataError
from shoal.models.monitoring.looking import Stranger


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A block of a file's rows as a model takes them.

    Attributes:
        table: as they came.
        first_row: rows of the file before it.
        x: features of the rows that a network can read, (n, D).
        rows: which rows of the table they are, (n,).
        lines: their lines, (n,), or None.
        strangers: rows with categories that training never saw.
        labelled: which of `rows` have known targets, (k,).
        y: targets of those, (k, C), or None where the table has no targets.
        weights: of those, (k,), or None.
        bad: rows that were left out, with the reason.
    """

    table: Table
    first_row: int
    x: FloatArray
    rows: IndexArray
    lines: IndexArray | None
    strangers: tuple[Stranger, ...] = ()
    labelled: IndexArray = field(default_factory=lambda: np.empty(0, np.int64))
    y: FloatArray | None = None
    weights: FloatArray | None = None
    bad: tuple[BadRow, ...] = ()


def read_rows(
    schema: Schema,
    source: str,
    *,
    form: TextFormat,
    on_error: OnError,
    stdin: BinaryIO | None,
) -> Iterator[Rows]:
    """Yield a file's rows, block by block.

    Raises:
        DataError: a column is missing; or, with "stop", a cell that does not fit. A category
            that training never saw is none of these: its row is a stranger.
        InputError: the file cannot be read.
    """
    n_before = 0
    for table in read_tables(source, form=form, on_error=on_error, stdin=stdin):
        yield _encoded(schema, table, on_error, n_before)
        n_before += table.n_rows


def _encoded(schema: Schema, table: Table, on_error: OnError, n_before: int) -> Rows:
    require_columns(schema, table)
    unknown = _unknown(schema, table)
    encoded = encode_rows(schema, table, on_error="skip" if unknown else on_error)
    left_out = [bad for bad in encoded.bad if bad.row not in unknown]
    for bad in left_out:
        if on_error == "stop" and bad.row >= 0:
            encode_rows(schema, one_row(table, bad.row))  # raises, with its place
    rows, x = encoded.rows, encoded.x
    known = _labelled(schema, table)
    if on_error == "skip" and known is not None:
        wrong = wrong_targets(schema, table, rows[known[rows]])
        left_out = sorted((*left_out, *wrong), key=lambda bad: bad.row)
        kept = ~np.isin(rows, [bad.row for bad in wrong])
        rows, x = rows[kept], x[kept]
    labelled, y, weights = _targets(schema, table, rows, known)
    return Rows(
        table=table,
        first_row=n_before,
        x=x,
        rows=rows,
        lines=None if table.lines is None else table.lines[rows],
        strangers=tuple(
            Stranger(n_before + row, table.place(row)["line"], categories)
            for row, categories in sorted(unknown.items())
        ),
        labelled=labelled,
        y=y,
        weights=weights,
        bad=tuple(left_out),
    )


def _unknown(schema: Schema, table: Table) -> dict[int, dict[str, str]]:
    """Return the categories that training never saw, by row and column."""
    found: dict[int, dict[str, str]] = {}
    for feature in schema.columns:
        if feature.categories is None:
            continue
        column = table.column(feature.name)
        codes, _ = category_codes(column, feature.categories)
        if (codes >= 0).all():
            continue
        names = labels(column)
        for row in np.flatnonzero(codes < 0).tolist():
            if names[row]:  # a gap is no category
                found.setdefault(row, {})[feature.name] = cell_text(column, row).strip()
    return found


def _labelled(schema: Schema, table: Table) -> NDArray[np.bool_] | None:
    """Return which rows of a table have a cell for every target, None without their columns."""
    if any(name not in table.names for name in schema.targets):
        return None
    known = np.ones(table.n_rows, np.bool_)
    for name in schema.targets:
        column = table.column(name)
        if schema.is_regression:
            known &= read_cells(column, table.decimal).states != GAP
        else:
            known &= np.array([bool(cell) for cell in labels(column)], np.bool_)
    return known


def _targets(
    schema: Schema, table: Table, rows: IndexArray, known: NDArray[np.bool_] | None
) -> tuple[IndexArray, FloatArray | None, FloatArray | None]:
    """Return which of `rows` have known targets, by place, their targets and weights."""
    if known is None:
        return np.empty(0, np.int64), None, None
    labelled = np.flatnonzero(known[rows])
    chosen = rows[labelled]
    y = encode_targets(schema, table, rows=chosen)
    return labelled, y, encode_weights(schema, table, rows=chosen)


def check_labels(schema: Schema, table: Table) -> None:
    """Check that a table has the columns of all targets, where figures are asked of them.

    Raises:
        DataError: it has not.
    """
    for name in schema.targets:
        if name not in table.names:
            told = f"there is no column {show(name)} with the known answers"
            cure = "Add it; without answers only --max-drift and --max-unlike can be asked."
            columns = listing(table.names)
            raise DataError(
                f"{told}; the columns are {columns}.", source=table.source, cure=cure, code="D101"
            )
