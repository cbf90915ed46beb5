"""A network as plain data: layers, inputs, and how its weights begin.

The record is the document; what can be computed from it (layout, first parameters, outputs)
are its methods, each a pure function of the record and its arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from pydantic import (
    BeforeValidator,
    Field,
    TypeAdapter,
    WrapValidator,
    field_validator,
    model_validator,
)

from shoal.errors import ArgumentError
from shoal.fields import plain_number, positional, reason
from shoal.network.arrays import DType, FloatArray
from shoal.network.initializers import Initializer, Place, Scaled, Zeros, draw
from shoal.network.layers import MAX_UNITS, Dense, Input
from shoal.network.layout import Layout, Parameters, check_parameters
from shoal.network.reference import forward_pass
from shoal.records import Record

if TYPE_CHECKING:
    from shoal.streams import Stream, StreamsOfMany

MAX_LAYERS = 64
"""The most layers of a network."""
MAX_PARAMETERS = 10**8
"""The most parameters of a network: 400 MB in float32, before gradients and moments."""

_NamedInput = Annotated[
    Input,
    BeforeValidator(
        lambda value: {"name": value} if isinstance(value, str) else value,
        json_schema_input_type=str | Input,
    ),
]
_NAMED_INPUTS: TypeAdapter[tuple[Input, ...]] = TypeAdapter(tuple[_NamedInput, ...])


def _check_inputs(value: object, _union: object) -> int | tuple[Input, ...] | None:
    if value is None:
        return None
    if isinstance(value, list | tuple):
        inputs = _NAMED_INPUTS.validate_python(value)
        _check_named(inputs)
        return inputs
    plain = plain_number(value)
    if type(plain) is not int or not 1 <= plain <= MAX_UNITS:
        raise reason(
            "wrong_kind",
            f"must be a number of features from 1 to {MAX_UNITS}, or a list of named inputs; "
            f"got {value!r}",
        )
    return plain


def _check_named(inputs: tuple[Input, ...]) -> None:
    if not inputs:
        raise reason("not_given", "needs at least one named input; got an empty list")
    seen: set[str] = set()
    for each in inputs:
        if each.name in seen:
            raise reason("conflict", f"the input '{each.name}' is named twice")
        seen.add(each.name)
    total = sum(each.width for each in inputs)
    if total > MAX_UNITS:
        raise reason("too_large", f"at most {MAX_UNITS} features together; got {total}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRow:
    """A line of `Network.table`: a layer, counted from 1."""

    layer: int
    shape: tuple[int, int]
    n_parameters: int
    activation: str


class Network(Record):
    """A feed-forward network of dense layers; a single layer means no hidden layer.

    Args:
        layers: 1 to 64 layers, the last one gives the outputs.
        initializer: how the weights begin, in every layer that does not say otherwise.
        inputs: how many features come in; or the named inputs to join, in order; or None
            to take the number from the data.
        bias_initializer: how the biases begin.

    Raises:
        pydantic.ValidationError: a field is wrong, or there would be more than 10**8
            parameters.

    Example:
        >>> network = Network([Dense(3, "tanh"), Dense(1, "sigmoid")], inputs=2)
        >>> [row.n_parameters for row in network.table()]
        [9, 4]
    """

    layers: tuple[Dense, ...] = Field(max_length=MAX_LAYERS, json_schema_extra={"minItems": 1})
    initializer: Initializer = Scaled("glorot_uniform")
    inputs: Annotated[int | tuple[_NamedInput, ...] | None, WrapValidator(_check_inputs)] = None
    bias_initializer: Initializer = Zeros()

    @positional
    def __init__(
        self,
        layers: Sequence[Dense | Mapping[str, Any]],
        initializer: Initializer | str | Mapping[str, Any] = "glorot_uniform",
        inputs: int | Sequence[str | Input | Mapping[str, Any]] | None = None,
        bias_initializer: Initializer | str | Mapping[str, Any] = "zeros",
    ) -> None: ...

    # not by min_length, which pydantic also reports where a layer has an error of its own
    @field_validator("layers")
    @classmethod
    def _has_a_layer(cls, layers: tuple[Dense, ...]) -> tuple[Dense, ...]:
        if not layers:
            raise reason("not_given", "needs at least one layer; got an empty list")
        return layers

    @model_validator(mode="after")
    def _has_a_possible_size(self) -> Self:
        too_many = self._excess(self.n_inputs or 1)
        if too_many:
            raise reason("too_large", too_many)
        return self

    @property
    def n_inputs(self) -> int | None:
        """D, the features that come in; None if the data decides."""
        if isinstance(self.inputs, tuple):
            return sum(each.width for each in self.inputs)
        return self.inputs

    @property
    def n_outputs(self) -> int:
        """C, the units of the last layer."""
        return self.layers[-1].units

    def with_inputs(self, n_inputs: int) -> Network:
        """Return the network with its number of inputs settled.

        Raises:
            ArgumentError: it has another number of inputs already, or would grow too large.
        """
        if self._resolve("Network.with_inputs", n_inputs) == self.n_inputs:
            return self
        self._layout("Network.with_inputs", n_inputs)
        return self.model_copy(update={"inputs": int(n_inputs)})

    def layout(self, n_inputs: int | None = None) -> Layout:
        """Return where each parameter lies in the flat row of K.

        Raises:
            ArgumentError: the number of inputs is unknown or another one, or there would be
                more than 10**8 parameters.
        """
        return self._layout("Network.layout", n_inputs)

    def initialize(
        self, seed: int, n_inputs: int | None = None, dtype: DType = "float32"
    ) -> Parameters:
        """Return the first parameters, from the stream `init` of `seed`.

        Example:
            >>> network = Network([Dense(1)], initializer={"name": "constant", "value": 0.5})
            >>> network.initialize(seed=0, n_inputs=2).flat
            array([0.5, 0.5, 0. ], dtype=float32)
        """
        from shoal.streams import stream  # a network can be described without the core

        return self.initialize_from(stream(seed, "init"), n_inputs, dtype)

    def initialize_from(
        self,
        stream: Stream | StreamsOfMany,
        n_inputs: int | None = None,
        dtype: DType = "float32",
    ) -> Parameters:
        """Return the first parameters from any stream, or of P networks from theirs.

        Layer l takes the stream's numbers of step l (counted from 0): part 0 for the weights
        in C order, part 1 for the bias. They are computed in float64, then cast.
        """
        layout = self._layout("Network.initialize", n_inputs)
        flat = np.empty((*stream.shape, layout.n_parameters), dtype=np.float64)
        for i, (layer, at) in enumerate(zip(self.layers, layout.layers, strict=True)):
            place = Place(stream=stream, n_inputs=at.n_inputs, n_outputs=at.n_outputs, layer=i)
            flat[..., at.start : at.bias_start] = draw(layer.initializer or self.initializer, place)
            if at.has_bias:
                flat[..., at.bias_start : at.stop] = draw(
                    self.bias_initializer, replace(place, part=1)
                )
        return Parameters.from_flat(layout, flat.astype(dtype))

    def start_from(
        self,
        weights: Sequence[ArrayLike],
        biases: Sequence[ArrayLike | None] | None = None,
        dtype: DType = "float32",
        where: str = "Network.start_from",
    ) -> Parameters:
        """Return parameters from given weights, checked against the network.

        Args:
            weights: for each layer (D, H), or (P, D, H) for a population.
            biases: for each layer (H,) or (P, H), None where it has none; leave the argument
                out to begin with biases of 0.
            dtype: the precision to cast to.
            where: the public function, for messages.

        Raises:
            ArgumentError: a shape does not fit (the layer is named), or a number is not finite.
        """
        arrays = [_floats(where, f"weights[{i}]", w, dtype) for i, w in enumerate(weights)]
        n_inputs = arrays[0].shape[-2] if arrays and arrays[0].ndim >= 2 else None
        layout = self._layout(where, self.n_inputs or n_inputs)
        lead = arrays[0].shape[:-2] if arrays else ()
        given: list[FloatArray | None]
        if biases is None:
            places = layout.layers
            given = [
                np.zeros((*lead, at.n_outputs), dtype) if at.has_bias else None for at in places
            ]
        else:
            given = [
                None if b is None else _floats(where, f"biases[{i}]", b, dtype)
                for i, b in enumerate(biases)
            ]
        parameters = Parameters(weights=tuple(arrays), biases=tuple(given))
        check_parameters(where, layout, parameters)
        return parameters

    def forward(self, parameters: Parameters, x: ArrayLike | Mapping[str, ArrayLike]) -> FloatArray:
        """Return the outputs for the rows of `x`, in the precision of the parameters.

        Args:
            parameters: of one network, or of a population.
            x: the features, or a dictionary with one array for each named input.

        Shapes:
            x (N, D) -> (N, C), or (P, N, C) for a population; each named input (N, width),
            or (N,) where the width is 1

        Raises:
            ArgumentError: an array does not fit.
        """
        features = self.join(x) if isinstance(x, Mapping) else x
        return forward_pass(self, parameters, features).outputs[-1]

    def join(self, x: Mapping[str, ArrayLike]) -> FloatArray:
        """Return the named inputs as one array of features, in the network's order.

        Shapes:
            each (N, width), or (N,) where the width is 1 -> (N, D)

        Raises:
            ArgumentError: the network has no named inputs, a name is missing or unknown, or
                an array does not fit.
        """
        where = "Network.forward"
        if not isinstance(self.inputs, tuple):
            raise ArgumentError(
                where,
                "x",
                "must be an array, since the inputs have no names",
                got="a dictionary",
                code="A101",
            )
        names = [each.name for each in self.inputs]
        if sorted(x) != sorted(names):
            wanted = f"must have the inputs {', '.join(map(repr, names))}"
            raise ArgumentError(
                where, "x", wanted, got=", ".join(map(repr, x)) or "none", code="A108"
            )
        columns: list[FloatArray] = []
        for each in self.inputs:
            column = np.asarray(x[each.name], dtype=np.float64)
            column = column[:, None] if column.ndim == 1 else column
            n_rows = len(columns[0]) if columns else len(column)
            if column.shape != (n_rows, each.width):
                wanted = f"must have shape (N, {each.width}) with N={n_rows}"
                raise ArgumentError(
                    where, f"x['{each.name}']", wanted, got=column.shape, code="A104"
                )
            columns.append(column)
        return np.concatenate(columns, axis=1)

    def table(self, n_inputs: int | None = None) -> list[LayerRow]:
        """Return one row for each layer: its shape (D, H), parameters and activation."""
        layout = self._layout("Network.table", n_inputs)
        return [
            LayerRow(
                layer=i + 1,
                shape=(at.n_inputs, at.n_outputs),
                n_parameters=at.stop - at.start,
                activation=layer.activation,
            )
            for i, (layer, at) in enumerate(zip(self.layers, layout.layers, strict=True))
        ]

    def _resolve(self, where: str, n_inputs: int | None) -> int:
        known = self.n_inputs
        if n_inputs is None and known is None:
            cure = "Give it here or as `inputs` of the network."
            wanted = "must be given, since the network leaves it to the data"
            raise ArgumentError(where, "n_inputs", wanted, got=None, cure=cure, code="A108")
        if n_inputs is not None and known is not None and n_inputs != known:
            wanted = f"must be {known}, as the network says"
            raise ArgumentError(where, "n_inputs", wanted, got=n_inputs, code="A103")
        found = known if n_inputs is None else n_inputs
        assert found is not None
        if not 1 <= found <= MAX_UNITS:
            raise ArgumentError(
                where, "n_inputs", f"must be 1 to {MAX_UNITS}", got=found, code="A103"
            )
        return int(found)

    def _layout(self, where: str, n_inputs: int | None) -> Layout:
        found = self._resolve(where, n_inputs)
        too_many = self._excess(found)
        if too_many:
            wanted = f"must leave at most {MAX_PARAMETERS:,} parameters"
            raise ArgumentError(where, "n_inputs", wanted, got=found, cure=too_many, code="A102")
        return Layout.of(found, [(layer.units, layer.bias) for layer in self.layers])

    def _excess(self, n_inputs: int) -> str:
        """Return what to say if there are too many parameters, or an empty string."""
        n = Layout.of(n_inputs, [(each.units, each.bias) for each in self.layers]).n_parameters
        if n <= MAX_PARAMETERS:
            return ""
        return f"{n:,} parameters are more than {MAX_PARAMETERS:,}. Take fewer units."


def _floats(where: str, name: str, given: ArrayLike, dtype: DType) -> FloatArray:
    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        wanted = "must be a table of numbers with rows of one length"
        raise ArgumentError(where, name, wanted, got="something else", code="A101") from None
    if not np.isfinite(array).all():
        raise ArgumentError(where, name, "must be finite", got="infinity or NaN", code="A105")
    return array.astype(dtype)
