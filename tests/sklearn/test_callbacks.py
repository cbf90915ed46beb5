"""Callbacks of scikit-learn 1.9: called every epoch if there are any, else not at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV

from shoal.sklearn import ShoalClassifier

callback = pytest.importorskip("sklearn.callback")

X, Y = load_iris(return_X_y=True)
QUICK: dict[str, Any] = {"n_networks": 2, "random_state": 5, "max_iter": 6}


class Recorder:
    """Keeps what it is told; stops after some epochs."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.told: list[tuple[str, str, int]] = []
        self.scores: list[float] = []
        self.weights: Any = None
        self.stop_after = stop_after

    def setup(self, estimator: Any, context: Any) -> None:
        self.told.append(("setup", context.task_name, context.task_id))

    def teardown(self, estimator: Any, context: Any) -> None:
        self.told.append(("teardown", context.task_name, context.task_id))

    def on_fit_task_begin(self, estimator: Any, context: Any, *, X: Any = None) -> None:
        self.told.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(
        self,
        estimator: Any,
        context: Any,
        *,
        X: Any = None,
        y: Any = None,
        metadata: Any = None,
        fitted_estimator: Any = None,
    ) -> bool:
        self.told.append(("end", context.task_name, context.task_id))
        self.weights = metadata
        if context.task_name == "epoch":
            self.scores.append(fitted_estimator.score(X, y))
            return context.task_id + 1 == self.stop_after
        return False


def test_every_epoch_is_a_task() -> None:
    seen = Recorder()
    own = ShoalClassifier(**QUICK).set_callbacks(seen)
    own.fit(X, Y, sample_weight=np.ones(150))
    epochs = [(word, "epoch", k) for k in range(6) for word in ("begin", "end")]
    fit = [(word, "fit", 0) for word in ("setup", "begin", "end", "teardown")]
    assert seen.told == [*fit[:2], *epochs, *fit[2:]]
    assert seen.scores[-1] == own.score(X, Y)
    assert seen.weights["sample_weight"].shape == (150,)
    plain = ShoalClassifier(**QUICK).fit(X, Y)
    assert plain.model_.parameters.digest == own.model_.parameters.digest


def test_a_callback_can_stop() -> None:
    seen = Recorder(stop_after=2)
    own = ShoalClassifier(**QUICK).set_callbacks(seen).fit(X, Y)
    assert own.n_iter_ == len(own.loss_curve_) == len(seen.scores) == 2
    short = ShoalClassifier(**QUICK | {"max_iter": 2}).fit(X, Y)
    assert np.array_equal(own.predict_proba(X), short.predict_proba(X))


def test_those_of_scikit_learn() -> None:
    monitor = callback.ScoringMonitor(scoring="accuracy")
    own = ShoalClassifier(**QUICK).set_callbacks(monitor).fit(X, Y)
    assert own.n_iter_ == 6
    search = GridSearchCV(ShoalClassifier(**QUICK), {"alpha": [0.1, 1.0]}, cv=2)
    seen = Recorder()
    search.estimator.set_callbacks(seen)
    search.fit(X, Y)
    assert len(seen.scores) == (2 * 2 + 1) * 6  # 2 settings x 2 folds, and the best on all rows


def test_without_callbacks_no_epoch_is_looked_at(monkeypatch: Any) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("looked")

    monkeypatch.setattr("shoal.sklearn.base.EpochWatcher", never)
    ShoalClassifier(**QUICK).fit(X, Y)


def test_a_search_without_callbacks_looks_at_no_epoch(monkeypatch: Any) -> None:
    """GridSearchCV gives every fit a place in its tree of tasks, whether anybody looks or not."""

    def never(*_: Any) -> None:
        raise AssertionError("looked")

    monkeypatch.setattr("shoal.sklearn.base.EpochWatcher", never)
    GridSearchCV(ShoalClassifier(**QUICK), {"alpha": [0.1]}, cv=2, error_score="raise").fit(X, Y)
