"""Assessments: every figure against scikit-learn, and what they say where rows are odd."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as peer

from shoal.data.dataset import Feature, Schema
from shoal.errors import ArgumentError
from shoal.metrics.bootstrap import wilson
from shoal.models import Assessment, Model, assess, evaluate
from shoal.models.assessment.slices import cut_of
from shoal.models.assessment.words import (
    calibration_sentence,
    cost_sentences,
    coverage_sentence,
    headline,
    slice_sentences,
)
from shoal.network import Dense, Network

CLASSES = ("a", "b", "c")
LABELS = Schema(
    columns=(Feature(name="x0"), Feature(name="x1")), target="red", more_targets=("big",),
    kind="multilabel", label_classes=(("0", "1"), ("no", "yes")),
)  # fmt: skip
NUMBERS = Schema(
    columns=(Feature(name="x0"), Feature(name="x1")), target="size", more_targets=("mass",),
    kind="regression",
)  # fmt: skip


@pytest.fixture(scope="module")
def data() -> Any:
    rng = np.random.default_rng(0)
    return rng.normal(size=(240, 2)) * 2, rng.integers(0, 3, 240), rng.integers(0, 4, 240) * 0.5


@pytest.fixture
def three(drawn: Any) -> Model:
    return drawn(Network([Dense(3, "softmax")], inputs=2), 4, CLASSES, "float64")


@pytest.fixture
def two(drawn: Any) -> Model:
    return drawn(Network([Dense(1, "sigmoid")], inputs=2), 4, ("no", "yes"), "float64")


def weighted(yes: bool, w: np.ndarray) -> tuple[dict[str, Any], dict[str, Any]]:
    return ({"weights": w}, {"sample_weight": w}) if yes else ({}, {})


@pytest.mark.parametrize("yes", [False, True], ids=["plain", "weighted"])
def test_three_classes_are_those_of_scikit_learn(three: Model, data: Any, yes: bool) -> None:
    x, codes, w = data
    own, theirs = weighted(yes, w)
    found = assess(three, x, np.eye(3)[codes], resamples=0, **own)
    p = three.predict_proba(x)
    said = p.argmax(axis=1)
    nothing = {"zero_division": np.nan, **theirs}
    one_hot = np.eye(3)[codes]
    wanted = {
        "accuracy": peer.accuracy_score(codes, said, **theirs),
        "balanced_accuracy": peer.balanced_accuracy_score(codes, said, **theirs),
        "precision": peer.precision_score(codes, said, average="macro", **nothing),
        "f1": peer.f1_score(codes, said, average="macro", **nothing),
        "mcc": peer.matthews_corrcoef(codes, said, **theirs),
        "roc_auc": peer.roc_auc_score(codes, p, multi_class="ovr", **theirs),
        "average_precision": peer.average_precision_score(one_hot, p, **theirs),
        "cross_entropy": peer.log_loss(codes, p, **theirs),
        "brier": np.average(((p - one_hot) ** 2).sum(axis=1), weights=w if yes else None),
    }
    for name, value in wanted.items():
        assert found.figures[name].value == pytest.approx(value, rel=1e-10), name
    per_class = peer.precision_recall_fscore_support(codes, said, **nothing)
    for k, each in enumerate(found.classes):
        of_each = [each.figures[name].value for name in ("precision", "recall", "f1")]
        assert of_each == pytest.approx([per_class[i][k] for i in range(3)], rel=1e-12)
        area = peer.roc_auc_score(codes == k, p[:, k], **theirs)
        assert each.figures["roc_auc"].value == pytest.approx(area)
    assert found.evaluation == evaluate(three, x, one_hot, **own)


def test_two_classes_are_those_of_scikit_learn(two: Model, data: Any) -> None:
    x, codes, w = data
    y = np.array(["no", "yes"])[(codes > 0).astype(int)]
    p = two.predict_proba(x)
    for positive, column in (("yes", 1), (None, 1), ("no", 0)):
        found = assess(two, x, y.tolist(), weights=w, positive=positive, resamples=0)
        true = y == ("no", "yes")[column]
        own = {"sample_weight": w}
        wanted = {
            "roc_auc": peer.roc_auc_score(true, p[:, column], **own),
            "average_precision": peer.average_precision_score(true, p[:, column], **own),
            "brier": peer.brier_score_loss(true, p[:, column], **own),
            "mcc": peer.matthews_corrcoef(y, np.array(["no", "yes"])[p.argmax(axis=1)], **own),
        }
        for name, value in wanted.items():
            assert found.figures[name].value == pytest.approx(value, rel=1e-10), name
        assert found.positive == found.calibration.of == ("no", "yes")[column]


def test_labels_are_those_of_scikit_learn(drawn: Any, data: Any) -> None:
    x, codes, w = data
    network = Network([Dense(2, "sigmoid")], inputs=2)
    model = drawn(network, 3, (), "float64", schema=LABELS)
    y = np.stack([codes > 0, codes == 2], axis=1).astype(float)
    found = assess(model, x, y, weights=w, resamples=0)
    p = model.predict_proba(x)
    own = {"sample_weight": w}
    assert found.figures["accuracy"].value == pytest.approx(peer.accuracy_score(y, p > 0.5, **own))
    wrong = peer.hamming_loss(y, p > 0.5, **own)
    assert found.figures["labels_wrong"].value == pytest.approx(wrong)
    for k, each in enumerate(found.labels):
        said, nan = p[:, k] > 0.5, {"zero_division": np.nan, **own}
        wanted = {
            "accuracy": peer.accuracy_score(y[:, k], said, **own),
            "precision": peer.precision_score(y[:, k], said, **nan),
            "recall": peer.recall_score(y[:, k], said, **nan),
            "f1": peer.f1_score(y[:, k], said, **nan),
            "mcc": peer.matthews_corrcoef(y[:, k], said, **own),
            "roc_auc": peer.roc_auc_score(y[:, k], p[:, k], **own),
            "average_precision": peer.average_precision_score(y[:, k], p[:, k], **own),
            "cross_entropy": peer.log_loss(y[:, k], p[:, k], **own),
            "brier": peer.brier_score_loss(y[:, k], p[:, k], **own),
        }
        for name, value in wanted.items():
            assert each.figures[name].value == pytest.approx(value, rel=1e-10), name
    assert [each.name for each in found.labels] == ["red", "big"]


@pytest.mark.parametrize("yes", [False, True], ids=["plain", "weighted"])
def test_numbers_are_those_of_scikit_learn(drawn: Any, data: Any, yes: bool) -> None:
    x, codes, w = data
    own, theirs = weighted(yes, w)
    model = drawn(Network([Dense(2)], inputs=2), 3, (), "float64", schema=NUMBERS)
    y = np.stack([1e6 + codes + x[:, 0], x[:, 1] * codes], axis=1)
    found = assess(model, x, y, resamples=0, **own)
    said = model.predict(x)
    for k, each in enumerate(found.targets):
        pair = (y[:, k], said[:, k])
        wanted = {
            "mean_absolute_error": peer.mean_absolute_error(*pair, **theirs),
            "root_mean_squared_error": peer.root_mean_squared_error(*pair, **theirs),
            "r2": peer.r2_score(*pair, **theirs),
            "median_absolute_error": peer.median_absolute_error(*pair, **theirs),
            "bias": np.average(said[:, k] - y[:, k], weights=w if yes else None),
        }
        for name, value in wanted.items():
            assert each.figures[name].value == pytest.approx(value, rel=1e-9), (k, name)
        assert each.largest_error == pytest.approx(
            peer.max_error(*(v[w > 0] if yes else v for v in pair)), rel=1e-12
        )
    middle = peer.mean_absolute_error(y[:, 1], np.full(240, np.median(y[:, 1])))
    if not yes:
        assert found.targets[1].constant_guess == pytest.approx(middle)


def test_intervals_lie_about_their_figures(three: Model, data: Any) -> None:
    x, codes, _ = data
    found = assess(three, x, np.eye(3)[codes])
    assert found.n_resamples == 2000
    for figures in (found.figures, *(each.figures for each in found.classes)):
        for name, each in figures.items():
            assert each.low < each.high, name
            assert each.low <= each.value <= each.high, name
            is_one = figures is not found.figures
            shares = ("precision", "recall", "f1") if is_one else ("accuracy",)
            of_means = () if is_one else ("balanced_accuracy", "precision", "f1")
            wanted = "wilson" if name in shares else "combined" if name in of_means else None
            wanted = "inverted" if name == "calibration_error" else wanted or "bootstrap"
            assert each.method == wanted, name
    accuracy = found.figures["accuracy"]
    low, high = wilson(accuracy.value, 240)
    assert (accuracy.low, accuracy.high) == (float(low), float(high))


def test_many_rows_in_groups_of_neighbours_have_the_same_intervals(
    two: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(3_000, 2))
    y = (rng.random(3_000) < two.predict_proba(x)[:, 1]).astype(float)
    fine = assess(two, x, y, resamples=400)
    monkeypatch.setattr("shoal.models.assessment.intervals.FINE", 1_000)
    monkeypatch.setattr("shoal.models.assessment.intervals.GROUPS", 300)
    coarse = assess(two, x, y, resamples=400)
    for name in ("roc_auc", "average_precision", "coverage_area"):
        one, other = fine.figures[name], coarse.figures[name]
        assert one.value == other.value
        width = one.high - one.low
        assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=width / 30)


def test_all_right_says_what_wilson_says(coin: Any) -> None:
    found = assess(coin(), [[1.0], [2.0], [-1.0]], [1, 1, 0])
    accuracy = found.figures["accuracy"]
    low, high = wilson(1.0, 3)
    assert (accuracy.value, accuracy.method) == (1.0, "wilson")
    assert (accuracy.low, accuracy.high) == (float(low), float(high))
    recall = found.classes[1].figures["recall"]
    assert (recall.low, recall.method) == (float(wilson(1.0, 2)[0]), "wilson")
    assert found.worst == ()


def test_very_many_classes(drawn: Any) -> None:
    names = tuple(f"c{k:02}" for k in range(30))
    model = drawn(Network([Dense(30, "softmax")], inputs=2), 2, names, "float64")
    rng = np.random.default_rng(0)
    x, codes = rng.normal(size=(300, 2)), np.arange(300) % 30
    found = assess(model, x, np.eye(30)[codes], resamples=20)
    p = model.predict_proba(x)
    area = found.figures["roc_auc"]
    assert area.value == pytest.approx(peer.roc_auc_score(codes, p, multi_class="ovr"))
    assert (area.low, area.method) == (None, "none")
    precision = found.classes[7].figures["average_precision"].value
    assert precision == pytest.approx(peer.average_precision_score(codes == 7, p[:, 7]))


def test_one_row(coin: Any) -> None:
    found = assess(coin(), [[1.0]], [1], by={"g": ["u"]}, costs=(1, 1))
    assert found.figures["accuracy"].value == 1.0
    assert found.figures["mcc"].value is None
    assert found.figures["roc_auc"].value is None
    assert found.slices[0].slices[0].model_dump() == {
        "name": "u", "n_rows": 1, "value": 1.0, "low": pytest.approx(0.2065, abs=1e-4),
        "high": 1.0, "difference": None, "p_value": None, "p_adjusted": None,
        "falls_below": False,
    }  # fmt: skip
    json.dumps(found.document(), allow_nan=False)


def test_rows_of_one_class_alone(three: Model) -> None:
    x = np.random.default_rng(0).normal(size=(20, 2))
    found = assess(three, x, np.eye(3)[[0] * 20])
    assert found.classes[1].n_rows == 0
    assert found.classes[1].figures["recall"].value is None
    assert found.figures["mcc"].value is None
    assert found.figures["balanced_accuracy"].value == found.classes[0].figures["recall"].value
    json.dumps(found.document(), allow_nan=False)
    assert headline(found).startswith("Right on ")


def test_the_worst_rows(coin: Any) -> None:
    # p(yes) is sigmoid(x ln 3) and 1/2, together 5/8 at 1 and 7/10 at 2
    model = coin()
    x, y = [[1.0], [2.0], [-1.0], [1.0]], [0, 0, 0, 0]
    found = assess(model, x, y, worst=2)
    assert [row.row for row in found.worst] == [1, 0]  # of equal ones the first
    first = found.worst[0]
    assert (first.truth, first.prediction, first.columns) == ("no", "yes", {"x0": "2"})
    assert first.probability == pytest.approx(0.3)
    assert first.disagreement == pytest.approx(0.2)
    none = assess(model, x, y, weights=[0, 0, 1, 1])
    assert [row.row for row in none.worst] == [3]
    assert assess(model, x, y, worst=0).worst == ()


def test_the_worst_numbers(lines: Any) -> None:
    # 3 x + 1/2: 3.5, 6.5, 0.5
    found = assess(lines(), [[1.0], [2.0], [0.0]], [3.5, 5.0, 1.0])
    assert [(row.row, row.error) for row in found.worst] == [(1, 1.5), (2, -0.5)]
    assert (found.worst[0].truth, found.worst[0].prediction) == ("5", "6.5")
    assert headline(found).startswith("Off by 0.6667 on average")


def test_slices_against_the_rest(coin: Any) -> None:
    # 40 rows right in both slices but 12 of the 20 of v
    x = np.array([[1.0]] * 40)
    y = np.array([1] * 20 + [0] * 12 + [1] * 8)
    by = {"g": ["u"] * 20 + ["v"] * 20, "h": list(range(40))}
    found = assess(coin(), x, y, by=by)
    u, v = found.slices[0].slices
    assert (u.value, v.value, v.difference) == (1.0, 0.4, -0.6)
    # 8 right of 20, 28 of 40 in all: every right row of u is the least likely of choices
    chance = sum(math.comb(28, k) * math.comb(12, 20 - k) for k in (8,)) / math.comb(40, 20)
    assert v.p_value == pytest.approx(chance)
    # six slices of two columns; the third of h, of 10 wrong rows, is the only rarer one
    assert v.p_adjusted == pytest.approx(5 * chance)
    assert (u.falls_below, v.falls_below) == (False, True)
    names = [each.name for each in found.slices[1].slices]
    assert names == ["below 9.75", "9.75 to below 19.5", "19.5 to below 29.2", "29.2 and more"]
    assert slice_sentences(found)[1] == (
        "g 'v' falls below the rest: right on 40.0 %, 60.0 points less (p < 0.001)."
    )


def test_few_rows_are_not_held_against_the_rest(coin: Any) -> None:
    x, y = np.ones((20, 1)), np.array([0] * 4 + [1] * 16)
    found = assess(coin(), x, y, by={"g": ["few"] * 4 + ["many"] * 16})
    few, many = found.slices[0].slices
    assert (few.value, few.p_value, few.falls_below) == (0.0, None, False)
    assert many.p_value == 1.0
    assert slice_sentences(found) == ["No slice of 2 falls clearly below the rest."]


def test_cuts() -> None:
    many = cut_of([f"c{k:03}" for k in range(40)] + ["c000"])
    assert len(many.names) == 20
    assert many.names[-1] == "(21 others)"
    assert cut_of(("2", "10", "NA", "2")).names == ("2", "10", "(gap)")
    assert cut_of(np.array([1.0, 1.0])).names == ("1",)
    # half of the numbers are 0: two of the quarters coincide
    skewed = cut_of(np.array([0.0] * 50 + list(range(1, 51))))
    assert skewed.names == ("below 0.5", "0.5 to below 25.2", "25.2 and more")
    constant = cut_of(np.array([0.0] * 90 + list(range(1, 11))))
    assert constant.names == ("all",)


def test_ranges_are_cut_where_their_names_say() -> None:
    values = np.random.default_rng(0).normal(size=999)
    found = cut_of(values)
    edges = [float(name.split()[-1]) for name in found.names[:3]]
    assert found.place.tolist() == np.searchsorted(edges, values, side="right").tolist()
    assert max(len(name) for name in found.names) <= len("-0.674 to below -0.0123")
    # minutes of a day, far from 0: digits are left out up to 1 % of the width, 864 seconds
    late = cut_of(1_700_000_000.0 + np.arange(0.0, 86_400, 60))
    assert late.names[0] == "below 1700022000"  # for 1700021585
    assert np.bincount(late.place) == pytest.approx([360] * 4, abs=864 / 60)


def test_numbers_in_slices(lines: Any) -> None:
    x = np.ones((40, 1))
    rng = np.random.default_rng(0)
    y = 3.5 + np.concatenate([rng.normal(0, 0.1, 20), rng.normal(0, 5, 20)])
    found = assess(lines(), x, y, by={"g": ["calm"] * 20 + ["wild"] * 20})
    calm, wild = found.slices[0].slices
    assert found.slices[0].figure == "mean_absolute_error"
    assert wild.value == pytest.approx(np.abs(y[20:] - 3.5).mean())
    assert (calm.falls_below, wild.falls_below) == (False, True)
    assert wild.low < wild.value < wild.high


def test_slices_drawn_at_random_seldom_fall_below(lines: Any) -> None:
    # errors are skewed, and slices of 5 % leave few rows to hold a large one against: Welch's
    # test alone marks a slice in 30 of 100 such tables
    rng, marked, model = np.random.default_rng(0), 0, lines()
    for _ in range(200):
        y = 3.5 + np.exp(1.2 * rng.normal(size=60))
        by = {name: rng.choice(list("abc"), 60, p=[0.05, 0.05, 0.9]) for name in "gh"}
        found = assess(model, np.ones((60, 1)), y, by=by, resamples=0)
        marked += any(one.falls_below for each in found.slices for one in each.slices)
    # of 200 with p = 0.05 more than 21 happen once in 1,000 times
    assert marked <= 21


def test_costs_call_for_a_threshold(two: Model) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4_000, 2)) * 2
    y = (rng.random(4_000) < two.predict_proba(x)[:, 1]).astype(float)
    found = assess(two, x, y, costs=(1.0, 4.0), resamples=200)
    rules = {each.rule: each for each in found.costs.decisions}
    assert rules["theory"].threshold == 0.2
    assert found.costs.best_low <= rules["best"].threshold <= found.costs.best_high
    assert found.costs.best_low < 0.2 < found.costs.best_high
    p, true = two.predict_proba(x)[:, 1], y > 0
    for rule, threshold in (("half", 0.5), ("theory", 0.2)):
        cost = np.mean((p > threshold) & ~true) + 4 * np.mean((p <= threshold) & true)
        assert rules[rule].cost == pytest.approx(cost)
        assert rules[rule].low < cost < rules[rule].high
    assert rules["always_no"].cost == pytest.approx(4 * true.mean())
    assert rules["always_yes"].cost == pytest.approx((~true).mean())
    assert cost_sentences(found.costs)[0].startswith(
        "Costs (1 a false 'yes', 4 a missed one) call for saying 'yes' above 0.2: "
    )
    other = assess(two, x, y, costs=(4.0, 1.0), positive="no", resamples=20)
    same = {each.rule: each.cost for each in other.costs.decisions}
    assert same["half"] == pytest.approx(rules["half"].cost)
    assert same["always_yes"] == pytest.approx(rules["always_no"].cost)


def test_a_model_that_is_not_worth_asking(coin: Any) -> None:
    found = assess(coin(), [[1.0], [-1.0]] * 10, [0, 1] * 10, costs=(1, 1), resamples=20)
    assert cost_sentences(found.costs)[-1] == (
        "Always saying no costs 0.5: the model is not worth asking."
    )


def test_probabilities_that_are_off_do_not_choose_the_threshold(two: Model) -> None:
    # twice the true odds are said: the threshold of theory says yes too often
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4_000, 2)) * 2
    y = (rng.random(4_000) < two.predict_proba(x)[:, 1] / 2).astype(float)
    found = assess(two, x, y, costs=(1.0, 4.0), resamples=50)
    best = next(each for each in found.costs.decisions if each.rule == "best")
    said = cost_sentences(found.costs, found.calibration)
    assert said[2] == (
        f"As its probabilities are off by more than chance, {best.threshold:.3g} is the safer "
        "of the two."
    )
    assert best.threshold > 0.2  # what costs call for were they true


@pytest.mark.parametrize(
    ("truth", "which"), [(0, "None of these rows is"), (1, "All of these rows are")]
)
def test_rows_of_one_class_do_not_choose_a_threshold(coin: Any, truth: int, which: str) -> None:
    found = assess(coin(), [[1.0], [-1.0]] * 10, [truth] * 20, costs=(1, 5), resamples=20)
    assert cost_sentences(found.costs)[1:] == [
        f"{which} of that class, so they cannot tell which threshold costs least."
    ]
    name = ("no", "yes")[truth]
    assert headline(found).endswith(f"; all of them are '{name}'.")


def test_a_model_that_is_worth_asking_at_another_threshold_only(coin: Any) -> None:
    # said 5/8 of a yes and 3/8 of a no, but yes comes true 1 in 10 and 0 in 10
    x, y = [[1.0]] * 10 + [[-1.0]] * 10, [1] + [0] * 19
    rules = {
        each.rule: each.cost
        for each in assess(coin(), x, y, costs=(1, 12), resamples=20).costs.decisions
    }
    assert rules["always_yes"] == pytest.approx(19 / 20)
    assert rules["theory"] == pytest.approx(19 / 20)  # above 1/13: always yes
    assert rules["best"] == pytest.approx(9 / 20)
    said = cost_sentences(assess(coin(), x, y, costs=(1, 12), resamples=20).costs)
    assert said[-1] == "Always saying no costs 0.6: only near 0.5 is the model worth asking."


def test_the_headline_says_where_nothing_is_gained(coin: Any, lines: Any) -> None:
    x = [[1.0]] * 12 + [[-1.0]] * 8  # called yes 12 times
    same = assess(coin(), x, [1] * 12 + [0] * 2 + [1] * 6, resamples=20)
    assert headline(same) == (
        "Right on 70.0 % of the rows (95 %: 48.1 to 85.5); always saying 'yes' is as good or "
        "better, 90.0 %."
    )
    unclear = assess(coin(), x, [1] * 10 + [0] * 8 + [1] * 2, resamples=20)
    assert headline(unclear).endswith("; always saying 'yes', 60.0 %: no clear gain.")
    # 3 x + 1/2 at 0 is 0.5: always off by 1, as the median of 1.5 and -0.5 is
    number = assess(lines(), [[0.0]] * 8, [1.5, -0.5] * 4, resamples=20)
    assert headline(number).endswith("; always saying the median is as good or better, 1.")


def test_coverage(two: Model, data: Any) -> None:
    x, codes, _ = data
    y = (codes > 0).astype(float)
    found = assess(two, x, y, coverage=0.33, accuracy=[0.01, 1.0], resamples=0)
    p = two.predict_proba(x).max(axis=1)
    right = (two.predict_proba(x)[:, 1] > 0.5) == y
    for point in found.coverage.points:
        if point.threshold is None:
            assert (point.asked, point.wanted) == ("accuracy", 1.0)
            continue
        kept = p >= point.threshold
        assert point.coverage == pytest.approx(kept.mean())
        assert point.figure == pytest.approx(right[kept].mean())
        assert point.asked == "accuracy" or point.coverage >= point.wanted
    assert [each.wanted for each in found.coverage.points] == [
        1.0, 0.95, 0.9, 0.8, 0.7, 0.5, 0.33, 0.01, 1.0,
    ]  # fmt: skip


def test_coverage_of_numbers_goes_by_disagreement(lines: Any) -> None:
    # the networks 2 x and 4 x + 1 are |2 x + 1| / 2 apart; the truth is their mean but at 3
    x = np.array([[0.0], [1.0], [2.0], [3.0]])
    found = assess(lines(), x, [0.5, 3.5, 6.5, 19.5], coverage=0.75, resamples=0)
    point = next(each for each in found.coverage.points if each.wanted == 0.75)
    assert (found.coverage.by, point.threshold, point.figure) == ("disagreement", 2.5, 0.0)
    assert found.coverage.points[0].figure == 2.5
    told = coverage_sentence(assess(lines(), np.repeat(x, 5, axis=0), [0.5] * 5 + [3.5] * 5
                                    + [6.5] * 5 + [19.5] * 5, resamples=0))  # fmt: skip
    assert told == ""  # the surest 80 % are all rows but none: ties go together


def test_calibration_is_said(two: Model) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4_000, 2)) * 2
    p = two.predict_proba(x)[:, 1]
    true = assess(two, x, (rng.random(4_000) < p).astype(float), resamples=0)
    assert true.calibration.is_within_chance
    assert calibration_sentence(true).endswith("so these rows do not contradict them.")
    wrong = assess(two, x, (rng.random(4_000) < p / 2).astype(float), resamples=0)
    assert not wrong.calibration.is_within_chance
    assert ", too high; " in calibration_sentence(wrong)
    error = wrong.calibration.error
    assert error == pytest.approx((p / 2).mean(), abs=0.02)
    assert error == pytest.approx(wrong.figures["calibration_error"].value)


def test_a_weight_of_2_is_the_row_twice(three: Model, data: Any) -> None:
    x, codes, _ = data
    y, w = np.eye(3)[codes], np.array([2, 0, 1, 1] * 60)
    again = np.repeat(np.arange(240), w)
    one = assess(three, x, y, weights=w, resamples=0)
    two = assess(three, x[again], y[again], resamples=0)
    for name, each in one.figures.items():
        assert each.value == pytest.approx(two.figures[name].value, rel=1e-10), name


def test_the_document_is_json_and_holds_the_evaluation(three: Model, data: Any) -> None:
    x, codes, _ = data
    found = assess(three, x, np.eye(3)[codes], resamples=20, by={"g": codes})
    document = json.loads(json.dumps(found.document(), allow_nan=False))
    assert evaluate(three, x, np.eye(3)[codes]).model_dump(mode="json").items() <= document.items()
    assert isinstance(found, Assessment)
    assert repr(found) == "<Assessment of 4 networks 2-3 on rows: 240 rows>"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (
            {"positive": "maybe"},
            "`positive` must be 'no' or 'yes'; got 'maybe'."
            " Choose one of the names that are known.",
        ),
        ({"positive": "Yes"}, "`positive` must be 'no' or 'yes'; got 'Yes'. Did you mean 'yes'?"),
        (
            {"costs": (0, 1)},
            "`costs` must be above 0 and at most 1e+12; got 0. Give a value within the bounds.",
        ),
        (
            {"costs": (1, math.nan)},
            "`costs` must be above 0 and at most 1e+12; got nan. Give a value within the bounds.",
        ),
        (
            {"coverage": 1.5},
            "`coverage` must be above 0 and at most 1; got 1.5. Give a value within the bounds.",
        ),
        (
            {"accuracy": 0},
            "`accuracy` must be above 0 and at most 1; got 0.0. Give a value within the bounds.",
        ),
        (
            {"by": {"g": ["u"]}},
            "`by['g']` must have a cell for each of N=2 rows; got 1. Give as many as that.",
        ),
        ({"weights": [0, 0]}, "`weights` must not all be 0; got 2 zeros. Give at least one."),
    ],
)
def test_what_cannot_be_asked(coin: Any, more: Any, sentence: str) -> None:
    with pytest.raises(ArgumentError) as error:
        assess(coin(), [[1.0], [2.0]], [0, 1], **more)
    assert str(error.value) == f"assess: {sentence}"


def test_costs_and_a_positive_class_are_of_two_classes(three: Model, lines: Any) -> None:
    x, y = np.zeros((2, 2)), np.eye(3)[[0, 1]]
    for more, told in (
        ({"costs": (1, 1)}, "`costs` are of two classes; got 3. Give what belongs to it."),
        (
            {"positive": "a"},
            "`positive` chooses between two classes; got 3 of them. Give what belongs to it.",
        ),
    ):
        with pytest.raises(ArgumentError) as error:
            assess(three, x, y, **more)
        assert str(error.value) == f"assess: {told}"
    with pytest.raises(ArgumentError) as error:
        assess(lines(), [[1.0]], [1.0], accuracy=0.9)
    told = "assess: `accuracy` is for one target of classes; got a number. Leave it out."
    assert str(error.value) == told
