"""Tests of how a command ends: every exit code, streams, and Ctrl-C by real signals."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer

import shoal as package
from shoal.cli.exits import guarded
from shoal.errors import InputError, MissingExtraError

SHOAL = str(Path(sys.executable).with_name("shoal"))
EXAMPLES = Path(__file__).parents[2] / "examples"
LONG = (
    "run",
    str(EXAMPLES / "greater.toml"),
    "training.epochs=1000000",
    "training.report_every=end",
)


def ending(error: BaseException) -> int:
    """Return the exit code of a command that raises `error`."""

    @guarded
    def command() -> None:
        raise error

    with pytest.raises(typer.Exit) as end:
        command()
    return int(end.value.exit_code)


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (
            InputError("a.csv: is wrong."),
            2,
            "shoal [A100]: a.csv: is wrong. Give a value that does.\n",
        ),
        (
            InputError("a: is 1. Give 2.\nb: is 1. Give 3.", code="U107"),
            2,
            "shoal [U107]: a: is 1. Give 2.\nshoal [U107]: b: is 1. Give 3.\n",
        ),
        (
            MissingExtraError("reading Parquet", "pyarrow", "parquet"),
            2,
            "shoal [E101]: reading Parquet needs the pyarrow package: "
            "pip install 'shoal[parquet]'.\n",
        ),
        (
            MemoryError(),
            2,
            "shoal [Z102]: not enough memory. Ask for fewer networks, rows or reports.\n",
        ),
        (
            ZeroDivisionError("by zero"),
            3,
            "shoal [Z100]: this is a defect of shoal, please report it: "
            "ZeroDivisionError: by zero. With SHOAL_DEBUG=1 the same command shows where it "
            "happened.\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_every_error_is_a_sentence_and_a_code(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, sentence: str
) -> None:
    assert ending(error) == code
    assert capsys.readouterr() == ("", sentence)


def test_the_traceback_is_there_for_those_who_ask(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOAL_DEBUG", "1")
    assert ending(ZeroDivisionError("by zero")) == 3
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def process(*args: str, **settings: Any) -> subprocess.Popen[bytes]:
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([SHOAL, *args], **(pipes | settings))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    "args", [("tasks",), ("schema",), ("--help",), ("run", "--help"), ("--version",)]
)
def test_a_full_standard_output_is_told(args: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        running = process(*args, stdout=full)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 2
    wanted = (
        "shoal [O104]: standard output: cannot be written: No space left on device. "
        "Make room, or send it elsewhere.\n"
    )
    assert said.decode() == wanted


@pytest.mark.parametrize("args", [("schema",), ("--help",), ("run", "--help")])
def test_a_reader_that_leaves_is_no_error(args: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)  # before a word is written
    running = process(*args, stdout=writing)
    os.close(writing)
    assert running.wait(timeout=60) == 0
    assert running.stderr is not None
    assert running.stderr.read() == b""
    running.stderr.close()


@pytest.mark.parametrize("args", [("run", str(EXAMPLES / "or.toml"), "population=2"), ("tasks",)])
def test_a_table_that_nobody_reads_on_is_no_error(args: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    running = process(*args, stdout=writing)
    os.close(reading)  # before the first line, as by a head that has had enough
    os.close(writing)
    _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (0, b"")


def test_what_nobody_reads_on_is_still_kept(folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    args = ("run", str(EXAMPLES / "or.toml"), "population=2", "-o", "r.json")
    with subprocess.Popen(
        [SHOAL, *args], stdout=writing, stderr=subprocess.STDOUT,
        env=os.environ | {"SHOAL_HOME": str(folder / "home"), "SHOAL_NO_STORE": ""},
    ) as running:  # fmt: skip
        os.close(writing)
        assert running.wait(timeout=60) == 0
    assert (folder / "r.json").exists()


@pytest.mark.parametrize("closed", ["2>&1 | true", "2>/dev/full", "2>&-"])
def test_wrong_input_is_wrong_where_nobody_hears(folder: Path, closed: str) -> None:
    script = f"(sleep 0.1; {SHOAL} predict no.safetensors no.csv; echo $? >code) {closed}"
    subprocess.run(["sh", "-c", script], capture_output=True, check=False, timeout=60)
    assert (folder / "code").read_text() == "2\n"


@pytest.mark.parametrize("args", ["tasks", "tasks --json"])
def test_a_closed_standard_output_is_no_defect(folder: Path, args: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{SHOAL} {args} >&-"], capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_file_larger_than_allowed_leaves_nothing(folder: Path) -> None:
    limits = "import resource, sys, os; resource.setrlimit(resource.RLIMIT_FSIZE, (999, 999)); "
    start = f"{limits}os.execv({SHOAL!r}, [{SHOAL!r}, *sys.argv[1:]])"
    args = ["run", str(EXAMPLES / "or.toml"), "-q", "-o", "x.json"]
    done = subprocess.run(
        [sys.executable, "-c", start, *args],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "shoal [O103]: x.json: cannot be written: File too large. "
        "Make room, or name a file elsewhere.\n"
    )
    assert list(folder.iterdir()) == []


def test_one_interrupt_keeps_and_writes_what_is_there(folder: Path) -> None:
    running = process(*LONG, "data.add=1000", "-o", "m.safetensors", "-o", "r.json")
    assert running.stderr is not None
    assert running.stderr.readline().startswith(b"warning: ")  # the last word before training
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    printed, said = running.communicate(timeout=60)
    assert running.returncode == 130
    lines = printed.decode().splitlines()
    assert lines[0] == "greater: 16 networks 2-3-3-3-1, 1,000,000 epochs, adam 0.03"
    assert any(line.startswith("interrupted in epoch ") for line in lines)
    assert lines[-2:] == ["wrote m.safetensors", "wrote r.json"]
    assert said == b""
    assert len(package.load("m.safetensors")) == 16


class Terminal:
    """The command on a terminal of its own: what it prints, and keys pressed."""

    def __init__(self, *args: str, program: str = SHOAL, **variables: str) -> None:
        self.pid, self._screen = pty.fork()
        if self.pid == 0:  # pragma: no cover
            environment = {"TERM": "xterm-256color", "COLUMNS": "80", **variables}
            os.execve(program, [program, *args], os.environ | environment)
        self.printed = ""

    def press(self, key: bytes) -> None:
        os.write(self._screen, key)

    def read_until(self, text: str, *, seconds: float = 30) -> bool:
        """Read until `text` is printed; return whether it was, before the end came."""
        end = time.monotonic() + seconds
        while text not in self.printed and time.monotonic() < end:
            if not select.select([self._screen], [], [], 0.05)[0]:
                continue
            try:
                piece = os.read(self._screen, 65536)
            except OSError:
                return False
            if not piece:
                return False
            self.printed += piece.decode(errors="replace")
        return text in self.printed

    def end(self) -> int:
        """Read what is left and return the exit code."""
        self.read_until("\0never")
        os.close(self._screen)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_terminal_has_a_bar_and_ctrl_c_the_table(folder: Path) -> None:
    args = [arg for arg in LONG if arg != "training.report_every=end"]
    args[args.index("training.epochs=1000000")] = "training.epochs=100000"
    terminal = Terminal(*args, "-o", "r.json")
    assert terminal.read_until(" of 100,000  loss 0.")
    assert "16 networks" in terminal.printed
    assert " left" in terminal.printed
    terminal.press(b"\x03")
    assert terminal.end() == 130
    assert "interrupted in epoch " in terminal.printed
    assert "validation accuracy" in terminal.printed
    assert (folder / "r.json").exists()


SLOW = """
import time
import shoal.cli.run
def write(*args):
    print("writing", flush=True)
    time.sleep(30)
shoal.cli.run._write = write
from shoal.cli import main
main()
"""
"""The command with a disk that takes half a minute."""


def test_ctrl_c_twice_leaves(folder: Path) -> None:
    terminal = Terminal("-c", SLOW, *LONG, "-o", "r.json", program=sys.executable)
    assert terminal.read_until(" left")
    terminal.press(b"\x03")
    assert terminal.read_until("writing")
    terminal.press(b"\x03")
    begun = time.monotonic()
    assert terminal.end() == 130
    assert time.monotonic() - begun < 10
    assert "Traceback" not in terminal.printed
    assert list(folder.iterdir()) == []


def test_no_color_means_no_color(folder: Path) -> None:
    terminal = Terminal("run", str(EXAMPLES / "or.toml"), NO_COLOR="1")
    assert terminal.end() == 0
    assert "\x1b[3" not in terminal.printed
    assert "attainable accuracy" in terminal.printed


def test_a_command_that_is_told_to_end_leaves_no_half_file(tmp_path: Path) -> None:
    model = str(tmp_path / "or.safetensors")
    package.Experiment.load(EXAMPLES / "or.toml").run().best.save(model)
    args = ("predict", model, "-", "-o", str(tmp_path / "out.csv"))
    with process(*args, stdin=subprocess.PIPE) as running:
        assert running.stdin is not None
        running.stdin.write(b"input1,input2\n" + b"0,1\n" * 500_000)
        running.stdin.flush()
        deadline = time.monotonic() + 30
        while not list(tmp_path.glob(".shoal-*")) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert list(tmp_path.glob(".shoal-*"))
        while running.poll() is None and time.monotonic() < deadline:
            running.terminate()  # again: one that comes while Python fills a buffer waits for it
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(timeout=5)  # one that came as Python ends would end it otherwise
        assert running.poll() == 130
    assert [file.name for file in tmp_path.iterdir()] == ["or.safetensors"]
