"""What worked arithmetic is made of: plain records, from the inputs of a row to the update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from shoal.network.worked.formula import Formula, Name, Slope

Part = Literal["training", "validation", "test"]
OutputKind = Literal["classification", "multilabel", "regression"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """A quantity, how it is computed in letters, with numbers, and what comes out.

    Attributes:
        name: the quantity.
        formula: in letters; None where the numbers say it all.
        numbers: with the numbers; None for a number that is given.
        value: what comes out, or is given.
        note: words beside it.
    """

    name: Name | Slope
    formula: Formula | None = None
    numbers: Formula | None = None
    value: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What is left out, and said so.

    Attributes:
        n: how many.
        what: of what, in plural.
        together: their sum, where they are part of one.
        largest: the largest in size, where they are gradients.
    """

    n: int
    what: str
    together: float | None = None
    largest: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    """How much is shown: None for all.

    Attributes:
        terms: terms of a sum, the largest.
        units: units of a layer, those that weigh most further on.
    """

    terms: int | None = 8
    units: int | None = 8


ALL: Final = Folding(terms=None, units=None)
"""Fold nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputWorked:
    """A feature on its way to the network.

    Attributes:
        index: its place among the inputs.
        name: its name.
        raw: as the table has it.
        mean, scale: of the scaler, with as many digits as the result takes.
        numbers: how it is scaled.
        scaled: what the network sees.
    """

    index: int
    name: str
    raw: float
    mean: float
    scale: float
    numbers: Formula
    scaled: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A product in a sum: a weight times what comes through it.

    Attributes:
        index: of the unit or input that it comes from.
        name: what that is called.
        parameter: the weight's place in the flat row of parameters.
        weight, value, product: the numbers.
    """

    index: int
    name: str
    parameter: int
    weight: float
    value: float
    product: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitForward:
    """A unit on the way forward.

    Attributes:
        unit: its place in the layer.
        name: what it is called.
        bias: None where the layer has none.
        terms: what is shown of its sum.
        folded: what is not.
        z: its weighted sum.
        a: its output.
        slope: da/dz; None where every output depends on every sum.
    """

    unit: int
    name: str
    bias: float | None
    terms: tuple[Term, ...]
    folded: Folded | None
    z: Equation
    a: Equation
    slope: Equation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerForward:
    """A layer on the way forward; `index` is counted from 1, `shared` is for softmax."""

    index: int
    activation: str
    settings: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    n_inputs: int
    n_units: int
    shared: tuple[Equation, ...]
    units: tuple[UnitForward, ...]
    folded: Folded | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The probability of a class or label, or the value of a target."""

    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputWorked:
    """What the outputs mean.

    Attributes:
        kind: of the target.
        equations: from outputs to probabilities or values.
        answers: what is shown of those.
        folded: what is not.
        answer: the class that is said; None for numbers.
        sentence: the same in words.
    """

    kind: OutputKind
    equations: tuple[Equation, ...]
    answers: tuple[Answer, ...]
    folded: Folded | None
    answer: str | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetWorked:
    """A target: as the table has it (a class as 0 or 1), and as the loss sees it.

    Attributes:
        unit: the output that it is for.
        name: of the class or target.
        given: as it is.
        numbers: how it was scaled or smoothed; None if it was not.
        y: what the loss sees.
    """

    unit: int
    name: str
    given: float
    numbers: Formula | None
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LossWorked:
    """The loss of the row.

    Attributes:
        name: of the loss.
        targets: what is shown of them.
        folded: what is not.
        equations: towards the loss; the last is the loss.
        weight: how much the row counts in the gradient.
        value: the loss, times the weight.
        sentence: what it is of.
    """

    name: str
    targets: tuple[TargetWorked, ...]
    folded: Folded | None
    equations: tuple[Equation, ...]
    weight: float
    value: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A central difference: the loss with the weight moved up and down by h.

    Attributes:
        above, below: the losses.
        h: how far it is moved each way.
        value: (above - below) / (2 h).
        at_kink: whether a weighted sum is moved across a kink of its activation, such as 0 of
            relu: the two sides have slopes of their own, and the value is between them.
    """

    above: float
    below: float
    h: float
    value: float
    at_kink: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightBackward:
    """The derivative of the loss by a weight or a bias.

    Attributes:
        index: of the input or unit that it comes from; None for a bias.
        name: what that is called.
        parameter: its place in the flat row of parameters.
        weight: what it is.
        input: what comes through it: dz/dw; 1 for a bias.
        gradient: the equation of its derivative.
        check: None for the perceptron, whose rule is no derivative.
    """

    index: int | None
    name: str
    parameter: int
    weight: float
    input: float
    gradient: Equation
    check: Check | None

    @property
    def differs_at_kink(self) -> bool:
        """Whether derivative and check differ because a slope turns at once between the two sides.

        Where it only bends, as that of ELU, they differ by less than h.
        """
        if self.check is None:
            return False
        return self.check.at_kink and abs(self.gradient.value - self.check.value) > self.check.h

    @property
    def difference(self) -> float | None:
        """How far derivative and check are apart."""
        return None if self.check is None else self.gradient.value - self.check.value


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitBackward:
    """A unit on the way back.

    Attributes:
        unit: its place in the layer.
        name: what it is called.
        dl_da: the derivative by its output; None where there is none that is finite.
        terms: what `dl_da` adds up in a hidden layer: weights times dL/dz of the layer after.
        folded: those that are not shown.
        slope: da/dz; None where every output depends on every sum.
        dl_dz: the derivative by its weighted sum.
        weights: of what is shown.
        bias: None where the layer has none.
        weights_folded: weights that are not shown.
    """

    unit: int
    name: str
    dl_da: Equation | None
    terms: tuple[Term, ...] = ()
    folded: Folded | None = None
    slope: Equation | None
    dl_dz: Equation
    weights: tuple[WeightBackward, ...]
    bias: WeightBackward | None
    weights_folded: Folded | None

    @property
    def parameters(self) -> tuple[WeightBackward, ...]:
        """Bias and weights that are shown."""
        return (*(() if self.bias is None else (self.bias,)), *self.weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerBackward:
    """A layer on the way back; `shared` is for softmax."""

    index: int
    shared: tuple[Equation, ...]
    units: tuple[UnitBackward, ...]
    folded: Folded | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackwardWorked:
    """The way back, the last layer first; `h` is the step of the differences."""

    kind: Literal["gradient", "perceptron"]
    h: float | None
    layers: tuple[LayerBackward, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterUpdate:
    """The update of one parameter.

    Attributes:
        parameter: its place in the flat row.
        name: what it is.
        layer: counted from 1.
        unit: whose it is.
        input: what it comes from; None for a bias.
        before: what it is.
        row_gradient: the derivative of this row's loss, where there is one.
        batch_gradient: that of the batch, before penalties and clipping; None for rules without.
        equations: on the way; the last is the new weight.
        change: what is added.
        after: what comes out.
        run: what the run has; None where nothing was trained.
    """

    parameter: int
    name: str
    layer: int
    unit: int
    input: int | None
    before: float
    row_gradient: float | None
    batch_gradient: float | None
    equations: tuple[Equation, ...]
    change: float
    after: float
    run: float | None

    @property
    def difference(self) -> float | None:
        """How far what comes out is from what the run has."""
        return None if self.run is None else self.after - self.run


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateWorked:
    """The update that follows.

    Attributes:
        step: its number, counted from 1.
        epoch: counted from 1.
        optimizer: the name of the rule.
        settings: its numbers.
        kind: what it is handed: see `shoal.training.OPTIMIZERS`.
        n_rows: of the batch.
        has_row: whether the row is one of them.
        reduction: how their losses become one.
        sentences: what the rule does, and what came in between.
        formulas: of the rule, in letters.
        constants: the same for all weights.
        parameters: what is shown.
        folded: what is not.
    """

    step: int
    epoch: int
    optimizer: str
    settings: Mapping[str, Any]
    kind: Literal["gradient", "perceptron", "oracle", "python"]
    n_rows: int
    has_row: bool
    reduction: Literal["mean", "sum"]
    sentences: tuple[str, ...]
    formulas: tuple[tuple[Name, Formula], ...]
    constants: tuple[Equation, ...]
    parameters: tuple[ParameterUpdate, ...]
    folded: Folded | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the row and the network of a trace come from.

    Attributes:
        title: the whole in a line.
        row: its number, from 0; None for a point.
        part: what the row is for; None if nobody knows.
        step: updates done; None for a model.
        total_steps: of the run; None for a model.
        network: its number.
        seed: the network's own.
        scaling: the kind of scaler.
        notes: sentences.
        facts: what title and notes say, as names and numbers, for those who say it otherwise.
    """

    title: str
    row: int | None = None
    part: Part | None = None
    step: int | None = None
    total_steps: int | None = None
    network: int = 0
    seed: int | None = None
    scaling: str = "none"
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def row_words(row: int, data: str = "", line: int | None = None) -> str:
    """Return which row of which data, in words that do not depend on where counting begins.

    Args:
        row: its number, from 0.
        data: what it is of.
        line: its line in the file, from 1; None where there is none.

    Example:
        >>> row_words(3, "wine.csv", 5), row_words(21), row_words(1010, "or")
        ('4th row of wine.csv (line 5)', '22nd row', '1,011th row of or')
    """
    n = row + 1
    ending = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th") if n // 10 % 10 != 1 else "th"
    of = f" of {data}" if data else ""
    return f"{n:,}{ending} row{of}" + ("" if line is None else f" (line {line:,})")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputsWorked:
    """The inputs: those that are shown, and how many are not."""

    shown: tuple[InputWorked, ...]
    folded: Folded | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """The way of a row through a network, and back: what `work` makes.

    Attributes:
        dtype: the precision.
        inputs: which inputs are shown: the numbers of those that weigh most.
        outputs: what the network says, in the numbers shown, (C,).
        layers: the way forward.
        loss: None without a target.
        backward: None if it was not asked for.
    """

    dtype: str
    inputs: tuple[int, ...]
    outputs: tuple[float, ...]
    layers: tuple[LayerForward, ...]
    loss: LossWorked | None
    backward: BackwardWorked | None
