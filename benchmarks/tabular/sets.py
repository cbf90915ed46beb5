"""The tables: every one that scikit-learn ships, and larger ones made from fixed seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn import datasets

Rows = tuple[np.ndarray, np.ndarray]
"""Features (N, D) and answers (N,) or (N, C)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSet:
    """A table to learn.

    Attributes:
        name: what it is asked for by.
        is_classification: whether its answers are classes.
        rows: makes it, the same every time.
        told: what it is, in a few words.
        is_shipped: whether it comes with scikit-learn; others are drawn.
    """

    name: str
    is_classification: bool
    rows: Callable[[], Rows]
    told: str
    is_shipped: bool = False


def _shipped(load: Callable[..., Rows]) -> Callable[[], Rows]:
    return lambda: load(return_X_y=True)


def boxes() -> Rows:
    """Return points in a cube, their class by which of 30 boxes they lie in: trees' own ground."""
    draw = np.random.default_rng(11)
    x = draw.uniform(size=(2000, 6))
    y = np.zeros(len(x), np.int64)
    for _ in range(30):
        low = draw.uniform(0, 0.7, 6)
        chosen = draw.choice(6, 2, replace=False)
        inside = ((x[:, chosen] > low[chosen]) & (x[:, chosen] < low[chosen] + 0.3)).all(axis=1)
        y[inside] = draw.integers(0, 3)
    return x, y


def steps() -> Rows:
    """Return a sum of steps along each of 5 features, with noise: trees' own ground."""
    draw = np.random.default_rng(12)
    x = draw.uniform(size=(1500, 5))
    levels = draw.normal(size=(5, 12))
    y = sum(levels[j][np.floor(12 * x[:, j]).astype(int)] for j in range(5))
    return x, np.asarray(y + 0.3 * draw.normal(size=len(x)))


def waves() -> Rows:
    """Return a smooth function of directions across all 8 features, with noise."""
    draw = np.random.default_rng(13)
    x = draw.normal(size=(1500, 8))
    w = draw.normal(size=(8, 3)) / np.sqrt(8)
    y = np.sin(2 * x @ w[:, 0]) + (x @ w[:, 1]) * (x @ w[:, 2])
    return x, y + 0.2 * draw.normal(size=len(x))


def spirals() -> Rows:
    """Return three spirals in a plane, with noise."""
    draw = np.random.default_rng(14)
    y = np.arange(1500) % 3
    radius = np.sqrt(draw.uniform(size=len(y)))
    angle = 2 * np.pi * (1.25 * radius + y / 3)
    x = radius[:, np.newaxis] * np.column_stack([np.cos(angle), np.sin(angle)])
    return x + 0.05 * draw.normal(size=x.shape), y


def signs() -> Rows:
    """Return whether an even number of 3 of 8 features is positive, 5 % of labels flipped."""
    draw = np.random.default_rng(15)
    x = draw.normal(size=(3000, 8))
    y = (x[:, :3] > 0).sum(axis=1) % 2
    flipped = draw.uniform(size=len(y)) < 0.05
    return x, np.where(flipped, 1 - y, y)


def mixed_scales() -> Rows:
    """Return features from 1e-4 to 1e4, two of them long-tailed and three counts."""
    x, y = datasets.make_classification(
        2000, 15, n_informative=8, n_redundant=2, n_clusters_per_class=2, flip_y=0.03,
        random_state=16,
    )  # fmt: skip
    x = x * 10.0 ** np.linspace(-4, 4, 15)
    x[:, :2] = np.exp(x[:, :2] / x[:, :2].std(axis=0))
    x[:, 12:] = np.round(x[:, 12:] / x[:, 12:].std(axis=0))
    return x, y


def _classes(**settings: object) -> Callable[[], Rows]:
    return lambda: datasets.make_classification(**settings)


def _drawn(
    name: str, rows: Callable[[], Rows], told: str, *, is_classification: bool = True
) -> TableSet:
    return TableSet(name=name, is_classification=is_classification, rows=rows, told=told)


def _ships(name: str, load: Callable[..., Rows], *, is_classification: bool = True) -> TableSet:
    return TableSet(
        name=name, is_classification=is_classification, rows=_shipped(load),
        told="ships with scikit-learn", is_shipped=True,
    )  # fmt: skip


_ALL = (
    _ships("iris", datasets.load_iris),
    _ships("wine", datasets.load_wine),
    _ships("cancer", datasets.load_breast_cancer),
    _ships("digits", datasets.load_digits),
    _ships("diabetes", datasets.load_diabetes, is_classification=False),
    _ships("linnerud", datasets.load_linnerud, is_classification=False),
    _drawn("moons", lambda: datasets.make_moons(1500, noise=0.3, random_state=1), "noise 0.3"),
    _drawn(
        "circles",
        lambda: datasets.make_circles(1500, noise=0.15, factor=0.6, random_state=2),
        "noise 0.15",
    ),
    _drawn(
        "quantiles",
        lambda: datasets.make_gaussian_quantiles(
            n_samples=2000, n_features=10, n_classes=3, random_state=3
        ),
        "shells of a Gaussian",
    ),
    _drawn("hastie", lambda: datasets.make_hastie_10_2(4000, random_state=4), "sum of squares"),
    _drawn(
        "informative",
        _classes(n_samples=2000, n_features=20, n_informative=8, n_classes=3, flip_y=0.05,
                 random_state=5),
        "8 of 20 features tell",
    ),
    _drawn(
        "noisy",
        _classes(n_samples=1500, n_features=20, n_informative=5, flip_y=0.2, random_state=6),
        "a fifth of the labels at random",
    ),
    _drawn(
        "imbalanced",
        _classes(n_samples=2000, n_features=12, n_informative=6, weights=[0.9], flip_y=0.02,
                 random_state=7),
        "nine to one",
    ),
    _drawn(
        "wide",
        _classes(n_samples=1000, n_features=200, n_informative=15, n_redundant=10, random_state=8),
        "15 of 200 features tell",
    ),
    _drawn("boxes", boxes, "axis-parallel boxes"),
    _drawn("spirals", spirals, "three spirals"),
    _drawn("signs", signs, "parity of three signs"),
    _drawn("mixed_scales", mixed_scales, "1e-4 to 1e4, long tails, counts"),
    _drawn(
        "friedman1",
        lambda: datasets.make_friedman1(1500, noise=1.0, random_state=9),
        "noise 1",
        is_classification=False,
    ),
    _drawn(
        "friedman2",
        lambda: datasets.make_friedman2(1500, noise=50.0, random_state=9),
        "noise 50",
        is_classification=False,
    ),
    _drawn(
        "friedman3",
        lambda: datasets.make_friedman3(1500, noise=0.1, random_state=9),
        "noise 0.1",
        is_classification=False,
    ),
    _drawn(
        "linear",
        lambda: datasets.make_regression(1000, 30, n_informative=10, noise=40.0, random_state=10),
        "a linear rule with noise",
        is_classification=False,
    ),
    _drawn("steps", steps, "sums of steps", is_classification=False),
    _drawn("waves", waves, "smooth, across all features", is_classification=False),
)  # fmt: skip
SETS = {each.name: each for each in _ALL}
"""Every table, by name."""
