"""The store: entries there and back, references, two writers, and everything that can go wrong."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.errors import StoreError
from shoal.store import Store, index
from shoal.store.entry import ALPHABET, LETTERS, is_id, new_id
from shoal.store.home import home_folder, is_off
from shoal.store.index import INDEX, VERSION
from shoal.store.locking import is_written
from shoal.store.references import parse

FullDisk = Callable[[int], contextlib.AbstractContextManager[None]]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "home")


def add(store: Store, name: str = "or", value: float | None = None, **facts: object) -> str:
    more = {"figure": "validation_accuracy", "value": value} if value is not None else {}
    return store.add("run", name, status="done", **{**more, **facts}).id


def refused(store: Store, ref: str) -> str:
    with pytest.raises(StoreError) as caught:
        store.get(ref)
    return str(caught.value)


# Where it is


def test_the_home_is_that_of_the_environment_or_of_the_users_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHOAL_HOME", "/somewhere/else")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert home_folder() == Path("/somewhere/else")
    monkeypatch.delenv("SHOAL_HOME")
    assert home_folder() == Path("/data/shoal")
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("XDG_DATA_HOME", "not/absolute")
    assert home_folder() == Path("/home/someone/.local/share/shoal")


def test_a_home_of_nobody_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOAL_HOME", "~nobody-of-this-name/x")
    with pytest.raises(StoreError) as caught:
        Store.open()
    assert str(caught.value) == (
        "~nobody-of-this-name/x: the home folder is not known. "
        "Set SHOAL_HOME to a folder for the store."
    )


@pytest.mark.parametrize("name", ["a b", "名前 ü", "100%20?x#y", "it's;--"])
def test_the_home_may_be_called_anything(tmp_path: Path, name: str) -> None:
    store = Store.open(tmp_path / name)
    assert store.get(add(store)).folder.parent.parent == tmp_path / name
    assert store.count() == 1


@pytest.mark.parametrize(("value", "off"), [("", False), ("0", False), ("1", True)])
def test_the_environment_turns_storing_off(
    monkeypatch: pytest.MonkeyPatch, value: str, off: bool
) -> None:
    monkeypatch.setenv("SHOAL_NO_STORE", value)
    assert is_off() is off


# There and back


def test_nothing_is_written_before_something_is_added(store: Store) -> None:
    assert store.list() == ()
    assert store.count() == 0
    assert store.tags() == {}
    assert not store.home.exists()
    assert refused(store, "@last") == (
        "@last: nothing is stored yet. shoal run FILE stores its run. See: shoal runs."
    )


def test_an_entry_comes_back_as_it_was(store: Store) -> None:
    made = store.add(
        "sweep", "noise", lambda folder: (folder / "x").write_text("1"), status="done",
        figure="test_loss", higher_is_better=False, value=0.25, best=0.125, answer="So it is.",
        n_networks=7, seconds=1.5, tags=("b", "a", "b"), note="n", machine="m", arithmetic="2",
        version="0", digest="d", has_state=True,
    )  # fmt: skip
    found = store.get("@last")
    assert found.tags == ("a", "b")
    assert {**made.to_dict(), "tags": ["a", "b"]} == found.to_dict()
    assert (found.folder / "x").read_text() == "1"
    assert found.folder == store.home / "runs" / found.id


def test_a_figure_that_is_not_finite_is_none(store: Store) -> None:
    store.add("run", "or", value=float("nan"), best=float("inf"))
    assert (store.get("@last").value, store.get("@last").best) == (None, None)


def test_an_entry_whose_folder_cannot_be_filled_is_not_there(store: Store) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("x")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.add("run", "or", fail)
    assert store.list() == ()
    assert os.listdir(store.home / "runs") == []


def test_tags_and_notes(store: Store) -> None:
    first, second = add(store, tags=("draft",)), add(store)
    assert store.tag(first, add=("good", "good"), remove=("draft", "never")).tags == ("good",)
    assert store.note(first, "hm").note == "hm"
    assert [entry.id for entry in store.list(tag="good")] == [first]
    assert store.tags() == {"good": 1}
    assert store.get(second).tags == ()


@pytest.mark.parametrize("tag", ["", "a b", "-x", "+x", "@x", "a,b", "x" * 65, "a\nb"])
def test_what_is_no_tag_is_refused(store: Store, tag: str) -> None:
    with pytest.raises(StoreError) as caught:
        store.add("run", "or", tags=(tag,))
    assert str(caught.value) == (
        f"{tag!r}: a tag is a word of up to 64 characters, without blanks and ~ @ : , + in it."
        " Give a word such as good or final-2."
    )
    assert store.list() == ()


def test_lists_are_sorted_and_chosen(store: Store) -> None:
    a = add(store, "or", 0.5, seconds=3, n_networks=1)
    b = add(store, "wine", 0.9, seconds=1, n_networks=3)
    c = add(store, "or", seconds=2, n_networks=2)
    orders = {"created": [c, b, a], "name": [c, a, b], "value": [b, a, c], "seconds": [a, c, b],
              "networks": [b, c, a]}  # fmt: skip
    for sort, ids in orders.items():
        assert [entry.id for entry in store.list(sort=sort)] == ids, sort
    assert [entry.id for entry in store.list(name="or", limit=1)] == [c]
    assert store.count(name="or") == 2
    assert store.list(kind="sweep") == ()


def test_what_is_removed_is_gone_with_its_folder(store: Store) -> None:
    first, second = add(store, tags=("x",)), add(store)
    folder = store.get(first).folder
    store.remove(first)
    assert not folder.exists()
    assert [entry.id for entry in store.list()] == [second]
    assert store.tags() == {}
    assert refused(store, first) == f"{first}: no stored run has this id. See: shoal runs."


def test_folders_of_processes_that_were_killed_are_removed(store: Store) -> None:
    kept = store.get(add(store)).folder
    old, new, other = (store.home / "runs" / name for name in ("abandond", "justmade", "Notes"))
    for folder in (old, new, other):
        folder.mkdir()
        (folder / "x").write_text("")
    for folder in (old, other, kept):
        os.utime(folder, (0, 0))
    store.tidy()
    assert {folder.name for folder in (store.home / "runs").iterdir()} == {
        kept.name, "justmade", "Notes",
    }  # fmt: skip


# References


def test_references_name_the_newest_and_the_best(store: Store) -> None:
    a = add(store, "or", 0.9)
    b = add(store, "wine", 0.7, tags=("good",))
    c = add(store, "wine", 0.8)
    d = add(store, "wine", 0.8)
    e = add(store, "wine", 0.1)
    named = {"@last": e, "@last~1": d, "@last:or": a, "@last:good": b, "@last:run~4": a,
             "@best": d, "@best~1": c, "@best:or": a, "@best:good": b}  # fmt: skip
    for ref, id in named.items():
        assert store.get(ref).id == id, ref
        assert store.get(id[:3] if id[:3] not in {o[:3] for o in named.values() if o != id} else id)


def test_the_best_is_the_lowest_where_lower_is_better(store: Store) -> None:
    low = add(store, "x", 0.1, figure="validation_loss", higher_is_better=False)
    add(store, "x", 0.2, figure="validation_loss", higher_is_better=False)
    assert store.get("@best").id == low


def test_the_best_is_sought_among_runs_with_the_figure_of_the_newest(store: Store) -> None:
    add(store, "x", 0.99)
    add(store, "x", 0.3, figure="validation_loss", higher_is_better=False)
    assert store.get("@best").value == 0.3


@pytest.mark.parametrize(
    ("ref", "sentence"),
    [
        ("@last~9", "there are not so many runs. See: shoal runs."),
        ("@last:q", "no stored run of the name, kind or tag 'q' is there. See: shoal runs."),
        ("@best", "no stored run has a figure to be the best by. See: shoal runs."),
        (
            "@first",
            "is no reference to a run. "
            "Give @last, @last~1, @best, @last:NAME or an id (shoal runs lists them).",
        ),
        (
            "xy",
            "is no reference to a run. "
            "Give @last, @last~1, @best, @last:NAME or an id (shoal runs lists them).",
        ),
        ("zzz", "no stored run has this id. See: shoal runs."),
    ],
)
def test_references_to_nothing_are_refused(store: Store, ref: str, sentence: str) -> None:
    while add(store)[0] == "z":
        store.remove("@last")
    assert refused(store, ref) == f"{ref}: {sentence}"


def test_the_beginning_of_several_ids_is_refused(store: Store) -> None:
    def ids() -> set[str]:
        return {entry.id for entry in store.list()}

    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        names = iter(["abcaaaaa", "abcbbbbb"])
        patch.setattr("shoal.store.store.new_id", lambda: next(names))
        add(store)
        add(store)
    assert ids() == {"abcaaaaa", "abcbbbbb"}
    assert refused(store, "abc") == (
        "abc: is the beginning of several ids: abcaaaaa, abcbbbbb. Give more characters."
    )
    assert store.get("abca").id == "abcaaaaa"


@given(st.text(max_size=12))
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    with contextlib.suppress(StoreError):
        assert parse("@" + text).which in ("last", "best")
    if is_id(text):
        assert 3 <= len(text) <= 8
        assert set(text) <= set(ALPHABET)


def test_ids_are_words_that_no_number_looks_like() -> None:
    for _ in range(200):
        id = new_id()
        assert is_id(id)
        assert id[0] in LETTERS
        assert len(id) == 8


# Two at once


def test_two_processes_add_at_once(store: Store) -> None:
    code = (
        "import sys; from shoal.store import Store\n"
        "for _ in range(20): Store.open(sys.argv[1]).add('run', 'or', status='done')"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code, str(store.home)]) for _ in range(2)]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    assert store.count() == 40
    assert len({entry.id for entry in store.list()}) == 40


def test_readers_do_not_wait_for_a_writer(store: Store) -> None:
    add(store)
    writer = sqlite3.connect(store.home / INDEX, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE runs SET note = 'half'")
    began = time.monotonic()
    assert store.get("@last").note == ""
    assert time.monotonic() - began < 5
    writer.execute("COMMIT")
    assert store.get("@last").note == "half"
    writer.close()


def test_writers_wait_for_each_other(store: Store) -> None:
    add(store)
    writer = sqlite3.connect(store.home / INDEX, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, lambda: writer.execute("COMMIT"))
    release.start()
    assert store.note("@last", "after").note == "after"
    release.join()
    writer.close()


def test_a_folder_has_one_writer(store: Store) -> None:
    entry = store.get(add(store))
    with store.writing(entry):
        with pytest.raises(StoreError) as caught, store.writing(entry):
            pass
        assert str(caught.value) == (
            f"{entry.id}: another process is writing to it. Wait for its end, or stop it."
        )
        with pytest.raises(StoreError):
            store.remove(entry.id)
    assert store.get(entry.id).folder.exists()
    with store.writing(entry):
        pass


def test_running_means_that_a_process_is_at_it(store: Store) -> None:
    entry = store.add("run", "or")
    assert store.get("@last").status == "interrupted"
    with store.writing(entry):
        assert store.get("@last").status == "running"


def test_an_entry_that_is_begun_is_never_seen_without_its_writer(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The right to write is had when the index is told, not after."""
    import shoal.store.store as module

    seen: list[bool] = []

    @contextlib.contextmanager
    def changing(home: Path) -> Iterator[sqlite3.Connection]:
        seen.append(all(is_written(f / ".lock") for f in (home / "runs").iterdir()))
        with index.changing(home) as connection:
            yield connection

    monkeypatch.setattr(module, "changing", changing)
    with contextlib.ExitStack() as hold:
        store.add("run", "or", hold=hold)
        assert store.get("@last").status == "running"
    assert store.get("@last").status == "interrupted"
    assert seen == [True]


# What can go wrong


def test_a_store_of_a_newer_version_is_refused_and_unharmed(store: Store) -> None:
    add(store)
    with contextlib.closing(sqlite3.connect(store.home / INDEX)) as connection:
        connection.execute("PRAGMA user_version = 9")
    before = (store.home / INDEX).read_bytes()
    told = (
        f"{store.home / INDEX}: was made by a newer shoal: its version is 9, this shoal reads "
        f"{VERSION}. Update shoal, or set SHOAL_HOME to another folder."
    )
    assert refused(store, "@last") == told
    with pytest.raises(StoreError) as caught:
        add(store)
    assert str(caught.value) == told
    assert (store.home / INDEX).read_bytes() == before


@pytest.mark.parametrize("is_database", [False, True])
def test_an_index_whose_writer_was_killed_as_it_began_is_empty(
    store: Store, is_database: bool
) -> None:
    store.home.mkdir()
    (store.home / INDEX).touch()
    if is_database:
        with contextlib.closing(sqlite3.connect(store.home / INDEX)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    assert store.list() == ()
    assert store.count() == 0
    add(store)
    assert store.count() == 1


def test_another_program_s_database_is_refused(store: Store) -> None:
    store.home.mkdir()
    with contextlib.closing(sqlite3.connect(store.home / INDEX)) as connection:
        connection.execute("CREATE TABLE runs (x)")
    told = f"{store.home / INDEX}: is no store of shoal. SHOAL_HOME names another folder."
    assert refused(store, "@last") == told


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"x" * 5000]
)
def test_a_file_that_is_no_database_is_refused(store: Store, content: bytes) -> None:
    store.home.mkdir()
    (store.home / INDEX).write_bytes(content)
    told = (
        f"{store.home / INDEX}: is damaged, or no store of shoal. "
        "Move it away; shoal begins a new one."
    )
    assert refused(store, "@last") == told
    with pytest.raises(StoreError) as caught:
        add(store)
    assert str(caught.value) == told


def test_an_index_that_is_a_folder_is_refused(store: Store) -> None:
    (store.home / INDEX).mkdir(parents=True)
    told = f"{store.home / INDEX}: is a folder, and no store of shoal. Move it away."
    assert refused(store, "@last") == told
    with pytest.raises(StoreError) as caught:
        add(store)
    assert str(caught.value) == told


def test_what_the_system_refuses_a_folder_is_told(store: Store) -> None:
    def fail(folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StoreError) as caught:
        store.add("run", "or", fail)
    assert str(caught.value).endswith(
        ": the disk is full. Make room. What was stored before is unharmed."
    )
    assert os.listdir(store.home / "runs") == []


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as caught:
        add(Store.open(tmp_path / "file"))
    assert str(caught.value) == (
        f"{tmp_path / 'file'}: cannot be used: Not a directory. "
        "SHOAL_HOME names another folder for the store."
    )


def test_a_full_disk_is_told_and_nothing_is_lost(store: Store, full_disk: FullDisk) -> None:
    kept = add(store)
    with full_disk(2000), pytest.raises(StoreError) as caught:
        add(store)
    assert str(caught.value).startswith(f"{store.home / INDEX}: the disk ")
    assert str(caught.value).endswith("What was stored before is unharmed.")
    assert [entry.id for entry in store.list()] == [kept]
    assert os.listdir(store.home / "runs") == [kept]
    add(store)
    assert store.count() == 2


@pytest.mark.skipif(os.getuid() != 0, reason="needs another user")
def test_a_read_only_store_can_be_read(tmp_path: Path) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        store = Store.open(Path(folder) / "home")
        id = add(store)
        code = (
            "import os, sys; os.setuid(65534)\n"
            "from shoal.store import Store; from shoal.errors import StoreError\n"
            "store = Store.open(sys.argv[1]); print(store.get('@last').id)\n"
            "try: store.note('@last', 'x')\n"
            "except StoreError as error: print(error)\n"
            "try: store.add('run', 'or')\n"
            "except StoreError as error: print(error)\n"
        )
        # what nobody may read, such as a home of root's, is loaded before
        boot = "import shoal.store.store, shoal.store.index, shoal.errors\n"
        made = subprocess.run(
            [sys.executable, "-c", boot + code, str(store.home)], capture_output=True, text=True
        )
        assert made.stderr == ""
        there = store.home / INDEX
        cure = "SHOAL_HOME names another folder for the store."
        assert made.stdout.splitlines() == [
            id,
            f"{there}: may not be written to, or not be opened. {cure}",
            f"{store.home}: may not be written to. {cure}",
        ]
