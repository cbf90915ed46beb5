"""The command that tells what a code means, or what a command does: its options and help."""

from __future__ import annotations

from typing import Annotated

import typer

from shoal.cli.exits import guarded
from shoal.cli.options import Json


def _complete(incomplete: str) -> list[str]:
    from shoal.codes import CODES

    return [code for code in CODES if code.startswith(incomplete.upper())]


@guarded
def help(  # what a command of this name has to be called
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CODE", show_default=False, autocompletion=_complete,
            help="A code such as D104, or the name of a command.",
        ),
    ] = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Tell what the code of an error means: its cause, its cure, an example.

    Without a code all of them are listed; with the name of a command, its help
    is printed.

    \b
    Examples:
      shoal help D104
      shoal help
      shoal help run
    """
    from shoal.cli.help_code import tell_of

    tell_of(" ".join(words or ()), context, as_json=json)
