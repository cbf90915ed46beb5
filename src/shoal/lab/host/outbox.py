"""What is on its way to one page: newest wins, and a reader that is too slow is let go."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Callable
from typing import Final, NamedTuple

MOST_MESSAGES: Final = 256
MOST_BYTES: Final = 64 * 2**20
"""Of answers that wait: no page is behind by as much unless it has stopped reading."""

_HEADER: Final = 4
"""Bytes before it."""
_FRAME: Final = re.compile(rb'\{"type":"frame","id":[0-9]+,"opened":[0-9]+,"run":(-?[0-9]+),')
_PROGRESS: Final = re.compile(rb'\{"type":"progress","id":([0-9]+),')


class _Waiting(NamedTuple):
    """A message, and which newer ones take its place."""

    message: bytes
    replaced_by: str | None


class Outbox:
    """Answers to one page in their order, filled by any thread and emptied on the event loop.

    An answer to a look is worth nothing once there is a newer one of the same run, and neither
    is how far an action was a moment ago; all others are kept. Where too much waits, the box
    closes.

    Args:
        is_full: called on the event loop when it closes by itself.
    """

    def __init__(self, is_full: Callable[[], object]) -> None:
        self._is_full = is_full
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._n_bytes = 0
        self._something = asyncio.Event()
        self._is_closed = False

    def put(self, message: bytes) -> None:
        """Add an answer; one that is added to a closed box is lost."""
        key = replaced_by(message)
        with self._lock:
            if self._is_closed:
                return
            if key is not None:
                self._drop(key)
            self._waiting.append(_Waiting(message, key))
            self._n_bytes += len(message)
            is_full = self._n_bytes > MOST_BYTES or len(self._waiting) > MOST_MESSAGES
            if is_full:
                self._clear()
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._is_full if is_full else self._something.set)

    async def get(self) -> bytes | None:
        """Return the next answer; None: the box is closed."""
        while True:
            await self._something.wait()
            with self._lock:
                if self._waiting:
                    message = self._waiting.pop(0).message
                    self._n_bytes -= len(message)
                    return message
                if self._is_closed:
                    return None
                self._something.clear()

    def close(self) -> None:
        """Drop what waits, and take no more."""
        with self._lock:
            self._clear()
        self._something.set()

    def _clear(self) -> None:
        self._is_closed = True
        self._waiting.clear()
        self._n_bytes = 0

    def _drop(self, key: str) -> None:
        kept = [one for one in self._waiting if one.replaced_by != key]
        if len(kept) < len(self._waiting):
            self._waiting = kept
            self._n_bytes = sum(len(one.message) for one in kept)


def replaced_by(message: bytes) -> str | None:
    """Return what newer answers must be to take the place of this one; None: it stays.

    Args:
        message: as `shoal.lab.frames.frame` writes it.

    Example:
        >>> from shoal.lab.frames import frame
        >>> from shoal.lab.messages import FailedTold, ProgressTold
        >>> replaced_by(frame(ProgressTold(id=3, sentence="Half.")))
        'progress 3'
        >>> replaced_by(frame(FailedTold(id=3, sentence="No."))) is None
        True
    """
    for name, pattern in (("frame", _FRAME), ("progress", _PROGRESS)):
        found = pattern.match(message, _HEADER)
        if found is not None:
            return f"{name} {int(found[1])}"
    return None
