"""What every lesson keeps to: three languages, predictions, questions, a sheet, a link.

The texts are checked fast; the lessons are carried out in every language by make test-all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

import shoal.lessons.lesson as lessons
from shoal.charts.chart import Chart
from shoal.lessons.carrying import Carried, carry_out
from shoal.lessons.contents import Checked, Content, Fixed, LabLink, Prose, Quiz, Revealed
from shoal.lessons.pages import lesson_page, words_of
from shoal.lessons.prose import prose_html
from shoal.lessons.shelf import LANGUAGES, LESSONS, LessonFile
from shoal.lessons.texts import PLACE, fill, read_texts

THERE = [lesson for lesson in LESSONS.values() if lesson.is_there]
WORDS = (900, 1800)
"""Of English in a lesson that is read, predicted and looked at in 20 minutes."""
TEACHERS = ("sheet", "key", "key_why", "title")
HANGUL, KANA = re.compile("[가-힣]"), re.compile("[ぁ-んァ-ヶ]")


def named(lesson: LessonFile) -> str:
    return lesson.name


@pytest.mark.parametrize("lesson", THERE, ids=named)
def test_texts_are_whole_and_in_their_own_languages(lesson: LessonFile) -> None:
    texts = read_texts(lesson.texts)
    assert texts["title"]["en"] == lesson.title
    assert "sheet" in texts
    assert 3 <= sum(key.startswith("sheet.") for key in texts) <= 5
    for key in texts:
        family, _, name = key.partition(".")
        if family == "sheet" and name:
            assert f"key.{name}" in texts, f"{key}: its answer has no name"
        if family in ("key", "key_why"):
            assert f"sheet.{name.partition('.')[0]}" in texts, f"{key}: of no task"
    for key, told in texts.items():
        formulas = [re.findall(r"\$\$(.+?)\$\$", text, re.DOTALL) for text in told.values()]
        without = [
            [re.sub(r"\\text\{[^}]*\}", "", each).strip(" .,\n") for each in found]
            for found in formulas
        ]
        assert without[0] == without[1] == without[2], f"{key}: its formulas differ"
        if len(told["en"]) > 60:  # what is shorter may be a name or a number
            assert KANA.search(told["ja"]), f"{key}: is not Japanese"
            assert HANGUL.search(told["ko"]), f"{key}: is not Korean"
            assert not HANGUL.search(told["ja"]), f"{key}: has Korean in its Japanese"
            assert not KANA.search(told["ko"]), f"{key}: has Japanese in its Korean"


@pytest.mark.parametrize("lesson", THERE, ids=named)
def test_every_formula_can_be_drawn_on_a_page(lesson: LessonFile) -> None:
    for told in read_texts(lesson.texts).values():
        for text in told.values():
            prose_html(PLACE.sub("1", text))


@pytest.mark.parametrize("lesson", THERE, ids=named)
def test_its_notebook_is_plain(lesson: LessonFile) -> None:
    code = lesson.notebook.read_text("utf-8")
    assert "mo.ui" not in code
    assert "import marimo as mo" not in code
    assert code.count("Lesson.languages()") == 1
    assert not HANGUL.search(code)
    assert not KANA.search(code)
    assert re.search(r"^@app\.function\ndef sheet\(seed: int\)", code, re.MULTILINE)


Both = tuple[Carried, set[str]]


@pytest.fixture(scope="module", params=THERE, ids=named)
def english(request: pytest.FixtureRequest) -> Iterator[Both]:
    """Yield a lesson that was carried out, and the keys of the texts that it asked for."""
    asked: set[str] = set()

    def noted(texts: object, key: str, *rest: object) -> str:
        asked.add(key)
        return fill(texts, key, *rest)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lessons, "fill", noted)
        yield carry_out(request.param.name), asked


@pytest.mark.slow
def test_every_result_has_its_prediction(english: Both) -> None:
    carried, _ = english
    questions = {each.question for each in carried.contents(Revealed)}
    (quiz,) = [each for each in carried.values.values() if isinstance(each, Quiz)]
    asked = [
        each
        for each in carried.values.values()
        if isinstance(each, Fixed) and each.kind in ("prediction", "number")
    ]
    assert len(asked) >= 3
    assert {each.label for each in asked} <= questions
    assert len(questions) == len(asked) + len(quiz.controls)
    assert all(each.given is None and each.answer for each in carried.contents(Revealed))


@pytest.mark.slow
def test_it_ends_with_three_questions_and_a_link(english: Both) -> None:
    carried, _ = english
    (checked,) = carried.contents(Checked)
    assert len(checked.answers) == 3
    assert all(each.truth and each.shown for each in checked.answers)
    (quiz,) = [each for each in carried.values.values() if isinstance(each, Quiz)]
    assert [each.label for each in quiz.controls.values()] == [
        each.question for each in checked.answers
    ]
    assert carried.contents(LabLink)


@pytest.mark.slow
def test_it_can_be_read_in_twenty_minutes(english: Both) -> None:
    carried, _ = english
    n_words = len(words_of(carried).split())
    assert WORDS[0] <= n_words <= WORDS[1]


@pytest.mark.slow
def test_every_text_is_asked_for(english: Both) -> None:
    carried, asked = english
    code = carried.lesson.notebook.read_text("utf-8")
    for key in read_texts(carried.lesson.texts):
        if key.split(".")[0] in TEACHERS or key in asked:
            continue
        # what code chooses between stands in it by name
        last = key.rpartition(".")[2]
        assert f'"{last}"' in code or f'"{key}"' in code, f"{key}: nobody asks for it"


@pytest.mark.slow
def test_it_is_a_page_that_may_load_nothing(english: Both) -> None:
    carried, _ = english
    page = lesson_page(carried).decode()
    assert not re.findall(r'(?:src|srcset|href)="(?!data:|#)', page)
    assert not re.search(r"<[^>]*\sstyle=", page.split("</head>")[1])
    assert len(page) < 12_000_000


NAMES: Final = """
shoal np arange at_zero adam sgd perceptron random_perturbation
step sigmoid relu identity softmax tanh
rows or greater points majority digits pumps csv
data noise split init order search
input1 input2 bit1 bit2 bit3 one x0 x1 x2 y0 y1
state worn pressure vibration hours humidity site PSI
"""
"""What is on charts in every language: names of functions, rules, data, columns and streams."""
OF_RECORD: Final = re.compile(r"(?<![0-9a-z])[0-9a-f]{12}(?![0-9a-z])|[\d.]+e[-+]?\d+")
"""What names a record, and numbers."""


@pytest.mark.slow
@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
@pytest.mark.parametrize("lesson", THERE, ids=named)
def test_it_is_carried_out_in_every_language(lesson: LessonFile, language: str) -> None:
    carried = carry_out(lesson.name, language=language)
    charts = list(charts_in([cell.output for cell in carried.cells]))
    assert charts
    english = {text: found for chart in charts for text in written_on(chart)
               if (found := words_left(text))}  # fmt: skip
    assert english == {}, "texts/charts.toml does not tell them"
    assert all(not isinstance(each, str) for each in carried.contents(Content))
    letters = {"ja": KANA, "ko": HANGUL}[language]
    said = [each.markdown for each in carried.contents(Prose)]
    # a quotation is what shoal itself says, in English
    own = [text for text in said if len(text) > 60 and not text.startswith("> ")]
    assert [text for text in own if not letters.search(text)] == []


def charts_in(shown: Any) -> Iterator[Chart]:
    """Yield every chart among what cells show, and inside of it."""
    if isinstance(shown, Chart):
        yield shown
    elif isinstance(shown, list | tuple):
        for each in shown:
            yield from charts_in(each)
    elif isinstance(shown, Content):
        for name in ("shown", "answers"):
            yield from charts_in(getattr(shown, name, ()))


def written_on(chart: Chart) -> Iterator[str]:
    """Yield every text of a chart: titles, axes, legends, tooltips, and names of what is drawn."""
    document = chart.to_dict()
    for rows in document.pop("datasets").values():
        yield from (value for row in rows for value in row.values() if isinstance(value, str))
    yield from (chart.title, *chart.subtitle, *_texts_under(document))


def _texts_under(part: Any, key: str = "") -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name != "config":
                yield from _texts_under(value, name)
    elif isinstance(part, list):
        for each in part:
            yield from _texts_under(each, key)
    elif isinstance(part, str) and key in ("title", "text", "subtitle", "domain", "sort"):
        yield part


def words_left(text: str) -> list[str]:
    """Return the words of a text that are English, and no names."""
    names = NAMES.split()
    words = re.findall(r"[A-Za-z_][A-Za-z_0-9]+", OF_RECORD.sub("", text))
    return [each for each in words if each not in names]


def test_english_that_was_left_on_a_chart_is_found() -> None:
    assert words_left("学習 loss, run c502b92682c3") == ["loss", "run"]
    assert words_left("greater: 16 個のネットワーク 2-3-1、adam 0.03 · 実行 c502b92682c3") == []


def test_contents_are_found_inside_others() -> None:
    inner = Prose(key="a", markdown="a")
    whole = Revealed(question="q", options=(), given=None, truth="t", verdict="", ask="",
                     unfold="", shown=(inner,))  # fmt: skip
    from shoal.lessons.carrying import CellShown

    carried = Carried(lesson=LESSONS[1], language="en", values={},
                      cells=(CellShown(code="", output=Checked(answers=(whole,))),))  # fmt: skip
    assert carried.contents(Prose) == [inner]
