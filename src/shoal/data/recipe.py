"""What every data recipe can do to its rows: flip labels, add dummies, multiply, add, derive.

The rows come from a task or a file; `apply_recipe` is the one place that changes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from shoal.data.dataset import (
    Dataset,
    Feature,
    FeatureArray,
    FloatArray,
    IndexArray,
    Schema,
    Truth,
)
from shoal.data.derive import derived_problems, with_derived
from shoal.data.formulas import WISH, as_written, check_differ
from shoal.errors import DataError
from shoal.fields import reason
from shoal.records import Record
from shoal.streams import Stream

MAX_NUMBERS = 2**28
"""The most numbers (rows times features) a recipe may ask for: 2 GiB of float64."""

MAX_DERIVED = 1000
"""The most derived features of a recipe."""

DUMMY_PART = 2**20
"""Part of the data stream for the first dummy; feature j of a task uses part j."""

FLIP_PART, MOVE_PART = 0, 1
"""Parts of the noise stream: whether a label is flipped, and to which class."""


class DataRecipe(Record):
    """What is done to rows wherever they come from, and how they are divided."""

    label_noise: float = Field(
        default=0.0, ge=0, le=1, description="Share of labels that are flipped to another class."
    )
    dummies: int = Field(
        default=0, ge=0, le=10_000, description="Features added that mean nothing, uniform [0, 1)."
    )
    multiply: float = Field(default=1.0, description="Every feature is multiplied by this.")
    add: float = Field(default=0.0, description="Added to every feature after multiplying.")
    derived: tuple[Annotated[str, AfterValidator(as_written)], ...] = Field(
        default=(),
        max_length=MAX_DERIVED,
        exclude_if=lambda derived: not derived,
        description="Features computed from others and added behind them, in the units that "
        f"multiply and add leave: {WISH}.",
    )
    validation: float = Field(default=0.2, ge=0, lt=1, description="Share of rows to validate on.")
    test: float = Field(default=0.0, ge=0, lt=1, description="Share of rows kept for the end.")

    @field_validator("derived")
    @classmethod
    def _differ(cls, derived: tuple[str, ...]) -> tuple[str, ...]:
        check_differ(derived)
        return derived

    @field_validator("multiply")
    @classmethod
    def _keep_features(cls, multiply: float) -> float:
        if multiply == 0:
            raise reason("out_of_bounds", "must not be 0: every feature would be the same number")
        return multiply

    @field_validator("test")
    @classmethod
    def _leave_training_rows(cls, test: float, info: ValidationInfo) -> float:
        validation = info.data.get("validation", 0.0)
        if validation + test >= 1:
            told = "must leave rows to train on: validation + test must be below 1"
            raise reason("out_of_bounds", f"{told}; got {validation:g} + {test:g}")
        return test

    def true_classes(self, x: FloatArray) -> IndexArray | None:
        """Return the class that the true rule gives rows, or None where no rule is known.

        Args:
            x: rows as the task makes them, before they are multiplied and added to. Features
                beyond the task's own, such as dummies, are not looked at.

        Shapes:
            x (N, D) -> (N,)
        """
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """How well rules can do in expectation, before labels are flipped.

    Attributes:
        best: mean over the data of the largest class probability (the Bayes rule).
        worst: mean over the data of the smallest one; what counts once so many labels
            are flipped that the best rule names the least likely class.
    """

    best: float
    worst: float


CERTAIN = Ceiling(best=1.0, worst=0.0)
"""Classes that never overlap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a task knows about rows before labels are flipped.

    Attributes:
        ceiling: the best and the worst rule in expectation.
        rule: the class that the true rule gives each row, (N,).
    """

    ceiling: Ceiling
    rule: IndexArray


def apply_recipe(
    recipe: DataRecipe,
    dataset: Dataset,
    noise: Stream,
    data: Stream,
    *,
    known: Known | None = None,
    step: int = 0,
) -> Dataset:
    """Return `dataset` with labels flipped, dummies added, features moved and others derived.

    Labels are flipped independently with probability ``label_noise``: with more than two
    classes to any other class alike, and of several labels in a row each by itself. Then
    dummies are appended; then every feature, dummies too, becomes ``x * multiply + add``; then
    derived features are computed. What happens to row r depends on the streams, `step` and r
    alone, so more rows, more dummies or more noise keep what was there before: the rows flipped
    at 0.1 are among those flipped at 0.2.

    Args:
        recipe: what to do.
        dataset: the rows; ``clean_y`` is kept where it is known, else it is ``y``.
        noise: the stream that chooses the labels to flip.
        data: the stream of the dummies.
        known: what a task knows about its rows; without it the truth of changed labels is
            unknown and ``truth`` becomes None.
        step: a number for rows drawn afresh, such as epoch + 1 of a streaming task.

    Shapes:
        x (N, D) -> (N, D + dummies); y (N, C) stays (N, C).

    Raises:
        DataError: labels shall be flipped and the target is a number, a dummy has the name
            of a feature, a formula does not fit the data, or the result is too large for memory
            or for float64.
    """
    formulas = (*(each.name for each in dataset.schema.derived), *recipe.derived)
    dataset = _without_derived(dataset)
    columns = _columns_with_dummies(recipe, dataset.schema, dataset.source)
    _check_flips(recipe, dataset)
    n_features = dataset.x.shape[1] + recipe.dummies + len(formulas)
    check_size(dataset.source, dataset.n_rows, n_features)
    y = _flipped(recipe, dataset, noise, step)
    clean_y = dataset.clean_y
    if clean_y is None and recipe.label_noise > 0:
        clean_y = dataset.y
    moved = replace(
        dataset,
        x=_moved(recipe, dataset, data, step),
        y=y,
        clean_y=clean_y,
        schema=dataset.schema.model_copy(update={"columns": columns}),
        rule=dataset.rule if known is None else known.rule,
        truth=_truth(recipe, replace(dataset, y=y), known),
    )
    return with_derived(moved, formulas)


def recipe_problems(recipe: DataRecipe, schema: Schema, source: str) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with a recipe's derived features: the number of each, and a sentence.

    Args:
        recipe: with the formulas.
        schema: of the rows before the recipe.
        source: their name, for messages.
    """
    if recipe.derived:
        columns = _columns_with_dummies(recipe, schema, source)
        yield from derived_problems(schema.model_copy(update={"columns": columns}), recipe.derived)


def true_classes(recipe: DataRecipe, x: FloatArray) -> IndexArray | None:
    """Return the class that a task's true rule gives rows in the experiment's units.

    Multiplying and adding are undone; dummies and derived features, which stand behind the
    task's own, are not looked at.

    Args:
        recipe: the task; of files and given rows no rule is known.
        x: rows as networks are given them before scaling, anywhere in space.

    Shapes:
        x (N, D) -> (N,); None where no rule is known

    Raises:
        ArgumentError: rows with fewer features than the task has.

    Example:
        >>> from shoal.data.tasks import Greater
        >>> true_classes(Greater(multiply=10.0, dummies=1), np.array([[7.0, 3.0, 0.0]])).tolist()
        [1]
    """
    return recipe.true_classes((np.asarray(x, np.float64) - recipe.add) / recipe.multiply)


def class_indices(dataset: Dataset) -> IndexArray:
    """Return the class number of each row as labels are now.

    Shapes:
        y (N, 1) of 0 and 1, or one-hot y (N, C) -> (N,).
    """
    return target_indices(dataset.y)


def target_indices(y: FloatArray) -> IndexArray:
    """Return the class numbers of targets.

    Shapes:
        y (N, 1) of 0 and 1, or one-hot y (N, C) -> (N,).
    """
    if y.shape[1] == 1:
        return y[:, 0].astype(np.int64)
    return np.asarray(np.argmax(y, axis=1), dtype=np.int64)


def class_targets(indices: IndexArray, n_classes: int) -> FloatArray:
    """Return the targets of class numbers: 0 and 1 for two classes, one-hot for more.

    Shapes:
        indices (N,) -> (N, 1) for up to two classes, else (N, C).

    Example:
        >>> class_targets(np.array([2, 0]), 3).tolist()
        [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    if n_classes <= 2:
        return indices[:, np.newaxis].astype(np.float64)
    one_hot = indices[:, np.newaxis] == np.arange(n_classes)
    return np.asarray(one_hot, dtype=np.float64)


def noisy_accuracy(ceiling: Ceiling, label_noise: float, n_classes: int) -> float:
    """Return the best accuracy in expectation once labels are flipped.

    A rule that is right with probability a on clean labels is right with probability
    ``a (1 - n) + (1 - a) n / (C - 1)`` on labels flipped at rate n. That grows with a as
    long as ``1 - n > n / (C - 1)``; beyond, the best rule names the least likely class.

    Example:
        >>> noisy_accuracy(CERTAIN, 0.2, 2)
        0.8
        >>> noisy_accuracy(CERTAIN, 0.75, 2)
        0.75
    """
    stay, move = 1 - label_noise, label_noise / (n_classes - 1)
    share = ceiling.best if stay >= move else ceiling.worst
    return share * stay + (1 - share) * move


def check_size(source: str, n_rows: int, n_features: int) -> None:
    """Check that rows times features fit into memory, before memory is taken.

    Raises:
        DataError: more than `MAX_NUMBERS` numbers.
    """
    if n_rows * n_features > MAX_NUMBERS:
        raise DataError(
            f"{n_rows:,} rows of {n_features:,} features are more than {MAX_NUMBERS:,} numbers.",
            source=source,
            cure="Ask for fewer rows, features or dummies.",
            code="D112",
        )


def _without_derived(dataset: Dataset) -> Dataset:
    """Return a dataset with its base features alone."""
    if not dataset.schema.derived:
        return dataset
    base = dataset.x[:, : len(dataset.schema.base_features)]
    return replace(dataset, x=base, schema=dataset.schema.model_copy(update={"derived": ()}))


def _columns_with_dummies(recipe: DataRecipe, schema: Schema, source: str) -> tuple[Feature, ...]:
    dummies = tuple(Feature(name=f"dummy{j + 1}") for j in range(recipe.dummies))
    taken = {*schema.feature_names, *(c.name for c in schema.columns)}
    for dummy in dummies:
        if dummy.name in taken:
            raise DataError(
                "has the name of a dummy that `dummies` adds.",
                source=source,
                column=dummy.name,
                cure="Rename the column, or set dummies = 0.",
                code="D110",
            )
    return (*schema.columns, *dummies)


def _check_flips(recipe: DataRecipe, dataset: Dataset) -> None:
    if recipe.label_noise > 0 and dataset.schema.is_regression:
        raise DataError(
            f"label_noise = {recipe.label_noise:g} flips classes, but the target is a number.",
            source=dataset.source,
            column=dataset.schema.target,
            cure="Set label_noise = 0.",
            code="D122",
        )


def _flipped(recipe: DataRecipe, dataset: Dataset, noise: Stream, step: int) -> FloatArray:
    if recipe.label_noise == 0:
        return dataset.y
    if dataset.schema.kind == "multilabel":
        return _flipped_labels(recipe, dataset, noise, step)
    n_rows, n_classes = dataset.n_rows, max(2, len(dataset.schema.classes))
    label = target_indices(dataset.y)
    # 1 to C-1 classes further on, round the circle: never the class it was.
    jump = 1 + np.floor(noise.uniform(n_rows, step, MOVE_PART) * (n_classes - 1)).astype(np.int64)
    chosen = noise.uniform(n_rows, step, FLIP_PART) < recipe.label_noise
    return class_targets(np.where(chosen, (label + jump) % n_classes, label), n_classes)


def _flipped_labels(recipe: DataRecipe, dataset: Dataset, noise: Stream, step: int) -> FloatArray:
    """Return labels (N, L), each flipped by itself; label l draws from part 2 l."""
    n_rows, n_labels = dataset.y.shape
    draws = [noise.uniform(n_rows, step, FLIP_PART + 2 * label) for label in range(n_labels)]
    chosen = np.stack(draws, axis=1) < recipe.label_noise
    return np.where(chosen, 1.0 - dataset.y, dataset.y)


def _moved(recipe: DataRecipe, dataset: Dataset, data: Stream, step: int) -> FeatureArray:
    if recipe.dummies == 0 and recipe.multiply == 1 and recipe.add == 0:
        return dataset.x  # images of 60,000 rows stay the bytes they are
    n_rows, n_own = dataset.x.shape
    x = np.empty((n_rows, n_own + recipe.dummies))
    x[:, :n_own] = dataset.x
    for j in range(recipe.dummies):
        x[:, n_own + j] = data.uniform(n_rows, step, DUMMY_PART + j)
    with np.errstate(over="ignore"):
        x *= recipe.multiply
        x += recipe.add
    if not np.isfinite(x).all():
        raise DataError(
            f"features overflow with multiply = {recipe.multiply:g} and add = {recipe.add:g}.",
            source=dataset.source,
            cure="Give smaller numbers.",
            code="D115",
        )
    return x


def _truth(recipe: DataRecipe, dataset: Dataset, known: Known | None) -> Truth | None:
    if known is None:
        return dataset.truth if recipe.label_noise == 0 else None
    n_right = int(np.count_nonzero(known.rule == target_indices(dataset.y)))
    n_classes = max(2, len(dataset.schema.classes))
    return Truth(
        attainable_accuracy=noisy_accuracy(known.ceiling, recipe.label_noise, n_classes),
        rows_accuracy=n_right / dataset.n_rows,
    )
