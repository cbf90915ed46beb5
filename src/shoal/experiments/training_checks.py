"""Whether the settings of training fit the network, the data and each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from shoal.data.dataset import Dataset
from shoal.data.split import Split
from shoal.data.wording import count
from shoal.errors import Problem
from shoal.experiments.document import Experiment
from shoal.fields import unknown_name
from shoal.network import LOSSES, Network, check_fit, check_perceptron
from shoal.training import OPTIMIZERS, Regularization, Steps, kind_of_figure
from shoal.training.freezing import frozen_problems
from shoal.training.schedules import SCHEDULES, ConstantRate, ReduceOnPlateau, beyond
from shoal.training.settings import BEST_LOSSES
from shoal.training.stopping import Divergence, Plateau, Target

NEEDS_A_SLOPE = ("finite_difference",)
"""Rules that are handed no gradient, but find no way where the loss is flat."""
MAX_STEPS = 2**53
NEVER_NEGATIVE = ("sigmoid", "softmax", "relu", "softplus", "exponential", "step")
"""Activations whose outputs are all on one side of 0."""
SLOPES_ONLY = ("l1", "l2", "weight_decay", "dropout", "input_noise", "label_smoothing")
"""Regularization that acts on the way to the gradient."""


def loss_problems(experiment: Experiment, dataset: Dataset) -> Iterator[Problem]:
    """Yield why the loss does not fit the layers or the target."""
    network, schema = experiment.network, dataset.schema
    loss = experiment.training.loss_for(network)
    message = check_fit(network, loss)
    if message is not None:
        yield Problem(
            path="training.loss", message=f"{message}.{_cure_of_misfit(network, loss)}", code="X107"
        )
        return
    kind = LOSSES[loss].kind
    if kind == "classification" and schema.is_regression:
        message = (
            f"{loss} is for classes, but the target '{schema.target}' is a number. Use "
            '"squared_error" with a last activation such as "identity", or '
            'data.kind = "classification".'
        )
    elif kind == "regression" and not schema.is_regression:
        message = (
            f"{loss} is for numbers, but the target '{schema.target}' is a class. Use "
            '"binary_crossentropy" with the last activation "sigmoid", or '
            'data.kind = "regression".'
        )
    elif loss == "categorical_crossentropy" and schema.kind == "multilabel":
        message = (
            f"{loss} is for one of several classes, but each target is a label of its own. Use "
            '"binary_crossentropy" with the last activation "sigmoid".'
        )
    elif loss == "hinge" and network.n_outputs == 1:
        message = _one_sided(network.layers[-1].activation)
    if message is not None:
        yield Problem(path="training.loss", message=message, code="X107")
    elif loss == "poisson":
        yield from _count_problems(experiment, dataset)


def _cure_of_misfit(network: Network, loss: str) -> str:
    """Return what makes the layers and the loss fit."""
    wanted, given = LOSSES[loss].activation, network.layers[-1].activation
    if wanted not in (None, given):
        other = BEST_LOSSES.get(given, "squared_error")
        return f' Use "{wanted}" there, or the loss "{other}".'
    if given == "step" and loss != "squared_error":
        return ' Use the loss "squared_error".'
    if given == "softmax" and network.n_outputs == 1:
        return ' Use a unit for each class, or one unit of "sigmoid" for yes or no.'
    return ' Use "sigmoid" there, or give that layer more units.'


def _one_sided(activation: str) -> str | None:
    if activation not in NEVER_NEGATIVE:
        return None
    return (
        f'hinge says yes above 0, and "{activation}" in the last layer never goes below. Use '
        '"identity" or "tanh" there.'
    )


def _count_problems(experiment: Experiment, dataset: Dataset) -> Iterator[Problem]:
    """Yield why targets are no counts."""
    least = dataset.y.min(axis=0)
    if np.any(least < 0):
        name = dataset.schema.targets[int(least.argmin())]
        yield Problem(
            path="training.loss",
            message=f"poisson needs targets of 0 or more, but '{name}' goes down to "
            f'{least.min():.6g}. Use "squared_error" or "huber".',
            code="X107",
        )
    scaling = experiment.preprocess.target_scaling
    if scaling != "none":
        yield Problem(
            path="preprocess.target_scaling",
            message=f'poisson needs counts as they are; got "{scaling}". Set it to "none".',
            code="X107",
        )


def rule_problems(experiment: Experiment, n_rows: int) -> Iterator[Problem]:
    """Yield why the optimizer cannot train the network."""
    training = experiment.training
    name, entry = training.optimizer.name, OPTIMIZERS[training.optimizer.name]
    if entry.kind == "perceptron":
        misfit = check_perceptron(experiment.network)
        if misfit is not None:
            cure = 'Make it one layer of "step", or use an optimizer such as "adam".'
            yield Problem(path="training.optimizer", message=f"{misfit}. {cure}", code="X107")
    elif entry.needs_gradient or name in NEEDS_A_SLOPE:
        yield from _slope_problems(experiment, name)
    batch = training.batch_size
    if name == "lbfgs" and batch != "full" and batch < n_rows:
        yield Problem(
            path="training.batch_size",
            message=f'lbfgs needs all rows in every step; got {batch}. Set it to "full".',
            code="X107",
        )
    if entry.kind == "oracle" and entry.has_learning_rate:
        yield from _own_step_problems(experiment, name)
    elif entry.kind == "python":
        yield from _python_problems(experiment)
    elif not entry.has_learning_rate:
        yield from _no_gradient_problems(experiment, name)


def _slope_problems(experiment: Experiment, optimizer: str) -> Iterator[Problem]:
    for number, layer in enumerate(experiment.network.layers):
        if layer.activation == "step":
            yield Problem(
                path=f"network.layers[{number}].activation",
                message=f'"step" has no slope, so {optimizer} cannot train it. Use "sigmoid", '
                'the optimizer "random_perturbation", or "perceptron" with this as the only '
                "layer.",
                code="X107",
            )


def _own_step_problems(experiment: Experiment, optimizer: str) -> Iterator[Problem]:
    """Yield settings that a rule which is handed the loss would not heed."""
    training = experiment.training
    if training.regularization.weight_decay:
        yield Problem(
            path="training.regularization.weight_decay",
            message=f"shrinks weights by the learning rate, which {optimizer} does not do. Use l2.",
            code="X107",
        )
    for key in ("clip_norm", "clip_value") if optimizer != "lbfgs" else ():
        if getattr(training, key):
            yield Problem(
                path=f"training.{key}",
                message=f"acts on a gradient, and {optimizer} is handed none. Leave it out.",
                code="X107",
            )


def _python_problems(experiment: Experiment) -> Iterator[Problem]:
    """Yield settings that act on a learning rate, which is a rule's own if it is in Python."""
    training = experiment.training
    if training.regularization.weight_decay:
        yield Problem(
            path="training.regularization.weight_decay",
            message="shrinks weights by the learning rate, which only your function knows. Use "
            "l2, or shrink them there.",
            code="X107",
        )
    if any(not isinstance(each, ConstantRate) for each in training.schedule):
        yield Problem(
            path="training.schedule",
            message="changes the learning rate, which only your function knows. Leave it out.",
            code="X107",
        )


def _no_gradient_problems(experiment: Experiment, optimizer: str) -> Iterator[Problem]:
    """Yield settings that act on a gradient or a learning rate, which the rule has not."""
    training = experiment.training
    given = [
        f"regularization.{key}"
        for key in SLOPES_ONLY
        if np.any(getattr(training.regularization, key))
    ]
    given += [key for key in ("clip_norm", "clip_value", "class_weight") if getattr(training, key)]
    for key in given:
        yield Problem(
            path=f"training.{key}",
            message=f"acts on a gradient, and {optimizer} has none. Leave it out.",
            code="X107",
        )
    if any(not isinstance(each, ConstantRate) for each in training.schedule):
        yield Problem(
            path="training.schedule",
            message=f"changes a learning rate, and {optimizer} has none. Leave it out.",
            code="X107",
        )


def schedule_problems(experiment: Experiment, steps: Steps) -> Iterator[Problem]:
    """Yield schedules that the run is too short for."""
    schedules = experiment.training.schedule
    epochs = min(steps.total_steps, MAX_STEPS) / steps.steps_per_epoch
    for number in beyond(schedules, epochs):
        late = schedules[number]
        waits = SCHEDULES[late.name].waits
        verb = "waits" if waits else "takes"
        most = f"fewer than {epochs:g}" if waits else f"{epochs:g} or fewer"
        yield Problem(
            path=f"training.schedule[{number}].epochs",
            message=f"{late.name} {verb} {getattr(late, 'epochs', 0.0):g} epochs, but the run has "
            f"{epochs:g}. Give it {most}, or train longer.",
            code="X107",
        )


def idle_rules(experiment: Experiment, n_reports: int) -> Iterator[str]:
    """Yield, as warnings, the rules whose patience the run is too short for."""
    training = experiment.training
    both = (("stop", training.stop), ("schedule", training.schedule))
    for key, rules in both:
        for k, rule in enumerate(rules):
            if isinstance(rule, Plateau | ReduceOnPlateau) and rule.patience >= n_reports:
                yield (
                    f"training.{key}[{k}]: {rule.name} never acts: it waits for "
                    f"{count(rule.patience, 'report')} after the first, and the run has "
                    f"{n_reports:,}. Give it less patience, or set training.report_every lower."
                )


def regularization_problems(experiment: Experiment, dataset: Dataset) -> Iterator[Problem]:
    """Yield regularization and class weights that do not fit the network or the target."""
    training, schema = experiment.training, dataset.schema
    regularization: Regularization = training.regularization
    for key, message in regularization.problems(experiment.network):
        yield Problem(path=f"training.regularization.{key}", message=message, code="X107")
    if regularization.label_smoothing and schema.is_regression:
        yield Problem(
            path="training.regularization.label_smoothing",
            message=f"is for classes, but the target '{schema.target}' is a number. Leave it out.",
            code="X107",
        )
    weights = training.class_weight
    if weights is None:
        return
    if schema.kind != "classification":
        what = "numbers" if schema.is_regression else "labels of their own"
        yield Problem(
            path="training.class_weight",
            message=f"is for classes, but the targets are {what}. Leave it out.",
            code="X107",
        )
        return
    for name in weights if isinstance(weights, dict) else ():
        if name not in schema.classes:
            yield Problem(
                path=f"training.class_weight.{name}",
                message=unknown_name("class", name, dict.fromkeys(schema.classes)),
                code="X104",
            )


def freezing_problems(experiment: Experiment, network: Network) -> Iterator[Problem]:
    """Yield paths of frozen parameters that the network, its inputs known, does not have."""
    for number, message in frozen_problems(experiment.training.frozen, network.layout()):
        at = "" if number is None else f"[{number}]"
        yield Problem(path=f"training.frozen{at}", message=message, code="X108")


def figure_problems(experiment: Experiment, dataset: Dataset, split: Split) -> Iterator[Problem]:
    """Yield figures that are asked for and that there will not be."""
    numbers, has_validation = dataset.schema.is_regression, len(split.validation) > 0
    for path, figure in _figures(experiment):
        if figure.startswith("validation") and not has_validation:
            message = f"{figure} needs validation rows. Set data.validation."
            yield Problem(path=path, message=message, code="X107")
        kind = kind_of_figure(figure)
        if kind == "classification" and numbers:
            message = f"{figure} is for classes; the target is a number. Use a loss."
            yield Problem(path=path, message=message, code="X107")
        if kind == "regression" and not numbers:
            message = f"{figure} is for numbers; the target is a class. Use a loss or accuracy."
            yield Problem(path=path, message=message, code="X107")


def _figures(experiment: Experiment) -> Iterator[tuple[str, str]]:
    """Yield the figures that are named, with their key paths."""
    training = experiment.training
    for k, schedule in enumerate(training.schedule):
        figure = getattr(schedule, "figure", None)
        if figure is not None:
            yield f"training.schedule[{k}].figure", figure
    for k, rule in enumerate(training.stop):
        if isinstance(rule, Target | Plateau | Divergence) and rule.figure is not None:
            yield f"training.stop[{k}].figure", rule.figure
    if training.restore_best is not None:
        yield "training.restore_best", training.restore_best
