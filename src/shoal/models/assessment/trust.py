"""Whether what a model says of its own certainty can be trusted: calibration and coverage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shoal.errors import ArgumentError
from shoal.metrics.bootstrap import wilson
from shoal.metrics.calibration import miscalibration, reliability
from shoal.metrics.coverage import Covered, covered
from shoal.models.assessment.figures import calibrated_rows
from shoal.models.assessment.records import Bin, Calibration, Coverage, CoveragePoint
from shoal.models.assessment.rows import JudgedRows

SHARES: Final = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)
"""Shares of answered rows that are told unasked."""


def calibration_of(rows: JudgedRows, positive: int | None) -> Calibration | None:
    """Return whether probabilities mean what they say; None for labels and numbers."""
    if rows.schema.kind != "classification":
        return None
    p, is_true = calibrated_rows(rows, positive)
    found, off = reliability(p, is_true, rows.weights), miscalibration(p, is_true, rows.weights)
    columns = (found.start, found.stop, found.n_rows, found.mean, found.share, found.low,
               found.high)  # fmt: skip
    names = ("start", "stop", "n_rows", "mean_probability", "share", "low", "high")
    bins = (
        Bin(**dict(zip(names, each, strict=True)))
        for each in zip(*(column.tolist() for column in columns), strict=True)
    )
    return Calibration(
        of="" if positive is None else rows.schema.classes[positive],
        error=off.error,
        by_chance=off.by_chance,
        chance_limit=off.chance_limit,
        debiased=off.debiased,
        gap=off.gap,
        bins=tuple(bins),
    )


def gap_error(rows: JudgedRows, number: int) -> float:
    """Return the calibration error of the probability of one class."""
    return miscalibration(rows.said[:, number], rows.true_codes == number, rows.weights).error


def curve_of(rows: JudgedRows) -> Covered | None:
    """Return accuracy against coverage, of numbers the error; None where nothing tells doubt.

    Of numbers the networks' disagreement tells it, so there must be several, and one target.
    """
    if rows.schema.kind == "classification":
        return covered(rows.said.max(axis=1), rows.right, rows.weights)
    if rows.schema.is_regression and rows.true.shape[1] == 1 and len(rows.network_losses) > 1:
        error = np.abs(rows.said - rows.true)[:, 0]
        return covered(-rows.disagreement.reshape(rows.n_rows), error, rows.weights)
    return None


def coverage_of(
    rows: JudgedRows, coverages: Sequence[float], accuracies: Sequence[float]
) -> Coverage | None:
    """Return what is gained by leaving doubtful rows undecided; None where nothing tells doubt.

    Args:
        rows: what was said.
        coverages: shares to be answered.
        accuracies: to be reached.

    Raises:
        ArgumentError: a share is not above 0 and at most 1, or there is no such curve.
    """
    for name, given in (("coverage", coverages), ("accuracy", accuracies)):
        for share in given:
            if not 0 < share <= 1:
                raise ArgumentError(
                    "assess", name, "must be above 0 and at most 1", got=share, code="A102"
                )
    found = curve_of(rows)
    is_number = rows.schema.is_regression
    if (coverages and found is None) or (accuracies and (found is None or is_number)):
        name = "accuracy" if accuracies else "coverage"
        wanted = "is for one target of classes"
        wanted += "" if accuracies else ", or one number and several networks"
        got, cure = _kind(rows), "Leave it out."
        raise ArgumentError("assess", name, wanted, got=got, cure=cure, code="A111")
    if found is None:
        return None
    shares = sorted({*SHARES, *coverages}, reverse=True)
    points = [_point(found, found.at_share(share), share, is_number) for share in shares]
    points += [_reached(found, wanted) for wanted in accuracies]
    by = "disagreement" if is_number else "probability"
    return Coverage(by=by, area=found.area, points=tuple(points))


def _kind(rows: JudgedRows) -> str:
    if rows.schema.kind == "multilabel":
        return "several labels"
    return "a number" if rows.true.shape[1] == 1 else "several numbers"


def _point(found: Covered, place: int, wanted: float, is_number: bool) -> CoveragePoint:
    figure, threshold = float(found.figure[place]), float(found.threshold[place])
    ends: tuple[NDArray[np.float64], ...] = ()
    if not is_number:
        ends = wilson(figure, float(found.n_effective[place]))
    return CoveragePoint(
        wanted=wanted,
        threshold=abs(threshold) if is_number else threshold,
        coverage=min(1.0, float(found.share[place])),
        figure=figure,
        low=float(ends[0]) if ends else None,
        high=float(ends[1]) if ends else None,
        n_rows=int(found.n_rows[place]),
    )


def _reached(found: Covered, wanted: float) -> CoveragePoint:
    place = found.at_least(wanted)
    if place is None:
        return CoveragePoint(asked="accuracy", wanted=wanted)
    told = _point(found, place, wanted, is_number=False)
    return told.model_copy(update={"asked": "accuracy"})
