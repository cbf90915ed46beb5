"""What the hidden units of a population do on the training rows: dead, stuck, or all alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from shoal.experiments.prepare import Prepared
from shoal.network import Parameters
from shoal.network.reference import forward_pass

MOST_ROWS: Final = 512
"""Rows that units are looked at on."""
MOST_NETWORKS: Final = 64
FLAT: Final = 0.05
"""A slope below this share of the steepest is flat."""
STUCK: Final = 0.95
"""The share of rows on which a unit is flat, if it is stuck."""
STEEPEST: Final = {"tanh": 1.0, "sigmoid": 0.25}
"""The activations that saturate, with their steepest slope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerUnits:
    """A hidden layer of some networks.

    Attributes:
        layer: counted from 1.
        activation: its name.
        dead: units that are 0 on every row, (P, H) bool; all False unless it is relu.
        stuck: units that are flat on nearly every row, (P, H) bool; all False unless the
            activation saturates.
    """

    layer: int
    activation: str
    dead: np.ndarray
    stuck: np.ndarray


def hidden_units(
    prepared: Prepared, weights: np.ndarray, members: np.ndarray
) -> tuple[LayerUnits, ...]:
    """Return what the hidden units of some networks do on their training rows.

    Shapes:
        weights (P, K), members (M,) -> each (M, H)
    """
    members = members[:MOST_NETWORKS]
    found: list[list[LayerUnits]] = []
    for part, own in _by_part(prepared, members):
        x = _some(prepared.parts[part].train.x)
        parameters = Parameters.from_flat(prepared.network.layout(), weights[own])
        with np.errstate(all="ignore"):
            stages = forward_pass(prepared.network, parameters, x)
        hidden = enumerate(prepared.network.layers[:-1])
        found.append([_units(k, layer.activation, stages.outputs[k]) for k, layer in hidden])
    return tuple(
        LayerUnits(
            layer=same[0].layer,
            activation=same[0].activation,
            dead=np.concatenate([each.dead for each in same]),
            stuck=np.concatenate([each.stuck for each in same]),
        )
        for same in zip(*found, strict=True)
    )


def alike_layers(prepared: Prepared) -> list[int]:
    """Return the hidden layers (from 1) whose units all begin alike, in every network.

    Units with the same weights in and the same weights out get the same gradient for ever.
    """
    parameters = Parameters.from_flat(prepared.network.layout(), prepared.start)
    found = []
    for k, layer in enumerate(prepared.network.layers[:-1]):
        if layer.units < 2:
            continue
        into, out = parameters.weights[k], parameters.weights[k + 1]
        bias = parameters.biases[k]
        same = (into == into[..., :1]).all() and (out == out[..., :1, :]).all()
        if same and (bias is None or (bias == bias[..., :1]).all()):
            found.append(k + 1)
    return found


def _by_part(prepared: Prepared, members: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each part of the data with its networks, in the order of the parts."""
    of = prepared.part_of[members]
    for part in np.unique(of).tolist():
        yield part, members[of == part]


def _some(x: np.ndarray) -> np.ndarray:
    """Return rows spread over all of them, no more than `MOST_ROWS`."""
    return x[:: max(1, -(-len(x) // MOST_ROWS))]


def _units(index: int, activation: str, outputs: np.ndarray) -> LayerUnits:
    """Return what the units of a layer do, from its outputs (M, N, H)."""
    nothing = np.zeros((len(outputs), outputs.shape[-1]), bool)
    dead = (outputs == 0).all(axis=1) if activation == "relu" else nothing
    stuck = nothing
    if activation in STEEPEST:
        slope = 1 - outputs**2 if activation == "tanh" else outputs * (1 - outputs)
        stuck = (slope < FLAT * STEEPEST[activation]).mean(axis=1) >= STUCK
    return LayerUnits(layer=index + 1, activation=activation, dead=dead, stuck=stuck)
