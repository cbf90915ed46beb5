"""Learning curves: figures over epochs or steps, the median and the band over the networks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.choice import chosen_members
from shoal.charts.columns import Columns, joined, rows_of
from shoal.charts.lines import KEPT, carried, ended_early
from shoal.charts.marks import Spec, above, coloured, layer, name, number, references, tooltips
from shoal.charts.theme import classes
from shoal.charts.wording import (
    PARTS,
    figure_title,
    figure_unit,
    figure_words,
    of_networks,
    told_of,
)
from shoal.errors import ArgumentError, did_you_mean
from shoal.experiments.result import truth
from shoal.experiments.run import Run
from shoal.metrics import band

MOST_POINTS: Final = 400
"""Reports that are drawn of a curve; more would lie on the same pixels."""
FEW: Final = 12
"""Reports up to which each is a dot: a single one would not be seen as a line."""
WIDTHS: Final = (3.4, 1.6)
"""Training below, validation narrower above it: both are seen where they coincide."""
LOGS: Final = ("", "x", "y", "xy")


def curves(
    run: Run,
    *,
    figure: str | None = None,
    network: int | str | Sequence[int] | None = None,
    log: str = "",
) -> Chart:
    """Draw learning curves: the median over the networks and the band from 5 to 95 %.

    Networks that ended before the others keep their last figure, so that the median is of the
    same networks all along; those that diverged are left out from there on.

    Args:
        run: the run.
        figure: "loss", "accuracy" ... for training and validation, or one such as "train_loss";
            the accuracy by default, the loss where there is none.
        network: single networks to draw beside the band: a number, several, or "best".
        log: axes with a logarithmic scale: "x", "y" or "xy".

    Raises:
        ArgumentError: there is no such figure, network or axis.
    """
    measure, figures = chosen_figures("curves", run, figure)
    check_log("curves", log)
    places = reports_to_draw(len(run.report_steps), is_log="x" in log)
    unit, x = step_axis(run, places)
    found = {each: band(carried(run.history[each], run.sound)[:, places]) for each in figures}
    data = joined([_columns(each, x, unit, found[each]) for each in figures])
    singles = [] if network is None else chosen_members("curves", run, network).tolist()
    lines = joined([_single(run, each, x, i, places) for i in singles for each in figures])
    levels, far = near_levels(level_rows(run, measure), found.values())
    parts = [part_name(each) for each in figures]
    widths = {"domain": parts, "range": list(WIDTHS)}
    title = figure_title(figures[0] if len(figures) == 1 else measure, run.experiment)

    def draw(look: Look) -> Spec:
        colour = coloured(
            "part",
            None,
            parts,
            classes(look.colours, len(parts)),
            legend=above(symbolType="stroke", symbolSize=400) if len(parts) > 1 else None,
        )
        ticks = {"values": x.tolist(), "format": ",~f"} if len(places) <= FEW else {}
        across = number("x", unit, log="x" in log, axis=ticks)
        up = number("y", title, log="y" in log)
        line: Spec = {
            "type": "line", "strokeJoin": "round", "strokeWidth": WIDTHS[0],
            "point": len(places) <= FEW,
        }  # fmt: skip
        wide = {"strokeWidth": name("part", None, scale=widths, legend=None)}
        marks = [
            layer(
                "bands", {"type": "area", "opacity": 0.2}, x=across, color=colour,
                y=number("low", title, log="y" in log), y2={"field": "high"},
            ),
            layer(
                "bands", line, x=across, y=up, color=colour,
                **(wide if len(parts) > 1 else {}),  # a range of one is taken for a step
                tooltip=tooltips({"x": unit, "part": "rows", "y": "median", "low": "5 %",
                                  "high": "95 %", "n": "networks"}),
            ),
        ]  # fmt: skip
        if lines:
            thin: Spec = {"type": "line", "strokeWidth": 1.1, "opacity": 0.8}
            marks.insert(1, layer("lines", thin, x=across, y=up, color=colour, detail={
                "field": "network", "type": "nominal"}))  # fmt: skip
        return {"layer": [*(references(look.colours, "levels") if levels else []), *marks]}

    who = of_networks(len(run), n_left_out=n_diverged(run))
    counted = f"median and 5–95 % band over {who}" if len(run) > 1 else who
    thinned = len(places) < len(run.report_steps)
    more = f"; {len(places)} of {len(run.report_steps):,} reports drawn" if thinned else ""
    more += "".join(f"; {level['label'].replace('|', ' ')}" for level in far)
    more += f"; {KEPT}" if ended_early(run.history[figures[0]], run.sound) else ""
    shown = f"; thin lines: network {', '.join(map(str, singles[:8]))}" if singles else ""
    return Chart(
        kind="curves",
        title=f"Learning curves: {figure_words(measure)}",
        subtitle=(counted + shown + more, told_of(run)),
        data=data,
        marks={
            "bands": rows_of(_bands(data, log)),
            "lines": rows_of(_positive(lines, log)) if lines else [],
            "levels": levels,
        },
        draw=draw,
    )


def chosen_figures(where: str, run: Run, figure: str | None) -> tuple[str, tuple[str, ...]]:
    """Return a measure with its figures: "loss" with "train_loss" and "validation_loss".

    Raises:
        ArgumentError: there is no such figure.
    """
    known = [n for n, v in run.history.items() if np.isfinite(v).any() or n.startswith("train")]
    measures = list(dict.fromkeys(name.partition("_")[2] for name in known))
    wanted = figure or ("accuracy" if "accuracy" in measures else "loss")
    if wanted in known:
        return wanted.partition("_")[2], (wanted,)
    if wanted not in measures:
        names = ", ".join([*measures, *known])
        cure = did_you_mean(wanted, [*measures, *known])
        raise ArgumentError(
            where, "figure", f"must be one of {names}", got=repr(wanted), cure=cure, code="A103"
        )
    return wanted, tuple(name for name in known if name.partition("_")[2] == wanted)


def check_log(where: str, log: str) -> None:
    """Check which axes are to be logarithmic.

    Raises:
        ArgumentError: it is none of "x", "y", "xy".
    """
    if log not in LOGS:
        raise ArgumentError(where, "log", "must be x, y or xy", got=repr(log), code="A103")


def reports_to_draw(n_reports: int, *, is_log: bool = False, most: int = MOST_POINTS) -> np.ndarray:
    """Return the places of at most `most` reports, even on the axis that is drawn."""
    if n_reports <= most:
        return np.arange(n_reports)
    spaced = np.geomspace(1, n_reports, most) - 1 if is_log else np.linspace(0, n_reports - 1, most)
    return np.unique(spaced.round().astype(np.int64))


def step_axis(run: Run, places: np.ndarray | slice = slice(None)) -> tuple[str, np.ndarray]:
    """Return what an axis over the reports counts, epochs or updates, and its values."""
    steps = run.report_steps[places]
    per_epoch = run.prepared.schedule.steps_per_epoch
    if len(steps) and not (steps % per_epoch).any():
        return "epochs", steps // per_epoch
    return "steps (updates)", np.asarray(steps)


def part_name(figure: str) -> str:
    """Return which rows a figure is of: "training"."""
    part = figure.partition("_")[0]
    return PARTS.get(part, part)


def level_rows(run: Run, measure: str) -> list[dict[str, Any]]:
    """Return the reference lines of a measure: what is attainable, and the constant guess."""
    if measure != "accuracy":
        return []
    known = truth(run)
    told = {
        "attainable_accuracy": "attainable",
        "constant_guess_accuracy": "constant guess",
    }
    return [
        {"level": round(known[key], 6), "label": f"{label}|{known[key]:.4g}"}
        for key, label in told.items()
        if known.get(key) is not None
    ]


def near_levels(
    levels: Sequence[dict[str, Any]], bands: Iterable[Any]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the levels to draw, and those so far off that they would flatten the curves."""
    values = np.concatenate([part[np.isfinite(part)] for b in bands for part in (b.p05, b.p95)])
    if len(values) == 0:
        return list(levels), []
    low, high = float(values.min()), float(values.max())
    room = 1.5 * max(high - low, 0.01)
    is_near = [low - room <= level["level"] <= high + room for level in levels]
    pairs = list(zip(levels, is_near, strict=True))
    return [each for each, near in pairs if near], [each for each, near in pairs if not near]


def n_diverged(run: Run) -> int:
    """Return how many networks diverged."""
    return int((~run.sound).sum())


def _columns(figure: str, x: np.ndarray, unit: str, found: Any) -> Columns:
    n = len(x)
    return {
        "rows": [part_name(figure)] * n, "figure": [figure] * n, unit.split()[0]: x,
        "median": found.median, "p05": found.p05, "p95": found.p95, "n_counted": found.n_counted,
    }  # fmt: skip


def _single(run: Run, figure: str, x: np.ndarray, network: int, places: np.ndarray) -> Columns:
    values = run.history[figure][network, places]
    n = len(x)
    return {"part": [part_name(figure)] * n, "network": [network] * n, "x": x, "y": values}


def _bands(data: Columns, log: str) -> Columns:
    x = data["epochs"] if "epochs" in data else data["steps"]
    found = {
        "part": data["rows"], "x": x, "y": data["median"], "low": data["p05"],
        "high": data["p95"], "n": data["n_counted"],
    }  # fmt: skip
    return _positive(found, log)


def _positive(columns: Columns, log: str) -> Columns:
    """Return columns without what a logarithmic axis cannot show: there is no 0 on it."""
    if "y" not in log:
        return columns
    shown = dict(columns)
    for key in ("y", "low", "high"):
        if key in shown:
            values = np.asarray(shown[key], np.float64)
            shown[key] = np.where(values > 0, values, np.nan)
    return shown


__all__ = ["curves", "figure_unit"]
