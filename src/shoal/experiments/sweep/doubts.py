"""What an experiment warns of before it is trained, told once for all cells of a sweep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shoal.data.dataset import Dataset
from shoal.data.split import Split
from shoal.experiments.document import Experiment
from shoal.experiments.prepare import unscaled_warnings
from shoal.experiments.sweep.cells import Grid, label_of
from shoal.experiments.training_checks import idle_rules
from shoal.training import Steps

KEPT: Final = 64
"""Sets of rows whose warnings are remembered."""


@dataclass(slots=True)
class _Doubt:
    """A warning: its words in the first cell that has it, and how many have it."""

    sentence: str
    first: int
    n_cells: int = 0


class Doubts:
    """Warnings of cells, gathered by their cure: the numbers in them differ from cell to cell.

    Args:
        grid: the cells; a warning whose cure is what they try is none.
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.found: dict[str, _Doubt] = {}
        self._known: dict[tuple[object, ...], tuple[object, tuple[str, ...]]] = {}

    def look(
        self, index: int, experiment: Experiment, dataset: Dataset, split: Split, steps: Steps
    ) -> None:
        """Note what a cell warns of."""
        n_reports = -(-steps.total_steps // steps.report_every)
        unscaled = self._unscaled(experiment, dataset, split)
        for sentence in (*unscaled, *idle_rules(experiment, n_reports)):
            cure = sentence.rpartition(". ")[2]
            if any(f"{key} =" in cure for key in self.grid.keys):
                continue
            self.found.setdefault(cure, _Doubt(sentence, index)).n_cells += 1

    def _unscaled(self, experiment: Experiment, dataset: Dataset, split: Split) -> tuple[str, ...]:
        """Return what is told of rows as they are, looked at once for cells that share them."""
        scaling = experiment.preprocess.scaling, experiment.preprocess.target_scaling
        name = id(dataset), id(split), *scaling
        if name not in self._known:
            if len(self._known) >= KEPT:
                self._known.clear()
            told = tuple(unscaled_warnings(experiment, dataset, split))
            self._known[name] = (dataset, split), told  # held: nothing else gets their ids
        return self._known[name][1]

    def told(self) -> tuple[str, ...]:
        """Return the warnings, with how many cells they are true of and where they were found."""
        return tuple(self._told(each) for each in self.found.values())

    def _told(self, doubt: _Doubt) -> str:
        n = self.grid.n_cells
        label = label_of(self.grid.shown(doubt.first))
        those = f"all {n:,} cells" if doubt.n_cells == n else f"{doubt.n_cells:,} of {n:,} cells"
        return f"{those}, such as cell {doubt.first} ({label}): {doubt.sentence}"
