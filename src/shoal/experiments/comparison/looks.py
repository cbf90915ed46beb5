"""When a comparison looks at its pairs, and what a look may conclude without deceiving itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from shoal.errors import ArgumentError
from shoal.experiments.comparison.goals import WHERE
from shoal.metrics.paired import (
    LEVEL,
    Interval,
    at_least,
    critical_losses,
    critical_losses_at_any_time,
    e_value,
    e_value_above,
    sign_p,
    win_interval,
    win_interval_at_any_time,
)

PAIRS: Final = 64
FIRST: Final = 16
AT_MOST: Final = 1024
ROUNDING: Final = 1e-9
"""What is this near to the edge of a region lies on it: 0.955 - 0.95 is not quite 0.005."""
MOST: Final = 100_000
Kind = Literal["fixed", "decided", "width"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """At how many pairs a comparison is looked at.

    Attributes:
        kind: "fixed": once; "decided": until every verdict is; "width": until every interval
            is narrow enough.
        at: numbers of pairs, ascending.
        width: of the intervals, where that is what is waited for.
    """

    kind: Kind
    at: tuple[int, ...]
    width: float | None = None

    @property
    def anytime(self) -> bool:
        """Whether the evidence may be looked at as often as one likes."""
        return self.kind == "decided"

    def p_value(self, wins: int, losses: int) -> float:
        """Return the p-value of "neither wins more often", for all looks together."""
        if self.anytime:
            return min(1.0, 1.0 / e_value(wins, losses))
        return min(1.0, len(self.at) * sign_p(wins, losses))

    def p_equal(self, gains: np.ndarray, region: float | None) -> float:
        """Return the p-value of "the median difference is worth having", for all looks.

        Both edges are tested, each by the sign test; the larger p-value counts. Without a
        region only differences that are all 0 speak against it.
        """
        n = len(gains)
        if region is None:
            inside = [n, n] if n and not gains.any() else [0, 0]
        else:
            edge = region * (1 - ROUNDING)
            inside = [int((gains < edge).sum()), int((gains > -edge).sum())]
        if self.anytime:
            return max(min(1.0, 1.0 / e_value_above(k, n - k)) for k in inside)
        return min(1.0, len(self.at) * max(at_least(k, n) for k in inside))

    def critical(self, n: int, n_verdicts: int) -> int:
        """Return with how many losses of n the test still rejects; the interval inverts it."""
        if self.anytime:
            return critical_losses_at_any_time(n, LEVEL / n_verdicts)
        return critical_losses(n, LEVEL / (n_verdicts * len(self.at)))

    def chance(self, wins: int, losses: int, n_verdicts: int) -> Interval:
        """Return the interval of the probability to win that inverts the test."""
        invert = win_interval_at_any_time if self.anytime else win_interval
        return invert(wins, losses, self.confidence(n_verdicts))

    def confidence(self, n_verdicts: int) -> float:
        """Return the level of the intervals, all together at 95 %."""
        return 1.0 - LEVEL / (n_verdicts * (1 if self.anytime else len(self.at)))


def read_looks(until: str | None, pairs: int | None, at_most: int) -> Looks:
    """Return when to look.

    Args:
        until: None: once; "decided"; or such as "width<0.005".
        pairs: of the first look; 64 if there is one, else 16.
        at_most: of the last.

    Raises:
        ArgumentError: none of these, or numbers that cannot be.
    """
    first = _whole("pairs", (PAIRS if until is None else FIRST) if pairs is None else pairs)
    if until is None:
        return Looks(kind="fixed", at=(first,))
    last = _whole("at_most", at_most)
    if last < first:
        raise ArgumentError(WHERE, "at_most", f"must be {first} or more", got=at_most, code="A102")
    if until == "decided":
        return Looks(kind="decided", at=_growing(first, last, 1.5))
    name, sign, number = (part.strip() for part in str(until).partition("<"))
    try:
        width = float(number.removeprefix("=")) if name == "width" and sign else math.nan
    except ValueError:
        width = math.nan
    if not 0 < width < math.inf:
        wanted = 'must be "decided", or such as "width<0.005"'
        raise ArgumentError(WHERE, "until", wanted, got=repr(until), code="A101")
    return Looks(kind="width", at=_growing(first, last, 2.0), width=width)


def _growing(first: int, last: int, factor: float) -> tuple[int, ...]:
    found = [first]
    while found[-1] < last:
        found.append(min(last, 4 * math.ceil(found[-1] * factor / 4)))
    return tuple(found)


def _whole(name: str, value: object) -> int:
    fine = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not fine or not 2 <= value <= MOST:  # type: ignore[operator]
        wanted = f"must be a whole number from 2 to {MOST:,}"
        raise ArgumentError(WHERE, name, wanted, got=repr(value), code="A102")
    return int(value)  # type: ignore[call-overload,no-any-return]
