"""What is gained by leaving out the rows that a model is least sure of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Covered:
    """The mean of a figure over the rows that are answered, for every threshold.

    Attributes:
        threshold: rows that are at least so sure are answered, from the highest to the lowest.
        share: the share of rows (of weight) that is.
        figure: the mean of the figure over them.
        n_rows: how many they are.
        n_effective: how many rows of equal weight say as much.

    Shapes:
        each (G,), G different thresholds
    """

    threshold: FloatArray
    share: FloatArray
    figure: FloatArray
    n_rows: NDArray[np.int64]
    n_effective: FloatArray

    @property
    def area(self) -> float:
        """The mean of the figure over all shares of answered rows, from 0 to 1."""
        return float((np.diff(self.share, prepend=0.0) * self.figure).sum())

    def at_share(self, share: float) -> int:
        """Return the first place where at least so many rows are answered."""
        # a share is a sum: 0.9 of 10 rows may be 0.9 less a bit
        return min(int(np.searchsorted(self.share, share - 1e-12)), len(self.share) - 1)

    def at_least(self, figure: float) -> int | None:
        """Return the place of most rows where the figure is at least so high; None if nowhere."""
        fine = np.flatnonzero(self.figure >= figure - 1e-12)
        return int(fine[-1]) if len(fine) else None


def covered(sure: ArrayLike, figure: ArrayLike, weights: ArrayLike | None = None) -> Covered:
    """Return the mean of a figure over the surest rows, however many of them.

    Args:
        sure: how sure every row is, in any unit.
        figure: 1 where it is right and 0 where not, or its error.
        weights: how much every row counts; rows of weight 0 are left out.

    Shapes:
        sure, figure, weights (N,)

    Source:
        El-Yaniv and Wiener, "On the foundations of noise-free selective classification" (2010).

    Example:
        >>> found = covered([0.9, 0.6, 0.8, 0.6], [1, 0, 1, 1])
        >>> found.threshold.tolist(), found.share.tolist(), found.figure.tolist()
        ([0.9, 0.8, 0.6], [0.25, 0.5, 1.0], [1.0, 1.0, 0.75])
        >>> found.area
        0.875
    """
    values, figures = np.asarray(sure, np.float64), np.asarray(figure, np.float64)
    w = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    values, figures, w = values[w > 0], figures[w > 0], w[w > 0]
    order = np.argsort(-values, kind="stable")
    ordered = values[order]
    ends = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    weight, squares, total = (np.cumsum(each[order])[ends] for each in (w, w * w, w * figures))
    return Covered(
        threshold=ordered[ends],
        share=weight / weight[-1],
        figure=total / weight,
        n_rows=ends + 1,
        n_effective=weight**2 / squares,
    )
