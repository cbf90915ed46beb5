"""What a model says on average, and of single rows, as one column takes other values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from shoal.data.cells import number_name
from shoal.data.dataset import Feature
from shoal.errors import ArgumentError, did_you_mean
from shoal.metrics import band
from shoal.models.importance.asked import asked_of
from shoal.models.importance.sampling import sampled
from shoal.models.importance.typical import groups_of
from shoal.models.inputs import Inputs, features_of
from shoal.models.model import Model
from shoal.network import FloatArray

WHERE: Final = "dependence_of"
POINTS: Final = 25
LINES: Final = 40
ROWS: Final = 1_000
"""Rows that a dependence is averaged over; of more a sample is taken."""
BLOCK: Final = 2**21


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dependence:
    """What a model says as one column takes other values, all else as it stands in the rows.

    Attributes:
        column: its name.
        is_category: whether it holds categories.
        grid: values of the column, as text; `places` has them as numbers.
        places: numbers, or 0, 1, 2, ... for categories.
        outputs: classes, labels or targets.
        mean: the partial dependence: the mean over the rows of what the ensemble says.
        low, high: 5 % and 95 % of the same over the networks.
        lines: what the ensemble says of single rows (individual conditional expectations).
        own: where those rows stand themselves, as in `places`.
        shares: of rows, by category, or none.
        n_rows: rows that were averaged over.

    Shapes:
        places (G,), mean, low, high (C, G), lines (n, C, G), own (n,)
    """

    column: str
    is_category: bool
    grid: tuple[str, ...]
    places: FloatArray
    outputs: tuple[str, ...]
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    lines: FloatArray
    own: FloatArray
    shares: tuple[float, ...] = ()
    n_rows: int = 0

    @property
    def swing(self) -> float:
        """How far the mean goes from its least to its largest, of the output where it goes most."""
        return float(np.ptp(self.mean, axis=1).max())

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, without the single rows."""
        return {
            "column": self.column,
            "grid": list(self.grid) if self.is_category else self.places.tolist(),
            "n_rows": self.n_rows,
            "outputs": [
                {"name": name, "mean": mean, "p05": low, "p95": high}
                for name, mean, low, high in zip(
                    self.outputs, self.mean.tolist(), self.low.tolist(), self.high.tolist(),
                    strict=True,
                )
            ],
        }  # fmt: skip


def dependence_of(
    model: Model,
    x: Inputs | Any,
    column: str,
    *,
    points: int = POINTS,
    lines: int = LINES,
    rows: int = ROWS,
    seed: int = 0,
    threads: int | None = None,
) -> Dependence:
    """Return the partial dependence of what a model says on one column.

    For every value of the grid the column is set to it in every row and the answers are
    averaged. The grid holds values of the rows themselves: all of them where they are few,
    else evenly spaced quantiles from the least to the largest; or all categories.

    Args:
        model: the model.
        x: rows, as for `Model.predict`.
        column: its name.
        points: values of the grid at most, for numbers.
        lines: single rows that are kept, evenly spaced among those averaged over.
        rows: how many to average over at most; of more a sample is taken.
        seed: of the sample.
        threads: None for as many as there are.

    Raises:
        ArgumentError: there is no such column, or no rows, or a number is too small.
        DataError: as for `Model.predict`.

    Source:
        Friedman, "Greedy function approximation" (2001), section 8.2; Goldstein, Kapelner,
        Bleich, Pitkin, "Peeking inside the black box" (2015) for the lines of single rows.
    """
    names = [each.name for each in model.schema.columns]
    if column not in names:
        told = f"must be a column of the model, {', '.join(map(repr, names[:10]))}"
        cure = did_you_mean(str(column), names)
        raise ArgumentError(WHERE, "column", told, got=repr(column), cure=cure, code="A103")
    for name, value, least in (("points", points, 2), ("lines", lines, 0), ("rows", rows, 1)):
        if value < least:
            raise ArgumentError(WHERE, name, f"must be at least {least}", got=value, code="A102")
    features = features_of(WHERE, model.schema, x)
    if len(features) == 0:
        raise ArgumentError(WHERE, "x", "must have at least one row", got=0, code="A106")
    features = features[sampled(len(features), rows, seed)]
    place = names.index(column)
    return _dependence(
        model, features, model.schema.columns[place], groups_of(model.schema)[place],
        points=points, lines=lines, threads=threads,
    )  # fmt: skip


def _dependence(
    model: Model, x: FloatArray, column: Feature, group: slice, *,
    points: int, lines: int, threads: int | None,
) -> Dependence:  # fmt: skip
    is_category = column.categories is not None
    cells = x[:, group]
    values = np.eye(cells.shape[1]) if is_category else grid_of(cells[:, 0], points)[:, None]
    kept = np.unique(np.linspace(0, len(x) - 1, min(lines, len(x))).round().astype(int))
    kept = kept if lines else kept[:0]
    means, singles = [], []
    for value in values:
        changed = x.copy()
        changed[:, group] = value
        figures = np.concatenate(
            list(model.member_figures(changed, threads=threads, where=WHERE)), axis=1
        )
        means.append(figures.mean(axis=1))  # (P, C)
        singles.append(figures[:, kept].mean(axis=0))  # (n, C)
    each, single = np.stack(means, axis=-1), np.stack(singles, axis=-1)
    shown = _shown(model)
    spread = band(each[:, shown].reshape(len(model), -1))
    edges = [np.asarray(edge).reshape(len(shown), -1) for edge in (spread.p05, spread.p95)]
    places = np.arange(len(values), dtype=np.float64) if is_category else values[:, 0]
    return Dependence(
        column=column.name,
        is_category=is_category,
        grid=tuple(column.categories or map(number_name, places.tolist())),
        places=places,
        outputs=tuple(asked_of(WHERE, model.schema, k).name for k in shown),
        mean=each.mean(axis=0)[shown],
        low=edges[0],
        high=edges[1],
        lines=single[:, shown],
        own=(cells.argmax(axis=1).astype(np.float64) if is_category else cells[:, 0])[kept],
        shares=tuple(cells.mean(axis=0).tolist()) if is_category else (),
        n_rows=len(x),
    )


def grid_of(values: FloatArray, points: int) -> FloatArray:
    """Return values of a column: all there are, or evenly spaced quantiles that were there.

    Example:
        >>> grid_of(np.array([3.0, 1.0, 3.0]), 5).tolist()
        [1.0, 3.0]
        >>> grid_of(np.arange(101.0), 3).tolist()
        [0.0, 50.0, 100.0]
    """
    different = np.unique(values)
    if len(different) <= points:
        return different
    places = np.linspace(0, len(values) - 1, points).round().astype(int)
    return np.unique(np.sort(values)[places])


def _shown(model: Model) -> list[int]:
    """Return the outputs that tell something: of two classes the second."""
    n = len(model.schema.classes) or len(model.schema.targets)
    return [1] if model.schema.kind == "classification" and n == 2 else list(range(n))
