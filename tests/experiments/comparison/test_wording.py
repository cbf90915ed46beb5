"""The sentences of verdicts, and what decides them, on columns of numbers made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.experiments.comparison.judging import judged, outcomes, verdicts_of
from shoal.experiments.comparison.looks import Looks, read_looks
from shoal.experiments.comparison.wording import (
    amount,
    figure_text,
    number,
    round_up,
    sentence_of,
)

FIXED = read_looks(None, 64, 1024)
NAN = float("nan")


def said(
    gains: np.ndarray | list[float],
    *,
    figure: str = "validation_accuracy",
    region: float | None = None,
    looks: Looks = FIXED,
) -> str:
    """Return the sentence about gains of B over A."""
    b = np.asarray(gains, np.float64)
    a = np.where(np.isnan(b), 0.5, 0.0)
    found = judged(a, b, higher_is_better=True, region=region, looks=looks)
    (verdict,) = verdicts_of([(0, 1)], [found], region=region, looks=looks)
    return sentence_of(verdict, ["A", "B"], figure, region, of_two=True)


def test_better_in_points() -> None:
    gains = np.concatenate([np.linspace(0.004, 0.020, 61), [-0.001, -0.002, -0.003]])
    # sorted, the 33rd is 0.004 + 29 * 0.016 / 60 and the 32nd one step below: 1.16 points;
    # the ends are the 24th from either side: 0.004 + 20 and 0.004 + 37 steps
    assert said(gains) == "B is better: 61 of 64 seeds, by a median of 1.2 points (0.9 to 1.4)"
    assert said(-gains) == "A is better: 61 of 64 seeds, by a median of 1.2 points (0.9 to 1.4)"


def test_losses_are_told_in_their_units() -> None:
    gains = np.linspace(0.1, 0.3, 64)
    told = said(gains, figure="validation_loss")
    assert told == "B is better: 64 of 64 seeds, by a median of 0.20 (0.17 to 0.23)"


def test_ties_are_told() -> None:
    gains = [0.01] * 20 + [-0.01] * 4 + [0.0] * 40
    assert said(gains) == (
        "B is better: 20 of 64 seeds (40 ties), by a median of 1.0 points (1.0 to 1.0) where "
        "they differ"
    )


def test_what_one_side_lost() -> None:
    """A side without the figure is behind by more than any number, in the interval too."""
    assert said([0.01] * 10 + [NAN] * 54) == (
        "A is better: 54 of 64 seeds; in 54 pairs a side has no validation accuracy"
    )
    assert said([-0.01] * 40 + [NAN] * 24) == (
        "A is better: 64 of 64 seeds, by a median of 1.0 points (1.0 or more); in 24 pairs a side "
        "has no validation accuracy"
    )
    assert said([-2.0] * 40 + [NAN] * 24, figure="steps_to_target") == (
        "A is better: 64 of 64 seeds, by a median of 2 steps (2 or more); in 24 pairs a side "
        "never reaches it"
    )


def test_verdict_and_interval_agree_where_a_side_fails() -> None:
    own = np.random.default_rng(0)
    for _ in range(60):
        gains = own.normal(own.normal(), 1, 40)
        gains[own.uniform(size=40) < 0.3] = NAN
        b, a = gains, np.where(np.isnan(gains), 0.5, 0.0)
        b = np.where(own.uniform(size=40) < 0.1, 0.0, b)
        found = judged(a, b, higher_is_better=True, region=None, looks=FIXED)
        (verdict,) = verdicts_of([(0, 1)], [found], region=None, looks=FIXED)
        apart = verdict.low > 0 or verdict.high < 0
        assert apart == (verdict.p_value <= 0.05) == (verdict.outcome in ("better", "worse"))


def test_no_difference_worth_having() -> None:
    gains = np.concatenate([np.full(32, 0.001), np.full(32, -0.001)])
    assert said(gains, region=0.005) == (
        "no difference worth having: the median difference is below 0.5 points"
    )
    assert said(np.full(64, 0.001), region=0.005) == (
        "no difference worth having: the median difference is below 0.5 points, though B wins more "
        "often: 64 of 64 seeds"
    )
    assert said(np.zeros(64)) == "no difference worth having: all 64 seeds tie"
    assert said(np.zeros(4)).startswith("undecided")


def test_the_edge_of_the_region_is_outside() -> None:
    """0.955 - 0.95 is not quite 0.005 in floating point, and must not count as less."""
    a, b = np.full(64, 0.95), np.full(64, 0.955)
    assert (b - a < 0.0050000001).all()
    for shift in (0.0, -0.05, -0.25):
        found = judged(a + shift, b + shift, higher_is_better=True, region=0.005, looks=FIXED)
        assert outcomes([found]) == ["better"]


def test_undecided_says_how_many_more() -> None:
    gains = np.concatenate([np.full(40, 0.01), np.full(24, -0.01)])
    told = said(gains)
    # 40.5 of 65 wins: ((1.96 / 2 + 0.84 sqrt(0.623 * 0.377)) / 0.123)^2 = 127 pairs in all
    more = int(told.removeprefix("undecided: about ").partition(" ")[0])
    assert 60 <= more <= 75
    assert told == f"undecided: about {more} more seeds would settle it"
    even = np.concatenate([np.full(32, 0.01), np.full(32, -0.01)])
    assert said(even) == (
        "undecided: 10,000 seeds would hardly settle it; say what difference is worth having"
    )


def test_evidence_decides_later_than_one_look_would() -> None:
    anytime = read_looks("decided", None, 1024)
    gains = np.concatenate([np.full(41, 0.01), np.full(23, -0.01)])
    assert said(gains).startswith("B is better")
    assert said(gains, looks=anytime).startswith("undecided")


def test_many_looks_cost_their_number() -> None:
    looks = read_looks("width<0.01", 16, 256)
    assert looks.at == (16, 32, 64, 128, 256)
    assert looks.p_value(15, 1) == pytest.approx(5 * 2 * 17 / 2**16)
    assert looks.confidence(1) == pytest.approx(0.99)
    assert looks.confidence(2) == pytest.approx(0.995)


def test_looks_grow_to_the_last() -> None:
    assert read_looks("decided", None, 100).at == (16, 24, 36, 56, 84, 100)
    assert read_looks("decided", 50, 50).at == (50,)


def test_holm_is_over_all_verdicts() -> None:
    gains = np.concatenate([np.full(41, 1.0), np.full(23, -1.0)])
    one = judged(np.zeros(64), gains, higher_is_better=True, region=None,
                 looks=FIXED)  # fmt: skip
    assert 0.05 / 3 < one.p_value <= 0.05
    assert outcomes([one]) == ["better"]
    assert outcomes([one, one, one]) == ["undecided"] * 3


@pytest.mark.parametrize(
    ("value", "step", "told"),
    [(0.0, 0.1, "0.00"), (-0.001, 0.1, "0.00"), (float("inf"), 1.0, "∞"), (12.0, 0.0, "12.0")],
)
def test_numbers(value: float, step: float, told: str) -> None:
    assert number(value, step) == told


def test_large_numbers_stay_short() -> None:
    assert number(234_688_935, 137e6) == "2.3e+08"
    assert number(5_573_617, 2e8, largest=4e8) == "5.6e+06"
    assert number(99_000_000, 1e6) == "99,000,000"
    assert number(0.0, 1e7, largest=4e8) == "0"
    assert figure_text("validation_loss", 2_222_774_856.0) == "2.22e+09"
    assert figure_text("evaluations_to_target", 2_000_000.0) == "2,000,000"


def test_counts_are_rounded_up() -> None:
    assert [round_up(n) for n in (1, 9, 11, 101, 1001)] == [1, 9, 15, 110, 1100]


def test_no_end_of_an_interval_is_told_as_nought() -> None:
    found = judged(np.zeros(64), np.linspace(-0.0010, 0.004, 64), higher_is_better=True,
                   region=None, looks=FIXED)  # fmt: skip
    (verdict,) = verdicts_of([(0, 1)], [found], region=None, looks=FIXED)
    assert verdict.low > 0
    assert "(0.0 " not in amount(verdict, "train_accuracy", 1)


def told(gains: np.ndarray, failed: tuple[np.ndarray, np.ndarray] | None = None) -> str:
    zeros = np.zeros(len(gains))
    found = judged(
        zeros, gains, higher_is_better=True, region=0.005, looks=FIXED,
        failed=failed,
    )  # fmt: skip
    return outcomes([found])[0]


def test_many_ties_do_not_make_up_for_a_few_large_losses() -> None:
    """The median of all pairs is 0, but 15 networks of 64 are better by 25 points."""
    gains = np.where(np.arange(64) < 15, 0.25, 0.0)
    assert told(gains) == "better"
    assert told(-gains) == "worse"
    assert told(gains * 0.01) == "no difference"  # they are better by 0.25 points
    assert told(np.where(np.arange(64) < 3, 0.25, 0.0)) == "no difference"  # p = 0.25


def test_who_fails_more_often_is_not_alike() -> None:
    small_gains = np.tile([0.001, 0.002, 0.001, -0.001], 16)
    none, some = np.zeros(64, bool), np.arange(64) < 12
    assert told(small_gains) == "no difference"
    assert told(small_gains, (some, none)) == "better"
    assert told(small_gains, (some, some)) == "no difference"
