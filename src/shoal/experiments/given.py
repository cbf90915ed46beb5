"""Rows handed over in Python in place of an experiment's data."""

from __future__ import annotations

from typing import Any

import numpy as np

from shoal.data.dataset import Dataset, Feature, Schema
from shoal.data.recipe import class_targets
from shoal.data.split import Split
from shoal.errors import ArgumentError
from shoal.shapes import check_shapes

WHERE = "Experiment.run"


def given_rows(rows: Any, *, classification: bool) -> tuple[Dataset, Split | None]:
    """Return the dataset of given rows, and their split if validation rows were given too.

    Args:
        rows: a `Dataset`, or ``(x, y)``, or ``(x_train, y_train, x_validation,
            y_validation)``; y are class numbers 0, 1, ... or values, (N,) or (N, 1).
        classification: whether y are class numbers.

    Shapes:
        x (N, D), y (N,) or (N, 1)

    Raises:
        ArgumentError: arrays of other shapes, or with NaN, or classes that are not 0, 1, ...
    """
    if isinstance(rows, Dataset):
        return rows, None
    if not isinstance(rows, tuple) or len(rows) not in (2, 4):
        raise ArgumentError(
            WHERE,
            "rows",
            "must be a Dataset, (x, y) or (x, y, x_validation, y_validation)",
            got=type(rows).__name__,
        )
    pairs = [_arrays(rows[k], rows[k + 1]) for k in range(0, len(rows), 2)]
    x = np.concatenate([pair[0] for pair in pairs])
    y = np.concatenate([pair[1] for pair in pairs])
    columns = tuple(Feature(name=f"x{j}") for j in range(x.shape[1]))
    if classification:
        targets, classes = _classes(y)
    else:
        targets, classes = y[:, np.newaxis], ()
    schema = Schema(
        columns=columns,
        target="y",
        kind="classification" if classification else "regression",
        classes=classes,
    )
    dataset = Dataset(x=x, y=targets, schema=schema, source="rows")
    if len(pairs) == 1:
        return dataset, None
    n_train = len(pairs[0][0])
    numbers = np.arange(len(x))
    split = Split(train=numbers[:n_train], validation=numbers[n_train:], test=np.zeros(0, np.int64))
    return dataset, split


def _arrays(x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    check_shapes(WHERE, "x (N, D), y (N)", x=x, y=y)
    for name, array in (("x", x), ("y", y)):
        if not np.isfinite(array).all():
            raise ArgumentError(WHERE, name, "must be finite", got="NaN or infinity")
    return x, y


def _classes(y: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    numbers = y.astype(np.int64)
    if (numbers != y).any() or numbers.min() < 0 or numbers.max() > 65_535:
        raise ArgumentError(WHERE, "y", "must be class numbers 0, 1, ...", got=repr(y[:3].tolist()))
    n_classes = max(2, int(numbers.max()) + 1)
    return class_targets(numbers, n_classes), tuple(str(k) for k in range(n_classes))
