"""Rows at random, the same ones whether a table comes whole or in parts.

Every row has a key that follows from the seed and its number alone; the rows with the least
keys are the sample.
"""

from __future__ import annotations

import numpy as np

from shoal import streams
from shoal.network import FloatArray

BLOCK = 2**16
"""Rows whose keys are computed at once."""


def sampled(n: int, most: int, seed: int) -> np.ndarray:
    """Return the numbers of all rows, or of `most` of them at random, in order.

    Example:
        >>> sampled(3, 5, seed=0).tolist()
        [0, 1, 2]
    """
    return np.arange(n) if n <= most else least(sample_keys(0, n, seed), most)


def sample_keys(start: int, stop: int, seed: int) -> FloatArray:
    """Return the keys of the rows from `start` up to before `stop`, each from 0 to 1.

    Shapes:
        (stop - start,)
    """
    source = streams.stream(seed, "sample")
    first, last = start // BLOCK, max(start, stop - 1) // BLOCK
    keys = np.concatenate([source.uniform(BLOCK, step=k) for k in range(first, last + 1)])
    return keys[start - first * BLOCK : stop - first * BLOCK]


def least(keys: FloatArray, most: int) -> np.ndarray:
    """Return the places of the `most` least keys, in order; of equal keys the first.

    Example:
        >>> least(np.array([0.5, 0.1, 0.9, 0.3]), 2).tolist()
        [1, 3]
    """
    return np.sort(np.argsort(keys, kind="stable")[:most])
