"""Figures of now against those of earlier looks: by hand, and how often chance is told of."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from shoal.metrics.intervals import share_interval
from shoal.models.monitoring.changes import compared
from shoal.models.monitoring.history import Look, look_of
from shoal.models.monitoring.judging import Figure
from shoal.models.monitoring.watched import Bars, Watched

TIME = "2026-01-02T03:04:05Z"


def accuracy(
    hits: float, n: float, rows: str, model: str = "m", bar: float | None = None
) -> Watched:
    low, high = share_interval(hits, n)
    figure = Figure(name="accuracy", value=hits / n, low=low, high=high, n_rows=9, n_effective=n)
    return Watched(
        time=TIME, model=model, bars=Bars(min_accuracy=bar), n_rows=9, n_labelled=9,
        figures=(figure,), rows=rows,
    )  # fmt: skip


def error(value: float, half: float, n: float, rows: str) -> Watched:
    figure = Figure(name="mean_absolute_error", value=value, low=value - half, high=value + half,
                    n_rows=9, n_effective=n)  # fmt: skip
    return replace(accuracy(1, 1, rows), figures=(figure,))


def test_accuracies_of_earlier_looks_are_one_share_of_all_their_rows() -> None:
    looks = [look_of(accuracy(95, 100, "a")), look_of(accuracy(285, 300, "b"))]
    now = accuracy(160, 200, "c")
    (change,) = compared(now, looks).changes
    assert (change.n_looks, change.n_rows) == (2, 400)
    assert change.before == pytest.approx(380 / 400)
    assert change.value == pytest.approx(0.8 - 0.95)
    # Newcombe's way with the intervals of Clopper and Pearson of 160/200 and 380/400
    (low, high), (low0, high0) = share_interval(160, 200), share_interval(380, 400)
    assert change.low == pytest.approx(-0.15 - math.hypot(0.8 - low, high0 - 0.95))
    assert change.high == pytest.approx(-0.15 + math.hypot(high - 0.8, 0.95 - low0))
    assert (change.is_chance, change.is_worse) == (False, True)
    assert "0.15 worse than before (by 0." in compared(now, looks).sentence


def test_rows_that_came_again_count_once_and_those_of_now_not_at_all() -> None:
    looks = [look_of(accuracy(90, 100, "a"))] * 30 + [look_of(accuracy(8, 10, "now"))] * 5
    (change,) = compared(accuracy(8, 10, "now"), looks).changes
    assert (change.n_looks, change.n_rows) == (1, 100)


def test_other_models_and_looks_that_fell_short_are_no_measure() -> None:
    looks = [
        look_of(accuracy(99, 100, "a", model="older")),
        look_of(accuracy(50, 100, "b", bar=0.9)),
        look_of(accuracy(90, 100, "c", bar=0.9)),
    ]
    (change,) = compared(accuracy(80, 100, "d"), looks).changes
    assert (change.before, change.n_looks) == (0.9, 1)
    assert compared(accuracy(80, 100, "d"), looks[:2]).changes == ()


def test_errors_are_averaged_by_rows_with_their_widths() -> None:
    # (1 * 100 + 2 * 300) / 400 = 1.75; half width sqrt((0.25 * 0.4)^2 + (0.75 * 0.4)^2) = 0.316
    looks = [look_of(error(1.0, 0.4, 100, "a")), look_of(error(2.0, 0.4, 300, "b"))]
    (change,) = compared(error(1.0, 0.3, 50, "c"), looks).changes
    assert change.before == pytest.approx(1.75)
    half = math.hypot(0.3, math.hypot(0.1, 0.3))
    assert (change.low, change.high) == pytest.approx((-0.75 - half, -0.75 + half))
    assert (change.is_worse, change.is_chance) == (False, False)


def test_a_change_that_chance_may_have_made_is_in_the_document_alone() -> None:
    found = compared(accuracy(92, 100, "b"), [look_of(accuracy(90, 100, "a"))])
    assert "before" not in found.sentence
    assert found.document()["changes"][0]["within_chance"] is True


def test_lines_of_a_history_without_what_is_needed_are_passed_over() -> None:
    bare = Look(time=TIME, model="m", verdict="ok", n_rows=9)
    old = look_of(accuracy(90, 100, "a"))
    old = old.model_copy(
        update={"checks": tuple(c.model_copy(update={"n": None}) for c in old.checks)}
    )
    assert compared(accuracy(9, 10, "b"), [bare, old]).changes == ()


@pytest.mark.parametrize(
    ("share", "n", "before"), [(0.95, 50, 1500), (0.7, 200, 400), (0.99, 30, 90)]
)
def test_without_any_change_one_look_in_a_hundred_tells_of_one(
    share: float, n: int, before: int
) -> None:
    rng = np.random.default_rng(n)
    told = [
        not compared(
            accuracy(rng.binomial(n, share), n, "b"),
            [look_of(accuracy(rng.binomial(before, share), before, "a"))],
        ).changes[0].is_chance
        for _ in range(300)
    ]  # fmt: skip
    # at 1 in 100, more than 9 of 300 have a chance of 0.1 %
    assert sum(told) <= 9
