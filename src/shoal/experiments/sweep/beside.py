"""What the constant guess and a linear model attain on each cell's data, beside the networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from shoal.errors import InputError
from shoal.experiments.baselines import CONSTANT, LINEAR, baselines_of, linear_experiment
from shoal.experiments.document import Experiment
from shoal.experiments.loading import Loader
from shoal.experiments.sweep.cells import Grid

MOST: Final = 32
"""Linear models that are fitted, each for the cells that have it in common."""
MOST_CELLS: Final = 1000
"""Cells that are looked at where each may have its own."""
MOST_NUMBERS: Final = 20_000_000
"""Rows times features of all models together, but for the first."""
WITHOUT: Final = tuple(
    f"training.{key}" for key in ("optimizer", "regularization", "schedule", "stop", "restore_best")
)
"""Keys that leave baselines as they are."""
NAMES: Final = (CONSTANT, LINEAR)


class Beside:
    """Baselines of a sweep's cells, each computed once when it is first asked for.

    Args:
        grid: the cells.
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self._of_cell: dict[int, str] = {}
        self._known: dict[tuple[str, str], dict[str, float]] = {}
        self._numbers = 0

    def of(self, figure: str, cells: Sequence[int]) -> dict[str, np.ndarray]:
        """Return a figure of the baselines on the data of cells, each (n_cells,).

        NaN where there is none, and where it would be one of too many.
        """
        found = [self._one(figure, cell) for cell in cells]
        return {name: np.array([each.get(name, np.nan) for each in found]) for name in NAMES}

    def _one(self, figure: str, cell: int) -> dict[str, float]:
        first = 0 if self._is_common else cell
        name = self._of_cell.get(first)
        if name is None and len(self._of_cell) >= MOST_CELLS:
            return {}
        try:
            if name is not None and (figure, name) in self._known:
                return self._known[figure, name]
            experiment = self.grid.cell(first).experiment
            name = self._of_cell.setdefault(first, name_of(experiment))
            if (figure, name) not in self._known:
                self._known[figure, name] = self._fitted(figure, experiment)
        except (InputError, OSError):  # such as a file that is not there any more
            return {}
        return self._known[figure, name]

    @property
    def _is_common(self) -> bool:
        """Whether nothing is swept that baselines depend on."""
        return all(f"{key}.".startswith(tuple(f"{w}." for w in WITHOUT)) for key in self.grid.keys)

    def _fitted(self, figure: str, experiment: Experiment) -> dict[str, float]:
        if sum(each == figure for each, _ in self._known) >= MOST:
            return {}
        loader = Loader(experiment, self.grid.rows, None, self.grid.shelf)
        size = loader.load(loader.key(0))[0].x.size
        if self._numbers and self._numbers + size > MOST_NUMBERS:
            return {}
        self._numbers += size
        return baselines_of(experiment, figure, rows=self.grid.rows, shelf=self.grid.shelf)


def name_of(experiment: Experiment) -> str:
    """Return what experiments with the same baselines have in common."""
    linear = linear_experiment(experiment)
    loss = experiment.training.loss_for(experiment.network)
    return f"{linear.model_dump_json()} {loss} {linear.folder}"
