"""Matrices as heat maps: the confusion of classes, and the weights of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.choice import chosen_members, plain
from shoal.charts.columns import Columns, joined, rows_of
from shoal.charts.judged_rows import Judged, judged
from shoal.charts.marks import Spec, layer, mapped, name, tooltips
from shoal.charts.wording import of_networks, told_of
from shoal.experiments.run import Run
from shoal.models.assessment.assessing import Assessment

MOST_CLASSES: Final = 24
"""Classes whose cells have room for a number."""
MOST_SIDE: Final = 48
"""Rows or columns of a matrix that are drawn one by one."""


def confusion(
    record: Run | Assessment,
    *,
    rows: str | None = None,
    network: int | str | Sequence[int] | None = None,
) -> Chart:
    """Draw which class is taken for which: rows of every true class by what networks say.

    Args:
        record: the run, or an assessment, whose ensemble it is.
        rows: "train", "validation" or "test"; validation where there are any by default.
        network: which networks; all by default, and then the mean count is told.

    Raises:
        InputError: the target is not one of several classes.
        ArgumentError: no such rows or network.
    """
    found = judged("confusion", record, rows, network)
    names = _distinct(found.schema.classes)
    counts = mean_confusion(found, len(names))
    total = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
    data = {
        "true": [each for each in names for _ in names],
        "predicted": names * len(names),
        "count": counts.ravel(),
        "share_of_true": share.ravel(),
    }
    is_small = len(names) <= MOST_CLASSES
    texts = [f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
             for value in counts.ravel().tolist()]  # fmt: skip

    def draw(look: Look) -> Spec:
        axis = {"domain": False, "ticks": False, "grid": False}
        x = name("p", "predicted class", sort=names, axis={**axis, "labelAngle": -40 if (
            len(names) > 6 or max(map(len, names)) > 12) else 0})  # fmt: skip
        y = name("t", "true class", sort=names, axis=axis)
        colour = mapped("s", "share of the true class", look.colours, diverging=False,
                        domain=(0.0, 1.0), legend={"format": ".0%"})  # fmt: skip
        shown = tooltips({"t": "true", "p": "predicted", "c": "rows", "s": "share"})
        cell = {"type": "rect", "stroke": look.colours.background, "strokeWidth": 2}
        marks = [layer("cells", cell, x=x, y=y, color=colour, tooltip=shown)]
        if is_small:
            marks.append(_numbers(look, x, y))
        return {"layer": marks}

    who = f"mean over {of_networks(len(found.members), found.n_networks)}"
    if found.is_ensemble:
        who = f"what {of_networks(found.n_networks)} say together"
    elif len(found.members) == 1:
        who = f"network {found.members[0]}"
    counted = "rows" if found.weights is None else "sum of weights"
    return Chart(
        kind="confusion",
        title="Confusion: which class is taken for which",
        subtitle=(f"{who}; {found.told}; number: {counted}, colour: share of the true class",
                  found.source),
        data=data,
        marks={"cells": rows_of({"t": data["true"], "p": data["predicted"], "c": counts.ravel(),
                                 "s": share.ravel(), "text": texts})},
        draw=draw,
        width=620,
        height=520,
    )  # fmt: skip


def mean_confusion(found: Judged, n_classes: int) -> np.ndarray:
    """Return the rows of every true class (down) by predicted class, the mean over networks."""
    p, codes = found.p[found.sound], found.codes[found.sound]
    if len(p) == 0:
        return np.zeros((n_classes, n_classes))
    cell = codes * n_classes + p.argmax(axis=-1)
    weights = None if found.weights is None else np.tile(found.weights, len(p))
    counts = np.bincount(cell.ravel(), weights, minlength=n_classes * n_classes)
    return counts.reshape(n_classes, n_classes) / len(p)


def weights(run: Run, *, network: int | str | None = "best") -> Chart:
    """Draw the weights and biases of a network as heat maps, a matrix for each layer.

    Args:
        run: the run.
        network: a number or "best"; None for the median over all networks.

    Raises:
        ArgumentError: no such network.
    """
    members = np.flatnonzero(run.sound) if network is None else (
        chosen_members("weights", run, network))  # fmt: skip
    every = members if len(members) else np.arange(len(run))
    flat = np.median(np.asarray(run.weights[every], np.float64), axis=0)
    data = joined([_matrix(run, k, flat) for k in range(len(run.network.layers))])
    values = np.asarray(data["value"], np.float64)
    finite = np.abs(values[np.isfinite(values)])
    most = float(finite.max()) if len(finite) and finite.max() > 0 else 1.0
    layers = list(dict.fromkeys(data["layer"]))
    is_cut = any(max(at.n_inputs + 1, at.n_outputs) > MOST_SIDE
                 for at in run.network.layout().layers)  # fmt: skip
    columns = {"layer": data["layer"], "from": data["from"], "to": data["to"], "value": values}
    sizes = [len({to for at, to in zip(data["layer"], data["to"], strict=True) if at == each})
             for each in layers]  # fmt: skip

    def draw(look: Look) -> Spec:
        room = look.width - 150 - 74 * len(layers)
        panels = []
        for k, (each, size) in enumerate(zip(layers, sizes, strict=True)):
            width = max(26, min(room * size // sum(sizes), 46 * size))
            panels.append(_panel(look, k, each, width, most))
        return {"hconcat": panels, "spacing": 18}

    who = "median over the networks" if network is None else f"network {every[0]}"
    cut = f"; of a side longer than {MOST_SIDE} evenly chosen units" if is_cut else ""
    return Chart(
        kind="weights",
        title="Weights and biases",
        subtitle=(f"{who}; from above to the right, the bias in the last row{cut}", told_of(run)),
        data=columns,
        marks={
            f"layer{k}": rows_of({"f": _of(data, "from", each), "t": _of(data, "to", each),
                                  "v": np.array(_of(data, "value", each))})
            for k, each in enumerate(layers)
        },
        draw=draw,
        width=820,
        height=460,
        is_fixed=False,
    )  # fmt: skip


def _panel(look: Look, k: int, title: str, width: int, most: float) -> Spec:
    axis = {"domain": False, "ticks": False, "grid": False}
    x = name("t", title, axis={**axis, "labelOverlap": True, "labelAngle": 0})
    y = name("f", None, axis={**axis, "labelLimit": 74, "labelOverlap": True})
    colour = mapped("v", "weight", look.colours, diverging=True, domain=(-most, most))
    shown = tooltips({"f": "from", "t": "to", "v": "weight"})
    one = layer(f"layer{k}", {"type": "rect"}, x=x, y=y, color=colour, tooltip=shown)
    return {"width": width, "height": look.height - 170, **one}


def _matrix(run: Run, k: int, flat: np.ndarray) -> Columns:
    """Return a layer's weights and bias as columns; of long sides evenly chosen units."""
    at = run.network.layout().layers[k]
    w = flat[at.start : at.bias_start].reshape(at.n_inputs, at.n_outputs)
    down = _chosen(at.n_inputs)
    across = _chosen(at.n_outputs)
    names = _distinct(run.prepared.parts[0].dataset.schema.feature_names) if k == 0 else (
        [f"{i + 1}" for i in range(at.n_inputs)])  # fmt: skip
    froms = [names[i] for i in down]
    table = w[np.ix_(down, across)]
    if at.has_bias:
        table = np.vstack([table, flat[at.bias_start : at.stop][across]])
        froms.append("bias")
    tos = [f"{o + 1}" for o in across]
    title = f"{run.network.layers[k].activation} ({at.n_outputs})"
    return {
        "layer": [f"layer {k + 1}: {title}"] * table.size,
        "from": [each for each in froms for _ in tos],
        "to": tos * len(froms),
        "value": table.ravel(),
    }


def _numbers(look: Look, x: Spec, y: Spec) -> Spec:
    """Return the layer of numbers in the cells: dark on light, light on dark."""
    on_light, on_dark = "#14171b", "#ffffff"
    low, high = (on_light, on_dark) if look.colours.name == "light" else (on_dark, on_light)
    test = {"condition": {"test": "datum.s > 0.55", "value": high}, "value": low}
    text = {"type": "text", "fontSize": 13}
    return layer("cells", text, x=x, y=y, text={"field": "text"}, color=test)


def _chosen(n: int) -> list[int]:
    if n <= MOST_SIDE:
        return list(range(n))
    return sorted({int(i) for i in np.linspace(0, n - 1, MOST_SIDE).round()})


def _of(data: Columns, column: str, title: str) -> list[object]:
    return [v for v, at in zip(data[column], data["layer"], strict=True) if at == title]


def _distinct(names: Sequence[str]) -> list[str]:
    """Return names that fit an axis, each different from the others."""
    short = [plain(each, 24) for each in names]
    seen: dict[str, int] = {}
    found = []
    for each in short:
        seen[each] = seen.get(each, 0) + 1
        found.append(each if seen[each] == 1 else f"{each} ({seen[each]})")
    return found
