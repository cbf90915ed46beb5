"""Activation functions and their slopes, as the table of activations has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.columns import Columns, joined, rows_of
from shoal.charts.marks import Spec, above, coloured, layer, number
from shoal.charts.theme import classes
from shoal.errors import ArgumentError, did_you_mean
from shoal.experiments.run import Run
from shoal.network.activations import ACTIVATIONS, Activation

REACH: Final = 4.0
PLACES: Final = 97
LINES: Final = ("value", "slope")
FAR: Final = 3.2
"""What lies beyond is cut off: exp would flatten all others."""


def activations(run: Run | None = None, *, names: str | Sequence[str] | None = None) -> Chart:
    """Draw activation functions and their slopes.

    Args:
        run: a run, for the functions of its layers.
        names: which functions, as a list or parted by commas; those of the run, or all that
            work on each weighted sum by itself, by default.

    Raises:
        ArgumentError: there is no such function, or it works on whole rows.
    """
    listed = _listed(run, names)
    z = np.linspace(-REACH, REACH, PLACES)
    data = joined([_columns(ACTIVATIONS[each], z) for each in listed])
    drawn = dict(data)
    drawn["y"] = np.where(np.abs(np.asarray(data["y"])) <= FAR, data["y"], np.nan)
    across = min(4, len(listed))
    down = -(-len(listed) // across)

    def draw(look: Look) -> Spec:
        width = (look.width - 90) // across - 20
        height = max(60, (look.height - 170) // down - 40)
        x = number("z", "weighted sum z", domain=(-REACH, REACH), axis={"tickCount": 5})
        y = number("y", "value, slope", axis={"tickCount": 5})
        colour = coloured("line", None, LINES, classes(look.colours, 2), legend=above())
        dash = {"field": "line", "type": "nominal", "scale": {"domain": list(LINES),
                "range": [[1, 0], [5, 3]]}, "legend": None}  # fmt: skip
        mark = {"type": "line", "strokeWidth": 2.2, "clip": True}
        header = {"title": None, "labelFontSize": 13, "labelFontWeight": 600, "labelPadding": 6}
        one = layer("lines", mark, x=x, y=y, color=colour, strokeDash=dash)
        return {
            "data": one["data"], "columns": across, "spacing": 22,
            "facet": {"field": "name", "type": "nominal", "sort": list(listed), "header": header},
            "spec": {"width": width, "height": height, "mark": mark, "encoding": one["encoding"]},
        }  # fmt: skip

    settings = {
        f"{key} = {value:g} ({each})"
        for each in listed
        for key, value in ACTIVATIONS[each].settings.items()
    }
    said = "value: what a layer makes of a weighted sum; slope: what back-propagation goes by"
    told = f"{len(listed)} of shoal's functions"
    return Chart(
        kind="activations",
        title="Activation functions and their slopes",
        subtitle=(said, ", ".join([told, *sorted(settings)])),
        data={
            "activation": data["name"], "z": data["z"], "line": data["line"],
            "value": data["y"],
        },
        marks={"lines": rows_of(drawn)},
        draw=draw,
        width=860,
        height=760 if len(listed) > 8 else 560 if len(listed) > 4 else 380,
        is_fixed=False,
    )  # fmt: skip


def _listed(run: Run | None, names: str | Sequence[str] | None) -> tuple[str, ...]:
    known = [each.name for each in ACTIVATIONS.values() if each.slope is not None]
    if names is None:
        used = [] if run is None else [layer.activation for layer in run.network.layers]
        return tuple(dict.fromkeys(each for each in used if each in known)) or tuple(known)
    listed = [part.strip() for part in names.split(",")] if isinstance(names, str) else list(names)
    for each in listed:
        if each not in known:
            cure = did_you_mean(each, known)
            wanted = f"must be among {', '.join(known)}"
            raise ArgumentError("activations", "names", wanted, got=repr(each), cure=cure)
    if not listed:
        raise ArgumentError("activations", "names", "must name a function", got="none")
    return tuple(dict.fromkeys(listed))


def _columns(activation: Activation, z: np.ndarray) -> Columns:
    a = np.asarray(activation.function(z), np.float64)
    assert activation.slope is not None
    slope = np.asarray(activation.slope(z, a), np.float64)
    n = len(z)
    return {
        "name": [activation.name] * 2 * n,
        "z": np.tile(z, 2),
        "line": ["value"] * n + ["slope"] * n,
        "y": np.concatenate([a, slope]),
    }
