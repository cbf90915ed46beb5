"""Parameters mean what they mean to MLPClassifier: the same weights after the same steps."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from shoal.sklearn import ShoalClassifier, ShoalRegressor
from shoal.sklearn.fitting import prepared_of, train_all
from shoal.sklearn.goals import goal_of_classes, goal_of_labels, goal_of_numbers
from shoal.sklearn.parameters import PARAMETERS
from shoal.sklearn.recipe import dataset_of, job_of, recipe_of

N = 60
COMMON: dict[str, Any] = {
    "hidden_layer_sizes": (5, 4),
    "activation": "logistic",
    "shuffle": False,
    "tol": 0.0,
    "n_iter_no_change": 10_000,
    "random_state": 3,
}


def two_classes() -> tuple[np.ndarray, np.ndarray]:
    return make_classification(N, 4, random_state=1)


def three_classes() -> tuple[np.ndarray, np.ndarray]:
    return make_classification(N, 4, n_informative=3, n_redundant=0, n_classes=3, random_state=1)


def labels() -> tuple[np.ndarray, np.ndarray]:
    x, y = make_multilabel_classification(N, 4, n_classes=3, random_state=1)
    return x / 10, y


def one_number() -> tuple[np.ndarray, np.ndarray]:
    x, y = make_regression(N, 4, random_state=1)
    return x, y / 100


def two_numbers() -> tuple[np.ndarray, np.ndarray]:
    x, y = make_regression(N, 4, n_targets=2, random_state=1)
    return x, y / 100


def counts() -> tuple[np.ndarray, np.ndarray]:
    x, y = one_number()
    return x, np.floor(np.exp(y))


def peer_weights(rows: Any, start: Any, settings: dict[str, Any], classes: bool) -> list[Any]:
    """Return what scikit-learn's network comes to from given weights."""
    kind = MLPClassifier if classes else MLPRegressor
    x, y = rows
    peer = kind(warm_start=True, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        peer.set_params(max_iter=1).fit(x, y)
        peer.coefs_ = [np.array(w[0], np.float64) for w in start.weights]
        peer.intercepts_ = [np.array(b[0], np.float64) for b in start.biases]
        peer.set_params(max_iter=settings["max_iter"]).fit(x, y)
    return [*peer.coefs_, *peer.intercepts_]


def own_weights(rows: Any, settings: dict[str, Any], classes: bool) -> tuple[Any, list[Any]]:
    """Return the weights we start from, and those we come to."""
    x, y = rows
    if classes:
        own = ShoalClassifier(n_networks=1, scaling="none", early_stopping=False, **settings)
        goal = goal_of_labels(y) if y.ndim == 2 else goal_of_classes(y, np.unique(y))
    else:
        own = ShoalRegressor(
            n_networks=1, scaling="none", target_scaling="none", early_stopping=False, **settings
        )
        goal = goal_of_numbers(y)
    job = job_of(recipe_of(own), dataset_of(x, goal))
    (run,) = train_all([job])
    network = run.network
    prepared = prepared_of(job)
    start = type(run.parameters).from_flat(network.layout(), prepared.start)
    found = run.parameters
    return start, [*(w[0] for w in found.weights), *(b[0] for b in found.biases if b is not None)]


CASES: dict[str, tuple[Any, bool, dict[str, Any]]] = {
    "sgd": (two_classes, True, {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.3}),
    "momentum": (
        three_classes,
        True,
        {"solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.1},
    ),
    "nesterov": (three_classes, True, {"solver": "sgd", "learning_rate_init": 0.1}),
    "adam": (two_classes, True, {"solver": "adam", "learning_rate_init": 0.01}),
    "betas": (
        three_classes,
        True,
        {"learning_rate_init": 0.01, "beta_1": 0.8, "beta_2": 0.95},
    ),
    "alpha": (three_classes, True, {"solver": "sgd", "learning_rate_init": 0.1, "alpha": 2.0}),
    "labels": (labels, True, {"solver": "sgd", "learning_rate_init": 0.1, "alpha": 2.0}),
    "number": (one_number, False, {"solver": "sgd", "learning_rate_init": 0.05, "alpha": 1.0}),
    "numbers": (two_numbers, False, {"solver": "sgd", "learning_rate_init": 0.05, "alpha": 1.0}),
    "counts": (
        counts,
        False,
        {"solver": "sgd", "loss": "poisson", "learning_rate_init": 0.02, "momentum": 0.5},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_steps_are_those_of_the_peer(case: str) -> None:
    # 4 batches of 15 rows, 25 epochs: 100 steps; float32 here, float64 there
    make, classes, changes = CASES[case]
    settings = COMMON | {"batch_size": 15, "max_iter": 25, "alpha": 0.0} | changes
    rows = make()
    start, own = own_weights(rows, settings, classes)
    peer = peer_weights(rows, start, settings, classes)
    moved = max(float(np.abs(a[0] - b).max()) for a, b in zip(start.weights, peer, strict=False))
    assert moved > 0.05
    for ours, theirs in zip(own, peer, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-4)


def test_logistic_hidden_layers_and_outputs_are_named_as_the_peers() -> None:
    x, y = two_classes()
    own = ShoalClassifier(**COMMON, max_iter=1, n_networks=2).fit(x, y)
    peer = MLPClassifier(**COMMON, max_iter=1)
    with pytest.warns(ConvergenceWarning):
        peer.fit(x, y)
    for name in ("out_activation_", "n_layers_", "n_outputs_", "n_iter_", "t_", "n_features_in_"):
        assert getattr(own, name) == getattr(peer, name), name
    assert [w.shape for w in own.coefs_] == [w.shape for w in peer.coefs_]
    assert [b.shape for b in own.intercepts_] == [b.shape for b in peer.intercepts_]


@pytest.mark.parametrize(
    ("own", "peer"), [(ShoalClassifier, MLPClassifier), (ShoalRegressor, MLPRegressor)]
)
def test_every_parameter_of_the_peer_is_taken(own: Any, peer: Any) -> None:
    theirs, ours = inspect.signature(peer).parameters, inspect.signature(own).parameters
    assert set(theirs) <= set(ours)
    # in the same order, so that what is given by place means the same
    positional = [
        name for name, one in theirs.items() if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    assert list(ours)[: len(positional)] == positional
    # what the peer does in its defaults can be asked for
    x, y = two_classes()
    own(**{name: one.default for name, one in theirs.items()}).set_params(
        max_iter=2, random_state=0
    ).fit(x, y)


@pytest.mark.parametrize("own", [ShoalClassifier, ShoalRegressor])
def test_every_parameter_is_checked(own: Any) -> None:
    assert set(inspect.signature(own).parameters) <= set(PARAMETERS)
    assert set(own().get_params()) == set(inspect.signature(own).parameters)


def test_rate_falls_with_the_rows_seen() -> None:
    # MLP: rate / (1 + rows)^p once an epoch; here rate / rows^p at every step, so that after
    # 20 epochs of 60 rows the next step has (1200 + 15)^-0.5 against 1201^-0.5
    x, y = two_classes()
    own = ShoalClassifier(
        solver="sgd", learning_rate="invscaling", batch_size=15, learning_rate_init=0.5, max_iter=30
    )
    job = job_of(recipe_of(own), dataset_of(x, goal_of_classes(y, np.unique(y))))
    prepared = prepared_of(job)
    from shoal.kernels.train import rate_factors

    steps = np.array([0, 80])
    rates = prepared.hyper[0, 0] * rate_factors(prepared.network, prepared.settings, steps)
    np.testing.assert_allclose(rates, 0.5 / np.sqrt([15, 1215]), rtol=1e-12)
