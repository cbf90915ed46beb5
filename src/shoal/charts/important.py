"""What a model's answers rest on, as pictures: the columns, and how answers go with one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.choice import plain
from shoal.charts.columns import joined, rows_of
from shoal.charts.marks import Spec, above, coloured, layer, name, number, tooltips
from shoal.charts.theme import classes
from shoal.data.wording import count
from shoal.errors import ArgumentError, InputError, did_you_mean

if TYPE_CHECKING:
    from shoal.models.importance.dependence import Dependence
    from shoal.models.importance.measuring import Importance

MOST_BARS: Final = 30
"""Columns that are drawn, the most important first."""
RISES: Final = {
    "accuracy": "drop in accuracy (share of rows)",
    "loss": "rise in loss (cross-entropy, nats)",
    "mean_absolute_error": "rise in mean absolute error",
    "mean_squared_error": "rise in mean squared error",
}
"""How much worse answers become, by measure."""
VERDICTS: Final = ("matters", "not shown", "harms")
LETTERS: Final = 36


def importance(found: Importance, *, measure: str | None = None) -> Chart:
    """Draw how much worse answers become without each column, with intervals.

    Args:
        found: the importance of columns.
        measure: such as "loss"; what decides by default.

    Raises:
        ArgumentError: there is no such measure.
    """
    measure = _measure(found, measure)
    named = [(plain(each.name, LETTERS), each.rises[measure]) for each in found.columns]
    named += [(_together(each.names), each.rises[measure]) for each in found.families]
    ranked = sorted(named, key=lambda pair: -pair[1].mean)[:MOST_BARS]
    rises = [rise for _, rise in ranked]
    data: dict[str, Any] = {
        "column": told_apart([name for name, _ in ranked]),
        "rise": np.array([rise.mean for rise in rises]),
        "low": np.array([rise.low for rise in rises]),
        "high": np.array([rise.high for rise in rises]),
        "verdict": [rise.verdict for rise in rises],
    }
    title = rise_title(found, measure)

    def draw(look: Look) -> Spec:
        colours = look.colours
        palette = [colours.classes[0], colours.neutral, colours.classes[1]]
        shown = [verdict for verdict in VERDICTS if verdict in data["verdict"]]
        legend = above() if len(shown) > 1 else None
        chosen = [palette[VERDICTS.index(verdict)] for verdict in shown]
        colour = coloured("verdict", None, shown, chosen, legend=legend)
        x = number("rise", title, zero=True, axis={"grid": True, "tickCount": 6})
        y = name("column", None, axis={"labelLimit": 240, "grid": False})
        tips = tooltips(
            {"column": "column", "rise": title, "low": "from", "high": "to", "verdict": "verdict"}
        )
        bar = {"type": "bar", "opacity": 0.85, "cornerRadiusEnd": 2, "height": {"band": 0.62}}
        span = {"type": "rule", "strokeWidth": 2, "color": colours.text}
        zero = {"type": "rule", "color": colours.quiet, "strokeWidth": 1}
        return {"layer": [
            layer("columns", bar, x=x, y=y, color=colour, tooltip=tips),
            layer("columns", span, x={**x, "field": "low"}, x2={"field": "high"}, y=y),
            layer("zero", zero, x={"field": "x", "type": "quantitative"}),
        ]}  # fmt: skip

    return Chart(
        kind="importance",
        title=f"What '{plain(found.target, LETTERS)}' is told from",
        subtitle=_told(found, sum(pair in ranked for pair in named[: len(found.columns)])),
        data=data,
        marks={"columns": rows_of(data), "zero": [{"x": 0}]},
        draw=draw,
        height=min(900, 170 + 30 * len(ranked)),
    )


def dependence(found: Importance, *, column: str | None = None, of: str | None = None) -> Chart:
    """Draw what a model says as one column takes other values, all else as it is.

    Args:
        found: the importance of columns, with their dependences.
        column: which; the most important by default.
        of: the class, label or target; of two classes the second, of several each by default.

    Raises:
        InputError: there are no dependences.
        ArgumentError: no such column or output.
    """
    one = _dependence(found, column)
    if of is not None and of not in one.outputs:
        told = f"must be one of {', '.join(map(repr, one.outputs[:10]))}"
        raise ArgumentError(
            "dependence", "of", told, got=repr(of), cure=did_you_mean(of, one.outputs), code="A103"
        )
    places = [one.outputs.index(of)] if of is not None else list(range(len(one.outputs)))
    is_single = len(places) == 1
    names = told_apart([plain(each, LETTERS) for each in one.outputs])
    data = joined([_mean_columns(one, k, names[k]) for k in places])
    title = _said_title(found, names[places[0]] if is_single else None)
    across = plain(one.column, LETTERS)
    told = f"mean over {one.n_rows:,} rows"
    told += ", band: 5–95 % of the networks" if found.n_networks > 1 else ""
    told += "; thin: single rows" if is_single and len(one.lines) and not one.is_category else ""

    def draw(look: Look) -> Spec:
        palette = classes(look.colours, len(names))
        shown = [names[k] for k in places]
        legend = None if is_single else above()
        hues = [palette[k] for k in places]
        colour = coloured("output", None, shown, hues, legend=legend)
        drawn = _bars if one.is_category else _curves
        return drawn(look, across, title, colour, is_single=is_single)

    lines = one.lines[:, places[0]] if is_single and not one.is_category else one.lines[:0, 0]
    return Chart(
        kind="dependence",
        title=f"How answers go with '{across}'",
        subtitle=(f"{told}; {count(found.n_networks, 'network')}",),
        data=data,
        marks={
            "means": rows_of({**data, "x": data["value"]}),
            "lines": _line_rows(one, lines),
            "rug": [{"x": value} for value in np.unique(one.own).tolist()],
        },
        draw=draw,
        height=400,
    )


def rise_title(found: Importance, measure: str) -> str:
    """Return how much worse answers become, with its unit."""
    unit = {"mean_absolute_error": "", "mean_squared_error": " squared"}.get(measure)
    own = (
        "standard deviations" if len(found.targets) > 1 else f"units of '{plain(found.target, 24)}'"
    )
    whose = "" if unit is None else f" ({own}{unit})"
    return RISES[measure] + whose


def told_apart(labels: Sequence[str]) -> list[str]:
    """Return labels with a number after those that were there before.

    Example:
        >>> told_apart(["a", "b", "a"])
        ['a', 'b', 'a (2)']
    """
    found: list[str] = []
    for label in labels:
        n, free = 2, label
        while free in found:
            n, free = n + 1, f"{label} ({n})"
        found.append(free)
    return found


def _together(names: Sequence[str]) -> str:
    """Return what columns that were dealt out together are called: ``a + b, together``."""
    more = plain(names[1], LETTERS // 2 - 6) if len(names) == 2 else f"{len(names) - 1} others"
    return f"{plain(names[0], LETTERS // 2 - 6)} + {more}, together"


def _measure(found: Importance, measure: str | None) -> str:
    known = list(found.scores)
    if measure is not None and measure not in known:
        wanted = f"must be {' or '.join(map(repr, known))}"
        raise ArgumentError("importance", "measure", wanted, got=repr(measure), code="A103")
    return found.measure if measure is None else measure


def _told(found: Importance, n_drawn: int) -> tuple[str, ...]:
    rows = count(found.n_rows, "row")
    of_many = f"; {n_drawn} of {len(found.columns)} columns" if n_drawn < len(found.columns) else ""
    return (
        f"each column's cells dealt out anew {count(found.repeats, 'time')}; lines: "
        f"{100 * found.level:g} % intervals that hold together{of_many}",
        f"{rows}, {count(found.n_networks, 'network')} together",
    )


def _dependence(found: Importance, column: str | None) -> Dependence:
    if not found.dependences:
        raise InputError(
            "chart 'dependence': none was computed. Give importance_of panels=9.", code="G104"
        )
    if column is None:
        return found.dependences[0]
    known = [each.column for each in found.dependences]
    if column not in known:
        told = f"must be one of {', '.join(map(repr, known))}"
        cure = did_you_mean(column, known)
        raise ArgumentError("dependence", "column", told, got=repr(column), cure=cure, code="A103")
    return found.dependences[known.index(column)]


def _mean_columns(one: Dependence, k: int, output: str) -> dict[str, Any]:
    cells = told_apart([plain(cell, 24) for cell in one.grid])
    return {
        "output": [output] * len(cells),
        "value": cells if one.is_category else one.places,
        "mean": one.mean[k],
        "p05": one.low[k],
        "p95": one.high[k],
    }


def _line_rows(one: Dependence, lines: np.ndarray) -> list[dict[str, Any]]:
    if not len(lines):
        return []
    n, size = lines.shape
    return rows_of({
        "row": np.repeat(np.arange(n), size), "x": np.tile(one.places, n), "y": lines.ravel(),
    })  # fmt: skip


def _said_title(found: Importance, output: str | None) -> str:
    if found.kind == "regression":
        return "value" if output is None else f"value of '{output}'"
    return "probability" if output is None else f"probability of '{output}'"


def _curves(look: Look, across: str, title: str, colour: Spec, *, is_single: bool) -> Spec:
    colours = look.colours
    x = number("x", across, padding=6)
    x["scale"]["nice"] = False
    y = number("mean", title)
    tips = tooltips({"output": "of", "value": across, "mean": "mean", "p05": "5 %", "p95": "95 %"})
    thin = {"type": "line", "strokeWidth": 0.8, "opacity": 0.35, "color": colours.neutral}
    tick = {"type": "tick", "orient": "vertical", "size": 7, "color": colours.quiet, "opacity": 0.7}
    floor = {"value": "height"}
    one = {"field": "row", "type": "nominal"}
    marks = [
        layer("means", {"type": "area", "opacity": 0.22}, x=x, y={**y, "field": "p05"},
              y2={"field": "p95"}, color=colour),
        layer("means", {"type": "line", "strokeWidth": 2.8}, x=x, y=y, color=colour),
        layer("means", {"type": "point", "opacity": 0, "size": 120}, x=x, y=y, tooltip=tips),
        layer("rug", {**tick, "yOffset": -4}, x=x, y=floor),
    ]  # fmt: skip
    if is_single:
        marks.insert(0, layer("lines", thin, x=x, y={**y, "field": "y"}, detail=one))
    return {"layer": marks}


def _bars(look: Look, across: str, title: str, colour: Spec, *, is_single: bool) -> Spec:
    x = name("value", across, axis={"labelAngle": 0, "labelLimit": 110})
    y = number("mean", title, zero=True)
    side = {} if is_single else {"xOffset": name("output")}
    tips = tooltips({"output": "of", "value": across, "mean": "mean", "p05": "5 %", "p95": "95 %"})
    bar: Spec = {"type": "bar", "opacity": 0.85, "cornerRadiusEnd": 2}
    bar |= {"width": {"band": 0.5}} if is_single else {}
    span = {"type": "rule", "strokeWidth": 2, "color": look.colours.text}
    return {"layer": [
        layer("means", bar, x=x, y=y, color=colour, tooltip=tips, **side),
        layer("means", span, x=x, y={**y, "field": "p05"}, y2={"field": "p95"}, **side),
    ]}  # fmt: skip


__all__ = ["dependence", "importance", "rise_title", "told_apart"]
