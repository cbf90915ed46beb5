"""What a recipe does to rows: flips, dummies, multiply and add."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from shoal.data.dataset import Dataset, Feature, Schema, Truth
from shoal.data.recipe import (
    CERTAIN,
    MAX_NUMBERS,
    Ceiling,
    DataRecipe,
    Known,
    apply_recipe,
    check_size,
    class_indices,
    class_targets,
    noisy_accuracy,
)
from shoal.errors import DataError
from shoal.streams import stream

DATA, NOISE = stream(7, "data"), stream(7, "noise")


def rows(n_rows: int = 1000, n_classes: int = 2) -> Dataset:
    """Rows of one feature that counts up, classes in turn."""
    label = np.arange(n_rows) % n_classes
    return Dataset(
        x=np.arange(n_rows, dtype=np.float64)[:, np.newaxis],
        y=class_targets(label, n_classes),
        schema=Schema(
            columns=(Feature(name="a"),),
            target="t",
            kind="classification",
            classes=tuple("abcdef"[:n_classes]),
        ),
        source="rows.csv",
    )


def prices() -> Dataset:
    schema = Schema(columns=(Feature(name="a"),), target="price", kind="regression")
    return Dataset(x=np.ones((3, 1)), y=np.full((3, 1), 2.5), schema=schema, source="prices.csv")


def apply(dataset: Dataset, **fields: float) -> Dataset:
    return apply_recipe(DataRecipe(**fields), dataset, NOISE, DATA)


def flips(dataset: Dataset, label_noise: float) -> np.ndarray:
    return class_indices(apply(dataset, label_noise=label_noise)) != class_indices(dataset)


def test_the_default_recipe_changes_nothing() -> None:
    before = rows()
    after = apply(before)
    assert after.fingerprint == before.fingerprint
    assert after.clean_y is None


def test_two_classes_flip_to_the_other_at_the_rate_asked_for() -> None:
    before = rows(20_000)
    after = apply(before, label_noise=0.2)
    flipped = after.y != before.y
    assert set(np.unique(after.y)) == {0.0, 1.0}
    # 4 standard errors: 4 sqrt(0.2 * 0.8 / 20,000) = 0.0113.
    assert abs(flipped.mean() - 0.2) < 0.0113
    assert after.clean_y is before.y


@pytest.mark.parametrize("n_classes", [3, 5])
def test_more_classes_move_to_any_other_alike(n_classes: int) -> None:
    n_rows = 20_000
    before = rows(n_rows, n_classes)
    after = apply(before, label_noise=1.0)
    jump = (class_indices(after) - class_indices(before)) % n_classes
    share = 1 / (n_classes - 1)
    expected = [0.0, *([share] * (n_classes - 1))]
    found = np.bincount(jump, minlength=n_classes) / n_rows
    assert found == pytest.approx(expected, abs=4 * np.sqrt(share * (1 - share) / n_rows))
    assert found[0] == 0
    assert (after.y.sum(axis=1) == 1).all()


def test_where_a_label_moves_is_independent_of_whether_it_does() -> None:
    before = rows(20_000, 3)
    jump = (class_indices(apply(before, label_noise=0.3)) - class_indices(before)) % 3
    n_flipped = np.count_nonzero(jump)
    # 4 standard errors of a half.
    assert abs(np.mean(jump[jump > 0] == 1) - 0.5) < 4 * 0.5 / np.sqrt(n_flipped)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_flip_depends_on_stream_and_row_alone(n_classes: int) -> None:
    few = apply(rows(60, n_classes), label_noise=0.4)
    many = apply(rows(1000, n_classes), label_noise=0.4)
    assert np.array_equal(few.y, many.y[:60])


def test_more_noise_keeps_the_flips_of_less() -> None:
    some, more = flips(rows(), 0.1), flips(rows(), 0.3)
    assert some.sum() < more.sum()
    assert not (some & ~more).any()


def test_every_label_flips_at_noise_1() -> None:
    assert flips(rows(), 1.0).all()


def test_another_step_flips_other_rows() -> None:
    recipe = DataRecipe(label_noise=0.5)
    one, two = (apply_recipe(recipe, rows(), NOISE, DATA, step=step) for step in (1, 2))
    assert not np.array_equal(one.y, two.y)


def test_known_clean_targets_are_kept() -> None:
    clean = np.zeros((1000, 1))
    assert apply(replace(rows(), clean_y=clean), label_noise=0.2).clean_y is clean


def test_dummies_are_named_uniform_and_appended() -> None:
    after = apply(rows(2000), dummies=3)
    assert after.schema.feature_names == ("a", "dummy1", "dummy2", "dummy3")
    assert np.array_equal(after.x[:, 0], np.arange(2000))
    dummies = after.x[:, 1:]
    assert ((dummies >= 0) & (dummies < 1)).all()
    # 4 standard errors of a uniform mean: 4 / sqrt(12 * 2000) = 0.0258.
    assert dummies.mean(axis=0) == pytest.approx([0.5, 0.5, 0.5], abs=0.0258)
    assert np.abs(np.corrcoef(dummies.T) - np.eye(3)).max() < 0.1


def test_dummies_do_not_depend_on_rows_or_on_other_dummies() -> None:
    few = apply(rows(50), dummies=1)
    many = apply(rows(700), dummies=4)
    assert np.array_equal(few.x, many.x[:50, :2])


def test_multiply_comes_before_add_and_reaches_dummies() -> None:
    plain = apply(rows(10), dummies=1)
    moved = apply(rows(10), dummies=1, multiply=1000, add=-3)
    assert np.array_equal(moved.x, plain.x * 1000 - 3)


def test_the_dataset_given_is_not_changed() -> None:
    before = rows()
    fingerprint = before.fingerprint
    apply(before, label_noise=0.5, dummies=2, multiply=2, add=1)
    assert before.fingerprint == fingerprint


def test_truth_of_known_rows() -> None:
    dataset = rows(500)
    known = Known(ceiling=Ceiling(best=0.9, worst=0.1), rule=class_indices(dataset))
    after = apply_recipe(DataRecipe(label_noise=0.25), dataset, NOISE, DATA, known=known)
    assert after.truth is not None
    # 0.9 right * 0.75 stay + 0.1 wrong * 0.25 moved = 0.7.
    assert after.truth.attainable_accuracy == pytest.approx(0.7)
    assert after.truth.rows_accuracy == float((after.y == dataset.y).mean())


def test_truth_of_changed_labels_is_unknown_without_a_rule() -> None:
    known = replace(rows(), truth=Truth(attainable_accuracy=1.0, rows_accuracy=1.0))
    assert apply(known).truth == known.truth
    assert apply(known, label_noise=0.1).truth is None


@pytest.mark.parametrize(
    ("ceiling", "label_noise", "n_classes", "expected"),
    [
        (CERTAIN, 0.0, 2, 1.0),
        (CERTAIN, 0.5, 2, 0.5),
        (CERTAIN, 0.9, 2, 0.9),  # say the opposite
        (CERTAIN, 0.5, 3, 0.5),
        (CERTAIN, 1.0, 3, 0.5),  # say either of the others
        (Ceiling(best=0.8, worst=0.2), 0.9, 2, 0.74),  # 0.2 * 0.1 + 0.8 * 0.9
        (Ceiling(best=0.6, worst=0.1), 1.0, 3, 0.45),  # (1 - 0.1) / 2
    ],
)
def test_noisy_accuracy(
    ceiling: Ceiling, label_noise: float, n_classes: int, expected: float
) -> None:
    assert noisy_accuracy(ceiling, label_noise, n_classes) == pytest.approx(expected, abs=1e-15)


def test_class_numbers_and_targets_are_inverse() -> None:
    for n_classes in (2, 4):
        label = np.array([0, 1, n_classes - 1, 0])
        dataset = rows(4, n_classes)
        changed = replace(dataset, y=class_targets(label, n_classes))
        assert changed.y.shape == ((4, 1) if n_classes == 2 else (4, 4))
        assert np.array_equal(class_indices(changed), label)


def test_regression_targets_cannot_be_flipped() -> None:
    with pytest.raises(DataError) as caught:
        apply(prices(), label_noise=0.1)
    assert str(caught.value) == (
        "prices.csv, column 'price': label_noise = 0.1 flips classes, but the target is a "
        "number. Set label_noise = 0."
    )


def test_regression_takes_dummies_and_moves() -> None:
    after = apply(prices(), dummies=1, multiply=2, add=1)
    assert after.x[:, 0].tolist() == [3.0, 3.0, 3.0]
    assert after.y.tolist() == [[2.5], [2.5], [2.5]]


def test_a_column_named_like_a_dummy_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        apply(apply(rows(), dummies=2), dummies=1)
    assert str(caught.value) == (
        "rows.csv, column 'dummy1': has the name of a dummy that `dummies` adds. "
        "Rename the column, or set dummies = 0."
    )


def test_overflowing_features_are_refused() -> None:
    with pytest.raises(DataError) as caught:
        apply(rows(), multiply=1e308)
    assert str(caught.value) == (
        "rows.csv: features overflow with multiply = 1e+308 and add = 0. Give smaller numbers."
    )


def test_size_is_checked_before_memory_is_taken() -> None:
    check_size("greater", MAX_NUMBERS, 1)
    with pytest.raises(DataError) as caught:
        check_size("greater", 10_000_000, 10_002)
    assert str(caught.value) == (
        "greater: 10,000,000 rows of 10,002 features are more than 268,435,456 numbers. "
        "Ask for fewer rows, features or dummies."
    )


@pytest.mark.parametrize(
    ("fields", "where", "message"),
    [
        (
            {"multiply": 0},
            "multiply",
            "must not be 0: every feature would be the same number",
        ),
        (
            {"validation": 0.6, "test": 0.4},
            "test",
            "must leave rows to train on: validation + test must be below 1; got 0.6 + 0.4",
        ),
        ({"validation": 1}, "validation", "Input should be less than 1"),
        ({"label_noise": 1.5}, "label_noise", "Input should be less than or equal to 1"),
        ({"dummies": -1}, "dummies", "Input should be greater than or equal to 0"),
        ({"add": float("nan")}, "add", "Input should be a finite number"),
        ({"dummy": 1}, "dummy", "Extra inputs are not permitted"),
    ],
)
def test_recipes_that_cannot_be(fields: dict[str, float], where: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DataRecipe(**fields)
    (error,) = caught.value.errors()
    assert (error["loc"], error["msg"]) == ((where,), message)
