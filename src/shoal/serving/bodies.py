"""Bodies of requests by their media type: which there are, and how one becomes rows."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np

from shoal.data.dataset import Feature, Schema
from shoal.data.delimited import TextFormat, read_chunks
from shoal.errors import DataError
from shoal.serving.answers import CSV_TYPE
from shoal.serving.arrow import ARROW_TYPE, of_arrow
from shoal.serving.parsing import parse_json
from shoal.serving.refusals import JSON_TYPE, RequestError
from shoal.serving.rows import Asked, check_n_rows, of_document

Form = Literal["json", "csv", "arrow"]
FORMS: Final[dict[bytes, Form]] = {JSON_TYPE: "json", CSV_TYPE: "csv", ARROW_TYPE: "arrow"}
_KINDS: Final = ", ".join(kind.decode() for kind in FORMS)
_UTF8: Final = frozenset((b"utf-8", b"utf8", b"us-ascii"))


def form_of_body(headers: Sequence[tuple[bytes, bytes]]) -> Form:
    """Return what the header Content-Type says that a body is.

    Raises:
        RequestError: it says nothing, or what is not read here; status 415.
    """
    kind, encoding = b"", b"identity"
    for name, value in headers:
        if name == b"content-type":
            kind = value
        elif name == b"content-encoding":
            encoding = value.strip().lower()
    if encoding not in (b"identity", b""):
        raise RequestError(415, "the body has a Content-Encoding. Send it as it is.")
    media, _, parameters = kind.partition(b";")
    form = FORMS.get(media.strip().lower())
    if form is None:
        named = media.strip().decode("ascii", "replace")[:80]
        what = f"'{named}' is not read here" if named else "the header Content-Type is missing"
        raise RequestError(415, f"{what}. Send one of {_KINDS}.")
    for parameter in parameters.split(b";"):
        key, _, value = parameter.partition(b"=")
        if key.strip().lower() == b"charset" and value.strip(b' "').lower() not in _UTF8:
            raise RequestError(415, "the body must be UTF-8.")
    return form


def form_of_answer(headers: Sequence[tuple[bytes, bytes]], asked: Form) -> Form:
    """Return what an answer shall be: what the header Accept likes best, else as the body.

    Raises:
        RequestError: it accepts nothing of what there is; status 406.

    Example:
        >>> form_of_answer([(b"accept", b"text/csv;q=0.9, application/json;q=0.5")], "arrow")
        'csv'
    """
    accept = b",".join(value for name, value in headers if name == b"accept")
    if accept in (b"", b"*/*"):
        return asked
    best: tuple[float, int] = (0.0, 0)
    chosen: Form | None = None
    for part in accept.split(b","):
        media, *parameters = (piece.strip().lower() for piece in part.split(b";"))
        form = _meant(media, asked)
        rank = (_quality(parameters), int(b"*" not in media))
        if form is not None and rank[0] > 0 and rank > best:
            best, chosen = rank, form
    if chosen is None:
        raise RequestError(406, f"the header Accept allows none of {_KINDS}.")
    return chosen


def rows_of_body(
    schema: Schema, body: bytes, form: Form, *, max_rows: int, also: Sequence[Feature] = ()
) -> Asked:
    """Return the rows in a body.

    Raises:
        RequestError: it cannot be read, or holds no rows, or too many.
    """
    if form == "json":
        return of_document(schema, parse_json(body), max_rows=max_rows, also=also)
    if not body:
        raise RequestError(400, "the body is empty. Send a table with column names and rows.")
    if form == "arrow":
        return of_arrow((*schema.columns, *also), body, max_rows=max_rows)
    return _of_csv(body, max_rows)


def _of_csv(body: bytes, max_rows: int) -> Asked:
    try:
        chunks = read_chunks(
            io.BytesIO(body), source="the table", form=TextFormat(encoding="utf-8-sig"),
            rows=max_rows + 1,
        )  # fmt: skip
        table = next(iter(chunks))
    except DataError as error:
        column, line = error.column, error.line
        raise RequestError(400, str(error), column=column, line=line) from None
    check_n_rows(table.n_rows, max_rows)
    numbers = np.arange(1, table.n_rows + 1)
    return Asked(table=dataclasses.replace(table, lines=numbers), lines=table.lines)


def _meant(media: bytes, asked: Form) -> Form | None:
    if media in (b"*/*", b"application/*"):
        return "json" if media != b"*/*" and asked == "csv" else asked
    return "csv" if media == b"text/*" else FORMS.get(media)


def _quality(parameters: list[Any]) -> float:
    for parameter in parameters:
        key, _, value = parameter.partition(b"=")
        if key == b"q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
