"""What a model keeps of its training rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import shoal
from shoal.data.dataset import Dataset, Feature, Schema
from shoal.errors import ArgumentError
from shoal.models.summary import MAX_COLUMNS, summarise, summary_problem

SCHEMA = Schema(
    columns=(Feature(name="a"), Feature(name="b", categories=("x", "y"))),
    target="t",
    kind="regression",
)


def test_quantiles_are_values_that_were_there() -> None:
    # 200 values 1..200 in another order: the ceil(2k)-th is 2k
    values = np.random.default_rng(0).permutation(200) + 1.0
    x = np.column_stack([values, values <= 50, values > 50])
    found = summarise(Dataset(x=x, y=np.zeros((200, 1)), schema=SCHEMA), np.arange(200))
    assert found is not None
    assert found.n_rows == 200
    assert found.columns[0].quantiles == (1.0, *(2.0 * k for k in range(1, 101)))
    assert found.columns[1].shares == (0.25, 0.75)


def test_only_the_rows_that_are_named_count() -> None:
    x = np.array([[1.0, 1, 0], [9.0, 0, 1], [2.0, 1, 0]])
    found = summarise(Dataset(x=x, y=np.zeros((3, 1)), schema=SCHEMA), np.array([0, 2]))
    assert found is not None
    assert (found.columns[0].quantiles[0], found.columns[0].quantiles[-1]) == (1.0, 2.0)
    assert found.columns[1].shares == (1.0, 0.0)


def test_very_wide_tables_have_no_summary() -> None:
    width = MAX_COLUMNS + 1
    columns = tuple(Feature(name=f"x{i}") for i in range(width))
    schema = Schema(columns=columns, target="t", kind="regression")
    table = Dataset(x=np.zeros((2, width)), y=np.zeros((2, 1)), schema=schema)
    assert summarise(table, np.arange(2)) is None


def test_a_model_keeps_its_summary_in_its_file(tmp_path: Path) -> None:
    training = shoal.Training(epochs=1)
    model = shoal.Experiment(population=2, training=training).run().ensemble
    assert model.summary is not None
    assert model.summary.n_rows == 8000  # 10,000 samples, a fifth of them to validate
    model.save(tmp_path / "model.safetensors")
    assert shoal.load(tmp_path / "model.safetensors").summary == model.summary


def test_a_summary_of_other_columns_is_refused() -> None:
    from dataclasses import replace

    model = shoal.Experiment(population=1, training=shoal.Training(epochs=1)).run().ensemble
    assert model.summary is not None
    short = model.summary.model_copy(update={"columns": model.summary.columns[:1]})
    with pytest.raises(ArgumentError, match="`summary` must have 2 columns"):
        replace(model, summary=short)


NUMBERS = Schema(columns=(Feature(name="a"), Feature(name="b")), target="t", kind="regression")


def numbers(x: np.ndarray) -> Dataset:
    return Dataset(x=x, y=np.zeros((len(x), 1)), schema=NUMBERS)


def test_values_that_many_rows_share_are_counted() -> None:
    # a: 0 three times, 1 once, 5 twice; b: six values, each once, so that nothing need be said
    x = np.column_stack([[0, 0, 0, 1, 5, 5], [6, 5, 4, 3, 2, 1]]).astype(float)
    found = summarise(numbers(x), np.arange(6))
    assert found is not None
    assert found.columns[0].counts == ((0, 3), (3, 4), (4, 6))
    assert found.columns[1].counts == ()


def test_shares_are_those_of_the_table_whatever_the_recipe_does() -> None:
    x = np.array([[1.0, 1, 0], [9.0, 0, 1], [2.0, 1, 0], [3.0, 1, 0]])
    table = Dataset(x=-3 * x + 7, y=np.zeros((4, 1)), schema=SCHEMA)
    found = summarise(table, np.arange(4), multiply=-3, add=7)
    assert found is not None
    assert found.columns[1].shares == (0.75, 0.25)


def test_the_text_of_a_summary_has_no_last_bits() -> None:
    x = np.random.default_rng(0).normal(size=(500, 2))
    first = summarise(numbers(x), np.arange(500))
    second = summarise(numbers(x), np.arange(500)[::-1])  # sums in another order
    assert first is not None
    assert second is not None
    assert first.combination is not None
    assert second.combination is not None
    assert first.combination.correlation == second.combination.correlation
    assert first.combination.scales == second.combination.scales
    assert first.combination.centers == pytest.approx(second.combination.centers, abs=1e-9)
    digits = [f"{value:.6g}" for value in (first.combination.correlation[0],)]
    assert digits == [repr(value) for value in first.combination.correlation]


def changed(**more: object) -> object:
    found = summarise(numbers(np.random.default_rng(0).normal(size=(50, 2))), np.arange(50))
    assert found is not None
    assert found.combination is not None
    return found, found.combination.model_copy(update=more)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"columns": (0, 0)}, "must combine 2 to 64 columns of numbers"),
        ({"columns": (0, 7)}, "must combine 2 to 64 columns of numbers"),
        ({"centers": (1.0,)}, "must have 2 centers, 2 scales and 1 correlations"),
        (
            {"correlation": (1.0,), "shrinkage": 0.0},
            "must have a correlation that numbers can have",
        ),
    ],
)
def test_a_combination_that_cannot_be_is_refused(more: dict[str, object], reason: str) -> None:
    found, combination = changed(**more)  # type: ignore[misc]
    wrong = found.model_copy(update={"combination": combination})
    assert summary_problem(wrong, NUMBERS) == reason


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"low": 2.0, "high": 1.0}, "must have `low` up to `high` for the column 'a'"),
        (
            {"counts": ((0, 1),)},
            "must have counts of every value among the quantiles for the column 'a'",
        ),
    ],
)
def test_a_column_that_cannot_be_is_refused(more: dict[str, object], reason: str) -> None:
    found, _ = changed()  # type: ignore[misc]
    columns = (found.columns[0].model_copy(update=more), found.columns[1])
    assert summary_problem(found.model_copy(update={"columns": columns}), NUMBERS) == reason


def test_the_widest_table_fits_into_a_header() -> None:
    from shoal.models.header import MAX_DESCRIPTION

    width = 256  # the most columns whose ties are counted
    columns = tuple(Feature(name=f"x{i}") for i in range(width))
    schema = Schema(columns=columns, target="t", kind="regression")
    x = np.random.default_rng(0).integers(0, 150, (900, width)).astype(float)
    table = Dataset(x=x, y=np.zeros((900, 1)), schema=schema)
    found = summarise(table, np.arange(900))
    assert found is not None
    assert found.model_dump_json().count(",") < MAX_DESCRIPTION
