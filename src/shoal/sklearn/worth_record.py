"""What came of asking whether a network is worth it: a record of every learner and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from shoal.experiments.comparison.wording import number
from shoal.metrics.paired_signs import Interval
from shoal.sklearn.worth_statistics import corrected_interval
from shoal.views import Viewed

Verdict = Literal["worth", "alike", "beaten", "undecided", "nothing"]
"""The network is better than all others; as good as the best of them; worse; nobody can tell;
nobody is better than the constant guess."""
NETWORK, CONSTANT = "network", "constant"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """One learner on every split.

    Attributes:
        name: "network", "constant", "linear" or "trees".
        label: what a person calls it.
        what: which library and settings it is.
        scores: its headline figure of every split, (J,).
        others: a second figure of every split, (J,).
        fit_s: seconds of every fit, (J,).
    """

    name: str
    label: str
    what: str
    scores: np.ndarray
    others: np.ndarray
    fit_s: np.ndarray

    @property
    def mean(self) -> float:
        """The mean of the headline figure."""
        return float(self.scores.mean())

    @property
    def seconds(self) -> float:
        """The median of the times of a fit."""
        return float(np.median(self.fit_s))


@dataclass(frozen=True, kw_only=True, eq=False)
class Worth(Viewed):
    """Whether a network is worth it on a table.

    Attributes:
        source: what the rows are called.
        target: the column that was predicted.
        kind: "classification" or "regression".
        figure: "accuracy", or "mean_absolute_error" in the target's units.
        other: the second figure: "log_loss" or "r2".
        learners: the network first, then the others.
        n_rows, n_features: of the table as it is trained on.
        folds, repeats: how it was split.
        seed: of the splits and of the learners.
        threads: how many every learner had.
        region: a difference that is not worth having, in the figure's units.
        verdict: what the intervals say.
        sentence: the same in words.
        caution: what to heed beside it; empty if nothing.
        notes: what the reader decided.
        command: how to ask again, where the command line asked.
    """

    source: str
    target: str
    kind: str
    figure: str
    other: str
    learners: tuple[Judged, ...]
    n_rows: int
    n_features: int
    folds: int
    repeats: int
    seed: int
    threads: int
    region: float
    verdict: Verdict = "undecided"
    sentence: str = ""
    caution: str = ""
    notes: tuple[str, ...] = ()
    command: str = ""
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Worth: {self.sentence}>"

    @property
    def network(self) -> Judged:
        """The network."""
        return self.learners[0]

    @property
    def rivals(self) -> tuple[Judged, ...]:
        """All that is no network."""
        return self.learners[1:]

    @property
    def best_rival(self) -> Judged:
        """The best of them by its mean."""
        return max(self.rivals, key=lambda each: self.sign * each.mean)

    @property
    def sign(self) -> int:
        """1 where more of the figure is better, -1 where less is."""
        return 1 if self.figure == "accuracy" else -1

    @property
    def test_share(self) -> float:
        """Rows that judge for each row that trains."""
        return 1 / (self.folds - 1)

    @property
    def source_name(self) -> str:
        """The name of the file, without the folders of this machine."""
        return self.source.replace("\\", "/").rpartition("/")[2] or "these rows"

    def learner(self, name: str) -> Judged:
        """Return a learner by its name."""
        return next(each for each in self.learners if each.name == name)

    def differences(self, rival: Judged, first: Judged | None = None) -> np.ndarray:
        """Return by how much the network (or `first`) is better in every split, (J,)."""
        mine = self.network if first is None else first
        return np.asarray(self.sign * (mine.scores - rival.scores))

    def interval(self, rival: Judged, first: Judged | None = None) -> Interval:
        """Return the 95 % interval of the mean of `differences`."""
        return corrected_interval(self.differences(rival, first), self.test_share)

    def own_interval(self, learner: Judged) -> Interval:
        """Return the 95 % interval of a learner's mean, within what the figure can be."""
        found = corrected_interval(learner.scores, self.test_share)
        most = 1.0 if self.figure == "accuracy" else np.inf
        return replace(found, low=max(found.low, 0.0), high=min(found.high, most))

    def own_text(self, learner: Judged) -> tuple[str, str, str]:
        """Return a learner's mean and the ends of its interval as text: accuracy in per cent.

        With as many decimals as the interval tells apart.
        """
        found = self.own_interval(learner)
        scale = 100 if self.figure == "accuracy" else 1
        values = [scale * each for each in (learner.mean, found.low, found.high)]
        reach = max(values[2] - values[1], 0.02 * abs(values[0])) / 2
        mean, low, high = (number(each, 1.0 if scale == 100 else reach) for each in values)
        return mean, low, high

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain data for JSON."""
        return {
            "source": self.source, "target": self.target, "kind": self.kind,
            "n_rows": self.n_rows, "n_features": self.n_features,
            "folds": self.folds, "repeats": self.repeats, "seed": self.seed,
            "threads": self.threads, "figure": self.figure, "region": self.region,
            "verdict": self.verdict, "sentence": self.sentence, "caution": self.caution,
            "learners": [self._told(each) for each in self.learners],
            "notes": list(self.notes), "seconds": self.seconds, "versions": dict(self.versions),
        }  # fmt: skip

    def _told(self, learner: Judged) -> dict[str, Any]:
        own = self.own_interval(learner)
        told = {
            "name": learner.name, "label": learner.label, "what": learner.what,
            self.figure: learner.mean, "low": own.low, "high": own.high,
            self.other: _known(float(learner.others.mean())), "fit_s": learner.seconds,
            "scores": learner.scores.tolist(),
            "others": [_known(each) for each in learner.others.tolist()],
            "fits_s": learner.fit_s.tolist(),
        }  # fmt: skip
        if learner is self.network:
            return told
        by = self.interval(learner)
        mean = float(self.differences(learner).mean())
        return {**told, "network_better_by": {"mean": mean, "low": by.low, "high": by.high}}


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


__all__ = ["CONSTANT", "NETWORK", "Judged", "Verdict", "Worth"]
