"""The options and arguments of the commands, with their help and how they are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from shoal.cli.completion import (
    complete_changes,
    complete_models,
    complete_output,
    complete_tables,
    complete_tags,
    complete_targets,
    complete_which,
)
from shoal.cli.shelf import WORDS

NAME: Final = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*(?=,|\Z)|([^,]*))')
"""A name in a list with commas: between quotes, or as it is."""
TYPES: Final = ("number", "category")
"""What a column may be read as."""


def whole_number(least: int, most: int) -> Any:
    """Return the parser of an option that is a whole number from `least` to `most`."""

    def parse(text: str) -> int:
        plain = text.removeprefix("-")
        # no more digits than that: Python refuses to read thousands of them
        if not (plain.isascii() and plain.isdigit() and len(plain) < 20 and
                least <= int(text) <= most):  # fmt: skip
            raise typer.BadParameter(f"must be a whole number from {least} to {most}; got {text}.")
        return int(text)

    return parse


def _seconds(text: str) -> float:
    """Parse an option that is a number of seconds."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < 1e9:
        raise typer.BadParameter(f"must be a number of seconds above 0; got {text}.")
    return found


def one_of(*names: str) -> Any:
    """Return the parser of an option that is one of `names`."""

    def parse(text: str) -> str:
        if text not in names:
            raise typer.BadParameter(f"must be {' or '.join(names)}; got {text}.")
        return text

    return parse


def choice(*names: str) -> dict[str, Any]:
    """Return how an option that is one of `names` is read and completed."""

    def complete(incomplete: str) -> list[str]:
        return [name for name in names if name.startswith(incomplete)]

    return {"parser": one_of(*names), "autocompletion": complete}


def wants_json(context: typer.Context) -> bool:
    """Return whether ``--json`` is among the words, for an option that is read before it."""
    return "--json" in context.meta.get(WORDS, ())


def names_in(text: str | None) -> tuple[str, ...] | None:
    """Return the names in a list with commas; a quoted name may hold commas itself.

    Example:
        >>> names_in('a, "b,c"')
        ('a', 'b,c')
    """
    if text is None:
        return None
    found: list[str] = []
    at = 0
    while text and at <= len(text):
        name = NAME.match(text, at)
        assert name is not None
        quoted, plain = name.groups()
        found.append(plain.strip() if quoted is None else quoted.replace('""', '"'))
        at = name.end() + 1
    return tuple(found)


def names_text(names: Iterable[str]) -> str:
    """Return names as a list with commas, which `names_in` reads again.

    Example:
        >>> names_text(["a", "b,c"])
        'a,"b,c"'
    """
    return ",".join(
        name if names_in(name) == (name,) else '"' + name.replace('"', '""') + '"' for name in names
    )


def types_in(text: str) -> dict[str, str]:
    """Parse an option that says what columns hold.

    Example:
        >>> types_in('zip=category, "a,b=number"')
        {'zip': 'category', 'a,b': 'number'}
    """
    found: dict[str, str] = {}
    for part in names_in(text) or ():
        name, equals, kind = (each.strip() for each in part.rpartition("="))
        if not (name and equals) or kind not in TYPES:
            told = "must be COLUMN=number or COLUMN=category, several with commas between"
            raise typer.BadParameter(f"{told}; got {part}.")
        if name in found:
            raise typer.BadParameter(f"the column {name} is named twice. Name it once.")
        found[name] = kind
    return found


def types_text(types: Mapping[str, str]) -> str:
    """Return what columns hold as a list with commas, which `types_in` reads again.

    Example:
        >>> types_text({"zip": "category", "a,b": "number"})
        'zip=category,"a,b=number"'
    """
    return names_text(f"{name}={kind}" for name, kind in types.items())


Threads = Annotated[
    int | None,
    typer.Option(
        "--threads", metavar="N", parser=whole_number(1, 1024), show_default=False,
        help="How many to use; all there are by default.",
    ),
]  # fmt: skip
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="N", parser=whole_number(0, 2**53 - 1), show_default=False,
        help="In place of the experiment's seed.",
    ),
]  # fmt: skip
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document; the rest goes to stderr.")
]
JsonLine = Annotated[
    bool,
    typer.Option("--json", help="Print the address as JSON on one line; the rest is on stderr."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notes, no table.")]
Force = Annotated[bool, typer.Option("--force", "-f", help="Replace files that exist.")]
Outputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--output", "-o", metavar="FILE", show_default=False,
        autocompletion=complete_output(".safetensors", ".json", ".html"),
        help="Write the model (.safetensors), the result (.json) or a report (.html); repeatable.",
    ),
]  # fmt: skip
Changes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE", show_default=False, autocompletion=complete_changes,
        help="Changes to the experiment, such as data.label_noise=0.2.",
    ),
]  # fmt: skip
CheckpointEvery = Annotated[
    float | None,
    typer.Option(
        "--checkpoint-every", metavar="SECONDS", parser=_seconds, show_default=False,
        help="From one checkpoint to the next; 10 by default.",
    ),
]  # fmt: skip
ExperimentFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE", show_default=False, autocompletion=complete_targets,
        help="An experiment (.toml or .json), or a stored run to train anew: @last, an id.",
    ),
]  # fmt: skip
SweepFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE", show_default=False, autocompletion=complete_targets,
        help="An experiment with a [sweep] table, or what is stored: @last, an id.",
    ),
]  # fmt: skip
AllowPython = Annotated[
    bool,
    typer.Option("--allow-python", help="Import the Python functions that the experiment names."),
]
TableFile = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        show_default=False,
        autocompletion=complete_tables,
        help="A CSV or Parquet file, or - for standard input.",
    ),
]
Features = Annotated[
    str | None,
    typer.Option("--features", metavar="COLUMNS", help="To use, with commas between."),
]
Drop = Annotated[
    str | None,
    typer.Option("--drop", metavar="COLUMNS", help="To leave out, with commas between."),
]
Types = Annotated[
    dict[str, str] | None,
    typer.Option(
        "--types", metavar="COLUMN=TYPE", parser=types_in, show_default=False,
        help="Read it as number or category; several with commas between.",
    ),
]  # fmt: skip
Weights = Annotated[
    str | None, typer.Option("--weights", metavar="COLUMN", help="How much each row counts.")
]
Kind = Annotated[
    Literal["classification", "multilabel", "regression"] | None,
    typer.Option(
        "--kind", metavar="KIND", **choice("classification", "multilabel", "regression"),
        help="classification, multilabel or regression; guessed by default, and said.",
    ),
]  # fmt: skip
Missing = Annotated[
    Literal["error", "drop", "mean"],
    typer.Option(
        "--missing", metavar="WAY", **choice("error", "drop", "mean"),
        help="What to do about gaps: error, drop or mean.",
    ),
]  # fmt: skip
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding", metavar="NAME",
        help="Of the file: utf-8, utf-16, cp932, cp949, ...; UTF-8 unless a BOM says more.",
    ),
]  # fmt: skip
Separator = Annotated[
    str | None,
    typer.Option(
        "--separator", metavar="SIGN", help="Between cells: , ; tab ...; recognised by default."
    ),
]
Decimal = Annotated[
    Literal[".", ","],
    typer.Option(
        "--decimal",
        metavar="SIGN",
        **choice(".", ","),
        help="Decimal mark of numbers: . or ,",
    ),
]
Which = Annotated[
    str | None,
    typer.Option(
        "--network", metavar="best|N", autocompletion=complete_which,
        help="One network of the population, N from 0; all of them by default.",
    ),
]  # fmt: skip
ModelFile = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL", help="A .safetensors file, or a stored run: @last, an id.",
        show_default=False, autocompletion=complete_models,
    ),
]  # fmt: skip
NoStore = Annotated[bool, typer.Option("--no-store", help="Do not store it: see shoal runs.")]
Tags = Annotated[
    list[str] | None,
    typer.Option(
        "--tag", metavar="TAG", show_default=False, autocompletion=complete_tags,
        help="To find it by in shoal runs; repeatable.",
    ),
]  # fmt: skip
Note = Annotated[
    str, typer.Option("--note", metavar="TEXT", show_default=False, help="Kept beside it.")
]
