"""What the cells of a lesson show, as plain records; each surface draws them in its own way.

`drawn.py` beside this makes marimo's elements of them, and the page its HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

LAB_VARIABLE: Final = "SHOAL_LESSONS_LAB"
"""Where a link to the lab goes, in the environment of what serves lessons."""


class Content:
    """What a cell shows; notebooks ask for it as they do for any object."""

    __slots__ = ()

    def _mime_(self) -> tuple[str, str]:
        """Return what marimo shows."""
        from shoal.lessons.drawn import to_marimo

        kind, data = to_marimo(self)._mime_()
        return str(kind), str(data)

    def _repr_html_(self) -> str | None:
        """Return what Jupyter shows."""
        from shoal.lessons.drawn import to_html

        return str(to_html(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose(Content):
    """Text in Markdown, with formulas between dollar signs.

    Attributes:
        key: of the text.
        markdown: the text, its numbers put in.
    """

    key: str
    markdown: str

    def _repr_html_(self) -> None:
        """Return nothing: Jupyter draws Markdown, and its formulas, by itself."""

    def _repr_markdown_(self) -> str:
        """Return what Jupyter shows."""
        return self.markdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Content):
    """A table; numbers are right-aligned.

    Attributes:
        headers: a cell a column.
        rows: cells as text or numbers that are formatted already.
        caption: below it.
    """

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture(Content):
    """A picture that is not a chart, still or moving.

    Attributes:
        content: the file.
        kind: its MIME type, such as ``image/gif``.
        label: what is seen, in words.
        dark: the file for readers who prefer light on dark; the same one if empty.
    """

    content: bytes
    kind: str
    label: str
    dark: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program(Content):
    """Lines to be typed or copied.

    Attributes:
        text: the lines.
        language: ``sh``, ``python`` or ``toml``.
    """

    text: str
    language: str = "sh"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabLink(Content):
    """A way into the lab with the same experiment.

    Attributes:
        fragment: of the address: ``#1.…``.
        label: what the link says.
        note: how to open it without a running lab.
        document: the experiment as TOML, for ``shoal run``; empty where it is not known.
        run_note: how to run that.
    """

    fragment: str
    label: str
    note: str
    document: str = ""
    run_note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Content):
    """Several things below each other.

    Attributes:
        shown: contents, charts, or anything that a notebook can show.
    """

    shown: tuple[Any, ...]

    def _ipython_display_(self) -> None:
        """Show each in Jupyter in its own way."""
        display_all(self.shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed(Content):
    """What happened, after a prediction.

    Attributes:
        question: what was asked.
        options: the answers that could be chosen; none where a number was asked for.
        given: what was predicted, in words; None before.
        truth: what is so, in words.
        verdict: a sentence that holds the two side by side; empty before.
        is_right: whether they agree; None before.
        answer: a sentence that tells the truth alone.
        ask: what is said as long as there is no prediction.
        unfold: what is written where a page hides the result until it is clicked.
        shown: the result.
    """

    question: str
    options: tuple[str, ...]
    given: str | None
    truth: str
    verdict: str
    ask: str
    unfold: str
    shown: tuple[Any, ...]
    is_right: bool | None = None
    answer: str = ""

    def _ipython_display_(self) -> None:
        """Show the answer in Jupyter, and what belongs to it, each in its own way."""
        told = Prose(key="", markdown=f"> {self.verdict or self.answer}")
        display_all((told, *self.shown))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(Content):
    """The questions at the end, each with its computed answer.

    Attributes:
        answers: a `Revealed` for each.
    """

    answers: tuple[Revealed, ...]

    def _ipython_display_(self) -> None:
        """Show every question with its answer in Jupyter."""
        for answer in self.answers:
            display_all((Prose(key="", markdown=f"**{answer.question}**"), answer))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed(Content):
    """A control where nobody can move it: in a test, on a page, in Jupyter.

    Attributes:
        key: of its text.
        label: what it sets.
        value: what it is set to; None for a prediction that was not made.
        options: what it could be set to.
        texts: the options in words, as many.
        kind: ``slider``, ``choice``, ``number`` or ``prediction``.
        bounds: of a number.
    """

    key: str
    label: str
    value: Any
    options: tuple[Any, ...] = ()
    texts: tuple[str, ...] = ()
    kind: str = "slider"
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiz(Content):
    """Several controls under one name, where nobody can move them.

    Attributes:
        controls: by the keys of their texts.
    """

    controls: dict[str, Fixed]

    @property
    def value(self) -> dict[str, Any]:
        """What each is set to."""
        return {key: control.value for key, control in self.controls.items()}


def display_all(shown: Sequence[Any]) -> None:
    """Show things below each other in Jupyter."""
    from IPython.display import display

    for each in shown:
        display(each)  # type: ignore[no-untyped-call]
