"""What rules do that ask for losses, worked: which losses they asked for, and what they made of it.

The rule is carried out once more in NumPy with the core's losses on the batch, and every loss that
it asks for is written down.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.network import FloatArray
from shoal.network.arrays import BoolArray
from shoal.network.worked.formula import (
    Formula,
    Name,
    Num,
    Sum,
    add,
    divide,
    multiply,
    subtract,
)
from shoal.streams import Stream
from shoal.training.optimizers import oracle_step

REPEATED = frozenset({"random_perturbation", "finite_difference", "annealing", "evolution"})
"""Rules that are a function of the weights, the losses and the stream alone."""
SHOWN = 8
"""Terms that are shown of a sum over jumps."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """What a rule asked for.

    Attributes:
        t: the number of the step.
        weights: (K,) before it.
        losses: in the order of asking; none for rules whose memory counts.
        moves: (n, K) what the weights were moved by, for each.
        stream: the rule's random numbers.
        frozen: (K,) bool, parameters that are held; None for none.
    """

    t: int
    weights: FloatArray
    losses: tuple[float, ...]
    moves: FloatArray
    stream: Stream
    frozen: BoolArray | None = None

    def slope_loss(self, k: int) -> float:
        """Return the loss with parameter k larger, of finite differences."""
        before = k if self.frozen is None else int((~self.frozen[:k]).sum())
        return self.losses[1 + before]


def ask(
    rule: Any,
    weights: FloatArray,
    loss: Callable[[FloatArray], float],
    stream: Stream,
    t: int,
    frozen: BoolArray | None = None,
) -> Asked:
    """Carry a rule out once more, writing down what it asks for."""
    losses: list[float] = []
    moved: list[FloatArray] = []

    def written(w: FloatArray) -> float:
        found = float(loss(np.ascontiguousarray(w, weights.dtype)))
        losses.append(found)
        moved.append(np.asarray(w, np.float64) - np.asarray(weights, np.float64))
        return found

    if rule.name in REPEATED:
        oracle_step(
            rule, weights.copy(), None, loss=written, gradient=_never, stream=stream, step=t,
            same_batch=False, frozen=frozen,
        )  # fmt: skip
    moves = np.array(moved) if moved else np.zeros((0, len(weights)))
    return Asked(
        t=t, weights=weights, losses=tuple(losses), moves=moves, stream=stream, frozen=frozen
    )


def _never(weights: FloatArray) -> FloatArray:
    raise AssertionError("rules that are repeated ask for no gradient")


def oracle_lines(
    rule: Any, asked: Asked, k: int, run: float
) -> Iterator[tuple[Name, Formula, dict[Name, float]]]:
    """Yield what a rule does to parameter k, line by line: name, formula, given numbers.

    Args:
        rule: the rule.
        asked: what it asked for.
        k: the parameter.
        run: what the run has afterwards, for rules whose move cannot be worked from losses.
    """
    w, new, move = Name("w"), Name("w_new"), Name("move")
    rate, step = Name("rate"), Name("step")
    match rule.name:
        case "finite_difference":
            up, here, h, g = Name("L_up"), Name("L_here"), Name("h"), Name("g")
            given = {up: asked.slope_loss(k), here: asked.losses[0]}
            yield g, divide(subtract(up, here), h), given
            yield step, multiply(rate, g), {}
            yield new, subtract(w, step), {}
        case "evolution":
            yield Name("g"), _evolved(rule, asked, k), {}
            yield step, multiply(rate, Name("g")), {}
            yield new, subtract(w, step), {}
        case "random_perturbation":
            d = Name("d")
            direction = 0 if stays(rule, asked) else _direction(rule, asked, k)
            yield new, add(w, multiply(direction, d)), {}
        case "annealing":
            jump = Name("jump")
            if stays(rule, asked):
                yield new, w, {}
            else:
                given = {jump: float(asked.stream.normal(len(asked.weights), step=asked.t)[k])}
                yield new, add(w, multiply(Name("spread"), jump)), given
        case _:
            before = float(asked.weights[k])
            yield new, add(w, move), {move: run - before}


def _evolved(rule: Any, asked: Asked, k: int) -> Formula:
    """Return the estimated slope: differences of losses times jumps, over their size."""
    n = len(asked.weights)
    each = [
        (up, down, float(asked.stream.normal(n, step=asked.t, part=pair)[k]))
        for pair, (up, down) in enumerate(zip(asked.losses[::2], asked.losses[1::2], strict=True))
    ]
    shown = each if len(each) <= SHOWN + 1 else each[:SHOWN]
    parts: list[Formula] = [multiply(subtract(up, down), e) for up, down, e in shown]
    rest = each[len(shown) :]
    if rest:
        parts.append(Num(sum((up - down) * e for up, down, e in rest), len(rest)))
    return divide(Sum(tuple(parts)), multiply(2, Name("spread"), rule.pairs))


def _direction(rule: Any, asked: Asked, k: int) -> int:
    """Return whether the candidate that was taken moved a weight up, down or not."""
    move = float(asked.moves[-2 + better(asked)][k])
    return 0 if abs(move) < 0.5 * rule.d else int(math.copysign(1, move))


def better(asked: Asked) -> int:
    """Return which of two candidates has the smaller loss, the first where they are equal."""
    first, second = asked.losses[-2:]
    return 0 if first <= second else 1


def stays(rule: Any, asked: Asked) -> bool:
    """Return whether the weights stay what they are."""
    if rule.name == "random_perturbation":
        return bool(rule.elitist) and asked.losses[-2 + better(asked)] > asked.losses[0]
    here, there = asked.losses
    return not (there < here or _uniform(asked) < _chance(rule, asked))


def _uniform(asked: Asked) -> float:
    return float(asked.stream.uniform(1, step=asked.t, part=1)[0])


def _temperature(rule: Any, asked: Asked) -> float:
    return float(rule.temperature * rule.cooling ** (asked.t - 1))


def _chance(rule: Any, asked: Asked) -> float:
    here, there = asked.losses
    temperature = _temperature(rule, asked)
    return math.exp(-(there - here) / temperature) if temperature else 0.0


def oracle_sentences(rule: Any, asked: Asked) -> Iterator[str]:
    """Yield what a rule does with the loss of the batch, and with this row: no derivative."""
    match rule.name:
        case "random_perturbation":
            first, second = asked.losses[-2:]
            yield (
                f"Two candidates, each weight moved by {rule.d:g}, 0 or -{rule.d:g} at random, "
                f"have the losses {first!r} and {second!r} on the batch; candidate "
                f"{better(asked) + 1} is taken."
                + (" It is worse than what there was, so nothing moves." if stays(rule, asked)
                   else "")
            )  # fmt: skip
        case "finite_difference":
            yield (
                f"The slope along each weight is measured: the loss of the batch with the weight "
                f"larger by h = {rule.h:g}, less that without, over h. That is "
                f"{len(asked.losses):,} losses for one step."
            )
        case "annealing":
            yield _annealed(rule, asked)
        case "evolution":
            yield (
                f"{rule.pairs} random jumps are tried forwards and backwards; each jump counts by "
                "the difference of its two losses on the batch."
            )
        case "lbfgs":
            yield (
                "L-BFGS asks for the loss and the gradient of all rows, makes a direction of the "
                "last moves and changes of the gradient, and looks along it for a point that is "
                "low and flat enough: the move of a weight follows from all of them, not from this "
                "row alone."
            )
        case _:
            yield "The rule is a Python function of its own; its move is shown as it came out."
    if rule.name != "lbfgs":
        yield "No derivative is used: this row counts only through its loss."


def _annealed(rule: Any, asked: Asked) -> str:
    here, there = asked.losses
    jump = f"One random jump changes the loss of the batch from {here!r} to {there!r}"
    if there < here:
        return f"{jump}: it is taken, since that is less."
    chance, drawn = _chance(rule, asked), _uniform(asked)
    verdict = "taken" if drawn < chance else "not taken"
    return (
        f"{jump}. At temperature {_temperature(rule, asked):g} a step so much worse is taken with "
        f"probability {chance:.6g}; the number drawn is {drawn:.6g}, so it is {verdict}."
    )
