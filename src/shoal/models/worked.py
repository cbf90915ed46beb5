"""A row worked through a network of a model, from the units of the table to the answer."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from shoal.data.dataset import Schema
from shoal.data.scaling import Scaler
from shoal.errors import ArgumentError
from shoal.models.inputs import Inputs, features_of
from shoal.models.probabilities import nearest_probabilities, probabilities
from shoal.models.targets import targets_of
from shoal.network import FloatArray, LossChoice, Network
from shoal.network.worked import (
    Answer,
    Equation,
    Folded,
    Folding,
    Formula,
    InputsWorked,
    InputWorked,
    Name,
    Num,
    OutputKind,
    OutputWorked,
    Pass,
    Precision,
    Source,
    Sum,
    Target,
    Trace,
    evaluate,
    work,
)
from shoal.network.worked.formula import add, call, divide, multiply, subtract
from shoal.network.worked.precision import in_few_digits

if TYPE_CHECKING:
    from shoal.models.model import Model


def trace_row(
    model: Model,
    x: Inputs | Any,
    *,
    y: Any = None,
    network: int | None = None,
    backward: bool = False,
    folding: Folding | None = None,
    title: str = "",
    row: int | None = None,
) -> Trace:
    """Return one row worked through one network of a model; see `Model.trace`."""
    where = "Model.trace"
    features = features_of(where, model.schema, x)
    if len(features) != 1:
        raise ArgumentError(where, "x", "must be one row", got=f"{len(features)} rows", code="A104")
    i = _member(where, model, network)
    alone = model[i]
    target = None if y is None else _target(where, alone, y)
    if backward and target is None:
        cure = "Give the class or value that the row has."
        wanted = "must be given to go back from the loss"
        raise ArgumentError(where, "y", wanted, got=None, cure=cure, code="A107")
    scaler = alone.scalers[0]
    raw, moved = features[0], (model.multiply, model.add)
    alike = Precision(str(alone.parameters.dtype))
    with np.errstate(over="ignore", invalid="ignore"):
        seen = model.seen(features)
        scaled = alike.all_shown(scaler.apply(seen)[0])
    if model.schema.derived:  # they are made of the numbers after the data recipe
        raw, moved = seen[0], (1.0, 0.0)
    found = work(
        model.network, alone.parameters.member(0), scaled, target=target, backward=backward,
        input_names=model.schema.feature_names, output_names=output_names(model.schema,
        model.network), folding=folding, where=where,
    )  # fmt: skip
    source = Source(
        title=title or f"a row, network {i}",
        row=row,
        network=i,
        seed=model.seeds[i],
        scaling=scaler.kind,
        notes=() if target is None else (LOSS_NOTE,),
    )
    return Trace(
        source=source,
        dtype=found.dtype,
        inputs=work_inputs(
            found.inputs, model.schema.feature_names, raw, scaler, alike,
            multiplied=moved,
        ),
        layers=found.layers,
        output=work_output(
            model.network, model.schema, found, threshold=model.threshold,
            target_scaler=alone.target_scalers[0],
        ),
        loss=found.loss,
        backward=found.backward,
    )  # fmt: skip


LOSS_NOTE = (
    "The loss is that of the document that the model came from, for the row as it stands: without "
    "label smoothing and without weights of rows and classes."
)


def work_inputs(
    shown: Sequence[int],
    names: Sequence[str],
    raw: FloatArray,
    scaler: Scaler,
    precision: Precision,
    *,
    multiplied: tuple[float, float] = (1.0, 0.0),
) -> InputsWorked:
    """Return how inputs are scaled: ``(x - mean) / scale`` with the numbers.

    Args:
        shown: which of them.
        names: of all.
        raw: the row in the units of the table, (D,).
        scaler: of the features.
        precision: of the network.
        multiplied: the data recipe's factor and summand, which come first.
    """
    by, plus = multiplied
    found = []
    for i in shown:
        x: Formula = Num(float(raw[i]))
        if by != 1:
            x = multiply(x, by)
        if plus:
            x = add(x, plus)
        make = partial(_scaled, scaler.kind, x)
        exact = float(scaler.center[i]), float(scaler.scale[i])
        mean, scale = in_few_digits(make, exact, precision.shown)
        numbers = make(mean, scale)
        found.append(
            InputWorked(
                index=i,
                name=names[i],
                raw=float(raw[i]),
                mean=mean,
                scale=scale,
                numbers=numbers,
                scaled=precision.shown(evaluate(numbers)),
            )
        )
    n = len(raw) - len(found)
    return InputsWorked(shown=tuple(found), folded=Folded(n=n, what="inputs") if n else None)


def _scaled(kind: str, x: Formula, mean: float, scale: float) -> Formula:
    return x if kind == "none" else divide(subtract(x, mean), scale)


def output_names(schema: Schema, network: Network) -> tuple[str, ...]:
    """Return what the outputs are called: classes where there is one for each, or targets."""
    if len(schema.classes) == network.n_outputs:
        return schema.classes
    return schema.targets


def work_output(
    network: Network,
    schema: Schema,
    found: Pass,
    *,
    threshold: float,
    target_scaler: Scaler,
) -> OutputWorked:
    """Return what the outputs of a row mean, with the numbers."""
    means = _Meaning(network, schema, found, threshold, target_scaler)
    if schema.is_regression:
        return means.values()
    if schema.kind == "multilabel":
        return means.labels()
    return means.of_one() if network.n_outputs == 1 else means.classes()


class _Meaning:
    """What outputs mean: the same as `Model.predict`, in formulas."""

    def __init__(
        self, network: Network, schema: Schema, found: Pass, threshold: float, scaler: Scaler
    ) -> None:
        self.network, self.schema, self.found = network, schema, found
        self.threshold, self.scaler = threshold, scaler
        self.precision = Precision(found.dtype)
        self.outputs = np.array(found.outputs)
        self.layer = len(found.layers)
        self.units = [unit.unit for unit in found.layers[-1].units]

    def values(self) -> OutputWorked:
        equations = []
        for unit in self.units:
            a, here = float(self.outputs[unit]), Name("a", str(unit), self.layer)
            is_scaled = self.scaler.kind != "none"
            exact = float(self.scaler.scale[unit]), float(self.scaler.center[unit])
            make = partial(_unscaled, a)
            placed = partial(self.precision.placed, scale=exact[0])
            numbers = make(*in_few_digits(make, exact, placed)) if is_scaled else Num(a)
            letters = add(multiply(here, Name("scale")), Name("mean")) if is_scaled else here
            note = f"{self.schema.targets[unit]}, in its own units"
            name = Name("y_hat", str(unit))
            equations.append(
                Equation(
                    name=name, formula=letters, numbers=numbers,
                    value=placed(evaluate(numbers)), note=note,
                )
            )  # fmt: skip
        said = [(self.schema.targets[u], e.value) for u, e in zip(self.units, equations,
                strict=True)]  # fmt: skip
        told = ", ".join(f"{name} = {f'{value:.6g}'.replace('-', '−')}" for name, value in said)
        return self._output("regression", equations, said, None, f"The network says {told}.")

    def labels(self) -> OutputWorked:
        equations = [self._probability(unit, Name("p", str(unit))) for unit in self.units]
        said, words = [], []
        for unit, equation in zip(self.units, equations, strict=True):
            no, yes = self.schema.label_classes[unit]
            name = self.schema.targets[unit]
            said.append((name, equation.value))
            words.append(f"{name} = {yes if equation.value > 0.5 else no}")
        told = ", ".join(words)
        return self._output("multilabel", equations, said, told, f"The network says {told}.")

    def of_one(self) -> OutputWorked:
        """Return what one output of two classes means."""
        no, yes = self.schema.classes
        p = self._probability(0, Name("p"))
        other = self._made(
            Name("q"), subtract(1, Name("p")), subtract(1, p.value),
            f"the probability of {no}",
        )  # fmt: skip
        answer = yes if p.value > 0.5 else no
        said = [(no, other.value), (yes, p.value)]
        sentence = (
            f"The probability of {yes} is {p.value:.6g}, "
            f"{'above' if p.value > 0.5 else 'not above'} 0.5: the network says {answer}."
        )
        return self._output("classification", [p, other], said, answer, sentence)

    def classes(self) -> OutputWorked:
        names, activation = self.schema.classes, self.network.layers[-1].activation
        if activation == "softmax" and self.threshold != 0:
            p = self.outputs
            equations: list[Equation] = []
        elif activation == "sigmoid" and self.threshold != 0 and self.outputs.sum() > 0:
            equations = self._shares()
            p = np.array(self.outputs) / self.outputs.sum()
        else:
            p = probabilities(self.network, self.outputs[None], threshold=self.threshold)[0]
            equations = self._nearest(p)
        for unit, equation in zip(self.units, equations[-len(self.units) :], strict=False):
            p = np.array(p)
            p[unit] = equation.value
        k = int(np.argmax(p))
        said = [(names[unit], float(p[unit])) for unit in self.units]
        sentence = f"The most probable class is {names[k]}, with probability {p[k]:.6g}."
        return self._output("classification", equations, said, names[k], sentence)

    def _probability(self, unit: int, name: Name) -> Equation:
        """Return an output as a probability: itself, or what of it lies from 0 to 1."""
        a, here = float(self.outputs[unit]), Name("a", str(unit), self.layer)
        title = self.schema.label_classes[unit][1] if self.schema.label_classes else (
            self.schema.classes[-1])  # fmt: skip
        note = f"the probability of {title}"
        letters: Formula = here
        numbers: Formula = Num(a)
        if self.threshold == 0:
            letters, numbers = divide(add(1, letters), 2), divide(add(1, numbers), 2)
        elif self.network.layers[-1].activation == "sigmoid":
            return self._made(name, letters, numbers, note)
        clipped = call("max", 0, call("min", 1, letters)), call("max", 0, call("min", 1, numbers))
        return self._made(name, *clipped, note)

    def _shares(self) -> list[Equation]:
        """Return each of several outputs over their sum."""
        parts: list[Formula] = [Num(float(self.outputs[unit])) for unit in self.units]
        rest = np.delete(self.outputs, self.units)
        if len(rest):
            parts.append(Num(self.precision.shown(float(rest.sum())), len(rest)))
        total = self._made(Name("sum"), None, Sum(tuple(parts)), "all outputs")
        shares = [
            self._made(
                Name("p", str(unit)), divide(Name("a", str(unit), self.layer), Name("sum")),
                divide(float(self.outputs[unit]), total.value),
            )
            for unit in self.units
        ]  # fmt: skip
        return [total, *shares]

    def _nearest(self, p: FloatArray) -> list[Equation]:
        """Return the nearest probabilities: outputs less a number that makes them sum to 1."""
        values = self.outputs if self.threshold else (1 + self.outputs) / 2
        top = float(values.max())
        k = int(np.argmax(p))
        theta = self.precision.shown(float(values[k] - nearest_probabilities(values)[k]))
        given = Equation(
            name=Name("theta"), value=theta,
            note="what all are lowered by so that those above 0 sum to 1",
        )  # fmt: skip
        found = [given]
        for unit in self.units:
            here: Formula = Name("a", str(unit), self.layer)
            a: Formula = Num(float(self.outputs[unit]))
            if self.threshold == 0:
                here, a = divide(add(1, here), 2), divide(add(1, a), 2)
            letters = call("max", 0, subtract(here, Name("theta")))
            found.append(
                self._made(Name("p", str(unit)), letters, call("max", 0, subtract(a, theta)))
            )
        return found if np.isfinite(top) else []

    def _made(
        self, name: Name, letters: Formula | None, numbers: Formula, note: str = ""
    ) -> Equation:
        value = self.precision.shown(evaluate(numbers))
        return Equation(name=name, formula=letters, numbers=numbers, value=value, note=note)

    def _output(
        self,
        kind: OutputKind,
        equations: Sequence[Equation],
        said: Sequence[tuple[str, float]],
        answer: str | None,
        sentence: str,
    ) -> OutputWorked:
        n = len(self.outputs) - len(self.units)
        return OutputWorked(
            kind=kind,
            equations=tuple(equations),
            answers=tuple(Answer(name=name, value=value) for name, value in said),
            folded=Folded(n=n, what="outputs") if n else None,
            answer=answer,
            sentence=sentence,
        )


def _unscaled(a: float, scale: float, centre: float) -> Formula:
    return add(multiply(a, scale), centre)


def _member(where: str, model: Model, network: int | None) -> int:
    if network is None:
        return model.best
    n = len(model)
    if isinstance(network, bool) or not hasattr(network, "__index__") or not 0 <= network < n:
        raise ArgumentError(
            where, "network", f"must be from 0 to {n - 1}", got=repr(network), code="A102"
        )
    return operator.index(network)


def _target(where: str, model: Model, y: Any) -> Target:
    """Return what a row should give, as the loss of the model's document takes it."""
    schema, network = model.schema, model.network
    # a single class or value, or those of several targets, of the one row there is
    bare = np.ndim(y) < min(len(schema.targets), 2)
    made = targets_of(where, schema, [y] if bare else y)
    if len(made) != 1:
        raise ArgumentError(
            where, "y", "must be that of one row", got=f"{len(made)} rows", code="A104"
        )
    row = made[0]
    loss, rule = document_loss(model), _rule(model)
    if schema.is_regression:
        scaler = model.target_scalers[0]
        scaled = scaler.apply(row[None])[0]
        is_scaled = scaler.kind != "none"
        return Target(
            y=scaled, given=row, loss=loss, rule=rule,
            centre=np.array(scaler.center) if is_scaled else None,
            scale=np.array(scaler.scale) if is_scaled else None,
        )  # fmt: skip
    if schema.classes and network.n_outputs == 1:
        row = row[1:]
    return Target(y=row, loss=loss, rule=rule)


def _rule(model: Model) -> str:
    """Return "perceptron" where the document trains by that rule."""
    training = model.experiment.get("training")
    optimizer = training.get("optimizer") if isinstance(training, dict) else None
    name = optimizer.get("name") if isinstance(optimizer, dict) else optimizer
    return "perceptron" if name == "perceptron" else "gradient"


def document_loss(model: Model) -> Any:
    """Return the loss of the document that a model came from, or what fits its last layer."""
    training = model.experiment.get("training")
    given = training.get("loss") if isinstance(training, dict) else None
    if given is not None:
        with contextlib.suppress(ValidationError):
            return _LOSS.validate_python(given)
    usual = {
        "sigmoid": "binary_crossentropy",
        "softmax": "categorical_crossentropy",
        "exponential": "poisson",
    }
    return usual.get(model.network.layers[-1].activation, "squared_error")


_LOSS: TypeAdapter[Any] = TypeAdapter(LossChoice)
