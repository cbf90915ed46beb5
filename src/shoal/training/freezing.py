"""Parameters that stay what they are while the others are trained: paths to where they lie.

A path names a layer, its weights or its bias, the weights from one input, or a single number:
``layers.0``, ``layers.0.weights``, ``layers.0.bias``, ``layers.0.weights.1`` (from input 1),
``layers.0.bias.2`` (of unit 2) and ``layers.0.weights.1.2`` (from input 1 to unit 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import numpy as np
from pydantic import AfterValidator, BeforeValidator

from shoal.errors import did_you_mean
from shoal.fields import reason
from shoal.network import Layout

Range = tuple[int, int]
"""The first of some parameters in the flat row, and the first after them."""
DEPTH: Final = {"weights": 2, "bias": 1}
"""How many numbers may follow a part of a layer."""


def _check_path(path: str) -> str:
    """Return a path that is written as paths are, whatever network it is meant for."""
    parts = path.split(".")
    if _is_path(parts):
        return path
    wish = "layers.0, layers.0.bias, layers.0.bias.2 or layers.1.weights.0.2 (input 0, unit 2)"
    cure = did_you_mean(path, _written_alike(parts))
    raise reason("wrong_kind", f"must be a path such as {wish}; got {path!r}. {cure}".rstrip())


def _listed(paths: object) -> object:
    return (paths,) if isinstance(paths, str) else paths


FrozenPaths = Annotated[
    tuple[Annotated[str, AfterValidator(_check_path)], ...],
    BeforeValidator(_listed, json_schema_input_type=tuple[str, ...]),
]
"""The type of a document field that holds such paths."""


def frozen_ranges(paths: Sequence[str], layout: Layout) -> tuple[Range, ...]:
    """Return where frozen parameters lie, in order and joined where they touch.

    Example:
        >>> layout = Layout.of(2, [(3, True), (1, True)])  # 6 weights, 3 biases, 3 weights, 1 bias
        >>> frozen_ranges(["layers.0.bias", "layers.1.weights.0", "layers.0.weights.1.2"], layout)
        ((5, 10),)
        >>> frozen_ranges(["layers.1", "layers.0.weights.0.1"], layout)
        ((1, 2), (9, 13))
    """
    frozen = np.zeros(layout.n_parameters + 2, np.int8)
    for path in paths:
        first, last = _range_of(path, layout)
        frozen[first + 1 : last + 1] = 1
    edges = np.flatnonzero(np.diff(frozen)).tolist()
    return tuple(zip(edges[::2], edges[1::2], strict=True))


def frozen_problems(paths: Sequence[str], layout: Layout) -> Iterator[tuple[int | None, str]]:
    """Yield what does not fit the network: the number of the path (None: all), and a sentence."""
    found = [
        (number, misfit) for number, path in enumerate(paths) if (misfit := _misfit(path, layout))
    ]
    yield from found
    if paths and not found and frozen_ranges(paths, layout) == ((0, layout.n_parameters),):
        yield None, "leaves nothing to train: every weight and bias is frozen. Leave some free."


def frozen_mask(ranges: Sequence[Range], n_parameters: int) -> np.ndarray | None:
    """Return which of K parameters are frozen, (K,) bool, or None where none are.

    Example:
        >>> frozen_mask([(1, 3)], 4)
        array([False,  True,  True, False])
    """
    if not ranges:
        return None
    mask = np.zeros(n_parameters, np.bool_)
    for first, last in ranges:
        mask[first:last] = True
    return mask


def _is_path(parts: Sequence[str]) -> bool:
    if len(parts) < 2 or parts[0] != "layers" or not _is_number(parts[1]):
        return False
    if len(parts) == 2:
        return True
    return len(parts[3:]) <= DEPTH.get(parts[2], -1) and all(map(_is_number, parts[3:]))


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) < 10


def _written_alike(parts: Sequence[str]) -> list[str]:
    """Return the paths that may have been meant: with the words that there are."""
    numbers = [part for part in parts if _is_number(part)]
    layer = f"layers.{numbers[0]}" if numbers else "layers.0"
    rest = numbers[1:]
    words = [f"{layer}.{'.'.join([word, *rest[:depth]])}" for word, depth in DEPTH.items()]
    return [layer, *words]


def _range_of(path: str, layout: Layout) -> Range:
    """Return where the parameters of a path that fits lie."""
    parts = path.split(".")
    at, numbers = layout.layers[int(parts[1])], [int(part) for part in parts[3:]]
    if len(parts) == 2:
        return at.start, at.stop
    if parts[2] == "bias":
        first = at.bias_start
        return (first + numbers[0], first + numbers[0] + 1) if numbers else (first, at.stop)
    if not numbers:
        return at.start, at.bias_start
    first = at.start + numbers[0] * at.n_outputs
    if len(numbers) == 1:
        return first, first + at.n_outputs
    return first + numbers[1], first + numbers[1] + 1


def _misfit(path: str, layout: Layout) -> str:
    """Return why a path fits no parameters of a network, "" if it does."""
    parts = path.split(".")
    number, n_layers = int(parts[1]), len(layout.layers)
    if number >= n_layers:
        there = f"layers.0 to layers.{n_layers - 1}" if n_layers > 1 else "layers.0"
        return f"{path}: there is no layer {number}; the network has {there}."
    at = layout.layers[number]
    if parts[2:3] == ["bias"] and not at.has_bias:
        return f"{path}: layer {number} has no bias."
    sizes = (
        [("unit", at.n_outputs)]
        if parts[2:3] == ["bias"]
        else [("input", at.n_inputs), ("unit", at.n_outputs)]
    )
    for (what, size), given in zip(sizes, parts[3:], strict=False):
        if int(given) >= size:
            there = f"{what}s 0 to {size - 1}" if size > 1 else f"{what} 0"
            return f"{path}: there is no {what} {given}; layer {number} has {there}."
    return ""


__all__ = ["FrozenPaths", "Range", "frozen_mask", "frozen_problems", "frozen_ranges"]
