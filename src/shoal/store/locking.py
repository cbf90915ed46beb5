"""The right to write to a folder or file: one process has it, and loses it when it dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shoal.errors import StoreError
from shoal.store.trouble import told

PATIENCE_S: Final = 0.2
"""How long a lock is asked for: who only looks whether it is held, holds it for a moment."""


@contextlib.contextmanager
def writing(lock: Path, source: str) -> Iterator[None]:
    """Hold the right to write; the system lets go of it if the process dies.

    Args:
        lock: a file, which stays there.
        source: what is written to, for errors.

    Raises:
        StoreError: another process holds it, or the folder cannot be written to.
    """
    with told(source):
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    try:
        until = time.monotonic() + PATIENCE_S
        while not _take(handle):
            if time.monotonic() > until:
                reason = "another process is writing to it."
                raise StoreError(source, reason, "Wait for its end, or stop it.", code="S103")
            time.sleep(0.01)
        yield
    finally:
        os.close(handle)


def is_written(lock: Path) -> bool:
    """Return whether a process holds the right to write."""
    try:
        handle = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not _take(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def _take(handle: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
