"""Pieces of reStructuredText that the generated pages are made of."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Sequence

from sphinx.ext.napoleon import Config, GoogleDocstring

SECTIONS = ("Shapes", "Units", "Source")
"""The sections of a docstring that the house style has beside Google's own."""


class Docstring(GoogleDocstring):
    """A Google docstring with the sections of the house style, each as a field."""

    def _load_custom_sections(self) -> None:
        super()._load_custom_sections()
        for name in SECTIONS:
            self._sections[name.lower()] = self._as_field

    def _as_field(self, section: str) -> list[str]:
        lines = self._dedent(self._consume_to_next_section())
        return self._format_block(f":{section}: ", lines)


def docstring(text: str | None) -> str:
    """Return a Google docstring as reStructuredText.

    Example:
        >>> print(docstring("Do it.\\n\\nUnits:\\n    Seconds."))
        Do it.
        <BLANKLINE>
        :Units: Seconds.
    """
    config = Config(napoleon_use_ivar=True, napoleon_use_rtype=False)
    lines = Docstring(inspect.cleandoc(text or ""), config).lines()
    return "\n".join(lines)


def first_line(text: str | None) -> str:
    """Return the first sentence of a docstring, which is its first line."""
    return inspect.cleandoc(text or "").partition("\n\n")[0].replace("\n", " ")


def escaped(text: str) -> str:
    """Return plain text in which nothing is markup."""
    for sign in "\\*`|_<>":
        text = text.replace(sign, f"\\{sign}")
    return text


def prose(text: str) -> str:
    r"""Return plain text in which only code between backticks is markup.

    Example:
        >>> print(prose("two * three of ``a_b``"))
        two \* three of ``a_b``
    """
    parts = re.split(r"(``.*?``|`[^`]+`)", text)
    return "".join(part if k % 2 else escaped(part) for k, part in enumerate(parts))


def literal(text: str) -> str:
    """Return text as code."""
    return f"``{text}``"


def title(text: str, line: str = "=") -> str:
    """Return a title."""
    return f"{text}\n{line * max(len(text), 4)}\n"


def directive(kind: str, argument: str = "", body: str = "", options: Iterable[str] = ()) -> str:
    """Return a directive; options are whole: ``:class: x``."""
    head = f".. {kind}:: {argument}".rstrip()
    lines = [head, *(f"   {option}" for option in options), ""]
    return "\n".join(lines) + "\n" + textwrap.indent(body.rstrip(), "   ") + "\n\n"


def code(text: str, language: str = "text") -> str:
    """Return a block of code."""
    return directive("code-block", language, text)


def listing(headings: Sequence[str], rows: Iterable[Sequence[str]], widths: str = "auto") -> str:
    """Return a table; cells are reStructuredText of one line."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in (headings, *rows):
        for number, cell in enumerate(row):
            lines.append(f"   {'* -' if number == 0 else '  -'} {cell}")
    return "\n".join(lines) + "\n\n"


def toctree(pages: Iterable[str], depth: int = 1, *, hidden: bool = False) -> str:
    """Return a table of contents."""
    options = [f":maxdepth: {depth}", *([":hidden:"] if hidden else [])]
    return directive("toctree", "", "\n".join(pages), options)
