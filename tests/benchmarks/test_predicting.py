"""The benchmark of predicting: its figures are there, and its table says what the bar is about."""

from __future__ import annotations

import pytest

from benchmarks import predicting
from benchmarks.predicting import BAR, Figure, floor, measure, measure_command, table


@pytest.fixture(scope="module")
def model():
    return predicting.trained()


def test_the_floor_by_hand(model) -> None:
    # 2*3 + 3*3 + 3*3 + 3*1 = 27 products and 3 + 3 + 3 + 1 = 10 units a network; two float64
    # come, one float32 a network lies between, two probabilities, class and disagreement go
    assert floor(model.best_network) == (
        "1 networks 2-3-3-3-1: a row is 27 multiply-adds and 10 activations; 16 bytes come, "
        "4 lie between, 32 go"
    )
    assert "432 multiply-adds and 160 activations" in floor(model)


def test_every_part_is_measured(model) -> None:
    found = [*measure(model, 2_000, 2), *measure_command(model, 2_000, 1)]
    assert [each.counted for each in found] == [False, True, True, False, True, False]
    assert all(each.n_networks == 16 and min(each.seconds) > 0 for each in found)


def test_the_table_judges_what_the_bar_is_about() -> None:
    def figure(seconds: float, counted: bool) -> Figure:
        return Figure(what="x", n_networks=1, seconds=(seconds,), n_rows=BAR, counted=counted)

    rows = table([figure(0.5, True), figure(2.0, True), figure(2.0, False)]).splitlines()[2:]
    assert rows == [
        "| 1 | x | 2,000,000 | 0.500 | holds |",
        "| 1 | x | 500,000 | 2.000 | missed |",
        "| 1 | x | 500,000 | 2.000 |  |",
    ]
