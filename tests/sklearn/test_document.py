"""docs/estimators.md says of every parameter what its default is."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from shoal.sklearn import ShoalClassifier, ShoalRegressor

PAGE = (Path(__file__).parents[2] / "docs" / "estimators.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", PAGE, re.M))


@pytest.mark.parametrize("own", [ShoalClassifier, ShoalRegressor])
def test_every_parameter_has_its_row(own: type) -> None:
    for name, parameter in inspect.signature(own).parameters.items():
        assert ROWS[name] == repr(parameter.default).replace("'", '"'), name


def test_there_are_no_others() -> None:
    both = [inspect.signature(own).parameters for own in (ShoalClassifier, ShoalRegressor)]
    assert set(ROWS) == {*both[0], *both[1]}
