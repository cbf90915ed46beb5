"""What a command is asked to look at: a stored record, a checkpoint, or a file to carry out."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shoal.errors import InputError, StoreError, did_you_mean
from shoal.store.entry import is_id, is_reference

if TYPE_CHECKING:
    from shoal.experiments.document import Experiment
    from shoal.experiments.origin import Origin
    from shoal.experiments.prepare import Prepared
    from shoal.experiments.run import Run
    from shoal.models import Model
    from shoal.store.entry import Entry

DOCUMENTS: Final = (".toml", ".json")
MODEL: Final = ".safetensors"
CHECKPOINTS: Final = b"shoal_checkpoint"


def stored_entry(text: str) -> Entry | None:
    """Return the stored entry that `text` names; None if it is the name of a file.

    A file that is there goes before an id that begins so; what begins with @ is never a file.

    Raises:
        StoreError: it can only be a reference, and there is none, or several.
    """
    from shoal.store.store import Store

    if is_reference(text):
        return Store.open().get(text)
    if not is_id(text) or Path(text).exists():
        return None
    try:
        return Store.open().get(text)
    except StoreError as error:
        if "several" in error.reason or error.source != text:
            raise
        if did_you_mean(text, os.listdir()):
            return None  # a file whose name was mistyped; who reads it says which
        known = "no file and no stored run is called that."
        raise StoreError(text, known, "See: shoal runs.", code="S101") from None


def open_target(
    text: str,
    changes: Sequence[str] = (),
    *,
    threads: int | None = None,
    progress: Callable[[Any], object] | None = None,
    allow_python: bool = False,
    quiet: bool = False,
    check: Callable[[Prepared], object] | None = None,
) -> Any:
    """Return the record that a command is about: a Run, Swept, Comparison or Diagnosis.

    What is stored, or in a checkpoint, is taken as it is. A file is carried out and not stored,
    and so is what a stored record was made of, where there are changes.

    Args:
        text: a reference (``@last``, an id), a checkpoint, or an experiment or sweep file.
        changes: to the experiment.
        threads: how many to use where something is trained.
        progress: called a few times a second where an experiment is trained.
        allow_python: whether Python functions that it names may be imported.
        quiet: no notes on standard error.
        check: called with an experiment that is to be trained, before it is.

    Raises:
        StoreError: no such stored record, or it cannot be brought back.
        InputError: the file cannot be read, or what it names cannot be had with changes.
    """
    entry = stored_entry(text)
    if entry is not None and not changes:
        from shoal.experiments.archive import load

        return load(entry.id, allow_python=allow_python)
    file = Path(text)
    is_state = entry is None and is_checkpoint(file)
    if is_state and not changes:
        from shoal.experiments.stored_run import run_of_checkpoint

        return run_of_checkpoint(file, allow_python=allow_python)
    if entry is None and file.suffix == MODEL and not is_state:
        cure = "Give the run that it came from: an experiment file, @last, or an id."
        raise InputError(f"{text}: is a model, which holds no training. {cure}", code="U109")
    origin = origin_of(text)
    how: dict[str, Any] = {"threads": threads, "progress": progress, "allow_python": allow_python}
    if is_sweep(text):
        return origin.sweep(changes).run(**how)
    return _carried_out(origin.experiment(changes), quiet=quiet, check=check, **how)


def origin_of(text: str) -> Origin:
    """Return what an experiment or a sweep is said by: a file, a checkpoint, a stored record.

    Raises:
        StoreError: no such stored record, or it is no one experiment.
        InputError: the file cannot be read.
    """
    from shoal.experiments.origin import origin_of_checkpoint, origin_of_entry, origin_of_file

    entry = stored_entry(text)
    if entry is not None:
        return origin_of_entry(entry)
    file = Path(text)
    return origin_of_checkpoint(file) if is_checkpoint(file) else origin_of_file(file)


def experiment_in(text: str, changes: Sequence[str] = ()) -> Experiment:
    """Return the experiment that a file, a checkpoint or a stored run stands for.

    Raises:
        StoreError: no such stored record, or it is no one experiment.
        InputError: the file cannot be read, is wrong, or is a sweep.
    """
    return one_experiment(text).experiment(changes)


def one_experiment(text: str) -> Origin:
    """Return what an experiment is said by; see `experiment_in`."""
    if is_sweep(text):
        cure = "Give experiments; shoal sweep trains and ranks its cells."
        raise InputError(f"{text}: is a sweep, and no one experiment. {cure}", code="U109")
    return origin_of(text)


def model_of(text: str) -> Model:
    """Return the model in a file, or the networks of a stored run.

    Raises:
        StoreError: no such stored run, or it has no networks.
        InputError: the file is no model.
    """
    entry = stored_entry(text)
    if entry is None:
        from shoal.models import load_model

        return load_model(Path(text))
    if entry.kind != "run":
        told = f"is a {entry.kind}, which has no one model."
        raise StoreError(text, told, "Give a run.")
    from shoal.experiments.archive import load

    run: Run = load(entry.id)
    return run.ensemble


def is_sweep(text: str) -> bool:
    """Return whether this is an experiment file with a table [sweep], or a stored sweep.

    Raises:
        StoreError: it can only be a reference, and there is none, or several.
    """
    entry = stored_entry(text)
    if entry is not None:
        return entry.kind == "sweep"
    file = Path(text)
    if file.suffix not in DOCUMENTS or not file.is_file():
        return False
    try:
        if file.suffix == ".toml":
            return "sweep" in tomllib.loads(file.read_text(encoding="utf-8"))
        import json

        found = json.loads(file.read_text(encoding="utf-8"))
        return isinstance(found, dict) and "sweep" in found
    except (OSError, ValueError, RecursionError):
        return False  # who reads it in earnest says what is wrong


def _carried_out(
    experiment: Experiment,
    *,
    allow_python: bool,
    quiet: bool,
    check: Callable[[Prepared], object] | None,
    **how: Any,
) -> Any:
    from shoal.experiments.launch import carry_out
    from shoal.experiments.prepare import prepare

    prepared = prepare(experiment.with_functions(allow_python=allow_python))
    if check is not None:
        check(prepared)
    for warning in () if quiet else prepared.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return carry_out(prepared, **how)


def is_checkpoint(file: Path) -> bool:
    """Return whether a file keeps the state of a training."""
    if not file.is_file():
        return False
    try:
        with open(file, "rb") as opened:
            head = opened.read(8)
            n_header = int.from_bytes(head, "little")
            return 2 <= n_header < 2**26 and CHECKPOINTS in opened.read(min(n_header, 4096))
    except OSError:
        return False
