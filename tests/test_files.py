"""Tests of files that appear whole or not at all."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from shoal.errors import InputError, MissingFileError, OutputExistsError
from shoal.files import check_output, whole_file, write_bytes


def test_a_file_appears_with_its_content(tmp_path: Path) -> None:
    target = tmp_path / "結果.json"
    write_bytes(target, b"content")
    assert target.read_bytes() == b"content"
    assert [path.name for path in tmp_path.iterdir()] == ["結果.json"]


def test_the_longest_name_that_the_system_takes(tmp_path: Path) -> None:
    target = tmp_path / ("種" * 85)  # 255 bytes
    write_bytes(target, b"content")
    assert target.read_bytes() == b"content"


def test_a_new_file_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_bytes(tmp_path / "whole", b"")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_a_replaced_file_keeps_its_rights(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")
    target.chmod(0o640)
    write_bytes(target, b"new", force=True)
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "a", tmp_path / "latest"
    target.write_bytes(b"old")
    link.symlink_to("a")
    write_bytes(link, b"new", force=True)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_what_exists_stays_without_force(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")
    with pytest.raises(OutputExistsError) as error:
        write_bytes(target, b"new")
    assert str(error.value) == f"{target}: exists already. Give --force to replace it."
    assert isinstance(error.value, FileExistsError)
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize("force", [False, True])
def test_places_that_cannot_be_written(tmp_path: Path, force: bool) -> None:
    os.mkfifo(tmp_path / "pipe")
    long = "a" * 300
    for name, reason in {
        ".": "is a folder. Name a file in it.",
        "no/a": f"the folder '{tmp_path / 'no'}' does not exist."
        " Make the folder first, or name another.",
        "pipe": "is a device or a pipe. Name a file.",
        long: "cannot be written: File name too long. Make room, or name a file elsewhere.",
    }.items():
        target = tmp_path / name
        with pytest.raises(InputError) as error:
            check_output(target, force=force)
        assert str(error.value) == f"{target}: {reason}"


def test_a_name_that_is_none() -> None:
    with pytest.raises(
        InputError, match=re.escape(repr("a\0b") + ": is not a file name. Give another name.")
    ):
        check_output("a\0b")


def test_a_block_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")

    def half() -> None:
        with whole_file(target, force=True) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_an_error_about_another_file_is_not_blamed_on_the_output(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError) as error, whole_file(tmp_path / "a"):
        raise MissingFileError("data.csv")
    told = "data.csv: there is no such file. Look at the spelling and the folder."
    assert str(error.value) == told
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    target = tmp_path / "a"
    with pytest.raises(InputError) as error:
        write_bytes(target, b"content")
    assert (
        str(error.value) == f"{target}: cannot be written: No space left on device."
        " Make room, or name a file elsewhere."
    )
    assert list(tmp_path.iterdir()) == []
