"""The table of lessons, and where their files are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from shoal.errors import InputError, did_you_mean

LANGUAGES: Final[Mapping[str, str]] = MappingProxyType(
    {"en": "English", "ja": "日本語", "ko": "한국어"}
)
"""The languages of every text, and what they call themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonFile:
    """A lesson and its two files.

    Attributes:
        number: from 1.
        name: of its files, without what tells the kind.
        title: in English; the other languages stand in its texts, under ``title``.
    """

    number: int
    name: str
    title: str

    @property
    def short(self) -> str:
        """The name without its number."""
        return self.name.partition("_")[2]

    @property
    def is_there(self) -> bool:
        """Whether both files are: a source tree may lack a lesson that is being written."""
        return self.notebook.is_file() and self.texts.is_file()

    @property
    def notebook(self) -> Path:
        """The marimo notebook."""
        return folder() / f"{self.name}.py"

    @property
    def texts(self) -> Path:
        """What it says, in every language."""
        return folder() / "texts" / f"{self.name}.toml"


def _table(*rows: tuple[str, str]) -> Mapping[int, LessonFile]:
    found = {
        number: LessonFile(number=number, name=name, title=title)
        for number, (name, title) in enumerate(rows, 1)
    }
    return MappingProxyType(found)


LESSONS: Final = _table(
    ("01_or", "Predicting OR"),
    ("02_functions", "Functions and the forward pass"),
    ("03_greater", "Which of two numbers is larger"),
    ("04_from_nothing", "A network from nothing"),
    ("05_majority", "Perceptron and logistic regression"),
    ("06_digits", "More classes"),
    ("07_luck", "Luck or skill"),
    ("08_from_csv", "From a CSV to a model in use"),
)
"""Every lesson by its number."""


def folder() -> Path:
    """Return where the notebooks are: beside the source tree, or in the installed package."""
    package = Path(__file__).parents[1]
    beside = package.parents[1] / "lessons"
    return beside if (beside / "texts").is_dir() else package / "notebooks" / "lessons"


def find(which: str | int) -> LessonFile:
    """Return a lesson by its number or name.

    Args:
        which: ``3``, ``"3"``, ``"03_greater"`` or ``"greater"``.

    Raises:
        InputError: there is no such lesson.
    """
    text = str(which).strip()
    for lesson in LESSONS.values():
        if text in (str(lesson.number), lesson.name, lesson.short):
            return lesson
    names = [lesson.short for lesson in LESSONS.values()]
    near = did_you_mean(text, names)
    told = f"{near} " if near else ""
    raise InputError(f"lesson {text}: there is none. {told}See: shoal lessons list.", code="U110")
