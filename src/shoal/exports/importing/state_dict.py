"""A PyTorch state dict in a safetensors file: weights of dense layers, which name no activation.

safetensors sorts tensors by name, so the order of the layers is found again from their numbers
and from the shapes that must chain.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
from safetensors import SafetensorError, deserialize

from shoal.data.wording import listing, show
from shoal.errors import ArgumentError, did_you_mean
from shoal.exports.importing.chain import Linear, Refusal, Step, bends, fold
from shoal.exports.importing.naming import WHERE, Found, Wishes
from shoal.models.document import DocumentError, one_line, read_document
from shoal.network import ACTIVATIONS, MAX_LAYERS, FloatArray

MAX_HEADER: Final = 2**20
MAX_TRIES: Final = 10_000
"""Layers that are tried while their order is looked for."""
_FLOATS: Final[Mapping[str, str]] = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_ALIASES: Final[Mapping[str, str]] = {
    "linear": "identity", "none": "identity", "logistic": "sigmoid", "swish": "silu",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Dense:
    """Weights (D, H) and bias (H,) of one layer under its name in the file."""

    name: str
    weights: FloatArray
    bias: FloatArray | None

    @property
    def shape(self) -> tuple[int, int]:
        return int(self.weights.shape[0]), int(self.weights.shape[1])


def read_state_dict(file: BinaryIO, wishes: Wishes) -> Found:
    """Return the layers of a state dict.

    Raises:
        Refusal: the file is damaged, or holds other things than dense layers.
        ArgumentError: activations are missing, unknown, or another number of them.
    """
    layers = _in_order(_layers(_tensors(file)), wishes.layers)
    chosen = _activations(wishes.activations, layers)
    steps: list[Step] = []
    for layer, (activation, settings) in zip(layers, chosen, strict=True):
        name = f"the layer {show(layer.name)}"
        steps.append(Linear(name=name, weights=layer.weights, bias=layer.bias))
        steps += bends(name, activation, layer.shape[1], **settings)
    order = " - ".join(layer.name for layer in layers)
    return Found(
        plain=fold(steps, layers[0].shape[0]), origin="pytorch", notes=(f"layers: {order}",)
    )


def _tensors(file: BinaryIO) -> dict[str, FloatArray]:
    content = file.read()
    size = int.from_bytes(content[:8], "little")
    if len(content) < 8 or size > min(MAX_HEADER, len(content) - 8):
        raise Refusal("is cut off, or not a safetensors file.", code="M102")
    try:
        header = read_document(content[8 : 8 + size])
        metadata = header.get("__metadata__")
        if isinstance(metadata, dict) and "shoal" in metadata:
            raise Refusal("is a shoal model already.", "Use it as it is: shoal predict, evaluate.")
        entries = deserialize(content)  # type: ignore[no-untyped-call]
    except DocumentError as error:
        raise Refusal(
            f"is not a safetensors file, or damaged: its header {error}.", code="M102"
        ) from None
    except SafetensorError as error:
        told = one_line(str(error).strip().rstrip("."))
        raise Refusal(f"is damaged, says safetensors: {told}.", code="M102") from None
    return {name: _array(name, entry["dtype"], entry) for name, entry in entries}


def _array(name: str, dtype: str, entry: Mapping[str, object]) -> FloatArray:
    if dtype not in _FLOATS:
        raise Refusal(f"has the tensor {show(name)} of {dtype}, not of floating-point numbers.")
    data = entry["data"]
    shape = entry["shape"]
    assert isinstance(data, bytes | bytearray)
    assert isinstance(shape, list)
    array = np.frombuffer(data, _FLOATS[dtype]).reshape(shape)
    if dtype == "BF16":  # the upper half of a float32
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float64 if dtype == "F64" else np.float32)


def _layers(tensors: Mapping[str, FloatArray]) -> list[_Dense]:
    weights = {name: each for name, each in tensors.items() if name.endswith("weight")}
    for name, array in tensors.items():
        stem, _, part = name.rpartition(".")
        sibling = tensors.get(f"{stem}.weight" if stem else "weight")
        is_bias = part == "bias" and sibling is not None and sibling.ndim == 2
        if part not in ("weight", "bias") or (part == "bias" and not is_bias):
            raise Refusal(
                f"has the tensor {show(name)}, which is no weight or bias of a dense layer.",
                "Import the module itself, shoal.import_model(sequential), which folds "
                "BatchNorm1d.",
            )
        if part == "weight" and array.ndim != 2:
            told = " x ".join(map(str, array.shape)) or "a single number"
            raise Refusal(f"has the weights {show(name)} of {told}, which is no dense layer.")
    if not 1 <= len(weights) <= MAX_LAYERS:
        raise Refusal(f"has {len(weights)} dense layers; 1 to {MAX_LAYERS} can be imported.")
    return [_dense(name, tensors) for name in weights]


def _dense(name: str, tensors: Mapping[str, FloatArray]) -> _Dense:
    stem = name.rpartition(".")[0]
    bias = tensors.get(f"{stem}.bias" if stem else "bias")
    n_units = tensors[name].shape[0]
    if bias is not None and bias.shape != (n_units,):
        told = f"must have shape ({n_units},); got {bias.shape}"
        raise Refusal(f"is damaged: the bias of {show(stem)} {told}.", code="M102")
    if 0 in tensors[name].shape:
        raise Refusal(f"has the weights {show(name)} without a single number.")
    return _Dense(name=stem or "weight", weights=tensors[name].T, bias=bias)


def _in_order(layers: Sequence[_Dense], names: Sequence[str] | None) -> list[_Dense]:
    """Return the layers in their order: as told, or the only one in which they fit."""
    layers = sorted(layers, key=lambda layer: _place(layer.name))
    by_name = {layer.name: layer for layer in layers}
    if names is not None:
        _check_names(names, by_name)
        return _checked([by_name[name] for name in names])
    found = []
    for order in _chains(layers):
        found.append(order)
        if len(found) > 1:
            told = f"has layers whose order their names do not tell: {listing(list(by_name))}."
            raise Refusal(
                told, 'Give it: --layers first,second (layers=["first", "second"]).', code="M107"
            )
    if not found:
        shapes = ", ".join(f"{show(each.name)} {each.shape[0]} to {each.shape[1]}"
                           for each in layers[:8])  # fmt: skip
        raise Refusal(f"has layers that do not fit one behind the other: {shapes}.")
    return found[0]


def _check_names(names: Sequence[str], by_name: Mapping[str, _Dense]) -> None:
    for name in names:
        if name not in by_name:
            cure = did_you_mean(name, by_name)
            wanted = f"must be {listing(list(by_name))}, in order"
            raise ArgumentError(WHERE, "layers", wanted, got=show(name), cure=cure, code="A103")
    if sorted(names) != sorted(by_name):
        wanted = f"must name each of {listing(list(by_name))} once"
        raise ArgumentError(WHERE, "layers", wanted, got=listing(list(names)), code="A104")


def _checked(order: list[_Dense]) -> list[_Dense]:
    for before, layer in itertools.pairwise(order):
        if before.shape[1] != layer.shape[0]:
            told = f"{show(layer.name)} takes {layer.shape[0]:,} inputs"
            gives = f"{show(before.name)} gives {before.shape[1]:,}"
            raise ArgumentError(WHERE, "layers", "must fit", got=f"{gives} and {told}", code="A108")
    return order


def _place(name: str) -> tuple[str, tuple[int, ...]]:
    """Return the words of a name, and its numbers: ``fc10`` is ``fc`` and 10."""
    numbers = tuple(int(digits) for digits in re.findall(r"\d{1,9}", name))
    return re.sub(r"\d+", "#", name), numbers


def _chains(layers: Sequence[_Dense]) -> Iterator[list[_Dense]]:
    """Yield the orders in which shapes fit and numbers of the same words go upwards."""
    tries = 0

    def go_on(order: list[_Dense], rest: list[_Dense]) -> Iterator[list[_Dense]]:
        nonlocal tries
        if not rest:
            yield order
        begun: set[str] = set()
        for place, layer in enumerate(rest):
            words = _place(layer.name)[0]
            if words in begun:  # a smaller number of the same words waits
                continue
            begun.add(words)
            tries += 1
            if tries > MAX_TRIES:
                return
            if not order or order[-1].shape[1] == layer.shape[0]:
                yield from go_on([*order, layer], [*rest[:place], *rest[place + 1 :]])

    yield from go_on([], list(layers))


def _activations(
    given: Sequence[str] | None, layers: Sequence[_Dense]
) -> list[tuple[str, dict[str, float]]]:
    """Return activation and settings of each layer, from names such as leaky_relu:0.2."""
    shapes = ", ".join(f"{each.shape[0]} to {each.shape[1]}" for each in layers)
    if given is None:
        cure = f"Give {len(layers)}: --activations relu,softmax (activations=[...])."
        raise Refusal(f"names no activations for its layers ({shapes}).", cure, code="M107")
    if len(given) != len(layers):
        wanted = f"must be one for each layer ({shapes})"
        raise ArgumentError(WHERE, "activations", wanted, got=len(given), code="A104")
    return [_activation(text) for text in given]


def _activation(text: str) -> tuple[str, dict[str, float]]:
    name, colon, number = text.partition(":")
    name = _ALIASES.get(name, name)
    if name not in (*ACTIVATIONS, "selu"):
        wanted = f"must be of {', '.join(ACTIVATIONS)}"
        cure = did_you_mean(name, ACTIVATIONS)
        raise ArgumentError(WHERE, "activations", wanted, got=show(text), cure=cure, code="A103")
    if not colon:
        return name, {}
    settings = tuple(ACTIVATIONS[name].settings) if name in ACTIVATIONS else ()
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if not settings or not 0 <= value < float("inf"):
        wanted = "must be a name, or one with a number as leaky_relu:0.2 and elu:1.5"
        raise ArgumentError(WHERE, "activations", wanted, got=show(text), code="A101")
    return name, {settings[0]: value}
