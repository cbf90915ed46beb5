"""First parameters: where each number comes from, how far it spreads, what is refused."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from shoal.network import INITIALIZERS, Constant, Dense, Network, Normal, Scaled, Uniform, Zeros
from shoal.streams import stream

STDDEV = {
    "glorot": lambda d, h: math.sqrt(2 / (d + h)),
    "he": lambda d, h: math.sqrt(2 / d),
    "lecun": lambda d, h: math.sqrt(1 / d),
}
SCALED = [name for name in INITIALIZERS if name.split("_")[0] in STDDEV]


def settings_of(name):
    return {"name": "constant", "value": 0.5} if name == "constant" else name


def test_ten_initializers_six_of_them_scaled():
    assert len(INITIALIZERS) == 10
    assert len(SCALED) == 6


@pytest.mark.parametrize("name", SCALED)
def test_spread_of_the_scaled_ones(name):
    d, h = 200, 300
    network = Network([Dense(h, bias=False)], initializer=name, inputs=d)
    weights = network.initialize(3, dtype="float64").weights[0]
    family, law = name.split("_")
    stddev = STDDEV[family](d, h)
    # the standard deviation of n = 60,000 numbers is off by about 1/sqrt(2 n) = 0.3 %, and
    # their mean by stddev / 245; five times that for a fixed seed
    assert weights.std() == pytest.approx(stddev, rel=0.015)
    assert abs(weights.mean()) < 5 * stddev / math.sqrt(d * h)
    limit = math.sqrt(3) * stddev
    if law == "uniform":
        assert np.abs(weights).max() <= limit
        assert np.abs(weights).max() > 0.999 * limit
    else:
        # not cut off: about 0.27 % of normal numbers are beyond three standard deviations
        assert (np.abs(weights) > 3 * stddev).mean() == pytest.approx(0.0027, abs=0.001)


def test_weights_are_numbers_of_step_l_and_biases_of_part_1():
    network = Network(
        [Dense(3, initializer=Uniform(-1.0, 2.0)), Dense(2, initializer=Normal(1.0, 0.5))],
        bias_initializer=Uniform(0.0, 4.0),
    )
    numbers = stream(7, "init")
    found = network.initialize(7, n_inputs=4, dtype="float64")
    np.testing.assert_array_equal(found.weights[0].ravel(), -1 + 3 * numbers.uniform(12, step=0))
    np.testing.assert_array_equal(found.weights[1].ravel(), 1 + 0.5 * numbers.normal(6, step=1))
    np.testing.assert_array_equal(found.biases[0], 4 * numbers.uniform(3, step=0, part=1))
    np.testing.assert_array_equal(found.biases[1], 4 * numbers.uniform(2, step=1, part=1))
    again = network.initialize_from(numbers, 4, "float64")
    np.testing.assert_array_equal(again.flat, found.flat)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_float32_is_the_rounded_float64(name):
    network = Network([Dense(5, "tanh"), Dense(1)], initializer=settings_of(name), inputs=3)
    single, double = network.initialize(1), network.initialize(1, dtype="float64")
    assert single.flat.dtype == np.float32
    np.testing.assert_array_equal(single.flat, double.flat.astype(np.float32))


def test_seeds_differ_and_repeat():
    network = Network([Dense(5)], inputs=3)
    one, same, other = (network.initialize(seed).flat for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other)[:15].all()
    assert not one[15:].any()


def test_constant_and_zeros():
    network = Network([Dense(2)], initializer=Constant(0.25), inputs=1, bias_initializer=Zeros())
    assert network.initialize(0).flat.tolist() == [0.25, 0.25, 0.0, 0.0]


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_name_or_a_table_or_a_record(name):
    given = settings_of(name)
    table = given if isinstance(given, dict) else {"name": name}
    record = INITIALIZERS[name].record(**table)
    for form in (given, table, record):
        assert Network([Dense(1)], initializer=form).initializer == record
        assert Dense(1, initializer=form).initializer == record


@pytest.mark.parametrize(
    ("given", "path", "message"),
    [
        ("he_norm", (), "unknown initializer 'he_norm'. Did you mean 'he_normal'?"),
        (
            "q",
            (),
            "unknown initializer 'q'. Known names: zeros, constant, uniform, normal, "
            "glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal.",
        ),
        (3, (), "initializer must be a name or a table with a name; got 3"),
        ({"low": 1.0}, (), "initializer must be a name or a table with a name; got {'low': 1.0}"),
        ("constant", ("value",), "Field required"),
        ({"name": "uniform", "low": 1.0, "high": 1.0}, ("high",),
         "high must be greater than low=1.0; got 1.0"),
        ({"name": "normal", "stddev": -1.0}, ("stddev",),
         "Input should be greater than or equal to 0"),
        ({"name": "constant", "value": "1"}, ("value",), "Input should be a valid number"),
        ({"name": "zeros", "value": 1.0}, ("value",), "Extra inputs are not permitted"),
    ],
)  # fmt: skip
def test_wrong_initializers_are_named_with_their_place(given, path, message):
    with pytest.raises(ValidationError) as error:
        Network([Dense(1)], initializer=given)
    assert [(e["loc"], e["msg"]) for e in error.value.errors()] == [
        (("initializer", *path), message)
    ]


def test_an_unknown_scaled_name_is_refused_in_python():
    with pytest.raises(ValidationError):
        Scaled("uniform")
