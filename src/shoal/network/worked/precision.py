"""How numbers are written: a precision's own digits, and no more of them than the result takes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from shoal.network.worked.formula import Formula, evaluate

LEAST_DIGITS: Final = 6
"""Digits of a given number that are written in any case."""


@dataclass(frozen=True, slots=True)
class Precision:
    """The numbers of a precision, as they are written.

    A float32 is shown with the fewest digits that read back as the same float32; what is
    computed from it is computed from those digits, so that a calculator gets the same.
    """

    dtype: str

    def shown(self, value: float) -> float:
        """Return the number that is written for a value.

        Example:
            >>> Precision("float32").shown(1 / 3), Precision("float64").shown(0.1)
            (0.33333334, 0.1)
        """
        if self.dtype == "float64":
            return float(value)
        with np.errstate(over="ignore"):
            return float(str(np.float32(value)))

    def all_shown(self, values: np.ndarray) -> np.ndarray:
        """Return the numbers that are written for an array, float64 of the same shape."""
        flat = [self.shown(value) for value in np.asarray(values, np.float64).ravel().tolist()]
        return np.array(flat, np.float64).reshape(np.shape(values))

    def placed(self, value: float, scale: float) -> float:
        """Return a float64 number to the last place that means something beside a scale.

        A float32 number times `scale` is known to about 8 digits of `scale`.

        Example:
            >>> Precision("float32").placed(2028.1964167223691, 10.4)
            2028.1964167
        """
        if self.dtype == "float64" or scale == 0:
            return value
        return round(value, 7 - math.floor(math.log10(abs(scale))) + 1)


def in_few_digits(
    make: Callable[..., Formula], given: tuple[float, ...], written: Callable[[float], float]
) -> tuple[float, ...]:
    """Return given numbers with as few digits as leave the result what it is.

    Args:
        make: the formula of the numbers.
        given: the numbers with all their digits.
        written: what is written for the formula's value.

    Example:
        >>> from shoal.network.worked.formula import divide, subtract
        >>> shown = Precision("float32").shown
        >>> in_few_digits(lambda m, s: divide(subtract(5, m), s), (1 / 3, 2 / 3), shown)
        (0.33333333, 0.66666667)
    """
    wanted = written(evaluate(make(*given)))
    for digits in range(LEAST_DIGITS, 17):
        short = tuple(float(f"{each:.{digits}g}") for each in given)
        if written(evaluate(make(*short))) == wanted:
            return short
    return given
