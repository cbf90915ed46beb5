"""``shoal trace``: its options and help; what it does is in `trace.py` beside this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shoal.cli.completion import (
    complete_changes,
    complete_output,
    complete_shown,
    complete_tables,
    complete_which,
)
from shoal.cli.exits import guarded
from shoal.cli.options import AllowPython, Force, Json, Quiet, Threads, whole_number


@guarded
def trace(
    record: Annotated[
        str,
        typer.Argument(
            metavar="MODEL | FILE | RUN", show_default=False, autocompletion=complete_shown,
            help="A model, an experiment, which is carried out, or a stored run: @last, an id.",
        ),
    ],
    changes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE", show_default=False, autocompletion=complete_changes,
            help="Changes to the experiment, such as training.optimizer.name=sgd.",
        ),
    ] = None,
    row: Annotated[
        int | None,
        typer.Option(
            "--row", metavar="N", parser=whole_number(1, 2**53), show_default=False,
            help="The Nth row of the data, or of --rows, from 1.",
        ),
    ] = None,
    rows: Annotated[
        str | None,
        typer.Option(
            "--rows", metavar="TABLE", show_default=False, autocompletion=complete_tables,
            help="Of a model: the table that the row is in; its target gives the loss.",
        ),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--input", metavar="A=1,B=2", show_default=False,
            help="A row by its columns in place of --row; repeatable.",
        ),
    ] = None,
    step: Annotated[
        int | None,
        typer.Option(
            "--step", metavar="N", parser=whole_number(0, 2**53), show_default=False,
            help="Updates done; by default those of the weights that are delivered.",
        ),
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(
            "--network", metavar="best|N", show_default=False, autocompletion=complete_which,
            help="Which of the population, N from 0; the best by default.",
        ),
    ] = None,
    backward: Annotated[
        bool,
        typer.Option("--backward", help="Go back too: every derivative beside a difference."),
    ] = False,
    update: Annotated[
        bool,
        typer.Option("--update", help="Show the update that follows, as the run makes it."),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Fold nothing: all units, terms and updates.")
    ] = False,
    json: Json = False,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False,
            autocompletion=complete_output(".html", ".tex", ".json", ".txt"),
            help="Write a page (.html), LaTeX (.tex), the document (.json) or .txt; repeatable.",
        ),
    ] = None,
    force: Force = False,
    threads: Threads = None,
    quiet: Quiet = False,
    allow_python: AllowPython = False,
) -> None:  # fmt: skip
    """Work one row through a network with the actual numbers: sums,
    activations, loss, derivatives beside finite differences, the update.

    \b
    Examples:
      shoal trace examples/or.toml --row 4 --step 120 --backward --update
      shoal trace @last --row 1 -o trace.html -o trace.tex
      shoal trace or.safetensors --input input1=0,input2=1
    """
    from shoal.cli.trace import Asked, trace_record

    asked = Asked(
        record=record, changes=changes or [], row=row, rows=rows, given=given or [], step=step,
        network=network, backward=backward, update=update, everything=everything,
    )  # fmt: skip
    trace_record(
        asked, as_json=json, outputs=output or [], force=force, threads=threads, quiet=quiet,
        allow_python=allow_python,
    )  # fmt: skip
