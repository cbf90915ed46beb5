"""What lessons say: one file a lesson, every text in every language, with places for numbers.

A text is a table with a member a language; tables in it are further texts, named with a dot::

    [epochs]                       # lesson.text("epochs")
    en = "After {=epochs} epochs the median is {=median:.3f}."
    ja = "..."
    ko = "..."

    [epochs.more]                  # lesson.text("epochs.more"); answers of a choice are such texts
    en = "..."

A place for a number is ``{=name}`` or ``{=name:format}``, so that braces of formulas stay.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from shoal.errors import InputError, InternalError, did_you_mean
from shoal.lessons.shelf import LANGUAGES

PLACE: Final = re.compile(r"\{=(\w+)(?::([^{}]*))?\}")
"""A place for a number."""

Texts = Mapping[str, Mapping[str, str]]
"""Texts by key, each by language."""


@lru_cache(maxsize=32)
def read_texts(path: Path) -> Texts:
    """Return the texts of a file by their keys.

    Raises:
        InputError: a text lacks a language, or names other numbers there.
    """
    found = dict(_texts_in(tomllib.loads(path.read_text("utf-8")), ""))
    for key, texts in found.items():
        _check(f"{path.name}, {key}", texts)
    return MappingProxyType(found)


def fill(texts: Texts, key: str, language: str, numbers: Mapping[str, Any]) -> str:
    """Return a text in a language with its numbers put in.

    Raises:
        InternalError: the notebook names a text or a number that is not there, or one in vain.
    """
    if key not in texts:
        raise InternalError(f"there is no text '{key}'. {did_you_mean(key, texts)}")
    text = texts[key][language].strip("\n")
    named = {place[1] for place in PLACE.finditer(text)}
    if named != set(numbers):
        told = f"names {sorted(named)}; the notebook gives {sorted(numbers)}"
        raise InternalError(f"the text '{key}' {told}.")
    return PLACE.sub(lambda place: format(numbers[place[1]], place[2] or ""), text)


def _texts_in(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, dict[str, str]]]:
    for name, value in table.items():
        key = f"{above}{name}"
        own = {language: told for language, told in value.items() if language in LANGUAGES}
        if own:
            yield key, own
        inner = {each: told for each, told in value.items() if each not in LANGUAGES}
        yield from _texts_in(inner, f"{key}.")


def _check(where: str, texts: Mapping[str, str]) -> None:
    missing = [name for code, name in LANGUAGES.items() if not texts.get(code, "").strip()]
    if missing:
        raise InputError(f"{where}: is missing in {', '.join(missing)}. Write it.", code="A106")
    named = [sorted({place[0] for place in PLACE.finditer(text)}) for text in texts.values()]
    if any(names != named[0] for names in named):
        told = f"its languages name different numbers: {named}. Name the same."
        raise InputError(f"{where}: {told}", code="A111")
