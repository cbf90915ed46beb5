"""The way forward through a network, its loss, and the chain rule back, written out in NumPy."""

from __future__ import annotations

import re

from shoal.experiments.programs.data_part import is_scaled_target
from shoal.experiments.programs.outline import Outline
from shoal.experiments.programs.templates import pieces
from shoal.experiments.programs.text import filled, listed, number
from shoal.experiments.programs.unrolled import (
    BY_SUMS,
    LOSSES,
    NUMPY,
    draws_in_training,
    parameter_names,
    setting,
    unpacked,
)


def forward_function(outline: Outline) -> str:
    kept = outline.per_layer("dropout")
    lines, before, names, mask = [], "x", [], 0
    for k, layer in enumerate(outline.layers, 1):
        bias = f" + b{k}" if layer.bias else ""
        lines.append(f"z{k} = {before} @ w{k}{bias}")
        value = NUMPY[layer.activation].value.format(z=f"z{k}", p=setting(layer))
        lines.append(f"a{k} = {value}")
        names += [f"z{k}", f"a{k}"]
        before = f"a{k}"
        if kept and kept[k - 1]:
            before = f"h{k}"
            lines.append(f"h{k} = a{k} if masks is None else a{k} * masks[{mask}]")
            mask += 1
    first = unpacked(parameter_names(outline), "parameters")
    text = filled(
        pieces("numpy")["forward"], LINES="\n".join([first, *lines]), RETURNED=_tuple(names)
    )
    return text.replace("(parameters, x)", "(parameters, x, masks=None)") if mask else text


def _tuple(names: list[str]) -> str:
    line = ", ".join(names)
    return line if len(line) <= 77 else listed("    ", names, "()").strip()


def losses_function(outline: Outline) -> str:
    words, each, _ = LOSSES[outline.loss]
    unit = is_scaled_target(outline)
    if outline.loss == "categorical_crossentropy":
        lines = [
            "s = z - z.max(axis=1, keepdims=True)",
            "return np.log(np.exp(s).sum(axis=1)) - (y * s).sum(axis=1)",
        ]
    elif outline.loss == "huber":
        lines = [
            "e = np.abs(a - y)",
            "each = np.where(e <= DELTA, e * e / 2, DELTA * (e - DELTA / 2))",
            f"return {'(each * unit**2)' if unit else 'each'}.mean(axis=1)",
        ]
    else:
        value = each.format(z="z", a="a")
        scale = {"squared_error": " * unit**2", "absolute_error": " * unit"}.get(outline.loss, "")
        scale = scale if unit else ""
        lines = [f"return ({value}{scale}).mean(axis=1)"]
    piece = pieces("numpy")["losses_unit" if unit else "loss"]
    return filled(piece, LOSS=words, LINES="\n".join(lines))


def smoothed_line(outline: Outline) -> str:
    if not outline.training.regularization.label_smoothing:
        return ""
    n = outline.sizes[-1] if outline.loss == "categorical_crossentropy" else 2
    return f"y = y * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / {n}"


def backward_function(outline: Outline) -> str:
    """Return the chain rule, layer by layer from the end."""
    lines = [*_noise_lines(outline), *filter(None, [smoothed_line(outline)])]
    deltas = _delta_lines(outline)
    gradients = _gradient_items(outline)
    used = set(re.findall(r"\w+", " ".join([*deltas, *gradients])))
    parameters = parameter_names(outline)
    if used & set(parameters):
        lines.append(unpacked(parameters, "parameters", [n for n in parameters if n in used]))
    names = [f"{letter}{k}" for k in range(1, len(outline.layers) + 1) for letter in "za"]
    masks = ", masks" if outline.per_layer("dropout") else ""
    lines.append(unpacked(names, f"forward(parameters, x{masks})", [n for n in names if n in used]))
    flags = {"emphasis"} if outline.has_emphasis else set()
    flags |= {"rng"} if draws_in_training(outline) else set()
    return filled(
        pieces("numpy")["backward"], flags, LINES="\n".join([*lines, *deltas]),
        GRADIENTS="".join(f"{item},\n" for item in gradients).rstrip("\n"),
    )  # fmt: skip


def _noise_lines(outline: Outline) -> list[str]:
    lines = []
    if outline.training.regularization.input_noise:
        lines.append("x = x + (INPUT_NOISE * rng.standard_normal(x.shape)).astype(x.dtype)")
    kept = outline.per_layer("dropout")
    if kept:
        lines.append("masks = [  # an output is dropped, or divided by what is kept")
        for k, share in enumerate(kept):
            if share:
                drawn = f"rng.random((len(x), {outline.layers[k].units})) >= {number(share)}"
                lines.append(f"    ({drawn}).astype(x.dtype) / (1 - {number(share)}),")
        lines.append("]")
    return lines


def _delta_lines(outline: Outline) -> list[str]:
    """Return the lines of dLoss/dz, from the last layer to the first."""
    n = len(outline.layers)
    lines = _last_delta(outline)
    kept, mask = outline.per_layer("dropout"), 0
    numbers = {}
    for k, share in enumerate(kept, 1):
        if share:
            numbers[k], mask = mask, mask + 1
    for k in range(n - 1, 0, -1):
        layer, formula = outline.layers[k - 1], NUMPY[outline.layers[k - 1].activation]
        masked = f" * masks[{numbers[k]}]" if k in numbers else ""
        product = f"d{k + 1} @ w{k + 1}.T{masked}"
        names = {"z": f"z{k}", "a": f"a{k}", "p": setting(layer)}
        if formula.slope.count("{d}") == 1:
            d = f"({product})" if formula.slope.startswith("{d}") else product
            lines.append(f"d{k} = {formula.slope.format(d=d, **names)}")
            continue
        lines.append(f"d{k} = {product}")
        if formula.slope:
            lines.append(f"d{k} = {formula.slope.format(d=f'd{k}', **names)}")
    return lines


def _last_delta(outline: Outline) -> list[str]:
    n, loss = len(outline.layers), outline.loss
    a, d, units = f"a{n}", f"d{n}", outline.sizes[-1]
    perceptron = outline.optimizer.name == "perceptron"
    slope = "{a} - y" if perceptron else LOSSES[loss][2]
    text = slope.format(a=a)
    by_rows = loss == "categorical_crossentropy" or perceptron
    mean = outline.training.reduction == "mean"
    if mean:
        divided = "len(x)" if by_rows or units == 1 else "y.size"
    else:
        divided = "" if by_rows or units == 1 else str(units)
    if divided:
        text = (
            f"({text}) / {divided}"
            if " - " in text and text[0] not in "n2"
            else f"{text} / {divided}"
        )
    what = "the rule of 1958: no slope" if perceptron else f"{LOSSES[loss][0].split(',')[0]}"
    line = f"{d} = {text}"
    lines = [f"{line}  # {what}" if len(line) + len(what) < 78 else line]
    if outline.has_emphasis:
        lines.append(f"{d} = {d} * emphasis[:, np.newaxis]")
    formula = NUMPY[outline.last.activation]
    if loss not in BY_SUMS and not perceptron and formula.slope:
        found = formula.slope.format(d=d, z=f"z{n}", a=a, p=setting(outline.last))
        lines.append(f"{d} = {found}")
    return lines


def _gradient_items(outline: Outline) -> list[str]:
    l1, l2 = outline.per_layer("l1"), outline.per_layer("l2")
    kept = outline.per_layer("dropout")
    items = []
    for k, layer in enumerate(outline.layers, 1):
        before = "x" if k == 1 else f"a{k - 1}"
        if k > 1 and kept and kept[k - 2]:
            before = f"(a{k - 1} * masks[{sum(1 for s in kept[: k - 2] if s)}])"
        item = f"{before}.T @ d{k}"
        item += f" + {number(l1[k - 1])} * np.sign(w{k})" if l1 and l1[k - 1] else ""
        item += f" + {number(l2[k - 1])} * w{k}" if l2 and l2[k - 1] else ""
        items.append(item)
        if layer.bias:
            items.append(f"d{k}.sum(axis=0)")
    return items
