"""Which threshold the costs of the two errors call for, and what it saves."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shoal.errors import ArgumentError
from shoal.metrics.bootstrap import bootstrap
from shoal.metrics.costs import (
    CostCurve,
    best_place,
    best_range,
    cost_curve,
    costs_at,
    theoretical_threshold,
    thresholds_of,
)
from shoal.metrics.ranking import ranking
from shoal.models.assessment.records import Costs, Decision
from shoal.models.assessment.rows import JudgedRows

FloatArray = NDArray[np.float64]
LARGEST: Final = 1e12
GROUPS: Final = 1_000
"""Thresholds among which the best one of a resample is sought."""


def costs_of(
    rows: JudgedRows,
    positive: int | None,
    costs: tuple[float, float],
    *,
    seed: int = 0,
    resamples: int | None = None,
    where: str = "assess",
) -> Costs:
    """Return what rules to say yes cost, and the threshold that costs call for.

    Args:
        rows: what was said.
        positive: the class that yes stands for.
        costs: of a false positive and of a false negative.
        seed: of the resamples.
        resamples: how many.
        where: the public function, for messages.

    Raises:
        ArgumentError: there are not two classes, or a cost is not above 0 and finite.
    """
    if positive is None:
        got = f"{len(rows.schema.classes)}" if rows.schema.classes else "none"
        raise ArgumentError(where, "costs", "are of two classes", got=got, code="A108")
    for cost in costs:
        if not (0 < cost <= LARGEST and math.isfinite(cost)):
            wanted = f"must be above 0 and at most {LARGEST:g}"
            raise ArgumentError(where, "costs", wanted, got=f"{cost:g}", code="A102")
    prices = {"false_positive": costs[0], "false_negative": costs[1]}
    p: FloatArray = np.asarray(rows.said[:, positive], np.float64)
    is_class = rows.true_codes == positive
    curve = cost_curve(p, is_class, weights=rows.weights, **prices)
    theory = theoretical_threshold(*costs)
    last = len(curve.cost) - 1
    rules = {
        "half": (0.5, curve.at(0.5)),
        "theory": (theory, curve.at(theory)),
        "best": (float(curve.threshold[curve.best]), curve.best),
        "always_no": (1.0, 0),
        "always_yes": (0.0, last),
    }
    places = [place for _, place in rules.values()]
    ends, best = _intervals(rows, curve, p, is_class, places, costs, seed, resamples)
    decisions = tuple(
        Decision(
            rule=rule,
            threshold=threshold,
            cost=float(curve.cost[place]),
            low=low,
            high=high,
            n_false_positives=float(curve.n_false_positives[place]),
            n_false_negatives=float(curve.n_false_negatives[place]),
        )
        for (rule, (threshold, place)), (low, high) in zip(rules.items(), ends, strict=True)
    )
    return Costs(
        positive=rows.schema.classes[positive], decisions=decisions, best_low=best[0],
        best_high=best[1], **prices,
    )  # fmt: skip


Ends = tuple[float | None, float | None]


def _intervals(
    rows: JudgedRows, curve: CostCurve, p: FloatArray, is_class: NDArray[np.bool_],
    places: list[int], costs: tuple[float, float], seed: int, resamples: int | None,
) -> tuple[list[Ends], Ends]:  # fmt: skip
    """Return the intervals of the costs at some places, and of the best threshold."""
    ranked = ranking(p, is_class, most=GROUPS)
    last = np.append(np.inf, curve.scores)  # of the rows that are called the class
    called = p[:, np.newaxis] >= last[places]
    each = np.where(called, (~is_class * costs[0])[:, np.newaxis], 0.0)
    each += np.where(called, 0.0, (is_class * costs[1])[:, np.newaxis])

    prices = {"false_positive": costs[0], "false_negative": costs[1]}

    def statistic(weights: FloatArray) -> FloatArray:
        mean = weights @ each / weights.sum(axis=1, keepdims=True)
        return np.hstack([mean, costs_at(ranked, weights, **prices)])

    found = bootstrap(statistic, rows.n_rows, weights=rows.weights, seed=seed, resamples=resamples)
    pairs: list[Ends] = [
        (low, high) if np.isfinite(low) else (None, None)
        for low, high in zip(found.low.tolist(), found.high.tolist(), strict=True)
    ]
    n, of_both = len(places), is_class.any() and not is_class.all()
    if not (len(found.drawn) and of_both):
        return pairs[:n], (None, None)
    best = best_place(found.value[n:])
    known = found.drawn[np.isfinite(found.drawn).all(axis=1), n:]
    return pairs[:n], best_range(thresholds_of(ranked), known, best)
