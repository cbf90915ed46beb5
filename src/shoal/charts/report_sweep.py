"""What a report tells of a sweep: how a figure depends on what was varied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from shoal.charts.registry import CHARTS, make
from shoal.charts.report_parts import Story, Table, figure_text, handed_on
from shoal.charts.report_run import figure_words
from shoal.errors import InputError
from shoal.experiments.baselines import LINEAR, baselines_of
from shoal.kernels import ARITHMETIC

if TYPE_CHECKING:
    from shoal.charts.chart import Chart

ROWS: Final = 200
"""Cells in the table at most."""


def sweep_story(record: Any) -> Story:
    """Return what a report tells of a sweep."""
    figure = record.usual_figure
    cells = record.summary(figure)
    base = record.cells[0].experiment
    beside = _baselines(base, figure)
    n = len(record.columns["cell"])
    lost = int(np.asarray(record.columns["diverged"], bool).sum())
    cards = [("cells", f"{len(record.cells):,}"), ("networks", f"{n:,}"),
             ("diverged", f"{lost:,}"), ("seconds", f"{record.seconds:.3g}")]  # fmt: skip
    cards += [(f"{name}, first cell", figure_text(figure, v)) for name, v in beside.items()]
    interrupted = ("The sweep was interrupted; this is what was there.",)
    return Story(
        kind="sweep",
        question=f"How does {figure_words(figure)} depend on {' and '.join(record.keys)}?",
        answer=record.sentence,
        beside=(*record.warnings, *(interrupted if record.interrupted else ())),
        cards=tuple(cards),
        tables=(cells_table(record, figure, cells, beside),),
        charts=_charts(record),
        documents={"sweep.toml": _toml(record)},
        commands=("shoal sweep sweep.toml",),
        facts=(
            ("shoal", version("shoal")),
            ("arithmetic", ARITHMETIC),
            ("seed", str(base.seed)),
            ("networks", f"{n:,}"),
            ("digest of all weights", record.digest if "digest" in record.columns else "not kept"),
        ),
        examined=base,
        examined_as=f"This is about the first cell: {record.cells[0].label}.",
    )


def cells_table(
    record: Any, figure: str, cells: list[dict[str, Any]], beside: Mapping[str, float]
) -> Table:
    """Return the table of the cells: what was varied, and the figure there."""
    higher = figure.endswith(("accuracy", "r2"))
    shown = list(cells)
    if len(cells) > ROWS:
        ranked = sorted(cells, key=lambda each: _order(each["median"], higher))
        shown = ranked[:ROWS]
    keys = list(record.keys)
    rows = [
        (
            *(str(_value(each, key)) for key in keys),
            *(figure_text(figure, each.get(n)) for n in ("median", "p05", "p95", "low", "high")),
            *(figure_text(figure, each.get(n)) for n in ("attainable", "constant_guess")),
            f"{each['n_counted']:,}",
            f"{each['n_diverged']:,}",
        )
        for each in shown
    ]
    rest = len(cells) - len(shown)
    notes = ["low and high hold the median of all networks that could be drawn, in 95 % of cases."]
    notes += [f"{name} on the first cell: {figure_text(figure, v)}." for name, v in beside.items()]
    notes += [f"The best {len(shown):,} of {len(cells):,} cells are shown."] if rest else []
    return Table(
        caption=f"{figure_words(figure).capitalize()} of every cell",
        head=(
            *keys,
            "median",
            "5 %",
            "95 %",
            "low",
            "high",
            "attainable",
            "constant guess",
            "counted",
            "diverged",
        ),
        rows=tuple(rows),
        n_words=len(keys),
        notes=tuple(notes),
    )


def _value(cell: Mapping[str, Any], key: str) -> Any:
    values = cell.get("values")
    found = values.get(key) if isinstance(values, Mapping) else cell.get(key)
    return f"{found:g}" if isinstance(found, float) else found


def _order(value: float | None, higher: bool) -> float:
    if value is None or not np.isfinite(value):
        return float("inf")
    return -value if higher else value


def _baselines(experiment: Any, figure: str) -> dict[str, float]:
    try:
        found = baselines_of(experiment, figure)
    except InputError:
        return {}
    return {name: value for name, value in found.items() if name == LINEAR}


def _charts(record: Any) -> tuple[Callable[[], Chart], ...]:
    return tuple(partial(make, name, record) for name in CHARTS if CHARTS[name].fits(record))


def _toml(record: Any) -> str:
    import tomli_w

    return tomli_w.dumps(handed_on(record.sweep.to_document()))


__all__ = ["cells_table", "sweep_story"]
