"""The compiled core. Arrays are checked by `shoal.kernels`; see cpp/module.cpp."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Float64Array = np.ndarray[Any, np.dtype[np.float64]]

def isa() -> str: ...
def runnable() -> list[str]: ...
def philox_block(
    counter: tuple[int, int, int, int], key: tuple[int, int]
) -> tuple[int, int, int, int]: ...
def derive_key(seed: int, name: str, member: int = 0) -> int: ...
def member_keys(seed: int, name: str, n: int) -> np.ndarray[Any, np.dtype[np.uint64]]: ...
def philox_uniforms(keys: Array, n: int, step: int, part: int) -> Float64Array: ...
def philox_normals(keys: Array, n: int, step: int, part: int) -> Float64Array: ...
def philox_words(
    key: int, n: int, step: int, part: int
) -> np.ndarray[Any, np.dtype[np.uint32]]: ...
def philox_uniform(key: int, n: int, step: int, part: int) -> Float64Array: ...
def philox_normal(key: int, n: int, step: int, part: int) -> Float64Array: ...
def philox_permutation(
    key: int, n: int, step: int, part: int
) -> np.ndarray[Any, np.dtype[np.int64]]: ...
def elementary(name: str, x: Float64Array) -> Float64Array: ...
def elementary32(
    name: str, x: np.ndarray[Any, np.dtype[np.float32]]
) -> np.ndarray[Any, np.dtype[np.float32]]: ...
def column_moments(x: Float64Array) -> tuple[Float64Array, Float64Array]: ...

class Plan:
    @property
    def n_parameters(self) -> int: ...
    @property
    def n_in(self) -> int: ...
    @property
    def n_out(self) -> int: ...

def make_plan(
    layers: Sequence[tuple[int, int, int, bool, int, int, float]],
    *,
    loss: int,
    rule: int,
    n_slots: int,
    accuracy: int,
    mean_reduction: bool,
    shuffled: bool,
    keep_best: int,
    batch: int,
    report_every: int,
    total_steps: int,
) -> Plan: ...

class Group:
    def __init__(
        self,
        plan: Plan,
        *,
        weights: Array,
        slots: Array,
        powers: Array,
        step: Array,
        status: Array,
        best: Array,
        best_value: Array,
        best_report: Array,
        hyper: Array,
        order: Array,
        train_set: Array,
        validation_set: Array,
        figures: Array,
        train: Sequence[tuple[Array, Array]],
        validation: Sequence[tuple[Array, Array]],
    ) -> None: ...

def train(
    groups: Sequence[Group],
    units: np.ndarray[Any, np.dtype[np.int64]],
    threads: int,
    progress: Callable[[int], object] | None,
) -> bool: ...
def forward(plan: Plan, weights: Array, x: Array, threads: int) -> Array: ...
def gradient(plan: Plan, weights: Array, x: Array, y: Array, out: Array) -> tuple[float, float]: ...
