"""The tables of ``shoal compare``: arms and baselines, verdicts, times to the target."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from typing import Final

import numpy as np
from rich.table import Table

from shoal.cli.tables import label, new_console, new_table
from shoal.cli.terminal import is_live
from shoal.experiments.comparison import Comparison, Verdict
from shoal.experiments.comparison.goals import TIMES
from shoal.experiments.comparison.wording import (
    amount,
    beside,
    figure_text,
    in_units,
    name_of,
    number,
    short_names,
    unit_of,
)
from shoal.metrics import band

WIDTH: Final = 79
LONG: Final = 22
"""Characters of a name that a first column has room for."""
NEVER: Final = "never"
"""What stands for a time where the network in the middle does not reach the target."""
SENTENCES: Final = 6
"""Verdicts up to which each has its sentence below the table."""


def print_comparison(found: Comparison, *, quiet: bool = False) -> None:
    """Print the answer, the arms with the baselines, the verdicts and the times."""
    if is_live():
        print("\r" + " " * WIDTH + "\r", end="", file=sys.stderr, flush=True)
    console = new_console()
    console.print(found.sentence)
    if quiet:
        return
    tables = [_arms_table(found), _verdict_table(found)]
    for table in [*tables, *([_times_table(found)] if found.goal else [])]:
        console.print()
        console.print(table)
    console.print()
    for line in _lines(found):
        console.print(line)


def _lines(found: Comparison) -> list[str]:
    several = 1 < len(found.verdicts) <= SENTENCES
    said = [f"{each.sentence}." for each in found.verdicts] if several else []
    said += [found.about, *found.notes, *_second_opinions(found)]
    return [line for text in said for line in textwrap.wrap(text, WIDTH)]


def _second_opinions(found: Comparison) -> list[str]:
    """Return what is shown and never decides, where there is one verdict."""
    if len(found.verdicts) > 1 or np.isnan(found.verdicts[0].mean_difference):
        return []
    (verdict,), unit, figure = found.verdicts, unit_of(found.figure), found.figure
    low, high = in_units(figure, verdict.mean_low), in_units(figure, verdict.mean_high)
    step = (high - low) / 2
    mean = number(in_units(figure, verdict.mean_difference), step) + (f" {unit}" if unit else "")
    return [
        f"Shown, never deciding: mean difference {mean} ({number(low, step)} to "
        f"{number(high, step)} by bootstrap), Wilcoxon p = {verdict.wilcoxon_p:.2g}."
    ]


def _arms_table(found: Comparison) -> Table:
    sizes = found.goal is None and len({arm.n_parameters for arm in found.arms}) > 1
    heads = ["median", "5 %", "95 %", "stuck", "diverged", *(["weights"] if sizes else [])]
    table = _folding(_head(found.figure), *heads)
    for name, arm in zip(_row_names(found), found.arms, strict=True):
        cells = _spread(found.figure, arm.figures[found.figure])
        counts = [f"{n:,}" for n in (arm.n_stuck, arm.n_diverged)]
        more = [f"{arm.n_parameters:,}"] if sizes else []
        table.add_row(label(name), *cells, *counts, *more)
    for name, value in beside(found.arms):
        rest = [""] * (len(heads) - 1)
        table.add_row(label(name), figure_text(found.figure, value), *rest, style="dim")
    return table


def _spread(figure: str, values: np.ndarray) -> list[str]:
    """Return the median and the 5 and 95 % quantiles; those that never get there come last."""
    if figure in TIMES:
        late = np.where(np.isfinite(values), values, np.inf)
        ends = np.quantile(late, [0.05, 0.95], method="inverted_cdf")
        told = [figure_text(figure, float(each)) for each in (np.median(late), *ends)]
        return [each or NEVER for each in told]
    own = band(values)
    return [figure_text(figure, float(each)) for each in (own.median, own.p05, own.p95)]


def _folding(*columns: str) -> Table:
    """Return an empty table whose first column gives way where there is no room."""
    table = new_table(*columns)
    table.columns[0].no_wrap, table.columns[0].overflow = False, "fold"
    return table


def _head(figure: str) -> str:
    return unit_of(figure) if figure in TIMES else name_of(figure)


def _verdict_table(found: Comparison) -> Table:
    unit, names = unit_of(found.figure), short_names(found.names)
    by = f"by, in {unit}" if unit else "by"
    table = _folding("second : first", "won-lost-tied", by, "p")
    for each in found.verdicts:
        counts = f"{each.wins:,}-{each.losses:,}-{each.ties:,}"
        against = label(f"{names[each.b]} : {names[each.a]}")
        told = _by(each, found.figure).replace(f" {unit}", "") if unit else _by(each, found.figure)
        table.add_row(against, counts, told, f"{each.adjusted_p:.2g}")
    return table


def _row_names(found: Comparison) -> Sequence[str]:
    """Return what arms are called in a first column: in short where the names are long."""
    is_long = max(len(name) for name in found.names) > LONG
    return short_names(found.names) if is_long else found.names


def _by(verdict: Verdict, figure: str) -> str:
    return "" if np.isnan(verdict.effect) else amount(verdict, figure, 1)


def _times_table(found: Comparison) -> Table:
    heads = ("reached", "steps", "evaluations", "seconds", "weights")
    table = _folding(f"to {found.goal}", *heads)
    for name, arm in zip(_row_names(found), found.arms, strict=True):
        times = (found.times or {})[arm.name]
        cells = [
            figure_text(f"{unit}_to_target", _median_time(times[unit])) or NEVER
            for unit in ("steps", "evaluations", "seconds")
        ]
        n_reached = int(np.isfinite(times["steps"]).sum())
        table.add_row(label(name), f"{n_reached:,}", *cells, f"{arm.n_parameters:,}")
    return table


def _median_time(times: np.ndarray) -> float:
    """Return the median over all networks, those that never reached it last; NaN if it is one."""
    middle = float(np.median(np.where(np.isfinite(times), times, np.inf)))
    return middle if np.isfinite(middle) else float("nan")
