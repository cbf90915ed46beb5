"""The tables of the benchmarks fit together, and what they compute from samples is right."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.alone import THREADS
from benchmarks.bars import BARS, Bar
from benchmarks.cases import CASES, PEERS, WORKS, Case, chosen
from benchmarks.growth import POINTS, growths
from benchmarks.peers import Sample
from benchmarks.rows import constant_loss, judge, make_rows
from benchmarks.runner import Measured
from benchmarks.workloads import DENSE, DIGITS, GREATER, MAIN_WORKS, XOR_4, Work

ALONE = {"points_s", "memory_mb", "allocations", "faults", "import", "help", "run"}


@pytest.mark.parametrize("bar", BARS, ids=lambda bar: bar.what)
def test_every_bar_can_be_measured(bar: Bar) -> None:
    known = CASES.keys() | ALONE | {f"{key}.gflops_a_core" for key in CASES}
    assert any(key in known for key in bar.over)
    assert bar.under is None or bar.under in CASES


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.key)
def test_every_case_is_held_against_a_row_of_shoal(case: Case) -> None:
    assert case.peer in (*PEERS, "shoal")
    assert case.work in WORKS
    if case.part in MAIN_WORKS:
        against = CASES[case.against]
        assert (against.peer, against.work) == ("shoal", case.work)


def test_the_fastest_of_several_counts() -> None:
    bar = Bar(what="", over=("slow", "fast", "absent"), under="shoal", at_least=4)
    value = bar.value({"slow": 9.0, "fast": 6.0, "shoal": 2.0})
    assert value == 3.0
    assert not bar.holds(value)
    assert bar.value({"shoal": 2.0}) is None


def test_operations_are_six_for_each_multiply_add() -> None:
    # 4 x 32 + 32 x 16 + 16 x 4 = 704 multiply-adds, 10,000 rows, 400 steps.
    assert DENSE.flop == 6 * 704 * 10_000 * 400
    assert DIGITS.n_steps == 9 * 50


def test_a_shortened_run_is_scaled_up_per_network() -> None:
    case = CASES["jax_greater_256"]
    found = Measured(case, (Sample(seconds=7.68, epochs=3, loss=0.1, accuracy=0.9),))
    assert found.median == pytest.approx(7.68 / 256 * 100 / 3)
    assert found.step_s == pytest.approx(found.median / 26_700)


def test_the_loss_of_an_even_answer_is_the_logarithm_of_two() -> None:
    even = np.full((3, 4, 1), 0.5)
    learnt = judge(XOR_4, even, make_rows(XOR_4).y_train)
    assert learnt["loss"] == pytest.approx(math.log(2))


@pytest.mark.parametrize("work", [GREATER, DIGITS, DENSE], ids=lambda work: work.name)
def test_rows_have_the_shape_of_their_work(work: Work) -> None:
    rows = make_rows(work)
    assert rows.x_train.shape == (work.n_train, work.sizes[0])
    assert rows.y_train.shape == (work.n_train, work.sizes[-1])
    assert rows.x_train.dtype == rows.y_train.dtype == np.float32
    assert constant_loss(work, rows) > 0


def test_the_targets_are_exponentials_of_matrices() -> None:
    rows = make_rows(DENSE)
    x, y = (a.reshape(-1, 2, 2).astype(float) for a in (rows.x_train, rows.y_train))
    # det exp(A) = exp(trace A)
    np.testing.assert_allclose(
        np.linalg.det(y), np.exp(np.trace(x, axis1=1, axis2=2)), rtol=1e-5, atol=1e-5
    )


def test_slopes_of_exact_powers() -> None:
    medians = {p.key: p.size**1.5 for p in POINTS if p.axis == "width"}
    (width,) = growths(medians)
    assert width.slope == pytest.approx(1.5)
    assert width.last_slope == pytest.approx(1.5)


def test_parts_are_picked() -> None:
    assert {case.peer for case in chosen(["dense"], ["jax"])} == {"shoal", "jax"}
    assert all(case.peer == "shoal" for case in chosen(["growth"], list(PEERS)))
    assert set(THREADS) == {"points", "memory", "steady"}
