"""Training of estimators: jobs that train alike become one population.

A job is an experiment and its rows. What comes of it has the same bits whatever jobs are trained
beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from shoal.data.dataset import Dataset
from shoal.experiments.carry import carry_on
from shoal.experiments.document import Experiment
from shoal.experiments.launch import finished
from shoal.experiments.pieces import Observer, Outcome
from shoal.experiments.prepare import Prepared, prepare
from shoal.experiments.run import Run
from shoal.experiments.shelf import Shelf
from shoal.experiments.snapshots import Snapshots
from shoal.experiments.sweep.merge import likeness, merged
from shoal.experiments.trainer import Trainer
from shoal.kernels import State
from shoal.models import Model
from shoal.network import Parameters
from shoal.sklearn.modelling import plain_model
from shoal.sklearn.relative import in_own_units, relative
from shoal.sklearn.rescaling import Scales, counted, rescaled, weighted

AT_ONCE: Final = 4096
"""Networks of different jobs that are trained as one population."""
NUMBERS_AT_ONCE: Final = 2**28
"""Numbers (rows times features) that their rows may have together: 1 GiB of float32."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """A population to train.

    Attributes:
        experiment: the document; its data stand for rows that are given.
        dataset: the rows.
        shuffle: whether every epoch takes the rows in another order.
        start: weights to begin with in place of the initializer's.
        scales: of features and targets in place of those of the training rows.
        counts: whether targets are counts, to be divided by their mean.
        spread: of the targets, where the gains to watch for are shares of it.
    """

    experiment: Experiment
    dataset: Dataset
    shuffle: bool = True
    start: Parameters | None = None
    scales: Scales | None = None
    counts: bool = False
    spread: float = 1.0


Ready = Callable[[Sequence[Job], bool], list[Run] | None]
"""Gives what came of jobs, or None where that is not known; told whether anybody looks on."""
_READY: ContextVar[Ready | None] = ContextVar("ready", default=None)


@contextmanager
def asked_first(ready: Ready) -> Iterator[None]:
    """Let `train_all` ask `ready` before it trains jobs itself: `PopulationSearchCV` does."""
    token = _READY.set(ready)
    try:
        yield
    finally:
        _READY.reset(token)


def fit_all(jobs: Sequence[Job], *, threads: int | None = None) -> list[Model]:
    """Return the ensemble of every job, in their order; models without a summary of the rows.

    Args:
        jobs: what to train.
        threads: how many to use; all this process may use if not given.

    Raises:
        InputError: every network of a job diverged.
    """
    return [plain_model(run) for run in train_all(jobs, threads=threads)]


def train_all(
    jobs: Sequence[Job],
    *,
    threads: int | None = None,
    observers: Callable[[Prepared], Sequence[Observer]] | None = None,
) -> list[Run]:
    """Return what came of every job, in their order.

    Networks that train alike (the same layers, rule, batches and epochs) are trained as one
    population whatever rows, starts and learning rates they have; others in turn.

    Args:
        jobs: what to train.
        threads: how many to use; all this process may use if not given.
        observers: makes what looks on between epochs, from what was prepared.
    """
    ready = _READY.get()
    known = None if ready is None else ready(jobs, observers is not None)
    if known is not None:
        return known
    found: dict[int, Run] = {}
    for crowd in _crowds(jobs, is_watched=observers is not None):
        runs = _trained(crowd.populations, threads, observers)
        for k, own, run in zip(crowd.numbers, crowd.own, runs, strict=True):
            in_own_units(own, run.state, crowd.spread_of(jobs[k]))
            found[k] = replace(run, prepared=own)
    return [found[k] for k in range(len(jobs))]


def prepared_of(job: Job, shelf: Shelf | None = None) -> Prepared:
    """Return everything that training a job needs."""
    experiment, dataset = job.experiment, job.dataset
    prepared = prepare(experiment, rows=dataset, start=job.start, shelf=shelf)
    if job.scales is not None:
        prepared = rescaled(prepared, job.scales)
    else:
        prepared = prepared if dataset.weights is None else weighted(prepared)
        prepared = counted(prepared) if job.counts else prepared
    if not job.shuffle:
        prepared = replace(prepared, settings=replace(prepared.settings, shuffled=False))
    return prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crowd:
    """Jobs that train alike: their numbers, what was prepared, and that as it is trained."""

    is_watched: bool
    numbers: list[int] = field(default_factory=list)
    own: list[Prepared] = field(default_factory=list)
    populations: list[Prepared] = field(default_factory=list)

    def add(self, number: int, own: Prepared, population: Prepared) -> None:
        self.numbers.append(number)
        self.own.append(own)
        self.populations.append(population)

    def spread_of(self, job: Job) -> float:
        """Return what the job's losses are divided by; nothing where somebody reads them."""
        return 1.0 if self.is_watched else job.spread


def _crowds(jobs: Sequence[Job], *, is_watched: bool) -> Iterator[_Crowd]:
    """Yield jobs that train alike, as many at once as there is room for."""
    shelf = Shelf()
    crowds: dict[Hashable, _Crowd] = {}
    for k, job in enumerate(jobs):
        own = prepared_of(job, shelf)
        alone = _Crowd(is_watched=is_watched)
        population = relative(own, alone.spread_of(job), shelf)
        like = likeness(population)
        crowd = alone if like is None else crowds.setdefault(like, alone)
        crowd.add(k, own, population)
        if like is None:
            yield crowd
        elif _is_full(crowd.populations):
            yield crowds.pop(like)
            shelf = Shelf()
    yield from crowds.values()


def _is_full(populations: Sequence[Prepared]) -> bool:
    parts = {id(part): part for each in populations for part in each.parts}
    n_numbers = sum(part.dataset.x.size for part in parts.values())
    return sum(len(p.members) for p in populations) >= AT_ONCE or n_numbers >= NUMBERS_AT_ONCE


def _trained(
    populations: Sequence[Prepared],
    threads: int | None,
    observers: Callable[[Prepared], Sequence[Observer]] | None,
) -> list[Run]:
    together = populations[0] if len(populations) == 1 else merged(populations, Shelf())
    trainer, nothing = Trainer(together), Snapshots(0)
    others = () if observers is None else observers(together)
    outcome = carry_on(trainer, nothing, others=others, threads=threads)
    if len(populations) == 1:
        return [finished(trainer, outcome, nothing)]
    return list(_parted(populations, trainer.state, outcome))


def _parted(populations: Sequence[Prepared], state: State, outcome: Outcome) -> Iterator[Run]:
    """Yield what came of each population of those that were trained as one."""
    at = 0
    for prepared in populations:
        own = slice(at, at + len(prepared.members))
        at = own.stop
        arrays = {name: np.ascontiguousarray(array[own]) for name, array in state.arrays().items()}
        yield Run(
            experiment=prepared.experiment,
            network=prepared.network,
            prepared=prepared,
            state=State(**arrays),
            seconds=outcome.seconds,
            interrupted=outcome.interrupted,
            warnings=prepared.warnings,
        )
