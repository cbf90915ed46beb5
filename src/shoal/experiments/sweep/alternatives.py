"""Several values in place of one on the command line: ``training.optimizer=sgd,adam``."""

from __future__ import annotations

from typing import Any, Final

from shoal.errors import InputError
from shoal.experiments.changes import read_value

OPENING: Final = {"[": "]", "{": "}"}
QUOTES: Final = "\"'"


def alternatives(text: str) -> list[str]:
    """Return the changes that a change with several values stands for.

    Commas part the values, but for those in brackets and quotes, which belong to a value.

    Raises:
        InputError: there is nothing between two commas, or no ``=``.

    Example:
        >>> alternatives("training.optimizer=sgd, adam")
        ['training.optimizer=sgd', 'training.optimizer=adam']
        >>> alternatives("population.vary=[init, order]")
        ['population.vary=[init, order]']
    """
    key, equals, value = text.partition("=")
    if not equals:
        raise InputError(
            f"'{text}': is not a change. Write key=value, such as training.epochs=20.", code="U108"
        )
    values = parted(value)
    if len(values) > 1 and not all(values):
        raise InputError(f"'{text}': has nothing between two commas. Write key=a,b,c.", code="U108")
    return [f"{key}={each}" for each in values]


def values_of(text: str) -> list[Any]:
    """Return the values of a change, one or more.

    Example:
        >>> values_of("data.label_noise=0,0.1")
        [0, 0.1]
    """
    return [read_value(each.partition("=")[2].strip()) for each in alternatives(text)]


def parted(value: str) -> list[str]:
    """Return what commas part, without those in brackets and quotes.

    Example:
        >>> parted('[a, b], "c, d", e')
        ['[a, b]', '"c, d"', 'e']
    """
    found: list[str] = []
    closing: list[str] = []
    begun = 0
    for at, sign in enumerate(value):
        if closing and sign == closing[-1]:
            closing.pop()
        elif closing and closing[-1] in QUOTES:
            continue
        elif sign in OPENING:
            closing.append(OPENING[sign])
        elif sign in QUOTES and not value[begun:at].strip(" [{,="):
            closing.append(sign)
        elif sign == "," and not closing:
            found.append(value[begun:at].strip())
            begun = at + 1
    return [*found, value[begun:].strip()]
