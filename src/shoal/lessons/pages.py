"""A lesson as one page that opens offline: what every cell shows, its code folded beside it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import shoal
from shoal.charts.html import Markup, page, tag
from shoal.lessons.carrying import Carried, CellShown
from shoal.lessons.contents import Fixed, Prose
from shoal.lessons.controls import LANGUAGE
from shoal.lessons.drawn import to_html
from shoal.lessons.page_look import SCRIPT, SHEET
from shoal.lessons.prose import program_html
from shoal.lessons.shelf import LANGUAGES, folder
from shoal.lessons.texts import read_texts
from shoal.lessons.words import word

STYLES: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)
MARK: Final = "<!-- contents -->"
"""Where the contents go: in the first text, before its first heading."""
HEADING: Final = re.compile(r"<h2>(.*?)</h2>", re.DOTALL)


def lesson_page(
    carried: Carried, *, others: Mapping[str, str] | None = None, home: str = ""
) -> bytes:
    """Return a lesson that was carried out as a page that loads nothing.

    Args:
        carried: the lesson.
        others: addresses of the same page in other languages, by code.
        home: the address of the list of lessons; none if empty.
    """
    language = carried.language
    first, *others_shown = _opened(carried.cells)
    opening, gap, rest = str(_drawn(first)).partition("<h2>")
    shown = f"{MARK}{gap}{rest}" + "".join(_cells(others_shown, language))
    body, sections = _numbered(Markup(opening + shown))
    styles: list[str] = []
    for found in STYLES.findall(body):
        if found not in styles:
            styles.append(found)
    body = Markup(STYLES.sub("", body))
    title = read_texts(carried.lesson.texts)["title"][language]
    contents = _contents(sections, language)
    between = _parted(contents) if gap else str(contents)
    inside = Markup(
        _head(language, others or {}, home)
        + tag("main", Markup(body.replace(MARK, between, 1)))
        + tag("footer", tag("p", word("made", language, version=shoal.__version__,
                                      number=carried.lesson.number)),
              tag("p", word("numbers_differ", language)))
    )  # fmt: skip
    style = SHEET + look() + "".join(styles)
    return page(title, inside, style=style, script=SCRIPT, language=language)


def look() -> str:
    """Return the style of contents, which marimo reads too."""
    return (folder() / "look.css").read_text("utf-8")


def _opened(cells: Sequence[CellShown]) -> list[CellShown]:
    """Return cells with the first text first: what a notebook imports before comes after it."""
    first = next((at for at, cell in enumerate(cells) if isinstance(cell.output, Prose)), 0)
    return [cells[first], *cells[:first], *cells[first + 1 :]]


def _cells(cells: Sequence[CellShown], language: str) -> Iterator[str]:
    """Yield what each cell shows after its code; code that shows nothing goes with the next."""
    codes: list[str] = []
    for cell in cells:
        if cell.is_sheet or (isinstance(cell.output, Fixed) and cell.output.key == LANGUAGE):
            continue
        if cell.code.strip() and not _only_says(cell.code):
            codes.append(cell.code.strip())
        if cell.output is None:
            continue
        if codes:
            yield _code(codes, language)
            codes = []
        yield _drawn(cell)
    if codes:
        yield _code(codes, language)


def _code(codes: Sequence[str], language: str) -> str:
    blocks = program_html("\n\n".join(codes), "python")
    return str(tag("details", tag("summary", word("code", language)), blocks, class_="sl-code"))


def _drawn(cell: CellShown) -> str:
    return "" if cell.output is None else str(to_html(cell.output))


def _only_says(code: str) -> bool:
    """Return whether a cell asks its lesson alone: for texts, controls, questions, links."""
    return all(
        _is_of_lesson(node)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call | ast.FunctionDef | ast.Import | ast.ImportFrom | ast.For)
    )


def _is_of_lesson(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    owner = called.value if isinstance(called, ast.Attribute) else called
    return isinstance(owner, ast.Name) and owner.id in ("lesson", "Lesson")


def _numbered(body: Markup) -> tuple[Markup, list[tuple[str, str]]]:
    """Return the page with names for its headings, and these with their texts."""
    sections: list[tuple[str, str]] = []

    def named(found: re.Match[str]) -> str:
        name = f"part-{len(sections) + 1}"
        sections.append((name, re.sub(r"<[^>]*>", "", found[1])))
        return f'<h2 id="{name}">{found[1]}</h2>'

    return Markup(HEADING.sub(named, body)), sections


def _contents(sections: list[tuple[str, str]], language: str) -> Markup:
    if not sections:
        return Markup("")
    rows = [tag("li", tag("a", Markup(name), href=f"#{at}")) for at, name in sections]
    heading = tag("p", word("contents", language), class_="sl-kicker")
    return tag("nav", heading, tag("ol", rows), aria_label=word("contents", language))


def _parted(contents: Markup) -> str:
    """Return the contents in the midst of a text, which ends before them and goes on after."""
    return f'</div>{contents}<div class="sl-prose">'


def _head(language: str, others: Mapping[str, str], home: str) -> Markup:
    way = tag("a", word("all_lessons", language), href=home) if home else tag("span", "shoal")
    links = [
        tag("strong", name, lang=code) if code == language
        else tag("a", name, href=others[code], lang=code, hreflang=code)
        for code, name in LANGUAGES.items()
        if code == language or code in others
    ]  # fmt: skip
    choice = tag("div", [part for each in links for part in (each, " ")], class_="sl-languages")
    return tag("header", way, choice if len(others) > 1 else None)


def words_of(carried: Carried) -> str:
    """Return all that a lesson says, without code, tables and charts."""
    return "\n".join(each.markdown for each in carried.contents(Prose))


def name_of(lesson: str, language: str, suffix: str = ".html") -> str:
    """Return what a lesson's file is called among others.

    Example:
        >>> name_of("01_or", "en"), name_of("01_or", "ja", ".ipynb")
        ('01_or.html', '01_or.ja.ipynb')
    """
    return f"{lesson}{suffix}" if language == "en" else f"{lesson}.{language}{suffix}"


__all__ = ["lesson_page", "look", "name_of", "words_of"]
