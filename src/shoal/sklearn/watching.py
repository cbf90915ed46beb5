"""Looking on between epochs: lines of `verbose`, and the callbacks of scikit-learn 1.9.

Only where there are any: else the core runs through in one call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from shoal.experiments.ending import BY_PYTHON, end, running
from shoal.experiments.pieces import Moment
from shoal.experiments.prepare import Prepared
from shoal.experiments.trainer import FAR
from shoal.kernels import State

Look = Callable[[int, State], bool]
"""Sees an epoch, counted from 1, and the state at its end; True ends all networks."""


class EpochWatcher:
    """Calls functions at the end of every epoch; an observer of the training."""

    def __init__(self, prepared: Prepared, looks: Sequence[Look]) -> None:
        self._per_epoch = prepared.schedule.steps_per_epoch
        self._total = prepared.settings.total_steps
        self._looks = looks

    def next_step(self, step: int) -> int:
        """Return the end of the epoch that `step` is in."""
        until = (step // self._per_epoch + 1) * self._per_epoch
        return until if until <= self._total else FAR

    def see(self, moment: Moment) -> None:
        """Call the functions at the end of an epoch, and end all networks if one says so."""
        step, state = moment.step, moment.trainer.state
        if step == 0 or (step % self._per_epoch and running(state, self._total).any()):
            return
        epoch = -(-step // self._per_epoch)
        answers = [look(epoch, state) for look in self._looks]  # all of them look
        if any(answers):
            end(state, running(state, self._total), BY_PYTHON)


def printed(prepared: Prepared) -> Look:
    """Return what prints a line of every epoch, as MLPClassifier does."""
    names = prepared.settings.figures

    def look(epoch: int, state: State) -> bool:
        told = []
        for figure, name in (("train_loss", "loss"), ("validation_loss", "validation loss")):
            values = state.figures[:, names.index(figure)][:, :epoch]
            known = values[np.isfinite(values)]
            if len(known):
                last = [row[np.isfinite(row)][-1] for row in values if np.isfinite(row).any()]
                told.append(f"{name} = {np.mean(last):.8f}")
        print(f"Iteration {epoch}, " + ", ".join(told))
        return False

    return look


class Callbacks:
    """The tasks of a fit as scikit-learn's callbacks see them: the fit, and every epoch in it.

    Args:
        estimator: with `set_callbacks`.
        n_epochs: at most.
        X, y, sample_weight: what `fit` was given.
        fitted: makes of a state the attributes with which an estimator can predict.
    """

    def __init__(
        self,
        estimator: Any,
        n_epochs: int,
        X: Any,
        y: Any,
        sample_weight: Any,
        fitted: Callable[[State], dict[str, Any]],
    ) -> None:
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._fitted = fitted
        self._n_epochs = n_epochs
        self._context = estimator._init_callback_context(max_subtasks=n_epochs)
        self._context.call_on_fit_task_begin(**self._given)
        self._epoch = self._begin_epoch()

    def look(self, epoch: int, state: State) -> bool:
        """End the task of an epoch and begin the next; return whether a callback says stop."""
        is_over: bool = self._epoch.call_on_fit_task_end(**self._given, **self._made(state))
        if not is_over and epoch < self._n_epochs and not _has_ended(state):
            self._epoch = self._begin_epoch()
        return is_over

    def end(self, state: State) -> None:
        """End the task of the fit."""
        self._context.call_on_fit_task_end(**self._given, **self._made(state))

    def _begin_epoch(self) -> Any:
        return self._context.subcontext(task_name="epoch").call_on_fit_task_begin(**self._given)

    def _made(self, state: State) -> dict[str, Any]:
        return {"reconstruction_attributes": lambda: self._fitted(state)}


def _has_ended(state: State) -> bool:
    return not state.running.any()


def has_callbacks(estimator: Any) -> bool:
    """Return whether callbacks look on.

    Those of a search or a pipeline that look into fits are among the estimator's own while it is
    fitted; a place in the tree of tasks it has even if there are none.
    """
    return bool(getattr(estimator, "_skl_callbacks", None))
