"""Learning rules in letters: what each does with a weight w and its gradient g, line by line.

A rule is a list of lines, each a name and a formula; numbers are put in afterwards, so what is
shown in letters, with numbers and as a value is one thing. `rules/` holds what is computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from shoal.network.worked.formula import (
    Formula,
    Name,
    add,
    call,
    divide,
    multiply,
    power,
    subtract,
)

Line = tuple[Name, Formula]
Values = dict[Name, float]
Lines = Iterator[Line]

RATE, STEP, NEW = Name("rate"), Name("step"), Name("w_new")
T = Name("t")


def _named(*names: str) -> list[Name]:
    return [Name(name) for name in names]


def _sgd(rule: Any, w: Name, g: Name, known: Values) -> Lines:
    yield STEP, multiply(RATE, g)
    yield NEW, subtract(w, STEP)


def _velocity(g: Name) -> Line:
    v, old, momentum = _named("v", "v_old", "momentum")
    return v, add(multiply(momentum, old), g)


def _momentum(rule: Any, w: Name, g: Name, known: Values) -> Lines:
    yield _velocity(g)
    yield STEP, multiply(RATE, Name("v"))
    yield NEW, subtract(w, STEP)


def _nesterov(rule: Any, w: Name, g: Name, known: Values) -> Lines:
    yield _velocity(g)
    yield STEP, multiply(RATE, add(g, multiply(Name("momentum"), Name("v"))))
    yield NEW, subtract(w, STEP)


def _over_root(of: Formula, squares: Name) -> Formula:
    """Return ``rate * of / (sqrt(squares) + epsilon)``."""
    return divide(multiply(RATE, of), add(call("sqrt", squares), Name("epsilon")))


def _adagrad(rule: Any, w: Name, g: Name, known: Values) -> Lines:
    s, old = _named("s", "s_old")
    yield s, add(old, power(g, 2))
    yield STEP, _over_root(g, s)
    yield NEW, subtract(w, STEP)


def _mean_of(share: Name, old: Name, new: Formula) -> Formula:
    """Return ``share * old + (1 - share) * new``."""
    return add(multiply(share, old), multiply(subtract(1, share), new))


def _rmsprop(rule: Any, w: Name, g: Name, known: Values) -> Lines:
    s, old, rho = _named("s", "s_old", "rho")
    yield s, _mean_of(rho, old, power(g, 2))
    yield STEP, _over_root(g, s)
    yield NEW, subtract(w, STEP)


def _moments(g: Name) -> list[Line]:
    m, m_old, v, v_old = _named("m", "m_old", "v", "v_old")
    beta_1, beta_2 = _named("beta_1", "beta_2")
    return [(m, _mean_of(beta_1, m_old, g)), (v, _mean_of(beta_2, v_old, power(g, 2)))]


def _adam(rule: Any, w: Name, g: Name, known: Values) -> Lines:
    yield from _moments(g)
    m, v, m_hat, v_hat, k_1, k_2 = _named("m", "v", "m_hat", "v_hat", "k_1", "k_2")
    yield m_hat, divide(m, k_1)
    yield v_hat, divide(v, k_2)
    yield STEP, _over_root(m_hat, v_hat)
    yield NEW, subtract(w, STEP)


def _adamw(rule: Any, w: Name, g: Name, known: Values) -> Lines:
    drawn = Name("w_drawn")
    yield drawn, subtract(w, multiply(RATE, Name("weight_decay"), w))
    yield from _adam(rule, drawn, g, known)


def _nadam(rule: Any, w: Name, g: Name, known: Values) -> Lines:
    yield from _moments(g)
    m, v, v_hat, k_2 = _named("m", "v", "v_hat", "k_2")
    mu, after, product, mean = _named("mu", "mu_next", "product", "mean")
    yield v_hat, divide(v, k_2)
    now = multiply(divide(subtract(1, mu), subtract(1, product)), g)
    then = multiply(divide(after, subtract(1, multiply(product, after))), m)
    yield mean, add(now, then)
    yield STEP, _over_root(mean, v_hat)
    yield NEW, subtract(w, STEP)


def _amsgrad(rule: Any, w: Name, g: Name, known: Values) -> Lines:
    yield from _moments(g)
    m, v, m_hat, v_hat, k_1, k_2 = _named("m", "v", "m_hat", "v_hat", "k_1", "k_2")
    most, old = _named("largest", "largest_old")
    yield most, call("max", old, v)
    yield m_hat, divide(m, k_1)
    yield v_hat, divide(most, k_2)
    yield STEP, _over_root(m_hat, v_hat)
    yield NEW, subtract(w, STEP)


def _rprop(rule: Any, w: Name, g: Name, known: Values) -> Lines:
    agrees, size, old, used = _named("agrees", "size", "size_old", "g_used")
    yield agrees, multiply(call("sign", g), call("sign", Name("g_old")))
    sign = known[agrees]
    grown: Formula = old
    if sign:
        grown = multiply(old, Name("eta_plus" if sign > 0 else "eta_minus"))
    yield size, call("max", Name("least"), call("min", Name("most"), grown))
    yield used, multiply(g, 0) if sign < 0 else g
    yield STEP, multiply(Name("schedule"), call("sign", used), size)
    yield NEW, subtract(w, STEP)


def _lion(rule: Any, w: Name, g: Name, known: Values) -> Lines:
    u, m, old, beta_1, beta_2 = _named("u", "m", "m_old", "beta_1", "beta_2")
    yield u, _mean_of(beta_1, old, g)
    yield m, _mean_of(beta_2, old, g)
    yield STEP, multiply(RATE, add(call("sign", u), multiply(Name("weight_decay"), w)))
    yield NEW, subtract(w, STEP)


LINES: Mapping[str, Callable[[Any, Name, Name, Values], Lines]] = MappingProxyType(
    {
        "sgd": _sgd,
        "perceptron": _sgd,
        "momentum": _momentum,
        "nesterov": _nesterov,
        "adagrad": _adagrad,
        "rmsprop": _rmsprop,
        "adam": _adam,
        "adamw": _adamw,
        "nadam": _nadam,
        "amsgrad": _amsgrad,
        "rprop": _rprop,
        "lion": _lion,
    }
)
"""The lines of every rule that is handed a gradient; `known` holds the values so far."""

SLOTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "momentum": ("v_old",),
        "nesterov": ("v_old",),
        "adagrad": ("s_old",),
        "rmsprop": ("s_old",),
        "adam": ("m_old", "v_old"),
        "adamw": ("m_old", "v_old"),
        "nadam": ("m_old", "v_old"),
        "amsgrad": ("m_old", "v_old", "largest_old"),
        "rprop": ("g_old", "size_old"),
        "lion": ("m_old",),
    }
)
"""What the numbers that a rule carries along are called before the step."""


def constants_of(rule: Any, t: int) -> Iterator[tuple[Name, Formula, dict[Name, float]]]:
    """Yield what is the same for all weights beside the rate: name, formula, given numbers."""
    beta_1, beta_2 = Name("beta_1"), Name("beta_2")
    if rule.name in ("adam", "adamw", "amsgrad"):
        yield Name("k_1"), subtract(1, power(beta_1, T)), {}
    if rule.name in ("adam", "adamw", "amsgrad", "nadam"):
        yield Name("k_2"), subtract(1, power(beta_2, T)), {}
    if rule.name == "nadam":
        fade, before = Name("momentum_decay"), Name("product_old")
        for name, at in (("mu", T), ("mu_next", add(T, 1))):
            halved = multiply(0.5, power(0.96, multiply(at, fade)))
            yield Name(name), multiply(beta_1, subtract(1, halved)), {}
        given = float(math.prod(rule.momentum(i) for i in range(1, t)))
        yield Name("product"), multiply(before, Name("mu")), {before: given}
