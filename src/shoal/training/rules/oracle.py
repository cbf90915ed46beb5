"""Oracle rules: they ask for the loss of weights of their choice, and need no slope.

All compare or difference losses, which in float32 drown in rounding: float64 by default. Their
random numbers come from the stream `search`, at the step's number.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from shoal.fields import NUMBER, NamedRecord, positional
from shoal.network.arrays import FloatArray
from shoal.training.rules.entries import Flag, OptimizerEntry, Rate
from shoal.training.rules.searching import Oracle, SearchState

Pairs = Annotated[int, Field(strict=True, ge=1, le=1_000_000), NUMBER]
Cooling = Annotated[float, Field(strict=True, gt=0, le=1), NUMBER]
Found = tuple[FloatArray, SearchState]


class RandomPerturbation(NamedRecord):
    """Wiggle all weights twice and keep the better of the two.

    In each candidate every weight moves by +d, 0 or -d with equal chance. The candidate with
    the smaller loss (the first, if they are equal) replaces the weights even if it is worse
    than they were; with ``elitist`` it must not be.

    Candidate c of step t takes 32-bit words from the stream at step t, part c; the direction
    of a weight is ``floor(3 * word / 2^32) - 1``.

    Args:
        d: how far a weight moves, up or down.
        elitist: whether a candidate must not be worse than the weights as they are.

    Source:
        Rastrigin, "The convergence of the random search method in the extremal control of a
        many-parameter system" (1963), with two candidates on a lattice; going on from a worse
        candidate is not in it, `elitist` is.
    """

    name: Literal["random_perturbation"] = "random_perturbation"
    d: Rate = 0.001
    elitist: Flag = False

    @positional
    def __init__(
        self, d: float = 0.001, elitist: bool = False, *, name: str = "random_perturbation"
    ) -> None: ...


class FiniteDifference(NamedRecord):
    """Measure the slope along every weight, then descend: ``w - learning_rate * g``.

    ``g_i = (loss(w + h e_i) - loss(w)) / h``, the forward difference: K + 1 evaluations a
    step, K without the frozen parameters, and an error of h/2 times the second derivative. In
    float32 the difference drowns in rounding unless h is near 1e-3.

    Args:
        learning_rate: how far a step goes; a schedule multiplies it.
        h: how far along a weight the slope is measured.

    Source:
        Kiefer, Wolfowitz, "Stochastic estimation of the maximum of a regression function"
        (1952), with forward differences and fixed h and rate.
    """

    name: Literal["finite_difference"] = "finite_difference"
    learning_rate: Rate = 0.01
    h: Rate = 1e-5

    @positional
    def __init__(
        self, learning_rate: float = 0.01, h: float = 1e-5, *, name: str = "finite_difference"
    ) -> None: ...


class Annealing(NamedRecord):
    """Jump at random; accept what is worse too, ever more rarely.

    With t the step, counted from 1, and u uniform in [0, 1)::

        candidate = w + spread * normal
        T = temperature * cooling^(t - 1)
        taken if its loss < loss(w), or u < exp(-(its loss - loss(w)) / T)

    Args:
        spread: the standard deviation of a jump.
        temperature: how much worse a jump may be at the start, roughly.
        cooling: what the temperature is multiplied by every step.

    Source:
        Kirkpatrick, Gelatt, Vecchi, "Optimization by simulated annealing" (1983), with one
        jump per temperature and geometric cooling.
    """

    name: Literal["annealing"] = "annealing"
    spread: Rate = 0.05
    temperature: Rate = 0.1
    cooling: Cooling = 0.999

    @positional
    def __init__(
        self,
        spread: float = 0.05,
        temperature: float = 0.1,
        cooling: float = 0.999,
        *,
        name: str = "annealing",
    ) -> None: ...


class Evolution(NamedRecord):
    """Estimate the slope from random pairs of opposite jumps, then descend.

    With e_j standard normal, one for each pair::

        g = sum over j of (loss(w + spread e_j) - loss(w - spread e_j)) e_j / (2 spread pairs)
        w - learning_rate * g

    Args:
        learning_rate: how far a step goes; a schedule multiplies it.
        spread: the standard deviation of a jump.
        pairs: how many pairs of opposite jumps a step takes.

    Source:
        Salimans, Ho, Chen, Sidor, Sutskever, "Evolution strategies as a scalable alternative
        to reinforcement learning" (2017), with mirrored sampling and plain losses, not ranks.
    """

    name: Literal["evolution"] = "evolution"
    learning_rate: Rate = 0.05
    spread: Rate = 0.05
    pairs: Pairs = 8

    @positional
    def __init__(
        self,
        learning_rate: float = 0.05,
        spread: float = 0.05,
        pairs: int = 8,
        *,
        name: str = "evolution",
    ) -> None: ...


OracleRule = RandomPerturbation | FiniteDifference | Annealing | Evolution


def _perturb(
    rule: RandomPerturbation,
    w: FloatArray,
    state: SearchState,
    oracle: Oracle,
    t: int,
    factor: float,
) -> Found:
    incumbent = _known_loss(w, state, oracle) if rule.elitist else None
    candidates = []
    for part in (0, 1):
        words = oracle.stream.words(len(w), step=t, part=part).astype(np.int64)
        directions = ((words * 3) >> 32) - 1
        candidates.append(w + oracle.free((rule.d * directions).astype(w.dtype)))
    losses = [oracle.loss(each) for each in candidates]
    best = 0 if losses[0] <= losses[1] else 1
    if incumbent is not None and losses[best] > incumbent:
        return w.copy(), SearchState(loss=incumbent)
    return candidates[best], SearchState(loss=losses[best])


def _difference(
    rule: FiniteDifference,
    w: FloatArray,
    state: SearchState,
    oracle: Oracle,
    t: int,
    factor: float,
) -> Found:
    here = oracle.loss(w)
    g = np.zeros_like(w)
    for i in oracle.moving(len(w)):
        moved = w.copy()
        moved[i] += rule.h
        g[i] = (oracle.loss(moved) - here) / rule.h
    return w - rule.learning_rate * factor * g, SearchState()


def _anneal(
    rule: Annealing, w: FloatArray, state: SearchState, oracle: Oracle, t: int, factor: float
) -> Found:
    here = _known_loss(w, state, oracle)
    jump = oracle.free(rule.spread * oracle.stream.normal(len(w), step=t))
    candidate = w + jump.astype(w.dtype)
    there = oracle.loss(candidate)
    u = float(oracle.stream.uniform(1, step=t, part=1)[0])
    if there < here or u < _chance(there - here, rule.temperature * rule.cooling ** (t - 1)):
        return candidate, SearchState(loss=there)
    return w.copy(), SearchState(loss=here)


def _chance(worse: float, temperature: float) -> float:
    """Return ``exp(-worse / temperature)``: 0 for a temperature that has cooled to 0."""
    if math.isnan(worse) or temperature == 0:
        return 0.0
    return math.exp(-worse / temperature)


def _evolve(
    rule: Evolution, w: FloatArray, state: SearchState, oracle: Oracle, t: int, factor: float
) -> Found:
    g = np.zeros_like(w)
    for pair in range(rule.pairs):
        e = oracle.free(oracle.stream.normal(len(w), step=t, part=pair).astype(w.dtype))
        jump = rule.spread * e
        difference = oracle.loss(w + jump) - oracle.loss(w - jump)
        g += difference * e
    g = g / (2 * rule.spread * rule.pairs)
    return w - rule.learning_rate * factor * g, SearchState()


def _known_loss(w: FloatArray, state: SearchState, oracle: Oracle) -> float:
    return oracle.loss(w) if state.loss is None else state.loss


ORACLE_ENTRIES = tuple(
    OptimizerEntry(
        record=record,
        function=function,
        kind="oracle",
        needs_gradient=False,
        default_dtype="float64",
    )
    for record, function in (
        (RandomPerturbation, _perturb),
        (FiniteDifference, _difference),
        (Annealing, _anneal),
        (Evolution, _evolve),
    )
)
