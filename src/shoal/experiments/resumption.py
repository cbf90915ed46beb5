"""Going on from a checkpoint: a run that was interrupted, or one that shall be longer."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from shoal.errors import CheckpointError, InputError
from shoal.experiments.branch import resettled, same_reports, with_figures
from shoal.experiments.carry import carry_on, check_how
from shoal.experiments.changes import override
from shoal.experiments.checkpoint import Checkpoint, data_fingerprint, read_checkpoint
from shoal.experiments.document import Experiment, GivenData
from shoal.experiments.ending import REASONS, ended, looked_at, sound
from shoal.experiments.keeper import Keeper, check_every, locked
from shoal.experiments.launch import finished, warn
from shoal.experiments.memory import Memory, first_memory
from shoal.experiments.prepare import Prepared, prepare
from shoal.experiments.progress import Progress
from shoal.experiments.run import Run
from shoal.experiments.snapshots import TAPE_BYTES, Snapshots
from shoal.experiments.trainer import Trainer, begin
from shoal.kernels import CAUSES, KernelName, State
from shoal.network import Parameters
from shoal.training.schedules import is_relative

EPOCHS = "training.epochs"
"""What may be changed: to a larger number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """A run that is about to go on from a checkpoint.

    Attributes:
        source: the checkpoint, which is written on to.
        prepared: data and settings, with the changes.
        state, memory: where it goes on.
        seconds: of training so far.
        every_s: seconds from one checkpoint to the next.
        folder: of the experiment, if the checkpoint says it whole.
    """

    source: str
    prepared: Prepared
    state: State
    memory: Memory
    seconds: float
    every_s: float
    folder: str | None = None

    def run(
        self,
        *,
        threads: int | None = None,
        progress: Callable[[Progress], object] | None = None,
        kernel: KernelName = "auto",
        tape_bytes: int = TAPE_BYTES,
    ) -> Run:
        """Go on to the end, or until Ctrl-C; see `resume`."""
        check_how("resume", threads, kernel)
        trainer = Trainer(self.prepared, state=self.state, memory=self.memory, kernel=kernel)
        snapshots = Snapshots(tape_bytes)
        keeper = Keeper(self.source, self.prepared, self.every_s, folder=self.folder)
        outcome = carry_on(
            trainer,
            snapshots,
            keeper=keeper,
            seconds_before=self.seconds,
            threads=threads,
            progress=progress,
        )
        return finished(trainer, outcome, snapshots, keeper=keeper)


def resume(
    path: str | os.PathLike[str],
    changes: Sequence[str] = (),
    *,
    rows: Any = None,
    threads: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    kernel: KernelName = "auto",
    tape_bytes: int = TAPE_BYTES,
    checkpoint_every_s: float = 10.0,
    allow_python: bool = False,
) -> Run:
    """Go on from a checkpoint, to the same bits as a run that was never interrupted.

    Args:
        path: the checkpoint; it is written on to.
        changes: ``["training.epochs=200"]`` makes the run longer; nothing else can be changed.
        rows: what the run was given in place of its experiment's data.
        threads: how many to use.
        progress: called a few times a second.
        kernel: "rows" or "networks" decides which kernel is used.
        tape_bytes: what snapshots on the way may take.
        checkpoint_every_s: seconds from one checkpoint to the next.
        allow_python: whether Python functions that the checkpoint names may be imported.

    Raises:
        CheckpointError: it is damaged, from other data or another arithmetic, or written to by
            another process.
        InputError: a change that cannot be made.
        FunctionError: a rule, or a stop rule, in Python failed; `error.run` has what was trained.
    """
    with resuming(
        path, changes, rows=rows, every_s=checkpoint_every_s, allow_python=allow_python
    ) as resumption:
        warn(resumption.prepared.warnings)
        run = resumption.run(
            threads=threads, progress=progress, kernel=kernel, tape_bytes=tape_bytes
        )
        warn(run.warnings[len(resumption.prepared.warnings) :])
        return run


def restored(
    found: Checkpoint, *, rows: Any = None, allow_python: bool = False
) -> tuple[Prepared, State, Memory]:
    """Return the data, the state and what a rule remembers, as a checkpoint has them.

    Raises:
        CheckpointError: it is damaged, or from other data.
        InputError: its data cannot be read, or a Python function may not be imported.
    """
    experiment, _ = _experiments(found, ())
    prepared = _prepare(found, experiment.with_functions(allow_python=allow_python), rows)
    found.same_data(data_fingerprint(prepared))
    return prepared, *_state(found, prepared, prepared)


@contextlib.contextmanager
def resuming(
    path: str | os.PathLike[str],
    changes: Sequence[str] = (),
    *,
    rows: Any = None,
    every_s: float = 10.0,
    allow_python: bool = False,
) -> Iterator[Resumption]:
    """Yield a run that is ready to go on; nobody else writes to the checkpoint meanwhile.

    Raises:
        CheckpointError: see `resume`.
        InputError: see `resume`.
    """
    check_every(every_s)
    if not Path(path).exists():
        read_checkpoint(path)  # says what is there instead
    with locked(path):
        found = read_checkpoint(path)
        found.same_arithmetic()
        before, after = _experiments(found, changes)
        prepared = _prepare(found, after.with_functions(allow_python=allow_python), rows)
        found.same_data(data_fingerprint(prepared))
        state, memory = _state(found, resettled(prepared, before), prepared)
        yield Resumption(
            source=os.fspath(path),
            prepared=prepared,
            state=state,
            memory=memory,
            seconds=found.seconds,
            every_s=every_s,
            folder=found.folder if os.path.isabs(found.folder) else None,
        )


def _experiments(found: Checkpoint, changes: Sequence[str]) -> tuple[Experiment, Experiment]:
    """Return the experiment as it was, and with the changes."""
    folder = Path(found.source).parent / found.folder
    before = Experiment.read(found.document, source=found.source, folder=folder)
    changed = override(found.document, changes)
    after = Experiment.read(changed, source=found.source, folder=folder)
    old, new = _flat(before.document()), _flat(after.document())
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key) and key != EPOCHS:
            raise InputError(
                f"{found.source}, {key}: cannot be changed when a run is resumed; only {EPOCHS} "
                "can, to a larger number. In Python, run.rewind(step).with_(...) goes on with "
                "another setting.",
                code="C105",
            )
    if after.training.epochs < before.training.epochs:
        raise InputError(
            f"{found.source}, {EPOCHS}: must be {before.training.epochs:,} or more, as in the run "
            f"that is resumed; got {after.training.epochs:,}.",
            code="C105",
        )
    longer = after.training.epochs > before.training.epochs
    if longer and is_relative(after.training.schedule):
        raise InputError(
            f"{found.source}, training.schedule: depends on the length of the run, so a longer run "
            f"would have gone another way from its first step. Resume it as it is, or run it anew "
            f"with {EPOCHS}={after.training.epochs}.",
            code="C105",
        )
    return before, after


def _flat(document: object, at: str = "") -> dict[str, object]:
    """Return the values of a document by their key paths."""
    if isinstance(document, Mapping):
        items = [(f"{at}.{key}" if at else str(key), value) for key, value in document.items()]
    elif isinstance(document, list):
        items = [(f"{at}[{k}]", value) for k, value in enumerate(document)]
    else:
        return {at: document}
    return {key: each for path, value in items for key, each in _flat(value, path).items()}


def _prepare(found: Checkpoint, experiment: Experiment, rows: Any) -> Prepared:
    if rows is None and isinstance(experiment.data, GivenData):
        told = "its rows were handed over in Python."
        cure = "Give them again: shoal.resume(path, rows=...)."
        raise CheckpointError(found.source, told, cure, code="C104")
    first = prepare(experiment, rows=rows)
    wanted = first.start.shape, first.start.dtype
    if (found.start.shape, found.start.dtype) != wanted:
        raise _damaged(found, "start")
    start = Parameters.from_flat(first.network.layout(), found.start)
    return replace(first, start=start.flat)


def _state(found: Checkpoint, old: Prepared, new: Prepared) -> tuple[State, Memory]:
    """Return state and memory to go on from: the checkpoint's, with room for more reports."""
    like, arrays = begin(old), found.arrays
    for name, array in like.arrays().items():
        if (arrays[name].shape, arrays[name].dtype) != (array.shape, array.dtype):
            raise _damaged(found, name)
    if len(found.memory) != len(first_memory(new)):
        raise _damaged(found, "memory")
    state = State(**arrays)
    _check_values(found, state, old)
    reached = int(looked_at(old, state).max())
    rules = old.experiment.training.stop
    decided = bool(old.settings.watches or rules) or old.settings.keep_best is not None
    if decided and not same_reports(old.settings, new.settings, reached):
        # the last report of the shorter run is none of the longer one, and may have decided
        return begin(new), first_memory(new)
    figures = with_figures(state.figures, old.settings, new.settings)
    return replace(state, figures=figures), found.memory


def _check_values(found: Checkpoint, state: State, prepared: Prepared) -> None:
    """Refuse numbers that the core would take as places in memory."""
    settings = prepared.settings
    codes = ended(state)
    known = np.isin(codes, [*range(len(settings.watches) + 1), *REASONS])
    limits = {
        "step": (state.step >= 0) & (state.step <= settings.total_steps),
        "status": np.isin(np.where(sound(state), 0, state.status), list(CAUSES)) & known,
        "best_report": (state.best_report >= -1) & (state.best_report < settings.n_reports),
    }
    for name, fine in limits.items():
        if not fine.all():
            raise _damaged(found, name)


def _damaged(found: Checkpoint, name: str) -> CheckpointError:
    return CheckpointError(
        found.source, f"is damaged: its array '{name}' does not fit the run.", code="C102"
    )
