"""Contents of lessons as marimo's elements and as HTML; both surfaces show the same.

The classes that begin with ``sl-`` are drawn by ``look.css`` beside the notebooks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import singledispatch
from typing import Any, Final

from shoal.charts.chart import Chart
from shoal.charts.html import Markup, tag
from shoal.lessons.contents import (
    LAB_VARIABLE,
    Checked,
    Content,
    Fixed,
    Group,
    LabLink,
    Picture,
    Program,
    Prose,
    Quiz,
    Revealed,
    Table,
)
from shoal.lessons.controls import ENDLESS
from shoal.lessons.pictured import chart_html, picture_html
from shoal.lessons.prose import program_html, prose_html

NUMBER: Final = re.compile(r"[-+−±<>≥≤~]?\s*[\d.,]+(?:e[-+]?\d+)?\s*(?:%|s|ms|µs)?|[-–—]?")
"""A cell that ends at the same place as those above it."""


@singledispatch
def to_marimo(content: Any) -> Any:
    """Return marimo's element for a content, or for anything that a notebook can show."""
    import marimo

    return marimo.as_html(content)


@to_marimo.register
def _(content: Prose) -> Any:
    import marimo

    return marimo.md(content.markdown)


@to_marimo.register
def _(content: Chart) -> Any:
    import marimo

    return marimo.Html(str(chart_html(content, with_narrow=False)))


@to_marimo.register
def _(content: Group) -> Any:
    import marimo

    return marimo.vstack([to_marimo(each) for each in content.shown])


@to_marimo.register
def _(content: Revealed) -> Any:
    import marimo

    if content.given is None:
        return marimo.Html(str(tag("p", content.ask, class_="sl-ask")))
    return marimo.vstack([marimo.Html(_verdict(content)), *map(to_marimo, content.shown)])


@to_marimo.register
def _(content: Checked) -> Any:
    import marimo

    found = []
    for number, each in enumerate(content.answers, 1):
        asked = tag("p", f"{number}. {each.question}", class_="sl-question")
        found += [marimo.Html(str(asked)), to_marimo(each)]
    return marimo.vstack(found)


@to_marimo.register(Table)
@to_marimo.register(Picture)
@to_marimo.register(Program)
@to_marimo.register(LabLink)
@to_marimo.register(Fixed)
@to_marimo.register(Quiz)
def _(content: Content) -> Any:
    import marimo

    return marimo.Html(str(to_html(content)))


@singledispatch
def to_html(content: Any) -> Markup:
    """Return a content, or what else a cell shows, as HTML that loads nothing."""
    made = content._repr_html_() if hasattr(content, "_repr_html_") else None
    return tag("pre", repr(content)) if made is None else Markup(made)


@to_html.register
def _(content: Prose) -> Markup:
    return tag("div", prose_html(content.markdown), class_="sl-prose")


@to_html.register
def _(content: Chart) -> Markup:
    return chart_html(content)


@to_html.register
def _(content: Group) -> Markup:
    return tag("div", [to_html(each) for each in content.shown], class_="sl-group")


@to_html.register
def _(content: Revealed) -> Markup:
    return tag(
        "details",
        tag("summary", content.unfold),
        tag("div", Markup(_verdict(content)), [to_html(each) for each in content.shown],
            class_="sl-inside"),
        class_="sl-revealed",
    )  # fmt: skip


@to_html.register
def _(content: Checked) -> Markup:
    rows = []
    for number, each in enumerate(content.answers, 1):
        rows.append(tag("p", f"{number}. {each.question}", class_="sl-question"))
        rows.append(to_html(each))
    return tag("div", rows, class_="sl-checked")


@to_html.register
def _(content: Table) -> Markup:
    numeric = [_is_numeric([row[k] for row in content.rows]) for k in range(len(content.headers))]
    kinds = ["sl-number" if each else None for each in numeric]
    head = [
        tag("th", name, scope="col", class_=kind)
        for name, kind in zip(content.headers, kinds, strict=True)
    ]
    body = [
        tag("tr", [tag("td", cell, class_=kind) for cell, kind in zip(row, kinds, strict=True)])
        for row in content.rows
    ]
    caption = tag("caption", content.caption) if content.caption else None
    whole = tag("table", caption, tag("thead", tag("tr", head)), tag("tbody", body))
    return tag("div", whole, class_="sl-table", tabindex="0")


@to_html.register
def _(content: Picture) -> Markup:
    return picture_html(content)


@to_html.register
def _(content: Program) -> Markup:
    return program_html(content.text, content.language)


@to_html.register
def _(content: LabLink) -> Markup:
    served = os.environ.get(LAB_VARIABLE)
    ways = [
        tag("p", content.note),
        program_html(f"shoal lab '{content.fragment}'", "sh"),
    ]
    if content.document:
        ways += [tag("p", content.run_note), program_html(content.document, "toml")]
    if not served:
        folded = tag("summary", content.label)
        return tag("details", folded, tag("div", ways, class_="sl-inside"), class_="sl-link")
    way = tag("a", content.label, href=served + content.fragment, target="_blank",
              rel="noopener", class_="sl-button")  # fmt: skip
    others = tag("details", tag("summary", "…"), tag("div", ways, class_="sl-inside"))
    return tag("div", way, others, class_="sl-link")


@to_html.register
def _(content: Fixed) -> Markup:
    label = tag("span", content.label, class_="sl-label") if content.label else None
    if content.kind == "prediction":
        return tag("div", label, _choices(content, "ul"), class_="sl-fixed sl-asked")
    if content.kind == "number":
        low, high = content.bounds or (None, None)
        told = f" ({low:g} – {high:g})" if low is not None and _is_small(low, high) else ""
        blank = tag("span", content.value, class_="sl-blank")
        return tag("p", label, told, " ", blank, class_="sl-fixed sl-asked")
    return tag("p", label, " ", _steps(content), class_="sl-fixed")


@to_html.register
def _(content: Quiz) -> Markup:
    asked = [tag("li", to_html(each)) for each in content.controls.values()]
    return tag("ol", asked, class_="sl-quiz")


def _verdict(content: Revealed) -> str:
    """Return the answer as a line that stands out."""
    kinds = {None: "", True: " is-right", False: " is-other"}
    told = content.verdict or content.answer or content.truth
    return str(tag("p", told, class_=f"sl-verdict{kinds[content.is_right]}"))


def _choices(content: Fixed, element: str) -> Markup:
    rows = [
        tag("li", text, class_="is-set" if option == content.value else None)
        for option, text in zip(content.options, content.texts, strict=True)
    ]
    return tag(element, rows, class_="sl-choices")


def _steps(content: Fixed) -> Markup:
    shown = [
        tag("span", text, class_="is-set" if option == content.value else None)
        for option, text in zip(content.options, content.texts, strict=True)
    ]
    return tag("span", [part for each in shown for part in (each, " ")], class_="sl-steps")


def _is_numeric(cells: Sequence[str]) -> bool:
    return bool(cells) and all(NUMBER.fullmatch(cell.strip()) for cell in cells)


def _is_small(low: float | None, high: float | None) -> bool:
    """Return whether bounds tell a reader something."""
    return low is not None and high is not None and max(abs(low), abs(high)) < ENDLESS
