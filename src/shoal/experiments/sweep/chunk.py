"""A part of a sweep's work as plain data, and the pure function that does it.

A chunk says all that decides its result; where, when and beside what it is worked off does not
matter, so it can go to any `concurrent.futures.Executor`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from shoal.errors import InputError, InternalError, ShoalError
from shoal.experiments.carry import carry_on
from shoal.experiments.document import Experiment
from shoal.experiments.launch import finished
from shoal.experiments.prepare import Prepared, prepare
from shoal.experiments.run import Run
from shoal.experiments.snapshots import Snapshots
from shoal.experiments.sweep.agreement import Maker, check_agreement, own_maker
from shoal.experiments.sweep.clean import clean_column
from shoal.experiments.sweep.harvest import Baselines, columns_of, gathered, history_of
from shoal.experiments.sweep.making import Base, Values
from shoal.experiments.sweep.merge import likeness, merged
from shoal.experiments.sweep.shared import hold_of, size_of
from shoal.experiments.trainer import Trainer

AT_ONCE: Final = 64
"""Networks of different cells that are trained at once: some units of 16."""
BYTES_AT_ONCE: Final = 128 * 2**20
"""Bytes of rows that they may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some networks of a cell.

    Attributes:
        cell: its number.
        label: what tells it from others, for messages.
        changes: what it changes in the sweep's base document.
        first, stop: networks first to stop - 1.
    """

    cell: int
    label: str
    changes: Values
    first: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Part of a sweep, to be worked off at one go.

    Attributes:
        number: its place in the plan.
        pieces: the networks.
        base: the document that the pieces change.
        source, folder: of the document, for messages and files.
        token: names the rows that travelled ahead; see `shared`.
        allow_python: whether functions that the document names may be imported.
        keep_history: whether figures at every report are wanted.
        wants_clean: whether accuracies against labels before they were flipped are.
        threads: of the core.
        made_by: what must be the same where it is trained.
    """

    number: int
    pieces: tuple[Piece, ...]
    base: Mapping[str, Any]
    source: str
    folder: str
    token: str = ""
    allow_python: bool = False
    keep_history: bool = False
    wants_clean: bool = False
    threads: int = 1
    made_by: Maker = field(default_factory=own_maker)

    @property
    def n_networks(self) -> int:
        """Networks of all pieces."""
        return sum(piece.stop - piece.first for piece in self.pieces)


class StoppedError(Exception):
    """A chunk was given up because the sweep was stopped."""


def train_chunk(
    chunk: Chunk, *, is_stopped: Callable[[], bool] | None = None
) -> dict[str, np.ndarray]:
    """Return the columns of a chunk's networks, in the order of its pieces.

    Args:
        chunk: what to do.
        is_stopped: asked some times a second whether to give up.

    Shapes:
        each column (P,), those of the history (P, T); see `harvest`

    Raises:
        InputError: a cell cannot be trained; the message names it. Or another shoal made it.
        StoppedError: `is_stopped` said so.
    """
    check_agreement(chunk.made_by)
    work = _Work(chunk, is_stopped)
    at = 0
    for piece in chunk.pieces:
        work.take(piece, at)
        at += piece.stop - piece.first
    work.finish()
    found = gathered(work.blocks, at)
    sizes = [piece.stop - piece.first for piece in chunk.pieces]
    found["cell"] = np.repeat([piece.cell for piece in chunk.pieces], sizes).astype(np.int64)
    numbers = [np.arange(piece.first, piece.stop) for piece in chunk.pieces]
    found["network"] = np.concatenate(numbers).astype(np.int64)
    return found


def experiment_of(
    base: Mapping[str, Any], changes: Values, *, source: str, folder: Path
) -> Experiment:
    """Return the experiment of a cell.

    Raises:
        ExperimentError: the document with the changes is none.
        InputError: a change goes through something that is not a table.
    """
    return Base(base, source, folder).experiment(changes)


@dataclass(slots=True)
class _Crowd:
    """Populations that are alike, until there are enough of them.

    Attributes:
        members: each with the place of its first network in the chunk, and its piece.
        n_bytes: of the rows that they have.
        n_networks: of all of them.
    """

    members: list[tuple[int, Piece, Prepared]] = field(default_factory=list)
    parts: set[int] = field(default_factory=set)
    n_bytes: int = 0
    n_networks: int = 0

    def add(self, at: int, piece: Piece, prepared: Prepared) -> None:
        self.members.append((at, piece, prepared))
        self.n_networks += len(prepared.members)
        for part in prepared.parts:
            if id(part) not in self.parts:
                self.parts.add(id(part))
                self.n_bytes += size_of(part)

    @property
    def is_full(self) -> bool:
        return self.n_networks >= AT_ONCE or self.n_bytes >= BYTES_AT_ONCE


class _Work:
    """A chunk being worked off."""

    def __init__(self, chunk: Chunk, is_stopped: Callable[[], bool] | None) -> None:
        self.chunk = chunk
        self.is_stopped = is_stopped
        self.hold = hold_of(chunk.token)
        self.base = Base(chunk.base, chunk.source, Path(chunk.folder))
        self.baselines = Baselines()
        self.crowds: dict[Hashable, _Crowd] = {}
        self.blocks: list[tuple[np.ndarray, dict[str, np.ndarray]]] = []

    def take(self, piece: Piece, at: int) -> None:
        """Prepare a piece, and train it with its like once they are enough."""
        with _told_with(self.chunk.source, [piece]):
            prepared = self._prepared(piece)
        like = likeness(prepared)
        if like is None:
            alone = _Crowd()
            alone.add(at, piece, prepared)
            self._train(alone)
            return
        crowd = self.crowds.setdefault(like, _Crowd())
        crowd.add(at, piece, prepared)
        if crowd.is_full:
            self._train(self.crowds.pop(like))

    def finish(self) -> None:
        """Train what is left."""
        for like in list(self.crowds):
            self._train(self.crowds.pop(like))

    def _prepared(self, piece: Piece) -> Prepared:
        chunk, hold = self.chunk, self.hold
        experiment = self.base.experiment(piece.changes)
        ready = hold.settled(experiment).with_functions(allow_python=chunk.allow_python)
        return prepare(
            ready,
            rows=hold.cargo.rows,
            members=range(piece.first, piece.stop),
            shelf=hold.shelf,
        )

    def _train(self, crowd: _Crowd) -> None:
        pieces = [piece for _, piece, _ in crowd.members]
        populations = [prepared for _, _, prepared in crowd.members]
        with _told_with(self.chunk.source, pieces):
            run = self._carried_out(merged(populations, self.hold.shelf))
        columns = columns_of(run)
        if self.chunk.keep_history:
            columns |= history_of(run)
        if self.chunk.wants_clean:
            columns |= clean_column(run, populations)
        known = [self.baselines.columns(prepared) for prepared in populations]
        columns |= {name: np.concatenate([each[name] for each in known]) for name in known[0]}
        places = [at + np.arange(len(prepared.members)) for at, _, prepared in crowd.members]
        self.blocks.append((np.concatenate(places), columns))

    def _carried_out(self, prepared: Prepared) -> Run:
        trainer, nothing = Trainer(prepared), Snapshots(0)
        tell = None if self.is_stopped is None else self._look_up
        outcome = carry_on(trainer, nothing, threads=self.chunk.threads, progress=tell)
        if outcome.interrupted:
            raise StoppedError
        return finished(trainer, outcome, nothing)

    def _look_up(self, _: object) -> None:
        if self.is_stopped is not None and self.is_stopped():
            raise KeyboardInterrupt  # as training is ended where it stands


class _told_with:  # noqa: N801
    """Add the cell to what went wrong, in an error that can travel between processes."""

    def __init__(self, source: str, pieces: list[Piece]) -> None:
        self.source = source
        self.pieces = pieces

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, StoppedError | KeyboardInterrupt | SystemExit):
            return
        first, last = self.pieces[0], self.pieces[-1]
        where = f"cell {first.cell} ({first.label})"
        if first.cell != last.cell:
            where = f"cells {first.cell} to {last.cell}"
        if isinstance(error, MemoryError):
            told = "there is not enough memory. Ask for fewer rows, networks or workers."
            raise InputError(f"{self.source}, {where}: {told}", code="Z102") from None
        told = str(error).removeprefix(f"{self.source}, ").removeprefix(f"{self.source}: ")
        if isinstance(error, ShoalError):
            raise InputError(f"{self.source}, {where}: {told}", code=error.code) from None
        told = f"{type(error).__name__}: {error}"
        raise InternalError(f"{self.source}, {where}: {told}") from error
