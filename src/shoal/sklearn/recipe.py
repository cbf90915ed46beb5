"""From the parameters of an estimator to an experiment: what each of them means to shoal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from shoal.data.dataset import Dataset, Feature
from shoal.errors import ArgumentError
from shoal.experiments.document import Experiment, GivenData, Population, Preprocess
from shoal.fields import NamedRecord
from shoal.network import Dense, Network
from shoal.sklearn.fitting import Job
from shoal.sklearn.goals import Goal
from shoal.sklearn.parameters import ACTIVATIONS_OF_PEER, check_parameters
from shoal.sklearn.relative import spread_of
from shoal.streams import MAX_SEED
from shoal.training import OPTIMIZERS, Plateau, Regularization, Training
from shoal.training.schedules import InverseScaling, ReduceOnPlateau
from shoal.training.stopping import EvaluationLimit

HELD_OUT_FROM: Final = 50_000
"""Rows from which `early_stopping="auto"` holds some out: measured, see docs/estimators.md."""
SPLITS_BYTES: Final = 2**30
"""What the rows of all networks may take if each holds out rows of its own."""
AUTO_BATCH: Final = 32
"""What `batch_size="auto"` stands for."""
AUTO_PENALTY: Final = 3.0
"""What `alpha="auto"` stands for, to be divided by all training rows."""
LEAST_RATE: Final = 1e-6
"""The learning rate below which "adaptive" does not go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All settings of an estimator, with the seed that `random_state` stands for.

    Weights of classes are by label as a user gives them, and by name where they go into an
    experiment; see `shoal.sklearn.goals.weights_by_name`.
    """

    seed: int
    hidden_layer_sizes: tuple[int, ...]
    activation: str
    solver: str
    alpha: float | str
    batch_size: int | str
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_iter: int
    loss: str | None
    shuffle: bool
    tol: float
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool | str
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float
    max_fun: int
    n_networks: int
    scaling: str
    target_scaling: str
    dropout: float
    class_weight: Mapping[Any, float] | str | None

    @property
    def scales_counts(self) -> bool:
        """Whether targets are counts that are divided by their mean."""
        return self.loss == "poisson" and self.target_scaling != "none"


def recipe_of(estimator: Any) -> Recipe:
    """Return the settings of a `ShoalClassifier` or `ShoalRegressor`.

    A `random_state` that is not a number is drawn from, as scikit-learn does in every fit.
    """
    given = estimator.get_params(deep=False)
    check_parameters(type(estimator).__name__, given)
    known = {field.name for field in fields(Recipe)}
    own = {name: value for name, value in given.items() if name in known}
    sizes = given["hidden_layer_sizes"]
    sizes = [sizes] if isinstance(sizes, int | np.integer) else sizes
    own |= {
        "seed": seed_of(given["random_state"]),
        "hidden_layer_sizes": tuple(int(size) for size in sizes),
    }
    missing = {"loss": None, "class_weight": None, "target_scaling": "none"}
    return Recipe(**(missing | own))


def seed_of(random_state: Any) -> int:
    """Return the seed that a `random_state` stands for: itself if it is one, else a drawn one."""
    from sklearn.utils import check_random_state

    if isinstance(random_state, int | np.integer) and 0 <= random_state <= MAX_SEED:
        return int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def dataset_of(
    x: np.ndarray,
    goal: Goal,
    weights: np.ndarray | None = None,
    *,
    names: Sequence[str] | None = None,
) -> Dataset:
    """Return rows as shoal takes them; those of weight 0 are left out.

    Args:
        x: features, finite.
        goal: targets.
        weights: of the rows, not negative.
        names: of the features, if they have any.

    Shapes:
        x (N, D), weights (N,)

    Raises:
        ArgumentError: every weight is 0.
    """
    columns = tuple(Feature(name=name) for name in feature_names(x.shape[1], names))
    x = np.ascontiguousarray(x, np.float64)
    if weights is not None:
        counted = weights > 0
        if not counted.any():
            wanted = "must be above 0 for at least one row"
            raise ArgumentError("fit", "sample_weight", wanted, got="none", code="A106")
        if not counted.all():
            rows = np.flatnonzero(counted)
            x, goal, weights = x[rows], goal.take(rows), weights[rows]
        weights = None if (weights == weights[0]).all() else np.asarray(weights, np.float64)
    return Dataset(x=x, y=goal.y, schema=goal.schema_of(columns), source="rows", weights=weights)


def feature_names(n: int, names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of features: those given if they tell them apart, else x0, x1, ..."""
    if names is not None:
        given = tuple(str(name) for name in names)
        if all(given) and len(set(given)) == len(given):
            return given
    return tuple(f"x{j}" for j in range(n))


def experiment_of(recipe: Recipe, dataset: Dataset) -> Experiment:
    """Return the experiment that an estimator with these settings carries out on these rows."""
    n_held_out = held_out(recipe, dataset)
    n_rows = dataset.n_rows - n_held_out
    share = recipe.validation_fraction if n_held_out else 0.0
    splits_apart = n_held_out and 4 * recipe.n_networks * dataset.x.size <= SPLITS_BYTES
    vary = ("init", "order", "dropout", "search", *(("split",) if splits_apart else ()))
    regression, counts = dataset.schema.is_regression, recipe.scales_counts
    return Experiment(
        data=GivenData(given="rows", validation=share),
        network=network_of(recipe, dataset),
        training=training_of(recipe, dataset, n_rows, has_validation=n_held_out > 0),
        population=Population(recipe.n_networks, vary=vary),
        seed=recipe.seed,
        preprocess=Preprocess(
            scaling=recipe.scaling,
            target_scaling=recipe.target_scaling if regression and not counts else "none",
        ),
    )


def job_of(recipe: Recipe, dataset: Dataset) -> Job:
    """Return the job of training an estimator with these settings on these rows."""
    return Job(
        experiment=experiment_of(recipe, dataset),
        dataset=dataset,
        shuffle=recipe.shuffle,
        counts=recipe.scales_counts,
        spread=_spread(recipe, dataset),
    )


def network_of(recipe: Recipe, dataset: Dataset) -> Network:
    """Return the layers: those hidden, and the one that fits the target."""
    schema = dataset.schema
    activation = ACTIVATIONS_OF_PEER.get(recipe.activation, recipe.activation)
    if schema.is_regression:
        last = "exponential" if recipe.loss == "poisson" else "identity"
    else:
        last = "softmax" if len(schema.classes) > 2 else "sigmoid"
    hidden = [Dense(size, activation) for size in recipe.hidden_layer_sizes]
    return Network([*hidden, Dense(schema.n_outputs, last)])


def held_out(recipe: Recipe, dataset: Dataset) -> int:
    """Return how many rows are held out for early stopping; 0 where it is off or they are few.

    Every class keeps a row to train on, and a hold-out has two rows or more.
    """
    wanted = recipe.early_stopping
    if wanted == "auto":
        wanted = dataset.n_rows >= HELD_OUT_FROM
    if not wanted or recipe.solver == "lbfgs":
        return 0
    n = math.floor(recipe.validation_fraction * dataset.n_rows + 0.5)
    n_least = max(1, len(dataset.schema.classes))
    return n if n >= 2 and dataset.n_rows - n >= n_least else 0


def training_of(recipe: Recipe, dataset: Dataset, n_rows: int, *, has_validation: bool) -> Training:
    """Return how networks are trained on `n_rows` rows."""
    batch = batch_of(recipe, n_rows)
    strength = _strength(dataset, recipe.loss)
    return Training(
        optimizer=optimizer_of(recipe, batch, strength),
        loss=recipe.loss,
        batch_size="full" if batch == n_rows else batch,
        epochs=recipe.max_iter,
        schedule=schedule_of(recipe, dataset),
        regularization=Regularization(
            l2=penalty_of(recipe, n_rows, batch) * strength,
            dropout=recipe.dropout if recipe.hidden_layer_sizes else 0.0,
        ),
        class_weight=recipe.class_weight,
        stop=stops_of(recipe, dataset, has_validation=has_validation),
        restore_best="validation_loss" if has_validation else None,
    )


def batch_of(recipe: Recipe, n_rows: int) -> int:
    """Return the rows of a step: as given, at most all."""
    if recipe.solver == "lbfgs" or recipe.batch_size == "full":
        return n_rows
    size = AUTO_BATCH if recipe.batch_size == "auto" else int(recipe.batch_size)
    return min(size, n_rows)


def penalty_of(recipe: Recipe, n_rows: int, batch: int) -> float:
    """Return what weights are multiplied by to be added to the mean gradient of a batch.

    MLPClassifier divides `alpha` by the rows of the batch; "auto" is `AUTO_PENALTY` divided by
    all training rows, so that more rows need less of it, and batches of any size the same.
    """
    if recipe.alpha == "auto":
        return AUTO_PENALTY / n_rows
    return float(recipe.alpha) / batch


def optimizer_of(recipe: Recipe, batch: int, strength: float) -> Any:
    """Return the learning rule that `solver` names, with the settings that it has."""
    record: Any = OPTIMIZERS[recipe.solver].record
    rate = recipe.learning_rate_init
    if recipe.solver == "lbfgs":
        return record()
    if recipe.solver == "sgd":
        rate /= strength
        if recipe.momentum:
            record = OPTIMIZERS["nesterov" if recipe.nesterovs_momentum else "momentum"].record
    if recipe.learning_rate == "invscaling" and _heeds_schedule(recipe) and recipe.power_t:
        rate *= batch**-recipe.power_t
    given = {
        "learning_rate": rate,
        "momentum": recipe.momentum,
        "beta_1": recipe.beta_1,
        "beta_2": recipe.beta_2,
        "epsilon": recipe.epsilon,
    }
    return record(**{name: given[name] for name in record.model_fields if name in given})


def schedule_of(recipe: Recipe, dataset: Dataset) -> tuple[NamedRecord, ...]:
    """Return how the learning rate changes; Adam and L-BFGS do not heed it, as in MLPClassifier.

    "invscaling" divides it by ``rows seen ** power_t``, step by step; "adaptive" by 5 when the
    loss has not fallen by `tol` for `n_iter_no_change` epochs.
    """
    if not _heeds_schedule(recipe) or recipe.learning_rate == "constant":
        return ()
    if recipe.learning_rate == "invscaling":
        # half a step is rounded to the one step that time is counted in
        return (InverseScaling(recipe.power_t, epochs=1e-9),) if recipe.power_t else ()
    patience = recipe.n_iter_no_change
    least = min(1.0, LEAST_RATE / recipe.learning_rate_init)
    if patience >= recipe.max_iter:
        return ()
    gain = _gain(recipe, dataset)
    return (ReduceOnPlateau(0.2, patience=int(patience), gain=gain, least=least),)


def stops_of(recipe: Recipe, dataset: Dataset, *, has_validation: bool) -> tuple[NamedRecord, ...]:
    """Return what ends a network before its last epoch."""
    if recipe.solver == "lbfgs":
        # near a minimum a gradient of g leaves about g^2 to gain
        gain = recipe.tol**2
        return Plateau("train_loss", patience=2, gain=gain), EvaluationLimit(recipe.max_fun)
    patience = recipe.n_iter_no_change
    reduces = recipe.learning_rate == "adaptive" and _heeds_schedule(recipe)
    if patience >= recipe.max_iter or (reduces and not has_validation):
        return ()
    figure = "validation_loss" if has_validation else "train_loss"
    return (Plateau(figure, patience=int(patience), gain=_gain(recipe, dataset)),)


def _heeds_schedule(recipe: Recipe) -> bool:
    return recipe.solver not in ("adam", "lbfgs") and OPTIMIZERS[recipe.solver].has_learning_rate


def _gain(recipe: Recipe, dataset: Dataset) -> float:
    """Return `tol` in the units of the loss: those of the target where it is scaled inside."""
    return recipe.tol * _spread(recipe, dataset)


def _spread(recipe: Recipe, dataset: Dataset) -> float:
    """Return what `tol` is a share of."""
    is_scaled = recipe.target_scaling != "none" and not recipe.scales_counts
    heeds_tol = recipe.solver != "lbfgs"
    return spread_of(dataset, recipe.loss) if is_scaled and heeds_tol else 1.0


def _strength(dataset: Dataset, loss: str | None) -> float:
    """Return how much larger our gradient is than MLPClassifier's.

    Our losses are means over the outputs, and squared error has no factor 1/2; there a step
    follows ``a - y`` of every output.
    """
    n_outputs = dataset.schema.n_outputs
    if dataset.schema.kind == "classification":
        return 1.0
    if dataset.schema.is_regression and loss in (None, "squared_error"):
        return 2.0 / n_outputs
    return 1.0 / n_outputs


__all__ = [
    "Recipe",
    "batch_of",
    "dataset_of",
    "experiment_of",
    "held_out",
    "job_of",
    "recipe_of",
]
