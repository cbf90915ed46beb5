"""L-BFGS: steps that know the curvature, for full batches and small problems."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from shoal.fields import NUMBER, NamedRecord, positional
from shoal.network.arrays import FloatArray
from shoal.training.rules.entries import Flag, OptimizerEntry, Rate
from shoal.training.rules.searching import Oracle, SearchState
from shoal.training.rules.wolfe import Point, strong_wolfe

Memory = Annotated[int, Field(strict=True, ge=1, le=1000), NUMBER]
LEAST_CURVATURE = 1e-10
"""A pair is kept if ``change . move`` is larger: else the curvature along it is not positive."""


class LBFGS(NamedRecord):
    """A quasi-Newton step from the last `memory` moves and changes of the gradient.

    The direction is ``-H g``, where H is the inverse of the curvature that the pairs
    (move s, change of the gradient y) tell: the two-loop recursion, begun with
    ``H0 = (y . s) / (y . y)`` of the newest pair. A pair is kept if ``y . s > 1e-10``.

    With ``line_search`` the step meets the strong Wolfe conditions, tried first at
    ``learning_rate``; if nothing lower is found the weights stay and the memory is emptied.
    Without, it is ``learning_rate``. In the first step both are ``min(1, 1 / |g|_1)`` times
    that. The batch must stay the same: all rows.

    Args:
        learning_rate: the first length tried of a step, or its length where no line is searched.
        memory: how many pairs of a move and a change of the gradient are kept.
        line_search: whether a length is looked for that meets the strong Wolfe conditions.

    Source:
        Liu, Nocedal, "On the limited memory BFGS method for large scale optimization" (1989);
        Nocedal, Wright, "Numerical optimization" (2006), algorithms 7.4 and 7.5. The first
        step, and the step without line search, as in torch.optim.LBFGS with max_iter=1.
    """

    name: Literal["lbfgs"] = "lbfgs"
    learning_rate: Rate = 1.0
    memory: Memory = 10
    line_search: Flag = True

    @positional
    def __init__(
        self,
        learning_rate: float = 1.0,
        memory: int = 10,
        line_search: bool = True,
        *,
        name: str = "lbfgs",
    ) -> None: ...


def _step(
    rule: LBFGS, w: FloatArray, state: SearchState, oracle: Oracle, t: int, factor: float
) -> tuple[FloatArray, SearchState]:
    loss, g = _here(rule, w, state, oracle)
    pairs = _remembered(state, g, rule.memory)
    direction = -_times_inverse_curvature(g, pairs)
    slope = float(g @ direction)
    if not slope < 0:
        return w.copy(), SearchState(loss=loss, gradient=g)
    size = rule.learning_rate * factor
    if state.before is None:
        size *= min(1.0, 1.0 / float(np.abs(g).sum()))
    if not rule.line_search:
        move = size * direction
        return w + move, SearchState(before=g, move=move, pairs=pairs)

    def look(t: float) -> Point:
        there, gradient = oracle.both(w + t * direction)
        return Point(t=t, loss=there, slope=float(gradient @ direction), gradient=gradient)

    start = Point(t=0.0, loss=loss, slope=slope, gradient=g)
    found = strong_wolfe(look, start, size, float(np.abs(direction).max()))
    if found.t == 0:
        return w.copy(), SearchState(loss=loss, gradient=g)
    move = found.t * direction
    return w + move, SearchState(
        loss=found.loss, gradient=found.gradient, before=g, move=move, pairs=pairs
    )


def _here(
    rule: LBFGS, w: FloatArray, state: SearchState, oracle: Oracle
) -> tuple[float, FloatArray]:
    """Return loss and gradient at the weights; the loss only where a search needs it."""
    if state.gradient is not None and state.loss is not None:
        return state.loss, state.gradient
    return oracle.both(w) if rule.line_search else (0.0, oracle.gradient(w))


def _remembered(
    state: SearchState, g: FloatArray, memory: int
) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """Return the pairs with that of the step before, if it is worth keeping."""
    if state.before is None or state.move is None:
        return ()
    change = g - state.before
    if not float(change @ state.move) > LEAST_CURVATURE:
        return state.pairs
    return (*state.pairs, (state.move, change))[-memory:]


def _times_inverse_curvature(
    g: FloatArray, pairs: tuple[tuple[FloatArray, FloatArray], ...]
) -> FloatArray:
    """Return H g by the two-loop recursion."""
    q, shares = g.copy(), []
    for move, change in reversed(pairs):
        share = float(move @ q) / float(change @ move)
        q = q - share * change
        shares.append(share)
    if pairs:
        move, change = pairs[-1]
        q = q * (float(change @ move) / float(change @ change))
    for (move, change), share in zip(pairs, reversed(shares), strict=True):
        q = q + (share - float(change @ q) / float(change @ move)) * move
    return q


def _count(rule: LBFGS) -> int:
    """Return S: the pairs, the gradient here and before, and the move."""
    return 3 + 2 * rule.memory


LBFGS_ENTRIES = (
    OptimizerEntry(
        record=LBFGS,
        function=_step,
        kind="oracle",
        n_slots=_count(LBFGS()),
        default_dtype="float64",
        count=_count,
    ),
)
