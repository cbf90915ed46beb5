"""Slopes by the features against differences, for every activation and every kind of answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.models.importance.slopes import slopes
from shoal.network import ACTIVATIONS, Dense, Network, Parameters

# two hidden units of each side of a kink are drawn; x keeps away from the kinks themselves
SMOOTH = sorted(set(ACTIVATIONS) - {"step"})
STEP = 1e-6


def model_of(make, layers, kind, n_targets=1, classes=(), **changes: Any):
    """Two networks in float64 on two features, each with a scaler of its own."""
    network = Network(layers, inputs=2)
    members = [network.initialize(seed, dtype="float64") for seed in (3, 4)]
    rng = np.random.default_rng(5)
    flat = np.stack([m.flat for m in members]) + 0.3 * rng.normal(size=(2, members[0].flat.size))
    names = tuple(f"t{k}" for k in range(n_targets))
    schema = Schema(
        columns=(Feature(name="a"), Feature(name="b")), target=names[0], more_targets=names[1:],
        kind=kind, classes=classes,
        label_classes=(("no", "yes"),) * n_targets if kind == "multilabel" else (),
    )  # fmt: skip
    scalers = (
        Scaler(kind="standard", center=(1.0, -2.0), scale=(2.0, 0.5)),
        Scaler(kind="standard", center=(0.0, 1.0), scale=(3.0, 0.25)),
    )
    scale = Scaler(center=(2.0,) * network.n_outputs, scale=(5.0,) * network.n_outputs)
    plain = Scaler(center=(0.0,) * network.n_outputs, scale=(1.0,) * network.n_outputs)
    return make(
        network, Parameters.from_flat(network.layout(), flat), classes, schema=schema,
        scalers=scalers, target_scalers=(scale if kind == "regression" else plain,),
        multiply=0.5, add=0.1, **changes,
    )  # fmt: skip


def check(model, place) -> None:
    x = np.random.default_rng(6).normal(size=(40, 2)) * 2
    found = slopes(model, x, place)
    for d in range(2):
        shift = STEP * (np.arange(2) == d)
        up, down = (slopes(model, x + sign * shift, place).values for sign in (1, -1))
        difference = (up - down) / (2 * STEP)
        np.testing.assert_allclose(found.gradients[..., d], difference, rtol=1e-5, atol=1e-8)
    # the same figures as the model's own, which are in float64 here too
    said = np.concatenate(list(model.member_figures(x)), axis=1)[..., place]
    np.testing.assert_allclose(found.values, said, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("activation", SMOOTH)
def test_every_activation_in_the_middle(make, activation: str) -> None:
    layers = [Dense(5, activation), Dense(4, "tanh"), Dense(2)]
    model = model_of(make, layers, "regression", n_targets=2)
    check(model, 0)
    check(model, 1)


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize("threshold", [0.5, 0.0])
def test_every_last_layer_of_several_classes(make, activation: str, threshold: float) -> None:
    layers = [Dense(6, "tanh"), Dense(3, activation)]
    model = model_of(make, layers, "classification", classes=("x", "y", "z"), threshold=threshold)
    for place in range(3):
        check(model, place)


@pytest.mark.parametrize("activation", sorted(set(SMOOTH) - {"softmax"}))
@pytest.mark.parametrize("threshold", [0.5, 0.0])
def test_every_last_layer_of_two_classes(make, activation: str, threshold: float) -> None:
    layers = [Dense(6, "tanh"), Dense(1, activation)]
    model = model_of(make, layers, "classification", classes=("no", "yes"), threshold=threshold)
    check(model, 0)
    check(model, 1)


@pytest.mark.parametrize("activation", ["sigmoid", "identity"])
def test_several_labels(make, activation: str) -> None:
    layers = [Dense(6, "tanh"), Dense(2, activation)]
    model = model_of(make, layers, "multilabel", n_targets=2)
    check(model, 0)
    check(model, 1)


def test_steps_have_no_slope(make) -> None:
    model = model_of(make, [Dense(4, "step"), Dense(1)], "regression")
    found = slopes(model, np.random.default_rng(6).normal(size=(40, 2)), 0)
    assert not found.gradients.any()
    assert len(np.unique(found.values)) > 2  # though it says different things
