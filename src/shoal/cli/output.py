"""What commands write: JSON as UTF-8, whatever the terminal speaks; files by their suffix."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from shoal.errors import InputError
from shoal.files import check_output

REPORT: Final = ".html"
"""The suffix of a report."""


def check_files(outputs: Sequence[Path], writes: Mapping[str, str], *, force: bool) -> None:
    """Refuse files that cannot be written, before any work is done.

    Args:
        outputs: the files.
        writes: what a suffix stands for.
        force: whether files that exist may be replaced.

    Raises:
        InputError: another suffix, a file named twice, or one that cannot be written.
        MissingExtraError: a report is asked for, and what draws its charts is not installed.
    """
    for number, path in enumerate(outputs):
        if path.suffix not in writes:
            *known, last = (f"{suffix} ({what})" for suffix, what in writes.items())
            told = f"{', '.join(known)} or {last}" if known else last
            raise InputError(f"{path}: must end in {told}.")
        if path in outputs[:number]:
            raise InputError(f"{path}: is named twice as an output. Name it once.")
        check_output(path, force=force)
    if any(path.suffix == REPORT for path in outputs):
        from shoal.charts.saving import renderer

        renderer()


def write_report(record: Any, path: Path, *, force: bool, figure: str | None = None) -> None:
    """Write what came of something as one page; see `shoal.charts.report`."""
    from shoal.charts.report import report

    report(record, path, figure=figure, force=force)


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
