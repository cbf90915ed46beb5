"""The axis letters used everywhere, and the check of arrays against them.

======  =====================================
letter  axis
======  =====================================
``P``   networks of a population
``N``   rows
``D``   features (inputs of a layer)
``H``   hidden units (outputs of a layer)
``C``   outputs of a network
``L``   layers
``T``   epochs, steps or reports
``K``   parameters of one network, flat
======  =====================================
"""

from __future__ import annotations

from typing import Any

import numpy as np

from shoal.errors import ArgumentError


def check_shapes(where: str, spec: str, **arrays: np.ndarray[Any, Any]) -> dict[str, int]:
    """Check arrays against axis letters and return the size of each letter.

    Args:
        where: the public function, for the message.
        spec: e.g. ``"x (N, D), y (N, C)"``; a number stands for itself.
        arrays: the arrays, by the names in `spec`.

    Returns:
        The size found for every letter.

    Raises:
        ArgumentError: an array has another rank, or a letter has two sizes.

    Example:
        >>> check_shapes("fit", "x (N, D), y (N, 1)", x=np.zeros((4, 2)), y=np.zeros((4, 1)))
        {'N': 4, 'D': 2}
    """
    sizes: dict[str, int] = {}
    first: dict[str, str] = {}
    for part in spec.replace(" ", "").split("),"):
        name, _, axes = part.rstrip(")").partition("(")
        letters = [a for a in axes.split(",") if a]
        shape = np.shape(arrays[name])
        wanted = "(" + ", ".join(letters) + ("," if len(letters) == 1 else "") + ")"
        if len(shape) != len(letters):
            raise ArgumentError(where, name, f"must have shape {wanted}", got=shape, code="A104")
        for letter, size in zip(letters, shape, strict=True):
            known = int(letter) if letter.isdigit() else sizes.setdefault(letter, size)
            if known != size:
                origin = f" from `{first[letter]}`" if letter in first else ""
                told = "" if letter.isdigit() else f" with {letter}={known}{origin}"
                raise ArgumentError(
                    where, name, f"must have shape {wanted}{told}", got=shape, code="A104"
                )
            first.setdefault(letter, name)
    return sizes
