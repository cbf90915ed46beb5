"""Permutation importance: closed forms, a peer, what the intervals promise, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.data.dataset import Feature, Schema
from shoal.errors import ArgumentError
from shoal.models import importance_of
from shoal.models.importance.kinship import related_columns
from shoal.models.importance.sampling import least, sample_keys, sampled
from shoal.network import Dense, Network


@pytest.fixture
def linear(make):
    """y = 2 a + 0 b - 1 c, one network in float64."""
    network = Network([Dense(1, bias=False)], inputs=3)
    start = network.start_from([[[[2.0], [0.0], [-1.0]]]], dtype="float64")
    return make(network, start)


def rows(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(seed).normal(size=(n, 3))
    return x, x @ np.array([2.0, 0.0, -1.0])


def test_a_linear_regression_has_its_closed_form(linear) -> None:
    # over all permutations the mean squared error rises by 2 w^2 var, var divided by N
    x, y = rows(400)
    found = importance_of(linear, x, y, measure="mean_squared_error", repeats=400)
    by_name = {each.name: each.rise for each in found.columns}
    for k, weight in enumerate((2.0, 0.0, -1.0)):
        expected = 2 * weight**2 * x[:, k].var()
        assert by_name[f"x{k}"].mean == pytest.approx(expected, rel=0.01, abs=1e-12)
    assert [each.name for each in found.columns] == ["x0", "x2", "x1"]
    assert [each.verdict for each in found.columns] == ["matters", "matters", "not shown"]
    assert found.that_matter == ("x0", "x2")
    assert found.answer == "2 of 3 columns matter: 'x0', 'x2'."
    assert found.scores["mean_squared_error"] == 0.0


def test_a_column_that_is_not_used_or_constant_changes_nothing(linear) -> None:
    x, y = rows(50)
    x[:, 0] = 3.0
    found = importance_of(linear, x, y)
    for name in ("x0", "x1"):
        rise = next(each for each in found.columns if each.name == name).rise
        assert (rise.mean, rise.low, rise.high, rise.verdict) == (0.0, 0.0, 0.0, "not shown")


def test_intervals_hold_as_often_as_they_say(make) -> None:
    # y = x + noise, predicted by x: the squared error rises by 2 var(x) = 2 in expectation.
    # 400 data sets of 150 rows; 95 % would cover, give or take 1.1 % (one standard deviation)
    network = Network([Dense(1, bias=False)], inputs=1)
    model = make(network, network.start_from([[[[1.0]]]], dtype="float64"))
    covered = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(150, 1))
        y = x[:, 0] + rng.normal(size=150)
        found = importance_of(
            model, x, y, measure="mean_squared_error", repeats=5, seed=seed, panels=0
        )
        rise = found.columns[0].rise
        covered += rise.low <= 2.0 <= rise.high
    assert 0.915 <= covered / 400 <= 0.995


def test_a_peer_says_the_same(drawn, rows) -> None:
    inspection = pytest.importorskip("sklearn.inspection")
    base = pytest.importorskip("sklearn.base")

    class Wrapped(base.ClassifierMixin, base.BaseEstimator):
        def fit(self, x, y):
            return self

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def predict(self, x):
            return model.predict(x)

    network = Network([Dense(8, "tanh"), Dense(3, "softmax")], inputs=4)
    model = drawn(network, 2, ("a", "b", "c"))
    x = rows(300, 4)
    y = model.predict(x)
    wrapped = Wrapped()
    wrapped.classes_ = np.array(["a", "b", "c"])
    peer = inspection.permutation_importance(wrapped, x, y, n_repeats=60, random_state=0)
    found = importance_of(model, x, y, repeats=60, panels=0)
    for each in found.columns:
        k = int(each.name[1:])
        # two means of 60 permutations: five standard errors of their difference
        apart = 5 * peer.importances_std[k] * np.sqrt(2 / 60)
        assert each.rise.mean == pytest.approx(peer.importances_mean[k], abs=apart)


def test_categories_are_dealt_out_whole(make) -> None:
    # red 1, blue -1, so classes follow the colour; half the permuted rows change colour
    columns = (Feature(name="c", categories=("red", "blue")), Feature(name="x"))
    schema = Schema(columns=columns, target="y", kind="classification", classes=("no", "yes"))
    network = Network([Dense(1, "sigmoid", bias=False)], inputs=3)
    start = network.start_from([[[[9.0], [-9.0], [0.0]]]], dtype="float64")
    model = make(network, start, ("no", "yes"), schema=schema)
    red = np.arange(200) % 2
    x = np.stack([red, 1 - red, np.arange(200.0)], axis=1)
    found = importance_of(model, x, red[:, None], repeats=50)
    assert [each.name for each in found.columns] == ["c", "x"]
    assert found.columns[0].rise.mean == pytest.approx(0.5, abs=0.02)
    assert found.scores["accuracy"] == 1.0
    # half of the rows get a loss of 9; were the two features dealt out apart, half would have
    # no colour or both, p = 0.5, and the loss would rise by 9 / 4 + ln(2) / 2 = 2.6
    assert found.columns[0].rises["loss"].mean == pytest.approx(4.5, rel=0.05)


def test_weights_count(linear) -> None:
    x, y = rows(60)
    twice = np.concatenate([x, x[:20]])
    weights = np.where(np.arange(60) < 20, 2.0, 1.0)
    once = importance_of(linear, x, y, weights=weights, repeats=300)
    doubled = importance_of(linear, twice, np.concatenate([y, y[:20]]), repeats=300)
    assert once.weighted
    assert once.columns[0].rise.mean == pytest.approx(doubled.columns[0].rise.mean, rel=0.05)


def test_rows_of_no_weight_neither_get_nor_give(linear) -> None:
    # six of sixty rows have no weight and cells a thousand times as large: as if not there
    x, y = rows(60)
    far = np.where(np.arange(60)[:, None] < 6, 1e3, 1.0) * x
    weights = np.where(np.arange(60) < 6, 0.0, 1.0)
    target = far @ np.array([2.0, 0.0, -1.0])
    found = importance_of(linear, far, target, weights=weights, repeats=300, networks=True)
    without = importance_of(linear, x[6:], y[6:], repeats=300)
    for one, other in zip(found.columns, without.columns, strict=True):
        assert one.name == other.name
        assert one.rise.mean == pytest.approx(other.rise.mean, rel=0.05)
        assert one.alone[0] == pytest.approx(one.rise.mean, abs=1e-12)


def test_a_row_that_alone_has_weight_meets_nobody(linear) -> None:
    x, y = rows(5)
    found = importance_of(linear, x, y, weights=[1.0, 0, 0, 0, 0], repeats=2)
    assert {each.verdict for each in found.columns} == {"not shown"}


def test_columns_that_stand_in_for_each_other_are_dealt_out_together(make) -> None:
    # y = a + b + c, b = a: alone each of a and b loses 2 var(a), together 2 * 2**2 var(a)
    network = Network([Dense(1, bias=False)], inputs=3)
    model = make(network, network.start_from([[[[1.0], [1.0], [1.0]]]], dtype="float64"))
    x, _ = rows(400)
    x[:, 1] = x[:, 0]
    found = importance_of(model, x, x.sum(axis=1), measure="mean_squared_error", repeats=400)
    (family,) = found.families
    assert family.names == ("x0", "x1")
    assert family.rise.mean == pytest.approx(8 * x[:, 0].var(), rel=0.02)
    assert family.verdict == "matters"
    alone = {each.name: each.rise.mean for each in found.columns}
    assert alone["x0"] == pytest.approx(2 * x[:, 0].var(), rel=0.02)
    # intervals hold together for three columns and one family: Bonferroni by four
    assert found.to_dict()["families"][0]["names"] == ["x0", "x1"]
    other = importance_of(model, x, x.sum(axis=1), columns=["x0", "x2"])
    assert other.families == ()


def test_several_targets_count_alike_whatever_their_units(make) -> None:
    # y0 = a in units, y1 = b in thousands: MSE by b rises by 2 var(y1), which is 2 in variances
    network = Network([Dense(2, bias=False)], inputs=2)
    schema = Schema(
        columns=(Feature(name="a"), Feature(name="b")), target="y0", more_targets=("y1",),
        kind="regression",
    )  # fmt: skip
    start = network.start_from([[[[1.0, 0.0], [0.0, 1000.0]]]], dtype="float64")
    model = make(network, start, schema=schema)
    x = rows(300)[0][:, :2]
    y = x * [1.0, 1000.0]
    found = importance_of(model, x, y, measure="mean_squared_error", repeats=300, networks=True)
    # each column tells one of two targets: the mean over both is half of 2
    assert [each.rise.mean for each in found.columns] == pytest.approx([1.0, 1.0], rel=0.02)
    assert found.targets == ("y0", "y1")
    for k, (name, unit) in enumerate((("y0", 1.0), ("y1", 1000.0))):
        one = importance_of(model, x, y, measure="mean_squared_error", repeats=300, of=name)
        by_name = {each.name: each.rise.mean for each in one.columns}
        expected = 2 * unit**2 * x[:, k].var()  # in the target's own units, squared
        assert by_name["ab"[k]] == pytest.approx(expected, rel=0.02)
        assert by_name["ab"[1 - k]] == 0.0
        assert one.target == name
    with pytest.raises(ArgumentError) as caught:
        importance_of(model, x, y, of="y2")
    assert (
        str(caught.value) == "importance_of: `of` must be one of 'y0', 'y1'; got 'y2'."
        " Choose one of the names that are known."
    )


def test_what_the_other_measure_shows_is_told(make) -> None:
    # p moves between 0.6 and 0.9, so no answer changes, but the loss does
    network = Network([Dense(1, "sigmoid")], inputs=1)
    start = network.start_from([[[[0.9]]]], [[[1.3]]], dtype="float64")
    model = make(network, start, ("no", "yes"))
    x = np.where(np.arange(200) % 2, 1.0, -1.0)[:, None]
    found = importance_of(model, x, np.where(x[:, 0] > 0, "yes", "no"))
    assert found.answer == "None of 1 column is shown to matter on these rows."
    assert found.notes == ("By the loss, 'x0' matters too.",)


def test_the_same_seed_gives_the_same_and_threads_do_not_matter(drawn, rows) -> None:
    network = Network([Dense(8, "tanh"), Dense(1, "sigmoid")], inputs=4)
    model = drawn(network, 3, ("no", "yes"))
    x = rows(200, 4)
    y = model.predict(x)
    one = importance_of(model, x, y, threads=1, networks=True, panels=2).to_dict()
    assert one == importance_of(model, x, y, threads=2, networks=True, panels=2).to_dict()
    assert one != importance_of(model, x, y, seed=1, networks=True, panels=2).to_dict()


def test_networks_alone(drawn, rows) -> None:
    network = Network([Dense(8, "tanh"), Dense(1, "sigmoid")], inputs=4)
    model = drawn(network, 3, ("no", "yes"))
    x = rows(200, 4)
    y = model.predict(x)
    found = importance_of(model, x, y, networks=True, panels=0)
    for each in found.columns:
        alone = importance_of(model[1], x, y, panels=0)
        same = next(one for one in alone.columns if one.name == each.name)
        assert each.alone[1] == pytest.approx(same.rise.mean, abs=1e-12)


def test_of_many_rows_a_sample_is_taken_and_told(linear) -> None:
    x, y = rows(300)
    found = importance_of(linear, x, y, rows=100)
    assert (found.n_rows, found.n_rows_given) == (100, 300)
    assert found.notes == ("100 of 300 rows, drawn at random.",)


def test_a_sample_is_the_same_in_parts() -> None:
    keys = np.concatenate([sample_keys(a, b, 7) for a, b in ((0, 50_000), (50_000, 150_000))])
    assert sampled(150_000, 100, 7).tolist() == least(keys, 100).tolist()
    assert sampled(150_000, 100, 7).tolist() != sampled(150_000, 100, 8).tolist()
    # each row as likely as another: the mean place of 10,000 of them, four standard errors
    mean = sampled(150_000, 10_000, 7).mean() / 149_999
    assert mean == pytest.approx(0.5, abs=4 * np.sqrt(1 / 12 / 10_000))
    assert len(sample_keys(5, 5, 7)) == 0


def test_related_columns() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=500)
    other = rng.normal(size=500)
    code = (a > 0).astype(int)
    x = np.stack([a, np.exp(a), other, code, 1 - code], axis=1)
    columns = [Feature(name=n) for n in ("a", "b", "c")]
    columns.append(Feature(name="d", categories=("x", "y")))
    groups = [slice(0, 1), slice(1, 2), slice(2, 3), slice(3, 5)]
    found = {(r.first, r.second): r.correlation for r in related_columns(columns, groups, x)}
    # exp keeps the ranks; ranks split at the middle: the root of 3/4 of the variance explained
    assert found[("a", "b")] == 1.0
    assert found[("a", "d")] == pytest.approx(np.sqrt(3 / 4), abs=0.01)
    assert set(found) == {("a", "b"), ("a", "d"), ("b", "d")}
    stats = pytest.importorskip("scipy.stats")
    near = np.stack([a, a + 0.5 * other], axis=1)
    one = related_columns(columns[:2], groups[:2], near)[0].correlation
    assert one == pytest.approx(stats.spearmanr(near[:, 0], near[:, 1]).statistic, abs=1e-9)


def test_constant_columns_are_related_to_nothing() -> None:
    x = np.stack([np.ones(9), np.arange(9.0)], axis=1)
    columns = [Feature(name="a"), Feature(name="b")]
    assert related_columns(columns, [slice(0, 1), slice(1, 2)], x) == ()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"measure": "accuracy"},
            "importance_of: `measure` must be 'mean_absolute_error' or 'mean_squared_error' for "
            "this target; got 'accuracy'."
            " Choose one of the names that are known.",
        ),
        (
            {"columns": ["x9"]},
            "importance_of: `columns` must be columns of the model, 'x0', 'x1', 'x2'; got 'x9'."
            " Choose one of the names that are known.",
        ),
        (
            {"columns": []},
            "importance_of: `columns` must name at least one column; got none. Give at least one.",
        ),
        (
            {"repeats": 0},
            "importance_of: `repeats` must be a whole number from 1; got 0."
            " Give a value of that kind.",
        ),
        (
            {"y": np.full(4, 1e160)},
            "importance_of: `y` must keep the squared error finite; got an error beyond 1e154."
            " Take these numbers out, or fill the gaps first.",
        ),
        (
            {"level": 1.0},
            "importance_of: `level` must be above 0 and below 1; got 1.0."
            " Give a value within the bounds.",
        ),
        (
            {"y": np.zeros(3)},
            "importance_of: `y` must have N=4 rows from `x`; got 3. Give as many as that.",
        ),
        (
            {"x": np.zeros((1, 3)), "y": np.zeros(1)},
            "importance_of: `x` must have at least two rows; got 1. Cells are dealt out among "
            "rows, so one row has nothing to give.",
        ),
    ],
)
def test_what_is_refused(linear, given: dict[str, Any], message: str) -> None:
    x, y = given.pop("x", np.zeros((4, 3))), given.pop("y", np.zeros(4))
    with pytest.raises(ArgumentError) as caught:
        importance_of(linear, x, y, **given)
    assert str(caught.value) == message
