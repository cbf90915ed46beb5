"""Optimizers: how a gradient becomes new weights.

Each is a small record, in documents a name or a table, and an entry of `OPTIMIZERS` with its
update in plain NumPy: the formula that the compiled core is tested against.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from shoal.fields import NUMBER, NamedRecord, RecordIn, positional
from shoal.network.arrays import FloatArray

Rate = Annotated[float, Field(strict=True, gt=0), NUMBER]
Decay = Annotated[float, Field(strict=True, ge=0, lt=1), NUMBER]
Update = Callable[[Any, FloatArray, FloatArray, FloatArray, int], tuple[FloatArray, FloatArray]]


class SGD(NamedRecord):
    """Gradient descent: ``w - learning_rate * g``, on the rows of a batch."""

    name: Literal["sgd"] = "sgd"
    learning_rate: Rate = 0.01

    @positional
    def __init__(self, learning_rate: float = 0.01, *, name: str = "sgd") -> None: ...


class Momentum(NamedRecord):
    """Gradient descent that keeps its direction: ``v = momentum * v + g``.

    The weights become ``w - learning_rate * v``. This is PyTorch's form; where the learning
    rate is inside v, as in the source, a change of it acts later.

    Source:
        Polyak, "Some methods of speeding up the convergence of iteration methods" (1964).
    """

    name: Literal["momentum"] = "momentum"
    learning_rate: Rate = 0.01
    momentum: Decay = 0.9

    @positional
    def __init__(
        self, learning_rate: float = 0.01, momentum: float = 0.9, *, name: str = "momentum"
    ) -> None: ...


class Adam(NamedRecord):
    """Gradient descent with a step size of its own for every weight.

    With t the step, counted from 1::

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g^2
        w - learning_rate * (m / (1 - beta_1^t)) / (sqrt(v / (1 - beta_2^t)) + epsilon)

    Source:
        Kingma, Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1; epsilon
        is 1e-8 there and 1e-7 here, as in Keras.
    """

    name: Literal["adam"] = "adam"
    learning_rate: Rate = 0.001
    beta_1: Decay = 0.9
    beta_2: Decay = 0.999
    epsilon: Rate = 1e-7

    @positional
    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *,
        name: str = "adam",
    ) -> None: ...


class Perceptron(NamedRecord):
    """The perceptron rule: ``w - learning_rate * sum of (step(z) - y) x`` over the rows.

    It needs no gradient, only a single layer of ``step`` units; what it is handed as gradient
    comes from ``backward(..., rule="perceptron")``.

    Source:
        Rosenblatt, "The perceptron: a probabilistic model for information storage and
        organization in the brain" (1958).
    """

    name: Literal["perceptron"] = "perceptron"
    learning_rate: Rate = 1.0

    @positional
    def __init__(self, learning_rate: float = 1.0, *, name: str = "perceptron") -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerEntry:
    """An entry of `OPTIMIZERS`.

    Attributes:
        record: the class with its settings.
        n_slots: S, the arrays of K numbers that it carries from step to step.
        needs_gradient: whether it uses the derivative of the loss; if not, the perceptron's
            error takes its place.
        function: ``function(optimizer, weights, gradient, slots, step)``; see `update`.
    """

    record: type[NamedRecord]
    n_slots: int
    needs_gradient: bool = True
    function: Update


def _descend(
    optimizer: SGD | Perceptron, w: FloatArray, g: FloatArray, slots: FloatArray, step: int
) -> tuple[FloatArray, FloatArray]:
    return w - optimizer.learning_rate * g, slots.copy()


def _momentum(
    optimizer: Momentum, w: FloatArray, g: FloatArray, slots: FloatArray, step: int
) -> tuple[FloatArray, FloatArray]:
    v = optimizer.momentum * slots[0] + g
    return w - optimizer.learning_rate * v, np.stack([v])


def _adam(
    optimizer: Adam, w: FloatArray, g: FloatArray, slots: FloatArray, step: int
) -> tuple[FloatArray, FloatArray]:
    beta_1, beta_2 = optimizer.beta_1, optimizer.beta_2
    m = beta_1 * slots[0] + (1 - beta_1) * g
    v = beta_2 * slots[1] + (1 - beta_2) * g * g
    # the corrections are Python numbers, so float64 even where the weights are float32
    mean = m / (1 - beta_1**step)
    spread = np.sqrt(v / (1 - beta_2**step))
    return w - optimizer.learning_rate * mean / (spread + optimizer.epsilon), np.stack([m, v])


OPTIMIZERS: Mapping[str, OptimizerEntry] = MappingProxyType(
    {
        "sgd": OptimizerEntry(record=SGD, n_slots=0, function=_descend),
        "momentum": OptimizerEntry(record=Momentum, n_slots=1, function=_momentum),
        "adam": OptimizerEntry(record=Adam, n_slots=2, function=_adam),
        "perceptron": OptimizerEntry(
            record=Perceptron, n_slots=0, needs_gradient=False, function=_descend
        ),
    }
)
"""Every optimizer, by name."""

Optimizer = Annotated[
    SGD | Momentum | Adam | Perceptron,
    Field(discriminator="name"),
    RecordIn("optimizer", OPTIMIZERS),
]
"""The type of a document field that holds an optimizer: a name or a table."""


def first_slots(optimizer: Optimizer, weights: FloatArray) -> FloatArray:
    """Return the slots before the first step, all 0, in the precision of the weights.

    Shapes:
        weights (..., K) -> (S, ..., K)
    """
    return np.zeros((OPTIMIZERS[optimizer.name].n_slots, *weights.shape), dtype=weights.dtype)


def update(
    optimizer: Optimizer, weights: FloatArray, gradient: FloatArray, slots: FloatArray, step: int
) -> tuple[FloatArray, FloatArray]:
    """Return the weights and slots after one step; nothing is changed in place.

    Args:
        optimizer: which, with its settings.
        weights: all parameters of a network.
        gradient: the derivative of the loss by them; for the perceptron rule what
            ``backward(..., rule="perceptron")`` gives.
        slots: what the last step returned, or `first_slots`.
        step: the step, counted from 1.

    Shapes:
        weights, gradient (..., K), slots (S, ..., K) -> (..., K), (S, ..., K)

    Example:
        >>> w, g = np.array([1.0]), np.array([0.5])
        >>> update(SGD(0.1), w, g, first_slots(SGD(0.1), w), step=1)[0]
        array([0.95])
    """
    return OPTIMIZERS[optimizer.name].function(optimizer, weights, gradient, slots, step)
