"""Decision surfaces: what networks say over two features, and how far they are apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.columns import Columns, rows_of
from shoal.charts.contours import contour
from shoal.charts.marks import Spec, mapped
from shoal.charts.planes import (
    MOST_POINTS,
    Features,
    asked_surface,
    boundary_layer,
    cell_layer,
    cells,
    counted_points,
    held_words,
    plane,
    point_layers,
    shown_networks,
    surface_columns,
    value_colour,
    value_domain,
)
from shoal.charts.regions import (
    class_labels,
    class_surfaces,
    region_columns,
    region_layers,
    region_rows,
)
from shoal.charts.rows import data_points
from shoal.charts.surface import Surface
from shoal.charts.truths import true_boundary, truth_layer
from shoal.charts.wording import told_of
from shoal.experiments.run import Run


def surface(
    run: Run,
    *,
    features: Features = None,
    hold: Mapping[str, float] | None = None,
    network: int | str | Sequence[int] | None = None,
    of: str | int | None = None,
    n: int = 56,
    points: bool = True,
    truth: bool = False,
) -> Chart:
    """Draw what the networks say over two features: the median, and the rows on top.

    Args:
        run: the run.
        features: two of them by name or number; by default those that matter most.
        hold: values of the other features; the median of the rows by default.
        network: which networks: a number, several, or "best"; all by default.
        of: a class, label or target; the second of two classes by default.
        n: cells to each side.
        points: whether to draw rows of the data.
        truth: whether to draw, dashed, where the true rule of the task changes.

    Raises:
        ArgumentError: no such feature, network or class, or no true rule is known.
    """
    found = asked_surface("surface", run, features, hold, network, of, n)
    rows = data_points(run, found, MOST_POINTS) if points else {}
    true = true_boundary("surface", run, found) if truth else {}
    if of is None and len(run.prepared.parts[0].dataset.schema.classes) > 2:
        return _regions(run, found, rows, true)
    lines = contour(found, found.median, 0.5) if found.is_probability else {}
    what = f"median {found.output}" if len(found.members) > 1 else found.output
    said = [
        f"{shown_networks(run, found)}{counted_points(rows, run)}{_told_truth(true)}",
        held_words(run, found),
        told_of(run),
    ]

    def draw(look: Look) -> Spec:
        colour = value_colour(look, found, found.median, what)
        over = [
            *boundary_layer(look, found, lines),
            *truth_layer(look, found, true),
            *point_layers(look, found, run, rows),
        ]
        return {"layer": [cell_layer(found, colour), *over]}

    return Chart(
        kind="surface",
        title=f"Decision surface: {what}" if found.is_probability else f"Surface: {what}",
        subtitle=tuple(line for line in said if line),
        data=surface_columns(found),
        marks={
            "cells": cells(found, found.median, value_domain(found, found.median)),
            "boundary": rows_of(lines) if lines else [],
            "points": rows_of(rows) if rows else [],
            **({"truth": rows_of(true)} if true else {}),
        },
        draw=draw,
        width=640,
        height=580,
    )


def disagreement(
    run: Run,
    *,
    features: Features = None,
    hold: Mapping[str, float] | None = None,
    network: int | str | Sequence[int] | None = None,
    of: str | int | None = None,
    n: int = 56,
    points: bool = True,
) -> Chart:
    """Draw how far the networks are apart over two features: the standard deviation over them.

    Args:
        run: the run.
        features: two of them by name or number; by default those that matter most.
        hold: values of the other features; the median of the rows by default.
        network: which networks; all by default.
        of: a class, label or target; the second of two classes by default.
        n: cells to each side.
        points: whether to draw rows of the data.

    Raises:
        ArgumentError: no such feature, network or class.
    """
    found = asked_surface("disagreement", run, features, hold, network, of, n)
    rows = data_points(run, found, MOST_POINTS) if points else {}
    lines = contour(found, found.median, 0.5) if found.is_probability else {}
    spread = found.disagreement
    most = 0.5 if found.is_probability else float(np.nanmax(spread, initial=0.0))
    what = f"standard deviation of {'the ' * found.is_probability}{found.output}"
    border = "; line: median 0.5" if lines else ""
    said = [
        f"{shown_networks(run, found)}{border}{counted_points(rows, run)}",
        held_words(run, found),
    ]

    def draw(look: Look) -> Spec:
        colour = mapped("v", "std", look.colours, diverging=False, domain=(0.0, most),
                        strength=0.8)  # fmt: skip
        over = [*boundary_layer(look, found, lines), *point_layers(look, found, run, rows)]
        return {"layer": [cell_layer(found, colour), *over]}

    return Chart(
        kind="disagreement",
        title=f"Disagreement: {what}",
        subtitle=tuple(line for line in (*said, told_of(run)) if line),
        data=surface_columns(found),
        marks={
            "cells": cells(found, spread, (0.0, most)),
            "boundary": rows_of(lines) if lines else [],
            "points": rows_of(rows) if rows else [],
        },
        draw=draw,
        width=640,
        height=580,
    )


def _told_truth(true: Columns) -> str:
    return "; dashed: the true boundary" if true else ""


def _regions(run: Run, found: Surface, rows: Columns, true: Columns) -> Chart:
    """Draw which of several classes is the most probable over two features."""
    each, names = class_surfaces(run, found), class_labels(run)
    said = [
        f"{shown_networks(run, found)}; the stronger the colour the more probable",
        held_words(run, found),
    ]
    said[0] += counted_points(rows, run) + _told_truth(true)

    def draw(look: Look) -> Spec:
        x, y = plane(found)
        over = [*truth_layer(look, found, true), *point_layers(look, found, run, rows)]
        return {"layer": [*region_layers(look, names, x, y), *over]}

    return Chart(
        kind="surface",
        title="Decision surface: the most probable class",
        subtitle=tuple(line for line in (*said, told_of(run)) if line),
        data=region_columns(each, names),
        marks={
            "cells": region_rows(each),
            "points": rows_of(rows) if rows else [],
            "classes": [{"x": found.x[0], "y": found.y[0], "class": each} for each in names],
            **({"truth": rows_of(true)} if true else {}),
        },
        draw=draw,
        width=640,
        height=580,
    )
