"""The words of Vega-Lite that charts are made of, as small functions that return plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shoal.charts.theme import Theme, hexed, rgb, stops

Spec = dict[str, Any]


def layer(rows: str, mark: str | Spec, **channels: Any) -> Spec:
    """Return a layer: rows by name, a mark, and its channels; those that are None are left out."""
    encoding = {name: channel for name, channel in channels.items() if channel is not None}
    return {"data": {"name": rows}, "mark": mark, "encoding": encoding}


def number(field: str, title: str | None = None, **more: Any) -> Spec:
    """Return a channel for numbers; a scale does not begin at 0 unless it is told to.

    Args:
        field: the column.
        title: of the axis or legend.
        more: `domain`, `log`, `zero`, `padding`, or what Vega-Lite knows: `axis`, `legend` ...
    """
    scale: Spec = {"zero": bool(more.pop("zero", False))}
    scale |= {"padding": more.pop("padding")} if "padding" in more else {}
    domain = more.pop("domain", None)
    if domain is not None:
        scale |= {"domain": list(domain), "nice": False}
    if more.pop("log", False):
        scale = {key: value for key, value in scale.items() if key != "zero"}
        scale |= {"type": "log", "nice": False}
    return {"field": field, "type": "quantitative", "title": title, "scale": scale, **more}


def name(field: str, title: str | None = None, **more: Any) -> Spec:
    """Return a channel for names, in the order of the rows unless `sort` is given."""
    return {"field": field, "type": "nominal", "title": title, "sort": None, **more}


def coloured(
    field: str, title: str | None, domain: Sequence[str], colours: Sequence[str], **more: Any
) -> Spec:
    """Return a colour channel for names with a colour each."""
    scale = {"domain": list(domain), "range": list(colours)}
    return name(field, title, scale=scale, **more)


def mapped(
    field: str, title: str, colours: Theme, *, diverging: bool, domain: Sequence[float],
    strength: float = 1.0, **more: Any,
) -> Spec:  # fmt: skip
    """Return a colour channel for numbers, by the sequential or the diverging map.

    Args:
        field: the column.
        title: of the legend.
        colours: of the theme.
        diverging: which map.
        domain: from which number to which.
        strength: below 1 the background shows through, for points to stand out.
        more: `legend`, or what Vega-Lite knows.
    """
    found = [
        toned(each, colours.plot, strength)
        for each in stops("diverging" if diverging else "sequential", colours)
    ]
    scale = {"domain": _steps(domain, len(found)), "range": found, "clamp": True}
    legend = {"type": "gradient", "gradientLength": 200, **more.pop("legend", {})}
    return {
        "field": field, "type": "quantitative", "title": title, "scale": scale,
        "legend": legend, **more,
    }  # fmt: skip


def toned(colour: str, ground: str, strength: float) -> str:
    """Return a colour through which the ground shows: at 0 the ground, at 1 the colour.

    Example:
        >>> toned("#000000", "#ffffff", 0.6)
        '#666666'
    """
    pairs = zip(rgb(colour), rgb(ground), strict=True)
    return hexed([round(strength * part + (1 - strength) * below) for part, below in pairs])


def _steps(domain: Sequence[float], n: int) -> list[float]:
    """Return as many numbers as there are colours, evenly over the domain."""
    low, high = float(domain[0]), float(domain[-1])
    high = high if high > low else low + 1.0
    return [low + (high - low) * k / (n - 1) for k in range(n)]


def references(colours: Theme, rows: str) -> list[Spec]:
    """Return layers that draw level lines, `level`, with what they are called, `label`, beside."""
    y = {"field": "level", "type": "quantitative"}
    rule = {"type": "rule", "color": colours.neutral, "strokeWidth": 1.4, "strokeDash": [5, 4]}
    text = {
        "type": "text", "align": "left", "baseline": "middle", "dx": 5, "dy": -14,
        "color": colours.quiet, "lineBreak": "|",
    }  # fmt: skip
    beside = {"value": "width"}
    return [layer(rows, rule, y=y), layer(rows, text, y=y, x=beside, text={"field": "label"})]


def above(**more: Any) -> Spec:
    """Return a legend above the picture, from left to right."""
    return {"orient": "top", "direction": "horizontal", "offset": 6, "titleOrient": "left", **more}


def points(colours: Theme, *, size: int = 36, opacity: float = 0.9, **more: Any) -> Spec:
    """Return the mark of filled points with a rim that parts them from what is behind."""
    return {
        "type": "point", "filled": True, "size": size, "opacity": opacity,
        "stroke": colours.background, "strokeWidth": 0.8, **more,
    }  # fmt: skip


def level_bar(colours: Theme, *, length: int = 44) -> Spec:
    """Return the mark of a short level line across a place: a median among its dots."""
    return {
        "type": "point", "shape": "stroke", "size": length**2, "strokeWidth": 3,
        "color": colours.text, "opacity": 1,
    }  # fmt: skip


def tooltips(columns: Mapping[str, str]) -> list[Spec]:
    """Return tooltips: titles by column."""
    return [{"field": column, "title": title} for column, title in columns.items()]
