"""Fits, timed and judged: one row of results for each, learners in turn on every split."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from itertools import groupby
from typing import Any

import numpy as np
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

from benchmarks.tabular.learners import LEARNERS, Ask, grid, single
from benchmarks.tabular.sets import SETS, Rows, TableSet

FOLDS = 5
SPLIT_SEED = 2025
PARTS = {
    "defaults": tuple(LEARNERS), "single": ("shoal", "mlp"),
    "grid": ("shoal", "shoal_16", "mlp"), "search": tuple(LEARNERS),
}  # fmt: skip
"""The parts of the benchmark, and which learners each has."""


Key = tuple[str, str, int, str]
"""What is measured: part, set, split, learner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How much is measured.

    Attributes:
        splits: how many splits each part uses, from the first.
        threads: of every library.
    """

    splits: dict[str, int]
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One fit (or search), timed and judged on the rows it has not seen."""

    part: str
    set: str
    split: int
    learner: str
    score: float
    fit_s: float

    @property
    def key(self) -> Key:
        """What it is a measurement of."""
        return self.part, self.set, self.split, self.learner

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def splits_of(table: TableSet, rows: Rows, n: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the first `n` splits of 5 folds, drawn anew for every repeat."""
    makes = RepeatedStratifiedKFold if table.is_classification else RepeatedKFold
    repeats = -(-n // FOLDS)
    cut = makes(n_splits=FOLDS, n_repeats=repeats, random_state=SPLIT_SEED)
    return list(cut.split(*rows))[:n]


def keys_of(tables: Sequence[TableSet], parts: Sequence[str], settings: Settings) -> list[Key]:
    """Return all that there is to measure, in its order.

    On every split the learners take turns, so that a busy moment of the machine meets them all.
    """
    return [
        (part, table.name, k, learner)
        for part in parts
        for table in tables
        for k in range(settings.splits[part])
        for learner in PARTS[part]
    ]


def measure(
    todo: Sequence[Key], settings: Settings, tell: Callable[[Key | None], object]
) -> Iterator[Fit]:
    """Yield every fit, as soon as it is there.

    Args:
        todo: what to measure, in the order of `keys_of`.
        settings: how much.
        tell: called with what comes next; with None while libraries start.
    """
    limits = import_module("threadpoolctl").threadpool_limits
    with limits(limits=settings.threads), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tell(None)
        _warm_up({part for part, *_ in todo}, settings.threads)
        for (part, name), keys in groupby(todo, key=lambda key: key[:2]):
            table = SETS[name]
            rows = table.rows()
            splits = splits_of(table, rows, settings.splits[part])
            for key in keys:
                tell(key)
                yield _fit(key, table, rows, splits[key[2]], settings.threads)


def _fit(
    key: Key, table: TableSet, rows: Rows, split: tuple[np.ndarray, np.ndarray], threads: int
) -> Fit:
    part, name, k, learner = key
    (x, y), (train, test) = rows, split
    ask = Ask(
        is_classification=table.is_classification, n_targets=1 if y.ndim == 1 else y.shape[1],
        seed=k, threads=threads,
    )  # fmt: skip
    if part == "single":
        model = single(learner, ask, len(train))
    elif part == "grid":
        model = grid(learner, ask)
    elif part == "search":
        model = LEARNERS[learner].searched(ask)
    else:
        model = LEARNERS[learner].default(ask)
    begun = time.perf_counter()
    model.fit(x[train], y[train])
    seconds = time.perf_counter() - begun
    # a search without refit is judged by its best mean over the inner folds
    score = model.best_score_ if part == "grid" else model.score(x[test], y[test])
    return Fit(
        part=part, set=name, split=k, learner=learner, score=float(score), fit_s=seconds
    )  # fmt: skip


def _warm_up(parts: Collection[str], threads: int) -> None:
    """Start processes and threads, and load what loads on use: none of it is ever timed."""
    x = np.random.default_rng(0).normal(size=(40, 3))
    y = (x[:, 0] > 0).astype(np.int64)
    ask = Ask(is_classification=True, n_targets=1, seed=0, threads=threads)
    names = {name for part in parts for name in PARTS[part]} & LEARNERS.keys()
    for name in names:
        LEARNERS[name].default(ask).fit(x, y)
    if not {"grid", "search"}.isdisjoint(parts):
        grid("mlp", ask).fit(x, y)
