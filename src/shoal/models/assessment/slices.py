"""How good a model is on parts of the rows: by category, or by range of a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal, cast

import numpy as np
from numpy.typing import NDArray

from shoal.data.cells import GAP, NUMBER, labels, number_name, read_cells
from shoal.data.table import Decimal, RawColumn
from shoal.errors import ArgumentError
from shoal.metrics.bootstrap import bootstrap, effective_rows, wilson
from shoal.metrics.contrasts import fewer_right, lower_mean, lower_ranks
from shoal.metrics.paired_signs import LEVEL, holm
from shoal.models.assessment.records import SliceFigures, Slices
from shoal.models.assessment.rows import JudgedRows

FEW_VALUES: Final = 8
"""A column of numbers with more different values is cut into ranges."""
RANGES: Final = 4
MOST_SLICES: Final = 20
"""Slices of a column that are told one by one; the smallest go together."""
FEWEST: Final = 5
"""Rows that a slice must have to be held against the rest."""
GAPS: Final = "(gap)"
Figure = Literal["accuracy", "mean_absolute_error", "scaled_error"]
Y = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """Rows of a column by number of their slice, (N,), and what the slices are called."""

    place: NDArray[np.int64]
    names: tuple[str, ...]


def slices_of(
    rows: JudgedRows,
    by: Mapping[str, Any],
    *,
    scale: Y,
    decimal: Decimal = ".",
    seed: int = 0,
    resamples: int | None = None,
    where: str = "assess",
) -> tuple[Slices, ...]:
    """Return the figure of every slice of every column, and which fall below the rest.

    A slice of at least 5 rows is held against all other rows: an accuracy by Fisher's exact
    test; an error or a weighted accuracy must be worse both in its mean (Welch) and in its
    ranks (Mann and Whitney). p-values are adjusted by Holm for all slices of all columns.

    Args:
        rows: what was said.
        by: columns by name, cells or numbers.
        scale: of every target, for figures of several.
        decimal: the decimal mark of number cells.
        seed: of the resamples of errors.
        resamples: how many.
        where: the public function, for messages.

    Shapes:
        each column (N,), scale (C,)

    Raises:
        ArgumentError: a column has another length.
    """
    figure, each = row_figures(rows, scale)
    found: list[tuple[str, list[SliceFigures]]] = []
    for name, cells in by.items():
        column = _column(cells)
        if len(column) != rows.n_rows:
            wanted = f"must have a cell for each of N={rows.n_rows} rows"
            raise ArgumentError(where, f"by['{name}']", wanted, got=len(column), code="A104")
        cut = cut_of(column, decimal)
        judge = _Slicer(rows=rows, each=each, is_share=figure == "accuracy", seed=seed,
                        resamples=resamples)  # fmt: skip
        found.append((name, judge.slices(cut)))
    adjusted = _adjusted([one for _, slices in found for one in slices])
    told = iter(adjusted)
    return tuple(
        Slices(column=name, figure=figure, slices=tuple(next(told) for _ in slices))
        for name, slices in found
    )


def row_figures(rows: JudgedRows, scale: Y) -> tuple[Figure, Y]:
    """Return what a slice is judged by, for every row: right or not, or the size of its error.

    Of several numbers the mean of their errors in units of their scale.

    Shapes:
        scale (C,) -> (N,)
    """
    if not rows.schema.is_regression:
        return "accuracy", rows.right.astype(np.float64)
    error = np.abs(rows.said - rows.true)
    if error.shape[1] == 1:
        return "mean_absolute_error", error[:, 0]
    return "scaled_error", np.asarray((error / scale).mean(axis=1))


def cut_of(column: RawColumn, decimal: Decimal = ".") -> Cut:
    """Return which slice every row is in: a category, or a quarter of a column of numbers.

    Example:
        >>> cut_of(("b", "a", "", "b")).names
        ('a', 'b', '(gap)')
        >>> cut_of(np.arange(9.0)).names
        ('below 2', '2 to below 4', '4 to below 6', '6 and more')
    """
    cells = read_cells(column, decimal)
    numbers = bool(np.isin(cells.states, (NUMBER, GAP)).all())
    known = cells.values[cells.states == NUMBER]
    if numbers and len(np.unique(known)) > FEW_VALUES:
        return _ranges(cells.values, known)
    names = labels(column)
    if numbers:
        ordered = [number_name(value) for value in np.unique(known).tolist()]
        names = ["" if np.isnan(v) else number_name(v) for v in cells.values.tolist()]
    else:
        ordered = sorted(set(names) - {""})
    return _categories(names, ordered)


def _categories(names: Sequence[str], ordered: Sequence[str]) -> Cut:
    """Return slices by name; beyond 20 the rarest ones together."""
    place = {name: k for k, name in enumerate(ordered)}
    place[""] = len(ordered)
    codes = np.array([place[name] for name in names], np.int64)
    told = [*ordered, GAPS]
    counts = np.bincount(codes, minlength=len(told))
    present = np.flatnonzero(counts)
    if len(present) > MOST_SLICES:
        kept = np.sort(np.argsort(-counts, kind="stable")[: MOST_SLICES - 1])
    else:
        kept = present
    number = np.full(len(told), len(kept), np.int64)
    number[kept] = np.arange(len(kept))
    shown = [told[k] for k in kept.tolist()]
    rest = len(present) - len(kept)
    return Cut(place=number[codes], names=(*shown, f"({rest:,} others)") if rest else tuple(shown))


def _ranges(values: Y, known: Y) -> Cut:
    quarters = np.quantile(known, np.arange(1, RANGES) / RANGES).tolist()
    edges = np.unique(_short(quarters, float(np.ptp(known))))  # cut where their names say
    edges = edges[(edges > known.min()) & (edges <= known.max())]
    place = np.searchsorted(edges, values, side="right")
    gaps = np.isnan(values)
    place[gaps] = len(edges) + 1
    told = [number_name(edge) for edge in edges.tolist()]
    between = [f"{a} to below {b}" for a, b in pairwise(told)]
    names = [f"below {told[0]}", *between, f"{told[-1]} and more"] if told else ["all"]
    return Cut(place=place.astype(np.int64), names=(*names, GAPS) if gaps.any() else tuple(names))


def _short(edges: Sequence[float], width: float) -> list[float]:
    """Return edges with as few digits as keep them where they are, within 1 % of the width."""
    for digits in range(3, 17):
        found = [float(f"{edge:.{digits}g}") for edge in edges]
        if max(abs(a - b) for a, b in zip(found, edges, strict=True)) <= width / 100:
            return found
    return list(edges)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Slicer:
    """Judges slices by a figure of every row, (N,)."""

    rows: JudgedRows
    each: Y
    is_share: bool
    seed: int
    resamples: int | None

    def slices(self, cut: Cut) -> list[SliceFigures]:
        """Return the figures of every slice that has rows."""
        found = []
        for number, name in enumerate(cut.names):
            inside = cut.place == number
            if inside.any():
                found.append(self._slice(name, inside))
        return found

    def _slice(self, name: str, inside: NDArray[np.bool_]) -> SliceFigures:
        w, n = self.rows.counted[inside], int(inside.sum())
        if not w.any():
            return SliceFigures(name=name, n_rows=n, value=None)
        value = float(np.average(self.each[inside], weights=w))
        low, high = self._interval(value, inside)
        rest = ~inside
        others = self.rows.counted[rest]
        if not others.any():
            return SliceFigures(name=name, n_rows=n, value=value, low=low, high=high)
        beside = float(np.average(self.each[rest], weights=others))
        return SliceFigures(
            name=name, n_rows=n, value=value, low=low, high=high, difference=value - beside,
            p_value=self._p_value(inside) if n >= FEWEST else None,
        )  # fmt: skip

    def _interval(self, value: float, inside: NDArray[np.bool_]) -> tuple[float | None, ...]:
        w = self.rows.counted[inside]
        if self.is_share:
            low, high = wilson(value, effective_rows(w))
            return float(low), float(high)
        values = self.each[inside][:, np.newaxis]
        found = bootstrap(
            lambda weights: weights @ values / weights.sum(axis=1, keepdims=True),
            len(w),
            weights=w,
            seed=self.seed,
            resamples=self.resamples,
        )
        ends = (float(found.low[0]), float(found.high[0]))
        return tuple(end if np.isfinite(end) else None for end in ends)

    def _p_value(self, inside: NDArray[np.bool_]) -> float | None:
        if self.is_share and self.rows.weights is None:
            right = self.each > 0.5
            return fewer_right(
                int(right[inside].sum()), int(inside.sum()), int(right.sum()), len(right)
            )
        sign = 1.0 if self.is_share else -1.0  # an error is worse where it is higher
        w = self.rows.counted
        part, rest = (sign * self.each[rows] for rows in (inside, ~inside))
        p = lower_mean(part, rest, w[inside], w[~inside])
        in_ranks = lower_ranks(part[w[inside] > 0], rest[w[~inside] > 0])
        return max(p, in_ranks) if np.isfinite(p) else None


def _adjusted(slices: Sequence[SliceFigures]) -> list[SliceFigures]:
    asked = [one.p_value for one in slices if one.p_value is not None]
    worth = iter(holm(asked))
    found = []
    for one in slices:
        p = next(worth) if one.p_value is not None else None
        below = p is not None and p < LEVEL
        found.append(one.model_copy(update={"p_adjusted": p, "falls_below": below}))
    return found


def _column(cells: Any) -> RawColumn:
    array = cells if isinstance(cells, np.ndarray) else None
    if array is not None and array.dtype.kind in "iuf":
        return cast(RawColumn, array.astype(np.float64))
    listed = cells.tolist() if hasattr(cells, "tolist") else list(cells)
    if all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in listed):
        return cast(RawColumn, np.asarray(listed, np.float64))
    return tuple(_cell(cell) for cell in listed)


def _cell(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    return "" if cell is None else str(cell)
