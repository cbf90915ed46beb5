"""What a sweep keeps of each network: one entry in each column."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from shoal.experiments.baselines import attainable
from shoal.experiments.ending import evaluations
from shoal.experiments.prepare import Part, Prepared
from shoal.experiments.run import Run
from shoal.metrics import constant_guess_accuracy

REASONS: Final = (
    "not trained", "epochs", "steps", "target", "plateau", "evaluations", "seconds", "python",
    "diverged", "interrupted",
)  # fmt: skip
"""Why networks ended, by their numbers in the column `stopped_because` of a chunk."""
NUMBERS: Final = {name: k for k, name in enumerate(REASONS)}
WHOLE: Final[Mapping[str, Any]] = {
    "cell": np.int64, "network": np.int64, "seed": np.int64, "steps": np.int64,
    "evaluations": np.int64, "diverged": np.bool_, "stopped_because": np.uint8,
    "digest": np.uint64,
}  # fmt: skip
"""Columns that are no figures, and their types."""
BASELINES: Final = ("attainable_accuracy", "constant_guess_accuracy")
"""Columns of what is known of a network's data."""


def columns_of(run: Run) -> dict[str, np.ndarray]:
    """Return the columns of a population, each (P,), or (P, T) for the history.

    Columns are those of `WHOLE` without the cell and the network, and every figure.
    """
    found: dict[str, np.ndarray] = {
        "seed": np.array(run.seeds, np.int64),
        "steps": np.array(run.steps, np.int64),
        "evaluations": np.array(evaluations(run.state), np.int64),
        "diverged": ~run.sound,
        "stopped_because": np.array([NUMBERS[r] for r in run.stopped_because], np.uint8),
        "digest": digests(run.weights),
    }
    found |= {name: run.final(name) for name in run.history}
    return found | dict(run.test)


def history_of(run: Run) -> dict[str, np.ndarray]:
    """Return the figures at every report, and the steps of the reports, each (P, T)."""
    found = {f"history.{name}": np.asarray(values) for name, values in run.history.items()}
    steps = np.broadcast_to(run.report_steps, (len(run), len(run.report_steps)))
    return found | {"report_steps": np.array(steps, np.int64)}


def digests(weights: np.ndarray) -> np.ndarray:
    """Return the first 8 bytes of the SHA-256 of each network's weights, (P, K) -> (P,) uint64.

    Weights as little-endian bytes; two networks with the same number have the same bits.
    """
    plain = np.ascontiguousarray(weights, weights.dtype.newbyteorder("<"))
    heads = [hashlib.sha256(row).digest()[:8] for row in plain]
    return np.frombuffer(b"".join(heads), ">u8").astype(np.uint64)


class Baselines:
    """What is known of the rows that networks are judged by; parts are looked at once each."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Part, float]] = {}

    def columns(self, prepared: Prepared) -> dict[str, np.ndarray]:
        """Return what is attainable and what the constant guess attains, each (P,)."""
        guesses = np.array([self._guess(part) for part in prepared.parts])
        n_networks, best = len(prepared.part_of), attainable(prepared)
        return {
            "attainable_accuracy": np.full(n_networks, np.nan if best is None else best),
            "constant_guess_accuracy": guesses[prepared.part_of],
        }

    def _guess(self, part: Part) -> float:
        if id(part) not in self._known:
            if len(self._known) > 64:
                self._known.clear()
            self._known[id(part)] = part, guess(part)
        return self._known[id(part)][1]


def guess(part: Part) -> float:
    """Return the accuracy of always saying the most frequent class, NaN where there are none."""
    if part.dataset.schema.is_regression:
        return np.nan
    judged = part.validation or part.train
    return float(
        constant_guess_accuracy(
            part.train.y,
            judged.y,
            weights_train=part.train.weights,
            weights_validation=judged.weights,
            labels=part.dataset.schema.kind == "multilabel",
        )
    )


def empty_column(name: str, n: int, width: int | None = None) -> np.ndarray:
    """Return a column before anything is known: 0 for what counts, NaN for figures."""
    shape = (n,) if width is None else (n, width)
    if name == "report_steps":
        return np.full(shape, -1, np.int64)
    if name in WHOLE:
        return np.zeros(shape, WHOLE[name])
    return np.full(shape, np.nan)


def gathered(
    blocks: Sequence[tuple[np.ndarray, Mapping[str, np.ndarray]]], n: int
) -> dict[str, np.ndarray]:
    """Return whole columns of `n` networks from blocks of them.

    Args:
        blocks: the places of some networks, (M,), and their columns.
        n: how many networks there are in all.
    """
    widths: dict[str, int | None] = {}
    for _, columns in blocks:
        for name, values in columns.items():
            width = values.shape[1] if values.ndim == 2 else None
            widths[name] = width if width is None else max(width, widths.get(name) or 0)
    found = {name: empty_column(name, n, width) for name, width in widths.items()}
    for places, columns in blocks:
        for name, values in columns.items():
            if values.ndim == 2:
                found[name][places, : values.shape[1]] = values
            else:
                found[name][places] = values
    return found


__all__ = [
    "BASELINES",
    "REASONS",
    "WHOLE",
    "Baselines",
    "columns_of",
    "digests",
    "empty_column",
    "gathered",
    "history_of",
]
