"""What came of a record, laid out so that it can be compared: bits and figures of each network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.experiments.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is compared: bits and figures of each network of a run, a sweep or an arm.

    Attributes:
        bits: by name, each (P, ...): what must be the same to the last bit.
        figures: by name, each (P,): what must agree within the tolerance.
        endings: why each network ended, (P,).
        seconds: of training.
        answer: what was concluded.
    """

    bits: Mapping[str, np.ndarray]
    figures: Mapping[str, np.ndarray]
    endings: np.ndarray
    seconds: float
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How one part came out: which networks are identical, and how far the others are off."""

    identical: np.ndarray
    ended_alike: bool
    largest: float
    figure: str


def outcome_of_run(run: Run) -> Outcome:
    """Return what of a run is compared."""
    figures = {name: run.final(name) for name in run.history}
    history = {f"history {name}": values for name, values in run.history.items()}
    return Outcome(
        bits={"weights": run.weights, "steps": run.steps, **history},
        figures=figures,
        endings=np.array(run.stopped_because),
        seconds=run.seconds,
    )


def outcome_of_sweep(swept: Any, there: np.ndarray) -> Outcome:
    """Return what of a sweep is compared: every column but what the clock decides.

    Args:
        swept: what came of it.
        there: which networks were trained, (P,).
    """
    columns = {
        name: np.asarray(values)[there]
        for name, values in swept.columns.items()
        if not (name.endswith("_s") or name == "seconds")
    }
    return Outcome(
        bits=columns,
        figures={name: values for name, values in columns.items() if values.dtype.kind == "f"},
        endings=columns["stopped_because"],
        seconds=float(swept.seconds),
        answer=swept.sentence if there.all() else "",
    )


def outcomes_of_comparison(comparison: Any) -> list[Outcome]:
    """Return what of each arm is compared: all but what the clock decides."""
    return [
        Outcome(
            bits={
                "steps": arm.steps,
                "evaluations": arm.evaluations,
                "stuck": arm.stuck,
                **figures,
                **{f"history {name}": values for name, values in arm.history.items()},
            },
            figures=figures,
            endings=np.where(arm.sound, "", "diverged"),
            seconds=float(arm.seconds),
            # where pairs were added one by one, evidence is weighed in another way
            answer=comparison.sentence if comparison.looks.kind == "fixed" else "",
        )
        for arm in comparison.arms
        for figures in [{n: v for n, v in arm.figures.items() if not n.startswith("seconds")}]
    ]


def matched(before: Outcome, now: Outcome) -> Part:
    """Return how two outcomes of a part go together."""
    n = len(before.endings)
    if len(now.endings) != n or before.bits.keys() != now.bits.keys():
        return Part(identical=np.zeros(n, bool), ended_alike=False, largest=float("inf"), figure="")
    alike = before.endings == now.endings
    same = [_same_bits(values, now.bits[name]) for name, values in before.bits.items()]
    apart = {name: _apart(values, now.figures[name]) for name, values in before.figures.items()}
    figure = max(apart, key=lambda name: apart[name], default="")
    identical = np.logical_and.reduce([*same, alike])
    # without figures nothing says how far they are off
    far = 0.0 if identical.all() else float("inf")
    return Part(
        identical=identical,
        ended_alike=bool(alike.all()),
        largest=apart.get(figure, far),
        figure=figure,
    )


def _same_bits(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return in which networks two arrays are the same; NaN is NaN. (P, ...) -> (P,)"""
    if a.shape != b.shape or a.dtype.kind != b.dtype.kind:
        return np.zeros(len(a), bool)
    same = a == b
    if a.dtype.kind == "f":
        same |= np.isnan(a) & np.isnan(b)
    return np.asarray(same.reshape(len(a), -1).all(axis=1))


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    """Return the largest difference relative to the size; infinite where only one is NaN."""
    if a.shape != b.shape or (np.isnan(a) != np.isnan(b)).any():
        return float("inf")
    there = ~np.isnan(a) & (a != b)
    if not there.any():
        return 0.0
    size = np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-6)
    with np.errstate(invalid="ignore"):
        found = np.abs(a - b)[there] / size[there]
    return float("inf") if np.isnan(found).any() else float(found.max())
