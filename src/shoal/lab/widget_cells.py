"""Which cell of a notebook runs, so that one that runs again finds its lab as it was.

Jupyter and VS Code send a cell's name with what it says; marimo knows it while it runs. Where
neither is there, as in a script, nothing is remembered.
"""

from __future__ import annotations

import sys
from typing import Any


def running_cell() -> str | None:
    """Return the name of the cell that runs, None where there is none.

    Example:
        >>> running_cell() is None  # a doctest is no cell
        True
    """
    return _of_marimo() or _of_ipython()


def _of_marimo() -> str | None:
    """Return the cell of marimo's editor; an app serves several people from one process."""
    if "marimo" not in sys.modules:
        return None
    try:
        from marimo._runtime.context import get_context
        from marimo._runtime.context.utils import get_mode

        return f"marimo {get_context().cell_id}" if get_mode() == "edit" else None
    except Exception:  # there is no public way to ask, and no need that it goes well
        return None


def _of_ipython() -> str | None:
    shell = sys.modules.get("IPython")
    if shell is None:
        return None
    try:
        parent: Any = shell.get_ipython().get_parent()
        cell = parent["metadata"]["cellId"]
    except Exception:  # a terminal, or a notebook that does not say
        return None
    return f"ipython {cell}" if isinstance(cell, str) and cell else None
