"""Small multiples: the surfaces of many networks side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from shoal.charts.asking import spread_members
from shoal.charts.chart import Chart, Look
from shoal.charts.choice import chosen_members
from shoal.charts.columns import joined
from shoal.charts.marks import Spec
from shoal.charts.planes import Features, cell_layer, cells, held_words, value_colour, value_domain
from shoal.charts.surface import surface
from shoal.charts.wording import of_networks, told_of
from shoal.experiments.run import Run

MOST_PANELS: Final = 16


def multiples(
    run: Run,
    *,
    features: Features = None,
    hold: Mapping[str, float] | None = None,
    network: int | str | Sequence[int] | None = None,
    of: str | int | None = None,
    n: int = 20,
) -> Chart:
    """Draw the surfaces of many networks side by side.

    Args:
        run: the run.
        features: two of them by name or number; by default those that matter most.
        hold: values of the other features; the median of the rows by default.
        network: which networks; 16 of them by default, evenly spaced.
        of: a class, label or target; the second of two classes by default.
        n: cells to each side.

    Raises:
        ArgumentError: no such feature, network or class.
    """
    members = spread_members(len(run), MOST_PANELS)
    if network is not None:
        members = chosen_members("multiples", run, network)
    found = surface(run, features=features, hold=hold, members=members, of=of, n=n)
    across = min(len(members), max(1, int(np.ceil(np.sqrt(len(members))))))
    data = joined([
        {"network": np.full(n * n, i), "x": np.tile(found.x, n), "y": np.repeat(found.y, n),
         "value": values.ravel()}
        for i, values in zip(members.tolist(), found.each, strict=True)
    ])  # fmt: skip
    domain = value_domain(found, found.each)
    names = [f"network {i}" for i in members.tolist()]
    panels = [
        {"network": f"network {i}", **row}
        for i, values in zip(members.tolist(), found.each, strict=True)
        for row in cells(found, values, domain)
    ]
    down = -(-len(members) // across)

    def draw(look: Look) -> Spec:
        side = max(50, min((look.width - 190) // across - 16, (look.height - 160) // down - 30))
        colour = value_colour(look, found, found.each, found.output)
        cell = cell_layer(found, colour, is_small=True)
        header = {"title": None, "labelFontSize": 11, "labelPadding": 4}
        facet = {"field": "network", "type": "nominal", "header": header, "sort": names}
        return {
            "data": cell["data"], "facet": facet, "columns": across, "spacing": 12,
            "spec": {"width": side, "height": side, "mark": cell["mark"],
                     "encoding": cell["encoding"]},
        }  # fmt: skip

    said = [of_networks(len(members), len(run)), held_words(run, found), told_of(run)]
    return Chart(
        kind="multiples",
        title=f"{len(members)} networks side by side: {found.output}"
        if len(members) > 1 else f"Network {members[0]}: {found.output}",
        subtitle=tuple(line for line in said if line),
        data=data,
        marks={"cells": panels},
        draw=draw,
        width=760,
        height=740,
        is_fixed=False,
    )  # fmt: skip
