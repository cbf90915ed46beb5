"""What oracle rules are handed and hand back: a loss to be asked, and what they carry along."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from shoal.network.arrays import BoolArray, FloatArray
from shoal.streams import Stream

Loss = Callable[[FloatArray], float]
Gradient = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchState:
    """What an oracle rule carries from step to step; nothing before the first.

    Attributes:
        loss: of the weights, where it is known because the batch stays the same.
        gradient: (K,), at the weights, where it is known likewise.
        before: (K,), the gradient at the weights of the step before.
        move: (K,), what the step before added to the weights.
        pairs: moves (K,) and the changes of the gradient (K,) along them, oldest first.
        own: what a Python rule returned as its state.
    """

    loss: float | None = None
    gradient: FloatArray | None = None
    before: FloatArray | None = None
    move: FloatArray | None = None
    pairs: tuple[tuple[FloatArray, FloatArray], ...] = ()
    own: Any = None

    def on_another_batch(self) -> SearchState:
        """Return the state without what holds for the batch of the step before only."""
        return replace(self, loss=None, gradient=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleStep:
    """One step of an oracle rule.

    Attributes:
        weights: (K,), after it.
        state: for the next step.
        n_evaluations: of the loss, with or without its gradient.
    """

    weights: FloatArray
    state: SearchState
    n_evaluations: int


@dataclass(slots=True, kw_only=True)
class Oracle:
    """The loss on the batch of a step, its gradient, and random numbers; counts what is asked.

    Attributes:
        loss_of: ``loss(weights (K,)) -> float``.
        gradient_of: ``gradient(weights (K,)) -> (K,)``.
        stream: the stream `search` of the network.
        frozen: (K,) bool, the parameters that must stay what they are; None: none.
        n_evaluations: so far.
    """

    loss_of: Loss
    gradient_of: Gradient
    stream: Stream
    frozen: BoolArray | None = None
    n_evaluations: int = field(default=0, init=False)

    def free(self, moves: FloatArray) -> FloatArray:
        """Return moves of all parameters (K,) with 0 for those that are frozen."""
        return moves if self.frozen is None else np.where(self.frozen, np.zeros_like(moves), moves)

    def moving(self, n_parameters: int) -> list[int]:
        """Return the numbers of the parameters that are not frozen."""
        return [k for k in range(n_parameters) if self.frozen is None or not self.frozen[k]]

    def loss(self, weights: FloatArray) -> float:
        """Return the loss; one that is not a number counts as infinite."""
        self.n_evaluations += 1
        loss = float(self.loss_of(weights))
        return math.inf if math.isnan(loss) else loss

    def both(self, weights: FloatArray) -> tuple[float, FloatArray]:
        """Return loss and gradient, which count as one evaluation."""
        return self.loss(weights), self.free(self.gradient_of(weights))

    def gradient(self, weights: FloatArray) -> FloatArray:
        """Return the gradient, which counts as one evaluation."""
        self.n_evaluations += 1
        return self.free(self.gradient_of(weights))
