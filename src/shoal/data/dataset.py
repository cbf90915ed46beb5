"""The record that every reader and task ends in: rows, targets, names, and what is true."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from pydantic import Field

from shoal.records import Record

Kind = Literal["classification", "regression"]
FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
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
    """What a table must look like to be predicted from; kept with the model."""

    columns: tuple[Feature, ...]
    target: str
    kind: Kind
    classes: tuple[str, ...] = ()
    """Class names in the order of the outputs; empty for regression."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of all features, in the order of the network's inputs."""
        return tuple(name for column in self.columns for name in column.feature_names)

    @property
    def n_outputs(self) -> int:
        """Outputs of a network for this target: 1 for two classes or regression, else C."""
        return len(self.classes) if len(self.classes) > 2 else 1


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
        x: features, float64 (N, D), unscaled.
        y: targets, float64 (N, C): one column of 0 and 1 for two classes, one-hot for
            more, values for regression.
        schema: columns, target and class names.
        clean_y: the targets before labels were flipped, (N, C), or None where unknown.
        rule: the class that a task's true rule gives each row, (N,), or None.
        truth: what the task knows about itself, or None.
        source: the task's or the file's name as given, for messages.
        lines: line of each row in its file, (N,), or None.
        notes: what the reader decided and should say ("target 'y' read as classes").
    """

    x: FloatArray
    y: FloatArray
    schema: Schema
    clean_y: FloatArray | None = None
    rule: IndexArray | None = None
    truth: Truth | None = None
    source: str = ""
    lines: IndexArray | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def n_rows(self) -> int:
        """N, the number of rows."""
        return int(self.x.shape[0])

    @property
    def fingerprint(self) -> str:
        """SHA-256 over names, features and targets: the same rows, the same fingerprint."""
        digest = hashlib.sha256(self.schema.model_dump_json().encode())
        for array in (self.x, self.y):
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return digest.hexdigest()
