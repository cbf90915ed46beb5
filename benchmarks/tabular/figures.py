"""What the fits add up to: medians, paired differences, and the bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.tabular.learners import LEARNERS
from benchmarks.tabular.measuring import Fit
from shoal.metrics.paired_bootstrap import bootstrap_interval
from shoal.metrics.paired_signs import Interval

TREES = ("forest", "boosting")
TINY = ("linnerud",)
"""Sets of 20 rows: 4 judge a fit, R2 is about -1, and one such set can decide a mean over sets."""


class Figures:
    """Fits by part, set and learner."""

    def __init__(self, fits: Sequence[Fit]) -> None:
        self._found: dict[tuple[str, str, str], dict[int, Fit]] = {}
        for fit in fits:
            self._found.setdefault((fit.part, fit.set, fit.learner), {})[fit.split] = fit

    def sets(self, part: str) -> list[str]:
        """Return the sets of a part that shoal and MLP were both measured on."""
        known = {name for each, name, _ in self._found if each == part}
        return [
            name
            for name in dict.fromkeys(name for _, name, _ in self._found)
            if name in known and len(self.pairs(part, name, "shoal", "mlp"))
        ]

    def learners(self, part: str) -> list[str]:
        """Return the learners of a part."""
        return [
            name for name in LEARNERS if any(k[0] == part and k[2] == name for k in self._found)
        ]

    def scores(self, part: str, name: str, learner: str) -> np.ndarray:
        """Return the scores of a learner on a set, one a split."""
        fits = self._found.get((part, name, learner), {})
        return np.array([fits[k].score for k in sorted(fits)])

    def score(self, part: str, name: str, learner: str) -> float:
        """Return the mean score of a learner on a set; NaN if it was not measured."""
        scores = self.scores(part, name, learner)
        return float(scores.mean()) if len(scores) else float("nan")

    def seconds(self, part: str, name: str, learner: str) -> float:
        """Return the median time of a fit; NaN if it was not measured."""
        fits = self._found.get((part, name, learner), {})
        return float(np.median([each.fit_s for each in fits.values()])) if fits else float("nan")

    def pairs(self, part: str, name: str, first: str, second: str) -> np.ndarray:
        """Return by how many points the first is better, on every split that both have."""
        one = self._found.get((part, name, first), {})
        two = self._found.get((part, name, second), {})
        return np.array([100 * (one[k].score - two[k].score) for k in sorted(one.keys() & two)])

    def gain(self, part: str, name: str, other: str = "mlp") -> float:
        """Return by how many points shoal is better on a set, the mean over paired splits."""
        pairs = self.pairs(part, name, "shoal", other)
        return float(pairs.mean()) if len(pairs) else float("nan")

    def gains(self, part: str, other: str = "mlp", *, but: Sequence[str] = ()) -> np.ndarray:
        """Return `gain` of every set that both were measured on, without those in `but`."""
        names = [name for name in self.sets(part) if name not in but]
        found = np.array([self.gain(part, name, other) for name in names])
        return np.asarray(found[np.isfinite(found)])

    def ratios(self, part: str, mine: str = "shoal") -> np.ndarray:
        """Return how many times shoal's time MLP takes, by set: a ratio of medians."""
        return np.array(
            [self.seconds(part, n, "mlp") / self.seconds(part, n, mine) for n in self.sets(part)]
        )

    def interval(self, part: str, other: str = "mlp") -> Interval | None:
        """Return the BCa interval of the mean gain over sets, None of fewer than two sets."""
        gains = self.gains(part, other)
        return bootstrap_interval(gains, "mean") if len(gains) > 1 else None

    def trees_win(self, part: str) -> list[str]:
        """Return where a tree method is better than shoal by more than a point."""
        return [
            name
            for name in self.sets(part)
            if min((self.gain(part, name, tree) for tree in TREES), default=0.0) < -1
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A limit that a figure of the benchmark is held to.

    Attributes:
        name: its letter.
        what: what it is about.
        limit: what is asked for.
        value: the figure, None where it was not measured.
        holds: whether it is good enough.
        unit: of the figure.
    """

    name: str
    what: str
    limit: str
    value: Callable[[Figures], float | None]
    holds: Callable[[float], bool]
    unit: str = ""


def _median(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


def _least(figures: Figures) -> float | None:
    gains = figures.gains("defaults")
    return float(gains.min()) if len(gains) else None


def _low(figures: Figures) -> float | None:
    found = figures.interval("defaults") if len(figures.sets("defaults")) >= SETS_NEEDED else None
    return None if found is None else found.low


SETS_NEEDED = 15
BARS = (
    Bar(
        name="a", what="one network of equal settings, times MLP takes (median over sets)",
        limit=">= 5", value=lambda f: _median(f.ratios("single")), holds=lambda v: v >= 5,
        unit="x",
    ),
    Bar(
        name="b", what="default ensemble, times default MLP takes (median over sets)",
        limit=">= 1", value=lambda f: _median(f.ratios("defaults")), holds=lambda v: v >= 1,
        unit="x",
    ),
    Bar(
        name="c", what="least gain over MLP on a set, paired", limit="> -1", value=_least,
        holds=lambda v: v > -1, unit="points",
    ),
    Bar(
        name="c", what="mean gain over MLP, low end of 95 % over 15 sets or more", limit="> 0",
        value=_low, holds=lambda v: v > 0, unit="points",
    ),
    Bar(
        name="d", what="search of single networks, times GridSearchCV over MLP takes (median)",
        limit=">= 5", value=lambda f: _median(f.ratios("grid")), holds=lambda v: v >= 5,
        unit="x",
    ),
)  # fmt: skip
"""What issue 5 asks for."""
