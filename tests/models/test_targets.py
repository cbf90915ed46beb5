"""Targets as people hand them over: classes by name, though the names are numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.data.dataset import Feature, Schema
from shoal.errors import ArgumentError
from shoal.models.targets import targets_of


def schema_of(*classes: str) -> Schema:
    return Schema(columns=(Feature(name="x"),), target="y", kind="classification", classes=classes)


@pytest.mark.parametrize("dtype", [int, float, np.uint8, np.float32])
def test_numbers_are_the_classes_that_are_called_so(dtype: Any) -> None:
    found = targets_of("assess", schema_of("1", "2", "7"), np.array([7, 1, 2, 7], dtype))
    assert found.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    # by name, not by place: of the classes 1 and 2, 1 is the first
    assert targets_of("assess", schema_of("1", "2"), [1, 2]).tolist() == [[1, 0], [0, 1]]
    assert targets_of("assess", schema_of("-1", "1"), [1, -1]).tolist() == [[0, 1], [1, 0]]


def test_truth_values_are_classes_too() -> None:
    found = targets_of("assess", schema_of("False", "True"), np.array([True, False]))
    assert found.tolist() == [[0, 1], [1, 0]]


def test_0_and_1_are_the_places_of_two_classes() -> None:
    assert targets_of("assess", schema_of("no", "yes"), [1, 0]).tolist() == [[0, 1], [1, 0]]


def test_numbers_that_are_no_class() -> None:
    with pytest.raises(ArgumentError) as error:
        targets_of("assess", schema_of("1", "2", "7"), [1, 3])
    assert str(error.value) == "assess: `y` must have shape (N, 3); got (2,). Give as many as that."
