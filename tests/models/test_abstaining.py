"""Which answers are left undecided, and which thresholds do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ArgumentError
from shoal.models import Prediction
from shoal.models.abstaining import Abstention
from shoal.models.table import columns_of

CLASSES = Prediction(
    mean=np.array([[0.1, 0.9], [0.2, 0.8]]), codes=np.array([1, 1]),
    disagreement=np.array([0.3, 0.0]),
)  # fmt: skip
LABELS = Prediction(
    mean=np.array([[0.1, 0.8], [0.3, 0.95]]), codes=np.array([[0, 1], [0, 1]]),
    disagreement=np.zeros((2, 2)),
)  # fmt: skip


def test_a_probability_of_exactly_the_threshold_decides() -> None:
    assert Abstention(below=0.9).undecided(CLASSES).tolist() == [False, True]
    assert Abstention(below=0.0).undecided(CLASSES).tolist() == [False, False]


def test_a_disagreement_above_leaves_open() -> None:
    assert Abstention(above=0.2).undecided(CLASSES).tolist() == [True, False]
    assert Abstention(above=0.3).undecided(CLASSES).tolist() == [False, False]
    assert Abstention(below=0.9, above=0.2).undecided(CLASSES).tolist() == [True, True]


def test_labels_by_the_more_probable_of_their_classes() -> None:
    # 0.9 for no, 0.8 for yes; 0.7 for no, 0.95 for yes
    found = Abstention(below=0.85).undecided(LABELS)
    assert found.tolist() == [[False, True], [True, False]]


def test_cells_of_undecided_rows_are_empty(coin) -> None:
    model = coin()
    said = model.prediction([[1.0], [0.0]])  # p(yes) 5/8 and 1/2
    open_ = Abstention(below=0.6).undecided(said)
    columns = columns_of(model, said, undecided=open_)
    assert columns["class"] == ["yes", ""]
    assert columns["probability_yes"] == ["0.625", "0.5"]


def test_values_of_undecided_rows_are_empty(lines) -> None:
    model = lines()
    said = model.prediction([[1.0], [0.0]])  # disagreement 1.5 and 0.5
    columns = columns_of(model, said, undecided=Abstention(above=1.0).undecided(said))
    assert columns == {"value": ["", "0.5"], "disagreement": ["1.5", "0.5"]}


def test_what_does_not_fit_a_model(coin, lines) -> None:
    told = ("below", "the target 'y' is a number, which has no probability")
    assert Abstention(below=0.9).problem(lines()) == told
    assert Abstention(above=1.0).problem(coin()[0]) == ("above", "one network cannot disagree")
    assert Abstention(below=0.9, above=1.0).problem(coin()) is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"below": 1.5},
            "Abstention: `below` must be from 0 to 1; got 1.5. Give a value within the bounds.",
        ),
        (
            {"above": -1.0},
            "Abstention: `above` must be a number from 0; got -1.0."
            " Give a value within the bounds.",
        ),
        (
            {"below": float("nan")},
            "Abstention: `below` must be from 0 to 1; got nan. Give a value within the bounds.",
        ),
    ],
)
def test_what_is_refused(given, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Abstention(**given)
    assert str(caught.value) == message
