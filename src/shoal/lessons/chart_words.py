"""What is written on charts in the language of a lesson: shoal says it in English.

``texts/charts.toml`` has every phrase; one with places stands for all that they could be, so a
title with a number in it is found like one without.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from shoal.lessons.shelf import folder
from shoal.lessons.texts import PLACE, Texts, read_texts

if TYPE_CHECKING:
    from shoal.charts.chart import Chart, Look

NUMBER: Final = r"[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?"
KINDS: Final[Mapping[str, str]] = {"": r".+?", "told": r".+?", "n": NUMBER, "s": r"\S+"}
"""What a place stands for: anything as it is, anything told again, a number, a word."""
OPTIONAL: Final = re.compile(r"(?<=\w)\\\(s\\\)")
EITHER: Final = re.compile(r"\\\((\w+)\\\|(\w+)\\\)")
SIDES: Final = re.compile(r"A is (.+) \((.+?)\), B is (.+) \((.+?)\)")
"""What the difference of two surfaces says that it is of."""
SENTENCES: Final = "; "
"""What parts a line into sentences, which are told one by one."""
PARTS: Final = (" · ", "|")
"""What parts a sentence that is not known as a whole; a bar is a line break."""
SHOWN: Final = ("title", "text", "subtitle", "domain", "sort")
"""Keys of Vega-Lite under which texts stand, or names of rows that are told too."""


def in_language(chart: Chart, language: str) -> Chart:
    """Return a chart with all that is written on it in a language; its data stay as they are.

    Args:
        chart: as shoal draws it.
        language: ``en``, ``ja`` or ``ko``.
    """
    if language == "en":
        return chart

    def draw(look: Look) -> dict[str, Any]:
        body = _body(chart.draw(look), language, is_shown=False)
        assert isinstance(body, dict)
        return body

    marks = {name: [_row(row, language) for row in rows] for name, rows in chart.marks.items()}
    return replace(
        chart,
        title=told(chart.title, language),
        subtitle=tuple(told(line, language) for line in chart.subtitle),
        marks=marks,
        draw=draw,
    )


def with_sides(chart: Chart, names: tuple[str, str]) -> Chart:
    """Return the difference of two surfaces with A and B named as a lesson calls them.

    Args:
        chart: whose first line says that A is one record and B another.
        names: what A and B are.
    """
    found = SIDES.fullmatch(chart.subtitle[0])
    assert found is not None
    a, who_a, b, who_b = found.groups()
    called = {a: names[0], b: names[1]}
    marks = {
        mark: [
            {key: called.get(value, value) if key == "arm" else value for key, value in row.items()}
            for row in rows
        ]
        for mark, rows in chart.marks.items()
    }
    line = f"A is {names[0]} ({who_a}), B is {names[1]} ({who_b})"
    return replace(chart, subtitle=(line, *chart.subtitle[1:]), marks=marks)


@lru_cache(maxsize=8192)
def told(text: str, language: str) -> str:
    """Return what shoal writes on a chart in a language; what is no phrase of its own, as it is.

    Example:
        >>> told("Learning curves: loss", "ko"), told("median; 3 networks", "ja")
        ('학습 곡선: 손실', '中央値; 3 個のネットワーク')
    """
    if language == "en":
        return text
    if SENTENCES in text:
        return SENTENCES.join(told(part, language) for part in text.split(SENTENCES))
    phrases, patterns = _table()
    if text in phrases:
        return phrases[text][language]
    for pattern, kinds, texts in patterns:
        found = pattern.fullmatch(text)
        if found is not None:
            values = {
                name: told(value, language) if kinds[name] == "told" else value
                for name, value in found.groupdict().items()
            }
            return PLACE.sub(lambda place: values[place[1]], texts[language])  # noqa: B023
    for mark in PARTS:
        if mark in text:
            return mark.join(told(part, language) for part in text.split(mark))
    return text


Patterns = list[tuple[re.Pattern[str], dict[str, str], Mapping[str, str]]]


@lru_cache(maxsize=1)
def _table() -> tuple[Texts, Patterns]:
    """Return the texts without places by their English, and the others as patterns.

    Patterns with more words of their own come first: those with few take nearly anything.
    """
    plain: dict[str, Mapping[str, str]] = {}
    patterns: Patterns = []
    for texts in read_texts(folder() / "texts" / "charts.toml").values():
        english = texts["en"]
        pattern, kinds = _pattern(english)
        if pattern == re.escape(english):
            plain[english] = texts
        else:
            patterns.append((re.compile(pattern), kinds, texts))
    patterns.sort(key=lambda each: -len(PLACE.sub("", each[2]["en"])))
    return plain, patterns


def _pattern(english: str) -> tuple[str, dict[str, str]]:
    """Return a text as a regular expression, with what its places stand for."""
    kinds = {place[1]: place[2] or "" for place in PLACE.finditer(english)}
    pieces = PLACE.split(english)
    whole = ""
    for literal, name in zip(pieces[::3], [*pieces[1::3], None], strict=True):
        said = OPTIONAL.sub("s?", re.escape(literal))
        whole += EITHER.sub(r"(?:\1|\2)", said)
        whole += "" if name is None else f"(?P<{name}>{KINDS[kinds[name]]})"
    return whole, kinds


def _body(part: Any, language: str, *, is_shown: bool) -> Any:
    """Return a part of a chart's body with its texts told."""
    if isinstance(part, dict):
        return {key: _body(value, language, is_shown=key in SHOWN) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_body(each, language, is_shown=is_shown) for each in part]
    return told(part, language) if is_shown and isinstance(part, str) else part


def _row(row: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return a row of what is drawn with its names told: legends and axes show them."""
    return {
        key: told(value, language) if isinstance(value, str) else value
        for key, value in row.items()
    }


__all__ = ["in_language", "told", "with_sides"]
