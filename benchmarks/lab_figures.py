"""What the lab's benchmark finds: figures beside their bars."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure and what it must be.

    Attributes:
        part: which part of the benchmark.
        what: in words.
        value: in `unit`.
        unit: "ms", "s", "frames/s", "KB", "MB" or nothing.
        most, least: the bar; None where there is none.
        n: of how many measurements.
        load: of the machine in the last minute, when it was measured.
    """

    part: str
    what: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None
    n: int = 1
    load: float

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where there is none."""
        if self.most is not None:
            return self.value < self.most
        return None if self.least is None else self.value >= self.least

    @property
    def bar(self) -> str:
        """The bar in words."""
        if self.most is not None:
            return f"< {self.most:g} {self.unit}".strip()
        return "" if self.least is None else f">= {self.least:g} {self.unit}".strip()

    def document(self) -> dict[str, Any]:
        """Return all of it as JSON has it."""
        return {**asdict(self), "bar": self.bar, "met": self.met}


def figure(
    part: str, what: str, value: float, unit: str, *, most: float | None = None,
    least: float | None = None, n: int = 1,
) -> Figure:  # fmt: skip
    """Return a figure with the load as it is now."""
    return Figure(
        part=part, what=what, value=value, unit=unit, most=most, least=least, n=n,
        load=os.getloadavg()[0],
    )  # fmt: skip


def spread(
    part: str, what: str, values: Sequence[float], unit: str,
    *, median: float | None = None, p95: float | None = None,
) -> list[Figure]:  # fmt: skip
    """Return least, median and 95th percentile of measurements.

    Args:
        part: which part of the benchmark.
        what: in words.
        values: what was measured.
        unit: of them.
        median, p95: what they must be below.
    """
    n = len(values)
    return [
        figure(part, f"{what}, least", min(values), unit, n=n),
        figure(part, f"{what}, median", statistics.median(values), unit, most=median, n=n),
        figure(part, f"{what}, p95", percentile(values, 0.95), unit, most=p95, n=n),
    ]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that a share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]
