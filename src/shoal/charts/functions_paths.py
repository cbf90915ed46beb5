"""The ways of all learning rules over the loss of a network of two weights, from one start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.columns import joined, rows_of
from shoal.charts.contours import chained, contour
from shoal.charts.functions_bowl import (
    NO_LOSS,
    SEEDS,
    SIZES,
    START,
    STEPS,
    Path,
    loss_of,
    path,
    rules,
)
from shoal.charts.functions_panels import TALL, chosen, heading, panels, size
from shoal.charts.marks import Spec, layer, number
from shoal.charts.theme import classes

WEIGHT: Final = (-1.7, 2.7)
BIAS: Final = (-2.2, 3.1)
CELLS: Final = 70
LEVELS: Final = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Losses whose lines are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plane:
    x: np.ndarray
    y: np.ndarray


def optimizer_paths(*, names: str | Sequence[str] | None = None) -> Chart:
    """Draw the way of every optimizer over the loss of a unit with one weight and a bias.

    All begin at the same place and take 60 steps, trained by the core on eight rows, each with
    the best of twelve values of its first setting: its learning rate, or the size of its moves.
    Rules with random numbers go eight ways.

    Args:
        names: which optimizers, as a list or parted by commas; all that go by the loss by default.

    Raises:
        ArgumentError: there is no such optimizer, or it does not go by the loss.
    """
    listed = chosen("optimizer_paths", rules(), names)
    found = {name: path(name) for name in listed}
    across = min(4, len(listed))

    def draw(look: Look) -> Spec:
        sides = size(look, len(listed), across, TALL)
        each = [_panel(look, one, *sides) for one in found.values()]
        return panels(each, across=across, below=TALL)

    return Chart(
        kind="optimizer_paths",
        title="Optimizers on the loss of two weights",
        subtitle=(
            f"{STEPS} steps of one unit with a weight and a bias from the circle to the least loss "
            f"at +; grey: losses of {', '.join(f'{level:g}' for level in LEVELS)}",
            f"{len(listed)} of shoal's optimizers, each with the best of {len(SIZES)} values of "
            "its first setting; loss: the median after the last step; rules with random numbers "
            f"go {SEEDS} ways",
        ),
        data=joined([_columns(each) for each in found.values()]),
        marks={
            "optimizer_levels": _levels(),
            "optimizer_ends": [
                {"weight": START[0], "bias": START[1], "what": "start"},
                {"weight": 1.0, "bias": -0.5, "what": "least"},
            ],
            **{f"optimizer_{name}": _rows(each) for name, each in found.items()},
        },
        draw=draw,
        width=940,
        height=1060 if len(listed) > 12 else 300 + 210 * (-(-len(listed) // 4) - 1) + 60,
        is_fixed=False,
    )


@cache
def _levels() -> list[dict[str, Any]]:
    """Return the points of the lines of equal loss, each line with a number."""
    w, b = np.linspace(*WEIGHT, CELLS), np.linspace(*BIAS, CELLS)
    plane = _Plane(x=w, y=b)
    each = np.stack([np.tile(w, CELLS), np.repeat(b, CELLS)], axis=1)
    values = loss_of(each).reshape(CELLS, CELLS)
    lines = [line for level in LEVELS for line in chained(contour(plane, values, level))]
    points = np.concatenate(lines)
    number = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    order = np.arange(len(points))
    return rows_of({"weight": points[:, 0], "bias": points[:, 1], "line": number, "step": order})


def _ways(found: Path) -> int:
    """Return how many of the ways differ: one where a rule has no random numbers."""
    return 1 if (found.weights == found.weights[:1]).all() else len(found.weights)


def _columns(found: Path) -> dict[str, Any]:
    n, steps = _ways(found), found.weights.shape[1]
    flat = found.weights[:n].reshape(-1, 2)
    return {
        "optimizer": [found.name] * len(flat),
        "network": np.repeat(np.arange(n), steps),
        "step": np.tile(np.arange(steps), n),
        "weight": flat[:, 0],
        "bias": flat[:, 1],
    }


def _rows(found: Path) -> list[dict[str, Any]]:
    """Return the ways as rows; what is far outside is left out."""
    columns = _columns(found)
    near = (np.abs(columns["weight"]) < 9) & (np.abs(columns["bias"]) < 9)
    shown = {key: np.asarray(column)[near] for key, column in columns.items() if key != "optimizer"}
    return rows_of(shown)


def _panel(look: Look, found: Path, width: int, height: int) -> Spec:
    rows, colours = f"optimizer_{found.name}", look.colours
    x = number("weight", "weight", domain=WEIGHT, axis={"tickCount": 4, "grid": False})
    y = number("bias", "bias", domain=BIAS, axis={"tickCount": 4, "grid": False})
    first = classes(colours, 2)[1]
    order: Spec = {"field": "step", "type": "quantitative"}
    line = {"type": "line", "clip": True, "color": first}
    levels = layer(
        "optimizer_levels", {"type": "line", "color": colours.quiet, "opacity": 0.5,
                             "strokeWidth": 0.8},
        x=x, y=y, order=order, detail={"field": "line"},
    )  # fmt: skip
    others = layer(rows, {**line, "strokeWidth": 0.9, "opacity": 0.4}, x=x, y=y, order=order,
                   detail={"field": "network"})  # fmt: skip
    own = layer(rows, {**line, "strokeWidth": 1.8}, x=x, y=y, order=order)
    dots = layer(rows, {"type": "circle", "size": 13, "opacity": 1, "clip": True, "color": first},
                 x=x, y=y)  # fmt: skip
    for part, whose in ((others, "!="), (own, "=="), (dots, "==")):
        part["transform"] = [{"filter": f"datum.network {whose} 0"}]
    ends = layer(
        "optimizer_ends", {"type": "point", "size": 60, "filled": False, "strokeWidth": 2,
                           "color": colours.text, "opacity": 1},
        x=x, y=y,
        shape={"field": "what", "type": "nominal", "legend": None,
               "scale": {"domain": ["start", "least"], "range": ["circle", "cross"]}},
    )  # fmt: skip
    least = float(np.median(found.loss))
    loss = f"loss {least:.1g}" if least > NO_LOSS else f"loss below {NO_LOSS:g}"
    told = f"{found.setting} {found.size:g}, {loss}"
    title = heading(look, found.name, told)
    return {
        "title": title, "width": width, "height": height,
        "layer": [levels, others, own, dots, ends],
    }  # fmt: skip


__all__ = ["optimizer_paths"]
