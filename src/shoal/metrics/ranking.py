"""How well scores rank rows of a class above the others: ROC, its area, average precision.

Rows with equal scores go together, since no threshold parts them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.metrics.grouped import Groups, groups

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """N rows in G groups of equal scores, the highest first.

    Attributes:
        cells: rows by group and by whether they are of the class, which is even.
        scores: of the groups.

    Shapes:
        scores (G,)
    """

    cells: Groups
    scores: FloatArray

    @property
    def n_rows(self) -> int:
        """N."""
        return len(self.cells.order)

    def counts(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the weight of the class, and of the others, from the top to every group.

        Shapes:
            weights (B, N) -> each (B, G)
        """
        each = self.cells.sums(weights)
        return np.cumsum(each[:, 0::2], axis=1), np.cumsum(each[:, 1::2], axis=1)

    def areas(self, weights: FloatArray) -> FloatArray:
        """Return the area under the ROC curve and the average precision.

        NaN where there is no row of the class, or, for the first, no other.

        Shapes:
            weights (B, N) -> (B, 2)
        """
        hits, alarms = self.counts(weights)
        rises, runs = _steps(hits), _steps(alarms)
        with np.errstate(divide="ignore", invalid="ignore"):
            under = (runs * (hits - rises / 2)).sum(axis=1) / (hits[:, -1] * alarms[:, -1])
            together = hits + alarms
            precision = np.where(together > 0, hits / together, 0.0)
            average = (rises * precision).sum(axis=1) / hits[:, -1]
        return np.stack([under, average], axis=1)


def ranking(scores: ArrayLike, is_class: ArrayLike, *, most: int | None = None) -> Ranking:
    """Return rows in the order of their scores.

    Args:
        scores: the higher, the more like the class.
        is_class: whether a row is of it.
        most: put neighbours together, in about so many groups of as many rows.

    Shapes:
        scores (N,), is_class (N,) bool
    """
    values = np.asarray(scores, np.float64)
    order = np.argsort(-values, kind="stable")
    ordered = values[order]
    group = np.cumsum(np.diff(ordered, prepend=ordered[:1]) != 0)
    if most is not None and group[-1] >= most:
        first = np.searchsorted(group, group)  # the first row of equal scores says their group
        _, group = np.unique(first * most // len(group), return_inverse=True)
    ends = np.append(np.flatnonzero(np.diff(group)), len(group) - 1)
    place = np.empty(len(group), np.int64)
    place[order] = 2 * group
    place += ~np.asarray(is_class, bool)
    return Ranking(cells=groups(place, 2 * len(ends)), scores=ordered[ends])


def roc_points(
    scores: ArrayLike, is_class: ArrayLike, weights: ArrayLike | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return false alarms and hits at every threshold, from (0, 0) to (1, 1).

    Shapes:
        scores (N,), is_class (N,) bool, weights (N,) -> each (at most N + 1,)

    Example:
        >>> roc_points([0.5, 0.5, 0.9, 0.1], [True, False, True, False])
        (array([0. , 0. , 0.5, 1. ]), array([0. , 0.5, 1. , 1. ]))
    """
    found = ranking(scores, is_class)
    hits, alarms = (each[0] for each in found.counts(_row_weights(weights, found.n_rows)))
    points = (
        np.append(0.0, each / each[-1]) if each[-1] > 0 else np.zeros(len(each) + 1)
        for each in (alarms, hits)
    )
    x, y = points
    return x, y


def roc_auc(scores: ArrayLike, is_class: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the area under the ROC curve.

    The chance that a row of the class has a higher score than another row, equal scores
    counting half; NaN where there are not both.

    Shapes:
        scores (N,), is_class (N,) bool, weights (N,)

    Example:
        >>> roc_auc([0.1, 0.4, 0.35, 0.8], [False, False, True, True])
        0.75
    """
    found = ranking(scores, is_class)
    return float(found.areas(_row_weights(weights, found.n_rows))[0, 0])


def average_precision(
    scores: ArrayLike, is_class: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """Return the average precision: ``sum over thresholds (R_k - R_(k-1)) P_k``.

    R and P are the recall and precision of the rows down to the k-th different score, nothing
    is interpolated. NaN where no row is of the class.

    Shapes:
        scores (N,), is_class (N,) bool, weights (N,)

    Example:
        >>> round(average_precision([0.1, 0.4, 0.35, 0.8], [False, False, True, True]), 4)
        0.8333
    """
    found = ranking(scores, is_class)
    return float(found.areas(_row_weights(weights, found.n_rows))[0, 1])


def _row_weights(weights: ArrayLike | None, n_rows: int) -> FloatArray:
    found = np.ones(n_rows) if weights is None else np.asarray(weights, np.float64)
    return found[np.newaxis]


def _steps(climbing: FloatArray) -> FloatArray:
    return np.diff(climbing, axis=1, prepend=0.0)
