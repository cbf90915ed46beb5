"""How a sweep is cut into chunks: by what networks are estimated to cost, and nothing else.

The plan follows from the document and the data alone, never from a clock or the number of workers,
so that what an interrupted sweep has done fits when it is taken up again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from shoal.experiments.document import Experiment
from shoal.experiments.loading import Loader
from shoal.network import Network
from shoal.training import Evolution, FiniteDifference, PythonRule, Steps

CHUNK_S: Final = (0.05, 2.0)
"""What a chunk is estimated to cost: at least, and at most if it can be divided."""
CHUNKS: Final = (16, 64)
"""Chunks that a sweep is cut into: at most, where the first number makes them shorter than
`LONG_S`; and where the second leaves them longer."""
LONG_S: Final = 0.5
"""A chunk of that length is worth its way through a cluster's scheduler."""
UNIT: Final = 16
"""Networks that are trained side by side: populations are cut between them."""
PER_CELL_S: Final = 4e-4
PER_STEP_S: Final = 1.2e-7
PER_NUMBER_S: Final = 5e-11
"""Seconds of a cell, of a step, and of one multiplication with its share of everything."""
PYTHON_STEP_S: Final = 1e-3
"""A step of a rule in Python."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The networks of a sweep in a row, cell after cell, and where they are cut.

    Cells that can be trained side by side stand beside each other in the row.

    Attributes:
        order: (n_cells,) the cells as they stand in the row.
        offsets: (n_cells + 1,) the first network of each of them, and the number of networks.
        cuts: (n_chunks + 1,) the first network of each chunk, and the number of networks.
        costs: (n_cells,) estimated seconds of a network of each of them.
    """

    order: np.ndarray
    offsets: np.ndarray
    cuts: np.ndarray
    costs: np.ndarray

    @property
    def n_cells(self) -> int:
        """How many cells there are."""
        return len(self.costs)

    @property
    def n_networks(self) -> int:
        """How many networks there are in all."""
        return int(self.offsets[-1])

    @property
    def n_chunks(self) -> int:
        """How many chunks there are."""
        return len(self.cuts) - 1

    @property
    def cost_s(self) -> float:
        """Estimated seconds of all networks, one after the other."""
        return float((np.diff(self.offsets) * self.costs).sum() + self.n_cells * PER_CELL_S)

    def networks_of(self, chunk: int) -> slice:
        """Return where the networks of a chunk are in the row."""
        return slice(int(self.cuts[chunk]), int(self.cuts[chunk + 1]))

    def pieces(self, chunk: int) -> Iterator[tuple[int, int, int]]:
        """Yield the pieces of a chunk: cell, first network, and the one after the last."""
        start, stop = int(self.cuts[chunk]), int(self.cuts[chunk + 1])
        cell = int(np.searchsorted(self.offsets, start, side="right")) - 1
        while start < stop:
            begun, end = int(self.offsets[cell]), int(self.offsets[cell + 1])
            yield int(self.order[cell]), start - begun, min(stop, end) - begun
            start, cell = end, cell + 1

    @property
    def sizes(self) -> np.ndarray:
        """Networks of each cell, by its number, (n_cells,)."""
        found = np.zeros(self.n_cells, np.int64)
        found[self.order] = np.diff(self.offsets)
        return found

    @property
    def places(self) -> np.ndarray:
        """Where in the row the networks are, cell by cell in the order of their numbers, (n,)."""
        sizes = self.sizes
        starts = np.zeros(self.n_cells, np.int64)
        starts[self.order] = self.offsets[:-1]
        ends = np.concatenate([[0], np.cumsum(sizes)])
        return np.asarray(np.arange(self.n_networks) + np.repeat(starts - ends[:-1], sizes))


def plan_of(sizes: np.ndarray, costs: np.ndarray, kinds: np.ndarray | None = None) -> Plan:
    """Return the plan of a sweep.

    Args:
        sizes: (n_cells,) networks of each cell.
        costs: (n_cells,) estimated seconds of one of them.
        kinds: (n_cells,) equal for cells that can be trained side by side.
    """
    order = np.argsort(np.zeros(len(sizes)) if kinds is None else kinds, kind="stable")
    sizes, costs = sizes[order], costs[order]
    offsets = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    total = float((sizes * costs).sum() + len(sizes) * PER_CELL_S)
    few, many = total / CHUNKS[0], total / CHUNKS[1]
    wanted = min(max(min(few, LONG_S), many, CHUNK_S[0]), CHUNK_S[1])
    cuts, filled = [0], 0.0
    for cell, (size, cost) in enumerate(zip(sizes.tolist(), costs.tolist(), strict=True)):
        first, at = int(offsets[cell]), 0
        unit = UNIT if UNIT * cost <= CHUNK_S[1] else 1
        filled += PER_CELL_S
        while at < size:
            room = math.ceil(max(wanted - filled, 0.0) / (unit * cost)) * unit
            if first + at == cuts[-1]:
                room = max(room, unit)
            take = min(room, size - at)
            at += take
            filled += take * cost
            if filled >= wanted:
                cuts.append(first + at)
                filled = 0.0
    if cuts[-1] < int(offsets[-1]):
        cuts.append(int(offsets[-1]))
    return Plan(
        order=order,
        offsets=offsets,
        cuts=np.array(cuts, np.int64),
        costs=np.array(costs, np.float64),
    )


def kind_of(experiment: Experiment) -> str:
    """Return what experiments must have in common to be trained side by side, as a text.

    That is the network, and all that training does but for the learning rule's numbers.
    """
    training = experiment.training.model_dump_json(exclude={"optimizer"})
    data = getattr(experiment.data, "samples", None), getattr(experiment.data, "batches", None)
    rule = experiment.training.optimizer.name
    return f"{rule} {data} {training} {experiment.network.model_dump_json()}"


def cost_of(
    experiment: Experiment, network: Network, steps: Steps, loader: Loader, n_rows: int
) -> float:
    """Return about how many seconds a network of an experiment costs on one core."""
    n_parameters = network.layout().n_parameters
    work = steps.batch * n_parameters * PER_NUMBER_S * evaluations_of(experiment, n_parameters)
    if isinstance(experiment.training.optimizer, PythonRule):
        work += PYTHON_STEP_S
    n_reports = -(-steps.total_steps // steps.report_every)
    reports = n_reports * n_rows * n_parameters * PER_NUMBER_S / 3
    return float(steps.total_steps * (PER_STEP_S + work) + reports + drawing_of(loader, n_rows))


def evaluations_of(experiment: Experiment, n_parameters: int) -> float:
    """Return about how many losses with their gradient a step is worth."""
    rule = experiment.training.optimizer
    if isinstance(rule, FiniteDifference):
        return (n_parameters + 1) / 3
    return 2 * rule.pairs / 3 if isinstance(rule, Evolution) else 1.0


def drawing_of(loader: Loader, n_rows: int) -> float:
    """Return about how long it takes to make the rows of a network that has its own."""
    varied = {"data", "noise", "split"}.intersection(loader.experiment.population.vary)
    return n_rows * 1e-7 if varied else 0.0
