"""Activations by their definitions, at the edges, and in both precisions."""

import math

import numpy as np
import pytest

from shoal.network import ACTIVATIONS

Z = np.array([-4.0, -1.5, -0.25, 0.0, 0.5, 2.0, 6.0])


def by_definition(name):
    """The definition in Python's own float arithmetic, one number at a time."""
    logistic = lambda z: 1 / (1 + math.exp(-z))  # noqa: E731
    return {
        "identity": lambda z: z,
        "step": lambda z: 1.0 if z >= 0 else 0.0,
        "sigmoid": logistic,
        "tanh": math.tanh,
        "relu": lambda z: z if z > 0 else 0.0,
        "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
        "elu": lambda z: z if z > 0 else math.exp(z) - 1,
        "gelu": lambda z: z * (1 + math.erf(z / math.sqrt(2))) / 2,
        "silu": lambda z: z * logistic(z),
        "softplus": lambda z: math.log(1 + math.exp(z)),
        "exponential": math.exp,
    }[name]


ELEMENTWISE = [name for name, entry in ACTIVATIONS.items() if entry.slope is not None]


def test_softmax_is_the_only_one_without_a_slope():
    assert set(ACTIVATIONS) - set(ELEMENTWISE) == {"softmax"}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_value_by_definition(name):
    expected = [by_definition(name)(float(z)) for z in Z]
    # both sides round differently in the last places of numbers of size 1
    np.testing.assert_allclose(ACTIVATIONS[name].function(Z), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_slope_is_the_limit_of_differences(name):
    entry, h = ACTIVATIONS[name], 1e-5
    z = np.array([k for k in Z if k not in entry.kinks])
    difference = (entry.function(z + h) - entry.function(z - h)) / (2 * h)
    # truncation h^2 f''' / 6 is about 1e-11; rounding 1e-16 |f| / h about 1e-10 at f = 6
    np.testing.assert_allclose(entry.slope(z, entry.function(z)), difference, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "at_zero"),
    [("relu", 0.0), ("leaky_relu", 0.01), ("elu", 1.0), ("step", 0.0)],
)
def test_slope_at_the_kink(name, at_zero):
    entry, zero = ACTIVATIONS[name], np.array([0.0])
    assert entry.kinks == (0.0,)
    assert entry.slope(zero, entry.function(zero)).tolist() == [at_zero]


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_step_takes_its_value_at_zero_from_the_setting(at_zero):
    found = ACTIVATIONS["step"].function(np.array([-1e-300, 0.0, -0.0, 1e-300]), at_zero=at_zero)
    assert found.tolist() == [0.0, at_zero, at_zero, 1.0]


def test_alpha_scales_the_negative_side():
    z = np.array([-2.0, 3.0])
    assert ACTIVATIONS["leaky_relu"].function(z, alpha=0.5).tolist() == [-1.0, 3.0]
    # 2 (exp(-2) - 1) = -1.729329...
    np.testing.assert_allclose(ACTIVATIONS["elu"].function(z, alpha=2.0), [-1.7293294335, 3.0])
    np.testing.assert_allclose(
        ACTIVATIONS["elu"].slope(z, ACTIVATIONS["elu"].function(z, alpha=2.0), alpha=2.0),
        [2 * math.exp(-2), 1.0],
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_and_shape_are_kept(name, dtype):
    entry = ACTIVATIONS[name]
    z = np.linspace(-3, 3, 24, dtype=dtype).reshape(2, 3, 4)
    a = entry.function(z, **entry.settings)
    d_z = entry.pullback(z, a, np.ones_like(a), **entry.settings)
    assert a.dtype == d_z.dtype == dtype
    assert a.shape == d_z.shape == z.shape


def test_the_exponential_is_infinite_without_a_word_where_no_number_is_large_enough():
    entry = ACTIVATIONS["exponential"]
    z = np.array([-1e4, 0.0, 1e4])
    with np.errstate(over="raise"):
        a = entry.function(z)
        slope = entry.slope(z, a)
    assert a.tolist() == slope.tolist() == [0.0, 1.0, math.inf]


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "exponential"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_overflows(name, dtype):
    entry = ACTIVATIONS[name]
    z = np.array([[-1e4, 0.0, 1e4]], dtype=dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        a = entry.function(z, **entry.settings)
        d_z = entry.pullback(z, a, np.ones_like(a), **entry.settings)
    assert np.isfinite(a).all()
    assert np.isfinite(d_z).all()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_nan_is_not_hidden(name):
    entry = ACTIVATIONS[name]
    assert np.isnan(entry.function(np.array([[np.nan]]), **entry.settings)).all()


@pytest.mark.parametrize("shift", [0.0, 1e3, -1e3])
def test_softmax_sums_to_one_and_does_not_see_a_shift(shift):
    softmax = ACTIVATIONS["softmax"].function
    z = np.array([0.3, 2.9, 4.0])
    shares = softmax(z + shift)
    weights = [math.exp(k) for k in z]
    assert shares.sum() == pytest.approx(1.0, abs=1e-15)
    # z + 1e3 itself is rounded to 1.1e-13, and softmax passes that on
    np.testing.assert_allclose(shares, np.array(weights) / sum(weights), rtol=1e-12)
