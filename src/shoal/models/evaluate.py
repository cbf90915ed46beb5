"""How good a model is on rows with known targets: the ensemble, and each of its networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.data.encode import one_hot
from shoal.errors import ArgumentError, did_you_mean
from shoal.metrics import (
    accuracy,
    confusion_matrix,
    constant_guess_accuracy,
    mean_absolute_error,
    mean_squared_error,
    predicted_classes,
    r2,
)
from shoal.models.ensemble import combine, join_rows
from shoal.models.inputs import Inputs
from shoal.models.model import Model
from shoal.network import FloatArray
from shoal.records import Record

Y = NDArray[np.float64]


class Evaluation(Record):
    """Figures of a model on N rows.

    The ensemble's come from the mean over the networks, which is what `Model.predict` uses.

    Attributes:
        n_rows: N.
        n_networks: P.
        loss_name: "crossentropy" for classes, "squared_error" for numbers; whatever loss the
            networks were trained with.
        loss: of the ensemble.
        accuracy: share of rows with the right class, or None for numbers.
        constant_guess_accuracy: that of always saying the most frequent class of these rows.
        classes: names of the classes, or None.
        confusion: rows of every true class (down) by their predicted class (across), or None.
        r2: share of the variance that is explained; None for classes, and where the target
            does not vary.
        mean_absolute_error: in the target's units, or None for classes.
        network_losses: the loss of every network alone, (P,).
        network_accuracies: the accuracy of every network alone, (P,), or None.

    Units:
        Crossentropy: mean over the rows of ``-log(p of the true class)``, natural log, p at
        least the smallest normal number of the precision (1.2e-38 for float32, so no row
        counts more than 87.34). Squared error: mean over the rows, without a factor 1/2.
    """

    n_rows: int
    n_networks: int
    loss_name: str
    loss: float
    accuracy: float | None = None
    constant_guess_accuracy: float | None = None
    classes: tuple[str, ...] | None = None
    confusion: tuple[tuple[int, ...], ...] | None = None
    r2: float | None = None
    mean_absolute_error: float | None = None
    network_losses: tuple[float, ...]
    network_accuracies: tuple[float, ...] | None = None


def evaluate(
    model: Model, x: Inputs | Any, y: ArrayLike, *, threads: int | None = None
) -> Evaluation:
    """Return how good a model is on rows with known targets.

    Args:
        model: the model.
        x: as for `Model.predict`.
        y: as `encode_targets` gives it: one column of 0 and 1 for two classes, one-hot for
            more, values for numbers; or one dimension with names of classes or values.
        threads: None for as many as there are.

    Shapes:
        x (N, D), y (N, C) or (N,), N at least 1

    Raises:
        ArgumentError: `x` or `y` do not fit the model or each other, or the squared error is
            beyond the largest number.
        DataError: as for `Model.predict`.
    """
    targets = _targets(model, y)
    wholes, losses, hits = [], [], []
    n_rows = 0
    for block in model.member_figures(x, threads=threads, where="evaluate"):
        true = targets[n_rows : n_rows + block.shape[1]]
        n_rows += block.shape[1]
        if len(true) < block.shape[1]:
            continue
        wholes.append(combine(block, classes=bool(model.schema.classes)))
        losses.append(_row_losses(model, block, true).sum(axis=1))
        if model.schema.classes:
            right = predicted_classes(block) == predicted_classes(true)
            hits.append(right.sum(axis=1))
    _check_rows(n_rows, len(targets))
    figures: dict[str, Any] = {
        "n_rows": n_rows,
        "n_networks": len(model),
        "network_losses": tuple((_total(losses) / n_rows).tolist()),
    }
    mean = join_rows(wholes).mean
    if not model.schema.classes:
        return Evaluation(**figures, **_value_figures(figures["network_losses"], mean, targets))
    return Evaluation(
        **figures,
        **_class_figures(model, mean, targets),
        network_accuracies=tuple((_total(hits) / n_rows).tolist()),
    )


def _class_figures(model: Model, mean: FloatArray, true: Y) -> dict[str, Any]:
    return {
        "loss_name": "crossentropy",
        "loss": float(_row_losses(model, mean[None], true).mean()),
        "accuracy": accuracy(mean, true),
        "constant_guess_accuracy": constant_guess_accuracy(true, true),
        "classes": model.schema.classes,
        "confusion": tuple(map(tuple, confusion_matrix(mean, true).tolist())),
    }


def _value_figures(losses: Sequence[float], mean: FloatArray, true: Y) -> dict[str, Any]:
    with np.errstate(over="ignore", invalid="ignore"):
        loss = mean_squared_error(mean, true)
        explained = r2(mean, true)
    if not np.isfinite([loss, *losses]).all():
        wanted = "must keep the squared error finite"
        raise ArgumentError("evaluate", "y", wanted, got="an error beyond 1e154")
    return {
        "loss_name": "squared_error",
        "loss": loss,
        "r2": explained if np.isfinite(explained) else None,
        "mean_absolute_error": mean_absolute_error(mean, true),
    }


def _row_losses(model: Model, block: FloatArray, true: Y) -> FloatArray:
    """Return the loss of every network in every row.

    Shapes:
        block (P, n, n_classes) or (P, n, 1), true (n, n_classes) or (n, 1) -> (P, n)
    """
    if not model.schema.classes:
        with np.errstate(over="ignore"):
            squared: FloatArray = (block[..., 0] - true[:, 0]) ** 2
        return squared
    codes = predicted_classes(true)
    p = np.take_along_axis(block, codes[None, :, None], axis=-1)[..., 0]
    least = float(np.finfo(model.parameters.dtype).smallest_normal)
    losses: FloatArray = -np.log(np.maximum(p, least))
    return losses


def _total(parts: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        total: NDArray[np.float64] = np.asarray(parts, dtype=np.float64).sum(axis=0)
    return total


def _targets(model: Model, y: ArrayLike) -> Y:
    """Return `y` one-hot (N, n_classes), or as values (N, 1)."""
    try:
        given = np.asarray(y)
    except ValueError:
        wanted = "must have rows of one length"
        raise ArgumentError("evaluate", "y", wanted, got="something else") from None
    classes = model.schema.classes
    if classes and given.ndim == 1 and given.dtype.kind in "OUT":
        return one_hot(np.array(_codes(classes, given.tolist()), np.int64), len(classes))
    if given.dtype.kind not in "biuf":
        wanted = "must be a table of numbers, or names of classes"
        raise ArgumentError("evaluate", "y", wanted, got=f"an array of {given.dtype}")
    array = given.astype(np.float64)
    array = array[:, None] if array.ndim == 1 else array
    widths = {model.schema.n_outputs, len(classes)} - {0} if classes else {1}
    if array.ndim != 2 or array.shape[1] not in widths:
        told = " or ".join(f"(N, {width})" for width in sorted(widths))
        raise ArgumentError("evaluate", "y", f"must have shape {told}", got=np.shape(y))
    if not np.isfinite(array).all():
        raise ArgumentError("evaluate", "y", "must be finite", got="infinity or NaN")
    return _one_hot(array) if classes else array


def _one_hot(array: Y) -> Y:
    if array.shape[1] == 1:
        array = np.concatenate([1.0 - array, array], axis=1)
    fits = ((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all()
    if not fits:
        wanted = "must be 0 and 1, with one 1 a row where there are several columns"
        raise ArgumentError("evaluate", "y", wanted, got="other values")
    return array


def _codes(classes: Sequence[str], names: Sequence[object]) -> list[int]:
    place = {name: i for i, name in enumerate(classes)}
    for row, name in enumerate(names):
        if not isinstance(name, str) or name not in place:
            wanted = f"must hold classes of the model, {', '.join(map(repr, classes[:10]))}"
            cure = did_you_mean(str(name), classes)
            raise ArgumentError("evaluate", "y", wanted, got=f"{name!r} in row {row}", cure=cure)
    return [place[str(name)] for name in names]


def _check_rows(n_rows: int, n_targets: int) -> None:
    if n_rows == 0:
        raise ArgumentError("evaluate", "x", "must have at least one row", got=0)
    if n_rows != n_targets:
        wanted = f"must have N={n_rows} rows from `x`"
        raise ArgumentError("evaluate", "y", wanted, got=n_targets)
