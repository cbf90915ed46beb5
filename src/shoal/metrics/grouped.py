"""Sums of weights over groups of rows, for many sets of weights at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groups:
    """Rows in groups whose weights are added.

    Attributes:
        order: the rows, group by group.
        present: the groups that have rows.
        starts: where each of those begins in `order`.
        n_groups: how many there are.

    Shapes:
        order (N,); present, starts (at most n_groups,)
    """

    order: NDArray[np.int64]
    present: NDArray[np.int64]
    starts: NDArray[np.int64]
    n_groups: int

    def sums(self, weights: FloatArray) -> FloatArray:
        """Return the sum of every group.

        Shapes:
            weights (B, N) -> (B, n_groups)
        """
        found = np.zeros((len(weights), self.n_groups))
        ordered = np.take(weights, self.order, axis=1)
        found[:, self.present] = np.add.reduceat(ordered, self.starts, axis=1)
        return found


def groups(place: NDArray[np.int64], n_groups: int) -> Groups:
    """Return rows in groups by number.

    Shapes:
        place (N,)

    Example:
        >>> groups(np.array([2, 0, 2]), 3).sums(np.array([[1.0, 5.0, 2.0]]))
        array([[5., 0., 3.]])
    """
    order = np.argsort(place, kind="stable")
    present, starts = np.unique(place[order], return_index=True)
    return Groups(order=order, present=present, starts=starts, n_groups=n_groups)
