"""The PyTorch program against the core: all rules, losses, activations, schedules and stops."""

import importlib.util
import warnings

import numpy as np
import pytest

from shoal.experiments.programs.handed import handed

from .carrying import epochs_of, module_of, rows_of, shoal_run, start_of
from .cases import (
    ACTIVATIONS_WITH_SLOPE,
    FROZEN,
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

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="needs PyTorch: pip install 'shoal[peers]'"
)


def trained(made):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the import
        module = module_of(made, "pytorch")
    torch, given = module["torch"], handed(made)
    model = module["build"]()
    with torch.no_grad():
        for parameter, first in zip(model.parameters(), start_of(given), strict=True):
            parameter.copy_(torch.as_tensor(first.T))
    arguments = [model, epochs_of(given, made.training.epochs)]
    if "x_validation" in given:
        arguments.append(rows_of(given, "validation"))
    if made.preprocess.target_scaling != "none":
        arguments.append(given["unit"])
    history = module["train"](*arguments)
    return np.concatenate([p.detach().numpy().T.ravel() for p in model.parameters()]), history


def same(made, tolerance=1e-9):
    weights, history = trained(made)
    run = shoal_run(made)
    np.testing.assert_allclose(weights, run.weights[0], rtol=tolerance, atol=tolerance)
    assert np.abs(weights - run.prepared.start[0]).max() > 1e-4
    for name, values in run.history.items():
        values = values[0][np.isfinite(values[0])]
        if len(values):
            assert len(history) - len(values) in (0, 1)
            found = [figures[name] for figures in history][: len(values)]
            np.testing.assert_allclose(found, values, rtol=1e-6, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("rule", GRADIENT_RULES)
@pytest.mark.parametrize("batch", [10, "full"])
def test_rules(rule, batch):
    # PyTorch carries the product of momenta in single precision
    same(of_rule(rule, batch_size=batch), tolerance=1e-7 if rule == "nadam" else 1e-9)


@pytest.mark.parametrize("search", [True, False])
def test_lbfgs(search):
    rule = {"name": "lbfgs", "memory": 3, "line_search": search, "learning_rate": 0.5}
    same(experiment(optimizer=rule, batch_size="full", epochs=8), tolerance=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_losses(loss, reduction):
    same(of_loss(loss, reduction=reduction))


@pytest.mark.parametrize("activation", ACTIVATIONS_WITH_SLOPE)
def test_activations(activation):
    same(of_activation(activation), tolerance=1e-7)  # softplus is cut off at 20


@pytest.mark.parametrize("restraint", RESTRAINTS)
def test_restraints(restraint):
    # PyTorch adds 1e-6 to the norm before it clips it
    same(experiment(**RESTRAINTS[restraint]), tolerance=1e-5 if "clip" in restraint else 1e-9)


@pytest.mark.parametrize("case", FROZEN)
@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_frozen_weights(case, rule):
    same(of_rule(rule, epochs=2, **FROZEN[case]), tolerance=1e-5)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules(schedule):
    same(of_rule("momentum", schedule=SCHEDULES[schedule], epochs=6))


@pytest.mark.parametrize("stop", STOPS)
def test_stops(stop):
    same(experiment(**{"epochs": 12} | STOPS[stop]))


def test_the_perceptron():
    same(
        experiment(
            data={"task": "majority", "bits": 3}, layers=[{"units": 1, "activation": "step"}],
            optimizer={"name": "perceptron", "learning_rate": 0.5}, loss="squared_error",
            batch_size=1,
        )
    )  # fmt: skip


def test_dropout_and_noise_are_for_training_alone():
    made = experiment(regularization={"dropout": 0.4, "input_noise": 0.1}, epochs=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = module_of(made, "pytorch")
    torch = module["torch"]
    torch.manual_seed(0)
    model, x = module["build"](), torch.ones(4, 2, dtype=torch.float64)
    one, other = module["measure"](model, x, x[:, :1]), module["measure"](model, x, x[:, :1])
    assert one["loss"] == other["loss"]
    assert model.training
    assert not torch.equal(model(x), model(x))
    assert [type(layer).__name__ for layer in model] == [
        "Noise", "Linear", "Tanh", "Dropout", "Linear",
    ]  # fmt: skip
