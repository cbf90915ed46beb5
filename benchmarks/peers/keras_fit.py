"""Keras 3, whatever its backend: ``model.fit``, compiled; the peers ``keras`` and ``keras_jax``.

*Plain* is Keras as it comes; *tuned* has it carry out sixteen steps in a call. A work with
figures is fitted as one does, with accuracy and validation rows; the others without either,
which is the fastest: Keras computes its running loss in any case.
"""

from __future__ import annotations

import time
from typing import Any

import keras

from benchmarks.peers import Once, Sample, Task
from benchmarks.rows import judge

LOSSES = {
    "sigmoid": "binary_crossentropy",
    "softmax": "categorical_crossentropy",
    "identity": "mean_squared_error",
}


def model_of(task: Task, *, jit: bool | str, steps_per_execution: int) -> keras.Model:
    """Return the compiled model, not trained; `jit` is whether XLA compiles it."""
    work = task.work
    *hidden, n_out = work.sizes[1:]
    layers = [keras.layers.Dense(n, work.hidden) for n in hidden]
    last = keras.layers.Dense(n_out, None if work.output == "identity" else work.output)
    model = keras.Sequential([keras.Input((work.sizes[0],)), *layers, last])
    optimizer = keras.optimizers.Adam(
        work.learning_rate, beta_1=work.beta1, beta_2=work.beta2, epsilon=work.epsilon
    )
    model.compile(
        optimizer=optimizer,
        loss=LOSSES[work.output],
        metrics=["accuracy"] if work.with_figures else None,
        jit_compile=jit,
        steps_per_execution=min(steps_per_execution, work.steps_per_epoch),
    )
    optimizer.build(model.trainable_variables)
    return model


def prepare(task: Task, *, jit: bool | str = "auto", steps_per_execution: int = 1) -> Once:
    """Build, and fit one epoch: tracing and compiling are not timed."""
    work, rows = task.work, task.rows
    model = model_of(task, jit=jit, steps_per_execution=steps_per_execution)
    start_state = model.get_state_tree(value_format="numpy_array")
    validation: dict[str, Any] = {}
    if work.with_figures:
        validation["validation_data"] = rows.x_validation, rows.y_validation

    def fit(epochs: int) -> None:
        model.fit(
            rows.x_train,
            rows.y_train,
            batch_size=work.batch_size,
            epochs=epochs,
            shuffle=work.is_shuffled,
            verbose=0,
            **validation,
        )

    def once() -> Sample:
        model.set_state_tree(start_state)
        start = time.perf_counter()
        fit(task.epochs)
        seconds = time.perf_counter() - start
        outputs = model.predict(rows.x_validation, batch_size=len(rows.x_validation), verbose=0)
        learnt = judge(work, outputs, rows.y_validation)
        return Sample(seconds=seconds, epochs=task.epochs, facts={"compile_s": compile_s}, **learnt)

    begun = time.perf_counter()
    fit(1)
    compile_s = time.perf_counter() - begun
    return once
