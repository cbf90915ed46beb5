"""A population on its way with a learning rule in Python: slower, with the core's losses.

The rule is handed the loss and the gradient of the step's batch as the core computes them; its
steps, reports and stops are counted like those of the core's own rules.
"""

from __future__ import annotations

import contextlib
import copy
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from shoal.errors import FunctionError, InputError
from shoal.kernels import ENDED_BY_EVALUATIONS, Course, RowSet, RuleSettings, State
from shoal.kernels.state import AnyArray
from shoal.network import Network, Parameters
from shoal.streams import Stream
from shoal.training.freezing import frozen_mask
from shoal.training.optimizers import OracleStep, oracle_step
from shoal.training.regularization import limited
from shoal.training.rules.python import WHERE, PythonRule
from shoal.training.rules.searching import SearchState

AWAKE_S = 0.05
"""Seconds from one call of `progress` to the next, about."""
BAD_WEIGHTS = 2
"""What `State.status` says of weights that became non-finite."""


class PythonCourse:
    """What `Course` is for the core's rules: see there.

    Args:
        network, settings, state, train, validation: as of `Course`.
        rule: the user's.
        memory: what the rule returned as its state, for each network, None before the first
            step; moved in place. All None if not given.
        seeds: the networks' own seeds, for messages.
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
        memory: list[Any] | None = None,
        seeds: Sequence[int] = (),
    ) -> None:
        self.settings = settings
        self.rule = rule
        self.state = state
        self.memory: list[Any] = [None] * state.n_networks if memory is None else memory
        self.seeds = seeds
        self._layout = network.layout()
        self._frozen = frozen_mask(settings.frozen, self._layout.n_parameters)
        self._course = Course(network, settings, state, train, validation)

    def advance(
        self,
        until: int,
        *,
        threads: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> bool:
        """Carry every running network on to step `until`; return whether Ctrl-C came.

        Networks take their turns on one thread, a step each. `progress` ends the call by
        returning False.

        Raises:
            FunctionError: the rule raised, or returned something else than it should; networks
                and memory stay at the last step that was whole.
        """
        begun, done = time.perf_counter(), 0
        try:
            for network in self._turns(until):
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

    def _turns(self, until: int) -> Iterator[int]:
        """Yield networks that run, those first that are furthest behind."""
        state = self.state
        while (moving := state.running & (state.step < until)).any():
            yield from np.flatnonzero(moving & (state.step == state.step[moving].min())).tolist()

    def _step(self, i: int) -> None:
        state, step = self.state, int(self.state.step[i]) + 1
        try:
            done = self._asked(i, step)
        except InputError as error:
            who = f"network {i}" + (f" (seed {self.seeds[i]})" if len(self.seeds) else "")
            told = f"{WHERE}, {who}, step {step:,}{str(error).removeprefix(WHERE)}"
            raise FunctionError(told, network=i, step=step, code=error.code) from error.__cause__
        weights = self._bounded(_like(done.weights, state.weights))
        with _not_torn():
            if np.isfinite(weights).all():
                self._take(i, step, weights, done)
            else:
                state.status[i] = BAD_WEIGHTS

    def _asked(self, i: int, step: int) -> OracleStep:
        """Return what the rule makes of a network, which stays as it is; its memory too."""
        state = self.state
        return oracle_step(
            self.rule,
            state.weights[i].copy(),
            SearchState(own=copied(self.memory[i], self.rule)),
            loss=lambda w: self._course.batch_loss(i, step - 1, _like(w, state.weights)),
            gradient=lambda w: self._slope(i, step - 1, _like(w, state.weights)),
            stream=Stream(int(state.search[i])),
            step=step,
            frozen=self._frozen,
        )

    def _take(self, i: int, step: int, weights: AnyArray, done: OracleStep) -> None:
        """Record the step as the core does, and take it unless a watch keeps what was before."""
        state, settings = self.state, self.settings
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

    def _bounded(self, weights: AnyArray) -> AnyArray:
        """Return the weights within the largest norms that the settings allow."""
        if not any(self.settings.max_norm):
            return weights
        parameters = Parameters.from_flat(self._layout, weights)
        return _like(limited(parameters, self.settings.max_norm, self._frozen).flat, weights)

    def _slope(self, i: int, step: int, weights: AnyArray) -> AnyArray:
        out = np.zeros_like(weights)
        self._course.batch_loss(i, step, weights, out)
        return out


def copied(memory: Any, rule: PythonRule) -> Any:
    """Return a copy of what a rule remembers of a network, which shares nothing.

    Raises:
        InputError: it cannot be copied.
    """
    try:
        return copy.deepcopy(memory)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # the user's own code may even leave Python
        told = f"{type(error).__name__}: {error}"
        raise InputError(
            f"{WHERE}: '{rule.function.code}' must return a state that can be copied, so that "
            f"steps can be wound back; copy.deepcopy of it raised {told}. Keep numbers, text, "
            "arrays, and lists, tuples or dictionaries of these.",
            code="F105",
        ) from error


def _like(weights: AnyArray, state: AnyArray) -> AnyArray:
    return np.ascontiguousarray(weights, state.dtype)


@contextlib.contextmanager
def _not_torn() -> Iterator[None]:
    """Let Ctrl-C wait until the block is done, so that a step is taken as a whole or not at all."""
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, Any]] = []
    signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            before(*came[0])
