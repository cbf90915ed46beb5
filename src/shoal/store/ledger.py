"""Results of chunks as they come, in one file: what is acknowledged survives whatever happens.

Chunks are written in groups, so that thousands a second cost a few waits for the disk; a chunk
is acknowledged once its group is on it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from shoal.errors import StoreError
from shoal.store.locking import writing
from shoal.store.trouble import told

if TYPE_CHECKING:
    import numpy as np

GROUP_S: Final = 0.1
GROUP_CHUNKS: Final = 256
GROUP_BYTES: Final = 8 * 2**20
"""When a group is written: so long after the last one, or so large."""
LEDGER: Final = 0x53484C43
"""Marks the file as a ledger ("SHLC")."""
VERSION: Final = 1
_TABLES: Final = """
CREATE TABLE chunks (
    chunk INTEGER PRIMARY KEY, crc INTEGER NOT NULL, arrays BLOB NOT NULL
) STRICT;
CREATE INDEX progress ON chunks (chunk);
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


class Ledger:
    """Results of chunks by their numbers; see `Ledger.open`."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, stack: contextlib.ExitStack
    ) -> None:
        self.path = path
        self._connection = connection
        self._stack = stack
        self._guard = threading.RLock()
        self._pending: dict[int, tuple[int, bytes]] = {}
        self._pending_bytes = 0
        self._damaged: set[int] = set()
        self._written = float("-inf")
        self._count = self._counted()

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, about: str | None = None, write: bool = True
    ) -> Self:
        """Open a ledger; begin one if there is none.

        Args:
            path: the file.
            about: what the chunks belong to, such as a digest: one that was begun for something
                else is refused.
            write: whether chunks will be put; only one process can. Those who only read never
                wait, and never hold it up.

        Raises:
            StoreError: another process writes to it, it belongs to something else, is damaged,
                from a newer shoal, or cannot be written.
        """
        file = Path(path)
        stack = contextlib.ExitStack()
        try:
            if write:
                stack.enter_context(writing(file.with_name(f".{file.name}.lock"), str(file)))
            with told(str(file)):
                connection = _connected(file, write)
                stack.callback(connection.close)
                _check(file, connection, about, write)
                return cls(file, connection, stack)
        except BaseException:
            stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except StoreError:
            if error is None:
                raise

    @property
    def n_pending(self) -> int:
        """Chunks that were put and are not acknowledged yet."""
        return len(self._pending)

    def put(self, chunk: int, arrays: Mapping[str, np.ndarray]) -> bool:
        """Put the result of a chunk; one that is there already stays, unless it is damaged.

        Returns:
            Whether everything put so far is acknowledged, i.e. on the disk.

        Raises:
            StoreError: the disk is full or does not take it; nothing is forgotten, and the next
                `put` or `flush` tries again.
        """
        from shoal.store.packing import packed

        content = packed(arrays)
        with self._guard:
            self._pending[int(chunk)] = zlib.crc32(content), content
            self._pending_bytes += len(content)
            waited = time.monotonic() - self._written
            many = len(self._pending) >= GROUP_CHUNKS or self._pending_bytes >= GROUP_BYTES
            if many or waited >= GROUP_S:
                self.flush()
            return not self._pending

    def flush(self) -> None:
        """Write what is pending; on return it is acknowledged.

        Raises:
            StoreError: the disk is full or does not take it.
        """
        with self._guard:
            if not self._pending:
                return
            rows = [(chunk, crc, content) for chunk, (crc, content) in self._pending.items()]
            spoilt = [(chunk,) for chunk in self._damaged & self._pending.keys()]
            with told(str(self.path)), _transaction(self._connection) as cursor:
                cursor.executemany("DELETE FROM chunks WHERE chunk = ?", spoilt)
                cursor.executemany("INSERT OR IGNORE INTO chunks VALUES (?, ?, ?)", rows)
                added = cursor.rowcount
            self._count += added - len(spoilt)
            self._damaged -= self._pending.keys()
            self._pending.clear()
            self._pending_bytes = 0
            self._written = time.monotonic()

    def count(self) -> int:
        """Return how many chunks are acknowledged."""
        with self._guard, told(str(self.path)):
            if self._connection.execute("PRAGMA query_only").fetchone()[0]:
                self._count = self._counted()
            return self._count

    def done(self) -> set[int]:
        """Return the numbers of the chunks that were put, those that are pending too."""
        with self._guard, told(str(self.path)):
            found = {chunk for (chunk,) in self._connection.execute("SELECT chunk FROM chunks")}
            return found | self._pending.keys()

    def missing(self, n_chunks: int) -> Iterator[int]:
        """Yield the numbers below `n_chunks` that were not put, in order, in bounded memory."""
        at = 0
        while at < n_chunks:
            with self._guard, told(str(self.path)):
                query = "SELECT chunk FROM chunks WHERE chunk >= ? ORDER BY chunk LIMIT 10000"
                there = {chunk for (chunk,) in self._connection.execute(query, (at,))}
            full = len(there) == 10_000
            until = min(n_chunks, max(there) + 1) if full else n_chunks
            there |= self._pending.keys()
            yield from (chunk for chunk in range(at, until) if chunk not in there)
            at = until

    def read(self, chunk: int) -> dict[str, np.ndarray]:
        """Return the result of a chunk.

        Raises:
            StoreError: there is none, or it is damaged.
        """
        with self._guard, told(str(self.path)):
            pending = self._pending.get(int(chunk))
            query = "SELECT crc, arrays FROM chunks WHERE chunk = ?"
            found = pending or self._connection.execute(query, (int(chunk),)).fetchone()
        if found is None:
            raise StoreError(str(self.path), f"holds no chunk {chunk}.", code="S107")
        return self._arrays(chunk, *found)

    def __iter__(self) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        """Yield number and result of each acknowledged chunk in order, one at a time."""
        after: int | None = None
        query = "SELECT chunk, crc, arrays FROM chunks WHERE ? IS NULL OR chunk > ? ORDER BY chunk"
        while True:
            with self._guard, told(str(self.path)):
                rows = self._connection.execute(query + " LIMIT 64", (after, after)).fetchall()
            if not rows:
                return
            for chunk, crc, content in rows:
                yield chunk, self._arrays(chunk, crc, content)
            after = rows[-1][0]

    def close(self) -> None:
        """Write what is pending and let the file go.

        Raises:
            StoreError: what was pending could not be written.
        """
        try:
            with contextlib.suppress(sqlite3.ProgrammingError):
                self.flush()
        finally:
            self._stack.close()

    def _arrays(self, chunk: int, crc: int, content: bytes) -> dict[str, np.ndarray]:
        from shoal.store.packing import unpacked

        try:
            if zlib.crc32(content) == crc:
                return unpacked(content)
        except ValueError:
            pass
        self._damaged.add(int(chunk))
        raise StoreError(
            str(self.path), f"is damaged: chunk {chunk} is not what was written.", code="S107"
        )

    def _counted(self) -> int:
        found: int = self._connection.execute("SELECT count(*) FROM chunks").fetchone()[0]
        return found


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Cursor]:
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    try:
        yield cursor
        cursor.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            cursor.execute("ROLLBACK")
        raise


def _connected(file: Path, write: bool) -> sqlite3.Connection:
    how = "rwc" if write else "ro"
    # threads take turns: see `_guard`
    return sqlite3.connect(
        f"{file.absolute().as_uri()}?mode={how}",
        uri=True,
        timeout=10,
        isolation_level=None,
        check_same_thread=False,
    )


def _check(file: Path, connection: sqlite3.Connection, about: str | None, write: bool) -> None:
    """Begin a new ledger, or see that this one is ours."""
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    n_tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if write:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    else:
        connection.execute("PRAGMA query_only = ON")
    if not n_tables and write:
        with _transaction(connection) as cursor:
            for statement in _TABLES.split(";")[:-1]:
                cursor.execute(statement)
            cursor.execute("INSERT INTO about VALUES ('about', ?)", (about or "",))
            cursor.execute(f"PRAGMA application_id = {LEDGER}")
            cursor.execute(f"PRAGMA user_version = {VERSION}")
        return
    if not n_tables:
        raise StoreError(str(file), "has not been begun yet.", code="S105")
    if mark != LEDGER:
        raise StoreError(str(file), "is no ledger of shoal.", code="S105")
    if version > VERSION:
        reason = f"was made by a newer shoal: its version is {version}, this shoal reads {VERSION}."
        raise StoreError(str(file), reason, "Update shoal.", code="S104")
    known = connection.execute("SELECT value FROM about WHERE name = 'about'").fetchone()[0]
    if about is not None and known != about:
        raise StoreError(
            str(file), "holds the chunks of something else.", "Name another file.", code="S105"
        )
