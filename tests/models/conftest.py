"""Models made by hand, small enough to compute by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.models import Model
from shoal.network import Dense, Network, Parameters

Make = Callable[..., Model]


def _unscaled(width: int) -> tuple[Scaler, ...]:
    return (Scaler(center=(0.0,) * width, scale=(1.0,) * width),)


def _schema(n_features: int, classes: tuple[str, ...]) -> Schema:
    columns = tuple(Feature(name=f"x{d}") for d in range(n_features))
    kind = "classification" if classes else "regression"
    return Schema(columns=columns, target="y", kind=kind, classes=classes)


def _make(
    network: Network, parameters: Parameters, classes: tuple[str, ...] = (), /, **changes: Any
) -> Model:
    n_networks = parameters.n_networks or 0
    parts: dict[str, Any] = {
        "network": network,
        "parameters": parameters,
        "schema": _schema(network.n_inputs or 0, classes),
        "scalers": _unscaled(network.n_inputs or 0),
        "target_scalers": _unscaled(network.n_outputs),
        "seeds": tuple(range(10, 10 + n_networks)),
        "best": 0,
        "experiment": {"network": {"layers": [1, 2]}, "rate": 0.1},
        "arithmetic": "1",
        "version": "0.1.0",
    }
    return Model(**(parts | changes))


@pytest.fixture
def make() -> Make:
    """Build a model from a network and its parameters, everything else plain."""
    return _make


@pytest.fixture
def coin(make: Make) -> Make:
    """Two networks of one weight w, p = sigmoid(w x), for the classes 'no' and 'yes'.

    w is ln 3 and 0, so x = 1 gives p = 3/4 and 1/2, and x = -1 gives p = 1/4 and 1/2.
    """

    def build(dtype: str = "float64", **changes: Any) -> Model:
        network = Network([Dense(1, "sigmoid", bias=False)], inputs=1)
        start = network.start_from([[[[math.log(3)]], [[0.0]]]], dtype=dtype)  # type: ignore[arg-type]
        return make(network, start, ("no", "yes"), **changes)

    return build


@pytest.fixture
def lines(make: Make) -> Make:
    """Two networks a = w x + b for a number: 2 x, and 4 x + 1."""

    def build(dtype: str = "float64", **changes: Any) -> Model:
        network = Network([Dense(1)], inputs=1)
        start = network.start_from([[[[2.0]], [[4.0]]]], [[[0.0], [1.0]]], dtype=dtype)  # type: ignore[arg-type]
        return make(network, start, **changes)

    return build


@pytest.fixture
def drawn(make: Make) -> Make:
    """A population with parameters drawn from neighbouring seeds."""

    def build(
        network: Network,
        n_networks: int,
        classes: tuple[str, ...] = (),
        dtype: str = "float32",
        **changes: Any,
    ) -> Model:
        members = [network.initialize(seed, dtype=dtype) for seed in range(n_networks)]  # type: ignore[arg-type]
        return make(network, Parameters.stack(members), classes, **changes)

    return build


@pytest.fixture
def rows() -> Callable[[int, int], np.ndarray]:
    """Return n rows of d features that look like data."""
    return lambda n, d: np.random.default_rng(0).normal(size=(n, d)) * 2
