"""Files that appear whole or not at all.

A temporary file in the same folder, flush, fsync, rename, fsync of the folder: after a
crash there is the old file or the new one, never half of either.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from shoal.errors import InputError, OutputExistsError


def check_output(path: str | os.PathLike[str], *, force: bool = False) -> Path:
    """Return `path` if it may be written; say why not before any work is done.

    Raises:
        OutputExistsError: the file is there and `force` is false.
        InputError: the folder is not there or may not be written to, or the path is a
            folder, a device or no file name at all.
    """
    target = Path(path)
    if "\0" in str(target):
        raise InputError(f"{str(target)!r}: is not a file name.", code="O108")
    try:
        _check_place(target)
        there = target.exists()
    except OSError as error:
        if isinstance(error, InputError):
            raise
        raise _unwritable(target, error) from None
    if there and not force:
        raise OutputExistsError(str(path))
    return target


def write_bytes(path: str | os.PathLike[str], content: bytes, *, force: bool = False) -> None:
    """Write `content` to `path` so that it appears whole.

    Raises:
        OutputExistsError: the file is there and `force` is false.
        InputError: the file cannot be written (no folder, no right, disk full).
    """
    with whole_file(path, force=force) as file:
        file.write(content)


@contextlib.contextmanager
def whole_file(
    path: str | os.PathLike[str], *, force: bool = False, part: str | None = None
) -> Iterator[BinaryIO]:
    """Open a file to be written that appears whole at the end of the block, or not at all.

    A link is followed: the file that it names is replaced, and the link stays.

    Args:
        path: the file.
        force: replace one that is there.
        part: what it is called until it is whole, where only one process writes it at a time:
            what a killed process left of it is then written over. A new name if not given.

    Raises:
        OutputExistsError: the file is there and `force` is false.
        InputError: the file cannot be written (no folder, no right, disk full).
    """
    named = check_output(path, force=force)
    target = Path(os.path.realpath(named))
    written: list[str] = []
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        handle, name = _part_file(target.parent, part)
        written.append(name)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, target)
        written.clear()
        _sync_folder(target.parent)
    except OSError as error:
        if isinstance(error, InputError):  # of the block, which may read other files
            raise
        raise _unwritable(named, error) from error
    finally:
        for name in written:
            with contextlib.suppress(OSError):
                os.unlink(name)


def _check_place(target: Path) -> None:
    folder = target.parent
    if target.is_dir():
        raise InputError(f"{target}: is a folder. Name a file in it.", code="O106")
    if not folder.is_dir():
        raise InputError(f"{target}: the folder '{folder}' does not exist.", code="O107")
    if target.exists() and not target.is_file():
        raise InputError(f"{target}: is a device or a pipe. Name a file.", code="O110")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{target}: the folder '{folder}' may not be written to.", code="O103")


def _part_file(folder: Path, name: str | None) -> tuple[int, str]:
    if name is None:
        return tempfile.mkstemp(dir=folder, prefix=".shoal-", suffix=".part")
    path = str(folder / name)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path, flags, 0o600), path


def _unwritable(target: Path, error: OSError) -> InputError:
    return InputError(f"{target}: cannot be written: {error.strerror or error}.", code="O103")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
