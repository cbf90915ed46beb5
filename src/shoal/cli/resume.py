"""``shoal resume``: go on from a checkpoint or in the store, as if nothing had come in between."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from shoal.cli.run import Wishes, check_outputs, deliver, named, say
from shoal.cli.storing import RunStoring, storing_entry, storing_run
from shoal.cli.targets import stored_entry
from shoal.errors import InputError, StoreError
from shoal.experiments.resumption import resuming
from shoal.experiments.stored_run import CHECKPOINT, gone
from shoal.store.store import Store

if TYPE_CHECKING:
    from shoal.store.entry import Entry


def resume_source(source: str, changes: Sequence[str], wishes: Wishes) -> None:
    """Go on from a checkpoint, or with what is stored."""
    check_outputs(wishes.outputs, wishes.force)
    entry = stored_entry(source)
    if entry is None:
        resume_file(Path(source), changes, wishes)
    elif entry.kind == "sweep":
        from shoal.cli.resume_sweep import resume_sweep

        resume_sweep(entry, changes, wishes)
    elif entry.kind == "run":
        resume_entry(entry, changes, wishes)
    else:
        told = f"is a {entry.kind}, and only runs and sweeps can go on."
        raise StoreError(entry.id, told)


def resume_file(file: Path, changes: Sequence[str], wishes: Wishes) -> None:
    """Go on from a checkpoint, print and write; after Ctrl-C what is there, then exit 130."""
    wishes = named(replace(wishes, checkpoint=file), file.stem)
    if file in wishes.outputs:
        raise InputError(f"{file}: is the checkpoint itself. Name another output.", code="O111")
    every_s, allowed = wishes.every_s, wishes.allow_python
    with resuming(file, changes, every_s=every_s, allow_python=allowed) as resumption:
        prepared = resumption.prepared
        say(prepared, wishes.quiet)
        with storing_run(prepared, wishes.storing, checkpointed=True) as stored:
            deliver(prepared, wishes, resumption.run, stored)


def resume_entry(entry: Entry, changes: Sequence[str], wishes: Wishes) -> None:
    """Go on with a stored run; with more epochs it is a run of its own, and the old one stays."""
    if not entry.folder.is_dir():
        raise gone(entry.folder, entry.id)
    if not (entry.folder / CHECKPOINT).is_file():
        if entry.status == "running":
            with Store.open().writing(entry):  # raises: its first checkpoint is being written
                pass
        told = "has no arrays to go on from; only its result is kept."
        raise StoreError(entry.id, told)
    every_s, allowed = wishes.every_s, wishes.allow_python
    wishes = named(wishes, entry.name)
    with (
        _place(entry, changes, wishes) as (file, stored),
        resuming(file, changes, every_s=every_s, allow_python=allowed) as resumption,
    ):
        say(resumption.prepared, wishes.quiet)
        deliver(resumption.prepared, wishes, resumption.run, stored)


@contextmanager
def _place(
    entry: Entry, changes: Sequence[str], wishes: Wishes
) -> Iterator[tuple[Path, RunStoring]]:
    """Yield the checkpoint to go on from, and what keeps the run: in place, or as a new run."""
    store = Store.open()
    if not changes:
        with store.writing(entry):
            yield entry.folder / CHECKPOINT, storing_entry(store, entry, wishes.storing)
        return
    hold = ExitStack()
    new = store.add(
        "run",
        entry.name,
        lambda folder: shutil.copyfile(entry.folder / CHECKPOINT, folder / CHECKPOINT),
        hold=hold,
        tags=wishes.storing.tags,
        note=wishes.storing.note or f"{entry.id}, longer",
        status="interrupted",
        has_state=True,
    )
    stored = storing_entry(store, new, wishes.storing)
    try:
        with hold:
            yield new.folder / CHECKPOINT, stored
    finally:
        if not stored.is_kept:
            store.remove(new.id)  # it could not begin: the change cannot be made
