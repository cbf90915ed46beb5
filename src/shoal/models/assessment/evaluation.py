"""How good a model is on rows with known targets: the ensemble, and each of its networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.data.dataset import Schema
from shoal.errors import ArgumentError
from shoal.metrics import (
    accuracy,
    confusion_matrix,
    constant_guess_accuracy,
    hamming_loss,
    mean_absolute_error,
    mean_squared_error,
    r2,
    subset_accuracy,
)
from shoal.models.assessment.rows import Judge, JudgedRows
from shoal.models.inputs import Inputs
from shoal.models.model import Model
from shoal.network import FloatArray
from shoal.records import Record

Y = NDArray[np.float64]
Confusion = tuple[tuple[int | float, ...], ...]


class LabelFigures(Record):
    """Figures of one label of several, of the ensemble.

    Attributes:
        name: the target's column.
        classes: what 0 and 1 are called.
        loss: mean crossentropy of this label.
        accuracy: share of rows with this label right.
        constant_guess_accuracy: that of always saying the more frequent of the two.
        confusion: rows of the true class (down) by the predicted one (across).
    """

    name: str
    classes: tuple[str, str]
    loss: float
    accuracy: float
    constant_guess_accuracy: float
    confusion: Confusion


class TargetFigures(Record):
    """Figures of one number of several, of the ensemble, in the target's own units.

    Attributes:
        name: the target's column.
        mean_squared_error: without a factor 1/2.
        mean_absolute_error: the mean of the absolute errors.
        r2: share of the variance that is explained; None where the target does not vary.
    """

    name: str
    mean_squared_error: float
    mean_absolute_error: float
    r2: float | None = None


class Evaluation(Record):
    """Figures of a model on N rows.

    The ensemble's come from the mean over the networks, which is what `Model.predict` uses.

    Attributes:
        n_rows: N.
        n_networks: P.
        weighted: whether rows counted by weights; then every mean is ``sum(w f) / sum(w)``.
        loss_name: "crossentropy" for classes, "squared_error" for numbers; whatever loss the
            networks were trained with.
        loss: of the ensemble.
        accuracy: share of rows with the right class, or with every label right; None for
            numbers.
        constant_guess_accuracy: that of always saying the most frequent class of these rows,
            or the most frequent set of labels.
        classes: names of the classes, or None.
        confusion: rows of every true class (down) by their predicted class (across), or None;
            with weights the sums of their weights.
        hamming_loss: share of labels that are wrong, or None where there are none.
        labels: figures of each of several labels, else empty.
        r2: share of the variance that is explained, the mean over the targets; None for
            classes, and where a target does not vary.
        mean_squared_error: in the square of the target's units, or None for classes.
        mean_absolute_error: in the target's units, or None for classes.
        targets: figures of each of several numbers, else empty.
        network_losses: the loss of every network alone, (P,).
        network_accuracies: the accuracy of every network alone, (P,), or None.

    Units:
        Crossentropy: mean over the rows of ``-log(p of the true class)``, natural log, and over
        the labels where there are several. From the weighted sums where the last layer is
        sigmoid or softmax, so it equals the figure of a run with that loss; for any other
        layer p is at least the smallest normal number of the precision (1.2e-38 for float32,
        so no row counts more than 87.34). Squared error: mean over rows and targets, without
        a factor 1/2.
    """

    n_rows: int
    n_networks: int
    weighted: bool = False
    loss_name: str
    loss: float
    accuracy: float | None = None
    constant_guess_accuracy: float | None = None
    classes: tuple[str, ...] | None = None
    confusion: Confusion | None = None
    hamming_loss: float | None = None
    labels: tuple[LabelFigures, ...] = ()
    r2: float | None = None
    mean_squared_error: float | None = None
    mean_absolute_error: float | None = None
    targets: tuple[TargetFigures, ...] = ()
    network_losses: tuple[float, ...]
    network_accuracies: tuple[float, ...] | None = None


def evaluate(
    model: Model,
    x: Inputs | Any,
    y: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    threads: int | None = None,
) -> Evaluation:
    """Return how good a model is on rows with known targets.

    Args:
        model: the model.
        x: as for `Model.predict`.
        y: as `encode_targets` gives it: one column of 0 and 1 for two classes, one-hot for
            more, a column of 0 and 1 for every label, values for numbers; or one dimension
            with names of classes or values.
        weights: how much every row counts; None: all alike.
        threads: None for as many as there are.

    Shapes:
        x (N, D), y (N, C) or (N,), weights (N,), N at least 1

    Raises:
        ArgumentError: `x`, `y` or `weights` do not fit the model or each other, or the squared
            error is beyond the largest number.
        DataError: as for `Model.predict`.
    """
    judge = Judge(model=model, threads=threads)
    judge.add(x, y, weights)
    return evaluation_of(judge.rows())


def evaluation_of(rows: JudgedRows) -> Evaluation:
    """Return the figures of rows that were judged.

    Raises:
        ArgumentError: the squared error is beyond the largest number.
    """
    return Evaluation(
        n_rows=rows.n_rows,
        n_networks=len(rows.network_losses),
        weighted=rows.weights is not None,
        **_figures_of(rows),
        network_losses=rows.network_losses,
        network_accuracies=rows.network_accuracies,
    )


def _figures_of(rows: JudgedRows) -> dict[str, Any]:
    schema, mean, true, counts = rows.schema, rows.said, rows.true, rows.weights
    if schema.is_regression or rows.losses is None:
        return _value_figures(schema, rows.network_losses, mean, true, counts)
    if schema.kind == "multilabel":
        return _label_figures(schema, rows.losses, mean, true, counts)
    return {
        "loss_name": "crossentropy",
        "loss": float(np.average(rows.losses, weights=counts)),
        "accuracy": accuracy(mean, true, counts),
        "constant_guess_accuracy": constant_guess_accuracy(
            true, true, weights_train=counts, weights_validation=counts
        ),
        "classes": schema.classes,
        "confusion": _confusion(mean, true, counts),
    }


def _label_figures(
    schema: Schema, each: FloatArray, mean: FloatArray, true: Y, counts: Y | None
) -> dict[str, Any]:
    """Return the figures of several labels, together and one by one; each (N, L)."""
    labels = []
    for i, (name, pair) in enumerate(zip(schema.targets, schema.label_classes, strict=True)):
        said, is_true = mean[:, i : i + 1], true[:, i : i + 1]
        labels.append(
            LabelFigures(
                name=name,
                classes=pair,
                loss=float(np.average(each[:, i], weights=counts)),
                accuracy=accuracy(said, is_true, counts),
                constant_guess_accuracy=constant_guess_accuracy(
                    is_true, is_true, weights_train=counts, weights_validation=counts
                ),
                confusion=_confusion(said, is_true, counts),
            )
        )
    return {
        "loss_name": "crossentropy",
        "loss": float(np.average(each.mean(axis=1), weights=counts)),
        "accuracy": subset_accuracy(mean, true, counts),
        "constant_guess_accuracy": constant_guess_accuracy(
            true, true, weights_train=counts, weights_validation=counts, labels=True
        ),
        "hamming_loss": hamming_loss(mean, true, counts),
        "labels": tuple(labels),
    }


def _value_figures(
    schema: Schema, losses: Sequence[float], mean: FloatArray, true: Y, counts: Y | None
) -> dict[str, Any]:
    with np.errstate(over="ignore", invalid="ignore"):
        loss = mean_squared_error(mean, true, counts)
    if not np.isfinite([loss, *losses]).all():
        wanted = "must keep the squared error finite"
        raise ArgumentError("evaluate", "y", wanted, got="an error beyond 1e154", code="A105")
    each = [
        TargetFigures(
            name=name,
            mean_squared_error=mean_squared_error(mean[:, i : i + 1], true[:, i : i + 1], counts),
            mean_absolute_error=mean_absolute_error(mean[:, i : i + 1], true[:, i : i + 1], counts),
            r2=_explained(mean[:, i : i + 1], true[:, i : i + 1], counts),
        )
        for i, name in enumerate(schema.targets)
    ]
    return {
        "loss_name": "squared_error",
        "loss": loss,
        "r2": _explained(mean, true, counts),
        "mean_squared_error": loss,
        "mean_absolute_error": mean_absolute_error(mean, true, counts),
        "targets": tuple(each) if len(each) > 1 else (),
    }


def _explained(mean: FloatArray, true: Y, counts: Y | None) -> float | None:
    with np.errstate(over="ignore", invalid="ignore"):
        explained = r2(mean, true, counts)
    return explained if np.isfinite(explained) else None


def _confusion(said: FloatArray, true: Y, counts: Y | None) -> Confusion:
    return tuple(map(tuple, confusion_matrix(said, true, counts).tolist()))
