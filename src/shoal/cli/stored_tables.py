"""What is stored of a result as a table, for ``shoal runs show``: nothing is computed for it."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from shoal.cli.plain_table import one_line, plain_table

HEADS: Final = {"median": "median", "p05": "5 %", "p95": "95 %"}
SHOWN: Final = 10
"""Cells of a sweep, the best first."""
Result = Mapping[str, Any]


def result_table(kind: str, result: Result) -> str:
    """Return what came of a record as text, "" where there is nothing to show.

    Args:
        kind: of the record.
        result: its document as it was stored.
    """
    return TABLES[kind](result)


def number(value: float | None) -> str:
    """Return a figure in a few digits, nothing for one that is not known."""
    return "" if value is None else f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 else f"{value:.4g}"


def called(figure: str) -> str:
    """Return the name of a figure in words."""
    return figure.replace("_", " ").replace("train ", "training ")


def wrapped(text: str) -> str:
    """Return text in lines that fit the terminal."""
    width = shutil.get_terminal_size().columns
    return textwrap.fill(one_line(text), max(20, width), break_on_hyphens=False)


def _of_run(result: Result) -> str:
    summary: Mapping[str, Result] = result.get("summary") or {}
    if not summary:
        return ""
    return _banded("figure", {called(name): band for name, band in summary.items()})


def _of_sweep(result: Result) -> str:
    figure = result["figure"]
    cells = [cell for cell in result["cells"] if figure in cell["figures"]]
    known = [cell for cell in cells if cell["figures"][figure]["median"] is not None]
    lower = figure.endswith(("loss", "error"))
    known.sort(key=lambda cell: cell["figures"][figure]["median"], reverse=not lower)
    if not known:
        return ""
    rows = {
        cell.get("label") or _label(cell["values"]): cell["figures"][figure]
        for cell in known[:SHOWN]
    }
    table = _banded(called(figure), rows)
    n = len(result["cells"])
    return f"{table}\n\n{len(rows):,} of {n:,} cells, the best first." if n > len(rows) else table


def _of_comparison(result: Result) -> str:
    table = _banded(called(result["figure"]), {arm["name"]: arm for arm in result["arms"]})
    verdicts = result["verdicts"]
    if len(verdicts) < 2:
        return table
    return "\n".join([table, "", *(wrapped(f"{each['sentence']}.") for each in verdicts)])


def _of_diagnosis(result: Result) -> str:
    return "\n\n".join(
        "\n".join(wrapped(each[key]) for key in ("title", "sentence", "remedy_sentence"))
        for each in result["findings"]
    )


def _banded(head: str, rows: Mapping[str, Result]) -> str:
    columns: dict[str, Sequence[str]] = {head: list(rows)}
    columns |= {said: [number(band[key]) for band in rows.values()] for key, said in HEADS.items()}
    columns["networks"] = [f"{band['n_counted']:,}" for band in rows.values()]
    return plain_table(columns, right=(*HEADS.values(), "networks"), cut={head: 12})


def _label(values: Result) -> str:
    """Return what a cell is called: the last part of each key, and its value."""
    return ", ".join(f"{key.rpartition('.')[2]}={value}" for key, value in values.items())


TABLES: Final[Mapping[str, Callable[[Result], str]]] = {
    "run": _of_run,
    "sweep": _of_sweep,
    "comparison": _of_comparison,
    "diagnosis": _of_diagnosis,
}
"""How the result of each kind of record is shown."""
