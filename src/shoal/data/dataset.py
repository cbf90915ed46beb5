"""The record that every reader and task ends in: rows, targets, names, and what is true."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from shoal.data.formulas import Derived
from shoal.records import Record

Kind = Literal["classification", "multilabel", "regression"]
"""One of several classes; several labels, each yes or no; numbers."""
FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
FeatureArray = np.ndarray[tuple[int, ...], np.dtype[Any]]
IndexArray = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


class Feature(Record):
    """One input column as it stands in a table, before it becomes one or more features.

    A category column gives one feature per category (one-hot, in the order of
    `categories`), named ``column=category``.
    """

    name: str = Field(min_length=1)
    categories: tuple[str, ...] | None = None
    fill: float | None = None
    """What stands in for a gap: the mean of the training rows, if `missing="mean"`."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features this column becomes."""
        if self.categories is None:
            return (self.name,)
        return tuple(f"{self.name}={category}" for category in self.categories)


class Schema(Record):
    """What a table must look like to be predicted from; kept with the model.

    Example:
        >>> Schema(columns=(), target="a", more_targets=("b",), kind="regression").targets
        ('a', 'b')
    """

    columns: tuple[Feature, ...]
    target: str
    """The column to predict; the first of them where there are several."""
    kind: Kind
    classes: tuple[str, ...] = ()
    """Class names in the order of the outputs, for a classification; else empty."""
    more_targets: tuple[str, ...] = ()
    """The targets beyond the first, of several labels or numbers."""
    label_classes: tuple[tuple[str, str], ...] = ()
    """What 0 and 1 of every label are called, for kind "multilabel"; else empty."""
    weights: str | None = None
    """The column with the weights of the rows, or None."""
    derived: tuple[Derived, ...] = Field(default=(), exclude_if=lambda derived: not derived)
    """Features that are computed from others, behind those of the columns."""

    @model_validator(mode="after")
    def _derive_from_numbers(self) -> Self:
        if not self.derived:
            return self
        numbers = {column.name for column in self.columns if column.categories is None}
        for each in self.derived:
            if not numbers.issuperset(each.of):
                raise ValueError(f"{each.name} is not made of columns of numbers")
        if len(set(self.feature_names)) < len(self.feature_names):
            raise ValueError("a derived feature has the name of another feature")
        return self

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of all targets."""
        return (self.target, *self.more_targets)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of all features, in the order of the network's inputs."""
        return (*self.base_features, *(each.name for each in self.derived))

    @property
    def base_features(self) -> tuple[str, ...]:
        """The names of the features that columns become; derived ones stand behind them."""
        return tuple(name for column in self.columns for name in column.feature_names)

    @property
    def n_outputs(self) -> int:
        """Outputs of a network: 1 for two classes, else one for each class or target."""
        return len(self.classes) if len(self.classes) > 2 else len(self.targets)

    @property
    def is_regression(self) -> bool:
        """Whether the targets are numbers."""
        return self.kind == "regression"

    def identity(self) -> str:
        """Return the schema as JSON for fingerprints: what is not used is left out.

        A fingerprint that was made before there were several targets stays what it was.
        """
        unused = {name for name in _LATER if not getattr(self, name)}  # `derived` leaves itself out
        return self.model_dump_json(exclude=unused)


_LATER = frozenset({"more_targets", "label_classes", "weights"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a task knows about itself.

    Attributes:
        attainable_accuracy: best accuracy in expectation over the data (computed, not measured).
        rows_accuracy: accuracy of the true rule on the rows at hand, labels as they are.
    """

    attainable_accuracy: float
    rows_accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Rows with their targets.

    Attributes:
        x: features, (N, D), unscaled: float64, or single bytes as an image file has them.
        y: targets, float64 (N, C): one column of 0 and 1 for two classes, one-hot for
            more, a column of 0 and 1 for every label, values for regression.
        schema: columns, derived features, target and class names.
        clean_y: the targets before labels were flipped, (N, C), or None where unknown.
        rule: the class that a task's true rule gives each row, (N,), or None.
        truth: what the task knows about itself, or None.
        source: the task's or the file's name as given, for messages.
        lines: line of each row in its file, (N,), or None.
        weights: how much each row counts, (N,), finite and not negative; None: all alike.
        notes: what the reader decided and should say ("target 'y' read as classes").
    """

    x: FeatureArray
    y: FloatArray
    schema: Schema
    clean_y: FloatArray | None = None
    rule: IndexArray | None = None
    truth: Truth | None = None
    source: str = ""
    lines: IndexArray | None = None
    weights: FloatArray | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def n_rows(self) -> int:
        """N, the number of rows."""
        return int(self.x.shape[0])

    def take(self, rows: IndexArray) -> Dataset:
        """Return the dataset with these rows only; what is known of all rows stays."""
        return replace(
            self,
            x=self.x[rows],
            y=self.y[rows],
            clean_y=None if self.clean_y is None else self.clean_y[rows],
            rule=None if self.rule is None else self.rule[rows],
            lines=None if self.lines is None else self.lines[rows],
            weights=None if self.weights is None else self.weights[rows],
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 over names, features, targets and weights: the same for the same rows."""
        digest = hashlib.sha256(self.schema.identity().encode())
        for array in (self.x, self.y, *(() if self.weights is None else (self.weights,))):
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return digest.hexdigest()
