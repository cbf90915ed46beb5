"""A slice: what networks say along a line between two points, over the rows near it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from shoal.charts.asking import base_rows, said, spread_members
from shoal.charts.chart import Chart, Look
from shoal.charts.choice import chosen_members, chosen_output, feature_number, plain
from shoal.charts.columns import rows_of
from shoal.charts.marks import Spec, above, coloured, layer, number, points, tooltips
from shoal.charts.rows import Shown, class_names, jittered, shown_rows
from shoal.charts.theme import classes
from shoal.charts.wording import of_networks, told_of
from shoal.errors import ArgumentError
from shoal.experiments.run import Run
from shoal.metrics import band

PLACES: Final = 81
MOST_LINES: Final = 40
"""Networks that are drawn one by one."""
MOST_ROWS: Final = 400

Point = Mapping[str, float] | Sequence[float]


def slice(
    run: Run,
    *,
    start: Point | None = None,
    end: Point | None = None,
    network: int | str | Sequence[int] | None = None,
    of: str | int | None = None,
    n: int = PLACES,
) -> Chart:
    """Draw what the networks say along a line between two points, and the rows beside it.

    Args:
        run: the run.
        start: where the line begins: a value for every feature, or some by name (the others
            at their median); every feature at its least by default.
        end: where it ends; every feature at its greatest by default: the diagonal.
        network: which networks; all by default.
        of: a class, label or target; the second of two classes by default.
        n: places along the line.

    Raises:
        ArgumentError: points that do not fit the features, or no such network or class.
    """
    output = chosen_output("slice", run, of)
    members = chosen_members("slice", run, network)
    a, b = line_ends(run, start, end)
    share = np.linspace(0.0, 1.0, n)
    along = a + share[:, np.newaxis] * (b - a)
    each = said(run.prepared, run.weights, along, members=members, output=output.number)
    found = band(each)
    singles = spread_members(len(members), MOST_LINES)
    rows = _rows(run, a, b, output.number)
    data = {"share": share, "median": found.median, "p05": found.p05, "p95": found.p95}
    moving = np.flatnonzero(a != b)
    names = run.prepared.parts[0].dataset.schema.base_features
    data |= {names[k]: along[:, k] for k in moving[:20] if names[k] not in data}
    lines = rows_of(
        {
            "s": np.tile(share, len(singles)),
            "y": each[singles].ravel(),
            "network": np.repeat(members[singles], n),
        }
    )

    def draw(look: Look) -> Spec:
        edge = {"labelExpr": "datum.value == 0 ? 'start' : datum.value == 1 ? 'end' : datum.label"}
        ticks = {**edge, "values": [0, 0.25, 0.5, 0.75, 1], "format": ".2f"}
        domain = (-0.08, 1.08) if rows["inside"] else (0.0, 1.0)
        x = number("s", "share of the way from start to end", domain=domain, axis=ticks)
        up = {"domain": (-0.06, 1.06)} if output.is_probability else {}
        y = number("y", output.title, **up)
        one = look.colours.classes[0]
        thin = {
            "type": "line",
            "strokeWidth": 0.9,
            "strokeOpacity": 0.35,
            "color": look.colours.neutral,
        }
        thick = {"type": "line", "strokeWidth": 2.6, "color": one}
        detail = {"field": "network", "type": "nominal"}
        marks = [
            layer("band", {"type": "area", "opacity": 0.22, "color": one}, x=x,
                  y=number("low", output.title, **up), y2={"field": "high"}),
            layer("lines", thin, x=x, y=y, detail=detail),
            layer("band", thick, x=x, y=y,
                  tooltip=tooltips({"s": "share", "y": "median", "low": "5 %", "high": "95 %"})),
        ]  # fmt: skip
        return {"layer": [*marks, *_points(look, run, rows, x, y)]}

    counted = (
        f"line: median, band: 5–95 %, thin: single ones of {of_networks(len(members), len(run))}"
    )
    said_of = f"from {place(run, a)} to {place(run, b)}"
    beside = f"; points: {rows['told']}, moved a little" if rows["n"] else ""
    return Chart(
        kind="slice",
        title=f"Along a line: {output.title}",
        subtitle=(said_of, counted + beside, told_of(run)),
        data=data,
        marks={
            "band": rows_of({"s": share, "y": found.median, "low": found.p05, "high": found.p95}),
            "lines": lines,
            "points": rows["points"],
        },
        draw=draw,
    )


def line_ends(run: Run, start: Point | None, end: Point | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the two ends of a line, each (B,), in the units of the experiment's rows.

    Raises:
        ArgumentError: they do not fit the features, or are the same.
    """
    x = base_rows(run)
    a, b = x.min(axis=0), x.max(axis=0)
    if start is not None or end is not None:
        middle = np.median(x, axis=0)
        a = _point(run, "start", start, middle if isinstance(start, Mapping) else a)
        b = _point(run, "end", end, middle if isinstance(end, Mapping) else b)
    if np.array_equal(a, b):
        raise ArgumentError(
            "slice", "end", "must be another point than `start`", got="the same", code="A110"
        )
    return a, b


def place(run: Run, point: np.ndarray) -> str:
    """Return a point in words: ``(x0 = 0, x1 = 1)``."""
    names = run.prepared.parts[0].dataset.schema.base_features
    shown = [f"{plain(name, 16)} = {point[k]:.3g}" for k, name in enumerate(names[:4])]
    return f"({', '.join(shown)}{', …' if len(names) > 4 else ''})"


def _point(run: Run, name: str, given: Point | None, otherwise: np.ndarray) -> np.ndarray:
    found = np.array(otherwise, np.float64)
    if isinstance(given, Mapping):
        for key, value in given.items():
            found[feature_number("slice", run, key)] = value
    elif given is not None:
        if len(given) != len(found):
            wanted = f"must have a value for each of D={len(found)} features"
            raise ArgumentError("slice", name, wanted, got=len(given), code="A104")
        found = np.asarray(given, np.float64)
    if not np.isfinite(found).all():
        raise ArgumentError("slice", name, "must be finite", got="infinity or NaN", code="A105")
    return found


def _rows(run: Run, a: np.ndarray, b: np.ndarray, output: int) -> dict[str, Any]:
    """Return the rows of the data, by how far along the line they lie, with what they are.

    A row lies where the line comes nearest to it, every feature measured by its range.
    """
    shown = shown_rows(run, MOST_ROWS)
    if shown.x.shape[1] > 2:
        return {"points": [], "n": 0, "inside": False}
    every = base_rows(run)
    scale = np.where(np.ptp(every, axis=0) > 0, np.ptp(every, axis=0), 1.0)
    way = (b - a) / scale
    share = ((shown.x - a) / scale) @ way / (way @ way)
    true = _true(shown, output)
    up = true if shown.schema.is_regression else jittered(true, 0.035, seed=1)
    points_ = rows_of({
        "s": jittered(share, 0.05, seed=2), "y": up, "class": class_names(shown.schema, shown.y),
    })  # fmt: skip
    return {"points": points_, "n": len(shown.x), "told": shown.told, "inside": True}


def _true(shown: Shown, output: int) -> np.ndarray:
    """Return the true value of an output in each row: a target, or whether it is the class."""
    schema, y = shown.schema, shown.y
    if schema.kind != "classification":
        return np.asarray(y[:, output], np.float64)
    if y.shape[1] == 1:
        return np.asarray(y[:, 0] if output == 1 else 1.0 - y[:, 0])
    return np.asarray(y.argmax(axis=1) == output, np.float64)


def _points(look: Look, run: Run, rows: dict[str, Any], x: Spec, y: Spec) -> list[Spec]:
    if not rows["n"]:
        return []
    mark = points(look.colours, size=26, opacity=0.8, clip=True)
    schema = run.prepared.parts[0].dataset.schema
    if schema.kind != "classification":
        return [layer("points", mark | {"color": look.colours.classes[1]}, x=x, y=y)]
    names = [plain(name) for name in schema.classes]
    colour = coloured("class", "class", names, classes(look.colours, len(names)), legend=above())
    return [layer("points", mark, x=x, y=y, color=colour)]
