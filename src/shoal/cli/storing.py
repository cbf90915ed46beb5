"""Storing what a command made: by default, said in a line, and never the command's failure."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from shoal.errors import ShoalError, StoreError
from shoal.store.entry import check_tag
from shoal.store.home import is_off

if TYPE_CHECKING:
    from shoal.experiments.archive import Kept
    from shoal.experiments.drafting import SweepDraft
    from shoal.experiments.pieces import Observer
    from shoal.experiments.prepare import Prepared
    from shoal.experiments.run import Run
    from shoal.experiments.sweep import Sweep
    from shoal.store.entry import Entry
    from shoal.store.store import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Storing:
    """Whether and how a command stores what it makes.

    Attributes:
        wanted: whether at all.
        name: what it is called; after its data where nothing is said.
        tags, note: to find it by.
        quiet: only say what went wrong.
        every_s: seconds from one checkpoint to the next.
    """

    wanted: bool = True
    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    quiet: bool = False
    every_s: float = 10.0

    @property
    def is_on(self) -> bool:
        """Whether something is to be stored, after the environment had its say."""
        return self.wanted and not is_off()

    def check(self) -> None:
        """Refuse tags that cannot be, before any work is done.

        Raises:
            StoreError: a tag that is none.
        """
        for tag in self.tags:
            check_tag(tag)


@dataclass(slots=True)
class RunStoring:
    """Stores a run while it is trained, and once it is done.

    Attributes:
        observers: look on while it is trained.
        is_kept: whether it is stored.
    """

    observers: tuple[Observer, ...] = ()
    is_kept: bool = False
    _finish: Callable[..., Entry | None] | None = None

    def finish(
        self, run: Run, document: dict[str, Any] | None = None, status: str | None = None
    ) -> Entry | None:
        """Store the run, and say so; a problem is only said."""
        if self._finish is None:
            return None
        found = self._finish(run, document=document or None, status=status)
        self.is_kept = found is not None
        return found


@contextlib.contextmanager
def storing_run(
    prepared: Prepared, storing: Storing, *, checkpointed: bool = False
) -> Iterator[RunStoring]:
    """Yield what stores the run that is about to be trained.

    Args:
        prepared: what is trained.
        storing: whether and how.
        checkpointed: whether the user keeps a checkpoint, so that none is needed here.
    """
    store = _opened() if storing.is_on else None
    if store is None:
        yield RunStoring()
        return
    from shoal.experiments.drafting import drafting

    with drafting(
        prepared,
        store=store,
        name=storing.name,
        tags=storing.tags,
        note=storing.note,
        every_s=storing.every_s,
    ) as draft:

        def finish(run: Run, **how: Any) -> Entry | None:
            return keeping(lambda: draft.finish(run, **how), storing)

        yield RunStoring((draft,) if not checkpointed else (), _finish=finish)


def storing_entry(store: Store, entry: Entry, storing: Storing) -> RunStoring:
    """Return what stores a run in the folder of an entry; the right to write to it is held."""
    from shoal.experiments.archive import keep_record

    def finish(run: Run, **how: Any) -> Entry | None:
        keep = partial(keep_record, run, store=store, entry=entry, **how)
        return keeping(keep, storing, store)

    return RunStoring(_finish=finish)


def store_record(
    record: Any, storing: Storing, document: dict[str, Any] | None = None
) -> Entry | None:
    """Store a sweep, a comparison, a diagnosis or a run, and say so; a problem is only said.

    Args:
        record: what was made.
        storing: whether and how.
        document: `record.to_dict()`, if it was made already.

    Returns:
        Its entry, None if it is not stored.
    """
    if not storing.is_on:
        return None

    def keep() -> Kept:
        from shoal.experiments.archive import keep_record

        return keep_record(
            record,
            name=storing.name or None,
            tags=storing.tags,
            note=storing.note,
            document=document,
        )

    return keeping(keep, storing)


@contextlib.contextmanager
def storing_sweep(sweep: Sweep, storing: Storing, **how: Any) -> Iterator[SweepDraft | None]:
    """Yield a draft with the ledger of a sweep that is about to run; None if it is not stored.

    `finish_sweep` stores what came of it.

    Args:
        sweep: what is about to run.
        storing: whether and how.
        how: arguments of `Sweep.run` that decide its result, such as `keep_history`.
    """
    draft, stack = None, contextlib.ExitStack()
    if storing.is_on:
        from shoal.experiments.drafting import sweeping

        try:
            draft = stack.enter_context(
                sweeping(
                    sweep,
                    name=storing.name or Path(sweep.source).stem,
                    tags=storing.tags,
                    note=storing.note,
                    how=how,
                )
            )
        except ShoalError as error:
            _not_stored(error)
    with left_quietly(stack):
        yield draft


@contextlib.contextmanager
def left_quietly(manager: contextlib.AbstractContextManager[T]) -> Iterator[T]:
    """Enter a draft, and let go of it without a word: `finish_sweep` says what goes wrong.

    A full disk would say so again as the ledger is closed, and end a sweep that is done.
    """
    stack = contextlib.ExitStack()
    entered = stack.enter_context(manager)
    try:
        yield entered
    finally:
        with contextlib.suppress(StoreError):
            stack.close()


def finish_sweep(
    draft: SweepDraft | None,
    swept: Any,
    storing: Storing,
    document: dict[str, Any] | None = None,
) -> Entry | None:
    """Store what came of a sweep, and say so; a problem is only said."""
    if draft is None:
        return None
    entry = keeping(lambda: draft.finish(swept, document=document), storing, draft.store)
    if (entry is None or swept.interrupted) and not storing.quiet:
        print(f"note: to go on: shoal resume {draft.entry.id}", file=sys.stderr)
    return entry


def keeping(keep: Callable[[], Kept], storing: Storing, store: Store | None = None) -> Entry | None:
    """Call what stores something and say what came of it; nothing that goes wrong is raised.

    Args:
        keep: stores it.
        storing: whether to say that it is stored.
        store: where it goes, if what was begun there earlier need not be the last.
    """
    try:
        kept = keep()
        is_last = store is None or store.get("@last").id == kept.entry.id
    except Exception as error:  # whatever it is, what was computed is not lost for it
        _not_stored(error)
        return None
    for note in kept.notes:
        print(f"warning: {note}", file=sys.stderr)
    if not storing.quiet:
        print(f"stored as {kept.entry.id}{' (@last)' * is_last}", file=sys.stderr)
    return kept.entry


def _opened() -> Store | None:
    """Return the store; where it cannot be, say why and return None."""
    from shoal.store.store import Store

    try:
        return Store.open()
    except StoreError as error:
        _not_stored(error)
        return None


def _not_stored(error: Exception) -> None:
    sentence = str(error) if isinstance(error, ShoalError) else f"{type(error).__name__}: {error}"
    print(f"warning: not stored: {sentence}", file=sys.stderr)
