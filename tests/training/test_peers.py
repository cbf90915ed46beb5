"""Learning rules and schedules step by step against PyTorch, Keras and scikit-learn, in float64.

PyTorch and Keras are the extra `peers`; without them their tests are skipped. Where a peer
puts epsilon elsewhere, it is made so small that it cannot be seen.
"""

import importlib.util
import os
import warnings

import numpy as np
import pytest
from sklearn.neural_network import _stochastic_optimizers as sklearn_rules

from shoal.streams import Stream
from shoal.training.optimizers import (
    LBFGS,
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    AMSGrad,
    Lion,
    Momentum,
    NAdam,
    Nesterov,
    RMSprop,
    Rprop,
    first_slots,
    oracle_step,
    update,
)
from shoal.training.schedules import (
    CosineDecay,
    ExponentialDecay,
    InverseScaling,
    LinearWarmup,
    StepDecay,
    factor,
)

TINY = 1e-30
STEPS, K = 40, 7
START = np.random.default_rng(0).normal(size=K)
GRADIENTS = np.random.default_rng(1).normal(size=(STEPS, K)) * np.geomspace(1e-3, 10, K)


def installed(*names):
    return all(importlib.util.find_spec(name) is not None for name in names)


@pytest.fixture(scope="module")
def torch():
    if not installed("torch"):
        pytest.skip("needs PyTorch: pip install 'shoal[peers]'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
    return torch


@pytest.fixture(scope="module")
def keras():
    if not installed("torch", "keras"):
        pytest.skip("needs Keras and PyTorch: pip install 'shoal[peers]'")
    os.environ["KERAS_BACKEND"] = "torch"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keras
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield keras
    keras.config.set_floatx(before)


def ours(rule, gradients=GRADIENTS):
    w, slots, seen = START, first_slots(rule, START), []
    for t, g in enumerate(gradients, 1):
        w, slots = update(rule, w, g, slots, t)
        seen.append(w)
    return np.array(seen)


def same(found, wanted):
    """Compare what every step moved, which is harder to meet than the weights."""
    found, wanted = (np.diff(each, axis=0, prepend=START[None]) for each in (found, wanted))
    assert np.abs(wanted).max() > 0
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-14)


TORCH = {
    "sgd": (SGD(0.1), "SGD", {"lr": 0.1}),
    "momentum": (Momentum(0.1, 0.8), "SGD", {"lr": 0.1, "momentum": 0.8}),
    "nesterov": (Nesterov(0.1, 0.8), "SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True}),
    "adagrad": (
        AdaGrad(0.1, initial=0.2, epsilon=1e-3),
        "Adagrad",
        {"lr": 0.1, "initial_accumulator_value": 0.2, "eps": 1e-3},
    ),
    "rmsprop": (RMSprop(0.1, 0.7, 1e-3), "RMSprop", {"lr": 0.1, "alpha": 0.7, "eps": 1e-3}),
    "adam": (Adam(0.1, 0.8, 0.95, 1e-3), "Adam", {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-3}),
    "adamw": (
        AdamW(0.1, 0.8, 0.95, 1e-3, weight_decay=0.3),
        "AdamW",
        {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.3},
    ),
    "nadam": (
        NAdam(0.1, 0.8, 0.95, 1e-3, momentum_decay=0.02),
        "NAdam",
        {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-3, "momentum_decay": 0.02},
    ),
    "amsgrad": (
        AMSGrad(0.1, 0.8, 0.95, 1e-3),
        "Adam",
        {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-3, "amsgrad": True},
    ),
    "rprop": (
        Rprop(0.1, 0.4, 1.3, least=0.03, most=0.2),
        "Rprop",
        {"lr": 0.1, "etas": (0.4, 1.3), "step_sizes": (0.03, 0.2)},
    ),
}


@pytest.mark.parametrize("name", TORCH)
def test_as_in_torch(torch, name):
    rule, theirs, settings = TORCH[name]
    assert rule.name == name
    w = torch.nn.Parameter(torch.tensor(START))
    peer, seen = getattr(torch.optim, theirs)([w], **settings), []
    for g in GRADIENTS:
        w.grad = torch.tensor(g)
        peer.step()
        seen.append(w.detach().numpy().copy())
    same(ours(rule), np.array(seen))


# Keras adds epsilon to the square (rmsprop, adagrad) or before the correction (adam, amsgrad).
# Its momentum holds -learning_rate * v, the same while the rate is. Its nadam has the
# momentum's decay fixed at 0.96^t, which is momentum_decay = 1.
KERAS = {
    "sgd": (SGD(0.1), "SGD", {}),
    "momentum": (Momentum(0.1, 0.8), "SGD", {"momentum": 0.8}),
    "nesterov": (Nesterov(0.1, 0.8), "SGD", {"momentum": 0.8, "nesterov": True}),
    "adagrad": (
        AdaGrad(0.1, initial=0.2, epsilon=TINY),
        "Adagrad",
        {"initial_accumulator_value": 0.2, "epsilon": TINY},
    ),
    "rmsprop": (RMSprop(0.1, 0.7, TINY), "RMSprop", {"rho": 0.7, "epsilon": TINY}),
    "adam": (
        Adam(0.1, 0.8, 0.95, TINY),
        "Adam",
        {"beta_1": 0.8, "beta_2": 0.95, "epsilon": TINY},
    ),
    "adamw": (
        AdamW(0.1, 0.8, 0.95, TINY, weight_decay=0.3),
        "AdamW",
        {"beta_1": 0.8, "beta_2": 0.95, "epsilon": TINY, "weight_decay": 0.3},
    ),
    "nadam": (
        NAdam(0.1, 0.8, 0.95, 1e-3, momentum_decay=1.0),
        "Nadam",
        {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3},
    ),
    "amsgrad": (
        AMSGrad(0.1, 0.8, 0.95, TINY),
        "Adam",
        {"beta_1": 0.8, "beta_2": 0.95, "epsilon": TINY, "amsgrad": True},
    ),
    "lion": (
        Lion(0.1, 0.8, 0.95, weight_decay=0.3),
        "Lion",
        {"beta_1": 0.8, "beta_2": 0.95, "weight_decay": 0.3},
    ),
}


# Keras 3.15 on PyTorch converts numbers in a way that NumPy 2 warns about.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("name", KERAS)
def test_as_in_keras(keras, name):
    rule, theirs, settings = KERAS[name]
    assert rule.name == name
    w = keras.Variable(START, dtype="float64")
    peer = getattr(keras.optimizers, theirs)(learning_rate=0.1, **settings)
    peer.build([w])
    seen = []
    for g in GRADIENTS:
        peer.apply([keras.ops.convert_to_tensor(g, dtype="float64")])
        seen.append(w.value.detach().numpy().copy())  # a tensor of PyTorch, the backend
    same(ours(rule), np.array(seen))


# scikit-learn's adam adds epsilon before the correction; its nesterov is Keras's.
SKLEARN = {
    "sgd": (SGD(0.1), {"momentum": 0.0, "nesterov": False}),
    "momentum": (Momentum(0.1, 0.8), {"momentum": 0.8, "nesterov": False}),
    "nesterov": (Nesterov(0.1, 0.8), {"momentum": 0.8, "nesterov": True}),
    "adam": (Adam(0.1, 0.8, 0.95, TINY), {"beta_1": 0.8, "beta_2": 0.95, "epsilon": TINY}),
}


@pytest.mark.parametrize("name", SKLEARN)
def test_as_in_scikit_learn(name):
    rule, settings = SKLEARN[name]
    w = [START.copy()]
    theirs = sklearn_rules.AdamOptimizer if name == "adam" else sklearn_rules.SGDOptimizer
    peer, seen = theirs(w, learning_rate_init=0.1, **settings), []
    for g in GRADIENTS:
        peer.update_params(w, [g])
        seen.append(w[0].copy())
    same(ours(rule), np.array(seen))


def valley(w):
    """Return Rosenbrock's function of neighbours, its bottom at 1, and its derivative."""
    rise, side = w[1:] - w[:-1] ** 2, 1 - w[:-1]
    g = np.zeros_like(w)
    g[1:] += 200 * rise
    g[:-1] += -400 * w[:-1] * rise - 2 * side
    return float((100 * rise**2 + side**2).sum()), g


def bowl(w):
    curvature = np.geomspace(0.1, 10, len(w))
    return float((curvature * (w - 1) ** 2).sum()) / 2, curvature * (w - 1)


def torch_lbfgs(torch, function, start, n_steps, **settings):
    w = torch.nn.Parameter(torch.tensor(start))
    peer, seen, asked = torch.optim.LBFGS([w], max_iter=1, **settings), [], 0

    def closure():
        nonlocal asked
        asked += 1
        loss, g = function(w.detach().numpy())
        w.grad = torch.tensor(g)
        return torch.tensor(loss, dtype=torch.float64)

    for _ in range(n_steps):
        peer.step(closure)
        seen.append(w.detach().numpy().copy())
    return np.array(seen), asked


def our_lbfgs(rule, function, start, n_steps):
    w, state, seen, asked = start, None, [], 0
    for t in range(1, n_steps + 1):
        done = oracle_step(
            rule, w, state, loss=lambda w: function(w)[0], gradient=lambda w: function(w)[1],
            stream=Stream(0), step=t,
        )  # fmt: skip
        w, state, asked = done.weights, done.state, asked + done.n_evaluations
        seen.append(w)
    return np.array(seen), asked


@pytest.mark.parametrize(("function", "rate"), [(bowl, 0.5), (bowl, 1.0), (valley, 0.1)])
def test_lbfgs_without_line_search_as_in_torch(torch, function, rate):
    start, n = np.linspace(-1, 1.5, 6), 12
    wanted, n_asked = torch_lbfgs(torch, function, start, n, lr=rate, history_size=3)
    found, n_own = our_lbfgs(LBFGS(rate, memory=3, line_search=False), function, start, n)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    assert n_own == n_asked == n


@pytest.mark.parametrize(("function", "rate"), [(bowl, 1.0), (valley, 1.0), (valley, 0.2)])
def test_lbfgs_with_strong_wolfe_as_in_torch(torch, function, rate):
    start, n = np.linspace(-1, 1.5, 6), 12
    # max_eval is what bounds PyTorch's search: 1 for the start, and 25 trials
    wanted, n_asked = torch_lbfgs(
        torch, function, start, n, lr=rate, history_size=5,
        line_search_fn="strong_wolfe", max_eval=26,
    )  # fmt: skip
    found, n_own = our_lbfgs(LBFGS(rate, memory=5), function, start, n)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    # PyTorch asks again for what the search has just found: once a step after the first
    assert n_own == n_asked - (n - 1)


def torch_factors(torch, make, n_steps):
    peer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule, seen = make(torch.optim.lr_scheduler, peer), []
    for _ in range(n_steps):
        seen.append(peer.param_groups[0]["lr"])
        peer.step()
        schedule.step()
    return seen


SCHEDULES_OF_TORCH = {
    "step": (StepDecay(0.3, 4), lambda theirs, peer: theirs.StepLR(peer, 12, gamma=0.3)),
    "exponential": (
        ExponentialDecay(0.5, 4),
        lambda theirs, peer: theirs.ExponentialLR(peer, 0.5 ** (1 / 12)),
    ),
    "cosine": (
        CosineDecay(final=0.2),
        lambda theirs, peer: theirs.CosineAnnealingLR(peer, 60, eta_min=0.2),
    ),
    "linear_warmup": (
        LinearWarmup(5),
        lambda theirs, peer: theirs.LinearLR(peer, 1 / 15, 1.0, total_iters=14),
    ),
}


@pytest.mark.parametrize("name", SCHEDULES_OF_TORCH)
def test_schedules_as_in_torch(torch, name):
    # 3 steps an epoch, 20 epochs; PyTorch's schedules are moved on every step
    schedule, make = SCHEDULES_OF_TORCH[name]
    found = [factor([schedule], step, 3, 60) for step in range(60)]
    np.testing.assert_allclose(found, torch_factors(torch, make, 60), rtol=1e-12)


def test_inverse_scaling_as_in_scikit_learn():
    # scikit-learn counts time in rows: 20 rows, a full batch, are 20 of time a step
    peer = sklearn_rules.SGDOptimizer(
        [np.zeros(1)], learning_rate_init=0.5, lr_schedule="invscaling", power_t=0.7
    )
    for step in range(0, 100, 20):
        peer.iteration_ends(step)
        found = 0.5 * factor([InverseScaling(0.7, epochs=1)], step, 1, 100)
        assert found == pytest.approx(peer.learning_rate, rel=1e-14)
