"""Every figure of an assessment as a function of the rows' weights, for all resamples at once.

A figure has a key: the number of the class, label or target that it is of (-1: of the whole)
and its name in `FIGURES`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from shoal.metrics.bootstrap import FloatArray, Statistic
from shoal.metrics.calibration import BINS, bin_of
from shoal.metrics.grouped import groups
from shoal.metrics.ranking import Ranking, ranking
from shoal.models.assessment.rows import JudgedRows

WHOLE: Final = -1
MOST_RANKED: Final = 24
"""Classes up to which the figures of their ranking have intervals; each costs a pass."""
GAP: Final = "gap"
"""Of a bin of the calibration error: no figure itself, but its error has an interval by them."""
Key = tuple[int, str]
Unit = Literal["share", "", "nats", "target"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureKind:
    """An entry of `FIGURES`.

    Attributes:
        name: in documents.
        title: in tables.
        unit: a share from 0 to 1, nats, the target's own, or none.
        told: what it is, in a line.
    """

    name: str
    title: str
    unit: Unit
    told: str


_ROWS: Final[tuple[tuple[str, str, Unit, str], ...]] = (
    ("accuracy", "accuracy", "share", "share of rows that are right"),
    ("balanced_accuracy", "balanced accuracy", "share", "mean recall of the classes"),
    ("precision", "precision", "share", "share of rows called so that are so"),
    ("recall", "recall", "share", "share of rows that are so that are called so"),
    ("f1", "F1", "share", "harmonic mean of precision and recall"),
    ("mcc", "MCC", "", "Matthews correlation, -1 to 1, 0 for any constant guess"),
    ("roc_auc", "ROC AUC", "share", "chance that a row of the class ranks above another"),
    ("average_precision", "average precision", "share", "area under precision by recall"),
    ("cross_entropy", "cross-entropy (nats)", "nats", "mean -log(p of the truth)"),
    ("brier", "Brier score", "", "mean squared error of the probabilities"),
    ("calibration_error", "calibration error", "share", "mean |said - came true| of bins"),
    ("coverage_area", "accuracy over coverage", "share", "mean accuracy of the surest"),
    ("labels_wrong", "labels wrong", "share", "share of labels that are wrong"),
    ("mean_absolute_error", "mean absolute error", "target", "mean |error|"),
    ("root_mean_squared_error", "root mean squared error", "target", "root of mean error²"),
    ("r2", "R²", "", "share of the variance that is explained"),
    ("median_absolute_error", "median absolute error", "target", "half are nearer"),
    ("bias", "bias", "target", "mean of prediction less truth"),
)
FIGURES: Final[Mapping[str, FigureKind]] = MappingProxyType(
    {row[0]: FigureKind(name=row[0], title=row[1], unit=row[2], told=row[3]) for row in _ROWS}
)
"""Every figure of an assessment, by name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """Figures by key, and the function that computes them all from weights."""

    keys: tuple[Key, ...]
    statistic: Statistic
    width: int = 1
    """Numbers that are held for a resample, beside its rows."""


def measured(
    rows: JudgedRows, positive: int | None, *, bins: int = BINS, most: int | None = None
) -> Measured:
    """Return the figures that fit the kind of the targets.

    Args:
        rows: what was said.
        positive: of two classes the one that ROC, precision and calibration are of.
        bins: of the calibration error.
        most: groups of neighbours that scores are put in, which is quicker; None for none.
    """
    if rows.schema.kind == "regression":
        return _joined([_of_target(rows, k) for k in range(rows.true.shape[1])])
    if rows.schema.kind == "multilabel":
        each = [_of_label(rows, k, bins, most) for k in range(rows.true.shape[1])]
        return _joined([_of_labels(rows), *each])
    return _of_classes(rows, positive, bins, most)


def _of_classes(rows: JudgedRows, positive: int | None, bins: int, most: int | None) -> Measured:
    n_classes = rows.said.shape[1]
    true = rows.true_codes
    codes = true if rows.codes is None else rows.codes
    cells = groups(true * n_classes + codes, n_classes * n_classes)
    p, is_true = calibrated_rows(rows, positive)
    in_bins, gap = groups(bin_of(p, bins), bins), p - is_true
    means = np.stack([_losses(rows), brier_of_rows(rows)], axis=1)
    ranked = [ranking(rows.said[:, k], true == k, most=most) for k in _ranked(n_classes, positive)]
    sure = ranking(rows.said.max(axis=1), rows.right, most=most)

    def statistic(weights: FloatArray) -> FloatArray:
        total = weights.sum(axis=1, keepdims=True)
        of_table = _table_figures(cells.sums(weights).reshape(-1, n_classes, n_classes))
        areas = [each.areas(weights) for each in ranked]
        mean_area = np.mean(areas, axis=0) if areas else np.full((len(weights), 2), np.nan)
        gaps = in_bins.sums(weights * gap) / total
        error = np.abs(gaps).sum(axis=1, keepdims=True)
        whole = [of_table[:, :N_WHOLE], mean_area, weights @ means / total, error]
        of_each = areas if positive is None else []
        of_parts = [of_table[:, N_WHOLE:], *of_each, gaps]
        return np.hstack([*whole, _coverage_area(sure, weights), *of_parts])

    names = (*OF_A_TABLE, "roc_auc", "average_precision", "cross_entropy", "brier",
             "calibration_error", "coverage_area")  # fmt: skip
    keys: list[Key] = [(WHOLE, name) for name in names]
    for name in ("precision", "recall", "f1"):
        keys += [(k, name) for k in range(n_classes)]
    for k in _ranked(n_classes, positive) if positive is None else ():
        keys += [(k, "roc_auc"), (k, "average_precision")]
    keys += [(WHOLE, GAP)] * bins
    return Measured(keys=tuple(keys), statistic=statistic, width=n_classes**2)


def _ranked(n_classes: int, positive: int | None) -> list[int]:
    """Return the classes that are ranked against the rest."""
    if positive is not None:
        return [positive]
    return list(range(n_classes)) if n_classes <= MOST_RANKED else []


OF_A_TABLE: Final = ("accuracy", "balanced_accuracy", "precision", "f1", "mcc")
N_WHOLE: Final = len(OF_A_TABLE)
"""Figures of a whole confusion table, which stand before those of its classes."""


def _table_figures(table: FloatArray) -> FloatArray:
    """Return `OF_A_TABLE`, then precision, recall and F1 of every class.

    Shapes:
        table (B, C, C), true class down -> (B, N_WHOLE + 3 C)

    Source:
        MCC of several classes: Gorodkin, "Comparing two K-category assignments by a
        K-category correlation coefficient" (2004). Where all rows are called the same it is 0;
        where all are the same it has no meaning.
    """
    right = np.einsum("bkk->bk", table)
    of_class, called, total = table.sum(axis=2), table.sum(axis=1), table.sum(axis=(1, 2))
    precision, recall = right / called, right / of_class
    f1 = 2 * right / (of_class + called)
    over = right.sum(axis=1) * total - (of_class * called).sum(axis=1)
    varies = total**2 - (of_class**2).sum(axis=1)
    called_varies = total**2 - (called**2).sum(axis=1)
    under = np.sqrt(varies * called_varies)
    mcc = np.where(under > 0, over / np.where(under > 0, under, 1.0), 0.0)
    mcc[varies <= 0] = np.nan
    means = (_mean_of_known(each) for each in (recall, precision, f1))
    whole = [right.sum(axis=1) / total, *means, mcc]
    return np.hstack([np.stack(whole, axis=1), precision, recall, f1])


def _mean_of_known(values: FloatArray) -> FloatArray:
    """Return the mean over the classes where a figure has a meaning, (B, C) -> (B,)."""
    known = np.isfinite(values)
    return np.asarray(np.where(known, values, 0.0).sum(axis=1) / known.sum(axis=1))


def _coverage_area(sure: Ranking, weights: FloatArray) -> FloatArray:
    """Return the mean accuracy over all shares of the surest rows, (B, N) -> (B, 1).

    `sure` ranks rows by how sure they are; its "class" is the rows that are right.
    """
    right, wrong = sure.counts(weights)
    answered = right + wrong
    steps = np.diff(answered, axis=1, prepend=0.0)
    share = np.where(answered > 0, right / answered, 0.0)
    return np.asarray((steps * share).sum(axis=1, keepdims=True) / answered[:, -1:])


def _losses(rows: JudgedRows) -> FloatArray:
    losses = np.zeros(rows.n_rows) if rows.losses is None else rows.losses
    return np.asarray(losses, np.float64)


def brier_of_rows(rows: JudgedRows) -> FloatArray:
    """Return the squared error of the probabilities of every row, (N,).

    Of two classes ``(p - y)^2`` of one of them, of more the sum over all.

    Source:
        Brier, "Verification of forecasts expressed in terms of probability" (1950), who sums
        over two classes as well.
    """
    squares = (rows.said - rows.true) ** 2
    if squares.shape[1] == 2:
        squares = squares[:, :1]
    return np.asarray(squares.sum(axis=1))


def calibrated_rows(rows: JudgedRows, positive: int | None) -> tuple[FloatArray, FloatArray]:
    """Return the probability that is held against what came true, and whether it did, (N,).

    Of two classes that of the positive one, of more that of the class that was called.
    """
    if positive is not None:
        said = np.asarray(rows.said[:, positive], np.float64)
        return said, (rows.true_codes == positive).astype(np.float64)
    surest = np.asarray(rows.said.max(axis=1), np.float64)
    return surest, rows.right.astype(np.float64)


def _of_labels(rows: JudgedRows) -> Measured:
    wrong = ((rows.said > 0.5) != (rows.true > 0.5)).mean(axis=1)
    losses = np.zeros_like(rows.said) if rows.losses is None else rows.losses
    means = np.stack([rows.right.astype(np.float64), wrong, losses.mean(axis=1)], axis=1)
    names = ("accuracy", "labels_wrong", "cross_entropy")

    def statistic(weights: FloatArray) -> FloatArray:
        return np.asarray(weights @ means / weights.sum(axis=1, keepdims=True))

    return Measured(keys=tuple((WHOLE, name) for name in names), statistic=statistic)


def _of_label(rows: JudgedRows, k: int, bins: int, most: int | None) -> Measured:
    """Return the figures of one label: precision, recall and F1 of its yes."""
    p, is_yes = rows.said[:, k], rows.true[:, k]
    cells = groups(2 * (is_yes > 0.5).astype(np.int64) + (p > 0.5), 4)
    losses = np.zeros(rows.n_rows) if rows.losses is None else rows.losses[:, k]
    means = np.stack([losses, (p - is_yes) ** 2], axis=1)
    ranked, in_bins, gap = (
        ranking(p, is_yes > 0.5, most=most),
        groups(bin_of(p, bins), bins),
        p - is_yes,
    )

    def statistic(weights: FloatArray) -> FloatArray:
        total = weights.sum(axis=1, keepdims=True)
        found = _table_figures(cells.sums(weights).reshape(-1, 2, 2))
        gaps = in_bins.sums(weights * gap) / total
        error = np.abs(gaps).sum(axis=1, keepdims=True)
        # accuracy, balanced accuracy; precision, recall and F1 of yes; MCC
        own = found[:, [0, 1, N_WHOLE + 1, N_WHOLE + 3, N_WHOLE + 5, 4]]
        return np.hstack([own, ranked.areas(weights), weights @ means / total, error, gaps])

    names = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "mcc", "roc_auc",
             "average_precision", "cross_entropy", "brier", "calibration_error")  # fmt: skip
    keys = [*((k, name) for name in names), *[(k, GAP)] * bins]
    return Measured(keys=tuple(keys), statistic=statistic)


def _of_target(rows: JudgedRows, k: int) -> Measured:
    true = rows.true[:, k]
    error = rows.said[:, k] - true
    centred = true - true.mean()  # so that little is lost where numbers are large
    columns = np.stack([np.abs(error), error**2, error, centred, centred**2], axis=1)
    order = np.argsort(np.abs(error), kind="stable")
    sizes = np.abs(error)[order]
    varies = bool((true[rows.counted > 0] != true[rows.counted > 0][0]).any())

    def statistic(weights: FloatArray) -> FloatArray:
        total = weights.sum(axis=1, keepdims=True)
        size, square, bias, mean, mean_square = (weights @ columns / total).T
        spread = mean_square - mean**2
        r2 = np.where((spread > 0) & varies, 1 - square / np.where(spread > 0, spread, 1), np.nan)
        median = _medians(sizes, np.take(weights, order, axis=1))
        return np.stack([size, np.sqrt(square), r2, median, bias], axis=1)

    names = ("mean_absolute_error", "root_mean_squared_error", "r2", "median_absolute_error",
             "bias")  # fmt: skip
    return Measured(keys=tuple((k, name) for name in names), statistic=statistic)


def _medians(ascending: FloatArray, weights: FloatArray) -> FloatArray:
    """Return weighted medians: the mean of the lower and the upper one, (N,), (B, N) -> (B,)."""
    upto = np.cumsum(weights, axis=1)
    half = upto[:, -1:] / 2
    slack = 1e-12 * half
    last = len(ascending) - 1
    low = np.minimum((upto < half - slack).sum(axis=1), last)
    high = np.minimum((upto <= half + slack).sum(axis=1), last)
    return np.asarray((ascending[low] + ascending[high]) / 2)


def _joined(parts: Sequence[Measured]) -> Measured:
    def statistic(weights: FloatArray) -> FloatArray:
        return np.hstack([part.statistic(weights) for part in parts])

    return Measured(
        keys=tuple(key for part in parts for key in part.keys),
        statistic=statistic,
        width=max(part.width for part in parts),
    )
