"""A model as it is served: what a request needs of it is prepared once, when it is loaded.

Requests that arrive together are answered by one call of the core. A row's prediction has the
same bits whatever rows are beside it, so nobody can see who else asked.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

import numpy as np

from shoal.data.dataset import FloatArray
from shoal.errors import ArgumentError
from shoal.models import Model, Prediction, Unlike, unlike
from shoal.models.reach import first_too_far
from shoal.serving.answers import Wording
from shoal.serving.refusals import RequestError
from shoal.serving.rows import QuickRows

FEW_ROWS: Final = 32
"""Rows of one request that are read on the event loop; more go to a thread."""
MOST_CELLS: Final = 2**25
"""Features of all rows of one request, 256 MiB: a row of JSON can be far shorter than they."""
QUICK_WORK: Final = 20_000_000
"""Products of a weight and a row that the event loop computes itself, about 2 ms."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What a model says about some rows."""

    prediction: Prediction
    unlike: Unlike | None


class Served:
    """One model behind a name.

    Args:
        name: in the address.
        model: what answers.

    Attributes:
        digest: of the model's weights.
        quick: reads rows without faults.
        wording: writes answers.
        batches: answers requests that arrive together.
    """

    def __init__(self, name: str, model: Model) -> None:
        self.name = name
        self.model = model
        self.digest = model.parameters.digest
        self.quick = QuickRows(model.schema)
        self.wording = Wording(model, ((b"shoal-model-digest", self.digest.encode()),))
        self.batches = Batches(self)

    def find(self, x: FloatArray, *, threads: int | None = 1) -> Found:
        """Return what the model says about features (N, D).

        Raises:
            RequestError: a row drives the networks beyond what they can hold; with its number.
        """
        try:
            prediction = self.model.prediction(x, threads=threads, where="predict")
        except ArgumentError as error:
            if error.argument != "x":
                raise
            raise self._too_far(x) from None
        return Found(prediction=prediction, unlike=unlike(self.model, x))

    def _too_far(self, x: FloatArray) -> RequestError:
        """Return which row it was, the first."""
        row = first_too_far(self.model, x, threads=1) + 1
        of_numbers = self.model.schema.is_regression
        largest = "1e150" if of_numbers else f"what {self.model.parameters.dtype} holds"
        told = f"row {row}: its values are too large for the networks."
        return RequestError(422, f"{told} They drive them beyond {largest}.", row=row)

    def most_rows(self, max_rows: int) -> int:
        """Return how many rows one request may have: fewer than `max_rows` of many features."""
        return min(max_rows, max(MOST_CELLS // len(self.model.schema.feature_names), 1))

    def work(self, n_rows: int) -> int:
        """Return how many products of a weight and a row a prediction takes."""
        return n_rows * int(self.model.parameters.flat.size)


class Batches:
    """Requests of a few rows for one model: those of one turn of the event loop go together.

    Where the network is large the work goes to a thread, and what arrives meanwhile waits for
    the next batch.

    Args:
        served: the model.
    """

    def __init__(self, served: Served) -> None:
        self._served = served
        self._waiting: list[_Request] = []
        self._busy = False

    def ask(self, rows: list[list[float]], executor: Executor) -> asyncio.Future[list[str]]:
        """Return what will be known of some rows: one JSON object a row.

        Args:
            rows: features, (n, D).
            executor: where large networks are computed.

        Raises:
            RequestError: from the future, as `Served.find`.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[str]] = loop.create_future()
        self._waiting.append((rows, future))
        if not self._busy:
            self._busy = True
            loop.call_soon(self._go, loop, executor)
        return future

    def _go(self, loop: asyncio.AbstractEventLoop, executor: Executor) -> None:
        """Answer all that wait."""
        batch, self._waiting = self._waiting, []
        parts = [rows for rows, _ in batch]
        if self._served.work(sum(map(len, parts))) <= QUICK_WORK:
            self._busy = False
            _tell(batch, _answers(self._served, parts))
            return

        def go_on(done: asyncio.Future[_Answers]) -> None:
            if not done.cancelled():
                _tell(batch, done.result())
            self._busy = bool(self._waiting)
            if self._busy:
                loop.call_soon(self._go, loop, executor)

        loop.run_in_executor(executor, _answers, self._served, parts).add_done_callback(go_on)


_Request = tuple[list[list[float]], "asyncio.Future[list[str]]"]
_Answers = list[list[str] | Exception]


def _answers(served: Served, parts: list[list[list[float]]]) -> _Answers:
    """Return the rows of every request, or why there are none; one's fault stays with it."""
    try:
        found = served.find(np.array([row for rows in parts for row in rows], np.float64))
        written = iter(served.wording.rows(found.prediction, found.unlike))
        return [[next(written) for _ in rows] for rows in parts]
    except Exception as error:
        if len(parts) == 1:
            return [error]
    return [_answers(served, [rows])[0] for rows in parts]


def _tell(batch: list[_Request], answers: _Answers) -> None:
    for (_, future), answer in zip(batch, answers, strict=True):
        if future.done():  # its client has left
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
