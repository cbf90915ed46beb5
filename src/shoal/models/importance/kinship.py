"""Columns that say much the same: permuting one of them leaves the other to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from shoal.data.dataset import Feature
from shoal.network import FloatArray

RELATED: Final = 0.7
"""A correlation from which two columns are told as related."""
MOST_FEATURES: Final = 2_000
"""Beyond this many the table of all pairs is not made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Two columns and their correlation, 0 to 1."""

    first: str
    second: str
    correlation: float


def related_columns(
    columns: Sequence[Feature], groups: Sequence[slice], x: FloatArray
) -> tuple[Related, ...]:
    """Return the pairs of columns that are correlated by 0.7 or more, the closest first.

    Numbers count by their ranks. The correlation is the largest that any weighting of the
    features of one column has with any of the other's (the first canonical correlation): for
    two columns of numbers Spearman's without its sign, for a number and categories the root
    of the share of the ranks' variance that the categories explain.

    Shapes:
        columns K, groups K, x (N, D)

    Source:
        Hotelling, "Relations between two sets of variates" (1936).

    Example:
        >>> columns = [Feature(name="a"), Feature(name="b")]
        >>> x = np.array([[1.0, 5.0], [2.0, 3.0], [9.0, -8.0]])
        >>> related_columns(columns, [slice(0, 1), slice(1, 2)], x)[0].correlation
        1.0
    """
    if len(x) < 3 or x.shape[1] > MOST_FEATURES:
        return ()
    bases = [
        _basis(_ranks(x[:, group.start])[:, None] if column.categories is None else x[:, group])
        for column, group in zip(columns, groups, strict=True)
    ]
    stops = np.cumsum([basis.shape[1] for basis in bases]).tolist()
    starts = [0, *stops[:-1]]
    table = np.concatenate(bases, axis=1)
    products = table.T @ table
    found = []
    for i in range(len(columns)):
        for k in range(i + 1, len(columns)):
            block = products[starts[i] : stops[i], starts[k] : stops[k]]
            if block.size == 0 or float((block**2).sum()) < RELATED**2:
                continue  # the root of the sum of squares is never below the largest
            largest = min(1.0, round(float(np.linalg.norm(block, 2)), 12))
            if largest >= RELATED:
                one = Related(first=columns[i].name, second=columns[k].name, correlation=largest)
                found.append(one)
    return tuple(sorted(found, key=lambda pair: -pair.correlation))


def families(names: Sequence[str], related: Sequence[Related]) -> tuple[tuple[str, ...], ...]:
    """Return columns that related pairs join, in the order of `names`.

    Example:
        >>> pairs = [Related(first="a", second="c", correlation=1.0)]
        >>> families(["a", "b", "c"], pairs)
        (('a', 'c'),)
    """
    head = {name: name for name in names}

    def root(name: str) -> str:
        while head[name] != name:
            name = head[name]
        return name

    for pair in related:
        head[root(pair.second)] = root(pair.first)
    joined: dict[str, list[str]] = {}
    for name in names:
        joined.setdefault(root(name), []).append(name)
    return tuple(tuple(each) for each in joined.values() if len(each) > 1)


def _basis(block: FloatArray) -> FloatArray:
    """Return orthonormal columns that span those of `block` (N, k), their means taken off."""
    centred = block - block.mean(axis=0)
    u, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    keep = sizes > 1e-9 * max(1.0, float(np.abs(block).max())) * np.sqrt(len(block))
    return np.asarray(u[:, keep])


def _ranks(values: FloatArray) -> FloatArray:
    """Return ranks from 0, equal values sharing the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: FloatArray = ((last - counts + last - 1) / 2)[inverse]
    return ranks
