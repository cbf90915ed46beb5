"""What came of a run, for the terminal: figures beside what is attainable."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.table import Table

from shoal.cli.headline import headline, reasons
from shoal.cli.tables import label, new_console, new_table
from shoal.data.wording import count
from shoal.experiments.baselines import LINEAR, baselines_of
from shoal.experiments.result import summary, truth
from shoal.experiments.run import Run

NAMES = {
    "validation_accuracy": "validation accuracy",
    "clean_accuracy": "against clean labels",
    "test_accuracy": "test accuracy",
    "train_accuracy": "training accuracy",
    "validation_r2": "validation R²",
    "test_r2": "test R²",
    "train_r2": "training R²",
    "validation_mean_absolute_error": "validation mean error",
    "test_mean_absolute_error": "test mean error",
    "train_mean_absolute_error": "training mean error",
    "validation_loss": "validation loss",
    "test_loss": "test loss",
    "train_loss": "training loss",
}
"""Figures in the order they are shown."""
KNOWN = {
    "attainable_accuracy": "attainable accuracy",
    "rows_accuracy": "true rule on these rows",
    "constant_guess_accuracy": "constant guess",
}
"""What is known without any network."""
QUICK = 300_000
"""Rows times features up to which a linear model is fitted beside a run, in some 50 ms."""
SHOWN = 5
"""Networks that diverged, told one by one."""


def print_result(run: Run, written: Sequence[Path] = ()) -> None:
    """Print what came of a run, and what was written."""
    console = new_console()
    console.print(headline(run), style="bold")
    console.print()
    if len(run.diverged) < len(run):
        console.print(_figures(run))
        console.print()
    for line, style in _sentences(run):
        console.print(line, style=style)
    for path in written:
        console.print(f"wrote {label(str(path))}")


def _figures(run: Run) -> Table:
    table = new_table("", "median", "5 %", "95 %", f"best (network {run.best_index})")
    found = summary(run)
    for name, shown in NAMES.items():
        if name not in found:
            continue
        band = found[name]
        own = run.final(name) if name in run.history else run.test.get(name)
        best = np.nan if own is None else float(own[run.best_index])
        row = [float(value) for value in (band.median, band.p05, band.p95, best)]
        has_units = name.endswith(("loss", "error"))
        cells = cells_of(row) if has_units else [_share(value) for value in row]
        table.add_row(shown, *cells)
    known = truth(run)
    for name, shown in KNOWN.items():
        value = known.get(name)
        if value is None or (name == "rows_accuracy" and value == known["attainable_accuracy"]):
            continue
        table.add_row(shown, _share(value), style="dim")
    linear = _linear(run)
    if linear is not None:
        table.add_row("linear model", _share(linear), style="dim")
    return table


def _linear(run: Run) -> float | None:
    """Return the accuracy of a linear model on the same rows, None where it takes long to fit."""
    dataset = run.prepared.parts[0].dataset
    if dataset.schema.is_regression or dataset.x.size > QUICK:
        return None
    judged = run.prepared.parts[0].validation is not None
    figure = "validation_accuracy" if judged else "train_accuracy"
    return baselines_of(run.prepared, figure).get(LINEAR)


def cells_of(values: Sequence[float]) -> list[str]:
    """Return figures of a row with as many decimals as the smallest needs, NaN as nothing.

    Example:
        >>> cells_of([0.0013, 0.000485]), cells_of([0.25, 3.0]), cells_of([1e-11, 0.5])
        (['0.001300', '0.000485'], ['0.2500', '3.0000'], ['1e-11', '0.5'])
        >>> cells_of([33307.787, 29355.02])
        ['33,307.8', '29,355.0']
    """
    sizes = [abs(value) for value in values if np.isfinite(value) and value != 0]
    if not sizes:
        return [_share(value) for value in values]
    if min(sizes) < 1e-6 or max(sizes) >= 1e6:
        return [f"{value:.3g}" if np.isfinite(value) else "" for value in values]
    decimals = max(4 if max(sizes) < 1000 else 1, 2 - int(np.floor(np.log10(min(sizes)))))
    return [f"{value:,.{decimals}f}" if np.isfinite(value) else "" for value in values]


def _share(value: float) -> str:
    return f"{value:.4f}" if np.isfinite(value) else ""


def _sentences(run: Run) -> list[tuple[str, str | None]]:
    steps = int(run.steps.sum())
    speed = steps / run.seconds if run.seconds > 0 else 0.0
    many = f"{speed / 1e6:.2f} million" if speed >= 1e6 else f"{speed:,.0f}"
    lines: list[tuple[str, str | None]] = [
        (f"{steps:,} steps in {run.seconds:.3g} s: {many} steps per second", None)
    ]
    lost = run.diverged
    lines += [
        (f"network {n['index']} (seed {n['seed']}) diverged at step {n['step']:,}: {n['cause']}",
         "red")
        for n in lost[:SHOWN]
    ]  # fmt: skip
    if lost and (len(lost) > SHOWN or len(lost) == len(run)):
        total = "every network" if len(lost) == len(run) else f"{len(lost):,} of {len(run):,}"
        lines.append((f"{total} diverged. Try a smaller training.optimizer.learning_rate.", "red"))
    lines += [(line, None) for line in _ends(run)]
    if run.interrupted:
        middle = int(np.sort(run.steps)[len(run) // 2])
        epochs = middle // run.prepared.schedule.steps_per_epoch
        total = f"{run.experiment.training.epochs:,}"
        lines.append((f"interrupted in epoch {epochs + 1:,} of {total}: this is what was there",
                      "yellow"))  # fmt: skip
    return lines


def _ends(run: Run) -> list[str]:
    """Return how many networks each stop rule ended, and at which steps."""
    why, steps = np.array(reasons(run)), run.steps
    found = []
    for reason in dict.fromkeys(why.tolist()):
        if reason in ("epochs", "diverged", "interrupted"):
            continue
        own = steps[why == reason]
        low, high = f"{int(own.min()):,}", f"{int(own.max()):,}"
        at = f"step {low}" if low == high else f"steps {low} to {high}"
        name, _, condition = reason.partition(" ")
        told = f"'{name}' {condition}".rstrip()
        found.append(f"{count(len(own), 'network')} ended by {told} at {at}")
    return found
