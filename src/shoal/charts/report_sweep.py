"""What a report tells of a sweep: how a figure depends on what was varied."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import shoal
from shoal.charts.predicted import MOST_CELLS, MOST_DOTS
from shoal.charts.registry import CHARTS, make
from shoal.charts.report_parts import Story, Table, figure_text, handed_on
from shoal.charts.sweeps import short_key
from shoal.charts.wording import figure_words
from shoal.data.tasks import LogicTask
from shoal.experiments.baselines import ATTAINABLE
from shoal.experiments.sweep.cells import shown
from shoal.kernels import ARITHMETIC

if TYPE_CHECKING:
    from shoal.charts.chart import Chart

ROWS: Final = 200
"""Cells in the table at most."""


def sweep_story(record: Any, figure: str | None = None) -> Story:
    """Return what a report tells of a sweep, by the usual figure if none is named."""
    figure = figure or record.usual_figure
    cells = record.summary(figure)
    base = record.cells[0].experiment
    n = len(record.columns["cell"])
    lost = int(np.asarray(record.columns["diverged"], bool).sum())
    cards = [*_ends(figure, cells), ("cells", f"{len(record.cells):,}"), ("networks", f"{n:,}"),
             ("diverged", f"{lost:,}"), ("seconds", f"{record.seconds:.3g}")]  # fmt: skip
    interrupted = ("The sweep was interrupted; this is what was there.",)
    return Story(
        kind="sweep",
        question=_question(record, figure),
        answer=record.answer(figure),
        beside=(
            *_effects(record, figure),
            *record.warnings,
            *(interrupted if record.interrupted else ()),
        ),
        cards=tuple(cards),
        tables=(cells_table(record, figure, cells),),
        charts=_charts(record, figure),
        documents={"sweep.toml": _toml(record)},
        commands=("shoal sweep sweep.toml",),
        facts=(
            ("shoal", shoal.__version__),
            ("arithmetic", ARITHMETIC),
            ("seed", str(base.seed)),
            ("networks", f"{n:,}"),
            ("digest of all weights", record.digest if "digest" in record.columns else "not kept"),
        ),
        examined=base,
        examined_as=f"This is about the first cell: {record.cells[0].label}.",
    )


def _effects(record: Any, figure: str) -> list[str]:
    """Return how much each key matters, without the underscores of its name."""
    return [
        each.name.replace("_", " ") + each.sentence.removeprefix(each.name)
        for each in record.effects(figure)
    ]


def _ends(figure: str, cells: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the median of the best cell and of the worst."""
    known = sorted(each["median"] for each in cells if np.isfinite(each["median"]))
    if figure.endswith(("accuracy", "r2")):
        known = known[::-1]
    named = zip(("best cell, median", "worst cell, median"), (known[:1], known[-1:]), strict=True)
    return [(name, figure_text(figure, value)) for name, values in named for value in values]


def _question(record: Any, figure: str) -> str:
    *others, last = (short_key(key, record.keys) for key in record.keys)
    keys = f"{', '.join(others)} and {last}" if others else last
    return f"How does {figure_words(figure)} depend on {keys}?"


def cells_table(record: Any, figure: str, cells: list[dict[str, Any]]) -> Table:
    """Return the table of the cells: what was varied, the figure there, and what it is worth.

    What is the same for every cell stands once, below.
    """
    higher = figure.endswith(("accuracy", "r2"))
    kept = list(cells)
    if len(cells) > ROWS:
        kept = sorted(cells, key=lambda each: _order(each["median"], higher))[:ROWS]
    known = record.baselines(figure, [each["cell"] for each in kept])
    attainable = [each["attainable"] for each in kept]
    text = partial(figure_text, figure)
    columns: dict[str, list[str]] = {
        short_key(key, record.keys): [shown(each["values"][key]) for each in kept]
        for key in record.keys
    }
    n_words, beside = len(columns), dict[str, str]()
    columns["median"] = [text(each["median"]) for each in kept]
    columns["95 % interval"] = [_span(figure, each["low"], each["high"]) for each in kept]
    columns["5 to 95 %"] = [_span(figure, each["p05"], each["p95"]) for each in kept]
    for name, values in (*known.items(), (ATTAINABLE, attainable)):
        told = [text(value) for value in values]
        if len(set(told)) > 1:
            columns[name] = told
        elif told and told[0]:
            beside[name] = told[0]
    if any(each["n_diverged"] for each in cells):
        columns["counted"] = [f"{each['n_counted']:,}" for each in kept]
        columns["diverged"] = [f"{each['n_diverged']:,}" for each in kept]
    rows = list(zip(*columns.values(), strict=True))
    rest = [""] * (len(columns) - n_words - 1)
    rows += [(name, *[""] * (n_words - 1), v, *rest) for name, v in beside.items()]
    return Table(
        caption=f"{figure_words(figure).capitalize()} of every cell",
        head=tuple(columns),
        rows=tuple(rows),
        quiet=frozenset(range(len(kept), len(rows))),
        n_words=n_words,
        notes=_notes(len(kept), len(cells)),
    )


def _notes(n_shown: int, n_cells: int) -> tuple[str, ...]:
    interval = (
        "The interval holds the median of all networks that could be drawn, in 95 % of cases; "
        "nine in ten of these networks lie from 5 to 95 %."
    )
    rest = f"The best {n_shown:,} of {n_cells:,} cells are shown."
    return (interval, rest) if n_shown < n_cells else (interval,)


def _span(figure: str, low: float, high: float) -> str:
    ends = [figure_text(figure, each) for each in (low, high)]
    return f"{ends[0]} to {ends[1]}" if all(ends) else ""


def _order(value: float | None, higher: bool) -> float:
    if value is None or not np.isfinite(value):
        return float("inf")
    return -value if higher else value


def _charts(record: Any, figure: str) -> tuple[Callable[[], Chart], ...]:
    wanted = [name for name in CHARTS if CHARTS[name].fits(record)]
    few = len(record.cells) <= MOST_CELLS and max(record.sizes) <= MOST_DOTS
    logic = all(isinstance(cell.experiment.data, LogicTask) for cell in record.cells[:MOST_CELLS])
    same = (
        len({cell.experiment.data.task for cell in record.cells[:MOST_CELLS]} if logic else ()) == 1
    )
    wanted = [name for name in wanted if name != "predictions"]
    wanted += ["predictions"] * (few and logic and same)
    return tuple(
        partial(
            make, name, record, **({"figure": figure} if "figure" in CHARTS[name].options else {})
        )
        for name in wanted
    )


def _toml(record: Any) -> str:
    import tomli_w

    return tomli_w.dumps(handed_on(record.sweep.to_document()))


__all__ = ["cells_table", "sweep_story"]
