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
    loss: int
    rule: int
    n_slots: int
    accuracy: int
    mean_reduction: int
    shuffled: int
    keep_best: int
    batch: int
    report_every: int
    total_steps: int
    max_evaluations: int
    loss_parameter: float
    threshold: float
    clip_norm: float
    clip_value: float
    weight_decay: float
    input_noise: float
    label_smoothing: float
    def __init__(self) -> None: ...
    @property
    def n_parameters(self) -> int: ...
    @property
    def n_in(self) -> int: ...
    @property
    def n_out(self) -> int: ...
    def add_layer(
        self,
        n_in: int,
        n_out: int,
        *,
        activation: int,
        has_bias: bool,
        weights: int,
        bias: int,
        parameter: float,
    ) -> None: ...
    def restrain_layer(
        self, layer: int, *, l1: float, l2: float, dropout: float, max_norm: float
    ) -> None: ...
    def freeze(self, first: int, last: int) -> None: ...
    def add_stage(self, kind: int, *, steps: float, value: float) -> None: ...
    def add_watch(
        self,
        kind: int,
        figure: int,
        *,
        up: bool,
        keep_before: bool,
        patience: int,
        level: float,
        gain: float,
        factor: float,
        least: float,
    ) -> None: ...
    def keep_figures(self, figures: Sequence[int]) -> None: ...
    def rate_factor(self, step: int) -> float: ...

class Rows:
    def __init__(
        self,
        x: Array,
        y: Array,
        *,
        weights: Array | None,
        emphasis: Array | None,
        units: Array | None,
    ) -> None: ...

class Group:
    def __init__(
        self,
        plan: Plan,
        state: dict[str, Array],
        *,
        train: Sequence[Rows],
        validation: Sequence[Rows],
    ) -> None: ...
    def batch_loss(
        self, network: int, step: int, weights: Array, gradient: Array | None
    ) -> float: ...
    def report(self, network: int, step: int, weights: Array) -> bool: ...

def train(
    groups: Sequence[Group],
    units: np.ndarray[Any, np.dtype[np.int64]],
    threads: int,
    progress: Callable[[int], object] | None,
) -> bool: ...
def forward(plan: Plan, weights: Array, x: Array, threads: int) -> Array: ...
def figures(plan: Plan, weights: Array, rows: Rows, threads: int) -> Float64Array: ...
