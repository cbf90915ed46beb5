"""The fits of a search as one population: collected first, trained together, then handed over.

Every fit of a search is started, stopped where it would train, and its job kept; all jobs are
trained side by side; and when scikit-learn then fits and scores candidate by candidate, each
fit is given what its job came to. A network has the same bits in any population, so scores
cannot differ from those of fits one by one.
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from sklearn.base import clone
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.validation import _check_method_params

from shoal.data.dataset import Dataset
from shoal.experiments.run import Run
from shoal.sklearn.fitting import Job, Ready, asked_first, prepared_of, train_all

BYTES_AT_ONCE: Final = 2**30
"""What the networks and rows of a turn may take; there are as many turns as that calls for."""
COPIES: Final = 4
"""Arrays as long as a network's weights that its training takes: weights, best, two of Adam."""
KEY_ROWS: Final = 64
"""Rows by which datasets are told apart before all rows are."""

Params = Mapping[str, Any]
Pair = tuple[np.ndarray, np.ndarray]
"""Rows that train and rows that test, as numbers."""
Turn = tuple[list[Params], list[Job]]
"""Settings, and the jobs of their fits in the order in which they will be fitted and scored."""


class _Kept(BaseException):
    """Ends a fit where it would train; no estimator catches it."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = tuple(jobs)


def turns_of(
    estimator: Any,
    candidates: Iterable[Params],
    splits: Sequence[Pair],
    rows: tuple[Any, Any],
    fit_params: Params,
) -> Iterator[Turn]:
    """Yield settings with the jobs of all their fits: as many at once as there is room for.

    A fit that fails before it trains has no job: it will fail again, and tell then. Nor has one
    that somebody looks on at: it trains by itself.

    Args:
        estimator: an estimator of shoal, or a pipeline that ends in one.
        candidates: its settings; a turn is yielded even if there are none.
        splits: training and test rows.
        rows: X and y.
        fit_params: what `fit` is given beside them.
    """
    turn: Turn = [], []
    known: dict[Hashable, list[Dataset]] = {}
    room = BYTES_AT_ONCE
    for candidate in candidates:
        jobs = [
            job
            for train, _ in splits
            for job in _jobs(estimator, candidate, train, rows, fit_params)
        ]
        shared = [replace(job, dataset=_same(job.dataset, known)) for job in jobs]
        wanted = _bytes_of(shared, among=turn[1])
        if turn[0] and wanted > room:
            yield turn
            turn, known, room = ([], []), {}, BYTES_AT_ONCE
            shared = [replace(job, dataset=_same(job.dataset, known)) for job in jobs]
            wanted = _bytes_of(shared)
        turn[0].append(candidate)
        turn[1].extend(shared)
        room -= wanted
    yield turn


def trained(jobs: Sequence[Job], threads: int | None) -> list[tuple[Job, Run]]:
    """Return jobs with what came of them.

    Those that cannot be trained are left out: their fits will fail by themselves, and tell.

    Raises:
        KeyboardInterrupt: training was cut short, and scores would not be those of whole fits.
    """
    try:
        runs = train_all(jobs, threads=threads)
    except Exception:
        jobs = [job for job in jobs if _can_be_trained(job)]
        try:
            runs = train_all(jobs, threads=threads)
        except Exception:
            return []
    if any(run.interrupted for run in runs):
        raise KeyboardInterrupt
    return list(zip(jobs, runs, strict=True))


def handed_over(waiting: list[tuple[Job, Run]]) -> Ready:
    """Return what gives each fit its run: the first in line whose job is the same.

    Seeds may differ: where `random_state` is None every fit draws another. What has been given
    leaves the line, so that it is gone when it has been scored.
    """

    def given(asked: Sequence[Job], is_watched: bool) -> list[Run] | None:
        if len(asked) != 1 or is_watched:
            return None
        for place, (job, run) in enumerate(waiting):
            if _is_same(job, asked[0]):
                del waiting[: place + 1]
                return [run]
        return None

    return given


def _jobs(
    estimator: Any,
    candidate: Params,
    train: np.ndarray,
    rows: tuple[Any, Any],
    fit_params: Params,
) -> tuple[Job, ...]:
    """Return the job of one fit, nothing where it fails or trains in a way of its own."""
    x, y = rows
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the fit itself will warn
            begun = clone(estimator).set_params(**clone(dict(candidate), safe=False))
            x_train, y_train = _safe_split(begun, x, y, train)
            given = _check_method_params(x, params=dict(fit_params), indices=train)
            more = (x_train,) if y is None else (x_train, y_train)
            with asked_first(_keep):
                begun.fit(*more, **given)
    except _Kept as kept:
        return kept.jobs
    except Exception:
        return ()
    return ()


def _keep(jobs: Sequence[Job], is_watched: bool) -> list[Run] | None:
    raise _Kept(() if is_watched else jobs)


def _can_be_trained(job: Job) -> bool:
    try:
        prepared_of(job)
    except Exception:
        return False
    return True


def _bytes_of(jobs: Sequence[Job], *, among: Sequence[Job] = ()) -> int:
    """Return what jobs take beside others: their networks, and rows that no other has."""
    total = 0
    known = {id(job.dataset) for job in among}
    for job in jobs:
        layers = job.experiment.network.layers
        sizes = [job.dataset.x.shape[1], *(layer.units for layer in layers)]
        n_numbers = sum((n + 1) * units for n, units in pairwise(sizes))
        itemsize = np.dtype(job.experiment.training.dtype).itemsize
        total += COPIES * itemsize * n_numbers * job.experiment.population.size
        if id(job.dataset) not in known:
            known.add(id(job.dataset))
            total += (8 + itemsize) * job.dataset.x.size
    return total


def _same(dataset: Dataset, known: dict[Hashable, list[Dataset]]) -> Dataset:
    """Return the dataset with these rows that is known, so that all settings share its rows."""
    step = max(1, dataset.n_rows // KEY_ROWS)
    key = (dataset.x.shape, dataset.x[::step].tobytes(), dataset.y[::step].tobytes())
    alike = known.setdefault(key, [])
    for each in alike:
        if _alike(each, dataset):
            return each
    alike.append(dataset)
    return dataset


def _is_same(job: Job, asked: Job) -> bool:
    if job.start is not None or asked.start is not None:
        return False
    seed = {"seed": job.experiment.seed}
    return (
        job.shuffle == asked.shuffle
        and job.scales == asked.scales
        and job.counts == asked.counts
        and job.experiment == asked.experiment.model_copy(update=seed)
        and _alike(job.dataset, asked.dataset)
    )


def _alike(one: Dataset, other: Dataset) -> bool:
    return (
        one.schema == other.schema
        and np.array_equal(one.x, other.x)
        and np.array_equal(one.y, other.y)
        and _equal(one.weights, other.weights)
    )


def _equal(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


__all__ = ["handed_over", "trained", "turns_of"]
