"""Gradient rules with a rate for every weight, from the size of its own past gradients.

All divide by the root of a sum or mean of squares, and all add epsilon outside that root.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from shoal.fields import NamedRecord, positional
from shoal.network.arrays import FloatArray
from shoal.training.rules.entries import Decay, NotNegative, OptimizerEntry, Rate, Slots


class AdaGrad(NamedRecord):
    """Divide by the root of all past squares: ``s = s + g^2``, which begins at `initial`.

    The weights become ``w - learning_rate * g / (sqrt(s) + epsilon)``.

    Args:
        learning_rate: how far a step goes; a schedule multiplies it.
        initial: what the sum of squares s begins at.
        epsilon: added to the root, so that nothing is divided by 0.

    Source:
        Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic
        optimization" (2011), figure 1 with a diagonal matrix. PyTorch's epsilon is 1e-10, and
        Keras begins at 0.1 and has epsilon inside the root.
    """

    name: Literal["adagrad"] = "adagrad"
    learning_rate: Rate = 0.01
    initial: NotNegative = 0.0
    epsilon: Rate = 1e-7

    @positional
    def __init__(
        self,
        learning_rate: float = 0.01,
        initial: float = 0.0,
        epsilon: float = 1e-7,
        *,
        name: str = "adagrad",
    ) -> None: ...


class RMSprop(NamedRecord):
    """Divide by the root of a mean of squares: ``s = rho * s + (1 - rho) * g^2``.

    The weights become ``w - learning_rate * g / (sqrt(s) + epsilon)``. As s begins at 0, the
    first steps are large: the very first is ``learning_rate / sqrt(1 - rho)``.

    Args:
        learning_rate: how far a step goes; a schedule multiplies it.
        rho: the share of the mean square s that stays, step to step.
        epsilon: added to the root, so that nothing is divided by 0.

    Source:
        Tieleman, Hinton, "Lecture 6.5: rmsprop" (Coursera, 2012). PyTorch's rate is 0.01, rho
        0.99 and epsilon 1e-8; Keras has our numbers, with epsilon inside the root.
    """

    name: Literal["rmsprop"] = "rmsprop"
    learning_rate: Rate = 0.001
    rho: Decay = 0.9
    epsilon: Rate = 1e-7

    @positional
    def __init__(
        self,
        learning_rate: float = 0.001,
        rho: float = 0.9,
        epsilon: float = 1e-7,
        *,
        name: str = "rmsprop",
    ) -> None: ...


class Adam(NamedRecord):
    """Gradient descent with a step size of its own for every weight.

    With t the step, counted from 1::

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g^2
        w - learning_rate * (m / (1 - beta_1^t)) / (sqrt(v / (1 - beta_2^t)) + epsilon)

    Args:
        learning_rate: how far a step goes; a schedule multiplies it.
        beta_1: the share of the mean gradient m that stays, step to step.
        beta_2: the share of the mean square v that stays, step to step.
        epsilon: added to the root, so that nothing is divided by 0.

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


class AdamW(NamedRecord):
    """Adam, after every weight was drawn towards 0: ``w - learning_rate * weight_decay * w``.

    The decay acts on all parameters, biases too, as in PyTorch. That of the regularization
    (`training.regularization`) leaves biases alone.

    Args:
        learning_rate: how far a step goes; a schedule multiplies it.
        beta_1: the share of the mean gradient m that stays, step to step.
        beta_2: the share of the mean square v that stays, step to step.
        epsilon: added to the root, so that nothing is divided by 0.
        weight_decay: the share of a weight, times the learning rate, that a step takes away.

    Source:
        Loshchilov, Hutter, "Decoupled weight decay regularization" (2019), algorithm 2, where
        the schedule multiplies the decay and the learning rate does not; here both do, as in
        PyTorch and Keras. Their default is 0.01 and 0.004.
    """

    name: Literal["adamw"] = "adamw"
    learning_rate: Rate = 0.001
    beta_1: Decay = 0.9
    beta_2: Decay = 0.999
    epsilon: Rate = 1e-7
    weight_decay: NotNegative = 0.01

    @positional
    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float = 0.01,
        *,
        name: str = "adamw",
    ) -> None: ...


class NAdam(NamedRecord):
    """Adam with Nesterov's look ahead, its momentum rising from half of `beta_1`.

    With m and v as in Adam, and a momentum for every step::

        mu_t = beta_1 * (1 - 0.5 * 0.96^(t * momentum_decay))
        product_t = mu_1 * mu_2 * ... * mu_t
        mean = (1 - mu_t) / (1 - product_t) * g + mu_(t+1) / (1 - product_t * mu_(t+1)) * m
        w - learning_rate * mean / (sqrt(v / (1 - beta_2^t)) + epsilon)

    Args:
        learning_rate: how far a step goes; a schedule multiplies it.
        beta_1: the share of the mean gradient m that stays, step to step.
        beta_2: the share of the mean square v that stays, step to step.
        epsilon: added to the root, so that nothing is divided by 0.
        momentum_decay: how fast the momentum rises from half of `beta_1` to all of it.

    Source:
        Dozat, "Incorporating Nesterov momentum into Adam" (2016), with the momentum and the
        numbers of PyTorch, whose epsilon is 1e-8. Keras is the same with ``momentum_decay=1``.
    """

    name: Literal["nadam"] = "nadam"
    learning_rate: Rate = 0.001
    beta_1: Decay = 0.9
    beta_2: Decay = 0.999
    epsilon: Rate = 1e-7
    momentum_decay: NotNegative = 0.004

    @positional
    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        momentum_decay: float = 0.004,
        *,
        name: str = "nadam",
    ) -> None: ...

    def momentum(self, step: int) -> float:
        """Return mu of a step, counted from 1."""
        return float(self.beta_1 * (1 - 0.5 * 0.96 ** (step * self.momentum_decay)))


class AMSGrad(NamedRecord):
    """Adam whose divisor never shrinks: it divides by the largest v so far.

    With m and v as in Adam::

        largest = max(largest, v)
        w - learning_rate * (m / (1 - beta_1^t)) / (sqrt(largest / (1 - beta_2^t)) + epsilon)

    Args:
        learning_rate: how far a step goes; a schedule multiplies it.
        beta_1: the share of the mean gradient m that stays, step to step.
        beta_2: the share of the mean square v that stays, step to step.
        epsilon: added to the root, so that nothing is divided by 0.

    Source:
        Reddi, Kale, Kumar, "On the convergence of Adam and beyond" (2018), algorithm 2, which
        has neither correction (1 - beta^t) nor epsilon; both as in PyTorch.
    """

    name: Literal["amsgrad"] = "amsgrad"
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
        name: str = "amsgrad",
    ) -> None: ...


AdaptiveRule = AdaGrad | RMSprop | Adam | AdamW | NAdam | AMSGrad


def _adagrad(
    rule: AdaGrad, w: FloatArray, g: FloatArray, slots: FloatArray, t: int, factor: float
) -> Slots:
    s = slots[0] + g * g
    return w - rule.learning_rate * factor * g / (np.sqrt(s) + rule.epsilon), np.stack([s])


def _rmsprop(
    rule: RMSprop, w: FloatArray, g: FloatArray, slots: FloatArray, t: int, factor: float
) -> Slots:
    s = rule.rho * slots[0] + (1 - rule.rho) * g * g
    return w - rule.learning_rate * factor * g / (np.sqrt(s) + rule.epsilon), np.stack([s])


def _adam(
    rule: Adam | AdamW, w: FloatArray, g: FloatArray, slots: FloatArray, t: int, factor: float
) -> Slots:
    m, v = _moments(rule, g, slots)
    # the corrections are Python numbers, so float64 even where the weights are float32
    mean = m / (1 - rule.beta_1**t)
    spread = np.sqrt(v / (1 - rule.beta_2**t))
    return w - rule.learning_rate * factor * mean / (spread + rule.epsilon), np.stack([m, v])


def _adamw(
    rule: AdamW, w: FloatArray, g: FloatArray, slots: FloatArray, t: int, factor: float
) -> Slots:
    drawn = w - rule.learning_rate * factor * rule.weight_decay * w
    return _adam(rule, drawn, g, slots, t, factor)


def _nadam(
    rule: NAdam, w: FloatArray, g: FloatArray, slots: FloatArray, t: int, factor: float
) -> Slots:
    m, v = _moments(rule, g, slots)
    now, following = rule.momentum(t), rule.momentum(t + 1)
    # the core carries the product along; here it is made again, so that a step is a function
    product = math.prod(rule.momentum(i) for i in range(1, t + 1))
    mean = (1 - now) / (1 - product) * g + following / (1 - product * following) * m
    spread = np.sqrt(v / (1 - rule.beta_2**t))
    return w - rule.learning_rate * factor * mean / (spread + rule.epsilon), np.stack([m, v])


def _amsgrad(
    rule: AMSGrad, w: FloatArray, g: FloatArray, slots: FloatArray, t: int, factor: float
) -> Slots:
    m, v = _moments(rule, g, slots)
    largest = np.maximum(slots[2], v)
    mean = m / (1 - rule.beta_1**t)
    spread = np.sqrt(largest / (1 - rule.beta_2**t))
    new_w = w - rule.learning_rate * factor * mean / (spread + rule.epsilon)
    return new_w, np.stack([m, v, largest])


def _moments(
    rule: Adam | AdamW | NAdam | AMSGrad, g: FloatArray, slots: FloatArray
) -> tuple[FloatArray, FloatArray]:
    m = rule.beta_1 * slots[0] + (1 - rule.beta_1) * g
    v = rule.beta_2 * slots[1] + (1 - rule.beta_2) * g * g
    return m, v


def _first_sums(rule: AdaGrad) -> tuple[float, ...]:
    return (rule.initial,)


ADAPTIVE_ENTRIES = (
    OptimizerEntry(record=AdaGrad, n_slots=1, function=_adagrad, start=_first_sums),
    OptimizerEntry(record=RMSprop, n_slots=1, function=_rmsprop),
    OptimizerEntry(record=Adam, n_slots=2, function=_adam),
    OptimizerEntry(record=AdamW, n_slots=2, function=_adamw),
    OptimizerEntry(record=NAdam, n_slots=2, function=_nadam),
    OptimizerEntry(record=AMSGrad, n_slots=3, function=_amsgrad),
)
