"""Activations in other languages, from the one formula that worked arithmetic has of them.

An export or a program writes most activations in its library's own words. What it has no word
for is spelled from the formula, where that is plain: one expression for every z, of ``+ - * /``
and a few functions that every language has and that never overflow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from shoal.network.activations import ACTIVATIONS
from shoal.network.worked.activations import OUTPUTS, SLOPES
from shoal.network.worked.formula import (
    Call,
    Div,
    Formula,
    Name,
    Neg,
    Num,
    Pow,
    Prod,
    Sum,
    text,
)

LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "python": {"abs": "abs", "max": "max", "min": "min", "sqrt": "math.sqrt",
                   "tanh": "math.tanh"},
        "javascript": {"abs": "Math.abs", "max": "Math.max", "min": "Math.min",
                       "sqrt": "Math.sqrt", "tanh": "Math.tanh"},
        "c": {"abs": "fabs", "sqrt": "sqrt", "tanh": "tanh"},
        "sql": {"abs": "abs"},
        "numpy": {"abs": "np.abs", "max": "np.maximum", "min": "np.minimum", "sqrt": "np.sqrt",
                  "tanh": "np.tanh"},
        "jax": {"abs": "jnp.abs", "max": "jnp.maximum", "min": "jnp.minimum",
                "sqrt": "jnp.sqrt", "tanh": "jnp.tanh"},
        "pytorch": {"abs": "torch.abs", "sqrt": "torch.sqrt", "tanh": "torch.tanh"},
        "keras": {"abs": "keras.ops.abs", "max": "keras.ops.maximum", "min": "keras.ops.minimum",
                  "sqrt": "keras.ops.sqrt", "tanh": "keras.ops.tanh"},
    }
)  # fmt: skip
"""What the functions of plain formulas are called, by language."""
WITH_DECIMALS: Final = ("c", "sql")
"""Languages in which 1 / 2 is 0."""
NUMBER: Final = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?")
"""A number as formulas write it."""


def plain_output(activation: str) -> Formula | None:
    """Return the output of a unit as one formula of z; None where it has none.

    Example:
        >>> text(plain_output("relu")), plain_output("leaky_relu")
        ('max(z, 0)', None)
    """
    if activation not in OUTPUTS or ACTIVATIONS[activation].settings:
        return None
    found = [OUTPUTS[activation](Name("z"), at, {}) for at in (-1.0, 0.0, 1.0)]
    return found[0] if found[0] == found[1] == found[2] else None


def plain_slope(activation: str) -> Formula | None:
    """Return its slope as one formula of z and the output a; None where it has none."""
    if activation not in SLOPES or ACTIVATIONS[activation].settings:
        return None
    found = [SLOPES[activation](Name("z"), Name("a"), at, {}) for at in (-1.0, 0.0, 1.0)]
    return found[0] if found[0] == found[1] == found[2] else None


def spelled(of: Formula | None, language: str, **names: str) -> str | None:
    """Return a formula in a language; None where it has no word for a function.

    Args:
        of: the formula, or None.
        language: of `LANGUAGES`.
        names: what stands for its letters, such as ``z="x[0]"``: a name or in brackets.

    Example:
        >>> spelled(plain_output("tanh"), "c", z="z[i]"), spelled(plain_output("silu"), "c")
        ('tanh(z[i])', None)
    """
    words = LANGUAGES[language]
    if of is None or not set(_calls(of)) <= words.keys():
        return None
    told = text(_without_powers(of))
    if language in WITH_DECIMALS:
        told = NUMBER.sub(lambda found: found[0] + ".0" * found[0].isdigit(), told)
    told = re.sub(r"\b([a-z]\w*)\(", lambda found: f"{words[found[1]]}(", told)
    letters = r"(?<![\w.])([a-z])(?!\w)"  # all at once: what stands for one may hold another
    return re.sub(letters, lambda found: names.get(found[1], found[1]), told)


def completed(
    table: Mapping[str, str], language: str, z: str = "z", a: str = ""
) -> Mapping[str, str]:
    """Return a table of activations with the plain ones that it lacks, spelled.

    Args:
        table: what a library calls them.
        language: of `LANGUAGES`.
        z: what stands for the weighted sum.
        a: what stands for the output, where the table has slopes; else it has outputs.

    Example:
        >>> completed({}, "numpy", z="{z}")["relu"]
        'np.maximum({z}, 0)'
    """
    more = {}
    for name in ACTIVATIONS:
        of = plain_slope(name) if a else plain_output(name)
        told = spelled(of, language, z=z, **({"a": a} if a else {}))
        if name not in table and told is not None:
            more[name] = told
    return MappingProxyType({**table, **more})


def _parts(of: Formula) -> tuple[Formula, ...]:
    match of:
        case Sum(parts) | Prod(parts) | Call(_, parts):
            return parts
        case Div(one, other) | Pow(one, other):
            return (one, other)
        case Neg(inner):
            return (inner,)
    return ()


def _calls(of: Formula) -> Iterator[str]:
    """Yield the functions that a formula needs; a power that is no product is one."""
    if isinstance(of, Call):
        yield of.function
    if isinstance(of, Pow) and not _is_product(of):
        yield "**"
    for part in _parts(of):
        yield from _calls(part)


def _is_product(of: Pow) -> bool:
    return isinstance(of.exponent, Num) and of.exponent.value in (2.0, 3.0)


def _without_powers(of: Formula) -> Formula:
    """Return the formula with squares and cubes as products, which every language has."""
    match of:
        case Pow(base, Num(value)):
            return Prod((_without_powers(base),) * int(value))
        case Sum(terms):
            return Sum(tuple(map(_without_powers, terms)))
        case Prod(factors):
            return Prod(tuple(map(_without_powers, factors)))
        case Div(top, bottom):
            return Div(_without_powers(top), _without_powers(bottom))
        case Neg(inner):
            return Neg(_without_powers(inner))
        case Call(function, arguments):
            return Call(function, tuple(map(_without_powers, arguments)))
    return of
