"""The record of what came of a sweep."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

import shoal
from shoal.errors import ArgumentError, did_you_mean
from shoal.experiments.result import number
from shoal.experiments.run import Run
from shoal.experiments.sweep.answer import answer, named
from shoal.experiments.sweep.beside import Beside
from shoal.experiments.sweep.cells import Cell, label_of, shown
from shoal.experiments.sweep.document import Sweep
from shoal.experiments.sweep.effects import Effect, effects
from shoal.experiments.sweep.harvest import BASELINES, NUMBERS, WHOLE
from shoal.experiments.sweep.summary import Medians, medians
from shoal.experiments.sweep.table import readable
from shoal.kernels import ARITHMETIC
from shoal.training.figures import HEADLINES, goes_up
from shoal.views import Viewed


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Swept(Viewed):
    """What came of a sweep: one entry in each column for each network, cell after cell.

    ``swept.columns["validation_accuracy"]`` belongs to ``swept.columns["cell"]`` and
    ``swept.values("data.label_noise")``; ``swept.summary()`` has a line for each cell, and
    ``swept.run(3)`` trains cell 3 again to the same bits.

    Attributes:
        sweep: the document.
        columns: "cell", "network", "seed", "steps", "evaluations", "diverged",
            "stopped_because", every figure, what is known of the data ("attainable_accuracy",
            "constant_guess_accuracy"), and "digest" (the first 8 bytes of the SHA-256 of the
            network's weights); with a history also "history.NAME" and "report_steps" (n, T).
        sizes: networks of each cell.
        seconds: from the first chunk to the last.
        interrupted: whether Ctrl-C ended it early.
        warnings: what was told.
        rows: what `Sweep.run` was given in place of the data.

    Shapes:
        each column (n_networks,)
    """

    sweep: Sweep
    columns: Mapping[str, np.ndarray]
    sizes: tuple[int, ...]
    seconds: float
    interrupted: bool
    warnings: tuple[str, ...]
    rows: Any = None

    def __repr__(self) -> str:
        cells, networks = f"{len(self.sizes):,} cells", f"{len(self):,} networks"
        return f"<Swept: {cells}, {networks}, {', '.join(self.keys)}>"

    def __len__(self) -> int:
        return sum(self.sizes)

    @property
    def keys(self) -> tuple[str, ...]:
        """The swept key paths."""
        return self.sweep.keys

    @property
    def cells(self) -> Sequence[Cell]:
        """The cells, each made when it is asked for."""
        return self.sweep.cells

    @cached_property
    def figures(self) -> tuple[str, ...]:
        """The names of the figures that any network has."""
        return tuple(
            name
            for name, values in self.columns.items()
            if name not in WHOLE
            and name not in BASELINES
            and name != "report_steps"
            and not name.startswith("history.")
            and np.isfinite(values).any()
        )

    @cached_property
    def usual_figure(self) -> str:
        """What tables and charts show when nothing is said."""
        return next((name for name in HEADLINES if name in self.figures), HEADLINES[0])

    @cached_property
    def cell_values(self) -> tuple[dict[str, Any], ...]:
        """The values of the swept keys in each cell."""
        grid = self.sweep.grid(self.rows)
        return tuple(grid.shown(index) for index in range(len(self.sizes)))

    def values(self, key: str) -> np.ndarray:
        """Return the value of a swept key for each network, (n_networks,).

        Numbers as numbers; what is no number as text.

        Raises:
            ArgumentError: the sweep does not vary the key.
        """
        self._check(key, self.keys, "Swept.values", "key")
        each = [values[key] for values in self.cell_values]
        plain = all(isinstance(v, int | float) and not isinstance(v, bool) for v in each)
        found = np.array(each if plain else [shown(v) for v in each])
        return np.repeat(found, self.sizes)

    def medians(self, figure: str | None = None) -> Medians:
        """Return medians and bands of a figure over the networks of each cell.

        Raises:
            ArgumentError: there is no such figure.
        """
        name = figure or self.usual_figure
        if name != self.usual_figure:
            self._check(name, self.figures, "Swept.summary", "figure")
        values = self.columns.get(name, np.full(len(self), np.nan))
        return medians(np.where(self.columns["diverged"], np.nan, values), self.sizes)

    def summary(self, figure: str | None = None) -> list[dict[str, Any]]:
        """Return a line for each cell.

        Args:
            figure: such as "validation_accuracy"; `usual_figure` if not given.

        Returns:
            "cell", "label", "values" (of the swept keys), "n_networks", "n_counted",
            "n_diverged", "median", "p05", "p95", "low" and "high" (95 % interval of the
            median, by order statistics), "attainable" and "constant_guess" (NaN for other
            figures than accuracies, and where not known).

        Raises:
            ArgumentError: there is no such figure.
        """
        name = figure or self.usual_figure
        found, diverged = self.medians(name), self._per_cell("diverged", np.sum)
        known = {
            "attainable": self._baseline("attainable_accuracy", name),
            "constant_guess": self._baseline("constant_guess_accuracy", name),
        }
        return [
            {
                "cell": index,
                "label": label_of(values),
                "values": values,
                "n_networks": self.sizes[index],
                "n_counted": int(found.n_counted[index]),
                "n_diverged": int(diverged[index]),
                **{
                    column: float(getattr(found, column)[index])
                    for column in ("median", "p05", "p95", "low", "high")
                },
                **{column: float(each[index]) for column, each in known.items()},
            }
            for index, values in enumerate(self.cell_values)
        ]

    def baselines(
        self, figure: str | None = None, cells: Sequence[int] | None = None
    ) -> dict[str, np.ndarray]:
        """Return a figure of the constant guess and of a linear model on each cell's data.

        The linear model has no hidden layer and scaled features. Both are computed here, once
        for all cells that have the same data, for 32 different ones at most; NaN for the others.

        Args:
            figure: such as "validation_accuracy"; `usual_figure` if not given.
            cells: their numbers; all if not given.

        Returns:
            "constant guess" and "linear model", each (n_cells,).
        """
        wanted = range(len(self.sizes)) if cells is None else cells
        return self._beside.of(figure or self.usual_figure, wanted)

    @cached_property
    def _beside(self) -> Beside:
        return Beside(self.sweep.grid(self.rows))

    def _baseline(self, column: str, figure: str) -> np.ndarray:
        """Return what is known of each cell's data, NaN where it does not belong to a figure."""
        nothing = np.full(len(self.sizes), np.nan)
        fits = figure.endswith("accuracy") and figure != "clean_accuracy"
        if not fits or column not in self.columns:
            return nothing
        return self._per_cell(column, lambda values: values[0])

    def _per_cell(self, column: str, what: Any) -> np.ndarray:
        ends = np.cumsum(self.sizes)
        values = self.columns[column]
        starts = zip(ends - np.array(self.sizes), ends, strict=True)
        return np.array([what(values[start:end]) for start, end in starts])

    def order(self, figure: str | None = None) -> list[int]:
        """Return the cells, the best first by the median of a figure; those without come last.

        Among equals the one with the lowest loss is first.
        """
        name = figure or self.usual_figure
        loss = f"{name.partition('_')[0]}_loss"
        keys = [self._from_best(each) for each in (loss, name) if each in self.figures]
        if not keys:
            return list(range(len(self.sizes)))
        return [int(k) for k in np.lexsort(keys)]

    def _from_best(self, figure: str) -> np.ndarray:
        """Return the medians so that the best is the smallest, (n_cells,)."""
        median = self.medians(figure).median
        return np.where(np.isfinite(median), -median if goes_up(figure) else median, np.inf)

    def run(self, cell: int, **how: Any) -> Run:
        """Return a cell's run, computed again: the same bits.

        Args:
            cell: its number.
            how: what `Experiment.run` takes.
        """
        if self.rows is not None:
            how.setdefault("rows", self.rows)
        return self.sweep.grid(self.rows).cell(cell).experiment.run(**how)

    @property
    def digest(self) -> str:
        """SHA-256 over the digests of all networks: equal if all weights are, bit for bit."""
        own = np.ascontiguousarray(self.columns["digest"], "<u8")
        return hashlib.sha256(own.tobytes()).hexdigest()

    @property
    def sentence(self) -> str:
        """The answer in a sentence."""
        return self.answer()

    def answer(self, figure: str | None = None) -> str:
        """Return where a figure was best, how sure that is, and where it was worst.

        Args:
            figure: such as "train_loss"; `usual_figure` if not given.

        Raises:
            ArgumentError: there is no such figure.
        """
        return answer(self, figure or self.usual_figure)

    def effects(self, figure: str | None = None) -> tuple[Effect, ...]:
        """Return how much each axis of the sweep matters to a figure: its best value against its
        worst on the same seeds.

        Only where every cell has the figure and the same number of networks, and all are trained.

        Raises:
            ArgumentError: there is no such figure.
        """
        name = figure or self.usual_figure
        if name != self.usual_figure:
            self._check(name, self.figures, "Swept.effects", "figure")
        done = (self.columns["stopped_because"] != "not trained").all()
        if len(set(self.sizes)) != 1 or name not in self.columns or not done:
            return ()
        grid = self.sweep.grid(self.rows)
        values = np.where(self.columns["diverged"], np.nan, self.columns[name])
        if (np.isnan(values) & ~self.columns["diverged"]).any():
            return ()  # some have no such figure: no test rows, or another kind of target
        found = grid.axes_shown()
        return effects(
            values.reshape([axis.size for axis in grid.axes] + [self.sizes[0]]),
            [head for head, _ in found],
            [places for _, places in found],
            goes_up=goes_up(name),
            measures=named(name),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what ``shoal sweep --json`` prints: plain data, null where nothing is known."""
        tables = {name: self.medians(name) for name in self.figures}
        columns = ("median", "p05", "p95", "low", "high")
        baselines = {} if self.interrupted else self.baselines()
        cells = [
            {
                **{k: line[k] for k in ("cell", "label", "values", "n_networks", "n_diverged")},
                "attainable_accuracy": number(line["attainable"]),
                "constant_guess_accuracy": number(line["constant_guess"]),
                "baselines": {name: number(each[index]) for name, each in baselines.items()},
                "figures": {
                    name: {c: number(getattr(each, c)[index]) for c in columns}
                    | {"n_counted": int(each.n_counted[index])}
                    for name, each in tables.items()
                },
            }
            for index, line in enumerate(self.summary())
        ]
        return {
            "sweep": self.sweep.to_document(),
            "keys": list(self.keys),
            "figure": self.usual_figure,
            "answer": self.sentence,
            "effects": [each.to_dict() for each in self.effects()],
            "n_cells": len(self.sizes),
            "n_networks": len(self),
            "cells": cells,
            **self._facts(),
        }

    def _facts(self) -> dict[str, Any]:
        return {
            "seconds": self.seconds,
            "interrupted": self.interrupted,
            "warnings": list(self.warnings),
            "digest": self.digest if "digest" in self.columns else None,
            "arithmetic": ARITHMETIC,
            "version": shoal.__version__,
        }

    def pack(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the record as a JSON document and arrays of numbers."""
        arrays = dict(self.columns)
        codes = [NUMBERS[str(reason)] for reason in arrays["stopped_because"].tolist()]
        arrays["stopped_because"] = np.array(codes, np.uint8)
        arrays["sizes"] = np.array(self.sizes, np.int64)
        document = {
            "sweep": self.sweep.to_document(),
            "source": self.sweep.source,
            "folder": os.path.abspath(self.sweep.folder),
            **self._facts(),
        }
        return document, arrays

    @classmethod
    def unpack(cls, document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """Return the record that `pack` gave."""
        sweep = Sweep.read(
            document["sweep"], source=document["source"], folder=Path(document["folder"])
        )
        columns = {name: values for name, values in arrays.items() if name != "sizes"}
        return cls(
            sweep=sweep,
            columns=readable(columns),
            sizes=tuple(int(n) for n in arrays["sizes"]),
            seconds=float(document["seconds"]),
            interrupted=bool(document["interrupted"]),
            warnings=tuple(document["warnings"]),
        )

    def _check(self, name: str, known: Sequence[str], where: str, what: str) -> None:
        if name not in known:
            wanted = f"must be one of {', '.join(known)}"
            cure = did_you_mean(name, known)
            raise ArgumentError(where, what, wanted, got=repr(name), cure=cure, code="A103")
