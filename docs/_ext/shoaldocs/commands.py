"""The page of every command of `shoal`, with its options, from the command line itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from shoaldocs import documents, rst


def pages() -> dict[str, str]:
    """Return the pages by their path: one a command, and their list."""
    found = dict(tree())
    made = {f"commands/{name.replace(' ', '_')}": page(name, *each) for name, each in found.items()}
    rows = [
        (f":doc:`shoal {name} </reference/commands/{name.replace(' ', '_')}>`", line)
        for name, line in ((name, short_of(each[1])) for name, each in found.items())
    ]
    index = [
        rst.title("Commands"),
        "What every command and option does; ``shoal COMMAND --help`` says the same.",
        "Bad input ends with exit code 2 and one sentence: see :doc:`/errors`.\n",
        rst.listing(("command", "what it does"), rows),
        rst.toctree([key.removeprefix("commands/") for key in made], hidden=True),
    ]
    return {"commands/index": "\n".join(index), **made}


def tree() -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yield every command by its name after `shoal`: its context and itself."""
    import typer

    from shoal.cli.app import app

    top = typer.main.get_command(app)
    context = top.context_class(top, info_name="shoal")
    for name in top.list_commands(context):
        yield from _below(context, name, top.get_command(context, name))


def _below(parent: Any, name: str, command: Any) -> Iterator[tuple[str, tuple[Any, Any]]]:
    context = command.context_class(command, info_name=name, parent=parent)
    path = context.command_path.removeprefix("shoal ")
    if not getattr(command, "hidden", False):
        yield path, (context, command)
    if hasattr(command, "list_commands"):
        for each in command.list_commands(context):
            yield from _below(context, each, command.get_command(context, each))


def short_of(command: Any) -> str:
    """Return a command in one line."""
    text = command.short_help or (command.help or "").partition("\n")[0]
    return rst.escaped(text)


def page(name: str, context: Any, command: Any) -> str:
    """Return the page of a command."""
    told, examples = parts_of(command.help or command.short_help or "")
    usage = " ".join(command.get_usage(context).removeprefix("Usage:").split())
    records = [(each, each.get_help_record(context)) for each in command.get_params(context)]
    options = [option(*record) for each, record in records if record and each.opts[0][0] == "-"]
    given = [argument(*record) for each, record in records if record and each.opts[0][0] != "-"]
    return "\n".join(
        [
            rst.title(f"shoal {name}"),
            rst.directive("program", f"shoal {name}"),
            rst.escaped(told) + "\n",
            rst.code(usage),
            rst.title("Examples", "-") + "\n" + rst.code(examples) if examples else "",
            rst.title("Arguments", "-") + "\n" + "\n".join(given) if given else "",
            rst.title("Options", "-") + "\n" + "\n".join(options) if options else "",
            documents.section(name),
        ]
    )


def parts_of(told: str) -> tuple[str, str]:
    """Return what a help text says, and its examples.

    Example:
        >>> parts_of("Do it.\\n\\n\\b\\nExamples:\\n  shoal do it\\n  shoal do that")
        ('Do it.', 'shoal do it\\nshoal do that')
    """
    text, _, rest = told.replace("\b\n", "").partition("Examples:\n")
    lines, after = [], []
    for line in rest.splitlines():
        (after if after or not (line.startswith("  ") or not line.strip()) else lines).append(line)
    examples = "\n".join(line.removeprefix("  ") for line in lines).strip("\n")
    return (text.strip() + "\n\n" + "\n".join(after)).strip(), examples


def option(names: str, told: str) -> str:
    """Return an option."""
    return rst.directive("option", re.sub(r" / ", ", ", names).replace("  ", " "), text_of(told))


def argument(names: str, told: str) -> str:
    """Return an argument without its type, which its name says.

    Example:
        >>> print(argument("FILE... <list[str]>", "Experiments."))  # doctest: +ELLIPSIS
        .. option:: FILE...
        ...
    """
    return rst.directive("option", names.partition(" <")[0], text_of(told))


def text_of(told: str) -> str:
    """Return the help of an option as one paragraph, the default as code."""
    text = rst.escaped(" ".join(told.split())) or "..."
    return re.sub(r"\[default: (.*?)\]", lambda m: f"(default: {m[1]})", text)
