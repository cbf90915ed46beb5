"""The update that a step makes, worked: penalties, clipping, the rule, the largest norm.

Rules that are handed a gradient are worked line by line from the gradient of the whole batch, as
the core has it; what rules do that ask for losses is in `worked_oracles`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from shoal.kernels import RuleSettings
from shoal.network import FloatArray, Network, Parameters
from shoal.network.arrays import BoolArray
from shoal.network.reference import penalty_gradient
from shoal.network.worked import Equation, Folded, ParameterUpdate, Precision, UpdateWorked
from shoal.network.worked.formula import (
    Formula,
    Name,
    add,
    call,
    divide,
    evaluate,
    multiply,
    negative,
    substitute,
    subtract,
)
from shoal.streams import Stream
from shoal.training.optimizers import OPTIMIZERS, update
from shoal.training.regularization import decayed
from shoal.training.worked_oracles import Asked, ask, oracle_lines, oracle_sentences
from shoal.training.worked_rules import LINES, NEW, RATE, SLOTS, STEP, T, Values, constants_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A parameter that is shown.

    Attributes:
        parameter: its place in the flat row.
        name: what it is.
        layer: counted from 0.
        unit: whose it is.
        input: what it comes from; None for a bias.
        gradient: of the row's loss, None where there is none.
    """

    parameter: int
    name: str
    layer: int
    unit: int
    input: int | None
    gradient: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StepTaken:
    """A step that a run takes, of one network.

    Attributes:
        optimizer: the rule.
        settings: of the training.
        network: with known inputs.
        weights, after: (K,) before and after it, as the run has them.
        slots: (S, K) before it.
        gradient: (K,) of the batch before penalties and clipping; None for rules without.
        t: the number of the step, counted from 1.
        epoch: counted from 1.
        schedule: the factor of the learning rate from schedules that know it before.
        plateau: that of schedules that watch figures.
        n_rows: of the batch.
        has_row: whether the row that is worked is one of them.
        streaming: whether the rows are drawn anew in each epoch.
        loss: ``loss(weights (K,))`` on the batch, for rules that ask.
        stream: their random numbers.
        frozen: (K,) bool, parameters that are held; None for none.
    """

    optimizer: Any
    settings: RuleSettings
    network: Network
    weights: FloatArray
    after: FloatArray
    slots: FloatArray
    gradient: FloatArray | None
    t: int
    epoch: int
    schedule: float
    plateau: float
    n_rows: int
    has_row: bool
    streaming: bool
    loss: Callable[[FloatArray], float]
    stream: Stream
    frozen: BoolArray | None = None

    @property
    def precision(self) -> Precision:
        """Of the network."""
        return Precision(str(self.weights.dtype))

    @property
    def kind(self) -> Literal["gradient", "perceptron", "oracle", "python"]:
        """What the rule is handed."""
        return OPTIMIZERS[self.optimizer.name].kind


def work_update(taken: StepTaken, places: Sequence[Place], folded: Folded | None) -> UpdateWorked:
    """Work the update of the parameters that are shown.

    Args:
        taken: the step.
        places: which parameters.
        folded: those that are not shown.
    """
    if taken.kind in ("gradient", "perceptron"):
        rule = _Rule(taken)
        constants, asked = rule.constants, None
        parameters = [rule.parameter(place) for place in places]
    else:
        asked = ask(taken.optimizer, taken.weights, taken.loss, taken.stream, taken.t, taken.frozen)
        constants = _constants(taken, Values()) if hasattr(taken.optimizer, "learning_rate") else ()
        parameters = [_asked_parameter(taken, place, asked, constants) for place in places]
    first = next((each for each in parameters if each.equations), None)
    letters = () if first is None else tuple(
        (each.name, each.formula)
        for each in first.equations
        if each.formula is not None and isinstance(each.name, Name)
    )  # fmt: skip
    return UpdateWorked(
        step=taken.t,
        epoch=taken.epoch,
        optimizer=taken.optimizer.name,
        settings=_settings(taken.optimizer),
        kind=taken.kind,
        n_rows=taken.n_rows,
        has_row=taken.has_row,
        reduction="mean" if taken.settings.mean_reduction else "sum",
        sentences=tuple(_sentences(taken, asked)),
        formulas=letters,
        constants=constants,
        parameters=tuple(parameters),
        folded=folded,
    )


def _settings(optimizer: Any) -> dict[str, Any]:
    fields = type(optimizer).model_fields
    values = {name: getattr(optimizer, name) for name in fields if name != "name"}
    return {k: v for k, v in values.items() if v is None or isinstance(v, bool | int | float | str)}


def _numbers(optimizer: Any) -> Values:
    """Return the settings of a rule that are numbers, by name."""
    found = _settings(optimizer).items()
    return {Name(k): float(v) for k, v in found if isinstance(v, int | float)}


def _constants(taken: StepTaken, known: Values) -> tuple[Equation, ...]:
    """Return what is the same for all weights; `known` gets their values."""
    known |= _numbers(taken.optimizer)
    known |= {T: float(taken.t), Name("schedule"): taken.schedule * taken.plateau}
    factors: list[Name] = [Name("learning_rate")]
    given: Values = {}
    for title, factor in (("schedule", taken.schedule), ("plateau", taken.plateau)):
        if factor != 1:
            factors.append(Name(title))
            given[Name(title)] = factor
    rate = multiply(*factors) if len(factors) > 1 else factors[0]
    rated = _line(RATE, rate, known | given, taken.precision)
    known[RATE] = rated.value
    # the rate of rprop is the first size of its steps; only a decay heeds it later
    is_used = taken.optimizer.name != "rprop" or taken.settings.weight_decay > 0
    found = [rated] if is_used else []
    for name, formula, more in constants_of(taken.optimizer, taken.t):
        known |= more
        found.append(_line(name, formula, known, taken.precision))
        known[name] = found[-1].value
    return tuple(found)


def _line(
    name: Name, formula: Formula, known: Mapping[Name, float], precision: Precision, note: str = ""
) -> Equation:
    numbers = substitute(formula, known)
    value = precision.shown(evaluate(numbers))
    return Equation(name=name, formula=formula, numbers=numbers, value=value, note=note)


class _Rule:
    """The step of a rule that is handed a gradient, one parameter at a time."""

    def __init__(self, taken: StepTaken) -> None:
        assert taken.gradient is not None
        self.taken = taken
        self.gradient = taken.gradient
        self.known: Values = {}
        self.constants = _constants(taken, self.known)
        self.rate = self.known.get(RATE, 0.0)
        self.layout = taken.network.layout()
        self.length = self._length()
        self.lengths = self._lengths()

    def parameter(self, place: Place) -> ParameterUpdate:
        taken, k = self.taken, place.parameter
        shown = taken.precision.shown
        before, batch = shown(taken.weights[k]), shown(self.gradient[k])
        held = taken.frozen is not None and bool(taken.frozen[k])
        equations = () if held else tuple(self._equations(place, before, batch))
        after = equations[-1].value if equations else before
        return ParameterUpdate(
            parameter=k, name=place.name, layer=place.layer + 1, unit=place.unit,
            input=place.input, before=before, row_gradient=place.gradient, batch_gradient=batch,
            equations=equations, change=shown(after - before), after=after,
            run=shown(taken.after[k]),
        )  # fmt: skip

    def _equations(self, place: Place, before: float, batch: float) -> Iterator[Equation]:
        taken, k, precision = self.taken, place.parameter, self.taken.precision
        w, g = Name("w"), Name("g")
        known = self.known | {w: before, g: batch}
        rule = taken.optimizer.name
        for carried, slot in zip(SLOTS.get(rule, ()), taken.slots[:, k].tolist(), strict=True):
            known[Name(carried)] = precision.shown(slot)
        for name, formula, more, note in self._held_back(place, g):
            known |= more
            line = _line(name, formula, known, precision, note)
            known[name], g = line.value, name
            yield line
        if taken.settings.weight_decay and place.input is not None:
            decay, shrunk = Name("decay"), Name("w_shrunk")
            known[decay] = taken.settings.weight_decay
            line = _line(shrunk, subtract(w, multiply(RATE, decay, w)), known, precision,
                         "weight decay")  # fmt: skip
            known[shrunk], w = line.value, shrunk
            yield line
        for name, formula in LINES[rule](taken.optimizer, w, g, known):
            line = _line(name, formula, known, precision)
            known[name] = line.value
            yield line
        yield from self._bounded(place, known)

    def _held_back(self, place: Place, g: Name) -> Iterator[tuple[Name, Formula, Values, str]]:
        """Yield what happens to a gradient before the rule sees it."""
        settings, w, layer = self.taken.settings, Name("w"), place.layer
        l1 = settings.l1[layer] if settings.l1 and place.input is not None else 0.0
        l2 = settings.l2[layer] if settings.l2 and place.input is not None else 0.0
        if l1 or l2:
            parts: list[Formula] = [g]
            given: Values = {}
            if l2:
                parts.append(multiply(Name("l2"), w))
                given[Name("l2")] = l2
            if l1:
                parts.append(multiply(Name("l1"), call("sign", w)))
                given[Name("l1")] = l1
            yield Name("g_penalised"), add(*parts), given, "with the penalties"
            g = Name("g_penalised")
        if settings.clip_value:
            most = Name("clip_value")
            cut = call("max", negative(most), call("min", most, g))
            yield Name("g_cut"), cut, {most: settings.clip_value}, "clipped by value"
            g = Name("g_cut")
        if settings.clip_norm and self.length > settings.clip_norm:
            most, length = Name("clip_norm"), Name("length")
            given = {most: settings.clip_norm, length: self.taken.precision.shown(self.length)}
            shrunk = multiply(g, divide(most, length))
            yield Name("g_shortened"), shrunk, given, "the whole gradient is longer than that"

    def _bounded(self, place: Place, known: Values) -> Iterator[Equation]:
        """Yield what brings the weights into a unit to their largest norm."""
        limits = self.taken.settings.max_norm
        if not limits or not limits[place.layer] or place.input is None:
            return
        length = float(self.lengths[place.layer][place.unit])
        if length <= limits[place.layer]:
            return
        most, name = Name("max_norm"), Name("norm")
        known |= {most: limits[place.layer], name: self.taken.precision.shown(length)}
        held = multiply(NEW, divide(most, name))
        yield _line(Name("w_held"), held, known, self.taken.precision,
                    "all weights into the unit are longer than that")  # fmt: skip

    def _penalised(self) -> FloatArray:
        """Return the gradient with penalties, cut by value, (K,) in float64."""
        settings, weights = self.taken.settings, np.asarray(self.taken.weights, np.float64)
        parameters = Parameters.from_flat(self.layout, weights)
        slope = penalty_gradient(self.taken.network, parameters, settings.l1, settings.l2).flat
        found: FloatArray = np.asarray(self.gradient, np.float64) + slope
        if self.taken.frozen is not None:
            found = np.where(self.taken.frozen, 0.0, found)
        if settings.clip_value:
            found = np.clip(found, -settings.clip_value, settings.clip_value)
        return found

    def _length(self) -> float:
        """Return the length of the whole gradient as clipping by norm sees it."""
        return float(np.sqrt((self._penalised() ** 2).sum()))

    def _lengths(self) -> list[FloatArray]:
        """Return the lengths of the weights into each unit as max-norm sees them, by layer."""
        taken, settings = self.taken, self.taken.settings
        if not any(settings.max_norm):
            return []
        g = self._penalised()
        if settings.clip_norm and self.length > settings.clip_norm:
            g = g * (settings.clip_norm / self.length)
        w = Parameters.from_flat(self.layout, np.asarray(taken.weights, np.float64))
        shrunk = decayed(w, self.rate, settings.weight_decay, taken.frozen).flat
        slots = np.asarray(taken.slots, np.float64)
        factor = taken.schedule * taken.plateau
        new, _ = update(taken.optimizer, shrunk, g, slots, taken.t, factor)
        if taken.frozen is not None:
            new = np.where(taken.frozen, 0.0, new)  # the length is that of the others
        moved = Parameters.from_flat(self.layout, new)
        return [np.sqrt((w * w).sum(axis=-2)) for w in moved.weights]


def _asked_parameter(
    taken: StepTaken, place: Place, asked: Asked, constants: tuple[Equation, ...]
) -> ParameterUpdate:
    """Return what a rule that asks for losses did to a parameter."""
    k, shown = place.parameter, taken.precision.shown
    before, run = shown(taken.weights[k]), shown(taken.after[k])
    known: Values = _numbers(taken.optimizer) | {Name("w"): before}
    known |= {each.name: each.value for each in constants if isinstance(each.name, Name)}
    equations: list[Equation] = []
    held = taken.frozen is not None and bool(taken.frozen[k])
    for name, formula, given in () if held else oracle_lines(taken.optimizer, asked, k, run):
        known |= given
        equations.append(_line(name, formula, known, taken.precision))
        known[name] = equations[-1].value
    after = equations[-1].value if equations else run
    return ParameterUpdate(
        parameter=k, name=place.name, layer=place.layer + 1, unit=place.unit, input=place.input,
        before=before, row_gradient=None, batch_gradient=None, equations=tuple(equations),
        change=shown(after - before), after=after, run=run,
    )  # fmt: skip


def _sentences(taken: StepTaken, asked: Asked | None) -> Iterator[str]:
    """Yield what the step is made from, in words."""
    n, settings = taken.n_rows, taken.settings
    how = "mean" if settings.mean_reduction else "sum"
    if asked is not None:
        yield from oracle_sentences(taken.optimizer, asked)
    if n == 1 and taken.has_row:
        yield "The batch of this step is this row alone."
    elif taken.has_row:
        what = "gradient" if asked is None else "loss"
        told = f"This row is one of {n:,} in the batch of this step"
        yield f"{told}; the {what} of the batch is the {how} of theirs."
    elif taken.streaming:
        rows = f"{n:,} rows are" if n > 1 else "row is"
        yield f"This row is not in the batch of this step, whose {rows} drawn anew for this epoch."
    else:
        rows = f"{n:,} rows are others" if n > 1 else "row is another"
        yield f"This row is not in the batch of this step, whose {rows}."
    dropped = [f"{share:g} in layer {k}" for k, share in enumerate(settings.dropout, 1) if share]
    if dropped:
        yield (
            f"Dropout ({', '.join(dropped)}) is drawn anew for each row of the batch, so this "
            "row's gradient in the step is not the one above, which is worked without."
        )
    if settings.input_noise:
        yield (
            f"Noise of standard deviation {settings.input_noise:g} is added to the inputs of the "
            "batch, so this row's gradient in the step is not the one above."
        )
    if taken.frozen is not None and taken.frozen.any():
        yield f"{int(taken.frozen.sum()):,} parameters are frozen: they stay as they are."


__all__ = ["STEP", "Place", "StepTaken", "work_update"]
