"""How far a run is, and how long it will take: from the times of the fits that there are."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks.tabular.measuring import Fit, Key

NOTHING_KNOWN_S = 1.0
"""What a fit is taken to last before there is any."""


class Progress:
    """Counts fits, and says how long those that are left will take.

    Args:
        todo: what is to be measured, in its order.
        known: fits that there are.
    """

    def __init__(self, todo: Sequence[Key], known: Iterable[Fit] = ()) -> None:
        self._todo = dict.fromkeys(todo)
        self.n = len(self._todo)
        self._times: dict[tuple[str, ...], list[float]] = {}
        self._begun = time.perf_counter()
        for fit in known:
            self.note(fit)

    def note(self, fit: Fit) -> None:
        """Take a fit into account."""
        self._todo.pop(fit.key, None)
        for like in _likes(fit.key):
            self._times.setdefault(like, []).append(fit.fit_s)

    @property
    def n_left(self) -> int:
        """How many fits are left."""
        return len(self._todo)

    @property
    def seconds_left(self) -> float:
        """The time that fits like those left have taken: same set and learner, or same learner."""
        likely = {like: median(times) for like, times in self._times.items()}
        return sum(
            next((likely[like] for like in _likes(key) if like in likely), NOTHING_KNOWN_S)
            for key in self._todo
        )

    def told(self) -> str:
        """Return a line: ``37 of 2,472 fits, 0:41 gone, about 25 min left``."""
        gone = int(time.perf_counter() - self._begun)
        left = self.seconds_left
        wait = f"{left:.0f} s" if left < 90 else f"{left / 60:.0f} min"
        return (
            f"{self.n - self.n_left:,} of {self.n:,} fits, {gone // 60}:{gone % 60:02} gone, "
            f"about {wait} left"
        )


def _likes(key: Key) -> tuple[tuple[str, ...], ...]:
    part, name, _, learner = key
    return (part, name, learner), (part, learner), ()
