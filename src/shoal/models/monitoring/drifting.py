"""Columns of rows as they come, counted against what a model keeps of its training rows.

A column needs two counts for each of its hundred quantiles, however many rows come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from shoal.data.dataset import Feature, FloatArray, IndexArray
from shoal.metrics.drift import (
    kolmogorov_smirnov,
    ks_p_value,
    population_stability_index,
    psi_by_chance,
    psi_p_value,
)
from shoal.metrics.paired_signs import holm
from shoal.models.model import Model
from shoal.models.summary import MAX_COUNTED, N_QUANTILES, ColumnSummary, Summary

CHANCE: Final = 0.01
"""How often rows without any drift may show one, in all columns together."""
BINS: Final = 10
"""Into how many bins of as many training rows each a column of numbers is parted."""
HEAVY: Final = 0.1
"""The share of the training rows that makes one value a bin of its own."""
MOST_NEW: Final = 10
"""New categories of a column that are named; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDrift:
    """How far a column is from what it was in training.

    Attributes:
        name: of the column.
        kind: "numbers" or "categories".
        n_rows: rows that were counted.
        psi: the population stability index.
        psi_by_chance: what it would be without drift, about.
        ks: the Kolmogorov-Smirnov distance, None for categories.
        p_value: how likely such figures are without drift, with all columns looked at together.
        new: rows by category that training never saw, the most frequent first.
    """

    name: str
    kind: str
    n_rows: int
    psi: float
    psi_by_chance: float
    ks: float | None
    p_value: float
    new: tuple[tuple[str, int], ...] = ()

    @property
    def is_chance(self) -> bool:
        """Whether chance alone may have made it."""
        return self.p_value >= CHANCE


class Drifting:
    """Counts of rows as they come: `add` them, then ask for `columns`."""

    def __init__(self, model: Model, summary: Summary) -> None:
        self.n_rows = 0
        self._model = model
        self._counters: list[_Numbers | _Categories] = []
        start, n_rows = 0, summary.n_rows
        # of very wide tables it is not kept how many rows share a value
        slack = 1 / (N_QUANTILES - 1) if len(summary.columns) > MAX_COUNTED else 0.0
        for column, about in zip(model.schema.columns, summary.columns, strict=True):
            self._counters.append(
                _Numbers(column, about, n_rows, start, slack)
                if column.categories is None
                else _Categories(column, about, n_rows, start)
            )
            start += len(column.feature_names)

    def add(self, x: FloatArray) -> None:
        """Count rows of features as they stand in the table, (n, D)."""
        self.n_rows += len(x)
        for counter in self._counters:
            counter.add(x, self._model.multiply, self._model.add)

    def add_new(self, column: str, categories: Iterable[str]) -> None:
        """Count cells of a column with categories that training never saw."""
        for counter in self._counters:
            if isinstance(counter, _Categories) and counter.column.name == column:
                counter.new.update(categories)

    def columns(self) -> tuple[ColumnDrift, ...]:
        """Return how far every column is from what it was in training, those without rows not."""
        found = [counter.drift() for counter in self._counters if counter.n_rows]
        p_values = holm([each.p_value for each in found])
        return tuple(replace(each, p_value=p) for each, p in zip(found, p_values, strict=True))


class _Numbers:
    """A column of numbers: rows below and at most every value that is a quantile."""

    def __init__(
        self, column: Feature, about: ColumnSummary, n_before: int, start: int, slack: float
    ) -> None:
        self.column = column
        self._start = start
        self._slack = slack
        self._n_before = n_before
        self._grid, self._before = _ranks(about, n_before)
        self._counts = np.zeros((2, len(self._grid) + 1), np.int64)

    @property
    def n_rows(self) -> int:
        return int(self._counts[1].sum())

    def add(self, x: FloatArray, multiply: float, add: float) -> None:
        values = x[:, self._start] * multiply + add
        place = np.searchsorted(self._grid, values, side="left")
        equal = np.append(self._grid, np.nan)[place] == values
        n = len(self._grid) + 1
        self._counts[0] += np.bincount(place + equal, minlength=n)
        self._counts[1] += np.bincount(place, minlength=n)

    def drift(self) -> ColumnDrift:
        n_now, n_before = self.n_rows, self._n_before
        now = np.cumsum(self._counts[:, :-1], axis=1)  # below, at most every value
        ks = kolmogorov_smirnov(self._before / n_before, now / n_now)
        ks = max(0.0, ks - self._slack)
        old = _binned(self._before, self._before, n_before)
        new = _binned(self._before, now, n_now)
        return _told(self.column, old, new, ks)


class _Categories:
    """A column of categories: rows of each, and of those that training never saw."""

    def __init__(self, column: Feature, about: ColumnSummary, n_before: int, start: int) -> None:
        self.column = column
        self._places = slice(start, start + len(about.shares))
        self._before = np.round(np.array(about.shares) * n_before)
        self._now = np.zeros(len(about.shares))
        self.new: Counter[str] = Counter()

    @property
    def n_rows(self) -> int:
        return int(self._now.sum()) + self.new.total()

    def add(self, x: FloatArray, multiply: float, add: float) -> None:
        self._now += x[:, self._places].sum(axis=0)

    def drift(self) -> ColumnDrift:
        old = np.append(self._before, 0)
        new = np.append(self._now, self.new.total())
        return _told(self.column, old, new, None, tuple(self.new.most_common(MOST_NEW)))


def _told(
    column: Feature,
    old: FloatArray,
    new: FloatArray,
    ks: float | None,
    strangers: tuple[tuple[str, int], ...] = (),
) -> ColumnDrift:
    """Return a column's drift from rows in bins, its p-value not yet corrected."""
    n_before, n_now = int(old.sum()), int(new.sum())
    n_bins = int(((old > 0) | (new > 0)).sum())
    psi = population_stability_index(old, new)
    p_value = psi_p_value(psi, n_before, n_now, n_bins)
    if ks is not None:  # the smaller of two
        p_value = min(1.0, 2 * min(p_value, ks_p_value(ks, n_before, n_now)))
    return ColumnDrift(
        name=column.name,
        kind="categories" if ks is None else "numbers",
        n_rows=n_now,
        psi=psi,
        psi_by_chance=psi_by_chance(n_before, n_now, n_bins),
        ks=ks,
        p_value=p_value,
        new=strangers,
    )


def _ranks(about: ColumnSummary, n: int) -> tuple[FloatArray, FloatArray]:
    """Return the values among the quantiles, and the training rows below and at most each.

    Shapes:
        -> (K,), (2, K)
    """
    quantiles = np.array(about.quantiles)
    grid, first = np.unique(quantiles, return_index=True)
    if about.counts:
        return grid, np.array(about.counts, np.float64).T
    last = np.append(first[1:], N_QUANTILES) - 1
    ranks = np.maximum(np.ceil(np.arange(N_QUANTILES) * n / (N_QUANTILES - 1)), 1.0)
    return grid, np.stack([ranks[first] - 1, ranks[last]])


def _binned(before: FloatArray, counts: FloatArray | IndexArray, n: int) -> FloatArray:
    """Return rows in about ten bins that hold as many training rows each.

    A bin ends with a value that is a tenth of the rows; a value with many rows is one alone.

    Args:
        before: training rows below and at most each of some values.
        counts: rows to be binned, likewise.
        n: how many there are.

    Shapes:
        before, counts (2, K) -> (bins,)
    """
    n_before = before[1, -1]
    tenths = np.arange(1, BINS) * n_before / BINS
    ends = np.unique(np.searchsorted(before[1], tenths, side="left"))
    heavy = np.flatnonzero(before[1] - before[0] >= HEAVY * n_before)
    cuts: list[tuple[float, float]] = []
    for place in sorted({*ends.tolist(), *heavy.tolist()}):
        if place in heavy:
            cuts.append((float(before[0, place]), float(counts[0, place])))
        cuts.append((float(before[1, place]), float(counts[1, place])))
    at = [0.0, *(cut for _, cut in cuts), float(n)]
    return np.diff(np.array(at))
