"""Ctrl-C during work that must be whole: a training that it cut short is no result of a lesson."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unbroken() -> Iterator[None]:
    """Raise KeyboardInterrupt at the end of the block if Ctrl-C or SIGTERM came meanwhile.

    A training that is interrupted ends early and returns what it has; where trainings stand inside
    of other code, nobody there looks at that.

    Raises:
        KeyboardInterrupt: one of them came, whatever became of it.

    Example:
        >>> with unbroken():
        ...     answer = 6 * 7
        >>> answer
        42
    """
    came: list[int] = []

    def noted(handler: Callable[..., Any]) -> Callable[[int, Any], None]:
        def note(number: int, frame: Any) -> None:
            came.append(number)
            handler(number, frame)

        return note

    in_main = threading.current_thread() is threading.main_thread()  # others have no signals
    found = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    before = {each: handler for each, handler in found.items() if in_main and callable(handler)}
    for each, handler in before.items():
        signal.signal(each, noted(handler))
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        if came:
            raise KeyboardInterrupt
