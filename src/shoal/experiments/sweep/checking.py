"""Every cell of a sweep looked at before anything is trained: what is wrong, what it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from shoal.errors import DataError, ExperimentError, InputError, Problem
from shoal.experiments.checks import check_experiment
from shoal.experiments.document import Experiment
from shoal.experiments.loading import Loader
from shoal.experiments.sweep.axes import place_of
from shoal.experiments.sweep.cells import Grid, label_of
from shoal.experiments.sweep.doubts import Doubts
from shoal.experiments.sweep.plan import UNIT, Plan, cost_of, kind_of, plan_of
from shoal.experiments.sweep.shared import Cargo, name_of, packed

MAX_CELLS: Final = 1_000_000
"""Cells that a sweep may have."""
MAX_NETWORKS: Final = 100_000_000
"""Networks that a sweep may have: their columns take some 15 GB."""
MOST: Final = 10
"""Problems that are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What is known of a sweep before it is carried out.

    Attributes:
        plan: its networks in chunks.
        cargo: the rows that workers need.
        wants_clean: whether labels are flipped in any cell.
        warnings: what is told of cells, each once with the number of cells that it is true of.
    """

    plan: Plan
    cargo: Cargo
    wants_clean: bool
    warnings: tuple[str, ...] = ()


def check_count(n_cells: int, source: str) -> None:
    """Raise if there are too many cells.

    Raises:
        ExperimentError: with their number.
    """
    if n_cells > MAX_CELLS:
        told = f"means {n_cells:,} cells, and {MAX_CELLS:,} is the most. Give fewer values"
        cure = ", or draw some of them at random with [sweep.random]."
        raise ExperimentError(source, [Problem(path="sweep", message=told + cure, code="X109")])


def survey(
    grid: Grid, *, allow_python: bool = False, progress: Callable[[int], object] | None = None
) -> Survey:
    """Return what a sweep takes, after a look at every cell; nothing is trained.

    Args:
        grid: the cells.
        allow_python: whether functions that documents name may be imported.
        progress: called with the number of cells that were looked at.

    Raises:
        ExperimentError: cells that cannot be trained, each problem with the cell's values.
    """
    check_count(grid.n_cells, grid.source)
    sizes, kinds = np.zeros(grid.n_cells, np.int64), np.zeros(grid.n_cells, np.int64)
    costs = np.zeros(grid.n_cells)
    look = _Look(grid, allow_python)
    for index in range(grid.n_cells):
        sizes[index], costs[index], kinds[index] = look.at(index)
        if progress is not None:
            progress(index + 1)
        if len(look.problems) >= MOST:
            break
    look.tell()
    if int(sizes.sum()) > MAX_NETWORKS:
        told = f"means {int(sizes.sum()):,} networks, and {MAX_NETWORKS:,} is the most."
        raise ExperimentError(grid.source, [Problem(path="sweep", message=told, code="X109")])
    cargo = Cargo(rows=grid.rows, tables=look.tables)
    return Survey(
        plan=plan_of(sizes, costs, kinds),
        cargo=cargo,
        wants_clean=look.is_noisy,
        warnings=look.doubts.told(),
    )


class _Look:
    """Looks at cells one after the other and remembers what is wrong."""

    def __init__(self, grid: Grid, allow_python: bool) -> None:
        self.grid = grid
        self.allow_python = allow_python
        self.problems: dict[tuple[str, str], Problem] = {}
        self.tables: dict[tuple[str, str, str], tuple[Any, str | None]] = {}
        self.is_noisy = False
        self.doubts = Doubts(grid)
        self._places = {place_of(key): key for key in grid.keys}
        self._kinds: dict[str, int] = {}

    def at(self, index: int) -> tuple[int, float, int]:
        """Return how many networks a cell has, what one costs, and of which kind it is.

        All are 0 if the cell is wrong.
        """
        try:
            values = self.grid.settled(index)
        except InputError as error:
            self._note(
                index,
                self.grid.values(index),
                [Problem(path="", message=str(error), code=error.code)],
            )
            return 0, 0.0, 0
        try:
            experiment = self.grid.experiment(values)
            self.is_noisy = self.is_noisy or experiment.data.label_noise > 0
            if experiment.training.functions:
                experiment = experiment.with_functions(allow_python=self.allow_python)
            kind = self._kinds.setdefault(kind_of(experiment), len(self._kinds))
            return experiment.population.size, self._cost(index, experiment), kind
        except ExperimentError as error:
            self._note(index, values, error.problems)
        except InputError as error:
            told = str(error).removeprefix(f"{self.grid.source}, ")
            place = "data" if isinstance(error, DataError) else ""
            self._note(index, values, [Problem(path=place, message=told, code=error.code)])
        return 0, 0.0, 0

    def _cost(self, index: int, experiment: Experiment) -> float:
        loader = Loader(experiment, self.grid.rows, None, self.grid.shelf)
        name = name_of(experiment)
        if name is not None and name not in self.tables and self.grid.rows is None:
            self.tables[name] = packed(experiment, self.grid.shelf)
        dataset, split = loader.load(loader.key(0))
        network = check_experiment(experiment, dataset, split, UNIT)
        n_train = len(split.train)
        if loader.streams and isinstance(experiment.training.batch_size, int):
            n_train = int(getattr(loader.recipe, "batches", 1)) * experiment.training.batch_size
        steps = experiment.training.steps(n_train)
        self.doubts.look(index, experiment, dataset, split, steps)
        return cost_of(experiment, network, steps, loader, dataset.n_rows)

    def _note(self, index: int, values: dict[str, Any], problems: Sequence[Problem]) -> None:
        for problem in problems:
            where = f"{problem.path}: " if problem.path else ""
            cell = f"cell {index} ({label_of(values)}): "
            message = f"{cell}{where}{problem.message}"
            path = "sweep"
            key = self._places.get(problem.path)
            if key is not None and self._is_always(key, values, problem):
                path, message = f"sweep.{key}", problem.message
            self.problems.setdefault(
                (problem.path, problem.message),
                Problem(path=path, message=message, code=problem.code),
            )

    def _is_always(self, key: str, values: dict[str, Any], problem: Problem) -> bool:
        """Return whether a value is wrong by itself, whatever the other keys are."""
        try:
            self.grid.experiment({key: values[key]})
        except ExperimentError as error:
            return problem in error.problems
        except InputError:
            return True
        return False

    def tell(self) -> None:
        """Raise what was found, if anything was."""
        if self.problems:
            raise ExperimentError(self.grid.source, list(self.problems.values())[:MOST])
