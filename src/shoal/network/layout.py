"""Where every parameter of a network lies, and the arrays that lie there.

The compiled core, files and optimizers see one flat row of K numbers; people see weights
and biases layer by layer. `Layout` says how one becomes the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shoal.errors import ArgumentError
from shoal.network.arrays import DType, FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerLayout:
    """The place of one layer in the flat parameters.

    First the weights (D, H) in C order, so that the weight from input i to output o is number
    ``start + i * H + o``; then, if the layer has one, the bias (H,).
    """

    n_inputs: int
    n_outputs: int
    start: int
    has_bias: bool

    @property
    def bias_start(self) -> int:
        """The first number after the weights."""
        return self.start + self.n_inputs * self.n_outputs

    @property
    def stop(self) -> int:
        """The first number after the layer."""
        return self.bias_start + (self.n_outputs if self.has_bias else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The places of all layers in the flat parameters of one network.

    Example:
        >>> layout = Layout.of(2, [(3, True), (1, True)])
        >>> [(layer.start, layer.bias_start) for layer in layout.layers], layout.n_parameters
        ([(0, 6), (9, 12)], 13)
    """

    layers: tuple[LayerLayout, ...]

    @classmethod
    def of(cls, n_inputs: int, layers: Sequence[tuple[int, bool]]) -> Layout:
        """Return the layout of layers given as (units, has_bias) over `n_inputs` inputs."""
        places: list[LayerLayout] = []
        start = 0
        for units, has_bias in layers:
            place = LayerLayout(n_inputs=n_inputs, n_outputs=units, start=start, has_bias=has_bias)
            places.append(place)
            n_inputs, start = units, place.stop
        return cls(layers=tuple(places))

    @property
    def n_parameters(self) -> int:
        """K, how many numbers one network has."""
        return self.layers[-1].stop

    @property
    def n_inputs(self) -> int:
        """D of the first layer."""
        return self.layers[0].n_inputs

    @property
    def n_outputs(self) -> int:
        """C, the outputs of the last layer."""
        return self.layers[-1].n_outputs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parameters:
    """The weights and biases of a network, or of P networks with a leading axis everywhere.

    Shapes:
        weights: for each layer (..., D, H), biases: for each layer (..., H) or None,
        flat (..., K)
    """

    weights: tuple[FloatArray, ...]
    biases: tuple[FloatArray | None, ...]
    _flat: FloatArray | None = field(default=None, init=False, repr=False)

    @classmethod
    def from_flat(cls, layout: Layout, flat: FloatArray) -> Parameters:
        """Return views into `flat`, layer by layer; nothing is copied.

        Shapes:
            flat (..., K)

        Raises:
            ArgumentError: the last axis is not K long.
        """
        if flat.ndim < 1 or flat.shape[-1] != layout.n_parameters:
            wanted = f"must have shape (..., K) with K={layout.n_parameters} from `layout`"
            raise ArgumentError("Parameters.from_flat", "flat", wanted, got=flat.shape, code="A104")
        lead = flat.shape[:-1]
        made = cls(
            weights=tuple(
                flat[..., at.start : at.bias_start].reshape(*lead, at.n_inputs, at.n_outputs)
                for at in layout.layers
            ),
            biases=tuple(
                flat[..., at.bias_start : at.stop] if at.has_bias else None for at in layout.layers
            ),
        )
        object.__setattr__(made, "_flat", flat)
        return made

    @classmethod
    def stack(cls, members: Sequence[Parameters]) -> Parameters:
        """Return the population of `members`, one network each: P first in every array."""
        layout = members[0].layout
        return cls.from_flat(layout, np.stack([member.flat for member in members]))

    @property
    def layout(self) -> Layout:
        """The layout, read off the shapes."""
        pairs = zip(self.weights, self.biases, strict=True)
        layers = [(int(w.shape[-1]), b is not None) for w, b in pairs]
        return Layout.of(int(self.weights[0].shape[-2]), layers)

    @property
    def flat(self) -> FloatArray:
        """All parameters in one row (..., K): the array they are views of, or a new one."""
        if self._flat is not None:
            return self._flat
        lead = self.weights[0].shape[:-2]
        parts: list[FloatArray] = []
        for w, b in zip(self.weights, self.biases, strict=True):
            parts.append(w.reshape(*lead, -1))
            if b is not None:
                parts.append(b)
        return np.concatenate(parts, axis=-1)

    @property
    def digest(self) -> str:
        """SHA-256 of the flat parameters, little-endian, network after network."""
        flat = self.flat
        little = np.ascontiguousarray(flat.astype(flat.dtype.newbyteorder("<"), copy=False))
        return hashlib.sha256(little.tobytes()).hexdigest()

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """The precision, of the first layer's weights."""
        return self.weights[0].dtype

    @property
    def n_networks(self) -> int | None:
        """P, or None for a single network without that axis."""
        return None if self.weights[0].ndim == 2 else int(self.weights[0].shape[0])

    def member(self, i: int) -> Parameters:
        """Return network `i` of a population, as views."""
        return Parameters(
            weights=tuple(w[i] for w in self.weights),
            biases=tuple(None if b is None else b[i] for b in self.biases),
        )

    def astype(self, dtype: DType) -> Parameters:
        """Return the same parameters in another precision."""
        return Parameters.from_flat(self.layout, self.flat.astype(dtype))


def check_parameters(where: str, layout: Layout, parameters: Parameters) -> None:
    """Check every array against the layout of the network it is meant for.

    Args:
        where: the public function, for the message.
        layout: what the network needs.
        parameters: what was given, for one network or a population.

    Raises:
        ArgumentError: another number of layers, a wrong shape (the layer is named, counted
            from 1), a missing or superfluous bias, or different precisions.
    """
    counts = len(parameters.weights), len(parameters.biases)
    if counts != (len(layout.layers),) * 2:
        wanted = f"must have weights and biases of {len(layout.layers)} layers"
        raise ArgumentError(
            where,
            "parameters",
            wanted,
            got=f"{counts[0]} weights and {counts[1]} biases",
            code="A104",
        )
    lead = parameters.weights[0].shape[:-2]
    for i, at in enumerate(layout.layers):
        w, b = parameters.weights[i], parameters.biases[i]
        _check_array(where, f"weights[{i}]", w, (*lead, at.n_inputs, at.n_outputs), i)
        if b is not None and at.has_bias:
            _check_array(where, f"biases[{i}]", b, (*lead, at.n_outputs), i)
        elif b is not None or at.has_bias:
            wanted = "an array" if at.has_bias else "None"
            got = "None" if b is None else f"shape {b.shape}"
            raise ArgumentError(
                where, f"biases[{i}]", f"must be {wanted} in layer {i + 1}", got=got, code="A104"
            )
        if w.dtype != parameters.dtype or (b is not None and b.dtype != parameters.dtype):
            raise ArgumentError(
                where,
                "parameters",
                f"must have one precision, {parameters.dtype} as in layer 1",
                got=f"another in layer {i + 1}",
                code="A101",
            )


def _check_array(where: str, name: str, array: FloatArray, shape: tuple[int, ...], i: int) -> None:
    if array.shape != shape:
        wanted = f"must have shape {shape} in layer {i + 1}"
        raise ArgumentError(where, name, wanted, got=array.shape, code="A104")
