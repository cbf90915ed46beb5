"""A folder of its own for every test, and models that are trained once."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest
from typer.testing import CliRunner, Result

from shoal.cli.app import app

EXAMPLES = Path(__file__).parents[2] / "examples"

JAPANESE = """長さ,幅,색,種類
1.0,2.0,빨강,桜
1.5,2.5,파랑,梅
1.2,2.1,빨강,桜
1.8,2.9,파랑,梅
0.9,1.8,빨강,桜
1.7,2.7,파랑,梅
1.1,2.2,빨강,桜
1.6,2.6,파랑,梅
1.0,2.1,빨강,桜
1.9,2.8,파랑,梅
"""
PRICES = "a;b;c\r\n" + "".join(
    f'{k},5;"{"x;y" if k % 2 else "z, q"}";{k},25\r\n' for k in range(1, 11)
)

WITHOUT_STORE = ("test_run", "test_train", "test_resume", "test_exits", "test_python_rules")
"""Modules that compare all that a command prints, which is more where it stores what it made."""


class Shoal(Protocol):
    """The command, called in the test's own folder."""

    def __call__(self, *args: str, stdin: str | bytes | None = None) -> Result: ...


def call(*args: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args], input=stdin, env={"COLUMNS": "80"})


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models and their data: flowers, or, ja, prices."""
    folder = tmp_path_factory.mktemp("trained")
    shutil.copy(EXAMPLES / "data" / "flowers.csv", folder)
    (folder / "ja.csv").write_text(JAPANESE, encoding="utf-8")
    (folder / "prices.csv").write_text(PRICES, encoding="utf-8", newline="")
    with contextlib.chdir(folder):
        few = ("population=4", "training.epochs=30", "-q")
        for args in (
            ("train", "flowers.csv", "--target", "species", *few),
            ("train", "ja.csv", "--target", "種類", *few),
            ("train", "prices.csv", "--target", "c", "--decimal", ",", *few),
            ("run", str(EXAMPLES / "or.toml"), "population=4", "-q", "-o", "or.safetensors"),
        ):
            assert call(*args).exit_code == 0
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of the test, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def shoal(folder: Path) -> Shoal:
    return call


@pytest.fixture
def models(folder: Path, trained: Path) -> Path:
    """The working folder of the test, with the trained models in it."""
    shutil.copytree(trained, folder, dirs_exist_ok=True)
    return folder


@pytest.fixture
def refused(shoal: Shoal, folder: Path) -> Callable[..., str]:
    """Call the command, see that it ends with 2 and writes nothing; return its sentences."""

    def run(*args: str, stdin: str | bytes | None = None) -> str:
        before = snapshot(folder)
        result = shoal(*args, stdin=stdin)
        assert (result.exit_code, result.stdout) == (2, "")
        assert snapshot(folder) == before
        assert "Traceback" not in result.stderr
        lines = result.stderr.splitlines()
        assert all(re.match(r"shoal \[[A-Z]\d{3}\]: ", line) for line in lines)
        return "\n".join(line.partition("]: ")[2] for line in lines)

    return run


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file with its content, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def or_file(folder: Path) -> str:
    """The experiment or.toml in the working folder."""
    shutil.copy(EXAMPLES / "or.toml", folder)
    return "or.toml"


@pytest.fixture(autouse=True)
def _whether_to_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.module.__name__.rpartition(".")[2] in WITHOUT_STORE:
        monkeypatch.setenv("SHOAL_NO_STORE", "1")
