"""How much rows count: weights of samples and of classes, checked and brought to scale.

Figures take the weights as they are, since they are means ``sum(w f) / sum(w)``; gradients
take `row_emphasis`, whose sample weights have mean 1 over the training rows, so that a
learning rate means the same with and without weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from shoal import _core
from shoal.data.dataset import Dataset, FloatArray, IndexArray
from shoal.data.recipe import class_indices, target_indices
from shoal.data.scaling import LARGEST
from shoal.data.wording import listing, show
from shoal.errors import ArgumentError, DataError, did_you_mean

ClassWeight = Literal["balanced"] | Mapping[str, float]
"""What a document says in `training.class_weight`."""


def check_weights(where: str, weights: Any, n_rows: int, name: str = "weights") -> FloatArray:
    """Return weights given in Python as numbers, (N,), once they are known to be usable.

    Raises:
        ArgumentError: another length than the rows; NaN, infinite or negative; or all zero.

    Example:
        >>> check_weights("evaluate", [1, 2], 2)
        array([1., 2.])
    """
    try:
        array: FloatArray = np.asarray(weights, np.float64)
    except (TypeError, ValueError):
        got = f"something else ({type(weights).__name__})"
        raise ArgumentError(
            where, name, "must be an array of numbers", got=got, code="A101"
        ) from None
    if array.shape != (n_rows,):
        wanted = f"must have shape (N,) with N={n_rows}, a weight for every row"
        raise ArgumentError(where, name, wanted, got=array.shape, code="A104")
    wrong = np.flatnonzero(~((array >= 0) & (array <= LARGEST)))
    if len(wrong):
        row = int(wrong[0])
        got = f"{array[row]:g} in row {row}"
        raise ArgumentError(
            where, name, f"must be numbers from 0 to {LARGEST:g}", got=got, code="A102"
        )
    if not array.any():
        raise ArgumentError(where, name, "must not all be 0", got=f"{n_rows} zeros", code="A106")
    return array


def row_weights(dataset: Dataset, rows: IndexArray, part: str) -> FloatArray | None:
    """Return the sample weights of some rows as figures take them, (n,); None: all alike.

    Args:
        dataset: the rows with their weights.
        rows: which of them.
        part: what they are for, such as "training", for the message.

    Raises:
        DataError: there are rows, and every one of them has weight 0.
    """
    if dataset.weights is None or not len(rows):
        return None
    weights = dataset.weights[rows]
    if not weights.any():
        raise DataError(
            f"every one of the {len(rows):,} {part} rows has weight 0.",
            source=dataset.source,
            column=dataset.schema.weights,
            cure="Give more rows, or another share of them for each part.",
            code="D116",
        )
    return np.asarray(weights, dtype=np.float64)


def row_emphasis(
    dataset: Dataset, rows: IndexArray, class_weight: ClassWeight | None
) -> FloatArray | None:
    """Return how much training rows count in gradients, (n,); None: all alike.

    ``w_r / mean(w) * c_k`` with the sample weights w of the training rows and the factor c_k
    of the row's class; see `class_weights`.

    Args:
        dataset: all rows.
        rows: the training rows.
        class_weight: `training.class_weight` of the document.

    Raises:
        DataError: all weights are 0, there are no classes, or `class_weight` does not fit them.
    """
    weights = row_weights(dataset, rows, "training")
    emphasis = None if weights is None else _with_mean_1(weights)
    if class_weight is None:
        return emphasis
    schema = dataset.schema
    if schema.kind != "classification":
        many = schema.kind == "multilabel"
        got = "there are several labels" if many else "the target is a number"
        told = f"class_weight is for one target of several classes, but {got}."
        cure = "Leave class_weight out."
        raise DataError(told, source=dataset.source, column=schema.target, cure=cure, code="D116")
    try:
        factors = class_weights(dataset.y[rows], class_weight, schema.classes, weights)
    except ArgumentError as error:
        told = f"class_weight {error.requirement}; got {error.got}."
        raise DataError(
            told, source=dataset.source, column=schema.target, cure=error.cure, code="D116"
        ) from None
    each: FloatArray = factors[class_indices(dataset)[rows]]
    return each if emphasis is None else emphasis * each


def class_weights(
    y: FloatArray,
    setting: ClassWeight,
    classes: Sequence[str],
    weights: FloatArray | None = None,
) -> FloatArray:
    """Return the factor of every class.

    "balanced" gives class k the factor ``sum(w) / (C * sum(w of its rows))``, so that all
    classes count alike in sum; with equal weights that is n / (C * n_k). A mapping gives
    factors by name; classes that are not named have factor 1.

    Args:
        y: targets of the training rows, 0 and 1 for two classes, one-hot for more.
        setting: "balanced", or a mapping from class names to factors.
        classes: their names, in the order of the outputs.
        weights: of the rows; None: all alike.

    Shapes:
        y (N, 1) or (N, C), weights (N,) -> (C,)

    Raises:
        ArgumentError: a name is not a class, or a factor is not above 0 and finite.

    Source:
        King and Zeng, "Logistic Regression in Rare Events Data" (2001), by way of
        scikit-learn's `compute_class_weight`. A class without rows gets 1; there it is an
        error.

    Example:
        >>> class_weights(np.array([[0.0], [1.0], [1.0], [1.0]]), "balanced", ["no", "yes"])
        array([2.        , 0.66666667])
    """
    where, n_classes = "class_weights", len(classes)
    if setting == "balanced":
        counts = np.bincount(target_indices(y), weights, minlength=n_classes)
        total = float(counts.sum())
        return np.array([total / (n_classes * n) if n else 1.0 for n in counts.tolist()])
    if isinstance(setting, str):
        wanted = 'must be "balanced" or a factor for each class'
        raise ArgumentError(where, "setting", wanted, got=repr(setting), code="A103")
    for name, factor in setting.items():
        if name not in classes:
            wanted = f"must name classes of {listing(classes)}"
            cure = did_you_mean(name, classes)
            raise ArgumentError(where, "setting", wanted, got=show(name), cure=cure, code="A103")
        if not 0 < factor < math.inf:
            wanted = "must give factors above 0"
            raise ArgumentError(
                where, "setting", wanted, got=f"{factor:g} for {show(name)}", code="A102"
            )
    return np.array([float(setting.get(name, 1.0)) for name in classes])


def _with_mean_1(weights: FloatArray) -> FloatArray:
    """Return weights over their mean, in index order: NumPy's own sum changes with the CPU."""
    shares = weights / weights.max()  # so that nothing is too small or too large to add
    mean, _ = _core.column_moments(np.ascontiguousarray(shares[:, np.newaxis]))
    return np.asarray(shares / float(mean[0]), dtype=np.float64)
