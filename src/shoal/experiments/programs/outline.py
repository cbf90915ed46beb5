"""What a program needs to know of an experiment, decided once for every library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

from shoal.data.dataset import Schema
from shoal.data.file_recipe import FileData
from shoal.data.image_recipe import ImageData
from shoal.data.recipe import DataRecipe
from shoal.data.tasks import LogicTask
from shoal.experiments.document import Experiment
from shoal.experiments.prepare import Part, Prepared, prepare
from shoal.experiments.programs.text import printable
from shoal.network import LOSSES, Dense, Network
from shoal.network.initializers import Initializer
from shoal.network.losses import loss_settings
from shoal.training import (
    OPTIMIZERS,
    Optimizer,
    ReduceOnPlateau,
    Training,
    goes_up,
    limit_of,
    per_layer,
)
from shoal.training.figures import usual_figure
from shoal.training.schedules import Stage, stages
from shoal.training.stopping import Divergence, Plateau, Target, watched

ORACLES = ("random_perturbation", "finite_difference", "annealing", "evolution")
"""Rules that ask for losses and are a few lines of NumPy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A rule that looks at a figure, with the figure that it looks at.

    Attributes:
        rule: a stop rule, or the schedule `reduce_on_plateau`.
        figure: its name.
    """

    rule: Target | Plateau | Divergence | ReduceOnPlateau
    figure: str

    @property
    def up(self) -> bool:
        """Whether larger is better."""
        return goes_up(self.figure)


@dataclass(frozen=True, kw_only=True)
class Outline:
    """An experiment as programs are written from it.

    Attributes:
        prepared: its data and network, for one network of the population.
        file: what the table's file is called in the program.
        data: the archive with the rows that shoal uses, if the program is to read it.
    """

    prepared: Prepared
    file: str
    data: str | None = None

    @property
    def experiment(self) -> Experiment:
        """The document."""
        return self.prepared.experiment

    @property
    def name(self) -> str:
        """What the experiment is called: the name of its file, without folders."""
        stem = PurePath(self.experiment.source.replace("\\", "/")).stem
        return printable(stem) or "experiment"

    @property
    def training(self) -> Training:
        """How it is trained."""
        return self.experiment.training

    @property
    def optimizer(self) -> Optimizer:
        """The learning rule."""
        return self.training.optimizer

    @property
    def has_rate(self) -> bool:
        """Whether the rule has a learning rate."""
        return OPTIMIZERS[self.optimizer.name].has_learning_rate

    @property
    def recipe(self) -> DataRecipe:
        """The `[data]` table."""
        return self.experiment.data

    @property
    def part(self) -> Part:
        """The rows."""
        return self.prepared.parts[0]

    @property
    def schema(self) -> Schema:
        """What columns mean."""
        return self.part.dataset.schema

    @property
    def network(self) -> Network:
        """With its inputs known."""
        return self.prepared.network

    @property
    def layers(self) -> tuple[Dense, ...]:
        """The layers."""
        return self.network.layers

    @property
    def sizes(self) -> tuple[int, ...]:
        """Features, and the units of each layer."""
        return (self.network.layout().n_inputs, *(layer.units for layer in self.layers))

    @property
    def last(self) -> Dense:
        """The last layer."""
        return self.layers[-1]

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return self.training.loss_for(self.network)

    @property
    def huber_delta(self) -> float:
        """The setting of Huber's loss."""
        return loss_settings(self.training.loss_choice(self.network)).get("delta", 1.0)

    @property
    def threshold(self) -> float:
        """The output above which a class is a yes."""
        return LOSSES[self.loss].threshold

    @property
    def is_argmax(self) -> bool:
        """Whether the largest of several outputs names the class."""
        return self.prepared.settings.accuracy == "argmax"

    @property
    def is_stream(self) -> bool:
        """Whether every epoch has rows of its own, and the program draws them."""
        return self.draws_stream and self.data is None

    @property
    def draws_stream(self) -> bool:
        """Whether the task streams."""
        return isinstance(self.recipe, LogicTask) and self.recipe.is_streaming

    @property
    def has_validation(self) -> bool:
        """Whether rows validate."""
        return self.part.validation is not None

    @property
    def has_test(self) -> bool:
        """Whether rows are kept for the end."""
        return self.part.test is not None

    @property
    def has_weights(self) -> bool:
        """Whether rows have weights that figures heed."""
        return self.part.train.weights is not None

    @property
    def has_emphasis(self) -> bool:
        """Whether rows count differently in the gradient."""
        return self.part.train.emphasis is not None

    @property
    def n_train(self) -> int:
        """Training rows of an epoch."""
        return int(self.part.train.x.shape[0])

    @property
    def is_full_batch(self) -> bool:
        """Whether a step takes all rows."""
        return self.prepared.schedule.batch >= self.n_train and not self.draws_stream

    @property
    def steps_per_epoch(self) -> int:
        """Steps of one pass over the training rows."""
        return self.prepared.schedule.steps_per_epoch

    @cached_property
    def total_steps(self) -> int:
        """Steps of the whole run, where limits of steps and evaluations are heeded."""
        limit = limit_of(self.training.stop, "evaluations")
        total = self.prepared.schedule.total_steps
        return total if limit is None else min(total, self._steps_of(int(limit)))

    def _steps_of(self, evaluations: int) -> int:
        """Return the step in which a network has asked for so many losses."""
        rule, n = self.optimizer, self.network.layout().n_parameters
        # the loss of the weights is known from the step before only on the same batch
        first = 1 if getattr(rule, "elitist", False) or rule.name == "annealing" else 0
        each = {
            "random_perturbation": 2, "finite_difference": n + 1, "annealing": 1,
            "evolution": 2 * getattr(rule, "pairs", 0),
        }.get(rule.name, 1)  # fmt: skip
        if self.is_full_batch:
            return max(1, math.ceil((evaluations - first) / each))
        return math.ceil(evaluations / (each + first))

    @property
    def is_limited(self) -> bool:
        """Whether training ends before its last epoch is over, whatever the figures."""
        return self.total_steps < self.training.epochs * self.steps_per_epoch

    @property
    def report_every(self) -> int:
        """Steps from one report to the next."""
        return min(self.prepared.schedule.report_every, self.total_steps)

    @property
    def reports_epochs(self) -> bool:
        """Whether there is a report after each epoch, and only then."""
        return self.report_every == self.steps_per_epoch and not self.is_limited

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The schedules that are known before training, in steps."""
        schedule = self.prepared.schedule
        return stages(self.training.schedule, schedule.steps_per_epoch, schedule.total_steps)

    @property
    def reductions(self) -> tuple[Watched, ...]:
        """The schedules that a figure decides."""
        return tuple(
            Watched(rule=each, figure=each.figure or self._usual)
            for each in self.training.schedule
            if isinstance(each, ReduceOnPlateau)
        )

    @property
    def stops(self) -> tuple[Watched, ...]:
        """The stop rules that look at a figure."""
        return tuple(
            Watched(rule=each, figure=each.figure or self._usual)
            for each in watched(self.training.stop)
        )

    @property
    def _usual(self) -> str:
        return usual_figure(has_validation=self.has_validation)

    @property
    def seconds(self) -> float | None:
        """After how many seconds training ends."""
        return limit_of(self.training.stop, "seconds")

    @property
    def keeps_before(self) -> bool:
        """Whether a target's step is not taken."""
        return any(isinstance(e.rule, Target) and e.rule.keep == "before" for e in self.stops)

    def per_layer(self, key: str) -> tuple[float, ...]:
        """Return a setting of the regularization for each layer, nothing where all are 0."""
        value = getattr(self.training.regularization, key)
        return per_layer(value, self.network, hidden_only=key == "dropout")

    def frozen(self) -> list[tuple[int, int, int]]:
        """Return what is frozen: the place of an array, and from where to where in it.

        Arrays are weights and biases in their order, their numbers row by row.
        """
        settings, found, start = self.prepared.settings, [], 0
        sizes = []
        for at in self.network.layout().layers:
            sizes += [at.bias_start - at.start] + ([at.n_outputs] if at.has_bias else [])
        for place, size in enumerate(sizes):
            for first, last in settings.frozen:
                low, high = max(first, start), min(last, start + size)
                if low < high:
                    found.append((place, low - start, high - start))
            start += size
        return found

    def initializer(self, layer: int) -> Initializer:
        """Return how the weights of a layer begin."""
        return self.layers[layer].initializer or self.network.initializer


def outline_of(experiment: Experiment, *, file: str | None, data: str | None) -> Outline:
    """Return the outline of an experiment; its data is read, and nothing is trained.

    Raises:
        ExperimentError: layers that do not fit the data or the loss, or rows that were handed
            over in Python.
        DataError: data that cannot be read or used.
    """
    prepared = prepare(experiment, members=range(1))
    recipe = experiment.data
    named = recipe.file if isinstance(recipe, FileData) else ""
    named = recipe.images if isinstance(recipe, ImageData) else named
    return Outline(prepared=prepared, file=file or named, data=data)
