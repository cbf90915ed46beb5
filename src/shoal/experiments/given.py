"""Rows handed over in Python in place of an experiment's data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shoal.data.dataset import Dataset, Feature, Schema
from shoal.data.recipe import class_targets
from shoal.data.split import Split
from shoal.data.weights import check_weights
from shoal.errors import ArgumentError
from shoal.shapes import check_shapes

WHERE = "Experiment.run"
LAST_CLASS = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Arrays of one part: x (N, D), y (N, C), weights (N,) or None; names or None."""

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None
    features: tuple[str, ...] | None
    targets: tuple[str, ...] | None


def given_rows(
    rows: Any, *, classification: bool, one_hot: bool = False
) -> tuple[Dataset, Split | None]:
    """Return the dataset of given rows, and their split if validation rows were given too.

    One column of y is class numbers 0, 1, ... or values. Several columns are values of
    several targets; or, in a classification, the classes one-hot if every row has just one 1,
    and else labels that are 0 or 1 each.

    Args:
        rows: a `Dataset`, or ``(x, y)``, or ``(x, y, x_validation, y_validation)``; weights
            may follow each y: ``(x, y, weights)``. Data frames keep their columns' names.
        classification: whether y are classes or labels.
        one_hot: whether several columns are the classes one-hot whatever they hold.

    Shapes:
        x (N, D), y (N,) or (N, C), weights (N,)

    Raises:
        ArgumentError: arrays of other shapes, or with NaN, or classes that are not 0, 1, ...
    """
    if isinstance(rows, Dataset):
        if rows.weights is not None:
            checked = check_weights(WHERE, rows.weights, rows.n_rows, "rows.weights")
            rows = replace(rows, weights=checked)
        return rows, None
    parts = _parts(rows)
    first = parts[0]
    x = np.concatenate([part.x for part in parts])
    y = np.concatenate([part.y for part in parts])
    schema, targets = _targets(first, y, classification, one_hot)
    dataset = Dataset(x=x, y=targets, schema=schema, source="rows", weights=_weights(parts))
    if len(parts) == 1:
        return dataset, None
    n_train = len(first.x)
    numbers = np.arange(len(x))
    split = Split(train=numbers[:n_train], validation=numbers[n_train:], test=np.zeros(0, np.int64))
    return dataset, split


def _parts(rows: Any) -> list[_Part]:
    """Return the training rows, and the validation rows if there are any."""
    if not isinstance(rows, tuple) or len(rows) not in (2, 3, 4, 6):
        got = f"a tuple of {len(rows)}" if isinstance(rows, tuple) else type(rows).__name__
        wanted = (
            "must be a Dataset, (x, y) or (x, y, x_validation, y_validation), "
            "with weights after each y or after none"
        )
        raise ArgumentError(WHERE, "rows", wanted, got=got, code="A101")
    size = len(rows) if len(rows) < 4 else len(rows) // 2
    pieces = [rows[start : start + size] for start in range(0, len(rows), size)]
    parts = [
        _part(piece, suffix) for piece, suffix in zip(pieces, ("", "_validation"), strict=False)
    ]
    if len(parts) > 1:
        _check_alike(*parts)
    if len(parts[0].x) == 0:
        raise ArgumentError(WHERE, "x", "must have at least one row", got=0, code="A106")
    return parts


def _part(piece: Sequence[Any], suffix: str) -> _Part:
    x, y = _numbers("x" + suffix, piece[0]), _numbers("y" + suffix, piece[1])
    check_shapes(WHERE, f"x{suffix} (N, D)", **{"x" + suffix: x})
    if y.ndim not in (1, 2) or len(y) != len(x) or 0 in y.shape[1:]:
        wanted = f"must have shape (N,) or (N, C) with N={len(x)} from `x{suffix}`"
        raise ArgumentError(WHERE, "y" + suffix, wanted, got=y.shape, code="A104")
    y = y[:, np.newaxis] if y.ndim == 1 else y
    arrays = {"x" + suffix: x, "y" + suffix: y}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ArgumentError(WHERE, name, "must be finite", got="NaN or infinity", code="A105")
    weights = None
    if len(piece) > 2:
        weights = check_weights(WHERE, piece[2], len(x), "weights" + suffix)
    return _Part(x=x, y=y, weights=weights, features=_names(piece[0]), targets=_names(piece[1]))


def _check_alike(first: _Part, second: _Part) -> None:
    n_features, n_targets = first.x.shape[1], first.y.shape[1]
    if second.x.shape[1] != n_features:
        wanted = f"must have D={n_features} features as in training"
        raise ArgumentError(WHERE, "x_validation", wanted, got=second.x.shape[1], code="A104")
    if second.y.shape[1] != n_targets:
        wanted = f"must have C={n_targets} columns as in training"
        raise ArgumentError(WHERE, "y_validation", wanted, got=second.y.shape[1], code="A104")
    if first.features and second.features and first.features != second.features:
        wanted = f"must have the columns of `x` in their order ({', '.join(first.features[:6])})"
        got = ", ".join(second.features[:6])
        raise ArgumentError(WHERE, "x_validation", wanted, got=got, code="A108")


def _numbers(name: str, array: Any) -> np.ndarray:
    try:
        return np.asarray(array, np.float64)
    except (ValueError, TypeError):
        wanted = "must be an array of numbers"
        raise ArgumentError(
            WHERE, name, wanted, got=f"something else ({type(array).__name__})", code="A101"
        ) from None


def _names(array: Any) -> tuple[str, ...] | None:
    """Return the names of a data frame's columns or of a series, None if there are none."""
    if isinstance(array, np.ndarray | list | tuple):
        return None
    import narwhals as nw

    try:
        frame = nw.from_native(array, eager_only=True, allow_series=True)
    except TypeError:
        return None
    if isinstance(frame, nw.Series):
        return (str(frame.name),) if frame.name else None
    names = tuple(str(name) for name in frame.columns)
    return names if all(names) and len(set(names)) == len(names) else None


def _weights(parts: Sequence[_Part]) -> np.ndarray | None:
    given = [part.weights for part in parts if part.weights is not None]
    return np.concatenate(given) if given else None


def _targets(
    first: _Part, y: np.ndarray, classification: bool, one_hot: bool
) -> tuple[Schema, np.ndarray]:
    """Return the schema and the targets (N, C)."""
    n_columns = y.shape[1]
    numbered = tuple(f"y{k}" for k in range(n_columns)) if n_columns > 1 else ("y",)
    names = first.targets or numbered
    features = first.features or tuple(f"x{j}" for j in range(first.x.shape[1]))
    if set(names) & set(features):
        names = numbered
    columns = tuple(Feature(name=name) for name in features)
    if not classification:
        schema = Schema(columns=columns, target=names[0], more_targets=names[1:], kind="regression")
        return schema, y
    codes = y[:, 0] if n_columns == 1 else _one_hot_codes(y, one_hot)
    if codes is None:
        schema = Schema(
            columns=columns,
            target=names[0],
            more_targets=names[1:],
            kind="multilabel",
            label_classes=(("0", "1"),) * n_columns,
        )
        return schema, y
    targets, classes = _classes(codes, n_columns)
    # one-hot columns are classes by their own names, and no target is called by one of them
    named = n_columns > 1 and first.targets is not None
    schema = Schema(
        columns=columns,
        target=names[0] if n_columns == 1 else "y",
        kind="classification",
        classes=names if named else classes,
    )
    return schema, targets


def _one_hot_codes(y: np.ndarray, one_hot: bool) -> np.ndarray | None:
    """Return the classes of one-hot rows, (N,), or None if they are labels of their own."""
    wrong = y[(y != 0) & (y != 1)]
    if wrong.size:
        wanted = "must be 0 and 1 where it has several columns"
        raise ArgumentError(WHERE, "y", wanted, got=f"{wrong[0]:g}", code="A109")
    if (y.sum(axis=1) == 1).all():
        return np.asarray(y.argmax(axis=1), np.float64)
    if one_hot:
        row = int(np.flatnonzero(y.sum(axis=1) != 1)[0])
        wanted = "must have one 1 a row for softmax or categorical_crossentropy"
        cure = 'For labels of their own use "sigmoid" and "binary_crossentropy".'
        got = f"{y[row].sum():g} in row {row}"
        raise ArgumentError(WHERE, "y", wanted, got=got, cure=cure, code="A109")
    return None


def _classes(y: np.ndarray, n_columns: int) -> tuple[np.ndarray, tuple[str, ...]]:
    wrong = (y < 0) | (y > LAST_CLASS) | (y != np.floor(y))
    if wrong.any():
        wanted = "must be class numbers 0, 1, ..."
        raise ArgumentError(WHERE, "y", wanted, got=f"{y[wrong][0]:g}", code="A109")
    numbers = y.astype(np.int64)
    n_classes = max(2, n_columns, int(numbers.max()) + 1)
    return class_targets(numbers, n_classes), tuple(str(k) for k in range(n_classes))
