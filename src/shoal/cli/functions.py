"""``shoal functions``: what networks are built of and trained with, in words and numbers."""

from __future__ import annotations

import math
import re
import textwrap
from typing import Final

from rich.console import Console

from shoal.charts.functions_page import (
    COLUMNS,
    HEADS,
    TITLES,
    WORDS,
    settings_words,
    signs,
    table_rows,
)
from shoal.charts.functions_told import FAMILIES, Told, find, told_of
from shoal.cli.output import print_json
from shoal.cli.tables import new_console, new_table

NOTES: Final = {
    "activations": "At -2, 0 and 2: the slope there; a is the value.",
    "losses": "a is the output, y the target; at a last sum z of -2, 0, 2: slope by z if y = 1.",
    "initializers": "D inputs, H outputs; spread: of 64,000 weights drawn with D = 4, H = 8.",
    "schedules": "n is the length in steps; factors at 0, 25 ... 100 % of a run of 30 epochs.",
    "optimizers": "w is a weight and g its gradient.",
}
LETTERS: Final = {
    "activations": "z is the weighted sum, a the value.",
    "losses": "a is the output, y the target, z the last weighted sum.",
    "initializers": "D inputs, H outputs.",
    "schedules": "step counts from 0; n is the length in steps: epochs, or the whole run.",
    "optimizers": "w is a weight, g its gradient, t the step from 1; rate is the learning rate "
    "times the schedule's factor.",
}
"""What stands in the formulas of one function."""
READ: Final = {"initializers": r"\bD\b", "schedules": r"\bn\b", "optimizers": r"\bw\b"}
"""Letters without which there is nothing to be told; the other families always have them."""
KINDS: Final = {
    "activations": "activation function", "losses": "loss", "initializers": "initializer",
    "schedules": "schedule", "optimizers": "optimizer",
}  # fmt: skip
PLOTS: Final = {"optimizers": "optimizer_paths"}
"""Kinds of charts that are not called as their family is."""


def tell_functions(name: str | None, *, as_json: bool) -> None:
    """Print tables of all functions or of a family, or all that there is to say of one.

    Raises:
        InputError: there is no such function.
    """
    if as_json:
        print_json(functions_document(name))
        return
    console = new_console()
    if name is None or name in FAMILIES:
        for family in FAMILIES if name is None else (name,):
            _print_family(console, family)
        if name is None:
            console.print("One in depth: shoal functions sigmoid")
            console.print("All as charts: shoal plot functions -o functions.html")
        return
    for told in find(name):
        _print_one(console, told)


def functions_document(name: str | None) -> dict[str, object]:
    """Return what is printed as JSON: the functions of every family, by family."""
    told = [each for family in FAMILIES for each in told_of(family)] if name is None else find(name)
    families = dict.fromkeys(each.family for each in told)
    return {
        family: [each.document() for each in told if each.family == family] for family in families
    }


def _print_family(console: Console, family: str) -> None:
    facts = COLUMNS[family]
    heads = [signs(fact.removeprefix("slope ").removesuffix("%")) for fact in facts]
    table = new_table("name", HEADS.get(family, "formula"), *heads)
    for column, fact in zip(table.columns[1:], ("formula", *facts), strict=True):
        is_words = fact == "formula" or fact in WORDS
        column.justify = "left" if is_words else "right"
        column.no_wrap = fact != "formula"
    for row in table_rows(family):
        shown, formula, settings, *cells = row
        table.add_row(shown, f"{formula}\n{settings}" if settings else formula, *cells)
    console.print(TITLES[family], style="bold")
    console.print(NOTES[family], style="dim")
    console.print(table)
    console.print()


def _print_one(console: Console, told: Told) -> None:
    console.print(f"{told.name}: {KINDS[told.family]}", style="bold")
    console.print(_folded(signs(told.formula), console.width, "  "))
    if re.search(READ.get(told.family, ""), f"{told.formula} {told.facts.get('rule', '')}"):
        console.print(_folded(LETTERS[told.family], console.width, "  "))
    console.print()
    facts = dict(told.facts)
    if told.settings or told.required:
        facts["settings"] = settings_words(told)
    for key, fact in facts.items():
        for k, line in enumerate(fact.split("; ") if key == "rule" else [fact]):
            name = "" if k else signs(key)
            console.print(_folded(signs(line), console.width, f"  {name:14}", " " * 16))
    console.print()
    console.print(reflowed(told.about, console.width), style="dim")
    console.print()
    if told.values:
        table = new_table(*told.columns)
        table.columns[0].justify = "right"
        for row in told.values:
            table.add_row(*(_cell(x) for x in row))
        console.print(table)
        console.print()
    kind = PLOTS.get(told.family, told.family)
    if _is_drawn(told):
        console.print(f"Draw it: shoal plot {kind} --names {told.name} -o x.png")
        console.print()


def reflowed(text: str, width: int) -> str:
    """Return a description with its paragraphs in lines of a width; formulas keep their lines.

    Example:
        >>> print(reflowed("One\\ntwo.\\n\\nSource:\\n    Somebody\\n    (1900).", 40))
        One two.
        <BLANKLINE>
        Source:
            Somebody (1900).
    """
    found = []
    for block in text.split("\n\n"):
        lines = block.split("\n")
        if re.fullmatch(r"[A-Z][a-z]+:", lines[0]):
            said = " ".join(line.strip() for line in lines[1:])
            found.append(f"{lines[0]}\n{_folded(said, width, '    ')}")
        elif lines[0].startswith(" "):
            found.append("\n".join(_folded(line.strip(), width, "    ", " " * 8) for line in lines))
        else:
            items = re.split(r"\n(?=- )", block)
            found.append("\n".join(
                _folded(" ".join(each.split()), width, "", "  " if each.startswith("- ") else "")
                for each in items
            ))  # fmt: skip
    return "\n\n".join(found)


def _folded(text: str, width: int, first: str, after: str | None = None) -> str:
    return textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=first if after is None else after,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _is_drawn(told: Told) -> bool:
    from shoal.charts.functions_bowl import rules

    return told.family != "optimizers" or told.name in rules()


def _cell(number: float) -> str:
    if not math.isfinite(number):
        return signs(f"{number:g}")
    return signs(f"{number + 0.0:.6g}")
