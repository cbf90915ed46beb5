"""The plane of two features that pictures lie in, and the rows of its cells.

Where data have one feature only, the plane's second axis means nothing: a class has a strip of
its own there, and a number stands at its own height, so that points are told apart; whatever
networks say is the same all along it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shoal.charts.asking import telling_features
from shoal.charts.choice import Output, Pair, output_of
from shoal.charts.surface import middles, plane_bounds
from shoal.data.dataset import Dataset, Schema
from shoal.data.derive import recompute
from shoal.errors import ArgumentError, did_you_mean
from shoal.experiments.run import Run
from shoal.lab.messages import Plane, PlaneTold

Bounds = tuple[float, float, float, float]
"""x from, x to, y from, y to."""
MOST_PROBABLE: Final = "probability of the most probable class"
NO_FEATURE: Final = -1
"""The number of the second feature where there is one only."""
WIDE: Final = 0.7
"""How much of a strip its points fill."""
MOST_NUMBERS: Final = 2**23
"""Cells times features of a picture; of more features it has fewer cells..."""
LEAST_CELLS: Final = 8
"""...but no fewer to a side."""
GOLDEN: Final = 0.6180339887498949
"""Multiples of it, less their whole part, lie evenly."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlaneSeen:
    """A plane that is looked at.

    Attributes:
        numbers: of the two features; `NO_FEATURE` for the second where there is one only.
        bounds: x from, x to, y from, y to.
        held: what the other features are held at, (D,).
        output: what is shown; None: the most probable of several classes.
        schema: of the data.
        told: what the page is told of it.
    """

    numbers: Pair
    bounds: Bounds
    held: np.ndarray
    output: Output | None
    schema: Schema
    told: PlaneTold

    def side(self, n: int) -> int:
        """Return how many cells a picture that should have `n` to a side can have."""
        most = int((MOST_NUMBERS / len(self.schema.feature_names)) ** 0.5)
        return min(n, max(LEAST_CELLS, most))

    def cells(self, n: int) -> np.ndarray:
        """Return the rows in the middles of n x n cells, from the lowest y up.

        Shapes:
            (n * n, D)
        """
        low_x, high_x, low_y, high_y = self.bounds
        rows = np.repeat(self.held[np.newaxis], n * n, axis=0)
        if self.numbers[1] != NO_FEATURE:
            rows[:, self.numbers[1]] = np.repeat(middles(low_y, high_y, n), n)
        rows[:, self.numbers[0]] = np.tile(middles(low_x, high_x, n), n)
        return recompute(self.schema, rows)


def plane_of(plane: Plane, run: Run, medians: np.ndarray, telling: Pair | None) -> PlaneSeen:
    """Return the plane that a look asks for.

    Args:
        plane: what is asked for.
        run: whose data.
        medians: of the features, (D,).
        telling: the features that change the answers most, if they are known.

    Raises:
        ArgumentError: no such feature, class or target.
    """
    part = run.prepared.parts[0]
    dataset, names = part.dataset, part.dataset.schema.base_features
    numbers = _numbers(plane, dataset, telling)
    held = medians.copy()
    for name, value in plane.hold.items():
        held[_number(names, name)] = value
    if numbers[1] == NO_FEATURE:
        low, high = plane_bounds(part, (numbers[0], numbers[0]))[:2]
        bounds = low, high, *_strip_bounds(dataset)
    else:
        bounds = plane_bounds(part, numbers)
    schema = dataset.schema
    is_open = plane.output is None and len(schema.classes) > 2
    output = None if is_open else output_of("look", schema, plane.output)
    return PlaneSeen(
        numbers=numbers,
        bounds=bounds,
        held=held,
        output=output,
        schema=schema,
        told=_told(dataset, numbers, bounds, held, output),
    )


def _told(
    dataset: Dataset, numbers: Pair, bounds: Bounds, held: np.ndarray, output: Output | None
) -> PlaneTold:
    """Return what the page is told of a plane."""
    schema = dataset.schema
    base = schema.base_features
    second = _second_name(dataset) if numbers[1] == NO_FEATURE else base[numbers[1]]
    return PlaneTold(
        features=(base[numbers[0]], second),
        numbers=numbers,
        x=bounds[:2],
        y=bounds[2:],
        held={name: float(held[i]) for i, name in enumerate(base) if i not in numbers},
        output=MOST_PROBABLE if output is None else output.title,
        is_probability=not schema.is_regression,
        classes=schema.classes if output is None else (),
        value_range=value_range(dataset, output) if schema.is_regression else None,
    )


def chosen_by_answers(run: Run) -> Pair:
    """Return the two features that change the answers most, of data with more than two."""
    one, two = telling_features(run, 2)
    return one, two


def strip_heights(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return where rows stand on an axis that means nothing: by class, or by their target."""
    schema, y = dataset.schema, dataset.y[rows]
    if schema.is_regression:
        return np.asarray(y[:, 0])
    label = y[:, 0] if y.shape[1] == 1 or schema.kind == "multilabel" else y.argmax(axis=1)
    n_strips = max(2, len(schema.classes))
    spread = (rows * GOLDEN) % 1.0 - 0.5
    return np.asarray((label + 0.5 + WIDE * spread) / n_strips)


def value_range(dataset: Dataset, output: Output | None) -> tuple[float, float]:
    """Return from where to where the target of a regression goes."""
    values = dataset.y[:, 0 if output is None else output.number]
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _numbers(plane: Plane, dataset: Dataset, telling: Pair | None) -> Pair:
    names = dataset.schema.base_features
    if len(names) == 1:
        return 0, NO_FEATURE
    if plane.features is None:
        return telling if telling is not None else (0, 1)
    one, two = (_number(names, name) for name in plane.features)
    if one == two:
        wanted = "must be two different ones"
        raise ArgumentError("look", "features", wanted, got=f"'{names[one]}'", code="A110")
    return one, two


def _number(names: tuple[str, ...], name: str) -> int:
    if name not in names:
        shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
        cure = did_you_mean(name, names)
        wanted = f"must be among {shown}"
        raise ArgumentError("look", "features", wanted, got=repr(name[:60]), cure=cure, code="A103")
    return names.index(name)


def _second_name(dataset: Dataset) -> str:
    return dataset.schema.target if dataset.schema.is_regression else ""


def _strip_bounds(dataset: Dataset) -> tuple[float, float]:
    if not dataset.schema.is_regression:
        return 0.0, 1.0
    low, high = value_range(dataset, None)
    margin = 0.06 * (high - low)
    return low - margin, high + margin
