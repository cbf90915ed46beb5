"""Splits: every row once, sizes exact, classes in proportion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shoal.data.dataset import Dataset, Feature, Schema
from shoal.data.recipe import class_targets
from shoal.data.split import Split, split_rows
from shoal.errors import ArgumentError, DataError
from shoal.streams import stream

SPLIT = stream(3, "split")


def labelled(label: list[int] | np.ndarray, n_classes: int = 2) -> Dataset:
    label = np.asarray(label)
    schema = Schema(
        columns=(Feature(name="a"),),
        target="t",
        kind="classification",
        classes=tuple(str(k) for k in range(n_classes)),
    )
    y = class_targets(label, n_classes)
    return Dataset(x=np.zeros((len(label), 1)), y=y, schema=schema, source="rows.csv")


def numeric(n_rows: int) -> Dataset:
    schema = Schema(columns=(Feature(name="a"),), target="t", kind="regression")
    y = np.arange(n_rows, dtype=np.float64)[:, np.newaxis]
    return Dataset(x=np.zeros((n_rows, 1)), y=y, schema=schema, source="rows.csv")


def parts(split: Split) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return split.train, split.validation, split.test


def assert_partition(split: Split, n_rows: int) -> None:
    assert np.array_equal(np.sort(np.concatenate(parts(split))), np.arange(n_rows))
    for part in parts(split):
        assert part.dtype == np.int64
        assert (np.diff(part) > 0).all()


def test_sizes_are_exact_and_every_row_has_one_place() -> None:
    label = np.arange(1001) % 3
    split = split_rows(labelled(label, 3), 0.2, 0.1, SPLIT)
    assert_partition(split, 1001)
    # floor(200.2 + 0.5), floor(100.1 + 0.5), the rest.
    assert [len(part) for part in (split.validation, split.test, split.train)] == [200, 100, 701]


def test_halves_round_up() -> None:
    assert len(split_rows(numeric(10), 0.25, 0.0, SPLIT).validation) == 3


def test_largest_remainders_of_the_smallest_case() -> None:
    # 2 of 9 rows; shares 2 * 5 / 9 = 1.11 and 2 * 4 / 9 = 0.89: one row each.
    label = [0] * 5 + [1] * 4
    split = split_rows(labelled(label), 0.2, 0.0, SPLIT)
    assert sorted(np.array(label)[split.validation]) == [0, 1]


@given(
    sizes=st.lists(st.integers(0, 60), min_size=2, max_size=6),
    validation=st.floats(0, 0.6),
    test=st.floats(0, 0.39),
)
def test_any_split_is_exact_and_proportional(
    sizes: list[int], validation: float, test: float
) -> None:
    label = np.repeat(np.arange(len(sizes)), sizes)
    n_rows = len(label)
    assume(n_rows > 0)
    n_validation, n_test = (int(np.floor(s * n_rows + 0.5)) for s in (validation, test))
    assume((validation == 0) == (n_validation == 0) and (test == 0) == (n_test == 0))
    assume(n_rows - n_validation - n_test >= sum(size > 0 for size in sizes))
    split = split_rows(labelled(label, len(sizes)), validation, test, SPLIT)
    assert_partition(split, n_rows)
    assert (len(split.validation), len(split.test)) == (n_validation, n_test)
    counts = [np.bincount(label[part], minlength=len(sizes)) for part in parts(split)]
    assert ((counts[0] > 0) == (np.array(sizes) > 0)).all()
    roomy = all(size == 0 or size * (1 - validation - test) >= 4 for size in sizes)
    for count, total in ((counts[1], n_validation), (counts[2], n_test)):
        if roomy:
            assert (np.abs(count - total * np.array(sizes) / n_rows) < 1).all()


def test_rows_are_chosen_by_one_permutation() -> None:
    order = SPLIT.permutation(20)
    split = split_rows(numeric(20), 0.2, 0.1, SPLIT)
    assert split.validation.tolist() == sorted(order[:4].tolist())
    assert split.test.tolist() == sorted(order[4:6].tolist())


def test_within_a_class_rows_are_chosen_by_the_same_permutation() -> None:
    label = np.arange(20) % 2
    order = SPLIT.permutation(20)
    split = split_rows(labelled(label), 0.2, 0.0, SPLIT)
    first_two = [order[label[order] == c][:2] for c in range(2)]
    assert split.validation.tolist() == sorted(np.concatenate(first_two).tolist())


def test_the_same_stream_splits_alike_and_another_does_not() -> None:
    dataset = labelled(np.arange(100) % 2)
    first, again = (split_rows(dataset, 0.3, 0.1, SPLIT) for _ in range(2))
    other = split_rows(dataset, 0.3, 0.1, stream(4, "split"))
    for one, two in zip(parts(first), parts(again), strict=True):
        assert np.array_equal(one, two)
    assert not np.array_equal(first.validation, other.validation)


def test_without_stratification_classes_do_not_matter() -> None:
    dataset = labelled(np.repeat([0, 1], [90, 10]))
    split = split_rows(dataset, 0.2, 0.1, SPLIT, stratify=False)
    plain = split_rows(numeric(100), 0.2, 0.1, SPLIT)
    for one, two in zip(parts(split), parts(plain), strict=True):
        assert np.array_equal(one, two)


def test_no_shares_train_on_everything() -> None:
    split = split_rows(labelled([0, 1, 1]), 0.0, 0.0, SPLIT)
    assert split.train.tolist() == [0, 1, 2]
    assert len(split.validation) == len(split.test) == 0


def test_a_rare_class_keeps_its_only_row_for_training() -> None:
    label = np.array([0] * 9 + [1])
    for seed in range(10):
        split = split_rows(labelled(label), 0.5, 0.0, stream(seed, "split"))
        assert 9 in split.train
        assert len(split.validation) == 5


@pytest.mark.parametrize(
    ("dataset", "validation", "test", "message"),
    [
        (
            numeric(20),
            0.01,
            0.0,
            "rows.csv: validation = 0.01 of 20 rows is no row at all. "
            "Give more rows or a larger share, or set validation = 0.",
        ),
        (
            numeric(1),
            0.0,
            0.4,
            "rows.csv: test = 0.4 of 1 row is no row at all. "
            "Give more rows or a larger share, or set test = 0.",
        ),
        (
            numeric(2),
            0.3,
            0.3,
            "rows.csv: validation = 0.3 and test = 0.3 of 2 rows leave no row to train on. "
            "Give more rows or smaller shares.",
        ),
        (
            labelled([0, 1, 2, 3], 4),
            0.25,
            0.0,
            "rows.csv: 3 rows to train on cannot hold a row of each of 4 classes. "
            "Give more rows or smaller shares of validation and test.",
        ),
    ],
)
def test_too_few_rows(dataset: Dataset, validation: float, test: float, message: str) -> None:
    with pytest.raises(DataError) as caught:
        split_rows(dataset, validation, test, SPLIT)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("validation", "test", "message"),
    [
        (
            -0.1,
            0.0,
            "split_rows: `validation` must be in [0, 1); got -0.1. Give a value within the bounds.",
        ),
        (
            float("nan"),
            0.0,
            "split_rows: `validation` must be in [0, 1); got nan. Give a value within the bounds.",
        ),
        (
            0.0,
            1.0,
            "split_rows: `test` must be in [0, 1); got 1.0. Give a value within the bounds.",
        ),
        (
            0.5,
            0.5,
            "split_rows: `test` must leave rows to train on: validation + test below 1; "
            "got 0.5 + 0.5."
            " Give a value within the bounds.",
        ),
    ],
)
def test_shares_that_cannot_be(validation: float, test: float, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        split_rows(numeric(10), validation, test, SPLIT)
    assert str(caught.value) == message
