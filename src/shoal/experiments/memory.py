"""What a rule in Python remembers of each network: copied, counted, written into checkpoints.

It is whatever the user's function returned as its state. In a checkpoint there can be None, bool,
int, float, str, NumPy numbers and arrays, and lists, tuples and dictionaries of these.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from shoal.experiments.prepare import Prepared
from shoal.training import PythonRule

Memory = list[Any]
"""One object for each network, None before its first step; empty if the rule is not in Python."""

MAX_DEPTH: Final = 64
"""The deepest nesting that a checkpoint takes."""
KINDS_OF_ARRAYS: Final = "biuf"
PREFIX: Final = "memory."
"""How the names of its arrays begin in a checkpoint."""


class NotPlainError(TypeError):
    """Something that a checkpoint cannot hold; the text says what."""


def rule_of(prepared: Prepared) -> PythonRule | None:
    """Return the experiment's rule if it is one in Python."""
    optimizer = prepared.experiment.training.optimizer
    return optimizer if isinstance(optimizer, PythonRule) else None


def first_memory(prepared: Prepared) -> Memory:
    """Return the memory before the first step."""
    return [] if rule_of(prepared) is None else [None] * len(prepared.part_of)


def remembered(memory: Sequence[Any]) -> Memory:
    """Return a copy that shares nothing."""
    return copy.deepcopy(list(memory))


def size_of(memory: object) -> int:
    """Return about how many bytes a memory takes; what is in it twice counts once.

    Example:
        >>> size_of([None, np.zeros(1000)]) // 1000
        8
    """
    seen: set[int] = set()
    left, total = [memory], 0
    while left:
        each = left.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        total += each.nbytes if isinstance(each, np.ndarray) else sys.getsizeof(each)
        if isinstance(each, Mapping):
            left += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple | set | frozenset):
            left += each
        else:
            left += vars(each).values() if hasattr(each, "__dict__") else ()
    return total


def to_plain(memory: Memory) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return a memory as a document and the arrays that it names.

    Every list, tuple, dictionary and array is a node with a number, so that what was one object
    is one object again, and the document is never deep.

    Raises:
        NotPlainError: it holds something else.
    """
    writer = _Writer()
    roots = [writer.value(each, 0) for each in memory]
    return {"networks": roots, "nodes": writer.nodes}, writer.arrays


def from_plain(document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Memory:
    """Return the memory that `to_plain` wrote.

    Raises:
        KeyError, TypeError, ValueError, IndexError, RecursionError: it did not.
    """
    reader = _Reader(document["nodes"], arrays)
    return [reader.value(each) for each in document["networks"]]


class _Writer:
    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.arrays: dict[str, np.ndarray] = {}
        self._number: dict[int, int] = {}
        self._alive: list[object] = []

    def value(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is str:
            return _text(value)
        if kind is int:
            return {"int": hex(value)}
        if kind is float:
            return {"float": value.hex()}
        if depth > MAX_DEPTH:
            raise NotPlainError(f"a nesting of more than {MAX_DEPTH} levels")
        if id(value) not in self._number:
            self._number[id(value)] = len(self.nodes)
            self._alive.append(value)
            self.nodes.append({})
            self.nodes[self._number[id(value)]] = self._node(value, depth + 1)
        return {"at": self._number[id(value)]}

    def _node(self, value: Any, depth: int) -> dict[str, Any]:
        kind = type(value)
        if kind in (list, tuple):
            return {kind.__name__: [self.value(each, depth) for each in value]}
        if kind is dict:
            pairs = [[self.value(k, depth), self.value(v, depth)] for k, v in value.items()]
            return {"dict": pairs}
        if kind is np.ndarray or isinstance(value, np.generic):
            return self._array(value)
        raise NotPlainError(f"a {kind.__module__}.{kind.__qualname__}".replace("builtins.", ""))

    def _array(self, value: Any) -> dict[str, Any]:
        dtype = np.asarray(value).dtype
        if dtype.kind not in KINDS_OF_ARRAYS or not dtype.isnative or dtype.itemsize > 8:
            raise NotPlainError(f"an array of {dtype}")
        name = f"{PREFIX}{len(self.arrays)}"
        # the order of the axes in memory decides the order of sums, and so their last bits
        axes = np.argsort([-abs(n) for n in np.asarray(value).strides], kind="stable").tolist()
        self.arrays[name] = np.array(np.asarray(value).transpose(axes), order="C")
        if isinstance(value, np.generic):
            return {"number": name}
        return {"array": name, "axes": axes}


class _Reader:
    def __init__(self, nodes: Sequence[Any], arrays: Mapping[str, np.ndarray]) -> None:
        self._nodes = nodes
        self._arrays = arrays
        self._made: dict[int, Any] = {}

    def value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if "int" in value:
            return int(value["int"], 16)
        if "float" in value:
            return float.fromhex(value["float"])
        number = value["at"]
        if number not in self._made:
            self._make(number, self._nodes[number])
        return self._made[number]

    def _make(self, number: int, node: Mapping[str, Any]) -> None:
        if "list" in node:
            self._made[number] = made = []
            made += [self.value(each) for each in node["list"]]
        elif "dict" in node:
            table: dict[Any, Any] = {}
            self._made[number] = table
            table.update((self.value(k), self.value(v)) for k, v in node["dict"])
        elif "tuple" in node:
            self._made[number] = tuple(self.value(each) for each in node["tuple"])
        elif "number" in node:
            self._made[number] = self._arrays[node["number"]][()]
        else:
            places = np.argsort(node["axes"]).tolist()
            self._made[number] = self._arrays[node["array"]].transpose(places)


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotPlainError("text with half a character") from None
    return value
