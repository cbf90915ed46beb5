"""How far networks got: the accuracy of each at the end, beside what can be attained."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.columns import rows_of
from shoal.charts.curves import chosen_figures, level_rows, n_diverged, near_levels, part_name
from shoal.charts.marks import Spec, layer, level_bar, name, number, points, references, tooltips
from shoal.charts.rows import sample
from shoal.charts.wording import figure_title, figure_words, of_networks, told_of
from shoal.experiments.run import Run
from shoal.metrics import band

MOST_DOTS: Final = 2_000


def ceiling(run: Run, *, figure: str | None = None) -> Chart:
    """Draw where every network ended, beside what is attainable and the constant guess.

    Args:
        run: the run.
        figure: "accuracy", "loss" ...; the accuracy by default where there is one.

    Raises:
        ArgumentError: there is no such figure.
    """
    measure, figures = chosen_figures("ceiling", run, figure)
    values = {part_name(each): run.final(each) for each in figures}
    test = run.test.get(f"test_{measure}")
    if test is not None:
        values["test"] = test
    parts = list(values)
    each = np.concatenate(list(values.values()))
    named = [part for part in parts for _ in range(len(run))]
    drawn = sample(len(each), MOST_DOTS)
    shift = np.random.default_rng(5).uniform(-0.25, 0.25, len(drawn))
    levels = level_rows(run, measure)
    far: list[dict[str, Any]] = []
    if len(np.unique(each[np.isfinite(each)])) > 1:  # dots on one place need something beside
        levels, far = near_levels(levels, [band(each)])
    title = figure_title(measure, run.experiment)

    def draw(look: Look) -> Spec:
        x = name("part", "rows", axis={"labelAngle": 0})
        y = number("y", title)
        side = {"field": "shift", "type": "quantitative", "scale": {"domain": [-0.5, 0.5]}}
        dot = points(look.colours, size=34, opacity=0.6, color=look.colours.classes[0])
        bar = level_bar(look.colours)
        return {"layer": [
            *(references(look.colours, "levels") if levels else []),
            layer("dots", dot, x=x, xOffset=side, y=y,
                  tooltip=tooltips({"network": "network", "y": measure})),
            layer("medians", bar, x=x, xOffset=side, y=y, tooltip=tooltips({"y": "median"})),
        ]}  # fmt: skip

    counted = f"each dot one of {of_networks(len(run), n_left_out=n_diverged(run))}; bar: median"
    counted += "".join(f"; {level['label'].replace('|', ' ')}" for level in far)
    return Chart(
        kind="ceiling",
        title=f"Where the networks ended: {figure_words(measure)}",
        subtitle=(counted, told_of(run)),
        data={"network": np.tile(np.arange(len(run)), len(parts)), "rows": named, measure: each},
        marks={
            "dots": rows_of({"part": [named[k] for k in drawn.tolist()], "y": each[drawn],
                             "shift": shift, "network": drawn % len(run)}),
            "medians": rows_of({"part": parts, "shift": np.zeros(len(parts)),
                                "y": np.array([float(band(values[p]).median) for p in parts])}),
            "levels": levels,
        },
        draw=draw,
        width=560,
    )  # fmt: skip
