"""The pieces of a report: tables, pictures, findings, the experiment, and how to repeat it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, Final

from shoal.charts.html import Content, Markup, data_uri, tag
from shoal.charts.report_words import READ
from shoal.charts.saving import renderer, svg
from shoal.errors import InputError, ShoalError
from shoal.experiments.document import Experiment

if TYPE_CHECKING:
    from shoal.charts.chart import Chart

FILES: Final = ("file", "images", "labels", "validation_images", "validation_labels")
"""The keys of `data` that name files."""
LARGE: Final = 200_000
"""Letters of a drawing beyond which its pixels take less room."""
COLUMN: Final = 472
"""Pixels of a chart in one of two columns, and of one that takes both."""
WHOLE: Final = 960
WIDE: Final = 760
"""Pixels of a chart from which it takes both columns."""
TITLES: Final = 80
"""Pixels of a chart's titles, which a page has in its own type."""
LEAST: Final = 300
LOW: Final = 200
"""Pixels that a chart is high at least; rows of differences need less."""
HIGH: Final = 360
"""Pixels that one over both columns is high at most."""
SHARES: Final = ("accuracy", "r2", "_share")
"""Figures that are shown with four decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a report.

    Attributes:
        caption: what it shows.
        head: names of the columns; the first names the rows.
        rows: cells as they are shown.
        quiet: the numbers of rows that stand beside the others, such as baselines.
        notes: sentences below it.
        n_words: how many columns from the left hold words; the others hold numbers.
        folded: what a reader clicks on to see it; it stands open if empty.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    quiet: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    n_words: int = 1
    folded: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """A part of a report that is made elsewhere and acts by itself; hidden until it does.

    Attributes:
        title: its heading.
        content: what stands below it.
        script: what runs when the page is there, without imports.
    """

    title: str
    content: Markup
    script: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What a report tells of a record, before it is written.

    Attributes:
        kind: "run", "sweep" or "comparison".
        question: what was asked.
        answer: the answer in a sentence.
        beside: sentences below it.
        cards: the few numbers that matter, each with what it is.
        tables: the figures.
        charts: each makes a picture, or raises where it does not fit.
        documents: experiments or sweeps as TOML, by what they are called.
        commands: how to do it again.
        facts: what identifies the result, by name.
        examined: what the doctor looks at, None for nothing.
        examined_as: what that is, where it is not the whole.
        replayed: the run that can be replayed, None for none.
    """

    kind: str
    question: str
    answer: str
    beside: tuple[str, ...] = ()
    cards: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Callable[[], Chart], ...] = ()
    documents: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    examined: Any = None
    examined_as: str = ""
    replayed: Any = None


def figure_text(figure: str, value: float | None) -> str:
    """Return a figure as a table shows it, nothing where it is not known.

    Example:
        >>> figure_text("train_accuracy", 0.99), figure_text("train_loss", 0.000123456)
        ('0.9900', '0.0001235')
        >>> figure_text("train_loss", None), figure_text("steps", 60_600.0)
        ('', '60,600')
        >>> figure_text("train_loss", 2_673_034_879.0), figure_text("steps", 2e9)
        ('2.673e+09', '2,000,000,000')
    """
    if value is None or not math.isfinite(value):
        return ""
    if figure.endswith(SHARES):
        return f"{value:.4f}"
    most = 1e6 if figure.endswith(("loss", "error")) else 1e12
    return f"{value:,.0f}" if 1000 <= abs(value) < most else f"{value:.4g}"


def percent(value: float) -> str:
    """Return a share as a sentence says it.

    Example:
        >>> percent(0.99425), percent(1.0)
        ('99.4 %', '100 %')
    """
    return "100 %" if value == 1 else f"{100 * value:.1f} %"


def section(name: str, title: str, *content: Content, waits: bool = False) -> Markup:
    """Return a section with its heading.

    Args:
        name: of the section, for links to it.
        title: its heading.
        content: what stands below it.
        waits: whether it is hidden until a script shows it.
    """
    heading = tag("h2", title, id=f"{name}-title")
    return tag("section", heading, content, id=name, aria_labelledby=f"{name}-title",
               hidden=waits, data_replay=waits)  # fmt: skip


def table(record: Table) -> Markup:
    """Return a table that may be wider than the page."""
    head = tag("tr", [tag("th", name, scope="col", class_=_kind(k, record))
                      for k, name in enumerate(record.head)])  # fmt: skip
    rows = [
        tag("tr", _cells(cells, record), class_="beside" if number in record.quiet else None)
        for number, cells in enumerate(record.rows)
    ]
    whole = tag("table", tag("caption", record.caption), tag("thead", head), tag("tbody", rows))
    notes = [tag("p", note, class_="note") for note in record.notes]
    region = tag("div", whole, class_="wide", tabindex=0, role="region", aria_label=record.caption)
    if record.folded:
        return tag("details", tag("summary", record.folded), region, notes)
    return Markup(region + "".join(notes))


def _cells(cells: Sequence[str], record: Table) -> list[Markup]:
    return [
        tag("th", cell, scope="row") if k == 0 else tag("td", cell, class_=_kind(k, record))
        for k, cell in enumerate(cells)
    ]


def _kind(column: int, record: Table) -> str | None:
    return None if column < record.n_words else "number"


def pictures(charts: Iterable[Callable[[], Chart]], dark: bool | None) -> list[Markup]:
    """Return charts as figures; those that do not fit the record are left out."""
    found = []
    for make in charts:
        try:
            chart = make()
        except InputError:
            continue
        found.append(picture(chart, dark))
    return found


def picture(chart: Chart, dark: bool | None) -> Markup:
    """Return a chart as a figure, light and dark, of which the reader's system shows one.

    On paper it is the light one. It is drawn in the size that it is shown in, so that the type
    of all charts is alike, and its titles are text of the page.
    """
    return figure(in_page(chart), dark)


def figure(shown: Chart, dark: bool | None, largest: int = LARGE) -> Markup:
    """Return a chart that has the size of the page already as a figure; see `picture`.

    Args:
        shown: the chart.
        dark: light on dark; both if not given.
        largest: letters of a drawing beyond which it is shown as pixels.
    """
    drawn = {
        is_dark: svg(shown.themed(dark=is_dark))
        for is_dark in (False, True)
        if dark is None or dark == is_dark
    }
    first = next(iter(drawn.values()))
    width, height = _size(first)
    told = f"{shown.title}. {' '.join(shown.subtitle)}"
    image = tag("img", src=_address(first, largest), alt=told, width=width, height=height)
    other = None
    if len(drawn) == 2:
        address = _address(drawn[True], largest)
        other = tag("source", media="screen and (prefers-color-scheme: dark)", srcset=address)
    wide = " is-wide" if shown.width > COLUMN else ""
    return tag("figure", caption(shown), tag("picture", other, image), class_=f"chart{wide}")


def in_page(chart: Chart) -> Chart:
    """Return a chart in the size that a report shows it in, without its titles."""
    is_wide = chart.width > WIDE or chart.kind == "network"
    width = WHOLE if is_wide else COLUMN
    height = round((chart.height - TITLES) * width / chart.width)
    least = LOW if chart.kind == "differences" else LEAST
    most = HIGH if width == WHOLE else height
    return chart.themed(width=width, height=max(least, min(most, height)), bare=True)


def caption(chart: Chart) -> Markup:
    """Return what stands above a chart: its title, how to read it, how it is counted."""
    *counted, source = chart.subtitle
    told = [f"{_capital(line)}." for line in counted]
    return tag(
        "figcaption",
        tag("h3", chart.title),
        tag("p", READ.get(chart.kind)),
        tag("p", " ".join(told), class_="note") if told else None,
        tag("p", source, class_="source"),
    )


def _capital(line: str) -> str:
    """Return a line with a capital, unless it begins with a name of a file or a change."""
    return line[:1].upper() + line[1:] if line.split(" ")[0].isalpha() else line


def _address(drawing: str, largest: int) -> str:
    """Return a drawing as an address that holds it; one of thousands of parts as a PNG."""
    if len(drawing) <= largest:
        return data_uri(drawing.encode(), "image/svg+xml")
    return data_uri(bytes(renderer().svg_to_png(drawing, scale=2)), "image/png")


def _size(drawing: str) -> tuple[int | None, int | None]:
    found = [re.search(rf'<svg[^>]*\s{side}="([\d.]+)', drawing) for side in ("width", "height")]
    width, height = (math.ceil(float(each[1])) if each else None for each in found)
    return width, height


def cards(pairs: Sequence[tuple[str, str]]) -> Markup:
    """Return the few numbers that matter."""
    return tag(
        "dl",
        [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs],
        class_="cards",
    )


def facts(pairs: Sequence[tuple[str, str]]) -> Markup:
    """Return what identifies a result."""
    return tag(
        "dl",
        [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs],
        class_="facts",
    )


def code(text: str, name: str, *, language: str = "") -> Markup:
    """Return a block of code with a button that copies it."""
    shown = toml(text) if language == "toml" else Markup(tag("span", text))
    button = tag("button", "Copy", type="button", class_="copy", data_copies=name,
                 aria_label=f"Copy {name}")  # fmt: skip
    block = tag("pre", tag("code", shown), tabindex=0, data_name=name)
    return tag("div", button, block, class_="code")


TOKENS: Final = re.compile(
    r"""(?P<string>"(?:[^"\\\n]|\\.)*"|'[^'\n]*')|(?P<comment>\#[^\n]*)"""
    r"""|(?P<table>^\s*\[[^\n]*\]\s*$)|(?P<key>[\w.-]+(?=\s*=))"""
    r"""|(?P<number>\b(?:true|false)\b|[-+]?\b\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?\b)""",
    re.M,
)


def toml(text: str) -> Markup:
    """Return TOML with its parts marked: tables, keys, strings, numbers, comments.

    Example:
        >>> toml('a = "<b>"')
        '<span class="key">a</span> = <span class="string">&quot;&lt;b&gt;&quot;</span>'
    """
    found: list[Content] = []
    end = 0
    for match in TOKENS.finditer(text):
        found += [text[end : match.start()], tag("span", match[0], class_=match.lastgroup)]
        end = match.end()
    from shoal.charts.html import markup

    return markup([*found, text[end:]])


def experiment_toml(experiment: Experiment) -> str:
    """Return an experiment as TOML that may be handed on: no folder of this machine in it."""
    import tomli_w

    try:
        experiment.check_portable()
    except InputError as error:
        return f"# {error}\n"
    return tomli_w.dumps(handed_on(experiment.document()))


def handed_on(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document in which files that had a full path have their name alone."""
    data = dict(document.get("data", {})) if isinstance(document.get("data"), Mapping) else None
    if data is None:
        return dict(document)
    for key in FILES:
        if isinstance(data.get(key), str):
            data[key] = _name(data[key])
    return {**document, "data": data}


def _name(path: str) -> str:
    for kind in (PurePosixPath, PureWindowsPath):
        if kind(path).is_absolute():
            return kind(path).name
    return path


def diagnosis(found: Any) -> Markup:
    """Return the doctor's findings, each with its remedy and what came of trying it."""
    return Markup(
        tag("p", found.sentence, class_="answer")
        + tag("p", found.curve)
        + "".join(finding(each) for each in found.findings)
    )


KINDS: Final = {"fault": "Fault", "question": "Question", "note": "Note"}


def finding(record: Any) -> Markup:
    """Return one finding."""
    remedy = None
    if record.remedy_sentence or record.remedy:
        changes = [tag("code", change) for change in record.remedy]
        spaced = [part for change in changes for part in (" ", change)]
        remedy = tag("p", tag("strong", "Remedy: "), record.remedy_sentence, spaced)
    proof = None
    if record.proof is not None:
        proof = tag("p", tag("strong", "Tried: "), record.proof.sentence)
    elif getattr(record, "untried", ""):
        proof = tag("p", tag("strong", "Not tried: "), record.untried)
    return tag(
        "article",
        tag("h3", tag("span", KINDS.get(record.kind, record.kind), class_="kind"), " ",
            record.title),
        tag("p", record.sentence[:1].upper() + record.sentence[1:]),
        remedy,
        proof,
        class_=f"finding is-{record.kind if record.kind in KINDS else 'note'}",
    )  # fmt: skip


def told(error: ShoalError) -> Markup:
    """Return why a part of the report is missing."""
    return tag("p", f"Not looked at: {error}", class_="note")


__all__ = [
    "Insert", "Story", "Table", "cards", "code", "diagnosis", "experiment_toml", "facts",
    "figure_text", "finding", "handed_on", "percent", "picture", "pictures", "section", "table",
    "told", "toml",
]  # fmt: skip
