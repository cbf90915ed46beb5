"""Optimizers: first steps by hand, what a document may say, and both precisions."""

import inspect
import math

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from shoal.network import Dense, Network, Parameters, backward, forward_pass
from shoal.training.optimizers import (
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


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pure_in_one_precision_and_alike_in_a_population(name, dtype):
    optimizer = DOCUMENT.validate_python(name)
    rng = np.random.default_rng(3)
    w, g = rng.normal(size=(2, 4, 6)).astype(dtype)
    slots = np.abs(rng.normal(size=(OPTIMIZERS[name].n_slots, 4, 6))).astype(dtype)
    before = w.copy(), g.copy(), slots.copy()
    new_w, new_slots = update(optimizer, w, g, slots, 5)
    assert new_w.dtype == new_slots.dtype == dtype
    assert new_slots.shape == first_slots(optimizer, w).shape == slots.shape
    for now, then in zip((w, g, slots), before, strict=True):
        np.testing.assert_array_equal(now, then)
    assert not np.shares_memory(new_slots, slots)
    assert (new_w != w).all()
    for i in range(4):
        alone, _ = update(optimizer, w[i], g[i], slots[:, i], 5)
        np.testing.assert_array_equal(new_w[i], alone)


def test_only_the_perceptron_needs_no_gradient():
    facts = {name: (entry.n_slots, entry.needs_gradient) for name, entry in OPTIMIZERS.items()}
    assert facts == {
        "sgd": (0, True),
        "momentum": (1, True),
        "adam": (2, True),
        "perceptron": (0, False),
    }


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_name_a_table_or_a_record(name):
    record = OPTIMIZERS[name].record
    assert DOCUMENT.validate_python(name) == record()
    assert DOCUMENT.validate_python({"name": name, "learning_rate": 0.03}) == record(0.03)
    assert DOCUMENT.validate_python(record(0.03)) == record(0.03)
    assert record(0.03).name == name
    for form in ({}, {"exclude_defaults": True}, {"exclude_unset": True}):
        dumped = DOCUMENT.dump_json(record(0.03), **form)
        assert DOCUMENT.validate_json(dumped) == record(0.03)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_signatures_repeat_the_defaults_of_the_fields(name):
    record = OPTIMIZERS[name].record
    signature = inspect.signature(record)
    defaults = {each.name: each.default for each in signature.parameters.values()}
    assert defaults == {key: field.default for key, field in record.model_fields.items()}


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ("adm", (), "unknown optimizer 'adm'. Did you mean 'adam'?"),
        ({"name": "lbfgs"}, (),
         "unknown optimizer 'lbfgs'. Known names: sgd, momentum, adam, perceptron."),
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
    ],
)  # fmt: skip
def test_wrong_optimizers_are_told_with_their_key(document, path, message):
    with pytest.raises(ValidationError) as error:
        DOCUMENT.validate_python(document)
    assert [(e["loc"], e["msg"]) for e in error.value.errors()] == [(path, message)]
