"""The learners: each in its defaults, and each with the grid that it is searched over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from shoal.sklearn import PopulationSearchCV, ShoalClassifier, ShoalRegressor

INNER_FOLDS = 3
EPOCHS = 50
"""Epochs of the comparison of single networks, with every stop rule off."""
GRID = {
    "hidden_layer_sizes": [(32,), (64,)], "learning_rate_init": [0.001, 0.01],
    "alpha": [1e-4, 1e-2],
}  # fmt: skip
"""Eight settings, for the comparison of searches as such."""
NETWORKS = {"hidden_layer_sizes": [(32,), (64,)], "learning_rate_init": [0.001, 0.01]}
"""The grid of shoal and of MLPClassifier alike."""
Grid = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What an estimator is made for."""

    is_classification: bool
    n_targets: int
    seed: int
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """A library's learner.

    Attributes:
        name: what it is called in rows and tables.
        default: makes it in its defaults.
        grid: four settings that it is searched over.
    """

    name: str
    default: Callable[[Ask], Any]
    grid: Callable[[Ask], Grid]

    def searched(self, ask: Ask) -> Any:
        """Return a search of its grid: the same inner folds and the same cores for all.

        Where an estimator has threads of its own, fits go one by one; networks and linear
        models go in as many processes as there are threads, with one BLAS thread each.
        """
        if self.name == "shoal":
            return PopulationSearchCV(
                self.default(ask), self.grid(ask), cv=INNER_FOLDS, n_jobs=ask.threads
            )
        jobs = ask.threads if self.name in ("mlp", "linear") else 1
        return GridSearchCV(self.default(ask), self.grid(ask), cv=INNER_FOLDS, n_jobs=jobs)


def _shoal(ask: Ask) -> Any:
    kind = ShoalClassifier if ask.is_classification else ShoalRegressor
    return kind(random_state=ask.seed, n_jobs=ask.threads)


def _mlp(ask: Ask) -> Any:
    return scaled_mlp(ask)


def scaled_mlp(ask: Ask, **settings: Any) -> Any:
    """Return MLPClassifier behind a scaler, or MLPRegressor with its target scaled as well."""
    if ask.is_classification:
        return _scaled(MLPClassifier(random_state=ask.seed, **settings))
    model = MLPRegressor(random_state=ask.seed, **settings)
    return TransformedTargetRegressor(_scaled(model), transformer=StandardScaler())


def _linear(ask: Ask) -> Any:
    return _scaled(LogisticRegression(max_iter=1000) if ask.is_classification else Ridge())


def _forest(ask: Ask) -> Any:
    kind = RandomForestClassifier if ask.is_classification else RandomForestRegressor
    return kind(random_state=ask.seed, n_jobs=ask.threads)


def _boosting(ask: Ask) -> Any:
    if ask.is_classification:
        return HistGradientBoostingClassifier(random_state=ask.seed)
    model = HistGradientBoostingRegressor(random_state=ask.seed)
    return model if ask.n_targets == 1 else MultiOutputRegressor(model)


def _scaled(model: Any) -> Pipeline:
    return Pipeline([("scale", StandardScaler()), ("model", model)])


def _mlp_grid(ask: Ask) -> Grid:
    return _under("model" if ask.is_classification else "regressor__model", NETWORKS)


def _linear_grid(ask: Ask) -> Grid:
    grid: Grid = {"C": [0.01, 0.1, 1, 10]} if ask.is_classification else {"alpha": [0.1, 1, 10, 99]}
    return _under("model", grid)


def _boosting_grid(ask: Ask) -> Grid:
    grid = {"learning_rate": [0.05, 0.1], "max_leaf_nodes": [7, 31]}
    is_wrapped = not ask.is_classification and ask.n_targets > 1
    return _under("estimator", grid) if is_wrapped else grid


def _under(prefix: str, grid: Grid) -> Grid:
    return {f"{prefix}__{name}": values for name, values in grid.items()}


LEARNERS = {
    each.name: each
    for each in (
        Learner(name="shoal", default=_shoal, grid=lambda ask: NETWORKS),
        Learner(name="mlp", default=_mlp, grid=_mlp_grid),
        Learner(name="linear", default=_linear, grid=_linear_grid),
        Learner(
            name="forest",
            default=_forest,
            grid=lambda ask: {"min_samples_leaf": [1, 5], "max_features": ["sqrt", 0.5]},
        ),
        Learner(name="boosting", default=_boosting, grid=_boosting_grid),
    )
}
"""Every learner, shoal first."""


def grid(name: str, ask: Ask) -> Any:
    """Return a search of `GRID` without a refit: 24 fits, one network each, or 16 for shoal_16."""
    if name == "mlp":
        prefix = "model" if ask.is_classification else "regressor__model"
        given = _under(prefix, GRID)
        return GridSearchCV(scaled_mlp(ask), given, cv=INNER_FOLDS, n_jobs=ask.threads, refit=False)
    kind = ShoalClassifier if ask.is_classification else ShoalRegressor
    model = kind(random_state=ask.seed, n_networks=1 if name == "shoal" else 16)
    return PopulationSearchCV(model, GRID, cv=INNER_FOLDS, n_jobs=ask.threads, refit=False)


def single(name: str, ask: Ask, n_rows: int) -> Any:
    """Return one network of 100 hidden units, Adam 0.001, batches of 200, all epochs.

    Both have the same layers, rule, batches, penalty and number of steps; no stop rule fires.
    """
    alike: dict[str, Any] = {
        "hidden_layer_sizes": (100,), "learning_rate_init": 0.001, "alpha": 1e-4,
        "batch_size": min(200, n_rows), "max_iter": EPOCHS,
    }  # fmt: skip
    if name == "mlp":
        return scaled_mlp(ask, tol=0.0, n_iter_no_change=10**6, **alike)
    kind = ShoalClassifier if ask.is_classification else ShoalRegressor
    return kind(
        random_state=ask.seed, n_jobs=ask.threads, n_networks=1, early_stopping=False,
        tol=0.0, n_iter_no_change=10**6, **alike,
    )  # fmt: skip
