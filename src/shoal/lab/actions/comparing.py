"""Which of two settings is better: what is pinned against what is opened, on paired seeds."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from shoal.errors import InputError
from shoal.experiments import Experiment
from shoal.experiments.comparison import Comparison
from shoal.experiments.comparison import compare as compared
from shoal.experiments.comparison.arms import Arm
from shoal.experiments.comparison.contest import AT_ONCE
from shoal.experiments.comparison.judging import Verdict
from shoal.experiments.comparison.wording import unit_of
from shoal.experiments.progress import Progress
from shoal.lab.actions.base import Outcome, Surroundings
from shoal.lab.limits import size_problems
from shoal.lab.messages import Compare
from shoal.metrics import band

B_NAME: Final = "this setting"


def compare(surroundings: Surroundings, message: Compare) -> Outcome:
    """Return whether what is opened (B) is better than a pin (A), and by how much.

    Raises:
        InputError: there is no such pin, or the two have no figure in common.
    """
    pins = surroundings.session.pins
    if message.pin >= len(pins):
        raise InputError(
            f"compare: `pin` must be one of the {len(pins)} pins; got {message.pin}. "
            "Pin a setting first.",
            code="L103",
        )
    pin = pins[message.pin]
    a_name = pin.name if pin.name != B_NAME else f"{B_NAME} as pinned"
    told = _Telling(surroundings, (a_name, B_NAME), message.pairs)
    surroundings.tell("preparing both settings", 0.0)
    sides = [surroundings.pinned(pin), surroundings.experiment()]
    for each in sides:
        _check_size(each, min(AT_ONCE, message.pairs))
    found = compared(
        sides,
        names=[a_name, B_NAME],
        figure=message.figure,
        pairs=message.pairs,
        progress=told.begin,
        tick=told.tick,
    )
    return outcome_of(found)


def _check_size(experiment: Experiment, n_networks: int) -> None:
    """Raise where so many networks of a setting, each with data of its own, are too much.

    Raises:
        InputError: they are.
    """
    population = experiment.population.model_copy(update={"size": n_networks})
    for each in size_problems(experiment.model_copy(update={"population": population})):
        raise InputError(
            f"compare: {n_networks} networks at once: {each.path}: {each.message}", code="L101"
        )


def outcome_of(found: Comparison) -> Outcome:
    """Return a comparison of two as the page is told of it."""
    a, b = found.arms
    verdict = found.verdicts[0]
    document = {
        "sentence": found.sentence,
        "about": found.about,
        "notes": list(found.notes),
        "figure": found.figure,
        "unit": unit_of(found.figure),
        "higher_is_better": found.higher_is_better,
        "region": found.region,
        "n_pairs": found.n_pairs,
        "streams": list(found.streams),
        "held": list(found.held),
        "same_start": found.same_start,
        "seconds": found.seconds,
        "verdict": _verdict(verdict),
        "a": _arm(a, found.figure),
        "b": _arm(b, found.figure),
    }
    arrays = {
        "values_a": np.asarray(a.figures[found.figure], np.float32),
        "values_b": np.asarray(b.figures[found.figure], np.float32),
        "differences": np.asarray(found.difference(verdict), np.float32),
    }
    return Outcome(document=document, arrays=arrays)


def _verdict(verdict: Verdict) -> dict[str, Any]:
    """Return the numbers of a verdict, None where one is not known or has no end."""
    return {
        "outcome": verdict.outcome,
        "difference": _plain(verdict.effect),
        "low": _plain(verdict.low),
        "high": _plain(verdict.high),
        "confidence": _plain(verdict.confidence),
        "median_difference": _plain(verdict.median_difference),
        "wins": verdict.wins,
        "losses": verdict.losses,
        "ties": verdict.ties,
        "n_left_out": verdict.n_left_out,
        "p": _plain(verdict.adjusted_p),
        "more_pairs": verdict.more_pairs,
    }


def _arm(arm: Arm, figure: str) -> dict[str, Any]:
    values = band(arm.figures[figure])
    return {
        "name": arm.name,
        "median": _plain(float(values.median)),
        "p05": _plain(float(values.p05)),
        "p95": _plain(float(values.p95)),
        "n_diverged": arm.n_diverged,
        "n_stuck": arm.n_stuck,
        "n_parameters": arm.n_parameters,
        "seconds": arm.seconds,
        "baselines": {name: _plain(value) for name, value in arm.baselines.items()},
        "attainable": arm.attainable,
    }


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


class _Telling:
    """Tells how far a comparison is, and looks at every beat whether it is dropped."""

    def __init__(self, surroundings: Surroundings, names: tuple[str, str], pairs: int) -> None:
        self.surroundings = surroundings
        self.names = names
        self.pairs = pairs
        self.side = 0
        self.done = 0

    def begin(self, name: str, done: int, most: int) -> None:
        """One side begins with some pairs."""
        self.side, self.done, self.pairs = self.names.index(name), done, most
        self._tell(0.0, done)

    def tick(self, progress: Progress) -> None:
        """Some of the steps of this side are done."""
        at_once = progress.n_networks
        share = progress.steps / max(1, progress.total_steps)
        self._tell(share * at_once, self.done + round(share * at_once))

    def _tell(self, pairs: float, shown: int) -> None:
        """Tell, with pairs of both sides as the measure: a batch trains A, then B."""
        at_once = min(AT_ONCE, self.pairs - self.done)
        whole = 2 * self.done + self.side * at_once + pairs
        sentence = f"training {self.names[self.side]}: {shown} of {self.pairs} pairs"
        self.surroundings.tell(sentence, min(1.0, whole / (2 * self.pairs)))


__all__ = ["compare", "outcome_of"]
