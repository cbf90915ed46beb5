"""Finite differences: the loss with one weight moved up and down, in float64, seen for itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from shoal.network.arrays import BoolArray, FloatArray
from shoal.network.reference import ForwardPass, forward_pass
from shoal.network.worked.losses import loss_at
from shoal.network.worked.problem import Problem, Target
from shoal.network.worked.records import Check

H: Final = 2.0**-17
"""How far a weight is moved, near the cube root of float64's precision: there the errors of the
difference, h^2 times a third derivative and rounding over h, are about equal."""
AT_ONCE: Final = 256
"""Weights that are moved in one pass."""

Place = tuple[int, int | None, int]
"""A parameter: the layer from 0, the input (None: the bias) and the unit."""


class Differences:
    """The loss of the row as a function of single weights, in float64.

    A weight that is moved changes one weighted sum; that sum is added up anew and everything
    behind it computed again.
    """

    def __init__(self, problem: Problem, target: Target, y: FloatArray) -> None:
        self.problem, self.target, self.y = problem, target, y
        exact = problem.parameters.astype("float64")
        self.stages: ForwardPass = forward_pass(problem.network, exact, problem.x[None])

    def checks(self, places: Sequence[Place]) -> list[Check]:
        """Return the central difference along each of some parameters."""
        found: dict[Place, Check] = {}
        for layer in sorted({place[0] for place in places}):
            own = [place for place in places if place[0] == layer]
            for start in range(0, len(own), AT_ONCE):
                some = own[start : start + AT_ONCE]
                found |= zip(some, self._of_layer(layer, some), strict=True)
        return [found[place] for place in places]

    def _of_layer(self, layer: int, places: Sequence[Place]) -> list[Check]:
        seen = self.stages.inputs_of(layer)[0]
        sums = np.repeat(self.stages.weighted_sums[layer], 2 * len(places), axis=0)
        steps = []
        for k, (_, index, unit) in enumerate(places):
            h = H if index is None else H / _power_of_two(abs(float(seen[index])))
            steps.append(h)
            sums[2 * k, unit] = self._sum(layer, index, unit, h)
            sums[2 * k + 1, unit] = self._sum(layer, index, unit, -h)
        losses, crossed = self._losses(layer, sums)
        both = zip(losses[::2].tolist(), losses[1::2].tolist(), strict=True)
        return [
            Check(above=up, below=down, h=h, value=(up - down) / (2 * h), at_kink=at_kink)
            for h, (up, down), at_kink in zip(steps, both, crossed.tolist(), strict=True)
        ]

    def _sum(self, layer: int, index: int | None, unit: int, h: float) -> float:
        """Return a weighted sum, added up anew with one weight or the bias moved."""
        column = self.problem.weights(layer)[:, unit].copy()
        biases = self.problem.bias(layer)
        bias = 0.0 if biases is None else float(biases[unit])
        if index is None:
            bias += h
        else:
            column[index] += h
        return float(self.stages.inputs_of(layer)[0] @ column + bias)

    def _losses(self, layer: int, z: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Return the losses that sums of a layer lead to, and which pairs cross a kink.

        Shapes:
            z (2M, H), up and down in turn -> (2M,), (M,)
        """
        network, exact = self.problem.network, self.problem.parameters.astype("float64")
        dense = network.layers[layer]
        a = dense.function.function(z, **dense.settings)
        crossed = _crosses(z, dense.function.kinks)
        for number in range(layer + 1, len(network.layers)):
            dense, bias = network.layers[number], exact.biases[number]
            z = a @ exact.weights[number] + (0.0 if bias is None else bias)
            a = dense.function.function(z, **dense.settings)
            crossed |= _crosses(z, dense.function.kinks)
        return loss_at(self.problem, self.target, self.y, z, a), crossed


def _crosses(z: FloatArray, kinks: Sequence[float]) -> BoolArray:
    """Return for each pair of rows whether a kink lies between them, or on one of them alone.

    Shapes:
        z (2M, H) -> (M,)
    """
    found = np.zeros(len(z) // 2, dtype=bool)
    for kink in kinks:
        sides = np.sign(z - kink)
        found |= (sides[::2] != sides[1::2]).any(axis=1)
    return found


def _power_of_two(size: float) -> float:
    """Return the power of two that is at least `size`, at least 1: dividing by it is exact.

    Example:
        >>> _power_of_two(0.5), _power_of_two(4.0), _power_of_two(1000.0)
        (1.0, 4.0, 1024.0)
    """
    return float(2.0 ** max(0, math.ceil(math.log2(size)))) if size > 1 else 1.0
