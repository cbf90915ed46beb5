"""Losses: how wrong a row's outputs are, and how that changes with the last weighted sums.

Each loss gives one number a row and its derivative by z, the weighted sums of the last
layer. Both come from z where that is more exact than going through the outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal, cast

import numpy as np
from pydantic import Field, WrapValidator

from shoal.fields import NUMBER, NamedRecord, NameIn, RecordIn, positional
from shoal.network.arrays import FloatArray
from shoal.network.layers import Dense

if TYPE_CHECKING:
    from shoal.network.network import Network

Kind = Literal["classification", "regression"]
PlainName = Literal[
    "binary_crossentropy", "categorical_crossentropy", "squared_error", "absolute_error",
    "hinge", "poisson",
]  # fmt: skip


class PlainLoss(NamedRecord):
    """A loss without settings; documents hold its bare name."""

    name: PlainName

    @positional
    def __init__(self, name: str) -> None: ...


class Huber(NamedRecord):
    """Squared error near the target, absolute error beyond `delta`: see `huber`.

    Args:
        delta: the error at which the loss turns from square to straight, in the target's scaled
            units.
    """

    name: Literal["huber"] = "huber"
    delta: Annotated[float, Field(strict=True, gt=0), NUMBER] = 1.0

    @positional
    def __init__(self, delta: float = 1.0, *, name: str = "huber") -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A loss.

    Attributes:
        name: the name in documents.
        rows: ``rows(z, a, y, **settings) -> loss`` of every row.
        delta: ``delta(layer, z, a, y, **settings) -> dLoss_row/dz``, with the last layer.
        activation: the activation it needs in the last layer; None if any will do.
        min_outputs: how many outputs it needs at least.
        threshold: a single output above it means yes.
        kind: the kind of target it is for; None for both.
        record: the class with its settings.
        settings: its settings and their defaults.

    Shapes:
        z, a (..., N, C), y (N, C) -> rows (..., N), delta (..., N, C)

    Units:
        Natural logarithms; every row counts once, and the caller takes mean or sum.
    """

    name: str
    rows: Callable[..., FloatArray]
    delta: Callable[..., FloatArray]
    activation: str | None = None
    min_outputs: int = 1
    threshold: float = 0.5
    kind: Kind | None = None
    record: type[NamedRecord] = PlainLoss
    settings: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


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


def absolute_error(z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    """Return the mean over the outputs of ``|a - y|``; its slope at 0 is taken as 0.

    Shapes:
        z, a (..., N, C), y (N, C) -> (..., N)

    Units:
        Mean over the C outputs.

    Example:
        >>> a = np.array([[1.0, 4.0]])
        >>> absolute_error(a, a, np.array([[0.0, 6.0]]))
        array([1.5])
    """
    return _mean_over_outputs(np.abs(a - y))


def huber(z: FloatArray, a: FloatArray, y: FloatArray, delta: float = 1.0) -> FloatArray:
    """Return the mean over the outputs of Huber's loss of ``e = a - y``.

    It is ``e^2 / 2`` for ``|e| <= delta``, else ``delta (|e| - delta / 2)``: a target far off
    pulls no harder than one at a distance of delta.

    Shapes:
        z, a (..., N, C), y (N, C) -> (..., N)

    Units:
        Mean over the C outputs, with the factor 1/2 inside delta.

    Source:
        Huber, "Robust estimation of a location parameter" (1964).

    Example:
        >>> a = np.array([[0.5, 3.0]])
        >>> huber(a, a, np.array([[0.0, 0.0]]))  # (0.125 + 2.5) / 2
        array([1.3125])
    """
    e = np.abs(a - y)
    return _mean_over_outputs(np.where(e <= delta, 0.5 * e * e, delta * (e - 0.5 * delta)))


def hinge(z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    """Return the mean over the outputs of ``max(0, 1 - t a)`` with ``t = 2 y - 1``.

    Labels 0 and 1 count as -1 and +1, and an output above 0 means yes. With several outputs
    each tells its class from the rest, and the largest decides. The slope at the kink is
    taken as 0.

    Shapes:
        z, a (..., N, C), y (N, C) -> (..., N)

    Units:
        Mean over the C outputs.

    Source:
        Cortes, Vapnik, "Support-vector networks" (1995), without the penalty on the weights.

    Example:
        >>> a = np.array([[0.25, 3.0]])
        >>> hinge(a, a, np.array([[0.0, 1.0]]))  # (1 + 0.25) / 2
        array([0.625])
    """
    return _mean_over_outputs(np.maximum(1 - (2 * y - 1) * a, 0.0))


def poisson(z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    """Return the mean over the outputs of ``exp(z) - y z``, for counts of 0 or more.

    It is the negative log of Poisson's probability of y with mean a = exp(z), without
    ``log(y!)``, which no weight changes.

    Shapes:
        z, a (..., N, C), y (N, C) -> (..., N)

    Units:
        Mean over the C outputs, natural log.

    Example:
        >>> print(poisson(np.zeros((1, 1)), np.ones((1, 1)), np.array([[3.0]])))
        [1.]
    """
    return _mean_over_outputs(a - y * z)


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


def _through(slope: Callable[..., FloatArray]) -> Callable[..., FloatArray]:
    """Return the delta of a loss that is a mean over the outputs of something with a slope."""

    def delta(
        layer: Dense, z: FloatArray, a: FloatArray, y: FloatArray, **settings: float
    ) -> FloatArray:
        d_a = slope(a, y, **settings) / a.shape[-1]
        return layer.function.pullback(z, a, d_a, **layer.settings)

    return delta


def _squared_slope(a: FloatArray, y: FloatArray) -> FloatArray:
    slope: FloatArray = 2 * (a - y)
    return slope


def _absolute_slope(a: FloatArray, y: FloatArray) -> FloatArray:
    return np.sign(a - y)


def _huber_slope(a: FloatArray, y: FloatArray, delta: float) -> FloatArray:
    return np.clip(a - y, -delta, delta)


def _hinge_slope(a: FloatArray, y: FloatArray) -> FloatArray:
    t = 2 * y - 1
    return np.where(t * a < 1, -t, np.zeros_like(a))


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            Loss(
                name="binary_crossentropy",
                rows=binary_crossentropy,
                delta=_binary_delta,
                activation="sigmoid",
                kind="classification",
            ),
            Loss(
                name="categorical_crossentropy",
                rows=categorical_crossentropy,
                delta=_categorical_delta,
                activation="softmax",
                min_outputs=2,
                kind="classification",
            ),
            Loss(name="squared_error", rows=squared_error, delta=_through(_squared_slope)),
            Loss(name="absolute_error", rows=absolute_error, delta=_through(_absolute_slope)),
            Loss(
                name="huber",
                rows=huber,
                delta=_through(_huber_slope),
                record=Huber,
                settings=MappingProxyType({"delta": 1.0}),
            ),
            Loss(
                name="hinge",
                rows=hinge,
                delta=_through(_hinge_slope),
                threshold=0.0,
                kind="classification",
            ),
            Loss(
                name="poisson",
                rows=poisson,
                delta=_binary_delta,
                activation="exponential",
                kind="regression",
            ),
        )
    }
)
"""Every loss, by name."""

LossName = Annotated[str, NameIn("loss", LOSSES)]
"""The type of a document field that names a loss."""
_CHOICE = RecordIn("loss", LOSSES)


def _choose_loss(value: object, _union: object) -> str | Huber:
    record = cast(NamedRecord, _CHOICE.choose(value))
    return record if isinstance(record, Huber) else record.name


LossChoice = Annotated[
    str | Huber,
    WrapValidator(_choose_loss, json_schema_input_type=LossName | PlainLoss | Huber),
]
"""The type of a document field that holds a loss: its name, or a record if it has settings."""


def loss_name(loss: str | Huber) -> str:
    """Return the name of a loss given by name or as a record."""
    return loss if isinstance(loss, str) else loss.name


def loss_settings(loss: str | Huber) -> dict[str, float]:
    """Return the settings of a loss, the defaults if it is given by name.

    Example:
        >>> loss_settings("huber"), loss_settings(Huber(0.5)), loss_settings("hinge")
        ({'delta': 1.0}, {'delta': 0.5}, {})
    """
    if isinstance(loss, str):
        return dict(LOSSES[loss].settings)
    return {name: getattr(loss, name) for name in LOSSES[loss.name].settings}


def smoothed(loss: str | Huber, y: FloatArray, smoothing: float) -> FloatArray:
    """Return targets of classes moved towards the middle by `smoothing`, 0 to 1.

    They become ``y (1 - s) + s / 2``, where the classes share a probability
    (categorical_crossentropy) ``y (1 - s) + s / C``.

    Shapes:
        y (N, C) -> (N, C)

    Source:
        Szegedy and others, "Rethinking the Inception architecture for computer vision"
        (2016), section 7.

    Example:
        >>> smoothed("categorical_crossentropy", np.array([[1.0, 0.0, 0.0, 0.0]]), 0.2)
        array([[0.85, 0.05, 0.05, 0.05]])
    """
    if smoothing == 0:
        return y
    n = y.shape[-1] if loss_name(loss) == "categorical_crossentropy" else 2
    moved: FloatArray = y * (1 - smoothing) + smoothing / n
    return moved


def check_fit(network: Network, loss: str | Huber) -> str | None:
    """Return why the layers do not fit the loss, or None if they do.

    Example:
        >>> from shoal.network import Dense, Network
        >>> check_fit(Network([Dense(1, "tanh")]), "binary_crossentropy")
        'binary_crossentropy needs "sigmoid" in the last layer; got "tanh"'
    """
    name = loss_name(loss)
    if name not in LOSSES:
        return f"unknown loss '{name}'; known are {', '.join(LOSSES)}"
    entry, last = LOSSES[name], network.layers[-1]
    if entry.activation not in (None, last.activation):
        return f'{name} needs "{entry.activation}" in the last layer; got "{last.activation}"'
    if last.units < entry.min_outputs:
        return (
            f"{name} needs at least {entry.min_outputs} units in the last layer; got {last.units}"
        )
    for i, layer in enumerate(network.layers, 1):
        if layer.activation == "softmax" and layer.units == 1:
            return f'"softmax" needs at least 2 units, one alone is always 1; got 1 in layer {i}'
    if last.activation == "step" and name != "squared_error":
        return f'"step" in the last layer fits only squared_error; got {name}'
    return None
