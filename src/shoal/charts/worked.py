"""The writers of worked arithmetic, by name: text, a piece of a page, a page, LaTeX."""

from __future__ import annotations

from typing import Any, Final

from shoal.errors import ArgumentError
from shoal.network.worked import Trace

FULL_AT_MOST: Final = 1000
"""Weights whose updates a page holds line by line: about 4 KB each."""


def written(trace: Trace, kind: str, **options: Any) -> str:
    """Return a trace as text, as a piece of a page, or as LaTeX.

    Args:
        trace: the trace.
        kind: "text", "html" or "latex".
        options: ``in_full``; of text ``width`` too.
    """
    if kind == "text":
        from shoal.charts.worked_text import to_text

        return to_text(trace, **options)
    if kind == "html":
        from shoal.charts.worked_html import fragment

        return fragment(trace, **options)
    if kind == "latex":
        from shoal.charts.worked_latex import to_latex

        return to_latex(trace, **options)
    raise ArgumentError(
        "written", "kind", 'must be "text", "html" or "latex"', got=repr(kind), code="A103"
    )


def page_of(trace: Trace, *, in_full: bool | None = None, dark: bool | None = None) -> bytes:
    """Return a trace as a page of its own, in one file that loads nothing.

    Args:
        trace: the trace.
        in_full: whether the update of every weight is there, to be opened; None: of up to
            `FULL_AT_MOST` weights.
        dark: whether it is; None: as the browser wishes.
    """
    from shoal.charts.worked_html import page_of as made

    if in_full is None:
        in_full = trace.update is None or len(trace.update.parameters) <= FULL_AT_MOST
    return made(trace, in_full=in_full, dark=dark)


__all__ = ["page_of", "written"]
