"""The way back, worked: each derivative as a product of its factors, beside a difference."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from shoal.errors import ArgumentError
from shoal.network.arrays import FloatArray
from shoal.network.losses import LOSSES, loss_name, loss_settings
from shoal.network.worked.activations import letters
from shoal.network.worked.checks import Differences, H, Place
from shoal.network.worked.formula import (
    Formula,
    Name,
    Num,
    Slope,
    Sum,
    divide,
    evaluate,
    multiply,
    name_text,
    subtract,
)
from shoal.network.worked.forward import Forward, folded_terms
from shoal.network.worked.losses import DIRECT, LOSS, SLOPES, TargetNumbers
from shoal.network.worked.problem import Problem, Target, largest
from shoal.network.worked.records import (
    BackwardWorked,
    Check,
    Equation,
    Folded,
    LayerBackward,
    Term,
    UnitBackward,
    UnitForward,
    WeightBackward,
)


def work_backward(
    problem: Problem, forward: Forward, target: Target, ys: TargetNumbers
) -> BackwardWorked:
    """Work the way back, from the loss to the weights that are shown."""
    return _Back(problem, forward, target, ys).work()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Deltas:
    """What goes back through the units of a layer: records of those shown, numbers of all."""

    shared: tuple[Equation, ...]
    units: tuple[UnitBackward, ...]
    dz: FloatArray


class _Back:
    def __init__(
        self, problem: Problem, forward: Forward, target: Target, ys: TargetNumbers
    ) -> None:
        self.problem, self.forward, self.target, self.ys = problem, forward, target, ys
        self.shown = problem.precision.shown
        self.is_perceptron = target.rule == "perceptron"
        self.weight = self.shown(target.weight)

    def work(self) -> BackwardWorked:
        layers: list[LayerBackward] = []
        checks = {} if self.is_perceptron else self._checks()
        dz: FloatArray | None = None
        for number in reversed(range(len(self.forward.layers))):
            deltas = self._last() if dz is None else self._hidden(number, dz)
            dz = deltas.dz
            n = len(dz) - len(deltas.units)
            units = tuple(self._with_weights(number, unit, dz, checks) for unit in deltas.units)
            layers.append(
                LayerBackward(
                    index=number + 1,
                    shared=deltas.shared,
                    units=units,
                    folded=Folded(n=n, what="units") if n else None,
                )
            )
        return BackwardWorked(
            kind="perceptron" if self.is_perceptron else "gradient",
            h=None if self.is_perceptron else H,
            layers=tuple(layers),
        )

    # ---- what comes to the weighted sums

    def _last(self) -> _Deltas:
        """Return dL/dz of the last layer, or the perceptron's error."""
        number = len(self.forward.layers) - 1
        z, a, y = self.forward.z[-1], self.forward.a[-1], self.ys.y
        dense = self.problem.network.layers[-1]
        name, settings = loss_name(self.target.loss), loss_settings(self.target.loss)
        if self.is_perceptron:
            every = a - y
        else:
            every = LOSSES[name].delta(dense, z[None], a[None], y[None], **settings)[0]
        dz = self.problem.precision.all_shown(every * self.weight)
        shared: tuple[Equation, ...] = ()
        of_units = self.forward.layers[-1].units
        if dense.activation == "softmax" and name not in DIRECT and not self.is_perceptron:
            slopes = {unit.unit: self._loss_slope(unit.unit) for unit in of_units}
            shared = self._softmax_sum(number, slopes, self._all_loss_slopes())
        made = [self._last_unit(unit, shared) for unit in of_units]
        for unit in made:
            dz[unit.unit] = unit.dl_dz.value
        return _Deltas(shared=shared, units=tuple(made), dz=dz)

    def _last_unit(self, unit: UnitForward, shared: tuple[Equation, ...]) -> UnitBackward:
        k, layer = unit.unit, len(self.forward.layers)
        a, y = unit.a.value, float(self.ys.y[k])
        z_name, a_name, y_name = (
            letters("z", k, layer),
            letters("a", k, layer),
            Name("y", str(k + 1)),
        )
        dl_da: Equation | None = None
        if self.is_perceptron:
            dl_dz = self._made(
                Name("e", str(k + 1), layer), self._weighted(subtract(a_name, y_name)),
                self._weighted(subtract(a, y)), "the perceptron's error, in place of a derivative",
            )  # fmt: skip
        elif loss_name(self.target.loss) in DIRECT:
            dl_da = self._loss_slope(k) if self._has_slope(a, y) else None
            dl_dz = self._made(
                Slope(LOSS, z_name), self._weighted(self._mean(subtract(a_name, y_name))),
                self._weighted(self._mean(subtract(a, y))),
                "dL/da times da/dz, where what would be divided by cancels",
            )  # fmt: skip
        else:
            dl_da = self._loss_slope(k)
            dl_dz = self._through(unit, layer, dl_da, shared)
        return _bare(unit, dl_da, dl_dz)

    def _hidden(self, number: int, dz: FloatArray) -> _Deltas:
        """Return dL/dz of a hidden layer from that of the layer after."""
        problem, layer = self.problem, self.forward.layers[number]
        dense = problem.network.layers[number]
        after = problem.weights(number + 1)
        every = problem.precision.all_shown(after @ dz)
        slopes = {unit.unit: self._sum_of_slopes(number, unit, dz) for unit in layer.units}
        for k, (_, _, dl_da) in slopes.items():
            every[k] = dl_da.value
        shared: tuple[Equation, ...] = ()
        if layer.activation == "softmax":
            named = {k: found[2] for k, found in slopes.items()}
            shared = self._softmax_sum(number, named, every)
        z, a = self.forward.z[number], self.forward.a[number]
        pulled = dense.function.pullback(z, a, every, **dense.settings)
        down = problem.precision.all_shown(pulled)
        made = []
        for unit in layer.units:
            terms, folded, dl_da = slopes[unit.unit]
            dl_dz = self._through(unit, number + 1, dl_da, shared)
            down[unit.unit] = dl_dz.value
            made.append(_bare(unit, dl_da, dl_dz, terms, folded))
        return _Deltas(shared=shared, units=tuple(made), dz=down)

    def _sum_of_slopes(
        self, number: int, unit: UnitForward, dz: FloatArray
    ) -> tuple[tuple[Term, ...], Folded | None, Equation]:
        """Return dL/da of a hidden unit: every weight from it times dL/dz where it leads."""
        problem, k = self.problem, unit.unit
        row = problem.weights(number + 1)[k]
        products = row * dz
        chosen = largest(np.abs(products), problem.folding.terms)
        terms = tuple(
            Term(
                index=j,
                name=problem.unit_name(number + 1, j),
                parameter=problem.parameter(number + 1, k, j),
                weight=(w := self.shown(row[j])),
                value=float(dz[j]),
                product=self.shown(w * float(dz[j])),
            )
            for j in chosen
        )
        folded = folded_terms(products, chosen, problem)
        parts: list[Formula] = [multiply(each.weight, each.value) for each in terms]
        if folded is not None:
            parts.append(Num(folded.together or 0.0, folded.n))
        by = letters("a", k, number + 1)
        return terms, folded, self._made(Slope(LOSS, by), None, Sum(tuple(parts)))

    def _through(
        self, unit: UnitForward, layer: int, dl_da: Equation, shared: tuple[Equation, ...]
    ) -> Equation:
        """Return dL/dz of a unit from dL/da."""
        k = unit.unit
        z_name, a_name = letters("z", k, layer), letters("a", k, layer)
        by_a = Slope(LOSS, a_name)
        if shared:
            (q,) = shared
            assert isinstance(q.name, Name)
            return self._made(
                Slope(LOSS, z_name), multiply(a_name, subtract(by_a, q.name)),
                multiply(unit.a.value, subtract(dl_da.value, q.value)),
                "every output depends on every sum",
            )  # fmt: skip
        assert unit.slope is not None
        return self._made(
            Slope(LOSS, z_name), multiply(by_a, Slope(a_name, z_name)),
            multiply(dl_da.value, unit.slope.value),
        )  # fmt: skip

    def _softmax_sum(
        self, number: int, slopes: dict[int, Equation], every: FloatArray
    ) -> tuple[Equation, ...]:
        """Return the sum of dL/da times a over all units, of softmax."""
        a = self.forward.a[number]
        parts: list[Formula] = [
            multiply(slope.value, float(a[unit])) for unit, slope in slopes.items()
        ]
        rest = np.setdiff1d(np.arange(len(a)), list(slopes))
        if len(rest):
            together = self.shown(float((every[rest] * a[rest]).sum()))
            parts.append(Num(together, len(rest)))
        name = Name("q", layer=number + 1)
        return (self._made(name, None, Sum(tuple(parts)), "the sum of dL/da times a"),)

    # ---- the loss by an output

    def _loss_slope(self, unit: int) -> Equation:
        name, settings = loss_name(self.target.loss), loss_settings(self.target.loss)
        here = letters("a", unit, len(self.forward.layers))
        a, y = float(self.forward.a[-1][unit]), float(self.ys.y[unit])
        y_name = Name("y", str(unit + 1))
        return self._made(
            Slope(LOSS, here), self._weighted(self._mean(SLOPES[name](here, y_name, settings))),
            self._weighted(self._mean(SLOPES[name](Num(a), Num(y), settings))),
        )  # fmt: skip

    def _all_loss_slopes(self) -> FloatArray:
        """Return dL/da of all outputs."""
        name, settings = loss_name(self.target.loss), loss_settings(self.target.loss)
        pairs = zip(self.forward.a[-1].tolist(), self.ys.y.tolist(), strict=True)
        found = [
            evaluate(self._weighted(self._mean(SLOPES[name](Num(a), Num(y), settings))))
            for a, y in pairs
        ]
        return self.problem.precision.all_shown(np.array(found))

    def _has_slope(self, a: float, y: float) -> bool:
        """Return whether dL/da is finite of a loss whose last activation cancels it."""
        name = loss_name(self.target.loss)
        if a <= 0 or (name == "binary_crossentropy" and a >= 1):
            return False
        slope = evaluate(self._weighted(self._mean(SLOPES[name](Num(a), Num(y), {}))))
        return math.isfinite(self.shown(slope))

    def _mean(self, of: Formula) -> Formula:
        n = len(self.ys.y)
        if n == 1 or loss_name(self.target.loss) == "categorical_crossentropy":
            return of
        return divide(of, n)

    def _weighted(self, of: Formula) -> Formula:
        return of if self.weight == 1 else multiply(self.weight, of)

    # ---- the loss by the weights

    def _places(self, number: int, unit: int) -> list[Place]:
        has_bias = self.problem.bias(number) is not None
        first: list[Place] = [(number, None, unit)] if has_bias else []
        return [*first, *((number, i, unit) for i in self.forward.terms[number][unit])]

    def _checks(self) -> dict[Place, Check]:
        places = [
            place
            for number, units in enumerate(self.forward.units)
            for unit in units
            for place in self._places(number, unit)
        ]
        found = Differences(self.problem, self.target, self.ys.y).checks(places)
        return dict(zip(places, found, strict=True))

    def _with_weights(
        self, number: int, unit: UnitBackward, dz: FloatArray, checks: dict[Place, Check]
    ) -> UnitBackward:
        """Return a unit with the derivatives by its weights."""
        k = unit.unit
        made = [self._weight(place, unit, checks.get(place)) for place in self._places(number, k)]
        chosen = self.forward.terms[number][k]
        seen = self.forward.inputs_of(self.problem, number)
        rest = np.delete(seen * dz[k], chosen)
        folded = None
        if len(rest):
            most = self.shown(float(rest[np.argmax(np.abs(rest))]))
            folded = Folded(n=len(rest), what="weights", largest=most)
        return UnitBackward(
            unit=k, name=unit.name, dl_da=unit.dl_da, terms=unit.terms, folded=unit.folded,
            slope=unit.slope, dl_dz=unit.dl_dz,
            weights=tuple(each for each in made if each.index is not None),
            bias=next((each for each in made if each.index is None), None),
            weights_folded=folded,
        )  # fmt: skip

    def _weight(self, place: Place, unit: UnitBackward, check: Check | None) -> WeightBackward:
        number, index, k = place
        seen = self.forward.inputs_of(self.problem, number)
        x = 1.0 if index is None else float(seen[index])
        column = self.problem.weights(number)[:, k]
        bias = self.problem.bias(number)
        weight = float(bias[k]) if index is None and bias is not None else float(column[index or 0])
        layer = number + 1
        sub = str(k + 1) if index is None else f"{index + 1},{k + 1}"
        by = Name("b" if index is None else "w", sub=sub, layer=layer)
        z_name = letters("z", k, layer)
        above = unit.dl_dz.name
        return WeightBackward(
            index=index,
            name="bias" if index is None else self.problem.source_name(number, index),
            parameter=self.problem.parameter(number, index, k),
            weight=self.shown(weight),
            input=x,
            gradient=self._made(
                Slope(LOSS, by), multiply(above, Slope(z_name, by)),
                multiply(unit.dl_dz.value, x),
            ),
            check=check,
        )  # fmt: skip

    def _made(
        self, name: Name | Slope, formula: Formula | None, numbers: Formula, note: str = ""
    ) -> Equation:
        value = self.shown(evaluate(numbers))
        if not math.isfinite(value):
            wanted = f"must keep every derivative finite in {self.problem.precision.dtype}"
            raise ArgumentError(
                self.problem.where, "x", wanted, got=f"{name_text(name)} = {value:g}", code="A105"
            )
        return Equation(name=name, formula=formula, numbers=numbers, value=value, note=note)


def _bare(
    unit: UnitForward,
    dl_da: Equation | None,
    dl_dz: Equation,
    terms: tuple[Term, ...] = (),
    folded: Folded | None = None,
) -> UnitBackward:
    """Return a unit on the way back, its weights still to come."""
    return UnitBackward(
        unit=unit.unit, name=unit.name, dl_da=dl_da, terms=terms, folded=folded,
        slope=unit.slope, dl_dz=dl_dz, weights=(), bias=None, weights_folded=None,
    )  # fmt: skip


__all__ = ["work_backward"]
