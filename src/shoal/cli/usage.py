"""Wrong usage in one sentence: the option, what it must be, what it is, and where help is."""

from __future__ import annotations

import sys
from typing import Any, cast

import typer
from typer.core import TyperGroup

from shoal.cli.exits import INTERRUPTED, WRONG_INPUT, tell
from shoal.errors import did_you_mean

UsageError = cast("type[Exception]", typer.BadParameter.__mro__[1])
"""The class of click, or of the copy of click that newer versions of typer bring along."""


class Commands(TyperGroup):
    """The commands of `shoal`; click's three lines about wrong usage become one sentence."""

    def main(self, *args: Any, **settings: Any) -> Any:
        """Run the command line and end the process."""
        try:
            code = super().main(*args, **{**settings, "standalone_mode": False})
        except UsageError as error:
            tell(sentence(error))
            code = WRONG_INPUT
        except typer.Abort:
            code = INTERRUPTED
        sys.exit(code or 0)


def sentence(error: Any) -> str:
    """Return what is wrong with the command line, in the words of our other errors.

    Args:
        error: a `UsageError`.
    """
    told = _told(error).rstrip()
    end = "" if told.endswith((".", "?")) else "."
    command = "shoal" if error.ctx is None else error.ctx.command_path
    return f"{told}{end} See: {command} --help."


def _told(error: Any) -> str:
    param = getattr(error, "param", None)
    if param is not None:
        is_option = param.param_type_name == "option"
        name = param.opts[0] if is_option else param.metavar or param.name
        return f"{name}: {error.message or 'is missing'}"
    if hasattr(error, "possibilities") and hasattr(error, "option_name"):
        near = did_you_mean(error.option_name, error.possibilities or ())
        return f"{error.option_name}: there is no such option. {near}"
    told = str(error.message)
    if hasattr(error, "option_name"):
        return told.replace(f"Option {error.option_name!r} ", f"{error.option_name}: ")
    return told[:1].lower() + told[1:]
