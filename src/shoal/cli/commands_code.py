"""``shoal code``: its options and help; what it does is in `programs.py` beside this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shoal.cli.completion import complete_changes, complete_output
from shoal.cli.exits import guarded
from shoal.cli.options import Changes, ExperimentFile, Force, Json, Seed, choice, wants_json

LIBRARIES = ("python", "numpy", "jax", "pytorch", "keras")
"""The names in the table of targets, which is too heavy to load for the help; a test compares."""


def _list_targets(context: typer.Context, wanted: bool) -> None:
    """Print every library and end the command."""
    if not wanted:
        return
    from shoal.cli.programs import list_targets

    list_targets(as_json=wants_json(context))
    raise typer.Exit


@guarded
def code(
    file: ExperimentFile,
    changes: Changes = None,
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="LIBRARY", **choice(*LIBRARIES), show_default=False,
            help="python (shoal itself), numpy, jax, pytorch or keras; python by default.",
        ),
    ] = "python",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", show_default=False, autocompletion=complete_changes,
            help="A change to the experiment, as KEY=VALUE behind FILE is; repeatable.",
        ),
    ] = None,
    seed: Seed = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False,
            autocompletion=complete_output(".py"),
            help="Write the program there (.py); it is printed by default.",
        ),
    ] = None,
    with_data: Annotated[
        bool,
        typer.Option(
            "--with-data",
            help="Write shoal's own rows, first weights and orders beside it (.npz), and let the "
            "program begin with them: its figures are then shoal's.",
        ),
    ] = False,
    json: Json = False,
    force: Force = False,
    list_targets: Annotated[
        bool,
        typer.Option(
            "--list", is_eager=True, callback=_list_targets, help="List the libraries, and end."
        ),
    ] = False,
) -> None:  # fmt: skip
    """Write an experiment as a program for another library.

    A readable program with comments that trains one network of the
    population. What it does otherwise than shoal stands on top of it. The
    data is read for it, and nothing is trained.

    \b
    Examples:
      shoal code examples/greater.toml --to numpy
      shoal code examples/wine.toml --to pytorch -o wine.py
      shoal code examples/points.toml --to keras --set training.epochs=200
      shoal code examples/greater.toml --to numpy --with-data -o greater.py
    """
    from shoal.cli.programs import write_program

    write_program(
        file, [*(changes or []), *(settings or [])], to=to, seed=seed, output=output,
        with_data=with_data, as_json=json, force=force,
    )  # fmt: skip
