"""Tables to arrays by a stored schema: what predicting and evaluating start from.

Columns are found by name in any order, others are ignored; every cell that does not fit
is told with its line and column, as an error or, if asked, as a row left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shoal.data.cells import GAP, NUMBER, TEXT, labels, number_name, read_cells
from shoal.data.columns import cell_text, not_a_number, other_mark
from shoal.data.dataset import Feature, FloatArray, IndexArray, Schema
from shoal.data.delimited import OnError
from shoal.data.scaling import LARGEST
from shoal.data.table import BadRow, Decimal, RawColumn, Table, describe_row
from shoal.data.wording import listing, show
from shoal.errors import DataError, did_you_mean

_MARK_CURE = 'If "{other}" is its decimal mark, write "{mark}", or give --decimal {other}.'
_Problems = dict[int, tuple[str, str]]
"""Row to reason and cure, for the cells of one column that do not fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedRows:
    """Features of the rows that fit.

    Attributes:
        x: features, float64 (N, D).
        rows: which rows of the table they are, (N,).
        bad: the others, with line and reason, in the order of the file; ragged rows too.
    """

    x: FloatArray
    rows: IndexArray
    bad: tuple[BadRow, ...] = ()


def encode_rows(schema: Schema, table: Table, *, on_error: OnError = "stop") -> EncodedRows:
    """Encode a table's rows as the schema's base features; derived ones are computed of them.

    Args:
        schema: what the model was trained on.
        table: new rows; columns by name, in any order, others ignored.
        on_error: ``"stop"`` raises at the first cell that does not fit; ``"skip"`` leaves
            its row out and says so in `EncodedRows.bad`.

    Raises:
        DataError: a column is missing; or, with ``"stop"``, a gap without a fill, text in
            a number column, or a category that the schema does not know.
    """
    require_columns(schema, table)
    x = np.zeros((table.n_rows, len(schema.base_features)), dtype=np.float64)
    problems: list[tuple[str, _Problems]] = []
    start = 0
    for feature in schema.columns:
        width = len(feature.feature_names)
        problems.append((feature.name, _fill(x[:, start : start + width], feature, table)))
        start += width
    first = _first_problems(problems)
    if first and on_error == "stop":
        raise _error(table, min(first), *first[min(first)])
    bad = [
        BadRow(row=row, line=table.place(row)["line"], reason=describe_row(reason, cure, name))
        for row, (name, reason, cure) in sorted(first.items())
    ]
    rows = np.array([r for r in range(table.n_rows) if r not in first], dtype=np.int64)
    everything = sorted((*bad, *table.bad), key=lambda b: b.line or 0)
    return EncodedRows(x=x[rows], rows=rows, bad=tuple(everything))


def encode_targets(schema: Schema, table: Table, *, rows: IndexArray | None = None) -> FloatArray:
    """Encode a table's targets as the schema's outputs, y (N, C).

    Args:
        schema: what the model was trained on.
        table: rows with the columns of the targets.
        rows: only these rows (for those that `encode_rows` kept), (N,); None: all.

    Raises:
        DataError: a target's column is missing, or a cell is a gap, an unknown class or
            not a number.
    """
    for name in schema.targets:
        if name not in table.names:
            raise table.no_column(name, "target")
    found = [_encode_target(schema, table, place) for place in range(len(schema.targets))]
    problems = [(name, wrong) for name, (_, wrong) in zip(schema.targets, found, strict=True)]
    chosen = np.arange(table.n_rows) if rows is None else rows
    wanted = set(chosen.tolist())
    first = {row: each for row, each in _first_problems(problems).items() if row in wanted}
    if first:
        raise _error(table, min(first), *first[min(first)])
    return np.hstack([block for block, _ in found])[chosen]


def wrong_targets(schema: Schema, table: Table, rows: IndexArray) -> tuple[BadRow, ...]:
    """Return those of some rows whose target or weight does not fit, with line and reason.

    What `encode_targets` and `encode_weights` raise at the first of, for those who would rather
    leave such rows out.

    Args:
        schema: what the model was trained on.
        table: rows with the columns of the targets, and of weights if the schema has any.
        rows: those that are asked about, (N,).
    """
    problems = [
        (name, _encode_target(schema, table, place)[1]) for place, name in enumerate(schema.targets)
    ]
    if schema.weights is not None and schema.weights in table.names:
        problems.append((schema.weights, _weights(schema.weights, table)[1]))
    first, wanted = _first_problems(problems), set(rows.tolist())
    return tuple(
        BadRow(row=row, line=table.place(row)["line"], reason=describe_row(reason, cure, name))
        for row, (name, reason, cure) in sorted(first.items())
        if row in wanted
    )


def encode_weights(
    schema: Schema, table: Table, *, rows: IndexArray | None = None
) -> FloatArray | None:
    """Return how much a table's rows count, (N,), or None if the schema has no weights.

    Args:
        schema: what the model was trained on.
        table: rows with the column of weights.
        rows: only these rows, (N,); None: all.

    Raises:
        DataError: the column is missing, or a cell is not a finite number of 0 or more.
    """
    if schema.weights is None:
        return None
    if schema.weights not in table.names:
        raise table.no_column(schema.weights, "weights column")
    chosen = np.arange(table.n_rows) if rows is None else rows
    values, problems = _weights(schema.weights, table)
    wanted = set(chosen.tolist())
    wrong = [row for row in sorted(problems) if row in wanted]
    if wrong:
        raise _error(table, wrong[0], schema.weights, *problems[wrong[0]])
    return values[chosen]


def encode_values(schema: Schema, values: Mapping[str, str | float]) -> FloatArray:
    """Encode one row given by name, such as from a command line, as x (1, D).

    Raises:
        DataError: a name is unknown or missing, or a value does not fit its column.
    """
    known = [feature.name for feature in schema.columns]
    for name in values:
        if name not in known:
            raise DataError(
                f"there is no input {show(name)}; the inputs are {listing(known)}.",
                cure=did_you_mean(name, known),
                code="D101",
            )
    missing = [name for name in known if name not in values]
    if missing:
        told = "the value for {} is" if len(missing) == 1 else "values for {} are"
        raise DataError(
            f"{told.format(listing(missing))} missing.", cure="Give every input.", code="D101"
        )
    columns = tuple((str(value),) for value in values.values())
    table = Table(names=tuple(values), columns=columns, n_rows=1)
    return encode_rows(schema, table).x


def require_columns(schema: Schema, table: Table) -> None:
    """Check that the table has every input column of the schema.

    Raises:
        DataError: names those that are missing.
    """
    missing = [f.name for f in schema.columns if f.name not in table.names]
    if not missing:
        return
    what = "the column" if len(missing) == 1 else "the columns"
    verb = "is" if len(missing) == 1 else "are"
    used = {feature.name for feature in schema.columns}
    meant = did_you_mean(missing[0], [name for name in table.names if name not in used])
    raise DataError(
        f"{what} {listing(missing)} {verb} missing; the columns are {listing(table.names)}.",
        source=table.source,
        cure=meant if len(missing) == 1 else "",
        code="D101",
    )


def category_codes(
    column: RawColumn, known: Sequence[str], what: str = "category"
) -> tuple[IndexArray, _Problems]:
    """Return each cell's place in `known`, (N,), -1 where it has none, and the problems."""
    lookup = _spellings(known)
    names = labels(column)
    codes = np.array([lookup.get(name, -1) for name in names], dtype=np.int64)
    problems: _Problems = {}
    for row in np.flatnonzero(codes < 0).tolist():
        cell = cell_text(column, row).strip()
        gap = "the cell is empty." if not cell else f"{show(cell)} is a gap."
        unknown = f"{show(cell)} is not a known {what}; known are {listing(known)}."
        problems[row] = (unknown if names[row] else gap, "")
    return codes, problems


def one_hot(codes: IndexArray, n_categories: int) -> FloatArray:
    """Return codes (N,) as one-hot rows (N, `n_categories`)."""
    block = np.zeros((len(codes), n_categories), dtype=np.float64)
    block[np.arange(len(codes)), codes] = 1.0
    return block


def code_targets(codes: IndexArray, n_classes: int) -> FloatArray:
    """Return class codes (N,) as y: (N, 1) of 0 and 1 for two classes, else one-hot (N, C)."""
    if n_classes <= 2:
        return codes.astype(np.float64)[:, np.newaxis]
    return one_hot(codes, n_classes)


def _weights(name: str, table: Table) -> tuple[FloatArray, _Problems]:
    """Return a column of weights, (N,), and the cells that do not fit."""
    values: FloatArray = np.zeros(table.n_rows)
    column = table.column(name)
    problems = _fill_numbers(values, column, None, table)
    for row in np.flatnonzero((values < 0) | (values > LARGEST)).tolist():
        cell = show(cell_text(column, row))
        problems[row] = (f"the weight {cell} is not from 0 to {LARGEST:g}.", "")
    return values, problems


def _encode_target(schema: Schema, table: Table, place: int) -> tuple[FloatArray, _Problems]:
    """Return the outputs of one target, (N, k), and the cells that do not fit."""
    column = table.column(schema.targets[place])
    if schema.kind == "regression":
        values: FloatArray = np.zeros((table.n_rows, 1))
        return values, _fill_numbers(values[:, 0], column, None, table)
    known = schema.label_classes[place] if schema.kind == "multilabel" else schema.classes
    cells = _as_classes(column, known, table.decimal)
    codes, problems = category_codes(cells, known, "class")
    return code_targets(np.maximum(codes, 0), len(known)), problems


def _fill(block: FloatArray, feature: Feature, table: Table) -> _Problems:
    """Write a column's features into `block` (N, k) and return what did not fit."""
    column = table.column(feature.name)
    if feature.categories is None:
        return _fill_numbers(block[:, 0], column, feature.fill, table)
    codes, problems = category_codes(column, feature.categories)
    rows = np.flatnonzero(codes >= 0)
    block[rows, codes[rows]] = 1.0
    return problems


def _fill_numbers(
    block: FloatArray, column: RawColumn, fill: float | None, table: Table
) -> _Problems:
    cells = read_cells(column, table.decimal)
    states = cells.states
    block[:] = cells.values
    wrong = states != NUMBER
    if fill is not None:
        block[states == GAP] = fill
        wrong &= states != GAP
    problems: _Problems = {}
    for row in np.flatnonzero(wrong).tolist():
        cell, state = cell_text(column, row), int(states[row])
        mark = other_mark(cell, table.decimal) if state == TEXT else None
        cure = "" if mark is None else _MARK_CURE.format(other=mark, mark=table.decimal)
        problems[row] = (not_a_number(cell, state), cure)
    return problems


def _spellings(known: Sequence[str]) -> dict[str, int]:
    """Return names to places; true and false also as Python and spreadsheets write them."""
    lookup = {name: place for place, name in enumerate(known)}
    if {name.casefold() for name in known} == {"true", "false"} and len(known) == 2:
        for name, place in list(lookup.items()):
            for form in (name.lower(), name.title(), name.upper()):
                lookup[form] = place
    return lookup


def _as_classes(column: RawColumn, classes: Sequence[str], decimal: Decimal) -> RawColumn:
    """Return the target's cells so that, where classes are numbers, 1.0 is the class '1'."""
    if not bool((read_cells(tuple(classes)).states == NUMBER).all()):
        return column
    cells = read_cells(column, decimal)
    return tuple(
        number_name(value) if state == NUMBER else cell_text(column, row)
        for row, (value, state) in enumerate(
            zip(cells.values.tolist(), cells.states.tolist(), strict=True)
        )
    )


def _first_problems(problems: list[tuple[str, _Problems]]) -> dict[int, tuple[str, str, str]]:
    first: dict[int, tuple[str, str, str]] = {}
    for name, found in problems:
        for row, (reason, cure) in found.items():
            first.setdefault(row, (name, reason, cure))
    return first


def _error(table: Table, row: int, name: str, reason: str, cure: str) -> DataError:
    return DataError(reason, column=name, cure=cure, code=_code(reason), **table.place(row))


def _code(reason: str) -> str:
    """Return the code of what is wrong with a cell."""
    if " known " in reason:
        return "D113"
    if reason.startswith("the weight "):
        return "D116"
    return "D103" if "empty" in reason or "gap" in reason else "D102"
