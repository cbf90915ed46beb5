"""Lines: those that coincide are told apart, and medians are of the same networks all along."""

import warnings

import numpy as np
import pytest

from shoal.charts.lines import carried, ended_early, is_far_apart, round_ticks, told_apart
from shoal.charts.saving import svg
from shoal.charts.theme import DARK, LIGHT
from shoal.experiments.comparison import compare
from shoal.experiments.document import Experiment

KEPT = "networks that ended early keep their last figure"


def racing(rate: float, below: float = 0.5) -> Experiment:
    """Networks of which each ends when a report sees a loss below the target."""
    return Experiment.read({
        "data": {"task": "greater", "samples": 120, "validation": 0},
        "network": {"layers": [{"units": 2, "activation": "tanh"},
                               {"units": 1, "activation": "sigmoid"}]},
        "training": {"epochs": 40, "batch_size": 40, "report_every": 3,
                     "optimizer": {"name": "adam", "learning_rate": rate},
                     "stop": {"name": "target", "figure": "train_loss", "below": below}},
        "population": 6,
    }, source="racing")  # fmt: skip


def by_hand(history: np.ndarray) -> np.ndarray:
    """The median over the networks, each with its last figure once it ended."""
    found = []
    for t in range(history.shape[1]):
        known = [row[: t + 1][np.isfinite(row[: t + 1])][-1] for row in history]
        found.append(np.median(known))
    return np.array(found)


def test_figures_are_carried_on_but_not_of_networks_that_diverged():
    nan = np.nan
    values = np.array([[3.0, 2.0, nan, nan], [3.0, nan, nan, nan], [nan, nan, nan, nan]])
    found = carried(values, np.array([True, False, True]))
    np.testing.assert_array_equal(found, [[3, 2, 2, 2], [3, nan, nan, nan], [nan] * 4])
    assert ended_early(values, np.array([True, False, True]))
    assert not ended_early(values, np.array([False, False, True]))
    assert not ended_early(values[:1, :2], np.array([True]))


def test_curves_do_not_jump_when_networks_reach_their_target():
    run = racing(0.05).run(threads=1)
    history = run.history["train_loss"]
    assert np.isnan(history[:, -1]).any()  # some ended early, or this shows nothing
    chart = run.plot.curves(figure="train_loss")
    np.testing.assert_allclose(chart.data["median"], by_hand(history))
    assert set(np.asarray(chart.data["n_counted"])) == {6}
    assert KEPT in chart.subtitle[0]


def test_one_line_needs_no_legend_and_has_a_width():
    chart = racing(0.05).run(threads=1).plot.curves()
    drawn = svg(chart)
    assert "NaN" not in drawn
    assert "role-legend" not in drawn
    assert 'stroke-width="3.4"' in drawn


def test_curves_say_nothing_of_it_where_all_networks_go_on(run):
    assert KEPT not in run.plot.curves().subtitle[0]


@pytest.fixture(scope="module")
def race():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arms = [racing(rate) for rate in (0.05, 0.04)]
        return compare(arms, names=["rule_fast", "rule_slow"], pairs=6,
                       target="train_loss<0.5", threads=1)  # fmt: skip


def test_a_race_does_not_jump_either(race):
    chart = race.plot.race()
    arms = np.array(chart.data["arm"])
    for arm, name in zip(race.arms, ("fast", "slow"), strict=True):
        assert np.isnan(arm.history["train_loss"][:, -1]).any()
        found = np.asarray(chart.data["median"])[arms == name]
        np.testing.assert_allclose(found, by_hand(arm.history["train_loss"]))
    assert KEPT in chart.subtitle[0]


def test_a_race_to_a_target_is_run_by_what_decides(race):
    """Evaluations decide, since the comparison has a target; the curve is that of its figure."""
    chart = race.plot.race()
    assert chart.title == "Race: training loss by evaluations of the loss"
    assert "evaluations" in chart.data
    times = race.plot.time_to_target()
    assert times.title == "Evaluations of the loss to training loss < 0.5"
    assert race.plot.time_to_target(by="steps").title == "Steps to training loss < 0.5"
    known = race.times["rule_fast"]["evaluations"]
    drawn = np.asarray(times.data["evaluations"])[np.array(times.data["arm"]) == "fast"]
    assert set(known[np.isfinite(known)]) <= set(drawn)


@pytest.mark.parametrize("kind", ["race", "time_to_target"])
def test_arms_differ_by_more_than_colour(race, kind):
    layers = getattr(race.plot, kind)().to_dict()["layer"]
    (line,) = [each["encoding"] for each in layers if each["mark"]["type"] == "line"]
    for channel in ("color", "strokeDash", "strokeWidth"):
        scale = line[channel]["scale"]
        assert scale["domain"] == ["fast", "slow"]
        assert scale["range"][0] != scale["range"][1]


def test_lines_below_are_wider():
    for colours in (LIGHT, DARK):
        channels = told_apart("arm", None, list("abcdef"), colours)
        widths = channels["strokeWidth"]["scale"]["range"]
        assert widths == sorted(widths, reverse=True)
        looks = zip(channels["color"]["scale"]["range"], map(str, channels["strokeDash"]["scale"]
                    ["range"]), strict=True)  # fmt: skip
        assert len(set(looks)) == 6
    assert set(told_apart("arm", None, ["alone"], LIGHT)) == {"color"}


def test_axes_are_logarithmic_where_arms_are_far_apart():
    assert is_far_apart([100.0, 2100.0])
    assert not is_far_apart([100.0, 1900.0])
    assert not is_far_apart([0.0, np.nan, 5.0])
    assert round_ticks(90.0, 1200.0) == [100, 200, 500, 1000]
    assert round_ticks(0.9, 2e5) == [1, 10, 100, 1000, 10_000, 100_000]
