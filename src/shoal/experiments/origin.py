"""What a record was made of: the document of an experiment or a sweep, and where it was read.

Rows, weights and figures stay where they are, so that an experiment can be had again where its
data or its arrays cannot.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shoal.errors import StoreError
from shoal.experiments.changes import override
from shoal.experiments.checkpoint import read_checkpoint
from shoal.experiments.document import Experiment
from shoal.experiments.reading import read_document

if TYPE_CHECKING:
    from shoal.experiments.sweep import Sweep
    from shoal.store.entry import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The document of an experiment or a sweep.

    Attributes:
        source: what it is called in messages.
        name: what a run of it is called in the store.
        document: as TOML and JSON give it.
        folder: where relative data files start.
    """

    source: str
    name: str
    document: Mapping[str, Any]
    folder: Path

    def experiment(self, changes: Sequence[str] = ()) -> Experiment:
        """Return the experiment, with changes such as ``training.epochs=20``.

        Raises:
            ExperimentError: what is wrong, every problem at once with its key path.
        """
        document = override(self.document, changes)
        return Experiment.read(document, source=self.source, folder=self.folder)

    def sweep(self, changes: Sequence[str] = ()) -> Sweep:
        """Return the sweep, with changes of the base and axes such as ``seed=1,2,3``.

        Raises:
            ExperimentError: what is wrong, with its key path.
        """
        from shoal.experiments.sweep.document import Sweep, changed

        document = changed(self.document, changes)
        return Sweep.read(document, source=self.source, folder=self.folder)


def origin_of_file(file: Path) -> Origin:
    """Return what an experiment file says.

    Raises:
        MissingFileError: there is no such file.
        ExperimentError: it is not TOML or JSON.
        InputError: it cannot be read.
    """
    document = read_document(file)
    return Origin(source=str(file), name=file.stem, document=document, folder=file.parent)


def origin_of_checkpoint(file: Path) -> Origin:
    """Return the experiment whose training a checkpoint keeps.

    Raises:
        CheckpointError: it is damaged.
    """
    found = read_checkpoint(file)
    folder = Path(os.path.normpath(file.parent / found.folder))
    return Origin(source=str(file), name=file.stem, document=found.document, folder=folder)


def origin_of_entry(entry: Entry) -> Origin:
    """Return what a stored run, sweep or diagnosis was made of.

    In messages it is called by its id: a reference may mean another one tomorrow.

    Raises:
        StoreError: it is no one experiment, or is damaged.
    """
    from shoal.experiments.archive import load
    from shoal.experiments.drafting import SWEEP, sweep_document
    from shoal.experiments.stored_run import checkpoint_in

    if entry.kind == "run":
        found = origin_of_checkpoint(checkpoint_in(entry.folder, entry.id))
        return replace(found, source=entry.id, name=entry.name)
    if entry.kind == "sweep" and (entry.folder / SWEEP).is_file():
        document, folder, _ = sweep_document(entry)  # also of one that has not come to its end
    elif entry.kind == "sweep":
        made = load(entry.id).sweep
        document, folder = made.to_document(), made.folder
    elif entry.kind == "diagnosis":
        experiment = load(entry.id).experiment
        document, folder = experiment.document(), experiment.folder
    else:
        told, cure = f"is a {entry.kind}, and no one experiment.", "Give a run or an experiment."
        raise StoreError(entry.id, told, cure, code="U109")
    return Origin(source=entry.id, name=entry.name, document=document, folder=folder)
