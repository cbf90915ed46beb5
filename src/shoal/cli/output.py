"""What commands write: JSON as UTF-8, whatever the terminal speaks; files by their suffix."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
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
            raise InputError(f"{path}: must end in {told}.", code="O109")
        if path in outputs[:number]:
            raise InputError(f"{path}: is named twice as an output. Name it once.", code="O111")
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


def print_json(document: Any, *, files: Iterable[Path] | None = None) -> None:
    """Print one JSON document.

    Args:
        document: what it holds.
        files: those that were written, which become its member "files".
    """
    if files is not None:
        document = {**document, "files": files_written(files)}
    sys.stdout.flush()
    # a name that is no text is written as JSON escapes it
    sys.stdout.buffer.write(to_json(document).encode(errors="backslashreplace"))
    sys.stdout.buffer.flush()


def print_line(document: Any) -> None:
    """Print one JSON document on one line, at once: of what goes on after it, such as a server."""
    print(json.dumps(document, allow_nan=False), flush=True)


def files_written(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Return files as JSON tells them: path, size and SHA-256; those that are not there are not.

    A model is not written where every network diverged.
    """
    import hashlib

    found = []
    for path in paths:
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found.append({"path": str(path), "bytes": path.stat().st_size, "sha256": digest})
    return found


def attempted(write: Callable[[], object]) -> BaseException | None:
    """Write files; return what went wrong, which is to be raised once the answer is out."""
    try:
        write()
    except BaseException as error:
        return error
    return None


def standard_input() -> BinaryIO | None:
    """Return the bytes that come in, or None where standard input is closed."""
    return sys.stdin.buffer if sys.stdin is not None else None
