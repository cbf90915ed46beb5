"""scikit-learn: ``MLPClassifier.fit``, its stop rules switched off."""

from __future__ import annotations

import time
import warnings

import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.peers import Once, Prepare, Sample, Task


def versions() -> dict[str, str]:
    """Return what is measured."""
    return {"scikit-learn": sklearn.__version__}


def _prepare(task: Task) -> Once:
    work, rows = task.work, task.rows
    labels = rows.y_train[:, 0].astype(int)
    truth = rows.y_validation[:, 0].astype(int)
    warnings.simplefilter("ignore", ConvergenceWarning)

    def once() -> Sample:
        model = MLPClassifier(
            hidden_layer_sizes=work.sizes[1:-1],
            activation="tanh",
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
        start = time.perf_counter()
        model.fit(rows.x_train, labels)
        seconds = time.perf_counter() - start
        accuracy = float(model.score(rows.x_validation, truth))
        return Sample(seconds=seconds, epochs=model.n_iter_, accuracy=accuracy)

    return once


CASES: dict[str, Prepare] = {"sklearn": _prepare}
