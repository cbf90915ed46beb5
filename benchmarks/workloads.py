"""The two pieces of work that everybody is given: their rows, network and training.

Needs NumPy only, so that a peer's environment can import it without shoal. Axes as
everywhere: N rows, D features, C outputs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROWS_SEED = 0
"""Seed of the rows of ``greater``; they are made once and handed to every peer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of one work, float32: inputs (N, D), labels 0 or 1 (N, C) with C = 1."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One experiment: binary cross-entropy, Adam, glorot_uniform weights, zero biases.

    `sizes` runs from the D features over the hidden units to the one sigmoid output; hidden
    layers are tanh.
    """

    name: str
    sizes: tuple[int, ...]
    n_train: int
    batch_size: int
    epochs: int
    learning_rate: float = 0.03
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7

    @property
    def is_shuffled(self) -> bool:
        """A batch of all rows needs no order."""
        return self.batch_size < self.n_train

    @property
    def n_steps(self) -> int:
        """Updates of a whole run; the last incomplete batch of an epoch is a batch."""
        return -(-self.n_train // self.batch_size) * self.epochs


GREATER = Work(name="greater", sizes=(2, 3, 3, 3, 1), n_train=8_000, batch_size=30, epochs=100)
XOR = Work(name="xor", sizes=(2, 4, 1), n_train=4, batch_size=4, epochs=1_000)
WORKS = {work.name: work for work in (GREATER, XOR)}


def greater_rows(n_rows: int = 10_000) -> Rows:
    """Return two uniform [0, 1) features and the label x0 > x1, the first 8,000 to train.

    Example:
        >>> greater_rows().x_train.shape, greater_rows().y_validation.shape
        ((8000, 2), (2000, 1))
    """
    x = np.random.default_rng(ROWS_SEED).random((n_rows, 2), dtype=np.float32)
    y = (x[:, :1] > x[:, 1:]).astype(np.float32)
    cut = GREATER.n_train
    return Rows(x_train=x[:cut], y_train=y[:cut], x_validation=x[cut:], y_validation=y[cut:])


def xor_rows() -> Rows:
    """Return the four rows of exclusive or; they are the validation rows too."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    y = np.array([[0], [1], [1], [0]], np.float32)
    return Rows(x_train=x, y_train=y, x_validation=x, y_validation=y)


def save_rows(folder: Path, names: Iterable[str]) -> None:
    """Write the rows of the works `names` to `folder`, one ``.npz`` each."""
    makers = {"greater": greater_rows, "xor": xor_rows}
    for name in names:
        rows = makers[name]()
        arrays = {field: getattr(rows, field) for field in Rows.__slots__}
        np.savez(folder / f"{name}.npz", **arrays)


def load_rows(folder: Path, name: str) -> Rows:
    """Read back what `save_rows` wrote."""
    with np.load(folder / f"{name}.npz") as arrays:
        return Rows(**{field: arrays[field] for field in Rows.__slots__})
