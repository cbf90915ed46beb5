"""Lesson 2: functions by formula, comparisons, softmax, the published network, last layers."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from shoal.lessons.carrying import carry_out, load_notebook
from shoal.lessons.contents import LabLink, Prose, Revealed
from shoal.lessons.shelf import find
from shoal.lessons.texts import read_texts
from shoal.network import ACTIVATIONS
from shoal.network.worked import Trace

pytest.importorskip("marimo")

LESSON = find("functions")
PUBLISHED = json.loads((Path(__file__).parents[1] / "cases" / "three_layer.json").read_text())


@pytest.fixture(scope="module")
def carried():
    return carry_out("functions")


@pytest.fixture(scope="module")
def values(carried):
    return carried.values


@pytest.fixture(scope="module")
def moved():
    """Return the lesson in another language, with every slider somewhere else."""
    return carry_out(
        "functions", language="ko", x0=5, weight=-5, shift=700, temperature=0.25, hidden=8,
        last="tanh",
    )  # fmt: skip


@pytest.fixture(scope="module")
def notebook():
    return load_notebook(LESSON.notebook)


def truth(carried, key):
    """Return what a question turned out to be, in words."""
    question = read_texts(LESSON.texts)[key][carried.language].strip("\n")
    (found,) = [each.truth for each in carried.contents(Revealed) if each.question == question]
    return found


def text(carried, key):
    (found,) = [each.markdown for each in carried.contents(Prose) if each.key == key]
    return found


# ---- the five functions


def test_a_hundred_points_none_of_them_zero(carried, values):
    z = values["z"]
    assert len(z) == math.trunc((5 - -5) / 0.1) == 100
    assert (z[0], truth(carried, "points")) == (-5.0, "100")
    np.testing.assert_allclose(z, -5 + 0.1 * np.arange(100), atol=1e-12)
    assert z[50] != 0
    assert abs(z[50]) < 1e-12
    # (1.3 - 1) / 0.1 is 3.0000000000000004 in binary, and NumPy rounds up
    assert "holds 4 numbers where three were meant" in text(carried, "points_told")
    assert len(np.linspace(-5, 5, 101)) == 101


def test_functions_by_hand_are_those_of_the_formulas(notebook):
    z = np.array([-2.0, 0.0, 3.0])
    assert notebook.step(z).tolist() == [0.0, 0.0, 1.0]
    wanted = [1 / (1 + math.exp(2)), 0.5, 1 / (1 + math.exp(-3))]
    np.testing.assert_allclose(notebook.sigmoid(z), wanted, rtol=1e-15)
    assert notebook.relu(z).tolist() == [0.0, 0.0, 3.0]
    assert notebook.identity(z).tolist() == z.tolist()
    assert notebook.softmax(np.array([1000.0, 1000.0])).tolist() == [0.5, 0.5]
    total = sum(math.exp(each) for each in z)
    np.testing.assert_allclose(notebook.softmax(z), [math.exp(each) / total for each in z])


def test_by_hand_and_shoal_differ_nowhere_but_at_zero(values):
    assert set(values["largest"]) == {"step", "sigmoid", "relu", "identity", "softmax"}
    assert max(values["largest"].values()) < 1e-15
    assert values["at_zero"] == 1.0  # shoal's step, unless at_zero says otherwise


def test_the_step_is_the_one_without_a_slope(carried, values):
    assert values["never"] == "step"
    assert truth(carried, "flat") == "step"
    assert values["slopes"]["sigmoid"].max() == pytest.approx(0.25)
    # s (1 - s) at 4.9
    s = 1 / (1 + math.exp(-4.9))
    assert values["slopes"]["sigmoid"][-1] == pytest.approx(s * (1 - s))
    assert f"{s * (1 - s):.4f} at 4.9" in text(carried, "flat_told")


# ---- comparisons


def test_comparisons_say_what_the_lesson_says(carried, values):
    asked = values["asked"]
    assert asked["a > 0"] == "[False  True  True]"
    assert asked["0 < a < 1"].startswith("ValueError: The truth value of an array with more than")
    assert asked["(a > 0) & (a < 1)"] == "[False  True False]"
    assert asked["[-1.0, 0.5, 2.0] > 0"].startswith("TypeError: '>' not supported")
    assert truth(carried, "chain") == "an error"


@pytest.mark.parametrize(("asked", "answer"), [("[1, 2] < 3", "false"), ("[1, 2] > 3", "false")])
def test_javascript_compares_texts(asked, answer):
    """ "1,2" is no number, and nothing is less or more than what is none."""
    import shutil
    import subprocess

    if not (node := shutil.which("node")):
        pytest.skip("needs node")
    done = subprocess.run([node, "-p", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == answer


# ---- softmax


def test_softmax_of_the_published_sums(values):
    assert values["sums"].tolist() == PUBLISHED["softmax"]["input"]
    powers = [math.exp(each) for each in (0.3, 2.9, 4.0)]
    wanted = [power / sum(powers) for power in powers]
    np.testing.assert_allclose(values["shares"]["z"], wanted, rtol=1e-14)


def test_a_shift_breaks_the_formula_as_written_alone(carried, values, moved):
    np.testing.assert_allclose(values["shares"]["z + 1000"], values["shares"]["z"], rtol=1e-12)
    assert np.isnan(values["plain"]["z + 1000"]).all()
    # 704 is below 709.78: still a number; 714 is not
    further = carry_out("functions", shift=710).values
    assert np.isnan(further["plain"]["z + 710"][2])
    np.testing.assert_allclose(further["shares"]["z + 710"], values["shares"]["z"], rtol=1e-12)
    assert np.isfinite(moved.values["plain"]["z + 700"]).all()
    assert truth(carried, "shifted") == "it stays the same"
    assert truth(moved, "shifted") == "그대로이다"
    assert f"{math.log(1.7976931348623157e308):.2f}" in text(carried, "shifted_told")


def test_temperature_changes_the_differences(moved):
    """At 0.25 the differences are four times as large: e^(-4 * 1.1) beside 1 and less."""
    powers = [math.exp(4 * (each - 4.0)) for each in (0.3, 2.9, 4.0)]
    np.testing.assert_allclose(
        moved.values["shares"]["z / 0.25"], [power / sum(powers) for power in powers]
    )


@pytest.mark.parametrize("shift", [0, 100])
def test_no_shift_changes_the_truth(shift):
    found = carry_out("functions", shift=shift)
    np.testing.assert_allclose(
        found.values["shares"][f"z + {shift}"], found.values["shares"]["z"], rtol=1e-12
    )


# ---- the three-layer network


def test_every_stage_is_the_published_one(carried, values):
    for k, stage in enumerate(("a1", "a2", "y")):
        np.testing.assert_allclose(
            values[stage], PUBLISHED["layer_outputs"][k], atol=PUBLISHED["tolerance"]
        )
    for k in range(3):
        np.testing.assert_array_equal(values[f"W{k + 1}"], PUBLISHED["W"][k])
        np.testing.assert_array_equal(values[f"b{k + 1}"], PUBLISHED["b"][k])
    np.testing.assert_allclose(values["z1"], [0.3, 0.7, 1.1])  # by hand
    assert values["x"].tolist() == PUBLISHED["x"]
    assert truth(carried, "output") == "0.32"
    assert "makes 0.3000; the sigmoid of that is 0.5744" in text(carried, "output_told")


def test_the_trace_says_the_same(values, moved):
    for found in (values, moved.values):
        assert isinstance(found["trace"], Trace)
        np.testing.assert_allclose(found["said"], found["y"], rtol=0, atol=1e-15)
    first = values["trace"].layers[0].units[0]
    assert first.z.value == pytest.approx(0.3, abs=1e-15)


def test_other_settings_by_hand(moved):
    """x = (5, 0.5), the first weight -5: z1 = 0.1 - 25 + 0.1 = -24.8, 1.9 and 3.1."""
    np.testing.assert_allclose(moved.values["z1"], [-24.8, 1.9, 3.1])


@pytest.mark.parametrize(("x0", "weight"), [(-5, 5), (5, 5)])
def test_inputs_and_weights_move_the_output_little(values, x0, weight):
    found = carry_out("functions", x0=x0, weight=weight)
    assert abs(found.values["y"][0] - values["y"][0]) < 0.05


def test_without_sigmoids_it_is_a_straight_line(carried, values):
    differences = np.diff(values["line"])
    np.testing.assert_allclose(differences, differences[0], rtol=1e-9)
    w = np.array(PUBLISHED["W"][0]) @ np.array(PUBLISHED["W"][1]) @ np.array(PUBLISHED["W"][2])
    assert differences[0] / 0.1 == pytest.approx(w[0, 0], rel=1e-9)
    assert f"slope {w[0, 0]:.3f}" in text(carried, "bent_told")
    # 0.1 + 0.1 a + 0.2 b with a and b between 0 and 1
    assert (values["lowest"], values["highest"]) == pytest.approx((0.1, 0.4))
    assert values["lowest"] < values["curve"].min() < values["curve"].max() < values["highest"]
    assert truth(carried, "bent") == "a straight line"


# ---- the last layer


def test_one_sigmoid_and_two_softmax_units_are_one_function(carried, values):
    assert values["apart"] < 1e-15
    assert truth(carried, "units") == "both the same"
    one, two = values["bands"].values()
    assert one.n_counted == two.n_counted == 16
    assert abs(float(one.median) - float(two.median)) < 0.01
    assert min(float(one.median), float(two.median)) > 0.97


def test_one_softmax_unit_is_refused(values):
    assert values["refused"].endswith(
        "at least 2 units in the last layer; got 1. Use a unit for each class, or one unit of "
        '"sigmoid" for yes or no.'
    )
    one = ACTIVATIONS["softmax"].function(np.array([[-3.0], [7.0]]))
    assert one.tolist() == [[1.0], [1.0]]  # what the lesson says of it


def test_a_sigmoid_does_not_come_above_one(carried, values):
    assert values["top"]["sigmoid"] <= 1
    assert values["top"]["sigmoid"] > 0.99
    assert values["top"]["identity"] > 2.9
    assert truth(carried, "ceiling") == "1"


def test_a_wave_is_trained_again_by_the_sliders(carried, values, moved):
    assert values["riding"].weights.shape == (16, 2 * 2 + 2 + 1)  # 1-2-1
    assert values["bound"] == 0
    # the mean of |2 sin x| over whole turns is 4 / pi; 60 places have both ends
    assert f"off by {4 / math.pi * 59 / 60:.2f} on average" in text(carried, "wave_section")
    assert truth(carried, "off") == f"{float(values['off'].median):.1f}"
    assert float(values["off"].median) < 0.5 * 4 / math.pi
    # eight hidden units, tanh in the last layer: no answer beyond 1
    wave, found = moved.values["wave"].y, moved.values
    assert found["riding"].weights.shape == (16, 8 * 2 + 8 + 1)
    assert np.abs(found["answers"]).max() <= 1
    least = float(np.maximum(np.abs(wave) - 1, 0).mean())
    assert found["bound"] == pytest.approx(least)
    assert float(found["off"].p05) >= least
    assert found["middle"].max() > 0.95


def test_one_hidden_unit_rises_or_falls_and_more_make_the_wave():
    alone, many = (carry_out("functions", hidden=n).values for n in (1, 16))
    turns = np.diff(alone["answers"], axis=1)
    assert ((turns >= -1e-6).all(axis=1) | (turns <= 1e-6).all(axis=1)).all()
    assert float(many["off"].median) < 0.1 < float(alone["off"].p05)


def test_a_sigmoid_is_half_a_wave_at_most():
    found = carry_out("functions", hidden=8, last="sigmoid").values
    wave = found["wave"].y
    # below 0 nothing can be said, above 1 neither
    least = float((np.maximum(-wave, 0) + np.maximum(wave - 1, 0)).mean())
    assert found["bound"] == pytest.approx(least)
    assert float(found["off"].p05) >= least
    assert 0 <= found["answers"].min() <= found["answers"].max() <= 1


# ---- questions, worksheet, reading


def test_questions_are_answered_by_computing(carried, values):
    assert values["third"] == pytest.approx(1 / 3)
    assert values["classes"] == "ten"
    assert values["n_numbers"] == 2 * 3 + 3 + 3 * 2 + 2 + 2 * 2 + 2 == 23
    assert (truth(carried, "third"), truth(carried, "numbers")) == ("0.3333", "23")
    assert len(carried.contents(LabLink)) == 1


def test_the_worksheet_can_be_done_by_hand(notebook):
    """Every answer again, with plain Python."""

    def sigmoid(z):
        return 1 / (1 + math.exp(-z))

    def layer(inputs, weights, bias):
        return [b + sum(x * row[k] for x, row in zip(inputs, weights, strict=True))
                for k, b in enumerate(bias)]  # fmt: skip

    seen = set()
    for seed in range(1, 31):
        found = notebook.sheet(seed)
        x = [found["x0"], found["x1"]]
        z1 = layer(x, PUBLISHED["W"][0], PUBLISHED["b"][0])
        a1 = [sigmoid(z) for z in z1]
        a2 = [sigmoid(z) for z in layer(a1, PUBLISHED["W"][1], PUBLISHED["b"][1])]
        y = layer(a2, PUBLISHED["W"][2], PUBLISHED["b"][2])
        assert found["points"] == round(2 * found["stop"] / 0.1)
        assert found["sum"] == pytest.approx(z1[0])
        assert found["unit"] == pytest.approx(a1[0])
        assert found["output"] == pytest.approx(y[0])
        powers = [math.exp(found[f"s{k}"]) for k in range(3)]
        assert found["share"] == pytest.approx(max(powers) / sum(powers))
        seen.add(tuple(x))
    assert len(seen) > 20  # students have numbers of their own


def test_it_is_read_in_twenty_minutes(carried):
    words = sum(len(each.markdown.split()) for each in carried.contents(Prose))
    assert 1200 <= words <= 1800


def test_it_is_carried_out_in_every_language(carried, moved):
    for found in (carried, moved, carry_out("functions", language="ja")):
        told = "".join(each.markdown for each in found.contents(Prose))
        assert not re.search(r"\{=|nan\b(?!`)", told)
