"""Initializers: how the numbers that a layer begins with are spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.columns import joined, rows_of
from shoal.charts.functions_panels import TALL, chosen, heading, panels, size
from shoal.charts.marks import Spec, layer, number
from shoal.charts.theme import classes
from shoal.network.initializers import INITIALIZERS, Place, draw
from shoal.streams import member_streams

N_INPUTS, N_OUTPUTS = 4, 8
"""D and H of the layer whose weights are drawn."""
LAYERS: Final = 2000
"""How many networks begin with such a layer: 64,000 weights."""
REACH: Final = 3.0
BIN: Final = 0.1
EXAMPLE: Final = 0.5
"""A setting that has no default."""


def initializers(*, names: str | Sequence[str] | None = None) -> Chart:
    """Draw how the weights of a layer with 4 inputs and 8 outputs begin.

    Args:
        names: which initializers, as a list or parted by commas; all by default.

    Raises:
        ArgumentError: there is no such initializer.
    """
    listed = chosen("initializers", list(INITIALIZERS), names)
    drawn = {name: weights_of(name) for name in listed}
    found = {name: _bars(each) for name, each in drawn.items()}
    across = min(5, len(listed))

    def draw(look: Look) -> Spec:
        sides = size(look, len(listed), across, TALL)
        panel = [_panel(look, name, found[name], drawn[name].std(), *sides) for name in listed]
        return panels(panel, across=across, below=TALL)

    n = N_INPUTS * N_OUTPUTS * LAYERS
    with_settings = [
        f"{key} = {value:g} ({name})" for name in listed
        for key, value in settings_of(name).items()
    ]  # fmt: skip
    return Chart(
        kind="initializers",
        title="How weights begin",
        subtitle=(
            f"{n:,} weights of layers with {N_INPUTS} inputs and {N_OUTPUTS} outputs; "
            "sd: their standard deviation",
            ", ".join([f"{len(listed)} of shoal's initializers", *with_settings]),
        ),
        data=joined([{"initializer": [name] * len(bars["low"]), **bars}
                     for name, bars in found.items()]),
        marks={f"initializer_{name}": rows_of(bars) for name, bars in found.items()},
        draw=draw,
        width=940,
        height=520 if len(listed) > 5 else 380,
        is_fixed=False,
    )  # fmt: skip


def settings_of(name: str) -> dict[str, float]:
    """Return the settings of an initializer: its defaults, 0.5 where there is none."""
    fields = INITIALIZERS[name].record.model_fields
    return {
        key: EXAMPLE if field.is_required() else field.default
        for key, field in fields.items()
        if key != "name"
    }


def weights_of(name: str) -> np.ndarray:
    """Return the weights of many layers, float64 (n,)."""
    entry = INITIALIZERS[name]
    record: Any = entry.record.model_validate({"name": name, **settings_of(name)})
    streams = member_streams(0, "init", LAYERS)
    place = Place(stream=streams, n_inputs=N_INPUTS, n_outputs=N_OUTPUTS, layer=0)
    drawn = draw(record, place)  # what is alike in all networks is drawn once
    return np.broadcast_to(drawn, (LAYERS, place.n)).ravel()


def _bars(weights: np.ndarray) -> Mapping[str, np.ndarray]:
    """Return how many weights there are for each unit of length, by bars of a width of 0.1."""
    n = round(REACH / BIN)
    edges = np.arange(-n, n + 1) / (n / REACH)
    counts, _ = np.histogram(weights, edges)
    density = counts / len(weights) / BIN
    return {"low": edges[:-1], "high": edges[1:], "density": density}


def _panel(
    look: Look, name: str, bars: Mapping[str, np.ndarray], sd: float, width: int, height: int
) -> Spec:
    colour = classes(look.colours, 1)[0]
    mark = {"type": "rect", "color": colour, "stroke": colour, "strokeWidth": 0.5, "clip": True}
    ticks = {"tickCount": 5, "grid": False}
    body = layer(
        f"initializer_{name}", mark,
        x=number("low", "weight", domain=(-REACH, REACH), axis=ticks),
        x2={"field": "high"},
        y=number("density", "density", domain=(0, 1.15 * bars["density"].max()),
                 axis={"tickCount": 3}),
        y2={"datum": 0},
    )  # fmt: skip
    title = heading(look, name, f"sd {sd:.2f}")
    return {"title": title, "width": width, "height": height, **body}


__all__ = ["initializers", "settings_of", "weights_of"]
