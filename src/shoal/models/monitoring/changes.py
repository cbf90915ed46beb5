"""Whether a model in use got better or worse: figures of now against those of earlier looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from shoal.metrics.intervals import Estimate, difference_interval, share_interval

if TYPE_CHECKING:
    from shoal.models.monitoring.history import Look, Past
    from shoal.models.monitoring.watched import Watched

COMPARED: Final = ("accuracy", "mean_absolute_error")
"""Figures that are compared: means over rows, so that those of many looks are one mean too."""
WIDER: Final = 2.5758 / 1.96
"""How much wider an interval is that 99 of 100 are in: a look a day is not to cry every month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How far a figure is from what it was in earlier looks at the same model.

    Attributes:
        name: of the figure.
        before: the figure of all rows of the earlier looks together that did not fall short
            in it.
        n_looks: how many there were.
        n_rows: what their rows were worth.
        value: the figure of now minus `before`.
        low, high: the ends of the range that 95 of 100 samples' true changes are in.
    """

    name: str
    before: float
    n_looks: int
    n_rows: float
    value: float
    low: float
    high: float

    @property
    def is_chance(self) -> bool:
        """Whether chance alone may have made it, in more than one look of a hundred."""
        low = self.value - WIDER * (self.value - self.low)
        high = self.value + WIDER * (self.high - self.value)
        return low <= 0 <= high

    @property
    def is_worse(self) -> bool:
        """Whether it is one for the worse."""
        return (self.value < 0) == (self.name == "accuracy")


def compared(found: Watched, looks: Sequence[Look]) -> Watched:
    """Return what a look found, held against earlier looks at the same model.

    Rows that were looked at more than once count once, and those of now not at all.

    Args:
        found: what was found now.
        looks: the earlier ones, of any model.
    """
    own = [look for look in looks if look.model == found.model and look.rows != found.rows]
    last = {look.rows or f"look {i}": look for i, look in enumerate(own)}
    pairs = [(figure, _pasts(list(last.values()), figure.name)) for figure in found.figures]
    changes = [
        _change(figure.name, (figure.value, figure.low, figure.high), pasts)
        for figure, pasts in pairs
        if pasts and figure.value is not None and figure.low is not None and figure.high is not None
    ]
    return replace(found, changes=tuple(changes))


def _pasts(looks: Sequence[Look], name: str) -> list[Past]:
    """Return a figure of those looks that can be added up, but where it was bad already."""
    if name not in COMPARED:
        return []
    pasts = [past for look in looks for past in look.checks if past.name == name]
    usable = [past for past in pasts if past.n and None not in (past.value, past.high)]
    return [past for past in usable if not past.falls_short]


def _change(name: str, now: Estimate, pasts: Sequence[Past]) -> Change:
    n = math.fsum(past.n or 0.0 for past in pasts)
    parts = [((past.n or 0.0) / n, past.value or 0.0, past.high or 0.0) for past in pasts]
    mean = math.fsum(share * value for share, value, _ in parts)
    if name == "accuracy":
        mean = min(1.0, mean)
        before = (mean, *share_interval(mean * n, n))
    else:  # independent means, each with its own half width
        half = math.hypot(*(share * (high - value) for share, value, high in parts))
        before = (mean, mean - half, mean + half)
    low, high = difference_interval(now, before)
    return Change(
        name=name, before=mean, n_looks=len(pasts), n_rows=n, value=now[0] - mean, low=low,
        high=high,
    )  # fmt: skip


__all__ = ["Change", "compared"]
