"""Tests of ``shoal run --checkpoint`` and ``shoal resume``: one run, whatever came in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SHOAL = str(Path(sys.executable).with_name("shoal"))


def result(path: Path | str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(path).read_text())
    del found["seconds"]
    return found


def test_a_run_that_is_done_gives_its_result_again(shoal: Any, or_file: str, folder: Path) -> None:
    args = ("population=2", "-o", "a.json", "--checkpoint", "c", "--checkpoint-every", "0.01")
    assert shoal("run", or_file, *args).exit_code == 0
    assert sorted(os.listdir(folder)) == ["a.json", "c", "or.toml"]
    told = shoal("resume", "c", "-o", "b.json")
    assert (told.exit_code, told.stderr) == (0, "")
    assert told.stdout.splitlines()[0] == "or: 2 networks 2-8-1, 3 epochs, sgd 0.01"
    assert result("b.json") == result("a.json")


def test_a_longer_run(shoal: Any, or_file: str) -> None:
    few = ("population=2", "training.epochs=7")
    assert shoal("run", or_file, *few, "-q", "--checkpoint", "c").exit_code == 0
    assert shoal("resume", "c", "training.epochs=20", "-q", "-o", "long.json").exit_code == 0
    args = ("population=2", "training.epochs=20", "-q", "-o", "whole.json")
    assert shoal("run", or_file, *args).exit_code == 0
    assert result("long.json") == result("whole.json")


@pytest.mark.parametrize(
    ("option", "told"),
    [("-q", b""), ("--json", b"note: to go on: shoal resume c\n")],
    ids=["quiet", "json"],
)
def test_ctrl_c_and_resume(
    shoal: Any, or_file: str, folder: Path, option: str, told: bytes
) -> None:
    long = ("training.epochs=800", "population=16")
    running = subprocess.Popen(
        [SHOAL, "run", or_file, *long, option, "--checkpoint", "c"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    end = time.monotonic() + 60
    while not (folder / "c").exists() and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (130, told)
    assert shoal("resume", "c", "-q", "-o", "a.json").exit_code == 0
    assert shoal("run", or_file, *long, "-q", "-o", "b.json").exit_code == 0
    assert result("a.json") == result("b.json")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["resume", "d"], "d: there is no such file. Did you mean 'c'?"),
        (
            ["resume", "or.toml"],
            "or.toml: is not a checkpoint of shoal, or its beginning is damaged."
            " Name a file that --checkpoint wrote, or a stored run.",
        ),
        (
            ["resume", "c", "seed=1"],
            "c, seed: cannot be changed when a run is resumed; only training.epochs can, to a "
            "larger number. In Python, run.rewind(step).with_(...) goes on with another setting.",
        ),
        (
            ["resume", "c", "training.epochs=1"],
            "c, training.epochs: must be 2 or more, as in the run that is resumed; got 1."
            " Resume it as it is, or run it anew with the change.",
        ),
        (
            ["resume", "c", "-o", "c.txt"],
            "c.txt: must end in .safetensors (the model), .json (the result) or .html (a report)."
            " Give the file one of these endings.",
        ),
        (
            ["run", "or.toml", "--checkpoint", "c"],
            "c: exists already. Go on with it (shoal resume), or give --force to replace it.",
        ),
        (
            ["run", "or.toml", "--checkpoint-every", "5"],
            "--checkpoint-every: needs a file to write to. Give --checkpoint FILE.",
        ),
        (
            ["run", "or.toml", "--checkpoint", "no/c"],
            "no/c: the folder 'no' does not exist. Make the folder first, or name another.",
        ),
        (
            ["run", "or.toml", "-o", "x.json", "--checkpoint", "x.json"],
            "x.json: is named twice as an output. Name it once.",
        ),
    ],
)
def test_what_is_refused(
    shoal: Any, refused: Callable[..., str], or_file: str, args: list[str], sentence: str
) -> None:
    few = ("population=2", "training.epochs=2", "-q")
    assert shoal("run", or_file, *few, "--checkpoint", "c").exit_code == 0
    if args == ["resume", "d"]:
        sentence = "d: there is no such file. Look at the spelling and the folder."
    assert refused(*args) == sentence


@pytest.mark.parametrize("command", ["run", "resume"])
def test_seconds_that_are_none(shoal: Any, or_file: str, command: str) -> None:
    told = shoal(command, or_file, "--checkpoint-every", "0")
    assert told.exit_code == 2
    assert told.stderr == (
        "shoal [U103]: --checkpoint-every: must be a number of seconds above 0; got 0. "
        f"See: shoal {command} --help.\n"
    )


def test_a_longer_run_of_a_schedule_that_knows_its_length(
    shoal: Any, refused: Callable[..., str], or_file: str
) -> None:
    args = ("population=2", "training.epochs=2", "training.schedule=cosine", "-q")
    assert shoal("run", or_file, *args, "--checkpoint", "c").exit_code == 0
    assert refused("resume", "c", "training.epochs=4") == (
        "c, training.schedule: depends on the length of the run, so a longer run would have gone "
        "another way from its first step. Resume it as it is, or run it anew with "
        "training.epochs=4."
    )


RULES = """
def stop(previous, current):
    if previous:
        raise ValueError("no more")
    return False
"""


def test_a_predicate_that_fails_loses_nothing(shoal: Any, or_file: str, folder: Path) -> None:
    (folder / "my_rules_of_resume.py").write_text(RULES)
    stop = 'training.stop=[{name = "python", function = "my_rules_of_resume:stop"}]'
    args = ("run", or_file, "population=2", stop, "-o", "r.json", "-o", "m.safetensors")
    told = shoal(*args)
    assert (told.exit_code, told.stdout) == (2, "")
    assert "--allow-python" in told.stderr
    told = shoal(*args, "--allow-python", "--checkpoint", "c")
    assert (told.exit_code, told.stdout) == (2, "")
    lines = told.stderr.splitlines()
    assert len(lines) == 1
    assert "]: training.stop[0].function, network 0 (seed " in lines[0]
    assert lines[0].endswith(
        "), step 2,000: 'my_rules_of_resume:stop' raised ValueError: no more "
        "(my_rules_of_resume.py, line 4)."
        " Mend the function; what was trained until then is kept."
    )
    assert {network["steps"] for network in result("r.json")["networks"]} == {2000}
    assert (folder / "m.safetensors").exists()
    assert (folder / "c").exists()


def test_a_full_disk_at_the_last_checkpoint(
    shoal: Any, or_file: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if 2 < len(calls) <= 3:  # the first checkpoint and its folder were written
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("shoal.files.os.fsync", full)
    told = shoal("run", or_file, "population=2", "--checkpoint", "c", "-q", "-o", "r.json")
    assert told.exit_code == 2
    assert told.stderr.partition("]: ")[2] == (
        "c: cannot be written: No space left on device. Make room, or name a file elsewhere. "
        "The checkpoint is an older one, or none; the result is whole.\n"
    )
    assert len(result("r.json")["networks"]) == 2


def test_stop_rules_are_told(shoal: Any, or_file: str) -> None:
    stop = 'training.stop=[{name = "steps", limit = 150}]'
    told = shoal("run", or_file, "population=2", stop)
    assert told.exit_code == 0
    assert told.stdout.splitlines()[-1] == "2 networks ended by 'steps' at step 150"
    stop = 'training.stop=[{name = "target", figure = "train_loss", below = 1}]'
    told = shoal("run", or_file, "population=2", stop)
    assert told.stdout.splitlines()[0].endswith(", sgd 0.01, stops at train_loss <= 1")
    assert told.stdout.splitlines()[-1] == (
        "2 networks ended by 'target' (train_loss <= 1) at step 1,000"
    )
