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
        InputError: the folder is not there, or the path is a folder.
    """
    target = Path(path)
    if target.is_dir():
        raise InputError(f"{target}: is a folder. Name a file in it.")
    if not target.parent.is_dir():
        raise InputError(f"{target}: the folder '{target.parent}' does not exist.")
    if target.exists() and not force:
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
def whole_file(path: str | os.PathLike[str], *, force: bool = False) -> Iterator[BinaryIO]:
    """Open a file to be written that appears whole at the end of the block, or not at all.

    Raises:
        OutputExistsError: the file is there and `force` is false.
        InputError: the file cannot be written (no folder, no right, disk full).
    """
    target = check_output(path, force=force)
    written: list[str] = []
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(
            dir=target.parent, prefix=f".{target.name}.", suffix=".part"
        )
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
        reason = error.strerror or str(error)
        raise InputError(f"{target}: cannot be written: {reason}.") from error
    finally:
        for name in written:
            with contextlib.suppress(OSError):
                os.unlink(name)


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
