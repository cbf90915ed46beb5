"""Contract 1 for every rule and everything that restrains it: kernels, threads, pieces, ISA."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from shoal import _core
from shoal.kernels import Course, RowSet, RuleSettings, State, Watch
from shoal.kernels.plan import RULE_CODES
from shoal.network import Dense, Network

N, D, P = 700, 3, 19
GRADIENT_RULES = [name for name, code in RULE_CODES.items() if code <= RULE_CODES["lion"]]
GRADIENT_RULES.remove("python")
ORACLE_RULES = [name for name, code in RULE_CODES.items() if code > RULE_CODES["perceptron"]]
NUMBERS = {
    "sgd": (0.1,), "momentum": (0.05, 0.9), "nesterov": (0.05, 0.9), "adagrad": (0.1, 0.1, 1e-7),
    "rmsprop": (0.01, 0.9, 1e-7), "adam": (0.03, 0.9, 0.999, 1e-7),
    "adamw": (0.03, 0.9, 0.999, 1e-7, 0.1), "nadam": (0.03, 0.9, 0.999, 1e-7, 0.004),
    "amsgrad": (0.03, 0.9, 0.999, 1e-7), "rprop": (0.01, 0.5, 1.2, 1e-6, 50.0),
    "lion": (0.01, 0.9, 0.99, 0.1), "random_perturbation": (0.01, 1.0),
    "finite_difference": (0.1, 1e-3), "annealing": (0.05, 0.1, 0.9), "evolution": (0.1, 0.1, 3),
    "lbfgs": (1.0, 4, 1.0),
}  # fmt: skip
SLOTS = {
    "momentum": 1, "nesterov": 1, "adagrad": 1, "rmsprop": 1, "adam": 2, "adamw": 2, "nadam": 2,
    "amsgrad": 3, "rprop": 2, "lion": 1, "lbfgs": 11,
}  # fmt: skip
EVERYTHING = {
    "l1": (0.001, 0.0, 0.01), "l2": (0.01,) * 3, "clip_norm": 0.4, "clip_value": 0.2,
    "weight_decay": 0.05, "max_norm": (1.5, 0.0, 2.0), "label_smoothing": 0.1,
    "dropout": (0.3, 0.2, 0.0), "input_noise": 0.1,
    "schedule": (("cosine", 90.0, 0.1), ("linear_warmup", 9.0, 0.0)),
    "watches": (
        Watch(kind="target", figure="validation_accuracy", up=True, level=0.95),
        Watch(kind="plateau", figure="train_loss", up=False, patience=4, gain=0.003),
        Watch(kind="reduce", figure="train_loss", up=False, patience=1, gain=0.01, factor=0.5,
              least=0.2),
        Watch(kind="target", figure="train_loss", up=False, level=0.12, keep_before=True),
    ),
}  # fmt: skip
FROZEN = ((1, 4), (15, 16), (22, 36), (69, 70))
"""Weights of layer 0, one of its biases, two inputs' weights of layer 1, the last bias."""
NETWORK = Network([Dense(5, "tanh"), Dense(7, "relu"), Dense(1, "sigmoid")], inputs=D)


def settings(rule, batch, **changes):
    base = RuleSettings(
        rule=rule, n_slots=SLOTS.get(rule, 0), loss="binary_crossentropy", accuracy="threshold",
        mean_reduction=True, shuffled=batch < N, keep_best="validation_loss", batch=batch,
        report_every=7, total_steps=90,
    )  # fmt: skip
    return replace(base, **changes)


def trained(plan, dtype="float32", *, until=(90,), kernel="rows", threads=1, n=P):
    rng = np.random.default_rng(0)
    x = rng.random((N, D)).astype(dtype)
    y = (x.sum(axis=1, keepdims=True) > 1.5).astype(dtype)
    weights = initial(dtype, n)
    hyper = np.tile(np.array(NUMBERS[plan.rule]), (n, 1))
    if plan.rule not in ("random_perturbation", "annealing"):
        hyper[:, 0] *= 0.5 + np.arange(n) % 3  # three groups: lanes with numbers of their own
    keys = np.arange(n, dtype=np.uint64)
    state = State.begin(
        plan, weights, hyper=hyper, order=keys, train_set=np.zeros(n, np.int32),
        validation_set=np.zeros(n, np.int32), dropout=keys + 100, search=keys + 200,
    )  # fmt: skip
    train = RowSet(x=x, y=y, emphasis=rng.integers(0, 3, N).astype(dtype))
    judge = RowSet(x=x[:300], y=y[:300], weights=rng.random(300).astype(dtype))
    course = Course(NETWORK, plan, state, [train], [judge], kernel=kernel)
    for step in until:
        course.advance(step, threads=threads)
    return state


def initial(dtype, n):
    """Weights with a zero of either sign among those that are frozen."""
    weights = np.stack([NETWORK.initialize(i, dtype=dtype).flat for i in range(n)])
    weights[:, 15], weights[:, 69] = -0.0, 0.5
    return weights


def assert_same(found, wanted, n=P):
    for name, array in wanted.arrays().items():
        np.testing.assert_array_equal(getattr(found, name)[:n], array[:n], err_msg=name)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [1, 5, 30, 300, N])
@pytest.mark.parametrize("rule", GRADIENT_RULES)
def test_both_kernels(rule, batch, dtype):
    for changes in ({}, EVERYTHING):
        plan = settings(rule, batch, **changes)
        rows = trained(plan, dtype)
        assert_same(trained(plan, dtype, kernel="networks"), rows)
        assert np.isfinite(rows.weights).all()
        assert len({w.tobytes() for w in rows.weights}) == P


def test_the_rules_above_stop_reduce_and_keep():
    """What the table runs is exercised: networks end at different steps, for different reasons."""
    state = trained(settings("adam", 30, **EVERYTHING))
    assert len(set(state.step.tolist())) > 3
    assert len(set(state.ended.tolist())) >= 3
    assert (state.rate_factor < 1).any()


@pytest.mark.parametrize("rule", [*GRADIENT_RULES, *ORACLE_RULES])
def test_in_pieces_and_in_any_population(rule):
    batch = N if rule == "lbfgs" else 30
    restraints = {} if rule == "lbfgs" else EVERYTHING
    plan = settings(rule, batch, **restraints)
    whole = trained(plan)
    assert_same(trained(plan, until=(1, 6, 7, 8, 20, 23, 24, 41, 89, 90)), whole)
    assert_same(trained(plan, n=3), whole, n=3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", ["sgd", "adam", "rprop"])
def test_one_network_on_several_threads(rule, dtype):
    """Batches of three blocks of rows: each thread computes some, and the sums are the same."""
    for changes in ({}, EVERYTHING, {"clip_norm": 0.1}, {"max_norm": (0.5,) * 3}):
        plan = settings(rule, N, **changes)
        alone = trained(plan, dtype, n=1)
        for threads in (2, 3, 5):
            assert_same(trained(plan, dtype, n=1, threads=threads), alone, n=1)
    plan = settings(rule, 520)
    assert_same(trained(plan, dtype, n=1, threads=4), trained(plan, dtype, n=1), n=1)


def test_one_network_with_targets_that_are_numbers_on_several_threads():
    network = Network([Dense(9, "tanh"), Dense(2)], inputs=D)
    rng = np.random.default_rng(2)
    x, y = rng.random((N, D)), rng.normal(size=(N, 2))
    plan = settings(
        "adam", N, loss="huber", loss_parameter=0.5, accuracy=None, keep_best="train_r2",
        figures=("train_loss", "train_mean_absolute_error", "train_r2"),
    )  # fmt: skip
    found = []
    for threads in (1, 2, 3):
        state = State.begin(
            plan, network.initialize(1, dtype="float64").flat[None],
            hyper=np.array([NUMBERS["adam"]]), order=np.zeros(1, np.uint64),
            train_set=np.zeros(1, np.int32), validation_set=np.full(1, -1, np.int32),
        )  # fmt: skip
        rows = RowSet(x=x, y=y, units=np.array([2.0, 3.0]))
        Course(network, plan, state, [rows]).advance(90, threads=threads)
        found.append(state)
    assert_same(found[1], found[0], 1)
    assert_same(found[2], found[0], 1)
    assert np.isfinite(found[0].figures).all()


def held_of(weights):
    return np.concatenate([weights[:, first:last] for first, last in FROZEN], axis=1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", [*GRADIENT_RULES, *ORACLE_RULES])
def test_frozen_parameters_keep_their_bits(rule, dtype):
    """Even -0, which an added 0 would turn into 0; what the rule carries along for them too."""
    for changes in ({}, EVERYTHING) if rule != "lbfgs" else ({},):
        plan = settings(rule, N if rule == "lbfgs" else 30, frozen=FROZEN, **changes)
        state, first = trained(plan, dtype, n=5), initial(dtype, 5)
        assert held_of(state.weights).tobytes() == held_of(first).tobytes()
        free = np.ones(first.shape[1], bool)
        for begin, end in FROZEN:
            free[begin:end] = False
        assert (state.weights != first)[:, free].any(axis=1).all()
        if rule in GRADIENT_RULES and plan.n_slots:
            slots = state.slots[:, :, ~free]
            # adagrad begins at its number `initial`, rprop's steps at the learning rate
            at = {"adagrad": [0.1], "rprop": [0.0, None]}.get(rule, [0.0] * plan.n_slots)
            for slot, number in enumerate(at):
                wanted = state.hyper[:, :1] if number is None else number
                np.testing.assert_array_equal(
                    slots[:, slot], np.asarray(wanted, dtype) + 0 * slots[:, slot]
                )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [1, 30, 300, N])
@pytest.mark.parametrize("rule", GRADIENT_RULES)
def test_both_kernels_with_frozen_parameters(rule, batch, dtype):
    for changes in ({}, EVERYTHING):
        plan = settings(rule, batch, frozen=FROZEN, **changes)
        assert_same(trained(plan, dtype, kernel="networks"), trained(plan, dtype))


@pytest.mark.parametrize("rule", [*GRADIENT_RULES, *ORACLE_RULES])
def test_frozen_parameters_in_pieces_and_in_any_population(rule):
    restraints = {} if rule == "lbfgs" else EVERYTHING
    plan = settings(rule, N if rule == "lbfgs" else 30, frozen=FROZEN, **restraints)
    whole = trained(plan)
    assert_same(trained(plan, until=(1, 6, 7, 8, 20, 23, 24, 41, 89, 90)), whole)
    assert_same(trained(plan, n=3), whole, n=3)


@pytest.mark.parametrize("rule", ["sgd", "adam", "rprop"])
def test_frozen_parameters_of_one_network_on_several_threads(rule):
    for changes in ({}, EVERYTHING, {"clip_norm": 0.1}, {"max_norm": (0.5,) * 3}):
        plan = settings(rule, N, frozen=FROZEN, **changes)
        alone = trained(plan, n=1)
        for threads in (2, 3, 5):
            assert_same(trained(plan, n=1, threads=threads), alone, n=1)


def test_weights_that_are_frozen_on_the_way_stay_although_the_rule_would_move_them_on():
    """The momentum that they have by then is kept, for when they are free again."""
    free = settings("momentum", 30)
    before = trained(free, until=(20,), n=3)
    after = before.copy()
    rows = np.random.default_rng(0).random((N, D)).astype(np.float32)
    held = replace(free, frozen=FROZEN)
    y = (rows.sum(axis=1, keepdims=True) > 1.5).astype(np.float32)
    Course(NETWORK, held, after, [RowSet(x=rows, y=y)], [RowSet(x=rows, y=y)]).advance(60)
    assert held_of(before.slots[:, 0]).any()
    assert held_of(after.weights).tobytes() == held_of(before.weights).tobytes()
    assert held_of(after.slots[:, 0]).tobytes() == held_of(before.slots[:, 0]).tobytes()
    assert (after.weights != before.weights).any()


def test_a_gradient_that_is_not_finite_counts_only_where_something_can_move():
    """A frozen weight behind an input of 1e38: its gradient overflows, and nothing else does."""
    network = Network([Dense(1)], inputs=2)
    x = np.array([[1e38, 0.5]] * 16, np.float32)
    y = np.full((16, 1), 1e3, np.float32)
    plan = RuleSettings(
        rule="adam", n_slots=2, loss="squared_error", accuracy=None, mean_reduction=False,
        shuffled=False, keep_best=None, batch=16, report_every=5, total_steps=5,
        figures=("train_loss",),
    )  # fmt: skip
    for frozen, wanted in (((), 1), (((0, 1),), 0)):
        state = State.begin(
            plan, np.zeros((1, 3), np.float32), hyper=np.array([NUMBERS["adam"]]),
            order=np.zeros(1, np.uint64), train_set=np.zeros(1, np.int32),
            validation_set=np.full(1, -1, np.int32),
        )  # fmt: skip
        Course(network, replace(plan, frozen=frozen), state, [RowSet(x=x, y=y)]).advance(5)
        assert state.status.tolist() == [wanted]


def test_a_team_that_diverges_ends_as_one_thread_does(monkeypatch):
    monkeypatch.setitem(NUMBERS, "momentum", (1e37, 0.99))
    plan = settings("momentum", N, loss="squared_error", mean_reduction=False)
    alone, team = trained(plan, n=1), trained(plan, n=1, threads=3)
    assert alone.status[0] > 0
    assert_same(team, alone, 1)


def digests():
    """Return a digest for every rule, with and without restraints."""
    found = {}
    for rule in (*GRADIENT_RULES, *ORACLE_RULES):
        batch = N if rule == "lbfgs" else 30
        for dtype in ("float32", "float64"):
            frozen = {"frozen": FROZEN}
            for label, changes in (
                ("plain", {}), ("restrained", EVERYTHING), ("frozen", frozen),
                ("both", EVERYTHING | frozen),
            ):  # fmt: skip
                if rule == "lbfgs" and "l1" in changes:
                    continue
                plan = settings(rule, batch, total_steps=40, **changes)
                state = trained(plan, dtype, until=(40,), kernel="auto", n=5)
                digest = hashlib.sha256()
                for array in state.arrays().values():
                    digest.update(np.ascontiguousarray(array).tobytes())
                found[f"{rule} {dtype} {label}"] = digest.hexdigest()
    return found


def in_a_process(isa):
    made = subprocess.run(
        [sys.executable, __file__], env=os.environ | {"SHOAL_ISA": isa}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    return json.loads(made.stdout)


@pytest.mark.parametrize("isa", [name for name in _core.runnable() if name != _core.isa()])
def test_every_instruction_set(isa):
    assert in_a_process(isa) == digests()


if __name__ == "__main__":
    print(json.dumps(digests()))
