"""Which kernel carries which networks: free to choose, since the bits are the same.

The rows kernel takes one network at a time, 16 rows side by side; the networks kernel takes
16 networks side by side, one row of each at a time.
"""

from __future__ import annotations

import os
from typing import Any, Literal

import numpy as np

KernelName = Literal["auto", "rows", "networks"]
"""Which kernel trains: the one that is sooner done, or one of the two; the bits are the same."""

LANES = 16
SMALL = 512
"""Parameters up to which 16 networks side by side stay in the first cache."""


def default_threads() -> int:
    """Return how many threads this process may use at once."""
    return len(os.sched_getaffinity(0))


def units_of_work(
    alike: np.ndarray[Any, Any],
    *,
    batch: int,
    n_parameters: int,
    until: int,
    threads: int,
    kernel: KernelName = "auto",
    group: int = 0,
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Divide networks among units of work.

    Args:
        alike: a number for each network, (P,) int64: neighbours with equal numbers (same
            step, same number of rows) may go side by side; -1 leaves a network out.
        batch: rows of a step.
        n_parameters: K.
        until: the step to reach.
        threads: how many units run at once.
        kernel: "rows" or "networks" decides for all.
        group: the group's number in the call to the core.

    Returns:
        Units (n, 4): group, first network, how many (1: rows kernel), step to reach.
    """
    chunks = _neighbours(alike)
    if kernel == "networks":
        side_by_side = True
    elif kernel == "rows":
        side_by_side = False
    else:
        side_by_side = _networks_pay(chunks, batch, n_parameters, threads)
    units = []
    for first, count in chunks:
        together = count > 1 and side_by_side
        if together and kernel == "auto":
            together = _share_of_rows(batch, n_parameters) * LANES < count
        pieces = [(first, count)] if together else [(first + k, 1) for k in range(count)]
        units += [(group, start, n, until) for start, n in pieces]
    return np.array(units, np.int64).reshape(-1, 4)


def _neighbours(alike: np.ndarray[Any, Any]) -> list[tuple[int, int]]:
    """Return runs of at most 16 networks with equal numbers, as (first, count)."""
    running = np.flatnonzero(alike >= 0)
    if len(running) == 0:
        return []
    parted = (np.diff(running) != 1) | (np.diff(alike[running]) != 0)
    starts = np.flatnonzero(np.concatenate([[True], parted]))
    lengths = np.diff(np.concatenate([starts, [len(running)]]))
    return [
        (first + at, min(LANES, length - at))
        for first, length in zip(running[starts].tolist(), lengths.tolist(), strict=True)
        for at in range(0, length, LANES)
    ]


def _share_of_rows(batch: int, n_parameters: int) -> float:
    """Return the time of a full networks unit per network, relative to the rows kernel.

    Measured with AVX-512 over batches 1 to 512 and 33 to 7,510 parameters: 0.1 at batch 1,
    0.65 at 16, 0.86 at 30, 1.2 from 64 on; larger networks lose to register blocking.
    """
    share = min(1.2, 0.14 + 0.024 * batch)
    return share if n_parameters <= SMALL else share * 1.4


def _networks_pay(
    chunks: list[tuple[int, int]], batch: int, n_parameters: int, threads: int
) -> bool:
    """Return whether the whole is done sooner side by side: a unit keeps one thread busy."""
    n_networks = sum(count for _, count in chunks)
    rounds_of_units = -(-len(chunks) // threads)
    rounds_of_networks = -(-n_networks // threads)
    share = _share_of_rows(batch, n_parameters)
    return rounds_of_units * LANES * share < rounds_of_networks
