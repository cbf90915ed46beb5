"""What a fitted estimator remembers: its model, and what is needed to train on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from shoal.data.dataset import Dataset
from shoal.errors import ArgumentError, InputError
from shoal.experiments.prepare import Prepared
from shoal.experiments.run import Run
from shoal.kernels import State
from shoal.models import Model
from shoal.network import Parameters
from shoal.sklearn.modelling import Delivered, delivered_by
from shoal.sklearn.moments import Moments, moments_of
from shoal.sklearn.recipe import Recipe
from shoal.sklearn.rescaling import Scales


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curves:
    """Figures of the epochs, means over the networks; one that has ended counts with its last.

    Attributes:
        loss: of the training rows, one for each epoch.
        scores: of the rows held out: accuracy or R2; None where none are.
        validation_loss: of the rows held out, likewise.
    """

    loss: list[float]
    scores: list[float] | None = None
    validation_loss: list[float] | None = None

    def then(self, later: Curves) -> Curves:
        """Return these figures and the later ones; of rows held out, what is known of them."""

        def joined(one: list[float] | None, other: list[float] | None) -> list[float] | None:
            return None if one is other is None else [*(one or ()), *(other or ())]

        return Curves(
            loss=[*self.loss, *later.loss],
            scores=joined(self.scores, later.scores),
            validation_loss=joined(self.validation_loss, later.validation_loss),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trained:
    """A population that an estimator has trained.

    Attributes:
        delivered: the networks that have not diverged, as a model.
        state: of all networks, without figures.
        scales: what rows and targets are scaled with.
        features, targets: what the rows so far were like.
        seed: that the population follows from.
        rule: the learning rule's name.
        curves: figures of the epochs so far, those of fits before it went on from them too.
        n_epochs: of the last fit, and of batches since.
        n_seen: rows that every network has seen, each as often as it was seen.
        interrupted: whether Ctrl-C ended training.
    """

    delivered: Delivered
    state: State
    scales: Scales
    features: Moments
    targets: Moments
    seed: int
    rule: str
    curves: Curves
    n_epochs: int
    n_seen: int
    interrupted: bool = False

    @property
    def model(self) -> Model:
        """The networks that have not diverged, without a summary of the rows."""
        return self.delivered.plain

    @property
    def parameters(self) -> Parameters:
        """The weights of all networks, diverged ones too."""
        return Parameters.from_flat(self.model.network.layout(), self.state.weights)


def trained_from(run: Run, dataset: Dataset, *, where: str) -> Trained:
    """Return what an estimator remembers of a run.

    Raises:
        InputError: every network diverged.
    """
    prepared, settings = run.prepared, run.prepared.settings
    try:
        delivered = delivered_by(run, dataset)
    except InputError as error:
        raise InputError(f"{where}: {error}", code=error.code) from None
    per_epoch = prepared.schedule.steps_per_epoch
    n_epochs = max(1, -(-int(run.steps.max()) // per_epoch))
    own = prepared.part_of.tolist() if len(prepared.parts) > 1 else [0]
    parts = [prepared.parts[k] for k in own]
    return Trained(
        delivered=delivered,
        state=without_figures(run.state, run.weights),
        scales=Scales(
            features=tuple(part.scaler for part in parts),
            targets=tuple(part.target_scaler for part in parts),
        ),
        features=moments_of(dataset.x, dataset.weights),
        targets=moments_of(dataset.y, dataset.weights),
        seed=run.experiment.seed,
        rule=settings.rule,
        curves=_curves(run.history, run.sound, n_epochs),
        n_epochs=n_epochs,
        n_seen=n_epochs * len(parts[0].train.x),
        interrupted=run.interrupted,
    )


def gone_on(before: Trained, now: Trained) -> Trained:
    """Return what comes of a fit that went on from another: curves and rows seen go on too."""
    return replace(now, curves=before.curves.then(now.curves), n_seen=before.n_seen + now.n_seen)


def trained_part_way(prepared: Prepared, state: State, dataset: Dataset) -> Trained:
    """Return what an estimator would remember if training had ended here."""
    run = Run(
        experiment=prepared.experiment,
        network=prepared.network,
        prepared=prepared,
        state=state.copy(),
        seconds=0.0,
        interrupted=False,
        warnings=(),
    )
    return trained_from(run, dataset, where="fit")


def check_same(where: str, before: Trained, recipe: Recipe) -> None:
    """Check that training can go on with these settings.

    Raises:
        ArgumentError: there are other layers or networks than before.
    """
    network = before.model.network
    sizes = tuple(layer.units for layer in network.layers[:-1])
    if sizes != recipe.hidden_layer_sizes:
        wanted, got = f"must stay {sizes} to train on", recipe.hidden_layer_sizes
        raise ArgumentError(where, "hidden_layer_sizes", wanted, got=got, code="A108")
    if before.state.n_networks != recipe.n_networks:
        wanted = f"must stay {before.state.n_networks} to train on"
        raise ArgumentError(where, "n_networks", wanted, got=recipe.n_networks, code="A108")


def without_figures(state: State, weights: np.ndarray) -> State:
    """Return a copy of a state with the delivered weights, and without what is not needed."""
    nothing = {
        "best": state.best[:, :0],
        "figures": state.figures[:, :, :0],
        "weights": weights,
    }
    arrays = {name: np.array(array) for name, array in (state.arrays() | nothing).items()}
    return State(**arrays)


def _curves(history: Mapping[str, np.ndarray], is_sound: np.ndarray, n_epochs: int) -> Curves:
    score = "validation_r2" if "validation_r2" in history else "validation_accuracy"
    loss = _mean_curve(history["train_loss"], is_sound, n_epochs)
    held_out = _mean_curve(history["validation_loss"], is_sound, n_epochs)
    if not np.isfinite(held_out).any():
        return Curves(loss=loss)
    scores = _mean_curve(history[score], is_sound, n_epochs)
    return Curves(loss=loss, scores=scores, validation_loss=held_out)


def _mean_curve(values: np.ndarray, is_sound: np.ndarray, n_epochs: int) -> list[float]:
    """Return means over the networks, (T,); a network that has ended keeps its last figure."""
    own = np.array(values[is_sound, :n_epochs])
    for t in range(1, own.shape[1]):
        own[:, t] = np.where(np.isnan(own[:, t]), own[:, t - 1], own[:, t])
    return [float(each) for each in own.mean(axis=0)]
