"""Truth: training ends where a formula says it must."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from shoal.kernels import Course, RowSet, RuleSettings, State
from shoal.network import Dense, Network

N, D = 60, 3
X = np.random.default_rng(8).normal(size=(N, D))
WITH_ONE = np.concatenate([X, np.ones((N, 1))], axis=1)
LBFGS = (1.0, 10, 1.0)


def settings(**changes):
    base = RuleSettings(
        rule="lbfgs", n_slots=23, loss="squared_error", accuracy=None, mean_reduction=True,
        shuffled=False, keep_best=None, batch=N, report_every=10**6, total_steps=10**6, figures=(),
    )  # fmt: skip
    return replace(base, **changes)


def end_of(network, plan, y, hyper=LBFGS, steps=200, weights=None, start=None):
    flat = network.initialize(3, dtype="float64").flat if start is None else start
    state = State.begin(
        plan, flat[None], hyper=np.array([hyper]), order=np.zeros(1, np.uint64),
        train_set=np.zeros(1, np.int32), validation_set=np.full(1, -1, np.int32),
    )  # fmt: skip
    Course(network, plan, state, [RowSet(x=X, y=y, emphasis=weights)]).advance(steps)
    assert state.status[0] == 0
    return state.weights[0]


LINE = Network([Dense(1)], inputs=D)
RULES = {
    "lbfgs": (LBFGS, 23, 50),
    "sgd": ((0.1,), 0, 3000),
    "momentum": ((0.05, 0.9), 1, 3000),
    "nesterov": ((0.05, 0.9), 1, 3000),
    "adam": ((0.01, 0.9, 0.999, 1e-8), 2, 5000),
    "amsgrad": ((0.01, 0.9, 0.999, 1e-8), 3, 5000),
    "nadam": ((0.003, 0.9, 0.999, 1e-8, 0.004), 2, 4000),
    "adagrad": ((0.5, 0.0, 1e-12), 1, 5000),
    "rprop": ((0.01, 0.5, 1.2, 1e-14, 50.0), 2, 500),
}


@pytest.mark.parametrize("rule", RULES)
def test_least_squares(rule):
    """All rules that converge end at the solution of the normal equations."""
    hyper, n_slots, steps = RULES[rule]
    rng = np.random.default_rng(1)
    y = X @ rng.normal(size=(D, 1)) + 0.3 + rng.normal(size=(N, 1))
    wanted = np.linalg.lstsq(WITH_ONE, y, rcond=None)[0][:, 0]
    found = end_of(LINE, settings(rule=rule, n_slots=n_slots), y, hyper, steps)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-8)


def test_ridge_regression_with_rows_that_count_differently():
    """Mean of w (a - y)^2 plus l2 / 2 |W|^2: 2 X'V(Xb - y) / N + l2 b = 0, the bias free."""
    rng = np.random.default_rng(2)
    weights, l2 = rng.uniform(0, 3, N), 0.4
    y = X @ rng.normal(size=(D, 1)) - 1 + rng.normal(size=(N, 1))
    left = 2 / N * WITH_ONE.T @ (weights[:, None] * WITH_ONE) + np.diag([l2] * D + [0.0])
    wanted = np.linalg.solve(left, 2 / N * WITH_ONE.T @ (weights * y[:, 0]))
    found = end_of(LINE, settings(l2=(l2,)), y, weights=weights)
    np.testing.assert_allclose(found, wanted, rtol=1e-7)


@pytest.mark.parametrize("l2", [0.02, 0.5])
def test_logistic_regression(l2):
    """scikit-learn makes sum of losses + |W|^2 / (2 C) small: C = 1 / (N l2)."""
    noise = np.random.default_rng(3).logistic(size=N)
    y = (X @ [1.0, -2.0, 0.5] + noise > 0).astype(float)[:, None]
    network = Network([Dense(1, "sigmoid")], inputs=D)
    found = end_of(network, settings(loss="binary_crossentropy", l2=(l2,)), y)
    peer = LogisticRegression(C=1 / (N * l2), tol=1e-10, max_iter=10_000).fit(X, y[:, 0])
    np.testing.assert_allclose(found, [*peer.coef_[0], peer.intercept_[0]], rtol=1e-4)


def test_a_median_makes_the_absolute_error_small_and_a_mean_the_squared_one():
    network = Network([Dense(1)], inputs=D)
    y = np.random.default_rng(4).exponential(size=(N, 1))
    start = np.array([0.0, 0.0, 0.0, 1.0])
    plan = settings(rule="rprop", n_slots=2, loss="absolute_error", max_norm=(1e-12,))
    median = end_of(network, plan, y, (0.01, 0.5, 1.2, 1e-9, 1.0), 2000, start=start)[3]
    assert np.sort(y[:, 0])[N // 2 - 1] - 1e-3 <= median <= np.sort(y[:, 0])[N // 2] + 1e-3
    plan = settings(rule="sgd", n_slots=0, max_norm=(1e-12,))
    assert end_of(network, plan, y, (0.1,), 2000, start=start)[3] == pytest.approx(y.mean())


@pytest.mark.parametrize("steps", [1, 2, 7, 30])
def test_a_quadratic_bowl(steps):
    """One weight, loss (w x)^2 with mean of x^2 = m: gradient descent shrinks w by 1 - 2 rate m."""
    network = Network([Dense(1, bias=False)], inputs=D)
    m, rate, start = (X[:, 0] ** 2).mean(), 0.2, np.array([3.0, 0.0, 0.0])
    only = np.concatenate([X[:, :1], np.zeros((N, 2))], axis=1)
    plan = settings(rule="sgd", n_slots=0)
    state = State.begin(
        plan, start[None], hyper=np.array([[rate]]), order=np.zeros(1, np.uint64),
        train_set=np.zeros(1, np.int32), validation_set=np.full(1, -1, np.int32),
    )  # fmt: skip
    Course(network, plan, state, [RowSet(x=only, y=np.zeros((N, 1)))]).advance(steps)
    assert state.weights[0, 0] == pytest.approx(3 * (1 - 2 * rate * m) ** steps, rel=1e-12)
