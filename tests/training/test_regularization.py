"""Regularization: what a document may say, numbers for every layer, and the steps by hand."""

import inspect

import numpy as np
import pytest
from pydantic import ValidationError

from shoal.network import Dense, Network, Parameters
from shoal.training import Regularization, clipped, decayed, limited, per_layer

THREE = Network([Dense(3, "tanh"), Dense(3, "tanh"), Dense(1)], inputs=2)
ONE = Network([Dense(1)], inputs=2)


def test_a_number_or_one_for_each_layer():
    made = Regularization(l1=1, l2=[0.1, 0, 2], dropout=np.array([0.5, 0.25, 0.0]), max_norm=3.0)
    assert (made.l1, made.l2, made.dropout) == (1.0, (0.1, 0.0, 2.0), (0.5, 0.25, 0.0))
    for form in ({}, {"exclude_defaults": True}):
        assert Regularization.model_validate_json(made.model_dump_json(**form)) == made
    assert per_layer(made.l1, THREE) == (1.0, 1.0, 1.0)
    assert per_layer(made.l2, THREE) == (0.1, 0.0, 2.0)
    assert per_layer(0.5, THREE, hidden_only=True) == (0.5, 0.5, 0.0)
    assert per_layer(0.0, THREE) == per_layer((0.0, 0.0, 0.0), THREE) == ()


def test_signatures_repeat_the_defaults_of_the_fields():
    defaults = {p.name: p.default for p in inspect.signature(Regularization).parameters.values()}
    assert defaults == {key: each.default for key, each in Regularization.model_fields.items()}
    assert not any(defaults.values())


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ({"l1": -1}, ("l1",), "Input should be greater than or equal to 0"),
        ({"l1": "1"}, ("l1",), "Input should be a valid number"),
        ({"l2": [0.1, -0.1]}, ("l2", 1), "Input should be greater than or equal to 0"),
        ({"dropout": 1}, ("dropout",), "Input should be less than 1"),
        ({"dropout": [1.0]}, ("dropout", 0), "Input should be less than 1"),
        ({"label_smoothing": 1.0}, ("label_smoothing",), "Input should be less than 1"),
        ({"weight_decay": float("inf")}, ("weight_decay",), "Input should be a finite number"),
        ({"input_noise": -0.1}, ("input_noise",), "Input should be greater than or equal to 0"),
        ({"max_norm": True}, ("max_norm",), "Input should be a valid number"),
        ({"drop_out": 0.5}, ("drop_out",), "Extra inputs are not permitted"),
    ],
)
def test_wrong_settings_are_told_once_with_their_key(document, path, message):
    with pytest.raises(ValidationError) as error:
        Regularization.model_validate(document)
    assert [(e["loc"], e["msg"]) for e in error.value.errors()] == [(path, message)]


@pytest.mark.parametrize(
    ("settings", "network", "found"),
    [
        ({"l1": 1.0, "l2": [1, 2, 3], "dropout": [0.5, 0.5, 0], "max_norm": 3}, THREE, []),
        ({"dropout": 0.5}, THREE, []),
        (
            {"l2": [1, 2]},
            THREE,
            [("l2", "needs a number for each of 3 layers; got 2. Give one number for all, or as "
              "many as there are layers.")],
        ),
        (
            {"dropout": [0.5, 0.5, 0.1]},
            THREE,
            [("dropout", "must be 0 for the last layer, whose outputs are the answer; got 0.1. "
              "Write 0 at the end of the list.")],
        ),
        (
            {"dropout": 0.5},
            ONE,
            [("dropout", "needs a hidden layer; the network has none, got 0.5. Leave it out, or "
              "add a layer.")],
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_network(settings, network, found):
    assert list(Regularization(**settings).problems(network)) == found


def test_clipping_by_hand():
    g = np.array([[3.0, -4.0], [0.3, 0.4], [0.0, 0.0]])
    # lengths 5, 0.5 and 0: only the first is over 1
    np.testing.assert_allclose(clipped(g, None, 1.0), [[0.6, -0.8], [0.3, 0.4], [0, 0]])
    assert clipped(g, 1.0, None).tolist() == [[1.0, -1.0], [0.3, 0.4], [0.0, 0.0]]
    # the value first: (1, -1) has length sqrt 2
    both = clipped(g, 1.0, 1.0)
    np.testing.assert_allclose(both[0], [0.5**0.5, -(0.5**0.5)], rtol=1e-15)
    assert clipped(g, None, None) is g
    assert clipped(g.astype(np.float32), 1.0, 1.0).dtype == np.float32


def test_decay_and_norms_by_hand():
    network = Network([Dense(2), Dense(1)], inputs=2)
    # weights of layer 1 in C order: into unit 0 (3, 4), into unit 1 (0.3, 0.4)
    flat = np.array([3.0, 0.3, 4.0, 0.4, 10.0, 10.0, 6.0, 8.0, 10.0])
    parameters = Parameters.from_flat(network.layout(), flat)
    # 1 - 0.5 * 0.2 = 0.9 for weights, biases stay
    np.testing.assert_allclose(
        decayed(parameters, 0.5, 0.2).flat, [2.7, 0.27, 3.6, 0.36, 10, 10, 5.4, 7.2, 10]
    )
    # lengths 5 and 0.5 in layer 1 against 1, nothing in layer 2
    found = limited(parameters, (1.0, 0.0)).flat
    np.testing.assert_allclose(found, [0.6, 0.3, 0.8, 0.4, 10, 10, 6, 8, 10], rtol=1e-15)
    np.testing.assert_array_equal(limited(parameters, ()).flat, flat)
