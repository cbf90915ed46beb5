"""Traces: the tape's own weights, gradients by finite differences, activations by hand."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from shoal.errors import InputError
from shoal.kernels import figures
from shoal.lab.actions import ACTIONS, Dropped
from shoal.lab.actions.tracing import judged_rows, of_layers
from shoal.lab.messages import Traces
from shoal.network import Parameters


def test_weights_are_those_of_the_tape(small):
    found = ACTIONS["traces"](small, Traces(id=1, network=1, most=9))
    run, arrays = small.run(-1), found.arrays
    # 160 training rows in batches of 20, 4 epochs: 32 steps; 9 of them, evenly spread
    assert arrays["steps"].tolist() == [0, 4, 8, 12, 16, 20, 24, 28, 32]
    for t, step in enumerate(arrays["steps"].tolist()):
        assert np.array_equal(arrays["weights"][t], run.at(step).flat[1])
    assert arrays["gradient_norms"].shape == arrays["activation_low"].shape == (9, 2)
    assert found.document["about"] == (
        "Gradients are of the mean loss over all 160 training rows, without penalties and dropout."
    )
    assert found.document["layers"] == [
        {"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"},
    ]  # fmt: skip


def test_gradient_norms_by_finite_differences(small):
    """The core's own loss of all training rows, moved by h along every parameter."""
    run, h = small.run(-1), 1e-6
    rows = judged_rows(run, 0).rows
    flat = np.asarray(run.at(16).flat[0], np.float64)
    settings = run.prepared.settings

    def loss(at):
        return figures(run.network, settings, at[np.newaxis], rows, threads=1)["loss"][0]

    slopes = np.array([(loss(flat + h * e) - loss(flat - h * e)) / (2 * h) for e in np.eye(13)])
    # layer 1 has 2 x 3 weights and 3 biases, layer 2 3 weights and 1 bias
    expected = [np.linalg.norm(slopes[:9]), np.linalg.norm(slopes[9:])]
    assert of_layers(run, flat, rows)[0] == pytest.approx(expected, rel=1e-4)


def test_activations_by_hand(small):
    """Weights 0 and biases 0.5: tanh units say tanh 0.5, then sigmoid(0.5) of every row."""
    run = small.run(-1)
    layout = run.network.layout()
    flat = np.zeros(layout.n_parameters)
    for bias in Parameters.from_flat(layout, flat).biases:
        bias[...] = 0.5
    found = of_layers(run, flat, judged_rows(run, 0).rows)
    tanh, sigmoid = 0.46211715726000975, 0.6224593312018546
    for row in found[1:]:
        assert row == pytest.approx([tanh, sigmoid])


def test_a_perceptron_has_its_own_error(page):
    """A step unit has no slope; what moves it is (answer - target) x of the rows."""
    document = {
        "data": {"task": "majority", "bits": 3},
        "network": {"layers": [{"units": 1, "activation": "step"}], "initializer": "zeros"},
        "training": {
            "optimizer": {"name": "perceptron", "learning_rate": 1.0},
            "loss": "squared_error", "batch_size": 1, "epochs": 20,
        },
        "population": {"size": 2, "vary": ["order"]},
    }  # fmt: skip
    arrays = ACTIONS["traces"](page(document), Traces(id=1)).arrays
    assert arrays["gradient_norms"][0, 0] > 0
    assert arrays["gradient_norms"][-1, 0] == 0
    # all weights are 0 and a step unit says 1 at 0, which is wrong of 000, 001, 010 and 100: the
    # mean of x over the 8 rows, counting those four, is (1, 1, 1) / 8, and the bias's 4 / 8
    start = arrays["weights"][0]
    assert (start == 0).all()
    expected = np.sqrt(3 * (1 / 8) ** 2 + (4 / 8) ** 2)
    assert arrays["gradient_norms"][0, 0] == pytest.approx(expected)


def test_many_parameters_are_thinned(page, monkeypatch):
    monkeypatch.setattr("shoal.lab.actions.tracing.MOST_WEIGHTS", 5)
    found = ACTIONS["traces"](page(), Traces(id=1, most=3))
    assert found.arrays["parameters"].tolist() == [0, 3, 6, 9, 12]
    assert found.arrays["weights"].shape == (3, 5)
    assert found.document["notes"] == ["5 of 13 parameters are followed, evenly spread."]


def test_no_such_network(small):
    with pytest.raises(InputError, match="`network` must be from 0 to 2; got 3"):
        ACTIONS["traces"](small, Traces(id=1, network=3))


def test_it_can_be_dropped_on_the_way(page):
    document = copy.deepcopy(page().session.experiment)
    opened = page(document)
    opened.run(-1)
    opened.drop_after = 2
    with pytest.raises(Dropped):
        ACTIONS["traces"](opened, Traces(id=1))
    assert len(opened.told) == 3
