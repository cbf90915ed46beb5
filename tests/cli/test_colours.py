"""Escape codes: on a terminal that wants them, and nowhere else; standard error as well."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import select
import sys
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from shoal.cli import progress, sweep_progress, terminal
from shoal.cli.app import app

EXAMPLES = Path(__file__).parents[2] / "examples"
OR = str(EXAMPLES / "or.toml")
FLOWERS = ("flowers.safetensors", "flowers.csv")
COMMANDS = {
    "run": (OR, "population=2", "--no-store"),
    "spread": (OR, "--networks", "3"),
    "sweep": (OR, "population=2", "training.optimizer=sgd,adam", "--no-store"),
    "search": (OR, "population=2", "training.epochs=2", "training.optimizer=sgd,adam"),
    "compare": (OR, "training.optimizer.name=sgd,adam", "--pairs", "4", "--no-store"),
    "doctor": (OR, "population=2", "--no-proof", "--no-store"),
    "show": ("or.safetensors", "--weights"),
    "predict": ("or.safetensors", "input1=0", "input2=1"),
    "evaluate": (*FLOWERS, "--resamples", "20", "--full"),
    "trace": ("or.safetensors", "--input", "input1=0,input2=1"),
    "importance": FLOWERS,
    "monitor": (*FLOWERS, "--details", "--no-history"),
    "export": ("or.safetensors", "-o", "or.json", "--no-proof"),
    "code": (OR,),
    "tasks": (),
    "plot": (),
    "runs": (),
    "functions": (),
    "help": (),
}  # fmt: skip
"""Commands that print tables, draw bars, or colour what they say."""
COLOURED = {"run", "show", "evaluate", "trace", "code", "tasks", "plot"}
"""Those that must have colours on a terminal: without them the tests below would test nothing."""


class Terminal:
    """A pseudo-terminal; what is written to it is read as it comes."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.out = open(slave, "w", encoding="utf-8")  # noqa: SIM115
        self._said = b""
        self._is_open = True
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while self._is_open or select.select([self.master], [], [], 0)[0]:
            if select.select([self.master], [], [], 0.01)[0]:
                self._said += os.read(self.master, 65536)

    def close(self) -> str:
        self.out.flush()
        self._is_open = False
        self._reader.join()
        self.out.close()
        os.close(self.master)
        return self._said.decode()


@contextlib.contextmanager
def on_terminal() -> Iterator[list[str]]:
    """Yield a list that gets what was written, on either stream, to a terminal."""
    screen, said = Terminal(), []
    try:
        with contextlib.redirect_stdout(screen.out), contextlib.redirect_stderr(screen.out):
            yield said
    finally:
        said.append(screen.close())


def shown(*args: str) -> str:
    """Return what a command writes to a terminal."""
    with on_terminal() as said, pytest.raises(SystemExit) as end:
        app(list(args), prog_name="shoal")
    assert end.value.code == 0, said
    return said[0]


@pytest.fixture(autouse=True)
def _quick_bars(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("SHOAL_HOME", str(tmp_path / "home"))
    for module in (progress, sweep_progress):
        monkeypatch.setattr(module, "BAR_AFTER_S", 0.0)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_no_escape_codes_gets_none(
    models: Path, monkeypatch: pytest.MonkeyPatch, command: str, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    said = shown(command, *COMMANDS[command])
    assert len(said) > 20
    assert "\x1b" not in said
    if name == "TERM":
        assert "\r" not in said.replace("\r\n", "\n")  # nor is a line drawn over


@pytest.mark.parametrize("command", sorted(COLOURED))
def test_a_terminal_has_colours(models: Path, command: str) -> None:
    assert "\x1b[" in shown(command, *COMMANDS[command])


def test_a_bar_is_drawn_on_a_terminal_alone(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = ("population=4", "training.epochs=30", "--no-store")
    assert "\x1b[?25l" in shown("run", OR, *changes)  # the cursor is hidden while it moves
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown("run", OR, *changes)


@pytest.mark.parametrize("name", ["FORCE_COLOR", "CLICOLOR_FORCE"])
def test_colours_can_be_forced_where_nobody_looks(
    models: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def piped() -> str:
        said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with contextlib.redirect_stdout(said), pytest.raises(SystemExit):
            app(["show", "or.safetensors"], prog_name="shoal")
        said.flush()
        return said.buffer.getvalue().decode()  # type: ignore[attr-defined]

    assert "\x1b" not in piped()
    monkeypatch.setenv(name, "1")
    assert "\x1b[1m" in piped()
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b[1m" in piped()
    monkeypatch.setenv(name, "0")  # the usual way to say no
    assert "\x1b" not in piped()
    monkeypatch.setenv(name, "1")
    monkeypatch.setenv("NO_COLOR", "yes")  # comes before
    assert "\x1b" not in piped()


def test_an_empty_no_color_says_nothing(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    assert "\x1b[" in shown("tasks")


def test_what_a_stream_can_do() -> None:
    with on_terminal() as _:
        assert terminal.has_colours(sys.stdout)
        assert terminal.is_live(sys.stderr)
        assert terminal.has_bars()
    assert not terminal.is_live(io.StringIO())


def test_the_address_of_the_lab_has_no_codes_where_none_are_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from shoal.cli.lab import print_address

    with on_terminal() as said:
        print_address("http://127.0.0.1:8517/?token=a#1.q1Yq")
    assert "\x1b[" in said[0]
    monkeypatch.setenv("NO_COLOR", "1")
    with on_terminal() as said:
        print_address("http://127.0.0.1:8517/?token=a#1.q1Yq")
    assert said[0] == "http://127.0.0.1:8517/?token=a#1.q1Yq\n"
