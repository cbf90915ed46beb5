"""Lines over time: told apart where they lie on each other, carried on where networks ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from shoal.charts.marks import Spec, above, coloured, name
from shoal.charts.theme import Theme, classes

DASHES: Final = ((1, 0), (7, 3), (2, 3), (11, 3, 2, 3))
"""Of the first line, the second ...; the first one is whole."""
WIDTHS: Final = (4.4, 3.0, 2.4, 2.0)
"""The lines below are wider than those above, so that they are seen beside and between them."""
ALONE: Final = 2.4
FAR_APART: Final = 20.0
"""Ratio of two sizes from which a linear axis would hide the smaller one."""
KEPT: Final = "networks that ended early keep their last figure"


def told_apart(
    field: str, title: str | None, names: Sequence[str], colours: Theme, **more: Any
) -> dict[str, Spec]:
    """Return the channels by which lines differ: colour, dashes and width, with one legend.

    Args:
        field: the column with the names.
        title: of the legend.
        names: in the order they are drawn, the first below.
        colours: of the theme.
        more: "legend", above the picture if not given.
    """
    legend = more.get("legend", above()) if len(names) > 1 or "legend" in more else None
    shown = None if legend is None else {**legend, "symbolType": "stroke", "symbolSize": 500}
    n = len(names)
    found = {"color": coloured(field, title, names, classes(colours, n), legend=shown)}
    if n > 1:
        dashes = [list(DASHES[k % len(DASHES)]) for k in range(n)]
        widths = [WIDTHS[min(k, len(WIDTHS) - 1)] for k in range(n)]
        scales = (
            {"domain": list(names), "range": dashes},
            {"domain": list(names), "range": widths},
        )
        found["strokeDash"] = name(field, title, scale=scales[0], legend=shown)
        found["strokeWidth"] = name(field, title, scale=scales[1], legend=None)
    return found


def carried(values: np.ndarray, sound: np.ndarray) -> np.ndarray:
    """Return figures over time in which a network that ended keeps its last one.

    Without it a median would jump where the first networks reach a target, since only those
    that did not would be left. Networks that diverged have none from there on.

    Shapes:
        values (P, T), sound (P,) -> (P, T)

    Example:
        >>> carried(np.array([[3.0, np.nan], [2.0, np.nan]]), np.array([True, False])).tolist()
        [[3.0, 3.0], [2.0, nan]]
    """
    columns = np.arange(values.shape[1])
    last = np.maximum.accumulate(np.where(np.isfinite(values), columns, -1), axis=1)
    found = np.take_along_axis(values, np.maximum(last, 0), axis=1)
    return np.where((last >= 0) & sound[:, np.newaxis], found, values)


def ended_early(values: np.ndarray, sound: np.ndarray) -> bool:
    """Return whether a network that did not diverge has figures, but none at the end."""
    if values.shape[1] == 0:
        return False
    return bool((np.isfinite(values).any(axis=1) & ~np.isfinite(values[:, -1]) & sound).any())


def is_far_apart(sizes: Sequence[float]) -> bool:
    """Return whether sizes differ so much that a linear axis would hide the smaller ones.

    Example:
        >>> is_far_apart([30_000, 800_000]), is_far_apart([1.0, 5.0]), is_far_apart([0.0, 1.0])
        (True, False, False)
    """
    known = [size for size in sizes if np.isfinite(size) and size > 0]
    return bool(known) and max(known) > FAR_APART * min(known)


def round_ticks(low: float, high: float) -> list[float]:
    """Return 1, 2 and 5 times powers of ten in a range, the powers alone where it is wide.

    Example:
        >>> round_ticks(300, 6000), round_ticks(3, 2_000_000)
        ([500.0, 1000.0, 2000.0, 5000.0], [10.0, 100.0, 1000.0, 10000.0, 100000.0, 1000000.0])
    """
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    parts = (1, 2, 5) if last - first <= 3 else (1,)
    every = [float(f"{part}e{k}") for k in range(first, last + 1) for part in parts]
    return [each for each in every if low <= each <= high]


__all__ = [
    "KEPT", "carried", "ended_early", "is_far_apart", "round_ticks", "told_apart",
]  # fmt: skip
