"""What several experiments have in common, made once: files read, rows drawn, rows scaled.

Cells of a sweep and the sides of a comparison differ in few keys; what those do not touch is the
same object for all.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Shelf:
    """Things by what decides them; nothing on it is ever changed."""

    def __init__(self) -> None:
        self._things: dict[Hashable, Any] = {}

    def recall(self, name: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` gives for `name`, made the first time only."""
        if name not in self._things:
            self._things[name] = make()
        found: T = self._things[name]
        return found
