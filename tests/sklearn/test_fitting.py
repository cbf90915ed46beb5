"""Jobs: an estimator is nothing but an experiment, and jobs side by side change no bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris

from shoal.data.scaling import Scaler
from shoal.sklearn import ShoalClassifier, ShoalRegressor
from shoal.sklearn.fitting import Job, fit_all, prepared_of, train_all
from shoal.sklearn.goals import goal_of_classes, goal_of_numbers
from shoal.sklearn.recipe import dataset_of, job_of, recipe_of
from shoal.sklearn.rescaling import Scales

QUICK: dict[str, Any] = {"n_networks": 3, "max_iter": 4}


def iris_job(rows: slice = slice(None), **settings: Any) -> Job:
    x, y = load_iris(return_X_y=True)
    goal = goal_of_classes(y[rows], np.arange(3))
    own = ShoalClassifier(**QUICK, **{"random_state": 1} | settings)
    return job_of(recipe_of(own), dataset_of(x[rows], goal))


def test_an_estimator_is_an_experiment() -> None:
    x, y = load_iris(return_X_y=True)
    own = ShoalClassifier(**QUICK, random_state=1, early_stopping=True).fit(x, y)
    job = iris_job(early_stopping=True)
    run = job.experiment.run(rows=job.dataset)
    assert run.ensemble.parameters.digest == own.model_.parameters.digest
    assert np.array_equal(run.ensemble.predict_proba(x), own.predict_proba(x))


def test_jobs_side_by_side_have_the_bits_of_jobs_alone() -> None:
    x, y = load_diabetes(return_X_y=True)
    number = recipe_of(ShoalRegressor(**QUICK, random_state=3))
    jobs = [
        iris_job(),
        iris_job(learning_rate_init=0.03),
        iris_job(slice(0, 150, 2)),
        job_of(number, dataset_of(x, goal_of_numbers(y))),
        iris_job(hidden_layer_sizes=(7,)),
        iris_job(random_state=9, early_stopping=True),
        iris_job(random_state=4),
    ]
    together = [model.parameters.digest for model in fit_all(jobs)]
    alone = [fit_all([job])[0].parameters.digest for job in jobs]
    assert together == alone
    assert len(set(together)) == len(jobs)
    best = [model.best for model in fit_all(jobs)]
    assert best == [fit_all([job])[0].best for job in jobs]


def test_histories_are_those_of_jobs_alone() -> None:
    jobs = [iris_job(), iris_job(random_state=2)]
    for run, job in zip(train_all(jobs), jobs, strict=True):
        (alone,) = train_all([job])
        assert np.array_equal(run.history["train_loss"], alone.history["train_loss"])
        assert run.seconds >= 0


@pytest.mark.parametrize("n", [1, 3])
def test_scalers_that_are_given(n: int) -> None:
    scalers = tuple(
        Scaler(kind="standard", center=(float(k),) * 4, scale=(2.0,) * 4) for k in range(n)
    )
    none = Scaler(center=(0.0,) * 3, scale=(1.0,) * 3)
    job = iris_job()
    given = Job(
        experiment=job.experiment,
        dataset=job.dataset,
        scales=Scales(features=scalers, targets=(none,)),
    )
    prepared = prepared_of(given)
    assert len(prepared.parts) == n
    for network, k in enumerate(prepared.part_of.tolist()):
        wanted = (job.dataset.x - network % n) / 2
        assert np.array_equal(prepared.parts[k].train.x, wanted.astype(np.float32))


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
def test_losses_are_told_in_the_units_of_the_target(loss: str) -> None:
    """They are shares of its spread while networks train; the experiment by itself knows none."""
    x, y = load_diabetes(return_X_y=True)
    y = np.column_stack([y, 1000 - 3 * y])
    own = ShoalRegressor(loss, **QUICK, random_state=1, early_stopping=True)
    job = job_of(recipe_of(own), dataset_of(x, goal_of_numbers(y)))
    assert job.spread > 50
    run = job.experiment.run(rows=job.dataset)
    (found,) = train_all([job])
    assert found.ensemble.parameters.digest == run.ensemble.parameters.digest
    for name in ("train_loss", "validation_loss"):
        np.testing.assert_allclose(found.history[name], run.history[name], rtol=1e-12)
    assert found.prepared.settings.watches == run.prepared.settings.watches
    assert found.best_index == run.best_index
