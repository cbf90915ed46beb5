"""What a search ranks by: one number for each cell, the median of a figure over its networks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.errors import ArgumentError, did_you_mean
from shoal.experiments.prepare import Prepared
from shoal.training.figures import HEADLINES, goes_up

PART = "validation_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """The figure that a search ranks by.

    Attributes:
        figure: such as "validation_accuracy".
        higher_is_better: which way is better.
    """

    figure: str
    higher_is_better: bool

    @property
    def worst(self) -> float:
        """What no network falls below: the figure of one that diverged."""
        return -np.inf if self.higher_is_better else np.inf

    def score(self, values: np.ndarray) -> float:
        """Return the median of the networks' values (P,), one that diverged counting as worst.

        Units:
            Those of the figure; infinite where half of the networks or more diverged.

        Example:
            >>> Yardstick(figure="validation_loss", higher_is_better=False).score(
            ...     np.array([0.3, np.nan, 0.1]))
            0.3
        """
        return float(np.median(np.where(np.isfinite(values), values, self.worst)))

    def ranked(
        self,
        scores: np.ndarray,
        losses: np.ndarray | None = None,
        to_come: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the places of scores (n,) from the best to the worst.

        Among equals the lowest loss comes first, where `losses` (n,) are given; then the one that
        has most steps `to_come` (n,), as it goes on through what a shorter one ends at; then the
        order.
        """
        from_best = -scores if self.higher_is_better else scores
        keys = [] if to_come is None else [-to_come]
        keys += [] if losses is None else [losses]
        return np.lexsort([*keys, from_best])

    def is_better(self, score: float, than: float | None) -> bool:
        """Return whether a score is finite and better than another."""
        if not np.isfinite(score):
            return False
        return than is None or (score > than if self.higher_is_better else score < than)


def yardstick(where: str, prepared: Prepared, figure: str | None) -> Yardstick:
    """Return what is ranked by: the figure that was asked for, or the usual one.

    Only figures of validation rows: a search that ranks by the rows it learned from, or by the
    test rows, says nothing about new rows.

    Raises:
        ArgumentError: no such figure, or no rows validate.
    """
    if all(part.validation is None for part in prepared.parts):
        wanted = "must leave rows to rank by"
        cure = "Give validation a share of the rows, such as data.validation=0.2."
        raise ArgumentError(where, "data.validation", wanted, got=0, cure=cure, code="A106")
    known = [name for name in prepared.settings.figures if name.startswith(PART)]
    name = figure or next(name for name in HEADLINES if name in known)
    if name not in known:
        wanted = f"must be one of {', '.join(known)}"
        cure = did_you_mean(name, known)
        raise ArgumentError(where, "figure", wanted, got=repr(name), cure=cure, code="A103")
    return Yardstick(figure=name, higher_is_better=goes_up(name))
