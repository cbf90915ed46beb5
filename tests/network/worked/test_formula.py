"""Formulas: what is written is what is computed."""

import math

import numpy as np
import pytest

from shoal.network.worked import Name, Neg, Num, Precision, evaluate, text
from shoal.network.worked.formula import (
    FUNCTIONS,
    PI,
    PRINTED,
    add,
    call,
    divide,
    multiply,
    negative,
    number,
    power,
    printed,
    substitute,
    subtract,
)

Z = Name("z", sub="0", layer=1)


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        (add(1, 2, 3), "1 + 2 + 3"),
        (add(1, -2), "1 - 2"),
        (subtract(1, -2), "1 - (-2)"),
        (subtract(1, add(2, 3)), "1 - (2 + 3)"),
        (add(1, multiply(-2, 3)), "1 - 2 * 3"),
        (multiply(-2, 3), "-2 * 3"),
        (multiply(2, -3), "2 * (-3)"),
        (multiply(2, add(3, 4)), "2 * (3 + 4)"),
        (multiply(2, divide(3, 4)), "2 * (3 / 4)"),
        (divide(multiply(2, 3), multiply(4, 5)), "2 * 3 / (4 * 5)"),
        (divide(divide(2, 3), 4), "2 / 3 / 4"),
        (divide(2, divide(3, 4)), "2 / (3 / 4)"),
        (power(-2, 2), "(-2)**2"),
        (power(add(1, 2), 2), "(1 + 2)**2"),
        (multiply(2, power(3, 2)), "2 * 3**2"),
        (power(2, multiply(3, 4)), "2**(3 * 4)"),
        (negative(add(1, 2)), "-(1 + 2)"),
        (negative(3), "-3"),
        (call("exp", negative(Z)), "exp(-z1[0])"),
        (call("max", 0, call("min", 1, -0.5)), "max(0, min(1, -0.5))"),
        (divide(Z, call("sqrt", multiply(2, PI))), "z1[0] / sqrt(2 * pi)"),
        (add(Num(-0.5, 12), 1e-07), "-0.5 + 1e-07"),
    ],
)
def test_text_and_its_value(formula, written):
    assert text(formula) == written
    if "z1" not in written:
        wanted = eval(written, {"pi": math.pi, **FUNCTIONS})
        assert evaluate(formula) == wanted


def test_printed_signs():
    assert text(add(-1, multiply(-2, power(3, 2))), PRINTED) == "−1 − 2 × 3^2"
    assert printed("z - 2 * exp(-z)**2") == "z − 2 × exp(−z)^2"
    assert number(-1e-07, PRINTED) == "−1e−07"


def test_sums_and_products_go_from_left_to_right():
    # 1e16 + 1 - 1e16 is 0 from the left; from the right it is 1
    assert evaluate(add(1e16, 1, -1e16)) == 0
    assert evaluate(multiply(1e200, 1e200, 0.0)) != 0  # infinity times 0 is no number


def test_substitution_leaves_signs_where_they_were():
    w, g = Name("w"), Name("g")
    made = substitute(subtract(w, multiply(0.5, g)), {w: -1.0, g: -4.0})
    assert (text(made), evaluate(made)) == ("-1 - 0.5 * (-4)", 1.0)
    assert substitute(Neg(w), {w: 2.0}) == Num(-2.0)
    assert text(substitute(call("max", w, 0), {})) == "max(w, 0)"


def test_a_formula_with_letters_has_no_value():
    with pytest.raises(ValueError, match="has no value"):
        evaluate(add(Name("w"), 1))


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e-30, 16777217.0, 3.4e38, -2.5])
def test_a_float32_is_written_so_that_it_reads_back(value):
    shown = Precision("float32").shown(value)
    assert np.float32(shown) == np.float32(value)
    # no more digits than that takes: shortest round trip
    assert repr(shown) == repr(float(str(np.float32(value))))
    assert Precision("float64").shown(value) == value


def test_exponentials_do_not_overflow():
    assert FUNCTIONS["exp"](1000.0) == math.inf
    assert evaluate(divide(1, add(1, call("exp", 1000)))) == 0.0
