"""Worked arithmetic in the order it is read: sections of tables and equations, for all writers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shoal.charts.choice import plain
from shoal.network.worked import (
    BackwardWorked,
    Equation,
    Folded,
    LayerBackward,
    LayerForward,
    LossWorked,
    Name,
    Num,
    OutputWorked,
    ParameterUpdate,
    Slope,
    Term,
    Trace,
    UnitBackward,
    UnitForward,
    UpdateWorked,
    WeightBackward,
    name_text,
    printed,
)
from shoal.network.worked.activations import SLOPE_WORDS, general
from shoal.network.worked.formula import PRINTED, number

Cell = str | float | None
"""Words, a number with all its digits, or nothing."""

AT_KINK: Final = (
    "* Here a weighted sum lies at a kink of its activation, as 0 is of relu: the slope turns at "
    "once, the derivative is that of one side, and the check lies between the two."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """A table: the first column names the rows, the others hold numbers.

    Attributes:
        head: of the columns.
        rows: cells.
        total: what the last column adds up to, by name; None where it does not.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Name | Slope, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What belongs together, such as a unit.

    Attributes:
        title: what it is of.
        lines: sentences.
        before: equations above the tables.
        ledgers: the tables.
        after: equations below them.
        below: tables below those.
        inner: blocks that a page shows when this one is opened.
        is_wide: whether a page gives it its whole width.
    """

    title: str = ""
    lines: tuple[str, ...] = ()
    before: tuple[Equation, ...] = ()
    ledgers: tuple[Ledger, ...] = ()
    after: tuple[Equation, ...] = ()
    below: tuple[Ledger, ...] = ()
    inner: tuple[Block, ...] = ()
    is_wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the whole: a title, what it is in words, and its blocks."""

    title: str
    lines: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()


def sections(trace: Trace, *, in_full: bool = False) -> list[Section]:
    """Return a trace as sections.

    Args:
        trace: the trace.
        in_full: whether the update of every weight is worked line by line, not of one.
    """
    found = [_inputs(trace), *(_forward(layer, trace) for layer in trace.layers)]
    found.append(_output(trace.output))
    if trace.loss is not None:
        found.append(_loss(trace.loss))
    if trace.backward is not None:
        found += _backward(trace.backward, trace)
    if trace.update is not None:
        found.append(_update(trace.update, in_full))
    return found


def told(value: float) -> str:
    """Return a number as it is printed, with all its digits.

    Example:
        >>> told(-0.25)
        '−0.25'
    """
    return number(value, PRINTED)


def folded_words(folded: Folded) -> str:
    """Return what is left out, in words.

    Example:
        >>> folded_words(Folded(n=770, what="terms"))
        '770 more terms'
    """
    what = folded.what if folded.n > 1 else folded.what.removesuffix("s")
    return f"{folded.n:,} more {what}"


def _inputs(trace: Trace) -> Section:
    inputs, kind = trace.inputs, trace.source.scaling
    scales = kind != "none"
    rows: list[tuple[Cell, ...]] = [
        (plain(each.name), each.raw, each.mean, each.scale, each.scaled)
        if scales
        else (plain(each.name), each.raw, each.scaled)
        for each in inputs.shown
    ]
    names = {"standard": ("mean", "deviation"), "minmax": ("minimum", "range")}
    centre, scale = names.get(kind, ("mean", "scale"))
    lines: tuple[str, ...] = ()
    if any(each.numbers != Num(each.raw) for each in inputs.shown) and not scales:
        lines = ("The features are changed as the data recipe says, and not scaled.",)
    elif scales:
        lines = (f"The network sees (x − {centre}) / {scale}, fitted on the training rows.",)
    if inputs.folded is not None:
        more = folded_words(inputs.folded)
        lines = (*lines, f"{more} not shown: what weighs least in the sums below.")
    if scales:
        head = ("", "x", f"− {centre}", f"/ {scale}", "= scaled")
        steps = _scalings(trace)
        return Section(
            title="Inputs", lines=lines,
            blocks=(
                Block(ledgers=(Ledger(head=head, rows=tuple(rows)),), after=steps, is_wide=True),
            ),
        )  # fmt: skip
    plainly = ("", "x", "the network sees")
    return Section(
        title="Inputs",
        lines=lines,
        blocks=(Block(ledgers=(Ledger(head=plainly, rows=tuple(rows)),), is_wide=True),),
    )


def _scalings(trace: Trace) -> tuple[Equation, ...]:
    """Return the scaling of the first input as an equation: the others go like it."""
    return tuple(
        Equation(name=Name("x", sub=str(each.index + 1)), numbers=each.numbers, value=each.scaled)
        for each in trace.inputs.shown[:1]
    )


def _forward(layer: LayerForward, trace: Trace) -> Section:
    n = f"{layer.n_inputs:,} → {layer.n_units:,} unit{'' if layer.n_units == 1 else 's'}"
    settings = "".join(f", {key} = {value:g}" for key, value in layer.settings.items())
    function = printed(general(layer.activation)) + settings
    lines = [f"z adds up the bias and weight × value; a = {function}."]
    with_slope = trace.backward is not None
    if with_slope:
        lines.append(f"The slope da/dz is {printed(SLOPE_WORDS[layer.activation])}.")
    if layer.folded is not None:
        lines.append(f"{folded_words(layer.folded)} not shown; what is here weighs most below.")
    blocks = [_unit(unit, with_slope) for unit in layer.units]
    if layer.shared:  # all sums must be known before the first output
        outputs = tuple(unit.a for unit in layer.units)
        blocks = [replace(block, after=()) for block in blocks]
        blocks.append(Block(title="outputs", before=(*layer.shared, *outputs), is_wide=True))
    return Section(
        title=f"Layer {layer.index}: {layer.activation}, {n}",
        lines=tuple(lines),
        blocks=tuple(blocks),
    )


def _unit(unit: UnitForward, with_slope: bool) -> Block:
    rows: list[tuple[Cell, ...]] = []
    if unit.bias is not None:
        rows.append(("bias", None, None, unit.bias))
    rows += _term_rows(unit.terms, unit.folded)
    ledger = Ledger(
        head=("", "weight", "× value", "= product"),
        rows=tuple(rows),
        total=(unit.z.name, unit.z.value),
    )
    after = [unit.a]
    if with_slope and unit.slope is not None:
        after.append(unit.slope)
    return Block(title=plain(unit.name), ledgers=(ledger,), after=tuple(after))


def _term_rows(terms: Sequence[Term], folded: Folded | None) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = [
        (plain(each.name), each.weight, each.value, each.product) for each in terms
    ]
    if folded is not None:
        rows.append((f"{folded_words(folded)}, together", None, None, folded.together))
    return rows


def _output(output: OutputWorked) -> Section:
    rows = tuple((plain(each.name), each.value) for each in output.answers)
    what = "value" if output.kind == "regression" else "probability"
    lines = [output.sentence]
    if output.folded is not None:
        lines.append(f"{folded_words(output.folded)} not shown.")
    ledger = Ledger(head=("", what), rows=rows)
    return Section(
        title="What it says", lines=tuple(lines),
        blocks=(Block(before=output.equations, ledgers=(ledger,), is_wide=True),),
    )  # fmt: skip


def _loss(loss: LossWorked) -> Section:
    rows = tuple((plain(each.name), each.given, each.y) for each in loss.targets)
    ledger = Ledger(head=("", "target", "y"), rows=rows)
    lines = [printed(loss.sentence)]
    if loss.folded is not None:
        lines.append(f"{folded_words(loss.folded)} not shown.")
    how = tuple(
        Equation(name=Name("y", sub=str(each.unit + 1)), numbers=each.numbers, value=each.y)
        for each in loss.targets
        if each.numbers is not None
    )
    return Section(
        title="Loss", lines=tuple(lines),
        blocks=(Block(ledgers=(ledger,), before=how, after=loss.equations, is_wide=True),),
    )  # fmt: skip


def _backward(backward: BackwardWorked, trace: Trace) -> Iterator[Section]:
    if backward.kind == "perceptron":
        first = (
            "The perceptron's rule has no derivative: its error e times the input is what counts."
        )
    else:
        first = (
            "dL/dw = dL/dz × dz/dw, and dz/dw is the value that came through w. The check moves "
            "the weight up and down by h and takes the slope of the loss between, in float64."
        )
    for place, layer in enumerate(backward.layers):
        lines = [first] if place == 0 else []
        if layer.folded is not None:
            lines.append(f"{folded_words(layer.folded)} not shown.")
        if any(each.differs_at_kink for unit in layer.units for each in unit.parameters):
            lines.append(AT_KINK)
        activation = trace.layers[layer.index - 1].activation
        yield Section(
            title=f"Back through layer {layer.index}: {activation}",
            lines=tuple(lines),
            blocks=tuple(_back_blocks(layer)),
        )


def _back_blocks(layer: LayerBackward) -> Iterator[Block]:
    if layer.shared:
        yield Block(before=layer.shared)
    for unit in layer.units:
        yield _back_unit(unit)


def _back_unit(unit: UnitBackward) -> Block:
    ledgers = []
    before: list[Equation] = []
    if unit.terms:
        assert unit.dl_da is not None
        ledgers.append(
            Ledger(
                head=("", "weight", "× dL/dz", "= product"),
                rows=tuple(_term_rows(unit.terms, unit.folded)),
                total=(unit.dl_da.name, unit.dl_da.value),
            )
        )
    elif unit.dl_da is not None:
        before.append(unit.dl_da)
    is_checked = any(each.check for each in unit.parameters)
    top = name_text(unit.dl_dz.name)
    head: tuple[str, ...] = ("", f"{top} × value", "= dL/dw", "check", "difference")
    if not is_checked:
        head = ("", f"{top} × value", "= move")
    rows: list[tuple[Cell, ...]] = [_weight_row(each) for each in unit.parameters]
    if unit.weights_folded is not None:
        most = abs(unit.weights_folded.largest or 0.0)
        more = f"{unit.weights_folded.n:,} more, in size"
        rows.append((more, None, f"≤ {told(most)}", *([None] * (len(head) - 3))))
    ledger = Ledger(head=head, rows=tuple(rows))
    return Block(
        title=plain(unit.name), before=tuple(before), ledgers=tuple(ledgers),
        after=(unit.dl_dz,), below=(ledger,),
    )  # fmt: skip


def _weight_row(each: WeightBackward) -> tuple[Cell, ...]:
    row: tuple[Cell, ...] = (plain(each.name), each.input, each.gradient.value)
    if each.check is None or each.difference is None:
        return row
    apart = abs(each.difference)
    difference = _rounded(apart, "0e") if apart else "0"
    mark = " *" if each.differs_at_kink else ""
    return (*row, _rounded(each.check.value, "7g"), difference + mark)


def _rounded(value: float, digits: str) -> str:
    return f"{value:.{digits}}".replace("-", PRINTED.minus)


def _update(update: UpdateWorked, in_full: bool) -> Section:
    lines = list(update.sentences)
    apart = [abs(d) for each in update.parameters if (d := each.difference) is not None]
    if apart and any(each.equations for each in update.parameters):
        largest = _rounded(max(apart), "1g")
        lines.append(f"The largest difference between a weight below and the run's is {largest}.")
    if update.folded is not None:
        lines.append(f"{folded_words(update.folded)} not shown.")
    blocks = [Block(title="for all weights", before=update.constants)] if update.constants else []
    worked = [each for each in update.parameters if each.equations]
    most = max(worked, key=lambda each: abs(each.change), default=None)
    blocks += _moves(update)
    if most is not None:
        blocks.append(_worked(most, "the one that moves most"))
        others = [each for each in worked if each is not most]
        if in_full:
            blocks += _all_worked(others)
        elif others:
            words = f"{len(others):,} more go like it: --all and the JSON document have them."
            blocks.append(Block(lines=(words,)))
    epoch = f"epoch {update.epoch:,}"
    return Section(
        title=f"Update {update.step:,} ({epoch}): {update.optimizer}",
        lines=tuple(lines), blocks=tuple(blocks),
    )  # fmt: skip


def _worked(each: ParameterUpdate, which: str = "") -> Block:
    title = f"{plain(each.name, 80)}{f' ({which})' if which else ''}"
    return Block(title=title, before=each.equations)


def _all_worked(some: Sequence[ParameterUpdate]) -> Iterator[Block]:
    """Yield a block a unit with all its weights worked."""
    groups: dict[str, list[ParameterUpdate]] = {}
    for each in some:
        groups.setdefault(each.name.rpartition(": ")[0], []).append(each)
    for title, own in groups.items():
        inner = tuple(
            Block(title=each.name.rpartition(": ")[2], before=each.equations) for each in own
        )
        yield Block(title=f"line by line: {plain(title, 80)}", inner=inner)


def _moves(update: UpdateWorked) -> Iterator[Block]:
    """Yield a table a unit: weights before, gradients or the change, weights after."""
    groups: dict[str, list[ParameterUpdate]] = {}
    for each in update.parameters:
        groups.setdefault(each.name.rpartition(": ")[0], []).append(each)
    is_part = update.has_row and update.n_rows > 1
    for title, some in groups.items():
        has_gradient = some[0].batch_gradient is not None
        between: tuple[str, ...] = ("change",)
        if has_gradient:
            between = ("this row", "batch") if is_part else ("gradient", "change")
        rows = [_move_row(each, between) for each in some]
        ledger = Ledger(head=("", "before", *between, "after"), rows=tuple(rows))
        yield Block(title=plain(title, 80), ledgers=(ledger,))


def _move_row(each: ParameterUpdate, between: Sequence[str]) -> tuple[Cell, ...]:
    row: list[Cell] = [_short_name(each), each.before]
    row += [_between(each, what) for what in between]
    return (*row, each.after)


def _short_name(each: ParameterUpdate) -> str:
    return plain(each.name.rpartition(": ")[2].removeprefix("weight from "))


def _between(each: ParameterUpdate, what: str) -> str:
    """Return a number of six digits: all of them stand in the formulas."""
    found = {
        "change": each.change,
        "this row": each.row_gradient,
        "batch": each.batch_gradient,
        "gradient": each.batch_gradient,
    }[what]
    return _rounded(found or 0.0, "6g")


__all__ = ["Block", "Cell", "Ledger", "Section", "folded_words", "sections", "told"]
