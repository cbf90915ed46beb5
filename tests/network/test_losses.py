"""Losses at values worked by hand, far out, and which layers they fit."""

import math

import numpy as np
import pytest

from shoal.network import ACTIVATIONS, LOSSES, Dense, Network, check_fit

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
            [Dense(3, "tanh"), Dense(2, "step"), Dense(1, "sigmoid")],
            "binary_crossentropy",
            '"step" fits only squared_error; got binary_crossentropy with "step" in layer 2',
        ),
        (
            [Dense(1)],
            "hinge",
            "unknown loss 'hinge'; known are binary_crossentropy, categorical_crossentropy, "
            "squared_error",
        ),
    ],
)
def test_which_layers_fit(layers, loss, why):
    assert check_fit(Network(layers), loss) == why
