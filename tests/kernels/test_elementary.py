"""The elementary functions against 40-digit arithmetic."""

import mpmath as mp
import numpy as np
import pytest

from shoal import _core

FUNCTIONS = {
    "exp": mp.exp,
    "log": mp.log,
    "tanh": mp.tanh,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "sin": mp.sin,
    "cos": mp.cos,
    "erf": mp.erf,
}
# Largest errors allowed, in units of the last place; `make exhaustive` bounds float32 exactly.
BOUNDS = {
    "exp": 1.0, "log": 1.0, "tanh": 2.5, "sigmoid": 2.5, "softplus": 3.0, "sin": 1.6, "cos": 1.6,
    "erf": 2.5,
}  # fmt: skip
CALLS = {np.float32: _core.elementary32, np.float64: _core.elementary}


def points(name, dtype):
    rng = np.random.default_rng(0)
    if name == "log":
        return np.exp(rng.uniform(-80, 80, 2000)).astype(dtype)
    if name in ("sin", "cos"):
        return rng.uniform(-1000, 1000, 2000)
    small = 10 ** rng.uniform(-9, 0, 200)
    return np.concatenate(
        [rng.uniform(-80, 80, 400), rng.uniform(-20, 20, 800), rng.uniform(-1, 1, 800), small]
    ).astype(dtype)


@pytest.mark.parametrize("dtype", CALLS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_error_in_units_of_the_last_place(name, dtype):
    if dtype is np.float32 and name in ("sin", "cos"):
        return  # data are made in float64 only
    x = points(name, dtype)
    y = CALLS[dtype](name, x)
    with mp.workdps(40):
        for a, b in zip(x.tolist(), y.tolist(), strict=True):
            exact = FUNCTIONS[name](mp.mpf(a))
            unit = abs(float(np.spacing(dtype(float(exact)))))
            assert abs(mp.mpf(b) - exact) <= BOUNDS[name] * unit, (a, b, exact)


@pytest.mark.parametrize("dtype", CALLS)
def test_special_values(dtype):
    def values(name, *x):
        return CALLS[dtype](name, np.array(x, dtype)).tolist()

    inf, nan = float("inf"), float("nan")
    assert values("exp", 0.0, inf, -inf, 1e4, -1e4) == [1, inf, 0, inf, 0]
    assert values("tanh", inf, -inf, 50, -50, 0.0) == [1, -1, 1, -1, 0]
    assert values("log", 0.0, 1.0, inf) == [-inf, 0, inf]
    assert values("erf", inf, -inf, 0.0) == [1, -1, 0]
    assert values("sigmoid", 0.0) == [0.5]
    for name in ("exp", "log", "tanh", "sigmoid", "softplus", "erf"):
        assert np.isnan(values(name, nan)).all()
    assert np.isnan(values("log", -1.0)).all()


@pytest.mark.parametrize("dtype", CALLS)
def test_tanh_is_odd_and_never_exceeds_one(dtype):
    x = np.linspace(0, 30, 100_001).astype(dtype)
    y = CALLS[dtype]("tanh", x)
    assert (np.abs(y) <= 1).all()
    np.testing.assert_array_equal(CALLS[dtype]("tanh", -x), -y)


def test_sigmoid_is_exactly_one_in_float32_from_17_on():
    y = _core.elementary32("sigmoid", np.array([17.0, 16.0], np.float32))
    assert y[0] == 1
    assert y[1] < 1
