"""A cursor on a run: forward and back by steps, batches and epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from shoal.errors import ArgumentError
from shoal.experiments.ending import running
from shoal.experiments.measure import measured
from shoal.experiments.replay import check_step, owner, trainer_at
from shoal.experiments.snapshots import Snapshots
from shoal.experiments.trainer import Trainer
from shoal.kernels import State
from shoal.network import Parameters
from shoal.streams import Stream

if TYPE_CHECKING:
    from shoal.experiments.run import Run

TRAIL_BYTES: Final = 64 * 2**20
"""What the states may take that a tape keeps of the ways it replayed."""


class Tape:
    """A run at one step, to be wound back and forth; moved in place.

    ``tape.forward()``, ``tape.back(epochs=2)`` and ``tape.at(100)`` move it and return it. One
    step forward costs one step of training; back, the way from the nearest snapshot, on which some
    states are kept (64 MiB), so that the next steps back cost a fraction of it.

    Args:
        run: what was trained.
        threads: how many to use.

    Example:
        >>> from shoal.experiments import Experiment
        >>> tape = Experiment().run().tape()
        >>> tape.forward(epochs=2).back().step
        499
    """

    def __init__(self, run: Run, *, threads: int | None = None) -> None:
        self._run = run
        self._threads = threads
        self._step = 0
        self._trainer: Trainer | None = None
        self._trail = Snapshots(TRAIL_BYTES)
        self._trail_of: Run | None = None

    def __repr__(self) -> str:
        total = self._run.prepared.settings.total_steps
        return f"<Tape: step {self.step:,} of {total:,}, epoch {self.epoch:,}>"

    @property
    def step(self) -> int:
        """How many steps are done."""
        return self._step

    @property
    def epoch(self) -> int:
        """How many whole epochs are done."""
        return self._step // self._run.prepared.schedule.steps_per_epoch

    def at(self, step: int) -> Tape:
        """Go to the moment after `step` steps.

        Raises:
            ArgumentError: `step` is not one of the run's, 0 to its steps.
            KeyboardInterrupt: Ctrl-C came; the tape stays where it was.
        """
        step = check_step("Tape.at", step, self._run.prepared.settings.total_steps)
        if self._trainer is None or not self._can_go_on(step):
            trainer = self._replayed(step)
        else:
            trainer = self._trainer
            if trainer.advance(step, threads=self._threads):
                self._trainer = None
                raise KeyboardInterrupt
        self._trainer, self._step = trainer, step
        return self

    def forward(
        self, steps: int | None = None, *, batches: int | None = None, epochs: int | None = None
    ) -> Tape:
        """Go forward, one step if nothing is said and none for 0; not beyond the end.

        Args:
            steps: how many steps.
            batches: the same: a step takes one batch.
            epochs: how many times the steps of an epoch.

        Raises:
            ArgumentError: a number that is not whole, or negative.
        """
        return self._go("Tape.forward", 1, steps, batches, epochs)

    def back(
        self, steps: int | None = None, *, batches: int | None = None, epochs: int | None = None
    ) -> Tape:
        """Go back, one step if nothing is said and none for 0; not beyond the start.

        Args:
            steps: how many steps.
            batches: the same: a step takes one batch.
            epochs: how many times the steps of an epoch.

        Raises:
            ArgumentError: a number that is not whole, or negative.
        """
        return self._go("Tape.back", -1, steps, batches, epochs)

    @property
    def weights(self) -> np.ndarray:
        """The parameters of all networks, flat, a copy.

        Shapes:
            (P, K)
        """
        return self._here.state.weights.copy()

    @property
    def state(self) -> State:
        """The arrays of the population here, without the history; not to be changed."""
        return self._here.state

    @property
    def parameters(self) -> Parameters:
        """The parameters layer by layer, with axis P, a copy."""
        return Parameters.from_flat(self._run.network.layout(), self.weights)

    @property
    def figures(self) -> dict[str, np.ndarray]:
        """The figures of the weights here, each (P,); at a report, those of the report."""
        run, state = self._run, self._here.state
        every = np.arange(state.n_networks)
        found = measured(run.prepared, state.weights, state.step, every)
        reports = np.flatnonzero(run.report_steps == self._step)
        for name in found if len(reports) else ():
            reported = run.history[name][:, reports[0]]
            found[name] = np.where(np.isfinite(reported), reported, found[name])
        return found

    def last_batch(self, network: int = 0) -> np.ndarray:
        """Return the rows that the last step of a network took, as numbers of its dataset's rows.

        Nothing before the first step and once the network has ended. Of a stream, the rows are
        counted within the epoch.

        Shapes:
            (n_rows,) int64
        """
        return self._batch(network, self._step - 1)

    def next_batch(self, network: int = 0) -> np.ndarray:
        """Return the rows that the next step of a network takes; see `last_batch`.

        Shapes:
            (n_rows,) int64
        """
        return self._batch(network, self._step)

    @property
    def _here(self) -> Trainer:
        if self._trainer is None:
            self.at(self._step)
        assert self._trainer is not None
        return self._trainer

    def _replayed(self, step: int) -> Trainer:
        """Return the population at `step`; states on the way are kept for the next time."""
        run = owner(self._run, step)
        if run is not self._trail_of:
            self._trail, self._trail_of = Snapshots(TRAIL_BYTES), run
        return trainer_at(run, step, threads=self._threads, trail=self._trail)

    def _can_go_on(self, step: int) -> bool:
        """Return whether moving on from here is exact and is the shorter way."""
        run, here = owner(self._run, step), self._here.state
        if step < self._step or owner(self._run, self._step) is not run:
            return False
        # a network that the clock or Python ended on the way must be stopped where it was
        ending = (run.state.step <= step) & running(here, run.prepared.settings.total_steps)
        nearest = run.snapshots.before(step)
        is_nearer = nearest is not None and nearest.step > self._step
        return not is_nearer and not ending.any()

    def _go(
        self, where: str, sign: int, steps: int | None, batches: int | None, epochs: int | None
    ) -> Tape:
        given = {"steps": steps, "batches": batches, "epochs": epochs}
        counts = {name: value for name, value in given.items() if value is not None}
        for name, value in counts.items():
            _check_count(where, name, value)
        size = {"epochs": self._run.prepared.schedule.steps_per_epoch}
        n = sum(value * size.get(name, 1) for name, value in counts.items()) if counts else 1
        step = self._step + sign * n
        return self.at(max(0, min(step, self._run.prepared.settings.total_steps)))

    def _batch(self, network: int, index: int) -> np.ndarray:
        prepared, size = self._run.prepared, len(self._run)
        if isinstance(network, bool) or not isinstance(network, int | np.integer):
            wanted = f"must be a whole number from 0 to {size - 1}"
            raise ArgumentError("Tape.batch", "network", wanted, got=network, code="A102")
        if not 0 <= network < size:
            wanted = f"must be from 0 to {size - 1}"
            raise ArgumentError("Tape.batch", "network", wanted, got=network, code="A102")
        if not 0 <= index < int(self._run.state.step[network]):
            return np.zeros(0, np.int64)
        part = prepared.parts[int(prepared.part_of[network])]
        schedule = prepared.schedule
        epoch, at = divmod(index, schedule.steps_per_epoch)
        rows = np.arange(part.train.x.shape[0])
        if prepared.settings.shuffled:
            order = Stream(int(prepared.order_keys[network]))
            rows = order.permutation(len(rows), step=epoch)
        chosen = rows[at * schedule.batch : (at + 1) * schedule.batch]
        return chosen if prepared.fresh is not None else part.split.train[chosen]


def _check_count(where: str, name: str, value: object) -> None:
    """Raise unless `value` is a number of moves."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or value < 0:  # type: ignore[operator]
        wanted = "must be a whole number of 0 or more"
        raise ArgumentError(where, name, wanted, got=repr(value), code="A102")
