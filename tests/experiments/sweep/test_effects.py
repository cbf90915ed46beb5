"""How much each key matters: differences per seed, decided by the sign test."""

import numpy as np
import pytest
from scipy.stats import binomtest

from shoal.errors import ArgumentError
from shoal.experiments.sweep import Sweep
from shoal.experiments.sweep.effects import effects

NAN = np.nan


def of(figure, *places, goes_up=True):
    names = [f"k{axis}" for axis in range(len(places))]
    return effects(np.array(figure), names, places, goes_up=goes_up, measures="loss")


def test_two_values_on_six_seeds():
    """The first wins on all six: two-sided p = 2 / 2^6; medians 0.85 and 0.55 by hand."""
    (found,) = of([[0.8, 0.9] * 3, [0.5, 0.6] * 3], ["a", "b"])
    assert (found.best, found.worst, found.wins, found.losses, found.n_seeds) == (0, 1, 6, 0, 6)
    assert found.p_value == pytest.approx(2 / 2**6)
    assert found.medians == pytest.approx((0.85, 0.55))
    assert found.matters
    assert found.sentence == "k0: a is better than b on 6 of 6 seeds (0.85 against 0.55)."
    assert found.to_dict()["best"] == "a"


def test_less_is_better_where_the_figure_says_so():
    (found,) = of([[0.8] * 6, [0.5] * 6], ["a", "b"], goes_up=False)
    assert found.sentence == "k0: b is better than a on 6 of 6 seeds (0.5 against 0.8)."


def test_ties_are_left_out():
    (found,) = of([[0.8, 0.8, 0.8, 0.5, 0.5, 0.9, 0.4], [0.5] * 6 + [0.6]], ["a", "b"])
    assert (found.wins, found.losses) == (4, 1)
    assert found.p_value == pytest.approx(binomtest(4, 5).pvalue)


def test_equal_medians_are_told_by_means_and_ties_are_counted():
    """Medians 1 and 1; means 1 and (6 * 0.75 + 8) / 14."""
    (found,) = of([[1.0] * 14, [0.75] * 6 + [1.0] * 8], ["a", "b"])
    assert found.means == pytest.approx((1.0, 12.5 / 14))
    assert found.sentence == (
        "k0: a is better than b on 6 of 14 seeds (8 ties; 1 against 0.8929 on average)."
    )


def test_differences_are_means_over_what_else_is_swept():
    """k0 on seed 0: (0.3 - 0.1 + 0.3) / 3 > 0, on seed 1: (0.3 - 0.4 + 0) / 3 < 0."""
    first = np.array([[0.8, 0.8], [0.4, 0.1], [0.8, 0.5]])
    found = of([first, np.full((3, 2), 0.5)], ["a", "b"], ["x", "y", "z"])
    assert (found[0].wins, found[0].losses) == (1, 1)


def test_p_is_times_the_pairs_of_values_and_the_axes():
    """Twelve seeds, three values: 2 / 2^12 times 3 pairs, times 2 axes by Holm; the other: 1."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=12)
    figure = np.stack([np.stack([base + v, base + v]) for v in (0.0, 1.0, 2.0)])
    found = of(figure, ["a", "b", "c"], ["x", "y"])
    assert (found[0].best, found[0].worst) == (2, 0)
    assert found[0].p_value == pytest.approx(2 / 2**12 * 3 * 2)
    assert (found[1].wins, found[1].losses, found[1].p_value) == (0, 0, 1.0)
    # 2 / 2^n x 3 x 2 <= 5 %: n = 8 gives 4.7 %, n = 7 gives 9.4 %
    assert found[0].n_needed == 8


def test_too_few_seeds_say_how_many_would_do():
    (found,) = of([[0.8] * 3, [0.5] * 3], ["a", "b"])
    assert found.sentence == (
        "k0: 3 seeds are too few to tell a from b (a is better on 3; 6 could; 0.8 against 0.5)."
    )


def test_a_network_that_diverged_is_worse_than_any():
    """b is better where it is sound, and lost on two seeds: 4 wins, 2 losses."""
    (found,) = of([[0.5] * 6, [0.9, 0.9, 0.9, 0.9, NAN, NAN]], ["a", "b"])
    assert (found.best, found.wins, found.losses) == (1, 4, 2)
    (lost,) = of([[0.5] * 6, [NAN] * 6], ["a", "b"], goes_up=False)
    assert (lost.best, lost.wins, lost.losses) == (0, 6, 0)
    assert lost.sentence == "k0: a is better than b on 6 of 6 seeds (0.5 against diverged)."
    assert lost.to_dict()["medians"] == [0.5, None]


def test_axes_with_one_value_have_no_effect():
    assert of(np.zeros((1, 4)), ["a"]) == ()


def test_values_that_do_nothing_are_seldom_said_to():
    """Three axes without effect, 400 times: any of them in 5 % of cases or less.

    5 % and three deviations of 400 draws, 3.3 %.
    """
    rng = np.random.default_rng(1)
    places = ["a", "b", "c", "d"], ["x", "y"], ["u", "v", "w"]
    n = sum(
        any(each.matters for each in of(rng.normal(size=(4, 2, 3, 16)).round(1), *places))
        for _ in range(400)
    )
    assert n <= 400 * (0.05 + 0.033)


BASE = {"data": {"task": "greater", "samples": 60}, "training": {"epochs": 1}, "population": 6}


def test_those_of_a_sweep_are_those_of_its_columns():
    table = {"data.label_noise": [0, 0.4], "seed": [5], "training.epochs": [1, 8]}
    swept = Sweep.read(BASE | {"sweep": table}).run(threads=1)
    losses = swept.columns["train_loss"].reshape(2, 2, 6)
    noise, epochs = swept.effects("train_loss")
    assert (noise.name, noise.values, epochs.values) == ("label_noise", ("0", "0.4"), ("1", "8"))
    assert noise.measures == "training loss"
    gains = losses[noise.worst].mean(axis=0) - losses[noise.best].mean(axis=0)
    assert (noise.wins, noise.losses) == ((gains > 0).sum(), (gains < 0).sum())
    assert epochs.medians == tuple(np.median(losses[:, k]) for k in range(2))
    with pytest.raises(ArgumentError, match=r"^Swept.effects: `figure` must be one of train_loss"):
        swept.effects("loss")


@pytest.mark.parametrize(
    ("table", "figure"),
    [({"population.size": [2, 3]}, "train_loss"), ({"data.test": [0.0, 0.3]}, "test_accuracy")],
    ids=["other sizes", "cells without the figure"],
)
def test_cells_that_cannot_be_paired_have_none(table, figure):
    swept = Sweep.read(BASE | {"sweep": table}).run(threads=1)
    assert swept.effects(figure) == ()
