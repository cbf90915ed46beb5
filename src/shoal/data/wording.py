"""How messages about tables show values, names and counts.

One home for the small pieces of every sentence, so that all readers say things alike.
"""

from __future__ import annotations

from collections.abc import Sequence

LONGEST = 40


def show(text: str) -> str:
    """Return `text` in quotes, short and on one line.

    Example:
        >>> show("n/a")
        "'n/a'"
    """
    short = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in short)
    return f"'{plain}'"


def listing(names: Sequence[str], limit: int = 10) -> str:
    """Return names in quotes, parted by commas, at most `limit` of them.

    Example:
        >>> listing(["a", "b", "c"], limit=2)
        "'a', 'b' and 1 more"
    """
    shown = ", ".join(show(name) for name in names[:limit])
    rest = len(names) - limit
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def count(number: int, thing: str) -> str:
    """Return a number with its noun.

    Example:
        >>> count(1, "row"), count(2000, "row")
        ('1 row', '2,000 rows')
    """
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
