"""One surface minus another: of two runs, or of two arms of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.columns import joined, rows_of
from shoal.charts.comparisons import arm_names
from shoal.charts.contours import contour
from shoal.charts.marks import Spec, layer, mapped
from shoal.charts.planes import Features, asked_surface, cell_layer, cells, ends, held_words, plane
from shoal.charts.surface import surface
from shoal.charts.wording import of_networks, record_id, told_of
from shoal.errors import ArgumentError, InputError
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import prepare
from shoal.experiments.run import Run

ARM_NETWORKS: Final = 16
"""Networks of each arm of a comparison that are trained again for a surface."""


def surface_difference(
    record: Any,
    *,
    against: Run | None = None,
    arms: tuple[int, int] = (0, 1),
    features: Features = None,
    hold: Mapping[str, float] | None = None,
    of: str | int | None = None,
    n: int = 64,
) -> Chart:
    """Draw where two surfaces differ: the median over the networks of A minus that of B.

    Args:
        record: run A, or a comparison, whose arms are trained again for it.
        against: run B.
        arms: which two arms of a comparison.
        features: two of them by name or number; by default those that matter most.
        hold: values of the other features; the median of A's rows by default.
        of: a class, label or target; the second of two classes by default.
        n: cells to each side.

    Raises:
        ArgumentError: no such feature or class, or data with other features.
        InputError: there is no B.
    """
    (name_a, run_a), (name_b, run_b) = _two(record, against, arms)
    one = asked_surface("surface_difference", run_a, features, hold, None, of, n)
    _check_alike(run_a, run_b)
    bounds = (*ends(one.x_edges), *ends(one.y_edges))
    names = run_a.prepared.parts[0].dataset.schema.base_features
    held = dict(zip(names, one.held.tolist(), strict=True))
    other = surface(run_b, features=one.features, hold=held, of=of, n=n, bounds=bounds)
    difference = one.median - other.median
    lines = [contour(each, each.median, 0.5) for each in (one, other)] if one.is_probability else []
    most = float(np.nanmax(np.abs(difference), initial=0.0)) or 1.0
    most = min(1.0, max(most, 0.05)) if one.is_probability else most
    borders = joined(
        [{**line, "arm": [name] * len(line["x"])}
         for line, name in zip(lines, (name_a, name_b), strict=True) if line]
    ) if lines else {}  # fmt: skip

    def draw(look: Look) -> Spec:
        colour = mapped("v", "A − B", look.colours, diverging=True, domain=(-most, most))
        marks = [cell_layer(one, colour)]
        if borders:
            reach = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
            dash = {"field": "arm", "type": "nominal", "title": "where it is 0.5", "sort": None,
                    "legend": {"symbolType": "stroke", "symbolSize": 300}}  # fmt: skip
            rule = {"type": "rule", "color": look.colours.text, "strokeWidth": 1.6}
            x, y = plane(one)
            marks.append(layer("boundary", rule, x=x, y=y, strokeDash=dash, **reach))
        return {"layer": marks}

    counts = f"A is {name_a} ({of_networks(len(run_a))}), B is {name_b} ({of_networks(len(run_b))})"
    data = {
        "x": np.tile(one.x, len(one.y)), "y": np.repeat(one.y, len(one.x)),
        "median_a": one.median.ravel(), "median_b": other.median.ravel(),
        "difference": difference.ravel(),
    }  # fmt: skip
    told = f"{told_of(run_a)} minus run {record_id(run_b)}"
    return Chart(
        kind="surface_difference",
        title=f"Difference of two surfaces: median {one.output}",
        subtitle=tuple(line for line in (counts, held_words(run_a, one), told) if line),
        data=data,
        marks={
            "cells": cells(one, difference, (-most, most)),
            "boundary": rows_of(borders) if borders else [],
        },
        draw=draw,
        width=680,
        height=580,
    )


def _two(record: Any, against: Any, arms: tuple[int, int]) -> list[tuple[str, Run]]:
    """Return the two runs with what they are called."""
    if isinstance(record, Run):
        if not isinstance(against, Run):
            cure = "Give another run: against=run in Python, --against RUN on the command line."
            raise InputError(
                f"chart 'surface_difference': needs a run to take away. {cure}", code="G104"
            )
        return [(f"run {record_id(record)}", record), (f"run {record_id(against)}", against)]
    found = []
    names = arm_names(record)
    for place in arms:
        arm = record.arms[place]
        members = range(min(ARM_NETWORKS, int(record.n_pairs)))
        prepared = prepare(arm.experiment, members=members)
        found.append((names[place], carry_out(prepared)))
    return found


def _check_alike(one: Run, other: Run) -> None:
    a, b = (run.prepared.parts[0].dataset.schema.base_features for run in (one, other))
    if a != b:
        wanted = f"must have the features {', '.join(map(repr, a[:6]))}"
        raise ArgumentError(
            "surface_difference", "against", wanted, got=", ".join(b[:6]), code="A108"
        )
