"""The tables on the terminal."""

from __future__ import annotations

import statistics
import sys

from rich.console import Console
from rich.table import Table

from benchmarks.bars import BARS
from benchmarks.growth import Growth
from benchmarks.results import Results, cpu_name
from benchmarks.runner import Measured
from benchmarks.workloads import MAIN_WORKS, Work

PIPED_WIDTH = 190
"""Characters a line where there is no terminal to ask."""
CAPTION = (
    "Per network, whole run; a step is one update of one network. ratio: how many times the "
    "time of shoal's row for it."
)


def show(results: Results) -> None:
    """Print a table for every part that was measured, then the bars."""
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, highlight=False)
    for work in MAIN_WORKS.values():
        rows = [r for r in results.outcome.measured.values() if r.case.part == work.name]
        if rows:
            console.print(_table(work, rows, results), "")
    if results.growths:
        console.print(_growths(results.growths), "")
    if results.startup:
        console.print(_startup(results), "")
    for name, value in results.alone.items():
        console.print(f"{name}: {value:,.4g}")
    if results.peak is not None:
        console.print(
            f"peak of one core: {results.peak.gflops:.0f} GFLOP/s of fused multiply-adds in "
            f"float32, vectors of {results.peak.n_bits} bits"
        )
    console.print(_bars(results))
    for note in results.notes:
        console.print(f"note: {note}", markup=False)
    console.print(
        f"{cpu_name()}; {results.settings.repeats} rounds in turn, slow systems in every third; "
        f"{results.elapsed_s:.0f} s."
    )


def _table(work: Work, rows: list[Measured], results: Results) -> Table:
    table = Table(title=work.title, caption=CAPTION, title_justify="left", caption_justify="left")
    for name in ("system", "what", "cores", "figures"):
        table.add_column(name)
    for name in ("median s", "min", "max", "us a step", "ratio", "GFLOP/s", "of peak", "loss"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("accuracy", justify="right")
    table.add_column("remarks")
    for found in rows:
        table.add_row(*_row(found, results))
    return table


def _row(found: Measured, results: Results) -> list[str]:
    case, seconds = found.case, found.seconds
    ratio, share = results.ratio(found), results.share(found)
    figures = [found.median, min(seconds), max(seconds), 1e6 * found.step_s]
    versions = results.outcome.versions[case.peer].items()
    return [
        ", ".join(f"{name} {version}" for name, version in versions),
        case.what,
        case.cores,
        case.figures,
        *(f"{value:.3g}" for value in figures),
        "" if ratio is None else _plain(ratio),
        f"{found.gflops:.3g}",
        "" if share is None else f"{share:.1%}",
        f"{found.loss:.3g}",
        "" if found.accuracy is None else f"{found.accuracy:.3f}",
        "; ".join(_remarks(found)),
    ]


def _plain(value: float) -> str:
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def _remarks(found: Measured) -> list[str]:
    """Say what a reader has to know: what was scaled up, what was not counted."""
    remarks = []
    epochs, whole = found.samples[0].epochs, found.work.epochs
    if epochs != whole:
        remarks.append(f"{epochs} epochs, x {whole / epochs:g}")
    if (compile_s := found.fact("compile_s")) is not None:
        remarks.append(f"{compile_s:.1f} s to compile not counted")
    call_s, run_s = found.fact("call_seconds"), found.fact("run_seconds")
    if call_s is None or run_s is None:
        return remarks
    if found.work.is_whole_call:
        remarks.append(f"{1 - run_s / call_s:.0%} of it before training")
    else:
        remarks.append(f"whole call {call_s:.2g} s")
    return remarks


def _growths(found: list[Growth]) -> Table:
    table = Table(title="growth of shoal's time, one thread", title_justify="left")
    for name in ("with", "of", "sizes", "microseconds"):
        table.add_column(name)
    for name in ("slope", "last slope"):
        table.add_column(name, justify="right")
    for growth in found:
        table.add_row(
            growth.axis,
            growth.what,
            " ".join(f"{size:g}" for size in growth.sizes),
            " ".join(f"{1e6 * s:.3g}" for s in growth.seconds),
            f"{growth.slope:.2f}",
            f"{growth.last_slope:.2f}",
        )
    return table


def _startup(results: Results) -> Table:
    table = Table(title="start-up: whole processes, milliseconds", title_justify="left")
    table.add_column("command")
    for name in ("median ms", "min", "max"):
        table.add_column(name, justify="right")
    for found in results.startup.values():
        net = [s - found.baseline for s in found.seconds]
        figures = (statistics.median(net), min(net), max(net))
        table.add_row(found.what, *(f"{1e3 * s:.0f}" for s in figures))
    return table


def _bars(results: Results) -> Table:
    table = Table(title="bars: ratios of medians", title_justify="left")
    for name in ("what", "bar", "measured", "asks for GFLOP/s", ""):
        table.add_column(name, justify="left" if name in ("what", "") else "right")
    for bar in BARS:
        if not bar.is_for(results.n_bits):
            continue
        value = bar.value(results.figures)
        if value is None:
            table.add_row(bar.what, bar.limit, "", "", "not measured")
            continue
        verdict = "[green]pass[/green]" if bar.holds(value) else "[red]MISSED[/red]"
        asked = results.asked(bar)
        needed = "" if asked is None else f"{asked:.3g}"
        table.add_row(bar.what, bar.limit, f"{_plain(value)} {bar.unit}", needed, verdict)
    return table
