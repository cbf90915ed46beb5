"""shoal: the same rows through ``Experiment.run``.

The time is that of the whole call (checking the experiment, initial weights, training,
figures) or ``run.seconds``, training and figures alone, as the work says; both are among the
facts of a sample.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import shoal
from benchmarks.peers import Once, Prepare, Sample, Task
from shoal import _core

LOSSES = {
    "sigmoid": "binary_crossentropy",
    "softmax": "categorical_crossentropy",
    "identity": "squared_error",
}


def versions() -> dict[str, str]:
    """Return what is measured, with the instruction set that the core chose."""
    return {"shoal": f"{shoal.__version__} ({_core.isa()})"}


def _experiment(task: Task) -> shoal.Experiment:
    work = task.work
    *hidden, n_out = work.sizes[1:]
    return shoal.Experiment(
        network=shoal.Network(
            layers=[*(shoal.Dense(n, work.hidden) for n in hidden), shoal.Dense(n_out, work.output)]
        ),
        training=shoal.Training(
            optimizer=shoal.Adam(
                work.learning_rate, beta_1=work.beta1, beta_2=work.beta2, epsilon=work.epsilon
            ),
            loss=LOSSES[work.output],
            batch_size=work.batch_size,
            epochs=task.epochs,
            report_every="epoch" if work.with_figures else "end",
        ),
        population=shoal.Population(size=task.n_networks, vary=("init", "order")),
    )


def _given(task: Task) -> tuple[Any, ...]:
    rows = task.rows
    if task.work.output == "identity":
        return rows.x_train, rows.y_train, rows.x_validation, rows.y_validation
    return rows.x_train, rows.train_labels, rows.x_validation, rows.validation_labels


def _prepare(task: Task) -> Once:
    experiment, given = _experiment(task), _given(task)

    def once() -> Sample:
        start = time.perf_counter()
        run = experiment.run(threads=task.n_threads, rows=given)
        call_s = time.perf_counter() - start
        last = {name: float(np.mean(values[:, -1])) for name, values in run.history.items()}
        return Sample(
            seconds=call_s if task.work.is_whole_call else run.seconds,
            epochs=task.epochs,
            loss=last["validation_loss"],
            accuracy=None if task.work.output == "identity" else last["validation_accuracy"],
            facts={"run_seconds": run.seconds, "call_seconds": call_s},
        )

    once()
    return once


WAYS: dict[str, Prepare] = {"plain": _prepare}
