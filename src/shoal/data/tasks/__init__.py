"""Built-in tasks: datasets with known truth, made from random streams.

A task is a record; `TASKS` holds them all, `load_task` makes the rows, and `fresh` makes the
rows of one epoch of a streaming task.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from shoal.data.dataset import Dataset, Feature, Schema
from shoal.data.recipe import Known, apply_recipe, check_size, class_targets, noisy_accuracy
from shoal.data.tasks.base import Rows, TaskRecipe
from shoal.data.tasks.digits import Digits
from shoal.data.tasks.logic import And, LogicTask, Majority, Nand, Or, Xor
from shoal.data.tasks.numbers import Greater, Points, greater_width
from shoal.data.tasks.planes import Circle, Gaussians, Moons, Spiral
from shoal.errors import ArgumentError
from shoal.streams import Stream

__all__ = [
    "TASKS",
    "And",
    "Circle",
    "Digits",
    "Gaussians",
    "Greater",
    "LogicTask",
    "Majority",
    "Moons",
    "Nand",
    "Or",
    "Points",
    "Spiral",
    "TaskData",
    "TaskRecipe",
    "Xor",
    "attainable_accuracy",
    "fresh",
    "greater_width",
    "load_task",
    "task_schema",
]

TaskData = Annotated[
    Or
    | And
    | Nand
    | Xor
    | Majority
    | Greater
    | Points
    | Circle
    | Gaussians
    | Moons
    | Spiral
    | Digits,
    Field(discriminator="task"),
]
"""Any task, told apart by its key `task`."""

TASKS: Final[dict[str, type[TaskRecipe]]] = {
    "or": Or,
    "and": And,
    "nand": Nand,
    "xor": Xor,
    "majority": Majority,
    "greater": Greater,
    "points": Points,
    "circle": Circle,
    "gaussians": Gaussians,
    "moons": Moons,
    "spiral": Spiral,
    "digits": Digits,
}
"""Every task by its name."""


def load_task(recipe: TaskRecipe, data: Stream, noise: Stream) -> Dataset:
    """Return the whole dataset of a task, with the recipe applied.

    Of a streaming task these are its validation rows: the truth table, labels never
    flipped, so that its truth is 1.

    Args:
        recipe: the task.
        data: the stream that rows and dummies come from.
        noise: the stream that chooses labels to flip.

    Shapes:
        x (N, D), dummies included; y (N, 1), or (N, C) for more than two classes.

    Raises:
        DataError: the recipe asks for more numbers than `recipe.MAX_NUMBERS`.

    Example:
        >>> from shoal.streams import stream
        >>> load_task(Xor(stream=False), stream(0, "data"), stream(0, "noise")).y.ravel()
        array([0., 1., 1., 0.])
    """
    _check_size(recipe, recipe.n_rows)
    if recipe.is_streaming:
        recipe = recipe.model_copy(update={"label_noise": 0.0})
    return _finish(recipe, recipe.draw(data), data, noise, step=0)


def fresh(recipe: LogicTask, data: Stream, noise: Stream, epoch: int, n_rows: int) -> Dataset:
    """Return the rows of one epoch of a streaming task.

    Args:
        recipe: the task.
        data: the stream that rows and dummies come from.
        noise: the stream that chooses labels to flip.
        epoch: the epoch, from 0; every epoch has rows of its own.
        n_rows: how many; ``recipe.batches`` times the batch size for a whole epoch. Row r
            does not depend on it.

    Raises:
        ArgumentError: the task does not stream, or `epoch` or `n_rows` is too small.
        DataError: more numbers than `recipe.MAX_NUMBERS`.
    """
    if not recipe.is_streaming:
        raise ArgumentError(
            "fresh",
            "recipe",
            "must have stream = true",
            got="stream = false",
            cure="Make it so.",
            code="A111",
        )
    if epoch < 0:
        raise ArgumentError("fresh", "epoch", "must be 0 or more", got=epoch, code="A102")
    if n_rows < 1:
        raise ArgumentError("fresh", "n_rows", "must be 1 or more", got=n_rows, code="A102")
    _check_size(recipe, n_rows)
    # Step 0 is the validation table's: its dummies must not come back in epoch 0.
    step = epoch + 1
    return _finish(recipe, recipe.draw_pairs(data, step, n_rows), data, noise, step)


def attainable_accuracy(recipe: TaskRecipe) -> float:
    """Return the best accuracy in expectation over the data, to about 0.001.

    Computed from the recipe, not measured on rows. For a streaming task this is the figure
    of its training rows; its validation rows, never flipped, can all be right.

    Example:
        >>> attainable_accuracy(Greater(label_noise=0.2))
        0.8
    """
    return noisy_accuracy(recipe.ceiling(), recipe.label_noise, recipe.n_classes)


def task_schema(recipe: TaskRecipe) -> Schema:
    """Return the schema of a task's rows before the recipe adds features.

    Example:
        >>> task_schema(Xor()).base_features
        ('input1', 'input2')
    """
    return Schema(
        columns=tuple(Feature(name=name) for name in recipe.column_names),
        target="label",
        kind="classification",
        classes=tuple(str(k) for k in range(recipe.n_classes)),
    )


def _finish(recipe: TaskRecipe, rows: Rows, data: Stream, noise: Stream, step: int) -> Dataset:
    y, schema = class_targets(rows.label, recipe.n_classes), task_schema(recipe)
    dataset = Dataset(x=rows.x, y=y, clean_y=y, schema=schema, source=recipe.task)
    known = Known(ceiling=recipe.ceiling(), rule=rows.rule)
    return apply_recipe(recipe, dataset, noise, data, known=known, step=step)


def _check_size(recipe: TaskRecipe, n_rows: int) -> None:
    n_features = len(recipe.column_names) + recipe.dummies + len(recipe.derived)
    check_size(recipe.task, n_rows, n_features)
