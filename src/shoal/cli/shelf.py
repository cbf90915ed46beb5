"""The commands by name, each loaded when it is called: the help needs their names alone."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperCommand

WORDS: Final = "shoal.words"
"""Where a context keeps the words of the command line."""


class Named(NamedTuple):
    """A command that is not loaded yet.

    Attributes:
        name: what it is called by.
        home: its module without ``commands_``; behind a colon its function or group there, where
            that is not called as the command is.
        line: what it does, in a line.
    """

    name: str
    home: str
    line: str

    def load(self) -> Any:
        """Import the command's module and return it as click has it."""
        module, _, function = self.home.partition(":")
        found = getattr(import_module(f"shoal.cli.commands_{module}"), function or self.name)
        if isinstance(found, typer.Typer):
            command: Any = typer.main.get_group(found)
        else:
            alone = typer.Typer(
                add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
            )
            alone.command(self.name, cls=_Command)(found)
            command = typer.main.get_command(alone)
        command.name, command.short_help = self.name, self.line
        return command


class _Command(TyperCommand):
    """A command that keeps its words, for options that end it before others are read."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options and arguments."""
        ctx.meta[WORDS] = tuple(args)
        return super().parse_args(ctx, args)


class Shelf(MutableMapping[str, Any]):
    """Commands by name in their order; each is loaded when it is looked up.

    Args:
        commands: what there is.
    """

    def __init__(self, commands: Sequence[Named]) -> None:
        self._named = {each.name: each for each in commands}
        self._loaded: dict[str, Any] = {}
        self._is_list = False

    @contextmanager
    def as_a_list(self) -> Iterator[None]:
        """Give names and lines of help alone for a while, for which nothing is loaded."""
        self._is_list = True
        try:
            yield
        finally:
            self._is_list = False

    def __getitem__(self, name: str) -> Any:
        """Return a command.

        Raises:
            KeyError: there is none of this name.
        """
        if name not in self._loaded:
            if self._is_list:
                return TyperCommand(name, short_help=self._named[name].line)
            self._loaded[name] = self._named[name].load()
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        """Add a command that is loaded."""
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        """Take a command away."""
        self._loaded.pop(name, None)
        del self._named[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names in their order."""
        return iter({**self._named, **self._loaded})

    def __len__(self) -> int:
        """Return how many there are."""
        return len({**self._named, **self._loaded})
