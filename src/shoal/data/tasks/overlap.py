"""How well overlapping classes can be told apart, by integration instead of measurement.

The density of a class is its shape convolved with the Gaussian of its spread; the best rule
names the densest class at every place, and its accuracy is the integral of that density.
All results are good to about 0.001 and most to 0.0001.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from shoal import _core
from shoal.data.dataset import FloatArray, IndexArray
from shoal.data.recipe import CERTAIN, Ceiling

CELLS_PER_SPREAD = 4
"""Grid cells of a plane per spread; halving them moves no accuracy by more than 0.0002."""

REACH = 6
"""How many spreads a Gaussian is followed; what lies beyond is 2e-9 of it."""

FEW_NODES = 400
"""Points of a curve that distances from it are taken to."""

FAR = 10
"""Classes further apart than this many spreads are told apart (all but 6e-7 of the rows)."""

FAINT = 1e-7
"""Density of a row some 5.7 spreads from its curve; below it tails that end decide nothing."""

CHUNK = 4096
"""Points whose distances are computed at a time."""

Shape = Callable[[FloatArray, IndexArray], FloatArray]
"""A family of curves: place in [0, 1) and class of each point, (N,) and (N,) -> (N, 2)."""


class Rule(Protocol):
    """Names the most likely class of points in the plane."""

    def __call__(self, x: FloatArray) -> IndexArray:
        """Return the classes of x (N, 2), as (N,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """The ceiling of overlapping classes and the Bayes rule.

    Attributes:
        ceiling: what rules attain.
        rule: the best one.
        is_separate: whether classes do not overlap, so that every row is of the class that it
            was made for, and `rule` is one of many that are always right.
    """

    ceiling: Ceiling
    rule: Rule
    is_separate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiusRule:
    """Class 1 beyond a distance from the origin."""

    radius: float

    def __call__(self, x: FloatArray) -> IndexArray:
        """Return the classes of x (N, 2), as (N,)."""
        return np.asarray(_norm(x) > self.radius, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestRule:
    """The class whose shape is nearest: the Bayes rule as the spread goes to 0.

    Attributes:
        nodes: points along the shape of every class, (M, 2) each.
    """

    nodes: tuple[FloatArray, ...]

    def __call__(self, x: FloatArray) -> IndexArray:
        """Return the classes of x (N, 2), as (N,)."""
        found = [self._classes(x[first : first + CHUNK]) for first in range(0, len(x), CHUNK)]
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    def _classes(self, x: FloatArray) -> IndexArray:
        away = np.stack([_squared_distance(x, nodes) for nodes in self.nodes], axis=1)
        return np.asarray(np.argmin(away, axis=1), dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRule:
    """The Bayes rule tabulated: `table` (G1,) over the radius or (G1, G2) over the plane.

    A point takes the class of the nearest cell; near a boundary, where that may be the
    wrong one, both classes are about equally likely. Where the table knows no class (-1),
    and outside of it, `beyond` decides; without it the nearest cell does.
    """

    table: IndexArray
    low: tuple[float, ...]
    cell: float
    beyond: Rule | None = None

    def __call__(self, x: FloatArray) -> IndexArray:
        """Return the classes of x (N, 2), as (N,)."""
        at = _norm(x)[:, np.newaxis] if self.table.ndim == 1 else x
        place = np.floor((at - np.array(self.low)) / self.cell + 0.5)
        last = np.array(self.table.shape) - 1
        inside = np.clip(place, 0, last).astype(int)
        found = np.asarray(self.table[tuple(inside.T)], dtype=np.int64)
        if self.beyond is not None:
            unknown = (found < 0) | (place < 0).any(axis=1) | (place > last).any(axis=1)
            found[unknown] = self.beyond(x[unknown])
        return found


def elementary(name: str, x: FloatArray) -> FloatArray:
    """Return exp, log, tanh, sin, cos or erf of `x`, the same bits on every CPU."""
    return np.asarray(_core.elementary(name, np.ascontiguousarray(x)), dtype=np.float64)


def wedge_ceiling(radius: float, spread: float, n_classes: int) -> Ceiling:
    """Return the ceiling of equal round Gaussians on a circle, one per class.

    The best rule takes the nearest centre, so a row is classified rightly if it falls into
    the wedge of half-angle pi / C around its centre. Along the axis of the wedge that is
    ``integral over t > 0 of N(t; radius, spread) erf(t tan(pi / C) / (spread sqrt 2))``;
    for two classes the wedge is a half-plane and it is Phi(radius / spread).
    """
    if spread <= 1e-4 * radius:
        return CERTAIN
    return Ceiling(
        best=_wedge(radius / spread, n_classes), worst=_wedge(-radius / spread, n_classes)
    )


def disc_and_ring(inner: float, low: float, high: float, spread: float) -> Overlap:
    """Return the overlap of a disc (class 0) and a ring around it (class 1).

    Args:
        inner: radius of the disc.
        low: inner radius of the ring.
        high: outer radius of the ring.
        spread: standard deviation of the Gaussian on both coordinates.

    Units:
        Both shapes are uniform by area. Everything depends on the radius alone, which is
        cut into 8 cells per spread.
    """
    if low - inner > FAR * spread:
        middle = RadiusRule(radius=(inner + low) / 2)
        return Overlap(ceiling=CERTAIN, rule=middle, is_separate=True)
    cell = spread / (2 * CELLS_PER_SPREAD)
    n_cells = math.ceil((high + REACH * spread) / cell)
    radius = _midpoints(n_cells) * cell
    disc = _disc_density(inner, radius, spread)
    outer, hole = _disc_density(high, radius, spread), _disc_density(low, radius, spread)
    ring = np.maximum(outer * high * high - hole * low * low, 0) / (high * high - low * low)
    table = np.where(ring > disc, 1, 0)
    best = _mean(radius * np.maximum(disc, ring)) / _mean(radius * (disc + ring))
    rule = GridRule(table=table, low=(cell / 2,), cell=cell)
    return Overlap(ceiling=Ceiling(best=best, worst=1 - best), rule=rule)


def curves(shape: Shape, n_classes: int, spread: float, speed: float) -> Overlap:
    """Return the overlap of curves, each thickened by a Gaussian.

    Args:
        shape: the curves; rows are uniform over the place in [0, 1).
        n_classes: how many of them.
        spread: standard deviation of the Gaussian on both coordinates.
        speed: the most that a point moves per unit of place; nodes stand half a spread
            apart or closer.
    """
    nearest = NearestRule(nodes=tuple(_nodes(shape, k, FEW_NODES) for k in range(n_classes)))
    if _gap(nearest) > FAR * spread:
        return Overlap(ceiling=CERTAIN, rule=nearest, is_separate=True)
    n_nodes = max(64, math.ceil(2 * speed / spread))
    nodes = [_nodes(shape, k, n_nodes) for k in range(n_classes)]
    cell = spread / CELLS_PER_SPREAD
    margin = (REACH + 1) * spread
    low = np.minimum.reduce([n.min(axis=0) for n in nodes]) - margin
    high = np.maximum.reduce([n.max(axis=0) for n in nodes]) + margin
    sizes = tuple(math.ceil(width) for width in ((high - low) / cell).tolist())
    ceiling, table = _densest([_plane_density(n, low, cell, sizes, spread) for n in nodes])
    place = float(low[0]), float(low[1])
    rule = GridRule(table=table, low=place, cell=cell, beyond=nearest)
    return Overlap(ceiling=ceiling, rule=rule)


def _wedge(distance: float, n_classes: int, n_nodes: int = 4000) -> float:
    if n_classes == 2:
        return 0.5 * (1 + _at("erf", distance / math.sqrt(2)))
    slope = _at("sin", math.pi / n_classes) / _at("cos", math.pi / n_classes)
    start, stop = max(0.0, distance - 2 * REACH), max(0.0, distance) + 2 * REACH
    t = start + _midpoints(n_nodes) * ((stop - start) / n_nodes)
    inside = elementary("erf", t * (slope / math.sqrt(2)))
    density = elementary("exp", -0.5 * (t - distance) * (t - distance))
    width = (stop - start) / n_nodes
    return math.fsum((density * inside).tolist()) * width / math.sqrt(2 * math.pi)


def _disc_density(size: float, radius: FloatArray, spread: float) -> FloatArray:
    """Return the density of a uniform disc plus a Gaussian at distances from its centre.

    Cut into chords across the line to the point: a chord at t has half-length
    sqrt(size^2 - t^2), and its Gaussian along the chord integrates to an error function.
    With t = size sin(a) the midpoint rule over a converges at once.
    """
    n_chords = max(64, math.ceil(2 * math.pi * size / spread))
    angle = (_midpoints(n_chords) / n_chords - 0.5) * math.pi
    half = size * elementary("cos", angle)
    across = (radius - size * elementary("sin", angle)[:, np.newaxis]) / spread
    weight = half * elementary("erf", half / (spread * math.sqrt(2)))
    chords = elementary("exp", -0.5 * across * across) * weight[:, np.newaxis]
    mean, _ = _core.column_moments(np.ascontiguousarray(chords))
    scale = math.pi / (spread * math.sqrt(2 * math.pi) * math.pi * size * size)
    return np.asarray(mean, dtype=np.float64) * scale


def _plane_density(
    nodes: FloatArray, low: FloatArray, cell: float, sizes: tuple[int, ...], spread: float
) -> FloatArray:
    """Return the sum of Gaussians at `nodes` (M, 2) on a grid, (G1, G2), unnormalised.

    Only the cells within reach of a node are touched, and nodes are added in order.
    """
    n_reach = REACH * CELLS_PER_SPREAD
    first = np.floor((nodes - low) / cell).astype(np.int64) - n_reach
    place = (
        low + (first[:, :, np.newaxis] + np.arange(2 * n_reach + 2)).transpose(2, 0, 1) * cell
    )  # (2 reach + 2, M, 2)
    away = (place - nodes) / spread
    bell = elementary("exp", -0.5 * away * away)
    density = np.zeros(sizes)
    for m, (i, j) in enumerate(first.tolist()):
        window = density[i : i + len(bell), j : j + len(bell)]
        window += bell[:, m, 0, np.newaxis] * bell[:, m, 1]
    return density


def _densest(densities: Sequence[FloatArray]) -> tuple[Ceiling, IndexArray]:
    most, least, total = densities[0], densities[0], densities[0]
    table = np.zeros(most.shape, dtype=np.int64)
    for k, density in enumerate(densities[1:], start=1):
        table[density > most] = k
        most, least = np.maximum(most, density), np.minimum(least, density)
        total = total + density
    table[total < FAINT] = -1
    mass = _mean(total)
    return Ceiling(best=_mean(most) / mass, worst=_mean(least) / mass), table


def _gap(nearest: NearestRule) -> float:
    """Return the least distance of the first curve from another."""
    first, *others = nearest.nodes
    return math.sqrt(min(float(_squared_distance(first, other).min()) for other in others))


def _squared_distance(x: FloatArray, nodes: FloatArray) -> FloatArray:
    """Return the squared distance from each point (N, 2) to the nearest node (M, 2), (N,)."""
    across, up = (x[:, np.newaxis, d] - nodes[:, d] for d in range(2))
    return np.asarray((across * across + up * up).min(axis=1), dtype=np.float64)


def _norm(x: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(x[:, 0] * x[:, 0] + x[:, 1] * x[:, 1]), dtype=np.float64)


def _nodes(shape: Shape, k: int, n_nodes: int) -> FloatArray:
    return shape(_midpoints(n_nodes) / n_nodes, np.full(n_nodes, k, dtype=np.int64))


def _midpoints(n: int) -> FloatArray:
    return np.arange(n, dtype=np.float64) + 0.5


def _mean(values: FloatArray) -> float:
    """Return the mean in index order: NumPy's own sum changes with the CPU."""
    mean, _ = _core.column_moments(np.ascontiguousarray(values.reshape(-1, 1)))
    return float(mean[0])


def _at(name: str, value: float) -> float:
    return float(elementary(name, np.array([value]))[0])
