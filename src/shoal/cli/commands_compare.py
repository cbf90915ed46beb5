"""``shoal compare``: its options and help; what it does is in `compare.py` beside this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shoal.cli.completion import complete_figures, complete_output, complete_sides, complete_streams
from shoal.cli.exits import guarded
from shoal.cli.options import (
    AllowPython,
    Force,
    Json,
    NoStore,
    Note,
    Quiet,
    Seed,
    Tags,
    Threads,
    whole_number,
)


def _amount(text: str) -> float:
    """Parse an option that is a number of 0 or more."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        raise typer.BadParameter(f"must be a number of 0 or more; got {text}.")
    return found


Pairs = Annotated[
    int | None,
    typer.Option(
        "--pairs", metavar="N", parser=whole_number(2, 100_000), show_default=False,
        help="How many pairs of networks; 64 by default.",
    ),
]  # fmt: skip


@guarded
def compare(
    sides: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE... [KEY=A,B...]", show_default=False, autocompletion=complete_sides,
            help="Experiments or stored runs, and changes to them all; several values make an arm "
            "each.",
        ),
    ],
    figure: Annotated[
        str | None,
        typer.Option(
            "--figure", metavar="NAME", show_default=False, autocompletion=complete_figures,
            help="Such as validation_loss; accuracy by default, where there are classes.",
        ),
    ] = None,
    pairs: Pairs = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until", metavar="WHAT", show_default=False,
            help="Add pairs until decided, or until such as 'width<0.005'.",
        ),
    ] = None,
    at_most: Annotated[
        int | None,
        typer.Option("--at-most", metavar="N", parser=whole_number(2, 100_000),
                     show_default=False, help="The most pairs for --until; 1024 by default."),
    ] = None,
    region: Annotated[
        float | None,
        typer.Option(
            "--region", metavar="SIZE", parser=_amount, show_default=False,
            help="The difference not worth having, such as 0.005 of an accuracy (the default "
            "there); 0 for none.",
        ),
    ] = None,
    vary: Annotated[
        str | None,
        typer.Option(
            "--vary", metavar="STREAMS", show_default=False, autocompletion=complete_streams,
            help="What differs from pair to pair, such as init,order; all streams by default.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target", metavar="GOAL", show_default=False,
            help="Race to it: 'train_loss<0.2' or 'validation_accuracy>0.9'.",
        ),
    ] = None,
    threads: Threads = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", "-o", metavar="FILE", show_default=False,
                     autocompletion=complete_output(".html", ".json"),
                     help="Write a report (.html) or the result (.json); both by giving -o twice."),
    ] = None,
    allow_python: AllowPython = False,
    force: Force = False,
    no_store: NoStore = False,
    tag: Tags = None,
    note: Note = "",
) -> None:  # fmt: skip
    """Tell which of some experiments is better, on paired seeds.

    In pair i every side has the same data, noise, split and order of rows,
    and the same initial weights where shapes allow. Decided by the exact
    sign test over the pairs.

    \b
    Examples:
      shoal compare examples/greater.toml training.optimizer.name=sgd,adam
      shoal compare examples/or.toml examples/majority.toml --figure train_loss
      shoal compare examples/or.toml training.optimizer.name=sgd,adam \\
            --target 'train_loss<0.3' --until decided
    """
    from shoal.cli.compare import Wanted, compare_files
    from shoal.cli.storing import Storing

    storing = Storing(wanted=not no_store, tags=tuple(tag or ()), note=note, quiet=quiet)

    compare_files(sides, Wanted(
        figure=figure, pairs=pairs, until=until, at_most=at_most, region=region, vary=vary,
        target=target, threads=threads, seed=seed, as_json=json, quiet=quiet,
        outputs=tuple(output or ()), allow_python=allow_python, force=force, storing=storing,
    ))  # fmt: skip
