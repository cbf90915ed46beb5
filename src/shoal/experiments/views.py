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

    __slots__ = ()

    @property
    def plot(self) -> Any:
        """Charts of this record: ``record.plot.kind()``; ``dir(record.plot)`` names the kinds."""
        return view("plot")(self)


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
