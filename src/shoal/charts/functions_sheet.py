"""All functions in one: charts below each other as a picture, tables and charts as a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.columns import Columns, joined
from shoal.charts.functions import activations
from shoal.charts.functions_initializers import initializers
from shoal.charts.functions_losses import losses
from shoal.charts.functions_paths import optimizer_paths
from shoal.charts.functions_schedules import schedules
from shoal.charts.marks import Spec

PARTS: Final[Mapping[str, Callable[[], Chart]]] = {
    "activations": activations,
    "losses": losses,
    "initializers": initializers,
    "schedules": schedules,
    "optimizers": optimizer_paths,
}
"""The chart of every family of functions."""
AXES: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "activations": ("activation", "line", "z", "value"),
    "losses": ("loss", "line", "z", "value"),
    "initializers": ("initializer", "", "low", "density"),
    "schedules": ("schedule", "", "epoch", "factor"),
    "optimizers": ("optimizer", "network", "weight", "bias"),
}
"""The columns of each that are its function, its line, x and y."""
GAP: Final = 46


def functions() -> Chart:
    """Draw all functions of the registries; as .html a page with tables, formulas and charts.

    Activations with their slopes, losses, initializers, schedules, and the optimizers' ways over
    the loss of two weights.
    """
    found = {family: make() for family, make in PARTS.items()}

    def draw(look: Look) -> Spec:
        each = [_part(chart, look) for chart in found.values()]
        apart = {"color": "independent", "strokeDash": "independent", "shape": "independent"}
        return {"vconcat": each, "spacing": GAP, "resolve": {"scale": apart, "legend": apart}}

    n = sum(len(set(chart.data[AXES[family][0]])) for family, chart in found.items())
    return Chart(
        kind="functions",
        title="The functions of shoal",
        subtitle=(
            "activations, losses, initializers, schedules and optimizers",
            f"{n} functions; in words and numbers: shoal functions",
        ),
        data=joined([_columns(family, chart.data) for family, chart in found.items()]),
        marks={name: rows for chart in found.values() for name, rows in chart.marks.items()},
        draw=draw,
        width=940,
        height=sum(chart.height for chart in found.values()),
        is_fixed=False,
        page=_page,
    )


def _part(chart: Chart, look: Look) -> Spec:
    """Return the body of a chart under its title, in the width that is there."""
    height = round(chart.height * max(0.5, look.width / chart.width))
    own = Look(colours=look.colours, width=look.width, height=height)
    title = {
        "text": chart.title, "subtitle": list(chart.subtitle[:1]), "anchor": "start",
        "frame": "bounds", "fontSize": 16, "fontWeight": 600, "color": look.colours.text,
        "subtitleFontSize": 12, "subtitleColor": look.colours.quiet, "offset": 12,
    }  # fmt: skip
    return {"title": title, **chart.draw(own)}


def _columns(family: str, data: Columns) -> dict[str, Any]:
    name, line, x, y = AXES[family]
    called: Any = data[line] if line else [""] * len(data[name])
    return {
        "family": [family] * len(data[name]),
        "function": data[name],
        "line": [str(each) for each in called],
        "x": np.asarray(data[x], np.float64),
        "y": np.asarray(data[y], np.float64),
    }


def _page(chart: Chart) -> bytes:
    from shoal.charts.functions_page import content

    return content(dark=True if chart.dark else None)


__all__ = ["AXES", "PARTS", "functions"]
