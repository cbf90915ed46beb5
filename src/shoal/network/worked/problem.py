"""What is worked: a network, one row, what is shown of it; and which units and terms weigh most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from shoal.network.arrays import FloatArray
from shoal.network.layout import LayerLayout, Parameters
from shoal.network.losses import Huber
from shoal.network.network import Network
from shoal.network.worked.precision import Precision
from shoal.network.worked.records import Folding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """What the row should give, and how the loss counts it.

    Attributes:
        y: as the loss takes it before smoothing, (C,).
        given: as the table has it, (C,); y if it was not scaled.
        centre, scale: of the target's scaler, (C,); None where it was not scaled.
        loss: a name, or a record with settings.
        label_smoothing: see `smoothed`.
        weight: how much the row counts in the gradient.
        rule: "perceptron" has its error in place of the derivative.
    """

    y: FloatArray
    loss: str | Huber
    given: FloatArray | None = None
    centre: FloatArray | None = None
    scale: FloatArray | None = None
    label_smoothing: float = 0.0
    weight: float = 1.0
    rule: str = "gradient"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """A row and a network, in numbers that can be written down.

    Attributes:
        network: with known inputs.
        parameters: of one network, in its precision.
        x: what the network sees, (D,), float64 numbers as they are shown.
        input_names, output_names: of features, and of classes or targets.
        folding: how much is shown.
        where: the public function, for messages.
    """

    network: Network
    parameters: Parameters
    x: FloatArray
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    folding: Folding
    where: str

    @property
    def precision(self) -> Precision:
        """Of the network."""
        return Precision(str(self.parameters.dtype))

    def weights(self, layer: int) -> FloatArray:
        """Return the weights (D, H) of a layer, counted from 0, in float64."""
        return np.asarray(self.parameters.weights[layer], np.float64)

    def bias(self, layer: int) -> FloatArray | None:
        """Return the biases (H,) in float64, None where there are none."""
        bias = self.parameters.biases[layer]
        return None if bias is None else np.asarray(bias, np.float64)

    def place(self, layer: int) -> LayerLayout:
        """Return where a layer lies in the flat row of parameters."""
        return self.network.layout().layers[layer]

    def parameter(self, layer: int, index: int | None, unit: int) -> int:
        """Return the place of a weight, or of a bias, in the flat row of parameters."""
        at = self.place(layer)
        return at.bias_start + unit if index is None else at.start + index * at.n_outputs + unit

    def source_name(self, layer: int, index: int) -> str:
        """Return what an input of a layer is called: a feature, or a unit of the layer before."""
        if layer == 0:
            return self.input_names[index]
        return f"unit {index + 1}"

    def unit_name(self, layer: int, unit: int) -> str:
        """Return what a unit is called: of the last layer by its class or target."""
        is_last = layer == len(self.network.layers) - 1
        if is_last and self.output_names:
            return self.output_names[unit]
        return f"unit {unit + 1}"


def largest(sizes: FloatArray, most: int | None, always: Iterable[int] = ()) -> list[int]:
    """Return the places of the largest numbers, in their order; all where few are left out.

    Args:
        sizes: of what there is to choose from, 0 or more.
        most: how many; None for all. One more than that is shown rather than folded.
        always: places that are taken in any case.

    Example:
        >>> largest(np.array([3.0, 1.0, 2.0, 5.0]), 2), largest(np.array([3.0, 1.0, 2.0]), 2)
        ([0, 3], [0, 1, 2])
    """
    n = len(sizes)
    if most is None or n <= most + 1:
        return list(range(n))
    first = list(dict.fromkeys(always))
    order = [int(i) for i in np.argsort(-sizes, kind="stable")]
    ranked = dict.fromkeys([*first, *order])
    return sorted(list(ranked)[: max(most, len(first))])
