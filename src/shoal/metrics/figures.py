"""Figures of one network on N rows: accuracy, confusion, errors and log losses.

Outputs and targets have the shape (N, C). Classification with one output means two classes,
the output being the probability of class 1; with several outputs each is a class; with
several labels each is the probability of its label. Weights (N,) make every mean over the
rows ``sum(w f) / sum(w)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.errors import ArgumentError
from shoal.metrics.rows import check_not_empty, checked_weights, mean, pair
from shoal.shapes import check_shapes

Classes = NDArray[np.int64]
"""Class numbers from 0, (N,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """An entry of `METRICS`.

    Attributes:
        name: the name in documents.
        function: ``function(outputs, y, weights=None) -> number``.
        kind: what it can be asked of; the log losses of classes serve several labels too.
        more_is_better: whether larger is better.
    """

    name: str
    function: Callable[..., float]
    kind: Literal["classification", "multilabel", "regression"]
    more_is_better: bool


def predicted_classes(outputs: ArrayLike) -> Classes:
    """Return the class of every row.

    One output: class 1 if it is greater than 0.5; a probability of exactly 0.5 is class 0.
    Several: the largest; of equal ones the first.

    Shapes:
        outputs (..., N, C) -> (..., N)

    Example:
        >>> predicted_classes([[0.5], [0.51]]), predicted_classes([[0.4, 0.4, 0.2]])
        (array([0, 1]), array([0]))
    """
    array = np.asarray(outputs, dtype=np.float64)
    if array.ndim < 2 or array.shape[-1] == 0:
        wanted = "must have shape (..., N, C)"
        raise ArgumentError("predicted_classes", "outputs", wanted, got=array.shape, code="A104")
    if array.shape[-1] == 1:
        return np.asarray(array[..., 0] > 0.5, dtype=np.int64)
    return np.asarray(array.argmax(axis=-1), dtype=np.int64)


def accuracy(outputs: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the share of rows whose predicted class is the true one.

    Args:
        outputs: probabilities, or anything that orders the classes.
        y: 0 or 1 for one output; for several a row of 0 with a 1 at the true class.

    Shapes:
        outputs, y (N, C), weights (N,)

    Units:
        0 to 1.

    Raises:
        ArgumentError: the shapes differ, or there is no row.

    Example:
        >>> accuracy([[0.2], [0.9], [0.5]], [[0], [1], [1]])
        0.6666666666666666
    """
    predicted, true = pair("accuracy", outputs, y)
    right = predicted_classes(predicted) == predicted_classes(true)
    return mean("accuracy", right, weights)


def subset_accuracy(outputs: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the share of rows with every label right; a probability of 0.5 is a no.

    Shapes:
        outputs, y (N, L), weights (N,)

    Units:
        0 to 1.

    Raises:
        ArgumentError: the shapes differ, there is no row, or the weights are of no use.

    Example:
        >>> subset_accuracy([[0.9, 0.2], [0.9, 0.2]], [[1, 0], [1, 1]])
        0.5
    """
    predicted, true = pair("subset_accuracy", outputs, y)
    right = ((predicted > 0.5) == (true > 0.5)).all(axis=1)
    return mean("subset_accuracy", right, weights)


def hamming_loss(outputs: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the share of labels that are wrong, over rows and labels.

    Shapes:
        outputs, y (N, L), weights (N,)

    Units:
        0 to 1.

    Raises:
        ArgumentError: the shapes differ, there is no row, or the weights are of no use.

    Example:
        >>> hamming_loss([[0.9, 0.2], [0.9, 0.2]], [[1, 0], [1, 1]])
        0.25
    """
    predicted, true = pair("hamming_loss", outputs, y)
    wrong = (predicted > 0.5) != (true > 0.5)
    return mean("hamming_loss", wrong.mean(axis=1), weights)


def confusion_matrix(
    outputs: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None
) -> NDArray[np.int64] | NDArray[np.float64]:
    """Count the rows of every true class (down) by their predicted class (across).

    Shapes:
        outputs, y (N, C) -> (C, C); (2, 2) for one output

    Units:
        Rows, as whole numbers; with weights the sums of their weights.

    Raises:
        ArgumentError: the shapes differ, or there is no row.

    Example:
        >>> confusion_matrix([[0.2], [0.9], [0.5]], [[0], [1], [1]])
        array([[1, 0],
               [1, 1]])
    """
    predicted, true = pair("confusion_matrix", outputs, y)
    n_classes = max(2, predicted.shape[1])
    cell = predicted_classes(true) * n_classes + predicted_classes(predicted)
    if weights is None:
        counts = np.bincount(cell, minlength=n_classes * n_classes).astype(np.int64)
        return counts.reshape(n_classes, n_classes)
    counted = checked_weights("confusion_matrix", weights, len(true))
    sums = np.bincount(cell, counted, minlength=n_classes * n_classes)
    return sums.reshape(n_classes, n_classes)


def mean_squared_error(outputs: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the mean over rows and outputs of ``(outputs - y)^2``, without a factor 1/2.

    Shapes:
        outputs, y (N, C), weights (N,)

    Example:
        >>> mean_squared_error([[1.0], [4.0]], [[0.0], [2.0]])
        2.5
    """
    predicted, true = pair("mean_squared_error", outputs, y)
    return mean("mean_squared_error", ((predicted - true) ** 2).mean(axis=1), weights)


def mean_absolute_error(
    outputs: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """Return the mean over rows and outputs of ``|outputs - y|``.

    Shapes:
        outputs, y (N, C), weights (N,)

    Example:
        >>> mean_absolute_error([[1.0], [4.0]], [[0.0], [2.0]])
        1.5
    """
    predicted, true = pair("mean_absolute_error", outputs, y)
    return mean("mean_absolute_error", np.abs(predicted - true).mean(axis=1), weights)


def r2(outputs: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the share of the variance of `y` that is explained, the mean over the outputs.

    ``1 - sum (y - outputs)^2 / sum (y - mean(y))^2``: 1 is perfect, 0 as good as always
    giving the mean, below 0 worse. NaN if a target does not vary, where it has no meaning.

    Shapes:
        outputs, y (N, C), weights (N,)

    Example:
        >>> r2([[1.0], [2.0], [4.0]], [[1.0], [2.0], [3.0]])
        0.5
    """
    predicted, true = pair("r2", outputs, y)
    w = None if weights is None else checked_weights("r2", weights, len(true))
    if w is not None:  # rows that do not count do not vary either
        predicted, true, w = predicted[w > 0], true[w > 0], w[w > 0]
    varies = bool((true != true[0]).any(axis=0).all())
    if not varies:
        return float("nan")
    center = np.average(true, axis=0, weights=w)
    left_over = np.average((true - predicted) ** 2, axis=0, weights=w)
    total = np.average((true - center) ** 2, axis=0, weights=w)
    return float((1 - left_over / total).mean())


def binary_log_loss(outputs: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the mean of ``-y log(p) - (1 - y) log(1 - p)`` over rows and outputs.

    From probabilities; nothing is clipped, so being certain and wrong gives infinity. In
    training the loss comes from the weighted sums, where that does not happen.

    Shapes:
        outputs, y (N, C), weights (N,)

    Units:
        Natural log.

    Raises:
        ArgumentError: the shapes differ, or an output is not from 0 to 1.

    Example:
        >>> print(round(binary_log_loss([[0.5], [0.5]], [[0.0], [1.0]]), 4))
        0.6931
    """
    p, true = pair("binary_log_loss", outputs, y)
    _check_probabilities("binary_log_loss", p)
    each = _times_log(true, p) + _times_log(1 - true, 1 - p)
    return mean("binary_log_loss", each.mean(axis=1), weights)


def categorical_log_loss(
    outputs: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """Return the mean over the rows of ``-sum(y log(p))``.

    From probabilities; nothing is clipped, so being certain and wrong gives infinity.

    Shapes:
        outputs, y (N, C), weights (N,)

    Units:
        Natural log.

    Raises:
        ArgumentError: the shapes differ, or an output is not from 0 to 1.

    Example:
        >>> print(round(categorical_log_loss([[0.25, 0.75]], [[0.0, 1.0]]), 4))
        0.2877
    """
    p, true = pair("categorical_log_loss", outputs, y)
    _check_probabilities("categorical_log_loss", p)
    return mean("categorical_log_loss", _times_log(true, p).sum(axis=1), weights)


def constant_guess_accuracy(
    y_train: ArrayLike,
    y_validation: ArrayLike,
    *,
    weights_train: ArrayLike | None = None,
    weights_validation: ArrayLike | None = None,
    labels: bool = False,
) -> float:
    """Return the accuracy of always saying the most frequent class of the training rows.

    What a network must beat to have learned anything. Of equally frequent classes the first
    is said. Of several labels the most frequent row is said, all of them at once.

    Args:
        y_train: targets of the training rows.
        y_validation: targets of the rows to judge by.
        weights_train: how much the training rows count.
        weights_validation: how much the others count.
        labels: whether the columns are labels of their own.

    Shapes:
        y_train (N, C), y_validation (M, C), weights (N,) and (M,)

    Raises:
        ArgumentError: the numbers of outputs differ, or there is no row.

    Example:
        >>> constant_guess_accuracy([[0], [1], [1]], [[1], [0], [0], [0]])
        0.25
    """
    where = "constant_guess_accuracy"
    train = np.asarray(y_train, dtype=np.float64)
    validation = np.asarray(y_validation, dtype=np.float64)
    check_shapes(
        where, "y_train (N, C), y_validation (M, C)", y_train=train, y_validation=validation
    )
    for name, array in (("y_train", train), ("y_validation", validation)):
        check_not_empty(where, name, array)
    if labels:
        return _constant_labels(train, validation, weights_train, weights_validation)
    counted = None if weights_train is None else checked_weights(where, weights_train, len(train))
    guess = np.bincount(predicted_classes(train), counted).argmax()
    return mean(where, predicted_classes(validation) == guess, weights_validation)


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            Metric(name="accuracy", function=accuracy, kind="classification", more_is_better=True),
            Metric(
                name="binary_log_loss",
                function=binary_log_loss,
                kind="classification",
                more_is_better=False,
            ),
            Metric(
                name="categorical_log_loss",
                function=categorical_log_loss,
                kind="classification",
                more_is_better=False,
            ),
            Metric(
                name="subset_accuracy",
                function=subset_accuracy,
                kind="multilabel",
                more_is_better=True,
            ),
            Metric(
                name="hamming_loss",
                function=hamming_loss,
                kind="multilabel",
                more_is_better=False,
            ),
            Metric(
                name="mean_squared_error",
                function=mean_squared_error,
                kind="regression",
                more_is_better=False,
            ),
            Metric(
                name="mean_absolute_error",
                function=mean_absolute_error,
                kind="regression",
                more_is_better=False,
            ),
            Metric(name="r2", function=r2, kind="regression", more_is_better=True),
        )
    }
)
"""Every metric that is one number, by name."""


def _constant_labels(
    train: NDArray[np.float64],
    validation: NDArray[np.float64],
    weights_train: ArrayLike | None,
    weights_validation: ArrayLike | None,
) -> float:
    where = "constant_guess_accuracy"
    counted = None if weights_train is None else checked_weights(where, weights_train, len(train))
    rows, place = np.unique(train, axis=0, return_inverse=True)
    guess = rows[np.bincount(place.ravel(), counted).argmax()]
    return mean(where, (validation == guess).all(axis=1), weights_validation)


def _check_probabilities(where: str, p: NDArray[np.float64]) -> None:
    outside = (p < 0) | (p > 1)
    if outside.any():
        got = float(p[outside][0])
        raise ArgumentError(where, "outputs", "must be probabilities, 0 to 1", got=got, code="A102")


def _times_log(share: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``-share log(p)``, 0 where the share is 0 whatever p is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = share * -np.log(p)
    # NaN in p is kept: only 0 * log 0 is 0
    return np.where((share == 0) & (p == 0), 0.0, terms)
