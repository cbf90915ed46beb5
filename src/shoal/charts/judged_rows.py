"""What networks, or an ensemble, said of rows with known classes: the columns of charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from shoal.charts.asking import said
from shoal.charts.choice import chosen_members, plain
from shoal.charts.columns import Columns
from shoal.charts.rows import sample
from shoal.charts.wording import PARTS, told_of
from shoal.data.dataset import Schema
from shoal.errors import ArgumentError, InputError, did_you_mean
from shoal.experiments.run import Run
from shoal.metrics import band
from shoal.metrics.bootstrap import wilson
from shoal.metrics.calibration import reliability
from shoal.metrics.coverage import covered
from shoal.metrics.ranking import roc_points
from shoal.models.assessment.assessing import Assessment

MOST_NUMBERS: Final = 2 * 10**7
"""Probabilities that are computed; of more rows a sample is taken."""
GRID: Final = 101
MOST_POINTS: Final = 2_000
"""Points of a curve that are drawn."""
FEWEST: Final = 5
"""Rows of a network in a bin for its share to count in the band."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What networks said of the rows that they are judged by.

    Attributes:
        p: probabilities of the classes, a network a row; NaN of one that diverged.
        codes: the true classes.
        members: which networks; of an assessment one, the ensemble.
        told: of how many rows and which, in words.
        schema: of the rows.
        source: of which experiment or model, in a line.
        n_networks: how many there are in all.
        weights: how much every row counts, None where all alike.
        is_ensemble: whether intervals are those of the rows, and not of the networks.
        positive: of two classes the one that is looked for; None: the second.

    Shapes:
        p (M, N, n_classes), codes (M, N), weights (N,)
    """

    p: np.ndarray
    codes: np.ndarray
    members: np.ndarray
    told: str
    schema: Schema
    source: str
    n_networks: int
    weights: np.ndarray | None = None
    is_ensemble: bool = False
    positive: str | None = None

    @property
    def sound(self) -> np.ndarray:
        """Which of them have probabilities, (M,) bool."""
        return np.asarray(np.isfinite(self.p).all(axis=(1, 2)))

    @property
    def names(self) -> list[str]:
        """The classes, as they can stand in a picture."""
        return [plain(name) for name in self.schema.classes]


def judged(
    where: str,
    record: Run | Assessment,
    rows: str | None,
    network: int | str | Sequence[int] | None,
) -> Judged:
    """Return what networks say of the rows they are judged by, each of its own data.

    Raises:
        InputError: the target is not one of several classes.
        ArgumentError: no such rows or networks.
    """
    if isinstance(record, Assessment):
        return _assessed(where, record, rows, network)
    run = record
    schema = run.prepared.parts[0].dataset.schema
    _check_kind(where, schema)
    members = chosen_members(where, run, network)
    part_name = _part_name(where, run, rows)
    parts = run.prepared.parts
    n_rows = min(len(getattr(part.split, part_name)) for part in parts)
    most = max(100, MOST_NUMBERS // (len(members) * len(schema.classes)))
    places = sample(n_rows, most)
    p = np.full((len(members), len(places), len(schema.classes)), np.nan)
    codes = np.zeros((len(members), len(places)), np.int64)
    for k, part in enumerate(parts):
        own = np.flatnonzero(run.prepared.part_of[members] == k)
        if len(own) == 0:
            continue
        chosen = getattr(part.split, part_name)[places]
        x = np.asarray(part.dataset.x[chosen], np.float64)
        p[own] = said(run.prepared, run.weights, x, members=members[own])
        y = part.dataset.y[chosen]
        codes[own] = (y[:, 0] > 0.5) if y.shape[1] == 1 else y.argmax(axis=1)
    word = PARTS[part_name]
    told = f"{len(places):,} {word} rows"
    if len(places) < n_rows:
        told = f"{len(places):,} of {n_rows:,} {word} rows"
    return Judged(
        p=p, codes=codes, members=members, told=told, schema=schema, source=told_of(run),
        n_networks=len(run),
    )  # fmt: skip


def _assessed(where: str, record: Assessment, rows: Any, network: Any) -> Judged:
    """Return what the ensemble said of rows that it was assessed on."""
    _check_kind(where, record.rows.schema)
    for name, given in (("rows", rows), ("network", network)):
        if given is not None:
            wanted = "is chosen for a run only; an assessment is of its rows and the ensemble"
            raise ArgumentError(where, name, wanted, got=repr(given), code="A101")
    return Judged(
        p=record.rows.said[np.newaxis],
        codes=record.rows.true_codes[np.newaxis],
        members=np.zeros(1, np.int64),
        told=f"{record.rows.n_rows:,} rows",
        schema=record.rows.schema,
        source=told_of_assessment(record),
        n_networks=record.evaluation.n_networks,
        weights=record.rows.weights,
        is_ensemble=True,
        positive=record.positive or None,
    )


def told_of_assessment(record: Assessment) -> str:
    """Return which model an assessment is of, and which rows, in a line."""
    counted = ", weighted" if record.evaluation.weighted else ""
    return f"{plain(record.model)} on {plain(record.source)}{counted}"


def _check_kind(where: str, schema: Schema) -> None:
    if schema.kind != "classification":
        what = "a number" if schema.is_regression else "several labels"
        raise InputError(
            f"chart '{where}': is of one target with classes; got {what}.", code="G102"
        )


def calibration_columns(found: Judged, output: int | None, bins: int) -> Columns:
    """Return for every bin that has rows the mean probability, the share and the band.

    Args:
        found: what was said.
        output: the class; None for the one that an ensemble called.
        bins: equal parts of the probabilities.
    """
    if found.is_ensemble or output is None:
        return _reliability_columns(found, output, bins)
    p, is_class = found.p[found.sound][..., output], found.codes[found.sound] == output
    place = np.minimum((p * bins).astype(np.int64), bins - 1)
    m = len(p)
    flat = (np.arange(m)[:, np.newaxis] * bins + place).ravel()
    n = np.bincount(flat, minlength=m * bins).reshape(m, bins)
    sums = np.bincount(flat, p.ravel(), minlength=m * bins).reshape(m, bins)
    true = np.bincount(flat, is_class.ravel(), minlength=m * bins).reshape(m, bins)
    total = n.sum(axis=0)
    kept = np.flatnonzero(total)
    own = np.where(n >= FEWEST, true / np.maximum(n, 1), np.nan)
    spread = band(own[:, kept]) if m > 1 else None
    share = true.sum(axis=0)[kept] / total[kept]
    return {
        "bin_from": kept / bins,
        "bin_to": (kept + 1) / bins,
        "mean_probability": sums.sum(axis=0)[kept] / total[kept],
        "share": share,
        "p05": share if spread is None else spread.p05,
        "p95": share if spread is None else spread.p95,
        "n_rows": total[kept] / m,
    }


def _reliability_columns(found: Judged, output: int | None, bins: int) -> Columns:
    """Return the bins of an ensemble, with intervals of the shares."""
    p, codes = found.p[0], found.codes[0]
    if output is None:
        each = reliability(p.max(axis=1), p.argmax(axis=1) == codes, found.weights, bins)
    else:
        each = reliability(p[:, output], codes == output, found.weights, bins)
    return {
        "bin_from": each.start,
        "bin_to": each.stop,
        "mean_probability": each.mean,
        "share": each.share,
        "p05": each.low,
        "p95": each.high,
        "n_rows": each.n_rows,
    }


def coverage_columns(found: Judged) -> dict[str, Any]:
    """Return accuracy against coverage: the band of the networks, of an ensemble the interval."""
    if not found.is_ensemble:
        share, each = coverage_curves(found)
        middle = band(each)
        return {
            "coverage": share, "median": middle.median, "p05": middle.p05, "p95": middle.p95
        }  # fmt: skip
    right = found.p[0].argmax(axis=1) == found.codes[0]
    curve = covered(found.p[0].max(axis=1), right, found.weights)
    # the first few rows say nothing
    start = min(int(np.searchsorted(curve.share, 0.01)), len(curve.share) - 1)
    kept = thinned(len(curve.share), MOST_POINTS, start)
    low, high = wilson(curve.figure[kept], curve.n_effective[kept])
    return {
        "coverage": curve.share[kept], "median": curve.figure[kept], "p05": low, "p95": high
    }  # fmt: skip


def thinned(n: int, most: int, start: int = 0) -> np.ndarray:
    """Return at most so many places of n, evenly spaced, with the first and the last."""
    if n - start <= most:
        return np.arange(start, n)
    return np.unique(np.linspace(start, n - 1, most).round().astype(np.int64))


def coverage_curves(found: Judged) -> tuple[np.ndarray, np.ndarray]:
    """Return shares of rows, and the accuracy of every network on so many it is surest of.

    Shapes:
        -> (G,), (M, G)
    """
    n = found.codes.shape[1]
    counts = np.unique(np.linspace(max(1, n / 100), n, min(100, n)).round().astype(np.int64))
    sure = found.p.max(axis=-1)
    right = found.p.argmax(axis=-1) == found.codes
    order = np.argsort(-sure, axis=1, kind="stable")
    known = np.cumsum(np.take_along_axis(right, order, axis=1), axis=1)[:, counts - 1] / counts
    known[~found.sound] = np.nan
    return counts / n, known


def roc_columns(found: Judged, output: int, name: str) -> tuple[Columns, float]:
    """Return a curve with its band as columns, and the median area under it."""
    curves, areas = [], []
    grid = np.linspace(0.0, 1.0, GRID)
    for p, codes in zip(found.p[found.sound], found.codes[found.sound], strict=True):
        alarms, hits = roc_points(p[:, output], codes == output, found.weights)
        areas.append(float(np.trapezoid(hits, alarms)) if hasattr(np, "trapezoid")
                     else float(np.sum(np.diff(alarms) * (hits[1:] + hits[:-1]) / 2)))  # fmt: skip
        curves.append((alarms, hits))
    if len(curves) == 1:
        kept = thinned(len(curves[0][0]), MOST_POINTS)
        x, y = (each[kept] for each in curves[0])
        low, high = y, y
    else:
        each = [np.interp(grid, alarms, hits) for alarms, hits in curves]
        middle = band(np.array(each) if each else np.full((1, GRID), np.nan))
        x = np.append(0.0, grid)
        y, low, high = (np.append(0.0, v) for v in (middle.median, middle.p05, middle.p95))
    area = float(np.median(areas)) if areas else float("nan")
    return {"class": [name] * len(x), "x": x, "y": y, "low": low, "high": high}, area


def _part_name(where: str, run: Run, rows: str | None) -> str:
    split = run.prepared.parts[0].split
    known = [name for name in PARTS if len(getattr(split, name))]
    if rows is None:
        return "validation" if "validation" in known else known[0]
    if rows not in known:
        wanted = f"must be one of {', '.join(known)}"
        cure = did_you_mean(rows, known)
        raise ArgumentError(where, "rows", wanted, got=repr(rows), cure=cure, code="A103")
    return rows
