"""Outputs to probabilities: formulas, and that the largest output stays the most probable."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shoal.models import nearest_probabilities, probabilities
from shoal.models.probabilities import label_probabilities
from shoal.network import ACTIVATIONS, Dense, Network

OUTPUTS = arrays(
    np.float64, st.tuples(st.integers(1, 4), st.integers(2, 9)), elements=st.floats(-1e6, 1e6)
)


def last(activation: str, units: int) -> Network:
    return Network([Dense(units, activation)], inputs=1)


def test_one_sigmoid_is_the_probability_of_the_second_class() -> None:
    np.testing.assert_array_equal(
        probabilities(last("sigmoid", 1), np.array([[0.25], [1.0]])), [[0.75, 0.25], [0.0, 1.0]]
    )


@pytest.mark.parametrize("activation", ["identity", "tanh", "step", "relu"])
def test_one_output_of_another_kind_is_clipped(activation: str) -> None:
    np.testing.assert_array_equal(
        probabilities(last(activation, 1), np.array([[-3.0], [0.25], [7.0]])),
        [[1.0, 0.0], [0.75, 0.25], [0.0, 1.0]],
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("threshold", [0.0, 0.5])
def test_outputs_stay_as_they_are(dtype: str, threshold: float) -> None:
    outputs = np.array([[-3.0], [0.25], [7.0]], dtype)
    expected = [[0.0], [0.25 if threshold else 0.625], [1.0]]
    np.testing.assert_array_equal(label_probabilities(outputs, threshold=threshold), expected)
    np.testing.assert_array_equal(outputs, [[-3.0], [0.25], [7.0]])


def test_softmax_stays_as_it_is() -> None:
    outputs = np.array([[0.1, 0.2, 0.7]])
    np.testing.assert_array_equal(probabilities(last("softmax", 3), outputs), outputs)


def test_softmax_in_float32_sums_to_one_in_double() -> None:
    """scikit-learn asks 1.5e-8; a row of float32 adds up to 1 within 1e-7 only."""
    z = np.random.default_rng(0).normal(size=(3, 200, 7))
    outputs = (np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)).astype(np.float32)
    before = outputs.copy()
    network = Network([Dense(7, "softmax")])
    p = probabilities(network, outputs)
    assert abs(outputs.astype(np.float64).sum(axis=-1) - 1).max() > 1.5e-8
    np.testing.assert_allclose(p.sum(axis=-1), 1.0, rtol=0, atol=1e-15)
    np.testing.assert_allclose(p, outputs, rtol=2e-7)
    assert np.array_equal(outputs, before)
    alone = [probabilities(network, outputs[:, n : n + 1]) for n in range(200)]
    assert np.array_equal(p, np.concatenate(alone, axis=1))


def test_several_sigmoids_are_shares() -> None:
    # 0.5 / 1 and 0.25 / 1; where all are 0 nothing is known
    found = probabilities(last("sigmoid", 3), np.array([[0.5, 0.25, 0.25], [0.0, 0.0, 0.0]]))
    np.testing.assert_array_equal(found, [[0.5, 0.25, 0.25], [1 / 3, 1 / 3, 1 / 3]])


def test_several_other_outputs_become_the_nearest_probabilities() -> None:
    # (1.5, 2, 0): two stay above theta = (1.5 + 2 - 1) / 2 = 1.25
    # (-0.1, -0.5, -0.3): all three, theta = (-0.9 - 1) / 3
    found = probabilities(last("identity", 3), np.array([[1.5, 2.0, 0.0], [-0.1, -0.5, -0.3]]))
    theta = -1.9 / 3
    expected = [[0.25, 0.75, 0.0], [-0.1 - theta, -0.5 - theta, -0.3 - theta]]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-15)


def test_probabilities_are_their_own_nearest() -> None:
    np.testing.assert_array_equal(nearest_probabilities(np.array([[0.25, 0.75]])), [[0.25, 0.75]])


def test_outputs_at_the_end_of_float64_overflow_nowhere() -> None:
    found = nearest_probabilities(np.array([[1e308, -1e308, 1e308]]))
    np.testing.assert_array_equal(found, [[0.5, 0.0, 0.5]])


@given(outputs=OUTPUTS)
def test_nearest_probabilities_sum_to_one_and_keep_the_order(outputs: np.ndarray) -> None:
    found = nearest_probabilities(outputs)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=0, atol=1e-9)
    of_the_largest = np.take_along_axis(found, outputs.argmax(axis=1)[:, None], axis=1)[:, 0]
    np.testing.assert_array_equal(of_the_largest, found.max(axis=1))


@given(outputs=OUTPUTS)
def test_no_other_probabilities_are_nearer(outputs: np.ndarray) -> None:
    # the optimality condition: (v - p) . (q - p) <= 0 for every corner q of the simplex
    p = nearest_probabilities(outputs)
    gap = outputs - p
    slack = gap.max(axis=1) - (gap * p).sum(axis=1)
    assert (slack <= 1e-9 * (1 + np.abs(outputs).max())).all()


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize("units", [1, 2, 3])
def test_every_last_layer_gives_probabilities(activation: str, units: int) -> None:
    network = last(activation, units)
    x = np.linspace(-3, 3, 7)[:, None]
    weights = np.linspace(-2, 3, units)[None]
    outputs = network.forward(network.start_from([weights], dtype="float64"), x)
    found = probabilities(network, outputs)
    assert found.shape == (7, max(2, units))
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=0, atol=1e-12)
