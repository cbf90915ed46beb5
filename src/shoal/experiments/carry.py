"""What every way to train has in common: who looks on, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import get_args

import numpy as np

from shoal.errors import ArgumentError, FunctionError
from shoal.experiments.keeper import Keeper
from shoal.experiments.pieces import PIECE_S, Observer, Outcome, Seconds, Threads, train_in_pieces
from shoal.experiments.predicates import Predicates
from shoal.experiments.probes import Probes
from shoal.experiments.progress import Progress
from shoal.experiments.snapshots import Snapshots
from shoal.experiments.trainer import Trainer
from shoal.kernels import KernelName
from shoal.training.stopping import limit_of, predicates


def carry_on(
    trainer: Trainer,
    snapshots: Snapshots,
    *,
    probes: Probes | None = None,
    keeper: Keeper | None = None,
    others: Sequence[Observer] = (),
    seconds_before: float = 0.0,
    threads: Threads = None,
    progress: Callable[[Progress], object] | None = None,
    piece_s: Seconds = PIECE_S,
    check: Callable[[], object] | None = None,
) -> Outcome:
    """Carry a population on to its end: by its epochs, its stop rules, or Ctrl-C.

    Args:
        trainer: the population, moved on.
        snapshots: kept on the way.
        probes: called on the way.
        keeper: writes checkpoints.
        others: look on too.
        seconds_before: of training, before a checkpoint.
        threads: how many to use, or what says so before each piece.
        progress: called a few times a second.
        piece_s: seconds that a piece is aimed at, or what says so after each piece.
        check: called at least every 50 ms; see `train_in_pieces`.
    """
    settings, rules = trainer.settings, trainer.prepared.experiment.training.stop
    asked = predicates(rules)
    observers: list[Observer] = []
    if asked:
        every, total = settings.report_every, settings.total_steps
        observers.append(Predicates(asked, report_every=every, total_steps=total))
    if snapshots.budget > 0 or snapshots.keeps_first:
        observers.append(snapshots)
    observers += [each for each in (probes, keeper) if each is not None] + [*others]
    outcome = train_in_pieces(
        trainer,
        observers=observers,
        limit_s=limit_of(rules, "seconds"),
        seconds_before=seconds_before,
        threads=threads,
        progress=progress,
        piece_s=piece_s if keeper is None else min(PIECE_S, keeper.every_s),
        check=check,
    )
    if probes is not None and not outcome.interrupted and outcome.failure is None:
        try:
            probes.finish(trainer.state.weights)
        except FunctionError as error:
            return replace(outcome, failure=error)
    return outcome


def check_how(where: str, threads: object, kernel: object) -> None:
    """Raise unless `threads` and `kernel` can be used.

    Raises:
        ArgumentError: they cannot.
    """
    is_number = isinstance(threads, int | np.integer) and not isinstance(threads, bool)
    if threads is not None and not is_number:
        wanted = "must be a whole number of 1 or more"
        raise ArgumentError(where, "threads", wanted, got=repr(threads), code="A102")
    if isinstance(threads, int | np.integer) and threads < 1:
        raise ArgumentError(where, "threads", "must be 1 or more", got=threads, code="A102")
    if kernel not in get_args(KernelName):
        *names, last = (f'"{name}"' for name in get_args(KernelName))
        wanted = f"must be {', '.join(names)} or {last}"
        raise ArgumentError(where, "kernel", wanted, got=repr(kernel), code="A102")
