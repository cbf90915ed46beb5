"""A population of networks as a scikit-learn regressor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import column_or_1d

from shoal.data.dataset import Dataset
from shoal.errors import ArgumentError
from shoal.sklearn.base import BaseShoal, takes_batches
from shoal.sklearn.goals import Goal, goal_of_numbers
from shoal.sklearn.recipe import Recipe


class ShoalRegressor(RegressorMixin, BaseShoal):  # type: ignore[misc]
    """A population of networks that predicts as its ensemble.

    It takes the parameters of scikit-learn's MLPRegressor under their names, and some of its own;
    docs/estimators.md says what each means and where it differs. Features and targets are
    standardised inside. A prediction is the mean over the networks, in the target's own units.

    Args:
        loss: "squared_error", "absolute_error", "huber", or "poisson" for counts.
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
        scaling: of the features: "standard", "minmax" or "none".
        target_scaling: the same of the targets; "poisson" divides them by their mean.
        dropout: the probability with which a hidden output is left out of a training step.
        n_jobs: threads; None or -1 for all this process may use.

    Example:
        >>> from sklearn.datasets import load_diabetes
        >>> X, y = load_diabetes(return_X_y=True)
        >>> ShoalRegressor(random_state=0).fit(X, y).score(X, y) > 0.5
        True
    """

    def __init__(
        self,
        loss: str = "squared_error",
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
        scaling: str = "standard",
        target_scaling: str = "standard",
        dropout: float = 0.0,
        n_jobs: int | None = None,
    ) -> None:
        self.loss = loss
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
        self.scaling = scaling
        self.target_scaling = target_scaling
        self.dropout = dropout
        self.n_jobs = n_jobs

    @available_if(takes_batches)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> ShoalRegressor:
        """Train one more epoch, on rows that may be others than before; never stops early.

        The moments of the learning rule and the count of steps go on. Features and targets are
        scaled by the mean and the spread of all rows so far.

        Args:
            X: features, dense or sparse, finite.
            y: values.
            sample_weight: how much each row counts, 0 or more.

        Shapes:
            X (N, D), y (N,) or (N, C), sample_weight (N,)

        Raises:
            InputError: a parameter cannot be, rows cannot be used, or every network diverged.
        """
        self._partial_fit(X, y, sample_weight)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the value of every row: the mean over the networks.

        Shapes:
            X (N, D) -> (N,) or (N, C)

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
        """
        mean = self._prediction(X).mean
        return np.asarray(mean[:, 0] if mean.shape[1] == 1 else mean)

    _y_numeric = True

    def _goal(self, y: Any, classes: np.ndarray | None) -> Goal:
        y = y.toarray() if hasattr(y, "toarray") else y
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return goal_of_numbers(y)

    def _settled(self, recipe: Recipe, dataset: Dataset) -> Recipe:
        least = float(dataset.y.min())
        if recipe.loss == "poisson" and least < 0:
            cure = 'Give "squared_error" or "huber" for other numbers.'
            wanted = 'must be 0 or more for the loss "poisson"'
            raise ArgumentError(
                type(self).__name__, "y", wanted, got=f"{least:g}", cure=cure, code="A109"
            )
        return recipe

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
