"""Scatter charts of the rows of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.choice import chosen_features, plain
from shoal.charts.columns import rows_of
from shoal.charts.marks import (
    Spec,
    coloured,
    layer,
    mapped,
    name,
    number,
    points,
    tooltips,
)
from shoal.charts.rows import class_names, jittered, shown_rows
from shoal.charts.surface import plane_bounds
from shoal.charts.theme import classes
from shoal.charts.wording import data_name, told_of
from shoal.experiments.run import Run

MOST_ROWS: Final = 2_000


def data(run: Run, *, features: Sequence[int | str] | str | None = None) -> Chart:
    """Draw the rows over two features, with classes and training or validation told apart.

    Args:
        run: the run.
        features: two of them by name or number; by default those that matter most.

    Raises:
        ArgumentError: no such feature.
    """
    pair = chosen_features("data", run, features)
    part = run.prepared.parts[0]
    shown = shown_rows(run, MOST_ROWS)
    schema, parts = shown.schema, shown.parts
    x, y = (shown.x[:, k] for k in pair)
    names = [plain(each) for each in schema.classes]
    said_class: Any = class_names(schema, shown.y)
    if schema.is_regression:
        said_class = np.asarray(shown.y[:, 0], np.float64)
    columns: dict[str, Any] = {"row": shown.numbers, "rows": parts, "target": said_class}
    columns |= {_free(schema.feature_names[k], columns): shown.x[:, k] for k in pair}
    moved_x, moved_y = jittered(x), jittered(y, seed=1)
    low_x, high_x, low_y, high_y = plane_bounds(part, pair)
    known = [each for each in ("training", "validation", "test", "unused") if each in parts]
    label = plain(schema.target, 24)

    def draw(look: Look) -> Spec:
        across = number("x", plain(schema.feature_names[pair[0]], 40), domain=(low_x, high_x))
        up = number("y", plain(schema.feature_names[pair[1]], 40), domain=(low_y, high_y))
        shapes = {"domain": known, "range": ["circle", "triangle-up", "square", "cross"]}
        shape = name("part", "rows", scale=shapes) if len(known) > 1 else None
        colour: Spec = {}
        if schema.is_regression:
            ends = float(np.min(said_class)), float(np.max(said_class))
            colour = mapped("target", label, look.colours, diverging=False, domain=ends)
        else:
            listed = names or list(dict.fromkeys(said_class))
            colour = coloured("target", label, listed, classes(look.colours, len(listed)))
        size = 46 if len(x) < 600 else 22
        mark = points(look.colours, size=size, opacity=0.85)
        tips = tooltips({"x": "x", "y": "y", "target": "target", "part": "rows", "row": "row"})
        return {"layer": [layer("points", mark, x=across, y=up, color=colour, shape=shape,
                                tooltip=tips)]}  # fmt: skip

    is_moved = moved_x is not x or moved_y is not y
    moved = ", moved a little so that equal ones part" if is_moved else ""
    of_part = f"; data of network 0 of {len(run)}" if len(run.prepared.parts) > 1 else ""
    return Chart(
        kind="data",
        title=f"The rows of the data: {data_name(run.experiment)}",
        subtitle=(shown.told + moved + of_part, told_of(run)),
        data=columns,
        marks={
            "points": rows_of(
                {"x": moved_x, "y": moved_y, "part": parts, "row": shown.numbers,
                 "target": said_class}
            )
        },
        draw=draw,
        width=660,
        height=520,
    )  # fmt: skip


def _free(wanted: str, taken: Mapping[str, Any]) -> str:
    """Return a column's name, with a word more where the chart has one of that name."""
    return f"{wanted} (feature)" if wanted in taken else wanted


__all__ = ["data"]
