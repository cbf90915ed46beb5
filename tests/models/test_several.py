"""Models of several labels, of several numbers, and of networks that decide at 0."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as peer

from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.errors import ArgumentError
from shoal.models import Model, evaluate, load_model, prediction_columns, save_model
from shoal.models.header import read_header
from shoal.network import Dense, Network

LN3 = math.log(3)
LABELS = Schema(
    columns=(Feature(name="x0"),),
    target="red",
    more_targets=("big",),
    kind="multilabel",
    label_classes=(("0", "1"), ("no", "yes")),
)
NUMBERS = Schema(
    columns=(Feature(name="x0"),), target="size", more_targets=("mass",), kind="regression"
)


@pytest.fixture
def labels(make: Any) -> Model:
    """Two networks: p(red) = sigmoid(x ln 3) and 1/2; p(big) = sigmoid(-x ln 3) and 1/2."""
    network = Network([Dense(2, "sigmoid", bias=False)], inputs=1)
    start = network.start_from([[[[LN3, -LN3]], [[0.0, 0.0]]]], dtype="float64")
    return make(network, start, schema=LABELS)


@pytest.fixture
def numbers(make: Any) -> Model:
    """Two networks, x and 2 x for both targets; size in units of 10 from 100, mass as it is."""
    network = Network([Dense(2, bias=False)], inputs=1)
    start = network.start_from([[[[1.0, 1.0]], [[2.0, 2.0]]]], dtype="float64")
    units = (Scaler(center=(100.0, 0.0), scale=(10.0, 1.0)),)
    return make(network, start, schema=NUMBERS, target_scalers=units)


def test_labels_are_predicted_each_by_itself(labels: Model) -> None:
    # at x = 1: p(red) = (3/4 + 1/2) / 2, p(big) = (1/4 + 1/2) / 2; each network 1/8 from it
    np.testing.assert_allclose(labels.predict_proba([[1.0]]), [[5 / 8, 3 / 8]], rtol=1e-15)
    assert labels.predict([[1.0], [-1.0]]).tolist() == [["1", "no"], ["0", "yes"]]
    np.testing.assert_allclose(labels.disagreement([[1.0]]), [[1 / 8, 1 / 8]], rtol=1e-12)
    assert labels.predict([[0.0]]).tolist() == [["0", "no"]]  # exactly 1/2 is a no
    columns = prediction_columns(labels[0], [[1.0]])
    assert list(columns) == ["class_red", "class_big", "probability_red", "probability_big"]
    assert columns["class_big"] == ["no"]
    assert list(prediction_columns(labels, [[1.0]]))[4:] == [
        "disagreement_red",
        "disagreement_big",
    ]


def test_numbers_come_in_their_own_units(numbers: Model) -> None:
    # 1.5 x of the mean network: 100 + 10 * 1.5 and 1.5; the networks are 0.5 from it
    assert numbers.predict([[1.0]]).tolist() == [[115.0, 1.5]]
    assert numbers.disagreement([[1.0]]).tolist() == [[5.0, 0.5]]
    assert prediction_columns(numbers, [[1.0]]) == {
        "value_size": ["115.0"],
        "value_mass": ["1.5"],
        "disagreement_size": ["5.0"],
        "disagreement_mass": ["0.5"],
    }


def test_figures_of_labels(labels: Model) -> None:
    x, y = [[1.0], [-1.0], [1.0]], [[1, 0], [1, 0], [1, 1]]
    found = evaluate(labels, x, y)
    # said 10, 01, 10: the first row whole, no label of the second, one of the third
    assert found.accuracy == 1 / 3
    assert found.hamming_loss == 1 / 2
    # the most frequent row is 10: two of three
    assert found.constant_guess_accuracy == 2 / 3
    right, wrong = math.log(8 / 5), math.log(8 / 3)
    # red: p of the truth 5/8, 3/8, 5/8; big: 5/8, 3/8, 3/8
    losses = (2 * right + wrong) / 3, (right + 2 * wrong) / 3
    assert [each.loss for each in found.labels] == pytest.approx(losses, rel=1e-14)
    assert found.loss == pytest.approx(sum(losses) / 2, rel=1e-14)
    assert [each.name for each in found.labels] == ["red", "big"]
    assert [each.accuracy for each in found.labels] == [2 / 3, 1 / 3]
    assert [each.constant_guess_accuracy for each in found.labels] == [1.0, 2 / 3]
    assert found.labels[1].confusion == ((1, 1), (1, 0))
    # network 1 says 1/2 to everything, so no to both labels
    assert found.network_losses[1] == pytest.approx(math.log(2), rel=1e-14)
    assert found.network_accuracies == (1 / 3, 0.0)
    assert (found.classes, found.confusion, found.r2) == (None, None, None)


def test_figures_of_several_numbers(numbers: Model) -> None:
    x = [[0.0], [1.0], [2.0]]
    y = [[100.0, 1.0], [120.0, 2.0], [130.0, 3.0]]
    # said 100, 115, 130 and 0, 1.5, 3: errors 0, 5, 0 and 1, 0.5, 0
    found = evaluate(numbers, x, y)
    assert [each.mean_squared_error for each in found.targets] == pytest.approx([25 / 3, 1.25 / 3])
    assert [each.mean_absolute_error for each in found.targets] == pytest.approx([5 / 3, 0.5])
    expected = [
        peer.r2_score([100, 120, 130], [100, 115, 130]),
        peer.r2_score([1, 2, 3], [0, 1.5, 3]),
    ]
    assert [each.r2 for each in found.targets] == pytest.approx(expected)
    assert found.r2 == pytest.approx(sum(expected) / 2)
    assert found.mean_squared_error == found.loss == pytest.approx((25 + 1.25) / 6)
    assert found.mean_absolute_error == pytest.approx((5 / 3 + 0.5) / 2)


@pytest.mark.parametrize("kind", ["labels", "numbers", "coin"])
def test_a_weight_of_2_is_the_row_twice(kind: str, request: Any) -> None:
    model = request.getfixturevalue(kind)
    model = model() if kind == "coin" else model
    x = np.array([[1.0], [-1.0], [0.5], [2.0]])
    y = np.array([[1, 0], [1, 0], [0, 1], [1, 1]][:4], float)[:, : model.schema.n_outputs]
    again = [0, 0, 2, 3, 3, 3]
    one = evaluate(model, x, y, weights=[2, 0, 1, 3]).model_dump()
    two = evaluate(model, x[again], y[again]).model_dump()
    assert (one.pop("weighted"), two.pop("weighted")) == (True, False)
    assert (one.pop("n_rows"), two.pop("n_rows")) == (4, 6)
    _assert_close(one, two)


def _assert_close(one: Any, two: Any) -> None:
    if isinstance(one, dict):
        assert one.keys() == two.keys()
        for key in one:
            _assert_close(one[key], two[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(two)
        for a, b in zip(one, two, strict=True):
            _assert_close(a, b)
    else:
        assert one == (two if two is None or isinstance(two, str) else pytest.approx(two))


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_losses_come_from_the_sums(drawn: Any, activation: str) -> None:
    # sums some hundreds apart, where every probability of float32 is 0 or 1
    network = Network([Dense(3, activation, bias=False)], inputs=2)
    model = drawn(network, 3, ("a", "b", "c"), "float32")
    x = np.array([[300.0, -200.0], [-250.0, 400.0]])
    z = np.array([x @ member.parameters.weights[0][0].astype(np.float64) for member in model])
    logs = z if activation == "softmax" else -np.logaddexp(0, -z)
    logs = logs - np.logaddexp.reduce(logs, axis=-1, keepdims=True)
    found = evaluate(model, x, np.eye(3)[[0, 2]])
    chosen = np.stack([logs[:, 0, 0], logs[:, 1, 2]], axis=1)
    np.testing.assert_allclose(found.network_losses, -chosen.mean(axis=1), rtol=1e-6)
    together = np.log(3) - np.logaddexp.reduce(chosen, axis=0)
    assert found.loss == pytest.approx(together.mean(), rel=1e-6)


def test_a_network_of_the_hinge_loss_decides_at_0(make: Any) -> None:
    network = Network([Dense(1, bias=False)], inputs=1)
    start = network.start_from([[[[1.0]]]], dtype="float64")
    model = make(network, start, ("no", "yes"), threshold=0.0)
    assert model.predict([[-0.1], [0.0], [0.1]]).tolist() == ["no", "no", "yes"]
    # (1 + a) / 2, clipped
    assert model.predict_proba([[-3.0], [0.5], [3.0]])[:, 1].tolist() == [0.0, 0.75, 1.0]
    plain = make(network, start, ("no", "yes"))
    assert plain.predict([[0.1], [0.6]]).tolist() == ["no", "yes"]


def test_several_outputs_that_decide_at_0(make: Any) -> None:
    network = Network([Dense(2, bias=False)], inputs=1)
    start = network.start_from([[[[1.0, -1.0]]]], dtype="float64")
    model = make(network, start, schema=LABELS, threshold=0.0)
    assert model.predict_proba([[0.5], [2.0]]).tolist() == [[0.75, 0.25], [1.0, 0.0]]
    classes = make(network, start, ("a", "b"), threshold=0.0)
    # halves of 0.5 and -0.5 lie 0.5 apart: the nearest probabilities are 0.75 and 0.25
    assert classes.predict_proba([[0.5]]).tolist() == [[0.75, 0.25]]


def test_files_keep_all_of_it(labels: Model, numbers: Model, make: Any, tmp_path: Path) -> None:
    network = Network([Dense(1, bias=False)], inputs=1)
    hinge = make(network, network.start_from([[[[1.0]]]]), ("no", "yes"), threshold=0.0)
    for number, model in enumerate((labels, numbers, hinge)):
        path = tmp_path / f"{number}.safetensors"
        save_model(model, path)
        again = load_model(path)
        assert (again.schema, again.threshold) == (model.schema, model.threshold)
        assert again.predict([[0.3]]).tolist() == model.predict([[0.3]]).tolist()


def test_a_header_of_before_is_read(coin: Any) -> None:
    # as shoal 0.1.0 wrote it: no threshold, no further targets, labels or weights
    header = {
        "schema_version": 1,
        "network": {"layers": [{"units": 1, "activation": "sigmoid"}], "inputs": 1},
        "schema": {
            "columns": [{"name": "a", "categories": None, "fill": None}],
            "target": "y",
            "kind": "classification",
            "classes": ["no", "yes"],
        },
        "scalers": [{"kind": "none", "center": [0.0], "scale": [1.0]}],
        "target_scalers": [{"kind": "none", "center": [0.0], "scale": [1.0]}],
        "multiply": 1.0,
        "add": 0.0,
        "seeds": [1],
        "best": 0,
        "experiment": {},
        "arithmetic": "1",
        "version": "0.1.0",
        "digest": "0" * 64,
    }
    found = read_header(json.dumps(header))
    assert found.threshold == 0.5
    assert found.data_schema.targets == ("y",)
    assert (found.data_schema.label_classes, found.data_schema.weights) == ((), None)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"threshold": 0.3}, "`threshold` must be 0.5 or 0; got 0.3."
                             " Give a value within the bounds."),
        ({"schema": LABELS.model_copy(update={"label_classes": ()})},
         "`schema` must have names of 0 and 1 for 2 labels; got 0. Give as many as that."),
        ({"schema": LABELS.model_copy(update={"more_targets": ("red",)})},
         "`schema` must have targets that differ; got 'red' twice. Name each one once."),
        ({"schema": LABELS.model_copy(update={"label_classes": (("a", "a"), ("b", "c"))})},
         "`schema` must have classes that differ; got 'a' twice. Name each one once."),
        ({"schema": LABELS.model_copy(update={"classes": ("a", "b")})},
         "`schema` must have no classes for multilabel; got 2. Give as many as that."),
        ({"schema": NUMBERS.model_copy(update={"more_targets": ("b", "c")})},
         "`network` must have 3 outputs for the 3 targets; got 2. Give as many as that."),
        ({"schema": NUMBERS.model_copy(update={"kind": "classification", "classes": ("a", "b")})},
         "`schema` must have one target for a classification; got 2. Give as many as that."),
    ],
)  # fmt: skip
def test_parts_that_do_not_fit(make: Any, changes: Any, sentence: str) -> None:
    network = Network([Dense(2, "sigmoid", bias=False)], inputs=1)
    start = network.start_from([[[[1.0, 1.0]]]])
    with pytest.raises(ArgumentError) as error:
        make(network, start, **({"schema": LABELS} | changes))
    assert str(error.value) == f"Model: {sentence}"


@pytest.mark.parametrize(
    ("y", "weights", "sentence"),
    [
        ([[1, 0]], [1, 2], "`weights` must have shape (N,) with N=1, a weight for every row; "
         "got (2,). Give as many as that."),
        ([[1, 0]], [math.nan], "`weights` must be numbers from 0 to 1e+150; got nan in row 0."
                               " Give a value within the bounds."),
        ([[1, 2]], None, "`y` must be 0 or 1 for every label; got 2."
                         " Give the answers in that form, or choose another kind of model."),
        ([[1]], None, "`y` must have shape (N, 2); got (1, 1). Give as many as that."),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit(labels: Model, y: Any, weights: Any, sentence: str) -> None:
    with pytest.raises(ArgumentError) as error:
        evaluate(labels, [[1.0]], y, weights=weights)
    assert str(error.value) == f"evaluate: {sentence}"
