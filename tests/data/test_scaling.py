"""Scalers, and the features that should have had one."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from shoal.data.scaling import (
    Scaler,
    ScalingKind,
    UnscaledColumn,
    fit_scaler,
    unscaled_columns,
    unscaled_sentence,
)
from shoal.errors import ArgumentError
from shoal.streams import stream

KINDS: tuple[ScalingKind, ...] = ("none", "standard", "minmax")
ROWS = np.array([[1.0, 10.0], [2.0, 10.0], [3.0, 40.0]])


def uniform(n_rows: int, n_features: int) -> np.ndarray:
    return stream(1, "data").uniform(n_rows * n_features).reshape(n_rows, n_features)


def test_standard_by_hand() -> None:
    scaler = fit_scaler("standard", ROWS)
    # Column 1: mean 2, variance (1 + 0 + 1) / 3. Column 2: mean 20, (100 + 100 + 400) / 3.
    assert scaler.center == pytest.approx((2.0, 20.0))
    assert scaler.scale == pytest.approx((np.sqrt(2 / 3), np.sqrt(200)))
    assert scaler.apply(ROWS)[2] == pytest.approx([np.sqrt(3 / 2), np.sqrt(2)])


def test_minmax_by_hand() -> None:
    scaler = fit_scaler("minmax", ROWS)
    assert scaler == Scaler(kind="minmax", center=(1.0, 10.0), scale=(2.0, 30.0))
    assert scaler.apply(ROWS).tolist() == [[0.0, 0.0], [0.5, 0.0], [1.0, 1.0]]


def test_none_changes_nothing() -> None:
    assert np.array_equal(fit_scaler("none", ROWS).apply(ROWS), ROWS)


def test_standardised_features_have_mean_0_and_deviation_1() -> None:
    x = uniform(5000, 3) * np.array([1.0, 1000.0, 1e-3]) + np.array([0.0, -7.0, 1000.0])
    scaled = fit_scaler("standard", x).apply(x)
    assert scaled.mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-8)
    assert scaled.std(axis=0) == pytest.approx([1, 1, 1], abs=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_inverse_undoes_apply(kind: ScalingKind) -> None:
    scaler = fit_scaler(kind, ROWS)
    assert scaler.inverse(scaler.apply(ROWS)) == pytest.approx(ROWS, rel=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_json_round_trip(kind: ScalingKind) -> None:
    scaler = fit_scaler(kind, uniform(30, 4) / 3)
    assert Scaler.model_validate_json(scaler.model_dump_json()) == scaler


@pytest.mark.parametrize("kind", ["standard", "minmax"])
@pytest.mark.parametrize("value", [0.0, 0.1, -1e9, 1e-300])
def test_a_constant_feature_becomes_0(kind: ScalingKind, value: float) -> None:
    # 0.1 * 7 / 7 is not 0.1 in float64: a deviation of 1e-17 must not be divided by.
    x = np.full((7, 1), value)
    scaler = fit_scaler(kind, x)
    assert (scaler.center, scaler.scale) == ((value,), (1.0,))
    assert (scaler.apply(x) == 0).all()


def test_a_scaler_is_fitted_on_training_rows_and_applied_to_any() -> None:
    assert fit_scaler("minmax", ROWS).apply(np.array([[5.0, -20.0]])).tolist() == [[2.0, -1.0]]


def test_numeric_targets_take_the_same_record() -> None:
    y = np.array([[100.0], [300.0]])
    scaler = fit_scaler("standard", y)
    assert scaler.apply(y).tolist() == [[-1.0], [1.0]]


@pytest.mark.parametrize(
    ("kind", "x", "message"),
    [
        (
            "zscore",
            ROWS,
            "fit_scaler: `kind` must be 'none', 'standard' or 'minmax'; got 'zscore'."
            " Choose one of the names that are known.",
        ),
        (
            "standard",
            np.zeros((0, 2)),
            "fit_scaler: `x_train` must have at least one row; got (0, 2). Give at least one.",
        ),
        (
            "standard",
            np.zeros(3),
            "fit_scaler: `x_train` must have shape (N, D); got (3,). Give as many as that.",
        ),
        (
            "minmax",
            np.array([[0.0, 1.0], [0.0, np.inf]]),
            "fit_scaler: `x_train` must be finite and at most 1e+150 in magnitude; "
            "got 1 to inf in feature 1."
            " Take these numbers out, or fill the gaps first.",
        ),
        (
            "none",
            np.array([[np.nan]]),
            "fit_scaler: `x_train` must be finite and at most 1e+150 in magnitude; "
            "got nan to nan in feature 0."
            " Take these numbers out, or fill the gaps first.",
        ),
    ],
)
def test_what_cannot_be_fitted(kind: ScalingKind, x: np.ndarray, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        fit_scaler(kind, x)
    assert str(caught.value) == message


def test_another_number_of_features_is_refused() -> None:
    with pytest.raises(ArgumentError) as caught:
        fit_scaler("minmax", ROWS).apply(np.zeros((4, 3)))
    assert (
        str(caught.value) == "Scaler.apply: `x` must have shape (N, 2); got (4, 3)."
        " Give as many as that."
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"center": (0.0,)},
            "Value error, center and scale must have a number for every feature; got 1 and 0",
        ),
        (
            {"center": (0.0,), "scale": (0.0,)},
            "Value error, scale must be above 0 for every feature",
        ),
    ],
)
def test_scalers_that_cannot_be(fields: dict[str, tuple[float]], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Scaler(kind="minmax", **fields)
    assert [error["msg"] for error in caught.value.errors()] == [message]


def rarely(n_rows: int, value: float, otherwise: float = 0.0) -> np.ndarray:
    x = np.full((n_rows, 1), otherwise)
    x[n_rows // 2] = value
    return x


U = uniform(2000, 1)
NORMAL = stream(1, "data").normal(20_000)[:, np.newaxis]


SUITABLE = {
    "uniform": U,
    "bits": np.floor(2 * U),
    "points": 1 + np.floor(9 * U),
    "pixels": np.floor(17 * U),
    "normal": NORMAL,
    "symmetric": 2 * U - 1,
    "always 1": np.ones((50, 1)),
    "always 0": np.zeros((50, 1)),
    "nearly always 1": rarely(2000, 0, 1),
    "nearly always 0": rarely(2000, 1),
    "a pixel at the edge": rarely(2000, 16),
}
UNSUITABLE = {
    "times 1000": U * 1000,
    "plus 1000": U + 1000,
    "both": U * 1000 + 1000,
    "minus 15": U - 15,
    "over 1000": U / 1000,
    "bytes": 255 * U,
    "always 1000": np.full((9, 1), 1000.0),
}


@pytest.mark.parametrize("x", SUITABLE.values(), ids=SUITABLE)
def test_features_that_may_reach_a_network(x: np.ndarray) -> None:
    assert unscaled_columns(x, ["a"]) == ()


@pytest.mark.parametrize("x", UNSUITABLE.values(), ids=UNSUITABLE)
def test_features_that_may_not(x: np.ndarray) -> None:
    (found,) = unscaled_columns(x, ["a"])
    assert found.name == "a"
    assert found.mean == pytest.approx(x.mean(), rel=1e-12)
    assert found.std == pytest.approx(x.std(), rel=1e-9)
    assert unscaled_columns(fit_scaler("standard", x).apply(x), ["a"]) == ()


def test_only_the_features_in_question_are_named() -> None:
    x = np.hstack([U, U * 1000, U, U + 1000])
    assert [c.name for c in unscaled_columns(x, ["a", "b", "c", "d"])] == ["b", "d"]


def test_names_must_fit() -> None:
    with pytest.raises(ArgumentError) as caught:
        unscaled_columns(U, ["a", "b"])
    assert str(caught.value) == (
        "unscaled_columns: `names` must have D=1 names from `x_train`; got 2. Give as many as that."
    )


def test_the_sentence_names_three_and_counts_the_rest() -> None:
    columns = [UnscaledColumn(name=f"x{j}", mean=500.25, std=288.675) for j in range(5)]
    assert unscaled_sentence(columns) == (
        "5 features reach the network unscaled: 'x0' (mean 500.25, std 289), "
        "'x1' (mean 500.25, std 289), 'x2' (mean 500.25, std 289) and 2 more. "
        'Set preprocess.scaling = "standard".'
    )
    assert unscaled_sentence(columns[:1]) == (
        "1 feature reaches the network unscaled: 'x0' (mean 500.25, std 289). "
        'Set preprocess.scaling = "standard".'
    )
    assert unscaled_sentence([]) == ""
