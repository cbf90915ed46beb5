"""The figures of an assessment with their intervals.

Shares have Wilson's, what is made of shares has theirs combined, the calibration error has one
that knows what chance adds, and all else resamples of the rows.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shoal.metrics.bootstrap import Estimates, FloatArray, bootstrap, effective_rows, wilson
from shoal.metrics.calibration import error_interval, miscalibration
from shoal.metrics.combined import correlation_of, f1_interval, mean_interval
from shoal.metrics.ranking import ranking
from shoal.models.assessment.figures import (
    GAP,
    MOST_RANKED,
    WHOLE,
    Key,
    Measured,
    calibrated_rows,
    measured,
)
from shoal.models.assessment.records import Estimate, Method
from shoal.models.assessment.rows import JudgedRows

FINE: Final = 5_000
GROUPS: Final = 1_000
"""Beyond so many rows resamples rank so many groups of neighbouring probabilities."""
RANKED: Final = ("roc_auc", "average_precision")
MEANS: Final = {"balanced_accuracy": "recall", "precision": "precision", "f1": "f1"}
"""Means over classes, and what they are the means of."""
Parts = dict[int, dict[str, Estimate]]


def estimates(
    rows: JudgedRows,
    positive: int | None,
    *,
    resamples: int,
    seed: int = 0,
    threads: int | None = None,
) -> Parts:
    """Return the figures with their intervals, by part.

    Resamples of many rows rank groups of neighbours in place of rows, which takes a fifth of
    the time; the intervals are moved by what that changes in the figure.

    Args:
        rows: what was said.
        positive: of two classes the one that is looked for.
        resamples: how many; 0 for no intervals.
        seed: of the resamples.
        threads: how many to use.

    Returns:
        Figures by name, by the number of the class, label or target; `WHOLE` of all.
    """
    is_coarse = resamples > 0 and rows.n_rows > FINE
    quick = measured(rows, positive, most=GROUPS) if is_coarse else measured(rows, positive)
    found = bootstrap(
        quick.statistic, rows.n_rows, weights=rows.weights, resamples=resamples,
        seed=seed, width=quick.width, threads=threads,
        n_behind=np.array([_rows_behind(rows, key, positive) for key in quick.keys]),
    )  # fmt: skip
    values = found.value
    if is_coarse:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = measured(rows, positive).statistic(rows.counted[np.newaxis])[0]
    moved = values - found.value
    parts: Parts = {}
    columns = (each.tolist() for each in (values, found.low + moved, found.high + moved))
    for (part, name), (value, low, high) in zip(
        quick.keys, zip(*columns, strict=True), strict=True
    ):
        if name != GAP:
            parts.setdefault(part, {})[name] = _estimate(value, low, high)
    if len(rows.schema.classes) > MOST_RANKED:
        _fill_areas(rows, parts)
    if resamples and not rows.schema.is_regression:
        _fill_perfect(rows, parts, positive)
        _fill_shares(rows, parts)
        _fill_means(rows, parts, quick, found)
        _fill_calibration(rows, positive, parts, quick, found)
    return parts


def _estimate(value: float, low: float, high: float, method: Method = "bootstrap") -> Estimate:
    if not np.isfinite(value):
        return Estimate()
    if not (np.isfinite(low) and np.isfinite(high)):
        return Estimate(value=value)
    return Estimate(value=value, low=low, high=high, method=method)


def _rows_behind(rows: JudgedRows, key: Key, positive: int | None) -> float:
    """Return of how many rows a figure is: a ranking, of the rarer of the two that it parts."""
    part, name = key
    part = positive if part == WHOLE and positive is not None else part
    if name not in RANKED or part == WHOLE:
        return effective_rows(rows.counted)
    inside = _of_part(rows, part)
    return min(effective_rows(rows.counted[inside]), effective_rows(rows.counted[~inside]))


def _of_part(rows: JudgedRows, part: int) -> NDArray[np.bool_]:
    """Return which rows are of a class, or have a label, (N,)."""
    if rows.schema.kind == "multilabel":
        return np.asarray(rows.true[:, part] > 0.5)
    return np.asarray(rows.true_codes == part)


def _called(rows: JudgedRows, part: int) -> NDArray[np.bool_]:
    """Return which rows were called a class, or given a label, (N,)."""
    if rows.schema.kind == "multilabel":
        return np.asarray(rows.said[:, part] > 0.5)
    return np.asarray(rows.codes == part)


def _fill_areas(rows: JudgedRows, parts: Parts) -> None:
    """Give the figures of the ranking of very many classes, without intervals."""
    true, w = rows.true_codes, rows.counted[np.newaxis]
    areas = np.array(
        [ranking(rows.said[:, k], true == k).areas(w)[0] for k in range(len(rows.schema.classes))]
    )
    with np.errstate(invalid="ignore"):
        mean = areas.mean(axis=0)
    for part, pair in ((WHOLE, mean), *enumerate(areas)):
        for name, value in zip(RANKED, pair.tolist(), strict=True):
            parts.setdefault(part, {})[name] = _estimate(value, float("nan"), float("nan"))


def _fill_perfect(rows: JudgedRows, parts: Parts, positive: int | None) -> None:
    """Give a ranking that no resample varies, such as an area of 1, an interval all the same.

    It is a mean over the rows of the class of numbers from 0 to 1, which varies no more than a
    share of as many rows.
    """
    for part, figures in parts.items():
        for name in RANKED:
            found = figures.get(name, Estimate())
            is_one = part != WHOLE or positive is not None
            if is_one and found.low is None and found.value in (0.0, 1.0):
                n = _rows_behind(rows, (part, name), positive)
                if n > 0:
                    low, high = wilson(found.value, n)
                    figures[name] = _estimate(found.value, float(low), float(high), "wilson")


def _fill_shares(rows: JudgedRows, parts: Parts) -> None:
    """Give plain shares of rows Wilson's interval, and F1 that of the share behind it."""
    w = rows.counted
    for part, figures in parts.items():
        if part == WHOLE:
            _give(figures, "accuracy", effective_rows(w))
            continue
        is_so, is_called = _of_part(rows, part), _called(rows, part)
        for name, inside in (
            ("accuracy", np.ones(rows.n_rows, bool)), ("recall", is_so), ("precision", is_called),
            ("f1", is_so | is_called),
        ):  # fmt: skip
            _give(figures, name, effective_rows(w[inside]))
        if "balanced_accuracy" in figures:  # of a label: the mean of its two recalls
            pairs = [(is_called, is_so), (~is_called, ~is_so)]
            _combine(figures, "balanced_accuracy", [_share(w, *pair) for pair in pairs])


def _give(figures: dict[str, Estimate], name: str, n: float) -> None:
    found = figures.get(name)
    if found is not None and found.value is not None:
        value = min(1.0, max(0.0, found.value))  # a sum of weights may be a bit more than all
        low, high = f1_interval(value, n) if name == "f1" else wilson(value, n)
        figures[name] = _estimate(found.value, float(low), float(high), "wilson")


def _share(w: FloatArray, hits: NDArray[np.bool_], inside: NDArray[np.bool_]) -> Estimate:
    total = float(w[inside].sum())
    if total <= 0:
        return Estimate()
    share = float(w[hits & inside].sum()) / total
    low, high = wilson(share, effective_rows(w[inside]))
    return _estimate(share, float(low), float(high), "wilson")


def _fill_means(rows: JudgedRows, parts: Parts, quick: Measured, found: Estimates) -> None:
    """Give means over classes the intervals of their parts, combined.

    Where a class has no rows, or precision none that was called so, a mean is that of the
    others and has no interval: with that class it may be anything.
    """
    if rows.schema.kind != "classification":
        return
    classes = range(len(rows.schema.classes))
    is_whole = all(_of_part(rows, k).any() for k in classes)
    for name, of in MEANS.items():
        together = None
        if of == "f1":  # two classes share the rows that are mixed up
            columns = [quick.keys.index((k, of)) for k in classes]
            together = correlation_of(found.drawn[:, columns])
        each = [parts[k][of] for k in classes] if is_whole else []
        _combine(parts[WHOLE], name, each, together)


def _combine(
    figures: dict[str, Estimate], name: str, parts: list[Estimate], together: Any = None
) -> None:
    """Give a mean the interval of its parts, or none where there are none."""
    value = figures[name].value
    if value is None:
        return
    ends = [(one.value, one.low, one.high) for one in parts]
    if not ends or None in {end for each in ends for end in each}:
        figures[name] = Estimate(value=value)
        return
    values, low_ends, high_ends = np.array(ends, np.float64).T
    low, high = mean_interval(values, low_ends, high_ends, together)
    figures[name] = _estimate(value, low, high, "combined")


def _fill_calibration(
    rows: JudgedRows, positive: int | None, parts: Parts, quick: Measured, found: Estimates
) -> None:
    """Give calibration errors an interval that knows what chance adds to them."""
    name = "calibration_error"
    for part, figures in parts.items():
        columns = [i for i, key in enumerate(quick.keys) if key == (part, GAP)]
        value = figures[name].value if name in figures else None
        if not columns or value is None:
            continue
        ends = error_interval(found.value[columns], found.drawn[:, columns])
        low, high = (min(end, 1.0) for end in ends)  # few rows are drawn wider than there is room
        if rows.schema.kind == "multilabel":
            p, is_true = rows.said[:, part], rows.true[:, part]
        else:
            p, is_true = calibrated_rows(rows, positive)
        if miscalibration(p, is_true, rows.weights).is_within_chance:
            low = min(low, 0.0)  # as the sentence says
        figures[name] = _estimate(value, low, high, "inverted")
