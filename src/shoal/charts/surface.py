"""What networks say over a plane or along a line, as arrays: for charts and animations.

Coordinates are those of the experiment's rows, the data recipe applied; the outputs are the
probability of a class or a label, or the value in the target's own units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from shoal.charts.asking import said, spread_members, typical_place
from shoal.charts.choice import Pair, chosen_features, chosen_output, feature_number
from shoal.experiments.prepare import Part
from shoal.experiments.run import Run

CELLS: Final = 64
"""Cells to each side of a surface."""
OVERLAP: Final = 0.35
"""How far a cell that is drawn reaches under the next, as a share of it."""
MARGIN: Final = 0.06
"""How far a surface reaches beyond the rows, as a share of their range."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """What P networks say in the middle of every cell of a plane.

    Attributes:
        x, y: the middles of the cells, ascending.
        each: what every network says, NaN for one that diverged.
        members: which networks they are.
        features: the numbers of the two features.
        names: what they are called.
        held: the values of all base features at which the others are held, (B,).
        output: what is shown: "probability of 1", or the target's name.
        is_probability: whether `each` are probabilities, 0 to 1.

    Shapes:
        x (n_x,), y (n_y,), each (P, n_y, n_x); median and disagreement (n_y, n_x)
    """

    x: np.ndarray
    y: np.ndarray
    each: np.ndarray
    members: np.ndarray
    features: Pair
    names: tuple[str, str]
    held: np.ndarray
    output: str
    is_probability: bool

    @cached_property
    def median(self) -> np.ndarray:
        """The median over the networks that did not diverge."""
        return np.asarray(np.median(self.sound, axis=0))

    @cached_property
    def disagreement(self) -> np.ndarray:
        """The standard deviation over them, divided by P."""
        return np.asarray(self.sound.std(axis=0))

    @cached_property
    def sound(self) -> np.ndarray:
        """What the networks that did not diverge say, (S, n_y, n_x); NaN if there are none."""
        kept = np.isfinite(self.each).all(axis=(1, 2))
        return self.each[kept] if kept.any() else np.full((1, *self.each.shape[1:]), np.nan)

    @property
    def x_edges(self) -> np.ndarray:
        """The edges of the cells, (n_x + 1,)."""
        return edges(self.x)

    @property
    def y_edges(self) -> np.ndarray:
        """The edges of the cells, (n_y + 1,)."""
        return edges(self.y)


def surface(
    run: Run,
    *,
    features: Sequence[int | str] | str | None = None,
    hold: Mapping[str, float] | None = None,
    members: Sequence[int] | np.ndarray | None = None,
    weights: np.ndarray | None = None,
    of: str | int | None = None,
    n: int = CELLS,
    bounds: tuple[float, float, float, float] | None = None,
    threads: int | None = None,
) -> Surface:
    """Return what networks say over the plane of two features.

    Args:
        run: whose networks, data and scaling.
        features: two of them, by number or name; by default those that matter most.
        hold: values of the other features by name; the median of the rows by default.
        members: which networks, by their place in the run; all of them by default, evenly
            spaced ones where there are more than 400.
        weights: (P, K) of the whole population in place of the delivered ones: those of a step.
        of: a class (or label, or target) by name or number; the second of two classes, the
            first of more, by default.
        n: cells to each side.
        bounds: x from, x to, y from, y to; where the rows lie by default.
        threads: how many to use.

    Raises:
        ArgumentError: no such feature, network, class or target.
    """
    where = "surface"
    pair = chosen_features(where, run, features)
    output = chosen_output(where, run, of)
    part = run.prepared.parts[0]
    held = held_values(run, hold)
    low_x, high_x, low_y, high_y = bounds or plane_bounds(part, pair)
    x, y = middles(low_x, high_x, n), middles(low_y, high_y, n)
    rows = np.repeat(held[np.newaxis], n * n, axis=0)
    rows[:, pair[0]], rows[:, pair[1]] = np.tile(x, n), np.repeat(y, n)
    some = spread_members(len(run)) if members is None else np.asarray(members, np.int64)
    flat = run.weights if weights is None else weights
    each = said(run.prepared, flat, rows, members=some, output=output.number, threads=threads)
    names = part.dataset.schema.feature_names
    return Surface(
        x=x,
        y=y,
        each=each.reshape(len(some), n, n),
        members=some,
        features=pair,
        names=(names[pair[0]], names[pair[1]]),
        held=held,
        output=output.title,
        is_probability=output.is_probability,
    )


def held_values(run: Run, hold: Mapping[str, float] | None = None) -> np.ndarray:
    """Return the base features of a typical place, (B,): their medians, or as told."""
    held = typical_place(run)
    for name, value in (hold or {}).items():
        held[feature_number("surface", run, name)] = value
    return held


def plane_bounds(part: Part, features: Pair) -> tuple[float, float, float, float]:
    """Return where the rows lie in a plane, with a margin: x from, x to, y from, y to."""
    found: list[float] = []
    for number in features:
        column = np.asarray(part.dataset.x[:, number], np.float64)
        low, high = float(column.min()), float(column.max())
        few = len(np.unique(column[:1000])) <= 4
        space = (0.25 if few else MARGIN) * (high - low) or 0.5
        found += [low - space, high + space]
    return found[0], found[1], found[2], found[3]


def middles(low: float, high: float, n: int) -> np.ndarray:
    """Return the middles of n equal cells from `low` to `high`.

    Example:
        >>> middles(0.0, 1.0, 4).tolist()
        [0.125, 0.375, 0.625, 0.875]
    """
    return low + (np.arange(n) + 0.5) * ((high - low) / n)


def edges(middle: np.ndarray) -> np.ndarray:
    """Return the edges of equal cells from their middles, (n + 1,)."""
    half = (middle[1] - middle[0]) / 2 if len(middle) > 1 else 0.5
    return np.concatenate([middle - half, [middle[-1] + half]])


def runs_of_cells(found: Surface, shade: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return neighbours in a row that have one shade as one rectangle, with its shade.

    Each reaches a little under the next, so that no seam shows.

    Shapes:
        shade (n_y, n_x) -> columns x, x2, y, y2 (M,), and (M,)
    """
    begins = np.ones(shade.shape, bool)
    begins[:, 1:] = shade[:, 1:] != shade[:, :-1]
    row, start = np.nonzero(begins)
    stop = np.append(start[1:], 0)
    stop[stop == 0] = shade.shape[1]
    x, y = found.x_edges, found.y_edges
    more_x, more_y = OVERLAP * (x[1] - x[0]), OVERLAP * (y[1] - y[0])
    places = {
        "x": x[start], "x2": np.minimum(x[stop] + more_x, x[-1]),
        "y": y[row], "y2": np.minimum(y[row + 1] + more_y, y[-1]),
    }  # fmt: skip
    return places, shade[row, start]
