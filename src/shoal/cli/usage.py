"""Wrong usage in one sentence: the option, what it must be, what it is, and where help is."""

from __future__ import annotations

import sys
from typing import Any, Final, cast

import typer
from typer.core import TyperGroup

from shoal.cli.exits import INTERRUPTED, WRONG_INPUT, ended_by, tell_error
from shoal.errors import did_you_mean

UsageError = cast("type[Exception]", typer.BadParameter.__mro__[1])
"""The class of click, or of the copy of click that newer versions of typer bring along."""


CODES = {
    "NoSuchCommand": "U101",
    "NoSuchOption": "U102",
    "BadParameter": "U103",
    "MissingParameter": "U104",
    "BadOptionUsage": "U105",
    "UsageError": "U106",
}
"""The codes of the classes of `UsageError`, by name."""


PLAIN: Final = {"standalone_mode": False, "color": False}
"""Our own sentences and exit codes, and no colours but ours."""


class Commands(TyperGroup):
    """The commands of `shoal`; click's three lines about wrong usage become one sentence."""

    def main(self, *args: Any, **settings: Any) -> Any:
        """Run the command line and end the process."""
        try:
            code = super().main(*args, **{**settings, **PLAIN})
            sys.stdout.flush()
        except UsageError as error:
            tell_error([(code_of(error), sentence(error))])
            code = WRONG_INPUT
        except typer.Abort:
            code = INTERRUPTED
        except Exception as error:  # of the help or the version, which no command guards
            code = ended_by(error)
        except SystemExit as end:
            if not isinstance(end.__context__, BrokenPipeError):
                raise
            code = ended_by(end.__context__)  # click would end with 1 where a reader left early
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


def code_of(error: Any) -> str:
    """Return the code of what is wrong with the command line.

    Args:
        error: a `UsageError`.
    """
    if getattr(error, "param", None) is not None and not error.message:
        return "U104"
    unknown = str(error.message).startswith("No such command")
    return "U101" if unknown else CODES.get(type(error).__name__, "U100")


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
