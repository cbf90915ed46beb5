"""How the arms of a comparison raced: their curves, and when they reached the target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from shoal.charts.chart import Chart, Look
from shoal.charts.columns import Columns, joined, rows_of
from shoal.charts.comparisons import arm_names, told_of_comparison
from shoal.charts.curves import MOST_POINTS, check_log, near_levels, reports_to_draw
from shoal.charts.lines import KEPT, carried, ended_early, is_far_apart, round_ticks, told_apart
from shoal.charts.marks import Spec, layer, number, references, tooltips
from shoal.charts.wording import figure_title, figure_words
from shoal.data.wording import count
from shoal.errors import ArgumentError, InputError, did_you_mean
from shoal.experiments.comparison.goals import TIMES
from shoal.experiments.comparison.wording import goal_words
from shoal.metrics import band

CLOCKS: Final = {
    "steps": "steps (updates)",
    "evaluations": "evaluations of the loss",
    "seconds": "seconds of training a network (s)",
}
"""What a race is run against."""
UNITS: Final = {"steps": "steps", "evaluations": "evaluations of the loss", "seconds": "time"}
"""Clocks in titles."""


def time_to_target(comparison: Any, *, by: str | None = None, log: str | None = None) -> Chart:
    """Draw what share of each arm's networks had reached the target, as time goes on.

    Args:
        comparison: a comparison with a target.
        by: "steps", "evaluations" or "seconds"; the clock that decides by default.
        log: "x" for a logarithmic axis, "" for a linear one; as the times need it by default.

    Raises:
        InputError: the comparison has no target.
        ArgumentError: no such clock or axis.
    """
    clock = _clock("time_to_target", comparison, by)
    times = comparison.times
    if times is None:
        raise InputError(
            "chart 'time_to_target': needs a comparison with a target. "
            "Compare again with --target, such as train_loss<0.2.",
            code="G104",
        )
    names = arm_names(comparison)
    each = [np.asarray(arm[clock], np.float64) for arm in times.values()]
    is_log = _is_log("time_to_target", log, [_middle(arm) for arm in each])
    known = np.concatenate([arm[np.isfinite(arm)] for arm in each])
    end = float(known.max()) if len(known) else 1.0
    start = 0.8 * float(known.min()) if len(known) and is_log else 0.0
    data = joined([_reached(label, arm, comparison.n_pairs, start, end)
                   for label, arm in zip(names, each, strict=True)])  # fmt: skip

    def draw(look: Look) -> Spec:
        x = number("x", CLOCKS[clock], log=is_log, axis=_ticks(clock, is_log, start, end))
        y = number("y", "networks that reached it (share)", domain=(0, 1.02))
        apart = told_apart("arm", None, names, look.colours)
        line = {"type": "line", "interpolate": "step-after"}
        shown = tooltips({"arm": "arm", "x": clock, "y": "share"})
        return {"layer": [layer("curves", line, x=x, y=y, tooltip=shown, **apart)]}

    ends = [f"{label} {np.isfinite(arm).mean():.0%}"
            for label, arm in zip(names, each, strict=True)]  # fmt: skip
    return Chart(
        kind="time_to_target",
        title=f"{UNITS[clock].capitalize()} to {goal_words(comparison.goal)}",
        subtitle=(f"reached at the end: {', '.join(ends)}", told_of_comparison(comparison)),
        data={"arm": data["arm"], clock: data["x"], "share_reached": data["y"]},
        marks={"curves": rows_of(data)},
        draw=draw,
    )


def race(
    comparison: Any, *, figure: str | None = None, by: str | None = None, log: str | None = None
) -> Chart:
    """Draw the arms' curves in one chart: the median and the band, against a clock.

    Networks that ended before the others keep their last figure, so that the median is of the
    same networks all along.

    Args:
        comparison: the comparison.
        figure: such as "train_loss"; the one that was compared by default, or that of the target.
        by: "steps", "evaluations" or "seconds", the last two shared out evenly over the steps;
            the clock that decides by default, or steps.
        log: axes with a logarithmic scale: "x", "y" or "xy", "" for none; by default across
            where the arms' clocks differ much.

    Raises:
        ArgumentError: no such figure, clock or axis.
        InputError: the comparison kept no histories.
    """
    clock = _clock("race", comparison, by)
    wanted = _raced(comparison, figure)
    per_step = [_per_step(arm, clock) for arm in comparison.arms]
    ends = [each * float(arm.report_steps[-1])
            for each, arm in zip(per_step, comparison.arms, strict=True)]  # fmt: skip
    is_log = _is_log("race", log, ends)
    names, tables, bands = arm_names(comparison), [], []
    for label, arm, each in zip(names, comparison.arms, per_step, strict=True):
        places = reports_to_draw(len(arm.report_steps), is_log=is_log)
        found = band(carried(np.asarray(arm.history[wanted]), arm.sound)[:, places])
        bands.append(found)
        tables.append({
            "arm": [label] * len(places),
            clock: np.asarray(arm.report_steps, np.float64)[places] * each,
            "median": found.median, "p05": found.p05, "p95": found.p95,
            "n_counted": found.n_counted,
        })  # fmt: skip
    data = joined(tables)
    best = comparison.attainable if wanted.endswith("accuracy") else None
    known_levels = [] if best is None else [{"level": best, "label": f"attainable|{best:.4g}"}]
    levels, far = near_levels(known_levels, bands)
    title = figure_title(wanted, comparison.arms[0].experiment)
    is_up = "y" in (log or "")
    reach = (float(np.min(np.asarray(data[clock]))), max(ends))

    def draw(look: Look) -> Spec:
        x = number("x", CLOCKS[clock], log=is_log, axis=_ticks(clock, is_log, *reach))
        low, up = number("p05", title, log=is_up), number("median", title, log=is_up)
        tips = tooltips({"arm": "arm", "x": clock, "median": "median", "n_counted": "networks"})
        apart = told_apart("arm", None, names, look.colours)
        area, high = {"type": "area", "opacity": 0.16}, {"field": "p95"}
        return {"layer": [
            *(references(look.colours, "levels") if levels else []),
            layer("curves", area, x=x, y=low, y2=high, color=apart["color"]),
            layer("curves", {"type": "line"}, x=x, y=up, tooltip=tips, **apart),
        ]}  # fmt: skip

    off = "".join(f"; {level['label'].replace('|', ' ')}" for level in far)
    early = any(ended_early(np.asarray(arm.history[wanted]), arm.sound) for arm in comparison.arms)
    off += f"; {KEPT}" if early else ""
    said = f"median and 5–95 % band over {count(comparison.n_pairs, 'network')} an arm{off}"
    return Chart(
        kind="race",
        title=f"Race: {figure_words(wanted)} by {UNITS[clock]}",
        subtitle=(said, told_of_comparison(comparison)),
        data=data,
        marks={"curves": rows_of(_drawable(data, clock, is_up=is_up)), "levels": levels},
        draw=draw,
    )


def _raced(comparison: Any, figure: str | None) -> str:
    """Return the figure of the curves.

    Raises:
        ArgumentError: there is none such.
        InputError: there are no histories.
    """
    known = list(comparison.arms[0].history)
    if not known:
        raise InputError(
            "chart 'race': needs the arms' histories, which were not kept.", code="G104"
        )
    usual = comparison.figure
    if usual in TIMES and comparison.goal is not None:
        usual = comparison.goal.figure
    wanted = figure or (usual if usual in known else "train_loss")
    if wanted not in known:
        cure = did_you_mean(wanted, known)
        listed = f"must be one of {', '.join(known)}"
        raise ArgumentError("race", "figure", listed, got=repr(wanted), cure=cure, code="A103")
    return wanted


def _clock(where: str, comparison: Any, by: str | None) -> str:
    if by is None:
        return str(comparison.figure).partition("_")[0] if comparison.figure in TIMES else "steps"
    if by not in CLOCKS:
        cure = did_you_mean(by, CLOCKS)
        raise ArgumentError(
            where, "by", f"must be {', '.join(CLOCKS)}", got=repr(by), cure=cure, code="A103"
        )
    return by


def _is_log(where: str, log: str | None, sizes: Sequence[float]) -> bool:
    """Return whether the axis across is logarithmic: as asked, or where sizes are far apart."""
    if log is not None:
        check_log(where, log)
    return is_far_apart(sizes) if log is None else "x" in log


def _middle(times: np.ndarray) -> float:
    known = times[np.isfinite(times)]
    return float(np.median(known)) if len(known) else float("nan")


def _reached(label: str, times: np.ndarray, n: int, start: float, end: float) -> Columns:
    """Return the share of networks that reached the target by each time, as steps."""
    known = np.sort(times[np.isfinite(times)])
    x = np.concatenate([[start], known, [end]])
    share = np.concatenate([[0.0], np.arange(1, len(known) + 1) / n, [len(known) / n]])
    kept = reports_to_draw(len(x), most=MOST_POINTS)
    return {"arm": [label] * len(kept), "x": x[kept], "y": share[kept]}


def _drawable(data: Columns, clock: str, *, is_up: bool) -> Columns:
    shown: dict[str, Any] = {**data, "x": data[clock]}
    for column in ("median", "p05", "p95") if is_up else ():
        values = np.asarray(shown[column], np.float64)
        shown[column] = np.where(values > 0, values, np.nan)
    return shown


def _per_step(arm: Any, by: str) -> float:
    """Return how much of a clock a step of a network takes, on average over the arm."""
    if by == "steps":
        return 1.0
    total = float(np.sum(arm.steps)) or 1.0
    spent = float(np.sum(arm.evaluations)) if by == "evaluations" else float(arm.seconds)
    return spent / total


def _ticks(by: str, is_log: bool, low: float, high: float) -> dict[str, Any]:
    axis: dict[str, Any] = {"tickCount": 6}
    if by != "seconds":
        axis["labelExpr"] = "format(datum.value, '~s')"
    if is_log and 0 < low < high:
        axis["values"] = round_ticks(low, high)
    return axis


__all__ = ["CLOCKS", "race", "time_to_target"]
