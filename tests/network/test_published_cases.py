"""Truth: published networks come out as published, stage by stage."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from shoal.metrics import accuracy, binary_log_loss
from shoal.network import (
    Dense,
    Network,
    Parameters,
    backward,
    forward_pass,
    from_nodes,
    loss_of,
)

CASES = Path(__file__).parents[1] / "cases"


def case(name):
    return json.loads((CASES / name).read_text())


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-7), ("float32", 1e-6)])
def test_every_stage_of_the_three_layer_network(dtype, tolerance):
    published = case("three_layer.json")
    network = Network([Dense(3, "sigmoid"), Dense(2, "sigmoid"), Dense(2)])
    parameters = network.start_from(published["W"], published["b"], dtype)

    stages = forward_pass(network, parameters, [published["x"]])

    assert len(stages.outputs) == 3
    for found, expected in zip(stages.outputs, published["layer_outputs"], strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(found[0], expected, rtol=0, atol=tolerance)
    # first weighted sum by hand: 1 * 0.1 + 0.5 * 0.2 + 0.1 = 0.3
    assert stages.weighted_sums[0][0, 0] == pytest.approx(0.3, abs=tolerance)


@pytest.mark.parametrize("which", ["random_search", "numerical_gradient"])
def test_neuros_networks_give_the_published_loss_and_accuracy(which):
    published = case("neuro_networks.json")[which]
    rows = list(csv.DictReader((CASES / "neuro_points.csv").read_text().splitlines()))
    x = np.array([[float(row["x1"]), float(row["x2"]), 1.0] for row in rows])
    y = np.array([[float(row["label"])] for row in rows])
    network, parameters = from_nodes({k: published[k] for k in ("nodes", "weights", "func")})

    stages = forward_pass(network, parameters, x)

    assert len(rows) == 50
    loss = loss_of(network, "binary_crossentropy", stages, y)
    # the published sums were made in another order: a few ulp of 0.2
    assert loss == pytest.approx(published["loss"], abs=1e-12)
    assert round(loss, 7) == {"random_search": 0.2000042, "numerical_gradient": 0.2000034}[which]
    assert accuracy(stages.outputs[-1], y) == published["accuracy"]
    assert binary_log_loss(stages.outputs[-1], y) == pytest.approx(loss, abs=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_majority_of_three_bits_after_200_updates(dtype):
    published = case("majority.json")
    x, y = np.array(published["inputs"], float), np.array(published["labels"], float)[:, None]
    network = Network([Dense(1, "sigmoid")], initializer="zeros", inputs=3)
    layout = network.layout()
    flat = np.zeros(layout.n_parameters, dtype)

    for _ in range(200):
        parameters = Parameters.from_flat(layout, flat)
        stages = forward_pass(network, parameters, x)
        gradient = backward(network, parameters, stages, y, "binary_crossentropy", "sum")
        flat = flat - 0.1 * gradient.flat

    parameters = Parameters.from_flat(layout, flat)
    near = {"rtol": 0, "atol": published["tolerance"]}
    assert flat.dtype == dtype
    np.testing.assert_allclose(parameters.weights[0][:, 0], published["weights"], **near)
    np.testing.assert_allclose(parameters.biases[0], [published["bias"]], **near)
    outputs = network.forward(parameters, x)
    np.testing.assert_allclose(outputs[:, 0], published["probabilities"], **near)
