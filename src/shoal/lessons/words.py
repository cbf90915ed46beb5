"""The sentences that all lessons share, in every language; they stand in ``shared.toml``."""

from __future__ import annotations

from typing import Any

from shoal.lessons.shelf import folder
from shoal.lessons.texts import Texts, fill, read_texts


def word(key: str, language: str, **numbers: Any) -> str:
    """Return a shared sentence in a language.

    Example:
        >>> word("minutes", "ja", n=20)
        '20 分'
    """
    return fill(_words(), key, language, numbers)


def _words() -> Texts:
    return read_texts(folder() / "texts" / "shared.toml")
