"""Is a network worth it: intervals by hand arithmetic, verdicts, sentences, rows of all kinds."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification, make_friedman1

from shoal.charts.registry import make
from shoal.charts.report import story_of
from shoal.errors import ArgumentError, DataError
from shoal.sklearn.worth_asking import dataset_of, region_of, splits_of, worth
from shoal.sklearn.worth_record import Judged, Worth
from shoal.sklearn.worth_statistics import corrected_interval
from shoal.sklearn.worth_wording import judged, time_words

LABELS = {
    "network": "the network", "constant": "the constant guess",
    "linear": "logistic regression", "trees": "gradient-boosted trees",
}  # fmt: skip
QUICK = {"folds": 2, "repeats": 1, "threads": 1}


def record(scores, seconds=(1.0, 0.001, 0.1, 2.0), figure="accuracy", region=0.01):
    """A record in which every learner has given scores on 4 splits."""
    learners = tuple(
        Judged(
            name=name, label=LABELS[name], what=name, scores=np.array(values, float),
            others=np.zeros(4), fit_s=np.full(4, time),
        )
        for (name, values), time in zip(scores.items(), seconds, strict=True)
    )  # fmt: skip
    kind = "classification" if figure == "accuracy" else "regression"
    return judged(
        Worth(
            source="folder/rows.csv", target="y", kind=kind, figure=figure,
            other="log_loss" if figure == "accuracy" else "r2", learners=learners, n_rows=100,
            n_features=3, folds=2, repeats=2, seed=0, threads=1, region=region,
        )
    )  # fmt: skip


# --- the interval


def test_the_interval_by_hand():
    """[1, 2, 3, 4]: mean 2.5, variance 5/3; K = 5 folds add n_test / n_train = 1/4 to 1/4.

    t(3) at 97.5 % is 3.182446 (any table); 3.182446 * sqrt(5/3 * 0.5) = 2.905162.
    """
    found = corrected_interval([1, 2, 3, 4], 1 / 4)
    assert found.low == pytest.approx(2.5 - 2.905162, abs=1e-5)
    assert found.high == pytest.approx(2.5 + 2.905162, abs=1e-5)


def test_the_interval_is_wider_than_the_usual_one():
    from scipy.stats import ttest_1samp

    values = np.random.default_rng(0).normal(size=15)
    usual = ttest_1samp(values, 0).confidence_interval(0.95)
    found = corrected_interval(values, 1 / 4)
    # sqrt((1/15 + 1/4) / (1/15)) = sqrt(4.75)
    assert found.high - found.low == pytest.approx(np.sqrt(4.75) * (usual.high - usual.low))


def test_the_interval_holds_the_truth_where_folds_overlap():
    """Means of resampled rows: 200 times, a mean of 0 lies within 95 % in 90 % at least."""
    draw, held = np.random.default_rng(1), 0
    for _ in range(200):
        rows = draw.normal(size=100)
        orders = (draw.permutation(100) for _ in range(3))
        folds = [rows[part] for order in orders for part in np.array_split(order, 5)]
        found = corrected_interval([fold.mean() for fold in folds], 1 / 4)
        held += found.low <= 0 <= found.high
    assert held >= 180


def test_alike_differences_are_a_point_and_bad_ones_are_refused():
    found = corrected_interval([0.5, 0.5], 0.25)
    assert (found.low, found.high) == (0.5, 0.5)
    with pytest.raises(ArgumentError, match="must hold two finite values or more"):
        corrected_interval([1.0], 0.25)
    with pytest.raises(ArgumentError, match="`test_share` must be above 0"):
        corrected_interval([1.0, 2.0], 0.0)


# --- verdicts

CONSTANT = [0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("scores", "verdict", "sentence"),
    [
        (
            {"network": [0.9] * 4, "constant": CONSTANT, "linear": [0.7] * 4, "trees": [0.85] * 4},
            "worth",
            "A network is worth it here: +5.0 points over gradient-boosted trees, the best of the "
            "others (95 % interval 5.0 to 5.0), which fit in 2.0 times the time.",
        ),
        (
            {"network": [0.8] * 4, "constant": CONSTANT, "linear": [0.7] * 4, "trees": [0.85] * 4},
            "beaten",
            "Not worth it: gradient-boosted trees are better by 5.0 points (95 % interval 5.0 to "
            "5.0) and fit in 2.0 times the time.",
        ),
        (
            {"network": [0.8] * 4, "constant": CONSTANT, "linear": [0.8] * 4, "trees": [0.7] * 4},
            "alike",
            "Not worth it: logistic regression is as good (no difference in any fold) and fits in "
            "a tenth of the time.",
        ),
        (
            {"network": [0.8] * 4, "constant": CONSTANT, "linear": [0.7] * 4, "trees": [0.8] * 4},
            "alike",
            "A network is as good as gradient-boosted trees (no difference in any fold) and fits "
            "in half the time.",
        ),
        (
            {"network": [0.5] * 4, "constant": CONSTANT, "linear": [0.4] * 4, "trees": [0.3] * 4},
            "nothing",
            "Not worth it: no learner here is surely better than the constant guess (the network "
            "by 0 to 0 points).",
        ),
    ],
    ids=["worth", "beaten", "alike", "alike-and-faster", "nothing"],
)
def test_verdicts_and_their_sentences(scores, verdict, sentence):
    found = record(scores)
    assert (found.verdict, found.sentence) == (verdict, sentence)


def test_a_wide_interval_decides_nothing():
    """Differences of +-10 points: mean 0, t(3) * sqrt(var * (1/4 + 1)) is far above a point."""
    found = record({
        "network": [0.9, 0.7, 0.9, 0.7], "constant": [0.1] * 4,
        "linear": [0.8] * 4, "trees": [0.6] * 4,
    })  # fmt: skip
    assert found.verdict == "undecided"
    assert found.sentence.startswith(
        "These rows cannot tell: a network may be better or worse than logistic regression"
    )


def test_a_sure_difference_that_is_not_worth_having_is_none():
    """0.3 points in every fold: the interval is a point above 0, within the region of one point."""
    found = record(
        {"network": [0.803] * 4, "constant": CONSTANT, "linear": [0.8] * 4, "trees": [0.7] * 4}
    )
    assert found.verdict == "alike"
    assert found.sentence.startswith("Not worth it: logistic regression is as good (difference")


def test_accuracy_is_cautioned_where_one_class_has_nearly_all_rows():
    scores = {"network": [0.97] * 4, "linear": [0.97] * 4, "trees": [0.97] * 4}
    found = record({"network": [0.97] * 4, "constant": [0.96] * 4, **scores})
    assert found.caution == (
        "96.0 % of the rows are of one class, so accuracy tells little. Log loss, which judges "
        "the probabilities (less is better): network 0.000, constant guess 0.000, logistic "
        "regression 0.000, gradient-boosted trees 0.000."
    )
    assert found.to_dict()["caution"] == found.caution
    assert story_of(found).beside[0] == found.caution
    assert record({"network": [0.97] * 4, "constant": [0.8] * 4, **scores}).caution == ""


def test_what_is_worth_having_is_a_share_of_what_there_is_to_win():
    """One point, but a tenth of the 4 that the constant guess of 0.96 leaves: 0.4."""
    learners = record(
        {"network": [0.97] * 4, "constant": [0.96] * 4, "linear": [0.9] * 4, "trees": [0.9] * 4}
    ).learners
    assert region_of(learners, is_classification=True) == pytest.approx(0.004)
    even = record({"network": [0.9] * 4, "constant": CONSTANT, "linear": CONSTANT,
                   "trees": CONSTANT}).learners  # fmt: skip
    assert region_of(even, is_classification=True) == 0.01
    # a twentieth of the least error
    assert region_of(even, is_classification=False) == pytest.approx(0.05 * 0.5)


def test_equal_learners_are_rarely_told_apart():
    """Least squares on one half of the features, and on the other, which tells as much.

    Either side is wrong in 2.5 % of tables if the interval holds what it says; 8 of 100 or more
    would be a chance of 3e-3. The usual t interval is wrong in about 28 %.
    """
    n_better = 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        x = draw.normal(size=(60, 4))
        y = np.where(x.sum(axis=1) + 1.5 * draw.normal(size=60) > 0, 1.0, -1.0)
        found = [
            [_right(x[:, columns], y, split) for columns in (slice(0, 2), slice(2, 4))]
            for split in splits_of(dataset_of(x, (y > 0).astype(int)), 5, 3, seed)
        ]
        n_better += corrected_interval(-np.diff(found)[:, 0], 1 / 4).low > 0
    assert n_better < 8


def _right(x, y, split):
    given = np.column_stack([x, np.ones(len(x))])
    weights = np.linalg.lstsq(given[split.train], y[split.train])[0]
    return np.mean((given[split.test] @ weights > 0) == (y[split.test] > 0))


def test_of_errors_less_is_better():
    found = record(
        {"network": [1.0] * 4, "constant": [4.0] * 4, "linear": [3.0] * 4, "trees": [2.0] * 4},
        figure="mean_absolute_error",
    )
    assert found.best_rival.name == "trees"
    assert found.differences(found.best_rival).tolist() == [1.0] * 4
    assert found.sentence == (
        "A network is worth it here: its mean absolute error is 1.00 below that of "
        "gradient-boosted trees, the best of the others (95 % interval 1.00 to 1.00), which fit in "
        "2.0 times the time."
    )


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(0.02, "a twentieth of the time"), (0.33, "a third of the time"), (0.6, "half the time"),
     (0.9, "about the same time"), (12.3, "12 times the time")],
)  # fmt: skip
def test_times_in_words(ratio, words):
    assert time_words(ratio) == words


# --- rows


def test_folds_are_stratified_and_repeatable():
    x, y = make_classification(60, 4, weights=[0.8], random_state=0)
    dataset = dataset_of(x, y)
    first, again = splits_of(dataset, 3, 2, 5), splits_of(dataset, 3, 2, 5)
    assert len(first) == 6
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.test, two.test)
        assert 3 <= y[one.test].sum() <= 5  # a fifth of 20, give or take
    whole = np.sort(np.concatenate([split.test for split in first[:3]]))
    np.testing.assert_array_equal(whole, np.arange(60))


@pytest.fixture(scope="module")
def friedman():
    x, y = make_friedman1(120, noise=0.5, random_state=3)
    return worth(x, y, seed=1, **QUICK)


def test_figures_are_those_of_the_peers(friedman):
    """Ridge on the same folds with scikit-learn's own tools gives the same errors."""
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import KFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = make_friedman1(120, noise=0.5, random_state=3)
    splits = [(s.train, s.test) for s in splits_of(dataset_of(x, y), 2, 1, 1)]
    assert all(len(test) == 60 for _, test in splits)
    assert KFold(2).get_n_splits() == len(splits)
    peer = cross_val_score(
        make_pipeline(StandardScaler(), Ridge()), x, y, cv=splits,
        scoring="neg_mean_absolute_error",
    )  # fmt: skip
    np.testing.assert_allclose(friedman.learner("linear").scores, -peer, rtol=1e-12)
    median = np.array([np.abs(y[test] - np.median(y[train])).mean() for train, test in splits])
    np.testing.assert_allclose(friedman.learner("constant").scores, median, rtol=1e-12)


def test_the_record_as_plain_data(friedman):
    told = json.loads(json.dumps(friedman.to_dict(), allow_nan=False))
    assert [each["name"] for each in told["learners"]] == ["network", "constant", "linear", "trees"]
    assert "network_better_by" not in told["learners"][0]
    by = told["learners"][1]["network_better_by"]
    means = [np.mean(each["scores"]) for each in told["learners"][:2]]
    assert by["mean"] == pytest.approx(means[1] - means[0])
    assert by["low"] < by["mean"] < by["high"]
    assert told["region"] == pytest.approx(
        0.05 * min(np.mean(e["scores"]) for e in told["learners"])
    )


def test_the_chart_and_the_story(friedman):
    chart = make("worth", friedman)
    assert len(chart.data["learner"]) == 4 * 2
    # an error of 4.2 lies far from those of 0.9 to 2: it is told, not drawn
    assert [row["learner"] for row in chart.marks["means"]] == [
        "network", "ridge regression", "gradient-boosted trees",
    ]  # fmt: skip
    told = friedman.own_text(friedman.learner("constant"))[0]
    assert chart.subtitle[1].endswith(f"; the constant guess, {told}, lies far outside")
    assert "mean absolute error" in json.dumps(chart.to_dict())
    assert friedman.plot.worth().title == chart.title
    story = story_of(friedman)
    assert story.answer == friedman.sentence
    assert [len(table.rows) for table in story.tables] == [4, 3]


def test_gaps_names_and_weights():
    """Gaps take the training rows' mean; a row of weight 0 that is wrong changes no figure."""
    x, y = make_classification(80, 4, random_state=0)
    frame = pd.DataFrame(x, columns=list("abcd")).assign(side=np.where(y, "up", "down"), w=1.0)
    frame.loc[::9, "a"] = np.nan
    found = worth(frame, target="side", weights="w", missing="mean", **QUICK)
    assert found.kind == "classification"
    assert found.n_features == 4
    assert 0.5 < found.network.mean <= 1


def test_the_same_seed_gives_the_same_figures(friedman):
    x, y = make_friedman1(120, noise=0.5, random_state=3)
    again = worth(x, y, seed=1, **QUICK)
    for one, two in zip(friedman.learners, again.learners, strict=True):
        np.testing.assert_array_equal(one.scores, two.scores)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"y": None}, "worth: `y` must be given, or `target` for a frame; got None."
                      " Give one of the two."),
        ({"folds": 1}, "worth: `folds` must be from 2 to 100; got 1."
                      " Give a value within the bounds."),
        ({"repeats": 0}, "worth: `repeats` must be from 1 to 1000; got 0."
                         " Give a value within the bounds."),
        ({"y": np.zeros(3)},
         "worth: `y` must have shape (N,) with `data` (N, D), here (40, 2); got (3,)."
         " Give as many as that."),
        ({"weights": np.ones(3)}, "worth: `weights` must have shape (40,); got (3,)."
                                  " Give as many as that."),
    ],
    ids=["no-y", "folds", "repeats", "shape", "weights"],
)  # fmt: skip
def test_arguments_that_cannot_be(given, message):
    x, y = np.zeros((40, 2)), np.arange(40) % 2
    with pytest.raises(ArgumentError) as told:
        worth(x, **{"y": y, **given})
    assert str(told.value) == message


def test_too_few_rows_of_a_class():
    with pytest.raises(DataError) as told:
        worth(np.arange(20.0).reshape(-1, 1), ["a"] * 17 + ["b"] * 3)
    assert str(told.value) == (
        "rows, column 'y': class 'b' has 3 rows; 5 folds need at least 5 of every class. Give "
        "--folds 3, or more rows of it."
    )
