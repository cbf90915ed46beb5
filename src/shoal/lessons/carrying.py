"""A lesson carried out without a notebook: what every cell shows, and every value it gives."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shoal.errors import InputError, MissingExtraError, did_you_mean
from shoal.lessons.contents import Content, Fixed, Quiz
from shoal.lessons.controls import LANGUAGE, choosing
from shoal.lessons.shelf import LANGUAGES, LessonFile, find
from shoal.lessons.unbroken import unbroken

SHEET: Final = "sheet"
"""The function of a notebook that tells what a student with a seed finds."""
PREDICTED: Final = ("prediction", "number")
"""Kinds of controls that ask for a prediction."""
SETUP: Final = "setup"
"""What marimo calls the cell of what all others need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellShown:
    """A cell and what it shows.

    Attributes:
        code: its lines.
        output: a content, a chart, or what else it ends with; None for nothing.
    """

    code: str
    output: Any

    @property
    def is_sheet(self) -> bool:
        """Whether it is what worksheets are made of: the teacher's, not the reader's."""
        return self.code.startswith(f"def {SHEET}(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A lesson that was carried out.

    Attributes:
        lesson: which one.
        language: of its texts.
        cells: in the order of the notebook.
        values: what its cells gave, by name.
    """

    lesson: LessonFile
    language: str
    cells: tuple[CellShown, ...]
    values: Mapping[str, Any]

    def contents(self, kind: type[Content]) -> list[Any]:
        """Return all contents of a kind, those inside others too."""
        found: list[Any] = []
        for cell in self.cells:
            _gather(cell.output, kind, found)
        return found


def carry_out(which: str | int, /, *, language: str = "en", **chosen: Any) -> Carried:
    """Carry a lesson out from its first cell to its last.

    Args:
        which: its number or name.
        language: of its texts.
        chosen: what controls are set to, by key, in place of their first values.

    Raises:
        InputError: there is no such lesson, or a control cannot be set to that.
        MissingExtraError: marimo is not installed.
        KeyboardInterrupt: Ctrl-C came.

    Example:
        >>> carry_out("or", rate=0.1).values["rate"].value  # doctest: +SKIP
        0.1
    """
    lesson = find(which)
    assert language in LANGUAGES
    app = load_notebook(lesson.notebook).app
    with choosing({**chosen, LANGUAGE: language}), unbroken():
        outputs, values = app.run()
    _check_keys(chosen, values)
    data = list(app._cell_manager.cell_data())
    if data and data[0].name == SETUP:  # it shows nothing, so marimo gives nothing for it
        outputs = (None, *outputs)
    cells = tuple(
        CellShown(code=cell.code, output=output) for cell, output in zip(data, outputs, strict=True)
    )
    return Carried(lesson=lesson, language=language, cells=cells, values=values)


def _check_keys(chosen: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Refuse values for controls that a lesson does not have.

    Raises:
        InputError: there is one.
    """
    controls: list[str] = []
    predictions: list[str] = []
    questions: list[str] = []
    for value in values.values():
        if isinstance(value, Fixed) and value.key != LANGUAGE:
            (predictions if value.kind in PREDICTED else controls).append(value.key)
        if isinstance(value, Quiz):
            questions += value.controls
    known = [*controls, *predictions, *questions]
    for key in chosen:
        if key not in known:
            cure = did_you_mean(key, known) or (
                f"Its controls are {', '.join(controls)}; its predictions "
                f"{', '.join(predictions)}; its questions {', '.join(questions)}."
            )
            raise InputError(f"{key}: is no control of this lesson. {cure}", code="A103")


def load_notebook(path: Path) -> Any:
    """Return the module of a notebook, with its ``app`` and the functions of its top.

    Raises:
        MissingExtraError: marimo is not installed.
    """
    try:
        import marimo  # noqa: F401
    except ImportError:
        raise MissingExtraError("a lesson", "marimo", "lessons") from None
    name = f"shoal_lesson_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _gather(shown: Any, kind: type[Content], found: list[Any]) -> None:
    if isinstance(shown, kind):
        found.append(shown)
    for name in ("shown", "answers"):
        for each in getattr(shown, name, ()) if isinstance(shown, Content) else ():
            _gather(each, kind, found)
