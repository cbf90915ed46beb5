"""The tables on the terminal."""

from __future__ import annotations

import statistics
import sys

from rich.console import Console
from rich.table import Table

from benchmarks.bars import BARS
from benchmarks.results import Results, cpu_name
from benchmarks.runner import Measured
from benchmarks.workloads import GREATER, WORKS, XOR

PIPED_WIDTH = 168
"""Characters a line where there is no terminal to ask."""


def show(results: Results) -> None:
    """Print a table for every part that was measured, then the bars."""
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, highlight=False)
    measured = results.outcome.measured.values()
    for work, table in ((GREATER, _greater()), (XOR, _xor())):
        rows = [found for found in measured if found.case.work == work.name]
        for found in rows:
            table.add_row(*_row(found, results))
        if rows:
            console.print(table, "")
    if results.startup:
        console.print(_startup(results), "")
    console.print(_bars(results))
    for note in results.notes:
        console.print(f"note: {note}", markup=False)
    console.print(
        f"{cpu_name()}; {results.settings.repeats} rounds in turn, slow systems in every third; "
        f"{results.elapsed_s:.0f} s."
    )


def _table(title: str, caption: str, numbers: tuple[str, ...]) -> Table:
    table = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    for name in ("system", "what", "cores", "figures"):
        table.add_column(name)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("remarks")
    return table


def _greater() -> Table:
    return _table(
        "greater: 10,000 rows, 2-3-3-3-1, Adam, batch 30, 100 epochs",
        "Seconds per network for the whole run. ratio: how many times shoal's row (one network; "
        "for populations of 64 the one of 64).",
        ("median s", "min", "max", "ratio", "accuracy"),
    )


def _xor() -> Table:
    return _table(
        "xor: 4 rows, 2-4-1, Adam, batch 4, 1,000 steps, 1,024 networks",
        "Million network-steps per second. ratio: how many times slower than shoal's row on as "
        "many cores.",
        ("median M/s", "min", "max", "ratio", "accuracy"),
    )


def _row(found: Measured, results: Results) -> list[str]:
    case, seconds = found.case, found.seconds
    figures = [found.median, min(seconds), max(seconds)]
    if case.work == XOR.name:
        figures = [XOR.n_steps / 1e6 / s for s in (found.median, max(seconds), min(seconds))]
    ratio = results.ratio(found)
    versions = results.outcome.versions[case.peer].items()
    return [
        ", ".join(f"{name} {version}" for name, version in versions),
        case.what,
        case.cores,
        case.figures,
        *(f"{value:.3g}" for value in figures),
        "" if ratio is None else f"{ratio:,.3g}" if ratio < 1000 else f"{ratio:,.0f}",
        f"{found.accuracy:.4f}",
        "; ".join(_remarks(found)),
    ]


def _remarks(found: Measured) -> list[str]:
    """Say what a reader has to know: what was scaled up, what was not counted."""
    remarks = []
    epochs, whole = found.samples[0].epochs, WORKS[found.case.work].epochs
    if epochs != whole:
        remarks.append(f"{epochs} epochs, x {whole / epochs:g}")
    if (compile_s := found.fact("compile_s")) is not None:
        remarks.append(f"{compile_s:.1f} s to compile not counted")
    if (run_s := found.fact("run_seconds")) is not None:
        share = run_s / statistics.median(sample.seconds for sample in found.samples)
        remarks.append(f"{1 - share:.0%} of it before training")
    return remarks


def _startup(results: Results) -> Table:
    table = Table(title="start-up: whole processes, milliseconds", title_justify="left")
    table.add_column("command")
    for name in ("median ms", "min", "max"):
        table.add_column(name, justify="right")
    for found in results.startup.values():
        net = [s - found.baseline for s in found.seconds]
        figures = (found.median, min(net), max(net))
        table.add_row(found.what, *(f"{1e3 * s:.0f}" for s in figures))
    return table


def _bars(results: Results) -> Table:
    table = Table(title="bars: ratios of medians", title_justify="left")
    for name in ("what", "bar", "measured", ""):
        table.add_column(name, justify="right" if name in ("bar", "measured") else "left")
    for bar in BARS:
        value = bar.value(results.medians)
        if value is None:
            table.add_row(bar.what, bar.limit, "", "not measured")
            continue
        shown = f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"
        verdict = "[green]pass[/green]" if bar.holds(value) else "[red]MISSED[/red]"
        table.add_row(bar.what, bar.limit, f"{shown} {'x' if bar.under else 's'}", verdict)
    return table
