"""What may be written to a terminal: colours, and lines that are drawn over.

Whoever reads may be a file, a log, a screen reader or a person who wants no colours.
``NO_COLOR`` (with any value) comes before ``FORCE_COLOR`` and ``CLICOLOR_FORCE``, and these come
before what the stream is. None of them can be seen in what is said, but in how.
"""

from __future__ import annotations

import os
import sys
from typing import Final, TextIO

NEVER: Final = "NO_COLOR"
ALWAYS: Final = ("FORCE_COLOR", "CLICOLOR_FORCE")
DUMB: Final = ("dumb", "unknown")


def has_colours(stream: TextIO | None = None) -> bool:
    """Return whether escape codes may be written to a stream, standard output by default."""
    if os.environ.get(NEVER):
        return False
    return is_forced() or is_live(sys.stdout if stream is None else stream)


def is_forced() -> bool:
    """Return whether colours are asked for, wherever they go."""
    wanted = any(os.environ.get(name, "0") not in ("", "0") for name in ALWAYS)
    return wanted and not os.environ.get(NEVER)


def is_live(stream: TextIO | None = None) -> bool:
    """Return whether a line can be drawn over by the next one, on standard error by default."""
    found = sys.stderr if stream is None else stream
    return found.isatty() and os.environ.get("TERM", "") not in DUMB


def has_bars() -> bool:
    """Return whether standard error may show a bar, which takes escape codes to move."""
    return is_live() and not os.environ.get(NEVER)
