"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import SupportsFloat

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from shoal.data.file_recipe import FileData
from shoal.data.tasks import TaskRecipe
from shoal.experiments.document import Experiment
from shoal.experiments.result import summary, truth
from shoal.experiments.run import Run

NAMES = {
    "validation_accuracy": "validation accuracy",
    "clean_accuracy": "against clean labels",
    "train_accuracy": "training accuracy",
    "validation_r2": "validation R²",
    "validation_loss": "validation loss",
    "train_loss": "training loss",
}
"""Figures in the order they are shown."""


def new_table(*columns: str, title: str | None = None) -> Table:
    """Return an empty table: the first column names a row, the others hold numbers."""
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right", no_wrap=True)
    return table


def print_result(run: Run, written: Sequence[Path] = ()) -> None:
    """Print what came of a run: figures over the population beside what is attainable."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(headline(run), style="bold")
    console.print(_figures(run))
    for line in _sentences(run):
        console.print(line)
    for path in written:
        console.print(f"wrote {path}", markup=False)


def headline(run: Run) -> str:
    """Return one line about what was trained."""
    experiment = run.experiment
    training = experiment.training
    sizes = "-".join(
        str(size) for size in [run.network.n_inputs, *(d.units for d in run.network.layers)]
    )
    count = "1 network" if len(run) == 1 else f"{len(run)} networks"
    epochs = "1 epoch" if training.epochs == 1 else f"{training.epochs:,} epochs"
    rate = training.optimizer.learning_rate
    return f"{data_name(experiment)}: {count} {sizes}, {epochs}, {training.optimizer.name} {rate:g}"


def data_name(experiment: Experiment) -> str:
    """Return what the data is called."""
    data = experiment.data
    if isinstance(data, TaskRecipe):
        return data.task
    return data.file if isinstance(data, FileData) else data.given


def _figures(run: Run) -> Table:
    table = new_table("", "median", "5 %", "95 %", f"best (network {run.best_index})")
    found = summary(run)
    for name, label in NAMES.items():
        if name not in found:
            continue
        band = found[name]
        best = run.final(name)[run.best_index] if name in run.history else np.nan
        cells = [_cell(value) for value in (band.median, band.p05, band.p95, best)]
        table.add_row(label, *cells)
    known = truth(run)
    if known["attainable_accuracy"] is not None:
        table.add_row("attainable accuracy", _cell(known["attainable_accuracy"]), style="dim")
    if known.get("rows_accuracy") not in (None, known["attainable_accuracy"]):
        table.add_row("true rule on these rows", _cell(known["rows_accuracy"]), style="dim")
    if known.get("constant_guess_accuracy") is not None:
        table.add_row("constant guess", _cell(known["constant_guess_accuracy"]), style="dim")
    return table


def _cell(given: SupportsFloat) -> str:
    value = float(given)
    if not np.isfinite(value):
        return ""
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.3g}"


def _sentences(run: Run) -> list[str]:
    steps = int(run.steps.sum())
    speed = steps / run.seconds if run.seconds > 0 else 0.0
    many = f"{speed / 1e6:.2f} million" if speed >= 1e6 else f"{speed:,.0f}"
    lines = [f"{steps:,} steps in {run.seconds:.3g} s: {many} steps per second"]
    lines += [
        f"[red]network {lost['index']} (seed {lost['seed']}) diverged at step "
        f"{lost['step']:,}: {lost['cause']}[/red]"
        for lost in run.diverged[:5]
    ]
    if len(run.diverged) > 5:
        lines.append(f"[red]... {len(run.diverged)} of {len(run)} networks diverged[/red]")
    if run.interrupted:
        lines.append("[yellow]interrupted: this is what was there[/yellow]")
    return lines
