"""How probabilities are judged: ROC, calibration, and accuracy against coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from shoal.charts.asking import said
from shoal.charts.chart import Chart, Look
from shoal.charts.choice import chosen_members, chosen_output, plain
from shoal.charts.columns import Columns, joined, rows_of
from shoal.charts.marks import Spec, above, coloured, layer, number, references, tooltips
from shoal.charts.rows import sample
from shoal.charts.theme import classes
from shoal.charts.wording import PARTS, of_networks, told_of
from shoal.errors import ArgumentError, InputError, did_you_mean
from shoal.experiments.run import Run
from shoal.metrics import band

MOST_NUMBERS: Final = 2 * 10**7
"""Probabilities that are computed; of more rows a sample is taken."""
GRID: Final = 101
BINS: Final = 10
FEWEST: Final = 5
"""Rows of a network in a bin for its share to count in the band."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What networks said of the rows that they are judged by.

    Attributes:
        p: probabilities of the classes, a network a row; NaN of one that diverged.
        codes: the true classes.
        members: which networks.
        told: of how many rows and which, in words.

    Shapes:
        p (M, N, n_classes), codes (M, N)
    """

    p: np.ndarray
    codes: np.ndarray
    members: np.ndarray
    told: str

    @property
    def sound(self) -> np.ndarray:
        """Which of them have probabilities, (M,) bool."""
        return np.asarray(np.isfinite(self.p).all(axis=(1, 2)))


def judged(
    where: str, run: Run, rows: str | None, network: int | str | Sequence[int] | None
) -> Judged:
    """Return what networks say of the rows they are judged by, each of its own data.

    Raises:
        InputError: the target is not one of several classes.
        ArgumentError: no such rows or networks.
    """
    schema = run.prepared.parts[0].dataset.schema
    if schema.kind != "classification":
        what = "a number" if schema.is_regression else "several labels"
        raise InputError(f"chart '{where}': is of one target with classes; got {what}.")
    members = chosen_members(where, run, network)
    part_name = _part_name(where, run, rows)
    parts = run.prepared.parts
    n_rows = min(len(getattr(part.split, part_name)) for part in parts)
    most = max(100, MOST_NUMBERS // (len(members) * len(schema.classes)))
    places = sample(n_rows, most)
    p = np.full((len(members), len(places), len(schema.classes)), np.nan)
    codes = np.zeros((len(members), len(places)), np.int64)
    for k, part in enumerate(parts):
        own = np.flatnonzero(run.prepared.part_of[members] == k)
        if len(own) == 0:
            continue
        chosen = getattr(part.split, part_name)[places]
        x = np.asarray(part.dataset.x[chosen], np.float64)
        p[own] = said(run.prepared, run.weights, x, members=members[own])
        y = part.dataset.y[chosen]
        codes[own] = (y[:, 0] > 0.5) if y.shape[1] == 1 else y.argmax(axis=1)
    word = PARTS[part_name]
    told = f"{len(places):,} {word} rows"
    if len(places) < n_rows:
        told = f"{len(places):,} of {n_rows:,} {word} rows"
    return Judged(p=p, codes=codes, members=members, told=told)


def roc(
    run: Run,
    *,
    rows: str | None = None,
    network: int | str | Sequence[int] | None = None,
    of: str | int | None = None,
) -> Chart:
    """Draw the receiver operating characteristic: hits against false alarms.

    Args:
        run: the run.
        rows: "train", "validation" or "test"; validation where there are any by default.
        network: which networks; all by default.
        of: the class that is looked for; of two the second, of more each in turn by default.

    Raises:
        InputError: the target is not one of several classes.
        ArgumentError: no such rows, network or class.
    """
    found = judged("roc", run, rows, network)
    names = [plain(name) for name in run.prepared.parts[0].dataset.schema.classes]
    every = of is None and len(names) > 2
    numbers = list(range(len(names))) if every else [chosen_output("roc", run, of).number]
    tables, areas = zip(*[_roc_columns(found, k, names[k]) for k in numbers], strict=True)
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
    counted = _counted(found, run, f"median{spread} over ")
    what = "each class against the others" if every else f"class {shown[0]}"
    return Chart(
        kind="roc",
        title=f"Receiver operating characteristic: {what}",
        subtitle=(f"{counted}; {found.told}; area under the curve: {area}", told_of(run)),
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
    run: Run,
    *,
    rows: str | None = None,
    network: int | str | Sequence[int] | None = None,
    of: str | int | None = None,
    bins: int = BINS,
) -> Chart:
    """Draw how often a class comes true against how probable the networks called it.

    Args:
        run: the run.
        rows: "train", "validation" or "test"; validation where there are any by default.
        network: which networks; all by default.
        of: the class; the second of two by default.
        bins: equal parts of the probabilities.

    Raises:
        InputError: the target is not one of several classes.
        ArgumentError: no such rows, network or class, or not 2 to 100 bins.
    """
    if not 2 <= bins <= 100:
        raise ArgumentError("calibration", "bins", "must be 2 to 100", got=bins)
    found = judged("calibration", run, rows, network)
    output = chosen_output("calibration", run, of)
    data = calibration_columns(found, output.number, bins)
    title = output.title.replace("probability of", "class")

    def draw(look: Look) -> Spec:
        x = number("mean_probability", f"{output.title}, as the networks say", domain=(0, 1))
        y_title = f"share of rows that are {title.removeprefix('class ')}"
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

    counted = _counted(found, run, "", " together; bars: 5–95 % over networks")
    return Chart(
        kind="calibration",
        title=f"Calibration: {output.title}",
        subtitle=(f"{counted}; {found.told}, {bins} bins; dashed: as often as said", told_of(run)),
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
    run: Run, *, rows: str | None = None, network: int | str | Sequence[int] | None = None
) -> Chart:
    """Draw the accuracy on the rows that networks are surest of, against how many those are.

    Args:
        run: the run.
        rows: "train", "validation" or "test"; validation where there are any by default.
        network: which networks; all by default.

    Raises:
        InputError: the target is not one of several classes.
        ArgumentError: no such rows or network.
    """
    found = judged("coverage", run, rows, network)
    share, each = coverage_curves(found)
    middle = band(each)
    data: dict[str, Any] = {
        "coverage": share, "median": middle.median, "p05": middle.p05, "p95": middle.p95
    }  # fmt: skip

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

    counted = _counted(found, run, "median and 5–95 % band over ")
    level = float(middle.median[-1])
    all_rows = [] if not np.isfinite(level) else [
        {"level": round(level, 6), "label": f"all rows|{level:.4g}"}]  # fmt: skip
    return Chart(
        kind="coverage",
        title="Accuracy against coverage",
        subtitle=(f"{counted}; {found.told}", told_of(run)),
        data=data,
        marks={"curve": rows_of(data), "levels": all_rows},
        draw=draw,
    )


def roc_points(p: np.ndarray, is_class: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return false alarms and hits at every threshold, from (0, 0) to (1, 1).

    Shapes:
        p (N,), is_class (N,) bool -> each (at most N + 1,)
    """
    order = np.argsort(-p, kind="stable")
    last = np.append(np.flatnonzero(np.diff(p[order])), len(p) - 1)
    hits = np.cumsum(is_class[order])[last]
    alarms = last + 1 - hits
    n, m = max(1, int(is_class.sum())), max(1, int((~is_class).sum()))
    return np.append(0.0, alarms / m), np.append(0.0, hits / n)


def calibration_columns(found: Judged, output: int, bins: int) -> Columns:
    """Return for every bin that has rows the mean probability, the share and the band."""
    p, is_class = found.p[found.sound][..., output], found.codes[found.sound] == output
    place = np.minimum((p * bins).astype(np.int64), bins - 1)
    m = len(p)
    flat = (np.arange(m)[:, np.newaxis] * bins + place).ravel()
    n = np.bincount(flat, minlength=m * bins).reshape(m, bins)
    sums = np.bincount(flat, p.ravel(), minlength=m * bins).reshape(m, bins)
    true = np.bincount(flat, is_class.ravel(), minlength=m * bins).reshape(m, bins)
    total = n.sum(axis=0)
    kept = np.flatnonzero(total)
    own = np.where(n >= FEWEST, true / np.maximum(n, 1), np.nan)
    spread = band(own[:, kept]) if m > 1 else None
    share = true.sum(axis=0)[kept] / total[kept]
    return {
        "bin_from": kept / bins,
        "bin_to": (kept + 1) / bins,
        "mean_probability": sums.sum(axis=0)[kept] / total[kept],
        "share": share,
        "p05": share if spread is None else spread.p05,
        "p95": share if spread is None else spread.p95,
        "n_rows": total[kept] / m,
    }


def coverage_curves(found: Judged) -> tuple[np.ndarray, np.ndarray]:
    """Return shares of rows, and the accuracy of every network on so many it is surest of.

    Shapes:
        -> (G,), (M, G)
    """
    n = found.codes.shape[1]
    counts = np.unique(np.linspace(max(1, n / 100), n, min(100, n)).round().astype(np.int64))
    sure = found.p.max(axis=-1)
    right = found.p.argmax(axis=-1) == found.codes
    order = np.argsort(-sure, axis=1, kind="stable")
    known = np.cumsum(np.take_along_axis(right, order, axis=1), axis=1)[:, counts - 1] / counts
    known[~found.sound] = np.nan
    return counts / n, known


def _roc_columns(found: Judged, output: int, name: str) -> tuple[Columns, float]:
    """Return a curve with its band as columns, and the median area under it."""
    curves, areas = [], []
    grid = np.linspace(0.0, 1.0, GRID)
    for p, codes in zip(found.p[found.sound], found.codes[found.sound], strict=True):
        alarms, hits = roc_points(p[:, output], codes == output)
        areas.append(float(np.trapezoid(hits, alarms)) if hasattr(np, "trapezoid")
                     else float(np.sum(np.diff(alarms) * (hits[1:] + hits[:-1]) / 2)))  # fmt: skip
        curves.append((alarms, hits))
    if len(curves) == 1:
        x, y = curves[0]
        low, high = y, y
    else:
        each = [np.interp(grid, alarms, hits) for alarms, hits in curves]
        middle = band(np.array(each) if each else np.full((1, GRID), np.nan))
        x = np.append(0.0, grid)
        y, low, high = (np.append(0.0, v) for v in (middle.median, middle.p05, middle.p95))
    area = float(np.median(areas)) if areas else float("nan")
    return {"class": [name] * len(x), "x": x, "y": y, "low": low, "high": high}, area


def _diagonal(look: Look, x: Spec, y: Spec, x_field: str = "x", y_field: str = "y") -> Spec:
    mark = {"type": "line", "strokeDash": [4, 4], "color": look.colours.neutral, "strokeWidth": 1}
    return layer("diagonal", mark, x={**x, "field": x_field}, y={**y, "field": y_field})


def _part_name(where: str, run: Run, rows: str | None) -> str:
    split = run.prepared.parts[0].split
    known = [name for name in PARTS if len(getattr(split, name))]
    if rows is None:
        return "validation" if "validation" in known else known[0]
    if rows not in known:
        wanted = f"must be one of {', '.join(known)}"
        cure = did_you_mean(rows, known)
        raise ArgumentError(where, "rows", wanted, got=repr(rows), cure=cure)
    return rows


def _counted(found: Judged, run: Run, before: str, after: str = "") -> str:
    """Return which networks are shown, in words."""
    if len(found.members) == 1:
        return f"network {found.members[0]}"
    n_lost = int((~found.sound).sum())
    return f"{before}{of_networks(len(found.members), len(run), n_lost)}{after}"
