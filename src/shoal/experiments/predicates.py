"""Stop rules in Python: asked about every network at every report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shoal.errors import FunctionError, InputError
from shoal.experiments.ending import BY_PYTHON, end, gone
from shoal.experiments.pieces import Moment
from shoal.experiments.trainer import Trainer
from shoal.training.functions import UserFunction
from shoal.training.stopping import says_stop

Rules = Sequence[tuple[str, UserFunction]]
"""Functions, each with its key path."""


class Predicates:
    """Ends networks that a predicate says have had enough; an observer of the training.

    Args:
        rules: the functions; the first to say stop ends a network.
        report_every: steps from one report to the next.
        total_steps: at which the last report is.
    """

    def __init__(self, rules: Rules, *, report_every: int, total_steps: int) -> None:
        self.rules = rules
        self.report_every = report_every
        self.total_steps = total_steps

    def next_step(self, step: int) -> int:
        """Return the step of the next report."""
        return min((step // self.report_every + 1) * self.report_every, self.total_steps)

    def see(self, moment: Moment) -> None:
        """Ask about every network that is at a report.

        Raises:
            FunctionError: a predicate raised, or answered neither True nor False.
        """
        trainer = moment.trainer
        state = trainer.state
        reported = (state.step % self.report_every == 0) | (state.step == self.total_steps)
        members = np.flatnonzero(reported & (state.step > 0) & ~gone(state))
        reports = (state.step[members] - 1) // self.report_every
        for report in np.unique(reports).tolist():
            current = _figures(trainer, report)
            previous = _figures(trainer, report - 1) if report else {}
            for i in members[reports == report].tolist():
                if self._is_enough(trainer, i, _of(previous, i), _of(current, i)):
                    end(state, np.arange(state.n_networks) == i, BY_PYTHON)

    def _is_enough(
        self, trainer: Trainer, i: int, previous: dict[str, float], current: dict[str, float]
    ) -> bool:
        step = int(trainer.state.step[i])
        who = f"network {i} (seed {trainer.prepared.seeds[i]}), step {step:,}"
        for where, function in self.rules:
            try:
                if says_stop(f"{where}, {who}", function, previous, current):
                    return True
            except InputError as error:
                raise FunctionError(
                    str(error), network=i, step=step, code=error.code
                ) from error.__cause__
        return False


def _figures(trainer: Trainer, report: int) -> dict[str, np.ndarray]:
    """Return the figures at a report by name, (P,) each, in the target's own units."""
    values = trainer.state.figures[:, :, report]
    return {name: values[:, k] for k, name in enumerate(trainer.settings.figures)}


def _of(figures: dict[str, np.ndarray], i: int) -> dict[str, float]:
    return {name: float(values[i]) for name, values in figures.items()}
