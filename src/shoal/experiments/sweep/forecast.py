"""What a sweep will take, from its plan and a short measurement on this machine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from shoal.experiments.carry import carry_on
from shoal.experiments.prepare import Prepared, prepare
from shoal.experiments.progress import Progress
from shoal.experiments.snapshots import Snapshots
from shoal.experiments.sweep.cells import Grid
from shoal.experiments.sweep.checking import Survey
from shoal.experiments.sweep.chunk import AT_ONCE
from shoal.experiments.sweep.merge import likeness, merged
from shoal.experiments.sweep.plan import PER_CELL_S, Plan
from shoal.experiments.sweep.shared import size_of
from shoal.experiments.trainer import Trainer
from shoal.kernels import State

SAMPLES: Final = 3
"""Places of the plan that are measured."""
ENOUGH_S: Final = 0.4
"""How long each is trained at most."""
N_COLUMNS: Final = 16
"""Columns of a result, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a sweep will take.

    Attributes:
        seconds: on all workers together, by the clock.
        n_workers: how many.
        n_measured: networks that were trained for a moment to know.
        result_bytes: of all columns.
        worker_bytes: of the rows and networks that a worker has at once.
    """

    seconds: float
    n_workers: int
    n_measured: int
    result_bytes: int
    worker_bytes: int


def forecast(grid: Grid, known: Survey, *, n_workers: int, allow_python: bool = False) -> Forecast:
    """Return what a sweep will take; a few of its networks are trained for a moment.

    Args:
        grid: its cells.
        known: what a look at every cell found.
        n_workers: how many chunks are worked on at once.
        allow_python: whether functions that documents name may be imported.
    """
    plan = known.plan
    places = np.unique(np.linspace(0, plan.n_chunks - 1, SAMPLES).round().astype(int))
    taken = [_measured(grid, plan, int(chunk), allow_python) for chunk in places]
    ratio = sum(each[0] for each in taken) / sum(each[1] for each in taken)
    return Forecast(
        seconds=plan.cost_s * ratio / min(n_workers, plan.n_chunks),
        n_workers=n_workers,
        n_measured=sum(each[2] for each in taken),
        result_bytes=plan.n_networks * N_COLUMNS * 8,
        worker_bytes=max(each[3] for each in taken),
    )


def _measured(
    grid: Grid, plan: Plan, chunk: int, allow_python: bool
) -> tuple[float, float, int, int]:
    """Return seconds that networks at the head of a chunk take and were estimated to take.

    And how many they are, and their bytes.
    """
    since = time.perf_counter()
    ready: list[Prepared] = []
    estimate, n_networks = 0.0, 0
    costs = np.zeros(plan.n_cells)
    costs[plan.order] = plan.costs
    for cell, first, stop in plan.pieces(chunk):
        stop = min(stop, first + AT_ONCE - n_networks)
        prepared = _prepared(grid, cell, range(first, stop), allow_python)
        if ready and likeness(prepared) != likeness(ready[0]):
            break
        ready.append(prepared)
        estimate += PER_CELL_S + float(costs[cell]) * (stop - first)
        n_networks += stop - first
        if n_networks >= AT_ONCE or likeness(prepared) is None:
            break
    took = time.perf_counter() - since
    whole = ready[0] if len(ready) == 1 else merged(ready, grid.shelf)
    trainer = Trainer(whole)
    took += _trained(trainer)
    arrays = [getattr(trainer.state, each.name) for each in fields(State)]
    return took, estimate, n_networks, size_of(arrays) + size_of(_parts(ready))


def _parts(ready: Sequence[Prepared]) -> list[Any]:
    return list({id(part): part for each in ready for part in each.parts}.values())


def _prepared(grid: Grid, cell: int, members: range, allow_python: bool) -> Prepared:
    experiment = grid.experiment(grid.settled(cell)).with_functions(allow_python=allow_python)
    return prepare(experiment, rows=grid.rows, members=members, shelf=grid.shelf)


def _trained(trainer: Trainer) -> float:
    """Train for a moment; return how many seconds all of it would take."""
    since, share = time.perf_counter(), 1.0

    def look(at: Progress) -> None:
        nonlocal share
        share = at.steps / max(at.total_steps, 1)
        if time.perf_counter() - since > ENOUGH_S and share > 0:
            raise KeyboardInterrupt  # as training is ended where it stands

    carry_on(trainer, Snapshots(0), threads=1, progress=look)
    return (time.perf_counter() - since) / max(share, 1e-9)
