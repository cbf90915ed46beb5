"""The way forward, worked: weighted sums term by term, and what activations make of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.errors import ArgumentError
from shoal.network.arrays import FloatArray
from shoal.network.reference import forward_pass
from shoal.network.worked.activations import letters, output_of, slope_of, softmax_output
from shoal.network.worked.formula import (
    Formula,
    Name,
    Num,
    Slope,
    Sum,
    call,
    evaluate,
    multiply,
    subtract,
)
from shoal.network.worked.problem import Problem, largest
from shoal.network.worked.records import (
    Equation,
    Folded,
    LayerForward,
    Term,
    UnitForward,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forward:
    """The way forward, with the numbers of all units, shown or not.

    Attributes:
        layers: what is shown.
        z, a: of every unit, for each layer (H,); a[-1] are the outputs.
        units: which units of each layer are shown.
        terms: which inputs of each shown unit are, for each layer by unit.
    """

    layers: tuple[LayerForward, ...]
    z: tuple[FloatArray, ...]
    a: tuple[FloatArray, ...]
    units: tuple[list[int], ...]
    terms: tuple[dict[int, list[int]], ...]

    def inputs_of(self, problem: Problem, layer: int) -> FloatArray:
        """Return what layer `layer` (counted from 0) sees."""
        return problem.x if layer == 0 else self.a[layer - 1]


def work_forward(problem: Problem, asked: tuple[int, ...] = ()) -> Forward:
    """Work the way forward.

    Args:
        problem: the row and the network.
        asked: outputs that are shown in any case, such as that of the row's class.

    Raises:
        ArgumentError: a number on the way is not finite.
    """
    units = chosen_units(problem, asked)
    layers: list[LayerForward] = []
    zs: list[FloatArray] = []
    outputs: list[FloatArray] = []
    terms: list[dict[int, list[int]]] = []
    seen = problem.x
    for number in range(len(problem.network.layers)):
        layer = _Layer(problem, number, seen)
        shown = layer.work(units[number])
        layers.append(shown)
        zs.append(layer.z)
        outputs.append(layer.a)
        terms.append(layer.terms)
        seen = layer.a
    return Forward(
        layers=tuple(layers), z=tuple(zs), a=tuple(outputs), units=units, terms=tuple(terms)
    )


def chosen_units(problem: Problem, asked: tuple[int, ...] = ()) -> tuple[list[int], ...]:
    """Return which units of each layer are shown: those that weigh most in the layer after."""
    stages = forward_pass(problem.network, problem.parameters.astype("float64"), problem.x[None])
    most = problem.folding.units
    last = stages.outputs[-1][0]
    best = int(np.argmax(last))
    chosen = [largest(np.abs(last), most, (*asked, best))]
    for number in reversed(range(len(problem.network.layers) - 1)):
        through = problem.weights(number + 1)[:, chosen[0]] * stages.outputs[number][0][:, None]
        top = int(np.argmax(stages.weighted_sums[number][0]))
        is_shared = problem.network.layers[number].activation == "softmax"
        always = (top,) if is_shared else ()
        chosen.insert(0, largest(np.abs(through).max(axis=1), most, always))
    return tuple(chosen)


class _Layer:
    """One layer: the numbers of all its units, and records of those that are shown."""

    def __init__(self, problem: Problem, number: int, seen: FloatArray) -> None:
        self.problem = problem
        self.number = number
        self.seen = seen
        self.dense = problem.network.layers[number]
        self.weights = problem.weights(number)
        self.bias = problem.bias(number)
        shown = problem.precision
        with np.errstate(over="ignore", invalid="ignore"):
            sums = seen @ self.weights + (0.0 if self.bias is None else self.bias)
        self.z: FloatArray = shown.all_shown(sums)
        self.a: FloatArray = self.z
        self.terms: dict[int, list[int]] = {}

    @property
    def index(self) -> int:
        return self.number + 1

    def work(self, units: list[int]) -> LayerForward:
        sums = [self._sum(unit) for unit in units]
        for unit, (_, _, z) in zip(units, sums, strict=True):
            self.z[unit] = z.value
        self._check(self.z)
        activation = self.dense.function.function
        with np.errstate(over="ignore", under="ignore"):
            outputs = activation(self.z, **self.dense.settings)
        self.a = self.problem.precision.all_shown(outputs)
        shared = self._shared(units) if self.dense.activation == "softmax" else ()
        found = tuple(
            self._unit(unit, made, shared) for unit, made in zip(units, sums, strict=True)
        )
        self._check(self.a)
        n = len(self.z)
        return LayerForward(
            index=self.index,
            activation=self.dense.activation,
            settings=self.dense.settings,
            n_inputs=len(self.seen),
            n_units=n,
            shared=shared,
            units=found,
            folded=Folded(n=n - len(units), what="units") if len(units) < n else None,
        )

    def _sum(self, unit: int) -> tuple[tuple[Term, ...], Folded | None, Equation]:
        """Return what is shown of a weighted sum, what is folded, and the sum."""
        problem, column = self.problem, self.weights[:, unit]
        shown, products = problem.precision.shown, column * self.seen
        chosen = largest(np.abs(products), problem.folding.terms)
        self.terms[unit] = chosen
        terms = tuple(
            Term(
                index=i,
                name=problem.source_name(self.number, i),
                parameter=problem.parameter(self.number, i, unit),
                weight=(w := shown(column[i])),
                value=(x := float(self.seen[i])),
                product=shown(w * x),
            )
            for i in chosen
        )
        folded = folded_terms(products, chosen, problem)
        parts: list[Formula] = [] if self.bias is None else [Num(shown(self.bias[unit]))]
        parts += [multiply(each.weight, each.value) for each in terms]
        if folded is not None:
            parts.append(Num(folded.together or 0.0, folded.n))
        z = self._equation("z", unit, None, Sum(tuple(parts)))
        return terms, folded, z

    def _shared(self, units: list[int]) -> tuple[Equation, ...]:
        """Return the largest sum and the sum of all exponentials, of softmax."""
        shown = self.problem.precision.shown
        m = float(self.z.max())
        largest_name, total_name = Name("m", layer=self.index), Name("s", layer=self.index)
        first = Equation(
            name=largest_name,
            numbers=call("max", *(float(self.z[unit]) for unit in units)),
            value=m,
            note="the largest sum, taken away so that nothing overflows",
        )
        parts: list[Formula] = [call("exp", subtract(float(self.z[unit]), m)) for unit in units]
        others = np.delete(self.z, units)
        if len(others):
            parts.append(Num(shown(float(np.exp(others - m).sum())), len(others)))
        total = Sum(tuple(parts))
        second = Equation(name=total_name, numbers=total, value=shown(evaluate(total)))
        hidden = np.setdiff1d(np.arange(len(self.z)), units)
        self.a[hidden] = self.problem.precision.all_shown(np.exp(self.z[hidden] - m) / second.value)
        return first, second

    def _unit(
        self,
        unit: int,
        made: tuple[tuple[Term, ...], Folded | None, Equation],
        shared: tuple[Equation, ...],
    ) -> UnitForward:
        terms, folded, z = made
        name = letters("z", unit, self.index)
        dense, at = self.dense, z.value
        if shared:
            m, s = shared
            a = self._equation(
                "a", unit, softmax_output(name, m.name, s.name),
                softmax_output(Num(at), Num(m.value), Num(s.value)),
            )  # fmt: skip
        else:
            how = dense.activation, dense.settings
            a = self._equation(
                "a", unit, output_of(how[0], name, at, how[1]),
                output_of(how[0], Num(at), at, how[1]),
            )  # fmt: skip
        self.a[unit] = a.value
        bias = None if self.bias is None else self.problem.precision.shown(self.bias[unit])
        return UnitForward(
            unit=unit,
            name=self.problem.unit_name(self.number, unit),
            bias=bias,
            terms=terms,
            folded=folded,
            z=z,
            a=a,
            slope=None if shared else self._slope(unit, at, a.value),
        )

    def _slope(self, unit: int, z: float, a: float) -> Equation:
        how, settings = self.dense.activation, self.dense.settings
        z_name, a_name = letters("z", unit, self.index), letters("a", unit, self.index)
        numbers = slope_of(how, Num(z), Num(a), z, settings)
        told = slope_of(how, z_name, a_name, z, settings)
        return Equation(
            name=Slope(a_name, z_name),
            formula=None if told == numbers else told,  # a slope that is the same everywhere
            numbers=numbers,
            value=self.problem.precision.shown(evaluate(numbers)),
        )

    def _equation(
        self, letter: str, unit: int, formula: Formula | None, numbers: Formula
    ) -> Equation:
        return Equation(
            name=letters(letter, unit, self.index),
            formula=formula,
            numbers=numbers,
            value=self.problem.precision.shown(evaluate(numbers)),
        )

    def _check(self, values: FloatArray) -> None:
        finite = np.isfinite(values)
        if finite.all():
            return
        unit = int(np.flatnonzero(~finite)[0])
        wanted = f"must keep every number finite in {self.problem.precision.dtype}"
        got = f"{values[unit]:g} in layer {self.index}, unit {unit + 1}"
        raise ArgumentError(self.problem.where, "x", wanted, got=got, code="A105")


def folded_terms(products: FloatArray, chosen: list[int], problem: Problem) -> Folded | None:
    """Return the terms of a sum that are not shown, added up."""
    if len(chosen) == len(products):
        return None
    rest = np.delete(products, chosen)
    together = problem.precision.shown(float(rest.sum()))
    return Folded(n=len(rest), what="terms", together=together)
