"""How deeply a document is nested: the one limit that keeps recursion out of every reader."""

from __future__ import annotations

from collections.abc import Mapping

MAX_DEPTH = 32
"""The deepest tables in tables that are read."""


def is_deep(value: object) -> bool:
    """Return whether tables and lists go deeper than `MAX_DEPTH`.

    Example:
        >>> is_deep({"a": [1]})
        False
    """
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [item for each in level for item in _inside(each)]
        if not level:
            return False
    return any(isinstance(each, Mapping | list | tuple) for each in level)


def _inside(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else []
