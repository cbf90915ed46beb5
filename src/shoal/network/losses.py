"""Losses: how wrong a row's outputs are, and how that changes with the last weighted sums.

Each loss gives one number a row and its derivative by z, the weighted sums of the last
layer. Both come from z where that is more exact than going through the outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import numpy as np

from shoal.fields import NameIn
from shoal.network.arrays import FloatArray
from shoal.network.layers import Dense

if TYPE_CHECKING:
    from shoal.network.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A loss.

    Attributes:
        name: the name in documents.
        rows: ``rows(z, a, y) -> loss`` of every row.
        delta: ``delta(layer, z, a, y) -> dLoss_row/dz``, with the last layer.
        activation: the activation it needs in the last layer; None if any will do.
        min_outputs: how many outputs it needs at least.

    Shapes:
        z, a (..., N, C), y (N, C) -> rows (..., N), delta (..., N, C)

    Units:
        Natural logarithms; every row counts once, and the caller takes mean or sum.
    """

    name: str
    rows: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
    delta: Callable[[Dense, FloatArray, FloatArray, FloatArray], FloatArray]
    activation: str | None = None
    min_outputs: int = 1


def binary_crossentropy(z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    """Return the mean over the outputs of ``-y log(a) - (1 - y) log(1 - a)``, a = sigmoid(z).

    Computed as ``max(z, 0) - y z + log1p(exp(-|z|))``, which stays exact where a rounds to
    0 or 1.

    Shapes:
        z, a (..., N, C), y (N, C) -> (..., N)

    Units:
        Mean over the C outputs, natural log.

    Example:
        >>> binary_crossentropy(np.array([[-1000.0]]), np.array([[0.0]]), np.array([[1.0]]))
        array([1000.])
    """
    each = np.maximum(z, 0.0) - y * z + np.log1p(np.exp(-np.abs(z)))
    return _mean_over_outputs(each)


def categorical_crossentropy(z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    """Return ``-sum(y log(a))`` over the outputs, a = softmax(z), each row of y summing to 1.

    Computed as ``log(sum(exp(s))) - sum(y s)`` with s = z - max(z).

    Shapes:
        z, a (..., N, C), y (N, C) -> (..., N)

    Units:
        Sum over the C outputs, natural log.

    Example:
        >>> row = np.zeros((1, 2))
        >>> print(categorical_crossentropy(row, row + 0.5, np.array([[0.0, 1.0]])).round(4))
        [0.6931]
    """
    s = z - z.max(axis=-1, keepdims=True)
    rows: FloatArray = np.log(np.exp(s).sum(axis=-1)) - (y * s).sum(axis=-1)
    return rows


def squared_error(z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    """Return the mean over the outputs of ``(a - y)^2``.

    Shapes:
        z, a (..., N, C), y (N, C) -> (..., N)

    Units:
        Mean over the C outputs, without a factor 1/2.

    Example:
        >>> a = np.array([[1.0, 4.0]])
        >>> squared_error(a, a, np.array([[0.0, 2.0]]))
        array([2.5])
    """
    return _mean_over_outputs((a - y) ** 2)


def _mean_over_outputs(each: FloatArray) -> FloatArray:
    rows: FloatArray = each.sum(axis=-1) / each.shape[-1]
    return rows


def _binary_delta(layer: Dense, z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    delta: FloatArray = (a - y) / a.shape[-1]
    return delta


def _categorical_delta(layer: Dense, z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    # a sum(y) - y in general; every row of y sums to 1
    delta: FloatArray = a - y
    return delta


def _squared_delta(layer: Dense, z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    d_a = 2 * (a - y) / a.shape[-1]
    return layer.function.pullback(z, a, d_a, **layer.settings)


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            Loss(
                name="binary_crossentropy",
                rows=binary_crossentropy,
                delta=_binary_delta,
                activation="sigmoid",
            ),
            Loss(
                name="categorical_crossentropy",
                rows=categorical_crossentropy,
                delta=_categorical_delta,
                activation="softmax",
                min_outputs=2,
            ),
            Loss(name="squared_error", rows=squared_error, delta=_squared_delta),
        )
    }
)
"""Every loss, by name."""

LossName = Annotated[str, NameIn("loss", LOSSES)]
"""The type of a document field that names a loss."""


def check_fit(network: Network, loss: str) -> str | None:
    """Return why the layers do not fit the loss, or None if they do.

    Example:
        >>> from shoal.network import Dense, Network
        >>> check_fit(Network([Dense(1, "tanh")]), "binary_crossentropy")
        'binary_crossentropy needs "sigmoid" in the last layer; got "tanh"'
    """
    if loss not in LOSSES:
        return f"unknown loss '{loss}'; known are {', '.join(LOSSES)}"
    entry, last = LOSSES[loss], network.layers[-1]
    if entry.activation not in (None, last.activation):
        return f'{loss} needs "{entry.activation}" in the last layer; got "{last.activation}"'
    if last.units < entry.min_outputs:
        return (
            f"{loss} needs at least {entry.min_outputs} units in the last layer; got {last.units}"
        )
    for i, layer in enumerate(network.layers, 1):
        if layer.activation == "softmax" and layer.units == 1:
            return f'"softmax" needs at least 2 units, one alone is always 1; got 1 in layer {i}'
        if layer.activation == "step" and loss != "squared_error":
            return f'"step" fits only squared_error; got {loss} with "step" in layer {i}'
    return None
