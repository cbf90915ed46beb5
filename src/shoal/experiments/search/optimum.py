"""The record of a search by a sampler: what was tried, and what came out best."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from shoal.experiments.document import Experiment
from shoal.experiments.sweep.cells import label_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One trial.

    Attributes:
        number: of the study's trial.
        values: of the keys.
        shown: what tells it from others: values, labels of those that have some.
        score: the median over its networks; infinite where half of them or more diverged.
        n_diverged: how many did.
    """

    number: int
    values: dict[str, Any]
    shown: dict[str, Any]
    score: float
    n_diverged: int

    @property
    def label(self) -> str:
        """What tells it from others."""
        return label_of(self.shown)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Optimum:
    """What came of a search by a sampler.

    Attributes:
        figure: what was to become better, its median over the networks of a trial.
        higher_is_better: which way is better.
        sampler: the class of what chose the trials.
        trials: in their order.
        best: the best of them, the first among equals.
        experiment: with the best values.
        n_networks: trained in all.
        steps: of all networks together.
        study: Optuna's.
        seconds: in all.
    """

    figure: str
    higher_is_better: bool
    sampler: str
    trials: tuple[Tried, ...]
    best: Tried
    experiment: Experiment
    n_networks: int
    steps: int
    study: Any
    seconds: float

    def __repr__(self) -> str:
        return f"<Optimum: {self.sentence}>"

    @property
    def is_of_use(self) -> bool:
        """Whether fewer than half of the best trial's networks diverged."""
        return math.isfinite(self.best.score)

    @property
    def n_pruned(self) -> int:
        """Trials without a score, since half of their networks or more diverged."""
        return sum(not math.isfinite(trial.score) for trial in self.trials)

    @property
    def sentence(self) -> str:
        """What was found."""
        n = len(self.trials)
        if not self.is_of_use:
            return f"none of {n:,} trials is of use: half of its networks or more diverged."
        name = self.figure.replace("_", " ")
        found = f"{self.best.label} is the best of {n:,} trials"
        return f"{found}: median {name} {self.best.score:.4g}."

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, null where a number is not known."""
        return {
            "method": "optuna",
            "figure": self.figure,
            "higher_is_better": self.higher_is_better,
            "sampler": self.sampler,
            "n_networks": self.n_networks,
            "n_pruned": self.n_pruned,
            "steps": self.steps,
            "trials": [_plain(trial) for trial in self.trials],
            "winner": _plain(self.best),
            "seconds": self.seconds,
            "sentence": self.sentence,
        }


def _plain(trial: Tried) -> dict[str, Any]:
    return {
        "trial": trial.number,
        "values": trial.values,
        "score": trial.score if math.isfinite(trial.score) else None,
        "n_diverged": trial.n_diverged,
    }
