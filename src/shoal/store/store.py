"""The store of what was carried out: an index, and a folder for each run."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from shoal.store.entry import SORTS, Entry, Kind, check_tag, is_id, new_id
from shoal.store.home import home_folder
from shoal.store.index import COLUMNS, changing, reading
from shoal.store.locking import is_written, writing
from shoal.store.references import number_of
from shoal.store.trouble import told

RUNS: Final = "runs"
LOCK: Final = ".lock"
ABANDONED_S: Final = 3600.0
"""Age of a folder without an entry after which nobody is still filling it."""
_TAGS: Final = (
    "(SELECT group_concat(tag, char(31)) FROM (SELECT tag FROM tags WHERE run = number "
    "ORDER BY tag))"
)
_SELECT: Final = f"SELECT {', '.join(COLUMNS)}, {_TAGS} FROM runs"


@dataclass(frozen=True, slots=True)
class Store:
    """Where runs are kept; nothing is written before the first one is added.

    Attributes:
        home: the folder.
    """

    home: Path

    @classmethod
    def open(cls, home: str | os.PathLike[str] | None = None) -> Self:
        """Return the store in a folder, or that of the user: see `home_folder`."""
        return cls(home_folder() if home is None else Path(home).absolute())

    def add(
        self,
        kind: Kind,
        name: str,
        fill: Callable[[Path], object] | None = None,
        *,
        hold: contextlib.ExitStack | None = None,
        **facts: Any,
    ) -> Entry:
        """Add an entry, with its folder, and return it.

        Args:
            kind: what is stored.
            name: what it is called.
            fill: writes into the folder before the entry is there.
            hold: gets the right to write to the folder, from before the entry is there: nobody
                ever sees it without its writer.
            facts: other attributes of `Entry`; its status is "running" unless given.

        Raises:
            StoreError: the store cannot be written.
        """
        facts = {"status": "running", "created": datetime.now(UTC), **facts}
        tags = tuple(dict.fromkeys(check_tag(tag) for tag in facts.pop("tags", ())))
        with told(str(self.home)):
            (self.home / RUNS).mkdir(parents=True, exist_ok=True)
            folder = self._new_folder()
        entry = Entry(id=folder.name, kind=kind, name=name, folder=folder, tags=tags, **facts)
        try:
            if fill is not None:
                with told(str(folder)):
                    fill(folder)
            if hold is not None:
                hold.enter_context(self.writing(entry))
            with changing(self.home) as connection:
                marks = ", ".join("?" * len(COLUMNS))
                added = connection.execute(
                    f"INSERT INTO runs ({', '.join(COLUMNS)}) VALUES ({marks})", _row(entry)
                )
                _tag(connection, int(added.lastrowid or 0), tags)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return entry

    def finish(self, id: str, **facts: Any) -> Entry:
        """Change what the index knows of an entry, such as `status` and `value`; return it.

        Raises:
            StoreError: there is none, or the store cannot be written.
        """
        with changing(self.home) as connection:
            number = number_of(id, connection)
            tags = facts.pop("tags", None)
            if tags is not None:
                connection.execute("DELETE FROM tags WHERE run = ?", (number,))
                _tag(connection, number, tags)
            if facts:
                row = _plain(facts)
                what = ", ".join(f"{name} = ?" for name in row)
                values = (*row.values(), number)
                connection.execute(f"UPDATE runs SET {what} WHERE number = ?", values)
            return self._entry(connection, number)

    def get(self, ref: str) -> Entry:
        """Return the entry that a reference names.

        Args:
            ref: the beginning of an id, ``@last``, ``@last~1``, ``@best``, ``@last:NAME``.

        Raises:
            StoreError: there is none, or several begin so.
        """
        with reading(self.home) as connection:
            return self._entry(connection, number_of(ref, connection))

    find = get

    def list(
        self,
        *,
        kind: str | None = None,
        tag: str | None = None,
        name: str | None = None,
        sort: str = "created",
        limit: int | None = None,
    ) -> tuple[Entry, ...]:
        """Return entries, the newest first, or the best where `sort` is "value".

        Args:
            kind, tag, name: only those.
            sort: one of `SORTS`.
            limit: at most so many.

        Raises:
            StoreError: the store cannot be read.
        """
        where, values = _chosen(kind, tag, name)
        query = f"{_SELECT} {where} ORDER BY {SORTS[sort]} LIMIT :limit"
        values["limit"] = -1 if limit is None else limit
        with reading(self.home) as connection:
            rows = [] if connection is None else connection.execute(query, values).fetchall()
        return tuple(self._read(row) for row in rows)

    def count(
        self, *, kind: str | None = None, tag: str | None = None, name: str | None = None
    ) -> int:
        """Return how many entries there are, of a kind, tag and name where these are given."""
        where, values = _chosen(kind, tag, name)
        with reading(self.home) as connection:
            if connection is None:
                return 0
            found = connection.execute(f"SELECT count(*) FROM runs {where}", values).fetchone()
            return int(found[0])

    def tags(self) -> dict[str, int]:
        """Return every tag, and how many entries bear it."""
        query = "SELECT tag, count(*) FROM tags GROUP BY tag ORDER BY tag"
        with reading(self.home) as connection:
            return {} if connection is None else dict(connection.execute(query).fetchall())

    def names(self, beginning: str = "", limit: int = 50) -> Sequence[str]:
        """Return names of entries that begin so."""
        query = "SELECT DISTINCT name FROM runs WHERE name >= ? AND name < ? ORDER BY name LIMIT ?"
        with reading(self.home) as connection:
            if connection is None:
                return []
            rows = connection.execute(query, (beginning, beginning + "\U0010ffff", limit))
            return [name for (name,) in rows]

    def begins(self, beginning: str, limit: int = 50) -> Sequence[Entry]:
        """Return the newest entries whose id begins so."""
        query = f"{_SELECT} WHERE id >= ? AND id < ? ORDER BY number DESC LIMIT ?"
        with reading(self.home) as connection:
            if connection is None:
                return []
            rows = connection.execute(query, (beginning, beginning + "{", limit)).fetchall()
        return [self._read(row) for row in rows]

    def tag(self, ref: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Entry:
        """Add and take away tags.

        Raises:
            StoreError: there is no such entry, or the store cannot be written.
        """
        with changing(self.home) as connection:
            number = number_of(ref, connection)
            connection.executemany(
                "DELETE FROM tags WHERE tag = ? AND run = ?", [(tag, number) for tag in remove]
            )
            _tag(connection, number, add)
            return self._entry(connection, number)

    def note(self, ref: str, text: str) -> Entry:
        """Put a note beside an entry, in place of the one before."""
        return self.finish(ref, note=text)

    def remove(self, ref: str) -> Entry:
        """Remove an entry and its folder; it cannot be undone.

        Raises:
            StoreError: there is none, a process writes to it, or it cannot be removed.
        """
        entry = self.get(ref)
        with contextlib.ExitStack() as stack:
            if entry.folder.is_dir():
                stack.enter_context(self.writing(entry))
            with changing(self.home) as connection:
                connection.execute("DELETE FROM runs WHERE id = ?", (entry.id,))
            # the entry first: a folder that nothing names is only room, an entry without is a lie
            with told(str(entry.folder)), contextlib.suppress(FileNotFoundError):
                shutil.rmtree(entry.folder)
        return entry

    def tidy(self) -> None:
        """Remove folders that no entry names: of processes that were killed as they began one."""
        there = {entry.id for entry in self.list()}
        with told(str(self.home / RUNS)), contextlib.suppress(FileNotFoundError):
            for folder in (self.home / RUNS).iterdir():
                age_s = time.time() - folder.stat().st_mtime
                if folder.name not in there and is_id(folder.name) and age_s > ABANDONED_S:
                    shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def writing(self, entry: Entry) -> Iterator[None]:
        """Hold the right to write to the folder of an entry.

        Raises:
            StoreError: another process does.
        """
        with writing(entry.folder / LOCK, entry.id):
            yield

    def _new_folder(self) -> Path:
        while True:
            folder = self.home / RUNS / new_id()
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
                return folder

    def _entry(self, connection: sqlite3.Connection | None, number: int) -> Entry:
        assert connection is not None
        row = connection.execute(f"{_SELECT} WHERE number = ?", (number,)).fetchone()
        return self._read(row)

    def _read(self, row: Sequence[Any]) -> Entry:
        facts = dict(zip(COLUMNS, row, strict=False))
        facts["higher_is_better"] = bool(facts.pop("higher"))
        facts["has_state"] = bool(facts["has_state"])
        facts["created"] = datetime.fromtimestamp(facts["created"], UTC)
        facts["tags"] = tuple(row[-1].split("\x1f")) if row[-1] else ()
        facts["folder"] = self.home / RUNS / facts["id"]
        if facts["status"] == "running" and not is_written(facts["folder"] / LOCK):
            facts["status"] = "interrupted"  # who wrote to it was killed
        return Entry(**facts)


def _chosen(kind: str | None, tag: str | None, name: str | None) -> tuple[str, dict[str, Any]]:
    """Return the condition that chooses entries, and its values."""
    found = {"kind": kind, "name": name, "tag": tag}
    of_tag = "number IN (SELECT run FROM tags WHERE tag = :tag)"
    where = [
        of_tag if key == "tag" else f"{key} = :{key}"
        for key, value in found.items()
        if value is not None
    ]
    return f"{'WHERE ' * bool(where)}{' AND '.join(where)}", found


def _row(entry: Entry) -> list[Any]:
    facts = {f.name: getattr(entry, f.name) for f in dataclasses.fields(entry)}
    row = _plain({name: facts[name] for name in facts if name not in ("tags", "folder")})
    return [row[name] for name in COLUMNS]


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts as SQLite holds them."""
    row = {"higher" if name == "higher_is_better" else name: v for name, v in facts.items()}
    unknown = row.keys() - set(COLUMNS)
    if unknown:
        raise TypeError(f"an entry has no {', '.join(sorted(unknown))}")
    for name, value in row.items():
        if isinstance(value, bool):
            row[name] = int(value)
        elif isinstance(value, datetime):
            row[name] = value.timestamp()
        elif isinstance(value, float) and not math.isfinite(value):
            row[name] = None
    return row


def _tag(connection: sqlite3.Connection, number: int, tags: Sequence[str]) -> None:
    for tag in tags:
        check_tag(tag)
    connection.executemany(
        "INSERT OR IGNORE INTO tags VALUES (?, ?)", [(tag, number) for tag in tags]
    )
