"""What a sweep answers, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shoal.data.wording import count
from shoal.experiments.sweep.cells import label_of

if TYPE_CHECKING:
    from shoal.experiments.sweep.swept import Swept

WORDS = {"mean_absolute_error": "mean absolute error", "r2": "R²"}


def answer(swept: Swept, figure: str) -> str:
    """Return where the figure was best, how sure that is, and where it was worst."""
    found = swept.medians(figure)
    known = np.isfinite(found.median)
    if not known.any():
        done = (swept.columns["stopped_because"] != "not trained").any()
        return "Every network diverged." if done else "Nothing was trained."
    order = [k for k in swept.order(figure) if known[k]]
    best, worst = order[0], order[-1]
    low, high = found.low[best], found.high[best]
    sure = f" (95 % interval {low:.4g} to {high:.4g})" if np.isfinite(low) else ""
    told = (
        f"Best {named(figure)} with {label_of(swept.cell_values[best])}: median "
        f"{found.median[best]:.4g}{sure}, {count(int(found.n_counted[best]), 'network')}"
    )
    if found.median[worst] == found.median[best]:
        return f"{told}; all {len(order):,} cells have that median."
    equal = int((found.median[known] == found.median[best]).sum()) - 1
    alike = f", as with {count(equal, 'other cell')}" if equal else ""
    low_end = f"worst with {label_of(swept.cell_values[worst])}: {found.median[worst]:.4g}"
    return f"{told}{alike}; {low_end}."


def named(figure: str) -> str:
    """Return a figure's name in words.

    Example:
        >>> named("train_accuracy"), named("test_mean_absolute_error")
        ('training accuracy', 'test mean absolute error')
    """
    part, _, kind = figure.partition("_")
    return f"{'training' if part == 'train' else part} {WORDS.get(kind, kind)}"
