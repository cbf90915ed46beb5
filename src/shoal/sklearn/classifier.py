"""A population of networks as a scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels
from sklearn.utils.validation import column_or_1d

from shoal.data.dataset import Dataset
from shoal.errors import ArgumentError
from shoal.sklearn.base import BaseShoal, takes_batches
from shoal.sklearn.goals import Goal, goal_of_classes, goal_of_labels, told, weights_by_name
from shoal.sklearn.recipe import Recipe

KINDS: Final = ("binary", "multiclass", "multilabel-indicator", "multiclass-multioutput")
"""What scikit-learn calls targets that are classes."""


class ShoalClassifier(ClassifierMixin, BaseShoal):  # type: ignore[misc]
    """A population of networks that predicts as its ensemble.

    It takes the parameters of scikit-learn's MLPClassifier under their names, and some of its
    own; docs/estimators.md says what each means and where it differs. Features are standardised
    inside. The probability of a class is the mean over the networks.

    Args:
        hidden_layer_sizes: units of the hidden layers; one number is one layer.
        activation: of the hidden layers: "logistic" or a name of `shoal.network.ACTIVATIONS`.
        solver: "adam", "sgd", "lbfgs" or another name of `shoal.training.OPTIMIZERS`.
        alpha: L2 penalty, divided by the rows of a batch; "auto": 3, divided by all rows.
        batch_size: rows of a step; "auto" is 32, "full" all.
        learning_rate: "constant", "invscaling" or "adaptive"; adam and lbfgs do not heed it.
        learning_rate_init: of the first step.
        power_t: the power of "invscaling".
        max_iter: epochs at most.
        shuffle: whether every epoch takes the rows in another order.
        random_state: a number for the same networks every time.
        tol: by how much the loss must fall to count as better.
        verbose: whether a line is printed of every epoch.
        warm_start: whether `fit` goes on from the present weights.
        momentum: of "sgd".
        nesterovs_momentum: whether it looks a step ahead.
        early_stopping: whether every network holds out rows of its own, ends when their loss
            has not become better, and goes back to its best weights; "auto": from 50,000 rows.
        validation_fraction: the share of rows that is held out.
        beta_1, beta_2, epsilon: of "adam" and its like.
        n_iter_no_change: epochs without a better loss after which a network ends.
        max_fun: evaluations of the loss at most, of "lbfgs".
        n_networks: P, the networks of the population.
        class_weight: how much rows of a class count: a dictionary, or "balanced".
        scaling: of the features: "standard", "minmax" or "none".
        dropout: the probability with which a hidden output is left out of a training step.
        n_jobs: threads; None or -1 for all this process may use.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True)
        >>> ShoalClassifier(random_state=0).fit(X, y).score(X, y) > 0.95
        True
    """

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (48,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float | str = "auto",
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.01,
        power_t: float = 0.5,
        max_iter: int = 50,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15_000,
        n_networks: int = 16,
        class_weight: Mapping[Any, float] | str | None = None,
        scaling: str = "standard",
        dropout: float = 0.0,
        n_jobs: int | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.n_networks = n_networks
        self.class_weight = class_weight
        self.scaling = scaling
        self.dropout = dropout
        self.n_jobs = n_jobs

    @available_if(takes_batches)  # type: ignore[untyped-decorator]
    def partial_fit(
        self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None
    ) -> ShoalClassifier:
        """Train one more epoch, on rows that may be others than before; never stops early.

        The moments of the learning rule and the count of steps go on. Features are scaled by
        the mean and the spread of all rows so far.

        Args:
            X: features, dense or sparse, finite.
            y: classes, or labels.
            sample_weight: how much each row counts, 0 or more.
            classes: every class that will ever come, in the first call.

        Shapes:
            X (N, D), y (N,) or (N, L), sample_weight (N,)

        Raises:
            InputError: a parameter cannot be, rows cannot be used, or every network diverged.
        """
        self._partial_fit(X, y, sample_weight, self._classes_to_come(classes))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the class of every row, or 0 and 1 for every label.

        The most probable class; of equally probable ones the first.

        Shapes:
            X (N, D) -> (N,) or (N, L)

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
        """
        codes = self._prediction(X).codes
        assert codes is not None
        return np.asarray(codes if codes.ndim == 2 else self.classes_[codes])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of every class or label: the mean over the networks.

        Shapes:
            X (N, D) -> (N, n_classes) or (N, L)

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
        """
        return np.asarray(self._prediction(X).mean)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of `predict_proba`.

        Shapes:
            X (N, D) -> (N, n_classes) or (N, L)
        """
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))

    def _classes_to_come(self, classes: Any) -> np.ndarray:
        """Return the classes of all calls of `partial_fit`: given in the first, then known."""
        where = f"{type(self).__name__}.partial_fit"
        known = self.classes_ if self._before() is not None else None
        if classes is None:
            if known is None:
                wanted = "must be passed on the first call to partial_fit"
                cure = "Give every class that will come: classes=np.unique(y_all)."
                raise ArgumentError(where, "classes", wanted, got=None, cure=cure, code="A108")
            return np.asarray(known)
        given = unique_labels(classes)
        if known is not None and not np.array_equal(known, given):
            wanted = f"must be {told(known)}, as in the first call"
            raise ArgumentError(where, "classes", wanted, got=told(given), code="A103")
        return np.asarray(given)

    def _settled(self, recipe: Recipe, dataset: Dataset) -> Recipe:
        weights = recipe.class_weight
        if not isinstance(weights, Mapping) or dataset.schema.kind != "classification":
            return recipe
        named = weights_by_name(type(self).__name__, self.classes_, weights)
        return replace(recipe, class_weight=named)

    def _goal(self, y: Any, classes: np.ndarray | None) -> Goal:
        where = type(self).__name__
        y = y.toarray() if hasattr(y, "toarray") else y
        kind = type_of_target(y, input_name="y")
        if kind not in KINDS:
            check_classification_targets(y)  # refuses it
        if kind == "multiclass-multioutput":
            wanted = "must be one column of classes, or labels of 0 and 1 each"
            cure = "Train one estimator for each: sklearn.multioutput.MultiOutputClassifier."
            raise ArgumentError(
                where, "y", wanted, got=f"{y.shape[1]} columns", cure=cure, code="A109"
            )
        many = kind.startswith("multilabel")
        y = y if many else column_or_1d(y, warn=True)
        if classes is None:
            classes = np.arange(y.shape[1]) if many else np.unique(y)
        _check_y(where, y, classes, many)
        self.classes_ = classes
        return goal_of_labels(y) if many else goal_of_classes(np.searchsorted(classes, y), classes)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _check_y(where: str, y: np.ndarray, classes: np.ndarray, many: bool) -> None:
    """Check that targets are of the classes, and that there are two classes or more.

    Raises:
        ArgumentError: they are not.
    """
    if many and y.shape[1] != len(classes):
        wanted = f"must have {len(classes)} columns, one for each label"
        raise ArgumentError(where, "y", wanted, got=y.shape[1], code="A109")
    if many:
        return
    if len(classes) < 2:
        wanted = "must have rows of at least 2 classes"
        raise ArgumentError(where, "y", wanted, got=f"1 class, {told(classes)}", code="A109")
    strange = np.setdiff1d(y, classes)
    if len(strange):
        wanted = f"must have classes of those known, {told(classes)}"
        raise ArgumentError(where, "y", wanted, got=told(strange), code="A109")
