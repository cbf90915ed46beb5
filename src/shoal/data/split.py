"""Which rows train, which validate, and which are kept for the end.

The sizes are exact, classes are represented in proportion, and the whole is a function of
the split stream.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from shoal.data.dataset import Dataset, IndexArray
from shoal.data.recipe import class_indices
from shoal.errors import ArgumentError, DataError
from shoal.streams import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Row numbers of each part, int64 and ascending; together every row once.

    Attributes:
        train: rows to learn from; at least one.
        validation: rows to judge by during training, (0,) if none were asked for.
        test: rows for the end, (0,) if none were asked for.
    """

    train: IndexArray
    validation: IndexArray
    test: IndexArray


def split_rows(
    dataset: Dataset, validation: float, test: float, stream: Stream, stratify: bool = True
) -> Split:
    """Divide the rows of `dataset` at random.

    Of N rows ``floor(validation * N + 1/2)`` validate and ``floor(test * N + 1/2)`` test.
    With classes, class c gives its proportional share of both to within one row (largest
    remainders; of equal ones the first class), but never its last training row. Which rows
    they are is decided by one permutation of all rows: the first of a class validate, the
    next test, the others train. Classes are those of ``y`` as it stands, flips included.

    Args:
        dataset: the rows.
        validation: share of rows to validate on.
        test: share of rows kept for the end.
        stream: the split stream.
        stratify: keep classes in proportion; no effect on regression.

    Raises:
        ArgumentError: a share is negative or they leave nothing to train on.
        DataError: there are too few rows for a part that was asked for, or for every class
            to train on.

    Example:
        >>> from shoal.data.tasks import Greater, load_task
        >>> from shoal.streams import stream
        >>> rows = load_task(Greater(samples=10), stream(0, "data"), stream(0, "noise"))
        >>> split = split_rows(rows, 0.2, 0.0, stream(0, "split"))
        >>> split.train.shape, split.validation.shape, split.test.shape
        ((8,), (2,), (0,))
    """
    _check_shares(validation, test)
    n_validation = _part_size(dataset, "validation", validation)
    n_test = _part_size(dataset, "test", test)
    if dataset.n_rows - n_validation - n_test < 1:
        raise DataError(
            f"validation = {validation:g} and test = {test:g} of {_rows(dataset.n_rows)} "
            "leave no row to train on.",
            source=dataset.source,
            cure="Give more rows or smaller shares.",
            code="D114",
        )
    order = stream.permutation(dataset.n_rows)
    label: IndexArray = np.zeros(dataset.n_rows, dtype=np.int64)
    if stratify and dataset.schema.kind == "classification":
        label = class_indices(dataset)
    sizes = np.bincount(label).tolist()
    quotas = _quotas(dataset, sizes, n_validation, n_test)
    return _divide(order, label, quotas)


def _check_shares(validation: float, test: float) -> None:
    for name, share in (("validation", validation), ("test", test)):
        if not 0 <= share < 1:
            raise ArgumentError("split_rows", name, "must be in [0, 1)", got=share, code="A102")
    if validation + test >= 1:
        raise ArgumentError(
            "split_rows",
            "test",
            "must leave rows to train on: validation + test below 1",
            got=f"{validation:g} + {test:g}",
            code="A102",
        )


def _part_size(dataset: Dataset, name: str, share: float) -> int:
    size = math.floor(share * dataset.n_rows + 0.5)
    if share > 0 and size == 0:
        raise DataError(
            f"{name} = {share:g} of {_rows(dataset.n_rows)} is no row at all.",
            source=dataset.source,
            cure=f"Give more rows or a larger share, or set {name} = 0.",
            code="D114",
        )
    return size


def _quotas(
    dataset: Dataset, sizes: list[int], n_validation: int, n_test: int
) -> list[tuple[int, int]]:
    """Return how many rows of each class validate and test."""
    n_rows = sum(sizes)
    # Room for the floors of the test part is kept, so that they always fit.
    test_floors = [n_test * size // n_rows for size in sizes]
    room = [max(0, size - 1 - floor) for size, floor in zip(sizes, test_floors, strict=True)]
    first = _largest_remainders(n_validation, sizes, room)
    room = [max(0, size - 1 - taken) for size, taken in zip(sizes, first, strict=True)]
    second = _largest_remainders(n_test, sizes, room)
    if sum(first) < n_validation or sum(second) < n_test:
        n_train = n_rows - n_validation - n_test
        n_classes = sum(size > 0 for size in sizes)
        raise DataError(
            f"{_rows(n_train)} to train on cannot hold a row of each of {n_classes} classes.",
            source=dataset.source,
            cure="Give more rows or smaller shares of validation and test.",
            code="D114",
        )
    return list(zip(first, second, strict=True))


def _largest_remainders(total: int, sizes: list[int], room: list[int]) -> list[int]:
    """Return `total` shared out in proportion to `sizes`, in whole rows, within `room`.

    Whole-number arithmetic throughout. Falls short of `total` if there is no room.
    """
    n_rows = sum(sizes)
    given = [min(total * size // n_rows, space) for size, space in zip(sizes, room, strict=True)]
    by_remainder = sorted(range(len(sizes)), key=lambda c: -(total * sizes[c] % n_rows))
    # One round is all it takes, unless a class must be spared its last training row.
    while (left := total - sum(given)) > 0:
        open_classes = [c for c in by_remainder if given[c] < room[c]]
        if not open_classes:
            break
        for c in open_classes[:left]:
            given[c] += 1
    return given


def _divide(order: IndexArray, label: IndexArray, quotas: list[tuple[int, int]]) -> Split:
    parts: tuple[list[IndexArray], ...] = ([], [], [])
    for c, (n_validation, n_test) in enumerate(quotas):
        rows = order[label[order] == c]
        cuts = (n_validation, n_validation + n_test)
        for part, piece in zip(parts, np.split(rows, cuts), strict=True):
            part.append(piece)
    validation, test, train = (np.sort(np.concatenate(part)) for part in parts)
    return Split(train=train, validation=validation, test=test)


def _rows(n: int) -> str:
    return f"{n:,} row" if n == 1 else f"{n:,} rows"
