"""A sweep on its way: chunks handed out, taken in, written down, and told of."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from shoal.errors import InputError, InternalError, ShoalError
from shoal.experiments.executors import Crew
from shoal.experiments.sweep.chunk import Chunk
from shoal.experiments.sweep.plan import Plan
from shoal.experiments.sweep.table import Table

LOSSES: Final = 3
"""How often workers may be lost in a row before a sweep gives up."""
LOOK_S: Final = 0.2
"""How often progress is told where no chunk ends."""

Columns = Mapping[str, np.ndarray]
Result = Future[dict[str, np.ndarray]]


class Ledger(Protocol):
    """What keeps the chunks of a sweep, so that it can be taken up again."""

    def put(self, chunk: int, arrays: Columns, /) -> object:
        """Keep what came of a chunk."""

    def done(self) -> Collection[int]:
        """Return the chunks that are kept."""

    def read(self, chunk: int, /) -> Columns:
        """Return what came of a chunk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepProgress:
    """Where a sweep is.

    Attributes:
        n_networks, n_done: networks of the sweep, and those whose results are in.
        n_diverged: how many of these have diverged.
        n_cells: cells of the sweep.
        share: of the work that is done, by the plan's estimate.
        elapsed_s: since it began, without what a ledger had.
        left_s: seconds left at the speed so far, None before anything is known.
        workers: who works, in words.
    """

    n_networks: int
    n_done: int
    n_diverged: int
    n_cells: int
    share: float
    elapsed_s: float
    left_s: float | None
    workers: str


Tell = Callable[[SweepProgress], object]


@dataclass(slots=True, kw_only=True)
class Way:
    """A sweep on its way.

    Attributes:
        plan: what is to be done.
        chunk_of: the chunk of a number.
        crew: who does it.
        ledger: what keeps results, if anything does.
        tell: called some times a second.
    """

    plan: Plan
    chunk_of: Callable[[int], Chunk]
    crew: Crew
    ledger: Ledger | None
    tell: Tell | None
    table: Table
    warnings: list[str]
    begun: float = 0.0
    n_lost: int = 0
    n_diverged: int = 0
    cost_before: float = 0.0

    def go(self) -> bool:
        """Work all chunks off that are not done; return whether Ctrl-C ended it.

        Raises:
            InputError: a chunk failed; what was finished is in the ledger.
        """
        done = self._take_up()
        self.begun, self.cost_before = time.perf_counter(), self.table.cost_done
        waiting = (number for number in range(self.plan.n_chunks) if number not in done)
        pending: dict[Result, int] = {}
        try:
            self._work_off(waiting, pending)
        except KeyboardInterrupt:
            self.crew.close(at_once=True)
            for future in [each for each in pending if each.done()]:
                with suppress(Exception, CancelledError):
                    self._take(pending[future], future.result())
            return True
        return False

    def _take_up(self) -> set[int]:
        """Take in what the ledger has; return the numbers of its chunks."""
        if self.ledger is None:
            return set()
        done = {n for n in self.ledger.done() if n < self.plan.n_chunks}
        for number in sorted(done):
            try:
                columns = self.ledger.read(number)
            except ShoalError as error:
                self.warnings.append(f"{error} It is trained again.")
                done.discard(number)
            else:
                self._count(number, columns)
        return done

    def _work_off(self, waiting: Iterator[int], pending: dict[Result, int]) -> None:
        again: list[int] = []
        while True:
            room = 2 * self.crew.n_workers + 2 - len(pending)
            for _ in range(room):
                number = again.pop() if again else next(waiting, None)
                if number is None:
                    break
                try:
                    pending[self.crew.submit(self.chunk_of(number))] = number
                except BrokenExecutor as error:
                    again.append(number)
                    again += self._after_loss(pending, error)
                    break
            if not pending and not again:
                return
            again += self._collect(pending)
            self._tell()

    def _collect(self, pending: dict[Result, int]) -> list[int]:
        """Take in the chunks that are finished; return those to be done again."""
        finished, _ = wait(pending, timeout=LOOK_S, return_when=FIRST_COMPLETED)
        for future in finished:
            number = pending[future]
            try:
                columns = future.result()
            except BrokenExecutor as error:
                return self._after_loss(pending, error)
            except (ShoalError, KeyboardInterrupt):
                raise
            except BaseException as error:
                told = f"{type(error).__name__}: {error}"
                raise InternalError(f"{self._named(number)} failed: {told}") from error
            del pending[future]
            self.n_lost = 0
            self._take(number, columns)
        return []

    def _after_loss(self, pending: dict[Result, int], error: BaseException) -> list[int]:
        """Start workers again; return the chunks that they had."""
        lost = sorted(pending.values())
        self.n_lost += 1
        if self.n_lost > LOSSES or not self.crew.renew():
            named = self._named(lost[0]) if lost else "the first chunk"
            raise InputError(
                f"the workers ended {self.n_lost} times without a result, last in {named}: "
                f"{str(error).rstrip('.') or type(error).__name__}. They may need more memory; "
                "give fewer workers, or threads.",
                code="W105",
            ) from None
        pending.clear()
        return lost[::-1]

    def _named(self, number: int) -> str:
        pieces = list(self.plan.pieces(number))
        return f"chunk {number:,} (cells {pieces[0][0]:,} to {pieces[-1][0]:,})"

    def _take(self, number: int, columns: Columns) -> None:
        if self.ledger is not None:
            try:
                self.ledger.put(number, columns)
            except (OSError, ShoalError) as error:  # the next chunk tries again
                told = f"what is finished could not be stored: {error}"
                if told not in self.warnings:
                    self.warnings.append(told)
        self._count(number, columns)

    def _count(self, number: int, columns: Columns) -> None:
        self.table.put(number, columns)
        self.n_diverged += int(columns["diverged"].sum())

    def _tell(self) -> None:
        if self.tell is None:
            return
        done = self.table.cost_done
        elapsed = time.perf_counter() - self.begun
        won = done - self.cost_before
        whole = self.table.cost
        self.tell(
            SweepProgress(
                n_networks=self.plan.n_networks,
                n_done=self.table.n_done,
                n_diverged=self.n_diverged,
                n_cells=self.plan.n_cells,
                share=done / whole if whole > 0 else self.table.n_done / self.plan.n_networks,
                elapsed_s=elapsed,
                left_s=elapsed * (whole - done) / won if won > 0 else None,
                workers=self.crew.name,
            )
        )
