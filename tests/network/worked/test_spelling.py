"""Formulas in other languages: those that can be run here are run and compared."""

import math

import numpy as np
import pytest

from shoal.network import ACTIVATIONS
from shoal.network.worked.formula import Name, add, call, divide, multiply, power, subtract
from shoal.network.worked.spelling import LANGUAGES, completed, plain_output, plain_slope, spelled

Z = np.array([-3.0, -0.5, 0.25, 2.0])
PLAIN = [name for name in ACTIVATIONS if spelled(plain_output(name), "numpy") is not None]


def test_branches_settings_and_exponentials_are_not_plain():
    assert {"identity", "tanh", "relu"} <= set(PLAIN)
    assert not {"step", "leaky_relu", "elu", "softmax", "sigmoid", "silu"} & set(PLAIN)


@pytest.mark.parametrize("name", PLAIN)
def test_numpy_says_what_the_reference_says(name):
    found = eval(spelled(plain_output(name), "numpy", z="Z"), {"np": np, "Z": Z})
    np.testing.assert_allclose(found, ACTIVATIONS[name].function(Z), rtol=1e-15)


@pytest.mark.parametrize("name", PLAIN)
def test_python_says_what_the_reference_says(name):
    text = spelled(plain_output(name), "python", z="x")
    found = [eval(text, {"math": math, "x": float(z)}) for z in Z]
    np.testing.assert_allclose(found, ACTIVATIONS[name].function(Z), rtol=1e-15)


def test_slopes_take_z_and_a():
    table = completed({}, "numpy", z="Z", a="A")
    a = np.tanh(Z)
    found = eval(table["tanh"], {"np": np, "Z": Z, "A": a})
    np.testing.assert_allclose(found, 1 - a * a, rtol=1e-15)
    assert plain_slope("softmax") is None


def test_how_it_is_written():
    z, a = Name("z"), Name("a")
    softsign = divide(z, add(1, call("abs", z)))
    assert spelled(softsign, "c", z="z[i]") == "z[i] / (1.0 + fabs(z[i]))"
    assert spelled(softsign, "sql", z='"h_1"') == '"h_1" / (1.0 + abs("h_1"))'
    assert spelled(softsign, "jax", z="{z}") == "{z} / (1 + jnp.abs({z}))"
    assert spelled(power(subtract(1, call("abs", a)), 2), "numpy") == (
        "(1 - np.abs(a)) * (1 - np.abs(a))"
    )
    assert spelled(power(z, 0.5), "numpy") is None
    assert spelled(multiply(0.5, call("erfc", z)), "c") is None


def test_numbers_that_c_reads_as_such():
    tiny = add(multiply(1e-7, Name("z")), 0.5, 2)
    assert spelled(tiny, "c", z="x") == "1e-07 * x + 0.5 + 2.0"  # not 1e-07.0


def test_what_stands_for_a_letter_may_hold_another():
    z, a = Name("z"), Name("a")
    assert spelled(add(z, a), "numpy", z="a", a="(z + 1)") == "a + (z + 1)"


def test_a_table_keeps_its_own_words():
    for language in LANGUAGES:
        assert completed({"tanh": "own({})"}, language)["tanh"] == "own({})"
