"""Lesson 6: softmax and slopes by hand, counts of the confusion matrix, blank pixels, the sheet."""

import math
import re
import tomllib
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest

import shoal
from shoal.lessons import Lesson
from shoal.lessons.carrying import carry_out, load_notebook
from shoal.lessons.contents import LabLink, Picture, Revealed, Table
from shoal.lessons.shelf import find
from shoal.lessons.texts import fill, read_texts

pytest.importorskip("marimo")
LESSON = find("digits")


@pytest.fixture(scope="module")
def carried():
    return carry_out("digits")


@pytest.fixture(scope="module")
def values(carried):
    return carried.values


@pytest.fixture(scope="module")
def notebook():
    return load_notebook(LESSON.notebook)


@pytest.fixture(scope="module")
def known():
    """The same pictures as scikit-learn ships them: pixels (1797, 64) and digits."""
    return pytest.importorskip("sklearn.datasets").load_digits(return_X_y=True)


def truth(carried, key):
    """Return the option that turned out to be so, or the number as it is written."""
    texts = read_texts(LESSON.texts)
    question = texts[key][carried.language].strip("\n")
    (found,) = [each.truth for each in carried.contents(Revealed) if each.question == question]
    names = [name.removeprefix(f"{key}.") for name in texts if name.startswith(f"{key}.")]
    return next((n for n in names if texts[f"{key}.{n}"][carried.language] == found), found)


def test_rows_are_pictures(carried, values, known):
    pixels, digit = known
    assert np.array_equal(values["x"], pixels)
    assert values["digit"].tolist() == digit.tolist()
    table = next(each for each in carried.contents(Table) if each.headers[1] == "c0")
    shown = [float(cell) for row in table.rows for cell in row[1:]]
    assert shown == pixels[3].tolist()  # the slider begins at picture 3


def test_the_constant_guess_is_a_count(carried, values):
    held, seen, digit = values["held"], values["seen"], values["digit"]
    assert (len(seen), len(held)) == (1438, 359)  # 1797 less a fifth, 359.4
    most = max(range(10), key=lambda each: sum(digit[seen] == each))
    assert values["share"] == sum(digit[held] == most) / 359
    assert truth(carried, "constant") == "tenth"


def test_softmax_by_hand(carried, notebook):
    # e^2, e^1, e^0 = 7.3891, 2.7183, 1; together 11.1073
    table = next(each for each in carried.contents(Table) if each.headers[-2] == "e to the z")
    assert [row[1:] for row in table.rows] == [
        ("2", "7.3891", "0.6652"),
        ("1", "2.7183", "0.2447"),
        ("0", "1.0000", "0.0900"),
    ]
    assert truth(carried, "shift") == "same"
    huge = notebook.softmax(np.array([1002.0, 1001.0, 1000.0]))
    assert huge == pytest.approx([math.exp(k) / (math.e**2 + math.e + 1) for k in (2, 1, 0)])


def test_the_network_by_hand_says_what_the_library_says(carried, values):
    run, row = values["run"], values["x"][[3]]
    assert values["said"] == pytest.approx(run.best.predict_proba(row)[0], abs=1e-6)
    assert values["said"].sum() == pytest.approx(1)
    assert values["said"].max() > 0.99
    assert truth(carried, "sure") == "high"


def test_slopes_are_those_of_the_formulas(carried, values, notebook):
    for true, cross, slope_cross, squared, slope_squared in values["rows"]:
        assert cross == pytest.approx(-math.log(true))
        assert slope_cross == pytest.approx(true - 1)
        # two classes off by 1 - p each, eight by nothing; mean of ten
        assert squared == pytest.approx(2 * (1 - true) ** 2 / 10)
        assert slope_squared == pytest.approx(-0.4 * true * (1 - true) ** 2)
    assert truth(carried, "pull") == "cross"
    # and any ten sums, by finite differences
    z, h = np.random.default_rng(0).normal(size=10), 1e-6
    step = h * np.eye(10)[4]
    up = notebook.slopes(notebook.softmax(z + step), 4)
    down = notebook.slopes(notebook.softmax(z - step), 4)
    here = notebook.slopes(notebook.softmax(z), 4)
    assert here[1] == pytest.approx((up[0] - down[0]) / (2 * h), abs=1e-8)
    assert here[3] == pytest.approx((up[2] - down[2]) / (2 * h), abs=1e-8)


def test_cross_entropy_wins_by_gradient_descent(carried, values):
    cross, squared = values["ends"]
    assert cross > 0.9 > 0.7 > squared
    assert truth(carried, "ahead") == "cross"


def test_the_table_of_readers(carried, values):
    alone, linear, together = values["alone"], values["linear"], values["together"]
    assert 0.95 < np.median(linear) < np.median(alone) < together
    assert truth(carried, "level") == "97"
    verdict = values["verdict"]
    assert verdict.wins + verdict.losses + verdict.ties == 16
    # the sign test: as uneven a score or a more uneven one, both ways
    n, k = verdict.wins + verdict.losses, max(verdict.wins, verdict.losses)
    p = min(1, 2 * sum(math.comb(n, i) for i in range(k, n + 1)) / 2**n)
    assert verdict.p_value == pytest.approx(p)
    assert truth(carried, "really") == "better"


def test_small_networks_gain_most_by_company(carried, values):
    assert values["crowd"] > np.median(values["single"]) + 0.08
    assert values["crowd"] > values["single"].max()
    assert truth(carried, "gain") == "much"


def test_how_many_hidden_units_are_enough(carried, values):
    tried, medians, least = values["tried"], values["medians"], values["least"]
    assert medians == sorted(medians)
    assert all(
        (each >= medians[-1] - 0.02) == (n >= least) for n, each in zip(tried, medians, strict=True)
    )
    assert truth(carried, "enough") == str(least) == "16"


def test_the_confusion_matrix_adds_up(carried, values, notebook):
    counts = values["counts"]
    run = notebook.digits(vary=("init", "order", "split")).run()
    judged = [
        part.dataset.y[part.split.validation].sum(axis=0)
        for part in (run.prepared.parts[place] for place in run.prepared.part_of)
    ]
    assert counts.sum(axis=1).tolist() == pytest.approx(np.sum(judged, axis=0).tolist())
    assert counts.sum() == pytest.approx(16 * 359)
    share = run.final("validation_accuracy").mean()
    assert counts.trace() / counts.sum() == pytest.approx(share)
    assert truth(carried, "hardest") == str(values["right"].argmin()) == "8"


def test_those_that_are_mixed_up_most_look_most_alike(carried, values, known):
    pixels, digit = known
    mean = [pixels[digit == each].mean(axis=0) / 16 for each in range(10)]
    apart = {(a, b): math.dist(mean[a], mean[b]) for a, b in combinations(range(10), 2)}
    assert min(apart, key=apart.get) == (1, 8)
    assert values["apart"][1, 8] == pytest.approx(apart[1, 8])
    assert values["ranked"][0] == (1, 8) == values["nearest"][0]
    assert truth(carried, "pair") == "18"


def test_the_worst_pictures(carried, values):
    run, held, x, digit = (values[name] for name in ("run", "held", "x", "digit"))
    p = run.ensemble.predict_proba(x[held])
    of_truth = p[np.arange(len(held)), digit[held]]
    assert values["worst"] == held[of_truth.argmin()]
    assert len(values["wrong"]) == (p.argmax(axis=1) != digit[held]).sum()
    assert truth(carried, "reading") == str(digit[values["worst"]])
    assert [each.probability for each in values["wrong"]] == sorted(
        each.probability for each in values["wrong"]
    )


def test_blank_pixels_keep_their_first_weights(carried, values, known):
    pixels, _ = known
    assert values["is_blank"].sum() >= (pixels == 0).all(axis=0).sum() > 0
    assert np.array_equal(values["start"], values["end"])
    assert truth(carried, "blank") == "kept"


def test_the_questions(values):
    assert values["of_three"] == pytest.approx(math.e / (math.e + 1 + 1 / math.e))
    assert values["parameters"] == 64 * 32 + 32 + 32 * 10 + 10
    assert values["at_start"] == pytest.approx(math.log(10))


def test_pictures_are_drawings_of_all_their_pixels(carried, notebook):
    pictures = carried.contents(Picture)
    assert len(pictures) == 5
    for each in pictures:
        assert ElementTree.fromstring(each.content).tag.endswith("svg")
    one = np.zeros((8, 8))
    one[2, 5], one[7, 0] = 0.5, -1
    drawn = notebook.drawn(Lesson("digits"), "pair_alt", [one, one], ["a", "b"], a=1, b=8)
    assert drawn.label == "The mean picture of 1, that of 8, and their difference."
    tree = ElementTree.fromstring(drawn.content)
    cells = [each for each in tree if each.get("width") == "10"]
    assert [(each.get("x"), each.get("y"), each.get("fill-opacity")) for each in cells] == [
        ("56", "26", "0.50"),
        ("6", "76", "1.00"),
        ("156", "26", "0.50"),
        ("106", "76", "1.00"),
    ]


def test_links_open_these_experiments(carried):
    from shoal.lab.fragment import read_fragment

    found = [read_fragment(each.fragment).session.experiment for each in carried.contents(LabLink)]
    assert [each["training"]["loss"] for each in found] == [
        "categorical_crossentropy",
        "squared_error",
    ]


def test_a_sheet_is_what_its_text_asks_for(notebook):
    """The file of the text, carried out; by hand: 7 leaves 3 of 4 and 1 of 3."""
    found = notebook.sheet(7)
    text = fill(read_texts(LESSON.texts), "sheet", "ja", {"seed": 7})
    document = tomllib.loads(re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1])
    run = shoal.Experiment.read(document).run()
    assert found["accuracy"] == np.median(run.final("validation_accuracy"))
    document["network"]["layers"][0]["units"] = 4
    narrow = shoal.Experiment.read(document).run().final("validation_accuracy")
    assert found["narrow"] == np.median(narrow)
    eights = [row for row in zip(*run.plot.confusion().data.values(), strict=True)
              if row[:2] == ("8", "8")]  # fmt: skip
    assert found["eights"] == eights[0][2]
    p = math.e**3 / (math.e**3 + 2 * math.e)
    assert found["softmax"] == pytest.approx(p)
    assert found["loss"] == pytest.approx(-math.log(p))


@pytest.mark.slow
def test_other_controls():
    carried = carry_out("digits", rule="adam", rate=0.0003, units=64, l2=0.01, third=5, picture=5)
    values = carried.values
    assert truth(carried, "sure") == "low"
    assert values["said"].max() < 0.9
    assert truth(carried, "ahead") == "level"  # Adam does not mind small slopes
    assert np.median(values["alone"]) < 0.9  # too slow for ten epochs
    assert truth(carried, "gain") == "none"  # nothing left to win
    assert truth(carried, "blank") == "zero"  # the penalty pulls, and nothing holds
    assert values["sums"].tolist() == [2, 1, 5]


@pytest.mark.slow
def test_a_larger_rate_makes_up_for_the_mean_but_not_for_the_factor():
    """What the text says of squared error by gradient descent with a rate of 1."""
    carried = carry_out("digits", rule="sgd1", rate=0.03, units=1, l2=0.0001)
    cross, squared = carried.values["ends"]
    assert cross > squared + 0.02
    assert squared > 0.9  # with a rate of 0.1 it is below 0.7
    assert truth(carried, "ahead") == "cross"
    assert truth(carried, "blank") == "zero"  # Adam steps as far for a small pull
    assert truth(carried, "really") == "other"  # with another rate the answer is another


@pytest.mark.slow
def test_what_is_hard_is_hard_with_other_seeds(notebook):
    """No lucky seed: 8 is misread most, and 1 with 8 is among what is mixed up most."""
    for seed in range(1, 4):
        experiment = notebook.digits(vary=("init", "order", "split"))
        run = experiment.model_copy(update={"seed": seed}).run()
        count = np.reshape(run.plot.confusion().data["count"], (10, 10))
        assert (count.diagonal() / count.sum(axis=1)).argmin() == 8
        mixed = {(a, b): count[a, b] + count[b, a] for a, b in combinations(range(10), 2)}
        assert (1, 8) in sorted(mixed, key=mixed.get, reverse=True)[:2]


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ja", "ko"])
def test_other_languages_say_the_same(carried, language):
    other = carry_out("digits", language=language)
    for key in ("constant", "sure", "pull", "ahead", "level", "gain", "enough", "hardest", "blank"):
        assert truth(other, key) == truth(carried, key)
