"""Records in the store and back: runs, sweeps, comparisons and diagnoses.

A run keeps its whole state, so that it comes back without being trained anew. The others keep
what their `pack` gives: a document and arrays.
"""

from __future__ import annotations

import json
import platform
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np

import shoal
from shoal.errors import ArgumentError, ShoalWarning, StoreError
from shoal.experiments.result import number
from shoal.experiments.stored_run import (
    RESULT,
    digest_of,
    facts_of_run,
    gone,
    name_of,
    read_run,
    why_without_state,
    write_result,
    write_state,
)
from shoal.files import write_bytes
from shoal.kernels import ARITHMETIC
from shoal.metrics import band
from shoal.store.entry import Entry, Kind
from shoal.store.store import Store
from shoal.training.figures import FIGURE_NAMES, goes_up
from shoal.views import mark_stored

RECORD: Final = "record.json"
ARRAYS: Final = "arrays.safetensors"
SCHEMA: Final = 1
"""Version of `RECORD`."""
HOMES: Final[Mapping[Kind, tuple[str, str]]] = {
    "run": ("shoal.experiments.run", "Run"),
    "sweep": ("shoal.experiments.sweep.swept", "Swept"),
    "comparison": ("shoal.experiments.comparison", "Comparison"),
    "diagnosis": ("shoal.experiments.doctor", "Diagnosis"),
}
"""The class of each kind of record, and where it is."""

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What came of storing a record.

    Attributes:
        entry: in the index.
        notes: sentences about what could not be kept.
    """

    entry: Entry
    notes: tuple[str, ...]


def keep(
    record: Any,
    *,
    store: Store | None = None,
    name: str | None = None,
    tags: Sequence[str] = (),
    note: str = "",
) -> Entry:
    """Store a run, a sweep, a comparison or a diagnosis; return its entry.

    Args:
        record: what to store.
        store: where to; the user's store if not given.
        name: what it is called; after its data if not given.
        tags, note: to find it by.

    Raises:
        ArgumentError: `record` is none of these.
        StoreError: the store cannot be written.
    """
    kept = keep_record(record, store=store, name=name, tags=tags, note=note)
    for sentence in kept.notes:
        warnings.warn(sentence, ShoalWarning, stacklevel=2)
    return kept.entry


def keep_record(
    record: Any,
    *,
    store: Store | None = None,
    name: str | None = None,
    tags: Sequence[str] = (),
    note: str = "",
    entry: Entry | None = None,
    document: dict[str, Any] | None = None,
    status: str | None = None,
) -> Kept:
    """Store a record, in a folder of its own or that of an entry that was begun.

    Args:
        record: what to store.
        store: where to; the user's store if not given.
        name, tags, note: see `keep`.
        entry: that was begun for it; the right to write to it is held.
        document: `record.to_dict()` if it was made already.
        status: in place of what the record says of itself.

    Raises:
        ArgumentError: `record` is none that can be stored.
        StoreError: the store cannot be written.
    """
    store = Store.open() if store is None else store
    kind = kind_of(record)
    notes: list[str] = []
    if kind == "run":
        why = why_without_state(record)
        if why:
            notes.append(f"only the result is stored, and not the weights: {why}.")
        facts = {**facts_of_run(record), "has_state": not why}
        called = name or name_of(record.experiment)

        def fill(folder: Path) -> None:
            if not why:
                write_state(folder, record)
            write_result(folder, record, document)

    else:
        facts = {**_facts_of(record), "has_state": True}
        called = name or _name_of(record)

        def fill(folder: Path) -> None:
            _write_record(folder, kind, record, document)

    facts |= {**where(), **({} if status is None else {"status": status})}
    if entry is None:
        entry = store.add(kind, called, fill, tags=tags, note=note, **facts)
    else:
        fill(entry.folder)
        entry = store.finish(entry.id, **facts)
    mark_stored(record, entry.id)
    return Kept(entry=entry, notes=tuple(notes))


def load(
    ref: str, *, store: Store | None = None, rows: Any = None, allow_python: bool = False
) -> Any:
    """Return a stored run, sweep, comparison or diagnosis; nothing is trained anew.

    Args:
        ref: the beginning of an id, ``@last``, ``@last~1``, ``@best``, ``@last:NAME``.
        store: the user's store if not given.
        rows: what a run was given in place of its experiment's data.
        allow_python: whether Python functions that it names may be imported.

    Raises:
        StoreError: there is none, it is damaged, or its data cannot be had again.
    """
    store = Store.open() if store is None else store
    entry = store.get(ref)
    if entry.kind == "run":
        run = read_run(entry.folder, entry.id, rows=rows, allow_python=allow_python)
        mark_stored(run, entry.id)
        return run
    if not entry.folder.is_dir():
        raise gone(entry.folder, entry.id)
    if not (entry.folder / RECORD).is_file():
        told = f"the {entry.kind} has not come to its end."
        raise StoreError(entry.id, told, f"Go on with it: shoal resume {entry.id}.")
    return _read_record(entry)


def kind_of(record: Any) -> Kind:
    """Return what kind of record this is.

    Raises:
        ArgumentError: none that can be stored.
    """
    names: dict[str, Kind] = {name: kind for kind, (_, name) in HOMES.items()}
    for each in type(record).__mro__:
        if each.__name__ in names and each.__module__.startswith("shoal."):
            return names[each.__name__]
    wanted = "must be a Run, Swept, Comparison or Diagnosis"
    raise ArgumentError("keep", "record", wanted, got=f"a {type(record).__name__}", code="A101")


@cache
def where() -> dict[str, Any]:
    """Return on which machine, with which arithmetic and version things are computed here."""
    return {"machine": machine(), "arithmetic": ARITHMETIC, "version": shoal.__version__}


def machine() -> str:
    """Return the processor and the system in a few words; nothing that names the owner."""
    model = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file.read(4096).splitlines():
                if line.startswith("model name"):
                    model = " ".join(line.partition(":")[2].split())
    except OSError:
        pass
    return f"{model}, {platform.system()}"


def _facts_of(record: Any) -> Facts:
    """Return what the index says of a sweep, a comparison or a diagnosis."""
    figure = str(getattr(record, "figure", None) or getattr(record, "usual_figure", None) or "")
    values = getattr(record, "columns", {}).get(figure)
    found: Facts = {"figure": figure if figure in FIGURE_NAMES else ""}
    if found["figure"]:
        found["higher_is_better"] = goes_up(figure)
    if values is not None and np.isfinite(values).any():
        finite = values[np.isfinite(values)]
        found["value"] = number(band(np.asarray(finite, np.float64)).median)
        found["best"] = number(finite.max() if found.get("higher_is_better") else finite.min())
    if values is not None:
        found["n_networks"] = len(values)
    elif hasattr(record, "arms"):
        found["n_networks"] = len(record.arms) * int(record.n_pairs)
    else:
        found["n_networks"] = record.experiment.population.size
    return found | {
        "answer": " ".join(str(getattr(record, "sentence", "")).split()),
        "digest": digest_of(_digestible(record)),
        "seconds": float(getattr(record, "seconds", 0.0) or 0.0),
        "status": "interrupted" if getattr(record, "interrupted", False) else "done",
    }


def _digestible(record: Any) -> Any:
    """Return the document that a record follows from."""
    if hasattr(record, "sweep"):
        return record.sweep.to_document()
    if hasattr(record, "arms"):
        return {"arms": [arm.experiment.document() for arm in record.arms]}
    return record.experiment.document()


def _name_of(record: Any) -> str:
    """Return what a record is called after its data."""
    if hasattr(record, "sweep"):
        return name_of(record.sweep.base)
    return name_of(record.arms[0].experiment if hasattr(record, "arms") else record.experiment)


def _write_record(
    folder: Path, kind: Kind, record: Any, document: dict[str, Any] | None = None
) -> None:
    from shoal.store.packing import packed

    packed_document, arrays = record.pack()
    said = {"schema": SCHEMA, "kind": kind, "record": packed_document}
    result = record.to_dict() if document is None else document
    write_bytes(folder / ARRAYS, packed(arrays), force=True)
    write_bytes(folder / RESULT, _json(result), force=True)
    write_bytes(folder / RECORD, _json(said), force=True)  # the last: with it the record is whole


def _json(document: Any) -> bytes:
    # NaN may stand in a figure that nobody has; Python reads it back
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _read_record(entry: Entry) -> Any:
    from shoal.store.packing import unpacked

    try:
        said = json.loads((entry.folder / RECORD).read_text(encoding="utf-8"))
        schema, kind, document = said["schema"], said["kind"], said["record"]
        if schema > SCHEMA:
            told = f"was stored by a newer shoal: its version is {schema}, this one has {SCHEMA}."
            raise StoreError(entry.id, told, "Update shoal.", code="S104")
        arrays = unpacked((entry.folder / ARRAYS).read_bytes())
        module, name = HOMES[kind]
    except StoreError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        told = f"is damaged: its record cannot be read ({type(error).__name__})."
        raise StoreError(entry.id, told, code="S104") from error
    record = getattr(import_module(module), name).unpack(document, arrays)
    mark_stored(record, entry.id)
    return record
