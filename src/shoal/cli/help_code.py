"""``shoal help``: what a code of an error means, all codes, or the help of a command."""

from __future__ import annotations

import shutil
import textwrap
from typing import Any

import typer

from shoal.cli.exits import EXIT_CODES
from shoal.cli.output import print_json
from shoal.codes import CODES, KINDS, Code
from shoal.errors import InputError, did_you_mean

WIDEST = 100
INDENT = 9


def tell_of(asked: str, context: typer.Context, *, as_json: bool) -> None:
    """Print what is known of a code or a command; of nothing, the list of codes.

    Args:
        asked: a code in any case, with or without brackets, or the name of a command.
        context: of the call, for the help of commands.
        as_json: whether to print a JSON document.

    Raises:
        InputError: there is no such code or command.
    """
    code = asked.strip("[]: ").upper()
    if not asked:
        _print(_list() if not as_json else all_codes())
    elif code in CODES:
        _print(_told(CODES[code]) if not as_json else document(CODES[code]))
    else:
        told = _help_of(asked, context)
        _print(told if not as_json else {"command": asked, "help": told})


def document(code: Code) -> dict[str, str]:
    """Return what is known of a code, as JSON has it."""
    return {
        "code": code.code,
        "kind": KINDS[code.code[0]],
        "name": code.name,
        "cause": code.cause,
        "cure": code.cure,
        "example": shown(code),
        "page": f"docs/{code.page}.md",
    }


def all_codes() -> dict[str, Any]:
    """Return the codes and the exit codes, as JSON has them."""
    return {
        "codes": [document(code) for code in CODES.values()],
        "exit_codes": [{"exit_code": n, "meaning": told} for n, told in EXIT_CODES.items()],
    }


def shown(code: Code) -> str:
    """Return the example of a code as the command line writes it."""
    return f"shoal [{code.code}]: {code.example}"


def _print(what: str | dict[str, Any]) -> None:
    if isinstance(what, str):
        typer.echo(what)
    else:
        print_json(what)


def _told(code: Code) -> str:
    parts = {
        "Cause": code.cause,
        "Cure": code.cure,
        "Example": shown(code),
        "Page": f"docs/{code.page}.md",
    }
    width = min(shutil.get_terminal_size().columns, WIDEST)
    lines = [
        textwrap.fill(
            text,
            width,
            initial_indent=name.ljust(INDENT),
            subsequent_indent=" " * INDENT,
            break_on_hyphens=False,
            break_long_words=False,
        )
        for name, text in parts.items()
    ]
    return "\n".join([f"{code.code}: {code.name} ({KINDS[code.code[0]]})", "", *lines])


def _list() -> str:
    lines = ["What the codes of errors mean; shoal help CODE tells cause and cure."]
    for letter, kind in KINDS.items():
        lines += ["", f"{letter}  {kind}"]
        lines += [
            f"  {each.code}  {each.name}" for each in CODES.values() if each.code[0] == letter
        ]
    lines += ["", "Exit codes"]
    lines += [f"  {n:<4}  {told}" for n, told in EXIT_CODES.items()]
    return "\n".join(lines)


def _help_of(asked: str, context: typer.Context) -> str:
    """Return the help of a command, such as ``run`` or ``runs show``."""
    top: Any = context.find_root()
    command, inner = top.command, top
    for word in asked.split():
        commands = getattr(command, "commands", {})
        found = commands.get(word)
        if found is None:
            is_code = len(asked) > 3 and asked[1:].isdigit()
            near = did_you_mean(asked.upper(), CODES) if is_code else did_you_mean(word, commands)
            cure = near or "See: shoal help."
            raise InputError(f"'{asked}': there is no such code or command. {cure}", code="U110")
        command = found
        inner = type(top)(command, info_name=word, parent=inner, **_shown_in(top))
    told: str = command.get_help(inner)
    return told


def _shown_in(top: Any) -> dict[str, Any]:
    """Return the settings that the help of every command shares."""
    return {
        "help_option_names": top.help_option_names,
        "max_content_width": top.max_content_width,
    }
