"""A table without rich, whose import takes longer than to list a hundred thousand runs."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final

GAP: Final = "  "
WIDE: Final = "\u3040-\u30ff\u3400-\u9fff"
"""Kana and Chinese characters, between which a line may end."""
PIECE: Final = re.compile(rf"(?:[{WIDE}]|[^\s{WIDE}]+)[、。・ー」)]*\s*")
"""What stays on a line: a word or such a character, with the mark that follows it."""


def plain_table(
    columns: Mapping[str, Sequence[str]],
    *,
    right: Collection[str] = (),
    cut: Mapping[str, int] = MappingProxyType({}),
    width: int | None = None,
) -> str:
    """Return columns side by side under their heads.

    Args:
        columns: cells by head.
        right: heads of columns whose cells end at the same place.
        cut: heads of columns whose cells may be cut where the terminal is narrow, with the
            width that they keep.
        width: of the terminal, if it is not to be asked.

    Example:
        >>> print(plain_table({"name": ["or", "種類"], "n": ["16", "4"]}, right=["n"], width=80))
        name   n
        ────────
        or    16
        種類   4
    """
    width = shutil.get_terminal_size().columns if width is None else width
    cells = {head: [head, *map(one_line, each)] for head, each in columns.items()}
    sizes = {head: max(map(cell_width, each)) for head, each in cells.items()}
    too_much = sum(sizes.values()) + len(GAP) * (len(sizes) - 1) - width
    for _ in range(too_much):
        # the widest gives way, so that what is short stays legible
        long = {head: sizes[head] for head, least in cut.items() if sizes.get(head, 0) > least}
        if long:
            sizes[max(long, key=lambda head: long[head])] -= 1
    lines = [
        GAP.join(_fitted(cells[head][i], sizes[head], head in right) for head in columns).rstrip()
        for i in range(len(next(iter(cells.values()))))
    ]
    lines.insert(1, "─" * (sum(sizes.values()) + len(GAP) * (len(sizes) - 1)))
    return "\n".join(lines)


def one_line(text: str) -> str:
    """Return text with line breaks and control characters written out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def cell_width(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


def folded(text: str, width: int) -> list[str]:
    """Return text in lines of a width: parted at blanks, or anywhere in scripts without them.

    Example:
        >>> folded("weights and biases", 12), folded("学習率、損失", 8)
        (['weights and', 'biases'], ['学習率、', '損失'])
    """
    lines = [""]
    for piece in PIECE.findall(text):
        if lines[-1] and cell_width(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _fitted(text: str, size: int, right: bool) -> str:
    if cell_width(text) > size:
        while cell_width(text) > size - 1:
            text = text[:-1]
        text += "…"
    blanks = " " * (size - cell_width(text))
    return blanks + text if right else text + blanks
