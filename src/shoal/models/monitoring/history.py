"""The history of a model in use: one line of JSON for each look at it, beside the model.

Lines are only ever added, one process at a time; a line that a crash cut short is passed over.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, ValidationError, field_validator

from shoal.errors import InputError, MissingFileError
from shoal.models.monitoring.watched import Watched
from shoal.records import Record
from shoal.views import Viewed

SUFFIX: Final = ".history.jsonl"
MOST_COLUMNS: Final = 32
"""Columns whose drift is kept: those that drifted furthest."""
MOST_BYTES: Final = 2**24
"""What is read of a history, from its end: some ten thousand looks."""
LONGEST: Final = 2**16
"""A line that is longer is none of ours."""
PATIENCE_S: Final = 10.0
"""How long another process may take to write its line."""


class Past(Record):
    """One figure of a look: what it was, and what it was held against.

    Attributes:
        name: of the figure.
        value, low, high: the figure and its interval.
        n: of as many rows, or what their weights are worth.
        bar: None where nothing was asked.
        falls_short: whether it missed the bar.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    name: str = Field(max_length=100)
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: float | None = None
    bar: float | None = None
    falls_short: bool = False


class Look(Record):
    """One line of a history.

    Attributes:
        time: ISO 8601 in UTC.
        model: the beginning of the digest of the model's weights.
        data: the name of the rows' file.
        verdict: "ok", "fell short" or "watched".
        n_rows: all rows.
        n_labelled: those with known targets.
        n_unlike: rows unlike the training rows, or None.
        checks: its figures.
        drift: the population stability index of columns by name, those furthest off.
        rows: the beginning of a digest of the labelled rows.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    time: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    model: str = Field(max_length=100)
    data: str = Field(default="", max_length=5000)
    verdict: str = Field(max_length=20)
    n_rows: Annotated[int, Field(ge=0)]
    n_labelled: Annotated[int, Field(ge=0)] = 0
    n_unlike: int | None = None
    checks: tuple[Past, ...] = ()
    drift: dict[str, float] = Field(default_factory=dict)
    rows: str = Field(default="", max_length=100)

    @field_validator("time")
    @classmethod
    def _is_a_time(cls, time: str) -> str:
        datetime.fromisoformat(time)
        return time


@dataclass(frozen=True, kw_only=True, eq=False)
class History(Viewed):
    """What is known of a model in use.

    Attributes:
        source: the file.
        looks: in the order in which they were written.
        n_damaged: lines that are no look, which were passed over.
        is_whole: whether the file was read from its beginning.
    """

    source: str
    looks: tuple[Look, ...]
    n_damaged: int = 0
    is_whole: bool = True


def history_file(model: str | os.PathLike[str]) -> Path:
    """Return the file that a model's history is kept in, beside it.

    Example:
        >>> str(history_file("models/flowers.safetensors"))
        'models/flowers.history.jsonl'
    """
    file = Path(model)
    return file.with_name(file.name.removesuffix(".safetensors") + SUFFIX)


def look_of(watched: Watched) -> Look:
    """Return what a history keeps of one look at a model."""
    worth = {each.name: each.n_effective for each in watched.figures}
    furthest = sorted(watched.drift or (), key=lambda each: -each.psi)[:MOST_COLUMNS]
    return Look(
        time=watched.time,
        model=watched.model,
        data=watched.data[:5000],
        verdict=watched.verdict,
        n_rows=watched.n_rows,
        n_labelled=watched.n_labelled,
        n_unlike=watched.n_unlike,
        checks=tuple(
            Past(name=each.name, value=each.value, low=each.low, high=each.high,
                 n=worth.get(each.name), bar=each.bar, falls_short=each.falls_short)
            for each in watched.checks
        ),
        drift={each.name: each.psi for each in furthest},
        rows=watched.rows,
    )  # fmt: skip


def check_history(file: Path) -> None:
    """Check that a history may be written, before any work is done.

    Raises:
        InputError: the file or its folder may not be written to, or it is no file.
    """
    target = file if file.exists() else file.parent
    if file.exists() and not file.is_file():
        raise InputError(f"{file}: is not a file. Give --no-history to keep none.", code="R103")
    if not os.access(target, os.W_OK):
        raise InputError(
            f"{file}: may not be written to. Give --no-history to keep none.", code="O103"
        )


def append(file: str | os.PathLike[str], look: Look) -> None:
    """Add a look to a history; on return it is on the disk.

    Of columns with names so long that the line would not be read back, those that drifted
    least are left out.

    A line that was cut short is ended first; if this one cannot be written whole, nothing of
    it stays.

    Raises:
        InputError: another process holds the file for long, or it cannot be written.
    """
    path = Path(file)
    line = _line(look)
    while len(line) > LONGEST and look.drift:
        kept = list(look.drift.items())[: len(look.drift) // 2]
        look = look.model_copy(update={"drift": dict(kept)})
        line = _line(look)
    try:
        is_new = not path.exists()
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        handle = os.open(path, flags, 0o666)
        try:
            _hold(handle, path)
            _write(handle, line + b"\n")
        finally:
            os.close(handle)
        if is_new:
            _sync_folder(path.parent)
    except OSError as error:
        if isinstance(error, InputError):
            raise
        cure = "Give --no-history to keep none."
        raise InputError(
            f"{path}: cannot be written: {error.strerror or error}. {cure}", code="O103"
        ) from error


def read_history(file: str | os.PathLike[str]) -> History:
    """Return a history, the last of it where it is very long.

    Raises:
        MissingFileError: there is none.
        InputError: it cannot be read.
    """
    path = Path(file)
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is not a file.", code="R103")
    try:
        with path.open("rb") as opened:
            size = opened.seek(0, os.SEEK_END)
            start = max(0, size - MOST_BYTES)
            opened.seek(start)
            content = opened.read(MOST_BYTES)
    except FileNotFoundError:
        raise MissingFileError(str(path), []) from None
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror or error}.", code="O105"
        ) from error
    lines = content.split(b"\n")
    looks, n_damaged = [], 0
    for line in lines[1 if start else 0 :]:
        if not line.strip():
            continue
        look = _look(line)
        n_damaged += look is None
        looks += [] if look is None else [look]
    return History(source=str(path), looks=tuple(looks), n_damaged=n_damaged, is_whole=start == 0)


def _line(look: Look) -> bytes:
    document = look.model_dump(mode="json")
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode()


def _look(line: bytes) -> Look | None:
    if len(line) > LONGEST:
        return None
    try:
        found: Any = json.loads(line)
        return Look.model_validate(found)
    except (ValueError, RecursionError, ValidationError):
        return None


def _hold(handle: int, path: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                told = "another process has been writing to it for ten seconds"
                raise InputError(f"{path}: {told}. Wait for its end.", code="R103") from None
            time.sleep(0.02)


def _write(handle: int, line: bytes) -> None:
    """Write a line at the end, or nothing."""
    size = os.fstat(handle).st_size
    torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
    content = b"\n" + line if torn else line
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(handle, size)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


__all__ = ["History", "Look", "append", "check_history", "history_file", "look_of", "read_history"]
