"""Tables that pages bring: private, checked, only for the page that brought them, gone at last."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest

from shoal.errors import InputError
from shoal.lab.session import OwnTable
from shoal.lab.tables import MAX_BYTES, MAX_TABLES, Folder, Tables


def table(content: bytes) -> OwnTable:
    return OwnTable(digest=hashlib.sha256(content).hexdigest(), name="mine.csv")


def test_a_table_is_kept_for_its_page_alone() -> None:
    folder = Folder()
    one, other = Tables(folder), Tables(folder)
    mine = table(b"a,b\n1,2\n")
    one.bring(mine.digest, b"a,b\n1,2\n")
    path = one.path_of(mine)
    assert path.read_bytes() == b"a,b\n1,2\n"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not other.has(mine)
    with pytest.raises(InputError, match=r"^the table 'mine\.csv' was not brought"):
        other.path_of(mine)
    folder.close()
    assert not path.parent.exists()


def test_a_file_stays_as_long_as_a_page_uses_it() -> None:
    folder = Folder()
    one, other = Tables(folder), Tables(folder)
    mine = table(b"x\n")
    for each in (one, other, one):
        each.bring(mine.digest, b"x\n")
    path = one.path_of(mine)
    one.close()
    assert path.exists()
    other.close()
    assert not path.exists()
    folder.close()


def test_bytes_must_be_those_of_the_digest() -> None:
    tables = Tables(Folder())
    with pytest.raises(InputError, match="not the one that its digest names"):
        tables.bring("0" * 64, b"x")
    with pytest.raises(InputError, match=r"must have at most 32 MiB; got 32\.0"):
        tables.bring("0" * 64, bytes(MAX_BYTES + 1))


def test_a_page_keeps_a_few_tables() -> None:
    folder = Folder()
    tables = Tables(folder)
    contents = [str(k).encode() for k in range(MAX_TABLES + 1)]
    for content in contents:
        tables.bring(table(content).digest, content)
    assert not tables.has(table(contents[0]))
    assert all(tables.has(table(content)) for content in contents[1:])
    assert len(list(Path(tables.folder).iterdir())) == MAX_TABLES
    folder.close()
