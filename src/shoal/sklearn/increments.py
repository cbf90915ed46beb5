"""Training on, one epoch of one batch of rows at a time: what `partial_fit` does.

A step counts on from the last, with the moments of the learning rule; a call begins at a whole
epoch of its own rows, so that calls with the same rows are one fit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from shoal.data.dataset import Dataset
from shoal.errors import InputError
from shoal.experiments.ending import sound
from shoal.experiments.models import model_of
from shoal.experiments.prepare import Prepared
from shoal.experiments.trainer import Trainer, begin
from shoal.kernels import State
from shoal.models import Model
from shoal.network import Parameters
from shoal.sklearn.fitting import Job, prepared_of
from shoal.sklearn.modelling import Delivered
from shoal.sklearn.moments import Moments, moments_of, steady
from shoal.sklearn.recipe import AUTO_PENALTY, Recipe, batch_of, experiment_of
from shoal.sklearn.rescaling import Scales, scaler_of_counts
from shoal.sklearn.trained import Curves, Trained, without_figures

CARRIED: Final = ("slots", "counters", "rate_factor", "evaluations", "watch")
"""Arrays of a state that go on from one call to the next, where they fit."""
LEAST_ROWS: Final = 1_000
"""What `alpha="auto"` is divided by at least, since more rows are to come."""


def trained_on(
    before: Trained | None, recipe: Recipe, dataset: Dataset, *, where: str, threads: int | None
) -> Trained:
    """Return what comes of one more epoch, on rows that may be others than before.

    Figures end nothing. Rows are scaled by what all rows so far were like; see
    `shoal.sklearn.moments`.

    Args:
        before: None in the first call.
        recipe: the settings.
        dataset: the rows of this call.
        where: the estimator's class, for messages.
        threads: how many to use.

    Raises:
        InputError: every network diverged.
    """
    n_seen = dataset.n_rows + (0 if before is None else before.n_seen)
    features = moments_of(dataset.x, dataset.weights)
    targets = moments_of(dataset.y, dataset.weights)
    if before is not None:
        features, targets = before.features.joined(features), before.targets.joined(targets)
    recipe = _with_penalty(recipe, dataset, n_seen)
    scales = _scales_next(before, recipe, dataset, features, targets)
    prepared = _prepared_next(before, recipe, dataset, scales)
    state = _state_next(before, prepared)
    interrupted = Trainer(prepared, state=state).advance(
        prepared.settings.total_steps, threads=threads
    )
    losses = _losses(where, prepared, state)
    curve = [] if before is None else before.curves.loss
    n_epochs = 1 if before is None else before.n_epochs + 1
    return Trained(
        delivered=Delivered(_model_next(before, prepared, state, losses), None, None),
        state=without_figures(state, state.weights),
        scales=scales,
        features=features,
        targets=targets,
        seed=recipe.seed,
        rule=prepared.settings.rule,
        curves=Curves(loss=[*curve, float(np.nanmean(losses))]),
        n_epochs=n_epochs,
        n_seen=n_seen,
        interrupted=interrupted,
    )


def _with_penalty(recipe: Recipe, dataset: Dataset, n_seen: int) -> Recipe:
    """Return the recipe with a number for `alpha="auto"`, from the rows seen so far."""
    if recipe.alpha != "auto":
        return recipe
    alpha = AUTO_PENALTY * batch_of(recipe, dataset.n_rows) / max(n_seen, LEAST_ROWS)
    return replace(recipe, alpha=alpha)


def _scales_next(
    before: Trained | None, recipe: Recipe, dataset: Dataset, features: Moments, targets: Moments
) -> Scales:
    kind: Any = recipe.scaling
    scaler = features.scaler(kind)
    kind = recipe.target_scaling if dataset.schema.is_regression else "none"
    counts = recipe.scales_counts
    target_scaler = scaler_of_counts(targets.mean) if counts else targets.scaler(kind)
    if before is not None:
        scaler = steady(before.scales.features[0], scaler)
        target_scaler = steady(before.scales.targets[0], target_scaler)
    return Scales(features=(scaler,), targets=(target_scaler,))


def _prepared_next(
    before: Trained | None, recipe: Recipe, dataset: Dataset, scales: Scales
) -> Prepared:
    """Return the epoch to come; it begins where the steps so far ended, at a whole epoch."""
    experiment = experiment_of(replace(recipe, early_stopping=False, max_iter=1), dataset)
    training = experiment.training.model_copy(update={"stop": (), "report_every": "end"})
    job = Job(
        experiment=experiment.model_copy(update={"training": training}),
        dataset=dataset,
        shuffle=recipe.shuffle,
        start=None if before is None else before.parameters,
        scales=scales,
    )
    prepared = prepared_of(job)
    if before is None:
        return prepared
    per_epoch = prepared.schedule.steps_per_epoch
    total = (-(-int(before.state.step.max()) // per_epoch) + 1) * per_epoch
    return replace(
        prepared,
        schedule=replace(prepared.schedule, total_steps=total, report_every=total),
        settings=replace(prepared.settings, total_steps=total, report_every=total),
    )


def _state_next(before: Trained | None, prepared: Prepared) -> State:
    """Return the state at the beginning of the epoch, with what the rule carries along."""
    state = begin(prepared)
    if before is None:
        return state
    old = before.state
    if before.rule == prepared.settings.rule:
        for name in CARRIED:
            was, now = getattr(old, name), getattr(state, name)
            if was.shape == now.shape:
                now[...] = was
    state.status[...] = old.status
    state.step[...] = prepared.settings.total_steps - prepared.schedule.steps_per_epoch
    return state


def _losses(where: str, prepared: Prepared, state: State) -> np.ndarray:
    """Return the loss at the end of the epoch, (P,); NaN for networks that diverged.

    Raises:
        InputError: every network diverged.
    """
    is_sound = sound(state)
    if not is_sound.any():
        raise InputError(
            f"{where}: every one of {len(is_sound)} networks diverged. Give a smaller "
            "learning_rate_init, or scaled features and targets.",
            code="R101",
        )
    # the one report of this epoch
    losses = state.figures[:, prepared.settings.figures.index("train_loss"), -1]
    return np.where(is_sound, losses, np.nan)


def _model_next(
    before: Trained | None, prepared: Prepared, state: State, losses: np.ndarray
) -> Model:
    """Return the model after an epoch; there is no summary of rows that are gone."""
    members = np.flatnonzero(sound(state)).tolist()
    best = int(np.nanargmin(losses))
    known = None if before is None else before.model
    if known is None or len(known) != len(members) or known.network != prepared.network:
        return model_of(prepared, prepared.network, state.weights, members, best, summed_up=False)
    layout = known.network.layout()
    return replace(
        known,
        parameters=Parameters.from_flat(layout, state.weights[members]),
        scalers=(prepared.parts[0].scaler,),
        target_scalers=(prepared.parts[0].target_scaler,),
        best=members.index(best),
        summary=None,
    )
