"""Why a model says what it says of one row, as a waterfall from a typical row's answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.choice import plain
from shoal.charts.columns import rows_of
from shoal.charts.important import told_apart
from shoal.charts.marks import Spec, above, coloured, layer, name, number, tooltips
from shoal.data.wording import count

if TYPE_CHECKING:
    from shoal.models.importance.attribution import Attribution

MOST_STEPS: Final = 14
"""Columns that get a step each; the rest share one."""
PROBABILITIES: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
UP: Final = "adds"
DOWN: Final = "takes away"
ENDS: Final = "answer"
METHODS: Final = {"gradients": "integrated gradients", "shapley": "Shapley values"}


def attribution(found: Attribution) -> Chart:
    """Draw what each column adds, from what a typical row gets to what this one gets.

    Args:
        found: the attributions of a row.
    """
    data = waterfall(found)
    what = plain(found.what, 60)
    unit = "units of the target" if found.what.startswith("value") else "0 to 1"
    labels = list(data["step"])
    # a probability is not called 1.2 where the axis has room for a number beside a bar
    places = None if found.what.startswith("value") else PROBABILITIES

    def draw(look: Look) -> Spec:
        return _drawn(look, labels, f"{what} ({unit})", places)

    told = f"from a typical row ({found.baseline}) to this one, by {METHODS[found.method]}"
    check = "" if found.is_complete else f"; the steps miss the change by {abs(found.gap):.2g}"
    who = f"{count(found.n_networks, 'network')} together{check}"
    return Chart(
        kind="attribution",
        title=f"Why the {what} is {found.value:.4g}",
        subtitle=(told, who),
        data=data,
        marks={"steps": rows_of(data), "links": _links(data)},
        draw=draw,
        height=170 + 32 * len(labels),
    )


def waterfall(found: Attribution) -> dict[str, Any]:
    """Return the steps from the typical row's answer to this one's, the largest first.

    Columns that are left over share a step, and so does what is missing to the whole.
    """
    ranked = found.ranked
    shown = ranked if len(ranked) <= MOST_STEPS else ranked[: MOST_STEPS - 1]
    labels = [f"{plain(each.name, 30)} = {plain(each.cell, 20)}" for each in shown]
    labels = told_apart(labels)
    changes = [each.attribution for each in shown]
    if len(shown) < len(ranked):
        labels.append(f"{len(ranked) - len(shown)} other columns")
        changes.append(sum(each.attribution for each in ranked[len(shown) :]))
    stops = found.baseline_value + np.cumsum([0.0, *changes])
    first, last = found.baseline_value, found.value
    return {
        "step": ["typical row", *labels, "this row"],
        "start": np.array([first, *stops[:-1], last]),
        "stop": np.array([first, *stops[1:], last]),
        "change": np.array([first, *changes, last]),
        "sort": [ENDS, *(UP if change >= 0 else DOWN for change in changes), ENDS],
        "text": [_minus(f"{first:.4g}"), *(_minus(f"{change:+.3g}") for change in changes),
                 _minus(f"{last:.4g}")],
    }  # fmt: skip


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _links(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what joins the end of every step with the beginning of the next."""
    steps, stops = data["step"], data["stop"]
    return [
        {"step": steps[k], "next": steps[k + 1], "x": float(stops[k])}
        for k in range(len(steps) - 1)
    ]


def _drawn(look: Look, labels: list[str], title: str, places: Sequence[float] | None) -> Spec:
    colours = look.colours
    ticks = {"tickCount": 6} if places is None else {"values": list(places)}
    x = number("start", title, padding=44, axis={"grid": True, **ticks})
    y = name("step", None, scale={"domain": labels}, axis={"labelLimit": 260, "grid": False})
    hues = [colours.classes[0], colours.classes[1], colours.text]
    colour = coloured("sort", None, [UP, DOWN, ENDS], hues, legend=above())
    bar = {"type": "bar", "height": {"band": 0.6}, "cornerRadius": 2, "opacity": 0.9}
    dot = {"type": "tick", "orient": "vertical", "thickness": 4, "size": 20}
    link = {"type": "rule", "color": colours.quiet, "strokeDash": [2, 3], "strokeWidth": 1}
    text = {"type": "text", "align": "left", "dx": 7, "baseline": "middle", "color": colours.text}
    tips = tooltips({"step": "column", "text": "adds", "start": "from", "stop": "to"})
    furthest = {"calculate": "max(datum.start, datum.stop)", "as": "end"}
    is_end, is_step = f"datum.sort == '{ENDS}'", f"datum.sort != '{ENDS}'"
    beside = layer("steps", text, x={**x, "field": "end"}, y=y, text={"field": "text"})
    steps = layer("steps", bar, x=x, x2={"field": "stop"}, y=y, color=colour, tooltip=tips)
    ends = layer("steps", dot, x=x, y=y, color=colour, tooltip=tips)
    return {"layer": [
        layer("links", link, x={**x, "field": "x"}, y=y, y2={"field": "next"}),
        {**steps, "transform": [{"filter": is_step}]},
        {**ends, "transform": [{"filter": is_end}]},
        {**beside, "transform": [furthest]},
    ]}  # fmt: skip


__all__ = ["attribution", "waterfall"]
