"""The index: one SQLite file that one process at a time writes to and any number read.

Readers never wait and never hold a writer up (write-ahead log); what a writer was told is done is
on the disk (synchronous = FULL).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shoal.errors import StoreError
from shoal.store.trouble import told

INDEX: Final = "shoal.db"
MARK: Final = 0x5348414C
"""Marks the file as ours ("SHAL")."""
VERSION: Final = 1
BUSY_S: Final = 20.0
"""How long a writer waits for another one, which takes milliseconds."""
COLUMNS: Final = (
    "id", "kind", "name", "created", "status", "digest", "figure", "higher", "value", "best",
    "answer", "n_networks", "seconds", "note", "machine", "arithmetic", "version", "has_state",
)  # fmt: skip
_TABLES: Final = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    created REAL NOT NULL,
    status TEXT NOT NULL,
    digest TEXT NOT NULL,
    figure TEXT NOT NULL,
    higher INTEGER NOT NULL,
    value REAL,
    best REAL,
    answer TEXT NOT NULL,
    n_networks INTEGER NOT NULL,
    seconds REAL NOT NULL,
    note TEXT NOT NULL,
    machine TEXT NOT NULL,
    arithmetic TEXT NOT NULL,
    version TEXT NOT NULL,
    has_state INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_name ON runs (name, figure, value);
CREATE INDEX runs_by_kind ON runs (kind);
CREATE INDEX runs_by_value ON runs (figure, value);
CREATE INDEX runs_by_status ON runs (status) WHERE status = 'running';
CREATE TABLE tags (
    tag TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    PRIMARY KEY (tag, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_run ON tags (run);
"""


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection | None]:
    """Yield a connection that can only read; None where nothing was stored yet.

    Raises:
        StoreError: it is damaged, foreign, from a newer shoal, or may not be read.
    """
    file = folder / INDEX
    with told(str(file)):
        if not file.exists():
            yield None
            return
        connection = _reader(file)
        try:
            _check(file, connection)
            # without tables if who was about to begin it is not done, or was killed
            yield connection if _n_tables(connection) else None
        finally:
            connection.close()


@contextlib.contextmanager
def changing(folder: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection in a transaction that is on the disk at the end of the block, or undone.

    Raises:
        StoreError: it cannot be written, is damaged, foreign, or from a newer shoal.
    """
    file = folder / INDEX
    with told(str(file)):
        folder.mkdir(parents=True, exist_ok=True)
        connection = _connected(file, "rwc")
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            _begin(file, connection)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
        finally:
            connection.close()


def _begin(file: Path, connection: sqlite3.Connection) -> None:
    """Make the tables of a new index; two processes may do so at once."""
    if _n_tables(connection):
        _check(file, connection)
        return
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    if not _n_tables(connection):
        for statement in _TABLES.split(";")[:-1]:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {MARK}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _n_tables(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    return found


def _check(file: Path, connection: sqlite3.Connection) -> None:
    """Raise unless the file is an index that we can read."""
    if connection.execute("PRAGMA application_id").fetchone()[0] != MARK:
        if not _n_tables(connection):
            return
        raise StoreError(
            str(file), "is no store of shoal.", "SHOAL_HOME names another folder.", code="S105"
        )
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        reason = f"was made by a newer shoal: its version is {version}, this shoal reads {VERSION}."
        raise StoreError(
            str(file), reason, "Update shoal, or set SHOAL_HOME to another folder.", code="S104"
        )


def _reader(file: Path) -> sqlite3.Connection:
    connection = _connected(file, "ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        # a log needs a file beside it that cannot be made here; without a log there is no need
        connection.close()
        log = file.with_name(file.name + "-wal")
        if os.access(file, os.R_OK) and not (log.exists() and log.stat().st_size):
            return _connected(file, "ro&immutable=1")
        raise
    return connection


def _connected(file: Path, mode: str) -> sqlite3.Connection:
    if file.is_dir():
        raise StoreError(
            str(file), "is a folder, and no store of shoal.", "Move it away.", code="S105"
        )
    uri = f"{file.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)
