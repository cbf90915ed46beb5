"""Attributions: closed forms, completeness, Shapley values, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.errors import ArgumentError, InputError
from shoal.models import attribute
from shoal.models.importance.coalitions import shapley
from shoal.models.importance.path_integral import path_integral
from shoal.models.importance.typical import typical_row
from shoal.models.summary import ColumnSummary, Summary
from shoal.network import Dense, Network, Parameters


def summary_of(model, quantiles) -> Summary:
    columns = tuple(ColumnSummary(quantiles=tuple(np.sort(q).tolist())) for q in quantiles)
    return Summary(n_rows=101, columns=columns)


@pytest.fixture
def plane(make):
    """Two networks 2 a - 3 b + 1 and 4 a - b, standardised: a by (a - 10) / 2."""
    network = Network([Dense(1)], inputs=2)
    start = network.start_from(
        [[[[2.0], [-3.0]], [[4.0], [-1.0]]]], [[[1.0], [0.0]]], dtype="float64"
    )
    scalers = (Scaler(kind="standard", center=(10.0, 0.0), scale=(2.0, 1.0)),)
    return lambda **changes: make(network, start, scalers=scalers, **changes)


def test_a_linear_model_has_its_closed_form(plane) -> None:
    # w (x - b) / scale, b the means 10 and 0: (2 + 4) / 2 * 4 / 2 and (-3 - 1) / 2 * 5
    found = attribute(plane(), [14.0, 5.0])
    assert [each.attribution for each in found.columns] == pytest.approx([6.0, -10.0], rel=1e-12)
    # each network alone: 4 and 8, -15 and -5: half the difference is the spread
    assert [each.spread for each in found.columns] == pytest.approx([2.0, 5.0], rel=1e-12)
    assert found.baseline == "means of the training rows"
    assert (found.value, found.baseline_value) == pytest.approx((-3.5, 0.5))
    assert found.is_complete
    assert [each.cell for each in found.columns] == ["14", "5"]
    assert [each.name for each in found.ranked] == ["x1", "x0"]


def test_shapley_values_of_a_linear_model_are_the_same(plane) -> None:
    found = attribute(plane(), [14.0, 5.0], method="shapley")
    assert [each.attribution for each in found.columns] == pytest.approx([6.0, -10.0], rel=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu", "leaky_relu", "elu", "softplus"])
@pytest.mark.parametrize("last", ["softmax", "sigmoid", "identity"])
@pytest.mark.parametrize("scale", [1.0, 12.0])
def test_completeness(drawn, activation: str, last: str, scale: float) -> None:
    network = Network([Dense(16, activation), Dense(8, activation), Dense(3, last)], inputs=4)
    model = drawn(network, 3, ("a", "b", "c"))
    x = scale * np.random.default_rng(1).normal(size=4)
    found = attribute(model, x)
    assert found.is_complete
    total = sum(each.attribution for each in found.columns)
    assert total == pytest.approx(found.change, rel=1.1e-6, abs=1e-13)
    said = model.prediction(x[None])
    assert found.value == pytest.approx(float(said.mean.max()), abs=1e-5)
    assert found.output == "abc"[int(said.codes[0])]


def test_a_way_there_and_back(make) -> None:
    # y = s(8 (a + b) + 400) - s(8 (a + b) - 400) is 1 for a + b from -50 to 50, else 0: both
    # ends are 0 to the last bit while the way between passes through 1, nothing to divide by
    network = Network([Dense(2, "sigmoid"), Dense(1)], inputs=2)
    start = network.start_from(
        [[[[8.0, 8.0], [8.0, 8.0]]], [[[1.0], [-1.0]]]], [[[400.0, -400.0]], [[0.0]]],
        dtype="float64",
    )  # fmt: skip
    model = make(network, start)
    found = attribute(model, [200.0, 100.0], baseline=[-200.0, -100.0])
    assert (found.value, found.baseline_value) == (0.0, 0.0)
    assert found.is_complete
    assert found.n_rows < 20_000
    # up by 1 and down by 1 along one straight way: both columns get nothing
    assert [each.attribution for each in found.columns] == pytest.approx([0.0, 0.0], abs=1e-11)


def test_huge_sums_and_certain_answers(drawn) -> None:
    # weights a hundred times as large: the networks are certain, and of many rows equally so
    network = Network([Dense(16, "tanh"), Dense(3, "softmax")], inputs=5)
    model = drawn(network, 3, ("a", "b", "c"), dtype="float32")
    flat = np.asarray(model.parameters.flat) * np.float32(100)
    steep = replace(model, parameters=Parameters.from_flat(network.layout(), flat))
    for seed in range(4):
        found = attribute(steep, 3 * np.random.default_rng(seed).normal(size=5))
        assert found.is_complete
        assert abs(found.gap) <= max(1e-6 * abs(found.change), 1e-12)


def test_an_integral_by_hand(make) -> None:
    # sigmoid(w x) from 0 to x: one column gets sigmoid(w x) - 1/2; with two columns of weights
    # w, v the integral of sigmoid' along the line is the same for both, so shares are w x : v y
    network = Network([Dense(1, "sigmoid", bias=False)], inputs=2)
    start = network.start_from([[[[1.0], [0.5]]]], dtype="float64")
    model = make(network, start, ("no", "yes"))
    found = attribute(model, [3.0, -2.0], output="yes", baseline=[0.0, 0.0])
    change = 1 / (1 + np.exp(-2.0)) - 0.5  # 3 - 1 = 2
    assert [each.attribution for each in found.columns] == pytest.approx(
        [change * 3 / 2, -change / 2], rel=1e-6
    )
    other = attribute(model, [3.0, -2.0], output=0, baseline=[0.0, 0.0])
    assert other.change == pytest.approx(-change)
    assert found.baseline == "the row that was given"


def test_a_category_is_one_column(make) -> None:
    # a = 5 for red, 1 for blue, and 2 x: from blue (the most frequent) to red adds 4
    columns = (Feature(name="c", categories=("blue", "red")), Feature(name="x"))
    schema = Schema(columns=columns, target="y", kind="regression")
    network = Network([Dense(1, bias=False)], inputs=3)
    start = network.start_from([[[[1.0], [5.0], [2.0]]]], dtype="float64")
    plain = ColumnSummary(shares=(0.75, 0.25))
    quantiles = ColumnSummary(quantiles=tuple(np.linspace(0, 10, 101).tolist()))
    summary = Summary(n_rows=8, columns=(plain, quantiles))
    model = make(network, start, schema=schema, summary=summary)
    assert typical_row(model).x.tolist() == [1.0, 0.0, 5.0]
    found = attribute(model, {"c": "red", "x": 6.0})
    assert [each.attribution for each in found.columns] == pytest.approx([4.0, 2.0])
    assert [each.cell for each in found.columns] == ["red", "6"]
    assert [each.baseline for each in found.columns] == ["blue", "5"]
    told = "medians of the training rows, and their most frequent categories"
    assert found.baseline == told


def test_the_median_is_in_the_units_of_the_table(plane) -> None:
    model = plane(multiply=2.0, add=1.0)
    kept = summary_of(model, [np.arange(101.0), np.full(101, 7.0)])  # after x * 2 + 1
    found = typical_row(plane(multiply=2.0, add=1.0, summary=kept))
    assert found.x.tolist() == [(50 - 1) / 2, 3.0]
    assert found.words == "medians of the training rows"


def test_a_model_that_keeps_nothing_says_so(coin) -> None:
    found = attribute(coin(), [1.0])
    assert found.baseline == "zeros (the model keeps nothing of its training rows)"
    assert found.baseline_value == 0.5


def test_steps_get_shapley_values(make) -> None:
    # y = step(a + b - 1.5): from (0, 0) to (1, 1) both are needed, so each gets half
    network = Network([Dense(1, "step"), Dense(1)], inputs=2)
    start = network.start_from([[[[1.0], [1.0]]], [[[1.0]]]], [[[-1.5]], [[0.0]]], dtype="float64")
    found = attribute(make(network, start), [1.0, 1.0], baseline=[0.0, 0.0])
    assert [each.attribution for each in found.columns] == [0.5, 0.5]
    assert found.method == "shapley"
    assert found.is_complete
    assert found.notes == (
        "layer 1 has step units, whose slope is 0 everywhere: Shapley values in place of "
        "integrated gradients.",
    )
    with pytest.raises(InputError) as caught:
        attribute(make(network, start), [1.0, 1.0], method="gradients")
    assert str(caught.value) == (
        "attribute: layer 1 has step units, whose slope is 0 everywhere, so gradients say "
        "nothing. Use method='shapley'."
    )


def test_shapley_values_of_many_columns_add_up() -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=20)

    def ask(x):
        return np.tanh(x @ weights)[None] + (x[:, 0] * x[:, 1])[None]

    groups = [slice(k, k + 1) for k in range(20)]
    each, n_rows = shapley(ask, np.zeros(20), np.ones(20), groups, 3)
    assert each.sum() == pytest.approx(float(ask(np.ones((1, 20)))[0, 0]), rel=1e-12)
    assert n_rows == 256 * 21
    again, _ = shapley(ask, np.zeros(20), np.ones(20), groups, 3)
    assert each.tolist() == again.tolist()


def test_a_gap_is_told(make, monkeypatch: pytest.MonkeyPatch) -> None:
    # with no rows to spend the line is one piece and its two halves: a steep unit defeats it
    from shoal.models.importance import path_integral as module

    monkeypatch.setattr(module, "MOST_ROWS", 0)
    network = Network([Dense(1, "sigmoid")], inputs=1)
    start = network.start_from([[[[400.0]]]], [[[-150.0]]], dtype="float64")
    found = attribute(make(network, start, ("no", "yes")), [1.0], output="yes")
    assert not found.is_complete
    assert abs(found.gap) > 1e-3
    whole = path_integral(make(network, start, ("no", "yes")), np.zeros(1), np.ones(1), 1,
                          tolerance=0.5)  # fmt: skip
    assert whole.change == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"output": "maybe"},
            "attribute: `output` must be one of 'no', 'yes'; got 'maybe'."
            " Choose one of the names that are known.",
        ),
        (
            {"output": 2},
            "attribute: `output` must be one of 'no', 'yes'; got 2."
            " Choose one of the names that are known.",
        ),
        (
            {"method": "guess"},
            "attribute: `method` must be 'gradients' or 'shapley'; got 'guess'."
            " Choose one of the names that are known.",
        ),
        (
            {"tolerance": 0.0},
            "attribute: `tolerance` must be above 0 and below 1; got 0.0."
            " Give a value within the bounds.",
        ),
        (
            {"x": [[1.0], [2.0]]},
            "attribute: `x` must be one row; got 2 rows. Give as many as that.",
        ),
        (
            {"baseline": np.zeros((0, 1))},
            "attribute: `baseline` must be one row; got 0 rows. Give as many as that.",
        ),
        (
            {"x": [float("nan")]},
            "attribute: `x` must be finite; got nan in row 0, feature 'x0'."
            " Take these numbers out, or fill the gaps first.",
        ),
    ],
)
def test_what_is_refused(coin, given: dict[str, Any], message: str) -> None:
    x = given.pop("x", [1.0])
    with pytest.raises(ArgumentError) as caught:
        attribute(coin(), x, **given)
    assert str(caught.value) == message


def test_the_record_as_plain_data(plane) -> None:
    found = attribute(plane(), [14.0, 5.0]).to_dict()
    assert found["columns"][0]["attribution"] == pytest.approx(6.0)
    assert found["what"] == "value of 'y'"
    assert found["is_complete"] is True


def test_every_network_counts_alike(make) -> None:
    # networks with scalers of their own: the mean of what each attributes by itself
    network = Network([Dense(4, "tanh"), Dense(1)], inputs=2)
    members = [network.initialize(seed, dtype="float64") for seed in (1, 2)]
    scalers = tuple(
        Scaler(kind="standard", center=(k, 1.0), scale=(1.0 + k, 2.0)) for k in (0.0, 1.0)
    )
    model = make(network, Parameters.stack(members), scalers=scalers)
    base, x = [0.5, 0.5], [2.0, -1.0]
    whole = attribute(model, x, baseline=base)
    parts = [attribute(model[k], x, baseline=base) for k in (0, 1)]
    for k, each in enumerate(whole.columns):
        alone = [part.columns[k].attribution for part in parts]
        assert each.attribution == pytest.approx(np.mean(alone), rel=1e-6)
        assert each.spread == pytest.approx(np.std(alone), rel=1e-5)
