"""Files that appear whole or not at all.

A temporary file in the same folder, flush, fsync, rename, fsync of the folder: after a
crash there is the old file or the new one, never half of either.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

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
        raise OutputExistsError(str(target))
    return target


def write_bytes(path: str | os.PathLike[str], content: bytes, *, force: bool = False) -> None:
    """Write `content` to `path` so that it appears whole.

    Raises:
        OutputExistsError: the file is there and `force` is false.
        InputError: the file cannot be written (no folder, no right, disk full).
    """
    target = check_output(path, force=force)
    try:
        _replace(target, content)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{target}: cannot be written: {reason}.") from error


def _replace(target: Path, content: bytes) -> None:
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    _sync_folder(target.parent)


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
