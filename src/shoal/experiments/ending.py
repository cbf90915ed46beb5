"""What ended a network: the one place that knows how a state says so.

Networks that ended are not moved by the core any more. The core itself ends networks by what
it watches; Python ends them by the clock and by predicates.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from shoal.experiments.prepare import Prepared
from shoal.kernels import ENDED_BY_EVALUATIONS, State

BY_SECONDS: Final = 101
BY_PYTHON: Final = 102
PASSED: Final = 4
"""What `State.status` says of a network whose figure passed a limit: its step was taken."""
NEVER: Final = int(np.iinfo(np.int64).max)
"""A step that no run reaches."""
REASONS: Final = {
    ENDED_BY_EVALUATIONS: "evaluations",
    BY_SECONDS: "seconds",
    BY_PYTHON: "python",
}
"""Why a network ended, where no figure was watched."""


def ended(state: State) -> np.ndarray:
    """Return what ended each network, (P,) int32: 0 none, k + 1 watch k, or of `REASONS`."""
    return np.asarray(state.ended)


def end(state: State, members: np.ndarray, code: int) -> None:
    """End networks, (P,) bool, where they are."""
    state.ended[members] = code


def revive(state: State, members: np.ndarray) -> None:
    """Let networks that ended, (P,) bool, go on from where they are."""
    state.ended[members] = 0


def heal(state: State, members: np.ndarray) -> None:
    """Let networks, (P,) bool, go on whatever ended them, divergence too."""
    state.status[members] = 0
    state.ended[members] = 0


def sound(state: State) -> np.ndarray:
    """Return which networks have not diverged, (P,) bool."""
    return np.asarray(state.status == 0)


def gone(state: State) -> np.ndarray:
    """Return which networks will not move again, however many steps are asked for, (P,) bool."""
    return np.asarray(~sound(state) | (ended(state) != 0))


def gone_from(prepared: Prepared, state: State) -> np.ndarray:
    """Return from which step on each network is gone, (P,) int64; `NEVER` for the others.

    A network whose last step was tried but not taken (it diverged in it, or a target keeps
    what was before) still ran at the step that it is at.
    """
    before = [k + 1 for k, watch in enumerate(prepared.settings.watches) if watch.keep_before]
    failed = ~sound(state) & (state.status != PASSED)
    tried = failed | np.isin(ended(state), before)
    return np.where(gone(state), state.step + tried, NEVER)


def looked_at(prepared: Prepared, state: State) -> np.ndarray:
    """Return the last step that each network took, or tried and did not take, (P,) int64.

    A report at that step may have decided something, even where the network stayed before it.
    """
    return np.where(gone(state), gone_from(prepared, state), state.step)


def running(state: State, total_steps: int) -> np.ndarray:
    """Return which networks have steps before them, (P,) bool."""
    return np.asarray(~gone(state) & (state.step < total_steps))


def evaluations(state: State) -> np.ndarray:
    """Return how often each network's loss or its gradient was evaluated, (P,) int64."""
    return np.asarray(state.evaluations)


def stopped_at(state: State) -> np.ndarray:
    """Return the step at which the clock or Python ended a network, (P,) int64; -1: neither.

    Nothing but this makes a run depend on more than its document, so with it a replay is exact.
    """
    by_hand = np.isin(ended(state), (BY_SECONDS, BY_PYTHON))
    return np.where(by_hand, state.step, -1)


def stopped_because(prepared: Prepared, state: State) -> list[str]:
    """Return why each network ended.

    Returns:
        "epochs", "steps", "diverged", "evaluations", "seconds", "python", "interrupted", or the
        name of the rule that watched a figure.
    """
    schedule, watches = prepared.schedule, prepared.settings.watches
    reasons = REASONS | {k + 1: watch.kind for k, watch in enumerate(watches)}
    codes = ended(state).tolist()
    found = []
    for i, (fine, step) in enumerate(zip(sound(state).tolist(), state.step.tolist(), strict=True)):
        if not fine:
            found.append("diverged")
        elif codes[i]:
            found.append(reasons[codes[i]])
        else:
            found.append(schedule.end if step >= schedule.total_steps else "interrupted")
    return found
