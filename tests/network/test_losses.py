"""Losses at values worked by hand, far out, and which layers they fit."""

import math

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from sklearn.metrics import hinge_loss

from shoal.network import (
    ACTIVATIONS,
    LOSSES,
    Dense,
    Huber,
    LossChoice,
    Network,
    PlainLoss,
    check_fit,
    forward_pass,
    loss_of,
    row_losses,
    smoothed,
)

LOGIT_OF_4_FIFTHS = math.log(4)  # sigmoid(log 4) = 4/5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_binary_crossentropy_by_hand(dtype):
    # p = (4/5, 1/2), y = (1, 0): -(log(4/5) + log(1/2)) / 2 = log(5/2) / 2
    z = np.array([[LOGIT_OF_4_FIFTHS, 0.0]], dtype)
    a, y = np.array([[0.8, 0.5]], dtype), np.array([[1.0, 0.0]], dtype)
    found = LOSSES["binary_crossentropy"].rows(z, a, y)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, [math.log(2.5) / 2], rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_categorical_crossentropy_by_hand(dtype):
    # exp(z) = (1, 2, 5), so p = (1/8, 1/4, 5/8); y = class 1: -log(1/4)
    z = np.log(np.array([[1.0, 2.0, 5.0]])).astype(dtype)
    y = np.array([[0.0, 1.0, 0.0]], dtype)
    found = LOSSES["categorical_crossentropy"].rows(z, ACTIVATIONS["softmax"].function(z), y)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, [math.log(4)], rtol=4 * np.finfo(dtype).eps)


def test_categorical_crossentropy_of_soft_targets_by_hand():
    # p = (1/4, 3/4), y = (1/2, 1/2): -(log(1/4) + log(3/4)) / 2 = log(16/3) / 2
    z = np.log(np.array([[1.0, 3.0]])) + 1000.0
    found = LOSSES["categorical_crossentropy"].rows(z, z, np.array([[0.5, 0.5]]))
    # log 3 + 1000 is rounded to 1.1e-13
    np.testing.assert_allclose(found, [math.log(16 / 3) / 2], rtol=1e-12)


def test_squared_error_by_hand():
    # ((3 - 1)^2 + (0 - 1)^2) / 2 = 2.5
    a, y = np.array([[3.0, 0.0]]), np.array([[1.0, 1.0]])
    assert LOSSES["squared_error"].rows(a, a, y).tolist() == [2.5]


def test_absolute_error_by_hand():
    # (|3 - 1| + |0 - 1|) / 2 = 1.5
    a, y = np.array([[3.0, 0.0]]), np.array([[1.0, 1.0]])
    assert LOSSES["absolute_error"].rows(a, a, y).tolist() == [1.5]


def test_huber_by_hand():
    # delta 2: e = 1 gives 1/2; e = 2 gives 2 both ways; e = -5 gives 2 (5 - 1) = 8
    a, y = np.array([[2.0, 3.0, -4.0]]), np.array([[1.0, 1.0, 1.0]])
    assert LOSSES["huber"].rows(a, a, y, delta=2.0).tolist() == [(0.5 + 2.0 + 8.0) / 3]
    network = Network([Dense(3)], inputs=1)
    layer = network.layers[0]
    # the slope is e inside and delta beyond, over three outputs
    found = LOSSES["huber"].delta(layer, a, a, y, delta=2.0)
    np.testing.assert_allclose(found, [[1 / 3, 2 / 3, -2 / 3]], rtol=1e-15)


def test_a_wide_huber_is_half_the_squared_error():
    a, y = np.array([[3.0, 0.0]]), np.array([[1.0, 1.0]])
    assert LOSSES["huber"].rows(a, a, y, delta=1e6) * 2 == LOSSES["squared_error"].rows(a, a, y)


def test_hinge_by_hand_and_as_scikit_learn():
    # t a = 0.5, 2, -1: losses 0.5, 0, 2
    a, y = np.array([[0.5], [-2.0], [-1.0]]), np.array([[1.0], [0.0], [1.0]])
    rows = LOSSES["hinge"].rows(a, a, y)
    assert rows.tolist() == [0.5, 0.0, 2.0]
    assert rows.mean() == hinge_loss([1, -1, 1], a[:, 0])
    layer = Dense(1)
    assert LOSSES["hinge"].delta(layer, a, a, y).tolist() == [[-1.0], [0.0], [-1.0]]


@pytest.mark.parametrize("name", ["absolute_error", "hinge"])
def test_the_slope_at_a_kink_is_zero(name):
    one = np.array([[1.0]])
    assert LOSSES[name].delta(Dense(1), one, one, one).tolist() == [[0.0]]


def test_poisson_is_the_negative_log_likelihood():
    # with P(y) = a^y exp(-a) / y!, y = 3 and a = 2: -log P = 2 - 3 log 2 + log 6
    z, a, y = np.array([[math.log(2)]]), np.array([[2.0]]), np.array([[3.0]])
    found = LOSSES["poisson"].rows(z, a, y)[0]
    assert found + math.log(6) == pytest.approx(-math.log(2**3 * math.exp(-2) / 6), rel=1e-15)
    # least where the mean is the count
    assert LOSSES["poisson"].delta(Dense(1, "exponential"), z, a, a).tolist() == [[0.0]]


def test_what_each_loss_is_for():
    facts = {name: (entry.kind, entry.threshold) for name, entry in LOSSES.items()}
    assert facts == {
        "binary_crossentropy": ("classification", 0.5),
        "categorical_crossentropy": ("classification", 0.5),
        "squared_error": (None, 0.5),
        "absolute_error": (None, 0.5),
        "huber": (None, 0.5),
        "hinge": ("classification", 0.0),
        "poisson": ("regression", 0.5),
    }


def test_smoothing_moves_targets_to_the_middle():
    yes = np.array([[1.0, 0.0]])
    # 0.8 + 0.1 and 0.1, as half the others; of four that share: 0.8 + 0.05 and 0.05
    np.testing.assert_allclose(smoothed("binary_crossentropy", yes, 0.2), [[0.9, 0.1]], rtol=1e-15)
    one = np.array([[0.0, 1.0, 0.0, 0.0]])
    found = smoothed("categorical_crossentropy", one, 0.2)
    np.testing.assert_allclose(found, [[0.05, 0.85, 0.05, 0.05]], rtol=1e-15)
    assert smoothed("hinge", yes, 0.0) is yes


def test_weights_make_a_weighted_mean():
    network = Network([Dense(1)], inputs=1)
    parameters = network.start_from([[[1.0]]], dtype="float64")
    stages = forward_pass(network, parameters, [[1.0], [2.0], [3.0]])
    y = np.zeros((3, 1))
    # squares 1, 4, 9 with weights 3, 0, 1: (3 + 9) / 4 and 3 + 9
    weights = [3.0, 0.0, 1.0]
    assert row_losses(network, "squared_error", stages, y, weights=weights).tolist() == [3, 0, 9]
    assert loss_of(network, "squared_error", stages, y, weights=weights) == 3.0
    assert loss_of(network, "squared_error", stages, y, "sum", weights=weights) == 12.0


CHOICE = TypeAdapter(LossChoice)


@pytest.mark.parametrize(
    ("document", "loss"),
    [
        ("hinge", "hinge"),
        ({"name": "hinge"}, "hinge"),
        (PlainLoss("hinge"), "hinge"),
        ("huber", Huber(1.0)),
        ({"name": "huber", "delta": 0.5}, Huber(0.5)),
        (Huber(0.5), Huber(0.5)),
    ],
)
def test_a_document_gives_a_name_or_a_table(document, loss):
    found = CHOICE.validate_python(document)
    assert found == loss
    assert CHOICE.validate_json(CHOICE.dump_json(found)) == loss


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ("hubr", (), "unknown loss 'hubr'. Did you mean 'huber'?"),
        (3, (), "loss must be a name or a table with a name; got 3"),
        ({"name": "huber", "delta": 0}, ("delta",), "Input should be greater than 0"),
        ({"name": "hinge", "delta": 1}, ("delta",), "Extra inputs are not permitted"),
    ],
)
def test_wrong_losses_are_told_with_their_key(document, path, message):
    with pytest.raises(ValidationError) as error:
        CHOICE.validate_python(document)
    assert [(e["loc"], e["msg"]) for e in error.value.errors()] == [(path, message)]


@pytest.mark.parametrize("name", ["binary_crossentropy", "categorical_crossentropy"])
def test_certain_and_wrong_costs_the_distance(name):
    z = np.array([[1e4, -1e4]])
    a = ACTIVATIONS[LOSSES[name].activation].function(z)
    # each output is wrong by z = 1e4 (mean over two); against softmax the gap is 2e4
    expected = {"binary_crossentropy": 1e4, "categorical_crossentropy": 2e4}[name]
    assert LOSSES[name].rows(z, a, np.array([[0.0, 1.0]])).tolist() == [expected]


@pytest.mark.parametrize(
    ("layers", "loss", "why"),
    [
        ([Dense(1, "sigmoid")], "binary_crossentropy", None),
        ([Dense(2, "softmax")], "categorical_crossentropy", None),
        ([Dense(4, "step"), Dense(1, "tanh")], "squared_error", None),
        (
            [Dense(1, "tanh")],
            "binary_crossentropy",
            'binary_crossentropy needs "sigmoid" in the last layer; got "tanh"',
        ),
        (
            [Dense(1, "step")],
            "binary_crossentropy",
            'binary_crossentropy needs "sigmoid" in the last layer; got "step"',
        ),
        (
            [Dense(3, "sigmoid")],
            "categorical_crossentropy",
            'categorical_crossentropy needs "softmax" in the last layer; got "sigmoid"',
        ),
        (
            [Dense(1, "softmax")],
            "categorical_crossentropy",
            "categorical_crossentropy needs at least 2 units in the last layer; got 1",
        ),
        (
            [Dense(1, "softmax")],
            "squared_error",
            '"softmax" needs at least 2 units, one alone is always 1; got 1 in layer 1',
        ),
        (
            [Dense(1, "step"), Dense(2, "step")],
            "absolute_error",
            '"step" in the last layer fits only squared_error; got absolute_error',
        ),
        # a rule that needs no gradient trains it; the others refuse it for themselves
        ([Dense(3, "tanh"), Dense(2, "step"), Dense(1, "sigmoid")], "binary_crossentropy", None),
        ([Dense(1)], "hinge", None),
        ([Dense(3, "tanh")], "hinge", None),
        ([Dense(4, "exponential"), Dense(2, "exponential")], "poisson", None),
        (
            [Dense(1)],
            "poisson",
            'poisson needs "exponential" in the last layer; got "identity"',
        ),
        ([Dense(1)], Huber(0.5), None),
        (
            [Dense(1, "step")],
            Huber(0.5),
            '"step" in the last layer fits only squared_error; got huber',
        ),
        (
            [Dense(1)],
            "logcosh",
            "unknown loss 'logcosh'; known are binary_crossentropy, categorical_crossentropy, "
            "squared_error, absolute_error, huber, hinge, poisson",
        ),
    ],
)
def test_which_layers_fit(layers, loss, why):
    assert check_fit(Network(layers), loss) == why
