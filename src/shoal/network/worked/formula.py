"""Formulas as small trees: what is computed is what is shown.

A value of worked arithmetic is the value of its formula in double precision, from left to right,
rounded to the network's precision; terminal, page and LaTeX write the same tree.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Num:
    """A number; `together` says how many terms it stands for, where it stands for several."""

    value: float
    together: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    """A quantity by its letters: ``Name("z", sub="0", layer=1)`` is ``z1[0]``."""

    text: str
    sub: str = ""
    layer: int = 0


@dataclass(frozen=True, slots=True)
class Slope:
    """The derivative of one quantity by another."""

    of: Name
    by: Name


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms added in their order; a `Neg` is taken away."""

    terms: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Prod:
    """Factors multiplied in their order."""

    factors: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Div:
    """A fraction."""

    top: Formula
    bottom: Formula


@dataclass(frozen=True, slots=True)
class Pow:
    """A power."""

    base: Formula
    exponent: Formula


@dataclass(frozen=True, slots=True)
class Neg:
    """The negative of something."""

    of: Formula


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `FUNCTIONS`."""

    function: str
    arguments: tuple[Formula, ...]


Formula = Num | Name | Slope | Sum | Prod | Div | Pow | Neg | Call
Plain = Formula | float | int
"""A formula, or a number that becomes one."""
PI: Final = Name("pi")


def step_at(z: float, at_zero: float = 1.0) -> float:
    """Return 1 for z > 0, 0 for z < 0, and `at_zero` for 0."""
    return at_zero if z == 0 else float(z > 0)


def sign(x: float) -> float:
    """Return -1, 0 or 1."""
    return float((x > 0) - (x < 0))


def exp(x: float) -> float:
    """Return ``exp(x)``, infinity where that is too large a number."""
    return math.exp(x) if x < 709.79 else math.inf


FUNCTIONS: Mapping[str, Callable[..., float]] = MappingProxyType(
    {
        "exp": exp,
        "log": math.log,
        "sqrt": math.sqrt,
        "abs": abs,
        "max": max,
        "min": min,
        "tanh": math.tanh,
        "erfc": math.erfc,
        "expm1": math.expm1,
        "log1p": math.log1p,
        "sign": sign,
        "step": step_at,
    }
)
"""The functions that formulas use, by name."""


def formula(of: Plain) -> Formula:
    """Return a formula; a number becomes one."""
    return Num(float(of)) if isinstance(of, int | float) else of


def add(*terms: Plain) -> Sum:
    """Return a sum."""
    return Sum(tuple(formula(term) for term in terms))


def subtract(one: Plain, other: Plain) -> Sum:
    """Return a difference."""
    return Sum((formula(one), Neg(formula(other))))


def multiply(*factors: Plain) -> Prod:
    """Return a product."""
    return Prod(tuple(formula(factor) for factor in factors))


def divide(top: Plain, bottom: Plain) -> Div:
    """Return a fraction."""
    return Div(formula(top), formula(bottom))


def power(base: Plain, exponent: Plain) -> Pow:
    """Return a power."""
    return Pow(formula(base), formula(exponent))


def negative(of: Plain) -> Formula:
    """Return the negative; that of a number is a number."""
    inner = formula(of)
    return Num(-inner.value) if isinstance(inner, Num) else Neg(inner)


def call(function: str, *arguments: Plain) -> Call:
    """Return a function of something."""
    return Call(function, tuple(formula(each) for each in arguments))


def evaluate(of: Formula) -> float:
    """Return the value of a formula without names (but pi), from left to right in float64.

    Example:
        >>> evaluate(add(0.1, multiply(0.1, 1), multiply(0.2, 0.5)))
        0.30000000000000004
    """
    match of:
        case Num(value):
            return value
        case Name("pi"):
            return math.pi
        case Neg(inner):
            return -evaluate(inner)
        case Sum(terms):
            return _folded(terms, lambda a, b: a + b)
        case Prod(factors):
            return _folded(factors, lambda a, b: a * b)
        case Div(top, bottom):
            return evaluate(top) / evaluate(bottom)
        case Pow(base, exponent):
            return float(evaluate(base) ** evaluate(exponent))
        case Call(function, arguments):
            return float(FUNCTIONS[function](*(evaluate(each) for each in arguments)))
    raise ValueError(f"{of} has no value")


def _folded(parts: Sequence[Formula], join: Callable[[float, float], float]) -> float:
    first, *others = parts
    total = evaluate(first)
    for part in others:
        total = join(total, evaluate(part))
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """How a formula is written on one line.

    Attributes:
        times, minus, power: the signs.
        space: between signs and numbers.
    """

    times: str = " * "
    minus: str = "-"
    power: str = "**"


PLAIN: Final = Signs()
"""As Python writes it: what the document holds."""
PRINTED: Final = Signs(times=" × ", minus="−", power="^")
"""As the terminal shows it."""

_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def text(of: Formula, signs: Signs = PLAIN) -> str:
    """Return a formula on one line, which can be computed as it stands.

    Example:
        >>> text(add(0.1, multiply(-0.2, 0.5), divide(1, add(1, 2))))
        '0.1 - 0.2 * 0.5 + 1 / (1 + 2)'
        >>> text(multiply(2, negative(Name("z", sub="0", layer=1))), PRINTED)
        '2 × (−z1[0])'
    """
    return _written(of, signs)[0]


def number(value: float, signs: Signs = PLAIN) -> str:
    """Return a number with as many digits as it takes to read it back.

    Example:
        >>> number(1.0), number(1e-07), number(0.30000000000000004)
        ('1', '1e-07', '0.30000000000000004')
    """
    told = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return told.replace("-", signs.minus)


def printed(words: str) -> str:
    """Return a formula in words with the signs of the terminal.

    Example:
        >>> printed("a * (1 - a)"), printed("exp(-z)**2"), printed("L-BFGS: -(a - y)")
        ('a × (1 − a)', 'exp(−z)^2', 'L-BFGS: −(a − y)')
    """
    told = words.replace("**", PRINTED.power).replace(" * ", PRINTED.times)
    return re.sub(r"(?<![^\s(])-", PRINTED.minus, told)


def name_text(of: Name | Slope) -> str:
    """Return a name on one line.

    Example:
        >>> name_text(Slope(Name("L"), Name("z", sub="0", layer=2)))
        'dL/dz2[0]'
    """
    if isinstance(of, Slope):
        return f"d{name_text(of.of)}/d{name_text(of.by)}"
    return of.text + (str(of.layer) if of.layer else "") + (f"[{of.sub}]" if of.sub else "")


def without_sign(of: Formula) -> tuple[bool, Formula]:
    """Return whether a term begins with a minus, and the term without it; the value is the same.

    A product is as exact with the sign in front of it as with it at its first factor.
    """
    match of:
        case Neg(inner):
            return True, inner
        case Num(value, together) if value < 0 or (value == 0 and math.copysign(1, value) < 0):
            return True, Num(-value, together)
        case Prod(factors):
            is_minus, first = without_sign(factors[0])
            if is_minus and not isinstance(first, Sum):
                return True, Prod((first, *factors[1:]))
    return False, of


def _written(of: Formula, signs: Signs) -> tuple[str, int]:
    """Return a formula on one line, and how closely its parts hold together."""
    match of:
        case Num(value):
            is_minus = value < 0
            return number(value, signs), _SUM if is_minus else _ATOM
        case Name() | Slope():
            return name_text(of), _ATOM
        case Neg(inner):
            return signs.minus + _within(inner, _PRODUCT, signs), _SUM
        case Sum(terms):
            return _sum(terms, signs), _SUM
        case Prod(factors):
            is_minus, bare = without_sign(of)
            if is_minus:
                return signs.minus + _within(bare, _PRODUCT, signs), _SUM
            first, *others = factors
            told = [_within(first, _PRODUCT, signs), *(_within(o, _POWER, signs) for o in others)]
            return signs.times.join(told), _PRODUCT
        case Div(top, bottom):
            above, below = _within(top, _PRODUCT, signs), _within(bottom, _POWER, signs)
            return f"{above} / {below}", _PRODUCT
        case Pow(base, exponent):
            above = _within(exponent, _ATOM, signs)
            return f"{_within(base, _ATOM, signs)}{signs.power}{above}", _POWER
        case Call(function, arguments):
            inside = ", ".join(text(each, signs) for each in arguments)
            return f"{function}({inside})", _ATOM


def _within(of: Formula, least: int, signs: Signs) -> str:
    told, closeness = _written(of, signs)
    return told if closeness >= least else f"({told})"


def _sum(terms: Sequence[Formula], signs: Signs) -> str:
    parts: list[str] = []
    for place, term in enumerate(terms):
        is_minus, bare = without_sign(term)
        told = _within(bare, _PRODUCT, signs)
        if place == 0:
            parts.append(signs.minus + told if is_minus else told)
        else:
            parts.append(f" {signs.minus if is_minus else '+'} {told}")
    return "".join(parts)


def substitute(of: Formula, values: Mapping[Name, float]) -> Formula:
    """Return a formula with numbers in place of names that have one.

    Example:
        >>> text(substitute(subtract(Name("w"), multiply(Name("r"), 2)), {Name("w"): 0.5}))
        '0.5 - r * 2'
    """

    def put(inner: Formula) -> Formula:
        return substitute(inner, values)

    match of:
        case Name():
            return Num(values[of]) if of in values else of
        case Neg(inner):
            return negative(put(inner))
        case Sum(terms):
            return Sum(tuple(_put_term(term, put) for term in terms))
        case Prod(factors):
            return Prod(tuple(put(each) for each in factors))
        case Div(top, bottom):
            return Div(put(top), put(bottom))
        case Pow(base, exponent):
            return Pow(put(base), put(exponent))
        case Call(function, arguments):
            return Call(function, tuple(put(each) for each in arguments))
    return of


def _put_term(term: Formula, put: Callable[[Formula], Formula]) -> Formula:
    """Return a term of a sum with numbers in it; what is taken away stays so."""
    return Neg(put(term.of)) if isinstance(term, Neg) else put(term)
