"""Keras 3 on TensorFlow: ``model.fit`` with validation rows, everything else as it comes."""

from __future__ import annotations

import os
import time

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf

from benchmarks.peers import Once, Prepare, Sample, Task


def versions() -> dict[str, str]:
    """Return what is measured."""
    return {"keras": keras.__version__, "tensorflow": tf.__version__}


def _model(task: Task) -> keras.Model:
    work = task.work
    *hidden, n_out = work.sizes[1:]
    layers = [keras.layers.Dense(n, "tanh") for n in hidden]
    model = keras.Sequential(
        [keras.Input((work.sizes[0],)), *layers, keras.layers.Dense(n_out, "sigmoid")]
    )
    optimizer = keras.optimizers.Adam(
        work.learning_rate, beta_1=work.beta1, beta_2=work.beta2, epsilon=work.epsilon
    )
    model.compile(optimizer=optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    optimizer.build(model.trainable_variables)
    return model


def _prepare(task: Task) -> Once:
    """Build, and fit one epoch: tracing and compiling are not timed."""
    tf.config.threading.set_intra_op_parallelism_threads(task.n_threads)
    tf.config.threading.set_inter_op_parallelism_threads(task.n_threads)
    rows = task.rows
    model = _model(task)
    start_state = model.get_state_tree(value_format="numpy_array")

    def fit(epochs: int) -> float:
        history = model.fit(
            rows.x_train,
            rows.y_train,
            batch_size=task.work.batch_size,
            epochs=epochs,
            validation_data=(rows.x_validation, rows.y_validation),
            verbose=0,
        )
        return float(history.history["val_accuracy"][-1])

    def once() -> Sample:
        model.set_state_tree(start_state)
        start = time.perf_counter()
        accuracy = fit(task.epochs)
        seconds = time.perf_counter() - start
        return Sample(seconds=seconds, epochs=task.epochs, accuracy=accuracy)

    fit(1)
    return once


CASES: dict[str, Prepare] = {"keras": _prepare, "keras_all": _prepare}
