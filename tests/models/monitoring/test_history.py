"""The history beside a model: whole lines from many processes, whatever happens to one."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
from pathlib import Path

import pytest

from shoal.errors import InputError, MissingFileError
from shoal.models.monitoring.history import (
    LONGEST,
    MOST_BYTES,
    Look,
    Past,
    append,
    check_history,
    history_file,
    read_history,
)


def look(n_rows: int = 5, data: str = "a.csv") -> Look:
    return Look(
        time="2026-01-02T03:04:05Z", model="0123", data=data, verdict="ok", n_rows=n_rows,
        checks=(Past(name="accuracy", value=0.9, low=0.8, high=0.95, bar=0.7),),
        drift={"x": 0.01},
    )  # fmt: skip


def test_what_was_added_is_read_back(tmp_path: Path) -> None:
    file = history_file(tmp_path / "m.safetensors")
    assert file.name == "m.history.jsonl"
    hostile = '</script>\n"\u202e🐟 ' + "x" * 40
    for k in (1, 2):
        append(file, look(k, hostile))
    found = read_history(file)
    assert found.looks == (look(1, hostile), look(2, hostile))
    assert (found.n_damaged, found.is_whole) == (0, True)
    assert file.read_bytes().count(b"\n") == 2


def test_a_line_that_was_cut_short_is_passed_over_and_the_next_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "m.history.jsonl"
    append(file, look(1))
    whole = file.read_bytes()
    file.write_bytes(whole + whole[: len(whole) // 2])
    append(file, look(2))
    found = read_history(file)
    assert [each.n_rows for each in found.looks] == [1, 2]
    assert found.n_damaged == 1


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe", b"[]", b"null", b'{"time": 1}', b"[" * 5000, b'{"a":' * 400, b"\0" * 40,
        b'{"time":"2026-01-02T03:04:05Z","model":"","verdict":"ok","n_rows":-1}',
        b'{"time":"2026-01-02T03:04:05Z","model":"","verdict":"ok","n_rows":NaN}',
        b'{"time":"yesterday","model":"","verdict":"ok","n_rows":1}',
        b'{"time":"2026-13-02T03:04:05Z","model":"","verdict":"ok","n_rows":1}',
        b'"' + b"x" * (LONGEST + 9) + b'"',
    ],
)  # fmt: skip
def test_what_is_no_look_is_passed_over(tmp_path: Path, line: bytes) -> None:
    file = tmp_path / "m.history.jsonl"
    append(file, look())
    file.write_bytes(line + b"\n" + file.read_bytes())
    found = read_history(file)
    assert (len(found.looks), found.n_damaged) == (1, 1)


def test_a_newer_look_with_more_in_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "m.history.jsonl"
    document = look().model_dump(mode="json") | {"later": [1]}
    file.write_text(json.dumps(document) + "\n")
    assert read_history(file).looks == (look(),)


def test_of_a_huge_history_the_end_is_read(tmp_path: Path) -> None:
    file = tmp_path / "m.history.jsonl"
    with file.open("wb") as opened:
        opened.truncate(5 * MOST_BYTES)  # a hole: nothing on the disk
        opened.seek(0, 2)
        opened.write(b"\n")
    append(file, look(7))
    found = read_history(file)
    assert [each.n_rows for each in found.looks] == [7]
    assert not found.is_whole


def _append_many(file: Path, first: int) -> None:
    for k in range(first, first + 40):
        append(file, look(k))


def test_processes_do_not_write_into_each_others_lines(tmp_path: Path) -> None:
    file = tmp_path / "m.history.jsonl"
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_append_many, args=(file, 100 * k)) for k in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    found = read_history(file)
    assert found.n_damaged == 0
    expected = {100 * k + i for k in range(3) for i in range(40)}
    assert {each.n_rows for each in found.looks} == expected


def test_of_a_line_that_does_not_fit_nothing_stays(tmp_path: Path) -> None:
    file = tmp_path / "m.history.jsonl"
    append(file, look(1))
    before = file.read_bytes()
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, old[1]))
        with pytest.raises(InputError) as caught:
            append(file, look(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    assert str(caught.value) == (
        f"{file}: cannot be written: File too large. Give --no-history to keep none."
    )
    assert file.read_bytes() == before


def test_a_look_at_columns_with_endless_names_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "m.history.jsonl"
    drift = {f"{k}" + "🐟" * 3000: 1.0 / k for k in range(1, 9)}  # 12 bytes each, escaped
    append(file, look().model_copy(update={"drift": drift}))
    found = read_history(file)
    assert (len(found.looks), found.n_damaged) == (1, 0)
    kept = found.looks[0].drift
    assert list(kept.items()) == list(drift.items())[: len(kept)]  # those furthest off
    assert len(kept) == 1


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "m.history.jsonl")
    with pytest.raises(InputError) as caught:
        read_history(tmp_path / "m.history.jsonl")
    assert (
        str(caught.value) == f"{tmp_path / 'm.history.jsonl'}: is not a file."
        " Name another file, or give --no-history to keep none."
    )


def test_a_history_that_is_not_there_or_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        read_history(tmp_path / "no.history.jsonl")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError) as caught:
        check_history(tmp_path / "folder")
    assert str(caught.value) == (
        f"{tmp_path / 'folder'}: is not a file. Give --no-history to keep none."
    )
