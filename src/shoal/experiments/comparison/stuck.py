"""Networks that learned nothing: no better than a constant guess, or a loss that never moved."""

from __future__ import annotations

from typing import Final

import numpy as np

from shoal.experiments.prepare import Part
from shoal.experiments.run import Run
from shoal.metrics import constant_guess_accuracy

CLOSE: Final = 1e-6
"""How near two shares of rows are the same: figures come from either precision."""
EXPLAINED: Final = 0.01
"""The share of the variance below which a regression has learned nothing."""


def stuck(run: Run) -> np.ndarray:
    """Return which networks learned nothing though they did not diverge, (P,) bool.

    A network is stuck if the weights that it delivers are no better on the training rows than a
    constant: an accuracy of at most that of the most frequent class, an R2 of at most 0.01; or if
    its training loss was the same at every report, at least three, and not perfect.
    """
    if "train_accuracy" in run.history:
        reached = run.final("train_accuracy")
        guesses = np.array([_guess(part) for part in run.prepared.parts])
        found = reached <= guesses[run.prepared.part_of] + CLOSE
        perfect = reached >= 1.0 - CLOSE
    else:
        explained = run.final("train_r2") if "train_r2" in run.history else np.ones(len(run))
        found, perfect = explained <= EXPLAINED, explained >= 1.0 - CLOSE
    return np.asarray((found | _never_moved(run.history["train_loss"])) & ~perfect & run.sound)


def _guess(part: Part) -> float:
    """Return the accuracy of the most frequent class on the training rows."""
    rows = part.train
    return constant_guess_accuracy(
        rows.y,
        rows.y,
        weights_train=rows.weights,
        weights_validation=rows.weights,
        labels=part.dataset.schema.kind == "multilabel",
    )


def _never_moved(losses: np.ndarray) -> np.ndarray:
    """Return whether each network's loss is the same at every report it has, (P, T) -> (P,)."""
    known = np.isfinite(losses)
    low = np.where(known, losses, np.inf).min(axis=1)
    high = np.where(known, losses, -np.inf).max(axis=1)
    return np.asarray((known.sum(axis=1) >= 3) & (low == high) & (low > 0))
