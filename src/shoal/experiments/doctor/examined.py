"""A run laid out for examination: rows, curves, units and gradients, each computed when asked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from shoal.data.dataset import Dataset, IndexArray
from shoal.data.tasks import TaskRecipe, attainable_accuracy
from shoal.experiments.comparison.drawn import BY_CHANCE
from shoal.experiments.doctor.guess import guess_loss, unexplained
from shoal.experiments.doctor.units import LayerUnits, alike_layers, hidden_units
from shoal.experiments.ending import sound
from shoal.experiments.measure import measured
from shoal.experiments.prepare import Part, Prepared
from shoal.experiments.run import Run
from shoal.kernels import forward, gradient
from shoal.metrics import predicted_classes

FEW_REPORTS: Final = 4
"""With fewer reports the run is computed again, to see more of its curve."""
LOOKS: Final = 8
MOST_S: Final = 2.0
"""A run that took longer is not computed again."""
ROOM: Final = 0.08
"""The unexplained share that leaves room for a clear gain."""
NEARLY: Final = 0.005
"""How close an accuracy comes to the best that there is."""


def median(values: np.ndarray | list[float]) -> float:
    """Return the median of the values that are there, NaN if none is."""
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    return float(np.median(known)) if len(known) else math.nan


def medians(curves: np.ndarray) -> np.ndarray:
    """Return the median over the networks at each report, (P, T) -> (T,)."""
    return np.array([median(column) for column in curves.T])


def _carried_on(curves: np.ndarray) -> np.ndarray:
    """Return curves (P, T) with what is not known replaced by the last that was."""
    known = np.where(np.isfinite(curves), np.arange(curves.shape[1]), 0)
    return np.take_along_axis(curves, np.maximum.accumulate(known, axis=1), axis=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Examined:
    """A run, and what checks want to know of it.

    Attributes:
        run: what was trained.
    """

    run: Run

    @property
    def prepared(self) -> Prepared:
        """Data and start of the run."""
        return self.run.prepared

    @property
    def part(self) -> Part:
        """The rows of the first network."""
        return self.prepared.parts[0]

    @property
    def dataset(self) -> Dataset:
        """All rows of the first network, in the units of the table."""
        return self.part.dataset

    @property
    def is_task(self) -> bool:
        """Whether the rows are those of a built-in task."""
        return isinstance(self.run.experiment.data, TaskRecipe)

    @property
    def is_streaming(self) -> bool:
        """Whether every epoch has fresh rows."""
        return self.prepared.fresh is not None

    @property
    def has_classes(self) -> bool:
        """Whether each row has one of several classes."""
        return self.dataset.schema.kind == "classification"

    @property
    def n_classes(self) -> int:
        """C, 2 for a column of 0 and 1."""
        return max(2, len(self.dataset.schema.classes))

    @property
    def settings(self) -> Any:
        """What training is told, the record of `experiment.training`."""
        return self.run.experiment.training

    @property
    def learning_rate(self) -> float | None:
        """The learning rate, None for a rule that has none or does not care."""
        if self.settings.optimizer.name in ("perceptron", "lbfgs", "rprop", "python"):
            return None
        rate = getattr(self.settings.optimizer, "learning_rate", None)
        return None if rate is None else float(rate)

    @property
    def by_gradient(self) -> bool:
        """Whether the rule follows the gradient, and not chance."""
        return self.settings.optimizer.name not in BY_CHANCE

    @cached_property
    def training_rows(self) -> IndexArray:
        """The rows of the dataset that train; of a stream all of them."""
        rows = self.part.split.train
        return rows if len(rows) else np.arange(self.dataset.n_rows)

    @cached_property
    def labels(self) -> IndexArray:
        """The class of each row, (N,)."""
        return np.asarray(predicted_classes(self.dataset.y))

    @cached_property
    def judged(self) -> str:
        """The part that networks are judged by: "validation", or "train" if there is none."""
        return "train" if self.part.validation is None else "validation"

    @cached_property
    def members(self) -> IndexArray:
        """The networks that have not diverged, (M,)."""
        return np.flatnonzero(sound(self.run.state))

    # --- curves --------------------------------------------------------------------------

    @cached_property
    def looks(self) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Steps (T,), the start among them, and the losses of training and validation there."""
        steps, history = self.run.report_steps, self.run.history
        reached = np.searchsorted(steps, int(self.run.steps.max())) + 1
        steps, history = steps[:reached], {name: v[:, :reached] for name, v in history.items()}
        start = self._figures_at(self.prepared.start, 0)
        wanted = [name for name in ("train_loss", "validation_loss") if name in history]
        total = self.prepared.settings.total_steps
        if len(steps) < FEW_REPORTS and total > len(steps) and self.run.seconds < MOST_S:
            more = np.unique(np.linspace(0, total, LOOKS + 1).round().astype(int))[1:]
            between = [self._figures_at(self.run.at(int(k)).flat, int(k)) for k in more]
            return np.r_[0, more], {
                name: np.stack([start[name], *(each[name] for each in between)], axis=1)
                for name in wanted
            }
        return np.r_[0, steps], {
            name: np.concatenate([start[name][:, np.newaxis], history[name]], axis=1)
            for name in wanted
        }

    def _figures_at(self, weights: np.ndarray, step: int) -> dict[str, np.ndarray]:
        every = np.arange(len(self.run))
        at = np.full(len(self.run), step)
        return measured(self.prepared, np.ascontiguousarray(weights), at, every)

    @cached_property
    def steps(self) -> np.ndarray:
        """The steps that curves are known at, (T,), 0 first."""
        return self.looks[0]

    @cached_property
    def guess(self) -> dict[str, np.ndarray]:
        """The loss of the constant guess for each network, (P,), on training and judged rows."""
        found = {}
        for name in ("train", "validation"):
            losses = [
                guess_loss(self.prepared, part, rows) if rows is not None else math.nan
                for part in self.prepared.parts
                for rows in [getattr(part, name)]
            ]
            found[name] = np.array(losses)[self.prepared.part_of]
        return found

    def curves(self, part: str) -> np.ndarray:
        """Return the unexplained share of each network at `steps`, (P, T).

        A network that has ended keeps what it had.
        """
        loss = self.looks[1].get(f"{part}_loss")
        if loss is None:
            return np.full((len(self.run), len(self.steps)), math.nan)
        return unexplained(_carried_on(loss), self.guess[part][:, np.newaxis])

    @cached_property
    def train_curve(self) -> np.ndarray:
        """The median unexplained share of the training rows, (T,).

        Of a stream it is that of the truth table: fresh rows come with a loss of their own.
        """
        part = self.judged if self.is_streaming else "train"
        return medians(self.curves(part)[self.members])

    @cached_property
    def validation_curve(self) -> np.ndarray:
        """The median unexplained share of the validation rows, (T,), NaN if there are none."""
        return medians(self.curves("validation")[self.members])

    @cached_property
    def unexplained(self) -> float:
        """The median unexplained share of the delivered weights, on the judged rows."""
        if not len(self.members):
            return math.nan
        loss = self.run.final(f"{self.judged}_loss")
        return median(unexplained(loss, self.guess[self.judged]))

    @cached_property
    def accuracy(self) -> float:
        """The median accuracy of the delivered weights on the judged rows, NaN if there is none."""
        name = f"{self.judged}_accuracy"
        return median(self.run.final(name)) if name in self.run.history else math.nan

    def answers(self, x: np.ndarray) -> np.ndarray:
        """Return the class that each network says for scaled rows, (N, D) -> (M, N)."""
        outputs = forward(self.run.network, self.run.weights[self.members], x, threads=1)
        settings = self.prepared.settings
        if settings.accuracy == "threshold":
            return np.asarray(outputs[..., 0] > settings.threshold).astype(np.int64)
        return np.asarray(outputs.argmax(axis=-1))

    @cached_property
    def is_right(self) -> bool:
        """Whether the accuracy is the best that there is, or nearly."""
        recipe = self.run.experiment.data
        best = attainable_accuracy(recipe) if isinstance(recipe, TaskRecipe) else 1.0
        return self.accuracy >= best - NEARLY

    @cached_property
    def nothing_to_learn(self) -> bool:
        """Whether one constant is right on all training rows."""
        return bool(np.ptp(self.dataset.y[self.training_rows], axis=0).max() == 0)

    @cached_property
    def has_room(self) -> bool:
        """Whether there is loss to win back: unexplained, and not every answer is right anyway."""
        return self.unexplained > ROOM and not self.is_right and not self.nothing_to_learn

    # --- units and gradients -------------------------------------------------------------

    @cached_property
    def units_at_start(self) -> tuple[LayerUnits, ...]:
        """The hidden units before the first step."""
        return hidden_units(self.prepared, self.prepared.start, self.members)

    @cached_property
    def units(self) -> tuple[LayerUnits, ...]:
        """The hidden units of the delivered weights."""
        return hidden_units(self.prepared, self.run.weights, self.members)

    @cached_property
    def alike(self) -> list[int]:
        """The hidden layers, from 1, whose units all begin alike."""
        return alike_layers(self.prepared)

    @cached_property
    def gradient_norm(self) -> float:
        """The median length of the gradient of all training rows at the delivered weights."""
        found = []
        for i in self.members[:8].tolist():
            rows = self.prepared.parts[int(self.prepared.part_of[i])].train
            weights = np.ascontiguousarray(self.run.weights[i])
            _, slope = gradient(self.prepared.network, self.prepared.settings, weights, rows)
            found.append(float(np.linalg.norm(slope)))
        return median(found)
