"""The record of a search by successive halving: which cells came how far, and what it cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.data.wording import count
from shoal.experiments.run import Run

if TYPE_CHECKING:
    from shoal.experiments.sweep import Cell, Sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One stage: cells trained to a budget, and which of them go on.

    Attributes:
        epochs: the budget; a cell with fewer epochs is at its end.
        cells: that took part, (n,), in their order.
        scores: their medians, (n,); infinite where half of the networks or more diverged.
        kept: the cells that go on, from the best; of the last rung the winner.
        steps: of all networks together in this stage.
    """

    epochs: int
    cells: np.ndarray
    scores: np.ndarray
    kept: tuple[int, ...]
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Halving:
    """What came of successive halving.

    Attributes:
        sweep: whose cells they are.
        figure: what was ranked by, its median over the networks of a cell.
        higher_is_better: which way is better.
        keep: the share that goes on from a rung.
        rungs: the stages in their order.
        winner: the best cell of the last rung.
        runs: of the cells of the last rung, which were trained to their end, by cell.
        steps_full: of all networks, had every cell been trained to its end.
        seconds: in all.
    """

    sweep: Sweep
    figure: str
    higher_is_better: bool
    keep: float
    rungs: tuple[Rung, ...]
    winner: int
    runs: dict[int, Run]
    steps_full: int
    seconds: float

    def __repr__(self) -> str:
        return f"<Halving: {len(self.rungs)} rungs, {self.sentence}>"

    @property
    def cell(self) -> Cell:
        """The winner."""
        found: Cell = self.sweep.cells[self.winner]
        return found

    @property
    def best(self) -> Run:
        """The winner's networks, trained to their end."""
        return self.runs[self.winner]

    @property
    def score(self) -> float:
        """The winner's median."""
        last = self.rungs[-1]
        return float(last.scores[last.cells == self.winner][0])

    @property
    def is_of_use(self) -> bool:
        """Whether fewer than half of the winner's networks diverged."""
        return math.isfinite(self.score)

    @property
    def steps(self) -> int:
        """Steps of all networks together."""
        return sum(rung.steps for rung in self.rungs)

    @property
    def saved(self) -> float:
        """The share of the whole grid's steps that was not taken."""
        return 1.0 - self.steps / self.steps_full

    @property
    def sentence(self) -> str:
        """What was found, and what it cost."""
        n_cells, last = len(self.rungs[0].cells), self.rungs[-1].scores
        if not self.is_of_use:
            return f"none of {n_cells:,} cells is of use: half of its networks or more diverged."
        name, equal = self.figure.replace("_", " "), int((last == self.score).sum()) - 1
        alike = f", as of {count(equal, 'other cell')}" if equal else ""
        return (
            f"{self.cell.label} is the best of {n_cells:,} cells: median {name} {self.score:.4g}"
            f"{alike}, with {1 - self.saved:.0%} of the steps of the whole grid."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, null where a number is not known."""
        cells = self.sweep.cells
        return {
            "method": "halving",
            "figure": self.figure,
            "higher_is_better": self.higher_is_better,
            "keep": self.keep,
            "rungs": [
                {
                    "epochs": rung.epochs,
                    "n_cells": len(rung.cells),
                    "cells": rung.cells.tolist(),
                    "scores": [s if math.isfinite(s) else None for s in rung.scores.tolist()],
                    "kept": list(rung.kept),
                    "steps": rung.steps,
                }
                for rung in self.rungs
            ],
            "winner": {
                "cell": self.winner,
                "values": cells[self.winner].values,
                "score": self.score if math.isfinite(self.score) else None,
                "digest": self.best.digest,
            },
            "steps": self.steps,
            "steps_full": self.steps_full,
            "saved": self.saved,
            "seconds": self.seconds,
            "sentence": self.sentence,
        }
