"""One code of an error: what is told of it wherever it is met."""

# ruff: noqa: E501 - the example needs its line
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A situation that people meet, under a code that never changes its meaning.

    Attributes:
        code: a letter for the kind and three digits.
        name: the situation in a few words.
        cause: why it happens, one sentence.
        cure: what to do, one sentence; it ends every message that brings none of its own.
        example: one message as it is shown, without what stands in front.
        page: the page of the documentation that tells more, without its suffix.
    """

    code: str
    name: str
    cause: str
    cure: str
    example: str
    page: str


def gathered(page: str, rows: str) -> tuple[Code, ...]:
    """Return the codes of a text: a paragraph each, of name, cause, cure and example.

    Args:
        page: of the documentation, where a code does not name its own after `` @ ``.
        rows: paragraphs of four lines; the first begins with the code.

    Example:
        >>> gathered("data", "Q101 gap\\nA cell is empty.\\nFill it.\\na.csv: empty. Fill it.")[0].cure
        'Fill it.'
    """
    codes = []
    for paragraph in rows.strip().split("\n\n"):
        head, cause, cure, example = paragraph.split("\n")
        code, _, name = head.partition(" ")
        name, _, own = name.partition(" @ ")
        codes.append(
            Code(code=code, name=name, cause=cause, cure=cure, example=example, page=own or page)
        )
    return tuple(codes)
