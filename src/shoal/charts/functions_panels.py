"""Panels side by side, one for each function, each with axes of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from shoal.charts.chart import Look
from shoal.charts.columns import Columns, Rows, rows_of
from shoal.charts.marks import Spec, above, coloured, layer, name, number
from shoal.charts.theme import classes
from shoal.errors import ArgumentError, did_you_mean

TITLES: Final = 170
"""Pixels of a chart's titles and legend."""
BETWEEN: Final = 58
"""Pixels between the upright sides of two panels: the labels of an axis."""
BELOW: Final = 60
"""Pixels from the foot of a panel to the next: labels, and the next one's title."""
TALL: Final = 78
"""The same where a panel's title has a second line."""
MARK: Final[Mapping[str, Any]] = {"type": "line", "strokeWidth": 2.2, "clip": True}
JUMP: Final = 0.3
"""More than this from one place to the next may be a jump."""
DASHES: Final = ([1, 0], [5, 3], [2, 2], [9, 3, 2, 3])
"""Of the first line of every panel, the second and so on: one below another is seen through it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A panel of lines.

    Attributes:
        title: above it.
        rows: the name of its rows, with the columns x, y and line.
        y_domain: of its upright axis.
        x_domain: of its lower axis.
        x_title: of its lower axis.
        y_title: of its upright axis.
        lines: what its lines are called, in the order of their colours.
        below: a second line under the title.
        grid: whether lines stand at the ticks of the lower axis.
        stays: whether a value holds until the next one.
    """

    title: str
    rows: str
    y_domain: tuple[float, float]
    x_domain: tuple[float, float]
    x_title: str
    y_title: str
    lines: tuple[str, ...]
    below: str = ""
    grid: bool = True
    stays: bool = False


def panels(specs: Sequence[Spec], *, across: int, below: int = BELOW) -> Spec:
    """Return panels in rows of `across`, with one legend for all and titles at the rim alone."""
    across, n = min(across, len(specs)), len(specs)
    for k, spec in enumerate(specs):
        off = {side for side, is_rim in (("x", k + across >= n), ("y", k % across == 0))
               if not is_rim}  # fmt: skip
        for part in spec.get("layer", [spec]):
            for side in off & part.get("encoding", {}).keys():
                part["encoding"][side] = {**part["encoding"][side], "title": None}
    return {
        "columns": across,
        "concat": list(specs),
        "bounds": "flush",
        "spacing": {"row": below, "column": BETWEEN},
        "resolve": {"scale": {"color": "shared", "strokeDash": "shared"}},
    }


def size(look: Look, n: int, across: int, below: int = BELOW) -> tuple[int, int]:
    """Return width and height of each of n panels."""
    across = min(across, n)
    down = -(-n // across)
    width = (look.width - 30 - (across - 1) * BETWEEN - 50) // across
    height = (look.height - TITLES - (down - 1) * below) // down
    return max(90, width), max(64, height)


def line_panel(look: Look, panel: Panel, width: int, height: int, all_lines: Sequence[str]) -> Spec:
    """Return a panel of lines."""
    ticks = {"tickCount": 5, "grid": panel.grid}
    colours = classes(look.colours, len(all_lines))
    legend = {**above(), "symbolType": "stroke", "symbolSize": 500} if len(all_lines) > 1 else None
    dashes = {
        "domain": list(all_lines),
        "range": [DASHES[k % len(DASHES)] for k in range(len(all_lines))],
    }
    body = layer(
        panel.rows,
        {**MARK, "interpolate": "step-after"} if panel.stays else dict(MARK),
        x=number("x", panel.x_title, domain=panel.x_domain, axis=ticks),
        y=number("y", panel.y_title, domain=panel.y_domain, axis={"tickCount": 4}),
        color=coloured("line", None, all_lines, colours, legend=legend),
        strokeDash=name("line", None, scale=dashes, legend=legend),
    )  # fmt: skip
    title = heading(look, panel.title, panel.below)
    return {"title": title, "width": width, "height": height, **body}


def heading(look: Look, text: str, below: str = "") -> Spec:
    """Return what stands above a panel, with a second line if there is one."""
    second = {
        "subtitle": below, "subtitleFontSize": 12, "subtitlePadding": 2,
        "subtitleColor": look.colours.quiet,
    }  # fmt: skip
    return {
        "text": text, "anchor": "middle", "fontSize": 13, "fontWeight": 600, "offset": 6,
        "color": look.colours.text, "frame": "group", **(second if below else {}),
    }  # fmt: skip


def lines_rows(x: np.ndarray, lines: Mapping[str, np.ndarray]) -> Rows:
    """Return lines over x as rows.

    Shapes:
        x (N,), each line (N,)
    """
    columns: Columns = {
        "x": np.tile(x, len(lines)),
        "line": [name for name in lines for _ in range(len(x))],
        "y": np.concatenate([np.asarray(each, np.float64) for each in lines.values()]),
    }
    return rows_of(columns)


def upright(ask: Callable[[np.ndarray], Mapping[str, np.ndarray]], x: np.ndarray) -> Rows:
    """Return the lines of a function as rows, with both sides of every jump among the places.

    Between two places a line would be drawn as a slope, which a jump does not have.

    Shapes:
        x (N,)
    """
    rises = np.max([np.abs(np.diff(y)) for y in ask(x).values()], axis=0)
    a, b = x[:-1][rises > JUMP], x[1:][rises > JUMP]
    for _ in range(30):  # halved as often, a tenth is less than a billionth
        middle = (a + b) / 2
        low, mid, high = (list(ask(places).values()) for places in (a, middle, b))
        first = np.max([np.abs(m - y) for m, y in zip(mid, low, strict=True)], axis=0)
        second = np.max([np.abs(y - m) for m, y in zip(mid, high, strict=True)], axis=0)
        is_first = first >= second
        a, b = np.where(is_first, a, middle), np.where(is_first, middle, b)
    x = np.unique(np.concatenate([x, a, b]))
    return lines_rows(x, ask(x))


def room_for(lines: Mapping[str, np.ndarray], far: float) -> tuple[float, float]:
    """Return the domain of an upright axis: from at most 0 to at least 1, and a little more."""
    y = np.concatenate([np.asarray(each, np.float64) for each in lines.values()])
    y = np.clip(y[np.isfinite(y)], -far, far)
    low, high = min(0.0, float(y.min())), max(1.0, float(y.max()))
    gap = 0.08 * (high - low)
    return low - gap, high + gap


def chosen(kind: str, known: Sequence[str], names: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the names that are asked for, all of them by default.

    Args:
        kind: of chart.
        known: what there is.
        names: a list, or names parted by commas.

    Raises:
        ArgumentError: there is none such, or none is named.
    """
    if names is None:
        return tuple(known)
    listed = [part.strip() for part in names.split(",")] if isinstance(names, str) else list(names)
    for each in listed:
        if each not in known:
            cure = did_you_mean(each, known)
            wanted = f"must be among {', '.join(known)}"
            raise ArgumentError(kind, "names", wanted, got=repr(each), cure=cure, code="A103")
    if not listed:
        raise ArgumentError(kind, "names", "must name a function", got="none", code="A106")
    return tuple(dict.fromkeys(listed))


__all__ = [
    "TALL", "Panel", "chosen", "heading", "line_panel", "lines_rows", "panels", "room_for", "size",
    "upright",
]  # fmt: skip
