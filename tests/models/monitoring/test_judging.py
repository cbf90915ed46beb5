"""Figures from sums: those of `evaluate`, in any blocks, and intervals that hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.data.dataset import Schema
from shoal.metrics import mean_absolute_error, r2
from shoal.models.ensemble import Prediction
from shoal.models.monitoring.judging import Judging

NUMBER = Schema(columns=(), target="y", kind="regression")
CLASSES = Schema(columns=(), target="y", kind="classification", classes=("a", "b", "c"))
LABELS = Schema(
    columns=(), target="y", more_targets=("z",), kind="multilabel",
    label_classes=(("0", "1"), ("0", "1")),
)  # fmt: skip


def said(mean: np.ndarray, codes: np.ndarray | None = None) -> Prediction:
    return Prediction(mean=mean, codes=codes, disagreement=np.zeros(len(mean)))


def judged(schema: Schema, blocks: list[tuple[Prediction, np.ndarray, np.ndarray | None]]):
    judging = Judging(schema)
    for block in blocks:
        judging.add(*block)
    return {each.name: each for each in judging.figures()}


def test_values_in_blocks_have_the_figures_of_all_rows() -> None:
    rng = np.random.default_rng(0)
    y = 1e4 + rng.normal(size=(500, 1))
    p = y + rng.normal(0, 0.5, (500, 1))
    w = rng.uniform(0, 2, 500)
    blocks = [(said(p[s]), y[s], w[s]) for s in np.array_split(np.arange(500), 7)]
    found = judged(NUMBER, blocks)
    assert found["mean_absolute_error"].value == pytest.approx(mean_absolute_error(p, y, w))
    assert found["r2"].value == pytest.approx(r2(p, y, w), abs=1e-9)
    assert found["r2"].n_effective == pytest.approx(w.sum() ** 2 / (w**2).sum())


def test_the_interval_of_r2_is_that_of_the_delta_method() -> None:
    # the same by its definition: the spread of -(e - E/V (y - mean)^2) / V over the rows
    rng = np.random.default_rng(3)
    y, noise = rng.normal(size=(400, 1)), rng.normal(0, 0.4, (400, 1))
    found = judged(NUMBER, [(said(y + noise), y, None)])["r2"]
    e, d2 = noise[:, 0] ** 2, (y[:, 0] - y.mean()) ** 2
    moved = -(e - e.mean() / d2.mean() * d2) / d2.mean()
    half = 1.96593 * moved.std() / np.sqrt(399)  # t with 399 degrees
    assert found.value is not None
    assert found.low == pytest.approx(found.value - half, abs=1e-6)
    assert found.high == pytest.approx(found.value + half, abs=1e-6)


def test_a_target_that_does_not_vary_has_no_r2() -> None:
    found = judged(NUMBER, [(said(np.array([[1.0], [2.0]])), np.full((2, 1), 3.0), None)])
    assert (found["r2"].value, found["r2"].low) == (None, None)
    assert found["mean_absolute_error"].value == 1.5


def test_classes_and_labels() -> None:
    codes = np.array([0, 1, 2, 2])
    found = judged(CLASSES, [(said(np.eye(3)[codes], codes), np.eye(3)[[0, 1, 2, 0]], None)])
    assert found["accuracy"].value == 0.75
    labels = np.array([[1, 0], [1, 1], [0, 0]])
    true = np.array([[1.0, 0], [1, 0], [0, 0]])
    found = judged(LABELS, [(said(labels.astype(float), labels), true, None)])
    assert found["accuracy"].value == pytest.approx(2 / 3)  # every label right


def test_weights_that_are_worth_fewer_rows_make_intervals_wider() -> None:
    codes = np.array([0] * 90 + [1] * 10)
    y = np.eye(3)[np.zeros(100, np.int64)]
    even = judged(CLASSES, [(said(np.eye(3)[codes], codes), y, np.ones(100))])["accuracy"]
    w = np.tile([1.9, 0.1], 50)
    odd = judged(CLASSES, [(said(np.eye(3)[codes], codes), y, w)])["accuracy"]
    assert even.value == pytest.approx(odd.value)
    assert even.low is not None
    assert odd.low is not None
    assert odd.low < even.low
    assert odd.n_effective == pytest.approx(100**2 / (50 * 1.9**2 + 50 * 0.1**2))


def test_rows_that_do_not_count_have_no_figures() -> None:
    codes = np.array([0])
    assert judged(CLASSES, [(said(np.eye(3)[codes], codes), np.eye(3)[[0]], np.zeros(1))]) == {}
