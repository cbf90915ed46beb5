"""Worked arithmetic as a piece of a page, formulas in MathML, and as a page of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from shoal.charts.html import Content, Markup, page, sentence, tag
from shoal.charts.theme import DARK, LIGHT, Theme
from shoal.charts.worked_math import math, math_equation, mathml
from shoal.charts.worked_sheet import Block, Cell, Ledger, Section, sections, told
from shoal.network.worked import Equation, Trace


def fragment(trace: Trace, *, in_full: bool = True, scheme: str = "light dark") -> Markup:
    """Return a trace as one element with its own style, for notebooks and reports.

    Args:
        trace: the trace.
        in_full: whether the update of every weight is there, to be opened.
        scheme: "light dark", "light" or "dark".
    """
    style = Markup(f"<style>{sheet(scheme)}</style>")
    return tag("div", style, _content(trace, in_full), class_="sh-trace")


def page_of(trace: Trace, *, in_full: bool = True, dark: bool | None = None) -> bytes:
    """Return a trace as a page of its own, in one file that loads nothing."""
    scheme = {None: "light dark", True: "dark", False: "light"}[dark]
    body = tag("main", _content(trace, in_full), class_="sh-trace sh-page")
    first = DARK if scheme == "dark" else LIGHT
    whole = f"body{{margin:0;background:{first.background}}}"
    if scheme == "light dark":
        whole += f"@media (prefers-color-scheme:dark){{body{{background:{DARK.background}}}}}"
    return page(trace.source.title, body, style=whole + sheet(scheme), scheme=scheme)


def _content(trace: Trace, in_full: bool) -> Markup:
    source = trace.source
    part = f"A {source.part} row, " if source.part else ""
    about = f"{part}worked in {trace.dtype}.".capitalize()
    head = tag(
        "header",
        tag("h1", source.title),
        tag("p", sentence(about), class_="sh-quiet"),
        (tag("p", sentence(note)) for note in source.notes),
    )
    return tag("div", head, (_section(each) for each in sections(trace, in_full=in_full)))


def _section(section: Section) -> Markup:
    blocks = [_block(block) for block in section.blocks]
    lines = [tag("p", sentence(line), class_="sh-quiet") for line in section.lines]
    heading = tag("h2", section.title, class_="sh-part")
    return tag("section", heading, lines, tag("div", blocks, class_="sh-blocks"))


def _block(block: Block) -> Markup:
    inside = tag("div", _parts(block), (_inner(each) for each in block.inner))
    if block.inner:
        opened = tag("summary", block.title)
        return tag("details", opened, inside, class_="sh-block sh-wide")
    title = tag("h3", block.title) if block.title else None
    wide = " sh-wide" if block.is_wide or not (block.ledgers or block.below) else ""
    return tag("article", title, inside, class_=f"sh-block{wide}")


def _inner(block: Block) -> Markup:
    return tag("div", tag("h4", block.title), _parts(block))


def _parts(block: Block) -> Iterator[Content]:
    yield from (tag("p", sentence(line), class_="sh-quiet") for line in block.lines)
    yield from (_equation(each) for each in block.before)
    yield from (_ledger(ledger) for ledger in block.ledgers)
    yield from (_equation(each) for each in block.after)
    yield from (_ledger(ledger) for ledger in block.below)


def _equation(equation: Equation) -> Markup:
    note = tag("span", sentence(equation.note), class_="sh-note") if equation.note else None
    formula = tag("div", math_equation(equation), class_="sh-formula", tabindex="0")
    return tag("div", formula, note, class_="sh-equation")


def _ledger(ledger: Ledger) -> Markup:
    head = tag("tr", (tag("th", words, scope="col") for words in ledger.head))
    rows = [_row(row) for row in ledger.rows]
    foot: Content = None
    if ledger.total is not None:
        name, value = ledger.total
        label = math(mathml(name))
        span = max(1, len(ledger.head) - 1)
        cells = [tag("th", label, " =", colspan=str(span), scope="row"), tag("td", told(value))]
        foot = tag("tfoot", tag("tr", cells))
    table = tag("table", tag("thead", head), tag("tbody", rows), foot)
    return tag("div", table, class_="sh-scroll", tabindex="0")


def _row(row: Sequence[Cell]) -> Markup:
    first, *others = row
    cells = [tag("td", told(each) if isinstance(each, float) else each) for each in others]
    return tag("tr", tag("th", first if isinstance(first, str) else "", scope="row"), cells)


def sheet(scheme: str) -> str:
    """Return the style of traces for "light dark", "light" or "dark"."""
    first = DARK if scheme == "dark" else LIGHT
    found = f".sh-trace{{color-scheme:{scheme};{_variables(first)}}}"
    if scheme == "light dark":
        found += f"@media (prefers-color-scheme:dark){{.sh-trace{{{_variables(DARK)}}}}}"
    return found + SHEET


def _variables(colours: Theme) -> str:
    dark = colours.name == "dark"
    own = {
        "text": colours.text,
        "quiet": colours.quiet,
        "line": colours.grid,
        "raised": "#1d2127" if dark else "#f6f7f9",
        "accent": "#7cc4f0" if dark else "#005b8f",
        "back": colours.background,
    }
    return "".join(f"--sh-{name}:{value};" for name, value in own.items())


SHEET: Final = """
.sh-trace{color:var(--sh-text);background:var(--sh-back);font:15px/1.5 system-ui,-apple-system,
"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;padding:.25rem;text-align:left}
.sh-trace.sh-page{max-width:84rem;margin:0 auto;padding:2rem 1.25rem 4rem}
.sh-trace *{box-sizing:border-box}
.sh-trace h1{font-size:1.5rem;line-height:1.25;margin:0 0 .25rem;text-wrap:balance}
.sh-trace h2{font-size:1.15rem;margin:2rem 0 .25rem;padding-top:1rem;
border-top:1px solid var(--sh-line)}
.sh-trace h3{font-size:.95rem;margin:0 0 .35rem}
.sh-trace p{margin:0 0 .5rem;max-width:46rem}
.sh-trace .sh-quiet,.sh-trace .sh-note{color:var(--sh-quiet)}
.sh-trace .sh-note{display:block;font-size:.85rem;padding-left:.25rem}
.sh-trace .sh-blocks{display:grid;gap:.75rem;margin-top:.75rem;
grid-template-columns:repeat(auto-fill,minmax(min(100%,34rem),1fr))}
.sh-trace .sh-block{background:var(--sh-raised);border-radius:.6rem;padding:.75rem .9rem;
min-width:0;margin:0;align-self:start}
.sh-trace .sh-wide{grid-column:1/-1}
.sh-trace summary{cursor:pointer;font-weight:600;font-size:.95rem}
.sh-trace summary:focus-visible,.sh-trace [tabindex]:focus-visible{outline:2px solid
var(--sh-accent);outline-offset:2px;border-radius:.3rem}
.sh-trace .sh-wide table{width:auto}
.sh-trace h4{font-size:.9rem;margin:.9rem 0 .2rem;font-weight:600}
.sh-trace .sh-formula{display:flex;flex-wrap:wrap;align-items:baseline;gap:.3rem .35rem}
.sh-trace .sh-scroll,.sh-trace .sh-formula{overflow-x:auto;scrollbar-width:thin}
.sh-trace table{border-collapse:collapse;width:100%;margin:.15rem 0 .4rem;font-size:.88rem;
font-variant-numeric:tabular-nums}
.sh-trace th,.sh-trace td{text-align:right;padding:.16rem 0 .16rem .7rem;white-space:nowrap;
font-weight:400;border:0;background:none}
.sh-trace tbody th,.sh-trace thead th:first-child{text-align:left;padding-left:0;
color:var(--sh-quiet);max-width:11rem;overflow:hidden;text-overflow:ellipsis}
.sh-trace thead th{color:var(--sh-quiet);font-size:.8rem;border-bottom:1px solid var(--sh-line)}
.sh-trace tfoot th,.sh-trace tfoot td{font-weight:600;border-top:1px solid var(--sh-line)}
.sh-trace .sh-equation{padding:.35rem 0}
.sh-trace math{font-size:1.06rem;math-style:normal}
.sh-trace .sh-value{color:var(--sh-accent)}
@media print{.sh-trace .sh-block{break-inside:avoid;border:1px solid var(--sh-line)}}
"""

__all__ = ["fragment", "page_of", "sheet"]
