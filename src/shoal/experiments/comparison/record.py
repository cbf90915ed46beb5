"""The record of a comparison: arms on paired seeds, verdicts, and what stands beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from shoal.experiments.comparison.arms import Arm
from shoal.experiments.comparison.goals import TIMES, Goal
from shoal.experiments.comparison.judging import Verdict
from shoal.experiments.comparison.looks import Looks
from shoal.experiments.comparison.packing import pack, to_document, unpack
from shoal.experiments.comparison.wording import name_of
from shoal.metrics.paired import LEVEL
from shoal.views import Viewed

ALL_WITH_ALL: Final = 4
"""Arms up to which every two are compared."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Comparison(Viewed):
    """What came of a comparison.

    Attributes:
        arms: the sides; network i of each belongs to pair i.
        figure: what is compared.
        higher_is_better: which way.
        region: the difference that is not worth having, None if none was set.
        streams: the random streams that differ from pair to pair, of those that any arm draws
            from.
        held: the others that an arm draws from: the same in all pairs.
        seeds: of the pairs.
        verdicts: one for every two arms that were compared.
        looks: when the pairs were looked at.
        goal: the target that times are for, or None.
        same_start: whether networks of all arms began with the same weights.
        own_seeds: whether arms came with other seeds than the first one's, which all took.
        seconds: of everything.
        interrupted: whether Ctrl-C ended it before the last look.
    """

    arms: tuple[Arm, ...]
    figure: str
    higher_is_better: bool
    region: float | None
    streams: tuple[str, ...]
    seeds: tuple[int, ...]
    verdicts: tuple[Verdict, ...]
    looks: Looks
    goal: Goal | None
    same_start: bool
    seconds: float
    held: tuple[str, ...] = ()
    own_seeds: bool = False
    interrupted: bool = False

    def __repr__(self) -> str:
        names = ", ".join(arm.name for arm in self.arms)
        return f"<Comparison of {names}: {self.sentence}>"

    @property
    def n_pairs(self) -> int:
        """How many pairs there are."""
        return len(self.seeds)

    @property
    def names(self) -> tuple[str, ...]:
        """What the arms are called."""
        return tuple(arm.name for arm in self.arms)

    @property
    def sentence(self) -> str:
        """The answer in a sentence."""
        if len(self.verdicts) == 1:
            return f"{self.verdicts[0].sentence}."
        winners = self._beaten()
        best = [k for k, beaten in enumerate(winners) if len(beaten) == len(self.arms) - 1]
        if best:
            return f"{self.names[best[0]]} is better than every other."
        n_decided = sum(each.outcome != "undecided" for each in self.verdicts)
        are = "is" if n_decided == 1 else "are"
        told = f"{n_decided} of {len(self.verdicts)} verdicts {are} decided"
        alike: dict[tuple[int, ...], list[int]] = {}
        for k, beaten in enumerate(winners):
            if beaten:
                alike.setdefault(tuple(beaten), []).append(k)
        if not alike:
            known = "is better" if n_decided == len(self.verdicts) else "is shown to be better"
            return f"No arm {known} than another; {told}."
        best_first = sorted(alike, key=len, reverse=True)
        said = [
            f"{self._listed(alike[beaten])} {'is' if len(alike[beaten]) == 1 else 'are'} better "
            f"than {self._listed(beaten)}"
            for beaten in best_first
        ]
        return f"{'; '.join(said)}; {told}."

    @property
    def about(self) -> str:
        """What the verdict is about: its hypothesis, its test and the streams it speaks of."""
        verdict = self.verdicts[0]
        b, a = self.names[verdict.b], self.names[verdict.a]
        p = f", p = {verdict.adjusted_p:.2g}" if len(self.verdicts) == 1 else ""
        hypothesis = f"'{b} wins more often than {a}'"
        if len(self.verdicts) > 1:
            hypothesis = "'one wins more often than the other'"
        told = f"Hypothesis: {hypothesis} in {name_of(self.figure)}, by {self._test()}{p}. "
        told += f"It speaks about other seeds of {', '.join(self.streams) or 'nothing'}"
        return told + (f", with {', '.join(self.held)} held." if self.held else ".")

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be said beside the table."""
        found = []
        if self.interrupted:
            found.append(f"Interrupted after {self.n_pairs:,} pairs: this is what was there.")
        for what in ("diverged", "stuck"):
            counts = [(arm.name, getattr(arm, f"n_{what}")) for arm in self.arms]
            told = [f"{n:,} of {name}" for name, n in counts if n]
            found += [f"{what}: {', '.join(told)}."] if told else []
        found += self._failures() + self._twins()
        if any(verdict.n_left_out for verdict in self.verdicts):
            found.append(
                "A side without the figure loses, by more than any number: the interval counts "
                "that, mean and bootstrap leave such pairs out."
            )
        if any(verdict.ties and verdict.wins + verdict.losses for verdict in self.verdicts):
            found.append("Where pairs tie, the difference with its interval is of the others.")
        if not self.same_start:
            found.append("The arms start from other weights: their shapes or initializers differ.")
        if self.own_seeds:
            found.append("The arms came with other seeds; all took those of the first.")
        if any(arm.data != self.arms[0].data for arm in self.arms):
            found.append("The arms differ in their data: a pair shares its seeds, not its rows.")
        if self.goal is not None:
            found.append(
                f"Times to {self.goal} are those of the first report at which it holds; seconds "
                "are each arm's own, shared out by evaluations."
            )
            found += self._early()
        return tuple(found)

    @property
    def baselines(self) -> Mapping[str, float]:
        """The constant guess and the linear model on the data of the first arm."""
        return self.arms[0].baselines

    @property
    def attainable(self) -> float | None:
        """What the best rule reaches in expectation on the data of the first arm."""
        return self.arms[0].attainable

    @property
    def times(self) -> dict[str, dict[str, np.ndarray]] | None:
        """Steps, evaluations and seconds to the target by arm, NaN where it was not reached."""
        if self.goal is None:
            return None
        return {
            arm.name: {name.partition("_")[0]: arm.figures[name] for name in TIMES}
            for arm in self.arms
        }

    @property
    def digest(self) -> str:
        """SHA-256 over the figure of every arm in every pair: equal if nothing changed."""
        found = hashlib.sha256(f"{self.figure} {self.seeds}".encode())
        for arm in self.arms:
            found.update(np.ascontiguousarray(arm.figures[self.figure], "<f8").tobytes())
        return found.hexdigest()

    def difference(self, verdict: Verdict) -> np.ndarray:
        """Return by how much b is better than a in each pair, NaN where one has no figure, (P,)."""
        a, b = (self.arms[k].figures[self.figure] for k in (verdict.a, verdict.b))
        return np.asarray(b - a if self.higher_is_better else a - b)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, null where a number is not known."""
        return to_document(self)

    def pack(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the record as a JSON document and arrays, for the store."""
        return pack(self)

    @classmethod
    def unpack(cls, document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Comparison:
        """Return the record that `pack` took apart."""
        return cls(**unpack(document, arrays))

    def _failures(self) -> list[str]:
        """Return which arms fail more often than luck explains."""
        failed = [arm.stuck | ~arm.sound for arm in self.arms]
        found = []
        for each in self.verdicts:
            if each.failed_p > LEVEL:
                continue
            only_a, only_b = failed[each.a] & ~failed[each.b], failed[each.b] & ~failed[each.a]
            more = each.b if only_b.sum() > only_a.sum() else each.a
            few, many = sorted((int(only_a.sum()), int(only_b.sum())))
            found.append(
                f"{self.names[more]} is stuck or diverges more often than "
                f"{self.names[each.a + each.b - more]}: alone in {many:,} pairs against {few:,}, "
                f"p = {each.failed_p:.2g}."
            )
        return found

    def _early(self) -> list[str]:
        """Return which arms reach the target before anybody looks at them."""
        times = self.times or {}
        early = [
            arm.name
            for arm in self.arms
            if np.mean(times[arm.name]["steps"] == arm.report_steps[0]) > 0.5
        ]
        if not early:
            return []
        whose = "" if len(early) == len(self.arms) else f" of {', '.join(early)}"
        cure = "training.report_every=1 tells finer"
        return [f"Most networks{whose} are there at the first report: {cure}."]

    def _twins(self) -> list[str]:
        """Return which arms are the same experiment."""
        alike: dict[str, list[str]] = {}
        for arm in self.arms:
            experiment = f"{arm.experiment.document()} {arm.experiment.folder}"
            alike.setdefault(experiment, []).append(arm.name)
        return [
            f"The same experiment by {len(names)} names: {', '.join(names)}."
            for names in alike.values()
            if len(names) > 1
        ]

    def _listed(self, arms: Sequence[int]) -> str:
        *others, last = (self.names[k] for k in arms)
        return f"{', '.join(others)} and {last}" if others else last

    def _beaten(self) -> list[list[int]]:
        """Return which arms each arm is better than."""
        found: list[list[int]] = [[] for _ in self.arms]
        for each in self.verdicts:
            if each.outcome == "better":
                found[each.b].append(each.a)
            elif each.outcome == "worse":
                found[each.a].append(each.b)
        return found

    def _test(self) -> str:
        """Return the test in words."""
        n = f"{self.n_pairs:,} pairs"
        if self.looks.anytime:
            return f"an e-process that may stop at any time, after {n}"
        told = f"the exact sign test over {n}"
        if len(self.looks.at) > 1:
            told += f", Bonferroni over {len(self.looks.at)} looks"
        return told + (", Holm over all verdicts" if len(self.verdicts) > 1 else "")


def compared_pairs(n_arms: int) -> list[tuple[int, int]]:
    """Return which arms are compared: all with all up to four, else each with the first.

    Example:
        >>> compared_pairs(3)
        [(0, 1), (0, 2), (1, 2)]
        >>> len(compared_pairs(6))
        5
    """
    every = [(a, b) for a in range(n_arms) for b in range(a + 1, n_arms)]
    return every if n_arms <= ALL_WITH_ALL else [pair for pair in every if pair[0] == 0]
