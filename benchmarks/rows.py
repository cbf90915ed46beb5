"""The rows of the works, made once for a run and handed to every peer; nothing is downloaded.

Needs NumPy only. Axes: N rows, D features, C outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workloads import Data, Work

ROWS_SEED = 0
"""Seed of all rows."""
TERMS = 24
"""Terms of the exponential series; matrices have norms of about 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of one work, float32: inputs (N, D), targets (N, C).

    Targets are 0 or 1 for a sigmoid, one-hot for a softmax, numbers for identity.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray

    @property
    def train_labels(self) -> np.ndarray:
        """Class numbers of the training rows, int64 (N,)."""
        return labels(self.y_train)

    @property
    def validation_labels(self) -> np.ndarray:
        """Class numbers of the validation rows, int64 (N,)."""
        return labels(self.y_validation)


def labels(y: np.ndarray) -> np.ndarray:
    """Return the class numbers of targets (N, C), int64 (N,)."""
    return y[:, 0].astype(np.int64) if y.shape[1] == 1 else y.argmax(1)


def make_rows(work: Work) -> Rows:
    """Return the rows of a work; exclusive or is validated on its own four rows.

    Example:
        >>> from benchmarks.workloads import DENSE, GREATER
        >>> make_rows(GREATER).x_train.shape, make_rows(DENSE).y_validation.shape
        ((8000, 2), (2000, 4))
    """
    if work.data == "xor":
        x, y = _xor()
        return Rows(x_train=x, y_train=y, x_validation=x, y_validation=y)
    rng = np.random.default_rng(ROWS_SEED)
    x, y = _MAKERS[work.data](rng, work, work.n_train + work.n_validation)
    cut = work.n_train
    return Rows(x_train=x[:cut], y_train=y[:cut], x_validation=x[cut:], y_validation=y[cut:])


def judge(work: Work, outputs: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Return the loss, and the accuracy for classes, of what networks answered.

    Shapes:
        outputs (..., N, C) of the last layer, activation included; y (N, C)

    Units:
        Means over rows and networks; squared error is a mean over outputs too.
    """
    p = np.asarray(outputs, np.float64)
    if work.output == "identity":
        return {"loss": float(((p - y) ** 2).mean())}
    p = np.clip(p, 1e-12, 1 - 1e-12)
    if work.output == "sigmoid":
        loss = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
        return {"loss": float(loss), "accuracy": float(((p > 0.5) == (y > 0.5)).mean())}
    right = p.argmax(-1) == y.argmax(-1)
    return {"loss": float(-(y * np.log(p)).sum(-1).mean()), "accuracy": float(right.mean())}


def constant_loss(work: Work, rows: Rows) -> float:
    """Return the validation loss of the best constant answer: who trained is below it."""
    y = rows.y_validation
    answer = np.broadcast_to(rows.y_train.mean(0, dtype=np.float64), y.shape)
    return float(judge(work, answer, y)["loss"])


def save_rows(folder: Path, works: Iterable[Work]) -> dict[str, float]:
    """Write the rows of `works` to `folder`, one ``.npz`` each; return their constant losses."""
    found = {}
    for work in works:
        rows = make_rows(work)
        np.savez(folder / f"{work.name}.npz", **{name: getattr(rows, name) for name in _FIELDS})
        found[work.name] = constant_loss(work, rows)
    return found


def load_rows(folder: Path, name: str) -> Rows:
    """Read back what `save_rows` wrote."""
    with np.load(folder / f"{name}.npz") as arrays:
        return Rows(**{field: arrays[field] for field in _FIELDS})


def _xor() -> tuple[np.ndarray, np.ndarray]:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return x, (x[:, :1] != x[:, 1:]).astype(np.float32)


def _greater(rng: np.random.Generator, _: Work, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two uniform [0, 1) features and the label x0 > x1."""
    x = rng.random((n_rows, 2), dtype=np.float32)
    return x, (x[:, :1] > x[:, 1:]).astype(np.float32)


def _teacher(rng: np.random.Generator, work: Work, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return normal features, classed by the largest of C random directions."""
    return _classed(rng, rng.standard_normal((n_rows, work.sizes[0]), np.float32), work)


def _pixels(rng: np.random.Generator, work: Work, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return uniform [0, 1) features, classed by the largest of C random directions."""
    return _classed(rng, rng.random((n_rows, work.sizes[0]), np.float32), work)


def _classed(rng: np.random.Generator, x: np.ndarray, work: Work) -> tuple[np.ndarray, np.ndarray]:
    n_outputs = work.sizes[-1]
    scores = (x - x.mean(0)) @ rng.standard_normal((x.shape[1], n_outputs), np.float32)
    return x, np.eye(n_outputs, dtype=np.float32)[scores.argmax(1)]


def _matrices(rng: np.random.Generator, _: Work, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return 2 x 2 matrices of uniform [-1, 1) numbers and their exponentials, flat.

    Source:
        The task of SimpleChains.jl's benchmark, which this work's sizes are from.
    """
    x = rng.uniform(-1, 1, (n_rows, 2, 2))
    term = np.broadcast_to(np.eye(2), x.shape)
    total = term.copy()
    for k in range(1, TERMS):
        term = term @ x / k
        total += term
    return x.reshape(n_rows, 4).astype(np.float32), total.reshape(n_rows, 4).astype(np.float32)


_FIELDS = tuple(Rows.__slots__)
_MAKERS: dict[Data, Callable[[np.random.Generator, Work, int], tuple[np.ndarray, np.ndarray]]] = {
    "greater": _greater,
    "teacher": _teacher,
    "pixels": _pixels,
    "matrices": _matrices,
}
