"""How probabilities are judged: ROC, calibration, and accuracy against coverage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.choice import Output, output_of
from shoal.charts.columns import joined, rows_of
from shoal.charts.judged_rows import (
    Judged,
    calibration_columns,
    coverage_columns,
    judged,
    roc_columns,
)
from shoal.charts.marks import Spec, above, coloured, layer, number, references, tooltips
from shoal.charts.theme import classes
from shoal.charts.wording import of_networks
from shoal.errors import ArgumentError
from shoal.experiments.run import Run
from shoal.models.assessment.assessing import Assessment

BINS: Final = 10


def roc(
    record: Run | Assessment,
    *,
    rows: str | None = None,
    network: int | str | Sequence[int] | None = None,
    of: str | int | None = None,
) -> Chart:
    """Draw the receiver operating characteristic: hits against false alarms.

    Args:
        record: the run, or an assessment, whose ensemble it is.
        rows: "train", "validation" or "test"; validation where there are any by default.
        network: which networks; all by default.
        of: the class that is looked for; of two the second, of more each in turn by default.

    Raises:
        InputError: the target is not one of several classes.
        ArgumentError: no such rows, network or class.
    """
    found = judged("roc", record, rows, network)
    names = found.names
    every = of is None and len(names) > 2
    numbers = list(range(len(names))) if every else [_class_of("roc", found, of).number]
    tables, areas = zip(*[roc_columns(found, k, names[k]) for k in numbers], strict=True)
    data = joined(tables)
    shown = [names[k] for k in numbers]

    def draw(look: Look) -> Spec:
        palette = classes(look.colours, len(names))
        x = number("x", "false alarms (share of other rows)", domain=(0, 1))
        y = number("y", "hits (share of rows of the class)", domain=(0, 1.01))
        legend = above() if len(shown) > 1 else None
        colour = coloured("class", "class", shown, [palette[k] for k in numbers], legend=legend)
        low = number("low", "hits (share of rows of the class)", domain=(0, 1.01))
        marks = [
            layer("curve", {"type": "line", "strokeWidth": 2.4}, x=x, y=y, color=colour,
                  order={"field": "i", "type": "quantitative"}),
        ]  # fmt: skip
        if not every:
            area = {"type": "area", "opacity": 0.22}
            high = {"field": "high"}
            marks.insert(0, layer("curve", area, x=x, y=low, y2=high, color=colour))
        return {"layer": [_diagonal(look, x, y), *marks]}

    spread = "" if every or len(found.members) == 1 else " and 5–95 % band"
    area = ", ".join(
        f"{name} {value:.4g}" if every else f"{value:.4g}"
        for name, value in zip(shown, areas, strict=True)
    )
    counted = _counted(found, f"median{spread} over ")
    what = "each class against the others" if every else f"class {shown[0]}"
    return Chart(
        kind="roc",
        title=f"Receiver operating characteristic: {what}",
        subtitle=(f"{counted}; {found.told}; area under the curve: {area}", found.source),
        data={
            "class": data["class"],
            "false_alarms": data["x"],
            "hits": data["y"],
            "p05": data["low"],
            "p95": data["high"],
        },
        marks={
            "curve": rows_of({**data, "i": np.arange(len(data["x"]))}),
            "diagonal": [{"x": 0, "y": 0}, {"x": 1, "y": 1}],
        },
        draw=draw,
        width=600,
        height=560,
    )


def calibration(
    record: Run | Assessment,
    *,
    rows: str | None = None,
    network: int | str | Sequence[int] | None = None,
    of: str | int | None = None,
    bins: int = BINS,
) -> Chart:
    """Draw how often a class comes true against how probable the networks called it.

    Args:
        record: the run, or an assessment, whose ensemble it is.
        rows: "train", "validation" or "test"; validation where there are any by default.
        network: which networks; all by default.
        of: the class; of two the second by default, and of more the first; of an assessment
            the positive one, and of more than two that which was called.
        bins: equal parts of the probabilities.

    Raises:
        InputError: the target is not one of several classes.
        ArgumentError: no such rows, network or class, or not 2 to 100 bins.
    """
    if not 2 <= bins <= 100:
        raise ArgumentError("calibration", "bins", "must be 2 to 100", got=bins, code="A102")
    found = judged("calibration", record, rows, network)
    called = found.is_ensemble and of is None and len(found.schema.classes) > 2
    output = _class_of("calibration", found, of)
    data = calibration_columns(found, None if called else output.number, bins)
    said = "probability of the class called" if called else output.title
    true = "right" if called else output.title.removeprefix("probability of ")

    def draw(look: Look) -> Spec:
        x = number("mean_probability", f"{said}, as the networks say", domain=(0, 1))
        y_title = f"share of rows that are {true}"
        y = number("share", y_title, domain=(0, 1))
        one = look.colours.classes[0]
        size = number(
            "n_rows", "rows in the bin", zero=True, legend={"symbolFillColor": one, "tickCount": 3}
        )
        size["scale"] |= {"range": [30, 400]}
        line = {"type": "line", "color": one, "strokeWidth": 1.6}
        dots = {"type": "point", "filled": True, "color": one, "opacity": 1}
        low = number("p05", y_title, domain=(0, 1))
        bar = {"type": "rule", "color": one, "opacity": 0.5, "strokeWidth": 2}
        shown = tooltips({"mean_probability": "mean probability", "share": "share", "n_rows": "n"})
        return {"layer": [
            _diagonal(look, x, y, "mean_probability", "share"),
            layer("bins", bar, x=x, y=low, y2={"field": "p95"}),
            layer("bins", line, x=x, y=y),
            layer("bins", dots, x=x, y=y, size=size, tooltip=shown),
        ]}  # fmt: skip

    after = " together; bars: 5–95 % over networks"
    counted = _counted(found, "", after, of_rows="; bars: 95 % intervals of the shares")
    return Chart(
        kind="calibration",
        title=f"Calibration: {said}",
        subtitle=(f"{counted}; {found.told}, {bins} bins; dashed: as often as said", found.source),
        data=data,
        marks={
            "bins": rows_of(data),
            "diagonal": [{"mean_probability": 0, "share": 0}, {"mean_probability": 1, "share": 1}],
        },
        draw=draw,
        width=640,
        height=540,
    )


def coverage(
    record: Run | Assessment,
    *,
    rows: str | None = None,
    network: int | str | Sequence[int] | None = None,
) -> Chart:
    """Draw the accuracy on the rows that networks are surest of, against how many those are.

    Args:
        record: the run, or an assessment, whose ensemble it is.
        rows: "train", "validation" or "test"; validation where there are any by default.
        network: which networks; all by default.

    Raises:
        InputError: the target is not one of several classes.
        ArgumentError: no such rows or network.
    """
    found = judged("coverage", record, rows, network)
    data = coverage_columns(found)

    def draw(look: Look) -> Spec:
        one = look.colours.classes[0]
        title = "accuracy on them (share that is right)"
        x = number("coverage", "rows that are answered, the surest first (share)", domain=(0, 1))
        shown = tooltips({"coverage": "share answered", "median": "accuracy"})
        return {"layer": [
            *references(look.colours, "levels"),
            layer("curve", {"type": "area", "opacity": 0.22, "color": one}, x=x,
                  y=number("p05", title), y2={"field": "p95"}),
            layer("curve", {"type": "line", "strokeWidth": 2.4, "color": one}, x=x,
                  y=number("median", title), tooltip=shown),
        ]}  # fmt: skip

    before, of_rows = "median and 5–95 % band over ", "; band: 95 % intervals of the rows"
    counted = _counted(found, before, of_rows=of_rows)
    level = float(np.asarray(data["median"])[-1])
    all_rows = [] if not np.isfinite(level) else [
        {"level": round(level, 6), "label": f"all rows|{level:.4g}"}]  # fmt: skip
    return Chart(
        kind="coverage",
        title="Accuracy against coverage",
        subtitle=(f"{counted}; {found.told}", found.source),
        data=data,
        marks={"curve": rows_of(data), "levels": all_rows},
        draw=draw,
    )


def _class_of(where: str, found: Judged, of: str | int | None) -> Output:
    return output_of(where, found.schema, found.positive if of is None else of)


def _diagonal(look: Look, x: Spec, y: Spec, x_field: str = "x", y_field: str = "y") -> Spec:
    mark = {"type": "line", "strokeDash": [4, 4], "color": look.colours.neutral, "strokeWidth": 1}
    return layer("diagonal", mark, x={**x, "field": x_field}, y={**y, "field": y_field})


def _counted(found: Judged, before: str, after: str = "", *, of_rows: str = "") -> str:
    """Return which networks are shown, in words; `of_rows` follows an ensemble."""
    if found.is_ensemble:
        who = "ensemble of " if found.n_networks > 1 else ""
        return f"{who}{of_networks(found.n_networks)}{of_rows}"
    if len(found.members) == 1:
        return f"network {found.members[0]}"
    n_lost = int((~found.sound).sum())
    return f"{before}{of_networks(len(found.members), found.n_networks, n_lost)}{after}"
