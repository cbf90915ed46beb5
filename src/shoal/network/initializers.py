"""Initializers: how the weights of a layer begin.

Each is a small record, in documents a name or a table, and an entry of `INITIALIZERS`. The
numbers are computed in float64 from a counted stream with + - * / and sqrt only, so they
are the same on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from shoal.fields import NUMBER, NamedRecord, RecordIn, positional, reason

if TYPE_CHECKING:
    from shoal.streams import Stream, StreamsOfMany

Number = Annotated[float, Field(strict=True), NUMBER]
ScaledName = Literal[
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"
]


class Zeros(NamedRecord):
    """Every number is 0."""

    name: Literal["zeros"] = "zeros"


class Constant(NamedRecord):
    """Every number is `value`.

    Args:
        value: the number.
    """

    name: Literal["constant"] = "constant"
    value: Number

    @positional
    def __init__(self, value: float, *, name: str = "constant") -> None: ...


class Uniform(NamedRecord):
    """Uniform in [low, high).

    Args:
        low: the smallest number.
        high: numbers stay below it.
    """

    name: Literal["uniform"] = "uniform"
    low: Number = 0.0
    high: Number = 1.0

    @positional
    def __init__(self, low: float = 0.0, high: float = 1.0, *, name: str = "uniform") -> None: ...

    @field_validator("high")
    @classmethod
    def _above_low(cls, high: float, info: ValidationInfo) -> float:
        low = info.data.get("low", -math.inf)
        if high <= low:
            raise reason("out_of_bounds", f"high must be greater than low={low}; got {high}")
        return high


class Normal(NamedRecord):
    """Normal with this mean and standard deviation.

    Args:
        mean: the middle.
        stddev: the standard deviation.
    """

    name: Literal["normal"] = "normal"
    mean: Number = 0.0
    stddev: Annotated[float, Field(strict=True, ge=0), NUMBER] = 1.0

    @positional
    def __init__(self, mean: float = 0.0, stddev: float = 1.0, *, name: str = "normal") -> None: ...


class Scaled(NamedRecord):
    """Spread by the size of the layer, so that signals keep their size from layer to layer.

    For a layer with D inputs and H outputs the standard deviation is

    - ``glorot_*``: sqrt(2 / (D + H)),
    - ``he_*``: sqrt(2 / D),
    - ``lecun_*``: sqrt(1 / D);

    ``*_uniform`` is uniform in [-limit, limit) with limit = sqrt(3) standard deviations,
    ``*_normal`` a plain normal distribution. Some frameworks cut theirs off at two standard
    deviations; here the tails stay.

    Source:
        Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
        networks" (2010), equation 16; He, Zhang, Ren, Sun, "Delving deep into rectifiers"
        (2015), equation 10; LeCun, Bottou, Orr, Müller, "Efficient BackProp" (1998),
        section 4.6.
    """

    name: ScaledName = "glorot_uniform"

    @positional
    def __init__(self, name: str = "glorot_uniform") -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a network that needs numbers: the weights (part 0) or bias (part 1) of a layer.

    Attributes:
        stream: where random numbers come from, for one network or for P of them; they are
            counted by `layer` and `part`.
        n_inputs: D of the layer.
        n_outputs: H of the layer.
        layer: the layer, counted from 0.
        part: 0 for the weights, 1 for the bias.
    """

    stream: Stream | StreamsOfMany
    n_inputs: int
    n_outputs: int
    layer: int
    part: int = 0

    @property
    def n(self) -> int:
        """How many numbers: D * H weights or H biases."""
        return self.n_outputs * (self.n_inputs if self.part == 0 else 1)

    def constant(self, value: float) -> NDArray[np.float64]:
        """Return `value`, float64 (n,)."""
        return np.full(self.n, value, dtype=np.float64)

    def uniform(self, low: float, high: float) -> NDArray[np.float64]:
        """Return uniform numbers, float64 (n,) or (P, n)."""
        return low + (high - low) * self.stream.uniform(self.n, step=self.layer, part=self.part)

    def normal(self, mean: float, stddev: float) -> NDArray[np.float64]:
        """Return normal numbers, float64 (n,) or (P, n)."""
        return mean + stddev * self.stream.normal(self.n, step=self.layer, part=self.part)


@dataclass(frozen=True, slots=True, kw_only=True)
class InitializerEntry:
    """An entry of `INITIALIZERS`: its record, and its numbers at a place, float64 (n,)."""

    record: type[NamedRecord]
    draw: Callable[[Any, Place], NDArray[np.float64]]


def _uniform(numerator: int, fan: Callable[[int, int], int]) -> InitializerEntry:
    """Return the entry that is uniform with the variance ``numerator / fan(D, H)``."""

    def draw(_: Scaled, at: Place) -> NDArray[np.float64]:
        limit = math.sqrt(3 * numerator / fan(at.n_inputs, at.n_outputs))
        return at.uniform(-limit, limit)

    return InitializerEntry(record=Scaled, draw=draw)


def _normal(numerator: int, fan: Callable[[int, int], int]) -> InitializerEntry:
    """Return the entry that is normal with the variance ``numerator / fan(D, H)``."""

    def draw(_: Scaled, at: Place) -> NDArray[np.float64]:
        return at.normal(0.0, math.sqrt(numerator / fan(at.n_inputs, at.n_outputs)))

    return InitializerEntry(record=Scaled, draw=draw)


def _inputs(n_inputs: int, n_outputs: int) -> int:
    return n_inputs


def _inputs_and_outputs(n_inputs: int, n_outputs: int) -> int:
    return n_inputs + n_outputs


INITIALIZERS: Mapping[str, InitializerEntry] = MappingProxyType(
    {
        "zeros": InitializerEntry(record=Zeros, draw=lambda i, at: at.constant(0.0)),
        "constant": InitializerEntry(record=Constant, draw=lambda i, at: at.constant(i.value)),
        "uniform": InitializerEntry(record=Uniform, draw=lambda i, at: at.uniform(i.low, i.high)),
        "normal": InitializerEntry(record=Normal, draw=lambda i, at: at.normal(i.mean, i.stddev)),
        "glorot_uniform": _uniform(2, _inputs_and_outputs),
        "glorot_normal": _normal(2, _inputs_and_outputs),
        "he_uniform": _uniform(2, _inputs),
        "he_normal": _normal(2, _inputs),
        "lecun_uniform": _uniform(1, _inputs),
        "lecun_normal": _normal(1, _inputs),
    }
)
"""Every initializer, by name."""

Initializer = Annotated[
    Zeros | Constant | Uniform | Normal | Scaled,
    Field(discriminator="name"),
    RecordIn("initializer", INITIALIZERS),
]
"""The type of a document field that holds an initializer: a name or a table."""


def draw(initializer: Initializer, at: Place) -> NDArray[np.float64]:
    """Return the numbers of `initializer` at a place, float64 (n,)."""
    return INITIALIZERS[initializer.name].draw(initializer, at)
