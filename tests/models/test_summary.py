"""What a model keeps of its training rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import shoal
from shoal.data.dataset import Dataset, Feature, Schema
from shoal.errors import ArgumentError
from shoal.models.summary import MAX_COLUMNS, summarise

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
