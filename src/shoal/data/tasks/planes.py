"""Toy sets in the plane: circle, gaussians, moons and spiral, about [-1, 1] wide.

Row r has class r mod C, so classes are balanced exactly. `spread` is the standard deviation
of a Gaussian added to both coordinates, in the units of the features.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from functools import lru_cache
from typing import Literal

import numpy as np
from pydantic import Field

from shoal.data.dataset import FloatArray, IndexArray
from shoal.data.recipe import Ceiling
from shoal.data.tasks.base import MAX_SAMPLES, Rows, TaskRecipe
from shoal.data.tasks.overlap import (
    NearestRule,
    Overlap,
    curves,
    disc_and_ring,
    elementary,
    wedge_ceiling,
)
from shoal.streams import Stream

DISC = 0.5
"""Radius of the inside of `circle`."""
RING = (0.7, 1.0)
"""Inner and outer radius of the ring of `circle`."""
CENTRES = 0.5
"""Distance of the centres of `gaussians` from the origin."""
TURNS = 1.5
"""How often an arm of `spiral` goes round."""
START = 0.1
"""Distance of the beginning of an arm of `spiral` from the origin; its end is at 1."""

U_PART, V_PART, FIRST_PART, SECOND_PART = 0, 1, 2, 3
"""Parts of the data stream: two uniforms for the shape, a normal for each coordinate."""


class PlaneTask(TaskRecipe):
    """Rows x1, x2 of a shape per class, spread by a Gaussian."""

    samples: int = Field(default=1000, ge=1, le=MAX_SAMPLES, description="Number of rows.")
    spread: float = Field(
        default=0.1,
        ge=0,
        le=10,
        description="Standard deviation of the Gaussian on x1 and x2, in their units.",
    )

    @property
    def column_names(self) -> tuple[str, ...]:
        """The coordinates."""
        return ("x1", "x2")

    @property
    def n_rows(self) -> int:
        """The samples."""
        return self.samples

    @abstractmethod
    def shape(self, data: Stream, label: IndexArray) -> FloatArray:
        """Return points (N, 2) of the classes `label` (N,), before they are spread."""

    @abstractmethod
    def overlap(self) -> Overlap:
        """Return how far classes overlap: the ceiling and the Bayes rule."""

    def ceiling(self) -> Ceiling:
        """Return the ceiling, integrated over the densities of the classes."""
        return self.overlap().ceiling

    def true_classes(self, x: FloatArray) -> IndexArray:
        """Return the Bayes rule on x (N, 2); the nearest shape where no classes overlap."""
        return self.overlap().rule(self.own_features(x))

    def draw(self, data: Stream) -> Rows:
        """Return the rows, classes in turn."""
        label = np.arange(self.samples, dtype=np.int64) % self.n_classes
        x = self.shape(data, label)
        for d, part in enumerate((FIRST_PART, SECOND_PART)):
            x[:, d] += self.spread * data.normal(self.samples, part=part)
        rule = label if self.overlap().is_separate else self.true_classes(x)
        return Rows(x=x, label=label, rule=rule)


class Circle(PlaneTask):
    """A disc of radius 0.5 (class 0) inside a ring from 0.7 to 1 (class 1), even by area."""

    task: Literal["circle"] = "circle"
    spread: float = Field(
        default=0.05,
        ge=0,
        le=10,
        description="Standard deviation of the Gaussian on x1 and x2, in their units.",
    )

    def shape(self, data: Stream, label: IndexArray) -> FloatArray:
        """Return points of the disc and the ring."""
        u = data.uniform(self.samples, part=U_PART)
        low, high = RING
        area = np.where(label == 0, DISC * DISC * u, low * low + (high * high - low * low) * u)
        return np.sqrt(area)[:, np.newaxis] * _unit(data.uniform(self.samples, part=V_PART))

    def overlap(self) -> Overlap:
        """Return the overlap, integrated over the radius."""
        return _circle_overlap(self.spread)


class Gaussians(PlaneTask):
    """Round Gaussians, their centres at 0.5 from the origin, evenly round from 45 degrees."""

    task: Literal["gaussians"] = "gaussians"
    classes: int = Field(default=2, ge=2, le=10, description="Number of classes.")
    spread: float = Field(
        default=0.2,
        ge=0,
        le=10,
        description="Standard deviation of the Gaussian on x1 and x2, in their units.",
    )

    @property
    def n_classes(self) -> int:
        """The classes asked for."""
        return self.classes

    def shape(self, data: Stream, label: IndexArray) -> FloatArray:
        """Return the centres."""
        return centres(self.classes)[label]

    def overlap(self) -> Overlap:
        """Return the overlap: the nearest centre is the best rule, right as often as wedges say."""
        return _gaussians_overlap(self.spread, self.classes)


class Moons(PlaneTask):
    """Two half circles that reach into each other, of radius 2/3.

    Source:
        The shapes of scikit-learn's make_moons, moved and divided by 1.5 to fit [-1, 1];
        a spread of 0.1 here is a noise of 0.15 there.
    """

    task: Literal["moons"] = "moons"

    def shape(self, data: Stream, label: IndexArray) -> FloatArray:
        """Return points of the half circles."""
        return moon(data.uniform(self.samples, part=U_PART), label)

    def overlap(self) -> Overlap:
        """Return the overlap, integrated over the plane."""
        return _moons_overlap(self.spread)


class Spiral(PlaneTask):
    """Arms that go round one and a half times while their radius grows from 0.1 to 1."""

    task: Literal["spiral"] = "spiral"
    classes: int = Field(default=2, ge=2, le=10, description="Number of arms, one per class.")
    spread: float = Field(
        default=0.05,
        ge=0,
        le=10,
        description="Standard deviation of the Gaussian on x1 and x2, in their units.",
    )

    @property
    def n_classes(self) -> int:
        """The arms asked for."""
        return self.classes

    def shape(self, data: Stream, label: IndexArray) -> FloatArray:
        """Return points of the arms, even by angle."""
        return arm(data.uniform(self.samples, part=U_PART), label, self.classes)

    def overlap(self) -> Overlap:
        """Return the overlap, integrated over the plane."""
        return _spiral_overlap(self.spread, self.classes)


def centres(n_classes: int) -> FloatArray:
    """Return the centres of the Gaussians, (C, 2)."""
    return CENTRES * _unit(0.125 + np.arange(n_classes) / n_classes)


def moon(place: FloatArray, label: IndexArray) -> FloatArray:
    """Return points of the two moons, upper for class 0.

    Shapes:
        place (N,) in [0, 1), label (N,) -> (N, 2).
    """
    half_circle = _unit(place / 2)
    lower = np.array([1.0, 0.5]) - half_circle
    points = np.where(label[:, np.newaxis] == 0, half_circle, lower)
    return np.asarray((points - np.array([0.5, 0.25])) / 1.5, dtype=np.float64)


def arm(place: FloatArray, label: IndexArray, n_classes: int) -> FloatArray:
    """Return points of the arms of a spiral, arm k turned by k / C of a circle.

    Shapes:
        place (N,) in [0, 1), label (N,) -> (N, 2).
    """
    radius = START + (1 - START) * place
    return radius[:, np.newaxis] * _unit(TURNS * place + label / n_classes)


@lru_cache(maxsize=16)
def _circle_overlap(spread: float) -> Overlap:
    return disc_and_ring(DISC, RING[0], RING[1], spread)


@lru_cache(maxsize=16)
def _gaussians_overlap(spread: float, n_classes: int) -> Overlap:
    nodes = tuple(centre[np.newaxis] for centre in centres(n_classes))
    ceiling = wedge_ceiling(CENTRES, spread, n_classes)
    return Overlap(ceiling=ceiling, rule=NearestRule(nodes=nodes))


@lru_cache(maxsize=16)
def _moons_overlap(spread: float) -> Overlap:
    return curves(moon, 2, spread, speed=math.pi / 1.5)


@lru_cache(maxsize=16)
def _spiral_overlap(spread: float, n_classes: int) -> Overlap:
    def arms(place: FloatArray, label: IndexArray) -> FloatArray:
        return arm(place, label, n_classes)

    return curves(arms, n_classes, spread, speed=2 * math.pi * TURNS + 1)


def _unit(turns: FloatArray) -> FloatArray:
    """Return the point of the unit circle at each angle in turns, (N,) -> (N, 2)."""
    angle = 2 * math.pi * turns
    return np.stack([elementary("cos", angle), elementary("sin", angle)], axis=1)
