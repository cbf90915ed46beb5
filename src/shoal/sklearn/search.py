"""A grid or random search with cross-validation that trains as one population."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
from sklearn.model_selection import ParameterGrid, ParameterSampler
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import indexable
from sklearn.utils.validation import _check_method_params

from shoal.errors import ArgumentError
from shoal.sklearn.base import BaseShoal
from shoal.sklearn.fitting import asked_first
from shoal.sklearn.search_jobs import Pair, handed_over, trained, turns_of
from shoal.sklearn.threads import threads_of

WHERE = "PopulationSearchCV"


class PopulationSearchCV(BaseSearchCV):  # type: ignore[misc]
    """Search settings by cross-validation, all folds, seeds and settings as one population.

    What `GridSearchCV` and `RandomizedSearchCV` do, with the same results to the last bit, in a
    fraction of the time: every network of every fold and setting whose layers, batches, penalties
    and epochs agree is trained side by side, whatever its rows, seed and learning rate; others in
    turn, on all threads. Where somebody looks on (callbacks, `verbose` of the estimator), fits
    run one by one.

    Args:
        estimator: a `ShoalClassifier` or `ShoalRegressor`, or a `Pipeline` that ends in one.
        param_grid: settings by name, each with the values to try; or a list of such dicts.
        param_distributions: in place of it: lists, or distributions with ``rvs`` to draw from.
        n_iter: how many settings are drawn from the distributions.
        random_state: of that drawing.
        scoring: a name, a callable, or several as a list or dict; the estimator's own if None.
        n_jobs: threads that train; all there are if None or -1. No processes are started.
        refit: fit the best settings on all rows; a name where there are several scores, or a
            callable from `cv_results_` to the best index.
        cv: folds, a splitter or an iterable; 5 if None, stratified for classifiers.
        verbose: as in `GridSearchCV`.
        error_score: the score of a fit that fails, or "raise".
        return_train_score: whether training rows are scored too.

    Attributes of a fitted search are those of `GridSearchCV`: `cv_results_`, `best_estimator_`,
    `best_params_`, `best_score_`, `best_index_`, `n_splits_`, `scorer_`, `multimetric_`,
    `refit_time_`. In `cv_results_`, `mean_fit_time` is the time of a fit's own preparation plus
    an equal share, per fit, of the time in which all trained together.

    Raises:
        ArgumentError: another estimator, or not exactly one of grid and distributions.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from shoal.sklearn import ShoalClassifier
        >>> x, y = load_iris(return_X_y=True)
        >>> few = ShoalClassifier(n_networks=2, max_iter=10, random_state=0)
        >>> search = PopulationSearchCV(few, {"learning_rate_init": [1e-6, 0.03]}, cv=3).fit(x, y)
        >>> search.best_params_
        {'learning_rate_init': 0.03}
    """

    def __init__(
        self,
        estimator: Any,
        param_grid: Any = None,
        *,
        param_distributions: Any = None,
        n_iter: int = 10,
        random_state: Any = None,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        error_score: Any = np.nan,
        return_train_score: bool = False,
    ) -> None:
        super().__init__(
            estimator=estimator, scoring=scoring, n_jobs=n_jobs, refit=refit, cv=cv,
            verbose=verbose, error_score=error_score, return_train_score=return_train_score,
        )  # fmt: skip
        self.param_grid = param_grid
        self.param_distributions = param_distributions
        self.n_iter = n_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, **params: Any) -> PopulationSearchCV:
        """Search, and fit the best settings on all rows.

        Args:
            X: features (N, D).
            y: targets (N,) or (N, C).
            params: `groups` for the splitter, `sample_weight` and others for the estimator.
        """
        _check_estimator(self.estimator)
        self._candidates()  # told before anything is trained
        self._rows = (X, y, params)
        try:
            # the threads are ours
            with import_module("joblib").parallel_config(backend="sequential"):
                super().fit(X, y, **params)
        finally:
            del self._rows
        return self

    def _candidates(self) -> Any:
        """Return the settings: a sized iterable of dicts.

        Raises:
            ArgumentError: not exactly one of grid and distributions was given.
        """
        given = [each for each in (self.param_grid, self.param_distributions) if each is not None]
        if len(given) != 1:
            got = "both" if given else "neither"
            wanted = "or `param_distributions` must be given, one of the two"
            raise ArgumentError(WHERE, "param_grid", wanted, got=got, code="A107")
        if self.param_grid is not None:
            return ParameterGrid(self.param_grid)
        return ParameterSampler(
            self.param_distributions, self.n_iter, random_state=self.random_state
        )

    def _run_search(self, evaluate_candidates: Any, *, callback_ctx: Any = None) -> None:
        """Train all candidates on all splits, then let scikit-learn score them: in turns."""
        x, y = indexable(*self._rows[:2])
        params = _check_method_params(x, params=self._rows[2])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it has warned before
            routed = self._get_routed_params_for_fit(params)
        splits = _Splits(list(self._checked_cv_orig.split(x, y, **routed.splitter.split)))
        candidates = list(self._candidates())
        if callback_ctx is not None and _looked_on(self, self.estimator):
            begun = callback_ctx.subcontext(
                task_name="search", max_subtasks=len(candidates) * len(splits.pairs),
                sequential_subtasks=False,
            ).call_on_fit_task_begin(estimator=self)  # fmt: skip
            evaluate_candidates(candidates, cv=splits, callback_ctx=begun)
            begun.call_on_fit_task_end(estimator=self)
            return
        shares: list[float] = []
        results: dict[str, Any] = {}
        start = time.perf_counter()
        for some, jobs in turns_of(
            self.estimator, candidates, splits.pairs, (x, y), routed.estimator.fit
        ):
            waiting = trained(jobs, threads_of(self.n_jobs))
            seconds = time.perf_counter() - start
            with asked_first(handed_over(waiting)):
                results = evaluate_candidates(some, cv=splits)
            shares += [seconds / (len(some) * len(splits.pairs))] * len(some)
            start = time.perf_counter()
        results["mean_fit_time"] += shares


class _Splits:
    """Splits that were drawn once; a splitter may draw others when it is asked again."""

    def __init__(self, pairs: list[Pair]) -> None:
        self.pairs = pairs

    def get_n_splits(self, *_: Any, **__: Any) -> int:
        return len(self.pairs)

    def split(self, *_: Any, **__: Any) -> Iterator[Pair]:
        return iter(self.pairs)


def _check_estimator(estimator: Any) -> None:
    """Refuse what does not train populations.

    Raises:
        ArgumentError: it is no estimator of shoal, and no pipeline that ends in one.
    """
    name, last = type(estimator).__name__, estimator
    if isinstance(estimator, Pipeline):
        last = estimator.steps[-1][1] if estimator.steps else None
        name += f" that ends in {type(last).__name__}" if estimator.steps else " without steps"
    if isinstance(last, BaseShoal):
        return
    wanted = "must be a ShoalClassifier or ShoalRegressor, or a Pipeline that ends in one"
    name = name if not isinstance(last, type) else f"the class {last.__name__}"
    cure = "Only networks train as one population; for others take GridSearchCV."
    raise ArgumentError(WHERE, "estimator", wanted, got=name, cure=cure, code="A101")


def _looked_on(*estimators: Any) -> bool:
    """Return whether callbacks look on; without any, fits need no place in the tree of tasks."""
    nested = [each for one in estimators for each in one.get_params().values()]
    return any(getattr(each, "_skl_callbacks", None) for each in (*estimators, *nested))


__all__ = ["PopulationSearchCV"]
