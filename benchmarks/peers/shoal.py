"""shoal: the same rows through ``Experiment.run``, timed from outside.

The time is that of the whole call: checking the experiment, initial weights, training,
figures. ``run.seconds``, training and figures alone, is among the facts of a sample.
"""

from __future__ import annotations

import time

import shoal
from benchmarks.peers import Once, Prepare, Sample, Task
from shoal import _core


def versions() -> dict[str, str]:
    """Return what is measured, with the instruction set that the core chose."""
    return {"shoal": f"{shoal.__version__} ({_core.isa()})"}


def _experiment(task: Task) -> shoal.Experiment:
    work = task.work
    *hidden, n_out = work.sizes[1:]
    return shoal.Experiment(
        network=shoal.Network(
            layers=[*(shoal.Dense(n, "tanh") for n in hidden), shoal.Dense(n_out, "sigmoid")]
        ),
        training=shoal.Training(
            optimizer=shoal.Adam(
                work.learning_rate, beta_1=work.beta1, beta_2=work.beta2, epsilon=work.epsilon
            ),
            loss="binary_crossentropy",
            batch_size=work.batch_size,
            epochs=task.epochs,
            report_every="epoch" if work.is_shuffled else "end",
        ),
        population=shoal.Population(size=task.n_networks, vary=("init", "order")),
    )


def _prepare(task: Task) -> Once:
    experiment = _experiment(task)
    rows = task.rows
    given = (rows.x_train, rows.y_train, rows.x_validation, rows.y_validation)

    def once() -> Sample:
        start = time.perf_counter()
        run = experiment.run(threads=task.n_threads, rows=given)
        seconds = time.perf_counter() - start
        return Sample(
            seconds=seconds,
            epochs=task.epochs,
            accuracy=float(run.history["validation_accuracy"][:, -1].mean()),
            facts={"run_seconds": run.seconds},
        )

    once()
    return once


CASES: dict[str, Prepare] = dict.fromkeys(
    ("shoal_one", "shoal_16", "shoal_64", "shoal_64_2", "shoal_xor", "shoal_xor_2"), _prepare
)
