"""Contract: whole training in the core is what the NumPy reference does, step by step.

Regularization, schedules, dropout and noise, rules that are handed the loss: each against the
reference in float64, from the same random numbers.
"""

from dataclasses import replace

import numpy as np
import pytest

from shoal.kernels import Course, RowSet, RuleSettings, State, rate_factors
from shoal.network import (
    Dense,
    Network,
    Parameters,
    backward,
    forward_pass,
    penalty_gradient,
    row_losses,
)
from shoal.streams import Stream
from shoal.training import OPTIMIZERS, Training, oracle_step
from shoal.training.freezing import frozen_mask
from shoal.training.optimizers import first_slots, update
from shoal.training.regularization import clipped, decayed, limited
from shoal.training.schedules import factor, stages

N, D, BATCH = 23, 3, 5
NETWORK = Network([Dense(4, "tanh"), Dense(3, "gelu", bias=False), Dense(2, "softmax")], inputs=D)
LAYOUT = NETWORK.layout()
RNG = np.random.default_rng(1)
X = RNG.normal(size=(N, D))
Y = np.eye(2)[RNG.integers(0, 2, N)]
EMPHASIS = RNG.uniform(0, 2, N)
START = RNG.normal(size=LAYOUT.n_parameters)
DROPOUT, SEARCH = 77, 99
PARTS, NOISE = 128, 64
"""Parts of a block in the stream: dropout by layer, then the noise (cpp/draws.hpp)."""


def settings(**changes):
    base = RuleSettings(
        rule="sgd", n_slots=0, loss="categorical_crossentropy", accuracy="argmax",
        mean_reduction=True, shuffled=False, keep_best=None, batch=BATCH, report_every=10**6,
        total_steps=10**6,
    )  # fmt: skip
    return replace(base, **changes)


def started(plan, training, start=START):
    return State.begin(
        plan,
        start[None],
        hyper=training.hyper(1),
        order=np.zeros(1, np.uint64),
        train_set=np.zeros(1, np.int32),
        validation_set=np.full(1, -1, np.int32),
        dropout=np.array([DROPOUT], np.uint64),
        search=np.array([SEARCH], np.uint64),
    )


def core_weights(plan, training, steps, kernel="rows", rows=None):
    state = started(plan, training)
    given = rows or RowSet(x=X, y=Y, emphasis=EMPHASIS)
    Course(NETWORK, plan, state, [given], kernel=kernel).advance(steps)
    return state


def masks_of(plan, step, n_rows):
    """Return the factors of dropout of a batch of at most 256 rows, layer by layer."""
    line = min(256, -(-plan.batch // 16) * 16)
    masks = []
    for number, share in enumerate(plan.dropout):
        units = NETWORK.layers[number].units
        if share == 0:
            masks.append(None)
            continue
        words = Stream(DROPOUT).words(units * line, step=step, part=number)
        kept = (words >= np.uint32(share * 2**32)).reshape(units, line)[:, :n_rows].T
        masks.append(kept / (1 - share))
    return masks or None


def noise_of(plan, step, n_rows):
    line = min(256, -(-plan.batch // 16) * 16)
    normal = Stream(DROPOUT).normal(D * line, step=step, part=NOISE)
    return plan.input_noise * normal.reshape(D, line)[:, :n_rows].T


def reference_weights(plan, training, steps):
    frozen = frozen_mask(plan.frozen, LAYOUT.n_parameters)
    flat, slots = START, first_slots(training.optimizer, START)
    starts = list(range(0, N, plan.batch))
    for step in range(1, steps + 1):
        at = starts[(step - 1) % len(starts)]
        rows = slice(at, at + plan.batch)
        x, n = X[rows], len(X[rows])
        if plan.input_noise:
            x = x + noise_of(plan, step, n)
        parameters = Parameters.from_flat(LAYOUT, flat)
        found = forward_pass(NETWORK, parameters, x, masks=masks_of(plan, step, n) or ())
        slope = backward(
            NETWORK, parameters, found, Y[rows], plan.loss, weights=EMPHASIS[rows],
            label_smoothing=plan.label_smoothing,
        ).flat  # fmt: skip
        slope = slope + penalty_gradient(NETWORK, parameters, plan.l1, plan.l2).flat
        slope = slope if frozen is None else np.where(frozen, 0.0, slope)
        slope = clipped(slope, plan.clip_value or None, plan.clip_norm or None)
        by = factor(training.schedule, step - 1, len(starts), 10**6)
        rate = training.optimizer.learning_rate * by
        shrunk = decayed(parameters, rate, plan.weight_decay, frozen).flat
        flat, slots = update(training.optimizer, shrunk, slope, slots, step, by, frozen)
        flat = limited(Parameters.from_flat(LAYOUT, flat), plan.max_norm, frozen).flat
    return flat


FROZEN = ((2, 5), (13, 14), (20, 26), (33, 34))
"""Weights into the first layer, one of its biases, weights of the second, one of the third."""
RESTRAINTS = {
    "l1": {"l1": (0.02, 0.0, 0.1)},
    "l2": {"l2": (0.3, 0.2, 0.0)},
    "clip_value": {"clip_value": 0.05},
    "clip_norm": {"clip_norm": 0.1},
    "penalties and both clips": {
        "l1": (0.02,) * 3, "l2": (0.1,) * 3, "clip_value": 0.2, "clip_norm": 0.3,
    },
    "weight_decay": {"weight_decay": 0.4},
    "max_norm": {"max_norm": (0.9, 0.0, 1.1)},
    "label_smoothing": {"label_smoothing": 0.2},
    "dropout": {"dropout": (0.4, 0.25, 0.0)},
    "dropout of one layer": {"dropout": (0.0, 0.5, 0.0)},
    "input_noise": {"input_noise": 0.3},
    "everything": {
        "l1": (0.01,) * 3, "l2": (0.05,) * 3, "clip_norm": 0.5, "weight_decay": 0.1,
        "max_norm": (1.5,) * 3, "label_smoothing": 0.1, "dropout": (0.3, 0.3, 0.0),
        "input_noise": 0.1,
    },
}  # fmt: skip
RESTRAINTS |= {f"{name}, frozen": {**each, "frozen": FROZEN} for name, each in RESTRAINTS.items()}
RESTRAINTS["frozen"] = {"frozen": FROZEN}


def test_the_norm_of_a_frozen_gradient_is_that_of_the_rest():
    """One step: the clipped gradient of the free parameters has the length clip_norm."""
    training = Training({"name": "sgd", "learning_rate": 1.0})
    plan = settings(clip_norm=0.1, frozen=FROZEN)
    moved = core_weights(plan, training, 1).weights[0] - START
    held = frozen_mask(FROZEN, LAYOUT.n_parameters)
    assert not moved[held].any()
    assert np.linalg.norm(moved) == pytest.approx(0.1, rel=1e-12)


def test_the_free_weights_into_a_unit_are_bounded_without_the_frozen_ones():
    training = Training({"name": "sgd", "learning_rate": 1e-9})
    plan = settings(max_norm=(0.5, 0.0, 0.0), frozen=FROZEN)
    flat = core_weights(plan, training, 1).weights[0]
    held = frozen_mask(FROZEN, LAYOUT.n_parameters)
    assert (flat[held] == START[held]).all()
    free = np.where(held, 0.0, flat)[:12].reshape(D, 4)  # weights (D, H) of the first layer
    before = np.where(held, 0.0, START)[:12].reshape(D, 4)
    lengths = np.linalg.norm(before, axis=0).clip(max=0.5)
    np.testing.assert_allclose(np.linalg.norm(free, axis=0), lengths, rtol=1e-6)


@pytest.mark.parametrize("rule", ["sgd", "adam"])
@pytest.mark.parametrize("restraint", RESTRAINTS)
def test_regularization(restraint, rule):
    training = Training({"name": rule, "learning_rate": 0.1})
    plan = settings(rule=rule, n_slots=OPTIMIZERS[rule].n_slots, **RESTRAINTS[restraint])
    wanted = reference_weights(plan, training, 12)
    found = core_weights(plan, training, 12).weights[0]
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)
    plain = replace(settings(), rule=rule, n_slots=plan.n_slots)
    assert np.abs(core_weights(plain, training, 12).weights[0] - found).max() > 1e-3


SCHEDULES = {
    "constant": "constant",
    "step": {"name": "step", "factor": 0.5, "epochs": 1},
    "exponential": {"name": "exponential", "factor": 0.25, "epochs": 2},
    "cosine": {"name": "cosine", "epochs": 3, "final": 0.1},
    "linear_warmup": {"name": "linear_warmup", "epochs": 2},
    "inverse_scaling": {"name": "inverse_scaling", "power": 0.7, "epochs": 0.5},
    "two": [
        {"name": "linear_warmup", "epochs": 1},
        {"name": "exponential", "factor": 0.5, "epochs": 1},
    ],
}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules(schedule):
    training = Training({"name": "sgd", "learning_rate": 0.3}, schedule=SCHEDULES[schedule])
    per_epoch = -(-N // BATCH)
    plan = settings(schedule=stages(training.schedule, per_epoch, 10**6))
    wanted = [factor(training.schedule, step, per_epoch, 10**6) for step in range(40)]
    np.testing.assert_allclose(rate_factors(NETWORK, plan, np.arange(40)), wanted, rtol=1e-13)
    found = core_weights(plan, training, 12).weights[0]
    np.testing.assert_allclose(found, reference_weights(plan, training, 12), rtol=1e-10)


ORACLES = {
    "random_perturbation": {"d": 0.05},
    "elitist": {"name": "random_perturbation", "d": 0.05, "elitist": True},
    "finite_difference": {"learning_rate": 0.5, "h": 1e-4},
    "annealing": {"spread": 0.1, "temperature": 0.05, "cooling": 0.9},
    "evolution": {"learning_rate": 0.3, "spread": 0.1, "pairs": 5},
    "lbfgs": {},
    "lbfgs of three pairs": {"name": "lbfgs", "memory": 3},
    "lbfgs without a search": {"name": "lbfgs", "line_search": False, "learning_rate": 0.5},
}


@pytest.mark.parametrize("frozen", [(), FROZEN])
@pytest.mark.parametrize("batch", [BATCH, N])
@pytest.mark.parametrize("case", ORACLES)
def test_rules_that_are_handed_the_loss(case, batch, frozen):
    """The same weights, and as many evaluations of the loss."""
    if case.startswith("lbfgs") and batch < N:
        pytest.skip("L-BFGS takes all rows")
    training = Training({"name": case} | ORACLES[case])
    rule, steps = training.optimizer, 15
    plan = settings(
        rule=rule.name, n_slots=OPTIMIZERS[rule.name].slots_of(rule), batch=batch,
        l2=(0.01,) * 3, frozen=frozen,
    )  # fmt: skip
    state = core_weights(plan, training, steps)
    held = frozen_mask(frozen, LAYOUT.n_parameters)
    flat, carried, asked = START, None, 0
    starts = list(range(0, N, batch))
    for step in range(1, steps + 1):
        at = starts[(step - 1) % len(starts)]
        done = oracle_step(
            rule, flat, carried, loss=loss_on(plan, at), gradient=slope_on(plan, at),
            stream=Stream(SEARCH), step=step, same_batch=batch == N, frozen=held,
        )  # fmt: skip
        flat, carried, asked = done.weights, done.state, asked + done.n_evaluations
    np.testing.assert_allclose(state.weights[0], flat, rtol=1e-6, atol=1e-8)
    assert state.evaluations[0] == asked
    if held is not None:
        assert state.weights[0][held].tobytes() == START[held].tobytes()
    assert np.abs(flat - START).max() > 1e-3


def loss_on(plan, at):
    def loss(flat):
        parameters = Parameters.from_flat(LAYOUT, flat)
        rows = slice(at, at + plan.batch)
        each = row_losses(NETWORK, plan.loss, forward_pass(NETWORK, parameters, X[rows]), Y[rows])
        penalty = sum(
            l2 / 2 * float((w**2).sum()) for l2, w in zip(plan.l2, parameters.weights, strict=True)
        )
        return float((each * EMPHASIS[rows]).mean()) + penalty

    return loss


def slope_on(plan, at):
    def slope(flat):
        parameters = Parameters.from_flat(LAYOUT, flat)
        rows = slice(at, at + plan.batch)
        found = forward_pass(NETWORK, parameters, X[rows])
        plain = backward(NETWORK, parameters, found, Y[rows], plan.loss, weights=EMPHASIS[rows])
        return plain.flat + penalty_gradient(NETWORK, parameters, plan.l1, plan.l2).flat

    return slope


def test_finite_differences_ask_for_no_loss_of_what_is_frozen():
    training = Training({"name": "finite_difference"})
    plan = settings(rule="finite_difference", batch=N, frozen=FROZEN)
    n_free = LAYOUT.n_parameters - (3 + 1 + 6 + 1)
    assert core_weights(plan, training, 2).evaluations.tolist() == [2 * (n_free + 1)]


def test_a_weight_that_is_changed_computes_only_what_it_changes_to_the_same_bits():
    """Finite differences ask for the loss of every changed weight: as if each were asked whole."""
    training = Training({"name": "finite_difference", "learning_rate": 0.5, "h": 1e-4})
    for network in (NETWORK, Network([Dense(3, "softmax"), Dense(2, "tanh"), Dense(2, "softmax")],
                                     inputs=D)):  # fmt: skip
        start = np.random.default_rng(3).normal(size=network.layout().n_parameters)
        plan = settings(rule="finite_difference", batch=N)
        state = started(plan, training, start)
        course = Course(network, plan, state, [RowSet(x=X, y=Y)])
        here = course.batch_loss(0, 0, start)
        slope = np.zeros_like(start)
        for k in range(len(start)):
            moved = start.copy()
            moved[k] += 1e-4
            slope[k] = (course.batch_loss(0, 0, moved) - here) / 1e-4
        course.advance(1)
        np.testing.assert_array_equal(state.weights[0], start - 0.5 * slope)
