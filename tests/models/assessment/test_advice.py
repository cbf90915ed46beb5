"""Which threshold is to be used where errors have costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.models import assess
from shoal.models.assessment.advice import advised, threshold_text
from shoal.models.assessment.records import Calibration, Costs, Decision

PLACES = {"half": 0.5, "theory": 1 / 6, "best": 0.3, "always_no": 1.0, "always_yes": 0.0}


def costs(missed: float = 4.0, **cost: float) -> Costs:
    """Costs of 1 and 5 with the mean cost of a row by each rule; `missed` by never saying yes."""
    decisions = tuple(
        Decision(rule=rule, threshold=at, cost=cost[rule], n_false_positives=1.0,
                 n_false_negatives=missed if rule == "always_no" else 0.0)
        for rule, at in PLACES.items()
    )  # fmt: skip
    return Costs(positive="yes", false_positive=1, false_negative=5, decisions=decisions)


def calibration(error: float) -> Calibration:
    return Calibration(of="yes", error=error, by_chance=0.05, chance_limit=0.1, debiased=0.0,
                       gap=0.0, bins=())  # fmt: skip


GOOD = {"half": 0.6, "theory": 0.4, "best": 0.3, "always_no": 0.9, "always_yes": 0.8}


def test_theory_is_followed_where_probabilities_are_true() -> None:
    assert advised(costs(**GOOD)).rule == "theory"
    assert advised(costs(**GOOD), calibration(0.1)).rule == "theory"
    assert advised(costs(**GOOD), calibration(0.11)).rule == "best"


def test_always_saying_the_same_may_be_cheaper() -> None:
    assert advised(costs(**GOOD | {"always_no": 0.4})).rule == "best"
    assert advised(costs(**GOOD | {"always_yes": 0.3})) is None


def test_rows_of_one_class_leave_theory_alone() -> None:
    assert advised(costs(0.0, **GOOD | {"always_no": 0.0})).rule == "theory"
    assert advised(costs(**GOOD | {"always_yes": 0.0})).rule == "theory"


@pytest.mark.parametrize(
    ("threshold", "p", "text"),
    [
        (1 / 6, [0.1, 0.2], "0.1667"),
        (1 / 6, [0.16667, 0.2], "0.166667"),  # 0.16667 itself would leave out the first
        (0.1 + 0.2, [0.3, 0.1 + 0.2], "0.30000000000000004"),
        (1e-7, [0.5], "1e-07"),
        (0.5, [], "0.5"),
    ],
)
def test_a_threshold_has_the_digits_that_part_the_rows(
    threshold: float, p: list[float], text: str
) -> None:
    assert threshold_text(threshold, np.array(p)) == text


def test_an_assessment_tells_it(coin: Any) -> None:
    # said 5/8 of a yes and 3/8 of a no; yes comes true 1 in 10 and 0 in 10: only between the
    # two is a row cheaper than always no, 0.6. Halfway between them is 0.5.
    x, y = [[1.0]] * 10 + [[-1.0]] * 10, [1] + [0] * 19
    found = assess(coin(), x, y, costs=(1, 12), resamples=20)
    wanted = {"rule": "best", "threshold": 0.5, "positive": "yes", "command": None}
    assert found.document()["advice"] == wanted
    assert assess(coin(), x, y, resamples=20).document()["advice"] is None
    none = assess(coin(), [[1.0], [-1.0]] * 10, [0, 1] * 10, costs=(1, 1), resamples=20)
    assert none.advice is None
