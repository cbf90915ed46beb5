"""How fast a page may send: it is read more slowly, and nothing of it is lost."""

from __future__ import annotations

from typing import Final

BURST: Final = 2.0
"""Seconds' worth that may come at once."""


class Pace:
    """Two buckets that fill with time, one for messages and one for their bytes.

    Args:
        messages: in a second.
        bytes: in a second.

    Example:
        >>> pace = Pace(10, 1000)
        >>> [round(pace.wait(0.0, 0), 1) for _ in range(22)][-3:]
        [0.0, 0.1, 0.2]
        >>> pace.wait(60.0, 0)
        0.0
    """

    def __init__(self, messages: float, bytes: float) -> None:
        self._rates = (messages, bytes)
        self._debts = [0.0, 0.0]  # seconds that it takes to send what was sent
        self._at = 0.0

    def wait(self, now: float, n_bytes: int) -> float:
        """Return after how many seconds a message may be taken that is there now."""
        passed, self._at = max(now - self._at, 0.0), now
        for k, amount in enumerate((1, n_bytes)):
            self._debts[k] = max(self._debts[k] - passed, 0.0) + amount / self._rates[k]
        return max(*self._debts, BURST) - BURST
