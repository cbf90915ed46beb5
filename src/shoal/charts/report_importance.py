"""What a report tells of the columns that a model's answers rest on, and of one row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import shoal
from shoal.charts.attributed import METHODS
from shoal.charts.choice import plain
from shoal.charts.important import rise_title
from shoal.charts.registry import make
from shoal.charts.report_parts import Story, Table
from shoal.charts.wording import figure_words
from shoal.data.wording import count

if TYPE_CHECKING:
    from shoal.models.importance.attribution import Attribution
    from shoal.models.importance.measuring import ColumnImportance, FamilyImportance, Importance

LETTERS: Final = 60
SHOWN: Final = 50
"""Columns that a table holds."""


def importance_story(found: Importance) -> Story:
    """Return what a report tells of the importance of columns."""
    target = plain(found.target, LETTERS)
    return Story(
        kind="question of importance",
        question=f"Which columns is '{target}' told from?",
        answer=found.answer,
        beside=(
            "A column matters where answers become worse when its cells are dealt out anew among "
            "the rows, beyond chance. It says what this model uses, not what causes what.",
            *found.notes,
        ),
        cards=_cards(found),
        tables=(
            _columns(found),
            *([_families(found)] if found.families else []),
            *([_related(found)] if found.related else []),
        ),
        charts=(
            partial(make, "importance", found),
            *(partial(make, "dependence", found, column=each.column) for each in found.dependences),
        ),
        commands=(found.command,) if found.command else (),
        facts=(
            ("shoal", shoal.__version__),
            ("rows", f"{found.n_rows:,} of {found.n_rows_given:,}"),
            ("permutations of each column", str(found.repeats)),
            ("level of all intervals together", f"{found.level:g}"),
            ("seed", str(found.seed)),
            *([("rows trained the model", "yes")] if found.seen else []),
        ),
    )


def attribution_story(found: Attribution) -> Story:
    """Return what a report tells of one row."""
    what = plain(found.what, LETTERS)
    most = found.ranked[0]
    sign = "adds" if most.attribution >= 0 else "takes away"
    told = "add up" if found.is_complete else "do not add up"
    return Story(
        kind="question about a row",
        question=f"Why is the {what} {found.value:.4g}?",
        answer=f"'{plain(most.name, LETTERS)}' {sign} most: {most.attribution:+.3g} of a change "
               f"of {found.change:+.3g} from a typical row.",
        beside=(
            f"The typical row: {found.baseline}. By {METHODS[found.method]}; the parts {told} "
            f"to the change (off by {abs(found.gap):.1e}).",
            *found.notes,
        ),
        cards=(("this row", f"{found.value:.4g}"), ("typical row", f"{found.baseline_value:.4g}"),
               ("networks", f"{found.n_networks:,}")),
        tables=(_parts(found),),
        charts=(partial(make, "attribution", found),),
        commands=(found.command,) if found.command else (),
        facts=(("shoal", shoal.__version__), ("rows asked for", f"{found.n_rows:,}")),
    )  # fmt: skip


def _cards(found: Importance) -> tuple[tuple[str, str], ...]:
    scores = [(figure_words(name), f"{value:.4g}") for name, value in found.scores.items()]
    return (
        *scores,
        ("columns that matter", f"{len(found.that_matter)} of {len(found.columns)}"),
        ("rows", f"{found.n_rows:,}"),
        ("networks", f"{found.n_networks:,}"),
    )


def _columns(found: Importance) -> Table:
    rows = tuple((plain(each.name, LETTERS), *_cells(each)) for each in found.columns[:SHOWN])
    rest = len(found.columns) - len(rows)
    return Table(
        caption="Every column",
        head=("column", *_heads(found)),
        rows=rows,
        quiet=_quiet(found.columns),
        notes=(f"{100 * found.level:g} % intervals that hold together for all columns.",
               *([f"{count(rest, 'more column')} not shown."] if rest else [])),
    )  # fmt: skip


def _families(found: Importance) -> Table:
    return Table(
        caption="Columns that say much the same, dealt out together",
        head=("columns", *_heads(found)),
        rows=tuple(
            (" + ".join(plain(name, LETTERS) for name in each.names[:SHOWN]), *_cells(each))
            for each in found.families[:SHOWN]
        ),
        quiet=_quiet(found.families),
        notes=("They stand in for each other, so each by itself seems to matter less.",),
    )


def _heads(found: Importance) -> list[str]:
    measures = found.columns[0].rises
    return [*(h for m in measures for h in (rise_title(found, m), "interval")), "verdict"]


def _cells(each: ColumnImportance | FamilyImportance) -> list[str]:
    """Return the cells beside a name."""
    spans = [(f"{r.mean:.4g}", f"{r.low:.3g} to {r.high:.3g}") for r in each.rises.values()]
    return [*(cell for span in spans for cell in span), each.verdict]


def _quiet(found: Sequence[ColumnImportance | FamilyImportance]) -> frozenset[int]:
    return frozenset(k for k, each in enumerate(found[:SHOWN]) if each.verdict != "matters")


def _related(found: Importance) -> Table:
    return Table(
        caption="Columns that say much the same",
        head=("column", "and", "correlation"),
        rows=tuple(
            (plain(r.first, LETTERS), plain(r.second, LETTERS), f"{r.correlation:.3f}")
            for r in found.related[:SHOWN]
        ),
        n_words=2,
        folded="Columns that say much the same",
        notes=("Of ranks where both are numbers; dealing out one of them leaves the other.",),
    )


def _parts(found: Attribution) -> Table:
    return Table(
        caption="What each column adds",
        head=("column", "this row", "typical row", "adds", "spread of the networks"),
        rows=tuple(
            (plain(e.name, LETTERS), plain(e.cell, 30), plain(e.baseline, 30),
             f"{e.attribution:+.4g}", f"{e.spread:.3g}")
            for e in found.ranked[:SHOWN]
        ),
        n_words=3,
    )  # fmt: skip


__all__ = ["attribution_story", "importance_story"]
