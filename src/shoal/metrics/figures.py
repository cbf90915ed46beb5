"""Figures of one network on N rows: accuracy, confusion, errors and log losses.

Outputs and targets have the shape (N, C). Classification with one output means two classes,
the output being the probability of class 1; with several outputs each is a class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.errors import ArgumentError
from shoal.shapes import check_shapes

Classes = NDArray[np.int64]
"""Class numbers from 0, (N,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """An entry of `METRICS`.

    Attributes:
        name: the name in documents.
        function: ``function(outputs, y) -> number``.
        kind: what it can be asked of.
        more_is_better: whether larger is better.
    """

    name: str
    function: Callable[[ArrayLike, ArrayLike], float]
    kind: Literal["classification", "regression"]
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
        raise ArgumentError("predicted_classes", "outputs", wanted, got=array.shape)
    if array.shape[-1] == 1:
        return np.asarray(array[..., 0] > 0.5, dtype=np.int64)
    return np.asarray(array.argmax(axis=-1), dtype=np.int64)


def accuracy(outputs: ArrayLike, y: ArrayLike) -> float:
    """Return the share of rows whose predicted class is the true one.

    Args:
        outputs: probabilities, or anything that orders the classes.
        y: 0 or 1 for one output; for several a row of 0 with a 1 at the true class.

    Shapes:
        outputs, y (N, C)

    Units:
        0 to 1.

    Raises:
        ArgumentError: the shapes differ, or there is no row.

    Example:
        >>> accuracy([[0.2], [0.9], [0.5]], [[0], [1], [1]])
        0.6666666666666666
    """
    predicted, true = _pair("accuracy", outputs, y)
    return float((predicted_classes(predicted) == predicted_classes(true)).mean())


def confusion_matrix(outputs: ArrayLike, y: ArrayLike) -> NDArray[np.int64]:
    """Count the rows of every true class (down) by their predicted class (across).

    Shapes:
        outputs, y (N, C) -> (C, C); (2, 2) for one output

    Raises:
        ArgumentError: the shapes differ, or there is no row.

    Example:
        >>> confusion_matrix([[0.2], [0.9], [0.5]], [[0], [1], [1]])
        array([[1, 0],
               [1, 1]])
    """
    predicted, true = _pair("confusion_matrix", outputs, y)
    n_classes = max(2, predicted.shape[1])
    cell = predicted_classes(true) * n_classes + predicted_classes(predicted)
    counts = np.bincount(cell, minlength=n_classes * n_classes).astype(np.int64)
    return counts.reshape(n_classes, n_classes)


def mean_squared_error(outputs: ArrayLike, y: ArrayLike) -> float:
    """Return the mean over rows and outputs of ``(outputs - y)^2``, without a factor 1/2.

    Shapes:
        outputs, y (N, C)

    Example:
        >>> mean_squared_error([[1.0], [4.0]], [[0.0], [2.0]])
        2.5
    """
    predicted, true = _pair("mean_squared_error", outputs, y)
    return float(((predicted - true) ** 2).mean())


def mean_absolute_error(outputs: ArrayLike, y: ArrayLike) -> float:
    """Return the mean over rows and outputs of ``|outputs - y|``.

    Shapes:
        outputs, y (N, C)

    Example:
        >>> mean_absolute_error([[1.0], [4.0]], [[0.0], [2.0]])
        1.5
    """
    predicted, true = _pair("mean_absolute_error", outputs, y)
    return float(np.abs(predicted - true).mean())


def r2(outputs: ArrayLike, y: ArrayLike) -> float:
    """Return the share of the variance of `y` that is explained, the mean over the outputs.

    ``1 - sum (y - outputs)^2 / sum (y - mean(y))^2``: 1 is perfect, 0 as good as always
    giving the mean, below 0 worse. NaN if a target does not vary, where it has no meaning.

    Shapes:
        outputs, y (N, C)

    Example:
        >>> r2([[1.0], [2.0], [4.0]], [[1.0], [2.0], [3.0]])
        0.5
    """
    predicted, true = _pair("r2", outputs, y)
    varies = bool((true != true[0]).any(axis=0).all())
    if not varies:
        return float("nan")
    left_over = ((true - predicted) ** 2).sum(axis=0)
    total = ((true - true.mean(axis=0)) ** 2).sum(axis=0)
    return float((1 - left_over / total).mean())


def binary_log_loss(outputs: ArrayLike, y: ArrayLike) -> float:
    """Return the mean of ``-y log(p) - (1 - y) log(1 - p)`` over rows and outputs.

    From probabilities; nothing is clipped, so being certain and wrong gives infinity. In
    training the loss comes from the weighted sums, where that does not happen.

    Shapes:
        outputs, y (N, C)

    Units:
        Natural log.

    Raises:
        ArgumentError: the shapes differ, or an output is not from 0 to 1.

    Example:
        >>> print(round(binary_log_loss([[0.5], [0.5]], [[0.0], [1.0]]), 4))
        0.6931
    """
    p, true = _pair("binary_log_loss", outputs, y)
    _check_probabilities("binary_log_loss", p)
    return float((_times_log(true, p) + _times_log(1 - true, 1 - p)).mean())


def categorical_log_loss(outputs: ArrayLike, y: ArrayLike) -> float:
    """Return the mean over the rows of ``-sum(y log(p))``.

    From probabilities; nothing is clipped, so being certain and wrong gives infinity.

    Shapes:
        outputs, y (N, C)

    Units:
        Natural log.

    Raises:
        ArgumentError: the shapes differ, or an output is not from 0 to 1.

    Example:
        >>> print(round(categorical_log_loss([[0.25, 0.75]], [[0.0, 1.0]]), 4))
        0.2877
    """
    p, true = _pair("categorical_log_loss", outputs, y)
    _check_probabilities("categorical_log_loss", p)
    return float(_times_log(true, p).sum(axis=1).mean())


def constant_guess_accuracy(y_train: ArrayLike, y_validation: ArrayLike) -> float:
    """Return the accuracy of always saying the most frequent class of the training rows.

    What a network must beat to have learned anything. Of equally frequent classes the first
    is said.

    Shapes:
        y_train (N, C), y_validation (M, C)

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
        _check_not_empty(where, name, array)
    guess = np.bincount(predicted_classes(train)).argmax()
    return float((predicted_classes(validation) == guess).mean())


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


def _pair(
    where: str, outputs: ArrayLike, y: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    predicted = np.asarray(outputs, dtype=np.float64)
    true = np.asarray(y, dtype=np.float64)
    check_shapes(where, "outputs (N, C), y (N, C)", outputs=predicted, y=true)
    _check_not_empty(where, "outputs", predicted)
    return predicted, true


def _check_not_empty(where: str, name: str, array: NDArray[np.float64]) -> None:
    if array.size == 0:
        raise ArgumentError(where, name, "must have at least one row and output", got=array.shape)


def _check_probabilities(where: str, p: NDArray[np.float64]) -> None:
    outside = (p < 0) | (p > 1)
    if outside.any():
        got = float(p[outside][0])
        raise ArgumentError(where, "outputs", "must be probabilities, 0 to 1", got=got)


def _times_log(share: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``-share log(p)``, 0 where the share is 0 whatever p is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = share * -np.log(p)
    # NaN in p is kept: only 0 * log 0 is 0
    return np.where((share == 0) & (p == 0), 0.0, terms)
