"""What stands beside every result: the constant guess, the linear model, and what is attainable."""

from __future__ import annotations

from typing import Final

import numpy as np

from shoal.data.tasks import TaskRecipe, attainable_accuracy
from shoal.errors import InputError
from shoal.experiments.document import Experiment
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import Part, Prepared, prepare
from shoal.experiments.run import Run
from shoal.experiments.shelf import Shelf
from shoal.kernels import RowSet
from shoal.metrics import METRICS, constant_guess_accuracy
from shoal.network import LOSSES, Dense, Network
from shoal.training import LBFGS, Adam, Training

CONSTANT: Final = "constant guess"
LINEAR: Final = "linear model"
ATTAINABLE: Final = "attainable"
DATA_SETS: Final = 4
"""How many data sets of a population the baselines are computed on; their median is told."""
LINEAR_STEPS: Final = 50
STREAM_EPOCHS: Final = 10
TINY: Final = 1e-12


def baselines_of(
    what: Experiment | Prepared | Run,
    figure: str,
    *,
    rows: object = None,
    members: range | None = None,
    shelf: Shelf | None = None,
) -> dict[str, float]:
    """Return what a figure is without a network, and at best; what is not known is left out.

    "constant guess": the most frequent class of the training rows, or for a loss and a
    regression the constant output that is best for them (frequencies, mean, median).
    "linear model": no hidden layer, features scaled, fitted by L-BFGS in float64 to the same
    loss. "attainable": the accuracy of the best rule, in expectation. Each is judged on the rows
    that the figure is of; where data differ between networks, the median over the first
    `DATA_SETS` data sets.

    Args:
        what: the experiment, or what was made of it.
        figure: such as "validation_accuracy".
        rows: what `Experiment.run` takes.
        members: whose data; the first few networks if not given.
        shelf: of what experiments have in common.
    """
    part, _, measure = figure.partition("_")
    if part not in ("train", "validation", "test") or not measure:
        return {}
    prepared = _prepared(what, rows, members, shelf)
    has_it = f"train_{measure}" in prepared.settings.figures
    if not has_it or getattr(prepared.parts[0], part) is None:
        return {}
    some = prepared.parts[:DATA_SETS]
    found = {CONSTANT: _median([_constant(each, part, measure, prepared) for each in some])}
    own = what if isinstance(what, Experiment) else prepared.experiment
    found[LINEAR] = _linear(own, prepared, figure, rows, shelf)
    known = attainable(prepared)
    if measure == "accuracy" and known is not None:
        found[ATTAINABLE] = known
    return {name: value for name, value in found.items() if np.isfinite(value)}


def attainable(prepared: Prepared) -> float | None:
    """Return the accuracy of the best rule in expectation, None if it is not known."""
    recipe, truth = prepared.experiment.data, prepared.parts[0].dataset.truth
    if not isinstance(recipe, TaskRecipe):
        return None
    return attainable_accuracy(recipe) if truth is None else truth.attainable_accuracy


def linear_experiment(experiment: Experiment) -> Experiment:
    """Return the experiment with no hidden layer, on scaled features, fitted by L-BFGS.

    Where every epoch has rows of its own, it is fitted by Adam in as many batches, of
    `STREAM_EPOCHS` epochs at most: what a line can tell of a stream, it tells soon.
    """
    last, training = experiment.network.layers[-1], experiment.training
    is_step = last.activation == "step"
    streams = bool(getattr(experiment.data, "is_streaming", False))
    fitted = Training(
        Adam(0.03) if streams else LBFGS(),
        loss=None if is_step else training.loss,
        batch_size=training.batch_size if streams else "full",
        epochs=min(training.epochs, STREAM_EPOCHS) if streams else LINEAR_STEPS,
        report_every="end",
        class_weight=training.class_weight,
    )
    scaled = experiment.preprocess.model_copy(
        update={"scaling": "standard", "target_scaling": "standard"}
    )
    return experiment.model_copy(
        update={
            "network": Network([Dense(last.units, "sigmoid" if is_step else last.activation)]),
            "training": fitted,
            "preprocess": scaled,
        }
    )


def _prepared(
    what: Experiment | Prepared | Run, rows: object, members: range | None, shelf: Shelf | None
) -> Prepared:
    if isinstance(what, Run):
        return what.prepared
    if isinstance(what, Prepared):
        return what
    size = min(DATA_SETS, what.population.size)
    return prepare(what, rows=rows, members=members or range(size), shelf=shelf)


def _linear(
    experiment: Experiment, prepared: Prepared, figure: str, rows: object, shelf: Shelf | None
) -> float:
    """Return the figure of the linear model, the median over a few data sets; NaN if none."""
    first = prepared.members.start
    if figure.endswith("_loss") and experiment.network.layers[-1].activation == "step":
        return np.nan
    firsts = np.unique(prepared.part_of, return_index=True)[1][:DATA_SETS]
    try:
        linear = linear_experiment(experiment)
        found = []
        for i in np.sort(firsts).tolist():
            members = range(first + i, first + i + 1)
            ready = prepare(linear, rows=rows, members=members, shelf=shelf)
            run = carry_out(ready, tape_bytes=0)
            figures = {**{name: run.final(name) for name in run.history}, **run.test}
            found.append(float(figures[figure][0]) if figure in figures else np.nan)
    except InputError:
        return np.nan
    return _median(found)


def _constant(part: Part, name: str, measure: str, prepared: Prepared) -> float:
    """Return a figure of the constant output that is best for the training rows."""
    judged: RowSet | None = getattr(part, name)
    if judged is None:
        return np.nan
    train, schema = part.train, part.dataset.schema
    if measure == "accuracy":
        return constant_guess_accuracy(
            train.y, judged.y, weights_train=train.weights, weights_validation=judged.weights,
            labels=schema.kind == "multilabel",
        )  # fmt: skip
    y_train, y = _in_own_units(train), _in_own_units(judged)
    if measure == "loss":
        return _constant_loss(prepared.experiment, y_train, train.weights, y, judged.weights)
    middle = _median_column if measure == "mean_absolute_error" else _mean_column
    outputs = np.broadcast_to(middle(y_train, train.weights), y.shape)
    found = METRICS[measure].function(outputs, y, weights=judged.weights)
    return float(found)


def _constant_loss(
    experiment: Experiment,
    y_train: np.ndarray,
    w_train: np.ndarray | None,
    y: np.ndarray,
    weights: np.ndarray | None,
) -> float:
    """Return the loss of the constant output that makes it smallest; NaN where none is known."""
    training = experiment.training
    name = training.loss_for(experiment.network)
    mean = _mean_column(y_train, w_train)
    few = np.clip(mean, TINY, None)
    share = np.clip(mean, TINY, 1 - TINY)
    z = {
        "binary_crossentropy": np.log(share) - np.log1p(-share),
        "categorical_crossentropy": np.log(few),
        "poisson": np.log(few),
        "squared_error": mean,
        "absolute_error": _median_column(y_train, w_train),
        "hinge": np.where(mean > 0.5, 1.0, -1.0),
    }.get(name)
    if z is None:
        return np.nan
    outputs = np.broadcast_to(z, y.shape)
    rows = LOSSES[name].rows(outputs, outputs, y)
    return float(np.average(rows, weights=weights))


def _in_own_units(rows: RowSet) -> np.ndarray:
    y = np.asarray(rows.y, np.float64)
    return y if rows.units is None else y * rows.units


def _mean_column(y: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    return np.asarray(np.average(y, axis=0, weights=weights))


def _median_column(y: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Return the weighted median of each column, (C,)."""
    if weights is None:
        return np.asarray(np.median(y, axis=0))
    order = np.argsort(y, axis=0, kind="stable")
    reached = np.cumsum(np.asarray(weights, np.float64)[order], axis=0) >= weights.sum() / 2
    first = reached.argmax(axis=0)
    columns = np.arange(y.shape[1])
    return np.asarray(y[order[first, columns], columns])


def _median(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.median(known)) if known else np.nan
