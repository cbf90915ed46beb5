"""From a file's name to its bytes or tables: what is there, what it is, what went wrong.

Every reader starts here, so a missing file, a folder or a forbidden one is told alike.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from shoal.data.delimited import OnError, TextFormat, read_chunks
from shoal.data.frames import PARQUET_MAGIC, read_parquet_chunks
from shoal.data.table import Table
from shoal.errors import DataError, InputError, MissingFileError

STANDARD_INPUT = "-"


@contextlib.contextmanager
def open_file(
    file: str, folder: Path | None = None, stdin: BinaryIO | None = None
) -> Iterator[BinaryIO]:
    """Open a file for reading bytes.

    Args:
        file: its name as given, relative to `folder` or absolute; ``-``: `stdin`.
        folder: where relative names start; None: the working folder.
        stdin: what ``-`` stands for; it is not closed.

    Raises:
        MissingFileError: there is no such file; near names are told.
        InputError: it is a folder, or cannot be read.
    """
    if file == STANDARD_INPUT:
        if stdin is None:
            raise InputError("standard input: cannot be read here. Name a file.", code="O105")
        yield stdin
        return
    with _open(file, (folder or Path()) / file) as opened:
        yield opened


def source_name(file: str) -> str:
    """Return what a file is called in messages."""
    return "standard input" if file == STANDARD_INPUT else file


def read_content(file: str, folder: Path | None = None, stdin: BinaryIO | None = None) -> bytes:
    """Return a file's bytes.

    Raises:
        MissingFileError: there is no such file.
        InputError: it is a folder, or cannot be read.
    """
    with open_file(file, folder, stdin) as opened:
        try:
            return opened.read()
        except OSError as error:
            raise _unreadable(source_name(file), error) from error


def read_tables(
    file: str,
    *,
    folder: Path | None = None,
    stdin: BinaryIO | None = None,
    form: TextFormat | None = None,
    rows: int | None = 50_000,
    on_error: OnError = "stop",
) -> Iterator[Table]:
    """Read a text table or a Parquet file in chunks, text in constant memory.

    Args:
        file: its name, or ``-``.
        folder: where relative names start; None: the working folder.
        stdin: what ``-`` stands for.
        form: encoding, separator and decimal mark of a text table.
        rows: rows of a chunk; None: all in one.
        on_error: what to do about ragged rows.

    Raises:
        InputError: the file cannot be opened, or as for `read_chunks`.
    """
    with open_file(file, folder, stdin) as opened:
        yield from tables_of(opened, source_name(file), form=form, rows=rows, on_error=on_error)


def tables_of(
    stream: BinaryIO,
    source: str,
    *,
    form: TextFormat | None = None,
    rows: int | None = 50_000,
    on_error: OnError = "stop",
) -> Iterator[Table]:
    """Read tables from bytes, which say themselves whether they are Parquet or text.

    Raises:
        DataError: as for `read_chunks` and `read_parquet_chunks`.
    """
    try:
        head = stream.read(len(PARQUET_MAGIC))
        if head == PARQUET_MAGIC:
            yield from read_parquet_chunks(_seekable(stream, head), source=source, rows=rows)
            return
    except OSError as error:
        if isinstance(error, InputError):
            raise
        raise _unreadable(source, error) from error
    if source.lower().endswith((".parquet", ".pq")):
        raise DataError(
            "is not a Parquet file.", source=source, cure="Is it damaged or misnamed?", code="D118"
        )
    yield from read_chunks(
        stream, source=source, form=form, head=head, rows=rows, on_error=on_error
    )


def _seekable(stream: BinaryIO, head: bytes) -> BinaryIO:
    """Return a Parquet file from its start; only a pipe is taken into memory."""
    if stream.seekable():
        stream.seek(-len(head), io.SEEK_CUR)
        return stream
    return io.BytesIO(head + stream.read())


def _open(source: str, path: Path) -> BinaryIO:
    try:
        if path.is_dir():
            raise InputError(f"{source}: is a folder. Name a file in it.", code="O106")
        return path.open("rb")
    except FileNotFoundError:
        raise MissingFileError(source, _nearby(source, path)) from None
    except OSError as error:
        raise _unreadable(source, error) from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{source!r}: is not a file name: {error}.", code="O108") from None


def _nearby(source: str, path: Path) -> list[str]:
    """Return the names in the file's folder, written as `source` is."""
    with contextlib.suppress(OSError):
        return sorted(str(Path(source).with_name(found.name)) for found in path.parent.iterdir())
    return []


def _unreadable(source: str, error: OSError) -> InputError:
    return InputError(f"{source}: cannot be read: {error.strerror or error}.", code="O105")
