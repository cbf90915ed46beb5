"""The ledger: chunks there and back, groups, one writer, damage, full disks."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

from shoal.errors import ArgumentError, StoreError
from shoal.store import Ledger
from shoal.store.packing import packed, unpacked

FullDisk = Callable[[int], contextlib.AbstractContextManager[None]]
ARRAYS = {
    "loss": np.array([1.5, np.nan], np.float32),
    "seed": np.array([3, 2**53], np.int64),
    "why": np.array(["steps", "日本"]),
    "sound": np.array([True, False]),
}


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> None:
    assert a.keys() == b.keys()
    for name, array in a.items():
        assert b[name].dtype == array.dtype, name
        np.testing.assert_array_equal(b[name], array)


def test_chunks_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "chunks.db"
    with Ledger.open(path) as ledger:
        for chunk in (5, 0, 2):
            ledger.put(chunk, {**ARRAYS, "chunk": np.array([chunk])})
        assert ledger.done() == {0, 2, 5}
        same(ledger.read(2), {**ARRAYS, "chunk": np.array([2])})
    with Ledger.open(path) as ledger:
        assert ledger.count() == 3
        assert ledger.done() == {0, 2, 5}
        assert list(ledger.missing(7)) == [1, 3, 4, 6]
        assert [chunk for chunk, _ in ledger] == [0, 2, 5]
        for chunk, arrays in ledger:
            same(arrays, {**ARRAYS, "chunk": np.array([chunk])})


def test_a_chunk_that_is_there_stays(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "chunks.db") as ledger:
        ledger.put(1, {"x": np.array([1.0])})
        ledger.flush()
        ledger.put(1, {"x": np.array([2.0])})
        ledger.flush()
        assert ledger.count() == 1
        assert ledger.read(1)["x"].tolist() == [1.0]


def test_what_is_acknowledged_others_can_read(tmp_path: Path) -> None:
    path = tmp_path / "chunks.db"
    with Ledger.open(path) as ledger, Ledger.open(path, write=False) as reader:
        n = 0
        for chunk in range(600):
            if ledger.put(chunk, ARRAYS):
                n = chunk + 1
            assert ledger.count() + ledger.n_pending == chunk + 1
            assert n <= reader.count()
        assert n >= 2, "no group was written in all that time"
        ledger.flush()
        assert ledger.n_pending == 0
        assert reader.count() == 600
        assert len(reader.done()) == 600


def test_missing_chunks_are_found_in_pieces(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "chunks.db") as ledger:
        for chunk in range(0, 25_000, 2):
            ledger.put(chunk, {})
        assert list(ledger.missing(25_001)) == [*range(1, 25_000, 2), 25_000]


def test_an_empty_ledger_is_true() -> None:
    """`ledger or None` must not lose it."""
    assert "__len__" not in vars(Ledger)


def test_there_is_one_writer(tmp_path: Path) -> None:
    path = tmp_path / "chunks.db"
    with Ledger.open(path), pytest.raises(StoreError) as caught:
        Ledger.open(path)
    told = "another process is writing to it. Wait for its end, or stop it."
    assert str(caught.value) == f"{path}: {told}"
    Ledger.open(path).close()


def test_a_ledger_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chunks.db"
    Ledger.open(path, about="a").close()
    Ledger.open(path, about="a").close()
    with pytest.raises(StoreError) as caught:
        Ledger.open(path, about="b")
    told = "holds the chunks of something else. Name another file."
    assert str(caught.value) == f"{path}: {told}"


def test_newer_foreign_and_damaged_files_are_refused(tmp_path: Path) -> None:
    newer, foreign, damaged = (tmp_path / name for name in ("newer", "foreign", "damaged"))
    Ledger.open(newer).close()
    with contextlib.closing(sqlite3.connect(newer)) as connection:
        connection.execute("PRAGMA user_version = 2")
    with contextlib.closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE x (y)")
    damaged.write_bytes(b"nonsense" * 1000)
    told = {
        newer: "was made by a newer shoal: its version is 2, this shoal reads 1. Update shoal.",
        foreign: "is no ledger of shoal. Set SHOAL_HOME to another folder.",
        damaged: "is damaged, or no store of shoal. Move it away; shoal begins a new one.",
    }
    for path, sentence in told.items():
        with pytest.raises(StoreError) as caught:
            Ledger.open(path)
        assert str(caught.value) == f"{path}: {sentence}"


def test_a_ledger_whose_writer_was_killed_as_it_began_is_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "chunks.db"
    path.touch()
    with pytest.raises(StoreError) as caught:
        Ledger.open(path, write=False)
    assert str(caught.value) == f"{path}: has not been begun yet. Set SHOAL_HOME to another folder."
    with Ledger.open(path) as ledger:
        assert ledger.count() == 0


def test_a_chunk_that_was_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chunks.db"
    with Ledger.open(path) as ledger:
        ledger.put(3, ARRAYS)
        ledger.put(4, ARRAYS)
    content = bytearray(packed(ARRAYS))
    content[-1] ^= 1
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE chunks SET arrays = ? WHERE chunk = 3", (bytes(content),))
    with Ledger.open(path, write=False) as ledger:
        same(ledger.read(4), ARRAYS)
        with pytest.raises(StoreError) as caught:
            ledger.read(3)
        assert (
            str(caught.value) == f"{path}: is damaged: chunk 3 is not what was written."
            " Run the experiment anew; shoal runs rm removes the damaged entry."
        )
        with pytest.raises(StoreError) as caught:
            ledger.read(9)
        assert (
            str(caught.value) == f"{path}: holds no chunk 9."
            " Run the experiment anew; shoal runs rm removes the damaged entry."
        )
    with Ledger.open(path) as ledger:
        with pytest.raises(StoreError):
            ledger.read(3)
        ledger.put(3, ARRAYS)  # computed again
        ledger.flush()
        assert ledger.count() == 2
    with Ledger.open(path) as ledger:
        same(ledger.read(3), ARRAYS)


def put_many(ledger: Ledger) -> None:
    for chunk in range(1, 600):
        ledger.put(chunk, ARRAYS)
    ledger.flush()


def test_a_full_disk_forgets_nothing(tmp_path: Path, full_disk: FullDisk) -> None:
    path = tmp_path / "chunks.db"
    with Ledger.open(path) as ledger:
        ledger.put(0, ARRAYS)
        ledger.flush()
        size = max(file.stat().st_size for file in tmp_path.iterdir())
        with full_disk(size), pytest.raises(StoreError) as caught:
            put_many(ledger)
        assert str(caught.value).startswith(f"{path}: the disk ")
        assert ledger.count() == 1
        n_pending = ledger.n_pending
        assert n_pending > 0
        ledger.flush()  # there is room again
        assert ledger.count() == 1 + n_pending
    with Ledger.open(path) as ledger:
        assert ledger.done() == set(range(1 + n_pending))


def test_objects_are_refused(tmp_path: Path) -> None:
    with (
        Ledger.open(tmp_path / "chunks.db") as ledger,
        pytest.raises(ArgumentError) as caught,
    ):
        ledger.put(0, {"x": np.array([{}])})
    assert str(caught.value) == (
        "Ledger.put: `arrays` must hold arrays of numbers, booleans or text; got 'x' of object."
        " Give a value of that kind."
    )


@given(
    numpy_strategies.arrays(
        dtype=st.one_of(
            numpy_strategies.floating_dtypes(sizes=(32, 64)),
            numpy_strategies.integer_dtypes(endianness="<"),
            numpy_strategies.unicode_string_dtypes(endianness="<"),
            numpy_strategies.boolean_dtypes(),
        ),
        shape=numpy_strategies.array_shapes(max_dims=3, max_side=4, min_side=0),
    )
)
def test_arrays_are_bytes_and_back(array: np.ndarray) -> None:
    found = unpacked(packed({"x": array}))["x"]
    assert found.shape == array.shape
    np.testing.assert_array_equal(found, array)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_arrays_are_refused(content: bytes) -> None:
    with contextlib.suppress(ValueError):
        unpacked(content)
