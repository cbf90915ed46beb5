"""What was trained, in a line: data, networks, and all that decides how they learn."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from shoal.cli.tables import label
from shoal.data.file_recipe import FileData
from shoal.data.image_recipe import ImageData
from shoal.data.tasks import TaskRecipe
from shoal.data.wording import count
from shoal.experiments.document import Experiment
from shoal.experiments.ending import ended
from shoal.experiments.run import Run
from shoal.training import (
    ConstantRate,
    Divergence,
    EvaluationLimit,
    Plateau,
    Predicate,
    Regularization,
    SecondLimit,
    StepLimit,
    StopRule,
    Target,
    Training,
    watched,
)
from shoal.training.figures import usual_figure

WIDTH = 80
"""Where the headline is broken."""
SHOWN = 8
"""Of what decides, told one by one."""


def headline(run: Run) -> str:
    """Return what was trained, in one line, or more where it is long."""
    training = run.experiment.training
    layers = run.network.layers
    sizes = "-".join(str(n) for n in [run.network.n_inputs, *(layer.units for layer in layers)])
    speed = getattr(training.optimizer, "learning_rate", None)
    rule = training.optimizer.name + ("" if speed is None else f" {speed:g}")
    others = deciding(training, has_validation=has_validation(run))
    more = [f"and {len(others) - SHOWN} more"] if len(others) > SHOWN else []
    parts = [
        f"{data_name(run.experiment)}: {count(len(run), 'network')} {sizes}",
        count(training.epochs, "epoch"),
        rule,
        *others[:SHOWN],
        *more,
    ]
    return textwrap.fill(
        ", ".join(parts),
        WIDTH,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def data_name(experiment: Experiment) -> str:
    """Return what the data is called."""
    data = experiment.data
    if isinstance(data, TaskRecipe):
        return data.task
    if isinstance(data, ImageData):
        return label(data.images)
    return label(data.file if isinstance(data, FileData) else data.given)


def deciding(training: Training, *, has_validation: bool) -> list[str]:
    """Return what else than the learning rule decides how networks learn and end.

    Example:
        >>> from shoal.training import CosineDecay
        >>> deciding(
        ...     Training(
        ...         schedule=CosineDecay(),
        ...         regularization={"dropout": 0.2},
        ...         stop=Target("validation_accuracy", above=0.95),
        ...     ),
        ...     has_validation=True,
        ... )
        ['cosine', 'dropout 0.2', 'stops at validation_accuracy >= 0.95']
    """
    schedules = [each.name for each in training.schedule if not isinstance(each, ConstantRate)]
    clips = [
        f"{key} {value:g}"
        for key in ("clip_norm", "clip_value")
        if (value := getattr(training, key)) is not None
    ]
    stops = [ending(rule, has_validation=has_validation) for rule in training.stop]
    kept = [f"keeps the best {training.restore_best}"] if training.restore_best else []
    return [*schedules, *_regularizing(training.regularization), *clips, *stops, *kept]


def ending(rule: StopRule, *, has_validation: bool) -> str:
    """Return what a stop rule does, as in ``stops after 150 steps``."""
    if isinstance(rule, StepLimit):
        return f"stops after {count(rule.limit, 'step')}"
    if isinstance(rule, EvaluationLimit):
        return f"stops after {count(rule.limit, 'evaluation')}"
    if isinstance(rule, SecondLimit):
        return f"stops after {rule.limit:g} s"
    if isinstance(rule, Predicate):
        return f"stops when {label(rule.function.code)} says so"
    condition = condition_of(rule, has_validation=has_validation)
    return f"diverged at {condition}" if isinstance(rule, Divergence) else f"stops at {condition}"


def condition_of(rule: Target | Plateau | Divergence, *, has_validation: bool) -> str:
    """Return the figure that a rule watches, and what it waits for.

    Example:
        >>> condition_of(Target("train_loss", below=0.2), has_validation=True)
        'train_loss <= 0.2'
        >>> condition_of(Plateau(patience=5), has_validation=True)
        '5 reports without better validation_loss'
    """
    if isinstance(rule, Plateau):
        figure = rule.figure or usual_figure(has_validation=has_validation)
        return f"{count(rule.patience, 'report')} without better {figure}"
    if isinstance(rule, Divergence):
        return f"{rule.figure} >= {rule.above:g}"
    return f"{rule.figure} {'<=' if rule.above is None else '>='} {rule.level:g}"


def reasons(run: Run) -> list[str]:
    """Return why each network ended: the reason, and of what was watched its condition."""
    rules, codes = watched(run.experiment.training.stop), ended(run.state).tolist()
    return [
        f"{reason} ({condition_of(rules[code - 1], has_validation=has_validation(run))})"
        if reason in ("target", "plateau") and 0 < code <= len(rules)
        else reason
        for reason, code in zip(run.stopped_because, codes, strict=True)
    ]


def has_validation(run: Run) -> bool:
    """Return whether there are rows to validate on."""
    return run.prepared.parts[0].validation is not None


def _regularizing(settings: Regularization) -> Iterator[str]:
    for key in type(settings).model_fields:
        value = getattr(settings, key)
        numbers = value if isinstance(value, tuple) else (value,)
        if any(numbers):
            yield f"{key} {'/'.join(f'{number:g}' for number in numbers)}"
