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
LAST_CLASS = 65_535


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
    pairs = _pairs(rows)
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


def _pairs(rows: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return x and y of the training rows, and of the validation rows if there are any."""
    if not isinstance(rows, tuple) or len(rows) not in (2, 4):
        raise ArgumentError(
            WHERE,
            "rows",
            "must be a Dataset, (x, y) or (x, y, x_validation, y_validation)",
            got=type(rows).__name__,
        )
    pairs = [_arrays(rows[k], rows[k + 1]) for k in range(0, len(rows), 2)]
    widths = [pair[0].shape[1] for pair in pairs]
    if len(set(widths)) > 1:
        wanted = f"must have D={widths[0]} features as in training"
        raise ArgumentError(WHERE, "x_validation", wanted, got=widths[1])
    if len(pairs[0][0]) == 0:
        raise ArgumentError(WHERE, "x", "must have at least one row", got=0)
    return pairs


def _arrays(x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    x, y = _numbers("x", x), _numbers("y", y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    check_shapes(WHERE, "x (N, D), y (N)", x=x, y=y)
    for name, array in (("x", x), ("y", y)):
        if not np.isfinite(array).all():
            raise ArgumentError(WHERE, name, "must be finite", got="NaN or infinity")
    return x, y


def _numbers(name: str, array: Any) -> np.ndarray:
    try:
        return np.asarray(array, np.float64)
    except (ValueError, TypeError):
        wanted = "must be an array of numbers"
        raise ArgumentError(
            WHERE, name, wanted, got=f"something else ({type(array).__name__})"
        ) from None


def _classes(y: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    wrong = (y < 0) | (y > LAST_CLASS) | (y != np.floor(y))
    if wrong.any():
        wanted = "must be class numbers 0, 1, ..."
        raise ArgumentError(WHERE, "y", wanted, got=f"{y[wrong][0]:g}")
    numbers = y.astype(np.int64)
    n_classes = max(2, int(numbers.max()) + 1)
    return class_targets(numbers, n_classes), tuple(str(k) for k in range(n_classes))
