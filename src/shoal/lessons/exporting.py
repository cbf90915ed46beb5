"""Lessons as files: a page, a Jupyter notebook, marimo's own notebook, by suffix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from shoal.errors import InputError, did_you_mean
from shoal.lessons.carrying import carry_out
from shoal.lessons.described import all_described
from shoal.lessons.pages import lesson_page, name_of
from shoal.lessons.rewriting import rewritten
from shoal.lessons.shelf import LANGUAGES, LessonFile, find


def exported(
    which: str | int, suffix: str, *, language: str = "en", chosen: Mapping[str, Any] | None = None
) -> bytes:
    """Return a lesson as a file of a kind.

    Args:
        which: its number or name.
        suffix: one of `FORMATS`.
        language: of its texts.
        chosen: what its controls are set to, by key.

    Raises:
        InputError: no such lesson, control or value.
        MissingExtraError: what makes it is not installed.
    """
    return FORMATS[suffix](find(which), language, chosen or {})


def pages(languages: tuple[str, ...] = tuple(LANGUAGES)) -> Iterator[tuple[str, bytes]]:
    """Yield every lesson in some languages as a page, and their lists, with their names."""
    from shoal.lessons.index import index_page

    for each in all_described():
        name = each.lesson.name
        others = {code: name_of(name, code) for code in languages}
        for language in languages:
            home = name_of("index", language)
            carried = carry_out(name, language=language)
            yield others[language], lesson_page(carried, others=others, home=home)
    for language in languages:
        yield name_of("index", language), index_page(language, served=False, languages=languages)


def page_names(languages: tuple[str, ...]) -> list[str]:
    """Return the names of all files that `pages` gives."""
    lessons = [each.lesson.name for each in all_described()]
    return [name_of(each, code) for each in [*lessons, "index"] for code in languages]


def check_suffix(path: Path) -> None:
    """Refuse a file whose suffix lessons are not written with.

    Raises:
        InputError: it is another.
    """
    if path.suffix not in FORMATS:
        *known, last = FORMATS
        near = did_you_mean(path.suffix, FORMATS)
        told = f"{path}: must end in {', '.join(known)} or {last}. {near}".rstrip()
        raise InputError(told, code="O109")


def _page(lesson: LessonFile, language: str, chosen: Mapping[str, Any]) -> bytes:
    return lesson_page(carry_out(lesson.name, language=language, **chosen))


def _jupyter(lesson: LessonFile, language: str, chosen: Mapping[str, Any]) -> bytes:
    from shoal.lessons.ipynb import lesson_notebook

    carried = carry_out(lesson.name, language=language, **chosen)
    return lesson_notebook(carried, chosen=chosen)


def marimo_notebook(lesson: LessonFile, language: str, chosen: Mapping[str, Any]) -> bytes:
    """Return the notebook itself, set to a language and to values."""
    if chosen:
        carry_out(lesson.name, language=language, **chosen)  # says which of them cannot be
    code = lesson.notebook.read_text("utf-8")
    return rewritten(code, language=language, chosen=chosen).encode()


FORMATS: Final[Mapping[str, Callable[[LessonFile, str, Mapping[str, Any]], bytes]]] = (
    MappingProxyType({".html": _page, ".ipynb": _jupyter, ".py": marimo_notebook})
)
"""How a lesson is written, by suffix."""
