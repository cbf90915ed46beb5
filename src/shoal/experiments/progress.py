"""What is told while a run is on its way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.experiments.ending import running, sound
from shoal.experiments.trainer import Trainer


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run is.

    Attributes:
        n_networks: networks of the population.
        n_diverged: how many of them have diverged.
        n_running: how many of them have steps before them.
        epoch: epochs done, the mean over the networks.
        n_epochs: epochs of the whole run.
        steps: steps done by all networks together.
        total_steps: steps of the whole run by all networks together; a network that has ended
            counts with the steps that it did.
        steps_at_begin: steps that were done before the clock began, of a branch.
        loss: median of the last reported validation (or training) loss, None before a report.
        elapsed_s: seconds since training began.
    """

    n_networks: int
    n_diverged: int
    n_running: int
    epoch: float
    n_epochs: int
    steps: int
    total_steps: int
    steps_at_begin: int = 0
    loss: float | None
    elapsed_s: float

    @property
    def left_s(self) -> float | None:
        """Seconds left at the speed so far, None before anything is known."""
        done = self.steps - self.steps_at_begin
        if done <= 0:
            return None
        return self.elapsed_s * (self.total_steps - self.steps) / done


def progress_of(trainer: Trainer, steps: int, steps_at_begin: int, elapsed_s: float) -> Progress:
    """Return where a population is.

    Args:
        trainer: the population.
        steps: done by all networks together.
        steps_at_begin: of them, those from before the clock began.
        elapsed_s: what the clock says.
    """
    state, schedule = trainer.state, trainer.prepared.schedule
    moving = running(state, schedule.total_steps)
    total = int(np.where(moving, schedule.total_steps, state.step).sum())
    steps = min(steps, total)
    return Progress(
        n_networks=state.n_networks,
        n_diverged=int((~sound(state)).sum()),
        n_running=int(moving.sum()),
        epoch=steps / state.n_networks / schedule.steps_per_epoch,
        n_epochs=trainer.prepared.experiment.training.epochs,
        steps=steps,
        total_steps=total,
        steps_at_begin=steps_at_begin,
        loss=_last_loss(trainer),
        elapsed_s=elapsed_s,
    )


def _last_loss(trainer: Trainer) -> float | None:
    names = trainer.settings.figures
    for name in ("validation_loss", "train_loss"):
        values = trainer.state.figures[:, names.index(name)]
        reported = np.flatnonzero(np.isfinite(values).any(axis=0))
        if len(reported):
            return float(np.nanmedian(values[:, reported[-1]]))
    return None
