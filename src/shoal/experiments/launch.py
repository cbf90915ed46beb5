"""Carrying experiments out: from what was prepared to the record of what came of it."""

from __future__ import annotations

import os
import warnings as python_warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from shoal.errors import ShoalWarning
from shoal.experiments.carry import carry_on, check_how
from shoal.experiments.keeper import Keeper, keeping
from shoal.experiments.pieces import Observer, Outcome
from shoal.experiments.prepare import Prepared
from shoal.experiments.probes import Probe, Probes, check_probes
from shoal.experiments.progress import Progress
from shoal.experiments.run import Run
from shoal.experiments.snapshots import TAPE_BYTES, Snapshots
from shoal.experiments.trainer import Trainer
from shoal.kernels import KernelName


def carry_out(
    prepared: Prepared,
    *,
    threads: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    kernel: KernelName = "auto",
    tape_bytes: int = TAPE_BYTES,
    probes: Mapping[str, Probe] | None = None,
    probe_steps: Sequence[int] | np.ndarray | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every_s: float = 10.0,
    force: bool = False,
    observers: Sequence[Observer] = (),
) -> Run:
    """Train a prepared population to its end, or until Ctrl-C.

    Args:
        prepared: data and start.
        threads: how many to use; all this process may use if not given.
        progress: called a few times a second with a `Progress`.
        kernel: "rows" or "networks" decides which kernel is used.
        tape_bytes: what snapshots on the way may take, for `Run.at` and the like.
        probes: functions of the weights by name.
        probe_steps: when they are called.
        checkpoint: a file to continue from if training is interrupted.
        checkpoint_every_s: seconds from one checkpoint to the next.
        force: replace a checkpoint that is there.
        observers: look at the population between pieces.

    Raises:
        ArgumentError: `threads`, `kernel`, probes or times that cannot be.
        FunctionError: a rule, a predicate or a probe in Python failed; `error.run` has what was
            trained.
        InputError: the checkpoint cannot be written, or a Python function is not imported.
    """
    where = "Experiment.run"
    check_how(where, threads, kernel)
    prepared.experiment.with_functions()  # what was not found is told before anything is written
    total = prepared.settings.total_steps
    looking = Probes(prepared.network, *check_probes(where, probes, probe_steps, total))
    trainer, snapshots = Trainer(prepared, kernel=kernel), Snapshots(tape_bytes)
    with keeping(checkpoint, prepared, checkpoint_every_s, force=force) as keeper:
        outcome = carry_on(
            trainer,
            snapshots,
            probes=looking if looking.functions else None,
            keeper=keeper,
            others=observers,
            threads=threads,
            progress=progress,
        )
        return finished(trainer, outcome, snapshots, probes=looking, keeper=keeper)


def finished(
    trainer: Trainer,
    outcome: Outcome,
    snapshots: Snapshots,
    *,
    probes: Probes | None = None,
    keeper: Keeper | None = None,
) -> Run:
    """Return the record of a training that has ended, after its last checkpoint.

    Raises:
        FunctionError: a function of the user's ended it; the record is `error.run`.
    """
    prepared = trainer.prepared
    problem = None if keeper is None else keeper.finish(trainer, outcome.seconds)
    run = Run(
        experiment=prepared.experiment,
        network=prepared.network,
        prepared=prepared,
        state=trainer.state,
        seconds=outcome.seconds,
        interrupted=outcome.interrupted,
        warnings=prepared.warnings + ((problem,) if problem else ()),
        snapshots=snapshots,
        memory=trainer.memory,
        probes={} if probes is None else probes.arrays,
        probe_steps=() if probes is None else probes.reached,
    )
    if outcome.failure is not None:
        outcome.failure.run = run
        raise outcome.failure
    return run


def warn(sentences: Sequence[str]) -> None:
    """Warn of each sentence, as seen from the caller of `Experiment.run`."""
    for sentence in sentences:
        python_warnings.warn(sentence, ShoalWarning, stacklevel=3)
