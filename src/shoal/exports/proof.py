"""What came of running an exported file on its vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.exports.vectors import Vectors


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An exported file ran, and this is how far it was from the model.

    Attributes:
        runtime: what ran it: ``node 20.20``.
        n_vectors: the rows.
        largest_difference: of a figure from that of the model; infinite where one is NaN. Of
            several targets it is that of the target which is worst by what it is allowed.
        tolerance: what was allowed for that figure.
        passed: whether all of them were within theirs.
    """

    runtime: str
    n_vectors: int
    largest_difference: float
    tolerance: float
    passed: bool

    def __str__(self) -> str:
        """Return it as a sentence."""
        rows = "1 row" if self.n_vectors == 1 else f"{self.n_vectors} rows"
        return (
            f"{'proved' if self.passed else 'refuted'} by {self.runtime} on {rows}: largest "
            f"difference {self.largest_difference:.1e} (allowed {self.tolerance:.0e})"
        )


def judged(runtime: str, vectors: Vectors, found: ArrayLike) -> Proof:
    """Return the proof for what a file said of the vectors.

    Args:
        runtime: what ran it.
        vectors: what was expected.
        found: the figures it gave.

    Shapes:
        found (V, K)

    Example:
        >>> expected = np.array([[0.5]])
        >>> vectors = Vectors(x=expected, expected=expected, disagreement=expected[0],
        ...                   codes=None, tolerances=np.array([1e-6]))
        >>> [judged("node 20", vectors, [[found]]).passed for found in (0.5000003, 0.6)]
        [True, False]
    """
    told = _numbers(found)
    largest = np.full(len(vectors.tolerances), np.inf)
    if told is not None and told.shape == vectors.expected.shape and not np.isnan(told).any():
        largest = np.abs(told - vectors.expected).max(axis=0)
    worst = int(np.argmax(largest / vectors.tolerances))
    return Proof(
        runtime=runtime,
        n_vectors=len(vectors),
        largest_difference=float(largest[worst]),
        tolerance=float(vectors.tolerances[worst]),
        passed=bool((largest <= vectors.tolerances).all()),
    )


def _numbers(found: ArrayLike) -> NDArray[Any] | None:
    try:
        return np.asarray(found, np.float64)
    except (TypeError, ValueError):  # lists of several lengths, null, text
        return None
