"""Tests of ``shoal report``."""

from __future__ import annotations

import contextlib
import html
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("vl_convert")


def test_a_report_of_an_experiment(shoal: Any, or_file: str) -> None:
    result = shoal("report", or_file, "-o", "or.html", "--no-doctor", "--title", "Or & more?")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "wrote or.html\n", "")
    text = Path("or.html").read_text("utf-8")
    assert "<h1>Or &amp; more?</h1>" in text
    assert 'id="doctor"' not in text


def test_a_report_of_a_sweep_with_the_doctor(shoal: Any, or_file: str) -> None:
    text = Path(or_file).read_text() + '\n[sweep]\n"training.epochs" = [1, 2]\n'
    Path("sweep.toml").write_text(text)
    result = shoal("report", "sweep.toml", "-o", "sweep.html", "-q")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    page = Path("sweep.html").read_text("utf-8")
    assert "depend on epochs?" in page
    assert "This is about the first cell: epochs=1." in page


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["or.toml", "-o", "x.pdf"], "x.pdf: must end in .html."
                                     " Give the file one of these endings."),
        (["or.toml"], "--output: is missing. See: shoal report --help."),
        (["or.toml", "-o", "no/x.html"], "no/x.html: the folder 'no' does not exist."
                                         " Make the folder first, or name another."),
        (["or.toml", "-o", "or.html"], "or.html: exists already. Give --force to replace it."),
        (["orr.toml", "-o", "x.html"],
         "orr.toml: there is no such file. Did you mean 'or.toml'?"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)  # fmt: skip
def test_what_cannot_be_is_refused(
    or_file: str, refused: Callable[..., str], args: list[str], message: str
) -> None:
    Path("or.html").write_text("mine")
    assert refused("report", *args) == message


def repeated(shoal: Any, page: str, folder: Path) -> dict[str, Any]:
    """Do what a report says under "How to repeat it", and return the JSON of its command."""
    folder.mkdir()
    blocks = re.findall(r'data-name="([^"]+)"><code>(.*?)</code>', page, re.S)
    texts = {name: html.unescape(re.sub(r"<[^>]+>", "", text)) for name, text in blocks}
    command = texts.pop("the commands")
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    with contextlib.chdir(folder):
        result = shoal(*shlex.split(command)[1:], "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


SWEEP = '\n[sweep]\n"training.epochs" = [1, 2]\n'


@pytest.mark.parametrize("more", ["", SWEEP], ids=["run", "sweep"])
def test_what_a_report_says_repeats_it(
    shoal: Any, or_file: str, tmp_path: Path, monkeypatch: Any, more: str
) -> None:
    monkeypatch.setenv("SHOAL_HOME", str(tmp_path / "store"))
    Path("it.toml").write_text(Path(or_file).read_text() + more)
    assert shoal("report", "it.toml", "data.batches=20", "-o", "it.html", "--no-doctor",
                 "-q").exit_code == 0  # fmt: skip
    page = Path("it.html").read_text("utf-8")
    assert f"<dd>{repeated(shoal, page, tmp_path / 'again')['digest']}</dd>" in page


def test_what_a_report_of_a_comparison_says_repeats_it(
    shoal: Any, or_file: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("SHOAL_HOME", str(tmp_path / "store"))
    sides = ("data.batches=20", "training.epochs=1,3", "--figure", "validation_loss")
    first = shoal("compare", or_file, *sides, "--until", "decided", "--at-most", "64", "--json")
    assert shoal("report", "@last", "-o", "it.html", "-q").exit_code == 0
    found = repeated(shoal, Path("it.html").read_text("utf-8"), tmp_path / "again")
    for key in ("outcome", "wins", "losses", "ties", "p_value", "effect", "low", "high"):
        assert found["verdicts"][0][key] == json.loads(first.stdout)["verdicts"][0][key]
