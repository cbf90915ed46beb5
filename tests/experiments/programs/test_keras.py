"""The Keras program against the core, in single precision, as far as Keras does the same."""

import importlib.util
import os
import warnings

import numpy as np
import pytest

from shoal.experiments.programs.handed import handed

from .carrying import epochs_of, module_of, rows_of, shoal_run, start_of
from .cases import (
    GRADIENT_RULES,
    LOSSES,
    RESTRAINTS,
    SCHEDULES,
    STOPS,
    experiment,
    of_activation,
    of_loss,
    of_rule,
)

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("keras") is None or importlib.util.find_spec("torch") is None,
        reason="needs Keras and PyTorch: pip install 'shoal[peers]'",
    ),
    # Keras 3.15 on PyTorch converts numbers in a way that NumPy 2 warns about
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
TINY = 1e-12
"""An epsilon that cannot be seen: Keras has it elsewhere."""


@pytest.fixture(scope="module", autouse=True)
def _backend():
    os.environ["KERAS_BACKEND"] = "torch"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keras  # noqa: F401


def module(made, *, shuffled):
    """Return the program; the one that is handed orders if rows are shuffled."""
    return module_of(made, "keras", data="rows.npz" if shuffled else None)


def trained(made):
    given = handed(made)
    shuffled = "orders" in given
    program = module(made, shuffled=shuffled)
    model = program["build"]()
    model.set_weights(start_of(given))
    epochs = epochs_of(given, made.training.epochs)
    rows = program["Epochs"](epochs) if shuffled else rows_of(given, "train")
    validation = [rows_of(given, "validation")] if "x_validation" in given else []
    history = program["train"](model, rows, *validation)
    shown = program["figures"](model, rows_of(given, "train"))
    return np.concatenate([each.ravel() for each in model.get_weights()]), shown, history


def same(made, tolerance=2e-5):
    made = made.model_copy(
        update={"training": made.training.model_copy(update={"dtype": "float32"})}
    )
    weights, shown, _ = trained(made)
    run = shoal_run(made)
    np.testing.assert_allclose(weights, run.weights[0], rtol=tolerance, atol=tolerance)
    assert np.abs(weights - run.prepared.start[0]).max() > 1e-3
    if run.sound[0]:
        assert shown["loss"] == pytest.approx(run.final("train_loss")[0], rel=1e-4)


@pytest.mark.parametrize("rule", GRADIENT_RULES)
def test_rules(rule):
    settings = {"name": rule} | GRADIENT_RULES[rule]
    has_epsilon = rule in ("adam", "adamw", "amsgrad", "adagrad", "rmsprop")
    same(experiment(optimizer=settings | ({"epsilon": TINY} if has_epsilon else {})))


def test_nadam_with_the_decay_that_keras_has():
    same(of_rule("nadam"))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_losses(loss, reduction):
    rate = {"name": "sgd", "learning_rate": 0.3 if reduction == "mean" else 0.03}
    same(of_loss(loss, reduction=reduction, optimizer=rate))


@pytest.mark.parametrize(
    "activation",
    ["tanh", "sigmoid", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "softmax",
     "exponential", "identity"],
)  # fmt: skip
def test_activations(activation):
    same(of_activation(activation), tolerance=1e-4)


@pytest.mark.parametrize("restraint", [name for name in RESTRAINTS if name != "both clips"])
def test_restraints(restraint):
    same(experiment(**RESTRAINTS[restraint]))


@pytest.mark.parametrize("schedule", [name for name in SCHEDULES if name != "reduced and decayed"])
def test_schedules(schedule):
    same(of_rule("sgd", schedule=SCHEDULES[schedule], epochs=6))


def test_rprop_with_a_schedule():
    same(of_rule("rprop", schedule=SCHEDULES["exponential"], epochs=6))


@pytest.mark.parametrize("stop", [name for name in STOPS if "before" not in name])
def test_stops(stop):
    settings = {"epochs": 12} | STOPS[stop]
    if stop == "reports of steps":
        settings["report_every"] = "epoch"
    same(experiment(**settings))


def test_all_rows_at_once_by_fit():
    made = experiment(batch_size="full", epochs=6)
    same(made)
    assert "Epochs" not in module(made, shuffled=False)
