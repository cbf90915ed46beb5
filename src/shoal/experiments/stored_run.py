"""A run in a folder of the store: its whole state as a checkpoint, and its result as JSON."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Final

import numpy as np

from shoal.data.image_recipe import ImageData
from shoal.data.tasks import TaskRecipe
from shoal.errors import InputError, ShoalError, StoreError
from shoal.experiments.checkpoint import (
    MEMORY,
    START,
    Checkpoint,
    header_of,
    read_checkpoint,
    write_checkpoint,
)
from shoal.experiments.document import Experiment, GivenData
from shoal.experiments.ending import running
from shoal.experiments.memory import Memory, NotPlainError, rule_of, to_plain
from shoal.experiments.prepare import Prepared
from shoal.experiments.result import number
from shoal.experiments.resumption import restored
from shoal.experiments.run import Run
from shoal.files import write_bytes
from shoal.kernels import ARITHMETIC, State
from shoal.metrics import band
from shoal.models.document import write_document
from shoal.training.figures import HEADLINES, goes_up

CHECKPOINT: Final = "run.checkpoint"
RESULT: Final = "result.json"
MOST_BYTES: Final = 256 * 2**20
"""Of a state; a larger one is not kept, only its result."""
MOST_NETWORKS: Final = 10_000
"""Whose figures are in the result one by one; those of more are in the state."""
"""What a run is listed with: the first that it has."""


def name_of(experiment: Experiment) -> str:
    """Return what an experiment is called where it has no file: after its data."""
    data = experiment.data
    if isinstance(data, TaskRecipe):
        return str(data.task)
    if isinstance(data, GivenData):
        return str(data.given)
    return Path(data.images if isinstance(data, ImageData) else data.file).stem


def digest_of(document: Any) -> str:
    """Return the SHA-256 of a document."""
    return hashlib.sha256(write_document(document).encode()).hexdigest()


def facts_of_run(run: Run) -> dict[str, Any]:
    """Return what the index says of a run."""
    values = {name: run.final(name) for name in HEADLINES if name in run.history}
    figure = next((name for name, each in values.items() if np.isfinite(each).any()), "")
    found: dict[str, Any] = {}
    if figure:
        found = {
            "figure": figure,
            "higher_is_better": goes_up(figure),
            "value": number(band(values[figure]).median),
            "best": number(values[figure][run.best_index]),
        }
    return found | {
        "digest": digest_of(run.experiment.document()),
        "n_networks": len(run),
        "seconds": run.seconds,
        "status": "interrupted" if run.interrupted else "done",
    }


def why_without_state(run: Run) -> str:
    """Return why the state of a run cannot be kept, in words; nothing if it can."""
    if run.parent is not None:
        return "it branched from another run"
    n_bytes = n_bytes_of(run.prepared, run.state)
    if n_bytes > MOST_BYTES:
        return f"its arrays take {n_bytes / 2**20:,.0f} MB, and no more than 256 are kept"
    try:
        run.experiment.check_portable()
        _memory(run)
    except InputError:
        return "its Python functions have no name that a file could hold"
    except (NotPlainError, RecursionError) as error:
        return f"its rule remembers {error}"
    return ""


def n_bytes_of(prepared: Prepared, state: State) -> int:
    """Return how many bytes a checkpoint of a run takes, about."""
    return int(prepared.start.nbytes + sum(array.nbytes for array in state.arrays().values()))


def write_state(folder: Path, run: Run) -> None:
    """Write the checkpoint of a run into a folder.

    Raises:
        InputError: it cannot be written.
    """
    said, own = _memory(run)
    path = folder / CHECKPOINT
    # the folder whole: where the experiment is does not change if the store moves
    there = {"folder": os.path.abspath(run.experiment.folder)}
    header = {**header_of(run.prepared, path), **there, **said, "seconds": run.seconds}
    write_checkpoint(path, header, {**run.state.arrays(), START: run.prepared.start, **own})


def write_result(folder: Path, run: Run, document: dict[str, Any] | None = None) -> None:
    """Write the result of a run into a folder.

    Args:
        folder: where to.
        run: what came of the experiment.
        document: `run.to_dict()` if it was made already.

    Raises:
        InputError: it cannot be written.
    """
    made = run.to_dict() if document is None else document
    if len(run) > MOST_NETWORKS:
        made = {**made, "networks": None}
    text = json.dumps(made, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    write_bytes(folder / RESULT, text.encode(), force=True)


def read_run(folder: Path, id: str, *, rows: Any = None, allow_python: bool = False) -> Run:
    """Return the run in a folder as it was, nothing trained anew.

    Args:
        folder: of the store.
        id: what it is called in errors.
        rows: what it was given in place of its experiment's data.
        allow_python: whether Python functions that it names may be imported.

    Raises:
        StoreError: its state is not there or damaged, or its data cannot be had again.
    """
    file = checkpoint_in(folder, id)
    try:
        found = read_checkpoint(file)
        if rows is None and found.document.get("data", {}).get("given") is not None:
            told = "its rows were handed over in Python."
            cure = "Give them again: shoal.experiments.archive.load(ref, rows=...)."
            raise StoreError(id, told, cure, code="S108")
        prepared, state, memory = restored(found, rows=rows, allow_python=allow_python)
    except StoreError:
        raise
    except ShoalError as error:
        told = str(error).replace(str(file), "its checkpoint")
        cure = f"Its result is there: shoal runs show {id}."
        raise StoreError(id, f"cannot be brought back: {told}", cure, code="S108") from error
    return _run(found, prepared, state, memory)


def checkpoint_in(folder: Path, id: str) -> Path:
    """Return the file that keeps the state of the run in a folder.

    Raises:
        StoreError: it is not there.
    """
    if not folder.is_dir():
        raise gone(folder, id)
    if not (folder / CHECKPOINT).is_file():
        told = "its arrays were not kept."
        raise StoreError(id, told, f"Its result is there: shoal runs show {id}.", code="S108")
    return folder / CHECKPOINT


def gone(folder: Path, id: str) -> StoreError:
    """Return the error that says that somebody removed the folder of an entry."""
    return StoreError(
        id, f"its folder, {folder}, is gone.", f"Forget it: shoal runs rm {id}.", code="S108"
    )


def run_of_checkpoint(path: str | os.PathLike[str], *, allow_python: bool = False) -> Run:
    """Return the run that a checkpoint holds, as far as it came; nothing is trained.

    Raises:
        CheckpointError: it is damaged, or from other data.
        InputError: its data cannot be read, or a Python function may not be imported.
    """
    found = read_checkpoint(path)
    return _run(found, *restored(found, allow_python=allow_python))


def _run(found: Checkpoint, prepared: Prepared, state: State, memory: Memory) -> Run:
    warnings = prepared.warnings
    if found.arithmetic != ARITHMETIC:
        warnings += (
            f"was computed with arithmetic '{found.arithmetic}'; this shoal has '{ARITHMETIC}', "
            "so steps that are computed again may differ in their last bits.",
        )
    return Run(
        experiment=prepared.experiment,
        network=prepared.network,
        prepared=prepared,
        state=state,
        seconds=found.seconds,
        interrupted=bool(running(state, prepared.settings.total_steps).any()),
        warnings=warnings,
        memory=memory,
    )


def _memory(run: Run) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what a rule in Python remembers, as document and arrays."""
    if rule_of(run.prepared) is None:
        return {}, {}
    plain, arrays = to_plain(list(run.memory))
    return {MEMORY: plain}, arrays
