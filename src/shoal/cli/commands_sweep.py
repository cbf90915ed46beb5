"""``shoal sweep``: its options and help; what it does is in `sweep.py` beside this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    NoStore,
    Note,
    Quiet,
    Seed,
    SweepFile,
    Tags,
    Threads,
    choice,
    whole_number,
)


@guarded
def sweep(
    file: SweepFile,
    changes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=A,B...", show_default=False, autocompletion=complete_changes,
            help="Values to sweep, or one value to change the experiment.",
        ),
    ] = None,
    figure: Annotated[
        str | None,
        typer.Option(
            "--figure", metavar="NAME", show_default=False, autocompletion=complete_figures,
            help="Such as validation_loss; accuracy by default, where there are classes.",
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort", metavar="FIGURE", show_default=False, autocompletion=complete_figures,
            help="Sort the table by this figure, best first; by cell: in the file's order.",
        ),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option("--top", metavar="N", parser=whole_number(1, 1_000_000), show_default=False,
                     help="Cells that the table shows; 20 by default."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would take: nothing is stored.")
    ] = False,
    executor: Annotated[
        str | None,
        typer.Option(
            "--executor", metavar="threads|processes", **choice("threads", "processes"),
            show_default=False, help="Who trains; threads by default.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", parser=whole_number(1, 1024), show_default=False,
                     help="Threads or processes; as many as there are cores by default."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster", metavar="ADDRESS", show_default=False,
            help="A Dask cluster: local:2, tcp://localhost:8786, tls://host:8786.",
        ),
    ] = None,
    tls_ca: Annotated[
        Path | None,
        typer.Option("--tls-ca", metavar="FILE", help="Who signed the cluster's certificates.",
                     show_default=False),
    ] = None,
    tls_cert: Annotated[
        Path | None,
        typer.Option("--tls-cert", metavar="FILE", help="This machine's certificate.",
                     show_default=False),
    ] = None,
    tls_key: Annotated[
        Path | None,
        typer.Option("--tls-key", metavar="FILE", help="Its key.", show_default=False),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Keep the figures at every report too.")
    ] = False,
    threads: Threads = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False,
            autocompletion=complete_output(".html", ".csv", ".parquet", ".json"),
            help="A report (.html), a line for each network (.csv, .parquet), or the result "
            "(.json); repeatable.",
        ),
    ] = None,
    allow_python: AllowPython = False,
    no_store: NoStore = False,
    tag: Tags = None,
    note: Note = "",
    force: Force = False,
) -> None:  # fmt: skip
    """Train every combination of values in a file's [sweep] table, side by side.

    A list of values in the table, or KEY=A,B on the command line, is swept. Ctrl-C keeps
    what is there; shoal resume @last goes on.

    \b
    Examples:
      shoal sweep examples/sweep_or.toml
      shoal sweep examples/or.toml training.optimizer=sgd,adam seed=1,2,3
      shoal sweep @last training.optimizer.learning_rate=0.01,0.1
      shoal sweep examples/sweep_or.toml --dry-run
      shoal sweep examples/sweep_or.toml --sort train_loss -o cells.csv
      shoal sweep examples/questions/noise.toml -o noise.html
    """
    from shoal.cli.storing import Storing
    from shoal.cli.sweep import Wanted, carry_sweep

    wanted = Wanted(
        figure=figure, sort=sort, top=top or 20, dry_run=dry_run, executor=executor,
        workers=workers or threads, cluster=cluster, tls_files=(tls_ca, tls_cert, tls_key),
        history=history, as_json=json, quiet=quiet, outputs=tuple(output or ()),
        allow_python=allow_python, force=force,
        storing=Storing(wanted=not no_store, tags=tuple(tag or ()), note=note, quiet=quiet),
    )  # fmt: skip
    carry_sweep(file, changes or [], seed=seed, wanted=wanted)
