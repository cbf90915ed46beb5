"""Which rows are called unlike the training rows, and what is said of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shoal.data.dataset import Dataset, Feature, Schema
from shoal.data.scaling import Scaler
from shoal.errors import ArgumentError
from shoal.models import Model, unlike
from shoal.models.summary import summarise
from shoal.network import Network

NUMBERS = (Feature(name="a"), Feature(name="b"))
COLOUR = Feature(name="colour", categories=("red", "green", "blue"))


def model_of(x: np.ndarray, columns: tuple[Feature, ...], **more: Any) -> Model:
    """Return a model that says nothing, but knows its training rows."""
    schema = Schema(columns=columns, target="y", kind="regression")
    d = x.shape[1]
    network = Network([{"units": 1}], inputs=d)
    recipe = {"multiply": more.get("multiply", 1.0), "add": more.get("add", 0.0)}
    seen = x * recipe["multiply"] + recipe["add"]
    table = Dataset(x=seen, y=np.zeros((len(x), 1)), schema=schema)
    return Model(
        network=network,
        parameters=network.start_from([np.zeros((1, d, 1))], [np.zeros((1, 1))]),
        schema=schema,
        scalers=(Scaler(center=(0.0,) * d, scale=(1.0,) * d),),
        target_scalers=(Scaler(center=(0.0,), scale=(1.0,)),),
        seeds=(1,), best=0, experiment={}, arithmetic="1", version="0",
        summary=summarise(table, np.arange(len(x)), **recipe),
        **recipe,
    )  # fmt: skip


@pytest.fixture
def two() -> Model:
    """Two columns of which the second is twice the first, but for a little."""
    rng = np.random.default_rng(0)
    a = rng.uniform(0, 10, 400)
    return model_of(np.column_stack([a, 2 * a + rng.normal(0, 0.1, 400)]), NUMBERS)


def test_why_a_row_is_unlike_the_training_rows(two: Model) -> None:
    found = unlike(two, [[5.0, 10.0], [5.0, 1e9], [-900.0, 10.0], [2.0, 14.0]])
    assert found is not None
    assert found.rows.tolist() == [False, True, True, True]
    assert len(found) == 3
    assert two.summary is not None
    first, second = (column.quantiles for column in two.summary.columns)
    assert [found.reason(i) for i in range(3)] == [
        "",
        f"'b' is 1e+09, far above the training rows ({second[0]:.6g} to {second[-1]:.6g})",
        f"'a' is -900, far below the training rows ({first[0]:.6g} to {first[-1]:.6g})",
    ]
    # of two columns each is as far from what the other lets expect; the first is named
    assert found.reason(3).startswith("no such combination in the training rows: '")


def test_the_column_that_does_not_fit_the_others_is_named() -> None:
    rng = np.random.default_rng(3)
    a = rng.normal(size=500)
    x = np.column_stack([a, a + rng.normal(0, 0.1, 500), a + rng.normal(0, 0.1, 500)])
    model = model_of(x, (*NUMBERS, Feature(name="c")))
    found = unlike(model, [[1.0, 1.0, -1.0]])
    assert found is not None
    start = "no such combination in the training rows: 'c' is -1, where the other columns let"
    assert found.reason(0).startswith(f"{start} expect ")
    assert float(found.reason(0).rpartition(" ")[2]) == pytest.approx(1.0, abs=0.15)


def test_a_category_that_training_hardly_saw() -> None:
    # 3,000 rows: blue once, which is fewer than one in a thousand
    hot = np.zeros((3000, 3))
    hot[:2000, 0] = hot[2000:2999, 1] = hot[2999, 2] = 1
    found = unlike(model_of(hot, (COLOUR,)), np.eye(3))
    assert found is not None
    assert found.rows.tolist() == [False, False, True]
    assert found.reason(2) == "'colour' is 'blue', as in 1 of 3,000 training rows"


def test_a_category_of_few_rows_is_known_where_there_are_few_rows() -> None:
    hot = np.zeros((30, 3))
    hot[:20, 0] = hot[20:29, 1] = hot[29, 2] = 1
    found = unlike(model_of(hot, (COLOUR,)), np.eye(3))
    assert found is not None
    assert not found.rows.any()


@pytest.mark.parametrize("multiply", [1000.0, -2.0])
def test_what_the_recipe_does_to_features_changes_nothing(multiply: float) -> None:
    rng = np.random.default_rng(5)
    colours = np.eye(3)[rng.integers(0, 2, 200)]  # no blue
    x = np.hstack([rng.normal(size=(200, 2)), colours])
    plain, changed = (model_of(x, (*NUMBERS, COLOUR), multiply=m, add=3 * (m - 1))
                      for m in (1.0, multiply))  # fmt: skip
    rows = np.array([[0, 0, 1, 0, 0], [40, 0, 1, 0, 0], [0, -40, 0, 1, 0], [0, 0, 0, 0, 1]])
    first, second = unlike(plain, rows), unlike(changed, rows)
    assert first is not None
    assert second is not None
    assert second.rows.tolist() == first.rows.tolist() == [False, True, True, True]
    assert [second.reason(i) for i in range(4)] == [first.reason(i) for i in range(4)]


@pytest.mark.parametrize("d", [2, 7, 30])
def test_a_rows_flag_and_distance_do_not_depend_on_its_neighbours(d: int) -> None:
    rng = np.random.default_rng(d)
    columns = tuple(Feature(name=f"x{i}") for i in range(d))
    model = model_of(rng.normal(size=(300, d)), columns)
    x = 1.9 * rng.normal(size=(5000, d))
    whole = unlike(model, x)
    assert whole is not None
    assert 0 < whole.rows.sum() < len(x)
    squared = whole.limits.squared(whole.limits.seen(x))
    for i in (0, 1, 17, 2048, 4999):
        alone = unlike(model, x[i : i + 1])
        assert alone is not None
        assert alone.rows[0] == whole.rows[i]
        assert alone.reason(0) == whole.reason(i)
        one = whole.limits.squared(whole.limits.seen(x[i : i + 1]))
        assert one.tobytes() == squared[i : i + 1].tobytes()
    parts = np.concatenate([unlike(model, part).rows for part in np.array_split(x, 13)])  # type: ignore[union-attr]
    assert (parts == whole.rows).all()


def test_numbers_beyond_all_bounds_are_unlike_and_said(two: Model) -> None:
    found = unlike(two, [[1e308, -1e308]])
    assert found is not None
    assert found.reason(0).startswith("'a' is 1e+308, far above the training rows")


def test_no_rows_and_wrong_rows(two: Model) -> None:
    found = unlike(two, np.empty((0, 2)))
    assert found is not None
    assert found.rows.shape == (0,)
    with pytest.raises(ArgumentError) as caught:
        unlike(two, [[1.0, float("nan")]])
    assert (
        str(caught.value) == "unlike: `x` must be finite; got nan in row 0, feature 'b'."
        " Take these numbers out, or fill the gaps first."
    )


def test_a_model_without_a_summary_says_nothing(two: Model) -> None:
    assert unlike(replace(two, summary=None), [[0.0, 0.0]]) is None


def test_a_summary_without_limits_goes_by_the_values_that_were_there(two: Model) -> None:
    assert two.summary is not None
    bare = tuple(
        column.model_copy(update={"low": None, "high": None}) for column in two.summary.columns
    )
    summary = two.summary.model_copy(update={"columns": bare, "combination": None})
    most = bare[0].quantiles[-1]
    found = unlike(replace(two, summary=summary), [[most, 5.0], [np.nextafter(most, 99), 5.0]])
    assert found is not None
    assert found.rows.tolist() == [False, True]
