"""Fair turns among pages that share a few cores.

Looks come before pieces of training, and each kind takes turns in the order of asking: who had a
turn goes to the end of the line. A page that is alone trains on all cores; while its run is
watched, on all but one. Only who is next is woken: twenty threads that wake to find that it is
not their turn keep the one whose turn it is from its core.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

PIECE_S: Final = 0.02
"""Seconds that a piece of training is aimed at where one page trains and is watched..."""
CALM_PIECE_S: Final = 0.05
"""...where nobody watches, since to begin and to end a piece takes both cores half a
millisecond..."""
ROUND_S: Final = 0.03
"""...and what a round of all pages that train is aimed at..."""
LEAST_S: Final = 0.004
"""...but a piece is no shorter, since to begin and to end one takes time too."""
PATIENCE_S: Final = 0.06
"""Seconds after which a piece of training has its turn although looks go on coming."""
BLINK_S: Final = 0.05
"""Seconds between two looks of who waits at whether it is still wanted."""

WATCHED_LOOKS: Final = 3
WATCHED_S: Final = 0.5
"""So many looks at places of a tape in so many seconds are a run that is watched."""

WATCHER_S: Final = 1.0
"""Seconds after a look at a place of a tape in which who looked counts as one who watches."""

_Line = deque[threading.Condition]
"""Who waits, each with a condition of its own; all of them have one lock."""


class Turns:
    """Who may use the cores now.

    Args:
        cores: how many there are.

    Example:
        >>> with Turns(2).piece() as threads:
        ...     print(threads)
        2
    """

    def __init__(self, cores: int) -> None:
        self.cores = cores
        self._lock = threading.Lock()
        self._calm = threading.Condition(self._lock)
        self._lookers: _Line = deque()
        self._trainers: _Line = deque()
        self._looking = 0
        self._training = 0
        self._last_piece = time.monotonic()
        self._looked: deque[float] = deque(maxlen=WATCHED_LOOKS)
        self._watchers: dict[int, float] = {}

    @property
    def is_watched(self) -> bool:
        """Whether looks follow each other as those at a tape that plays do."""
        looked = self._looked
        return len(looked) == WATCHED_LOOKS and time.monotonic() - looked[0] < WATCHED_S

    @property
    def n_watchers(self) -> int:
        """How many watch a tape now."""
        since = time.monotonic() - WATCHER_S
        with self._lock:
            for gone in [who for who, at in self._watchers.items() if at < since]:
                del self._watchers[gone]
            return len(self._watchers)

    @contextmanager
    def look(self, *, watcher: int | None = None) -> Iterator[int]:
        """Wait for a core to look with; give how many threads there are for it.

        Args:
            watcher: who looks at a place of a tape, such as one that plays; any number that
                is nobody else's. None for other looks.
        """
        with self._in(self._lookers, lambda: self._looking < self.cores):
            self._looking += 1
            if watcher is not None:
                now = time.monotonic()
                self._looked.append(now)
                self._watchers[watcher] = now
            threads = max(1, self.cores - self._looking - self._training - len(self._lookers))
        try:
            yield threads
        finally:
            with self._lock:
                self._looking -= 1
                self._call()

    @contextmanager
    def piece(self, check: Callable[[], object] | None = None) -> Iterator[int]:
        """Wait for the turn to train a piece; give how many threads it may use.

        Args:
            check: called while waiting; what it raises ends the waiting.
        """
        threads = self.take(check)
        try:
            yield threads
        finally:
            self.give_back(threads)

    def take(self, check: Callable[[], object] | None = None) -> int:
        """Wait for the turn to train a piece; return how many threads it may use."""
        with self._in(self._trainers, self._is_free, check):
            others = bool(self._trainers) or self._training > 0
            free = min(self.cores - self._looking, self._for_training) - self._training
            threads = 1 if others else max(1, free)
            self._training += threads
            self._last_piece = time.monotonic()
        return threads

    def give_back(self, threads: int) -> None:
        """End a piece that `take` began."""
        with self._lock:
            self._training -= threads
            self._call()

    def piece_s(self) -> float:
        """Return the seconds that a piece should take now: the more train, the shorter."""
        n_training = len(self._trainers) + max(1, self._training)
        share = ROUND_S * self.cores / n_training
        if n_training <= self.cores:
            return PIECE_S if self.is_watched else CALM_PIECE_S
        return min(PIECE_S, max(LEAST_S, share))

    def rest(self, check: Callable[[], object]) -> None:
        """Let those who wait to look come first, for a while.

        Args:
            check: called while waiting; what it raises ends the waiting.
        """
        until = time.monotonic() + PATIENCE_S
        with self._lock:
            while self._lookers and time.monotonic() < until:
                self._calm.wait(BLINK_S)
                check()

    @property
    def _for_training(self) -> int:
        """Cores that may train.

        One is left for looks, and for the browser that draws, where runs are watched.
        """
        return max(1, self.cores - 1) if self.is_watched else self.cores

    def _is_free(self) -> bool:
        if self._training >= self._for_training:
            return False
        if time.monotonic() - self._last_piece > PATIENCE_S:
            return True
        return not self._lookers and self._looking + self._training < self.cores

    @contextmanager
    def _in(
        self, line: _Line, is_free: Callable[[], bool], check: Callable[[], object] | None = None
    ) -> Iterator[None]:
        """Stand in a line until it is one's turn; the lock is held in the block."""
        mark = threading.Condition(self._lock)
        with self._lock:
            line.append(mark)
            try:
                while line[0] is not mark or not is_free():
                    mark.wait(BLINK_S)
                    if check is not None:
                        check()
                line.popleft()
                yield
            finally:
                if mark in line:
                    line.remove(mark)
                self._call()

    def _call(self) -> None:
        """Wake who is next in each line, if it is their turn; the lock is held."""
        if not self._lookers:
            self._calm.notify_all()
        elif self._looking < self.cores:
            self._lookers[0].notify()
        if self._trainers and self._is_free():
            self._trainers[0].notify()
