"""The columns of a sweep, filled chunk by chunk in any order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shoal.errors import InputError
from shoal.experiments.sweep.harvest import REASONS, empty_column, gathered
from shoal.experiments.sweep.plan import Plan


class Table:
    """Columns of all networks of a plan.

    Networks that were not trained have "not trained" for a reason, and NaN for figures.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.columns: dict[str, np.ndarray] = {}
        self.n_done = 0
        self.cost_done = 0.0
        self._histories: list[tuple[np.ndarray, dict[str, np.ndarray]]] = []
        self._ends = np.concatenate([[0.0], np.cumsum(np.diff(plan.offsets) * plan.costs)])

    def put(self, chunk: int, columns: Mapping[str, np.ndarray]) -> None:
        """Take in what came of a chunk.

        Raises:
            InputError: it is not of this plan.
        """
        place = self.plan.networks_of(chunk)
        n = place.stop - place.start
        cells, network = self._networks(chunk)
        is_ours = all(len(values) == n for values in columns.values()) and (
            np.array_equal(columns["cell"], cells) and np.array_equal(columns["network"], network)
        )
        if not is_ours:
            raise InputError(
                f"chunk {chunk:,} is of another sweep. Start with an empty ledger.", code="S100"
            )
        for name, values in columns.items():
            if values.ndim == 1:
                self._column(name)[place] = values
        wide = {name: values for name, values in columns.items() if values.ndim == 2}
        if wide:
            self._histories.append((np.arange(place.start, place.stop), wide))
        self.n_done += n
        self.cost_done += self._cost_before(place.stop) - self._cost_before(place.start)

    def finished(self) -> dict[str, np.ndarray]:
        """Return all columns, those of what was not trained too."""
        plan = self.plan
        found = {
            name: self._column(name) for name in ("stopped_because", "diverged", *self.columns)
        }
        if self._histories:
            found |= gathered(self._histories, plan.n_networks)
        places, sizes = plan.places, plan.sizes
        found = {name: values[places] for name, values in found.items()}
        found["cell"] = np.repeat(np.arange(plan.n_cells), sizes)
        starts = np.cumsum(sizes) - sizes
        found["network"] = np.arange(plan.n_networks) - np.repeat(starts, sizes)
        return readable(found)

    @property
    def cost(self) -> float:
        """Estimated seconds of all networks."""
        return float(self._ends[-1])

    def _networks(self, chunk: int) -> tuple[np.ndarray, np.ndarray]:
        pieces = list(self.plan.pieces(chunk))
        cells = np.repeat([cell for cell, _, _ in pieces], [b - a for _, a, b in pieces])
        return cells, np.concatenate([np.arange(a, b) for _, a, b in pieces])

    def _column(self, name: str) -> np.ndarray:
        if name not in self.columns:
            self.columns[name] = empty_column(name, self.plan.n_networks)
        return self.columns[name]

    def _cost_before(self, network: int) -> float:
        """Return what all networks before one cost."""
        plan = self.plan
        cell = int(np.searchsorted(plan.offsets, network, side="right")) - 1
        if cell >= plan.n_cells:
            return float(self._ends[-1])
        return float(self._ends[cell] + (network - plan.offsets[cell]) * plan.costs[cell])


FIRST = ("cell", "network", "seed", "steps", "evaluations", "diverged", "stopped_because")


def readable(columns: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return columns as people read them: reasons as words, counts first, the digest last."""
    found = dict(columns)
    codes = found["stopped_because"]
    if codes.dtype.kind in "ui":
        found["stopped_because"] = np.array(REASONS)[codes]
    last = [name for name in found if name.startswith("history.")] + ["report_steps", "digest"]
    names = [name for name in FIRST if name in found]
    names += [name for name in found if name not in (*FIRST, *last)]
    names += [name for name in last if name in found]
    return {name: found[name] for name in names}
