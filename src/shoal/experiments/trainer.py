"""A population on its way through an experiment: the state, and what carries it on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from shoal.errors import InternalError
from shoal.experiments.ending import gone
from shoal.experiments.memory import Memory, first_memory, rule_of
from shoal.experiments.prepare import Prepared
from shoal.kernels import Course, KernelName, RowSet, RuleSettings, State
from shoal.training.python_course import PythonCourse

FAR = int(np.iinfo(np.int64).max)
"""A step that no run reaches."""


def begin(prepared: Prepared, settings: RuleSettings | None = None) -> State:
    """Return the state of a prepared population before its first step."""
    part_of = prepared.part_of
    judged = np.array([part.validation is not None for part in prepared.parts])
    return State.begin(
        settings or prepared.settings,
        prepared.start,
        hyper=prepared.hyper,
        order=prepared.order_keys,
        dropout=prepared.dropout_keys,
        search=prepared.search_keys,
        train_set=part_of,
        validation_set=np.where(judged[part_of], part_of, -1).astype(np.int32),
    )


def alone(prepared: Prepared, network: int) -> Prepared:
    """Return what was prepared of one network of a population; it is the same by itself."""
    one = slice(network, network + 1)
    first = prepared.members.start + network
    return replace(
        prepared,
        part_of=prepared.part_of[one],
        start=prepared.start[one],
        hyper=prepared.hyper[one],
        order_keys=prepared.order_keys[one],
        dropout_keys=prepared.dropout_keys[one],
        search_keys=prepared.search_keys[one],
        members=range(first, first + 1),
        seeds=prepared.seeds[one],
    )


class Trainer:
    """A population on its way, epoch after epoch of a stream too.

    Args:
        prepared: data and settings.
        state: where it is, moved in place; before the first step if not given.
        memory: what a rule in Python remembers there, moved in place likewise.
        settings: in place of those prepared.
        kernel: "auto", or one of the kernels for all.
    """

    def __init__(
        self,
        prepared: Prepared,
        *,
        state: State | None = None,
        memory: Memory | None = None,
        settings: RuleSettings | None = None,
        kernel: KernelName = "auto",
    ) -> None:
        self.prepared = prepared
        self.settings = settings or prepared.settings
        self.state = begin(prepared, self.settings) if state is None else state
        self.memory = first_memory(prepared) if memory is None else memory
        self.kernel = kernel
        train = [part.train for part in prepared.parts]
        self._epoch = -1
        self._course = None if prepared.fresh else self._make(train)

    def _make(self, train: Sequence[RowSet]) -> Course | PythonCourse:
        prepared, settings, state = self.prepared, self.settings, self.state
        judge = [part.validation or part.train for part in prepared.parts]
        rule = rule_of(prepared)
        if rule is None:
            return Course(prepared.network, settings, state, train, judge, kernel=self.kernel)
        return PythonCourse(
            prepared.network,
            settings,
            rule,
            state,
            train,
            judge,
            memory=self.memory,
            seeds=prepared.seeds,
        )

    def advance(
        self,
        until: int,
        *,
        threads: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> bool:
        """Carry every running network on to step `until`; return whether Ctrl-C came.

        Args:
            until: steps counted from the start of the run.
            threads: how many to use.
            progress: called about every 50 ms with the steps done in this call; if it returns
                False, networks stay where they are.

        Raises:
            FunctionError: a rule in Python failed; networks stay at their last whole step.
        """
        if self.prepared.fresh is None and self._course is not None:
            return self._course.advance(until, threads=threads, progress=progress)
        return self._advance_stream(until, threads, progress)

    def _advance_stream(
        self, until: int, threads: int | None, progress: Callable[[int], object] | None
    ) -> bool:
        per_epoch = self.prepared.schedule.steps_per_epoch
        done, told = 0, True

        def tell(steps: int) -> object:
            nonlocal told
            told = progress is None or progress(done + steps) is not False
            return told

        while told and (at := self.first_step) < until:
            course = self._course_of(at // per_epoch)
            before = int(self.state.step.sum())
            stop = min(until, (at // per_epoch + 1) * per_epoch)
            if course.advance(stop, threads=threads, progress=tell if progress else None):
                return True
            done += int(self.state.step.sum()) - before
        return False

    def _course_of(self, epoch: int) -> Course | PythonCourse:
        if self.prepared.fresh is None:
            raise InternalError("only a stream has rows for every epoch.")
        if epoch != self._epoch or self._course is None:
            self._course = self._make(self.prepared.fresh(epoch))
            self._epoch = epoch
        return self._course

    def batch_loss(
        self, network: int, step: int, weights: np.ndarray, gradient: np.ndarray | None = None
    ) -> float:
        """Return what the next step of a network makes small; see `Course.batch_loss`.

        Args:
            network: its number.
            step: updates done before.
            weights: (K,), in the networks' dtype.
            gradient: (K,), written, if it is wanted.
        """
        course = self._course
        if self.prepared.fresh is not None:
            course = self._course_of(step // self.prepared.schedule.steps_per_epoch)
        if not isinstance(course, Course):
            raise InternalError("a rule in Python is handed its losses elsewhere.")
        return course.batch_loss(network, step, weights, gradient)

    @property
    def first_step(self) -> int:
        """The step of the network that is furthest behind, `FAR` if none moves."""
        moving = ~gone(self.state)
        return int(self.state.step[moving].min()) if moving.any() else FAR

    @property
    def last_step(self) -> int:
        """The step of the network that is furthest ahead."""
        return int(self.state.step.max())
