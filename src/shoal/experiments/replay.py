"""Any step of a run again, to the same bits: from the nearest snapshot before it.

A run is a function of its document but for the networks that the clock or Python ended; what
those came to is in the state at its end, and the others never knew of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from shoal.errors import ArgumentError, FunctionError
from shoal.experiments.ending import gone, gone_from, looked_at
from shoal.experiments.memory import Memory, first_memory, remembered
from shoal.experiments.prepare import Prepared
from shoal.experiments.snapshots import HISTORY, Snapshot, Snapshots
from shoal.experiments.trainer import Trainer, begin
from shoal.kernels import RuleSettings, State

if TYPE_CHECKING:
    from shoal.experiments.run import Run

STOPS: Final = 16
"""Pieces that a stretch is replayed in where states on the way are kept."""


def check_step(where: str, step: object, total: int) -> int:
    """Return `step` if it is a step of the run.

    Raises:
        ArgumentError: it is not a whole number from 0 to `total`.
    """
    if isinstance(step, bool) or not isinstance(step, int | np.integer):
        raise ArgumentError(
            where, "step", f"must be a whole number from 0 to {total}", got=repr(step), code="A102"
        )
    if not 0 <= step <= total:
        raise ArgumentError(
            where, "step", f"must be from 0 to {total}", got=repr(step), code="A102"
        )
    return int(step)


def owner(run: Run, step: int) -> Run:
    """Return the run that made a step: a branch, or one that it branched from."""
    while run.parent is not None and step < run.branched_at:
        run = run.parent
    return run


def trainer_at(
    run: Run, step: int, *, threads: int | None = None, trail: Snapshots | None = None
) -> Trainer:
    """Return the population as it was at `step`, ready to be carried on from there.

    Networks that had ended are where they ended. Where no figure decides anything, none is
    computed, and the history of the state is empty.

    Args:
        run: what was trained.
        step: where to.
        threads: how many to use.
        trail: states of the same run that were replayed before; some of the way are added, and
            those beyond `step` are let go.

    Raises:
        KeyboardInterrupt: Ctrl-C came.
        FunctionError: a rule in Python failed, as it did when the run was made.
    """
    run = owner(run, step)
    settings = quiet(run.prepared)
    if trail is not None:
        trail.forget_after(step)
    state, memory = _base(run, step, settings, trail)
    trainer = Trainer(run.prepared, state=state, memory=memory, settings=settings)
    try:
        for until in _stops(trainer.first_step, step) if trail is not None else (step,):
            _put(run, trainer, until)
            if trainer.advance(until, threads=threads):
                raise KeyboardInterrupt
            if trail is not None and until < step:
                trail.add(until, trainer.state, trainer.memory)
    except FunctionError as error:
        error.run = run
        raise
    return trainer


def state_at(run: Run, step: int, *, threads: int | None = None) -> State:
    """Return the state at `step` with the history so far, as training had it."""
    run = owner(run, step)
    return with_history(run, trainer_at(run, step, threads=threads).state)


def with_history(run: Run, state: State) -> State:
    """Return a state of a run with the history so far, as training had it.

    Of a network that had ended that is all there is, also the report that ended it where that
    step was not taken.
    """
    steps = report_steps(run.prepared.settings)[np.newaxis, :]
    reached = (steps <= state.step[:, np.newaxis]) | gone(state)[:, np.newaxis]
    figures = np.where(reached[:, np.newaxis, :], run.state.figures, np.nan)
    return replace(state, **{HISTORY: figures})


def report_steps(settings: RuleSettings) -> np.ndarray:
    """Return the step of each report, (T,)."""
    steps = np.arange(1, settings.n_reports + 1) * settings.report_every
    return np.minimum(steps, settings.total_steps)


def quiet(prepared: Prepared) -> RuleSettings:
    """Return settings without reports, unless figures decide what is kept or how it goes on."""
    settings = prepared.settings
    if settings.watches or settings.keep_best is not None:
        return settings
    beyond = settings.total_steps + 1
    return replace(settings, report_every=beyond, total_steps=beyond)


def _stops(first: int, last: int) -> list[int]:
    """Return where to halt on the way, at even distances, and at last."""
    n = min(STOPS, max(1, last - first))
    return [first + (last - first) * k // n for k in range(1, n)] + [last]


def _base(
    run: Run, step: int, settings: RuleSettings, trail: Snapshots | None
) -> tuple[State, Memory]:
    """Return a copy of the last state and memory known from no later than `step`."""
    final = run.state
    shape = (*final.figures.shape[:2], settings.n_reports)
    # never touched where nothing is reported, so it takes no memory
    figures = np.empty(shape)
    if (looked_at(run.prepared, final) <= step).all():
        arrays = {name: a for name, a in final.arrays().items() if name != HISTORY}
        return Snapshot(step=step, arrays=arrays).state(figures), remembered(run.memory)
    kept = [each.before(step) for each in (run.snapshots, trail) if each is not None]
    found = max(
        (each for each in kept if each is not None), key=lambda each: each.step, default=None
    )
    if found is None:
        return begin(run.prepared, settings), first_memory(run.prepared)
    return found.state(figures), found.remembered()


def _put(run: Run, trainer: Trainer, step: int) -> None:
    """Put what networks that are gone at `step` came to in the end."""
    members = gone_from(run.prepared, run.state) <= step
    if not members.any():
        return
    ends = run.state.arrays()
    for name, array in trainer.state.arrays().items():
        if name != HISTORY and len(array) == len(members):
            array[members] = ends[name][members]
    for i in np.flatnonzero(members).tolist() if trainer.memory else ():
        trainer.memory[i] = remembered([run.memory[i]])[0]
