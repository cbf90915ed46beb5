"""What every network says of a few points: one training repeated, or the cells of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from shoal.charts.asking import base_rows, said
from shoal.charts.chart import Chart, Look
from shoal.charts.choice import chosen_members, chosen_output, plain
from shoal.charts.columns import Columns, joined, rows_of
from shoal.charts.curves import n_diverged
from shoal.charts.marks import Spec, layer, level_bar, name, number, points, tooltips
from shoal.charts.rows import sample
from shoal.charts.sweeps import short_key, told_of_sweep
from shoal.charts.wording import of_networks, told_of
from shoal.errors import ArgumentError
from shoal.experiments.run import Run
from shoal.experiments.sweep.cells import shown
from shoal.experiments.sweep.swept import Swept
from shoal.metrics import band

MOST_DOTS: Final = 2_000
MOST_PLACES: Final = 16
MOST_CELLS: Final = 24
"""Cells of a sweep that are trained again and drawn side by side."""


def predictions(
    record: Run | Swept,
    *,
    at: Sequence[Sequence[float]] | np.ndarray | None = None,
    network: int | str | Sequence[int] | None = None,
    of: str | int | None = None,
) -> Chart:
    """Draw what every network says of a few points: trainings repeated, side by side.

    Args:
        record: the run, or a sweep, whose cells are trained again and stand side by side.
        at: the points, a value for every feature in each; the different rows of the data by
            default, 8 of them evenly spaced where there are more than 16.
        network: which networks; all by default.
        of: a class, label or target; the second of two classes by default.

    Raises:
        ArgumentError: points of another width, no such network or class, or too many cells.
    """
    if isinstance(record, Swept):
        return _of_cells(record, at, network, of)
    return _of_run(record, at, network, of)


def _of_run(run: Run, at: Any, network: Any, of: str | int | None) -> Chart:
    output = chosen_output("predictions", run, of)
    members = chosen_members("predictions", run, network)
    places = _places(run, at)
    each = said(run.prepared, run.weights, places, members=members, output=output.number)
    labels = [_label(place) for place in places]
    middle = band(each)
    drawn = sample(each.size, MOST_DOTS)
    i, j = np.divmod(drawn, len(places))
    shift = np.random.default_rng(3).uniform(-0.3, 0.3, len(drawn))
    columns: Columns = {
        "network": np.repeat(members, len(places)),
        "point": labels * len(members),
        "prediction": each.ravel(),
    }
    names = run.prepared.parts[0].dataset.schema.base_features

    def draw(look: Look) -> Spec:
        shown = [plain(each, 18) for each in names[:3]] + (["…"] if len(names) > 3 else [])
        angle = {"labelAngle": 0 if len(labels) <= 8 else -40}
        x = name("point", f"point ({', '.join(shown)})", axis=angle, scale={"paddingInner": 0.2})
        up = {"domain": (-0.04, 1.04)} if output.is_probability else {}
        y = number("y", output.title, **up)
        side = {"field": "shift", "type": "quantitative", "scale": {"domain": [-0.5, 0.5]}}
        dot = points(look.colours, size=34, opacity=0.65, color=look.colours.classes[0])
        tick = level_bar(look.colours)
        shown_dot = tooltips({"network": "network", "y": "prediction"})
        half = {"type": "rule", "color": look.colours.neutral, "strokeDash": [4, 4]}
        across = [layer("half", half, y=y)] if output.is_probability else []
        return {"layer": [
            *across,
            layer("dots", dot, x=x, xOffset=side, y=y, tooltip=shown_dot),
            layer("medians", tick, x=x, xOffset=side, y=y, tooltip=tooltips({"y": "median"})),
        ]}  # fmt: skip

    lost = n_diverged(run)
    counted = f"each dot one of {of_networks(len(members), len(run), lost)}, bar: median"
    sampled = f"; {len(drawn):,} of {each.size:,} dots" if len(drawn) < each.size else ""
    return Chart(
        kind="predictions",
        title=f"Trained {len(members):,} times: {output.title}",
        subtitle=(counted + sampled, told_of(run)),
        data=columns,
        marks={
            "dots": rows_of({"point": [labels[k] for k in j.tolist()], "shift": shift,
                             "y": each.ravel()[drawn], "network": members[i]}),
            "medians": rows_of({"point": labels, "y": middle.median,
                                "shift": np.zeros(len(labels))}),
            "half": [{"y": 0.5}] if output.is_probability else [],
        },
        draw=draw,
    )  # fmt: skip


def _of_cells(swept: Swept, at: Any, network: Any, of: str | int | None) -> Chart:
    """Draw the predictions of every cell, one panel each."""
    cells = swept.cells
    if len(cells) > MOST_CELLS:
        wanted = f"must have at most {MOST_CELLS} cells to be drawn side by side"
        raise ArgumentError("predictions", "record", wanted, got=f"{len(cells):,}", code="A102")
    tables: list[Columns] = []
    for k, cell in enumerate(cells):
        run = swept.run(k, tape_bytes=0)
        output = chosen_output("predictions", run, of)
        members = chosen_members("predictions", run, network)
        places = _places(run, at)
        each = said(run.prepared, run.weights, places, members=members, output=output.number)
        tables.append(
            {
                "cell": [_panel(swept, cell.values)] * each.size,
                "network": np.repeat(members, len(places)),
                "point": [_label(place) for place in places] * len(members),
                "prediction": each.ravel(),
            }
        )
    data = joined(tables)
    titles = [_panel(swept, cell.values) for cell in cells]
    across = _across(swept)
    drawn = sample(len(data["prediction"]), MOST_DOTS)
    shift = np.random.default_rng(3).uniform(-0.3, 0.3, len(drawn))
    chosen = drawn.tolist()
    dots = rows_of({
        **{key: [data[key][k] for k in chosen] for key in ("cell", "point", "network")},
        "y": np.asarray(data["prediction"])[drawn], "shift": shift,
    })  # fmt: skip
    names = run.prepared.parts[0].dataset.schema.base_features
    head = f"point ({', '.join(plain(each, 18) for each in names[:3])}{', …' * (len(names) > 3)})"
    points_of = list(dict.fromkeys(data["point"]))
    is_probability = output.is_probability
    title = "probability" if is_probability else output.title

    def draw(look: Look) -> Spec:
        down = -(-len(titles) // across)
        wide = max(60, (look.width - 90) // across - 16)
        high = max(60, (look.height - 130) // down - 34)
        side = {"field": "shift", "type": "quantitative", "scale": {"domain": [-0.5, 0.5]}}
        up = number("y", title, **({"domain": (-0.04, 1.04)} if is_probability else {}))
        if is_probability:
            up = {**up, "axis": {**up.get("axis", {}), "values": [0, 0.5, 1]}}
        dot = points(look.colours, size=18, opacity=0.6, color=look.colours.classes[0])
        header = {"title": None, "labelFontSize": 12, "labelPadding": 4}
        x = {
            "field": "point", "type": "nominal", "sort": points_of, "title": head,
            "axis": {"labelAngle": 0 if wide > 70 * len(points_of) / 2 else -40},
        }  # fmt: skip
        return {
            "data": {"name": "dots"},
            "facet": {"field": "cell", "type": "nominal", "header": header, "sort": titles},
            "columns": across,
            "spacing": 14,
            "spec": {
                "width": wide,
                "height": high,
                "mark": dot,
                "encoding": {
                    "x": x,
                    "xOffset": side,
                    "y": up,
                    "tooltip": tooltips({"network": "network", "y": "prediction"}),
                },
            },
        }

    sizes = {f"{n:,}" for n in swept.sizes}
    counted = f"each dot a network, {' or '.join(sorted(sizes))} in each cell"
    sampled = f"; {len(drawn):,} of {len(data['prediction']):,} dots" * (len(drawn) < len(dots))
    return Chart(
        kind="predictions",
        title=f"Trained again at every cell: {output.title}",
        subtitle=(counted + sampled, told_of_sweep(swept)),
        data=data,
        marks={"dots": dots},
        draw=draw,
        width=900,
        is_fixed=False,
        height=130 + 125 * -(-len(titles) // across),
    )


def _across(swept: Swept) -> int:
    """Return how many panels stand side by side: the places of the last axis, if they fit."""
    sizes = [axis.size for axis in swept.sweep.grid().telling]
    return sizes[-1] if 1 < sizes[-1] <= 5 else min(4, len(swept.cells))


def _panel(swept: Swept, values: dict[str, Any]) -> str:
    return ", ".join(f"{short_key(key, swept.keys)}={shown(v)}" for key, v in values.items())


def _places(run: Run, at: Any) -> np.ndarray:
    x = base_rows(run)
    if at is not None:
        found = np.asarray(at, np.float64)
        if found.ndim != 2 or found.shape[1] != x.shape[1] or not np.isfinite(found).all():
            wanted = f"must be finite points of shape (N, {x.shape[1]})"
            raise ArgumentError("predictions", "at", wanted, got=found.shape, code="A104")
        return found
    unique = np.unique(x[:20_000], axis=0)
    if len(unique) <= MOST_PLACES:
        return np.asarray(unique)
    return np.asarray(unique[np.linspace(0, len(unique) - 1, 8).round().astype(int)])


def _label(place: np.ndarray) -> str:
    shown = [f"{value:.3g}" for value in place[:3].tolist()]
    return f"({', '.join(shown)}{', …' if len(place) > 3 else ''})"


__all__ = ["predictions"]
