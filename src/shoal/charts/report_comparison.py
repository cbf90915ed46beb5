"""What a report tells of a comparison: the verdict, what it speaks about, and every side."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import shoal
from shoal.charts.comparisons import arm_names
from shoal.charts.registry import CHARTS, make
from shoal.charts.report_parts import Story, Table, experiment_toml
from shoal.charts.report_run import streams_told
from shoal.charts.wording import figure_words
from shoal.data.wording import count
from shoal.experiments.comparison.goals import TIMES
from shoal.experiments.comparison.wording import (
    amount,
    beside,
    figure_text,
    goal_words,
    in_units,
    number,
    unit_of,
)
from shoal.kernels import ARITHMETIC
from shoal.metrics import band

if TYPE_CHECKING:
    from shoal.charts.chart import Chart

CLOCKS: Final = ("evaluations", "steps", "seconds")
HEADS: Final = {"evaluations": "loss evaluations", "steps": "steps", "seconds": "seconds"}


def comparison_story(record: Any) -> Story:
    """Return what a report tells of a comparison."""
    documents = {
        f"{_file(k)}.toml": experiment_toml(arm.experiment) for k, arm in enumerate(record.arms)
    }
    sentences = [f"{each.sentence}." for each in record.verdicts if len(record.verdicts) > 1]
    said = [*sentences, record.about, *record.notes]
    if record.goal is not None:
        said = [each.replace(str(record.goal), goal_words(record.goal)) for each in said]
    tables = (_arms(record), _verdicts(record), _opinions(record), _times(record))
    return Story(
        kind="comparison",
        question=question(record),
        answer=_capital(record.sentence, record.names),
        beside=tuple(said),
        cards=_cards(record),
        tables=tuple(each for each in tables if each is not None),
        charts=_charts(record),
        documents=documents,
        commands=(_command(record, list(documents)),),
        facts=_facts(record),
    )


def question(record: Any) -> str:
    """Return what was asked: ``Which has the higher validation accuracy: adam or sgd?``."""
    *others, last = arm_names(record)
    sides = f"{', '.join(others)} or {last}"
    is_two = len(others) == 1
    if record.figure in TIMES and record.goal is not None:
        goal = f"to reach {goal_words(record.goal)}"
        if record.figure == "seconds_to_target":
            return f"Which needs the {'shorter' if is_two else 'shortest'} time {goal}: {sides}?"
        fewer = "fewer" if is_two else "the fewest"
        return f"Which needs {fewer} {record.figure.partition('_')[0]} {goal}: {sides}?"
    word = ("high" if record.higher_is_better else "low") + ("er" if is_two else "est")
    return f"Which has the {word} {figure_words(record.figure)}: {sides}?"


def _cards(record: Any) -> tuple[tuple[str, str], ...]:
    cells = [("pairs", f"{record.n_pairs:,}")]
    what = record.figure.partition("_")[0] if record.figure in TIMES else "median"
    for label, arm in list(zip(arm_names(record), record.arms, strict=True))[:4]:
        cells.append((f"{label}, {what}", _text(record.figure, arm.figures[record.figure])))
    if record.attainable is not None and record.figure.endswith("accuracy"):
        cells.append(("attainable", figure_text(record.figure, record.attainable)))
    return tuple(cells)


def _capital(sentence: str, names: tuple[str, ...]) -> str:
    """Return a sentence with a capital, unless it begins with a name."""
    return sentence if sentence.startswith(names) else sentence[:1].upper() + sentence[1:]


def _file(k: int) -> str:
    return chr(ord("A") + k) if k < 26 else f"arm{k}"


def _text(figure: str, values: np.ndarray) -> str:
    """Return the median of a figure; of times over all, those that never reach it last."""
    if figure not in TIMES:
        return figure_text(figure, float(band(values).median))
    middle = float(np.median(np.where(np.isfinite(values), values, np.inf)))
    return _time(figure, middle) or "not reached"


def _time(figure: str, value: float) -> str:
    """Return a time; seconds with three digits that count, however short."""
    if np.isfinite(value) and figure.startswith("seconds"):
        return np.format_float_positional(value, precision=3, fractional=False, trim="-")
    return figure_text(figure, value)


def _p(value: float) -> str:
    """Return a probability, without powers of ten.

    Example:
        >>> _p(0.0234), _p(3e-9), _p(float("nan"))
        ('0.023', '<0.0001', '')
    """
    if np.isnan(value):
        return ""
    return "<0.0001" if value < 1e-4 else f"{value:.2g}"


def _arms(record: Any) -> Table:
    if record.figure in TIMES:
        return _arms_in_time(record)
    rows = []
    is_whole = all(np.isfinite(arm.figures[record.figure]).all() for arm in record.arms)
    for arm in record.arms:
        found = band(arm.figures[record.figure])
        numbers = (found.median, found.p05, found.p95)
        cells = (figure_text(record.figure, float(value)) for value in numbers)
        counts = (int(found.n_counted), arm.n_diverged, arm.n_stuck, arm.n_parameters)
        told = [f"{n:,}" for n in counts][is_whole:]
        rows.append((arm.name, *cells, *told, f"{arm.seconds:.3g}"))
    n = len(rows)
    rest = [""] * (len(rows[0]) - 2)
    rows += [(name, figure_text(record.figure, value), *rest)
             for name, value in beside(record.arms)]  # fmt: skip
    heads = ["counted", "diverged", "stuck", "weights", "seconds"][is_whole:]
    lost = any(arm.n_diverged for arm in record.arms)
    note = "Networks that diverged are not counted in the medians; in the verdict they lose."
    return Table(
        caption=f"{figure_words(record.figure).capitalize()} of every side",
        head=("side", "median", "5 %", "95 %", *heads),
        rows=tuple(rows),
        quiet=frozenset(range(n, len(rows))),
        notes=(note,) if lost else (),
    )


def _arms_in_time(record: Any) -> Table:
    """Return the sides where a time decides: that clock from end to end, the others' medians."""
    own = record.figure.partition("_")[0]
    others = [clock for clock in CLOCKS if clock != own]
    rows = []
    for arm in record.arms:
        values = arm.figures[record.figure]
        known = values[np.isfinite(values)]
        first = _time(record.figure, float(known.min())) if len(known) else ""
        last = float(known.max()) if len(known) == len(values) else float("nan")
        more = [_text(f"{clock}_to_target", arm.figures[f"{clock}_to_target"]) for clock in others]
        counts = (f"{len(known):,} of {record.n_pairs:,}", f"{arm.n_parameters:,}")
        slowest = _time(record.figure, last) or "not reached"
        rows.append((arm.name, first, _text(record.figure, values), slowest, *counts, *more))
    heads = [f"{HEADS[clock]}, median" for clock in others]
    return Table(
        caption=f"{HEADS[own].capitalize()} to {goal_words(record.goal)}",
        head=("side", "fastest", "median", "slowest", "reached it", "weights", *heads),
        rows=tuple(rows),
        notes=("Medians are of all networks; those that never reach it count as slower than any.",),
    )


def _ranked(record: Any) -> list[tuple[Any, int, str]]:
    """Return the verdicts with their sign and what they are about, the better side first."""
    names, found = arm_names(record), []
    for each in record.verdicts:
        sign = -1 if each.outcome == "worse" else 1
        first, second = (each.b, each.a) if sign > 0 else (each.a, each.b)
        found.append((each, sign, f"{names[first]} against {names[second]}"))
    return found


def _verdicts(record: Any) -> Table:
    rows = []
    for each, sign, told in _ranked(record):
        counts = (each.wins, each.losses)[::sign]
        by = "" if np.isnan(each.effect) else amount(each, record.figure, sign)
        rows.append(
            (told, "better" if sign < 0 else each.outcome, *(f"{n:,}" for n in counts),
             f"{each.ties:,}", _p(each.adjusted_p), by)
        )  # fmt: skip
    return Table(
        caption="Verdicts",
        head=("verdict", "outcome", "wins", "losses", "ties", "p",
              "by a median of (95 % interval)"),
        rows=tuple(rows),
        n_words=2,
        notes=("The exact sign test decides, and the interval inverts it.",)
        if not record.looks.anytime else (),
    )  # fmt: skip


def _opinions(record: Any) -> Table:
    """Return what is shown and never decides."""
    unit, rows = unit_of(record.figure), []
    for each, sign, told in _ranked(record):
        low, high = sorted(sign * v for v in (each.mean_low, each.mean_high))
        step = in_units(record.figure, (high - low) / 2)
        shown = partial(_shown, record.figure, step)
        ends = "" if np.isnan(low + high) else f"{shown(low)} to {shown(high)}"
        middle = [shown(sign * v) for v in (each.median_difference, each.mean_difference)]
        rows.append((told, *middle, ends, _p(each.wilcoxon_p)))
    of = f" ({unit})" if unit else ""
    return Table(
        caption=f"Differences over all pairs{of}, above 0 where the first is better",
        head=("verdict", "median", "mean", "interval of the mean (bootstrap)", "p (Wilcoxon)"),
        rows=tuple(rows),
        folded="Second opinions, which never decide",
    )


def _shown(figure: str, step: float, value: float) -> str:
    return number(in_units(figure, value), step) if np.isfinite(value) else ""


def _times(record: Any) -> Table | None:
    """Return the times to the target, where another figure decides."""
    if record.times is None or record.figure in TIMES:
        return None
    rows = []
    for name, columns in record.times.items():
        cells = [_text(f"{clock}_to_target", columns[clock]) for clock in CLOCKS]
        reached = int(np.isfinite(columns["steps"]).sum())
        rows.append((name, f"{reached:,} of {record.n_pairs:,}", *cells))
    return Table(
        caption=f"Time to {goal_words(record.goal)}",
        head=("side", "reached it", *(HEADS[clock] for clock in CLOCKS)),
        rows=tuple(rows),
        notes=("Medians are of all networks; those that never reach it count as slower than any.",),
    )


def _charts(record: Any) -> tuple[Callable[[], Chart], ...]:
    """Return the charts: of times by the clock that decides, then by steps if they differ."""
    wanted: list[tuple[str, Mapping[str, Any]]] = [("differences", {}), ("race", {})]
    if record.times is not None:
        wanted.append(("time_to_target", {}))
        if record.figure in TIMES and record.figure != "steps_to_target":
            wanted.append(("time_to_target", {"by": "steps"}))
    wanted.append(("surface_difference", {}))
    known = [name for name, _ in wanted]
    wanted += [(name, {}) for name in CHARTS if name not in (*known, "time_to_target")]
    return tuple(
        partial(make, name, record, **options)
        for name, options in wanted
        if CHARTS[name].fits(record)
    )


def _command(record: Any, files: list[str]) -> str:
    parts = ["shoal", "compare", *files, "--figure", record.figure]
    looks = record.looks
    parts += ["--pairs", str(record.n_pairs if looks.kind == "fixed" else looks.at[0])]
    if looks.kind != "fixed":
        until = "decided" if looks.kind == "decided" else f"width<{looks.width:g}"
        parts += ["--until", until, "--at-most", str(looks.at[-1])]
    parts += ["--region", f"{record.region or 0:g}", "--vary", ",".join(record.streams)]
    if record.goal is not None:
        parts += ["--target", str(record.goal).replace(" ", "")]
    return shlex.join(parts)


def _facts(record: Any) -> tuple[tuple[str, str], ...]:
    first = record.arms[0].experiment
    return (
        ("shoal", shoal.__version__),
        ("arithmetic", ARITHMETIC),
        ("seed", str(first.seed)),
        ("pairs", count(record.n_pairs, "pair")),
        ("streams that differ from pair to pair", streams_told(record.streams)),
        ("looked at", ", ".join(f"{n:,}" for n in record.looks.at[:8]) + " pairs"
         if record.looks.kind == "fixed" else f"until {record.looks.kind}"),
        ("seconds", f"{record.seconds:.3g}"),
    )  # fmt: skip


__all__ = ["comparison_story"]
