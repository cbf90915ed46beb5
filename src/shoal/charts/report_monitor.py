"""What a report tells of one look at a model in use."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from shoal.charts.choice import plain
from shoal.charts.registry import make
from shoal.charts.report_parts import Story, Table
from shoal.data.wording import count

if TYPE_CHECKING:
    from shoal.models.monitoring.watched import Check, Watched

MOST_ROWS = 100
MOST_OPEN = 12
"""Rows that are shown; more are folded."""
HEADS = {
    "accuracy": "accuracy",
    "mean_absolute_error": "mean absolute error",
    "r2": "R²",
    "drift": "drift (PSI), the column furthest off",
    "unlike": "rows unlike the training rows (share)",
}


def watched_story(record: Watched) -> Story:
    """Return what a report tells of one look at a model in use."""
    data = plain(record.data or "these rows", 60)
    tables = (_figures(record), _changes(record), _columns(record), _strange(record))
    return Story(
        kind="model in use",
        question=f"Is the model still fit for {data}?",
        answer=record.sentence[:1].upper() + record.sentence[1:] + ".",
        beside=(
            "A figure falls short where its value misses what is asked"
            + (", by its whole interval." if record.bars.sure else "."),
            "A column falls short where its drift is above what is asked and beyond chance.",
        ),
        cards=_cards(record),
        tables=tuple(each for each in tables if each is not None),
        charts=(partial(make, "drift", record),) if record.drift else (),
        facts=(("looked at", record.time), ("model", record.model), ("rows of", data)),
    )


def _cards(record: Watched) -> tuple[tuple[str, str], ...]:
    cells = [("rows", f"{record.n_rows:,}"), ("with an answer", f"{record.n_labelled:,}")]
    return (*cells, *((HEADS[each.name].partition(" (")[0], _number(each.value))
                      for each in record.checks))  # fmt: skip


def _figures(record: Watched) -> Table:
    return Table(
        caption="Figures against what is asked",
        head=("figure", "value", "95 % from", "to", "asked", "falls short"),
        rows=tuple(_figure(each) for each in record.checks),
    )


def _figure(check: Check) -> tuple[str, ...]:
    numbers = (check.value, check.low, check.high, check.bar)
    short = "yes" if check.falls_short else ("" if check.bar is None else "no")
    return HEADS[check.name], *map(_number, numbers), short


def _changes(record: Watched) -> Table | None:
    if not record.changes:
        return None
    return Table(
        caption="Figures against earlier looks at this model",
        head=("figure", "before", "change", "95 % from", "to", "looks", "changed"),
        rows=tuple(
            (HEADS[each.name], _number(each.before), f"{each.value:+.4g}", f"{each.low:+.4g}",
             f"{each.high:+.4g}", f"{each.n_looks:,}",
             "within chance" if each.is_chance else "worse" if each.is_worse else "better")
            for each in record.changes
        ),
        notes=(
            "before: of all rows of earlier looks that did not fall short in the figure, once.",
        ),
    )  # fmt: skip


def _columns(record: Watched) -> Table | None:
    if not record.drift:
        return None
    return Table(
        caption="Drift of every column",
        head=("column", "PSI", "by chance", "KS", "p-value", "drifted", "new categories"),
        rows=tuple(
            (plain(each.name, 60), _number(each.psi), _number(each.psi_by_chance),
             _number(each.ks), "<0.0001" if each.p_value < 1e-4 else f"{each.p_value:.4f}",
             "within chance" if each.is_chance else "yes",
             ", ".join(f"{plain(name, 30)} ({n:,})" for name, n in each.new))
            for each in sorted(record.drift, key=lambda each: -each.psi)
        ),
        notes=("p-values are of all columns together (Holm).",),
    )  # fmt: skip


def _strange(record: Watched) -> Table | None:
    if not record.strange:
        return None
    n, more = len(record.strange), (record.n_unlike or 0) - MOST_ROWS
    return Table(
        caption="Rows unlike the training rows",
        head=("row", "line", "why"),
        rows=tuple(
            (f"{each.row + 1:,}", "" if each.line is None else f"{each.line:,}",
             plain(each.reason, 300))
            for each in record.strange[:MOST_ROWS]
        ),
        notes=(f"{count(more, 'more row')}: shoal monitor --save-unlike.",) if more > 0 else (),
        n_words=3,
        folded=f"{count(min(MOST_ROWS, n), 'row')} unlike the training rows"
        if n > MOST_OPEN
        else "",
    )  # fmt: skip


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


__all__ = ["watched_story"]
