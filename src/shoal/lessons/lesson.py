"""`Lesson`: what a notebook asks for its texts, controls, predictions, questions and links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shoal.errors import InternalError
from shoal.lessons import controls
from shoal.lessons.chart_words import in_language, told, with_sides
from shoal.lessons.contents import (
    Checked,
    Group,
    LabLink,
    Picture,
    Program,
    Prose,
    Revealed,
    Table,
)
from shoal.lessons.shelf import LANGUAGES, find
from shoal.lessons.texts import fill, read_texts
from shoal.lessons.verdicts import verdict_words
from shoal.lessons.words import word


class Lesson:
    """One lesson in one language.

    A control (`slider`, `choice`, `predict`, `questions`) is given to a name of the notebook in a
    cell of its own; cells that read its ``.value`` run again when it is moved.

    Args:
        which: its number or name.
        language: ``en``, ``ja`` or ``ko``.

    Raises:
        InputError: there is no such lesson.
    """

    def __init__(self, which: str | int, language: str = "en") -> None:
        self.file = find(which)
        self.language = language
        self._texts = read_texts(self.file.texts)
        if language not in LANGUAGES:
            raise InternalError(f"there is no language '{language}'.")

    @staticmethod
    def languages(first: str = "en") -> Any:
        """Return the control for the language of a lesson.

        Args:
            first: what it is set to unless the address of the page asks for another.
        """
        return controls.languages(first)

    def words(self, key: str, **numbers: Any) -> str:
        """Return a text as it is, for a cell of a table or the title of a chart."""
        return fill(self._texts, key, self.language, numbers)

    def text(self, key: str, **numbers: Any) -> Prose:
        """Return a text as Markdown, with formulas between dollar signs.

        Args:
            key: of the text.
            numbers: what its places ``{=name}`` stand for, all of them.
        """
        return Prose(key=key, markdown=self.words(key, **numbers))

    def slider(self, key: str, steps: Sequence[float], value: float) -> Any:
        """Return a slider over some numbers.

        Args:
            key: of its text.
            steps: what it can be set to, in order.
            value: what it is set to at first, one of them.
        """
        return controls.slider(key, self.words(key), tuple(steps), value)

    def choice(self, key: str, options: Sequence[str], value: str) -> Any:
        """Return a choice among names, each said as the text ``key.name``.

        Args:
            key: of its text.
            options: the names; the one chosen is its value.
            value: what it is set to at first.
        """
        return controls.choice(key, self.words(key), self._options(key, options), value)

    def predict(
        self,
        key: str,
        options: Sequence[str] = (),
        *,
        low: float | None = None,
        high: float | None = None,
        step: float | None = None,
        given: float | str | None = None,
    ) -> Any:
        """Ask for a prediction; its value is None until there is one.

        Args:
            key: of the question; options are said as the text ``key.name``.
            options: the names to choose among. Without them a number is asked for:
            low, high: its bounds.
            step: what its buttons add.
            given: the prediction, where there is nothing to click: in Jupyter.
        """
        told = self.words(key)
        if options:
            return controls.prediction(key, told, self._options(key, options), given)
        assert low is not None
        assert high is not None
        return controls.number(key, told, low, high, step, given)

    def reveal(
        self, prediction: Any, key: str, *shown: Any, truth: float | str, form: str = ".2f"
    ) -> Revealed:
        """Return a result that is seen once it was predicted.

        Args:
            prediction: what `predict` returned.
            key: of the same question.
            shown: texts, charts, tables: the result.
            truth: what is so: the name of an option, or a number.
            form: how numbers are written.
        """
        return self._revealed(key, prediction.value, truth, self._told(shown), form)

    def questions(self, **asked: Sequence[str]) -> Any:
        """Return the questions at the end as one control.

        Args:
            asked: by the key of its text, the options of each; none where a number is asked for.
        """
        told = {
            key: (self.words(key), self._options(key, options)) for key, options in asked.items()
        }
        return controls.quiz(told)

    def check(self, quiz: Any, *, form: str = ".4g", **truths: tuple[float | str, Any]) -> Checked:
        """Return the answers to the questions at the end.

        Args:
            quiz: what `questions` returned.
            form: how numbers are written.
            truths: by the key of the question, its computed answer (the name of an option, or a
                number) and what explains it.
        """
        given = quiz.value
        return Checked(
            answers=tuple(
                self._revealed(key, given[key], truth, self._told((shown,)), form)
                for key, (truth, shown) in truths.items()
            )
        )

    def table(
        self, headers: Sequence[str], rows: Sequence[Sequence[Any]], caption: str = ""
    ) -> Table:
        """Return a table.

        Args:
            headers: a cell a column.
            rows: the cells; format numbers yourself.
            caption: what stands below it.
        """
        told = tuple(tuple(str(cell) for cell in row) for row in rows)
        return Table(headers=tuple(headers), rows=told, caption=caption)

    def show(self, *shown: Any) -> Group:
        """Return several things below each other."""
        return Group(shown=self._told(shown))

    def picture(self, content: bytes, kind: str, label: str, *, dark: bytes = b"") -> Picture:
        """Return a picture that is not a chart.

        Args:
            content: the file.
            kind: its MIME type, such as ``image/png``.
            label: what is seen, in words.
            dark: the file for readers who prefer light on dark.
        """
        return Picture(content=content, kind=kind, label=label, dark=dark)

    def motion(self, run: Any, label: str, *, start: Any = None, end: Any = None) -> Picture:
        """Return what every network says along a line, moving from first weights to last.

        Args:
            run: what was trained.
            label: what is seen, in words.
            start, end: of the line; from where every feature is least to where it is greatest.
        """
        from shoal.lessons.motion import drawing, moving

        content = drawing(
            moving(run, start=start, end=end), say=lambda text: told(text, self.language)
        )
        return Picture(content=content, kind="image/svg+xml", label=label)

    def verdict(self, comparison: Any) -> str:
        """Return what a comparison of two arms found, in a sentence, as shoal says it.

        Args:
            comparison: what `shoal.compare` returned.
        """
        return verdict_words(comparison, self.language)

    def differences(self, comparison: Any) -> Any:
        """Return the chart of the differences in every pair, with the verdict above it.

        Args:
            comparison: of two arms.
        """
        chart = comparison.plot.differences()
        if self.language == "en":
            return chart
        verdict = self.verdict(comparison).rstrip(".。")
        return replace(chart, subtitle=(verdict, *chart.subtitle[1:]))

    def sides(self, chart: Any, first: str, second: str) -> Any:
        """Return the difference of two surfaces with its sides named in words.

        Args:
            chart: as ``run.plot.surface_difference(against=other)`` draws it.
            first: what A is.
            second: what B is.
        """
        return with_sides(chart, (first, second))

    def program(self, text: str, language: str = "sh") -> Program:
        """Return lines to be typed or copied."""
        return Program(text=text, language=language)

    def link(self, experiment: Any, key: str = "") -> LabLink:
        """Return a link to the same experiment in the lab.

        Args:
            experiment: what the lab begins with.
            key: of the text on the link, to tell it from others; a shared one if empty.
        """
        from shoal.charts.report_parts import experiment_toml
        from shoal.lab.fragment import link_of

        return LabLink(
            fragment=link_of(experiment),
            label=self.words(key) if key else word("lab", self.language),
            note=word("lab_note", self.language),
            document=experiment_toml(experiment),
            run_note=word("run_note", self.language),
        )

    def _told(self, shown: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return things that are shown, charts among them in the language of the lesson."""
        from shoal.charts.chart import Chart

        return tuple(
            in_language(each, self.language) if isinstance(each, Chart) else each for each in shown
        )

    def _options(self, key: str, options: Sequence[str]) -> dict[str, str]:
        """Return names of options with what is said of each."""
        return {name: self.words(f"{key}.{name}") for name in options}

    def _revealed(
        self, key: str, given: Any, truth: float | str, shown: tuple[Any, ...], form: str
    ) -> Revealed:
        prefix = f"{key}."
        options = {
            each.removeprefix(prefix): self.words(each)
            for each in self._texts
            if each.startswith(prefix) and "." not in each.removeprefix(prefix)
        }
        is_choice = isinstance(truth, str)
        if is_choice and truth not in options:
            raise InternalError(f"'{truth}' is no option of '{key}'.")
        told = options[str(truth)] if is_choice else format(truth, form)
        said = None if given is None else options[given] if is_choice else format(given, form)
        verdict, same = "", None
        if said is not None:
            same = given == truth if is_choice else said == told
            numbers = {"given": said} if same else {"given": said, "truth": told}
            verdict = word("right" if same else "other", self.language, **numbers)
        return Revealed(
            question=self.words(key),
            options=tuple(options.values()) if is_choice else (),
            given=said,
            truth=told,
            verdict=verdict,
            ask=word("predict_first", self.language),
            unfold=word("unfold", self.language),
            shown=shown,
            is_right=same,
            answer=word("answer", self.language, truth=told),
        )
