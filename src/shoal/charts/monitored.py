"""A model in use as pictures: its history, look by look, and how far columns drifted."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.choice import plain
from shoal.charts.columns import Columns, rows_of
from shoal.charts.marks import Spec, above, coloured, layer, name, number, points, tooltips
from shoal.data.wording import count
from shoal.errors import InputError

if TYPE_CHECKING:
    from shoal.models.monitoring.history import History, Past
    from shoal.models.monitoring.history import Look as OneLook
    from shoal.models.monitoring.watched import Watched

MOST_COLUMNS: Final = 6
"""Columns with a line of their own: those that drifted furthest."""
MOST_BARS: Final = 24
MOST_LOOKS: Final = 1_000
"""Looks that are drawn: the last of them."""
MOST_POINTS: Final = 60
"""Looks that are drawn as points with intervals; more are lines with bands."""
TITLES: Final = {
    "accuracy": "accuracy (share of rows)",
    "mean_absolute_error": "mean absolute error (units of the target)",
    "r2": "R² (share of the variance)",
    "unlike": "rows unlike training (share)",
    "drift": "drift (PSI)",
}


def history(found: History) -> Chart:
    """Draw every figure with its interval and its bar, and the drift of columns, over time.

    Args:
        found: the looks at a model.

    Raises:
        InputError: no look has a figure.
    """
    looks = found.looks[-MOST_LOOKS:]
    known = list(dict.fromkeys(check.name for look in looks for check in look.checks))
    names = [each for each in TITLES if each in known and each != "drift"]
    columns = _furthest(looks)
    if not names and not columns:
        raise InputError("chart 'history': no look has a figure yet.", code="G104")
    data = _figures(looks)
    drift = _drift(looks, columns)
    marks = {f"figure_{each}": rows_of(_of(data, each)) for each in names}
    marks["drift"] = rows_of(drift)
    marks["drift_bar"] = _bars(looks, "drift")
    marks["drift_short"] = _short(looks)
    marks["models"] = _handovers(looks)
    n_short = sum(look.verdict == "fell short" for look in looks)

    def draw(look: Look) -> Spec:
        dense, n_panels = len(looks) > MOST_POINTS, len(names) + bool(columns)
        panels = [_figure_panel(look, each, n_panels, dense=dense) for each in names]
        if columns:
            panels.append(_drift_panel(look, columns, n_panels, dense=dense))
        panels[0]["layer"] += _new_models_told(_time(look, None), look)
        return {"vconcat": panels, "spacing": 22, "resolve": {"scale": {"color": "independent"}}}

    first, last = (time[:10] for time in _span(looks))
    when = first if first == last else f"{first} to {last}"
    short = "none fell short" if not n_short else f"{n_short:,} fell short (ringed)"
    return Chart(
        kind="history",
        title="A model in use",
        subtitle=(
            f"{count(len(looks), 'look')}, {when}; {short}",
            f"{'bands' if len(looks) > MOST_POINTS else 'bars'}: 95 % intervals; "
            "dashed: what was asked; "
            f"{plain(found.source.replace(chr(92), '/').rpartition('/')[2], 60)}",
        ),
        data=data,
        marks=marks,
        draw=draw,
        height=180 * (len(names) + bool(columns)) + 120,
        is_fixed=False,
    )


def drift(found: Watched) -> Chart:
    """Draw how far every column drifted, beside what chance alone makes.

    Args:
        found: one look at a model.

    Raises:
        InputError: the model has no summary of its training rows.
    """
    if not found.drift:
        raise InputError(
            "chart 'drift': the model keeps no summary of its training rows.", code="G104"
        )
    every = sorted(found.drift, key=lambda each: -each.psi)
    shown = every[:MOST_BARS]
    labels = _labels([each.name for each in shown])
    data: dict[str, Any] = {
        "column": [each.name for each in every],
        "psi": np.array([each.psi for each in every]),
        "by_chance": np.array([each.psi_by_chance for each in every]),
        "ks": np.array([np.nan if each.ks is None else each.ks for each in every]),
        "p_value": np.array([each.p_value for each in every]),
    }
    drawn: dict[str, Any] = {
        "label": labels,
        "psi": np.array([each.psi for each in shown]),
        "by_chance": np.array([each.psi_by_chance for each in shown]),
        "is": ["within chance" if each.is_chance else "drifted" for each in shown],
    }
    bar = found.bars.max_drift
    level = [] if bar is None else [{"level": bar}]

    def draw(look: Look) -> Spec:
        colours = look.colours
        x = number("psi", "drift (population stability index)", zero=True)
        y = name("label", None, axis={"labelLimit": 260, "grid": False})
        colour = coloured(
            "is", None, ["drifted", "within chance"], [colours.classes[1], colours.classes[0]],
            legend=above(),
        )  # fmt: skip
        tick = {"type": "tick", "color": colours.text, "thickness": 2, "size": 16}
        rule = {"type": "rule", "color": colours.neutral, "strokeDash": [5, 4], "strokeWidth": 1.4}
        tips = tooltips({"label": "column", "psi": "PSI", "by_chance": "by chance", "is": "drift"})
        layers = [
            layer("columns", {"type": "bar", "height": 14}, x=x, y=y, color=colour, tooltip=tips),
            layer("columns", tick, x={**x, "field": "by_chance"}, y=y),
        ]
        if level:
            layers.append(layer("bar", rule, x={**x, "field": "level"}))
        return {"layer": layers}

    more = len(every) - len(shown)
    rest = f"; {count(more, 'column')} with less not shown" if more else ""
    asked = "" if bar is None else f"; dashed: at most {bar:g} is asked"
    return Chart(
        kind="drift",
        title="How far the columns are from the training rows",
        subtitle=(
            f"tick: what chance alone makes of {count(found.n_rows, 'row')}{asked}{rest}",
            plain(found.data or "rows", 60),
        ),
        data=data,
        marks={"columns": rows_of(drawn), "bar": level},
        draw=draw,
        height=170 + 26 * len(shown),
    )


def _figure_panel(look: Look, figure: str, n_panels: int, *, dense: bool) -> Spec:
    colours = look.colours
    rows, title = f"figure_{figure}", TITLES[figure]
    x = _time(look, None)
    y = number("value", title)
    line = {"type": "line", "color": colours.classes[0], "strokeWidth": 1.6}
    span = {"type": "rule", "color": colours.classes[0], "opacity": 0.5, "strokeWidth": 2}
    dot = points(colours, size=44, color=colours.classes[0])
    if dense:
        span = {"type": "area", "color": colours.classes[0], "opacity": 0.25, "line": False}
        dot = {"type": "point", "filled": True, "size": 8, "color": colours.classes[0]}
    model = name("model", None)
    step = {"type": "line", "interpolate": "step-after", "color": colours.neutral,
            "strokeDash": [5, 4], "strokeWidth": 1.4}  # fmt: skip
    tips = tooltips({"time": "time (UTC)", "value": title, "low": "from", "high": "to",
                     "bar": "asked", "n_rows": "rows"})  # fmt: skip
    short = [{"filter": "datum.falls_short"}]
    return {
        "width": look.width - 120, "height": _height(look, n_panels),
        "layer": [
            layer(rows, step, x=x, y={**y, "field": "bar"}),
            layer(rows, {"type": "rule", "color": colours.neutral, "strokeDash": [5, 4],
                         "strokeWidth": 1.4}, y={**y, "field": "only_bar"}),
            layer(rows, span, x=x, y={**y, "field": "low"}, y2={"field": "high"}, detail=model),
            layer(rows, line, x=x, y=y, detail=model),
            layer(rows, dot, x=x, y=y, tooltip=tips),
            {**layer(rows, _ring(look), x=x, y=y), "transform": short},
            _new_models(look, x),
        ],
    }  # fmt: skip


def _drift_panel(look: Look, columns: Sequence[str], n_panels: int, *, dense: bool) -> Spec:
    colours = look.colours
    x, y = _time(look, "time (UTC)"), number("psi", "drift of columns (PSI)", zero=True)
    legend = {"orient": "bottom", "direction": "horizontal", "columns": 3, "labelLimit": 180,
              "symbolType": "stroke"}  # fmt: skip
    labels = _labels(columns)
    colour = coloured("label", None, labels, colours.classes[: len(labels)], legend=legend)
    rule = {"type": "rule", "color": colours.neutral, "strokeDash": [5, 4], "strokeWidth": 1.4}
    tips = tooltips({"time": "time (UTC)", "label": "column", "psi": "PSI"})
    return {
        "width": look.width - 120, "height": _height(look, n_panels),
        "layer": [
            layer("drift_bar", rule, y={**y, "field": "level"}),
            layer("drift", {"type": "line", "strokeWidth": 1 if dense else 1.6}, x=x, y=y,
                  color=colour, detail=name("model", None)),
            layer("drift", {"type": "point", "filled": True, "size": 3 if dense else 26}, x=x, y=y,
                  color=colour, tooltip=tips),
            layer("drift_short", _ring(look), x=x, y=y),
            _new_models(look, x),
        ],
    }  # fmt: skip


def _height(look: Look, n_panels: int) -> int:
    return max(80, (look.height - 120) // n_panels - 40)


def _time(look: Look, title: str | None) -> Spec:
    axis = {"labelOverlap": True, "tickCount": 6}
    return {"field": "time", "type": "temporal", "title": title, "scale": {"type": "utc"},
            "axis": axis}  # fmt: skip


def _figures(looks: Sequence[OneLook]) -> Columns:
    """Return every figure of every look, a row each."""
    pairs = [(look, check) for look in looks for check in look.checks]

    def numbers(key: str) -> np.ndarray:
        found = [getattr(check, key) for _, check in pairs]
        return np.array([np.nan if value is None else value for value in found], np.float64)

    bars = numbers("bar")
    alone = len(looks) == 1
    return {
        "time": [look.time for look, _ in pairs],
        "figure": [check.name for _, check in pairs],
        "value": numbers("value"),
        "low": numbers("low"),
        "high": numbers("high"),
        "bar": bars,
        "only_bar": bars if alone else np.full(len(pairs), np.nan),
        "falls_short": [check.falls_short for _, check in pairs],
        "n_rows": [look.n_rows for look, _ in pairs],
        "model": [look.model for look, _ in pairs],
    }


def _of(data: Columns, figure: str) -> dict[str, Any]:
    chosen = [i for i, each in enumerate(data["figure"]) if each == figure]
    return {key: [column[i] for i in chosen] for key, column in data.items()}


def _drift(looks: Sequence[OneLook], columns: Sequence[str]) -> dict[str, Any]:
    labels = dict(zip(columns, _labels(columns), strict=True))
    rows = [
        (look.time, labels[column], look.drift[column], look.model)
        for column in columns
        for look in looks
        if column in look.drift
    ]
    return {
        "time": [row[0] for row in rows],
        "label": [row[1] for row in rows],
        "psi": np.array([row[2] for row in rows], np.float64),
        "model": [row[3] for row in rows],
    }


def _furthest(looks: Sequence[OneLook]) -> list[str]:
    most: dict[str, float] = {}
    for look in looks:
        for column, psi in look.drift.items():
            most[column] = max(psi, most.get(column, 0.0))
    return sorted(most, key=lambda column: -most[column])[:MOST_COLUMNS]


def _bars(looks: Sequence[OneLook], figure: str) -> list[dict[str, Any]]:
    """Return the bar that was asked last, if any was."""
    asked: list[Past] = [
        check for check in looks[-1].checks if check.name == figure and check.bar is not None
    ]
    return [{"level": check.bar} for check in asked]


def _short(looks: Sequence[OneLook]) -> list[dict[str, Any]]:
    """Return the drift of looks that fell short of it."""
    return [
        {"time": look.time, "psi": check.value}
        for look in looks
        for check in look.checks
        if check.name == "drift" and check.falls_short
    ]


def _new_models(look: Look, x: Spec) -> Spec:
    """Return the layer that marks where another model took over."""
    return layer("models", {"type": "rule", "color": look.colours.quiet, "strokeWidth": 1}, x=x)


def _new_models_told(x: Spec, look: Look) -> list[Spec]:
    """Return layers with the words beside those marks, on the side where there is room."""
    text = {"type": "text", "baseline": "top", "dy": 2, "color": look.colours.quiet}
    sides = {"left": {"align": "right", "dx": -4}, "right": {"align": "left", "dx": 4}}
    return [
        {
            **layer("models", {**text, **where}, x=x, y={"value": 0}, text={"field": "told"}),
            "transform": [{"filter": f"datum.side === '{side}'"}],
        }
        for side, where in sides.items()
    ]


def _handovers(looks: Sequence[OneLook]) -> list[dict[str, Any]]:
    """Return when another model took over, and on which side of it there is room for words."""
    first, last = (datetime.fromisoformat(time) for time in _span(looks))
    turn = first + 0.8 * (last - first)
    return [
        {"time": after.time, "told": "new model",
         "side": "left" if datetime.fromisoformat(after.time) > turn else "right"}
        for before, after in itertools.pairwise(looks)
        if before.model != after.model
    ]  # fmt: skip


def _span(looks: Sequence[OneLook]) -> tuple[str, str]:
    """Return the earliest and the latest time; a clock may have gone back."""
    times = [look.time for look in looks]
    return min(times), max(times)


def _ring(look: Look) -> Spec:
    return {"type": "point", "size": 150, "filled": False, "color": look.colours.classes[1],
            "strokeWidth": 2, "opacity": 1}  # fmt: skip


def _labels(names: Sequence[str]) -> list[str]:
    """Return names as they can stand in a legend, each once."""
    found: list[str] = []
    for each in names:
        label, n = plain(each, 32), 2
        while label in found:
            label, n = f"{plain(each, 28)} ({n})", n + 1
        found.append(label)
    return found


__all__ = ["drift", "history"]
