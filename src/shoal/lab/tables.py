"""Tables that pages bring: kept in one private folder of a studio, each under its digest.

A page reaches only what it brought itself; the folder goes when the studio closes, and that of
one that was killed when another is made.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

from shoal.errors import InputError
from shoal.lab.session import OwnTable

MAX_BYTES: Final = 32 * 2**20
"""Of one table."""
MAX_TABLES: Final = 8
"""Of one page; of more the first is let go."""
PREFIX: Final = "shoal-lab-tables-"
"""No other folder begins so: what begins so and is held by nobody is deleted."""
YOUNG_S: Final = 60.0
"""Seconds for which a folder that nobody holds is left: somebody may be about to."""


def file_of(table: OwnTable) -> str:
    """Return the name of a table's file in the folder."""
    return f"{table.digest}.csv"


class Folder:
    """The folder of a studio, made when the first table comes."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._hold = -1
        self._uses: dict[str, int] = {}
        self._is_closed = False
        self._lock = threading.RLock()

    @property
    def path(self) -> Path:
        """Where the files are; only the user may look (mode 0700).

        Raises:
            OSError: it cannot be made, or is closed.
        """
        with self._lock:
            if self._is_closed:
                raise OSError(0, "the lab has ended")
            if self._path is None:
                sweep()
                self._path = Path(tempfile.mkdtemp(prefix=PREFIX))
                self._hold = _held(self._path)
            return self._path

    def keep(self, digest: str, content: bytes) -> None:
        """Write a file, if it is not there, and count its use."""
        with self._lock:
            if not self._uses.get(digest):
                file = self.path / f"{digest}.csv"
                try:
                    file.touch(mode=0o600)
                    file.write_bytes(content)
                except OSError:
                    with contextlib.suppress(OSError):
                        file.unlink()  # a part of it, on a full disk
                    raise
            self._uses[digest] = self._uses.get(digest, 0) + 1

    def let_go(self, digest: str) -> None:
        """End a use; a file that nobody uses goes."""
        with self._lock:
            self._uses[digest] = self._uses.get(digest, 1) - 1
            if self._uses[digest] <= 0:
                del self._uses[digest]
                if self._path is not None:
                    (self._path / f"{digest}.csv").unlink(missing_ok=True)

    def close(self) -> None:
        """Delete the folder; nothing is kept any more."""
        with self._lock:
            self._is_closed = True
            if self._path is not None:
                shutil.rmtree(self._path, ignore_errors=True)
                os.close(self._hold)
                self._path = None
            self._uses.clear()


def sweep() -> None:
    """Delete the folders of this user's studios that were killed: nobody holds them."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # held, somebody else's, or gone by now
            hold = _held(path)
            try:
                state = os.fstat(hold)
                is_old = time.time() - state.st_mtime > YOUNG_S
                if is_old and state.st_uid == os.geteuid():
                    shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(hold)


def _held(path: Path) -> int:
    """Open and lock a folder; the lock goes with the process, however that ends.

    Raises:
        OSError: another holds it, or it is no folder.
    """
    hold = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(hold)
        raise
    return hold


class Tables:
    """The tables that one page brought."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._digests: list[str] = []
        self._is_closed = False
        self._lock = threading.Lock()  # one thread brings, another closes

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self._folder.path

    def bring(self, digest: str, content: bytes) -> None:
        """Take a table.

        Raises:
            InputError: it is too large, or not what its digest says.
        """
        if len(content) > MAX_BYTES:
            raise InputError(
                f"the table must have at most {MAX_BYTES // 2**20} MiB; got "
                f"{len(content) / 2**20:.1f}. Bring fewer rows or columns.",
                code="L101",
            )
        if hashlib.sha256(content).hexdigest() != digest:
            raise InputError(
                "the table is not the one that its digest names. Bring it again.", code="L103"
            )
        with self._lock:
            if self._is_closed:
                return
            if digest in self._digests:
                self._digests.remove(digest)  # the newest again
            else:
                self._folder.keep(digest, content)
            self._digests.append(digest)
            if len(self._digests) > MAX_TABLES:
                self._folder.let_go(self._digests.pop(0))

    def has(self, table: OwnTable) -> bool:
        """Return whether a table was brought."""
        return table.digest in self._digests

    def path_of(self, table: OwnTable) -> Path:
        """Return where the bytes of a table lie.

        Raises:
            InputError: they were not brought.
        """
        if not self.has(table):
            raise InputError(
                f"the table '{table.name}' was not brought. Choose its file again.", code="L103"
            )
        return self.folder / file_of(table)

    def close(self) -> None:
        """Let go of all of them; none is taken any more."""
        with self._lock:
            self._is_closed = True
            while self._digests:
                self._folder.let_go(self._digests.pop())
