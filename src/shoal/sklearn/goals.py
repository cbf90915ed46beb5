"""What is to be learnt, as scikit-learn hands it over and as shoal's core takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.data.cells import class_name
from shoal.data.dataset import FloatArray, Kind, Schema
from shoal.data.recipe import class_targets
from shoal.errors import ArgumentError, did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Goal:
    """Targets of some rows.

    Attributes:
        kind: of the target.
        y: targets for the core: 0 and 1 for two classes, one-hot for more, a column of 0 and 1
            for every label, values for numbers.
        names: of the classes, in the order of the outputs; empty for labels and numbers.

    Shapes:
        y (N, C) float64
    """

    kind: Kind
    y: FloatArray
    names: tuple[str, ...] = ()

    @property
    def n_outputs(self) -> int:
        """C."""
        return int(self.y.shape[1])

    def take(self, rows: np.ndarray) -> Goal:
        """Return the targets of these rows only."""
        return Goal(kind=self.kind, y=self.y[rows], names=self.names)

    def schema_of(self, columns: Sequence[Any]) -> Schema:
        """Return the schema of a table with these columns and this target."""
        targets = ("y",) if self.n_outputs == 1 or self.names else _numbered(self.n_outputs)
        labels = (("0", "1"),) * self.n_outputs if self.kind == "multilabel" else ()
        taken = {name for column in columns for name in column.feature_names}
        while taken & set(targets):
            targets = tuple(f"{name}_" for name in targets)
        return Schema(
            columns=tuple(columns),
            target=targets[0],
            more_targets=targets[1:],
            kind=self.kind,
            classes=self.names,
            label_classes=labels,
        )


def goal_of_classes(codes: np.ndarray, classes: np.ndarray) -> Goal:
    """Return the goal of class numbers (N,) for classes (C,)."""
    n_classes = max(2, len(classes))
    names = class_names(classes)
    return Goal(kind="classification", y=class_targets(codes, n_classes), names=names)


def goal_of_labels(y: np.ndarray) -> Goal:
    """Return the goal of labels (N, L), each 0 or 1."""
    return Goal(kind="multilabel", y=np.ascontiguousarray(y, np.float64))


def goal_of_numbers(y: np.ndarray) -> Goal:
    """Return the goal of values (N,) or (N, C)."""
    columns = y[:, np.newaxis] if y.ndim == 1 else y
    return Goal(kind="regression", y=np.ascontiguousarray(columns, np.float64))


def class_names(classes: np.ndarray) -> tuple[str, ...]:
    """Return the names of classes, by number where they are empty or not told apart."""
    names = tuple(class_name(label) for label in classes)
    if len(set(names)) < len(names) or not all(names):
        return tuple(f"class {k}" for k in range(len(names)))
    return names


def weights_by_name(
    where: str, classes: np.ndarray, weights: Mapping[Any, float]
) -> dict[str, float]:
    """Return the weights of classes by the names they have in the model.

    A label that is not among the classes is left out where every class has a weight, as
    scikit-learn does: a fold may lack a class. Else it is likely to be misspelt.

    Args:
        where: the estimator's class, for messages.
        classes: labels (C,).
        weights: by label; classes that are not named have 1.

    Raises:
        ArgumentError: a label is not a class.

    Example:
        >>> weights_by_name("fit", np.array([0, 1]), {0: 1.0, 1: 5.0, 2: 3.0})
        {'0': 1.0, '1': 5.0}
    """
    names = dict(zip(classes.tolist(), class_names(classes), strict=True))
    strange = [label for label in weights if label not in names]
    if strange and not all(label in weights for label in names):
        wanted = f"must name classes of y, {told(classes)}"
        alike = [label for label in names if str(label) == str(strange[0])]
        cure = did_you_mean(str(strange[0]), [str(label) for label in names])
        cure = f"Did you mean {alike[0]!r}?" if alike else cure
        raise ArgumentError(
            where, "class_weight", wanted, got=repr(strange[0]), cure=cure, code="A103"
        )
    return {name: float(weights[label]) for label, name in names.items() if label in weights}


def told(classes: np.ndarray, limit: int = 10) -> str:
    """Return classes for a message, at most `limit` of them.

    Example:
        >>> told(np.arange(5), limit=3)
        '[0, 1, 2, and 2 more]'
    """
    words = [repr(label) for label in classes[:limit].tolist()]
    rest = len(classes) - limit
    return f"[{', '.join([*words, f'and {rest:,} more'] if rest > 0 else words)}]"


def _numbered(n: int) -> tuple[str, ...]:
    return tuple(f"y{k}" for k in range(n))
