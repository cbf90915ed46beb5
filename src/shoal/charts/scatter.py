"""Scatter charts: the rows of the data, and what every network says of a few points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.choice import chosen_features, chosen_members, chosen_output, plain
from shoal.charts.columns import Columns, rows_of
from shoal.charts.curves import n_diverged
from shoal.charts.marks import (
    Spec,
    coloured,
    layer,
    level_bar,
    mapped,
    name,
    number,
    points,
    tooltips,
)
from shoal.charts.rows import class_names, jittered, sample, shown_rows
from shoal.charts.surface import plane_bounds, said
from shoal.charts.theme import classes
from shoal.charts.wording import data_name, of_networks, told_of
from shoal.errors import ArgumentError
from shoal.experiments.run import Run
from shoal.metrics import band

MOST_ROWS: Final = 2_000
MOST_DOTS: Final = 2_000
MOST_PLACES: Final = 16


def data(run: Run, *, features: Sequence[int | str] | str | None = None) -> Chart:
    """Draw the rows over two features, with classes and training or validation told apart.

    Args:
        run: the run.
        features: two of them by name or number; the first two by default.

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


def predictions(
    run: Run,
    *,
    at: Sequence[Sequence[float]] | np.ndarray | None = None,
    network: int | str | Sequence[int] | None = None,
    of: str | int | None = None,
) -> Chart:
    """Draw what every network says of a few points: trainings repeated, side by side.

    Args:
        run: the run.
        at: the points, a value for every feature in each; the different rows of the data by
            default, 8 of them evenly spaced where there are more than 16.
        network: which networks; all by default.
        of: a class, label or target; the second of two classes by default.

    Raises:
        ArgumentError: points of another width, or no such network or class.
    """
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
    names = run.prepared.parts[0].dataset.schema.feature_names

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


def _free(wanted: str, taken: Mapping[str, Any]) -> str:
    """Return a column's name, with a word more where the chart has one of that name."""
    return f"{wanted} (feature)" if wanted in taken else wanted


def _places(run: Run, at: Any) -> np.ndarray:
    x = run.prepared.parts[0].dataset.x
    if at is not None:
        found = np.asarray(at, np.float64)
        if found.ndim != 2 or found.shape[1] != x.shape[1] or not np.isfinite(found).all():
            wanted = f"must be finite points of shape (N, {x.shape[1]})"
            raise ArgumentError("predictions", "at", wanted, got=found.shape)
        return found
    unique = np.unique(np.asarray(x[:20_000], np.float64), axis=0)
    if len(unique) <= MOST_PLACES:
        return np.asarray(unique)
    return np.asarray(unique[np.linspace(0, len(unique) - 1, 8).round().astype(int)])


def _label(place: np.ndarray) -> str:
    shown = [f"{value:.3g}" for value in place[:3].tolist()]
    return f"({', '.join(shown)}{', …' if len(place) > 3 else ''})"


__all__ = ["data", "predictions"]
