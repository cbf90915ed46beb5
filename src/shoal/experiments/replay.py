"""Any step of a run again, to the same bits: from the nearest snapshot before it.

A run is a function of its document but for the networks that the clock or Python ended; what
those came to is in the state at its end, and the others never knew of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from shoal.errors import ArgumentError
from shoal.experiments.ending import gone
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
    """
    run = owner(run, step)
    settings = quiet(run.prepared)
    state = _base(run, step, settings)
    _put(state, run.state, gone(run.state) & (run.state.step <= step))
    trainer = Trainer(run.prepared, state=state, settings=settings)
    if trainer.advance(step, threads=threads):
        raise KeyboardInterrupt
    return trainer


def state_at(run: Run, step: int, *, threads: int | None = None) -> State:
    """Return the state at `step` with the history so far, as training had it."""
    run = owner(run, step)
    state = trainer_at(run, step, threads=threads).state
    return replace(state, **{HISTORY: history_until(run.prepared, run.state, state.step)})


def history_until(prepared: Prepared, state: State, steps: np.ndarray) -> np.ndarray:
    """Return the figures (P, F, T) of the reports up to a step of each network, (P,)."""
    reached = report_steps(prepared.settings)[np.newaxis, :] <= steps[:, np.newaxis]
    return np.where(reached[:, np.newaxis, :], state.figures, np.nan)


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


def _base(run: Run, step: int, settings: RuleSettings) -> State:
    """Return a copy of the last state that is known from no later than `step`."""
    final = run.state
    shape = (*final.figures.shape[:2], settings.n_reports)
    # never touched where nothing is reported, so it takes no memory
    figures = np.empty(shape)
    if (final.step <= step).all():
        arrays = {name: a for name, a in final.arrays().items() if name != HISTORY}
        return Snapshot(step=step, arrays=arrays).state(figures)
    found = run.snapshots.before(step)
    return begin(run.prepared, settings) if found is None else found.state(figures)


def _put(state: State, final: State, members: np.ndarray) -> None:
    """Put what networks, (P,) bool, came to in the end."""
    if not members.any():
        return
    ends = final.arrays()
    for name, array in state.arrays().items():
        if name != HISTORY and len(array) == len(members):
            array[members] = ends[name][members]
