"""What is said of a lesson before it is opened: its title, what one learns, how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shoal.lessons.shelf import LANGUAGES, LESSONS, LessonFile, folder
from shoal.lessons.texts import read_texts

MINUTES: Final = 20
"""Every lesson can be read within; a test counts its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A lesson as a list shows it.

    Attributes:
        lesson: which one.
        title: by language.
        learn: what one is able to do afterwards, by language.
        minutes: it takes.
    """

    lesson: LessonFile
    title: Mapping[str, str]
    learn: Mapping[str, str]
    minutes: int = MINUTES

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "number": self.lesson.number,
            "name": self.lesson.name,
            "title": dict(self.title),
            "learn": dict(self.learn),
            "minutes": self.minutes,
            "languages": list(LANGUAGES),
        }


def described(lesson: LessonFile) -> Described:
    """Return what is said of a lesson."""
    learn = read_texts(folder() / "texts" / "shelf.toml")[lesson.short]
    return Described(lesson=lesson, title=read_texts(lesson.texts)["title"], learn=learn)


def all_described() -> tuple[Described, ...]:
    """Return what is said of every lesson."""
    return tuple(described(lesson) for lesson in LESSONS.values() if lesson.is_there)
