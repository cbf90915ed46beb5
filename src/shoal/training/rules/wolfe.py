"""The line search of L-BFGS: how far to go along a direction."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from shoal.network.arrays import FloatArray

DECREASE = 1e-4
"""c1: the loss must fall by this share of what the slope at the start promises."""
FLATTENING = 0.9
"""c2: the slope must shrink to this share of the slope at the start."""
MAX_TRIALS = 25
"""Trials after the first one."""
SMALLEST_MOVE = 1e-9
"""A bracket is given up when no weight differs by more between its ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place on the line ``weights + t * direction``.

    Attributes:
        t: where.
        loss: there.
        slope: the derivative of the loss by t.
        gradient: (K,), the derivative by the weights.
    """

    t: float
    loss: float
    slope: float
    gradient: FloatArray


Look = Callable[[float], Point]


def strong_wolfe(look: Look, start: Point, t: float, largest: float) -> Point:
    """Return a point that meets the strong Wolfe conditions, or the best that was found.

    With c1 = 1e-4 and c2 = 0.9::

        loss <= start.loss + c1 * t * start.slope        it falls enough
        |slope| <= c2 * |start.slope|                    it has become flat enough

    Args:
        look: returns the point at t; each call is one evaluation.
        start: the point at 0, its slope below 0.
        t: where to look first.
        largest: the largest absolute number in the direction.

    Source:
        Nocedal, Wright, "Numerical optimization" (2006), algorithms 3.5 and 3.6, with the
        cubic interpolation and the safeguards of torch.optim.LBFGS (from Schmidt's minFunc).
        Unlike there, the lower end of a bracket always falls enough, and a loss that is not
        finite halves the bracket.
    """
    before, here = start, look(t)
    for trial in range(MAX_TRIALS):
        if not _is_progress(here, before, start):
            return _zoom(look, start, (before, here), largest, trial)
        if _is_flat(here, start):
            return here
        if here.slope >= 0:
            return _zoom(look, start, (here, before), largest, trial)
        least, most = here.t + 0.01 * (here.t - before.t), here.t * 10
        before, here = here, look(lowest(before, here, least, most))
    return here if _is_progress(here, before, start) else before


def _is_progress(here: Point, low: Point, start: Point) -> bool:
    """Return whether a point falls enough, and below the lowest that does."""
    return here.loss <= start.loss + DECREASE * here.t * start.slope and here.loss < low.loss


def _is_flat(point: Point, start: Point) -> bool:
    return abs(point.slope) <= -FLATTENING * start.slope


def _zoom(look: Look, start: Point, ends: tuple[Point, Point], largest: float, trial: int) -> Point:
    """Return a point between two ends, the first of which falls enough (or is the start)."""
    low, high = ends
    is_stuck = False
    for _ in range(trial, MAX_TRIALS):
        if not abs(high.t - low.t) * largest >= SMALLEST_MOVE:
            break
        t, is_stuck = inside(low, high, is_stuck)
        here = look(t)
        if not _is_progress(here, low, start):
            high = here
            continue
        if _is_flat(here, start):
            return here
        if here.slope * (high.t - low.t) >= 0:
            high = low
        low = here
    return low


def inside(low: Point, high: Point, is_stuck: bool) -> tuple[float, bool]:
    """Return where to look between two ends, and whether that was near one of them.

    The second time in a row, and on an end itself, a tenth of the bracket is kept away.
    """
    least, most = min(low.t, high.t), max(low.t, high.t)
    t, edge = lowest(low, high, least, most), 0.1 * (most - least)
    if min(most - t, t - least) >= edge:
        return t, False
    if not is_stuck and least < t < most:
        return t, True
    return (most - edge if most - t < t - least else least + edge), False


def lowest(a: Point, b: Point, least: float, most: float) -> float:
    """Return where the cubic through two points and their slopes is lowest, or the middle.

    Source:
        Nocedal, Wright, "Numerical optimization" (2006), equation 3.59.
    """
    middle = (least + most) / 2
    a, b = (a, b) if a.t <= b.t else (b, a)
    if a.t == b.t:
        return middle
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return middle
    bottom = b.slope - a.slope + 2 * math.sqrt(square)
    if bottom == 0:
        return middle
    t = b.t - (b.t - a.t) * ((b.slope + math.sqrt(square) - d1) / bottom)
    return min(max(t, least), most) if math.isfinite(t) else middle
