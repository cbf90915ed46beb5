"""Keras 3 on TensorFlow."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf

from benchmarks.peers import Once, Prepare, Task
from benchmarks.peers.keras_fit import prepare


def versions() -> dict[str, str]:
    """Return what is measured."""
    return {"keras": keras.__version__, "tensorflow": tf.__version__}


def _prepare(task: Task, **how: Any) -> Once:
    tf.config.threading.set_intra_op_parallelism_threads(task.n_threads)
    tf.config.threading.set_inter_op_parallelism_threads(task.n_threads)
    return prepare(task, **how)


WAYS: dict[str, Prepare] = {
    "plain": _prepare,
    "tuned": partial(_prepare, jit=True, steps_per_execution=16),
    "not_compiled": partial(_prepare, jit=False, steps_per_execution=16),
}
