"""A run of a session, trained in the background, in pieces, and looked at on its way.

The thread that trains stops between pieces, which are about as long as others wait for a core
at most; only there is the state copied for those who look, so no one sees half a step.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from shoal.errors import ArgumentError, InputError, ShoalError
from shoal.experiments.branch import Rewound
from shoal.experiments.carry import carry_on
from shoal.experiments.ending import running
from shoal.experiments.launch import finished
from shoal.experiments.pieces import Moment, Outcome
from shoal.experiments.prepare import Prepared
from shoal.experiments.run import Run
from shoal.experiments.snapshots import HISTORY, Snapshots
from shoal.experiments.trainer import FAR, Trainer
from shoal.kernels import State
from shoal.lab.session import Branch
from shoal.lab.turns import Turns
from shoal.network import Parameters

TAPE_BYTES: Final = 64 * 2**20
"""What the snapshots of a run may take."""
BLINK_S: Final = 0.05
"""Seconds between two looks of who waits at whether it is still wanted."""

DEFECT: Final = "something went wrong in the lab itself. Change a setting to try again."

log = logging.getLogger("shoal.lab")

Check = Callable[[], object]
"""Raises if what is under way is not wanted any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A run that a session asks for.

    Attributes:
        number: of the run in the session: see `shoal.lab.messages.RunNumber`.
        key: what it is decided by, as a digest: equal keys give equal bits.
        prepared: data and settings.
        branch: how it leaves the run `parent`; None for one that begins at its start.
        parent: the key of the run that it leaves.
    """

    number: int
    key: str
    prepared: Prepared
    branch: Branch | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What there is of a run when it is looked at.

    Attributes:
        run: as far as it came when it was copied; not moved any more.
        is_done: whether that is its end.
        trained_step: how far training has come by now.
    """

    run: Run
    is_done: bool
    trained_step: int


class Course:
    """A run on its way, or at its end; an observer of its own training.

    Args:
        plan: what is to be trained.
        turns: when a piece may be trained.
    """

    def __init__(self, plan: Planned, turns: Turns) -> None:
        self.plan = plan
        self.run: Run | None = None
        self.failure: str | None = None
        self.n_pieces = 0
        self._turns = turns
        self._changed = threading.Condition()
        self._trainer: Trainer | None = None
        self._snapshots = Snapshots(TAPE_BYTES)
        self._record: Callable[[Trainer, Outcome, Snapshots], Run] = finished
        self._check: Check = _nothing
        self._threads = 0
        self._is_moving = False
        self._n_asked = 0
        self._trained = -1
        self._elapsed_s = 0.0
        self._copy: Run | None = None
        self._n_copies = 0

    # ---- by the thread that trains

    def train(self, parent: Run | None, check: Check) -> None:
        """Train to the end; what `check` raises drops the run, which can be begun anew.

        Args:
            parent: the run that a branch leaves, at its end.
            check: called at least every 50 ms.
        """
        self._check = check
        try:
            self._take()
            trainer = self._begin(parent)
            outcome = carry_on(
                trainer,
                self._snapshots,
                others=[self],
                threads=lambda: self._threads,
                piece_s=self._turns.piece_s,
                check=check,
            )
            run = self._record(trainer, outcome, self._snapshots)
            self._end(run, None)
        except ShoalError as error:
            self._end(None, str(error))
        except MemoryError:
            self._end(None, "there is not enough memory for this run. Ask for a smaller one.")
        except Exception:  # else it would be begun again and again, and who looks would wait
            log.exception("a defect of the lab")
            self._end(None, DEFECT)
        finally:
            self._check = _nothing  # a run that is kept must not hold the page that asked for it
            self._give_back()

    def next_step(self, step: int) -> int:
        """Return that no piece needs to end for those who look."""
        return FAR

    def see(self, moment: Moment) -> None:
        """Let others have their turn between two pieces, and let them look."""
        state, total = moment.trainer.state, moment.trainer.settings.total_steps
        self.n_pieces += 1
        with self._changed:
            self._is_moving = False
            self._trainer, self._trained = moment.trainer, moment.step
            self._elapsed_s = moment.elapsed_s
            if self._n_asked:
                self._so_far()
            self._changed.notify_all()
        if not running(state, total).any():
            return
        self._give_back()
        self._take()
        with self._changed:
            self._is_moving = True

    def _take(self) -> None:
        self._threads = self._turns.take(self._check)

    def _give_back(self) -> None:
        threads, self._threads = self._threads, 0
        if threads:
            self._turns.give_back(threads)

    def _begin(self, parent: Run | None) -> Trainer:
        branch = self.plan.branch
        if branch is None:
            self._snapshots, self._record = Snapshots(TAPE_BYTES), finished
            return Trainer(self.plan.prepared)
        if parent is None:
            raise InputError("the run that this branch leaves could not be trained.", code="R104")
        rewound = replace(parent.rewind(branch.at), experiment=self.plan.prepared.experiment)
        rewound = _edited(rewound, branch)
        self._snapshots = Snapshots(TAPE_BYTES, keeps_first=True)
        self._record = rewound.record
        return rewound.begin(rewound.experiment, threads=self._threads)

    def _end(self, run: Run | None, failure: str | None) -> None:
        with self._changed:
            self.run, self.failure = run, failure
            if run is not None:
                self._trained = int(run.steps.max())
            self._is_moving = False
            self._trainer = self._copy = None
            self._changed.notify_all()

    # ---- by those who look

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.run is not None or self.failure is not None

    @property
    def has_begun(self) -> bool:
        """Whether there is anything to see yet."""
        return self._trained >= 0 or self.is_over

    @property
    def n_bytes(self) -> int:
        """About how many bytes the finished run takes, without its data."""
        if self.run is None:
            return 0
        arrays = (*self.run.state.arrays().values(), self.run.prepared.start)
        return sum(array.nbytes for array in arrays) + self.run.snapshots.n_bytes

    @property
    def data(self) -> Iterator[np.ndarray]:
        """The arrays of its rows, which other runs may hold too."""
        for part in self.plan.prepared.parts:
            for rows in (part.dataset, part.train, part.validation, part.test):
                if rows is not None:
                    yield rows.x
                    yield rows.y

    def wait(self, check: Check) -> Run:
        """Wait for the end; return the run.

        Raises:
            InputError: it could not be trained.
        """
        with self._changed:
            while not self.is_over:
                self._changed.wait(BLINK_S)
                check()
        return self._sound_run()

    def sight(self, step: int | None, have: int, patience_s: float, check: Check) -> Sight:
        """Wait for what is asked for; return what there is then.

        Args:
            step: a step to look at, None for the newest.
            have: of the newest, the step that is known already: there must be more.
            patience_s: how long to wait for the end (or the step) before showing the way.
            check: called while waiting.

        Raises:
            InputError: it could not be trained.
        """
        until = time.monotonic() + patience_s
        with self._changed:
            while not self.is_over:
                left = until - time.monotonic()
                wanted = have + 1 if step is None else min(step, have + 1)
                is_there = self._trained >= max(0, wanted)
                is_enough = step is not None and self._trained >= step
                if is_enough and self._reaches(step):
                    return self._seen()
                if is_there and (is_enough or left <= 0):
                    return self._copied(check)
                self._changed.wait(min(max(left, 0.001), BLINK_S) if is_there else BLINK_S)
                check()
        run = self._sound_run()
        return Sight(run=run, is_done=True, trained_step=int(run.steps.max()))

    def _copied(self, check: Check) -> Sight:
        """Return the run so far, made between two pieces; the lock is held."""
        self._n_asked += 1
        before = self._n_copies
        try:
            # it may move again before this thread wakes: then there is a copy of the moment between
            while self._is_moving and self._n_copies == before and not self.is_over:
                self._changed.wait(BLINK_S)
                check()
        finally:
            self._n_asked -= 1
        if self.is_over:
            run = self._sound_run()
            return Sight(run=run, is_done=True, trained_step=int(run.steps.max()))
        if not self._is_moving:
            self._so_far()
        return self._seen()

    def _reaches(self, step: int | None) -> bool:
        """Return whether the last copy holds a step: then none needs to be waited for."""
        return self._copy is not None and step is not None and step <= self._copy.steps.max()

    def _seen(self) -> Sight:
        assert self._copy is not None
        return Sight(run=self._copy, is_done=False, trained_step=self._trained)

    def _so_far(self) -> None:
        """Copy the run as it stands between two pieces."""
        trainer = self._trainer
        assert trainer is not None
        if self._copy is None or int(self._copy.state.step.max()) != trainer.last_step:
            outcome = Outcome(seconds=self._elapsed_s, interrupted=True, failure=None)
            made = self._record(trainer, outcome, self._snapshots.copy())
            self._copy = replace(made, state=_copied_state(trainer.state))
        self._n_copies += 1

    def _sound_run(self) -> Run:
        if self.run is None:
            raise InputError(self.failure or "the run could not be trained.", code="R104")
        return self.run


def _copied_state(state: State) -> State:
    """Return a copy that shares the history: its reports so far are not written again."""
    own = {name: array.copy() for name, array in state.arrays().items() if name != HISTORY}
    return State(**own, **{HISTORY: state.figures})


def _edited(rewound: Rewound, branch: Branch) -> Rewound:
    """Return a run taken back with the weights that were set by hand."""
    if not branch.edits:
        return rewound
    run = rewound.run_of
    flat = np.array(run.at(rewound.step).flat)
    n_networks, n_parameters = flat.shape
    for edit in branch.edits:
        if edit.parameter >= n_parameters:
            wanted = f"must be below {n_parameters}, the parameters of a network"
            raise ArgumentError("branch", "parameter", wanted, got=edit.parameter, code="A102")
        if edit.network is not None and edit.network >= n_networks:
            wanted = f"must be below {n_networks}, the networks there are"
            raise ArgumentError("branch", "network", wanted, got=edit.network, code="A102")
        with np.errstate(over="ignore"):  # what is not finite is refused below
            flat[slice(None) if edit.network is None else edit.network, edit.parameter] = edit.value
    return rewound.with_weights(Parameters.from_flat(run.network.layout(), flat))


def _nothing() -> None:
    """Do nothing: what is under way is wanted."""
