"""What chunks of a sweep have in common on one machine: rows that travelled once, and a shelf."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, TypeVar

import numpy as np

from shoal.data.file_recipe import FileData
from shoal.data.image_recipe import ImageData
from shoal.experiments.document import Experiment
from shoal.experiments.loading import fingerprinted, reading_of
from shoal.experiments.shelf import Shelf

T = TypeVar("T")

SHELF_BYTES: Final = 256 * 2**20
"""What drawn and scaled rows may take before those used longest ago are let go."""
SWEEPS: Final = 4
"""Sweeps without cargo whose shelves a worker keeps."""
KEPT: Final = ("file", "images", "given")
"""Names on the shelf of what was read: never let go."""


class BoundedShelf(Shelf):
    """A shelf of limited size that threads share; what was read from files stays on it."""

    def __init__(self, n_bytes: int = SHELF_BYTES) -> None:
        super().__init__()
        self._made: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._room = n_bytes
        self._lock = threading.Lock()

    def recall(self, name: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` gives for `name`, made the first time only, while there is room."""
        if isinstance(name, tuple) and name[0] in KEPT:
            return super().recall(name, make)
        with self._lock:
            if name in self._made:
                self._made.move_to_end(name)
                found: T = self._made[name][0]
                return found
        made = make()
        with self._lock:
            if name not in self._made:
                self._made[name] = made, size_of(made)
                self._room -= self._made[name][1]
            while self._room < 0 and len(self._made) > 1:
                _, (_, freed) = self._made.popitem(last=False)
                self._room += freed
        return made


def size_of(thing: object) -> int:
    """Return the bytes of the arrays in a record, a tuple or a list.

    Example:
        >>> size_of((np.zeros(10), [np.zeros(2, np.int8)]))
        82
    """
    if isinstance(thing, np.ndarray):
        return int(thing.nbytes)
    if isinstance(thing, list | tuple):
        return sum(size_of(each) for each in thing)
    if is_dataclass(thing) and not isinstance(thing, type):
        return sum(size_of(getattr(thing, each.name)) for each in fields(thing))
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cargo:
    """What workers need beside the chunks; it travels to each of them once.

    Attributes:
        rows: what `Sweep.run` was given in place of the experiment's data.
        tables: what files hold, by kind, keys that decide how they are read, and folder, with
            their fingerprints.
    """

    rows: Any
    tables: Mapping[tuple[str, str, str], tuple[Any, str | None]]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send."""
        return self.rows is None and not self.tables


EMPTY: Final = Cargo(rows=None, tables={})


class Hold:
    """A cargo at work: experiments find their rows here, never in files."""

    def __init__(self, cargo: Cargo) -> None:
        self.cargo = cargo
        self.shelf = BoundedShelf()
        for (kind, reading, folder), (table, _) in cargo.tables.items():
            self._put((kind, reading, folder), table)

    def settled(self, experiment: Experiment) -> Experiment:
        """Return the experiment with the fingerprint of its files, which need not be here."""
        name = name_of(experiment)
        known = None if name is None else self.cargo.tables.get(name)
        if (
            known is None
            or known[1] is None
            or not isinstance(experiment.data, FileData | ImageData)
        ):
            return experiment
        data = experiment.data.model_copy(update={"fingerprint": known[1]})
        found = experiment.model_copy(update={"data": data})
        self._put(name_of(found), known[0])
        return found

    def _put(self, name: Hashable, table: Any) -> None:
        self.shelf.recall(name, lambda: table)


def name_of(experiment: Experiment) -> tuple[str, str, str] | None:
    """Return what names an experiment's files on a shelf, None if it has none."""
    data, folder = experiment.data, str(experiment.folder)
    if isinstance(data, FileData):
        return "file", reading_of(data), folder
    return ("images", reading_of(data), folder) if isinstance(data, ImageData) else None


def packed(experiment: Experiment, shelf: Shelf) -> tuple[Any, str | None]:
    """Return what an experiment's files hold, as a shelf has it, and their fingerprint."""
    name = name_of(experiment)
    whole = fingerprinted(experiment).data
    print_ = whole.fingerprint if isinstance(whole, FileData | ImageData) else None
    return shelf.recall(name, lambda: None), print_


_holds: dict[str, Hold] = {}


def stow(token: str, cargo: Cargo) -> None:
    """Keep a cargo in this process under a name that chunks have."""
    _holds[token] = Hold(cargo)


def unload(token: str) -> None:
    """Let a cargo go."""
    _holds.pop(token, None)


def hold_of(token: str) -> Hold:
    """Return the cargo that a chunk names; an empty one if none came.

    Nobody tells a worker when a sweep without cargo ends, so only the last few are kept.
    """
    found = _holds.get(token)
    if found is None:
        found = _holds[token] = Hold(EMPTY)
        unnamed = [name for name, hold in list(_holds.items()) if hold.cargo is EMPTY]
        for name in unnamed[:-SWEEPS]:
            unload(name)
    return found
