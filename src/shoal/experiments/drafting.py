"""What is stored while it is still being made: long runs, and sweeps with their ledgers.

A run that is over at once pays nothing: its folder is begun after some seconds of training. From
then on there is a checkpoint in it, so that what was killed goes on with ``shoal resume @last``.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shoal.errors import ShoalError, StoreError
from shoal.experiments.archive import Kept, keep_record, where
from shoal.experiments.keeper import Keeper
from shoal.experiments.pieces import Moment
from shoal.experiments.prepare import Prepared
from shoal.experiments.run import Run
from shoal.experiments.stored_run import (
    CHECKPOINT,
    MOST_BYTES,
    digest_of,
    gone,
    n_bytes_of,
    name_of,
)
from shoal.experiments.trainer import FAR
from shoal.files import write_bytes
from shoal.store.entry import Entry
from shoal.store.ledger import Ledger
from shoal.store.store import Store

if TYPE_CHECKING:
    from shoal.experiments.sweep import Sweep

AFTER_S: Final = 2.0
"""Seconds of training after which a run is begun in the store."""
EVERY_S: Final = 10.0
SWEEP: Final = "sweep.json"
CHUNKS: Final = "chunks.db"


@dataclass(slots=True, kw_only=True)
class RunDraft:
    """A run on its way into the store; an observer of the training.

    What goes wrong with the store never ends the training: see `problem`.

    Attributes:
        store: where it goes.
        prepared: what is trained.
        name, tags, note: what it is called.
        every_s: seconds from one checkpoint to the next.
        after_s: seconds of training before it is begun.
        entry: once it is begun.
        problem: why it could not be begun or written on, nothing if it could.
    """

    store: Store
    prepared: Prepared
    name: str
    tags: tuple[str, ...] = ()
    note: str = ""
    every_s: float = EVERY_S
    after_s: float = AFTER_S
    entry: Entry | None = None
    problem: str = ""
    _keeper: Keeper | None = None
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def next_step(self, step: int) -> int:
        """Return that no piece needs to end at a step."""
        return FAR

    def see(self, moment: Moment) -> None:
        """Begin, or write on, if it is time."""
        if self.problem or moment.elapsed_s < self.after_s:
            return
        try:
            if self._keeper is None:
                self._keeper = self._begin(moment)
            if self._keeper is not None:
                self._keeper.see(moment)
        except ShoalError as error:
            self.problem, self._keeper = str(error), None

    def finish(
        self, run: Run, *, document: dict[str, Any] | None = None, status: str | None = None
    ) -> Kept:
        """Store what came of it; return the entry, and what could not be kept.

        Raises:
            StoreError: the store cannot be written.
        """
        return keep_record(
            run,
            store=self.store,
            name=self.name,
            tags=self.tags,
            note=self.note,
            entry=self.entry,
            document=document,
            status=status,
        )

    def close(self) -> None:
        """Let go of the folder."""
        self._stack.close()

    def _begin(self, moment: Moment) -> Keeper | None:
        """Make the folder and what writes checkpoints into it; None where that is not wanted."""
        if n_bytes_of(self.prepared, moment.trainer.state) > MOST_BYTES:
            self.after_s = float("inf")
            return None
        self.prepared.experiment.check_portable()
        experiment = self.prepared.experiment
        self.entry = self.store.add(
            "run",
            self.name or name_of(experiment),
            tags=self.tags,
            note=self.note,
            n_networks=len(self.prepared.part_of),
            digest=digest_of(experiment.document()),
            has_state=True,
            hold=self._stack,
            **where(),
        )
        folder = os.path.abspath(experiment.folder)
        return Keeper(self.entry.folder / CHECKPOINT, self.prepared, self.every_s, folder=folder)


@contextlib.contextmanager
def drafting(
    prepared: Prepared,
    *,
    store: Store | None = None,
    name: str = "",
    tags: Sequence[str] = (),
    note: str = "",
    every_s: float = EVERY_S,
) -> Iterator[RunDraft]:
    """Yield what stores a run; give it to `carry_out` as an observer, and `finish` it."""
    draft = RunDraft(
        store=Store.open() if store is None else store,
        prepared=prepared,
        name=name,
        tags=tuple(tags),
        note=note,
        every_s=every_s,
    )
    try:
        yield draft
    finally:
        draft.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepDraft:
    """A sweep on its way into the store.

    Attributes:
        store: where it goes.
        entry: in the index.
        ledger: for its chunks.
        how: what else decides its result, such as `keep_history`; arguments of `Sweep.run`.
    """

    store: Store
    entry: Entry
    ledger: Ledger
    how: Mapping[str, Any] = field(default_factory=dict)

    def finish(
        self, swept: Any, *, document: dict[str, Any] | None = None, status: str | None = None
    ) -> Kept:
        """Store what came of it.

        Raises:
            StoreError: the store cannot be written; the chunks are in the ledger.
        """
        self.ledger.flush()
        return keep_record(
            swept, store=self.store, entry=self.entry, document=document, status=status
        )


@contextlib.contextmanager
def sweeping(
    sweep: Sweep,
    *,
    store: Store | None = None,
    name: str = "sweep",
    tags: Sequence[str] = (),
    note: str = "",
    how: Mapping[str, Any] | None = None,
) -> Iterator[SweepDraft]:
    """Begin a sweep in the store: its document is there, and a ledger for its chunks.

    Args:
        sweep: what is about to run.
        store: where to; the user's store if not given.
        name, tags, note: what it is called.
        how: arguments of `Sweep.run` that decide its result, such as `keep_history`.

    Raises:
        StoreError: the store cannot be written.
    """
    store = Store.open() if store is None else store
    document = sweep.to_document()
    folder = os.path.abspath(sweep.folder)
    said = {"document": document, "folder": folder, "how": dict(how or {})}

    def fill(folder: Path) -> None:
        write_bytes(folder / SWEEP, json.dumps(said, ensure_ascii=False).encode())

    with contextlib.ExitStack() as hold:
        entry = store.add(
            "sweep",
            name,
            fill,
            hold=hold,
            tags=tags,
            note=note,
            digest=digest_of(document),
            status="running",
            has_state=True,
            **where(),
        )
        with _ledger(store, entry, how or {}) as draft:
            yield draft


@contextlib.contextmanager
def sweeping_on(ref: str, *, store: Store | None = None) -> Iterator[tuple[Sweep, SweepDraft]]:
    """Go on with a stored sweep: yield it, and the draft with the ledger of what is done.

    Raises:
        StoreError: there is no such sweep, another process goes on with it, or it is damaged.
        ExperimentError: its data or settings cannot be used any more.
    """
    from shoal.experiments.sweep import Sweep

    store = Store.open() if store is None else store
    entry = store.get(ref)
    document, folder, how = sweep_document(entry)
    sweep = Sweep.read(document, source=entry.id, folder=folder)
    with store.writing(entry), _ledger(store, entry, how) as draft:
        store.finish(entry.id, status="running")
        yield sweep, draft


def sweep_document(entry: Entry) -> tuple[dict[str, Any], Path, dict[str, Any]]:
    """Return the document of a stored sweep, the folder that it was in, and how it was run.

    Raises:
        StoreError: it is damaged, or no sweep.
    """
    if entry.kind != "sweep":
        raise StoreError(entry.id, f"is a {entry.kind}, and no sweep.")
    if not entry.folder.is_dir():
        raise gone(entry.folder, entry.id)
    try:
        said = json.loads((entry.folder / SWEEP).read_text(encoding="utf-8"))
        return said["document"], Path(said["folder"]), said["how"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        told = f"is damaged: {entry.folder / SWEEP} cannot be read."
        raise StoreError(entry.id, told, code="S107") from error


@contextlib.contextmanager
def _ledger(store: Store, entry: Entry, how: Mapping[str, Any]) -> Iterator[SweepDraft]:
    with Ledger.open(entry.folder / CHUNKS, about=entry.digest) as ledger:
        yield SweepDraft(store=store, entry=entry, ledger=ledger, how=how)
