"""Is a network worth it on these rows? Every learner on the same folds, paired."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

import numpy as np

from shoal.data.assemble import Missing, build_dataset
from shoal.data.dataset import Dataset, Kind
from shoal.data.file_recipe import load_frame
from shoal.data.table import Table
from shoal.data.wording import count
from shoal.errors import ArgumentError, DataError
from shoal.sklearn.worth_learners import LEARNERS, Learner, Score, Split, answers, fit_and_score
from shoal.sklearn.worth_record import CONSTANT, Judged, Worth
from shoal.sklearn.worth_wording import judged

WHERE: Final = "worth"
POINT: Final = 0.01
"""Differences of accuracy up to which learners count as alike: one point."""
OF_MISSED: Final = 0.1
"""But no more than this share of what the constant guess gets wrong: where one class has nearly
all rows, a point may be all that there is to win."""
OF_ERROR: Final = 0.05
"""The same for an error, as a share of that of the best learner."""
LEAST_A_FOLD: Final = 2
"""Rows that judge in each fold, at least: one row tells nothing of a variance."""


def worth(
    data: Any,
    y: Any = None,
    *,
    target: str | None = None,
    weights: Any = None,
    kind: Kind | None = None,
    missing: Missing = "error",
    folds: int = 5,
    repeats: int = 3,
    seed: int = 0,
    threads: int | None = None,
    region: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Worth:
    """Answer whether a network is worth it: it against simpler learners, cross-validated.

    The default ensemble, the constant guess, the linear model (logistic regression or ridge) and
    gradient-boosted trees are fitted on the same folds, one after the other, each with the same
    threads; differences are taken fold by fold, and their intervals allow for training rows that
    overlap (`corrected_interval`). The headline is accuracy, or the mean absolute error.

    Args:
        data: a `Dataset`, a data frame with its `target`, or features (N, D).
        y: targets (N,) where `data` are features.
        target: the column of a data frame to predict.
        weights: how much rows count: a column's name with a frame, else an array (N,).
        kind: classification or regression; guessed and said in the notes if not given.
        missing: what to do about gaps: "error", "drop" or "mean" (of the training rows; trees
            get gaps as they are).
        folds: K, 2 or more; stratified for classes.
        repeats: how often the rows are cut into folds anew.
        seed: of folds and learners.
        threads: of every learner; all there are if not given.
        region: a difference that is not worth having, in the figure's units; if not given, one
            point of accuracy (but a tenth of what the constant guess gets wrong at most), or a
            twentieth of the best learner's error.
        progress: called with how many fits are done and how many there will be.

    Returns:
        The record: ``print(found.sentence)``, ``found.plot.worth()``, ``found.to_dict()``.

    Raises:
        ArgumentError: an argument that does not fit.
        DataError: rows that do not fit, or too few of them.

    Example:
        >>> from sklearn.datasets import make_moons
        >>> x, y = make_moons(100, noise=0.1, random_state=0)
        >>> found = worth(x, y, folds=2, repeats=1, threads=1)
        >>> [each.name for each in found.learners], round(found.learner("constant").mean, 2)
        (['network', 'constant', 'linear', 'trees'], 0.5)
    """
    _check_counts(folds, repeats, seed, threads, region)
    dataset = dataset_of(data, y, target=target, weights=weights, kind=kind, missing=missing)
    _check_kind(dataset)
    splits = splits_of(dataset, folds, repeats, seed)
    n_threads = threads or len(os.sched_getaffinity(0))
    begun = time.perf_counter()
    learners = _carried_out(dataset, splits, seed, n_threads, progress)
    is_classification = dataset.schema.kind == "classification"
    found = Worth(
        source=dataset.source, target=dataset.schema.target, kind=dataset.schema.kind,
        figure="accuracy" if is_classification else "mean_absolute_error",
        other="log_loss" if is_classification else "r2",
        learners=learners, n_rows=dataset.n_rows, n_features=dataset.x.shape[1],
        folds=folds, repeats=repeats, seed=seed, threads=n_threads,
        region=region_of(learners, is_classification=is_classification)
        if region is None else region,
        notes=dataset.notes, seconds=time.perf_counter() - begun, versions=_versions(),
    )  # fmt: skip
    return judged(found)


def region_of(learners: Sequence[Judged], *, is_classification: bool) -> float:
    """Return the difference that is not worth having."""
    if not is_classification:
        return OF_ERROR * min(each.mean for each in learners)
    constant = next(each for each in learners if each.name == CONSTANT)
    return min(POINT, OF_MISSED * (1 - constant.mean))


def dataset_of(
    data: Any,
    y: Any = None,
    *,
    target: str | None = None,
    weights: Any = None,
    kind: Kind | None = None,
    missing: Missing = "error",
) -> Dataset:
    """Return rows as a dataset, whichever way they were given.

    Raises:
        ArgumentError: neither `y` nor `target`, or both, or shapes that do not fit.
        DataError: rows that do not fit.
    """
    if isinstance(data, Dataset):
        return data
    if target is not None:
        if y is not None:
            raise ArgumentError(
                WHERE, "y", "must not be given with `target`", got="both", code="A107"
            )
        return load_frame(data, target=target, weights=weights, kind=kind, missing=missing)
    if y is None:
        raise ArgumentError(
            WHERE, "y", "must be given, or `target` for a frame", got=None, code="A107"
        )
    table, goal, counts = _table(data, y, weights)
    return build_dataset(table, target=goal, weights=counts, kind=kind, missing=missing)


def splits_of(dataset: Dataset, folds: int, repeats: int, seed: int) -> list[Split]:
    """Return the splits, one repeat after the other; stratified for classes.

    Raises:
        DataError: too few rows, or too few of a class.
    """
    from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

    codes = answers(dataset)
    is_classification = dataset.schema.kind == "classification"
    _check_rows(dataset, codes if is_classification else None, folds)
    makes = RepeatedStratifiedKFold if is_classification else RepeatedKFold
    cut = makes(n_splits=folds, n_repeats=repeats, random_state=seed % 2**32)
    return [Split(train=train, test=test) for train, test in cut.split(dataset.x, codes)]


def _carried_out(
    dataset: Dataset,
    splits: Sequence[Split],
    seed: int,
    threads: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[Judged, ...]:
    """Fit every learner on every split, in turn, so that a busy moment meets them all."""
    limits = import_module("threadpoolctl").threadpool_limits  # which comes with scikit-learn
    scores: dict[str, list[Score]] = {each.name: [] for each in LEARNERS}
    done, n_fits = 0, len(splits) * len(LEARNERS)
    with limits(limits=threads):
        for split in splits:
            for learner in LEARNERS:
                found = fit_and_score(learner, dataset, split, seed=seed % 2**32, threads=threads)
                scores[learner.name].append(found)
                done += 1
                if progress is not None:
                    progress(done, n_fits)
    which = 0 if dataset.schema.kind == "classification" else 1
    return tuple(_judged(learner, scores[learner.name], which) for learner in LEARNERS)


def _judged(learner: Learner, scores: Sequence[Score], which: int) -> Judged:
    return Judged(
        name=learner.name,
        label=learner.labels[which],
        what=learner.what[which],
        scores=np.array([each.first for each in scores]),
        others=np.array([each.second for each in scores]),
        fit_s=np.array([each.fit_s for each in scores]),
    )


def _table(x: Any, y: Any, weights: Any) -> tuple[Table, str, str | None]:
    """Return features, targets and weights as a table, and what the last two are called."""
    answers = np.asarray(y)
    features = np.asarray(x, np.float64) if not hasattr(x, "columns") else np.asarray(x)
    if features.ndim != 2 or answers.shape != features.shape[:1]:
        wanted = f"must have shape (N,) with `data` (N, D), here {features.shape}"
        raise ArgumentError(WHERE, "y", wanted, got=answers.shape, code="A104")
    names = getattr(x, "columns", None)
    named = [f"x{j}" for j in range(features.shape[1])] if names is None else map(str, names)
    columns: dict[str, Any] = dict(zip(named, map(_cells, features.T), strict=True))
    goal = _free("y", columns)
    columns[goal] = _cells(answers)
    counts = None
    if weights is not None:
        counts = _free("weight", columns)
        columns[counts] = np.asarray(weights, np.float64)
        if columns[counts].shape != answers.shape:
            got = columns[counts].shape
            raise ArgumentError(
                WHERE, "weights", f"must have shape {answers.shape}", got=got, code="A104"
            )
    return Table(names=tuple(columns), columns=tuple(columns.values()), n_rows=len(answers),
                 source="rows"), goal, counts  # fmt: skip


def _cells(column: np.ndarray) -> Any:
    """Return a column as a table holds it: numbers, or text."""
    if column.dtype.kind in "fiu":
        return column.astype(np.float64)
    try:
        if column.dtype.kind == "O":
            return column.astype(np.float64)
    except (ValueError, TypeError):
        pass
    return tuple(str(cell) for cell in column.tolist())


def _free(name: str, taken: Mapping[str, Any]) -> str:
    while name in taken:
        name += "_"
    return name


def _check_counts(
    folds: int, repeats: int, seed: int, threads: int | None, region: float | None
) -> None:
    wanted: dict[str, tuple[Any, bool, str]] = {
        "folds": (folds, 2 <= folds <= 100, "must be from 2 to 100"),
        "repeats": (repeats, 1 <= repeats <= 1000, "must be from 1 to 1000"),
        "seed": (seed, 0 <= seed < 2**53, "must be from 0 to 2**53 - 1"),
        "threads": (threads, threads is None or threads >= 1, "must be 1 or more"),
        "region": (region, region is None or 0 <= region < np.inf, "must be 0 or more"),
    }
    for name, (value, fits, requirement) in wanted.items():
        if not fits:
            raise ArgumentError(WHERE, name, requirement, got=value, code="A102")


def _check_kind(dataset: Dataset) -> None:
    """Refuse several targets: the trees have one, and errors of two have no common unit."""
    targets = dataset.schema.targets
    if len(targets) == 1:
        return
    what = "labels" if dataset.schema.kind == "multilabel" else "numbers"
    others = ",".join(targets[1:])
    raise DataError(
        f"worth judges one target at a time; got {len(targets)} {what}.",
        source=dataset.source,
        cure=f"Ask for each: --target {targets[0]} --drop {others}.",
        code="D122",
    )


def _check_rows(dataset: Dataset, codes: np.ndarray | None, folds: int) -> None:
    """Refuse tables that cannot be cut into so many folds."""
    n, least = dataset.n_rows, LEAST_A_FOLD * folds
    if n < least:
        few = f"{count(folds, 'fold')} need at least {least} rows, {LEAST_A_FOLD} in each"
        fewer = n // LEAST_A_FOLD
        cure = f"Give --folds {fewer}, or more rows." if fewer >= 2 else "Give more rows."
        raise DataError(f"{few}; there are {n}.", source=dataset.source, cure=cure, code="D114")
    if codes is None:
        return
    counts = np.bincount(codes, minlength=len(dataset.schema.classes))
    least_class = int(counts.argmin())
    fewest = int(counts[least_class])
    if fewest < folds:
        cure = "Give more rows of it, or leave it out."
        if fewest >= 2:
            cure = f"Give --folds {fewest}, or more rows of it."
        raise DataError(
            f"class '{dataset.schema.classes[least_class]}' has {count(fewest, 'row')}; "
            f"{count(folds, 'fold')} need at least {folds} of every class.",
            source=dataset.source, column=dataset.schema.target, cure=cure, code="D114",
)  # fmt: skip


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("shoal", "scikit-learn", "numpy")}


__all__ = ["dataset_of", "region_of", "splits_of", "worth"]
