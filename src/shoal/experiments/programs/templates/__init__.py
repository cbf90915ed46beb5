"""The text that programs are put together from, in pieces; each file is nearly Python."""

from __future__ import annotations

import functools
import re
from importlib.resources import files
from typing import Final

_MARK: Final = re.compile(r"^#: (\w+)\n", re.MULTILINE)
"""A line before each piece, with its name."""


@functools.cache
def pieces(name: str) -> dict[str, str]:
    """Return the pieces of a template by name.

    Example:
        >>> pieces("data")["epochs"].splitlines()[0]
        'def epochs(rows, rng):'
    """
    text = files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    _, *parts = _MARK.split(text)
    return dict(zip(parts[::2], (part.strip("\n") for part in parts[1::2]), strict=True))
