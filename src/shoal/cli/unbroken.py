"""Ctrl-C during work that must be whole: a training that it cut short is no result of a lesson."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unbroken() -> Iterator[Callable[[], None]]:
    """Yield what raises KeyboardInterrupt if Ctrl-C or SIGTERM came meanwhile, as the end does.

    A training that is interrupted ends early and returns what it has; where trainings stand inside
    of other code, nobody there looks at that.

    Raises:
        KeyboardInterrupt: one of them came, whatever became of it.

    Example:
        >>> with unbroken() as check:
        ...     check()  # nothing came
    """
    came: list[int] = []
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def noted(handler: Callable[..., Any]) -> Callable[[int, Any], None]:
        def note(number: int, frame: Any) -> None:
            came.append(number)
            handler(number, frame)

        return note

    def check() -> None:
        if came:
            raise KeyboardInterrupt

    for each, handler in before.items():
        if callable(handler):
            signal.signal(each, noted(handler))
    try:
        yield check
    finally:
        for each, handler in before.items():
            if callable(handler):
                signal.signal(each, handler)
        check()
