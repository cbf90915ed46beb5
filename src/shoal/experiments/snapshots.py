"""States kept on the way, within a number of bytes: the newest close together, old ones sparse.

Any step can be computed from the nearest one before it. Before the first step nothing is kept,
since the start is part of what was prepared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.experiments.ending import running
from shoal.experiments.memory import Memory, remembered, size_of
from shoal.experiments.pieces import Moment
from shoal.experiments.trainer import FAR
from shoal.kernels import State

TAPE_BYTES = 256 * 2**20
"""What snapshots may take if nothing else is said."""
HISTORY = "figures"
"""The array that no snapshot holds: it only grows, and the run has all of it."""
MOST = 512
"""Snapshots kept however small they are; to thin them out takes longer the more there are."""
LOOKED_AT = 64
"""Numbers of an array that are compared before all of it is."""

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The arrays of a state after some steps, without the history; not to be changed.

    Attributes:
        step: that of the network furthest ahead.
        arrays: by name.
        memory: of a rule in Python; empty for others.
        memory_bytes: about what it takes.
    """

    step: int
    arrays: Arrays
    memory: Sequence[Any] = ()
    memory_bytes: int = 0

    def state(self, figures: np.ndarray) -> State:
        """Return a state of its own, with `figures` as its history."""
        own = {name: array.copy() for name, array in self.arrays.items()}
        return State(**own, **{HISTORY: figures})

    def remembered(self) -> Memory:
        """Return a memory of its own."""
        return remembered(self.memory)


class Snapshots:
    """Snapshots in the order of their steps; an observer of the training.

    Args:
        budget: bytes that all arrays together may take.
        keeps_first: whether the first one is needed whatever it takes: a run that did not
            begin at its start cannot be computed from there.

    Example:
        >>> Snapshots(1000).n_bytes
        0
    """

    def __init__(self, budget: int = TAPE_BYTES, *, keeps_first: bool = False) -> None:
        self.budget = budget
        self.keeps_first = keeps_first
        self._kept: list[Snapshot] = []

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps there are snapshots of, without step 0."""
        return tuple(snapshot.step for snapshot in self._kept)

    @property
    def n_bytes(self) -> int:
        """What arrays and memory take; arrays that snapshots share are counted once."""
        arrays = {id(a): a.nbytes for kept in self._kept for a in kept.arrays.values()}
        return sum(arrays.values()) + sum(kept.memory_bytes for kept in self._kept)

    def copy(self) -> Snapshots:
        """Return the same snapshots, to be read while more are added here."""
        other = Snapshots(self.budget, keeps_first=self.keeps_first)
        other._kept = list(self._kept)
        return other

    def before(self, step: int) -> Snapshot | None:
        """Return the last snapshot of `step` or before, None for the start."""
        found = [snapshot for snapshot in self._kept if snapshot.step <= step]
        return found[-1] if found else None

    def forget_after(self, step: int) -> None:
        """Let go of the snapshots beyond `step`."""
        self._kept = [snapshot for snapshot in self._kept if snapshot.step <= step]

    def next_step(self, step: int) -> int:
        """Return that no piece needs to end for a snapshot."""
        return FAR

    def see(self, moment: Moment) -> None:
        """Keep the state, unless it is the start or the end, which are there anyway."""
        state, step = moment.trainer.state, moment.trainer.last_step
        is_first = self.keeps_first and not self._kept
        if is_first or (step > 0 and running(state, moment.trainer.settings.total_steps).any()):
            self.add(step, state, moment.trainer.memory)

    def add(self, step: int, state: State, memory: Sequence[Any] = ()) -> None:
        """Keep the state at `step`, and let go of others if there is no room."""
        last = self._kept[-1] if self._kept else None
        if last is not None and last.step >= step:
            return
        if self.budget <= 0 and not (self.keeps_first and last is None):
            return
        arrays = {
            name: _shared(array, None if last is None else last.arrays[name])
            for name, array in state.arrays().items()
            if name != HISTORY
        }
        own = remembered(memory)
        size = size_of(own) if own else 0
        self._kept.append(Snapshot(step=step, arrays=arrays, memory=own, memory_bytes=size))
        self._thin()

    def _thin(self) -> None:
        pinned = int(self.keeps_first)
        while len(self._kept) > pinned and (self.n_bytes > self.budget or len(self._kept) > MOST):
            del self._kept[self._least_missed(pinned)]

    def _least_missed(self, pinned: int) -> int:
        """Return which snapshot leaves the smallest gap for its age; the newest if it is alone.

        A gap is judged by how far in the past it begins, so that what is kept grows sparser
        with age at a constant ratio.
        """
        steps = [0, *self.steps]
        newest = steps[-1]
        gaps = [
            (steps[k + 1] - steps[k - 1]) / (newest - steps[k - 1])
            for k in range(1 + pinned, len(steps) - 1)
        ]
        return int(np.argmin(gaps)) + pinned if gaps else len(self._kept) - 1


def _shared(array: np.ndarray, before: np.ndarray | None) -> np.ndarray:
    """Return a copy that nobody may change, or the one of the snapshot before if it is equal."""
    if before is not None and _same(array, before):
        return before
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    """Compare bits; a few numbers spread over the array tell most that differ."""
    one, other = a.reshape(-1).view(np.uint8), b.reshape(-1).view(np.uint8)
    some = slice(None, None, max(1, len(one) // LOOKED_AT | 1))
    return bool((one[some] == other[some]).all() and np.array_equal(one, other))
