"""Lesson 5: the published weights, two errors and what they would do, and 0.1167 or 0.1147."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import shoal
from shoal.lessons.carrying import carry_out, load_notebook
from shoal.lessons.contents import Prose, Revealed
from shoal.lessons.shelf import find
from shoal.lessons.texts import fill, read_texts

pytest.importorskip("marimo")

CASE = json.loads((Path(__file__).parents[1] / "cases" / "majority.json").read_text("utf-8"))
LESSON = find("majority")


@pytest.fixture(scope="module")
def carried():
    return carry_out("majority")


@pytest.fixture(scope="module")
def values(carried):
    return carried.values


@pytest.fixture(scope="module")
def notebook():
    return load_notebook(LESSON.notebook)


def truth(carried, key):
    """Return what a question turned out to be, in words."""
    question = read_texts(LESSON.texts)[key][carried.language].strip("\n")
    (found,) = [each.truth for each in carried.contents(Revealed) if each.question == question]
    return found


def option(key, language="en"):
    return read_texts(LESSON.texts)[key][language]


def test_the_rows_are_the_published_ones(values):
    assert values["bits"].tolist() == CASE["inputs"]
    assert values["y"].tolist() == CASE["labels"]


def test_the_perceptron_by_hand(carried, values):
    # first pass, from zero: 000 is called 1, b = -1; 011 is called 0, w = (0, 1, 1), b = 0;
    # 100 is called 1, w = (-1, 1, 1), b = -1; 101 is called 0, w = (0, 1, 2), b = 0
    errors, weights = values["told"][0]
    assert (errors, weights.tolist()) == (4, [0, 1, 2, 0])
    assert [wrong for wrong, _ in values["told"]] == [4, 3, 1, 0]
    assert values["told"][-1][1].tolist() == [1, 1, 1, -2]
    assert truth(carried, "passes") == "4"


def test_the_perceptron_finds_weights_in_every_order(values):
    """Novikoff (1962): the rows can be separated."""
    assert (values["run_by_steps"].final("train_accuracy") == 1).all()
    assert values["needed"].max() <= 12


def test_the_published_weights_to_their_digits(carried, values):
    near = {"rtol": 0, "atol": CASE["tolerance"]}
    wanted = [*CASE["weights"], CASE["bias"]]
    assert values["published"]["weights"] == wanted
    assert values["published"]["probabilities"] == CASE["probabilities"]
    np.testing.assert_allclose(values["v"], wanted, **near)
    np.testing.assert_allclose(values["ours"], wanted, **near)
    np.testing.assert_allclose(values["p_ours"], CASE["probabilities"], **near)
    assert truth(carried, "alike") == option("alike.equal")
    assert "alike_told" in {each.key for each in carried.contents(Prose)}


def test_the_likelihood_without_its_exponents_wants_nothing(carried, values):
    # at zero every p is 1/2: (1/2)^8 as it is, (1/4)^8 with the exponents dropped
    right, dropped, factors = values["found"]["zero"]
    assert right == pytest.approx(2.0**-8, rel=1e-12)
    assert dropped == pytest.approx(4.0**-8, rel=1e-12)
    assert factors == 0
    p, y = np.array(CASE["probabilities"]), np.array(CASE["labels"])
    assert values["found"]["majority"][0] == pytest.approx(np.prod(np.where(y, p, 1 - p)), rel=1e-5)
    assert values["found"]["majority"][2] == values["found"]["large"][2] == 0
    assert values["slope_dropped"] == 0
    assert truth(carried, "lost") == option("lost.zero")


def test_a_bias_update_with_an_input_ties_the_bias_to_a_weight(carried, values):
    weights = values["v_wrong"]
    assert weights[3] == weights[0] == pytest.approx(weights[1], rel=1e-12)
    assert (values["p_wrong"] > 0.5).all()  # so each row is called 1: four of eight are right
    assert truth(carried, "gained") == "4"


def test_single_rows_end_near_the_full_batch(carried, values):
    outputs = values["run_by_rows"].predict(np.array(CASE["inputs"], float))[:, :, 0]
    online = CASE["online_variant"]
    wanted = np.broadcast_to(online["probabilities"], outputs.shape)
    np.testing.assert_allclose(outputs, wanted, rtol=0, atol=online["tolerance"])
    assert values["published_online"]["probabilities"] == online["probabilities"]
    assert truth(carried, "online") == option("online.same")


def test_both_published_losses_come_out(carried, values):
    """0.1147 of the printed probabilities; 0.1167 of the last epoch, whatever its order was."""
    assert values["published_online"]["loss"] == CASE["online_variant"]["loss"] == 0.1167
    assert round(float(values["at_end"]), 4) == 0.1147
    assert len(values["met"]) == 40_320
    assert set(np.round(values["met"], 4)) == {0.1167}
    # most of the difference is the row's own moment, not the age of the weights
    assert truth(carried, "larger") == option("larger.moment")
    assert values["age"] + values["moment"] == pytest.approx(0.1167 - 0.1147, abs=1e-4)
    assert 0 < values["age"] < 0.25 * values["moment"]


def test_an_update_that_was_undone_leads_back(values):
    rng = np.random.default_rng(0)
    after, row, y = rng.normal(0, 3, (20, 4)), np.array([1.0, 0, 1, 1]), 1.0
    v = values["before"](after, row, y)
    p = 1 / (1 + np.exp(-(v @ row)))
    np.testing.assert_allclose(v - 0.1 * np.outer(p - y, row), after, rtol=0, atol=1e-12)


def test_an_epoch_forward_and_its_loss_on_the_way(values):
    """One order of the wound-back epoch, forward again: it ends at the published probabilities."""
    x, y, v = values["x"], values["y"], values["v_end"][np.newaxis]
    order = [3, 0, 7, 5, 1, 6, 2, 4]
    for k in reversed(order):
        v = values["before"](v, x[k], y[k])
    v, losses = v[0], []
    for k in order:
        p = 1 / (1 + np.exp(-(x[k] @ v)))
        losses.append(-np.log(p if y[k] else 1 - p))
        v = v - 0.1 * (p - y[k]) * x[k]
    says = 1 / (1 + np.exp(-(x @ v)))
    np.testing.assert_allclose(says, CASE["online_variant"]["probabilities"], rtol=0, atol=1e-6)
    assert round(float(np.mean(losses)), 4) == 0.1167


def test_no_order_from_zero_ends_at_the_published_loss_and_random_starts_do(carried, values):
    assert values["zero"].min() > values["at_end"] + 1e-4
    assert values["drawn"].min() < values["at_end"] < values["drawn"].max()
    assert truth(carried, "began") == option("began.random")


def test_one_vote_is_less_than_a_third_and_the_border_between_one_and_two(carried, values):
    # p(001) = 0.16293728 as published; 5.25318 / 3.6166463 votes
    assert truth(carried, "one_vote") == option("one_vote.less")
    assert values["border"] == pytest.approx(5.25318 / 3.6166463, rel=1e-6)
    assert "rows_told" in {each.key for each in carried.contents(Prose)}


def test_the_questions(carried):
    assert truth(carried, "chance") == f"{1 / 256:.4g}"
    # a mean over 8 rows is an eighth of the sum: 200 steps of 0.0125
    assert truth(carried, "mean") == option("mean.behind")
    weights, passes, wrong = [0] * 6, 0, True
    while wrong:
        wrong, passes = False, passes + 1
        for number in range(32):
            row = [int(bit) for bit in f"{number:05b}"] + [1]
            said = sum(w * each for w, each in zip(weights, row, strict=True)) >= 0
            sign = (sum(row[:5]) >= 3) - said
            weights = [w + sign * each for w, each in zip(weights, row, strict=True)]
            wrong = wrong or sign != 0
    assert truth(carried, "five") == str(passes)


@pytest.mark.parametrize(
    ("language", "chosen"),
    [
        # at 0.01 fifty updates leave the border below one vote: rows with one vote are wrong
        ("ja", {"rate": 0.01, "updates": 50, "batch": 4}),
        ("ko", {"rate": 3.0, "updates": 50, "batch": 2}),
    ],
)
def test_other_settings_and_languages(language, chosen):
    carried = carry_out("majority", language=language, **chosen)
    told = {each.key for each in carried.contents(Prose)}
    assert "alike_moved" in told
    assert "alike_told" not in told
    is_early = chosen["rate"] == 0.01
    assert ("rows_early" in told, "rows_told" in told) == (is_early, not is_early)
    assert (carried.values["border"] < 1) == is_early
    vote = "more" if is_early else "less"
    assert truth(carried, "one_vote") == option(f"one_vote.{vote}", language)
    assert truth(carried, "alike") == option("alike.equal", language)
    assert truth(carried, "online") == option("online.same", language)
    assert (
        carried.values["run_by_rows"].steps.tolist()
        == [chosen["updates"] * 8 // chosen["batch"]] * 16
    )
    # the same numbers as before where no slider reaches
    assert set(np.round(carried.values["met"], 4)) == {0.1167}
    assert truth(carried, "larger") == option("larger.moment", language)


def test_rate_and_updates_count_together_until_the_rate_is_too_large(notebook):
    majority = notebook.majority
    slow = majority(shoal.SGD(0.01), 2000).run()
    fast = majority(shoal.SGD(0.1), 200).run()
    assert slow.final("train_loss")[0] == pytest.approx(fast.final("train_loss")[0], rel=0.01)
    wild = majority(shoal.SGD(3.0), 50).run().history["train_loss"][0]
    assert wild[1] > wild[0]  # "begins to shake"


@pytest.mark.parametrize("seed", [0, 23])
def test_the_sheet_is_what_its_commands_give(seed, tmp_path, notebook):
    texts = read_texts(LESSON.texts)
    found = notebook.sheet(seed)
    assert set(found) == {key.removeprefix("sheet.") for key in texts if key.startswith("sheet.")}
    file = tmp_path / "majority.toml"
    document = re.search(r"```toml\n(.*?)```", fill(texts, "sheet", "en", {"seed": seed}), re.S)[1]
    file.write_text(document, "utf-8")
    run = shoal.Experiment.load(file, [f"training.epochs={100 + seed}"]).run()
    assert found["loss"] == f"{run.final('train_loss')[0]:.4f}"
    assert found["probability"] == f"{run.best.predict_proba([[1, 1, 0]])[0, 1]:.4f}"
    changes = re.findall(r"(?:training|population)\.\S+=\d+", texts["sheet.online"]["en"])
    rows = shoal.Experiment.load(file, [*changes, f"seed={seed}"]).run()
    assert len(changes) == 3
    assert found["online"] == f"{np.median(rows.final('train_loss')):.4f}"
    # 0 leaves 0.1 and 23 leaves 0.6 for every true class
    assert found["likelihood"] == {0: "1e-08", 23: "0.0168"}[seed]
    assert found["entropy"] == {0: "2.3026", 23: "0.5108"}[seed]
