"""A network as a diagram: units as discs, weights as lines, biases as the colour of the discs."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.choice import chosen_members, plain
from shoal.charts.columns import rows_of
from shoal.charts.marks import Spec, layer, mapped, tooltips
from shoal.charts.theme import DARK, LIGHT, colour_map, hexed
from shoal.charts.wording import told_of
from shoal.experiments.run import Run

MOST_UNITS: Final = 20
"""Units of a layer that are drawn; those with the largest weights where there are more."""
MOST_LINES: Final = 1_500
NAME: Final = 140
"""Pixels for the names of inputs and outputs, and their discs."""
NUMBERED: Final = 8
"""Units of the widest layer up to which biases are written into the discs."""


def network(run: Run, *, network: int | str = "best") -> Chart:
    """Draw a network: weights as lines by sign and size, biases as the colour of the units.

    Args:
        run: the run.
        network: a number or "best".

    Raises:
        ArgumentError: no such network.
    """
    member = int(chosen_members("network", run, network)[0])
    units, lines = _diagram(run, member)
    weights = np.array([line["weight"] for line in lines])
    finite = np.abs(weights[np.isfinite(weights)])
    most = float(finite.max()) if len(finite) and finite.max() > 0 else 1.0
    drawn = sorted(lines, key=lambda line: abs(line["weight"]))[-MOST_LINES:]
    widest = max(sum(unit["layer"] == k for unit in units) for k in range(_depth(run)))
    size = float(np.clip(7200 / max(widest, 3), 150, 1150))

    inputs, outputs = (sum(u["layer"] == k for u in units) for k in (0, _depth(run) - 1))
    shown = ("x", "y", "bias", "name", "text", "told")

    def draw(look: Look) -> Spec:
        return {"layer": _layers(look, run, most, size, widest)}

    told = f"network {member}; line: weight, disc: bias, orange above 0, blue below"
    told += "" if run.sound[member] else "; it diverged"
    hidden = max(at.n_outputs for at in run.network.layout().layers)
    hidden = max(hidden, run.network.layout().n_inputs)
    cut = f"; at most {MOST_UNITS} units of a layer" if hidden > MOST_UNITS else ""
    cut += f", the {MOST_LINES:,} largest weights" if len(lines) > MOST_LINES else ""
    shapes = "-".join(str(n) for n in _sizes(run))
    return Chart(
        kind="network",
        title=f"Network {member}: {shapes}",
        subtitle=(told + cut, told_of(run)),
        data={key: [line[key] for line in lines] for key in ("layer", "from", "to", "weight")},
        marks={
            "lines": rows_of(_line_columns(drawn, most)),
            "units": rows_of(_columns(units[inputs:], shown)),
            "inputs": rows_of(_columns(units[:inputs], ("x", "y", "name"))),
            "outputs": rows_of(_columns(units[-outputs:], ("x", "y", "name"))),
            "heads": [
                {"x": k, "text": text} for k, text in enumerate(_heads(run))
            ],
        },
        draw=draw,
        width=max(520, min(1000, 190 * _depth(run) + 140)),
        height=480,
    )  # fmt: skip


def _layers(look: Look, run: Run, most: float, size: float, widest: int) -> list[Spec]:
    colours, depth = look.colours, _depth(run)
    x = {"field": "x", "type": "quantitative", "axis": None,
         "scale": {"domain": _reach(look.width, depth), "nice": False}}  # fmt: skip
    y = {"field": "y", "type": "quantitative", "axis": None,
         "scale": {"domain": [-0.04, 1.09], "nice": False}}  # fmt: skip
    # named colours, since Vega-Lite gives lines and discs one legend or none
    colour = {"field": colours.name, "type": "nominal", "scale": None}
    fill = mapped("bias", "weight, bias", colours, diverging=True, domain=(-most, most))
    width = {"field": "size", "type": "quantitative", "legend": None,
             "scale": {"domain": [0, 1], "range": [0.3, 6]}}  # fmt: skip
    rule = {"type": "rule", "strokeCap": "round"}
    disc = {
        "type": "circle",
        "size": size,
        "opacity": 1,
        "stroke": colours.quiet,
        "strokeWidth": 1.2,
    }
    ends = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
    head = {"datum": 1.07, "type": "quantitative", "axis": None, "scale": y["scale"]}
    title = {"type": "text", "color": colours.quiet}
    found = [
        layer("lines", rule, x=x, y=y, color=colour, strokeWidth=width,
              tooltip=tooltips({"told": "weight", "weight": "value"}), **ends),
        layer("inputs", disc | {"color": colours.plot}, x=x, y=y),
        layer("units", disc, x=x, y=y, fill=fill, tooltip=tooltips({"told": "unit"})),
        _names(look, "inputs", x, y, size, -1),
        _names(look, "outputs", x, y, size, 1),
        layer("heads", title, x=x, y=head, text={"field": "text"}),
    ]  # fmt: skip
    if widest <= NUMBERED:
        text = {"type": "text", "fontSize": 12, "color": colours.text}
        found.append(layer("units", text, x=x, y=y, text={"field": "text"}))
    return found


def _names(look: Look, rows: str, x: Spec, y: Spec, size: float, side: int) -> Spec:
    """Return the names of inputs or outputs, beside their discs."""
    mark = {
        "type": "text", "align": "right" if side < 0 else "left", "limit": NAME - 22,
        "fontSize": 12, "dx": side * (size**0.5 / 2 + 6), "color": look.colours.text,
    }  # fmt: skip
    return layer(rows, mark, x=x, y=y, text={"field": "name"})


def _reach(width: int, depth: int) -> list[float]:
    """Return from where to where the layers' axis goes, with room for names at both ends."""
    for_layer = max(60.0, (width - 120 - 2 * NAME) / max(1, depth - 1))
    return [-NAME / for_layer, depth - 1 + NAME / for_layer]


def _diagram(run: Run, member: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the units that are drawn, with places, and the lines between them."""
    layout, flat = run.network.layout(), np.asarray(run.weights[member], np.float64)
    schema = run.prepared.parts[0].dataset.schema
    tables = [flat[at.start : at.bias_start].reshape(at.n_inputs, at.n_outputs)
              for at in layout.layers]  # fmt: skip
    importance = [np.abs(w).sum(axis=1) for w in tables] + [np.abs(tables[-1]).sum(axis=0)]
    kept = [_largest(each) for each in importance]
    names = [[plain(name, 18) for name in schema.feature_names]]
    names += [[f"unit {i + 1}" for i in range(at.n_outputs)] for at in layout.layers]
    names[-1] = _output_names(run)
    units, lines = [], []
    for k, chosen in enumerate(kept):
        for i, place in zip(chosen, _spread(len(chosen)), strict=True):
            at = layout.layers[k - 1] if k else None
            bias = None if at is None or not at.has_bias else float(flat[at.bias_start + i])
            units.append(
                {
                    "layer": k,
                    "x": k,
                    "y": place,
                    "unit": i,
                    "bias": bias or 0.0,
                    "name": names[k][i],
                    "text": "" if bias is None else f"{round(bias, 2) + 0.0:.2f}",
                    "told": names[k][i] + ("" if bias is None else f", bias {bias:.4g}"),
                }
            )
    place_of = {(unit["layer"], unit["unit"]): unit["y"] for unit in units}
    most = max(float(np.nanmax(np.abs(w), initial=0.0)) for w in tables) or 1.0
    for k, w in enumerate(tables):
        at = layout.layers[k]
        for i in kept[k]:
            for o in kept[k + 1]:
                value = float(w[i, o])
                lines.append(
                    {
                        "layer": k + 1,
                        "from": names[k][i],
                        "to": names[k + 1][o],
                        "weight": value,
                        "size": abs(value) / most,
                        "x": k,
                        "x2": k + 1,
                        "y": place_of[k, i],
                        "y2": place_of[k + 1, o],
                        "told": f"{names[k][i]} to {names[k + 1][o]}",
                    }
                )
        if at.has_bias:
            lines += [
                {
                    "layer": k + 1,
                    "from": "bias",
                    "to": names[k + 1][o],
                    "size": 0.0,
                    "weight": float(flat[at.bias_start + o]),
                    "x": None,
                    "y": None,
                    "x2": None,
                    "y2": None,
                    "told": "",
                }
                for o in kept[k + 1]
            ]
    return units, lines  # fmt: skip


def _output_names(run: Run) -> list[str]:
    schema, n = run.prepared.parts[0].dataset.schema, run.network.n_outputs
    if schema.classes and n == len(schema.classes):
        return [plain(name, 18) for name in schema.classes]
    if schema.classes:
        return [f"{plain(schema.classes[1], 14)}?"]
    return [plain(name, 18) for name in schema.targets]


def _heads(run: Run) -> list[str]:
    return ["inputs", *(layer.activation for layer in run.network.layers)]


def _sizes(run: Run) -> list[int]:
    layout = run.network.layout()
    return [layout.n_inputs, *(at.n_outputs for at in layout.layers)]


def _depth(run: Run) -> int:
    return len(run.network.layers) + 1


def _largest(importance: np.ndarray) -> list[int]:
    if len(importance) <= MOST_UNITS:
        return list(range(len(importance)))
    return sorted(int(i) for i in np.argsort(-importance, kind="stable")[:MOST_UNITS])


def _spread(n: int) -> list[float]:
    """Return places of n units, from the top down, in the middle where they are few."""
    gap = min(0.24, 1.0 / max(n, 1))
    return [0.5 + gap * ((n - 1) / 2 - i) for i in range(n)]


def _line_columns(lines: list[dict[str, Any]], most: float) -> dict[str, list[Any]]:
    """Return what is drawn of the lines, with their colours in both themes."""
    columns = _columns(lines, ("x", "y", "x2", "y2", "weight", "size", "told"))
    share = np.nan_to_num(np.array(columns["weight"], np.float64) / most)
    place = np.round(127.5 * (1 + np.clip(share, -1, 1))).astype(int)
    for each in (LIGHT, DARK):
        table = colour_map("diverging", each)
        columns[each.name] = [hexed(table[k]) for k in place.tolist()]
    return columns


def _columns(rows: list[dict[str, Any]], names: tuple[str, ...]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows if row["x"] is not None] for name in names}
