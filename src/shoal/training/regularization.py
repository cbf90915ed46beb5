"""Regularization: what keeps weights small and networks from learning their rows by heart.

All of it acts on the way to new weights only; reported figures are those of the plain loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
from pydantic import Field, TypeAdapter, WrapValidator

from shoal.fields import NUMBER, positional
from shoal.network import Network, Parameters
from shoal.network.arrays import BoolArray, FloatArray
from shoal.records import Record

Amount = Annotated[float, Field(strict=True, ge=0), NUMBER]
Share = Annotated[float, Field(strict=True, ge=0, lt=1), NUMBER]
PerLayer = float | tuple[float, ...]
"""A number for all layers, or one for each."""


def _one_or_each(one: TypeAdapter[float], each: TypeAdapter[tuple[float, ...]]) -> WrapValidator:
    """Return a validator that checks a list as a list and all else as a number, once."""

    def check(value: object, _union: object) -> PerLayer:
        if isinstance(value, list | tuple | np.ndarray):
            return each.validate_python(tuple(value))
        return one.validate_python(value)

    return WrapValidator(check)


Amounts = Annotated[
    Amount | tuple[Amount, ...],
    _one_or_each(TypeAdapter(Amount), TypeAdapter(tuple[Amount, ...])),
]
Shares = Annotated[
    Share | tuple[Share, ...],
    _one_or_each(TypeAdapter(Share), TypeAdapter(tuple[Share, ...])),
]


class Regularization(Record):
    """What is done against overfitting; 0 is none of it.

    Args:
        l1: added to the gradient: ``l1 * sign(w)``. A number, or a list with one per layer;
            biases are left alone.
        l2: added to the gradient: ``l2 * w``, for the penalty ``l2 / 2 * sum of w^2``.
        weight_decay: weights are multiplied by ``1 - learning rate * weight_decay`` before
            each step.
        dropout: the probability with which an output of a hidden layer is set to 0 in a
            training step; the others are divided by 1 - dropout. A number, or a list with one
            per layer, 0 for the last.
        input_noise: the standard deviation of normal noise on the scaled inputs in training.
        label_smoothing: targets of classes become ``y (1 - s) + s / 2``, with
            categorical_crossentropy ``y (1 - s) + s / C``.
        max_norm: the largest length of the weights into a unit; after each step longer ones
            are scaled back. A number, or a list with one per layer.

    Source:
        Loshchilov and Hutter, "Decoupled weight decay regularization" (2019), for
        weight_decay; Srivastava and others, "Dropout: a simple way to prevent neural networks
        from overfitting" (2014), for dropout and max_norm.

    Example:
        >>> Regularization(l2=1e-4, dropout=[0.2, 0.5, 0.0]).dropout
        (0.2, 0.5, 0.0)
    """

    l1: Amounts = 0.0
    l2: Amounts = 0.0
    weight_decay: Amount = 0.0
    dropout: Shares = 0.0
    input_noise: Amount = 0.0
    label_smoothing: Share = 0.0
    max_norm: Amounts = 0.0

    @positional
    def __init__(
        self,
        *,
        l1: float | Sequence[float] = 0.0,
        l2: float | Sequence[float] = 0.0,
        weight_decay: float = 0.0,
        dropout: float | Sequence[float] = 0.0,
        input_noise: float = 0.0,
        label_smoothing: float = 0.0,
        max_norm: float | Sequence[float] = 0.0,
    ) -> None: ...

    def problems(self, network: Network) -> Iterator[tuple[str, str]]:
        """Yield what does not fit the network: the key, and a sentence."""
        n_layers = len(network.layers)
        for key in ("l1", "l2", "dropout", "max_norm"):
            value = getattr(self, key)
            if isinstance(value, tuple) and len(value) != n_layers:
                yield (
                    key,
                    f"needs a number for each of {n_layers} layers; got {len(value)}. "
                    "Give one number for all, or as many as there are layers.",
                )
        if isinstance(self.dropout, tuple) and len(self.dropout) == n_layers and self.dropout[-1]:
            yield (
                "dropout",
                f"must be 0 for the last layer, whose outputs are the answer; got "
                f"{self.dropout[-1]:g}. Write 0 at the end of the list.",
            )
        if isinstance(self.dropout, float) and self.dropout and n_layers == 1:
            yield (
                "dropout",
                f"needs a hidden layer; the network has none, got {self.dropout:g}. Leave it "
                "out, or add a layer.",
            )


def per_layer(value: PerLayer, network: Network, *, hidden_only: bool = False) -> tuple[float, ...]:
    """Return a number for each layer, or nothing where all are 0.

    Args:
        value: one number, or one for each layer.
        network: tells how many layers there are.
        hidden_only: one number is meant for the hidden layers, and the last has 0.

    Example:
        >>> from shoal.network import Dense
        >>> network = Network([Dense(3), Dense(3), Dense(1)])
        >>> per_layer(0.5, network, hidden_only=True), per_layer(0.0, network)
        ((0.5, 0.5, 0.0), ())
    """
    n_layers = len(network.layers)
    if isinstance(value, tuple):
        numbers = value
    else:
        numbers = (float(value),) * n_layers
        numbers = (*numbers[:-1], 0.0) if hidden_only else numbers
    return numbers if any(numbers) else ()


def clipped(gradient: FloatArray, value: float | None, norm: float | None) -> FloatArray:
    """Return a gradient with numbers from -`value` to `value`, and a length of at most `norm`.

    Shapes:
        gradient (..., K) -> (..., K)

    Source:
        Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks"
        (2013), algorithm 1, for the norm.

    Example:
        >>> clipped(np.array([3.0, -4.0]), None, 1.0)
        array([ 0.6, -0.8])
    """
    if value is not None:
        gradient = np.clip(gradient, -value, value)
    if norm is not None:
        length = np.sqrt((gradient * gradient).sum(axis=-1, keepdims=True))
        gradient = np.where(length > norm, gradient * (norm / np.maximum(length, norm)), gradient)
    return gradient


def decayed(
    parameters: Parameters, rate: float, decay: float, frozen: BoolArray | None = None
) -> Parameters:
    """Return the parameters with weights, not biases, multiplied by ``1 - rate * decay``.

    Args:
        parameters: of one network or of a population.
        rate: the learning rate.
        decay: per unit of it.
        frozen: the parameters that stay what they are.

    Shapes:
        weights (..., D, H), biases (..., H), frozen (K,) -> the same
    """
    held = _held(parameters, frozen)
    weights = tuple(
        np.where(fixed, w, w - w.dtype.type(rate * decay) * w)
        for w, fixed in zip(parameters.weights, held, strict=True)
    )
    return Parameters(weights=weights, biases=parameters.biases)


def limited(
    parameters: Parameters, max_norm: Sequence[float], frozen: BoolArray | None = None
) -> Parameters:
    """Return the parameters with the weights into each unit no longer than `max_norm`.

    Args:
        parameters: of one network or of a population.
        max_norm: the largest length in each layer, 0 for any; none for any in all.
        frozen: the parameters that stay what they are; the length is that of the others.

    Shapes:
        weights (..., D, H), biases (..., H), frozen (K,) -> the same
    """
    limits = max_norm or (0.0,) * len(parameters.weights)
    weights = []
    for w, most, held in zip(parameters.weights, limits, _held(parameters, frozen), strict=True):
        free = np.where(held, np.zeros_like(w), w)
        length = np.sqrt((free * free).sum(axis=-2, keepdims=True))
        scaled = w * (w.dtype.type(most) / np.maximum(length, w.dtype.type(most or 1.0)))
        weights.append(np.where((length > most) & ~held, scaled, w) if most else w)
    return Parameters(weights=tuple(weights), biases=parameters.biases)


def _held(parameters: Parameters, frozen: BoolArray | None) -> list[BoolArray]:
    """Return which weights of every layer are frozen, (D, H) each."""
    if frozen is None:
        return [np.zeros(w.shape[-2:], np.bool_) for w in parameters.weights]
    return [
        frozen[at.start : at.bias_start].reshape(at.n_inputs, at.n_outputs)
        for at in parameters.layout.layers
    ]
