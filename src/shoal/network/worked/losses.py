"""Losses as formulas: how wrong the outputs are, and how that changes with each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import numpy as np

from shoal.network.arrays import FloatArray
from shoal.network.losses import LOSSES, loss_name, loss_settings, smoothed
from shoal.network.worked.activations import letters
from shoal.network.worked.formula import (
    Formula,
    Name,
    Neg,
    Num,
    Sum,
    add,
    call,
    divide,
    evaluate,
    multiply,
    negative,
    power,
    subtract,
)
from shoal.network.worked.forward import Forward
from shoal.network.worked.precision import in_few_digits
from shoal.network.worked.problem import Problem, Target
from shoal.network.worked.records import Equation, Folded, LossWorked, TargetWorked

Settings = Mapping[str, float]
LOSS = Name("L")
WEIGHT = Name("c")
"""How much the row counts."""


def _binary(z: Formula, a: Formula, y: Formula, s: Settings) -> Formula:
    distance = call("log1p", call("exp", negative(call("abs", z))))
    return add(call("max", z, 0), Neg(multiply(y, z)), distance)


def _hinge(z: Formula, a: Formula, y: Formula, s: Settings) -> Formula:
    return call("max", 0, subtract(1, multiply(_sign_of(y), a)))


def _sign_of(y: Formula) -> Formula:
    """Return ``2 y - 1``, as the number that it is where y is 0 or 1."""
    if isinstance(y, Num) and y.value in (0, 1):
        return Num(2 * y.value - 1)
    return subtract(multiply(2, y), 1)


def _huber(z: Formula, a: Formula, y: Formula, s: Settings) -> Formula:
    size, delta = call("abs", subtract(a, y)), s["delta"]
    numbers = all(isinstance(each, Num) for each in (a, y))
    if numbers and evaluate(size) > delta:
        return multiply(delta, subtract(size, multiply(0.5, delta)))
    return multiply(0.5, power(size, 2))


EACH: Mapping[str, Callable[[Formula, Formula, Formula, Settings], Formula]] = MappingProxyType(
    {
        "binary_crossentropy": _binary,
        "squared_error": lambda z, a, y, s: power(subtract(a, y), 2),
        "absolute_error": lambda z, a, y, s: call("abs", subtract(a, y)),
        "huber": _huber,
        "hinge": _hinge,
        "poisson": lambda z, a, y, s: subtract(a, multiply(y, z)),
    }
)
"""What an output adds to the loss, whose mean over the outputs it is; not of softmax's."""

SLOPES: Mapping[str, Callable[[Formula, Formula, Settings], Formula]] = MappingProxyType(
    {
        "binary_crossentropy": lambda a, y, s: divide(subtract(a, y), multiply(a, subtract(1, a))),
        "categorical_crossentropy": lambda a, y, s: divide(negative(y), a),
        "squared_error": lambda a, y, s: multiply(2, subtract(a, y)),
        "absolute_error": lambda a, y, s: call("sign", subtract(a, y)),
        "huber": lambda a, y, s: call("max", -s["delta"], call("min", s["delta"], subtract(a, y))),
        "hinge": lambda a, y, s: multiply(
            negative(_sign_of(y)), call("step", subtract(1, multiply(_sign_of(y), a)), 0)
        ),
        "poisson": lambda a, y, s: subtract(1, divide(y, a)),
    }
)
"""The derivative of that by the output a."""
DIRECT = frozenset({"binary_crossentropy", "categorical_crossentropy", "poisson"})
"""Losses whose derivative by z is (a - y), which their last activation makes of it."""

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "binary_crossentropy": "-(y * log(a) + (1 - y) * log(1 - a)), computed from z as "
        "max(z, 0) - y * z + log1p(exp(-abs(z))), which stays exact where a rounds to 0 or 1",
        "categorical_crossentropy": "minus the sum of y * log(a), computed as "
        "log(s) - (sum of y * (z - m))",
        "squared_error": "(a - y)**2",
        "absolute_error": "abs(a - y)",
        "huber": "0.5 * e**2 for e = abs(a - y) up to delta, beyond it delta * (e - 0.5 * delta)",
        "hinge": "max(0, 1 - t * a) with t = 2 * y - 1",
        "poisson": "a - y * z, a = exp(z)",
    }
)


def loss_words(name: str, n_outputs: int) -> str:
    """Return a loss in words and letters.

    Example:
        >>> loss_words("squared_error", 3)
        'the mean over 3 outputs of (a - y)**2'
    """
    if name == "categorical_crossentropy" or n_outputs == 1:
        return WORDS[name]
    return f"the mean over {n_outputs} outputs of {WORDS[name]}"


class TargetNumbers:
    """The targets as the loss sees them: scaled or smoothed, in numbers that are shown.

    Attributes:
        y: of all outputs, (C,).
    """

    def __init__(self, problem: Problem, target: Target) -> None:
        self.problem, self.target = problem, target
        plain = problem.precision.all_shown(target.y)
        self.plain: FloatArray = plain
        moved = smoothed(target.loss, plain, target.label_smoothing)
        self.y: FloatArray = problem.precision.all_shown(moved)

    def record(self, unit: int) -> TargetWorked:
        """Return the target of an output."""
        target, last = self.target, len(self.problem.network.layers) - 1
        given = float(self.plain[unit]) if target.given is None else float(target.given[unit])
        numbers = self._numbers(unit, given)
        return TargetWorked(
            unit=unit,
            name=self.problem.unit_name(last, unit),
            given=given,
            numbers=numbers,
            y=float(self.y[unit]),
        )

    def _numbers(self, unit: int, given: float) -> Formula | None:
        target, s = self.target, self.target.label_smoothing
        if s:
            shared = loss_name(target.loss) == "categorical_crossentropy"
            n = len(self.y) if shared else 2
            return add(multiply(float(self.plain[unit]), subtract(1, s)), divide(s, n))
        if target.centre is None or target.scale is None:
            return None
        make = partial(_scaled, given)
        exact = float(target.centre[unit]), float(target.scale[unit])
        return make(*in_few_digits(make, exact, self.problem.precision.shown))


def _scaled(given: float, centre: float, scale: float) -> Formula:
    return divide(subtract(given, centre), scale)


def work_loss(problem: Problem, forward: Forward, target: Target, ys: TargetNumbers) -> LossWorked:
    """Work the loss of the row."""
    name, units = loss_name(target.loss), forward.units[-1]
    if name == "categorical_crossentropy":
        equations = _categorical(problem, forward, ys, units)
    else:
        equations = _mean_of_outputs(problem, forward, target, ys, units)
    value = equations[-1].value
    title = name.replace("_", " ").capitalize()
    sentence = f"{title}: {loss_words(name, len(ys.y))}."
    if target.weight != 1.0:
        weight = problem.precision.shown(target.weight)
        numbers = multiply(weight, value)
        value = problem.precision.shown(evaluate(numbers))
        counted = Equation(
            name=Name("cL"), formula=multiply(WEIGHT, LOSS), numbers=numbers, value=value,
            note="the row counts so much in the gradient",
        )  # fmt: skip
        equations = (*equations, counted)
    n = len(ys.y) - len(units)
    return LossWorked(
        name=name,
        targets=tuple(ys.record(unit) for unit in units),
        folded=Folded(n=n, what="targets") if n else None,
        equations=equations,
        weight=problem.precision.shown(target.weight),
        value=value,
        sentence=sentence,
    )


def _mean_of_outputs(
    problem: Problem, forward: Forward, target: Target, ys: TargetNumbers, units: list[int]
) -> tuple[Equation, ...]:
    name, settings = loss_name(target.loss), loss_settings(target.loss)
    layer, n, shown = len(forward.layers), len(ys.y), problem.precision.shown
    z, a = forward.z[-1], forward.a[-1]
    found: list[Equation] = []
    for unit in units:
        here = letters("z", unit, layer), letters("a", unit, layer), Name("y", sub=str(unit + 1))
        there = Num(float(z[unit])), Num(float(a[unit])), Num(float(ys.y[unit]))
        numbers = EACH[name](*there, settings)
        found.append(
            Equation(
                name=LOSS if n == 1 else Name("L", sub=str(unit + 1)),
                formula=EACH[name](*here, settings) if name != "huber" else None,
                numbers=numbers,
                value=shown(evaluate(numbers)),
            )
        )
    plain = _textbook(name, z, a, ys, found, problem)
    if n == 1:
        return (*plain, *found)
    parts: list[Formula] = [Num(each.value) for each in found]
    if n > len(units):
        rows = LOSSES[name].rows
        rest = [k for k in range(n) if k not in units]
        each = rows(z[rest][None], a[rest][None], ys.y[rest][None], **settings)
        parts.append(Num(shown(float(each[0]) * len(rest)), len(rest)))
    mean = divide(Sum(tuple(parts)), n)
    return (*plain, *found, Equation(name=LOSS, numbers=mean, value=shown(evaluate(mean))))


def _textbook(
    name: str, z: FloatArray, a: FloatArray, ys: TargetNumbers, found: list[Equation],
    problem: Problem,
) -> tuple[Equation, ...]:  # fmt: skip
    """Return cross-entropy as it stands in books, where there is one output to show it for."""
    if name != "binary_crossentropy" or len(a) > 1:
        return ()
    y, p = float(ys.y[0]), float(a[0])
    if not 0 < p < 1 or y not in (0, 1):
        return ()
    inside: Formula = Num(p) if y == 1 else subtract(1, p)
    numbers = Neg(call("log", inside))
    here = letters("a", 0, len(problem.network.layers))
    return (
        Equation(
            name=LOSS,
            formula=Neg(call("log", here if y == 1 else subtract(1, here))),
            numbers=numbers,
            value=problem.precision.shown(evaluate(numbers)),
            note="as books write it; from z it is more exact",
        ),
    )


def _categorical(
    problem: Problem, forward: Forward, ys: TargetNumbers, units: list[int]
) -> tuple[Equation, ...]:
    layer, shown = forward.layers[-1], problem.precision.shown
    m, s = layer.shared
    z, a, y = forward.z[-1], forward.a[-1], ys.y
    found: list[Equation] = []
    right = [unit for unit in units if y[unit] == 1]
    if right and 0 < a[right[0]] < 1:
        numbers = Neg(call("log", float(a[right[0]])))
        found.append(
            Equation(
                name=LOSS,
                formula=Neg(call("log", letters("a", right[0], layer.index))),
                numbers=numbers,
                value=shown(evaluate(numbers)),
                note="as books write it; from z it is more exact",
            )
        )
    parts: list[Formula] = [call("log", s.value)]
    for unit in units:
        if y[unit]:
            apart: Formula = subtract(float(z[unit]), m.value)
            parts.append(Neg(apart if y[unit] == 1 else multiply(float(y[unit]), apart)))
    rest = [k for k in range(len(y)) if k not in units and y[k]]
    if rest:
        together = shown(float((y[rest] * (z[rest] - m.value)).sum()))
        parts.append(Neg(Num(together, len(rest))))
    total = Sum(tuple(parts))
    found.append(Equation(name=LOSS, numbers=total, value=shown(evaluate(total))))
    return tuple(found)


def loss_at(
    problem: Problem, target: Target, y: FloatArray, z: FloatArray, a: FloatArray
) -> FloatArray:
    """Return the loss, times the row's weight, of outputs (M, C) in float64, (M,)."""
    rows = LOSSES[loss_name(target.loss)].rows
    ys = np.broadcast_to(y, z.shape)
    found: FloatArray = rows(z, a, ys, **loss_settings(target.loss)) * target.weight
    return found
