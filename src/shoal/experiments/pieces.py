"""Training in pieces of a fraction of a second, and what looks at a population in between.

An observer says which step it must see next and looks when the population is there: snapshots,
checkpoints, probes, predicates. The clock can end networks within a piece.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shoal.errors import FunctionError
from shoal.experiments.ending import BY_SECONDS, end, running
from shoal.experiments.prepare import Prepared
from shoal.experiments.progress import Progress, progress_of
from shoal.experiments.trainer import Trainer
from shoal.training import Evolution, FiniteDifference

PIECE_S = 0.2
"""Seconds that a call to the core is aimed at, so that progress is told in between."""
Seconds = float | Callable[[], float]
"""How long, or what says so each time."""
Threads = int | Callable[[], int] | None
"""How many threads to use, or what says so before each piece; None: all there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A population between two pieces.

    Attributes:
        trainer: with its state.
        step: that every network has reached that runs.
        elapsed_s: seconds of training so far, those before a checkpoint too.
    """

    trainer: Trainer
    step: int
    elapsed_s: float


class Observer(Protocol):
    """What looks at a population between pieces."""

    def next_step(self, step: int) -> int:
        """Return the first step after `step` at which a piece must end; `FAR` if none must."""

    def see(self, moment: Moment) -> None:
        """Look; called before the first piece and after each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How training ended.

    Attributes:
        seconds: of training, those before a checkpoint too.
        interrupted: whether Ctrl-C ended it.
        failure: what a function of the user's did wrong, which ended it.
    """

    seconds: float
    interrupted: bool
    failure: FunctionError | None


def train_in_pieces(
    trainer: Trainer,
    *,
    observers: Sequence[Observer] = (),
    limit_s: float | None = None,
    seconds_before: float = 0.0,
    threads: Threads = None,
    progress: Callable[[Progress], object] | None = None,
    piece_s: Seconds = PIECE_S,
    check: Callable[[], object] | None = None,
) -> Outcome:
    """Carry a population on to its end, until the time is up, or until Ctrl-C.

    Args:
        trainer: moved on.
        observers: what looks in between, in this order.
        limit_s: seconds after which the networks that still run are ended.
        seconds_before: seconds that training has taken already.
        threads: how many to use, or what says so before each piece.
        progress: called a few times a second.
        piece_s: seconds that a piece is aimed at, or what says so after each piece.
        check: called at least every 50 ms; what it raises ends the training at once and is
            handed on, and the population is of no more use.
    """
    loop = _Loop(trainer, observers, limit_s, seconds_before, threads, progress, piece_s, check)
    interrupted, failure = False, None
    try:
        interrupted = loop.go()
    except KeyboardInterrupt:
        interrupted = True
    except FunctionError as error:
        failure = error
    return Outcome(seconds=loop.elapsed_s, interrupted=interrupted, failure=failure)


class _Loop:
    def __init__(
        self,
        trainer: Trainer,
        observers: Sequence[Observer],
        limit_s: float | None,
        seconds_before: float,
        threads: Threads,
        progress: Callable[[Progress], object] | None,
        piece_s: Seconds,
        check: Callable[[], object] | None,
    ) -> None:
        self.trainer = trainer
        self.observers = observers
        self.limit_s = limit_s
        self.threads = threads
        self.progress = progress
        self.piece_s = piece_s
        self.check = check
        self.begun = time.perf_counter() - seconds_before
        self.total = trainer.settings.total_steps
        self.steps_at_begin = int(trainer.state.step.sum()) if seconds_before == 0 else 0
        self.wish = _first_piece(trainer.prepared, self._aim_s())
        self.before = 0

    @property
    def elapsed_s(self) -> float:
        return time.perf_counter() - self.begun

    @property
    def is_over(self) -> bool:
        return self.limit_s is not None and self.elapsed_s >= self.limit_s

    def go(self) -> bool:
        """Train; return whether Ctrl-C came."""
        trainer = self.trainer
        is_told = self.progress or self.check or self.limit_s is not None
        tell = self._tell if is_told else None
        at = trainer.first_step
        self._see(at)
        while at < self.total and (at := trainer.first_step) < self.total:
            until = min(at + self.wish, self.total, *(o.next_step(at) for o in self.observers))
            since = time.perf_counter()
            self.before = int(trainer.state.step.sum())
            threads = self.threads() if callable(self.threads) else self.threads
            if trainer.advance(until, threads=threads, progress=tell):
                return True
            self._tell(int(trainer.state.step.sum()) - self.before)
            self._resize(until - at, time.perf_counter() - since)
            if trainer.first_step >= until:
                self._see(until)
            if self.is_over:
                end(trainer.state, running(trainer.state, self.total), BY_SECONDS)
        return False

    def _see(self, step: int) -> None:
        if not self.observers:
            return
        step = min(step, self.trainer.last_step)
        moment = Moment(trainer=self.trainer, step=step, elapsed_s=self.elapsed_s)
        for observer in self.observers:
            observer.see(moment)

    def _tell(self, steps: int) -> bool:
        """Tell progress; return whether there is time left."""
        if self.check is not None:
            self.check()
        if self.progress is not None:
            done = self.before + steps
            self.progress(progress_of(self.trainer, done, self.steps_at_begin, self.elapsed_s))
        return not self.is_over

    def _resize(self, steps: int, took_s: float) -> None:
        """Aim the next piece at what is wished, in whole epochs where it has room for one."""
        aimed = steps * self._aim_s() / max(took_s, 1e-6)
        aimed = min(max(aimed, self.wish / 4), self.wish * 8.0)
        self.wish = _whole(aimed, self.trainer.prepared)

    def _aim_s(self) -> float:
        return self.piece_s() if callable(self.piece_s) else self.piece_s


def _whole(steps: float, prepared: Prepared) -> int:
    """Return a number of steps, in whole epochs if it is one or more."""
    per_epoch = prepared.schedule.steps_per_epoch
    return max(1, int(steps / per_epoch) * per_epoch or int(steps))


def _first_piece(prepared: Prepared, piece_s: float) -> int:
    """Return steps that take about half of `piece_s` at a cautious 10 GFLOP/s.

    A rule in Python is taken to need a millisecond a step.
    """
    n_networks, n_parameters = prepared.start.shape
    work = 6.0 * n_networks * n_parameters * prepared.schedule.batch
    cost_s = work * _evaluations(prepared) / 1e10
    if prepared.settings.rule == "python":
        cost_s += 1e-3 * n_networks
    return _whole(piece_s / 2 / cost_s, prepared)


def _evaluations(prepared: Prepared) -> int:
    """Return about how many losses a step asks for."""
    rule = prepared.experiment.training.optimizer
    if isinstance(rule, FiniteDifference):
        return int(prepared.start.shape[1]) + 1
    return int(2 * rule.pairs) if isinstance(rule, Evolution) else 2
