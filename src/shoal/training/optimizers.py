"""Optimizers: how a gradient, or a loss that can be asked, becomes new weights.

Each is a small record, in documents a name or a table, and an entry of `OPTIMIZERS` with its
step in plain NumPy: the formula that the compiled core is tested against. A rule is added
in one of the modules of `shoal.training.rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

import numpy as np
from pydantic import Field

from shoal.errors import ArgumentError
from shoal.fields import NamedRecord, RecordIn
from shoal.network.arrays import BoolArray, FloatArray
from shoal.streams import Stream
from shoal.training.rules.adaptive import (
    ADAPTIVE_ENTRIES,
    AdaGrad,
    Adam,
    AdamW,
    AdaptiveRule,
    AMSGrad,
    NAdam,
    RMSprop,
)
from shoal.training.rules.descent import (
    DESCENT_ENTRIES,
    SGD,
    DescentRule,
    Lion,
    Momentum,
    Nesterov,
    Perceptron,
    Rprop,
)
from shoal.training.rules.entries import Kind, OptimizerEntry
from shoal.training.rules.lbfgs import LBFGS, LBFGS_ENTRIES
from shoal.training.rules.oracle import (
    ORACLE_ENTRIES,
    Annealing,
    Evolution,
    FiniteDifference,
    OracleRule,
    RandomPerturbation,
)
from shoal.training.rules.python import PYTHON_ENTRIES, PythonRule
from shoal.training.rules.searching import (
    Gradient,
    Loss,
    Oracle,
    OracleStep,
    SearchState,
)

__all__ = [
    "LBFGS",
    "OPTIMIZERS",
    "SGD",
    "AMSGrad",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Annealing",
    "Evolution",
    "FiniteDifference",
    "Kind",
    "Lion",
    "Momentum",
    "NAdam",
    "Nesterov",
    "Optimizer",
    "OptimizerEntry",
    "OracleStep",
    "Perceptron",
    "PythonRule",
    "RMSprop",
    "RandomPerturbation",
    "Rprop",
    "SearchState",
    "first_slots",
    "oracle_step",
    "update",
]

OPTIMIZERS: Mapping[str, OptimizerEntry] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            *DESCENT_ENTRIES,
            *ADAPTIVE_ENTRIES,
            *LBFGS_ENTRIES,
            *ORACLE_ENTRIES,
            *PYTHON_ENTRIES,
        )
    }
)
"""Every optimizer, by name."""

Optimizer = Annotated[
    DescentRule | AdaptiveRule | LBFGS | OracleRule | PythonRule,
    Field(discriminator="name"),
    RecordIn("optimizer", OPTIMIZERS),
]
"""The type of a document field that holds an optimizer: a name or a table."""


def first_slots(optimizer: NamedRecord, weights: FloatArray) -> FloatArray:
    """Return the slots before the first step, in the precision of the weights.

    All are 0 but adagrad's sum of squares, which begins at `initial`, and rprop's steps,
    which begin at the learning rate.

    Shapes:
        weights (..., K) -> (S, ..., K)

    Example:
        >>> first_slots(Rprop(0.5), np.zeros(2))
        array([[0. , 0. ],
               [0.5, 0.5]])
    """
    numbers = OPTIMIZERS[optimizer.name].first_numbers(optimizer)
    slots: FloatArray = np.zeros((len(numbers), *weights.shape), dtype=weights.dtype)
    for slot, number in zip(slots, numbers, strict=True):
        slot[...] = number
    return slots


def update(
    optimizer: NamedRecord,
    weights: FloatArray,
    gradient: FloatArray,
    slots: FloatArray,
    step: int,
    factor: float = 1.0,
    frozen: BoolArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return the weights and slots after one step; nothing is changed in place.

    Args:
        optimizer: which, with its settings; one that is handed a gradient.
        weights: all parameters of a network.
        gradient: the derivative of the loss by them; for the perceptron rule what
            ``backward(..., rule="perceptron")`` gives.
        slots: what the last step returned, or `first_slots`.
        step: the step, counted from 1.
        factor: of the learning rate, from schedules.
        frozen: the parameters that stay what they are, and their slots with them.

    Shapes:
        weights, gradient (..., K), slots (S, ..., K), frozen (K,) -> (..., K), (S, ..., K)

    Raises:
        ArgumentError: the rule asks for losses; see `oracle_step`.

    Example:
        >>> w, g = np.array([1.0]), np.array([0.5])
        >>> update(SGD(0.1), w, g, first_slots(SGD(0.1), w), step=1)[0]
        array([0.95])
    """
    entry = OPTIMIZERS[optimizer.name]
    if entry.kind not in ("gradient", "perceptron"):
        wanted, cure = "must be a rule that is handed a gradient", "Use oracle_step."
        raise ArgumentError(
            "update", "optimizer", wanted, got=repr(optimizer.name), cure=cure, code="A103"
        )
    held = np.zeros(weights.shape[-1], np.bool_) if frozen is None else frozen
    slope = np.where(held, np.zeros_like(gradient), gradient)
    new, then = entry.function(optimizer, weights, slope, slots, step, float(factor))
    return np.where(held, weights, new), np.where(held, slots, then)


def oracle_step(
    optimizer: NamedRecord,
    weights: FloatArray,
    state: SearchState | None = None,
    *,
    loss: Loss,
    gradient: Gradient,
    stream: Stream,
    step: int,
    factor: float = 1.0,
    same_batch: bool = True,
    frozen: BoolArray | None = None,
) -> OracleStep:
    """Return the weights after one step of a rule that asks for losses.

    Args:
        optimizer: which, with its settings.
        weights: all parameters of one network.
        state: what the last step returned; None before the first.
        loss: returns the loss of weights on the step's batch.
        gradient: returns its derivative by them.
        stream: random numbers; a network's stream `search`.
        step: the step, counted from 1.
        factor: of the learning rate, from schedules; rules without one do not heed it.
        same_batch: whether the batch is that of the step before, so that the loss of the
            weights is known and need not be asked again.
        frozen: the parameters that stay what they are: they have no slope and no moves.

    Shapes:
        weights (K,), frozen (K,) -> (K,)

    Raises:
        ArgumentError: the rule is handed a gradient; see `update`.
        InputError: the user's function raised, or returned something else.

    Example:
        >>> bowl = dict(loss=lambda w: float(w @ w), gradient=lambda w: 2 * w)
        >>> rule, start = FiniteDifference(0.25), np.array([1.0, -2.0])
        >>> done = oracle_step(rule, start, **bowl, stream=Stream(0), step=1)
        >>> done.weights.round(3), done.n_evaluations
        (array([ 0.5, -1. ]), 3)
    """
    entry = OPTIMIZERS[optimizer.name]
    if entry.kind in ("gradient", "perceptron"):
        wanted, cure = "must be a rule that asks for losses", "Use update."
        raise ArgumentError(
            "oracle_step", "optimizer", wanted, got=repr(optimizer.name), cure=cure, code="A103"
        )
    known = state or SearchState()
    oracle = Oracle(loss_of=loss, gradient_of=gradient, stream=stream, frozen=frozen)
    with np.errstate(over="ignore", invalid="ignore"):
        new, then = entry.function(
            optimizer,
            weights,
            known if same_batch else known.on_another_batch(),
            oracle,
            step,
            float(factor),
        )
    if frozen is not None:
        new = np.where(frozen, weights, new)
    return OracleStep(weights=new, state=then, n_evaluations=oracle.n_evaluations)
