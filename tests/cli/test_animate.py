"""Tests of ``shoal animate``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PIL")
from PIL import Image

FEW = ("--frames", "3", "--size", "320x240")


def test_a_film_of_an_experiment(shoal: Any, or_file: str) -> None:
    result = shoal("animate", or_file, "training.epochs=1", "-o", "or.gif", *FEW)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "wrote or.gif\n", "")
    with Image.open("or.gif") as film:
        assert (film.n_frames, film.size) == (3, (320, 240))


def test_a_page_over_networks(shoal: Any, or_file: str) -> None:
    result = shoal("animate", or_file, "population=2", "-o", "or.html", "--of", "networks", "-q")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    text = Path("or.html").read_text("utf-8")
    assert text.count("network 1, one of 2") >= 1
    assert text.startswith("<!doctype html>")


def test_a_file_that_is_there_is_kept(
    shoal: Any, or_file: str, refused: Callable[..., str]
) -> None:
    Path("or.gif").write_text("mine")
    told = refused("animate", or_file, "-o", "or.gif", *FEW)
    assert told == "or.gif: exists already. Give --force to replace it."
    assert shoal("animate", or_file, "-o", "or.gif", "--force", *FEW).exit_code == 0
    assert Path("or.gif").read_bytes()[:6] == b"GIF89a"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["-o", "x.avi"],
            "x.avi: must end in .gif, .mp4 or .html. Give the file one of these endings.",
        ),
        (
            ["-o", "no/x.gif"],
            "no/x.gif: the folder 'no' does not exist. Make the folder first, or name another.",
        ),
        ([], "--output: is missing. See: shoal animate --help."),
        (
            ["-o", "x.gif", "--frames", "1"],
            "--frames: must be a whole number from 2 to 2000; got 1. See: shoal animate --help.",
        ),
        (
            ["-o", "x.gif", "--size", "big"],
            "--size: must be WIDTHxHEIGHT, such as 960x480; got big. See: shoal animate --help.",
        ),
        (
            ["-o", "x.gif", "--size", "10x10"],
            "animate: `size` must be from 320x240 to 3840x2160; got 10x10."
            " Give a value within the bounds.",
        ),
        (
            ["-o", "x.gif", "--fps", "1000"],
            "--fps: must be a number from 1 to 50; got 1000. See: shoal animate --help.",
        ),
        (
            ["-o", "x.gif", "--of", "rows"],
            "--of: must be steps or networks; got rows. See: shoal animate --help.",
        ),
        (
            ["-o", "x.gif", "--features", "input3"],
            "animate: `features` must be among input1, input2; got 'input3'. "
            "Did you mean 'input2'?",
        ),
        (
            ["-o", "x.gif", "--network", "16"],
            "animate: `network` must be the number of a network, 0 to 15; got 16."
            " Give a value within the bounds.",
        ),
    ],
    ids=lambda value: "-".join(value[-2:]) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_refused(
    or_file: str, refused: Callable[..., str], args: list[str], message: str
) -> None:
    assert refused("animate", or_file, *args) == message


def test_a_sweep_is_no_run(or_file: str, refused: Callable[..., str]) -> None:
    text = Path(or_file).read_text() + '\n[sweep]\n"training.epochs" = [1, 2]\n'
    Path("sweep.toml").write_text(text)
    assert refused("animate", "sweep.toml", "-o", "x.gif") == (
        "sweep.toml: is a sweep, and an animation shows a run. Give the experiment of one."
    )
