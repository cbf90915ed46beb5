"""Regions of several classes: the most probable one as a colour, how probable as its strength."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from shoal.charts.chart import Look
from shoal.charts.choice import plain
from shoal.charts.columns import Columns, rows_of
from shoal.charts.marks import Spec, coloured, layer
from shoal.charts.surface import Surface, runs_of_cells, surface
from shoal.charts.theme import classes, hexed, rgb
from shoal.experiments.run import Run

SHADES: Final = 18
FAINT: Final = 0.1
STRONG: Final = 0.75
"""How much of its colour a class has where it is hardly, and where it is surely, the one."""


def class_surfaces(run: Run, found: Surface) -> list[Surface]:
    """Return the surface of every class, over the plane of `found` and its networks."""
    n = len(run.prepared.parts[0].dataset.schema.classes)
    x, y = found.x_edges, found.y_edges
    bounds = float(x[0]), float(x[-1]), float(y[0]), float(y[-1])
    names = run.prepared.parts[0].dataset.schema.base_features
    hold: Mapping[str, float] = dict(zip(names, found.held.tolist(), strict=True))
    return [
        surface(run, features=found.features, hold=hold, members=found.members, of=k,
                n=len(found.x), bounds=bounds)
        for k in range(n)
    ]  # fmt: skip


def region_rows(each: Sequence[Surface]) -> list[dict[str, Any]]:
    """Return the plane as cells of one class and one shade, neighbours joined.

    `k` is the place of class and shade among `region_colours`.
    """
    median = np.stack([one.median for one in each])  # (classes, n_y, n_x)
    n = len(each)
    best = np.clip((median.max(axis=0) - 1 / n) / (1 - 1 / n), 0.0, 1.0)
    k = median.argmax(axis=0) * (SHADES + 1) + np.round(best * SHADES).astype(int)
    places, first = runs_of_cells(each[0], k)
    return rows_of({**places, "k": first})


def region_colours(look: Look, n_classes: int) -> list[str]:
    """Return the colour of every class in every shade, from hardly to fully."""
    back = np.array(rgb(look.colours.plot), np.float64)
    found = []
    for colour in classes(look.colours, n_classes):
        for shade in range(SHADES + 1):
            part = FAINT + (STRONG - FAINT) * shade / SHADES
            found.append(hexed(np.round(back + part * (np.array(rgb(colour)) - back))))
    return found


def region_columns(each: Sequence[Surface], names: Sequence[str]) -> Columns:
    """Return the median probability of every class in every cell, and the most probable one."""
    one = each[0]
    median = np.stack([surface_.median.ravel() for surface_ in each])
    columns: dict[str, Any] = {
        "x": np.tile(one.x, len(one.y)), "y": np.repeat(one.y, len(one.x)),
        "class": [names[k] for k in median.argmax(axis=0).tolist()],
    }  # fmt: skip
    for label, values in zip(names, median, strict=True):
        columns[f"median_{label}"] = values
    return columns


def region_layers(look: Look, names: Sequence[str], x: Spec, y: Spec) -> list[Spec]:
    """Return the layers of regions, faint where no class is probable, and of their legend."""
    shades = region_colours(look, len(names))
    scale = {"domain": list(range(len(shades))), "range": shades}
    colour = {"field": "k", "type": "ordinal", "legend": None, "scale": scale}
    cell = {"type": "rect", "clip": True}
    unseen = {"type": "point", "opacity": 0, "filled": True}
    key = coloured("class", "class", names, classes(look.colours, len(names)))
    return [
        layer("cells", cell, x=x, x2={"field": "x2"}, y=y, y2={"field": "y2"}, color=colour),
        layer("classes", unseen, x=x, y=y, fill=key),
    ]  # fmt: skip


def class_labels(run: Run) -> list[str]:
    """Return the names of the classes as they stand in a chart."""
    return [plain(each) for each in run.prepared.parts[0].dataset.schema.classes]
