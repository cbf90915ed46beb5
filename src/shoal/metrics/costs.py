"""What the two errors cost at every threshold of a probability, and where they cost least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.metrics.bootstrap import CONFIDENCE
from shoal.metrics.ranking import Ranking, ranking

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CostCurve:
    """The mean cost of a row at every threshold: a row is called the class above it.

    Attributes:
        threshold: from 1, where none is, down to 0, where all are; between them halfway
            between neighbouring probabilities.
        cost: ``(false_positive FP + false_negative FN) / rows``.
        n_false_positives, n_false_negatives: rows, or their weights.
        scores: the different probabilities, the highest first.

    Shapes:
        scores (G,), each other (G + 1,)
    """

    threshold: FloatArray
    cost: FloatArray
    n_false_positives: FloatArray
    n_false_negatives: FloatArray
    scores: FloatArray

    @property
    def best(self) -> int:
        """The place of least cost; of several the one nearest to the middle of them."""
        return best_place(self.cost)

    def at(self, threshold: float) -> int:
        """Return the place that calls the same rows the class as a threshold does."""
        return int((self.scores > threshold).sum())


def theoretical_threshold(false_positive: float, false_negative: float) -> float:
    """Return from which probability on it costs less to say yes.

    Saying yes costs ``(1 - p) false_positive``, saying no ``p false_negative``.

    Source:
        Elkan, "The foundations of cost-sensitive learning" (2001), equation 2.

    Example:
        >>> theoretical_threshold(1, 4)
        0.2
    """
    return false_positive / (false_positive + false_negative)


def cost_curve(
    p: ArrayLike,
    is_class: ArrayLike,
    *,
    false_positive: float,
    false_negative: float,
    weights: ArrayLike | None = None,
) -> CostCurve:
    """Return the mean cost of a row at every threshold.

    Args:
        p: the probability of the class.
        is_class: whether a row is of it.
        false_positive: what it costs to call another row the class.
        false_negative: what it costs to miss one.
        weights: how much every row counts.

    Shapes:
        p, is_class, weights (N,)

    Example:
        >>> found = cost_curve([0.9, 0.4, 0.2], [True, True, False], false_positive=1,
        ...                    false_negative=5)
        >>> found.threshold.round(2).tolist(), found.cost.round(2).tolist()
        ([1.0, 0.65, 0.3, 0.0], [3.33, 1.67, 0.0, 0.33])
    """
    ranked = ranking(p, is_class)
    w = np.ones(ranked.n_rows) if weights is None else np.asarray(weights, np.float64)
    alarms, missed = errors_at(ranked, w[np.newaxis])
    return CostCurve(
        threshold=thresholds_of(ranked),
        cost=(false_positive * alarms[0] + false_negative * missed[0]) / float(w.sum()),
        n_false_positives=alarms[0],
        n_false_negatives=missed[0],
        scores=ranked.scores,
    )


def thresholds_of(ranked: Ranking) -> FloatArray:
    """Return the thresholds that part the rows, from 1 down to 0, (G + 1,)."""
    between = (ranked.scores[1:] + ranked.scores[:-1]) / 2
    return np.concatenate([[1.0], between, [0.0]])


def costs_at(
    ranked: Ranking, weights: FloatArray, *, false_positive: float, false_negative: float
) -> FloatArray:
    """Return the mean cost of a row at every threshold.

    Shapes:
        weights (B, N) -> (B, G + 1)
    """
    alarms, missed = errors_at(ranked, weights)
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray((false_positive * alarms + false_negative * missed) / total)


def best_place(costs: FloatArray) -> int:
    """Return the place of least cost; of several the one in their middle.

    Shapes:
        costs (G + 1,)
    """
    return int(_best(costs[np.newaxis])[0])


def best_range(
    thresholds: FloatArray, drawn: FloatArray, best: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Return the range of the thresholds that are not clearly dearer than the best one.

    A threshold is out where it costs more than the best one in all but ``1 - confidence`` of
    the resamples. The spread of the best thresholds of resamples is no such range: it holds
    the true one in about 87 of 100 samples only, as least places move in jumps.

    Args:
        thresholds: as `thresholds_of` gives them.
        drawn: their costs in resamples.
        best: the place of the best one.
        confidence: of the range.

    Shapes:
        thresholds (G + 1,), drawn (B, G + 1)
    """
    more = np.quantile(drawn - drawn[:, [best]], 1 - confidence, axis=0)
    kept = thresholds[more <= 0]
    return float(kept.min()), float(kept.max())


def errors_at(ranked: Ranking, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return false positives and false negatives at every threshold, from none to all.

    Shapes:
        weights (B, N) -> each (B, G + 1)
    """
    hits, alarms = ranked.counts(weights)
    none = np.zeros((len(weights), 1))
    return np.hstack([none, alarms]), hits[:, -1:] - np.hstack([none, hits])


def _best(cost: FloatArray) -> NDArray[np.int64]:
    """Return the middle of the places of least cost, (B,)."""
    least = cost.min(axis=1, keepdims=True)
    is_least = cost <= least + 1e-12 * np.abs(least)
    number = np.cumsum(is_least, axis=1)
    middle = (number[:, -1:] + 1) // 2
    return np.asarray((number >= middle).argmax(axis=1), np.int64)
