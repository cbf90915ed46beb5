"""Standard output and input for machines: JSON as UTF-8, whatever the terminal speaks."""

from __future__ import annotations

import json
import sys
from typing import Any, BinaryIO


def to_json(document: Any) -> str:
    """Return one JSON document with a line end; NaN is refused, null stands for it."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def print_json(document: Any) -> None:
    """Print one JSON document."""
    sys.stdout.flush()
    sys.stdout.buffer.write(to_json(document).encode())
    sys.stdout.buffer.flush()


def standard_input() -> BinaryIO | None:
    """Return the bytes that come in, or None where standard input is closed."""
    return sys.stdin.buffer if sys.stdin is not None else None
