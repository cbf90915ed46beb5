"""A model's predictions from formulas, its contracts, and every sentence of refusal."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

import shoal.models.model as model_module
from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.errors import ArgumentError, DataError, InputError
from shoal.models import Model
from shoal.network import ACTIVATIONS, Dense, Network, Parameters


def test_the_ensemble_is_the_mean_over_the_networks(coin) -> None:
    # x = 1: p is 3/4 and 1/2, mean 5/8; x = -1: 1/4 and 1/2, mean 3/8
    model = coin()
    expected = [[3 / 8, 5 / 8], [5 / 8, 3 / 8]]
    np.testing.assert_allclose(model.predict_proba([[1.0], [-1.0]]), expected, rtol=1e-15)
    assert model.predict([[1.0], [-1.0]]).tolist() == ["yes", "no"]


def test_disagreement_is_the_deviation_of_the_predicted_class(coin) -> None:
    # x = 1: p is 3/4 and 1/2, both 1/8 from their mean
    np.testing.assert_allclose(coin().disagreement([[1.0], [-1.0]]), [1 / 8, 1 / 8], rtol=1e-15)


def test_one_network_never_disagrees(coin) -> None:
    assert coin()[0].disagreement([[1.0], [5.0]]).tolist() == [0.0, 0.0]


def test_a_probability_of_one_half_is_the_first_class(coin) -> None:
    model = coin()
    assert model.predict_proba([[0.0]]).tolist() == [[0.5, 0.5]]
    assert model.predict([[0.0]]).tolist() == ["no"]


def test_numbers_come_in_the_targets_own_units(lines) -> None:
    # z = (x * 10 + 5 - 1) / 2 for both networks; x = 1 gives z = 7
    # network 0: 2 z = 14, times 3 plus 100 = 142; network 1: 4 z + 1 = 29, times 1 plus 0 = 29
    model = lines(
        multiply=10.0,
        add=5.0,
        scalers=(Scaler(kind="standard", center=(1.0,), scale=(2.0,)),),
        target_scalers=(
            Scaler(kind="standard", center=(100.0,), scale=(3.0,)),
            Scaler(center=(0.0,), scale=(1.0,)),
        ),
    )
    assert model.outputs([[1.0]]).tolist() == [[[142.0]], [[29.0]]]
    assert model.predict([[1.0]]).tolist() == [(142 + 29) / 2]
    assert model.disagreement([[1.0]]).tolist() == [(142 - 29) / 2]


def test_every_network_has_its_own_scaler(lines) -> None:
    # network 0 sees 3 - 1 = 2 and says 4; network 1 sees 3 / 2 and says 4 * 1.5 + 1 = 7
    own = (Scaler(center=(1.0,), scale=(1.0,)), Scaler(center=(0.0,), scale=(2.0,)))
    model = lines(scalers=own)
    assert model.outputs([[3.0]]).tolist() == [[[4.0]], [[7.0]]]
    assert model[1].outputs([[3.0]]).tolist() == [[[7.0]]]


def test_two_classes_may_have_an_output_each(make) -> None:
    # softmax of (0, ln 4 x): x = 1 gives 1/5 and 4/5
    network = Network([Dense(2, "softmax", bias=False)], inputs=1)
    start = network.start_from([[[[0.0, math.log(4)]]]], dtype="float64")
    model = make(network, start, ("no", "yes"))
    np.testing.assert_allclose(model.predict_proba([[1.0]]), [[0.2, 0.8]], rtol=1e-15)
    assert model.predict([[1.0], [0.0], [-1.0]]).tolist() == ["yes", "no", "no"]


def test_outputs_that_are_no_probabilities_are_clipped(make) -> None:
    # a = x for two classes, as squared error trains it
    network = Network([Dense(1, bias=False)], inputs=1)
    model = make(network, network.start_from([[[[1.0]]]]), ("no", "yes"))
    found = model.predict_proba([[-2.0], [0.25], [3.0]])
    assert found.tolist() == [[1.0, 0.0], [0.75, 0.25], [0.0, 1.0]]
    assert model.outputs([[-2.0]]).tolist() == [[[-2.0]]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_a_row_has_the_same_bits_whatever_is_beside_it(drawn, rows, activation, dtype) -> None:
    network = Network([Dense(5, activation), Dense(3, "softmax")], inputs=4)
    model = drawn(network, 19, ("a", "b", "c"), dtype)
    x = rows(37, 4)
    together = model.prediction(x)
    for cut in (slice(0, 1), slice(5, 6), slice(3, 20), slice(36, 37)):
        alone = model.prediction(x[cut])
        np.testing.assert_array_equal(alone.mean, together.mean[cut])
        np.testing.assert_array_equal(alone.disagreement, together.disagreement[cut])


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_blocks_and_threads_change_no_bit(drawn, rows, monkeypatch, kind) -> None:
    classes = ("a", "b", "c") if kind == "classification" else ()
    network = Network([Dense(4, "tanh"), Dense(max(1, len(classes)))], inputs=3)
    model = drawn(network, 11, classes)
    x = rows(50, 3)
    whole, outputs = model.prediction(x, threads=1), model.outputs(x)
    monkeypatch.setattr(model_module, "BLOCK", 11 * 3 * 7)
    parts = model.prediction(x, threads=2)
    np.testing.assert_array_equal(parts.mean, whole.mean)
    np.testing.assert_array_equal(parts.disagreement, whole.disagreement)
    np.testing.assert_array_equal(model.outputs(x), outputs)


def test_outputs_agree_with_the_reference(drawn, rows) -> None:
    network = Network([Dense(6, "tanh"), Dense(3, "softmax")], inputs=4)
    model = drawn(network, 5, ("a", "b", "c"), "float64")
    x = rows(20, 4)
    expected = network.forward(model.parameters, x)
    np.testing.assert_allclose(model.outputs(x), expected, rtol=1e-13)


def test_a_member_says_what_it_says_in_the_population(drawn, rows) -> None:
    network = Network([Dense(3, "tanh"), Dense(1, "sigmoid")], inputs=2)
    model = drawn(network, 7, ("no", "yes"), best=4)
    x = rows(9, 2)
    outputs = model.outputs(x)
    for i, member in enumerate(model):
        assert len(member) == 1
        assert member.seeds == (10 + i,)
        np.testing.assert_array_equal(member.outputs(x)[0], outputs[i])
    assert model.best_network.seeds == (14,)
    assert model[-1].seeds == model[6].seeds
    assert len(model) == 7


def test_training_goes_on_without_the_model(lines) -> None:
    network = Network([Dense(1)], inputs=1)
    start = network.start_from([[[[2.0]]]], [[[0.0]]])
    model = lines(parameters=start, seeds=(1,))
    start.flat[:] = 9.0
    assert model.predict([[1.0]]).tolist() == [2.0]


def test_a_model_travels_between_processes(coin) -> None:
    model = coin()
    copy = pickle.loads(pickle.dumps(model))
    assert copy.experiment == model.experiment
    np.testing.assert_array_equal(copy.predict_proba([[1.0]]), model.predict_proba([[1.0]]))


def test_the_experiment_is_a_copy(coin) -> None:
    document: dict[str, Any] = {"layers": (1, np.float64(2.5)), "stop": None}
    model = coin(experiment=document)
    document["stop"] = 1
    assert model.experiment == {"layers": [1, 2.5], "stop": None}


def test_no_rows_are_no_predictions(coin, lines) -> None:
    nothing = np.zeros((0, 1))
    assert coin().predict_proba(nothing).shape == (0, 2)
    assert coin().predict(nothing).tolist() == []
    assert lines().predict(nothing).shape == (0,)
    assert lines().outputs(nothing).shape == (2, 0, 1)


@pytest.fixture
def shop(make) -> Model:
    """Price = 2 size + 10 (colour is red), of one network."""
    network = Network([Dense(1, bias=False)], inputs=3)
    columns = (
        Feature(name="size", fill=1.5),
        Feature(name="colour", categories=("blue", "red")),
    )
    schema = Schema(columns=columns, target="price", kind="regression")
    return make(network, network.start_from([[[[2.0], [0.0], [10.0]]]]), schema=schema)


def test_columns_come_by_name_in_any_order(shop) -> None:
    # 2 * 3 + 10 and 2 * 4
    table = {"colour": ["red", "blue"], "size": [3, 4], "remark": ["x", "y"]}
    assert shop.predict(table).tolist() == [16.0, 8.0]
    assert shop.predict(pd.DataFrame(table)).tolist() == [16.0, 8.0]


def test_gaps_are_filled_as_the_schema_says(shop) -> None:
    for gap in (None, math.nan, "", pd.NA):
        assert shop.predict({"size": [gap], "colour": ["red"]}).tolist() == [13.0]
    frame = pd.DataFrame({"size": [math.nan], "colour": ["red"]})
    assert shop.predict(frame).tolist() == [13.0]


def test_one_row_comes_by_name(shop) -> None:
    assert shop.predict({"size": 3, "colour": "red"}).tolist() == [16.0]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (
            {"size": [1]},
            "the column 'colour' is missing; the columns are 'size'."
            " Look at the names in the first line of the table, or rename the column.",
        ),
        (
            {"size": [1], "colour": ["green"]},
            "column 'colour': 'green' is not a known category; known are 'blue', 'red'."
            " Mend the cell, or train again with rows of it.",
        ),
    ],
)
def test_columns_that_do_not_fit(shop, x, message) -> None:
    with pytest.raises(DataError) as caught:
        shop.predict(x)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (
            [1.0, 0.0, 1.0],
            "`x` must have shape (N, 3); got (3,). Give one row as [row], a list of one.",
        ),
        (
            [[1.0, 2.0]],
            "`x` must have shape (N, 3); got (1, 2). Give as many as that.",
        ),
        (
            [[1, 0, 1], [1, 0, math.nan]],
            "`x` must be finite; got nan in row 1, feature 'colour=red'."
            " Take these numbers out, or fill the gaps first.",
        ),
        (
            [["1", "2", "3"]],
            "`x` must be a table of numbers with rows of one length; got an array of <U1. "
            "Give columns of text by name: a dictionary or a data frame.",
        ),
        (
            [[1, 2, 3], [1, 2]],
            "`x` must be a table of numbers with rows of one length; got something else. "
            "Give columns of text by name: a dictionary or a data frame.",
        ),
        (
            {"size": [1, 2], "colour": ["red"]},
            "`x['colour']` must have shape (N,) with N=2 from the first column; got (1,)."
            " Give as many as that.",
        ),
        (
            {"size": [[1, 2]], "colour": ["red"]},
            "`x['size']` must be values of shape (N,); got shape (1, 2). Give as many as that.",
        ),
        (
            [[1e39, 0, 0]],
            "`x` must be finite in float32 once scaled; got inf in row 0, feature 'size'."
            " Take these numbers out, or fill the gaps first.",
        ),
        (
            [[0, 0, 0], [3e38, 0, 0]],
            "`x` must keep every output finite, and a value within 1e+150; "
            "got inf from network 0 in row 1."
            " Take these numbers out, or fill the gaps first.",
        ),
    ],
)
def test_features_that_do_not_fit(shop, x, message) -> None:
    with pytest.raises(ArgumentError) as caught:
        shop.predict(x)
    assert str(caught.value) == f"Model.predict: {message}"


def test_values_whose_squares_are_no_numbers(lines) -> None:
    with pytest.raises(ArgumentError) as caught:
        lines().predict([[0.0], [1e151]])
    assert str(caught.value) == (
        "Model.predict: `x` must keep every output finite, and a value within 1e+150; "
        "got 2e+151 from network 0 in row 1."
        " Take these numbers out, or fill the gaps first."
    )


def test_numbers_have_no_probabilities(lines) -> None:
    with pytest.raises(InputError) as caught:
        lines().predict_proba([[1.0]])
    assert str(caught.value) == (
        "Model.predict_proba: the target 'y' is a number and has no classes. Use predict."
    )


@pytest.mark.parametrize("threads", [0, -1, 1.5, True])
def test_threads_are_whole_numbers(coin, threads) -> None:
    with pytest.raises(ArgumentError) as caught:
        coin().predict([[1.0]], threads=threads)
    assert str(caught.value) == (
        f"Model.predict: `threads` must be a whole number from 1, or None; got {threads}."
        " Give a value within the bounds."
    )


@pytest.mark.parametrize("i", [2, -3, 0.5])
def test_a_network_that_is_not_there(coin, i) -> None:
    with pytest.raises(ArgumentError) as caught:
        coin()[i]
    assert (
        str(caught.value) == f"Model: `i` must be the number of a network, -2 to 1; got {i}."
        " Give a value within the bounds."
    )


NET = Network([Dense(1, "sigmoid", bias=False)], inputs=1)
PLAIN = Scaler(center=(0.0,), scale=(1.0,))
WIDE = Scaler(center=(0.0, 0.0), scale=(1.0, 1.0))
X0 = Feature(name="x0")


def flat(*values: float, dtype: Any = np.float32) -> Parameters:
    return Parameters.from_flat(NET.layout(), np.array(values, dtype)[:, None])


def schema(kind: Any = "classification", classes: tuple[str, ...] = ("no", "yes")) -> Schema:
    return Schema(columns=(X0,), target="y", kind=kind, classes=classes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"network": Network([Dense(1, "sigmoid", bias=False)])},
            "`network` must know its inputs; got None. Settle it with network.with_inputs(n).",
        ),
        (
            {"network": NET.model_copy(update={"inputs": 2})},
            "`network` must have 1 inputs, one for each feature of `schema`; got 2."
            " Give as many as that.",
        ),
        (
            {"schema": schema(classes=("a", "b", "c"))},
            "`network` must have 3 outputs for the target 'y'; got 1. Give as many as that.",
        ),
        (
            {"network": Network([Dense(3, bias=False)], inputs=1)},
            "`network` must have 1 or 2 outputs for the target 'y'; got 3. Give as many as that.",
        ),
        (
            {"schema": schema(classes=("a",))},
            "`schema` must have at least two classes; got 1. Give as many as that.",
        ),
        (
            {"schema": schema(classes=("a", "a"))},
            "`schema` must have classes that differ; got 'a' twice. Name each one once.",
        ),
        (
            {"schema": schema("regression", ("a", "b"))},
            "`schema` must have no classes for regression; got 2. Give as many as that.",
        ),
        (
            {"parameters": flat(1.0, 2.0).member(0)},
            "`parameters` must have a first axis P of at least one network; got (1, 1)."
            " Give as many as that.",
        ),
        (
            {"parameters": flat()},
            "`parameters` must have a first axis P of at least one network; got (0, 1, 1)."
            " Give as many as that.",
        ),
        (
            {"parameters": flat(1, 2, dtype=np.int64)},
            "`parameters` must be float32 or float64; got int64. Give a value of that kind.",
        ),
        (
            {"parameters": flat(1.0, math.nan)},
            "`weights[0]` must be finite; got infinity or NaN."
            " Take these numbers out, or fill the gaps first.",
        ),
        (
            {"scalers": (PLAIN,) * 3},
            "`scalers` must have one entry for all or one for each of 2 networks; got 3."
            " Give as many as that.",
        ),
        (
            {"scalers": (WIDE,)},
            "`scalers[0]` must have numbers for 1 columns; got 2. Give as many as that.",
        ),
        (
            {"target_scalers": (PLAIN, WIDE)},
            "`target_scalers[1]` must have numbers for 1 columns; got 2. Give as many as that.",
        ),
        (
            {"target_scalers": (Scaler(center=(1.0,), scale=(1.0,)),)},
            "`target_scalers[0]` must leave the targets of a classification alone; "
            "got center (1.0,), scale (1.0,)."
            " Give what belongs to it.",
        ),
        (
            {"seeds": (1,)},
            "`seeds` must have one entry for each of 2 networks; got 1. Give as many as that.",
        ),
        (
            {"seeds": (1, 2**53)},
            "`seeds[1]` must be a whole number from 0 to 9007199254740991; got 9007199254740992."
            " Give a value within the bounds.",
        ),
        (
            {"seeds": (1, 0.5)},
            "`seeds[1]` must be a whole number from 0 to 9007199254740991; got 0.5."
            " Give a value within the bounds.",
        ),
        (
            {"best": 2},
            "`best` must be the number of a network, 0 to 1; got 2."
            " Give a value within the bounds.",
        ),
        (
            {"best": True},
            "`best` must be the number of a network, 0 to 1; got True."
            " Give a value within the bounds.",
        ),
        (
            {"multiply": math.inf},
            "`multiply` must be finite; got inf. Take these numbers out, or fill the gaps first.",
        ),
        (
            {"add": math.nan},
            "`add` must be finite; got nan. Take these numbers out, or fill the gaps first.",
        ),
        (
            {"experiment": {"x": {1, 2}}},
            "`experiment` must be a JSON document; "
            "got one that holds a set, which JSON cannot say."
            " Give a value of that kind.",
        ),
    ],
)
def test_parts_that_do_not_belong_together(coin, change, message) -> None:
    with pytest.raises(ArgumentError) as caught:
        coin(**change)
    assert str(caught.value) == f"Model: {message}"
