"""Worked arithmetic as a JSON document: see docs/arithmetic.md for the schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from shoal.network.worked.activations import SLOPE_WORDS, general
from shoal.network.worked.formula import Formula, name_text, text
from shoal.network.worked.records import (
    BackwardWorked,
    Equation,
    Folded,
    InputsWorked,
    LayerBackward,
    LayerForward,
    LossWorked,
    OutputWorked,
    ParameterUpdate,
    Source,
    Term,
    UnitBackward,
    UnitForward,
    UpdateWorked,
    WeightBackward,
)

FORMAT: Final = "shoal-trace"
VERSION: Final = 1


def trace_document(
    source: Source,
    dtype: str,
    inputs: InputsWorked,
    layers: Sequence[LayerForward],
    output: OutputWorked,
    loss: LossWorked | None,
    backward: BackwardWorked | None,
    update: UpdateWorked | None,
) -> dict[str, Any]:
    """Return the document of a trace."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": source.title,
        "row": source.row,
        "part": source.part,
        "step": source.step,
        "total_steps": source.total_steps,
        "network": source.network,
        "seed": source.seed,
        "dtype": dtype,
        "notes": list(source.notes),
        "scaling": source.scaling,
        "inputs": _inputs(inputs),
        "inputs_folded": folded_document(inputs.folded),
        "layers": [_forward_layer(layer) for layer in layers],
        "output": _output(output),
        "loss": None if loss is None else _loss(loss),
        "backward": None if backward is None else _backward(backward),
        "update": None if update is None else _update(update),
    }


def equation_document(equation: Equation) -> dict[str, Any]:
    """Return an equation: its name, formula, what a calculator is given, and the value."""
    found = {
        "name": name_text(equation.name),
        "formula": _text(equation.formula),
        "expression": _text(equation.numbers),
        "value": equation.value,
    }
    return found | ({"note": equation.note} if equation.note else {})


def folded_document(folded: Folded | None) -> dict[str, Any] | None:
    """Return what is left out, None for nothing."""
    if folded is None:
        return None
    found: dict[str, Any] = {"n": folded.n, "what": folded.what}
    if folded.together is not None:
        found["together"] = folded.together
    if folded.largest is not None:
        found["largest"] = folded.largest
    return found


def _text(formula: Formula | None) -> str | None:
    return None if formula is None else text(formula)


def _inputs(inputs: InputsWorked) -> list[dict[str, Any]]:
    return [
        {
            "index": each.index,
            "name": each.name,
            "raw": each.raw,
            "mean": each.mean,
            "scale": each.scale,
            "expression": text(each.numbers),
            "scaled": each.scaled,
        }
        for each in inputs.shown
    ]


def _forward_layer(layer: LayerForward) -> dict[str, Any]:
    return {
        "index": layer.index,
        "activation": layer.activation,
        "settings": dict(layer.settings),
        "formula": general(layer.activation),
        "slope_formula": SLOPE_WORDS[layer.activation],
        "n_inputs": layer.n_inputs,
        "n_units": layer.n_units,
        "shared": [equation_document(each) for each in layer.shared],
        "units": [_forward_unit(unit) for unit in layer.units],
        "folded": folded_document(layer.folded),
    }


def _forward_unit(unit: UnitForward) -> dict[str, Any]:
    return {
        "unit": unit.unit,
        "name": unit.name,
        "sum": {
            "bias": unit.bias,
            "terms": _terms(unit.terms),
            "folded": folded_document(unit.folded),
            "expression": _text(unit.z.numbers),
            "z": unit.z.value,
        },
        "z": unit.z.value,
        "a": unit.a.value,
        "formula": _text(unit.a.formula),
        "expression": _text(unit.a.numbers),
        "da_dz": None if unit.slope is None else unit.slope.value,
        "da_dz_expression": None if unit.slope is None else _text(unit.slope.numbers),
    }


def _terms(terms: Sequence[Term]) -> list[dict[str, Any]]:
    return [
        {
            "index": term.index,
            "name": term.name,
            "parameter": term.parameter,
            "weight": term.weight,
            "value": term.value,
            "product": term.product,
        }
        for term in terms
    ]


def _output(output: OutputWorked) -> dict[str, Any]:
    return {
        "kind": output.kind,
        "equations": [equation_document(each) for each in output.equations],
        "answers": [{"name": each.name, "value": each.value} for each in output.answers],
        "folded": folded_document(output.folded),
        "answer": output.answer,
        "sentence": output.sentence,
    }


def _loss(loss: LossWorked) -> dict[str, Any]:
    return {
        "name": loss.name,
        "sentence": loss.sentence,
        "targets": [
            {
                "unit": each.unit,
                "name": each.name,
                "given": each.given,
                "expression": _text(each.numbers),
                "y": each.y,
            }
            for each in loss.targets
        ],
        "folded": folded_document(loss.folded),
        "equations": [equation_document(each) for each in loss.equations],
        "weight": loss.weight,
        "value": loss.value,
    }


def _backward(backward: BackwardWorked) -> dict[str, Any]:
    return {
        "kind": backward.kind,
        "h": backward.h,
        "layers": [_backward_layer(layer) for layer in backward.layers],
    }


def _backward_layer(layer: LayerBackward) -> dict[str, Any]:
    return {
        "index": layer.index,
        "shared": [equation_document(each) for each in layer.shared],
        "units": [_backward_unit(unit) for unit in layer.units],
        "folded": folded_document(layer.folded),
    }


def _backward_unit(unit: UnitBackward) -> dict[str, Any]:
    return {
        "unit": unit.unit,
        "name": unit.name,
        "dL_da": None if unit.dl_da is None else equation_document(unit.dl_da),
        "terms": _terms(unit.terms),
        "folded": folded_document(unit.folded),
        "da_dz": None if unit.slope is None else unit.slope.value,
        "dL_dz": equation_document(unit.dl_dz),
        "weights": [_weight(each, unit) for each in unit.weights],
        "bias": None if unit.bias is None else _weight(unit.bias, unit),
        "weights_folded": folded_document(unit.weights_folded),
    }


def _weight(weight: WeightBackward, unit: UnitBackward) -> dict[str, Any]:
    check = weight.check
    through = "dz/db" if weight.index is None else "dz/dw"
    return {
        "index": weight.index,
        "name": weight.name,
        "parameter": weight.parameter,
        "weight": weight.weight,
        "factors": [
            {"name": name_text(unit.dl_dz.name), "value": unit.dl_dz.value},
            {"name": through, "value": weight.input},
        ],
        "expression": _text(weight.gradient.numbers),
        "gradient": weight.gradient.value,
        "check": None if check is None else check.value,
        "difference": weight.difference,
        "check_from": None
        if check is None
        else {
            "above": check.above,
            "below": check.below,
            "h": check.h,
            "at_kink": check.at_kink,
        },
    }


def _update(update: UpdateWorked) -> dict[str, Any]:
    return {
        "step": update.step,
        "epoch": update.epoch,
        "optimizer": update.optimizer,
        "settings": dict(update.settings),
        "kind": update.kind,
        "n_rows": update.n_rows,
        "has_row": update.has_row,
        "reduction": update.reduction,
        "sentences": list(update.sentences),
        "formulas": [f"{name_text(name)} = {text(made)}" for name, made in update.formulas],
        "constants": [equation_document(each) for each in update.constants],
        "parameters": [_parameter(each) for each in update.parameters],
        "folded": folded_document(update.folded),
    }


def _parameter(each: ParameterUpdate) -> dict[str, Any]:
    return {
        "parameter": each.parameter,
        "name": each.name,
        "layer": each.layer,
        "unit": each.unit,
        "input": each.input,
        "before": each.before,
        "row_gradient": each.row_gradient,
        "batch_gradient": each.batch_gradient,
        "equations": [equation_document(one) for one in each.equations],
        "change": each.change,
        "after": each.after,
        "run": each.run,
        "difference": each.difference,
    }
