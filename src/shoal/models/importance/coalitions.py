"""Shapley values of a row against another: what each column adds, over all orders of adding.

For networks whose slopes say nothing. The values add up to the change exactly, whichever
orders are taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from shoal import streams
from shoal.network import FloatArray

EXACT_UP_TO: Final = 12
"""Columns up to which all 2**K mixtures are asked for."""
MOST_ROWS: Final = 200_000
ORDERS: Final = 128
"""Random orders of more columns, each taken from its end too."""

Ask = Callable[[FloatArray], FloatArray]
"""From rows (n, D) to a figure of every network, (P, n)."""


def shapley(
    ask: Ask, start: FloatArray, end: FloatArray, groups: Sequence[slice], seed: int
) -> tuple[FloatArray, int]:
    """Return what every column adds between two rows, of every network, and the rows asked for.

    A column's value is the mean, over the orders of changing columns from `start` to `end`
    one after the other, of what changing it changes: over all orders for at most 12 columns,
    else over 128 random ones and their reverses.

    Args:
        ask: what the networks say of rows.
        start, end: the rows, as features.
        groups: the features of every column.
        seed: of the orders.

    Shapes:
        start, end (D,), groups K -> (P, K)

    Source:
        Shapley, "A value for n-person games" (1953), with the baseline row as in Sundararajan,
        Najmi, "The many Shapley values for model explanation" (2020).

    Example:
        >>> ask = lambda x: x[:, 0] * x[:, 1:2].T  # one network that multiplies
        >>> columns = [slice(0, 1), slice(1, 2)]
        >>> shapley(ask, np.zeros(2), np.array([2.0, 3.0]), columns, 0)[0].tolist()
        [[3.0, 3.0]]
    """
    if len(groups) <= EXACT_UP_TO:
        return _exact(ask, start, end, groups)
    return _sampled(ask, start, end, groups, seed)


def _exact(
    ask: Ask, start: FloatArray, end: FloatArray, groups: Sequence[slice]
) -> tuple[FloatArray, int]:
    n = len(groups)
    members = np.arange(2**n)[:, None] >> np.arange(n) & 1  # (2**n, n)
    values = ask(_mixed(start, end, groups, members))
    sizes = members.sum(axis=1)
    found = np.empty((len(values), n))
    for k in range(n):
        without = np.flatnonzero(members[:, k] == 0)
        share = np.array([1 / (n * math.comb(n - 1, size)) for size in range(n)])
        gains = values[:, without + 2**k] - values[:, without]
        found[:, k] = gains @ share[sizes[without]]
    return found, len(members)


def _sampled(
    ask: Ask, start: FloatArray, end: FloatArray, groups: Sequence[slice], seed: int
) -> tuple[FloatArray, int]:
    n = len(groups)
    n_orders = max(1, min(ORDERS, MOST_ROWS // (2 * (n + 1))))
    orders = streams.stream(seed, "shapley")
    total: FloatArray = np.zeros((1, n))
    for k in range(n_orders):
        forwards = orders.permutation(n, step=k)
        for order in (forwards, forwards[::-1]):
            members = np.zeros((n + 1, n), np.int64)
            for place, column in enumerate(order.tolist()):
                members[place + 1 :, column] = 1
            gains = np.diff(ask(_mixed(start, end, groups, members)), axis=1)
            total = total + gains[:, np.argsort(order)]
    return total / (2 * n_orders), 2 * n_orders * (n + 1)


def _mixed(
    start: FloatArray, end: FloatArray, groups: Sequence[slice], members: np.ndarray
) -> FloatArray:
    """Return rows with the columns in `members` (n, K) from `end`, the others from `start`."""
    rows = np.repeat(start[None], len(members), axis=0)
    for k, group in enumerate(groups):
        rows[members[:, k] == 1, group] = end[group]
    return rows
