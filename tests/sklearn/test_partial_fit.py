"""Training batch after batch: what goes on, and what scale rows have while they come."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris

from shoal.errors import ArgumentError, InputError
from shoal.sklearn import ShoalClassifier, ShoalRegressor
from shoal.sklearn.moments import moments_of

X, Y = load_iris(return_X_y=True)
QUICK: dict[str, Any] = {"n_networks": 3, "random_state": 5, "alpha": 0.1}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"solver": "sgd", "batch_size": 10},
        {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.2},
        {"solver": "nadam", "dropout": 0.2},
        {"shuffle": False, "batch_size": "full"},
        {"scaling": "minmax"},
    ],
    ids=str,
)
def test_epochs_one_by_one_are_one_fit(settings: dict[str, Any]) -> None:
    whole = ShoalClassifier(**QUICK, **settings, max_iter=6, n_iter_no_change=np.inf).fit(X, Y)
    parts = ShoalClassifier(**QUICK, **settings)
    for _ in range(6):
        parts.partial_fit(X, Y, classes=[0, 1, 2])
    assert parts.model_.parameters.digest == whole.model_.parameters.digest
    assert parts.loss_curve_ == whole.loss_curve_
    assert (parts.n_iter_, parts.t_) == (whole.n_iter_, whole.t_) == (6, 900)
    assert np.array_equal(parts.predict_proba(X), whole.predict_proba(X))


def test_regression_epochs_one_by_one_are_one_fit() -> None:
    x, y = load_diabetes(return_X_y=True)
    whole = ShoalRegressor(**QUICK, max_iter=4).fit(x, y)
    parts = ShoalRegressor(**QUICK)
    for _ in range(4):
        parts.partial_fit(x, y)
    assert np.array_equal(parts.predict(x), whole.predict(x))


def test_epochs_of_counts_one_by_one_are_one_fit() -> None:
    x, y = load_diabetes(return_X_y=True)
    whole = ShoalRegressor("poisson", **QUICK, max_iter=4).fit(x, y)
    parts = ShoalRegressor("poisson", **QUICK)
    for _ in range(4):
        parts.partial_fit(x, y)
    assert np.array_equal(parts.predict(x), whole.predict(x))


def test_it_goes_on_after_a_fit() -> None:
    x, y = load_diabetes(return_X_y=True)
    own = ShoalRegressor(**QUICK, max_iter=5).fit(x, y)
    long = ShoalRegressor(**QUICK, max_iter=6).fit(x, y)
    own.partial_fit(x, y)
    assert np.array_equal(own.predict(x), long.predict(x))


def test_it_never_stops_early() -> None:
    own = ShoalClassifier(**QUICK, early_stopping=True, n_iter_no_change=1, tol=1e9)
    for _ in range(5):
        own.partial_fit(X, Y, classes=[0, 1, 2])
    assert (own.n_iter_, own.t_) == (5, 750)
    assert own.validation_scores_ is None


def test_the_scale_is_that_of_all_rows_so_far() -> None:
    x, y = load_diabetes(return_X_y=True)
    x = 10.0 + 1e4 * x
    own = ShoalRegressor(**QUICK)
    for start in range(0, 442, 50):
        own.partial_fit(x[start : start + 50], y[start : start + 50])
    scaler, target = own.model_.scalers[0], own.model_.target_scalers[0]
    np.testing.assert_allclose(scaler.center, x.mean(axis=0), rtol=1e-9, atol=1e-8)
    np.testing.assert_allclose(scaler.scale, x.std(axis=0), rtol=1e-9)
    np.testing.assert_allclose(target.scale, [y.std()], rtol=1e-9)


@pytest.mark.parametrize("alpha", ["auto", 0.0])
def test_one_row_at_a_time_learns(alpha: Any) -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(50, 90, (200, 2))
    y = (x[:, 0] > x[:, 1]).astype(int)
    own = ShoalClassifier(**QUICK | {"alpha": alpha})
    for i in range(200):
        own.partial_fit(x[i : i + 1], y[i : i + 1], classes=[0, 1])
    assert own.score(x, y) > 0.9


def test_classes_are_said_first() -> None:
    own = ShoalClassifier(**QUICK)
    with pytest.raises(ArgumentError) as error:
        own.partial_fit(X, Y)
    assert str(error.value) == (
        "ShoalClassifier.partial_fit: `classes` must be passed on the first call to partial_fit; "
        "got None. Give every class that will come: classes=np.unique(y_all)."
    )
    own.partial_fit(X[:50], Y[:50], classes=[0, 1, 2])
    assert own.predict_proba(X).shape == (150, 3)
    own.partial_fit(X[50:], Y[50:])
    with pytest.raises(ArgumentError) as error:
        own.partial_fit(X, Y, classes=[0, 1])
    assert str(error.value) == (
        "ShoalClassifier.partial_fit: `classes` must be [0, 1, 2], as in the first call; "
        "got [0, 1]."
        " Choose one of the names that are known."
    )
    with pytest.raises(ArgumentError) as error:
        own.partial_fit(X, Y + 2)
    assert str(error.value) == (
        "ShoalClassifier: `y` must have classes of those known, [0, 1, 2]; got [3, 4]."
        " Give the answers in that form, or choose another kind of model."
    )


def test_another_activation_goes_into_the_model() -> None:
    own = ShoalClassifier(**QUICK).partial_fit(X, Y, classes=[0, 1, 2])
    own.set_params(activation="tanh").partial_fit(X, Y)
    assert [layer.activation for layer in own.model_.network.layers] == ["tanh", "softmax"]
    assert own.model_.experiment["network"]["layers"][0]["activation"] == "tanh"


def test_balance_needs_all_rows() -> None:
    own = ShoalClassifier(**QUICK, class_weight="balanced")
    with pytest.raises(InputError) as error:
        own.partial_fit(X, Y, classes=[0, 1, 2])
    assert str(error.value) == (
        "ShoalClassifier.partial_fit: class_weight 'balanced' needs all rows at once, and "
        "partial_fit has a part. Give a dictionary, or sample_weight."
    )


def test_moments_joined_are_moments_together() -> None:
    rng = np.random.default_rng(2)
    x, w = rng.normal(5, 2, (30, 3)), rng.uniform(0.5, 3, 30)
    both = moments_of(x[:11], w[:11]).joined(moments_of(x[11:], w[11:]))
    mean = np.average(x, axis=0, weights=w)
    std = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=w))
    np.testing.assert_allclose(both.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(both.std, std, rtol=1e-12)
    assert both.weight == pytest.approx(w.sum())
