"""The JAX program against the core: with JAX where it is, else on a stand-in of a few functions."""

import importlib.util
from contextlib import nullcontext

import numpy as np
import pytest

from shoal.experiments.programs.handed import handed

from .carrying import epochs_of, flat, module_of, rows_of, shoal_run, start_of
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
from .jax_shim import stand_in

HAS_JAX = importlib.util.find_spec("jax") is not None
TOLERANCE = 1e-9 if HAS_JAX else 2e-7


def same(made):
    with nullcontext() if HAS_JAX else stand_in():
        module, given = module_of(made, "jax"), handed(made)
        arguments = [start_of(given), epochs_of(given, made.training.epochs)]
        if "x_validation" in given:
            arguments.append(rows_of(given, "validation"))
        parameters, history = module["train"](*arguments)
    run = shoal_run(made)
    found, wanted = flat(parameters), run.weights[0]
    np.testing.assert_allclose(found, wanted, rtol=TOLERANCE, atol=TOLERANCE)
    assert np.abs(found - run.prepared.start[0]).max() > 1e-4
    assert set(history[-1]) == {name for name, v in run.history.items() if np.isfinite(v).any()}


@pytest.mark.parametrize("rule", GRADIENT_RULES)
def test_rules(rule):
    same(of_rule(rule, epochs=2))


@pytest.mark.parametrize("rule", ["sgd", "nadam"])
def test_rules_on_all_rows(rule):
    same(of_rule(rule, batch_size="full"))


@pytest.mark.parametrize("loss", LOSSES)
def test_losses(loss):
    same(of_loss(loss, epochs=2))


@pytest.mark.parametrize("activation", ACTIVATIONS_WITH_SLOPE)
def test_activations(activation):
    same(of_activation(activation, epochs=2))


@pytest.mark.parametrize("restraint", RESTRAINTS)
def test_restraints(restraint):
    same(experiment(**{"epochs": 2} | RESTRAINTS[restraint]))


@pytest.mark.parametrize("case", FROZEN)
@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_frozen_weights(case, rule):
    same(of_rule(rule, epochs=2, **FROZEN[case]))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules(schedule):
    same(of_rule("rprop", schedule=SCHEDULES[schedule], epochs=6))


@pytest.mark.parametrize("stop", STOPS)
def test_stops(stop):
    same(experiment(**{"epochs": 8} | STOPS[stop]))


def test_batches_that_do_not_come_out_even():
    same(experiment(batch_size=11, epochs=2))


def test_the_perceptron():
    same(
        experiment(
            data={"task": "majority", "bits": 3}, layers=[{"units": 1, "activation": "step"}],
            optimizer={"name": "perceptron", "learning_rate": 0.5}, loss="squared_error",
            batch_size=1,
        )
    )  # fmt: skip


def test_dropout_and_noise_run():
    made = experiment(regularization={"dropout": 0.3, "input_noise": 0.1}, epochs=2)
    with nullcontext() if HAS_JAX else stand_in():
        module, given = module_of(made, "jax"), handed(made)
        key = module["jax"].random.key(0)
        _, history = module["train"](
            start_of(given), epochs_of(given, 2), rows_of(given, "validation"), key
        )
    assert np.isfinite(history[-1]["validation_loss"])
