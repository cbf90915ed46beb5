"""How far from its training rows a row of numbers may lie: limits that training rows set.

Limits are set by rows that were held out in turn, so that of rows like the training rows at
most about one in a hundred lies beyond, however few or many there were.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from shoal.data.dataset import FloatArray

ALARMS: Final = 0.003
"""The share of rows like the training rows that each of the two limits may flag, at most."""
BEYOND: Final = 0.5
"""Of as many new rows as set the limits, how many may be flagged: where there are many rows,
limits lie beyond those that were there, and not at a share of them."""
FOLDS: Final = 5
MOST_ROWS: Final = 10_000
MOST_CELLS: Final = 2**18
"""Of more, rows at even distances set the limits: a model is made in milliseconds."""
FEWEST_ROWS: Final = 500
TAIL: Final = 0.1
"""The share of rows that a tail is: its mean excess is the column's unit beyond it."""
NARROWEST: Final = 0.05
"""The least unit of a tail, as a share of the column's range: tails may be one value."""
MOST_TOGETHER: Final = 64
"""The most columns that are looked at together."""
CORRELATION_DIGITS: Final = 6
DIGITS: Final = 9
LIMIT_DIGITS: Final = 5
"""Digits that are kept, so that the last bits of a machine's arithmetic are not."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Together:
    """How columns of numbers go together: what a distance from the training rows needs.

    Attributes:
        columns: which columns vary, (d,).
        centers, scales: their means and standard deviations, (d,).
        correlation: (d, d), rounded.
        shrinkage: how much of it is taken from the identity, 0 to 1.
        limit: of the squared distance.
    """

    columns: tuple[int, ...]
    centers: FloatArray
    scales: FloatArray
    correlation: FloatArray
    shrinkage: float
    limit: float


def some_rows(x: FloatArray) -> FloatArray:
    """Return rows at even distances: few enough to set limits by, (n, D) of (N, D)."""
    n, d = x.shape
    most = min(MOST_ROWS, max(FEWEST_ROWS, MOST_CELLS // max(d, 1)))
    return x if n <= most else x[np.arange(most) * n // most]


def fences(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the least and the largest value of every column that is like the training rows.

    A row's excess is that of the column where it is largest: the distance beyond the tenth of
    the rows that are lowest or highest, in units of that tenth's mean excess. Held-out rows say
    how large it may be; the training rows themselves always lie within.

    Shapes:
        x (N, D), N at least 1 -> (D,), (D,)

    Example:
        >>> low, high = fences(np.arange(1000.0)[:, None])
        >>> bool(low[0] > -200 and high[0] < 1200)
        True
    """
    some = some_rows(x)
    spread = np.ptp(some, axis=0)
    scores = np.zeros(len(some))
    for held_out in _folds(len(some)):
        inside, width = _tails(some[~held_out], spread)
        scores[held_out] = _excess(some[held_out], inside, width)
    limit = _limit(scores)
    inside, width = _tails(some, spread)
    low, high = x.min(axis=0), x.max(axis=0)
    with np.errstate(over="ignore"):
        low = np.minimum(low, inside[0] - limit * width[0])
        high = np.maximum(high, inside[1] + limit * width[1])
    largest = np.finfo(np.float64).max
    return np.maximum(low, -largest), np.minimum(high, largest)


def together(x: FloatArray) -> Together | None:
    """Return how columns go together, None where fewer than two vary, or too many.

    Shapes:
        x (N, D), N at least 1

    Source:
        P. C. Mahalanobis, 1936, "On the generalised distance in statistics"; the correlation is
        drawn towards the identity by ``d / (n + d)``, so that it can always be inverted.
    """
    some = some_rows(x)
    with np.errstate(over="ignore", invalid="ignore"):
        scales = some.std(axis=0)
        usable = np.isfinite(scales) & (scales > 1e-12 * np.abs(some).max(axis=0))
    columns = np.flatnonzero(usable & (np.ptp(some, axis=0) > 0))
    if not 2 <= len(columns) <= MOST_TOGETHER:
        return None
    z = some[:, columns]
    every = _digits(z.std(axis=0))
    squared = np.zeros(len(z))
    for held_out in _folds(len(z)):
        kept = z[~held_out]
        center = kept.mean(axis=0)
        scale = np.maximum(kept.std(axis=0), 0.5 * every)
        whiten = whitening(_correlation(kept, center, scale), _shrinkage(kept))
        squared[held_out] = (((z[held_out] - center) / scale @ whiten.T) ** 2).sum(axis=1)
    center = _digits(z.mean(axis=0))
    return Together(
        columns=tuple(columns.tolist()),
        centers=center,
        scales=every,
        correlation=np.round(_correlation(z, center, every), CORRELATION_DIGITS),
        shrinkage=_rounded(_shrinkage(z), DIGITS),
        limit=_limit(squared),
    )


def whitening(correlation: FloatArray, shrinkage: float) -> FloatArray:
    """Return the lower triangle W for which ``|W z|^2`` is the squared distance of z.

    Shapes:
        correlation (d, d) -> (d, d)

    Raises:
        numpy.linalg.LinAlgError: no numbers go together like that.
    """
    d = len(correlation)
    mixed = (1 - shrinkage) * correlation + shrinkage * np.eye(d)
    found: FloatArray = np.linalg.inv(np.linalg.cholesky(mixed))
    return np.asarray(np.tril(found))


def tail_limit(scores: FloatArray, share: float) -> float:
    """Return the score that a new row exceeds with a probability of `share`, about.

    From the k largest scores: beyond the one before them, excesses are taken as exponential
    with their mean, and the limit allows for how little k excesses say of a mean:
    ``k ((k / n / share)^(1 / k) - 1)`` means, which is exact for exponential ones. With many
    scores it lies among them.

    Shapes:
        scores (n,), n at least 1

    Example:
        >>> scores = np.arange(1.0, 11.0)  # k = 1: the largest is 1 above the one before it
        >>> tail_limit(scores, 0.05)  # 9 + 1 * (0.1 / 0.05 - 1)
        10.0
    """
    n = len(scores)
    if n < 2:
        return math.inf if n == 0 else float(scores[0])
    k = min(max(int(TAIL * n), min(5, n // 10), 1), 50)
    largest = np.sort(scores)[n - k - 1 :]
    excess = math.fsum((largest[1:] - largest[0]).tolist()) / k
    grown = math.expm1(math.log(max(k / n / share, 1.0)) / k)
    return float(largest[0] + k * grown * excess)


def _limit(scores: FloatArray) -> float:
    share = min(ALARMS, BEYOND / max(len(scores), 1))
    return _rounded(tail_limit(scores, share), LIMIT_DIGITS)


def _folds(n: int) -> list[np.ndarray]:
    """Return which rows are held out, in turn; all kept where there are too few to hold out."""
    if n < 2:
        return []
    numbers = np.arange(n) % min(FOLDS, n)
    return [numbers == fold for fold in range(min(FOLDS, n))]


def _tails(x: FloatArray, spread: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return where the lowest and highest tenth begin, and their units; each (2, D)."""
    n = len(x)
    k = max(1, int(TAIL * n))
    ordered = np.sort(x, axis=0)
    inside = np.stack([ordered[min(k, n - 1)], ordered[max(n - k - 1, 0)]])
    ends = np.stack([ordered[:k].mean(axis=0), ordered[n - k :].mean(axis=0)])
    return inside, _digits(np.maximum(np.abs(ends - inside), NARROWEST * spread))


def _excess(x: FloatArray, inside: FloatArray, width: FloatArray) -> FloatArray:
    """Return every row's excess in the column where it is largest, (N,) of (N, D)."""
    varies = width.min(axis=0) > 0
    if not varies.any():
        return np.zeros(len(x))
    x, inside, width = x[:, varies], inside[:, varies], width[:, varies]
    beyond = np.maximum((inside[0] - x) / width[0], (x - inside[1]) / width[1])
    found: FloatArray = np.maximum(beyond.max(axis=1), 0.0)
    return found


def _correlation(x: FloatArray, center: FloatArray, scale: FloatArray) -> FloatArray:
    z = (x - center) / scale
    found: FloatArray = z.T @ z / len(z)
    # a fold's scale may be that of all rows: its diagonal is below 1 then
    own = np.sqrt(np.maximum(np.diag(found), 1e-300))
    found = np.clip(found / np.outer(own, own), -1.0, 1.0)
    np.fill_diagonal(found, 1.0)
    return found


def _shrinkage(x: FloatArray) -> float:
    n, d = x.shape
    return d / (n + d)


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}") if math.isfinite(value) else float(np.finfo(float).max)


def _digits(values: FloatArray) -> FloatArray:
    """Return numbers without their last bits, which differ between machines."""
    flat = [float(f"{value:.{DIGITS}g}") for value in values.ravel().tolist()]
    return np.array(flat).reshape(values.shape)
