"""Gradient rules against their published recurrences, written out here for a single weight."""

import math

import numpy as np
import pytest

from shoal.errors import ArgumentError
from shoal.training.optimizers import (
    LBFGS,
    OPTIMIZERS,
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    AMSGrad,
    Lion,
    Momentum,
    NAdam,
    Nesterov,
    Perceptron,
    RandomPerturbation,
    RMSprop,
    Rprop,
    first_slots,
    update,
)

STEPS, K = 30, 5
START = np.random.default_rng(10).normal(size=K)
# gradients of very different size, some exactly 0, most changing sign
GRADIENTS = np.random.default_rng(11).normal(size=(STEPS, K)) * np.geomspace(1e-4, 30, K)
GRADIENTS[3] = 0.0
FACTORS = np.random.default_rng(12).uniform(0.1, 1, STEPS)


def sign(number):
    return (number > 0) - (number < 0)


def sgd(w, rate):
    while True:
        g, factor = yield w
        w = w - factor * rate * g


def momentum(w, rate, mu):
    # Polyak (1964): x_{k+1} = x_k - a f'(x_k) + b (x_k - x_{k-1}), b = mu where a stays; with a
    # velocity for rates that change (PyTorch's form)
    v = 0.0
    while True:
        g, factor = yield w
        v = mu * v + g
        w = w - factor * rate * v


def nesterov(w, rate, mu):
    v = 0.0
    while True:
        g, factor = yield w
        v = mu * v + g
        w = w - factor * rate * (g + mu * v)


def adagrad(w, rate, initial, epsilon):
    # Duchi et al. (2011), figure 1: s_i = ||g_{1:t,i}||_2, x - eta g / (delta + s)
    seen = []
    while True:
        g, factor = yield w
        seen.append(g)
        w = w - factor * rate * g / (epsilon + math.sqrt(initial + sum(x * x for x in seen)))


def rmsprop(w, rate, rho, epsilon):
    # the mean of squares written out: (1 - rho) sum_i rho^(t-i) g_i^2
    seen = []
    while True:
        g, factor = yield w
        seen.append(g)
        mean = (1 - rho) * sum(rho**age * x * x for age, x in enumerate(reversed(seen)))
        w = w - factor * rate * g / (math.sqrt(mean) + epsilon)


def adam(w, rate, b1, b2, epsilon, decay=0.0):
    # Kingma, Ba (2015), algorithm 1; Loshchilov, Hutter (2019), algorithm 2 (green)
    m = v = 0.0
    t = 0
    while True:
        g, factor = yield w
        t += 1
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        m_hat = m / (1 - b1**t)
        v_hat = v / (1 - b2**t)
        w = w - factor * rate * (m_hat / (math.sqrt(v_hat) + epsilon) + decay * w)


def nadam(w, rate, b1, b2, epsilon, psi):
    # Dozat (2016): mu_t, the product of all mu carried along
    m = v = 0.0
    t, product = 0, 1.0
    while True:
        g, factor = yield w
        t += 1
        mu = b1 * (1 - 0.5 * 0.96 ** (t * psi))
        mu_next = b1 * (1 - 0.5 * 0.96 ** ((t + 1) * psi))
        product *= mu
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        m_bar = (1 - mu) * g / (1 - product) + mu_next * m / (1 - product * mu_next)
        w = w - factor * rate * m_bar / (math.sqrt(v / (1 - b2**t)) + epsilon)


def amsgrad(w, rate, b1, b2, epsilon):
    # Reddi et al. (2018), algorithm 2, with Adam's corrections
    m = v = largest = 0.0
    t = 0
    while True:
        g, factor = yield w
        t += 1
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        largest = max(largest, v)
        m_hat, v_hat = m / (1 - b1**t), largest / (1 - b2**t)
        w = w - factor * rate * m_hat / (math.sqrt(v_hat) + epsilon)


def rprop(w, rate, eta_minus, eta_plus, least, most):
    # Igel, Huesken (2000), iRprop-: the three cases
    step, before = rate, 0.0
    while True:
        g, factor = yield w
        if g * before > 0:
            step = min(step * eta_plus, most)
        elif g * before < 0:
            step = max(step * eta_minus, least)
            g = 0.0
        w = w - factor * sign(g) * step
        before = g


def lion(w, rate, b1, b2, decay):
    # Chen et al. (2023), algorithm 2
    m = 0.0
    while True:
        g, factor = yield w
        c = b1 * m + (1 - b1) * g
        w = w - factor * rate * (sign(c) + decay * w)
        m = b2 * m + (1 - b2) * g


PUBLISHED = {
    "sgd": (SGD(0.3), sgd),
    "momentum": (Momentum(0.3, 0.7), momentum),
    "nesterov": (Nesterov(0.3, 0.7), nesterov),
    "adagrad": (AdaGrad(0.3, initial=0.1, epsilon=1e-2), adagrad),
    "rmsprop": (RMSprop(0.3, 0.7, 1e-2), rmsprop),
    "adam": (Adam(0.3, 0.7, 0.9, 1e-2), adam),
    "adamw": (AdamW(0.3, 0.7, 0.9, 1e-2, weight_decay=0.2), adam),
    "nadam": (NAdam(0.3, 0.7, 0.9, 1e-2, momentum_decay=0.05), nadam),
    "amsgrad": (AMSGrad(0.3, 0.7, 0.9, 1e-2), amsgrad),
    "rprop": (Rprop(0.3, 0.6, 1.1, least=0.2, most=0.4), rprop),
    "lion": (Lion(0.3, 0.7, 0.9, weight_decay=0.2), lion),
    "perceptron": (Perceptron(0.3), sgd),
}


def test_every_rule_that_is_handed_a_gradient_has_its_recurrence():
    kinds = {name: entry.kind for name, entry in OPTIMIZERS.items()}
    assert set(PUBLISHED) == {n for n, kind in kinds.items() if kind in ("gradient", "perceptron")}


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("factors", [np.ones(STEPS), FACTORS], ids=["constant", "scheduled"])
def test_the_published_recurrence(name, factors):
    rule, recurrence = PUBLISHED[name]
    settings = [value for key, value in rule if key != "name"]
    walkers = [recurrence(float(w), *settings) for w in START]
    assert [next(walker) for walker in walkers] == START.tolist()
    w, slots = START, first_slots(rule, START)
    for t in range(STEPS):
        g, factor = GRADIENTS[t], float(factors[t])
        before = w
        w, slots = update(rule, w, g, slots, t + 1, factor)
        wanted = [walker.send((float(x), factor)) for walker, x in zip(walkers, g, strict=True)]
        np.testing.assert_allclose(w, wanted, rtol=1e-11, atol=1e-13)
        assert (w != before).any() or not g.any()


def test_default_settings_are_those_of_the_contract():
    numbers = {
        name: tuple(value for key, value in entry.record() if key != "name")
        for name, entry in OPTIMIZERS.items()
        if name != "python"
    }
    assert numbers == {
        "sgd": (0.01,),
        "momentum": (0.01, 0.9),
        "nesterov": (0.01, 0.9),
        "adagrad": (0.01, 0.0, 1e-7),
        "rmsprop": (0.001, 0.9, 1e-7),
        "adam": (0.001, 0.9, 0.999, 1e-7),
        "adamw": (0.001, 0.9, 0.999, 1e-7, 0.01),
        "nadam": (0.001, 0.9, 0.999, 1e-7, 0.004),
        "amsgrad": (0.001, 0.9, 0.999, 1e-7),
        "rprop": (0.01, 0.5, 1.2, 1e-6, 50.0),
        "lion": (1e-4, 0.9, 0.99, 0.0),
        "perceptron": (1.0,),
        "lbfgs": (1.0, 10, True),
        "random_perturbation": (0.001, False),
        "finite_difference": (0.01, 1e-5),
        "annealing": (0.05, 0.1, 0.999),
        "evolution": (0.05, 0.05, 8),
    }


def test_first_slots():
    w = np.zeros((3, 2), np.float32)
    assert first_slots(SGD(), w).shape == (0, 3, 2)
    assert first_slots(AdaGrad(initial=0.25), w).tolist() == [[[0.25, 0.25]] * 3]
    assert first_slots(Rprop(0.5), w).tolist() == [[[0.0, 0.0]] * 3, [[0.5, 0.5]] * 3]
    assert not first_slots(AMSGrad(), w).any()
    assert first_slots(AMSGrad(), w).dtype == np.float32
    assert first_slots(LBFGS(memory=4), w).shape == (11, 3, 2)


def test_rprop_sees_signs_of_gradients_whose_product_is_too_small_for_a_number():
    rule, w = Rprop(1.0, eta_minus=0.5, eta_plus=2.0), np.zeros(2)
    slots = first_slots(rule, w)
    for t, g in enumerate([[1e-200, 1e-200], [1e-200, -1e-200]], 1):
        w, slots = update(rule, w, np.array(g), slots, t)
    # both -1; then the step doubles, or halves and is not taken
    assert w.tolist() == [-3.0, -1.0]
    assert slots[1].tolist() == [2.0, 0.5]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_step_without_a_gradient_is_finite(name):
    rule, w = OPTIMIZERS[name].record(), np.array([1.0, -2.0])
    new, slots = update(rule, w, np.zeros(2), first_slots(rule, w), 1)
    np.testing.assert_allclose(new, w, rtol=2e-5)  # adamw draws by 1e-5
    assert np.isfinite(slots).all()


def test_rules_that_ask_are_not_handed_a_gradient():
    w = np.zeros(2)
    with pytest.raises(ArgumentError) as error:
        update(RandomPerturbation(), w, w, np.zeros((0, 2)), 1)
    assert str(error.value) == (
        "update: `optimizer` must be a rule that is handed a gradient; got "
        "'random_perturbation'. Use oracle_step."
    )
