"""Gradient rules with one rate for all weights, or that look at the gradient's sign alone."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from shoal.fields import NUMBER, NamedRecord, positional, reason
from shoal.network.arrays import FloatArray
from shoal.training.rules.entries import Decay, NotNegative, OptimizerEntry, Rate, Slots

Shrink = Annotated[float, Field(strict=True, gt=0, lt=1), NUMBER]
Grow = Annotated[float, Field(strict=True, gt=1), NUMBER]


class SGD(NamedRecord):
    """Gradient descent: ``w - learning_rate * g``, on the rows of a batch.

    Args:
        learning_rate: how far a step goes; a schedule multiplies it.

    Source:
        Robbins, Monro, "A stochastic approximation method" (1951).
    """

    name: Literal["sgd"] = "sgd"
    learning_rate: Rate = 0.01

    @positional
    def __init__(self, learning_rate: float = 0.01, *, name: str = "sgd") -> None: ...


class Momentum(NamedRecord):
    """Gradient descent that keeps its direction: ``v = momentum * v + g``.

    The weights become ``w - learning_rate * v``. This is PyTorch's form; where the learning
    rate is inside v, as in the source, a change of it acts later.

    Args:
        learning_rate: how far a step goes; a schedule multiplies it.
        momentum: the share of the direction v that stays, step to step.

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


class Nesterov(NamedRecord):
    """Momentum that looks one step ahead: ``v = momentum * v + g``.

    The weights become ``w - learning_rate * (g + momentum * v)``. This is PyTorch's form: its
    weights are the source's, already moved by the momentum of the step to come.

    Args:
        learning_rate: how far a step goes; a schedule multiplies it.
        momentum: the share of the direction v that stays, step to step.

    Source:
        Nesterov, "A method of solving a convex programming problem with convergence rate
        O(1/k^2)" (1983); in the form of Sutskever, Martens, Dahl, Hinton, "On the importance
        of initialization and momentum in deep learning" (2013), with the learning rate
        outside v.
    """

    name: Literal["nesterov"] = "nesterov"
    learning_rate: Rate = 0.01
    momentum: Decay = 0.9

    @positional
    def __init__(
        self, learning_rate: float = 0.01, momentum: float = 0.9, *, name: str = "nesterov"
    ) -> None: ...


class Rprop(NamedRecord):
    """A step for every weight that grows while the gradient keeps its sign, for full batches.

    With s the sign of ``g * previous g`` (0 in the first step), and the step beginning at the
    learning rate::

        step *= eta_plus where s > 0, eta_minus where s < 0; held between least and most
        g = 0 where s < 0
        w - sign(g) * step

    A schedule multiplies the move, not the step that is carried along.

    Args:
        learning_rate: the step of every weight at the start.
        eta_minus: what a step is multiplied by where the gradient changed its sign.
        eta_plus: what a step is multiplied by where it kept it.
        least: no step becomes smaller.
        most: no step becomes larger.

    Source:
        Riedmiller, Braun, "A direct adaptive method for faster backpropagation learning: the
        RPROP algorithm" (1993), without its weight backtracking: the variant iRprop- of Igel,
        Huesken, "Improving the Rprop learning algorithm" (2000), as in PyTorch.
    """

    name: Literal["rprop"] = "rprop"
    learning_rate: Rate = 0.01
    eta_minus: Shrink = 0.5
    eta_plus: Grow = 1.2
    least: Rate = 1e-6
    most: Rate = 50.0

    @positional
    def __init__(
        self,
        learning_rate: float = 0.01,
        eta_minus: float = 0.5,
        eta_plus: float = 1.2,
        least: float = 1e-6,
        most: float = 50.0,
        *,
        name: str = "rprop",
    ) -> None: ...

    @field_validator("most")
    @classmethod
    def _not_below_least(cls, most: float, info: ValidationInfo) -> float:
        least = info.data.get("least", -math.inf)
        if most < least:
            raise reason("out_of_bounds", f"most must be at least least={least}; got {most}")
        return most


class Lion(NamedRecord):
    """The sign of a mean of gradients, every weight moved alike.

    ::

        w - learning_rate * (sign(beta_1 * m + (1 - beta_1) * g) + weight_decay * w)
        m = beta_2 * m + (1 - beta_2) * g

    Args:
        learning_rate: how far every weight moves in a step.
        beta_1: the share of m in the mean whose sign is taken.
        beta_2: the share of m that stays, step to step.
        weight_decay: the share of a weight, times the learning rate, that a step takes away.

    Source:
        Chen et al., "Symbolic discovery of optimization algorithms" (2023), algorithm 2.
    """

    name: Literal["lion"] = "lion"
    learning_rate: Rate = 1e-4
    beta_1: Decay = 0.9
    beta_2: Decay = 0.99
    weight_decay: NotNegative = 0.0

    @positional
    def __init__(
        self,
        learning_rate: float = 1e-4,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        weight_decay: float = 0.0,
        *,
        name: str = "lion",
    ) -> None: ...


class Perceptron(NamedRecord):
    """The perceptron rule: ``w - learning_rate * sum of (step(z) - y) x`` over the rows.

    It needs no gradient, only a single layer of ``step`` units; what it is handed as gradient
    comes from ``backward(..., rule="perceptron")``.

    Args:
        learning_rate: what errors are multiplied by; the decisions do not depend on it where
            weights begin at 0.

    Source:
        Rosenblatt, "The perceptron: a probabilistic model for information storage and
        organization in the brain" (1958).
    """

    name: Literal["perceptron"] = "perceptron"
    learning_rate: Rate = 1.0

    @positional
    def __init__(self, learning_rate: float = 1.0, *, name: str = "perceptron") -> None: ...


DescentRule = SGD | Momentum | Nesterov | Rprop | Lion | Perceptron


def _descend(
    rule: SGD | Perceptron, w: FloatArray, g: FloatArray, slots: FloatArray, t: int, factor: float
) -> Slots:
    return w - rule.learning_rate * factor * g, slots.copy()


def _momentum(
    rule: Momentum, w: FloatArray, g: FloatArray, slots: FloatArray, t: int, factor: float
) -> Slots:
    v = rule.momentum * slots[0] + g
    return w - rule.learning_rate * factor * v, np.stack([v])


def _nesterov(
    rule: Nesterov, w: FloatArray, g: FloatArray, slots: FloatArray, t: int, factor: float
) -> Slots:
    v = rule.momentum * slots[0] + g
    return w - rule.learning_rate * factor * (g + rule.momentum * v), np.stack([v])


def _rprop(
    rule: Rprop, w: FloatArray, g: FloatArray, slots: FloatArray, t: int, factor: float
) -> Slots:
    before, size = slots
    # the product of signs, not the sign of the product: that of tiny gradients would be 0
    agrees = np.sign(g) * np.sign(before)
    size = np.where(agrees > 0, size * rule.eta_plus, size)
    size = np.where(agrees < 0, size * rule.eta_minus, size).clip(rule.least, rule.most)
    g = np.where(agrees < 0, np.zeros_like(g), g)
    return w - factor * np.sign(g) * size, np.stack([g, size])


def _lion(
    rule: Lion, w: FloatArray, g: FloatArray, slots: FloatArray, t: int, factor: float
) -> Slots:
    (m,) = slots
    direction = np.sign(rule.beta_1 * m + (1 - rule.beta_1) * g)
    new_w = w - rule.learning_rate * factor * (direction + rule.weight_decay * w)
    return new_w, np.stack([rule.beta_2 * m + (1 - rule.beta_2) * g])


def _first_step_sizes(rule: Rprop) -> tuple[float, ...]:
    return 0.0, rule.learning_rate


DESCENT_ENTRIES = (
    OptimizerEntry(record=SGD, function=_descend),
    OptimizerEntry(record=Momentum, n_slots=1, function=_momentum),
    OptimizerEntry(record=Nesterov, n_slots=1, function=_nesterov),
    OptimizerEntry(record=Rprop, n_slots=2, function=_rprop, start=_first_step_sizes),
    OptimizerEntry(record=Lion, n_slots=1, function=_lion),
    OptimizerEntry(record=Perceptron, kind="perceptron", needs_gradient=False, function=_descend),
)
