"""The formulas that features can be derived by: a small closed grammar, and what each computes.

``x0^2``, ``x0^3``, ``x0*x1``, ``sin(x0)``, ``cos(x0)`` and ``abs(x0)``, with names of features as
they stand; a name that holds a space or one of ``^ * ( )`` and the backtick stands in backticks,
its own ones doubled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Self

import numpy as np
from pydantic import Field, model_validator

from shoal import _core
from shoal.errors import did_you_mean
from shoal.fields import reason
from shoal.records import Record

Values = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
FARTHEST: Final = 2.0**20
"""Sine and cosine are computed up to here, so that they have the same bits everywhere."""

_NAME: Final = r"(`(?:[^`]|``)+`|[^\s^*()`]+)"
_POWER: Final = re.compile(rf"\s*{_NAME}\s*\^\s*(\S+)\s*")
_PRODUCT: Final = re.compile(rf"\s*{_NAME}\s*\*\s*{_NAME}\s*")
_CALL: Final = re.compile(rf"\s*([^\s^*()`]+)\s*\(\s*{_NAME}\s*\)\s*")
_PLAIN: Final = re.compile(r"[^\s^*()`]+")
POWERS: Final = {"2": "square", "3": "cube"}
WISH: Final = "x0^2, x0^3, x0*x1, sin(x0), cos(x0) or abs(x0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A way to make a feature of others.

    Attributes:
        name: what it is called in schemas.
        written: how it is written, ``{0}`` and ``{1}`` the names of the features.
        values: from their values (N,) to its own (N,), float64, with the same bits everywhere.
        slopes: the derivative of its values by each of them, (N,) each.
    """

    name: str
    written: str
    values: Callable[..., Values]
    slopes: Callable[..., tuple[Values, ...]]

    @property
    def n_of(self) -> int:
        """How many features it is made of."""
        return 2 if "{1}" in self.written else 1


def _turned(name: str) -> Callable[[Values], Values]:
    def values(x: Values) -> Values:
        found = np.asarray(_core.elementary(name, np.ascontiguousarray(x)), np.float64)
        return np.where(np.abs(x) <= FARTHEST, found, np.nan)

    return values


_SIN, _COS = _turned("sin"), _turned("cos")

FORMULAS: Final[Mapping[str, Formula]] = MappingProxyType(
    {
        each.name: each
        for each in (
            Formula(
                name="square", written="{0}^2",
                values=lambda x: x * x, slopes=lambda x: (2 * x,),
            ),
            Formula(
                name="cube", written="{0}^3",
                values=lambda x: x * x * x, slopes=lambda x: (3 * x * x,),
            ),
            Formula(
                name="product", written="{0}*{1}",
                values=lambda x, y: x * y, slopes=lambda x, y: (y, x),
            ),
            Formula(
                name="sin", written="sin({0})",
                values=_SIN, slopes=lambda x: (_COS(x),),
            ),
            Formula(
                name="cos", written="cos({0})",
                values=_COS, slopes=lambda x: (-_SIN(x),),
            ),
            Formula(
                name="abs", written="abs({0})",
                values=np.abs, slopes=lambda x: (np.sign(x),),
            ),
        )
    }
)  # fmt: skip
"""Every formula by its name."""


class Derived(Record):
    """A feature that is computed from base features.

    Example:
        >>> parsed("x0 * `my age`")
        Derived(formula='product', of=('x0', 'my age'))
        >>> parsed("x0 * `my age`").name
        'x0*`my age`'
    """

    formula: str
    """A name of `FORMULAS`."""
    of: tuple[str, ...] = Field(min_length=1, max_length=2)
    """The names of the base features that it is made of."""

    @model_validator(mode="after")
    def _check_formula(self) -> Self:
        if self.formula not in FORMULAS:
            raise ValueError(f"there is no formula {self.formula!r}")
        if len(self.of) != FORMULAS[self.formula].n_of:
            raise ValueError(f"{self.formula} is made of {FORMULAS[self.formula].n_of} features")
        return self

    @property
    def name(self) -> str:
        """The formula as it is written, which is what the feature is called."""
        return FORMULAS[self.formula].written.format(*map(_quoted, self.of))

    @property
    def key(self) -> tuple[str, ...]:
        """What is the same for formulas that always give the same numbers."""
        if self.formula == "product" and self.of[0] == self.of[1]:
            return "square", self.of[0]
        return self.formula, *sorted(self.of)

    def values(self, *columns: Values) -> Values:
        """Return the feature, (N,), from the columns that it is made of; NaN where it has none."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(FORMULAS[self.formula].values(*columns), np.float64)

    def slopes(self, *columns: Values) -> tuple[Values, ...]:
        """Return its derivative by each column that it is made of, (N,) each."""
        with np.errstate(over="ignore", invalid="ignore"):
            return FORMULAS[self.formula].slopes(*columns)


def parsed(text: str) -> Derived:
    """Return what a formula says.

    Raises:
        PydanticCustomError: it is not one of the grammar; the message says what is near.
    """
    if found := _POWER.fullmatch(text):
        return Derived(formula=_power(text, found[2]), of=(_bare(found[1]),))
    if found := _PRODUCT.fullmatch(text):
        return Derived(formula="product", of=(_bare(found[1]), _bare(found[2])))
    if found := _CALL.fullmatch(text):
        return Derived(formula=_function(text, found[1]), of=(_bare(found[2]),))
    cure = " Put a name with spaces or signs into backticks." if text.strip() else ""
    raise reason("wrong_kind", f"must be a formula such as {WISH}; got {_shown(text)}.{cure}")


def as_written(text: str) -> str:
    """Return a formula as it is written and its feature is called.

    Example:
        >>> as_written(" sin( x0 )")
        'sin(x0)'
    """
    return parsed(text).name


def check_differ(formulas: Sequence[str]) -> None:
    """Check that no two formulas always give the same numbers.

    Raises:
        PydanticCustomError: two do.
    """
    seen: dict[tuple[str, ...], str] = {}
    for text in formulas:
        key = parsed(text).key
        if key in seen:
            same = "stands there twice" if seen[key] == text else f"is the same as {seen[key]}"
            raise reason("conflict", f"must be formulas that differ; {text} {same}.")
        seen[key] = text


def _power(text: str, power: str) -> str:
    if power not in POWERS:
        raise reason("out_of_bounds", f"must have the power 2 or 3; got {_shown(text)}.")
    return POWERS[power]


def _function(text: str, name: str) -> str:
    known = [each for each, formula in FORMULAS.items() if "(" in formula.written]
    if name not in known:
        cure = did_you_mean(name, known)
        told = f"must be a formula such as {WISH}; got {_shown(text)}. {cure}"
        raise reason("unknown_name", told.rstrip())
    return name


def _bare(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") else name


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else "`" + name.replace("`", "``") + "`"


def _shown(text: Any) -> str:
    shown = repr(text)
    return shown if len(shown) <= 60 else shown[:59] + "…"


__all__ = ["FORMULAS", "WISH", "Derived", "Formula", "as_written", "check_differ", "parsed"]
