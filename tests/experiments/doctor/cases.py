"""Curated cases: experiments with one planted fault each, and healthy ones.

A case makes an experiment of a seed, from which data, split, start and order follow; what needs a
table of its own writes it into a folder. Thresholds were set on seeds from 1000 on; tests use
seeds from 0 on.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_iris, load_wine

from shoal import Experiment


@dataclass(frozen=True, kw_only=True)
class Case:
    """An experiment for any seed.

    Attributes:
        make: the experiment of a seed; may write into a folder.
        expected: findings that are right: all of a faulty case, none or a question of a healthy
            one.
    """

    make: Callable[[int, Path], Experiment]
    expected: tuple[str, ...] = ()


def document(
    seed: int,
    data: dict[str, Any],
    *,
    units: int | tuple[int, ...] = 8,
    activation: str = "tanh",
    last: str = "sigmoid",
    outputs: int = 1,
    optimizer: str = "adam",
    rate: float = 0.03,
    epochs: int = 60,
    scaling: str = "standard",
    target_scaling: str = "none",
    network: dict[str, Any] | None = None,
    **training: Any,
) -> dict[str, Any]:
    """Return the document that all cases have in common."""
    hidden = (units,) if isinstance(units, int) else units
    layers = [{"units": each, "activation": activation} for each in hidden]
    layers.append({"units": outputs, "activation": last})
    return {
        "seed": seed,
        "data": data,
        "preprocess": {"scaling": scaling, "target_scaling": target_scaling},
        "network": {"layers": layers, **(network or {})},
        "training": {
            "optimizer": {"name": optimizer, "learning_rate": rate},
            "epochs": epochs,
            "batch_size": 16,
            **training,
        },
        "population": {"size": 4},
    }


def task(name: str, settings: dict[str, Any] | None = None, **kwargs: Any) -> Callable[..., Any]:
    """Return the maker of an experiment on a built-in task."""

    def make(seed: int, folder: Path) -> Experiment:
        return Experiment.read(document(seed, {"task": name, **(settings or {})}, **kwargs))

    return make


Table = tuple[list[str], np.ndarray, list[Any]]
"""Names of the columns, numbers (N, D), targets (N,)."""


def table(make_rows: Callable[[np.random.Generator], Table], **kwargs: Any) -> Callable[..., Any]:
    """Return the maker of an experiment on a CSV file of its own."""

    def make(seed: int, folder: Path) -> Experiment:
        names, x, y = make_rows(np.random.default_rng(seed))
        path = folder / f"rows{seed}.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*names, "answer"])
            writer.writerows([*row, answer] for row, answer in zip(x.tolist(), y, strict=True))
        data = {"file": path.name, "target": "answer", "validation": 0.25}
        if "kind" in kwargs:
            data["kind"] = kwargs["kind"]
        plain = {key: value for key, value in kwargs.items() if key != "kind"}
        return Experiment.read(document(seed, data, **plain), folder=folder)

    return make


def blobs(
    random: np.random.Generator, n: int = 160, distance: float = 1.0, share: float = 0.5
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return two round clouds in four columns, `distance` apart in each of them."""
    labels = random.permutation(np.arange(n) < share * n).astype(int)
    x = random.normal(size=(n, 4)) + distance * (labels[:, None] - 0.5)
    return ["a", "b", "c", "d"], x.round(6), labels


def named(labels: np.ndarray) -> list[str]:
    return ["yes" if label else "no" for label in labels]


def plain_blobs(random: np.random.Generator) -> Table:
    names, x, labels = blobs(random, n=240, distance=2.0)
    return names, x, named(labels)


def leaking(random: np.random.Generator) -> Table:
    names, x, labels = blobs(random)
    given_away = labels * 3.0 + random.normal(size=len(labels)) * 0.4
    return [*names, "invoice"], np.c_[x, given_away.round(4)], named(labels)


def numbered(random: np.random.Generator) -> Table:
    names, x, labels = blobs(random, distance=1.5)
    return ["id", *names], np.c_[np.arange(1, len(x) + 1), x], named(labels)


def copied(random: np.random.Generator) -> Table:
    names, x, labels = blobs(random, n=120)
    again = random.choice(len(x), 40, replace=False)
    return names, np.r_[x, x[again]], named(np.r_[labels, labels[again]])


def contradicting(random: np.random.Generator) -> Table:
    x = random.integers(0, 3, size=(160, 2)).astype(float)
    labels = (x.sum(axis=1) + random.normal(size=160) * 1.5 > 2).astype(int)
    return ["a", "b"], x, named(labels)


def rare(random: np.random.Generator) -> Table:
    names, x, labels = blobs(random, n=1000, distance=0.55, share=0.04)
    return names, x, named(labels)


def surface(random: np.random.Generator, n: int = 160) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return a smooth surface over two columns, its values from about -1.5 to 1.5."""
    x = random.uniform(-1, 1, size=(n, 2))
    y = np.sin(2 * x[:, 0]) + 0.5 * x[:, 1] ** 2 + random.normal(size=n) * 0.05
    return ["a", "b"], x.round(6), y


def plain_surface(random: np.random.Generator) -> Table:
    names, x, y = surface(random)
    return names, x, y.round(6).tolist()


def far_surface(random: np.random.Generator) -> Table:
    names, x, y = surface(random)
    return names, x, (5000 + 400 * y).round(4).tolist()


def iris(random: np.random.Generator) -> Table:
    rows = load_iris()
    names = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    return names, rows.data, rows.target_names[rows.target].tolist()


def wine(random: np.random.Generator) -> Table:
    rows = load_wine()
    names = [name.replace("/", "_") for name in rows.feature_names]
    return names, rows.data, rows.target_names[rows.target].tolist()


NUMBERS = {"last": "identity", "kind": "regression", "target_scaling": "standard", "rate": 0.02}
MOONS = {"samples": 300}

FAULTS = {
    "unscaled_inputs": task("greater", {"samples": 300, "multiply": 1000.0}, scaling="none"),
    "unscaled_target": table(far_surface, **{**NUMBERS, "target_scaling": "none"}),
    "output_range": table(plain_surface, **{**NUMBERS, "last": "sigmoid"}, loss="squared_error"),
    "loss_misfit": task("moons", MOONS, loss="squared_error"),
    "symmetric_start": task(
        "moons", MOONS, network={"initializer": {"name": "constant", "value": 0.5}}
    ),
    "divergence": table(plain_surface, **{**NUMBERS, "optimizer": "sgd", "rate": 30.0,
                                          "activation": "relu"}),
    "rate_too_high": task("moons", MOONS, rate=3.0),
    "rate_too_low": task("moons", MOONS, rate=1e-5),
    "too_few_steps": task("circle", {"samples": 200}, units=12, epochs=4),
    "overfitting": task(
        "gaussians", {"samples": 80, "spread": 0.45, "validation": 0.5}, units=32,
        activation="relu", epochs=200,
    ),
    "dead_layer": task(
        "moons", MOONS, activation="relu",
        network={"bias_initializer": {"name": "constant", "value": -20.0}},
    ),
    "dead_units": task(
        "circle", {"samples": 200}, activation="relu", rate=0.01, units=40, epochs=30,
        network={"bias_initializer": {"name": "uniform", "low": -5.0, "high": 0.0}},
    ),
    "saturated_units": task(
        "moons", MOONS,
        network={"initializer": {"name": "uniform", "low": -60.0, "high": 60.0}},
    ),
    "class_imbalance": table(rare, units=3, epochs=10),
    "unlearnable": task("greater", {"samples": 300, "label_noise": 0.25}),
    "leak": table(leaking),
    "duplicate_rows": table(copied),
    "id_as_feature": table(numbered),
}  # fmt: skip
"""What is planted: the name of the finding to the maker."""

MORE_FAULTS = {
    "unlearnable": table(contradicting),
    "rate_too_high": task("moons", MOONS, rate=30.0, optimizer="sgd"),
}
"""Other ways to plant some of them."""

HEALTHY = {
    "greater": Case(make=task("greater", {"samples": 400})),
    "or": Case(make=task("or", {"batches": 60}, scaling="none", epochs=10)),
    "xor": Case(make=task("xor", {"stream": False}, scaling="none", epochs=300, batch_size="full")),
    "moons": Case(make=task("moons", {"samples": 300}, units=16, epochs=80)),
    "circle": Case(make=task("circle", {"samples": 300}, units=12, epochs=80)),
    "spiral": Case(
        make=task("spiral", {"samples": 400, "spread": 0.03}, units=(16, 16), epochs=150, rate=0.02)
    ),
    "digits": Case(
        make=task("digits", units=32, activation="relu", last="softmax", outputs=10,
                  rate=0.01, epochs=8)
    ),
    "clouds": Case(make=table(plain_blobs, epochs=15)),
    "iris": Case(
        make=table(iris, last="softmax", outputs=3, rate=0.02, epochs=60), expected=("leak",)
    ),
    "wine": Case(make=table(wine, last="softmax", outputs=3, rate=0.01, epochs=30)),
    "regression": Case(make=table(plain_surface, **NUMBERS)),
}  # fmt: skip
"""Experiments that nothing is wrong with; of iris a column honestly gives the answer."""
