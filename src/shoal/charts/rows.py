"""Rows of the data as points: a sample where there are many, moved a little where they coincide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shoal.charts.choice import plain
from shoal.charts.columns import Columns
from shoal.charts.surface import Surface
from shoal.data.dataset import Schema
from shoal.experiments.prepare import Part
from shoal.experiments.run import Run

SEED: Final = 7
"""Of what is drawn at random for the eye alone: the same picture every time."""
STREAM: Final = 160
"""Rows of a stream that are drawn."""
JITTER: Final = 0.045
"""How far points are moved where values repeat, as a share of their range."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """Rows of the data as they are drawn.

    Attributes:
        x: base features in the units of the experiment's rows, (N, B).
        y: targets, (N, C).
        parts: which part each row is in, (N,).
        numbers: of the rows in the data, (N,).
        n_rows: how many there are in all; 0 for a stream, which has no end.
        schema: names of features and classes.
    """

    x: np.ndarray
    y: np.ndarray
    parts: list[str]
    numbers: np.ndarray
    n_rows: int
    schema: Schema

    @property
    def told(self) -> str:
        """How many rows are shown, in words."""
        if self.n_rows == 0:
            return f"{len(self.x):,} rows of the stream"
        if len(self.x) == self.n_rows:
            return f"{self.n_rows:,} rows"
        return f"{len(self.x):,} of {self.n_rows:,} rows"


def shown_rows(run: Run, most: int) -> Shown:
    """Return at most `most` rows of the first network's data; of a stream its first ones."""
    part = run.prepared.parts[0]
    dataset = part.dataset
    n_base = len(dataset.schema.base_features)
    if run.prepared.fresh is not None:
        n = min(most, STREAM, len(part.train.x))
        x = np.asarray(part.train.x[:n], np.float64)
        center, scale = np.array(part.scaler.center), np.array(part.scaler.scale)
        y = np.asarray(part.train.y[:n], np.float64)
        y = y[:, 1:] if y.shape[1] == 2 and dataset.y.shape[1] == 1 else y
        return Shown(
            x=(x * scale + center)[:, :n_base], y=y, parts=["training"] * n,
            numbers=np.arange(n), n_rows=0, schema=dataset.schema,
        )  # fmt: skip
    rows = sample(dataset.n_rows, most)
    return Shown(
        x=np.asarray(dataset.x[rows, :n_base], np.float64), y=dataset.y[rows],
        parts=part_of_rows(part)[rows].tolist(), numbers=rows, n_rows=dataset.n_rows,
        schema=dataset.schema,
    )  # fmt: skip


def data_points(run: Run, found: Surface, most: int) -> Columns:
    """Return rows of the data in the plane of a surface: x, y and class.

    Shapes:
        columns of at most `most` points
    """
    rows = shown_rows(run, most)
    x, y = (jittered(rows.x[:, k], seed=k) for k in found.features)
    return {"x": x, "y": y, "class": class_names(rows.schema, rows.y)}


def sample(n: int, most: int) -> np.ndarray:
    """Return the numbers of at most `most` of n rows, drawn without repetition, ascending."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(SEED).choice(n, most, replace=False))


def jittered(values: np.ndarray, share: float = JITTER, *, seed: int = 0) -> np.ndarray:
    """Return values moved a little at random if many of them coincide, else as they are."""
    if len(np.unique(values)) > max(4, len(values) // 4):
        return values
    extent = float(np.ptp(values)) or 1.0
    generator = np.random.default_rng((SEED, seed))
    return values + generator.uniform(-share, share, len(values)) * extent


def class_names(schema: Schema, y: np.ndarray) -> list[str]:
    """Return the class of rows by name; for labels those that are 1, for numbers nothing."""
    if schema.kind == "regression":
        return [""] * len(y)
    if schema.kind == "multilabel":
        names = [plain(name) for name in schema.targets]
        return [" + ".join(n for n, v in zip(names, row, strict=True) if v) or "none" for row in y]
    names = [plain(name) for name in schema.classes]
    codes = (y[:, 0] > 0.5).astype(int) if y.shape[1] == 1 else y.argmax(axis=1)
    return [names[code] for code in codes.tolist()]


def part_of_rows(part: Part) -> np.ndarray:
    """Return for every row which part it is in: "training", "validation", "test" or "unused"."""
    found = np.full(part.dataset.n_rows, "unused", dtype="<U10")
    for name, rows in (
        ("training", part.split.train),
        ("validation", part.split.validation),
        ("test", part.split.test),
    ):
        found[rows] = name
    return found
