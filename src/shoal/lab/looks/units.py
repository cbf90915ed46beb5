"""What every unit of a network responds to over the plane."""

from __future__ import annotations

from typing import Final

import numpy as np

from shoal.lab.looks.scene import Arrays, Scene, sane
from shoal.lab.messages import UnitsWish
from shoal.network import Parameters, forward_pass

MOST_CELLS: Final = 2**21
"""Cells of all units together; of more units each has fewer."""
LEAST: Final = 8
"""Cells to a side, however many units there are."""


def units(scene: Scene, wish: UnitsWish) -> Arrays:
    """Return the output of every unit, layer by layer, each over its own range."""
    network, member = scene.prepared.network, scene.member(wish.network)
    n_units = sum(layer.units for layer in network.layers)
    n = int(min(scene.plane.side(wish.n), max(LEAST, (MOST_CELLS / n_units) ** 0.5)))
    part = scene.prepared.parts[int(scene.prepared.part_of[member])]
    flat = scene.weights[member]
    with np.errstate(all="ignore"):  # a network that diverged may hold anything
        x = part.scaler.apply(scene.plane.cells(n)).astype(flat.dtype)
        parameters = Parameters.from_flat(network.layout(), flat)
        passed = forward_pass(network, parameters, x)
    responses = np.concatenate([each.T for each in passed.outputs])  # (U, n * n)
    known = np.isfinite(responses).all(axis=1, keepdims=True)
    responses = np.where(known, responses, 0.0).astype(np.float64)
    low, high = responses.min(axis=1, keepdims=True), responses.max(axis=1, keepdims=True)
    shares = (responses - low) / np.where(high > low, high - low, 1.0)
    return {
        "units": np.rint(255 * shares).astype(np.uint8).reshape(n_units, n, n),
        "units_range": sane(np.concatenate([low, high], axis=1), 0.0),
    }
