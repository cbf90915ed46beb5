"""``shoal search``: the best cell of a sweep, as a sentence, tables, and an experiment to run."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import typer

from shoal.cli.durations import left
from shoal.cli.exits import FELL_SHORT, answering, tell
from shoal.cli.output import print_json, to_json
from shoal.cli.run import with_seed
from shoal.cli.targets import origin_of
from shoal.cli.terminal import is_live
from shoal.errors import InputError
from shoal.experiments.document import Experiment
from shoal.experiments.search import Halving, Optimum, SearchProgress, halve, optimise
from shoal.experiments.search.sampling import BATCH, TRIALS
from shoal.experiments.sweep import Sweep
from shoal.files import check_output, write_bytes

SHOWN: Final = 10
"""Cells or trials that the last table has at most."""
ONE_IN: Final = 3
OF_METHOD: Final = {
    "one_in": "halving",
    "budgets": "halving",
    "trials": "optuna",
    "batch": "optuna",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for on the command line, beside the file."""

    method: str
    figure: str | None
    one_in: int | None
    budgets: str | None
    trials: int | None
    batch: int | None
    threads: int | None
    seed: int | None
    as_json: bool
    quiet: bool
    output: Path | None
    allow_python: bool
    force: bool


def search_sweep(text: str, changes: Sequence[str], wanted: Wanted) -> None:
    """Search a sweep, of a file or a stored record; print and write what was found.

    Raises:
        InputError: options that do not fit each other, or what cannot be searched.
    """
    _check(wanted)
    sweep = origin_of(text).sweep(with_seed(changes, wanted.seed))
    show = None if wanted.quiet or not is_live() else _Shown()
    found = (_halved if wanted.method == "halving" else _sampled)(sweep, wanted, show)
    written = _written(found, wanted)
    with answering():
        if wanted.as_json:
            print_json(found.to_dict(), files=written)
        elif not wanted.quiet:
            print_found(found, written)
    if not found.is_of_use:
        raise typer.Exit(FELL_SHORT)


def _written(found: Halving | Optimum, wanted: Wanted) -> list[Path]:
    """Write what was asked for, where there is such a thing; return the files."""
    if wanted.output is None:
        return []
    if wanted.output.suffix == ".json":
        text = to_json(found.to_dict())
    elif found.is_of_use:
        best = found.cell.experiment if isinstance(found, Halving) else found.experiment
        text = _toml(best, wanted.output)
    else:
        tell(f"{wanted.output}: nothing is of use, so there is no best experiment to write.")
        return []
    write_bytes(wanted.output, text.encode(), force=wanted.force)
    return [wanted.output]


def _check(wanted: Wanted) -> None:
    for name, method in OF_METHOD.items():
        if getattr(wanted, name) is not None and wanted.method != method:
            option = f"--{name.replace('_', '-')}"
            raise InputError(f"{option}: belongs to --method {method}. Leave it out.", code="U107")
    if wanted.output is not None:
        if wanted.output.suffix not in (".toml", ".json"):
            told = "must end in .toml (the best experiment) or .json (what was found)."
            raise InputError(f"{wanted.output}: {told}", code="O109")
        check_output(wanted.output, force=wanted.force)


Show = Callable[[SearchProgress], object]


def _halved(sweep: Sweep, wanted: Wanted, show: Show | None) -> Halving | Optimum:
    budgets = None if wanted.budgets is None else [int(n) for n in wanted.budgets.split(",")]
    return halve(
        sweep,
        figure=wanted.figure,
        keep=1 / (wanted.one_in or ONE_IN),
        budgets=budgets,
        threads=wanted.threads,
        progress=show,
        allow_python=wanted.allow_python,
    )


def _sampled(sweep: Sweep, wanted: Wanted, show: Show | None) -> Halving | Optimum:
    return optimise(
        sweep,
        figure=wanted.figure,
        trials=wanted.trials or TRIALS,
        batch=wanted.batch or BATCH,
        threads=wanted.threads,
        progress=show,
        allow_python=wanted.allow_python,
    )


def _toml(experiment: Experiment, output: Path) -> str:
    """Return an experiment as TOML, its data file named as seen from the output's folder."""
    given = getattr(experiment.data, "file", None)
    if isinstance(given, str) and not os.path.isabs(given):
        path = os.path.relpath(experiment.folder / given, output.parent)
        data: Any = experiment.data.model_copy(update={"file": Path(path).as_posix()})
        experiment = experiment.model_copy(update={"data": data})
    return experiment.to_toml()


def print_found(found: Halving | Optimum, written: Sequence[Path]) -> None:
    """Print the stages, the best cells or trials, and the sentence."""
    from shoal.cli.tables import new_console

    console = new_console()
    for table in _tables_of(found):
        console.print(table)
        console.print()
    console.print(found.sentence)
    for path in written:
        console.print(f"wrote {path}")


def _tables_of(found: Halving | Optimum) -> list[Any]:
    from shoal.cli.tables import label, new_table

    name = found.figure.replace("_", " ")
    if isinstance(found, Optimum):
        sign = -1 if found.higher_is_better else 1
        best = sorted(found.trials, key=lambda trial: sign * trial.score)[:SHOWN]
        some = any(trial.n_diverged for trial in best)
        table = new_table("trial", name, *(["diverged"] if some else []), "number")
        table.columns[0].no_wrap, table.columns[0].overflow = False, "fold"
        for trial in best:
            lost = [str(trial.n_diverged or "")] if some else []
            table.add_row(label(trial.label), _number(trial.score), *lost, str(trial.number))
        return [table]
    rungs = new_table("rung", "epochs", "cells", f"best {name}", "go on")
    for k, rung in enumerate(found.rungs):
        top = max(rung.scores) if found.higher_is_better else min(rung.scores)
        go_on = f"{len(rung.kept):,}" if k < len(found.rungs) - 1 else ""
        cells = (f"{rung.epochs:,}", f"{len(rung.cells):,}", _number(top), go_on)
        rungs.add_row(str(k + 1), *cells)
    last = new_table("cell", name)
    scores = dict(zip(found.rungs[-1].cells.tolist(), found.rungs[-1].scores, strict=True))
    sign = -1 if found.higher_is_better else 1
    finals = sorted(scores, key=lambda cell: (sign * scores[cell], cell != found.winner))
    for cell in finals[:SHOWN]:
        last.add_row(label(found.sweep.cells[cell].label), _number(scores[cell]))
    return [rungs, last]


def _number(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else "diverged"


class _Shown:
    """One line on standard error that tells where the search is."""

    def __call__(self, progress: SearchProgress) -> None:
        told = f"{progress.stage} of {progress.n_stages}: {progress.n_cells:,} cells"
        if progress.best is not None:
            told += f", best {progress.best:.4g}"
        told += f", {left(progress.left_s)}" if progress.left_s is not None else ""
        is_over = progress.stage == progress.n_stages and progress.done >= progress.total
        end = "\r" + " " * 60 + "\r" if is_over else ""
        print(f"\r{told:60.60}", end=end, file=sys.stderr, flush=True)
