"""Contract 2: a failure stays with its network."""

import json

import numpy as np
import pytest

import shoal
from shoal.kernels import Course, RowSet, RuleSettings, State

# one linear unit, y = 3 x: the error shrinks while the rate is below 1 / mean(x^2), else grows
X = np.linspace(-1, 1, 40)[:, None]


def plan(n_steps, rule="sgd", n_slots=0):
    return RuleSettings(
        rule=rule, n_slots=n_slots, loss="squared_error", accuracy=None, mean_reduction=True,
        shuffled=True, keep_best=None, batch=8, report_every=5, total_steps=n_steps,
    )  # fmt: skip


def trained(rates, kernel, n_steps=400, dtype="float32", rule="sgd", n_slots=0):
    network = shoal.Network([shoal.Dense(1)], inputs=1)
    n = len(rates)
    state = State.begin(
        plan(n_steps, rule, n_slots),
        np.zeros((n, 2), dtype),
        hyper=np.array(rates, float)[:, None] * np.array([[1.0, 0.9]])[:, : 1 + n_slots],
        order=np.arange(n, dtype=np.uint64),
        train_set=np.zeros(n, np.int32),
        validation_set=np.full(n, -1, np.int32),
    )
    rows = RowSet(x=X.astype(dtype), y=(3 * X).astype(dtype))
    Course(network, plan(n_steps, rule, n_slots), state, [rows], kernel=kernel).advance(n_steps)
    return state


@pytest.mark.parametrize("kernel", ["rows", "networks"])
def test_others_go_on_with_the_bits_they_have_alone(kernel):
    rates = [0.1, 50.0, 0.2, 0.3, 1e30, 0.05]
    together = trained(rates, kernel)
    assert together.status.astype(bool).tolist() == [False, True, False, False, True, False]
    for i, rate in enumerate(rates):
        if together.status[i]:
            continue
        alone = trained([rate], "rows")
        alone_order = trained([rate] * 6, "rows")
        np.testing.assert_array_equal(together.weights[i], alone_order.weights[i])
        assert together.step[i] == alone.step[0] == 400
        assert together.weights[i, 0] == pytest.approx(3, abs=1e-3)


@pytest.mark.parametrize("kernel", ["rows", "networks"])
def test_a_diverged_network_keeps_its_last_finite_weights(kernel):
    state = trained([50.0, 0.1], kernel)
    stopped = int(state.step[0])
    assert state.status[0] in (1, 2)
    assert 0 < stopped < 400
    assert np.isfinite(state.weights[0]).all()
    # its weights are those of the step before: the same run, asked for no further, is sound
    shorter = trained([50.0, 0.1], kernel, n_steps=stopped)
    assert shorter.status[0] == 0
    np.testing.assert_array_equal(shorter.weights[0], state.weights[0])
    # and its history ends there
    known = np.isfinite(state.figures[0, 0])
    assert known[: stopped // 5].any()
    assert not known[stopped // 5 :].any()


def test_both_kernels_stop_at_the_same_step():
    rates = [0.1, 3.0, 20.0, 50.0, 1e10, 1e38]
    for rule, n_slots in (("sgd", 0), ("momentum", 1)):
        rows = trained(rates, "rows", rule=rule, n_slots=n_slots)
        networks = trained(rates, "networks", rule=rule, n_slots=n_slots)
        np.testing.assert_array_equal(rows.step, networks.step)
        np.testing.assert_array_equal(rows.status, networks.status)
        np.testing.assert_array_equal(rows.weights, networks.weights)
        assert set(rows.status.tolist()) >= {0}
        assert len(set(rows.step.tolist())) >= 3


def exploding():
    return shoal.Experiment(
        data=shoal.tasks.greater(samples=200, multiply=1e18, add=1e18),
        network=shoal.Network([shoal.Dense(4, "relu"), shoal.Dense(1)]),
        training=shoal.Training(
            shoal.SGD(1.0), loss="squared_error", reduction="sum", epochs=4, batch_size=50
        ),
        population=5,
    )


def test_it_is_named_counted_and_null():
    with pytest.warns(shoal.ShoalWarning, match="reach the network unscaled"):
        run = exploding().run()
    found = run.to_dict()
    lost = [entry["index"] for entry in found["diverged"]]
    assert lost
    assert all(found["networks"][i]["stopped_because"] == "diverged" for i in lost)
    assert all(found["networks"][i]["train_loss"] is None for i in lost)
    assert {entry["cause"] for entry in found["diverged"]} <= {
        "the gradient became non-finite", "the weights became non-finite",
    }  # fmt: skip
    json.dumps(found, allow_nan=False)
    assert np.isfinite(run.weights).all()
    assert len(run.digest) == 64
