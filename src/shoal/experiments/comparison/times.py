"""When networks reach a target: at which report, and after how many evaluations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from shoal.experiments.comparison.goals import Goal
from shoal.experiments.ending import evaluations
from shoal.experiments.prepare import Prepared
from shoal.experiments.run import Run
from shoal.training.stopping import Target, watches


def times_to(
    goal: Goal, run: Run, again: Callable[[Prepared], Run]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return when each network first reached the target, NaN where it did not.

    Args:
        goal: the target.
        run: of an arm.
        again: trains once more, where evaluations differ from step to step.

    Returns:
        Evaluations, steps, and seconds, which are not known yet, each (P,).

    Units:
        Steps are those of reports: between two of them nobody looks.
    """
    steps = first_step(goal, run.history[goal.figure], run.report_steps)
    unknown = np.full(len(run), np.nan)
    counted = np.asarray(evaluations(run.state), np.float64)
    done = np.maximum(run.steps, 1)
    if (counted == counted[0] / done[0] * done).all() and (counted % done == 0).all():
        return steps * (counted / done), steps, unknown
    stopped = again(_stopping(run.prepared, goal))
    found = np.where(np.isnan(steps), np.nan, evaluations(stopped.state))
    return found, steps, unknown


def first_step(goal: Goal, history: np.ndarray, report_steps: np.ndarray) -> np.ndarray:
    """Return the step of the first report at which the target holds, NaN where none is.

    Shapes:
        history (P, T), report_steps (T,) -> (P,)
    """
    holds = history > goal.level if goal.is_above else history < goal.level
    reached = holds.any(axis=1)
    return np.where(reached, report_steps[holds.argmax(axis=1)], np.nan)


def _stopping(prepared: Prepared, goal: Goal) -> Prepared:
    """Return the same networks, each of which ends where it reaches the target."""
    above, below = (goal.level, None) if goal.is_above else (None, goal.level)
    rule = Target(goal.figure, above=above, below=below)
    settings = prepared.settings
    own = watches((rule,), has_validation=prepared.parts[0].validation is not None)
    return replace(prepared, settings=replace(settings, watches=(*settings.watches, *own)))
