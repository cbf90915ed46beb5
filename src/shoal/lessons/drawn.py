"""Contents of lessons as marimo's elements and as HTML."""

from __future__ import annotations

import base64
from functools import singledispatch
from typing import Any

from shoal.charts.chart import Chart
from shoal.charts.html import Markup, tag
from shoal.lessons.contents import (
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
def _(content: Group) -> Any:
    import marimo

    return marimo.vstack([to_marimo(each) for each in content.shown])


@to_marimo.register
def _(content: Revealed) -> Any:
    import marimo

    if content.given is None:
        return marimo.callout(marimo.md(content.ask), kind="neutral")
    said = marimo.callout(marimo.md(content.verdict), kind="info")
    return marimo.vstack([said, *(to_marimo(each) for each in content.shown)])


@to_marimo.register
def _(content: Checked) -> Any:
    import marimo

    return marimo.vstack([to_marimo(each) for each in content.answers])


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
    return (
        Markup(content._repr_html_())
        if hasattr(content, "_repr_html_")
        else tag("pre", repr(content))
    )


@to_html.register
def _(content: Prose) -> Markup:
    from markdown_it import MarkdownIt

    return Markup(MarkdownIt("commonmark").enable("table").render(content.markdown))


@to_html.register
def _(content: Chart) -> Markup:
    from shoal.charts.saving import svg

    return Markup(svg(content))


@to_html.register
def _(content: Group) -> Markup:
    return tag("div", [to_html(each) for each in content.shown])


@to_html.register
def _(content: Revealed) -> Markup:
    return tag(
        "details",
        tag("summary", content.unfold),
        tag("p", content.truth),
        [to_html(each) for each in content.shown],
    )


@to_html.register
def _(content: Checked) -> Markup:
    return tag("div", [to_html(each) for each in content.answers])


@to_html.register
def _(content: Table) -> Markup:
    head = tag("tr", [tag("th", cell, scope="col") for cell in content.headers])
    body = [tag("tr", [tag("td", cell) for cell in row]) for row in content.rows]
    caption = tag("caption", content.caption) if content.caption else None
    return tag("table", caption, tag("thead", head), tag("tbody", body))


@to_html.register
def _(content: Picture) -> Markup:
    data = base64.b64encode(content.content).decode()
    return tag("img", src=f"data:{content.kind};base64,{data}", alt=content.label)


@to_html.register
def _(content: Program) -> Markup:
    return tag("pre", tag("code", content.text))


@to_html.register
def _(content: LabLink) -> Markup:
    command = f"shoal lab '{content.fragment}'"
    return tag("p", content.label, " ", content.note, tag("pre", tag("code", command)))


@to_html.register
def _(content: Fixed) -> Markup:
    shown = "" if content.value is None else f": {content.value}"
    return tag("p", content.label, shown)


@to_html.register
def _(content: Quiz) -> Markup:
    return tag("ol", [tag("li", to_html(each)) for each in content.controls.values()])
