"""Several populations on their way at once: each by one thread, all threads busy.

A search looks at populations between stages and goes on with some of them; what goes on does so
from the state it has, to the bits of a training that was never stopped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from shoal.errors import ArgumentError
from shoal.experiments.document import Experiment
from shoal.experiments.launch import finished
from shoal.experiments.pieces import Moment, Outcome
from shoal.experiments.predicates import Predicates
from shoal.experiments.run import Run
from shoal.experiments.snapshots import Snapshots
from shoal.experiments.trainer import Trainer
from shoal.kernels import default_threads
from shoal.training.stopping import limit_of, predicates

WAIT_S: Final = 0.1
"""Seconds between two looks at whether Ctrl-C came, while threads work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchProgress:
    """Where a search is.

    Attributes:
        stage, n_stages: rungs or batches, the one it is in counted from 1.
        n_cells: that take part in this stage.
        done, total: of the whole search, in steps of all networks together.
        best: the best score so far, None before the first.
        elapsed_s: since the search began.
    """

    stage: int
    n_stages: int
    n_cells: int
    done: int
    total: int
    best: float | None
    elapsed_s: float

    @property
    def left_s(self) -> float | None:
        """Seconds left at the speed so far, None before anything is known."""
        return self.elapsed_s * (self.total - self.done) / self.done if self.done > 0 else None


def check_clock(where: str, experiment: Experiment) -> None:
    """Raise if the clock may end networks: what a search keeps would depend on the machine.

    Raises:
        ArgumentError: there is a limit in seconds.
    """
    limit = limit_of(experiment.training.stop, "seconds")
    if limit is not None:
        wanted = "must not hold a limit in seconds, since the clock would decide what is kept"
        cure = "Give a limit in steps or evaluations."
        raise ArgumentError(
            where, "training.stop", wanted, got=f"{limit:g} s", cure=cure, code="A111"
        )


def advance_all(
    trainers: Sequence[Trainer],
    until: Sequence[int],
    *,
    threads: int | None = None,
    tell: Callable[[int], object] | None = None,
) -> None:
    """Carry each population on to its step of `until`.

    Args:
        trainers: moved on.
        until: a step for each.
        threads: how many populations go at once.
        tell: called now and then with the steps that all have done in this call.

    Raises:
        KeyboardInterrupt: Ctrl-C came; populations stay between two steps.
        FunctionError: a rule or a predicate in Python failed.
    """
    stopping = threading.Event()
    before = sum(int(trainer.state.step.sum()) for trainer in trainers)

    def carry(pair: tuple[Trainer, int]) -> None:
        if _advance(*pair, lambda _: not stopping.is_set()):
            stopping.set()

    with ThreadPoolExecutor(threads or default_threads()) as pool:
        work = [pool.submit(carry, pair) for pair in zip(trainers, until, strict=True)]
        try:
            for each in work:
                while not _is_over(each.exception, stopping):
                    if tell is not None:
                        done = sum(int(trainer.state.step.sum()) for trainer in trainers)
                        tell(done - before)
        except KeyboardInterrupt:
            stopping.set()
            raise
        finally:
            for each in work:
                each.cancel()
    for each in work:
        if not each.cancelled():
            each.result()
    if stopping.is_set():
        raise KeyboardInterrupt


def _is_over(wait: Callable[[float], object], stopping: threading.Event) -> bool:
    """Wait a little; return whether there is nothing more to wait for."""
    try:
        failed = wait(WAIT_S)
    except TimeoutError:
        return stopping.is_set()
    if failed is not None:
        stopping.set()
    return True


def _advance(trainer: Trainer, until: int, go_on: Callable[[int], object]) -> bool:
    """Carry a population on, asking stop rules in Python at reports; return if Ctrl-C came."""
    settings = trainer.settings
    asked = predicates(trainer.prepared.experiment.training.stop)
    every, total = settings.report_every, settings.total_steps
    rules = Predicates(asked, report_every=every, total_steps=total)
    until = min(until, total)
    while (at := trainer.first_step) < until:
        stop = min(until, rules.next_step(at)) if asked else until
        if trainer.advance(stop, threads=1, progress=go_on):
            return True
        if trainer.first_step < stop:
            return False  # told to stop
        if asked:
            rules.see(Moment(trainer=trainer, step=stop, elapsed_s=0.0))
    return False


def record_of(trainer: Trainer) -> Run:
    """Return the record of a population where it is."""
    whole = Outcome(seconds=0.0, interrupted=False, failure=None)
    return finished(trainer, whole, Snapshots(0))
