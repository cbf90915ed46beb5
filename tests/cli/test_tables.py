"""Tests of tables, numbers in them, and progress, as text."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from shoal.cli.progress import describe
from shoal.cli.result import cells_of
from shoal.cli.tables import Column, label, print_blocks
from shoal.experiments.progress import Progress


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([0.25, 3.0], ["0.2500", "3.0000"]),
        ([0.0123, 0.5], ["0.0123", "0.5000"]),
        ([0.00123, 0.000485], ["0.001230", "0.000485"]),
        ([0.0, 1.5], ["0.0000", "1.5000"]),
        ([12345.678, 2.0], ["12,345.68", "2.00"]),
        ([1e-9, 0.5], ["1e-09", "0.5"]),
        ([2.5e6, 0.5], ["2.5e+06", "0.5"]),
        ([np.nan, 0.5], ["", "0.5000"]),
        ([np.nan], [""]),
    ],
)
def test_a_row_has_as_many_decimals_as_it_needs(values: list[float], cells: list[str]) -> None:
    assert cells_of(values) == cells


def printed(names: Column, columns: list[Column], width: int) -> list[str]:
    text = io.StringIO()
    console = Console(file=text, width=width, markup=False, emoji=False, highlight=False)
    print_blocks(console, names, columns)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_columns_that_do_not_fit_go_below() -> None:
    names = Column(head="", cells=["a", "b"])
    columns = [Column(head=f"unit {k}", cells=[f"{k}.5", "-1"]) for k in range(3)]
    assert printed(names, columns, width=20) == [
        "    unit 0   unit 1",
        "───────────────────",
        "a      0.5      1.5",
        "b       -1       -1",
        "",
        "    unit 2",
        "──────────",
        "a      2.5",
        "b       -1",
        "",
    ]


def test_nothing_is_cut_off_at_any_width() -> None:
    names = Column(head="class", cells=["とても長い名前のクラス", "b" * 30])
    columns = [Column(head="한국어" * 6, cells=["123456", "7"])]
    for width in (12, 20, 33, 80):
        lines = printed(names, columns, width)
        assert max(cell_len(line) for line in lines) <= width
        text = "".join(lines).replace(" ", "")
        assert "…" not in text
        assert text.count("b") == 30
        assert text.count("語") + text.count("어") >= 6


def test_labels_stay_on_their_line() -> None:
    assert label("種類 [red] :cat:") == "種類 [red] :cat:"
    assert label("a\nb\x1b[31m") == "a\\nb\\x1b[31m"


def progress(**changes: object) -> Progress:
    settings: dict[str, object] = {
        "n_networks": 16, "n_diverged": 0, "n_running": 16, "epoch": 20.0, "n_epochs": 1000,
        "steps": 320, "total_steps": 16_000, "loss": 0.01234, "elapsed_s": 1.0,
    }  # fmt: skip
    return Progress(**(settings | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at", "line"),
    [
        # 320 steps a second, 15,680 to go: 49 s
        (progress(), "16 networks, epoch 20 of 1,000, loss 0.01234, 49 s left"),
        (progress(n_diverged=2), "16 networks, 2 diverged, epoch 20 of 1,000, loss 0.01234, "
         "49 s left"),
        (progress(n_networks=1, loss=None, steps=0), "1 network, epoch 20 of 1,000"),
        # 15,680 / 32 = 490 s; 15,680 / 1 = 15,680 s = 4 h 21 min
        (progress(elapsed_s=10.0), "16 networks, epoch 20 of 1,000, loss 0.01234, 8 min 10 s left"),
        (progress(elapsed_s=320.0), "16 networks, epoch 20 of 1,000, loss 0.01234, "
         "4 h 21 min left"),
    ],
)  # fmt: skip
def test_progress_in_a_line(at: Progress, line: str) -> None:
    assert describe(at) == line
