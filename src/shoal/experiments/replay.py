"""Any step of a run again, to the same bits: from the nearest snapshot before it.

A run is a function of its document but for the networks that the clock or Python ended; what
those came to is in the state at its end, and the others never knew of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from shoal.errors import ArgumentError, FunctionError
from shoal.experiments.ending import gone, gone_from
from shoal.experiments.memory import Memory, first_memory, remembered
from shoal.experiments.prepare import Prepared
from shoal.experiments.snapshots import HISTORY, Snapshot
from shoal.experiments.trainer import Trainer, begin
from shoal.kernels import RuleSettings, State

if TYPE_CHECKING:
    from shoal.experiments.run import Run


def check_step(where: str, step: object, total: int) -> int:
    """Return `step` if it is a step of the run.

    Raises:
        ArgumentError: it is not a whole number from 0 to `total`.
    """
    if isinstance(step, bool) or not isinstance(step, int | np.integer):
        raise ArgumentError(
            where, "step", f"must be a whole number from 0 to {total}", got=repr(step)
        )
    if not 0 <= step <= total:
        raise ArgumentError(where, "step", f"must be from 0 to {total}", got=repr(step))
    return int(step)


def owner(run: Run, step: int) -> Run:
    """Return the run that made a step: a branch, or one that it branched from."""
    while run.parent is not None and step < run.branched_at:
        run = run.parent
    return run


def trainer_at(run: Run, step: int, *, threads: int | None = None) -> Trainer:
    """Return the population as it was at `step`, ready to be carried on from there.

    Networks that had ended are where they ended. Where no figure decides anything, none is
    computed, and the history of the state is empty.

    Raises:
        KeyboardInterrupt: Ctrl-C came.
        FunctionError: a rule in Python failed, as it did when the run was made.
    """
    run = owner(run, step)
    settings = quiet(run.prepared)
    state, memory = _base(run, step, settings)
    members = gone_from(run.prepared, run.state) <= step
    _put(state, run.state, members)
    for i in np.flatnonzero(members).tolist() if memory else ():
        memory[i] = remembered([run.memory[i]])[0]
    trainer = Trainer(run.prepared, state=state, memory=memory, settings=settings)
    try:
        if trainer.advance(step, threads=threads):
            raise KeyboardInterrupt
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


def _base(run: Run, step: int, settings: RuleSettings) -> tuple[State, Memory]:
    """Return a copy of the last state and memory known from no later than `step`."""
    final = run.state
    shape = (*final.figures.shape[:2], settings.n_reports)
    # never touched where nothing is reported, so it takes no memory
    figures = np.empty(shape)
    if (np.where(gone(final), gone_from(run.prepared, final), final.step) <= step).all():
        arrays = {name: a for name, a in final.arrays().items() if name != HISTORY}
        return Snapshot(step=step, arrays=arrays).state(figures), remembered(run.memory)
    found = run.snapshots.before(step)
    if found is None:
        return begin(run.prepared, settings), first_memory(run.prepared)
    return found.state(figures), found.remembered()


def _put(state: State, final: State, members: np.ndarray) -> None:
    """Put what networks, (P,) bool, came to in the end."""
    if not members.any():
        return
    ends = final.arrays()
    for name, array in state.arrays().items():
        if name != HISTORY and len(array) == len(members):
            array[members] = ends[name][members]
