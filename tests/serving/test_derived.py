"""A model with derived features behind HTTP: rows and columns of base features only."""

from __future__ import annotations

from typing import Any

import pytest

import shoal
from shoal.models import Model


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    run = shoal.Experiment(
        data=shoal.tasks.circle(samples=300, derived=["x1^2", "x2^2"]),
        network=shoal.Network([shoal.Dense(1, "sigmoid")]),
        training=shoal.Training(shoal.Adam(0.1), epochs=20),
        population=2,
    ).run()
    return {"ring": run.ensemble}


ROWS = [{"x1": 0.1, "x2": -0.2}, {"x1": 0.9, "x2": 0.3}]


def test_rows_of_base_columns_are_answered(client: Any) -> None:
    got = client.predict("ring", {"rows": ROWS})
    assert got.status == 200, got.body
    wanted = client.models["ring"].predict_proba([[0.1, -0.2], [0.9, 0.3]]).tolist()
    assert [list(row["probabilities"].values()) for row in got.json["rows"]] == wanted
    columns = client.predict("ring", {"columns": {"x1": [0.1, 0.9], "x2": [-0.2, 0.3]}})
    assert columns.status == 200, columns.body


def test_one_row_has_the_quick_way(client: Any) -> None:
    got = client.predict("ring", {"x1": 0.1, "x2": -0.2})
    assert got.status == 200
    wanted = client.models["ring"].predict_proba([[0.1, -0.2]]).tolist()[0]
    assert list(got.json["probabilities"].values()) == wanted


def test_the_page_of_a_model_and_its_document_name_columns(client: Any) -> None:
    about = client("GET", "/models/ring").json
    assert [column["name"] for column in about["columns"]] == ["x1", "x2"]
    text = client("GET", "/openapi.json").body.decode()
    assert "x1^2" not in text


def test_rows_without_a_column_are_refused(client: Any) -> None:
    status, told = client.refused("ring", {"rows": [{"x1": 0.1, "x1^2": 0.01}]})
    assert status == 422
    assert "x2" in str(told)
