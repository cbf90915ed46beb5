"""What goes wrong between us and the disk, as one sentence: SQLite's errors and the system's."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from typing import Final

from shoal.errors import ShoalError, StoreError

FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
KEPT: Final = "What was stored before is unharmed."


@contextlib.contextmanager
def told(source: str) -> Iterator[None]:
    """Turn errors of SQLite and of the system into a `StoreError`.

    Args:
        source: what the file or folder is called.

    Raises:
        StoreError: what went wrong, and what to do.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(source, *_reason(error), code="S106") from error
    except OSError as error:
        if isinstance(error, ShoalError):
            raise
        if error.errno in FULL:
            raise StoreError(
                source, "the disk is full.", f"Make room. {KEPT}", code="S106"
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise StoreError(source, "may not be written to.", _ELSEWHERE, code="S106") from error
        told = f"cannot be used: {error.strerror or error}."
        raise StoreError(source, told, _ELSEWHERE, code="S106") from error


_ELSEWHERE: Final = "SHOAL_HOME names another folder for the store."


def _reason(error: sqlite3.Error) -> tuple[str, str]:
    """Return what is wrong, and the cure."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_FULL"):
        return "the disk is full.", f"Make room. {KEPT}"
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return "is damaged, or no store of shoal.", "Move it away; shoal begins a new one."
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "another process has been writing to it for a long time.", "Try again."
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return "may not be written to, or not be opened.", _ELSEWHERE
    if name.startswith("SQLITE_IOERR"):
        return "the disk does not take or give what it should; it may be full.", KEPT
    return f"cannot be used: {error}.", ""
