"""Keras 3 on JAX."""

from __future__ import annotations

import os
from functools import partial

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras

from benchmarks.peers import Prepare
from benchmarks.peers.keras_fit import prepare


def versions() -> dict[str, str]:
    """Return what is measured."""
    return {"keras": keras.__version__, "jax": jax.__version__}


WAYS: dict[str, Prepare] = {
    "plain": prepare,
    "tuned": partial(prepare, steps_per_execution=16),
}
