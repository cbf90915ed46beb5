"""Rows as they come in a request to features: by name, strictly typed, every fault with its place.

JSON says itself what is text and what a number, so text is no number here, other than in a
text table; missing cells are filled where the model was trained so.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from shoal.data.cells import number_name
from shoal.data.dataset import Feature, FloatArray, IndexArray, Schema
from shoal.data.encode import encode_rows
from shoal.data.table import RawColumn, Table, Unreadable
from shoal.data.wording import count, listing, show
from shoal.errors import DataError
from shoal.serving.refusals import RequestError, of_data

Shape = Literal["row", "rows", "columns"]
"""How JSON holds rows: one object, a list of objects, or a list for each column."""

MAX_NAMES: Final = 10_000
_MISSING: Final = object()
_SHAPES: Final = 'Send {"rows": [{...}]}, {"columns": {...}} or one row as {"column": value}.'


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """Rows of a request.

    Attributes:
        table: with the numbers of its rows as lines.
        shape: how JSON held them; "rows" for other kinds.
        lines: where each row begins in a text table, (N,), or None.
    """

    table: Table
    shape: Shape = "rows"
    lines: IndexArray | None = None


class QuickRows:
    """One row by name to features, for rows without any fault; the others are looked at again.

    Args:
        schema: of the model.
    """

    def __init__(self, schema: Schema) -> None:
        self._n_features = len(schema.base_features)
        self._columns: list[tuple[str, int, dict[str, int] | None]] = []
        start = 0
        for column in schema.columns:
            names = column.categories
            places = None if names is None else {name: start + k for k, name in enumerate(names)}
            self._columns.append((column.name, start, places))
            start += len(column.feature_names)

    def features(self, row: Mapping[str, Any]) -> list[float] | None:
        """Return the features of a row, None if anything about it wants a closer look.

        Shapes:
            -> (D,)
        """
        x = [0.0] * self._n_features
        for name, place, categories in self._columns:
            value = row.get(name)
            if categories is None:
                if type(value) is not float or not math.isfinite(value):
                    return None
                x[place] = value
            else:
                found = categories.get(value) if type(value) is str else None
                if found is None:
                    return None
                x[found] = 1.0
        return x


def encode(schema: Schema, asked: Asked) -> FloatArray:
    """Return rows as features (N, D).

    Raises:
        RequestError: a column is missing, or a cell does not fit; with row and column.
    """
    try:
        return encode_rows(schema, asked.table).x
    except DataError as error:
        raise of_data(error, lines=asked.lines) from None


def of_document(
    schema: Schema, document: Any, *, max_rows: int, also: Sequence[Feature] = ()
) -> Asked:
    """Return the rows in a JSON document.

    Args:
        schema: of the model.
        document: as `parse_json` returns it.
        max_rows: more are refused.
        also: columns beside those of the schema that are needed, such as targets.

    Raises:
        RequestError: it holds no rows, too many, or cells of another type.
    """
    if not isinstance(document, dict):
        raise RequestError(422, f"the JSON is {_kind(document)}. {_SHAPES}")
    wanted = (*schema.columns, *also)
    if isinstance(document.get("rows"), list):
        _alone(document, "rows")
        return _of_rows(wanted, document["rows"], max_rows)
    if isinstance(document.get("columns"), dict):
        _alone(document, "columns")
        return _of_columns(wanted, document["columns"], max_rows)
    asked = _of_rows(wanted, [document], max_rows)
    return dataclasses.replace(asked, shape="row")


def check_n_rows(n_rows: int, max_rows: int) -> None:
    """Refuse too many rows, or none.

    Raises:
        RequestError: with status 413, or 422 for none.
    """
    if n_rows > max_rows:
        told = f"{count(n_rows, 'row')} are more than the {max_rows:,} that are taken at once."
        raise RequestError(413, f"{told} Send them in parts.")
    if n_rows == 0:
        raise RequestError(422, "there are no rows. Send at least one.")


def _alone(document: dict[str, Any], key: str) -> None:
    if len(document) > 1:
        others = [name for name in document if name != key]
        raise RequestError(422, f"beside '{key}' there is {listing(others)}. Leave it out.")


def _of_rows(wanted: Sequence[Feature], rows: list[Any], max_rows: int) -> Asked:
    check_n_rows(len(rows), max_rows)
    for number, row in enumerate(rows, 1):
        if type(row) is not dict:
            told = f"row {number}: is {_kind(row)}, not an object of columns. {_SHAPES}"
            raise RequestError(422, told, row=number)
    cells = {
        column.name: [row.get(column.name, _MISSING) for row in rows]
        for column in wanted
        if any(column.name in row for row in rows)
    }
    return Asked(table=_table(wanted, cells, list(rows[0]), len(rows)))


def _of_columns(wanted: Sequence[Feature], columns: dict[str, Any], max_rows: int) -> Asked:
    first = next(iter(columns), "")
    for name, values in columns.items():
        if type(values) is not list:
            told = f"column {show(name)}: is {_kind(values)}, not a list of values."
            raise RequestError(422, told, column=name)
        if len(values) != len(columns[first]):
            n = count(len(values), "value")
            other = f"column {show(first)} has {len(columns[first]):,}"
            raise RequestError(422, f"column {show(name)}: has {n}, but {other}.", column=name)
    n_rows = len(columns[first]) if columns else 0
    check_n_rows(n_rows, max_rows)
    cells = {column.name: columns[column.name] for column in wanted if column.name in columns}
    return Asked(table=_table(wanted, cells, list(columns), n_rows), shape="columns")


def _table(
    wanted: Sequence[Feature], cells: dict[str, list[Any]], names: list[str], n_rows: int
) -> Table:
    """Return the cells that are needed as a table; other names stand in it for messages."""
    columns: dict[str, RawColumn | Unreadable] = {
        name: Unreadable(what="not needed") for name in names[:MAX_NAMES]
    }
    for column in wanted:
        if column.name in cells:
            typed = _numbers if column.categories is None else _texts
            columns[column.name] = typed(column.name, cells[column.name])
    return Table(
        names=tuple(columns),
        columns=tuple(columns.values()),
        n_rows=n_rows,
        lines=np.arange(1, n_rows + 1),
    )


def _numbers(name: str, cells: list[Any]) -> RawColumn:
    """Return a column of numbers, NaN for null."""
    try:
        if set(map(type, cells)) == {float}:
            values = np.array(cells, dtype=np.float64)
            if bool(np.isfinite(values).all()):
                return values
    except OverflowError:
        pass
    found = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        if cell is None or cell is _MISSING:
            continue
        if type(cell) is not float:
            raise _wrong(row, name, f"{_shown(cell)} is not a number.")
        if not math.isfinite(cell):
            raise _wrong(row, name, "the number is larger than float64 can hold.")
        found[row] = cell
    return found


def _texts(name: str, cells: list[Any]) -> RawColumn:
    """Return a column of categories as text, nothing for null."""
    found = []
    for row, cell in enumerate(cells):
        if type(cell) is str:
            found.append(cell)
        elif cell is None or cell is _MISSING:
            found.append("")
        elif type(cell) is float:
            found.append(number_name(cell))
        elif type(cell) is bool:
            found.append("true" if cell else "false")
        else:
            raise _wrong(row, name, f"{_kind(cell)} is not the name of a category.")
    return tuple(found)


def _wrong(row: int, name: str, told: str) -> RequestError:
    sentence = f"row {row + 1}, column {show(name)}: {told}"
    return RequestError(422, sentence, row=row + 1, column=name, code="D102")


def _shown(cell: Any) -> str:
    return f"the text {show(cell)}" if type(cell) is str else _kind(cell)


def _kind(value: Any) -> str:
    """Return what JSON calls a value."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    names = {float: "a number", str: "a text", list: "a list", dict: "an object"}
    return names[type(value)]
