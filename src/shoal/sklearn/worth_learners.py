"""The learners that a network is held against, each with what it takes and how it is timed."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from shoal.data.assemble import fill_gaps
from shoal.data.dataset import Dataset
from shoal.sklearn.worth_record import CONSTANT, NETWORK


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """A learner of the table.

    Attributes:
        name: "network", "constant", "linear" or "trees".
        classifier, regressor: from a seed (and threads) to an estimator of scikit-learn's kind.
        labels: what a person calls the two.
        what: which classes and settings the two are.
        takes_gaps: whether it is given gaps as they are; others get the training rows' mean.
    """

    name: str
    classifier: Callable[[int, int | None], Any]
    regressor: Callable[[int, int | None], Any]
    labels: tuple[str, str]
    what: tuple[str, str]
    takes_gaps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The rows that train and those that judge, as numbers of rows."""

    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The figures of one fit: the headline, the second one, and its seconds."""

    first: float
    second: float
    fit_s: float


def _network_classifier(seed: int, threads: int | None) -> Any:
    from shoal.sklearn import ShoalClassifier

    return ShoalClassifier(random_state=seed, n_jobs=threads)


def _network_regressor(seed: int, threads: int | None) -> Any:
    from shoal.sklearn import ShoalRegressor

    return ShoalRegressor(random_state=seed, n_jobs=threads)


def _prior(seed: int, threads: int | None) -> Any:
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="prior")


def _median(seed: int, threads: int | None) -> Any:
    from sklearn.dummy import DummyRegressor

    return DummyRegressor(strategy="median")


def _logistic(seed: int, threads: int | None) -> Any:
    from sklearn.linear_model import LogisticRegression

    return _Scaled(LogisticRegression(max_iter=1000))


def _ridge(seed: int, threads: int | None) -> Any:
    from sklearn.linear_model import Ridge

    return _Scaled(Ridge())


def _tree_classifier(seed: int, threads: int | None) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(random_state=seed)


def _tree_regressor(seed: int, threads: int | None) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(random_state=seed)


LEARNERS: Final = (
    Learner(
        name=NETWORK, classifier=_network_classifier, regressor=_network_regressor,
        labels=("the network", "the network"), what=("ShoalClassifier()", "ShoalRegressor()"),
    ),
    Learner(
        name=CONSTANT, classifier=_prior, regressor=_median,
        labels=("the constant guess", "the constant guess"),
        what=("the most frequent class", "the median"),
    ),
    Learner(
        name="linear", classifier=_logistic, regressor=_ridge,
        labels=("logistic regression", "ridge regression"),
        what=("LogisticRegression(max_iter=1000), features scaled", "Ridge(), features scaled"),
    ),
    Learner(
        name="trees", classifier=_tree_classifier, regressor=_tree_regressor,
        labels=("gradient-boosted trees", "gradient-boosted trees"),
        what=("HistGradientBoostingClassifier()", "HistGradientBoostingRegressor()"),
        takes_gaps=True,
    ),
)  # fmt: skip
"""What is cross-validated, the network first."""


def fit_and_score(
    learner: Learner, dataset: Dataset, split: Split, *, seed: int, threads: int | None
) -> Score:
    """Fit a learner on the training rows of a split and judge it on the others."""
    filled = dataset
    if not learner.takes_gaps and np.isnan(dataset.x).any():
        filled = fill_gaps(dataset, split.train)
    x, y = np.asarray(filled.x, np.float64), answers(dataset)
    weights = dataset.weights
    is_classifier = dataset.schema.kind == "classification"
    makes = learner.classifier if is_classifier else learner.regressor
    estimator = makes(seed, threads)
    counts = {} if weights is None else {"sample_weight": weights[split.train]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a linear model that has not converged is judged as it is
        begun = time.perf_counter()
        estimator.fit(x[split.train], y[split.train], **counts)
        seconds = time.perf_counter() - begun
    of = None if weights is None else weights[split.test]
    judge = _judge_classes if is_classifier else _judge_values
    first, second = judge(estimator, x[split.test], y[split.test], of)
    return Score(first=first, second=second, fit_s=seconds)


def answers(dataset: Dataset) -> np.ndarray:
    """Return the targets as scikit-learn takes them: numbers of classes, or values, (N,)."""
    y = dataset.y
    if dataset.schema.kind == "regression":
        return np.asarray(y[:, 0])
    return (y[:, 0] > 0.5).astype(np.int64) if y.shape[1] == 1 else y.argmax(axis=1)


def _judge_classes(
    estimator: Any, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None
) -> tuple[float, float]:
    from sklearn.metrics import accuracy_score, log_loss

    shares = np.asarray(estimator.predict_proba(x), np.float64)
    told = estimator.classes_[shares.argmax(axis=1)]
    right = float(accuracy_score(y, told, sample_weight=weights))
    if not np.isin(y, estimator.classes_).all():
        return right, float("nan")  # a class that no training row had
    total = shares.sum(axis=1, keepdims=True)
    loss = log_loss(y, shares / total, sample_weight=weights, labels=estimator.classes_)
    return right, float(loss)


def _judge_values(
    estimator: Any, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None
) -> tuple[float, float]:
    from sklearn.metrics import mean_absolute_error, r2_score

    told = estimator.predict(x)
    error = float(mean_absolute_error(y, told, sample_weight=weights))
    return error, float(r2_score(y, told, sample_weight=weights))


class _Scaled:
    """A linear model behind a scaler; a Pipeline would want weights under another name."""

    def __init__(self, model: Any) -> None:
        from sklearn.preprocessing import StandardScaler

        self.scaler, self.model = StandardScaler(), model

    @property
    def classes_(self) -> np.ndarray:
        return np.asarray(self.model.classes_)

    def fit(self, x: np.ndarray, y: np.ndarray, sample_weight: Any = None) -> None:
        self.model.fit(self.scaler.fit_transform(x), y, sample_weight=sample_weight)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.model.predict(self.scaler.transform(x)))

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.model.predict_proba(self.scaler.transform(x)))


__all__ = ["LEARNERS", "Learner", "Score", "Split", "answers", "fit_and_score"]
