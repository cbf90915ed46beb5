"""The command that tells of functions: its options and help."""

from __future__ import annotations

from typing import Annotated

import typer

from shoal.cli.completion import complete_functions
from shoal.cli.exits import guarded


@guarded
def functions(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", show_default=False, autocompletion=complete_functions,
            help="A function such as sigmoid, or a family such as losses; all without it.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:  # fmt: skip
    """Tell of activations, losses, initializers, schedules and optimizers.

    Formulas, ranges, slopes, settings and defaults, as the program has them.

    \b
    Examples:
      shoal functions
      shoal functions sigmoid
      shoal functions optimizers --json
    """
    from shoal.cli.functions import tell_functions

    tell_functions(name, as_json=as_json)
