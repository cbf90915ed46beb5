"""What a sweep found: curves of a figure over a key, and heat maps over two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.choice import plain
from shoal.charts.columns import Columns, rows_of
from shoal.charts.lines import told_apart
from shoal.charts.marks import Spec, above, layer, mapped, name, number, tooltips
from shoal.charts.wording import data_name, figure_title, figure_words, record_id
from shoal.data.wording import count
from shoal.errors import ArgumentError, InputError, did_you_mean
from shoal.experiments.sweep.cells import short_names, shown

MOST_LINES: Final = 8
"""Values of a second key that get a line each."""
LABELLED: Final = 120
"""Cells of a heat map that have room for their number."""
TICKS: Final = 10
"""Values of a key up to which each has its tick."""
SPREAD: Final = 99.0
"""Ratio of the largest value of a key to the least from which its axis is logarithmic."""
DIGITS: Final = ".5~g"
"""How values of a key are written at an axis, as they are in tables."""
LEVELS: Final = {"attainable": ("dashed", [5, 4]), "constant_guess": ("dotted", [1.5, 3])}
"""How what is known without networks is drawn."""


def sweep(
    swept: Any, *, figure: str | None = None, x: str | None = None, by: str | None = None,
    log: str | None = None,
) -> Chart:  # fmt: skip
    """Draw a figure over a swept key: the median of every cell, its interval, and the band.

    Args:
        swept: the sweep.
        figure: such as "validation_accuracy"; the sweep's usual one by default.
        x: the key along the axis; the first with numbers by default.
        by: the key that colours the lines; all others together by default.
        log: axes with a logarithmic scale: "x", "y" or "xy", "" for none; by default across
            where the key goes over two powers of ten.

    Raises:
        ArgumentError: no such key, figure or axis.
    """
    from shoal.charts.curves import check_log

    check_log("sweep", log or "")
    figure = chosen_figure("sweep", swept, figure)
    key = _chosen_key("sweep", "x", swept, x, _first_key(swept))
    others = [_chosen_key("sweep", "by", swept, by, None)] if by else _other_keys(swept, key)
    table = cell_columns(swept, figure, key, *others)
    lines = list(dict.fromkeys(table["by"]))
    if len(lines) > MOST_LINES:
        wanted = f"must have at most {MOST_LINES} values to be a colour each"
        cure = f"See shoal plot heatmap for {' by '.join(short_key(k) for k in (key, *others))}."
        raise ArgumentError("sweep", "by", wanted, got=len(lines), cure=cure, code="A104")
    if by:
        table = _pooled(table)
    is_number = _is_number(table["x"])
    is_up = "y" in (log or "")
    is_across = is_number and (_is_wide(table["x"]) if log is None else "x" in log)
    linear_to = _linear_to(table["x"]) if is_number and log is None else None
    levels, told = _levels(table, is_drawn=is_number)
    label, title = short_key(key, swept.keys), figure_title(figure)
    second = ", ".join(short_key(each, swept.keys) for each in others) or None
    names = [_said(each) for each in lines]
    places = sorted(set(table["x"])) if is_number and len(set(table["x"])) <= TICKS else []

    def draw(look: Look) -> Spec:
        return _curves(look, names, (label, title, second), levels, places=places,
                       is_number=is_number, is_across=is_across, is_up=is_up,
                       linear_to=linear_to)  # fmt: skip

    drawn: dict[str, list[Any]] = {**table, "by": [_said(v) for v in table["by"]]}
    counted = f"line: median; bars: its 95 % interval; band: 5–95 % of the networks{told}"
    held = _held(swept, [key, *others])
    return Chart(
        kind="sweep",
        title=capital(f"{figure_words(figure)} by {label}"),
        subtitle=tuple(each for each in (counted, held, told_of_sweep(swept)) if each),
        data=_exported(table, key, others),
        marks={"cells": rows_of(_positive(drawn, is_up=is_up)), **levels},
        draw=draw,
    )


def _curves(
    look: Look, names: list[str], titles: tuple[str, str, str | None],
    levels: dict[str, list[dict[str, Any]]], *, places: Sequence[float], is_number: bool,
    is_across: bool, is_up: bool, linear_to: float | None,
) -> Spec:  # fmt: skip
    label, title, second = titles
    axis: dict[str, Any] = {"values": places} if places else {}
    axis |= {"format": DIGITS} if is_across else {}
    across = number("x", label, log=is_across, padding=18, axis=axis) if is_number else name(
        "x", label, axis={"labelAngle": 0, "labelLimit": 200, "labelPadding": 8})  # fmt: skip
    if is_number:
        across["scale"]["nice"] = False
    if linear_to is not None:
        across["scale"] |= {"type": "symlog", "constant": linear_to}
    up, low = number("median", title, log=is_up), number("low", title, log=is_up)
    if not is_number:
        up["scale"] |= {"padding": 10, "nice": False}
    legend = above(columns=_columns(look.width, names, second)) if second else None
    apart = told_apart("by", second, names, look.colours, legend=legend)
    colour = apart["color"]
    if not is_number and legend is not None:
        colour = {**colour, "legend": legend}
    tips = tooltips({"x": label, "by": "by", "median": "median", "low": "from",
                       "high": "to", "n": "networks"})  # fmt: skip
    side = {} if is_number else {"xOffset": name("by", scale={"domain": names})}
    dot = {"type": "point", "filled": True, "size": 60, "opacity": 1}
    marks = [
        layer("cells", {"type": "rule", "strokeWidth": 2}, x=across, y=low,
              y2={"field": "high"}, color=colour, **side),
        layer("cells", dot, x=across, y=up, color=colour, tooltip=tips, **side),
    ]  # fmt: skip
    if is_number:
        first = number("p05", title, log=is_up)
        marks.insert(0, layer("cells", {"type": "area", "opacity": 0.13}, x=across, y=first,
                              y2={"field": "p95"}, color=colour))  # fmt: skip
        marks.insert(2, layer("cells", {"type": "line"}, x=across, y=up, **apart))
    for known in levels:
        line = {"type": "line", "strokeDash": LEVELS[known][1], "color": look.colours.neutral,
                "strokeWidth": 1.6}  # fmt: skip
        best = number("y", title, log=is_up)
        marks.insert(0, layer(known, line, x=across, y=best,
                              detail={"field": "by", "type": "nominal"}))  # fmt: skip
    return {"layer": marks}


def heatmap(
    swept: Any, *, figure: str | None = None, x: str | None = None, by: str | None = None
) -> Chart:
    """Draw a figure over two swept keys: the median of every cell as a colour.

    Args:
        swept: the sweep.
        figure: such as "validation_accuracy"; the sweep's usual one by default.
        x: the key across; the first by default.
        by: the key up; the next one by default.

    Raises:
        ArgumentError: no such key or figure.
        InputError: one key was swept.
    """
    figure = chosen_figure("heatmap", swept, figure)
    key = _chosen_key("heatmap", "x", swept, x, _first_key(swept))
    others = _other_keys(swept, key)
    second = _chosen_key("heatmap", "by", swept, by, others[0] if others else None)
    if second is None or second == key:
        raise InputError(
            f"chart 'heatmap': needs two swept keys; got one, '{key}'. See shoal plot sweep.",
            code="G102",
        )
    table = _pooled(cell_columns(swept, figure, key, second))
    values = np.array([np.nan if v is None else v for v in table["median"]], np.float64)
    domain = (float(np.nanmin(values)), float(np.nanmax(values))) if np.isfinite(
        values).any() else (0.0, 1.0)  # fmt: skip
    is_labelled = len(values) <= LABELLED
    middle = sum(domain) / 2
    cells: Columns = {"x": table["x"], "y": table["by"], "v": values, "low": table["low"],
             "high": table["high"], "n": table["n"],
             "text": [f"{v:.3g}" if np.isfinite(v) else "–" for v in values.tolist()]}  # fmt: skip

    def draw(look: Look) -> Spec:
        axis = {"grid": False, "domain": False, "ticks": False, "labelAngle": 0,
                "labelLimit": 200}  # fmt: skip
        short = {**axis, "format": DIGITS, "formatType": "number"}
        axes = [short if _is_number(table[each]) else axis for each in ("x", "by")]
        across = {**name("x", short_key(key, swept.keys), axis=axes[0]), "type": "ordinal",
                  "sort": "ascending" if _is_number(table["x"]) else None}  # fmt: skip
        up = {**name("y", short_key(second, swept.keys), axis=axes[1]), "type": "ordinal",
              "sort": "descending" if _is_number(table["by"]) else None}  # fmt: skip
        colour = mapped("v", "median", look.colours, diverging=False, domain=domain)
        tips = tooltips({"x": short_key(key, swept.keys), "y": short_key(second, swept.keys),
                          "v": "median", "low": "from", "high": "to", "n": "networks"})  # fmt: skip
        cell = {"type": "rect", "stroke": look.colours.background, "strokeWidth": 1.5}
        marks = [layer("cells", cell, x=across, y=up, color=colour, tooltip=tips)]
        if is_labelled:
            is_light = look.colours.name == "light"
            above_, below = ("#ffffff", "#14171b") if is_light else ("#14171b", "#ffffff")
            text_colour = {"condition": {"test": f"datum.v > {middle!r}", "value": above_},
                           "value": below}  # fmt: skip
            text = {"type": "text"}
            marks.append(layer("cells", text, x=across, y=up, text={"field": "text"},
                               color=text_colour))  # fmt: skip
        return {"layer": marks}

    return Chart(
        kind="heatmap",
        title=capital(f"{figure_words(figure)} by {short_key(key, swept.keys)} and "
                      f"{short_key(second, swept.keys)}"),
        subtitle=tuple(each for each in (f"median of {figure_title(figure)}",
                       _held(swept, [key, second]), told_of_sweep(swept)) if each),
        data=_exported(table, key, [second]),
        marks={"cells": rows_of(cells)},
        draw=draw,
        width=640,
        height=180 + 60 * max(3, min(8, len(set(table["by"])))),
    )  # fmt: skip


def chosen_figure(where: str, swept: Any, figure: str | None) -> str:
    """Return a figure of a sweep, the usual one if none is named.

    Raises:
        ArgumentError: there is none such.
    """
    known = [
        n for n in swept.columns if n.rpartition("_")[2] in ("loss", "accuracy", "error", "r2")
    ]
    known += [n for n in ("steps", "evaluations") if n in swept.columns]
    wanted = figure or swept.usual_figure
    if wanted in swept.columns and wanted in [*known, swept.usual_figure]:
        return str(wanted)
    cure = did_you_mean(wanted, known)
    raise ArgumentError(
        where,
        "figure",
        f"must be one of {', '.join(known)}",
        got=repr(wanted),
        cure=cure,
        code="A103",
    )


def cell_columns(swept: Any, figure: str, key: str, *others: str | None) -> dict[str, list[Any]]:
    """Return a row for every cell: where it lies, its median with interval and band."""
    keys = [each for each in others if each is not None]
    ranks = {each: _ranks([cell.values[each] for cell in swept.cells]) for each in (key, *keys)}
    found = swept.summary(figure)
    order = sorted(range(len(found)), key=lambda k: [ranks[each][k] for each in (*keys, key)])
    names = ("median", "low", "high", "p05", "p95", "attainable", "constant_guess")
    table: dict[str, list[Any]] = {each: [] for each in ("x", "by", *names, "n", "n_diverged")}
    for place in order:
        line, values = found[place], swept.cells[place].values
        table["x"].append(_value(values[key]))
        by = [_value(values[each]) for each in keys]
        table["by"].append(by[0] if len(by) == 1 else ", ".join(shown(each) for each in by))
        for each in names:
            value = line.get(each)
            table[each].append(None if value is None else float(value))
        table["n"].append(int(line["n_counted"]))
        table["n_diverged"].append(int(line.get("n_diverged", 0)))
    return table


def _ranks(values: Sequence[Any]) -> list[float]:
    """Return by what cells are put in order: numbers as they are, names as they come."""
    if _is_number(values):
        return [float(each) for each in values]
    places = {each: k for k, each in enumerate(dict.fromkeys(_value(each) for each in values))}
    return [float(places[_value(each)]) for each in values]


def _levels(
    table: dict[str, list[Any]], *, is_drawn: bool
) -> tuple[dict[str, list[dict[str, Any]]], str]:
    """Return what is known without networks at every place, and what the subtitle says of it.

    A line so far off that it would flatten the others is told in words.
    """
    drawn = [v for n in ("median", "p05", "p95") for v in table[n] if v is not None]
    drawn = [v for v in drawn if np.isfinite(v)] or [0.0]
    room = 1.5 * max(max(drawn) - min(drawn), 0.01)
    found, told = {}, ""
    for known, (how, _) in LEVELS.items():
        points = _level(table, known)
        values = [point["y"] for point in points]
        if not values:
            continue
        word = known.replace("_", " ")
        if is_drawn and min(values) >= min(drawn) - room and max(values) <= max(drawn) + room:
            found[known] = points
            told += f"; {how}: {word}"
        else:
            ends = dict.fromkeys(f"{each:.3g}" for each in (min(values), max(values)))
            told += f"; {word} {' to '.join(ends)}"
    return found, told


def _level(table: dict[str, list[Any]], known: str) -> list[dict[str, Any]]:
    """Return what is known at every place, once for lines that have the same."""
    lines: dict[tuple[Any, ...], str] = {}
    for by in dict.fromkeys(table["by"]):
        line = tuple((x, y) for x, y, own in zip(
            table["x"], table[known], table["by"], strict=True)
            if own == by and y is not None and np.isfinite(y))  # fmt: skip
        lines.setdefault(line, _said(by))
    return [{"x": x, "y": y, "by": by} for line, by in lines.items() for x, y in line]


def _held(swept: Any, used: Sequence[str | None]) -> str:
    """Return at which values the keys are that a chart does not show: the first of each."""
    others = [key for key in swept.keys if key not in used]
    first = swept.cells[0].values
    each = [f"{short_key(key, swept.keys)} = {shown(first[key])}" for key in others]
    return f"where {', '.join(each)}" if each else ""


def told_of_sweep(swept: Any) -> str:
    """Return which sweep it was, in one line."""
    first = swept.cells[0].experiment
    n_networks, n_lost = len(swept.columns["cell"]), int(np.sum(swept.columns["diverged"]))
    said = f"{data_name(first)}: {count(len(swept.cells), 'cell')}, "
    said += count(n_networks, "network")
    said += f", {n_lost:,} diverged" if n_lost else ""
    said += ", interrupted" if swept.interrupted else ""
    return f"{said} · sweep {record_id(swept)}"


def capital(text: str) -> str:
    """Return a text with a capital at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]


def _linear_to(values: Sequence[float]) -> float | None:
    """Return the least value above 0 where values go from 0 over two powers of ten, else None.

    Example:
        >>> _linear_to([0, 1, 10, 1000]), _linear_to([0, 0.1, 0.2])
        (1, None)
    """
    above_0 = [value for value in values if value > 0]
    if not above_0 or min(values) != 0 or max(above_0) / min(above_0) <= SPREAD:
        return None
    return min(above_0)


def _said(value: object) -> str:
    """Return a value of a key as a legend shows it."""
    return shown(value) if isinstance(value, float) else str(value)


def short_key(key: str, keys: Sequence[str] = ()) -> str:
    """Return a key in words, as short as tells it from the others.

    Example:
        >>> short_key("training.optimizer.learning_rate"), short_key("training.optimizer.name")
        ('learning rate', 'optimizer')
        >>> short_key("network.layers.0.units")
        'units of layer 1'
    """
    short = short_names([*keys] if key in keys else [key])[key]
    layer_of = re.fullmatch(r"layers\.(\d+)\.(.+)", short)
    if layer_of:
        short = f"{layer_of[2]} of layer {int(layer_of[1]) + 1}"
    return plain(short.replace("_", " ").replace(".", " "), 40)


def _first_key(swept: Any) -> str:
    numeric = [key for key in swept.keys if _is_number([c.values[key] for c in swept.cells])]
    return str((numeric or list(swept.keys))[0])


def _other_keys(swept: Any, key: str) -> list[str]:
    return [each for each in swept.keys if each != key]


def _chosen_key(
    where: str, argument: str, swept: Any, given: str | None, otherwise: str | None
) -> Any:
    if given is None:
        return otherwise
    found = [key for key in swept.keys if key == given or key.rpartition(".")[2] == given]
    if not found:
        wanted = f"must be a swept key, {', '.join(swept.keys)}"
        cure = did_you_mean(given, swept.keys)
        raise ArgumentError(where, argument, wanted, got=repr(given), cure=cure, code="A103")
    return found[0]


def _pooled(table: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return one row for each place: the first of several cells that differ in a third key."""
    seen: dict[tuple[Any, Any], int] = {}
    for i, place in enumerate(zip(table["x"], table["by"], strict=True)):
        seen.setdefault(place, i)
    return {name_: [column[i] for i in seen.values()] for name_, column in table.items()}


def _exported(table: dict[str, list[Any]], key: str, others: Sequence[str]) -> Columns:
    names = {"x": key, "by": ", ".join(others), "n": "n_counted"}
    return {names.get(n, n): column for n, column in table.items()
            if n != "by" or others}  # fmt: skip


def _positive(table: dict[str, list[Any]], *, is_up: bool) -> Columns:
    if not is_up:
        return table
    found: dict[str, Any] = dict(table)
    for each in ("median", "low", "high", "p05", "p95"):
        found[each] = [v if v is not None and v > 0 else None for v in table[each]]
    return found


def _columns(width: int, names: Sequence[str], title: str) -> int:
    """Return how many names fit beside each other above a chart."""
    each = 6 * max(len(name) for name in names) + 48
    return max(1, (width - 90 - 7 * len(title)) // each)


def _is_wide(values: Sequence[Any]) -> bool:
    """Return whether numbers go over two powers of ten, none of them 0 or below."""
    return bool(min(values) > 0 and max(values) > SPREAD * min(values))


def _value(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return plain(shown(value), 40)
    return float(value)


def _is_number(values: Sequence[Any]) -> bool:
    return all(isinstance(_value(value), float) for value in values)
