"""Contract: the core computes what the readable NumPy reference computes."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from shoal.kernels import Course, RowSet, RuleSettings, State, forward, gradient
from shoal.network import (
    ACTIVATIONS,
    LOSSES,
    Dense,
    Huber,
    Network,
    Parameters,
    backward,
    check_fit,
    forward_pass,
    loss_of,
    row_losses,
)
from shoal.training import OPTIMIZERS, Training, first_slots, update

# Relative to the largest entry: sums run in another order than NumPy's. float32 as the issue
# states it; float64 leaves room for a few hundred roundings of 1.1e-16.
TOLERANCE = {"float32": 1e-4, "float64": 1e-11}
C = 3

COMBINATIONS = [
    (hidden, output, loss)
    for hidden, output, loss in itertools.product(ACTIVATIONS, ACTIVATIONS, LOSSES)
    if check_fit(Network([Dense(4, hidden), Dense(C, output)]), loss) is None
]


def settings(**changes):
    kwargs = {
        "rule": "sgd", "n_slots": 0, "loss": "squared_error", "accuracy": None,
        "mean_reduction": True, "shuffled": False, "keep_best": None, "batch": 10,
        "report_every": 10**6, "total_steps": 10**6,
    }  # fmt: skip
    return RuleSettings(**{**kwargs, **changes})


def rows_for(loss, n, n_in, dtype, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, n_in)).astype(dtype)
    if loss == "squared_error":
        return x, rng.normal(size=(n, C)).astype(dtype)
    labels = rng.integers(0, C, n)
    if loss == "categorical_crossentropy":
        return x, np.eye(C, dtype=dtype)[labels]
    if loss == "poisson":
        return x, rng.integers(0, 5, (n, C)).astype(dtype)
    if LOSSES[loss].kind == "regression":
        return x, rng.normal(size=(n, C)).astype(dtype)
    return x, rng.integers(0, 2, (n, C)).astype(dtype)


def close(found, wanted, dtype):
    scale = max(1e-3, float(np.abs(wanted).max()))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=TOLERANCE[dtype] * scale)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("hidden", "output", "loss"), COMBINATIONS)
def test_loss_and_gradient(hidden, output, loss, dtype):
    """Every activation x loss, with rows that count differently and smoothed labels too."""
    # widths of 5, 4 and 3, rows in whole blocks and a rest: every path of the blocking
    network = Network([Dense(5, hidden), Dense(4, hidden), Dense(C, output)], inputs=6)
    layout = network.layout()
    flat = np.random.default_rng(0).normal(size=layout.n_parameters).astype(dtype)
    x, y = rows_for(loss, 300, 6, dtype)
    if hidden == "step" or output == "step":
        # a weighted sum that rounds to the other side of a threshold is another function
        flat, x = np.round(flat * 8) / 8, np.round(x * 8) / 8
    if "exponential" in (hidden, output):
        flat = flat / 4  # e^(e^3) is too large to compare
    parameters = Parameters.from_flat(layout, flat)
    stages = forward_pass(network, parameters, x)
    emphasis = np.random.default_rng(5).integers(0, 3, len(x)).astype(dtype)
    plan = settings(loss=loss, loss_parameter=0.7 if loss == "huber" else 0.0)
    chosen = Huber(0.7) if loss == "huber" else loss
    smoothing = 0.1 if "crossentropy" in loss else 0.0
    for weights, smooth in ((None, 0.0), (emphasis, smoothing)):
        options = {"weights": weights, "label_smoothing": smooth}
        wanted = backward(network, parameters, stages, y, chosen, reduction="mean", **options).flat
        rows = RowSet(x=x, y=y, emphasis=weights)
        value, found = gradient(network, replace(plan, label_smoothing=smooth), flat, rows)
        close(found, wanted, dtype)
        losses = row_losses(network, chosen, stages, y, label_smoothing=smooth)
        close(np.array(value), np.mean(losses * (1 if weights is None else weights)), dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs(activation, dtype):
    network = Network([Dense(7, activation), Dense(2, activation)], inputs=3)
    layout = network.layout()
    rng = np.random.default_rng(3)
    flat = rng.normal(size=(4, layout.n_parameters)).astype(dtype)
    x = rng.normal(size=(1000, 3)).astype(dtype) * (1 if activation == "exponential" else 3)
    if activation == "exponential":
        flat = flat / 8
    if activation == "step":
        flat, x = np.round(flat * 8) / 8, np.round(x * 8) / 8
    found = forward(network, flat, x, threads=2)
    for i in range(4):
        parameters = Parameters.from_flat(layout, flat[i])
        close(found[i], forward_pass(network, parameters, x).outputs[-1], dtype)


def test_a_row_has_the_same_bits_whatever_is_beside_it():
    network = Network([Dense(9, "gelu"), Dense(3, "softmax")], inputs=4)
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(2, network.layout().n_parameters)).astype(np.float32)
    x = rng.normal(size=(777, 4)).astype(np.float32)
    whole = forward(network, flat, x)
    for first, last in ((0, 1), (5, 22), (300, 777), (776, 777)):
        np.testing.assert_array_equal(forward(network, flat, x[first:last]), whole[:, first:last])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(
    "name", [name for name, each in OPTIMIZERS.items() if each.kind in ("gradient", "perceptron")]
)
def test_steps_of_every_optimizer(name, reduction, bias):
    """Twelve steps in float64, the last batch of each epoch smaller, against the reference."""
    n, batch, steps = 23, 5, 12
    x, y = rows_for("squared_error", n, 3, "float64")
    if name == "perceptron":
        network = Network([Dense(1, "step", bias=bias)], inputs=3)
        y = (y[:, :1] > 0).astype(np.float64)
    else:
        network = Network([Dense(4, "tanh", bias=bias), Dense(C, bias=bias)], inputs=3)
    training = Training(name, reduction=reduction)
    flat = np.random.default_rng(2).normal(size=network.layout().n_parameters)
    wanted = reference_run(network, training.optimizer, flat, x, y, batch, steps, reduction)
    plan = settings(
        rule=name, n_slots=OPTIMIZERS[name].n_slots, batch=batch,
        mean_reduction=reduction == "mean",
    )  # fmt: skip
    state = begin(plan, flat[None], training.hyper(1))
    numbers = OPTIMIZERS[name].first_numbers(training.optimizer)
    assert [float(each) for each in state.slots[0, :, 0]] == list(numbers)
    Course(network, plan, state, [RowSet(x=x, y=y)]).advance(steps)
    np.testing.assert_allclose(state.weights[0], wanted, rtol=1e-10, atol=1e-12)
    assert state.evaluations.tolist() == [steps]


GRADIENT_RULES = [
    name
    for name, each in OPTIMIZERS.items()
    # the sign of a slope that is 0 but for rounding is anything: see tests of the steps instead
    if each.kind == "gradient" and name not in ("lion", "rprop")
]


@pytest.mark.parametrize("kernel", ["rows", "networks"])
@pytest.mark.parametrize("number", range(len(COMBINATIONS)))
def test_every_activation_and_loss_with_rules_in_turn_in_both_kernels(number, kernel):
    """Three steps of two networks: each pair meets a rule, each rule some dozen pairs."""
    hidden, output, loss = COMBINATIONS[number]
    if "step" in (hidden, output):
        pytest.skip("a step has no slope: no gradient rule trains it")
    name = GRADIENT_RULES[number % len(GRADIENT_RULES)]
    network = Network([Dense(4, hidden), Dense(C, output)], inputs=3)
    x, y = rows_for(loss, 12, 3, "float64")
    training = Training({"name": name, "learning_rate": 0.01})
    flats = 0.3 * np.random.default_rng(2).normal(size=(2, network.layout().n_parameters))
    chosen = Huber(0.7) if loss == "huber" else loss
    plan = settings(
        rule=name, n_slots=OPTIMIZERS[name].n_slots, batch=5, loss=loss,
        loss_parameter=0.7 if loss == "huber" else 0.0,
    )  # fmt: skip
    state = begin(plan, flats, training.hyper(2))
    Course(network, plan, state, [RowSet(x=x, y=y)], kernel=kernel).advance(3)
    for i, flat in enumerate(flats):
        wanted = reference_run(network, training.optimizer, flat, x, y, 5, 3, "mean", chosen)
        np.testing.assert_allclose(state.weights[i], wanted, rtol=1e-8, atol=1e-11)


def begin(plan, weights, hyper):
    n = len(weights)
    return State.begin(
        plan,
        weights,
        hyper=np.repeat(hyper, n, axis=0) if len(hyper) == 1 else hyper,
        order=np.arange(n, dtype=np.uint64),
        train_set=np.zeros(n, np.int32),
        validation_set=np.full(n, -1, np.int32),
    )


def reference_run(network, optimizer, flat, x, y, batch, steps, reduction, loss="squared_error"):
    layout, slots = network.layout(), first_slots(optimizer, flat)
    rule = OPTIMIZERS[optimizer.name].kind
    starts = list(range(0, len(x), batch))
    for step in range(steps):
        at = starts[step % len(starts)]
        rows = slice(at, at + batch)
        parameters = Parameters.from_flat(layout, flat)
        stages = forward_pass(network, parameters, x[rows])
        slope = backward(network, parameters, stages, y[rows], loss, reduction=reduction, rule=rule)
        flat, slots = update(optimizer, flat, slope.flat, slots, step + 1)
    return flat


def test_figures_are_those_of_the_weights_at_the_end_of_the_epoch():
    x, y = rows_for("categorical_crossentropy", 50, 3, "float64")
    network = Network([Dense(4, "tanh"), Dense(C, "softmax")], inputs=3)
    plan = settings(
        loss="categorical_crossentropy", accuracy="argmax", batch=7, report_every=8, total_steps=24
    )
    flat = np.random.default_rng(2).normal(size=network.layout().n_parameters)
    state = begin(plan, flat[None], np.array([[0.1]]))
    train, judge = RowSet(x=x[:40], y=y[:40]), RowSet(x=x[40:], y=y[40:])
    state.validation_set[:] = 0
    course = Course(network, plan, state, [train], [judge])
    for report in range(3):
        course.advance(8 * (report + 1))
        parameters = Parameters.from_flat(network.layout(), state.weights[0])
        for rows, first in ((train, 0), (judge, 2)):
            stages = forward_pass(network, parameters, rows.x)
            loss = loss_of(network, "categorical_crossentropy", stages, rows.y)
            right = (stages.outputs[-1].argmax(1) == rows.y.argmax(1)).mean()
            assert state.figures[0, first, report] == pytest.approx(loss, rel=1e-12)
            assert state.figures[0, first + 1, report] == right
    assert np.isfinite(state.figures).all()
