"""``shoal search``: its options and help; what it does is in `search.py` beside this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from shoal.cli.completion import (
    complete_changes,
    complete_figures,
    complete_output,
)
from shoal.cli.exits import guarded
from shoal.cli.options import (
    AllowPython,
    Force,
    Json,
    Quiet,
    Seed,
    SweepFile,
    Threads,
    choice,
    whole_number,
)

Several = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE", show_default=False, autocompletion=complete_changes,
        help="Changes, and axes such as training.epochs=10,20.",
    ),
]  # fmt: skip


def _budgets(text: str) -> str:
    """Parse an option that is a list of epochs."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 16 for part in parts):
        raise typer.BadParameter(f"must be epochs with commas between, such as 1,3,9; got {text}.")
    return text


@guarded
def search(
    file: SweepFile,
    changes: Several = None,
    method: Annotated[
        Literal["halving", "optuna"],
        typer.Option(
            "--method", metavar="NAME", **choice("halving", "optuna"),
            help="halving, or optuna for a sampler in the ranges.",
        ),
    ] = "halving",
    figure: Annotated[
        str | None,
        typer.Option(
            "--figure", metavar="NAME", show_default=False, autocompletion=complete_figures,
            help="Of validation rows; validation_accuracy by default, where there are classes.",
        ),
    ] = None,
    one_in: Annotated[
        int | None,
        typer.Option(
            "--one-in", metavar="N", parser=whole_number(2, 1000), show_default=False,
            help="halving: one cell in N goes on from a rung; 3 by default.",
        ),
    ] = None,
    budgets: Annotated[
        str | None,
        typer.Option(
            "--budgets", metavar="N,N", parser=_budgets, show_default=False,
            help="halving: epochs of the rungs before the last.",
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            "--trials", metavar="N", parser=whole_number(1, 1_000_000), show_default=False,
            help="optuna: how many; 200 by default.",
        ),
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option(
            "--batch", metavar="N", parser=whole_number(1, 10_000), show_default=False,
            help="optuna: trials that are trained together; 16 by default.",
        ),
    ] = None,
    threads: Threads = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False,
            autocompletion=complete_output(".toml", ".json"),
            help="Write the best experiment (.toml), or what was found (.json).",
        ),
    ] = None,
    allow_python: AllowPython = False,
    force: Force = False,
) -> None:  # fmt: skip
    """Find the best cell of a sweep without training all of it.

    halving trains every cell a little and goes on with the best third, and so
    on; optuna asks a sampler which values to try next, a batch at a time. The
    score is the median of a validation figure over a cell's networks.

    \b
    Examples:
      shoal search rates.toml
      shoal search rates.toml --one-in 2 --budgets 5,20 -o best.toml
      shoal search rates.toml --method optuna --trials 100
    """
    from shoal.cli.search import Wanted, search_sweep

    wanted = Wanted(
        method=method, figure=figure, one_in=one_in, budgets=budgets, trials=trials, batch=batch,
        threads=threads, seed=seed, as_json=json, quiet=quiet, output=output,
        allow_python=allow_python, force=force,
    )  # fmt: skip
    search_sweep(file, changes or [], wanted)
