"""How much each swept key matters: its best value against its worst, on the same seeds.

Network i of one cell has the random streams of network i of any other, so values of a key are
compared within a seed: one difference for each seed, its mean over everything else that is swept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from shoal.data.wording import count
from shoal.metrics.paired import holm, sign_p

MOST_PLACES: Final = 1000
LEVEL: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an axis of a sweep does to a figure.

    Attributes:
        name: the key, or the keys that walk together.
        values: of the axis, as they are shown, (V,).
        medians: over all networks that have the figure, and all that else is swept, (V,).
        means: of the same; NaN where a network diverged, (V,).
        best, worst: their places.
        n_seeds: pairs: networks with the same streams under the best and the worst value.
        wins, losses: in how many of them the best value does better, and worse.
        p_value: of the exact sign test, times the pairs of values that it was chosen from,
            Holm over the axes; at most 1.
        n_axes: of the sweep, all of which are looked at.
        measures: the figure in words.
    """

    name: str
    values: tuple[str, ...]
    medians: tuple[float, ...]
    means: tuple[float, ...]
    best: int
    worst: int
    n_seeds: int
    wins: int
    losses: int
    p_value: float
    n_axes: int
    measures: str

    @property
    def matters(self) -> bool:
        """Whether a difference can be told from luck."""
        return self.p_value <= LEVEL

    @property
    def n_needed(self) -> int:
        """How many seeds would tell if the best value won on every one of them."""
        n_tests = self.n_axes * math.comb(len(self.values), 2)
        return 1 + math.ceil(math.log2(n_tests / LEVEL))

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        best, worst = self.values[self.best], self.values[self.worst]
        medians = self._against(self.medians)
        means = self._against(self.means)
        if self.medians[self.best] == self.medians[self.worst] and "diverged" not in means:
            medians = f"{means} on average"
        n_ties = self.n_seeds - self.wins - self.losses
        ties = count(n_ties, "tie") if n_ties else ""
        if self.matters:
            told = f"{best} is better than {worst} on {self.wins} of {self.n_seeds} seeds"
            return f"{self.name}: {told} ({'; '.join(filter(None, (ties, medians)))})."
        seeds = f"{self.wins} of {count(self.n_seeds, 'seed')}" + (f", {ties}" if ties else "")
        if self.n_seeds < self.n_needed:
            few = f"{count(self.n_seeds, 'seed')} are too few to tell {best} from {worst}"
            enough = f"{best} is better on {self.wins}; {self.n_needed:,} could"
            return f"{self.name}: {few} ({enough}; {medians})."
        return f"{self.name}: {best} and {worst} cannot be told apart ({seeds}; {medians})."

    def _against(self, figures: Sequence[float]) -> str:
        return f"{_told(figures[self.best])} against {_told(figures[self.worst])}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "key": self.name,
            "values": list(self.values),
            "medians": [value if math.isfinite(value) else None for value in self.medians],
            "means": [value if math.isfinite(value) else None for value in self.means],
            "best": self.values[self.best],
            "worst": self.values[self.worst],
            "n_seeds": self.n_seeds,
            "wins": self.wins,
            "losses": self.losses,
            "p_value": self.p_value,
            "matters": self.matters,
            "sentence": self.sentence,
        }


def _told(median: float) -> str:
    return f"{median:.4g}" if math.isfinite(median) else "diverged"


def effects(
    figure: np.ndarray,
    names: Sequence[str],
    places: Sequence[Sequence[str]],
    *,
    goes_up: bool,
    measures: str,
) -> tuple[Effect, ...]:
    """Return the effect of each axis.

    Args:
        figure: of every network, NaN where it diverged; that counts as the worst.
        names: of the axes.
        places: the values of each axis, as they are shown.
        goes_up: whether more is better.
        measures: the figure in words.

    Shapes:
        figure (V1, V2, ..., P): one axis for each of `names`, then the networks of a cell.
    """
    found = [
        _effect(figure, axis, name, tuple(values), goes_up, measures)
        for axis, (name, values) in enumerate(zip(names, places, strict=True))
        if 1 < len(values) <= MOST_PLACES
    ]
    adjusted = holm([each[-1] for each in found])
    return tuple(
        Effect(**facts, p_value=min(1.0, p), n_axes=len(found))
        for (facts, _), p in zip(found, adjusted, strict=True)
    )


def _effect(
    figure: np.ndarray, axis: int, name: str, values: tuple[str, ...], goes_up: bool, measures: str
) -> tuple[dict[str, Any], float]:
    """Return the facts of an axis, and p before Holm's correction."""
    n_places, n_seeds = figure.shape[axis], figure.shape[-1]
    by_value = np.moveaxis(figure, axis, 0).reshape(n_places, -1, n_seeds)
    score = np.where(np.isnan(by_value), -np.inf, by_value if goes_up else -by_value)
    medians = np.median(score.reshape(n_places, -1), axis=1)
    # values with equal medians are told apart by what they are on average, clipped to be finite
    floor = score[np.isfinite(score)].min() if np.isfinite(score).any() else 0.0
    means = np.maximum(score, floor).reshape(n_places, -1).mean(axis=1)
    order = np.lexsort((means, medians))
    best, worst = int(order[-1]), int(order[0])
    gains = np.maximum(score[best], floor) - np.maximum(score[worst], floor)
    gains += np.where(np.isneginf(score[worst]) & ~np.isneginf(score[best]), 1.0, 0.0)
    gains -= np.where(np.isneginf(score[best]) & ~np.isneginf(score[worst]), 1.0, 0.0)
    gains = gains.mean(axis=0)
    wins, losses = int((gains > 0).sum()), int((gains < 0).sum())
    shown_medians = np.where(np.isfinite(medians), medians if goes_up else -medians, np.nan)
    facts: dict[str, Any] = {
        "name": name,
        "values": values,
        "medians": tuple(float(value) for value in shown_medians),
        "means": tuple(float(value) for value in by_value.reshape(n_places, -1).mean(axis=1)),
        "best": best,
        "worst": worst,
        "n_seeds": n_seeds,
        "wins": wins,
        "losses": losses,
        "measures": measures,
    }
    return facts, min(1.0, sign_p(wins, losses) * math.comb(n_places, 2))
