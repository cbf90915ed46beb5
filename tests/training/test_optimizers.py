"""Optimizers: first steps by hand, what a document may say, and both precisions."""

import inspect
import math

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from shoal.network import Dense, Network, Parameters, backward, forward_pass
from shoal.training.optimizers import (
    LBFGS,
    OPTIMIZERS,
    SGD,
    Adam,
    Momentum,
    Optimizer,
    Perceptron,
    first_slots,
    update,
)

DOCUMENT = TypeAdapter(Optimizer)
HANDED = [name for name, entry in OPTIMIZERS.items() if entry.kind in ("gradient", "perceptron")]
NUMBERS = {"random_perturbation": "d", "annealing": "spread"}
"""A number of each rule that has no learning rate."""


def example(name):
    """Return a record of every rule, not all of it default, and the table for it."""
    if name == "python":
        table = {"name": name, "function": "rules:wiggle"}
        return OPTIMIZERS[name].record("rules:wiggle"), table
    key = NUMBERS.get(name, "learning_rate")
    return OPTIMIZERS[name].record(**{key: 0.03}), {"name": name, key: 0.03}


def walk(optimizer, gradients, weights=(1.0, -2.0), dtype="float64"):
    """Return the weights after each gradient."""
    w = np.array(weights, dtype)
    slots, found = first_slots(optimizer, w), []
    for t, gradient in enumerate(gradients, 1):
        w, slots = update(optimizer, w, np.array(gradient, dtype), slots, t)
        found.append(w)
    return found


def test_sgd_by_hand():
    # 1 - 0.5 * 0.5 = 0.75, -2 - 0.5 * -1 = -1.5; then 0.75 - 0.5 * 1 = 0.25, -1.5 - 0 = -1.5
    found = walk(SGD(0.5), [[0.5, -1.0], [1.0, 0.0]])
    assert [w.tolist() for w in found] == [[0.75, -1.5], [0.25, -1.5]]


def test_momentum_by_hand():
    # v = 0.5, w = 1 - 0.5 * 0.5 = 0.75; v = 0.5 * 0.5 + 1 = 1.25, w = 0.75 - 0.625 = 0.125
    # v = -1, w = -2 + 0.5 = -1.5; v = -0.5 + 0 = -0.5, w = -1.5 + 0.25 = -1.25
    found = walk(Momentum(0.5, 0.5), [[0.5, -1.0], [1.0, 0.0]])
    assert [w.tolist() for w in found] == [[0.75, -1.5], [0.125, -1.25]]


def test_adam_by_hand():
    # t=1, g = (3, -4): m = 0.5 g, m / (1 - 0.5) = g; v = 0.25 g^2, v / (1 - 0.75) = g^2,
    # so each weight moves by 0.1 |g| / (|g| + 1): 0.1 * 3/4 and 0.1 * 4/5
    # t=2, g = (1, 0): m = (0.75 + 0.5, -1), over 1 - 0.25: (5/3, -4/3)
    # v = (0.75 * 2.25 + 0.25, 0.75 * 4) = (1.9375, 3), over 1 - 0.5625: (31/7, 48/7)
    first, second = walk(Adam(0.1, beta_1=0.5, beta_2=0.75, epsilon=1.0), [[3.0, -4.0], [1.0, 0.0]])
    np.testing.assert_allclose(first, [1 - 0.075, -2 + 0.08], rtol=1e-15)
    expected = [
        0.925 - 0.1 * (5 / 3) / (math.sqrt(31 / 7) + 1),
        -1.92 + 0.1 * (4 / 3) / (math.sqrt(48 / 7) + 1),
    ]
    np.testing.assert_allclose(second, expected, rtol=1e-15)


def test_adams_first_step_is_the_learning_rate_whatever_the_gradient():
    # m and v are both corrected to g and g^2: 0.001 * g / (|g| + 1e-7), near 0.001 sign(g)
    (first,) = walk(Adam(), [[1e3, -1e-2]], weights=[0.0, 0.0])
    np.testing.assert_allclose(first, [-0.001, 0.001], rtol=2e-5)


def test_perceptron_learns_or_as_worked_by_hand():
    # inputs (0,0) (0,1) (1,0) (1,1), labels 0 1 1 1, step(0) = 1, all rows at once:
    # 1: w = (0,0) b = 0, all say 1; row 00 wrong, a - y = 1: b = -1
    # 2: z = -1 everywhere, all say 0; rows 01 10 11 wrong by -1: w = (2,2), b = -1 + 3 = 2
    # 3: all say 1; row 00 wrong: b = 1
    # 4: again: b = 0;  5: again (z = 0 says 1): b = -1; 6: z = (-1, 1, 1, 3), all right
    network = Network([Dense(1, "step")], inputs=2)
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    y = np.array([[0], [1], [1], [1]], float)
    w, optimizer = np.zeros(3), Perceptron()
    slots, seen = first_slots(optimizer, w), []
    for t in range(1, 7):
        parameters = Parameters.from_flat(network.layout(), w)
        stages = forward_pass(network, parameters, x)
        g = backward(network, parameters, stages, y, "squared_error", "sum", rule="perceptron")
        w, slots = update(optimizer, w, g.flat, slots, t)
        seen.append(w.tolist())
    assert seen == [[0, 0, -1], [2, 2, 2], [2, 2, 1], [2, 2, 0], [2, 2, -1], [2, 2, -1]]


@pytest.mark.parametrize("name", HANDED)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pure_in_one_precision_and_alike_in_a_population(name, dtype):
    optimizer = DOCUMENT.validate_python(name)
    rng = np.random.default_rng(3)
    w, g = rng.normal(size=(2, 4, 6)).astype(dtype)
    slots = np.abs(rng.normal(size=(OPTIMIZERS[name].n_slots, 4, 6))).astype(dtype)
    before = w.copy(), g.copy(), slots.copy()
    new_w, new_slots = update(optimizer, w, g, slots, 5, factor=0.5)
    assert new_w.dtype == new_slots.dtype == dtype
    assert new_slots.shape == first_slots(optimizer, w).shape == slots.shape
    for now, then in zip((w, g, slots), before, strict=True):
        np.testing.assert_array_equal(now, then)
    assert not np.shares_memory(new_slots, slots)
    stays = np.sign(g * slots[0]) < 0 if name == "rprop" else np.zeros_like(w, bool)
    np.testing.assert_array_equal(new_w == w, stays)
    for i in range(4):
        alone, _ = update(optimizer, w[i], g[i], slots[:, i], 5, factor=0.5)
        np.testing.assert_array_equal(new_w[i], alone)


def test_facts_that_others_rely_on():
    facts = {
        name: (entry.kind, entry.n_slots, entry.needs_gradient, entry.default_dtype)
        for name, entry in OPTIMIZERS.items()
    }
    assert facts == {
        "sgd": ("gradient", 0, True, "float32"),
        "momentum": ("gradient", 1, True, "float32"),
        "nesterov": ("gradient", 1, True, "float32"),
        "rprop": ("gradient", 2, True, "float32"),
        "lion": ("gradient", 1, True, "float32"),
        "perceptron": ("perceptron", 0, False, "float32"),
        "adagrad": ("gradient", 1, True, "float32"),
        "rmsprop": ("gradient", 1, True, "float32"),
        "adam": ("gradient", 2, True, "float32"),
        "adamw": ("gradient", 2, True, "float32"),
        "nadam": ("gradient", 2, True, "float32"),
        "amsgrad": ("gradient", 3, True, "float32"),
        "lbfgs": ("oracle", 23, True, "float64"),
        "random_perturbation": ("oracle", 0, False, "float64"),
        "finite_difference": ("oracle", 0, False, "float64"),
        "annealing": ("oracle", 0, False, "float64"),
        "evolution": ("oracle", 0, False, "float64"),
        "python": ("python", 0, False, "float64"),
    }
    without = {name for name, entry in OPTIMIZERS.items() if not entry.has_learning_rate}
    assert without == {*NUMBERS, "python"}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_slots_are_as_many_as_their_first_numbers(name):
    entry, (record, _) = OPTIMIZERS[name], example(name)
    assert entry.name == name
    assert entry.slots_of(record) == len(entry.first_numbers(record)) == entry.n_slots


def test_slots_of_lbfgs_grow_with_its_memory():
    assert OPTIMIZERS["lbfgs"].slots_of(LBFGS(memory=4)) == 3 + 2 * 4


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_numbers_of_rules_fit_into_the_core(name):
    fields = [key for key in OPTIMIZERS[name].record.model_fields if key != "name"]
    assert len(fields) <= 8
    if OPTIMIZERS[name].has_learning_rate:
        assert fields[0] == "learning_rate"


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_name_a_table_or_a_record(name):
    record, table = example(name)
    if name != "python":
        assert DOCUMENT.validate_python(name) == OPTIMIZERS[name].record()
    assert DOCUMENT.validate_python(table) == record
    assert DOCUMENT.validate_python(record) == record
    assert record.name == name
    for form in ({}, {"exclude_defaults": True}, {"exclude_unset": True}):
        assert DOCUMENT.validate_json(DOCUMENT.dump_json(record, **form)) == record


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_signatures_repeat_the_defaults_of_the_fields(name):
    record = OPTIMIZERS[name].record
    signature = inspect.signature(record)
    defaults = {each.name: each.default for each in signature.parameters.values()}
    assert defaults == {
        key: inspect.Parameter.empty if field.is_required() else field.default
        for key, field in record.model_fields.items()
    }


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ("adm", (), "unknown optimizer 'adm'. Did you mean 'adam'?"),
        ({"name": "genetic"}, (),
         "unknown optimizer 'genetic'. Known names: sgd, momentum, nesterov, rprop, lion, "
         "perceptron, adagrad, rmsprop, adam, adamw, nadam, amsgrad, lbfgs, random_perturbation, "
         "finite_difference, annealing, evolution, python."),
        ({"learning_rate": 1.0}, (),
         "optimizer must be a name or a table with a name; got {'learning_rate': 1.0}"),
        ({"name": "adam", "learning_rate": 0}, ("learning_rate",),
         "Input should be greater than 0"),
        ({"name": "sgd", "learning_rate": float("inf")}, ("learning_rate",),
         "Input should be a finite number"),
        ({"name": "sgd", "learning_rate": "0.1"}, ("learning_rate",),
         "Input should be a valid number"),
        ({"name": "sgd", "learning_rate": True}, ("learning_rate",),
         "Input should be a valid number"),
        ({"name": "sgd", "momentum": 0.9}, ("momentum",), "Extra inputs are not permitted"),
        ({"name": "momentum", "momentum": 1.0}, ("momentum",), "Input should be less than 1"),
        ({"name": "adam", "beta_1": -0.1}, ("beta_1",),
         "Input should be greater than or equal to 0"),
        ({"name": "adam", "beta_2": 1.0}, ("beta_2",), "Input should be less than 1"),
        ({"name": "adam", "epsilon": 0.0}, ("epsilon",), "Input should be greater than 0"),
        ({"name": "adagrad", "initial": -1.0}, ("initial",),
         "Input should be greater than or equal to 0"),
        ({"name": "rprop", "eta_minus": 1.0}, ("eta_minus",), "Input should be less than 1"),
        ({"name": "rprop", "eta_plus": 1.0}, ("eta_plus",), "Input should be greater than 1"),
        ({"name": "rprop", "least": 1.0, "most": 0.5}, ("most",),
         "most must be at least least=1.0; got 0.5"),
        ({"name": "lion", "weight_decay": -1.0}, ("weight_decay",),
         "Input should be greater than or equal to 0"),
        ({"name": "lbfgs", "memory": 0}, ("memory",),
         "Input should be greater than or equal to 1"),
        ({"name": "lbfgs", "memory": 1001}, ("memory",),
         "Input should be less than or equal to 1000"),
        ({"name": "lbfgs", "memory": 2.5}, ("memory",), "Input should be a valid integer"),
        ({"name": "lbfgs", "line_search": 1}, ("line_search",), "Input should be a valid boolean"),
        ({"name": "random_perturbation", "d": 0.0}, ("d",), "Input should be greater than 0"),
        ({"name": "random_perturbation", "learning_rate": 0.1}, ("learning_rate",),
         "Extra inputs are not permitted"),
        ({"name": "finite_difference", "h": -1e-5}, ("h",), "Input should be greater than 0"),
        ({"name": "annealing", "cooling": 1.1}, ("cooling",),
         "Input should be less than or equal to 1"),
        ({"name": "annealing", "temperature": 0.0}, ("temperature",),
         "Input should be greater than 0"),
        ({"name": "evolution", "pairs": 10**7}, ("pairs",),
         "Input should be less than or equal to 1000000"),
        ("python", ("function",), "Field required"),
    ],
)  # fmt: skip
def test_wrong_optimizers_are_told_with_their_key(document, path, message):
    with pytest.raises(ValidationError) as error:
        DOCUMENT.validate_python(document)
    assert [(e["loc"], e["msg"]) for e in error.value.errors()] == [(path, message)]
