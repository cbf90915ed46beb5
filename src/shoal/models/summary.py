"""What training rows looked like, kept with a model: to tell later rows from them.

Everything is in the units that a scaler sees: those of the table, after the data recipe's
``multiply`` and ``add``.
"""

from __future__ import annotations

import itertools
from typing import Annotated, Final

import numpy as np
from pydantic import Field

from shoal.data.dataset import Dataset, FloatArray, IndexArray, Schema
from shoal.data.wording import show
from shoal.fields import NUMBER
from shoal.models.fences import MOST_TOGETHER, Together, fences, together, whitening
from shoal.records import Record

N_QUANTILES: Final = 101
"""Quantiles of a column of numbers: every hundredth, the least and the largest among them."""
MAX_COLUMNS: Final = 1024
"""The most columns that a summary is made for; it is larger than most networks beyond."""
MAX_COUNTED: Final = 256
"""The most columns for which it is counted how many rows share a quantile's value."""

_Value = Annotated[float, Field(strict=True), NUMBER]
_Count = Annotated[int, Field(strict=True, ge=0), NUMBER]


class ColumnSummary(Record):
    """One column of the training rows.

    Attributes:
        quantiles: (101,), values that were there: of N sorted ones the ``ceil(k N / 100)``-th
            for each k, the least for 0; empty for categories.
        counts: of every quantile that differs from the one before it, in their order: how many
            rows are below it, and how many at most it; empty for categories, where every value
            of a quantile was there once, so that its place says so, and in very wide tables.
        low: the least value that is like those of the training rows, None for categories.
        high: the largest.
        shares: (K,), of the rows in each category, in the schema's order; empty for numbers.
    """

    quantiles: tuple[_Value, ...] = ()
    counts: tuple[tuple[_Count, _Count], ...] = ()
    low: _Value | None = None
    high: _Value | None = None
    shares: tuple[_Value, ...] = ()


class Combination(Record):
    """How the columns of numbers go together.

    Attributes:
        columns: which columns of the schema, (d,); those that vary.
        centers: their means, (d,).
        scales: their standard deviations, (d,).
        correlation: above the diagonal, row by row, d (d - 1) / 2.
        shrinkage: how much of it is taken from the identity, 0 to 1.
        limit: the largest squared distance of a row that is like the training rows.
    """

    columns: tuple[_Count, ...]
    centers: tuple[_Value, ...]
    scales: tuple[Annotated[_Value, Field(gt=0)], ...]
    correlation: tuple[Annotated[_Value, Field(ge=-1, le=1)], ...]
    shrinkage: Annotated[_Value, Field(ge=0, le=1)]
    limit: Annotated[_Value, Field(ge=0)]

    def whitening(self) -> FloatArray:
        """Return the lower triangle W for which ``|W z|^2`` is the squared distance of z.

        Shapes:
            -> (d, d)

        Raises:
            numpy.linalg.LinAlgError: no numbers go together like that.
        """
        d = len(self.columns)
        full = np.eye(d)
        full[np.triu_indices(d, 1)] = self.correlation
        return whitening(full + np.triu(full, 1).T, self.shrinkage)


class Summary(Record):
    """The training rows of a model.

    Attributes:
        n_rows: N.
        columns: one for each column of the schema.
        combination: of the columns of numbers, None where there are fewer than two of them
            that vary, or more than 64.
    """

    n_rows: Annotated[int, Field(strict=True, ge=1), NUMBER]
    columns: tuple[ColumnSummary, ...]
    combination: Combination | None = None


def summarise(
    dataset: Dataset, rows: IndexArray, *, multiply: float = 1.0, add: float = 0.0
) -> Summary | None:
    """Return the summary of some rows, None where there are too many columns.

    Args:
        dataset: without gaps.
        rows: (N,), at least one.
        multiply: what the data recipe multiplied every feature by.
        add: what it added after that.

    Example:
        >>> from shoal.data.dataset import Feature
        >>> schema = Schema(columns=(Feature(name="a"),), target="b", kind="regression")
        >>> table = Dataset(x=np.array([[3.0], [1.0]]), y=np.zeros((2, 1)), schema=schema)
        >>> found = summarise(table, np.arange(2))
        >>> found.columns[0].quantiles[0], found.columns[0].quantiles[-1]
        (1.0, 3.0)
    """
    columns = dataset.schema.columns
    if len(columns) > MAX_COLUMNS:
        return None
    places = _places(dataset.schema)
    x = np.asarray(dataset.x[rows], np.float64)
    numbers = [i for i, column in enumerate(columns) if column.categories is None]
    everything = len(numbers) == x.shape[1]  # no copy of images
    values = x if everything else x[:, [places[i].start for i in numbers]]
    lows, highs = fences(values) if numbers else (np.empty(0), np.empty(0))
    limits = dict(zip(numbers, zip(lows.tolist(), highs.tolist(), strict=True), strict=True))
    found = tuple(
        _numbers(x[:, places[i].start], *limits[i], counted=len(columns) <= MAX_COUNTED)
        if i in limits
        else _shares((x[:, places[i]] - add) / multiply)
        for i in range(len(columns))
    )
    joint = together(values) if len(numbers) > 1 else None
    combination = None if joint is None else _combination(joint, numbers)
    return Summary(n_rows=len(x), columns=found, combination=combination)


def summary_problem(summary: Summary, schema: Schema) -> str | None:
    """Return why a summary is not one of rows of this schema, None if it may be."""
    if len(summary.columns) != len(schema.columns):
        return f"must have {len(schema.columns)} columns, as the schema"
    for column, about in zip(schema.columns, summary.columns, strict=True):
        n_shares = len(column.categories or ())
        n_quantiles = 0 if column.categories is not None else N_QUANTILES
        where = f"for the column {show(column.name)}"
        if (len(about.quantiles), len(about.shares)) != (n_quantiles, n_shares):
            wanted = f"{n_shares} shares" if n_shares else f"{N_QUANTILES} quantiles"
            return f"must have {wanted} {where}"
        if any(b < a for a, b in itertools.pairwise(about.quantiles)):
            return f"must have quantiles in ascending order {where}"
        wrong = _wrong_counts(about, summary.n_rows)
        if wrong is not None:
            return f"{wrong} {where}"
    return None if summary.combination is None else _wrong(summary.combination, schema)


def _places(schema: Schema) -> list[slice]:
    """Return which features a column of the table became."""
    ends = list(itertools.accumulate(len(column.feature_names) for column in schema.columns))
    return [slice(a, b) for a, b in zip([0, *ends], ends, strict=False)]


def _numbers(x: FloatArray, low: float, high: float, *, counted: bool) -> ColumnSummary:
    ordered, n = np.sort(x), len(x)
    places = np.ceil(np.arange(N_QUANTILES) * n / (N_QUANTILES - 1)).astype(np.int64) - 1
    quantiles = ordered[np.maximum(places, 0)]
    different = np.unique(quantiles)
    below = np.searchsorted(ordered, different, side="left")
    at_most = np.searchsorted(ordered, different, side="right")
    plain = bool((at_most - below == 1).all())
    pairs = zip(below.tolist(), at_most.tolist(), strict=True)
    return ColumnSummary(
        quantiles=tuple(quantiles.tolist()),
        counts=tuple(pairs) if counted and not plain else (),
        low=low,
        high=high,
    )


def _shares(hot: FloatArray) -> ColumnSummary:
    return ColumnSummary(shares=tuple((hot > 0.5).mean(axis=0).tolist()))


def _combination(found: Together, numbers: list[int]) -> Combination:
    upper = found.correlation[np.triu_indices(len(found.columns), 1)]
    return Combination(
        columns=tuple(numbers[i] for i in found.columns),
        centers=tuple(found.centers.tolist()),
        scales=tuple(found.scales.tolist()),
        correlation=tuple(upper.tolist()),
        shrinkage=found.shrinkage,
        limit=found.limit,
    )


def _wrong_counts(about: ColumnSummary, n_rows: int) -> str | None:
    if about.low is not None and about.high is not None and about.low > about.high:
        return "must have `low` up to `high`"
    if not about.counts:
        return None
    if len(about.counts) != len(set(about.quantiles)):
        return "must have counts of every value among the quantiles"
    flat = [number for pair in about.counts for number in pair]
    if any(b < a for a, b in itertools.pairwise(flat)) or flat[-1] > n_rows:
        return f"must have counts in ascending order, up to {n_rows}"
    return None


def _wrong(combination: Combination, schema: Schema) -> str | None:
    columns, d = combination.columns, len(combination.columns)
    numbers = {i for i, column in enumerate(schema.columns) if column.categories is None}
    if not 2 <= d <= MOST_TOGETHER or len(set(columns)) < d or not numbers.issuperset(columns):
        return f"must combine 2 to {MOST_TOGETHER} columns of numbers"
    lengths = (len(combination.centers), len(combination.scales), len(combination.correlation))
    if lengths != (d, d, d * (d - 1) // 2):
        return f"must have {d} centers, {d} scales and {d * (d - 1) // 2} correlations"
    try:
        usable = bool(np.isfinite(combination.whitening()).all())
    except np.linalg.LinAlgError:
        usable = False
    return None if usable else "must have a correlation that numbers can have"
