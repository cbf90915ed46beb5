"""The key of a browser's session: who may read it, when it stays, when it goes."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import re
import signal
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from shoal.lab.host import key as module
from shoal.lab.host.key import OLDEST_SECONDS, browser_key, key_folder, left_behind

PORT = 8517
GOOD = b"shoal lab 8517 " + b"k" * 43 + b"\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "home" / "lab"
    made.mkdir(parents=True, mode=0o700)
    return made


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_in_a_file_of_this_user_alone_and_goes_with_a_clean_end(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "lab"
    with browser_key(PORT, folder) as key:
        file = folder / "8517.key"
        assert (mode_of(file), mode_of(folder)) == (0o600, 0o700)
        assert file.read_text() == f"shoal lab 8517 {key.token}\n"
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", key.token)  # 256 bits in base64
        assert (key.is_taken_up, key.note) == (False, "")
        assert key.token not in repr(key)
    assert list(folder.iterdir()) == []
    with browser_key(PORT, folder) as other:
        assert other.token != key.token


def test_a_key_goes_where_the_server_ends_with_an_error(folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt), browser_key(PORT, folder):
        raise KeyboardInterrupt
    assert list(folder.iterdir()) == []


def _crash(folder: Path) -> None:
    with browser_key(PORT, folder):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_key_is_taken_up_after_a_crash(folder: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_crash, args=(folder,))
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    left = (folder / "8517.key").read_text().split()[-1]
    assert left_behind(range(8510, 8520), folder) == [8517]
    with browser_key(PORT, folder) as key:
        assert (key.token, key.is_taken_up) == (left, True)
    assert left_behind(range(8510, 8520), folder) == []


def test_a_key_is_of_its_port_alone(folder: Path) -> None:
    with browser_key(1, folder) as one, browser_key(2, folder) as two:
        assert one.token != two.token
        assert sorted(path.name for path in folder.iterdir()) == ["1.key", "2.key"]


def test_a_key_that_a_live_server_holds_is_left_alone(folder: Path) -> None:
    """Two machines, or two containers, may share a home and each have the port."""
    with browser_key(PORT, folder) as first:
        content = (folder / "8517.key").read_bytes()
        with browser_key(PORT, folder) as second:
            assert second.token != first.token
            told = f"no key is kept: another server holds {folder}/8517.key."
            assert second.note == f"pages will not reconnect after a crash: {told}"
            assert left_behind(range(8517, 8518), folder) == []
        assert (folder / "8517.key").read_bytes() == content


def replaced(folder: Path) -> str:
    """See that a key is a new one in a file of its own; return it."""
    with browser_key(PORT, folder) as key:
        file = folder / "8517.key"
        assert key.token != "k" * 43
        assert (key.is_taken_up, key.note) == (False, "")
        assert not file.is_symlink()
        assert mode_of(file) == 0o600
        assert file.read_text() == f"shoal lab 8517 {key.token}\n"
    assert not file.exists()
    return key.token


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 60, b"k" * 43, GOOD * 2, GOOD[:-1], GOOD.replace(b"8517", b"8518"),
     GOOD.replace(b"k\n", b"\n"), b"\xff" * 10_000_000],
    ids=["empty", "zeros", "bare", "twice", "cut", "of another port", "short", "huge"],
)  # fmt: skip
def test_a_file_that_holds_no_key_is_overwritten(folder: Path, content: bytes) -> None:
    file = folder / "8517.key"
    file.write_bytes(content)
    file.chmod(0o600)
    assert left_behind(range(8517, 8518), folder) == []
    replaced(folder)


@pytest.mark.parametrize("mode", [0o640, 0o644, 0o620, 0o602, 0o777])
def test_a_key_that_others_could_read_or_write_is_never_used(folder: Path, mode: int) -> None:
    file = folder / "8517.key"
    file.write_bytes(GOOD)
    file.chmod(mode)
    with file.open("rb") as held:  # whoever has it open reads nothing of the new one
        replaced(folder)
        assert held.read() == GOOD


def test_a_good_key_is_used(folder: Path) -> None:
    """The test of the tests above."""
    file = folder / "8517.key"
    file.write_bytes(GOOD)
    file.chmod(0o600)
    with browser_key(PORT, folder) as key:
        assert (key.token, key.is_taken_up) == ("k" * 43, True)


def test_a_link_in_the_place_of_a_key_is_replaced_and_not_followed(folder: Path) -> None:
    target = folder.parent / "target"
    target.write_bytes(GOOD)
    target.chmod(0o600)
    (folder / "8517.key").symlink_to(target)
    replaced(folder)
    assert target.read_bytes() == GOOD
    os.link(target, folder / "8517.key")  # a second name that somebody else may have
    replaced(folder)
    assert target.read_bytes() == GOOD


def test_a_pipe_in_the_place_of_a_key_is_replaced_and_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "8517.key", 0o600)
    replaced(folder)


def test_a_file_of_somebody_else_is_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "8517.key"
    file.write_bytes(GOOD)
    file.chmod(0o600)
    foreign, own = file.stat().st_ino, os.fstat

    def fstat(number: int) -> Any:
        found = own(number)
        if found.st_ino != foreign:
            return found
        return os.stat_result((*found[:4], found.st_uid + 1, *found[5:]))

    monkeypatch.setattr(module.os, "fstat", fstat)
    replaced(folder)


def in_memory(folder: Path) -> str:
    """See that a key is in no file; return why."""
    with browser_key(PORT, folder) as key:
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", key.token)
        start = "pages will not reconnect after a crash: no key is kept: "
        assert key.note.startswith(start)
    return key.note.removeprefix(start)


def test_a_folder_in_the_place_of_a_key_stays_and_the_key_is_in_memory(folder: Path) -> None:
    (folder / "8517.key").mkdir()
    assert in_memory(folder) == "Is a directory"
    assert [path.name for path in folder.iterdir()] == ["8517.key"]


def test_a_folder_that_is_no_folder(folder: Path) -> None:
    file = folder / "file"
    file.touch()
    assert in_memory(file) == "File exists"
    link = folder / "link"
    link.symlink_to(folder)
    assert in_memory(link) == f"{link} belongs to somebody else."
    assert in_memory(file / "lab") == "Not a directory"


def test_a_folder_that_others_could_write_to_is_closed_to_them(folder: Path) -> None:
    folder.chmod(0o777)
    with browser_key(PORT, folder):
        assert mode_of(folder) == 0o700


def test_a_file_system_without_locks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    assert in_memory(folder) == "No locks available"


def test_a_file_that_took_the_place_of_the_own_one_stays(folder: Path) -> None:
    file = folder / "8517.key"
    with browser_key(PORT, folder):
        file.unlink()
        file.write_text("another")
    assert file.read_text() == "another"


def test_an_old_key_is_not_taken_up(folder: Path) -> None:
    file = folder / "8517.key"
    file.write_bytes(GOOD)
    file.chmod(0o600)
    for age, there in ((OLDEST_SECONDS - 60, [8517]), (OLDEST_SECONDS + 60, [])):
        os.utime(file, (time.time() - age,) * 2)
        assert left_behind(range(8517, 8518), folder) == there
    replaced(folder)


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("SHOAL_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/somebody")
    return monkeypatch


def test_where_the_keys_are(variables: pytest.MonkeyPatch) -> None:
    assert key_folder() == Path("/home/somebody/.local/state/shoal/lab")
    variables.setenv("XDG_STATE_HOME", "not/absolute")
    assert key_folder() == Path("/home/somebody/.local/state/shoal/lab")
    variables.setenv("XDG_STATE_HOME", "/state")
    assert key_folder() == Path("/state/shoal/lab")
    variables.setenv("SHOAL_HOME", "~/mine")
    assert key_folder() == Path("/home/somebody/mine/lab")
