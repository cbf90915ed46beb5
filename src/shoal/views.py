"""What can be seen of a record, found by name: charts live above experiments and register here.

Packages name their views as entry points of the group ``shoal.views``, as shoal does its charts;
so a record can offer ``run.plot`` without knowing how anything is drawn.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any, Final

from shoal.errors import InternalError

GROUP: Final = "shoal.views"


class Viewed:
    """A record that can be looked at."""

    __slots__ = ("_stored_as",)

    @property
    def stored_as(self) -> str:
        """Its id in the store, "" where it is in none; what is made of it is in none."""
        return str(getattr(self, "_stored_as", ""))

    @property
    def plot(self) -> Any:
        """Charts of this record: ``record.plot.kind()``; ``dir(record.plot)`` names the kinds."""
        return view("plot")(self)


def mark_stored(record: Viewed, id: str) -> None:
    """Let a record know its id in the store; what it is does not change."""
    object.__setattr__(record, "_stored_as", id)


@cache
def offered(name: str) -> Any | None:
    """Return what is registered under a name, None if nothing is: what need not be there."""
    found = entry_points(group=GROUP, name=name)
    return next(iter(found)).load() if found else None


@cache
def view(name: str) -> Any:
    """Return what is registered under a name.

    Raises:
        InternalError: nothing is; the installation is damaged.
    """
    found = entry_points(group=GROUP, name=name)
    if not found:
        raise InternalError(f"no view '{name}' is registered: install shoal again.")
    return next(iter(found)).load()
