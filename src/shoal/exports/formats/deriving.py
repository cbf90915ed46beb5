"""Derived features in source text: each formula as an expression of every language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from shoal.errors import InternalError
from shoal.exports.portable import DerivedStep

_ARITHMETIC: Final = {"square": "{0} * {0}", "cube": "{0} * {0} * {0}", "product": "{0} * {1}"}
PYTHON: Final[Mapping[str, str]] = _ARITHMETIC | {
    "sin": "math.sin({0})", "cos": "math.cos({0})", "abs": "abs({0})",
}  # fmt: skip
JAVASCRIPT: Final[Mapping[str, str]] = _ARITHMETIC | {
    "sin": "Math.sin({0})", "cos": "Math.cos({0})", "abs": "Math.abs({0})",
}  # fmt: skip
C: Final[Mapping[str, str]] = _ARITHMETIC | {
    "sin": "sin({0})", "cos": "cos({0})", "abs": "fabs({0})",
}  # fmt: skip
SQL: Final[Mapping[str, str]] = _ARITHMETIC | {
    "sin": "sin({0})", "cos": "cos({0})", "abs": "abs({0})",
}  # fmt: skip
TORCH: Final[Mapping[str, str]] = _ARITHMETIC | {
    "sin": "torch.sin({0})", "cos": "torch.cos({0})", "abs": "torch.abs({0})",
}  # fmt: skip
KERAS: Final[Mapping[str, str]] = _ARITHMETIC | {
    "sin": "ops.sin({0})", "cos": "ops.cos({0})", "abs": "ops.abs({0})",
}  # fmt: skip


def expressions(
    steps: Sequence[DerivedStep], language: Mapping[str, str], base: Callable[[int], str]
) -> list[str]:
    """Return every derived feature as an expression.

    Args:
        steps: as `Portable.derived` has them.
        language: one of the tables above.
        base: from the number of a base feature to what stands for it.

    Example:
        >>> step = DerivedStep(formula="product", places=(0, 2))
        >>> expressions([step], PYTHON, "x[{}]".format)
        ['x[0] * x[2]']
    """
    return [language[step.formula].format(*map(base, step.places)) for step in steps]


def steps_of(parts: Mapping[str, Any]) -> list[DerivedStep]:
    """Return the derived features of a document as `plain.document` gives it."""
    return [
        DerivedStep(formula=each["formula"], places=tuple(each["places"]))
        for each in parts.get("derived", ())
    ]


def swapped(text: str, old: str, new: str) -> str:
    """Return a piece of a template with something in it replaced that must be there once."""
    if text.count(old) != 1:
        raise InternalError(f"a template has {text.count(old)} times {old!r}.")
    return text.replace(old, new)


__all__ = [
    "JAVASCRIPT",
    "KERAS",
    "PYTHON",
    "SQL",
    "TORCH",
    "C",
    "expressions",
    "steps_of",
    "swapped",
]  # fmt: skip
