"""The NumPy program against the core: all rules, losses, activations, schedules and stops."""

import numpy as np
import pytest

from shoal.experiments.prepare import prepare
from shoal.experiments.programs.handed import handed
from shoal.streams import Stream

from .carrying import epochs_of, flat, module_of, rows_of, shoal_run, start_of
from .cases import (
    ACTIVATIONS_WITH_SLOPE,
    FROZEN,
    GRADIENT_RULES,
    LOSSES,
    ORACLES,
    RESTRAINTS,
    SCHEDULES,
    STOPS,
    experiment,
    of_activation,
    of_loss,
    of_rule,
)


class Drawn:
    """Numbers of a stream in place of a generator's: one part after the other, step by step."""

    def __init__(self, key, n, draws):
        self.stream, self.n, self.draws = Stream(key), n, draws
        self.step, self.part, self.at = 1, 0, 0

    def integers(self, low, high, shape):
        return self._some(
            lambda *at: ((self.stream.words(self.n, *at).astype(np.int64) * 3) >> 32) - 1, shape
        )

    def standard_normal(self, shape):
        return self._some(lambda *at: self.stream.normal(self.n, *at), shape)

    def random(self):
        return float(self.stream.uniform(1, self.step - 1 or 1, 1)[0])

    def _some(self, draw, shape):
        size = int(np.prod(shape))
        found = draw(self.step, self.part)[self.at : self.at + size].reshape(shape)
        self.at += size
        if self.at == self.n:
            self.at, self.part = 0, self.part + 1
            if self.part == self.draws:
                self.step, self.part = self.step + 1, 0
        return found


def trained(made, rng=None, **how):
    """Return what the program makes of shoal's own rows, and what shoal does."""
    module, given = module_of(made, "numpy", **how), handed(made)
    arguments = [start_of(given), epochs_of(given, made.training.epochs)]
    if "x_validation" in given:
        arguments.append(rows_of(given, "validation"))
    if made.preprocess.target_scaling != "none":
        arguments.append(given["unit"])
    arguments += [] if rng is None else [rng]
    parameters, history = module["train"](*arguments)
    return flat(parameters), history, shoal_run(made)


def same(made, tolerance=1e-9, rng=None):
    weights, history, run = trained(made, rng)
    np.testing.assert_allclose(weights, run.weights[0], rtol=tolerance, atol=tolerance)
    assert np.abs(weights - run.prepared.start[0]).max() > 1e-4
    last = {name: values[0][np.isfinite(values[0])] for name, values in run.history.items()}
    for name, values in last.items():
        if len(values):
            # where evaluations end training between two reports, shoal makes no last one
            assert len(history) - len(values) in (0, 1)
            found = [figures[name] for figures in history][: len(values)]
            np.testing.assert_allclose(found, values, rtol=1e-6, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("rule", GRADIENT_RULES)
@pytest.mark.parametrize("batch", [10, "full"])
def test_rules(rule, batch):
    same(of_rule(rule, batch_size=batch))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_losses(loss, reduction):
    same(of_loss(loss, reduction=reduction))


@pytest.mark.parametrize("activation", ACTIVATIONS_WITH_SLOPE)
def test_activations(activation):
    same(of_activation(activation))


@pytest.mark.parametrize("activation", ["relu", "elu", "softplus", "silu", "gelu", "exponential"])
def test_activations_of_the_last_layer(activation):
    layers = [{"units": 3, "activation": "tanh"}, {"units": 1, "activation": activation}]
    same(experiment(layers=layers, loss="squared_error"))


@pytest.mark.parametrize("restraint", RESTRAINTS)
def test_restraints(restraint):
    same(experiment(**RESTRAINTS[restraint]))


@pytest.mark.parametrize("case", FROZEN)
@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_frozen_weights(case, rule):
    same(of_rule(rule, epochs=2, **FROZEN[case]))


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("rule", ["momentum", "rprop"])
def test_schedules(schedule, rule):
    same(of_rule(rule, schedule=SCHEDULES[schedule], epochs=6))


@pytest.mark.parametrize("stop", STOPS)
def test_stops(stop):
    same(experiment(**{"epochs": 12} | STOPS[stop]))


@pytest.mark.parametrize("rule", ORACLES)
@pytest.mark.parametrize("batch", [10, "full"])
def test_rules_that_ask_for_losses(rule, batch):
    made = of_rule(rule, ORACLES, batch_size=batch)
    if rule == "elitist" and batch == 10:
        made = of_rule(rule, ORACLES, batch_size=batch, epochs=2)
    prepared = prepare(made, members=range(1))
    draws = {"random_perturbation": 2, "evolution": 3}.get(made.training.optimizer.name, 1)
    rng = Drawn(int(prepared.search_keys[0]), prepared.start.shape[1], draws)
    same(made, rng=None if rule == "finite_difference" else rng, tolerance=1e-7)


def test_the_perceptron():
    same(
        experiment(
            data={"task": "majority", "bits": 3}, layers=[{"units": 1, "activation": "step"}],
            optimizer={"name": "perceptron", "learning_rate": 0.5}, loss="squared_error",
            batch_size=1,
        )
    )  # fmt: skip


class Masked:
    """The numbers of the core's dropout and noise, batch by batch: see cpp/draws.hpp."""

    def __init__(self, key, batch, n_inputs, parts):
        self.stream, self.line = Stream(key), min(256, -(-batch // 16) * 16)
        self.n_inputs, self.parts, self.step, self.place = n_inputs, parts, 0, 0

    def standard_normal(self, shape):
        self.step, self.place = self.step + 1, 0  # the first numbers of a step
        drawn = self.stream.normal(self.n_inputs * self.line, step=self.step, part=64)
        return drawn.reshape(self.n_inputs, self.line)[:, : shape[0]].T

    def random(self, shape):
        n, units = shape
        part = self.parts[self.place]
        self.place += 1
        words = self.stream.words(units * self.line, step=self.step, part=part)
        return words.reshape(units, self.line)[:, :n].T / 2**32


def test_dropout_and_noise():
    layers = [{"units": units, "activation": "tanh"} for units in (5, 4, 3)]
    made = experiment(
        layers=[*layers, {"units": 1, "activation": "sigmoid"}],
        regularization={"dropout": [0.4, 0.0, 0.25, 0.0], "input_noise": 0.2},
    )
    prepared = prepare(made, members=range(1))
    same(made, rng=Masked(int(prepared.dropout_keys[0]), 10, 2, (0, 2)))
