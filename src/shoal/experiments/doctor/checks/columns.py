"""Checks of single columns: one that gives the answer away, and one that is only a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from shoal.data.dataset import Feature
from shoal.data.derive import recompute
from shoal.data.image_recipe import ImageData
from shoal.experiments.doctor.checks.data import dropping
from shoal.experiments.doctor.examined import Examined
from shoal.experiments.doctor.guess import unexplained
from shoal.experiments.doctor.records import Hint
from shoal.kernels import RowSet, figures

ALONE: Final = 0.95
"""Accuracy of a rule on one column that gives the answer away."""
BEYOND: Final = 0.15
"""How far it must be above always saying the most frequent class."""
FITS: Final = 0.98
"""The same of a numeric target: the share of its variance that a straight line explains."""
MOST_COLUMNS: Final = 512
LEAST_ROWS: Final = 20
ORDERLY: Final = 1.5
"""Numbers of N rows that fill a range of no more than this times N are counted up."""
USEFUL: Final = 0.1
"""How much the unexplained share must grow when a useful column is shuffled."""
MOST_NETWORKS: Final = 16
SHUFFLES: Final = 99


def leak(seen: Examined) -> Hint | None:
    """Find a column that alone gives the answer."""
    if not _has_columns(seen) or len(seen.dataset.schema.columns) < 2:
        return None
    found = {column.name: _power(seen, column, x) for column, x in _columns(seen)}
    name = max(found, key=lambda key: found[key])
    if found[name] < (ALONE if seen.has_classes else FITS):
        return None
    if seen.has_classes and found[name] < _constant(seen) + BEYOND:
        return None
    told = (
        f"a simple rule on it is right on {found[name]:.0%} of the rows"
        if seen.has_classes
        else f"a straight line through it explains {found[name]:.1%} of the target"
    )
    return Hint(
        sentence=f"the column '{name}' alone gives the answer: {told}. Is it known before the "
        "answer is? If not, the networks will fail on new rows.",
        evidence={"column": name, "explained_alone": found[name]},
        remedies=(
            dropping(seen, name, f"If '{name}' is not known beforehand, leave it out."),
        ),
        kind="question",
        judge="accuracy" if seen.has_classes else "loss",
    )  # fmt: skip


def id_as_feature(seen: Examined) -> Hint | None:
    """Find a column that counts the rows, and tells nothing of rows that are new."""
    if not _has_columns(seen) or 0 not in seen.prepared.part_of[seen.members]:
        return None
    for place, (column, x) in enumerate(_columns(seen)):
        if not _counts_rows(column, x):
            continue
        worse, by = _when_shuffled(seen, place)
        if worse == 1 and by >= USEFUL:
            continue
        return Hint(
            sentence=f"the column '{column.name}' numbers the rows, each with a number of its own, "
            "and the answers are no worse when it is shuffled: it is no property of anything.",
            evidence={"column": column.name, "shuffles": SHUFFLES, "worse_when_shuffled": worse},
            remedies=(dropping(seen, column.name, f"Leave '{column.name}' out."),),
        )
    return None


def _has_columns(seen: Examined) -> bool:
    """Whether the rows are a table that somebody made."""
    images = isinstance(seen.run.experiment.data, ImageData)
    plain = seen.dataset.schema.kind != "multilabel" and len(seen.dataset.schema.targets) == 1
    return not seen.is_task and not images and plain and seen.dataset.n_rows >= LEAST_ROWS


def _columns(seen: Examined) -> Iterator[tuple[Feature, np.ndarray]]:
    """Yield the columns of the table, each with its features (N, F)."""
    start = 0
    for column in seen.dataset.schema.columns[:MOST_COLUMNS]:
        stop = start + len(column.feature_names)
        yield column, np.asarray(seen.dataset.x[:, start:stop], np.float64)
        start = stop


def _power(seen: Examined, column: Feature, x: np.ndarray) -> float:
    """Return how well a column alone gives the answer: an accuracy, or a share of variance."""
    if not seen.has_classes:
        y = seen.dataset.y[:, 0]
        flat = x.shape[1] > 1 or np.ptp(x) == 0 or np.ptp(y) == 0
        return 0.0 if flat else float(np.corrcoef(x[:, 0], y)[0, 1] ** 2)
    if column.categories is None:
        return rule_accuracy(x[:, 0], seen.labels, seen.n_classes)
    return _category_accuracy(x.argmax(axis=1), seen.labels, seen.n_classes)


def rule_accuracy(x: np.ndarray, labels: np.ndarray, n_classes: int) -> float:
    """Return the accuracy of a rule that cuts a column into as many ranges as there are classes.

    The cuts are made one after another, each where it helps most.

    Shapes:
        x (N,), labels (N,)

    Example:
        >>> rule_accuracy(np.array([3.0, 1.0, 2.0, 9.0]), np.array([1, 0, 0, 1]), 2)
        1.0
    """
    order = np.argsort(x, kind="stable")
    x, one_hot = x[order], labels[order, np.newaxis] == np.arange(n_classes)
    ranges = [(0, len(x))]
    for _ in range(n_classes - 1):
        cuts = [_best_cut(x, one_hot, *each) for each in ranges]
        k = int(np.argmax([gain for gain, _ in cuts]))
        if cuts[k][0] <= 0:
            break
        (start, stop), at = ranges[k], cuts[k][1]
        ranges[k : k + 1] = [(start, at), (at, stop)]
    return float(sum(one_hot[a:b].sum(axis=0).max() for a, b in ranges) / len(x))


def _best_cut(x: np.ndarray, one_hot: np.ndarray, start: int, stop: int) -> tuple[int, int]:
    """Return how many more rows the best cut of a range gets right, and where it is."""
    counts = np.cumsum(one_hot[start:stop], axis=0)
    whole = counts[-1]
    right = counts[:-1].max(axis=1, initial=0) + (whole - counts[:-1]).max(axis=1, initial=0)
    right = np.where(x[start + 1 : stop] > x[start : stop - 1], right, 0)
    if not len(right):
        return 0, start
    at = int(right.argmax())
    return int(right[at] - whole.max()), start + at + 1


def _category_accuracy(category: np.ndarray, labels: np.ndarray, n_classes: int) -> float:
    """Return how often the usual class of a category is right, on every other row.

    Categories that the rows before did not have count as wrong, so that names do not pass.
    """
    counts = np.zeros((int(category.max()) + 1, n_classes), np.int64)
    np.add.at(counts, (category[::2], labels[::2]), 1)
    known = counts.sum(axis=1) > 0
    other, usual = category[1::2], counts.argmax(axis=1)
    return float((known[other] & (usual[other] == labels[1::2])).mean())


def _constant(seen: Examined) -> float:
    return float(np.bincount(seen.labels).max() / len(seen.labels))


def _counts_rows(column: Feature, x: np.ndarray) -> bool:
    """Whether a column holds whole numbers, each once, that fill a range."""
    if column.categories is not None:
        return False
    values = x[:, 0]
    if not (np.isfinite(values).all() and (values == np.round(values)).all()):
        return False
    return len(np.unique(values)) == len(values) and np.ptp(values) < ORDERLY * len(values)


def _when_shuffled(seen: Examined, place: int) -> tuple[float, float]:
    """Return in which share of shuffles of a column the loss is worse, and by how much.

    Of the judged rows, the mean over the networks; the amount is of the unexplained share.
    """
    rows = seen.part.train if seen.part.validation is None else seen.part.validation
    widths = [len(column.feature_names) for column in seen.dataset.schema.columns]
    feature = sum(widths[:place])
    own = seen.members[seen.prepared.part_of[seen.members] == 0][:MOST_NETWORKS]
    weights = np.ascontiguousarray(seen.run.weights[own])
    random = np.random.default_rng(0)
    before, found = _loss(seen, weights, rows.x, rows), []
    for _ in range(SHUFFLES):
        x = _shuffled(seen, rows.x, feature, random.permutation(len(rows.x)))
        found.append(_loss(seen, weights, x, rows))
    grown = np.array(found) - before
    guess = float(seen.guess[seen.judged][own[0]])
    return float((grown > 0).mean()), float(unexplained(grown.mean(), guess))


def _shuffled(seen: Examined, x: np.ndarray, feature: int, order: np.ndarray) -> np.ndarray:
    """Return scaled rows with a feature in another order, and what is derived of it with it."""
    scaler, schema = seen.part.scaler, seen.dataset.schema
    moved = x.copy()
    moved[:, feature] = x[order, feature]
    if not schema.derived:
        return moved
    with np.errstate(over="ignore", invalid="ignore"):
        full = recompute(schema, scaler.inverse(np.asarray(moved, np.float64)))
        n_base = len(schema.base_features)
        moved[:, n_base:] = scaler.apply(full)[:, n_base:]
    return moved


def _loss(seen: Examined, weights: np.ndarray, x: np.ndarray, rows: RowSet) -> float:
    moved = RowSet(x=x, y=rows.y, weights=rows.weights, units=rows.units)
    prepared = seen.prepared
    found = figures(prepared.network, prepared.settings, weights, moved, threads=1)["loss"]
    return float(found.mean())
