"""Why a request is refused: a status, one sentence, and the place in the body.

Whatever goes wrong with a request is one of these; the service and the gate answer alike.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from shoal.errors import DataError, InputError

Headers = tuple[tuple[bytes, bytes], ...]

JSON_TYPE: Final = b"application/json"


CODES: Final = {
    400: "V101",
    401: "V105",
    403: "V106",
    404: "V107",
    405: "V107",
    406: "V102",
    408: "V109",
    413: "V104",
    415: "V102",
    422: "V103",
    429: "V108",
    431: "V104",
    500: "Z100",
    503: "V108",
}
"""The codes of what is wrong with a request, by the status of its answer."""


class RequestError(InputError):
    """A request cannot be answered, and whoever sent it can do something about it.

    Args:
        status: the status of HTTP that says so.
        sentence: what is wrong and what to do.
        row: the row of the body, counted from 1.
        column: the column's name.
        line: the line of a text table, counted from 1.
        headers: of the answer, beside those that every answer has.
        code: from `shoal.codes`; without it, the one of the status.
    """

    def __init__(
        self,
        status: int,
        sentence: str,
        *,
        row: int | None = None,
        column: str | None = None,
        line: int | None = None,
        headers: Headers = (),
        code: str = "",
    ) -> None:
        self.status = status
        self.row = row
        self.column = column
        self.line = line
        self.headers = headers
        super().__init__(sentence, code=code or CODES.get(status, "V100"))
        self.sentence = str(self)

    @property
    def answer(self) -> Answer:
        """The answer that says so."""
        places = {"row": self.row, "column": self.column, "line": self.line}
        known = {name: place for name, place in places.items() if place is not None}
        return json_answer(
            {"error": self.sentence, "code": self.code, **known}, self.status, headers=self.headers
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer.

    Attributes:
        status: of HTTP.
        kind: its media type.
        body: what it holds.
        headers: beside type and length.
    """

    status: int = 200
    kind: bytes = JSON_TYPE
    body: bytes
    headers: Headers = ()

    async def send(self, send: Any) -> None:
        """Give the answer to an ASGI server."""
        length = str(len(self.body)).encode()
        headers = [(b"content-type", self.kind), (b"content-length", length), *self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def json_answer(document: Any, status: int = 200, *, headers: Headers = ()) -> Answer:
    """Return an answer that is one JSON document, in ASCII: any text of a client's can be told."""
    body = json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
    return Answer(status=status, body=body, headers=headers)


def of_data(error: DataError, *, lines: Any = None) -> RequestError:
    """Return what to answer to rows that do not fit; `DataError.line` is the row's number.

    Args:
        error: from encoding a table whose lines are the numbers of its rows.
        lines: where each row begins in a text table, (N,), or None.
    """
    row = error.line
    line = None if row is None or lines is None else int(lines[row - 1])
    place = [f"row {row}"] if row is not None else []
    if line is not None:
        place.append(f"line {line}")
    if error.column is not None:
        place.append(f"column '{error.column}'")
    told = f"{', '.join(place)}: {error.reason}" if place else error.reason
    sentence = f"{told} {error.cure}" if error.cure else told
    return RequestError(422, sentence, row=row, column=error.column, line=line, code=error.code)
