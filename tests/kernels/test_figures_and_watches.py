"""Figures of a report against their formulas, and the rules that watch them against a replay."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics

from shoal.kernels import (
    ENDED_BY_EVALUATIONS,
    FIGURES,
    NUMBER_FIGURES,
    Course,
    RowSet,
    RuleSettings,
    State,
    Watch,
    figures,
    forward,
)
from shoal.network import Dense, Network

RNG = np.random.default_rng(4)
N = 300
X = RNG.normal(size=(N, 3))
WEIGHTS = RNG.integers(0, 3, N).astype(float)


def settings(**changes):
    base = RuleSettings(
        rule="sgd", n_slots=0, loss="squared_error", accuracy=None, mean_reduction=True,
        shuffled=True, keep_best=None, batch=30, report_every=5, total_steps=200,
        figures=NUMBER_FIGURES,
    )  # fmt: skip
    return replace(base, **changes)


def begun(plan, network, rates=(0.05,), seeds=None):
    n = len(rates)
    flat = [network.initialize(i, dtype="float64").flat for i in (seeds or range(n))]
    return State.begin(
        plan, np.stack(flat), hyper=np.array(rates)[:, None],
        order=np.arange(n, dtype=np.uint64), train_set=np.zeros(n, np.int32),
        validation_set=np.zeros(n, np.int32),
    )  # fmt: skip


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
def test_figures_of_numbers_are_in_their_own_units(loss, weights):
    """Targets 10 and 0.1 times as large as the network sees them."""
    network = Network([Dense(5, "tanh"), Dense(2)], inputs=3)
    units = np.array([10.0, 0.1])
    y = RNG.normal(size=(N, 2))
    flat = np.stack([network.initialize(i, dtype="float64").flat for i in range(3)])
    rows = RowSet(x=X, y=y, weights=weights, units=units)
    plan = settings(loss=loss, loss_parameter=0.6)
    found = figures(network, plan, flat, rows)
    for i, outputs in enumerate(forward(network, flat, X)):
        own, true = outputs * units, y * units
        error, at = np.abs(own - true), {"sample_weight": weights}
        squared = metrics.mean_squared_error(true, own, **at)
        distance = metrics.mean_absolute_error(true, own, **at)
        if loss == "huber":  # delta is in the network's units, so it is 6 and 0.06 here
            delta = 0.6 * units
            each = np.where(error <= delta, error**2 / 2, delta * (error - delta / 2))
            wanted = np.average(each.mean(axis=1), weights=weights)
        else:
            wanted = {"squared_error": squared, "absolute_error": distance}[loss]
        assert found["loss"][i] == pytest.approx(wanted, rel=1e-12)
        assert found["mean_absolute_error"][i] == pytest.approx(distance, rel=1e-12)
        assert found["r2"][i] == pytest.approx(metrics.r2_score(true, own, **at), rel=1e-12)
        assert np.isnan(found["accuracy"][i])


def test_no_r2_where_a_target_does_not_vary():
    network = Network([Dense(1)], inputs=3)
    flat = network.initialize(0, dtype="float64").flat[None]
    found = figures(network, settings(), flat, RowSet(x=X, y=np.ones((N, 1))))
    assert np.isnan(found["r2"][0])


@pytest.mark.parametrize("loss", ["hinge", "binary_crossentropy"])
def test_a_row_is_right_if_every_label_is(loss):
    """Labels of their own, decided at 0 for hinge and 0.5 for probabilities; rows weighted."""
    output = "identity" if loss == "hinge" else "sigmoid"
    network = Network([Dense(3, output)], inputs=3)
    y = RNG.integers(0, 2, (N, 3)).astype(float)
    threshold = 0.0 if loss == "hinge" else 0.5
    flat = network.initialize(0, dtype="float64").flat[None]
    plan = settings(loss=loss, accuracy="threshold", threshold=threshold)
    found = figures(network, plan, flat, RowSet(x=X, y=y, weights=WEIGHTS))
    guess = forward(network, flat, X)[0] > threshold
    wanted = metrics.accuracy_score(y > 0.5, guess, sample_weight=WEIGHTS)
    assert found["accuracy"][0] == pytest.approx(wanted, rel=1e-12)
    assert 0 < wanted < 1


def test_rows_of_weight_0_do_not_count_at_all():
    network = Network([Dense(4, "tanh"), Dense(1)], inputs=3)
    y = X[:, :1] * 2
    kept = WEIGHTS > 0
    wild_x, wild_y = np.where(kept[:, None], X, 1e300), np.where(kept[:, None], y, 1e300)
    flat = network.initialize(0, dtype="float64").flat[None]
    some = RowSet(x=X, y=y, weights=WEIGHTS)
    wild = RowSet(x=wild_x, y=wild_y, weights=WEIGHTS)
    found, wanted = (figures(network, settings(), flat, rows) for rows in (wild, some))
    assert found["loss"] == wanted["loss"]
    assert found["mean_absolute_error"] == wanted["mean_absolute_error"]


def trained(plan, rates, kernel="rows", until=200):
    network = Network([Dense(4, "tanh"), Dense(1)], inputs=3)
    state = begun(plan, network, rates)
    y = np.sin(2 * X[:, :1]) + X[:, 1:2]
    train, judge = RowSet(x=X[:200], y=y[:200]), RowSet(x=X[200:], y=y[200:])
    Course(network, plan, state, [train], [judge], kernel=kernel).advance(until)
    return state


def history(state, figure):
    return state.figures[:, NUMBER_FIGURES.index(figure)]


RATES = (0.003, 0.01, 0.03, 0.1, 0.3)


@pytest.mark.parametrize("kernel", ["rows", "networks"])
@pytest.mark.parametrize("keep_before", [False, True])
def test_a_target_ends_a_network_at_the_first_report_that_reaches_it(kernel, keep_before):
    level = 0.6
    watch = Watch(
        kind="target", figure="validation_loss", up=False, level=level, keep_before=keep_before
    )
    free = trained(settings(), RATES, kernel)
    state = trained(settings(watches=(watch,)), RATES, kernel)
    for i in range(len(RATES)):
        reached = np.flatnonzero(history(free, "validation_loss")[i] <= level)
        if len(reached) == 0:
            assert (state.ended[i], state.step[i]) == (0, 200)
            continue
        step = 5 * (int(reached[0]) + 1)
        assert state.ended[i] == 1
        assert state.step[i] == step - keep_before
        known = np.isfinite(history(state, "validation_loss")[i])
        assert known.sum() == reached[0] + 1  # the report that ended it is in the history
        shorter = trained(settings(), RATES, kernel, until=step - keep_before)
        np.testing.assert_array_equal(state.weights[i], shorter.weights[i])
    assert len(set(state.step.tolist())) > 2


def replay(values, *, up, patience, gain):
    """Return the reports at which patience runs out, one after the other, from a plain loop."""
    best, waited, ends = None, 0, []
    for report, value in enumerate(values):
        if best is None or (value > best + gain if up else value < best - gain):
            best, waited = value, 0
            continue
        waited += 1
        if waited >= patience:
            ends.append(report)
            waited = 0
    return ends


@pytest.mark.parametrize("kernel", ["rows", "networks"])
@pytest.mark.parametrize(("figure", "up"), [("train_loss", False), ("train_r2", True)])
def test_a_plateau_ends_a_network_when_its_patience_runs_out(figure, up, kernel):
    free = trained(settings(), RATES, kernel)
    watch = Watch(kind="plateau", figure=figure, up=up, patience=3, gain=0.004)
    state = trained(settings(watches=(watch,)), RATES, kernel)
    wanted = [replay(v, up=up, patience=3, gain=0.004) for v in history(free, figure)]
    assert [int(step) for step in state.step] == [5 * (w[0] + 1) if w else 200 for w in wanted]
    assert state.ended.tolist() == [1 if w else 0 for w in wanted]
    assert any(wanted)


@pytest.mark.parametrize("kernel", ["rows", "networks"])
def test_a_learning_rate_is_reduced_down_to_its_least(kernel):
    watch = Watch(
        kind="reduce", figure="train_loss", up=False, patience=2, gain=0.05, factor=0.5, least=0.2
    )
    state = trained(settings(watches=(watch,)), RATES, kernel)
    for i, values in enumerate(history(state, "train_loss")):
        times = len(replay(values, up=False, patience=2, gain=0.05))
        assert state.rate_factor[i] == max(0.2, 0.5**times)
    assert (state.step == 200).all()


def test_a_figure_that_passes_its_limit_counts_as_diverged():
    watch = Watch(kind="divergence", figure="train_loss", up=True, level=50.0)
    state = trained(settings(watches=(watch,)), (0.01, 1.2), "networks")
    assert state.status.tolist() == [0, 4]
    assert np.isfinite(state.weights).all()
    values = history(state, "train_loss")[1]
    assert values[np.isfinite(values)][-1] >= 50


@pytest.mark.parametrize("kernel", ["rows", "networks"])
def test_evaluations_are_limited(kernel):
    state = trained(settings(max_evaluations=33), RATES, kernel)
    assert state.evaluations.tolist() == state.step.tolist() == [33] * len(RATES)
    assert set(state.ended.tolist()) == {ENDED_BY_EVALUATIONS}


def test_the_first_of_two_watches_has_ended_it():
    both = (
        Watch(kind="target", figure="train_r2", up=True, level=-1e9),
        Watch(kind="plateau", figure="train_loss", up=False, patience=1, gain=1e9),
    )
    assert trained(settings(watches=both), (0.01,)).ended.tolist() == [1]


def test_the_best_weights_by_every_figure():
    for figure in NUMBER_FIGURES:
        state = trained(settings(keep_best=figure), RATES)
        values = history(state, figure)
        best = values.argmax(axis=1) if figure.endswith("r2") else values.argmin(axis=1)
        assert state.best_report.tolist() == best.tolist()
    assert set(NUMBER_FIGURES) < set(FIGURES)
