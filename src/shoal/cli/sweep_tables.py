"""The cells of a sweep as a table that fits the terminal, and what a sweep would take."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.cells import cell_len

from shoal.cli.durations import duration
from shoal.cli.tables import GAP, label, new_console, new_table
from shoal.data.wording import count
from shoal.errors import InputError, did_you_mean
from shoal.experiments.sweep.answer import named
from shoal.experiments.sweep.cells import short_names, shown
from shoal.experiments.sweep.document import Sweep
from shoal.experiments.sweep.forecast import Forecast
from shoal.experiments.sweep.plan import Plan
from shoal.experiments.sweep.swept import Swept
from shoal.training.figures import FIGURE_NAMES

CELL = "cell"
"""What a table can be sorted by that is no figure: the cell's number."""
MORE = ("clean_accuracy", "test_loss", "test_accuracy", "test_mean_absolute_error", "test_r2")
LONGEST = 24
"""Signs of a value that a table shows."""


def check_names(figure: str | None, sort: str | None) -> None:
    """Refuse names of figures that no sweep has."""
    for option, name, known in (
        ("--figure", figure, (*FIGURE_NAMES, *MORE)),
        ("--sort", sort, (*FIGURE_NAMES, *MORE, CELL)),
    ):
        if name is not None and name not in known:
            cure = did_you_mean(name, known) or f"Known: {', '.join(known)}."
            raise InputError(f"{option}: there is no figure '{name}'. {cure}", code="U103")


def print_swept(swept: Swept, *, figure: str | None, sort: str | None, top: int) -> None:
    """Print the best cells as a table, then the answer in a sentence."""
    console = new_console()
    name = figure or swept.usual_figure
    if name not in swept.figures:
        _print_none(swept, name)
        return
    lines = swept.summary(name)
    order = range(len(lines)) if sort == CELL else swept.order(sort or name)
    _add_baselines(lines, {} if swept.interrupted else swept.baselines(name))
    columns = _columns(swept, [lines[k] for k in order][:top], name, sort)
    fitting = _fitting(columns, console.width)
    table = new_table(*(head for head, _ in fitting))
    for row in zip(*(cells for _, cells in fitting), strict=True):
        table.add_row(*(label(cell) for cell in row))
    console.print(table)
    if len(lines) > top:
        last = "the first" if sort == CELL else "the best"
        console.print(
            f"{last} {top:,} of {len(lines):,} cells; all of them with --top", style="dim"
        )
    console.print()
    _print_wrapped(swept.answer(name))
    _print_effects(swept, name, has_all=len(lines) <= top)
    _print_foot(swept, name, lines)


def _print_none(swept: Swept, name: str) -> None:
    console = new_console()
    if swept.figures:
        told = f"No network has the figure '{name}'. There are: {', '.join(swept.figures)}."
        console.print(told)
    _print_wrapped(swept.sentence)


def _add_baselines(lines: list[dict[str, Any]], found: Mapping[str, np.ndarray]) -> None:
    """Put baselines into lines that know none yet."""
    for name in ("constant_guess", "linear_model"):
        values = found.get(name.replace("_", " "), np.full(len(lines), np.nan))
        for line, value in zip(lines, values.tolist(), strict=True):
            if not np.isfinite(line.get(name, np.nan)):
                line[name] = value


def _print_effects(swept: Swept, figure: str, *, has_all: bool) -> None:
    """Print how much each axis matters, unless the table shows it all."""
    found = swept.effects(figure)
    if len(found) > 1 or not has_all:
        for effect in found:
            _print_wrapped(effect.sentence, indent=2)


def _print_wrapped(text: str, *, indent: int = 0, style: str | None = None) -> None:
    console = new_console()
    wrapped = textwrap.wrap(
        label(text),
        min(console.width, 80),
        initial_indent=" " * indent,
        subsequent_indent=" " * 2 * indent,
        break_long_words=False,
    )
    console.print("\n".join(wrapped), style=style)


Columns = list[tuple[str, list[str], int]]


def _columns(swept: Swept, lines: list[dict[str, Any]], figure: str, sort: str | None) -> Columns:
    """Return heads, cells and ranks of the columns: those of the lowest ranks are kept."""
    names = short_names(swept.keys)
    found: Columns = [("cell", [str(line["cell"]) for line in lines], 1)]
    for key in swept.keys:
        found.append((names[key], [_short(shown(line["values"][key])) for line in lines], 0))
    found.append(("median", [_number(line["median"]) for line in lines], 0))
    if any(np.isfinite(line["low"]) for line in lines):
        found.append(("95 % interval", [_span(line["low"], line["high"]) for line in lines], 1))
    if max(swept.sizes) > 1:
        found.append(("5 to 95 %", [_span(line["p05"], line["p95"]) for line in lines], 2))
    loss = f"{figure.partition('_')[0]}_loss"
    if loss in swept.figures and loss not in (figure, sort):
        median = swept.medians(loss).median
        found.append(("loss", [_number(median[line["cell"]]) for line in lines], 4))
    if any(line["n_diverged"] for line in lines):
        found.append(("diverged", [str(line["n_diverged"]) for line in lines], 1))
    for name in ("attainable", "constant_guess", "linear_model"):
        cells = [_number(line[name]) for line in lines]
        if len(set(cells)) > 1:
            found.append((name.replace("_", " "), cells, 3))
    if sort not in (None, CELL, figure) and sort in swept.figures:
        other = swept.medians(sort).median
        cells = [_number(other[line["cell"]]) for line in lines]
        found.append((sort.replace("_", " "), cells, 0))
    return found


def _fitting(columns: Columns, width: int) -> list[tuple[str, list[str]]]:
    """Return the columns that fit, those of the highest rank left out first, from the right."""
    kept = list(columns)
    while True:
        needed = sum(
            max(cell_len(text) for text in (head, *cells)) + GAP for head, cells, _ in kept
        )
        last = max(range(len(kept)), key=lambda k: (kept[k][2], k))
        if needed - GAP <= width or kept[last][2] == 0:
            return [(head, cells) for head, cells, _ in kept]
        del kept[last]


def _print_foot(swept: Swept, name: str, lines: list[dict[str, Any]]) -> None:
    """Print what the table speaks of, dimly."""
    sizes = sorted(set(swept.sizes))
    each = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
    told = [f"{named(name)}, {each} network{'' if sizes == [1] else 's'} a cell"]
    for column in ("attainable", "constant_guess", "linear_model"):
        known = [line[column] for line in lines if np.isfinite(line[column])]
        if known:
            told.append(f"{column.replace('_', ' ')} {_range(min(known), max(known))}")
    _print_wrapped("; ".join(told), style="dim")
    amount = f"{count(len(swept.sizes), 'cell')}, {count(len(swept), 'network')}"
    left_out = int((swept.columns["stopped_because"] == "not trained").sum())
    rest = f", {left_out:,} of them not trained" if left_out else ""
    _print_wrapped(f"{amount}{rest}, {duration(swept.seconds)}", style="dim")


def print_forecast(sweep: Sweep, plan: Plan, found: Forecast, workers: str) -> None:
    """Print what a sweep would take."""
    console = new_console()
    table = new_table("swept", "values")
    for axis, name in zip(sweep.axes, sweep.grid().axis_names(), strict=True):
        table.add_row(label(name), f"{axis.size:,}")
    console.print(table)
    console.print()
    sizes = sorted(set(plan.sizes.tolist()))
    each = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
    for head, text in (
        ("cells", f"{plan.n_cells:,}"),
        ("networks", f"{plan.n_networks:,} ({each} a cell)"),
        ("chunks", f"{plan.n_chunks:,}"),
        ("time", f"{_about(found.seconds)} on {found.n_workers:,} {_workers(workers)}"),
        (
            "memory",
            f"{_bytes(found.worker_bytes)} a worker, {_bytes(found.result_bytes)} of results",
        ),
    ):
        console.print(f"{head:10}{text}")
    console.print(f"measured on {count(found.n_measured, 'network')}", style="dim")


def _about(seconds: float) -> str:
    told = duration(seconds)
    return told if told.startswith("less") else f"about {told}"


def _workers(how: str) -> str:
    return how if how in ("threads", "processes") else f"workers of {how}"


def _bytes(n: int) -> str:
    """Return an amount of memory in words.

    Example:
        >>> _bytes(10_000), _bytes(3_500_000)
        ('10 kB', '3.5 MB')
    """
    size, units = float(n), ["bytes", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:.3g} {units[0]}"


def _number(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else ""


def _span(low: float, high: float) -> str:
    return f"{low:.4g} to {high:.4g}" if np.isfinite(low) else ""


def _range(low: float, high: float) -> str:
    return _number(low) if low == high else f"{_number(low)} to {_number(high)}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
