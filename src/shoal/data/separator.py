"""Which character parts the values of a text table, from its header and first rows."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from shoal.data.wording import show
from shoal.errors import DataError

SEPARATORS = (",", ";", "\t", "|")
_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " "}


def check_separator(separator: str, *, source: str = "") -> str:
    """Return the one character that `separator` stands for.

    Args:
        separator: a character, or one of the names tab, comma, semicolon, space.
        source: the file's name for messages.

    Raises:
        DataError: it is not one character, or one that cannot part values.
    """
    character = _NAMES.get(separator, separator)
    if len(character) != 1 or character.isalnum() or character in '"\r\n\0.+-_':
        raise DataError(
            f"{show(separator)} cannot be a separator.",
            source=source,
            cure="Give one character, such as ',' or ';', or 'tab'.",
            code="D117",
        )
    return character


def guess_separator(sample: Sequence[str], *, whole: bool, fallback: str = ",") -> str:
    """Return the separator that cuts the sampled lines most evenly.

    Each candidate reads the sample with quotes respected; the best one gives the most rows
    as long as the header, then the most columns.

    Args:
        sample: the first lines, line ends included.
        whole: the sample is the whole file, so its last row is complete.
        fallback: the answer for a table of one column.
    """
    best, best_score = fallback, (0.0, 1)
    for separator in SEPARATORS:
        widths = _widths(sample, separator)
        if not whole and len(widths) > 1:
            widths = widths[:-1]
        if not widths or widths[0] < 2:
            continue
        even = sum(width == widths[0] for width in widths) / len(widths)
        if (even, widths[0]) > best_score:
            best, best_score = separator, (even, widths[0])
    return best


def _widths(sample: Sequence[str], separator: str) -> list[int]:
    try:
        reader = csv.reader(sample, delimiter=separator, skipinitialspace=True)
        return [len(row) for row in reader if row]
    except csv.Error:
        return []
