"""The list of lessons as a page: what each is called, what one learns, how long it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from shoal.charts.html import Markup, page, tag
from shoal.lessons.described import Described, all_described
from shoal.lessons.page_look import SHEET
from shoal.lessons.pages import look, name_of
from shoal.lessons.shelf import LANGUAGES
from shoal.lessons.words import word

GO: Final = """
const asked = /^#(\\d\\d_\\w+)\\.(en|ja|ko)$/.exec(location.hash);
if (asked) location.replace(`/${asked[1]}/?language=${asked[2]}`);
"""
"""Goes on to the lesson that the fragment names: what is opened with a key is this page."""


def index_page(
    language: str, *, served: bool, languages: Sequence[str] = tuple(LANGUAGES)
) -> bytes:
    """Return the list of lessons as a page.

    Args:
        language: of its text.
        served: whether lessons are run by a server; else they are files beside the page.
        languages: that there are.
    """
    lessons = all_described()
    rows = [_row(each, language, _way(served)) for each in lessons]
    name = word("lessons", language)
    body = Markup(
        _head(language, served, languages)
        + tag("main", tag("h1", name), tag("p", word("lead", language)),
              tag("ul", rows, class_="sl-lessons"))
    )  # fmt: skip
    script = GO if served else ""
    return page(f"shoal · {name}", body, style=SHEET + look(), script=script, language=language)


def fragment(lesson: str, language: str) -> str:
    """Return the fragment of the index page that goes on to a lesson."""
    return f"#{lesson}.{language}"


def _way(served: bool) -> Callable[[str, str], str]:
    if served:
        return lambda lesson, language: f"/{lesson}/?language={language}"
    return name_of


def _row(each: Described, language: str, way: Callable[[str, str], str]) -> Markup:
    inside = [
        tag("span", str(each.lesson.number), class_="sl-n"),
        tag("span", each.title[language], class_="sl-name"),
        tag("span", word("minutes", language, n=each.minutes), class_="sl-time"),
        tag("span", each.learn[language], class_="sl-learn"),
    ]
    return tag("li", tag("a", inside, href=way(each.lesson.name, language)))


def _head(language: str, served: bool, languages: Sequence[str]) -> Markup:
    links: list[Markup | str] = []
    for code in languages if len(languages) > 1 else ():
        name = LANGUAGES[code]
        address = f"/?language={code}" if served else name_of("index", code)
        is_here = code == language
        links += [tag("strong", name) if is_here else tag("a", name, href=address, lang=code), " "]
    return tag("header", tag("span", "shoal"), tag("div", links, class_="sl-languages"))
