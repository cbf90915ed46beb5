"""A population on its way with a learning rule in Python: slower, with the core's losses.

The rule is handed the loss and the gradient of the step's batch as the core computes them; its
steps, reports and stops are counted like those of the core's own rules.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from shoal.kernels import ENDED_BY_EVALUATIONS, Course, RowSet, RuleSettings, State
from shoal.kernels.state import AnyArray
from shoal.network import Network
from shoal.streams import Stream
from shoal.training.optimizers import oracle_step
from shoal.training.rules.python import PythonRule
from shoal.training.rules.searching import SearchState

AWAKE_S = 0.05
"""Seconds from one call of `progress` to the next, about."""


class PythonCourse:
    """What `Course` is for the core's rules: see there.

    Attributes:
        state: the arrays, moved in place.
        memory: what the rule returned as its state, for each network; None before the first
            step. `remembered` copies it, for a course that goes on from there.
    """

    def __init__(
        self,
        network: Network,
        settings: RuleSettings,
        rule: PythonRule,
        state: State,
        train: Sequence[RowSet],
        validation: Sequence[RowSet] = (),
        *,
        memory: Sequence[Any] | None = None,
    ) -> None:
        self.settings = settings
        self.rule = rule
        self.state = state
        self.memory: list[Any] = list(memory or [None] * state.n_networks)
        self._course = Course(network, settings, state, train, validation)

    def remembered(self) -> list[Any]:
        """Return a copy of the memory that shares nothing."""
        return copy.deepcopy(self.memory)

    def advance(
        self,
        until: int,
        *,
        threads: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> bool:
        """Carry every running network on to step `until`; return whether Ctrl-C came.

        Networks take their turns on one thread. `progress` ends the call by returning False.

        Raises:
            InputError: the rule raised, or returned something else than it should; networks
                stay at the last step that was whole.
        """
        begun, done = time.perf_counter(), 0
        try:
            for network in range(self.state.n_networks):
                while self._runs(network, until):
                    self._step(network)
                    done += 1
                    if progress is None or time.perf_counter() - begun < AWAKE_S:
                        continue
                    begun = time.perf_counter()
                    if progress(done) is False:
                        return False
        except KeyboardInterrupt:
            return True
        return False

    def _runs(self, network: int, until: int) -> bool:
        return bool(self.state.running[network]) and int(self.state.step[network]) < until

    def _step(self, i: int) -> None:
        state, settings = self.state, self.settings
        step = int(state.step[i]) + 1
        done = oracle_step(
            self.rule,
            state.weights[i].copy(),
            SearchState(own=self.memory[i]),
            loss=lambda w: self._course.batch_loss(i, step - 1, _like(w, state.weights)),
            gradient=lambda w: self._slope(i, step - 1, _like(w, state.weights)),
            stream=Stream(int(state.search[i])),
            step=step,
        )
        weights = _like(done.weights, state.weights)
        if not np.isfinite(weights).all():
            state.status[i] = 2
            return
        due = step == settings.total_steps or step % settings.report_every == 0
        if due and not self._course.report(i, step, weights):
            return
        state.weights[i] = weights
        state.step[i] = step
        self.memory[i] = done.state.own
        state.evaluations[i] += done.n_evaluations
        limit = settings.max_evaluations
        if limit and state.evaluations[i] >= limit and not state.ended[i]:
            state.ended[i] = ENDED_BY_EVALUATIONS

    def _slope(self, i: int, step: int, weights: AnyArray) -> AnyArray:
        out = np.zeros_like(weights)
        self._course.batch_loss(i, step, weights, out)
        return out


def _like(weights: AnyArray, state: AnyArray) -> AnyArray:
    return np.ascontiguousarray(weights, state.dtype)
