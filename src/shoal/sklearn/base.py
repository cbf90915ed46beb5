"""What `ShoalClassifier` and `ShoalRegressor` have in common."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from shoal.data.dataset import Dataset
from shoal.data.recipe import MAX_NUMBERS
from shoal.data.scaling import LARGEST
from shoal.errors import ArgumentError, InputError, ShoalWarning
from shoal.experiments.pieces import Observer
from shoal.experiments.prepare import Prepared
from shoal.experiments.run import Run
from shoal.kernels import State
from shoal.models import Model
from shoal.models.ensemble import Prediction, join_rows
from shoal.sklearn.fitting import Job, train_all
from shoal.sklearn.goals import Goal
from shoal.sklearn.increments import trained_on
from shoal.sklearn.recipe import Recipe, dataset_of, job_of, recipe_of
from shoal.sklearn.threads import threads_of
from shoal.sklearn.trained import Trained, check_same, gone_on, trained_from, trained_part_way
from shoal.sklearn.watching import Callbacks, EpochWatcher, Look, has_callbacks, printed

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands for what there is not."""

    def with_callbacks(method: Any) -> Any:
        """Return the method as it is."""
        return method


DENSE_AT_ONCE: Final = 2**22
"""Numbers of a sparse matrix that are written out at once to predict."""
OUT_ACTIVATIONS: Final = {"sigmoid": "logistic", "exponential": "exp"}
"""What MLPClassifier calls otherwise."""


def takes_batches(estimator: Any) -> bool:
    """Return whether `partial_fit` is there.

    Raises:
        AttributeError: the solver needs all rows.
    """
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit needs a solver that takes batches; lbfgs takes all rows.")
    return True


class BaseShoal(CallbackSupportMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """A population as an estimator: fitting, predicting, and what MLP users read off it."""

    n_jobs: Any
    warm_start: Any
    verbose: Any
    solver: Any
    _y_numeric = False

    @abstractmethod
    def _goal(self, y: Any, classes: np.ndarray | None) -> Goal:
        """Return the targets for the core; `classes` are those that y must be of, if known."""

    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train a population on all rows.

        Args:
            X: features, dense or sparse, finite.
            y: targets.
            sample_weight: how much each row counts, 0 or more.

        Returns:
            The estimator itself.

        Shapes:
            X (N, D), y (N,) or (N, C), sample_weight (N,)

        Raises:
            InputError: a parameter cannot be, rows cannot be used, or every network diverged.
        """
        recipe = recipe_of(self)
        again = self._before() if self.warm_start else None
        if again is not None:
            check_same(type(self).__name__, again, recipe)
        else:  # what fails from here on must not leave old networks beside new classes
            self.__dict__.pop("_trained", None)
        known = None if again is None else getattr(self, "classes_", None)
        dataset = self._dataset(X, y, sample_weight, again, known)
        job = job_of(self._settled(recipe, dataset), dataset)
        if again is not None:
            job = replace(job, start=again.parameters, scales=again.scales)
        trained = self._train(job, X, y, sample_weight)
        self._keep(trained if again is None else gone_on(again, trained))
        return self

    def _partial_fit(
        self, X: Any, y: Any, sample_weight: Any, classes: np.ndarray | None = None
    ) -> None:
        recipe, before = recipe_of(self), self._before()
        if before is not None:
            recipe = replace(recipe, seed=before.seed)
            check_same(type(self).__name__, before, recipe)
        if recipe.class_weight == "balanced":
            told = "class_weight 'balanced' needs all rows at once, and partial_fit has a part"
            cure = "Give a dictionary, or sample_weight."
            raise InputError(f"{type(self).__name__}.partial_fit: {told}. {cure}", code="A111")
        dataset = self._dataset(X, y, sample_weight, before, classes)
        recipe = self._settled(recipe, dataset)
        where, threads = type(self).__name__, threads_of(self.n_jobs)
        self._keep(trained_on(before, recipe, dataset, where=where, threads=threads))

    def _settled(self, recipe: Recipe, dataset: Dataset) -> Recipe:
        """Return the recipe with what is known only when the rows are."""
        return recipe

    def _before(self) -> Trained | None:
        found: Trained | None = getattr(self, "_trained", None)
        return found

    def _dataset(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        before: Trained | None,
        classes: np.ndarray | None,
    ) -> Dataset:
        """Return checked rows: the first settle the features and targets, later ones fit them."""
        where = type(self).__name__
        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], dtype=np.float64, multi_output=True,
            y_numeric=self._y_numeric, reset=before is None,
        )  # fmt: skip
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
            if (weights < 0).any():
                raise ValueError("Negative values in data passed to `sample_weight`")
            _check_size(where, "sample_weight", weights)
        goal, X = self._goal(y, classes), self._dense(X)
        _check_size(where, "X", X)
        _check_size(where, "y", goal.y)
        if before is not None:
            _check_goal(where, goal, before)
        names = getattr(self, "feature_names_in_", None)
        return dataset_of(X, goal, weights, names=names)

    def _dense(self, X: Any) -> np.ndarray:
        if isinstance(X, np.ndarray):
            return X
        if X.shape[0] * X.shape[1] > MAX_NUMBERS:
            told = f"{X.shape[0]:,} rows of {X.shape[1]:,} features are more than"
            raise InputError(
                f"{type(self).__name__}: sparse X is written out to be standardised, and {told} "
                f"{MAX_NUMBERS:,} numbers. Select features first, or train on batches of rows "
                "with partial_fit.",
                code="D112",
            )
        return np.asarray(X.toarray())

    def _train(self, job: Job, X: Any, y: Any, sample_weight: Any) -> Trained:
        where = type(self).__name__
        callbacks: list[Callbacks] = []

        def observers(prepared: Prepared) -> Sequence[Observer]:
            looks: list[Look] = [printed(prepared)] if self.verbose else []
            if has_callbacks(self):
                n_epochs = job.experiment.training.epochs

                def fitted(state: State) -> dict[str, Any]:
                    return {"_trained": trained_part_way(prepared, state, job.dataset)}

                callbacks.append(Callbacks(self, n_epochs, X, y, sample_weight, fitted))
                looks.append(callbacks[0].look)
            return [EpochWatcher(prepared, looks)] if looks else []

        watched = observers if self.verbose or has_callbacks(self) else None
        (run,) = train_all([job], threads=threads_of(self.n_jobs), observers=watched)
        _warn(where, run)
        for each in callbacks:
            each.end(run.state)
        return trained_from(run, job.dataset, where=where)

    def _keep(self, trained: Trained) -> None:
        """Set what is known of a fit, under the names of MLPClassifier."""
        curves, network = trained.curves, trained.model.network
        self._trained = trained
        self.loss_curve_ = curves.loss
        self.loss_ = curves.loss[-1]
        self.best_loss_ = min(curves.loss)
        self.validation_scores_ = curves.scores
        self.best_validation_score_ = None if curves.scores is None else max(curves.scores)
        self.n_iter_ = trained.n_epochs
        self.t_ = trained.n_seen
        self.n_layers_ = len(network.layers) + 1
        self.n_outputs_ = network.n_outputs
        last = network.layers[-1].activation
        self.out_activation_ = OUT_ACTIVATIONS.get(last, last)

    def _prediction(self, X: Any) -> Prediction:
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        where, threads = type(self).__name__, threads_of(self.n_jobs)
        model = self._fitted().model
        if isinstance(X, np.ndarray):
            return model.prediction(X, threads=threads, where=where)
        n = max(1, DENSE_AT_ONCE // X.shape[1])
        blocks = [X[start : start + n].toarray() for start in range(0, X.shape[0], n)]
        return join_rows([model.prediction(b, threads=threads, where=where) for b in blocks])

    def predict_std(self, X: Any) -> np.ndarray:
        """Return how far the networks are apart: 0 where they agree.

        The standard deviation over the networks of the probability of the predicted class, of
        every label's probability, or of the values in their own units.

        Shapes:
            X (N, D) -> (N,), or (N, C) for several targets

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
        """
        return np.asarray(self._prediction(X).disagreement)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_trained")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @property
    def model_(self) -> Model:
        """The networks as a `shoal.models.Model`: to save, to export, to serve."""
        return self._fitted().delivered.whole

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Weights of the best network's layers, (D, H) each; for inputs as they were scaled."""
        return [weights[0] for weights in self.model_.best_network.parameters.weights]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Biases of the best network's layers, (H,) each."""
        biases = self.model_.best_network.parameters.biases
        return [each[0] for each in biases if each is not None]

    def _fitted(self) -> Trained:
        found = self._before()
        if found is None:
            told = f"This {type(self).__name__} instance is not fitted yet. Call 'fit' first."
            raise NotFittedError(told)
        return found


def _check_size(where: str, name: str, numbers: np.ndarray) -> None:
    """Check that numbers have squares.

    Raises:
        ArgumentError: one is too large.
    """
    largest = max(float(numbers.max()), -float(numbers.min()))
    if largest > LARGEST:
        wanted = f"must be at most {LARGEST:g} in magnitude"
        raise ArgumentError(where, name, wanted, got=f"{largest:g}", code="A105")


def _check_goal(where: str, goal: Goal, before: Trained) -> None:
    """Check that targets are of the kind that was trained on.

    Raises:
        ArgumentError: they are not.
    """
    schema = before.model.schema
    if (goal.kind, goal.names, goal.n_outputs) != (schema.kind, schema.classes, schema.n_outputs):
        wanted = f"must stay {schema.kind} with {schema.n_outputs} outputs to train on"
        raise ArgumentError(
            where, "y", wanted, got=f"{goal.kind} with {goal.n_outputs} outputs", code="A108"
        )


def _warn(where: str, run: Run) -> None:
    """Warn of what happened in a fit, as seen from its caller."""
    for sentence in run.warnings:
        warnings.warn(sentence, ShoalWarning, stacklevel=5)
    n_lost = int((~run.sound).sum())
    if 0 < n_lost < len(run):
        told = f"{where}: {n_lost} of {len(run)} networks diverged; the others predict."
        warnings.warn(told, ShoalWarning, stacklevel=5)
    if run.interrupted:
        warnings.warn(f"{where}: training was interrupted.", UserWarning, stacklevel=5)
