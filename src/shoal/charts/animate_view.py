"""What an animation looks at: rows of a grid, a slice or a line, and what networks answer there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shoal.charts.asking import said, spread_members, telling_features
from shoal.charts.choice import feature_number
from shoal.charts.surface import held_values, plane_bounds
from shoal.data.dataset import Dataset, IndexArray
from shoal.data.tasks import LogicTask
from shoal.data.wording import count, listing
from shoal.errors import ArgumentError, InputError
from shoal.experiments.run import Run

Floats = NDArray[np.floating]
MEMBERS: Final = 64
"""Networks that a median is taken of at most; more would cost time and change little."""
POINTS: Final = 400
"""Rows that are shown as points at most."""
FLOPS: Final = 2e10
"""What all answers of an animation may cost..."""
ANSWERS: Final = 8e7
"""...and how many they may be, so that a hundred frames take seconds for any network."""
FINEST, COARSEST = 80, 20
ALONG: Final = 121
"""Points of a curve or a slice."""
DISCRETE: Final = 64
"""Fewer distinct rows than this are shown with jitter, so that one does not hide another."""


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """Where networks are asked, and the data that stand there.

    Attributes:
        run: what was trained.
        features: the numbers of the one or two features that vary; the others are held at median.
        members: the networks that are asked, in ascending order.
        n_grid: G, points on a side of the grid, or on the curve.
    """

    run: Run
    features: tuple[int, ...]
    members: IndexArray
    n_grid: int

    @property
    def dataset(self) -> Dataset:
        """The data that are shown; where networks have different ones, the first's."""
        return self.run.prepared.parts[0].dataset

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the features that vary."""
        return tuple(self.dataset.schema.feature_names[i] for i in self.features)

    @property
    def is_surface(self) -> bool:
        """Whether there are two features that vary."""
        return len(self.features) == 2

    @property
    def has_slice(self) -> bool:
        """Whether the diagonal is shown too, as for the tasks over two bits."""
        return self.is_surface and isinstance(self.run.experiment.data, LogicTask)

    @property
    def classes(self) -> tuple[str, ...]:
        """What is told apart; nothing for numbers."""
        schema = self.dataset.schema
        return schema.label_classes[0] if schema.kind == "multilabel" else schema.classes

    @cached_property
    def ranges(self) -> tuple[tuple[float, float], ...]:
        """Low and high end of each feature that varies: of the data, and a margin."""
        first, last = self.features[0], self.features[-1]
        left, right, bottom, top = plane_bounds(self.run.prepared.parts[0], (first, last))
        return ((left, right), (bottom, top))[: len(self.features)]

    @cached_property
    def rows(self) -> Floats:
        """The rows that networks are asked, (R, D): the grid from its top left, then the slice."""
        n = self.n_grid
        if not self.is_surface:
            return self._held(np.linspace(*self.ranges[0], n)[:, np.newaxis])
        (left, right), (bottom, top) = self.ranges
        middle = (np.arange(n) + 0.5) / n
        across = left + (right - left) * middle
        down = top - (top - bottom) * middle
        x, y = np.meshgrid(across, down)
        grid = np.stack([x.ravel(), y.ravel()], axis=-1)
        if self.has_slice:
            along = [np.linspace(low, high, ALONG) for low, high in self.ranges]
            grid = np.concatenate([grid, np.stack(along, axis=-1)])
        return self._held(grid)

    def _held(self, values: Floats) -> Floats:
        rows = np.repeat(held_values(self.run)[np.newaxis], len(values), axis=0)
        rows[:, list(self.features)] = values
        return rows

    def answers(self, weights: np.ndarray, members: IndexArray | None = None) -> Floats:
        """Return what networks say of the rows.

        That is the probability of the second of two classes, those of more classes, or the first
        target in its own units.

        Args:
            weights: of the whole population.
            members: which networks, in place of the view's own.

        Shapes:
            weights (P, K) -> (M, R, V)
        """
        members = self.members if members is None else members
        n_classes = len(self.classes)
        output = None if n_classes > 2 else int(self.dataset.schema.kind == "classification")
        found = said(self.run.prepared, weights, self.rows, members=members, output=output)
        return found if output is None else found[..., np.newaxis]

    @cached_property
    def points(self) -> tuple[Floats, Floats]:
        """Some rows of the data, evenly chosen: where they stand, and their class or value.

        Shapes:
            (n, 2) and (n,); for a curve the second coordinate is the value
        """
        data = self.dataset
        chosen = np.linspace(0, data.n_rows - 1, min(POINTS, data.n_rows)).round().astype(int)
        y = data.y[chosen]
        values = np.asarray(y.argmax(axis=-1) if len(self.classes) > 2 else y[:, 0], np.float64)
        x: Floats = np.asarray(data.x[chosen][:, list(self.features)], np.float64)
        x = self._jittered(x)
        if not self.is_surface:
            x = np.concatenate([x, values[:, np.newaxis]], axis=1)
        return x, values

    def _jittered(self, x: Floats) -> Floats:
        """Return points that stand on each other moved a little, always in the same way."""
        n_distinct = len(np.unique(x, axis=0))
        if self.dataset.schema.is_regression or not n_distinct < min(DISCRETE, len(x)):
            return x
        spread = np.array([high - low for low, high in self.ranges]) * 0.03
        turn = np.arange(len(x)) * 2.399963  # the golden angle: a sunflower
        away = np.sqrt((np.arange(len(x)) + 0.5) / len(x))
        moves = np.stack([np.cos(turn), np.sin(turn)], axis=-1)[:, : x.shape[1]]
        return np.asarray(x + moves * away[:, np.newaxis] * spread)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not shown, or held."""
        schema, data = self.dataset.schema, self.dataset
        n_held = len(schema.base_features) - len(self.features)
        found = [f"{count(n_held, 'other feature')} held at the median"] if n_held else []
        if data.n_rows > POINTS:
            found.append(f"{POINTS} of {data.n_rows:,} rows shown")
        if len(schema.targets) > 1:
            found.append(f"the first of {len(schema.targets)} targets")
        if len(self.run.prepared.parts) > 1:
            found.append("data of network 0")
        return tuple(found)


def look(
    run: Run, *, features: Sequence[str] | None, network: int | None, frames: int, alone: bool
) -> View:
    """Return what an animation of a run looks at.

    Args:
        run: what was trained.
        features: the names of one or two, None for the ones that matter most.
        network: the only one to look at, None for all.
        frames: how many there will be, which decides how fine the grid can be.
        alone: whether each frame asks one network only.

    Raises:
        ArgumentError: features or a network that are not there.
    """
    members = _members(run, network)
    n_asked = 1 if alone else len(members)
    chosen = _features(run, features)
    n_grid = ALONG
    if len(chosen) == 2:
        n_values = max(1, len(run.prepared.parts[0].dataset.schema.classes) - 1)
        each = 2 * run.weights.shape[1] * n_asked * frames
        room = min(FLOPS / each, ANSWERS / (n_values * n_asked * frames))
        n_grid = int(np.clip(np.sqrt(room), COARSEST, FINEST))
    return View(run=run, features=chosen, members=members, n_grid=n_grid)


def _members(run: Run, network: int | None) -> IndexArray:
    size = len(run)
    if network is not None:
        if isinstance(network, bool) or not 0 <= network < size:
            wanted = f"must be the number of a network, 0 to {size - 1}"
            raise ArgumentError("animate", "network", wanted, got=network, code="A102")
        return np.array([network])
    sound = np.flatnonzero(run.sound)
    sound = sound if len(sound) else np.arange(size)
    return np.asarray(sound[spread_members(len(sound), MEMBERS)])


def _features(run: Run, names: Sequence[str] | None) -> tuple[int, ...]:
    schema = run.prepared.parts[0].dataset.schema
    known = schema.base_features
    if names is None:
        most = 1 if schema.is_regression else 2
        return tuple(range(len(known))) if len(known) <= most else telling_features(run, most)
    numbers = tuple(feature_number("animate", run, name) for name in names)
    most = 1 if schema.is_regression else 2
    if not 1 <= len(names) <= most or len(set(numbers)) < len(names):
        wanted = "must be one" if most == 1 else "must be one or two different ones"
        raise ArgumentError("animate", "features", wanted, got=listing(names), code="A110")
    return numbers


def check_can_move(run: Run) -> int:
    """Return the last step of a run.

    Raises:
        ArgumentError: it is no run.
        InputError: it has none.
    """
    if not isinstance(run, Run):
        raise ArgumentError(
            "animate", "run", "must be a Run", got=f"a {type(run).__name__}", code="A101"
        )
    last = int(run.steps.max())
    if last == 0:
        raise InputError(
            "animate: the run has no steps, so there is nothing to show. Train it.", code="G104"
        )
    return last


__all__ = ["View", "check_can_move", "look"]
