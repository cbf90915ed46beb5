"""Activations and their slopes as formulas, in letters and with numbers alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from shoal.network.worked.formula import (
    PI,
    Formula,
    Name,
    Num,
    add,
    call,
    divide,
    multiply,
    negative,
    power,
    subtract,
    text,
)

Settings = Mapping[str, float]


def output_of(activation: str, z: Formula, at: float, settings: Settings) -> Formula:
    """Return the output of a unit as a formula; softmax has `softmax_output`.

    Args:
        activation: its name.
        z: the weighted sum, a letter or a number.
        at: its value, which decides between branches.
        settings: of the activation.
    """
    return OUTPUTS[activation](z, at, settings)


def slope_of(activation: str, z: Formula, a: Formula, at: float, settings: Settings) -> Formula:
    """Return da/dz as a formula; see `output_of`. Softmax has none."""
    return SLOPES[activation](z, a, at, settings)


def softmax_output(z: Formula, largest: Formula, total: Formula) -> Formula:
    """Return ``exp(z - m) / s``."""
    return divide(call("exp", subtract(z, largest)), total)


def general(activation: str) -> str:
    """Return an activation in words that hold for every sum.

    Example:
        >>> general("leaky_relu")
        'z where z > 0, else alpha * z'
    """
    return WORDS[activation]


def logistic(z: Formula) -> Formula:
    """Return ``1 / (1 + exp(-z))``: with infinity for exp(-z) it is 0."""
    return divide(1, add(1, call("exp", negative(z))))


def _normal_cdf(z: Formula) -> Formula:
    return multiply(0.5, call("erfc", divide(negative(z), call("sqrt", 2))))


def _elu(z: Formula, at: float, s: Settings) -> Formula:
    return z if at > 0 else multiply(s["alpha"], call("expm1", z))


def _softplus(z: Formula, at: float, s: Settings) -> Formula:
    return add(call("max", z, 0), call("log1p", call("exp", negative(call("abs", z)))))


def _gelu_slope(z: Formula, a: Formula, at: float, s: Settings) -> Formula:
    density = divide(call("exp", negative(divide(power(z, 2), 2))), call("sqrt", multiply(2, PI)))
    return add(_normal_cdf(z), multiply(z, density))


def _silu_slope(z: Formula, a: Formula, at: float, s: Settings) -> Formula:
    return add(logistic(z), multiply(a, subtract(1, logistic(z))))


OUTPUTS: Mapping[str, Callable[[Formula, float, Settings], Formula]] = MappingProxyType(
    {
        "identity": lambda z, at, s: z,
        "step": lambda z, at, s: call("step", z, s["at_zero"]),
        "sigmoid": lambda z, at, s: logistic(z),
        "tanh": lambda z, at, s: call("tanh", z),
        "relu": lambda z, at, s: call("max", z, 0),
        "leaky_relu": lambda z, at, s: z if at > 0 else multiply(s["alpha"], z),
        "elu": _elu,
        "gelu": lambda z, at, s: multiply(z, _normal_cdf(z)),
        "silu": lambda z, at, s: divide(z, add(1, call("exp", negative(z)))),
        "softplus": _softplus,
        "exponential": lambda z, at, s: call("exp", z),
    }
)
SLOPES: Mapping[str, Callable[[Formula, Formula, float, Settings], Formula]] = MappingProxyType(
    {
        "identity": lambda z, a, at, s: Num(1.0),
        "step": lambda z, a, at, s: Num(0.0),
        "sigmoid": lambda z, a, at, s: multiply(a, subtract(1, a)),
        "tanh": lambda z, a, at, s: subtract(1, power(a, 2)),
        "relu": lambda z, a, at, s: call("step", z, 0),
        "leaky_relu": lambda z, a, at, s: Num(1.0) if at > 0 else Num(s["alpha"]),
        "elu": lambda z, a, at, s: Num(1.0) if at > 0 else add(a, s["alpha"]),
        "gelu": _gelu_slope,
        "silu": _silu_slope,
        "softplus": lambda z, a, at, s: logistic(z),
        "exponential": lambda z, a, at, s: a,
    }
)


def _complete(
    words: dict[str, str], table: Mapping[str, Callable[..., Formula]], *letters: Name
) -> Mapping[str, str]:
    """Return words of every activation: the formula itself where there are no others."""
    formulas = {name: text(table[name](*letters, 1.0, {})) for name in table if name not in words}
    return MappingProxyType({**formulas, **words})


WORDS: Mapping[str, str] = _complete(
    {
        "step": "1 where z > 0, 0 where z < 0, at_zero where z = 0",
        "leaky_relu": "z where z > 0, else alpha * z",
        "elu": "z where z > 0, else alpha * (exp(z) - 1)",
        "gelu": "z * P, P = 0.5 * erfc(-z / sqrt(2)): the share of a normal curve below z",
        "softplus": "log(1 + exp(z))",
        "softmax": "exp(z - m) / s, m the largest z, s the sum of all exp(z - m)",
    },
    OUTPUTS,
    Name("z"),
)
"""What holds for every sum: the formula, or words where it has branches or is long."""
SLOPE_WORDS: Mapping[str, str] = _complete(
    {
        "relu": "1 where z > 0, else 0",
        "leaky_relu": "1 where z > 0, else alpha",
        "elu": "1 where z > 0, else a + alpha",
        "gelu": "P + z * exp(-z**2 / 2) / sqrt(2 * pi)",
        "silu": "s + a * (1 - s), s = 1 / (1 + exp(-z))",
        "softmax": "a[i] * (1 - a[i]) for its own sum, -a[i] * a[j] for that of unit j",
    },
    SLOPES,
    Name("z"),
    Name("a"),
)
"""The same of the slope."""


def letters(letter: str, unit: int, layer: int) -> Name:
    """Return the name of a unit's quantity: units count from 0, and in names from 1.

    Example:
        >>> letters("z", 2, 1)
        Name(text='z', sub='3', layer=1)
    """
    return Name(letter, sub=str(unit + 1), layer=layer)
