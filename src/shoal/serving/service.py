"""What is done for a request: predicting rows, and telling what predictions rest on.

A request of a few rows in JSON is read and written on the event loop and computed together
with those that came at the same time; everything larger is done in a thread.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable, MutableMapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from shoal.data.dataset import Feature
from shoal.data.encode import encode_targets, encode_weights
from shoal.errors import ArgumentError, DataError
from shoal.models.importance.attribution import attribute
from shoal.models.importance.measuring import REPEATS, importance_of
from shoal.serving.bodies import Form, form_of_answer, form_of_body, rows_of_body
from shoal.serving.catalogue import Catalogue
from shoal.serving.figures import Figures
from shoal.serving.gate import BUSY, Receive, Scope, Send
from shoal.serving.parsing import parse_json
from shoal.serving.refusals import JSON_TYPE, Answer, RequestError, json_answer, of_data
from shoal.serving.rows import Asked, encode
from shoal.serving.served import FEW_ROWS, Served

T = TypeVar("T")

SMALL: Final = 16_384
"""Bytes of a body that is read on the event loop."""
MOST_ATTRIBUTED: Final = 100
"""Rows that are attributed at once."""
MOST_SLOW: Final = 16
"""Requests for importances that are answered or wait: they leave the other places alone."""
MOST_WORK: Final = 10**11
"""Products of a weight and a row that one request for importances may take, a few seconds."""

log = logging.getLogger("shoal.serving")


class Service:
    """Answers requests about models.

    Args:
        catalogue: the models.
        figures: what is counted.
        max_rows: of one request.
        threads: that large requests are computed on; None: as many as there are.
    """

    def __init__(
        self, catalogue: Catalogue, figures: Figures, *, max_rows: int, threads: int | None = None
    ) -> None:
        self.catalogue = catalogue
        self.figures = figures
        self.max_rows = max_rows
        self._threads = threads
        self._large: Executor = ThreadPoolExecutor(2, "shoal-large")
        self._slow: Executor = ThreadPoolExecutor(1, "shoal-slow")
        self._n_slow = 0

    async def predict(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for predictions, as an ASGI application."""
        await answered(self._predict, scope, receive, send)

    async def importance(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for importances, as an ASGI application."""
        await answered(self._importance, scope, receive, send)

    async def _predict(self, scope: Scope, body: bytes) -> Answer:
        served = self.catalogue.get(scope["path_params"]["name"])
        form = form_of_body(scope["headers"])
        wanted = form_of_answer(scope["headers"], form)
        if form == wanted == "json" and len(body) <= SMALL:
            document = parse_json(body)
            rows = _quick_rows(served, document, min(FEW_ROWS, served.most_rows(self.max_rows)))
            if rows is not None:
                texts = await served.batches.ask(rows, self._large)
                self.figures.add_rows(served.name, len(rows))
                whole = texts[0] if "rows" not in document else f'{{"rows":[{",".join(texts)}]}}'
                headers = served.wording.headers
                return Answer(kind=JSON_TYPE, body=whole.encode(), headers=headers)
        work = functools.partial(self._predict_many, served, body, form, wanted)
        n_rows, answer = await self._in(self._large, work)
        self.figures.add_rows(served.name, n_rows)
        return answer

    def _predict_many(
        self, served: Served, body: bytes, form: Form, wanted: Form
    ) -> tuple[int, Answer]:
        """Return how many rows there were, and the answer; in a thread."""
        schema = served.model.schema
        asked = rows_of_body(schema, body, form, max_rows=served.most_rows(self.max_rows))
        x = encode(schema, asked)
        found = served.find(x, threads=self._threads)
        if wanted == "json":
            return len(x), served.wording.as_json(found.prediction, found.unlike, asked.shape)
        if wanted == "csv":
            return len(x), served.wording.as_csv(found.prediction, found.unlike)
        return len(x), served.wording.as_arrow(found.prediction, found.unlike)

    async def _importance(self, scope: Scope, body: bytes) -> Answer:
        served = self.catalogue.get(scope["path_params"]["name"])
        form = form_of_body(scope["headers"])
        of = _query(scope, "of", ("rows", "columns"))
        work = self._of_rows if of == "rows" else self._of_columns
        if self._n_slow >= MOST_SLOW:
            raise RequestError(BUSY.status, BUSY.sentence, headers=BUSY.headers)
        self._n_slow += 1
        try:
            return await self._in(self._slow, functools.partial(work, served, body, form))
        finally:
            self._n_slow -= 1

    def _of_rows(self, served: Served, body: bytes, form: Form) -> Answer:
        """Return what every column adds to the prediction of every row."""
        model = served.model
        max_rows = min(served.most_rows(self.max_rows), MOST_ATTRIBUTED)
        x = encode(model.schema, rows_of_body(model.schema, body, form, max_rows=max_rows))
        served.find(x)  # rows that the networks cannot hold are told as everywhere
        found = [attribute(model, row).to_dict() for row in x]
        return json_answer({"attributions": found}, headers=served.wording.headers)

    def _of_columns(self, served: Served, body: bytes, form: Form) -> Answer:
        """Return how much predictions become worse without each column."""
        schema = served.model.schema
        also = _known(served)
        max_rows = served.most_rows(self.max_rows)
        asked = rows_of_body(schema, body, form, max_rows=max_rows, also=also)
        x = encode(schema, asked)
        if len(x) < 2:
            raise RequestError(422, "columns are judged on two rows or more; there is one.")
        work = served.work(len(x)) * REPEATS * len(schema.columns)
        if work > MOST_WORK:
            told = f"{len(x):,} rows of {len(schema.columns):,} columns take too long to judge."
            raise RequestError(413, f"{told} Send fewer rows.")
        served.find(x)
        y, weights = _labels(served, asked)
        try:
            found = importance_of(served.model, x, y, weights=weights, threads=self._threads)
        except ArgumentError as error:
            raise RequestError(422, f"{error.argument} {error.requirement}.") from None
        return json_answer({"importance": found.to_dict()}, headers=served.wording.headers)

    async def _in(self, executor: Executor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, work)


async def answered(
    handler: Callable[[Scope, bytes], Any], scope: Scope, receive: Receive, send: Send
) -> None:
    """Read the body, let `handler` answer it, and answer refusals; nothing to who has left."""
    body = await _body(receive)
    if body is None:
        return
    try:
        answer = await handler(scope, body)
    except RequestError as error:
        answer = error.answer
    except MemoryError:
        answer = RequestError(413, "there is not enough memory for this. Send fewer rows.").answer
    await answer.send(send)


async def _body(receive: Receive) -> bytes | None:
    """Return the whole body, None if the client left; the gate bounds it."""
    message = await receive()
    if not message.get("more_body", False):
        return message["body"] if message["type"] == "http.request" else None
    parts = [message.get("body", b"")]
    while message.get("more_body", False):
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
    return b"".join(parts)


def _quick_rows(served: Served, document: Any, most: int) -> list[list[float]] | None:
    """Return features of a few faultless rows; None where they want a closer look."""
    if type(document) is not dict:
        return None
    rows = document.get("rows")
    if type(rows) is not list:
        one = served.quick.features(document)
        # a column of that name keeps the shape of the answer from being guessed
        return None if one is None or "rows" in document else [one]
    if not 0 < len(rows) <= most or len(document) > 1:
        return None
    found = []
    for row in rows:
        x = served.quick.features(row) if type(row) is dict else None
        if x is None:
            return None
        found.append(x)
    return found


def _known(served: Served) -> tuple[Feature, ...]:
    """Return the columns of targets and weights as what they hold."""
    schema = served.model.schema
    if schema.kind == "regression":
        found = [Feature(name=name) for name in schema.targets]
    elif schema.kind == "multilabel":
        pairs = zip(schema.targets, schema.label_classes, strict=True)
        found = [Feature(name=name, categories=pair) for name, pair in pairs]
    else:
        found = [Feature(name=schema.target, categories=schema.classes)]
    return (*found, *([Feature(name=schema.weights)] if schema.weights else []))


def _labels(served: Served, asked: Asked) -> tuple[Any, Any]:
    """Return targets and weights of labelled rows; no column of weights counts all alike.

    Raises:
        RequestError: a target is missing or does not fit.
    """
    schema = served.model.schema
    try:
        y = encode_targets(schema, asked.table)
        weighted = schema.weights is not None and schema.weights in asked.table.names
        return y, encode_weights(schema, asked.table) if weighted else None
    except DataError as error:
        raise of_data(error, lines=asked.lines) from None


def _query(scope: MutableMapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    """Return a parameter of the address; the first of those allowed if it is not given.

    Raises:
        RequestError: another value, or an unknown parameter.
    """
    given: dict[str, str] = dict(
        parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    )
    found = given.pop(name, allowed[0])
    if found not in allowed or given:
        told = f"the address may only have ?{name}={' or '.join(allowed)}."
        raise RequestError(422, told, code="V100")
    return found
