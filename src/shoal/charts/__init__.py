"""Charts, animations and the report: pure functions from records to pictures.

Nothing that draws is loaded before a picture is asked for.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shoal.charts.chart import Chart
    from shoal.charts.registry import CHARTS, ChartKind

LAZY = {"Chart": "chart", "CHARTS": "registry", "ChartKind": "registry"}


class Plots:
    """The charts of a record: ``record.plot.kind()``, each a `Chart`.

    ``dir(record.plot)`` names the kinds that fit the record, ``help(record.plot.kind)`` their
    options.
    """

    def __init__(self, record: Any) -> None:
        self._record = _plotted(record)

    def __dir__(self) -> Iterable[str]:
        from shoal.charts.registry import CHARTS

        return [kind.name for kind in CHARTS.values() if kind.fits(self._record)]

    def __repr__(self) -> str:
        return f"<Plots: {', '.join(dir(self))}>"

    def __getattr__(self, name: str) -> Any:
        from shoal.charts.registry import CHARTS, chart_kind, make

        if name.startswith("_"):
            raise AttributeError(name)
        if name not in CHARTS or not CHARTS[name].fits(self._record):
            try:
                chart_kind(name)
                make(name, self._record)
            except ValueError as error:
                raise AttributeError(str(error)) from None
        return types.MethodType(CHARTS[name].makes, self._record)


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module 'shoal.charts' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"shoal.charts.{LAZY[name]}"), name)


def _plotted(record: Any) -> Any:
    """Return what is drawn of a record: of a diagnosis the run that it is about."""
    return record.run if type(record).__name__ == "Diagnosis" else record


__all__ = ["CHARTS", "Chart", "ChartKind", "Plots"]
