"""What pictures of a plane are made of: cells, the line at 0.5, rows on top, and their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from shoal.charts.chart import Look
from shoal.charts.choice import chosen_members, plain
from shoal.charts.columns import Columns, rows_of
from shoal.charts.marks import Spec, coloured, layer, mapped, number, tooltips
from shoal.charts.marks import points as filled
from shoal.charts.rows import shown_rows
from shoal.charts.surface import Surface, runs_of_cells, surface
from shoal.charts.theme import classes
from shoal.charts.wording import of_networks
from shoal.errors import ArgumentError
from shoal.experiments.run import Run

Features = Sequence[int | str] | str | None
MOST_POINTS: Final = 240
"""Rows that are drawn over a surface."""
SHADES: Final = 56
STRENGTH: Final = 0.6
"""Of the colours of a surface, so that the rows on it stand out."""


def asked_surface(
    where: str,
    run: Run,
    features: Features,
    hold: Mapping[str, float] | None,
    network: int | str | Sequence[int] | None,
    of: str | int | None,
    n: int,
) -> Surface:
    """Return the surface that was asked for, with a number of cells that can be drawn.

    Raises:
        ArgumentError: no such feature, network or class, or not 4 to 256 cells.
    """
    if not 4 <= n <= 256:
        raise ArgumentError(where, "n", "must be 4 to 256 cells", got=n, code="A102")
    members = chosen_members(where, run, network)
    return surface(run, features=features, hold=hold, members=members, of=of, n=n)


def cells(
    found: Surface, values: np.ndarray, domain: tuple[float, float] = (0.0, 1.0)
) -> list[dict[str, Any]]:
    """Return the cells of a plane as rows, neighbours of one shade as one.

    Each reaches a little under the next. Shades are steps of the domain that no eye tells apart;
    a flat region is then a few rows in place of thousands.
    """
    low, high = domain[0], domain[1] if domain[1] > domain[0] else domain[0] + 1.0
    shade = np.round(np.clip((values - low) / (high - low), 0.0, 1.0) * SHADES)
    places, first = runs_of_cells(found, shade)
    return rows_of({**places, "v": low + first / SHADES * (high - low)})


def cell_layer(found: Surface, colour: Spec, *, is_small: bool = False) -> Spec:
    """Return the layer of cells."""
    x, y = plane(found, is_small=is_small)
    shown = {} if is_small else {"tooltip": tooltips({"v": "value"})}
    return layer("cells", {"type": "rect", "clip": True}, x=x, x2={"field": "x2"},
                 y=y, y2={"field": "y2"}, color=colour, **shown)  # fmt: skip


def value_colour(look: Look, found: Surface, values: np.ndarray, title: str) -> Spec:
    """Return the colour channel of what networks say: diverging for probabilities."""
    domain = value_domain(found, values)
    if found.is_probability:
        return mapped("v", "probability", look.colours, diverging=True, domain=domain,
                      strength=STRENGTH)  # fmt: skip
    return mapped("v", plain(title, 24), look.colours, diverging=False, domain=domain,
                  strength=STRENGTH)  # fmt: skip


def value_domain(found: Surface, values: np.ndarray) -> tuple[float, float]:
    """Return from where to where the colours of a surface go."""
    finite = values[np.isfinite(values)]
    if found.is_probability or len(finite) == 0:
        return 0.0, 1.0
    return float(finite.min()), float(finite.max())


def plane(found: Surface, *, is_small: bool = False) -> tuple[Spec, Spec]:
    """Return the two axes of a surface."""
    axis = {"grid": False, "tickCount": 3 if is_small else 7, "domain": False}
    x = number("x", plain(found.names[0], 40), domain=ends(found.x_edges), axis=axis)
    y = number("y", plain(found.names[1], 40), domain=ends(found.y_edges), axis=axis)
    return x, y


def boundary_layer(look: Look, found: Surface, lines: Columns) -> list[Spec]:
    """Return the layer of the line where the median is 0.5, if there is one."""
    if not lines:
        return []
    rule = {"type": "rule", "color": look.colours.text, "strokeWidth": 1.6, "strokeCap": "round"}
    x, y = plane(found)
    return [layer("boundary", rule, x=x, y=y, x2={"field": "x2"},
                  y2={"field": "y2"})]  # fmt: skip


def point_layers(look: Look, found: Surface, run: Run, rows: Columns) -> list[Spec]:
    """Return the layer of rows of the data, if there are any."""
    if not rows:
        return []
    x, y = plane(found)
    mark = filled(look.colours, size=30, opacity=0.95)
    shown = tooltips({"class": "class"})
    if run.prepared.parts[0].dataset.schema.kind != "classification":
        hollow = {"type": "point", "size": 22, "color": look.colours.text, "opacity": 0.5}
        return [layer("points", hollow, x=x, y=y)]
    names = [plain(name) for name in run.prepared.parts[0].dataset.schema.classes]
    colour = coloured("class", "class", names, classes(look.colours, len(names)))
    return [layer("points", mark, x=x, y=y, fill=colour, tooltip=shown)]


def surface_columns(found: Surface) -> Columns:
    """Return every cell with its median, band and disagreement."""
    p05, p95 = np.percentile(found.sound, (5, 95), axis=0)
    return {
        "x": np.tile(found.x, len(found.y)), "y": np.repeat(found.y, len(found.x)),
        "median": found.median.ravel(), "p05": p05.ravel(), "p95": p95.ravel(),
        "disagreement": found.disagreement.ravel(),
    }  # fmt: skip


def shown_networks(run: Run, found: Surface) -> str:
    """Return which networks are shown, in words."""
    members = found.members.tolist()
    if len(members) == 1:
        return f"network {members[0]}"
    lost = int((~run.sound[found.members]).sum())
    return of_networks(len(members), len(run), lost)


def counted_points(rows: Columns, run: Run) -> str:
    """Return how many rows are drawn, in words."""
    return f"; points: {shown_rows(run, MOST_POINTS).told}" if rows else ""


def held_words(run: Run, found: Surface) -> str:
    """Return at which values the other features are held."""
    names = run.prepared.parts[0].dataset.schema.base_features
    others = [i for i in range(len(names)) if i not in found.features]
    shown = [f"{plain(names[i], 24)} = {found.held[i]:.4g}" for i in others[:4]]
    more = f" and {len(others) - 4} more at their medians" if len(others) > 4 else ""
    return f"held: {', '.join(shown)}{more}" if others else ""


def ends(values: np.ndarray) -> tuple[float, float]:
    """Return the first and the last of some values."""
    return float(values[0]), float(values[-1])
