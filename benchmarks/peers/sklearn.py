"""scikit-learn: ``MLPClassifier.fit`` or ``MLPRegressor.fit``, its stop rules switched off.

Two classes have one logistic output here, whatever the work says: it knows no other way.
"""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.peers import Once, Prepare, Sample, Task
from benchmarks.rows import judge


def versions() -> dict[str, str]:
    """Return what is measured."""
    return {"scikit-learn": sklearn.__version__}


def _model(task: Task) -> Any:
    work = task.work
    kind = MLPRegressor if work.output == "identity" else MLPClassifier
    return kind(
        hidden_layer_sizes=work.sizes[1:-1],
        activation=work.hidden,
        solver="adam",
        learning_rate_init=work.learning_rate,
        beta_1=work.beta1,
        beta_2=work.beta2,
        epsilon=work.epsilon,
        batch_size=work.batch_size,
        max_iter=task.epochs,
        tol=0.0,
        n_iter_no_change=10**6,
        alpha=0.0,
    )


def _outputs(model: Any, task: Task) -> np.ndarray:
    x = task.rows.x_validation
    if task.work.output == "identity":
        return np.asarray(model.predict(x))
    found = np.asarray(model.predict_proba(x))
    return found[:, 1:] if task.work.output == "sigmoid" else found


def _prepare(task: Task) -> Once:
    work, rows = task.work, task.rows
    y = rows.y_train if work.output == "identity" else rows.train_labels
    warnings.simplefilter("ignore", ConvergenceWarning)

    def once() -> Sample:
        models = [_model(task) for _ in range(task.n_networks)]
        start = time.perf_counter()
        for model in models:
            model.fit(rows.x_train, y)
        seconds = time.perf_counter() - start
        outputs = np.stack([_outputs(model, task) for model in models])
        learnt = judge(work, outputs, rows.y_validation)
        return Sample(seconds=seconds, epochs=int(models[0].n_iter_), **learnt)

    return once


WAYS: dict[str, Prepare] = {"plain": _prepare}
