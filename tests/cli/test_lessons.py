"""Tests of `shoal lessons`: the list, files, worksheets, and what is refused before any work."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from shoal.cli.app import app
from shoal.cli.plain_table import cell_width
from shoal.lessons.shelf import LESSONS


def run(*args: str, **settings: Any) -> Any:
    return CliRunner().invoke(app, ["lessons", *args], env={"COLUMNS": "100"}, **settings)


def told(*args: str) -> str:
    result = run(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    return str(result.stderr)


def test_the_list_as_a_table_and_as_json() -> None:
    result = run("list")
    assert result.exit_code == 0
    assert "Predicting OR" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100
    document = json.loads(run("list", "--json").stdout)
    assert [each["number"] for each in document] == [
        number for number, lesson in LESSONS.items() if lesson.is_there
    ]
    assert document[0]["title"] == {
        "en": "Predicting OR", "ja": "OR を予測する", "ko": "OR 예측하기",
    }  # fmt: skip
    assert document[0]["minutes"] == 20
    assert "OR を予測する" in run("list", "--language", "ja").stdout


@pytest.mark.parametrize("language", ["en", "ja", "ko"])
def test_the_list_says_the_whole_of_what_a_lesson_is_for(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    result = CliRunner().invoke(app, ["lessons", "list", "--language", language])
    lines = result.stdout.splitlines()
    # a mark that ends a Japanese line may hang over by its two cells
    assert max(map(cell_width, lines)) <= 82
    assert "…" not in result.stdout
    together = "".join(result.stdout.split())
    for lesson in json.loads(run("list", "--json").stdout):
        assert "".join(lesson["learn"][language].split()) in together


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("rat", "Did you mean 'rate'?"),
        (
            "which",
            "Its controls are epochs, rate; its predictions ones, parameters, always, first, fall, "
            "ends, unsure, tenfold; its questions q1, q2, q3.",
        ),
    ],
)
def test_a_setting_of_no_control_is_refused(tmp_path: Path, name: str, cure: str) -> None:
    sentence = told("export", "1", "-o", str(tmp_path / "or.html"), "--set", f"{name}=1")
    assert sentence.endswith(f"{name}: is no control of this lesson. {cure}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_lesson_becomes_a_page_with_what_was_set(tmp_path: Path) -> None:
    page = tmp_path / "or.html"
    result = run("export", "1", "-o", str(page), "--set", "epochs=1", "--language", "ko")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"wrote {page}\n"
    text = page.read_text("utf-8")
    assert "<title>OR 예측하기</title>" in text
    assert '<span class="is-set">1</span>' in text
    again = run("export", "1", "-o", str(page))
    assert again.exit_code == 2
    assert "--force" in again.stderr


def test_a_lesson_becomes_its_own_notebook(tmp_path: Path) -> None:
    copy = tmp_path / "or.py"
    result = run("export", "or", "-o", str(copy), "--language", "ja", "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["language"] == "ja"
    assert document["files"][0]["path"] == str(copy)
    code = copy.read_text("utf-8")
    assert 'Lesson.languages("ja")' in code
    assert code.startswith("import marimo")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["export", "9", "-o", "x.html"], "lesson 9: there is none. See: shoal lessons list."),
        (["export", "-o", "x.html"], "LESSON: is missing. Name one, or give --all."),
        (
            ["export", "1", "-o", "x.htm"],
            "x.htm: must end in .html, .ipynb or .py. Did you mean '.html'?",
        ),
        (
            ["export", "1", "-o", "x.html", "--set", "rate"],
            "--set rate: must be CONTROL=VALUE. Write it as in --set rate=0.1.",
        ),
        (
            ["export", "1", "-o", "x.html", "--set", "language=ja"],
            "--set language=ja: is an option of its own. Give --language.",
        ),
        (["open", "1", "--edit", "--json"], "--json: cannot go with --edit"),
        (
            ["export", "1", "-o", "x.html", "--set", "rate=7"],
            "0.1, 0.5; got 7. Give one of these.\n",
        ),
        (["export", "1", "--all", "-o", "pages"], "--all: cannot go with LESSON 1"),
        (["export", "--all", "-o", "pages", "--set", "a=1"], "--all: cannot go with --set a=1"),
        (["sheet", "1", "--students", "2", "-o", "x.pdf"], "x.pdf: worksheets must end in .html."),
        (
            ["sheet", "1", "--students", "2", "-o", "x.html", "--key", "k.xls"],
            "k.xls: the key as a table must end in .csv or .json.",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    args: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sentence in told(*args)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told_of(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert told("export", "--all", "-o", str(file)).endswith("file: is a file. Name a folder.\n")
    assert "the folder cannot be made: " in told("export", "--all", "-o", str(file / "inside"))


def test_all_pages_tell_where_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [("01_or.ja.html", b"1"), ("index.ja.html", b"2")]
    monkeypatch.setattr("shoal.lessons.exporting.pages", lambda languages: iter(made))
    result = run("export", "--all", "--language", "ja", "-o", str(tmp_path))
    assert result.stderr.endswith(f"2 pages; begin with {tmp_path / 'index.ja.html'}\n")
    assert (tmp_path / "index.ja.html").read_bytes() == b"2"


def test_a_port_in_use_is_told_before_a_copy_is_written(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as line:
        port = str(line.getsockname()[1])
        sentence = told("open", "1", "--edit", "--port", port, "-o", str(tmp_path / "copies"))
    assert f"--port {port}: is in use already." in sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "args", [["sheet", "1", "-o", "x.html", "--students", "0"], ["open", "1", "--language", "de"]]
)
def test_wrong_options_are_refused(args: list[str]) -> None:
    assert run(*args).exit_code == 2


def test_worksheets_and_their_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.cli.lessons.LINE_EVERY_S", 0.0)
    sheet, key = tmp_path / "or.html", tmp_path / "key.csv"
    result = run("sheet", "1", "--students", "2", "--seed", "9", "-o", str(sheet),
                 "--key", str(key), "--json")  # fmt: skip
    assert result.exit_code == 0
    assert result.stderr.startswith("made 1 of 2\nmade 2 of 2\nwrote ")
    document = json.loads(result.stdout)
    assert [each["seed"] for each in document["students"]] == [9, 10]
    assert sheet.read_text("utf-8").count('class="sl-sheet"') == 2
    rows = key.read_text("utf-8").splitlines()
    assert rows[0] == "student,seed,loss,short,origin,fast,hand"
    assert (tmp_path / "or.key.html").is_file()
    # 9 % 9 + 1 = 1: -log(1 - 0.1) = 0.1054
    assert rows[1].endswith(",0.1054")


def test_worksheets_have_a_name_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("sheet", "1", "--students", "1").exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "01_or.sheet.html",
        "01_or.sheet.key.html",
    ]


@pytest.mark.parametrize("command", [[], ["open"], ["list"], ["export"], ["sheet"]])
def test_every_help_has_examples(command: list[str]) -> None:
    text = run(*command, "--help").stdout
    assert f"  {' '.join(['shoal', 'lessons', *command])}" in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_copy_to_edit_looks_as_the_lesson_and_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr("subprocess.run", lambda command, **how: started.append(command))
    (tmp_path / "look.css").write_text("mine")
    args = ("open", "1", "--edit", "--language", "ko", "--no-browser", "-o", str(tmp_path))
    assert run(*args).exit_code == 0
    copy = tmp_path / "01_or.py"
    assert 'Lesson.languages("ko")' in copy.read_text("utf-8")
    assert "auto_instantiate = true" in (tmp_path / "pyproject.toml").read_text("utf-8")
    assert (tmp_path / "look.css").read_text() == "mine"
    copy.write_text("changed")
    assert run(*args).stderr == ""
    assert copy.read_text() == "changed"
    assert [each[each.index("edit") + 1] for each in started] == [str(copy)] * 2
    assert "-P" in started[0]  # or a click.py in this folder would be taken for the library


@pytest.mark.slow
def test_the_server_lets_in_who_has_the_key_and_ends_cleanly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "shoal", "lessons", "open", "1", "--no-browser", "--port", "0"]
    env = {**os.environ, "SHOAL_HOME": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=env) as process:  # fmt: skip
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        base, _, fragment = address.partition("#")
        assert fragment == "01_or.en"
        with urllib.request.urlopen(base) as answer:  # the key opens the door
            assert answer.status == 200
            policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        root = base.split("?")[0]
        for path in ("", "01_or/", "lab"):
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(root + path)
            caught.value.close()
            assert caught.value.code == 401
        foreign = urllib.request.Request(base, headers={"Host": "example.org"})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(foreign)
        caught.value.close()
        assert caught.value.code == 403
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in errors
