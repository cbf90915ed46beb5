"""How shoal's time grows with rows, width, depth and population: works of its own, and slopes.

A slope is that of a straight line through the points on log-log axes: 1 is proportional.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.workloads import XOR_4, Work

N_ROWS = (1_000, 4_000, 16_000, 64_000)
WIDTHS = (8, 16, 32, 64, 128, 256)
DEPTHS = (1, 2, 4, 8, 16)
POPULATIONS = (1, 4, 16, 64, 256, 1_024, 4_096, 16_384)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One size on one axis; `unit` says what its time is divided by."""

    axis: str
    size: int
    work: Work
    n_networks: int = 1

    @property
    def key(self) -> str:
        """The key of its case."""
        return f"shoal_growth_{self.axis}_{self.size}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """One axis measured: sizes, seconds (of an epoch, a step, or a step of all), slopes.

    `slope` is fitted to all points, `last_slope` is that between the two largest sizes.
    """

    axis: str
    what: str
    sizes: tuple[int, ...]
    seconds: tuple[float, ...]

    @property
    def slope(self) -> float:
        """The least-squares slope through all points on log-log axes."""
        return float(np.polyfit(np.log(self.sizes), np.log(self.seconds), 1)[0])

    @property
    def last_slope(self) -> float:
        """The slope between the two largest sizes on log-log axes."""
        return float(np.log(self.seconds[-1] / self.seconds[-2])) / float(
            np.log(self.sizes[-1] / self.sizes[-2])
        )


WHAT = {
    "rows": "an epoch of 16-32-4, batch 128",
    "width": "a step of 32-H-H-4, batch 128",
    "depth": "a step of 16-32-...-32-4 with so many hidden layers, batch 128",
    "population": "a step of all networks, 2-4-1, batch 4",
}
"""What is timed along each axis."""


def _work(axis: str, size: int, sizes: tuple[int, ...], n_train: int, epochs: int) -> Work:
    return Work(
        name=f"growth_{axis}_{size}",
        title="",
        sizes=sizes,
        n_train=n_train,
        n_validation=128,
        batch_size=128,
        epochs=epochs,
        data="teacher",
        output="softmax",
        learning_rate=0.003,
    )


def _points() -> list[Point]:
    found = [
        Point(axis="rows", size=n, work=_work("rows", n, (16, 32, 4), n, max(1, 64_000 // n)))
        for n in N_ROWS
    ]
    found += [
        Point(axis="width", size=h, work=_work("width", h, (32, h, h, 4), 2_048, 5)) for h in WIDTHS
    ]
    found += [
        Point(axis="depth", size=n, work=_work("depth", n, (16, *[32] * n, 4), 2_048, 5))
        for n in DEPTHS
    ]
    return found + [Point(axis="population", size=p, work=XOR_4, n_networks=p) for p in POPULATIONS]


POINTS = _points()


def growths(medians: dict[str, float]) -> list[Growth]:
    """Return the axes of which at least two points were measured.

    Args:
        medians: seconds per network and whole run, by key.
    """
    found = []
    for axis, what in WHAT.items():
        points = [p for p in POINTS if p.axis == axis and p.key in medians]
        if len(points) < 2:
            continue
        seconds = tuple(medians[p.key] * p.n_networks / _divisor(p) for p in points)
        sizes = tuple(p.size for p in points)
        found.append(Growth(axis=axis, what=what, sizes=sizes, seconds=seconds))
    return found


def _divisor(point: Point) -> int:
    return point.work.epochs if point.axis == "rows" else point.work.n_steps
