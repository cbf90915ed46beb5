"""How much worse a model answers when one column's cells are dealt out anew among the rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from shoal import streams
from shoal.errors import ArgumentError
from shoal.metrics.student import student_quantile
from shoal.models.model import Model
from shoal.network import FloatArray

MEASURES: Final[Mapping[str, tuple[str, ...]]] = {
    "classification": ("accuracy", "loss"),
    "multilabel": ("accuracy", "loss"),
    "regression": ("mean_absolute_error", "mean_squared_error"),
}
"""What answers are judged by, for every kind of target; the first by default."""
BLOCK: Final = 2**21
"""Features of dealt-out rows that are made at once."""
LEAST: Final = float(np.finfo(np.float32).smallest_normal)
"""Probabilities count as this much at least, so that no row's loss is infinite."""

Verdict = Literal["matters", "not shown", "harms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """How much worse answers become: a fall of accuracy, or a rise of an error.

    Attributes:
        mean: over rows and repeats.
        low, high: the interval.
    """

    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Whether the column matters: the interval lies above 0; below it the column harms."""
        if self.low > 0:
            return "matters"
        return "harms" if self.high < 0 else "not shown"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """How wrong answers are, row by row.

    Attributes:
        wrong: by measure, of the ensemble, (N,): 1 - accuracy, losses or errors.
        alone: by measure, of every network, (P, N); none unless asked for.
    """

    wrong: Mapping[str, FloatArray]
    alone: Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aim:
    """Which of a model's answers count, and in what unit.

    Attributes:
        kind: of the target.
        place: which label or number; None: all of them.
        scales: what errors of numbers are divided by, (C,), so that several of them can be
            averaged whatever their units.
    """

    kind: str
    place: int | None
    scales: FloatArray


def aim_of(model: Model, y: FloatArray, place: int | None, weights: FloatArray | None) -> Aim:
    """Return what counts: of several numbers each in its standard deviation among the rows.

    Args:
        model: the model.
        y: targets.
        place: the only one that counts, in its own units; None: all of them.
        weights: how much a row counts.

    Shapes:
        y (N, C) -> scales (C,); where all rows have one value 1

    Example:
        >>> class Two:
        ...     schema = type("Schema", (), {"kind": "regression"})
        >>> aim_of(Two(), np.array([[1.0, 100.0], [3.0, 300.0]]), None, None).scales.tolist()
        [1.0, 100.0]
    """
    kind, scales = model.schema.kind, np.ones(y.shape[1])
    if kind == "regression" and y.shape[1] > 1 and place is None:
        mean = np.average(y, axis=0, weights=weights)
        spread = np.sqrt(np.average((y - mean) ** 2, axis=0, weights=weights))
        scales = np.where(spread > 0, spread, 1.0)
    return Aim(kind=kind, place=place, scales=scales)


def judge(
    model: Model, x: FloatArray, y: FloatArray, aim: Aim, *, alone: bool, threads: int | None
) -> Judged:
    """Return how wrong a model is about every row.

    Args:
        model: the model.
        x, y: rows and their targets, as `targets_of` gives them.
        aim: what counts.
        alone: whether to judge every network by itself too.
        threads: how many to use.

    Shapes:
        x (N, D), y (N, n_classes), (N, L) or (N, C)

    Raises:
        ArgumentError: a squared error is beyond the largest number.
    """
    wholes: list[FloatArray] = []
    singles: list[FloatArray] = []
    for block in model.member_figures(x, threads=threads, where="importance_of"):
        total = block[0].copy()
        for one in block[1:]:
            total += one
        wholes.append(total / len(block))
        if alone:
            singles.append(block)
    with np.errstate(over="ignore"):  # told below
        wrong = _wrong(aim, np.concatenate(wholes), y)
        each = _wrong(aim, np.concatenate(singles, axis=1), y) if alone else {}
    if not all(np.isfinite(found).all() for found in (*wrong.values(), *each.values())):
        wanted = "must keep the squared error finite"
        raise ArgumentError("importance_of", "y", wanted, got="an error beyond 1e154", code="A105")
    return Judged(wrong=wrong, alone=each)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dealt:
    """What came of dealing out one column.

    Attributes:
        rises: by measure, of the ensemble.
        alone: the rise of the first measure, of every network, (P,); None unless asked for.
    """

    rises: Mapping[str, Rise]
    alone: FloatArray | None


def deal_out(
    model: Model,
    x: FloatArray,
    y: FloatArray,
    aim: Aim,
    features: Sequence[int],
    before: Judged,
    *,
    weights: FloatArray | None,
    repeats: int,
    seed: int,
    level: float,
    threads: int | None,
) -> Dealt:
    """Deal some features out among the rows, together, and return how much worse answers become.

    In every repeat each row gets the cells of another one, by the same permutations for every
    column. The interval is that of a mean by Student's t, over rows, where a row counts both
    as the one that gets cells and as the one whose cells are given: rows are what was drawn
    at random, and both parts vary with them. Permutations that are few make it wider.

    Args:
        model: the model.
        x, y: rows and their targets.
        aim: what counts.
        features: those of the column, or of several columns.
        before: how wrong the model is as rows stand.
        weights: how much a row counts, (N,), both as the one that gets cells and as the one
            whose cells are given, so that a weight of 2 is the row twice; None: all alike.
        repeats: R.
        seed: of the permutations.
        level: of the interval.
        threads: how many to use.

    Source:
        Fisher, Rudin, Dominici, "All models are wrong, but many are useful: learning a
        variable's importance by studying an entire class of prediction models simultaneously"
        (2019), section 3: the mean over pairs of rows, a U-statistic; Hoeffding (1948) for its
        variance by the parts of each row.
    """
    n = len(x)
    dealer = streams.stream(seed, "permute")
    orders = np.stack([dealer.permutation(n, step=r) for r in range(repeats)])
    share = np.ones(n) if weights is None else weights * (n / weights.sum())
    pairs = share * share[orders]  # (R, n): how much it counts that row i gets those cells
    total = float(pairs.sum())
    if total == 0:  # no row that counts met another one that does
        pairs, total = np.zeros_like(pairs), 1.0
    sums = {measure: np.zeros(n) for measure in before.wrong}
    alone = None if not before.alone else np.zeros(len(model))
    at_once = max(1, BLOCK // max(1, x.size))
    for start in range(0, repeats, at_once):
        some, counts = orders[start : start + at_once], pairs[start : start + at_once]
        rows = np.tile(x, (len(some), 1))
        rows[:, features] = x[some.ravel()][:, features]
        after = judge(
            model, rows, np.tile(y, (len(some), 1)), aim, alone=alone is not None, threads=threads
        )
        for measure, found in sums.items():
            worse = after.wrong[measure].reshape(some.shape) - before.wrong[measure]
            found += _by_row(counts * worse, some)
        if alone is not None:
            first = next(iter(sums))
            single = after.alone[first].reshape(len(model), *some.shape)
            alone += (counts * (single - before.alone[first][:, None])).sum(axis=(1, 2)) / total
    met = _by_row(pairs, orders)
    rises = {measure: _rise(found, met, total, level) for measure, found in sums.items()}
    return Dealt(rises=rises, alone=alone)


def _by_row(worse: FloatArray, orders: np.ndarray) -> FloatArray:
    """Return the sums (N,) over the repeats, of every row as the one that gets and that gives.

    Shapes:
        worse (R, N) of the row that gets; orders (R, N): whose cells it gets
    """
    found: FloatArray = worse.sum(axis=0)
    for one, order in zip(worse, orders, strict=True):
        found[order] += one  # an order holds every row once
    return found


def _rise(sums: FloatArray, met: FloatArray, total: float, level: float) -> Rise:
    """Return the mean over pairs of rows with its interval.

    ``mean = sum over pairs / total``; a row moves it by what the pairs that it is in are above
    the mean, ``(sums - mean * met) * N / total``, whose variance over rows gives the interval.

    Args:
        sums: how much worse, summed over the pairs of every row, (N,): each pair is in two.
        met: how much those pairs count, (N,).
        total: how much all pairs count.
        level: of the interval.
    """
    n = len(sums)
    mean = float(sums.sum()) / (2 * total)
    parts = (sums - mean * met) * (n / total)
    half = student_quantile((1 + level) / 2, n - 1) * float(parts.std(ddof=1)) / math.sqrt(n)
    return Rise(mean=mean, low=mean - half, high=mean + half)


def _wrong(aim: Aim, said: FloatArray, y: FloatArray) -> dict[str, FloatArray]:
    """Return how wrong figures (..., N, C) are about every row, (..., N), by measure."""
    if aim.place is not None:
        said, y = said[..., aim.place, None], y[..., aim.place, None]
    if aim.kind == "regression":
        error = (said - y) / (aim.scales if aim.place is None else 1.0)
        return {
            "mean_absolute_error": np.abs(error).mean(axis=-1),
            "mean_squared_error": (error**2).mean(axis=-1),
        }
    if aim.kind == "multilabel":
        true = y > 0.5
        p = np.where(true, said, 1.0 - said)
        missed = ((said > 0.5) != true).mean(axis=-1)
        return {"accuracy": missed, "loss": -np.log(np.maximum(p, LEAST)).mean(axis=-1)}
    codes = y.argmax(axis=-1)
    p = (said * y).sum(axis=-1)
    missed = (said.argmax(axis=-1) != codes).astype(np.float64)
    return {"accuracy": missed, "loss": -np.log(np.maximum(p, LEAST))}


def score(wrong: FloatArray, measure: str, weights: FloatArray | None) -> float:
    """Return a measure over all rows: accuracy, mean loss or mean error."""
    mean = float(np.average(wrong, weights=weights))
    return 1.0 - mean if measure == "accuracy" else mean


__all__: Sequence[str] = ("MEASURES", "Aim", "Dealt", "Judged", "Rise", "Verdict", "aim_of",
                          "deal_out", "judge", "score")  # fmt: skip
