"""Worksheets of a class: every student has a seed of their own, and the key has every answer.

What a student with a seed finds is computed by the function ``sheet`` of the lesson's notebook.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shoal.charts.html import Markup, page, tag
from shoal.errors import InternalError
from shoal.lessons.carrying import SHEET as SHEET_FUNCTION
from shoal.lessons.carrying import load_notebook
from shoal.lessons.page_look import SHEET
from shoal.lessons.pages import look
from shoal.lessons.prose import prose_html
from shoal.lessons.shelf import LessonFile, find
from shoal.lessons.texts import PLACE, fill, read_texts
from shoal.lessons.unbroken import unbroken
from shoal.lessons.words import word

DIGITS: Final = 4
"""Of a number in a key."""
INTRODUCTION: Final = "sheet"
"""The key of the text above the tasks, and the prefix of theirs."""
STYLE: Final = """
.sl-sheet{break-after:page;padding-bottom:3rem}
.sl-sheet:last-child{break-after:auto}
.sl-sheet+.sl-sheet{border-top:2px dashed var(--sl-line);padding-top:1rem}
.sl-sheet h1{margin:1.25rem 0 .25rem;font-size:1.7rem}
.sl-who{display:grid;grid-template-columns:2fr 1fr;gap:1.5rem;margin:1rem 0 1.5rem;
color:var(--sl-quiet);font-size:.9rem}
.sl-who div{border-bottom:1.5px solid var(--sl-quiet);padding-bottom:.2rem}
.sl-seed{display:inline-block;margin:0 0 .75rem;padding:.35rem 1rem;border-radius:.5rem;
background:var(--sl-raised);font-weight:600;font-variant-numeric:tabular-nums}
.sl-tasks{padding-left:1.4rem}
.sl-tasks li{margin:0 0 1.5rem;break-inside:avoid}
.sl-tasks p{margin:0}
.sl-line{height:2.4rem;border-bottom:1.5px solid var(--sl-quiet);margin:0 0 .25rem}
@page{margin:13mm 15mm}
@media print{.sl-sheet+.sl-sheet{border-top:0;padding-top:0}.sl-sheet{padding:0}
header{display:none}html{font-size:13.5px}body{font-size:9.6pt}.sl-sheet{line-height:1.4}
.sl-tasks li:last-child .sl-line+.sl-line{display:none}
.sl-sheet h1{margin-top:0;font-size:1.5rem}.sl-sheet p{margin-bottom:.5rem}
.sl-sheet .sl-who{margin:.6rem 0 .9rem}.sl-tasks li{margin-bottom:.6rem}
.sl-line{height:1.8rem}.sl-sheet .sl-program{margin:.4rem 0;padding:.4rem .7rem}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The worksheet of one student.

    Attributes:
        student: from 1.
        seed: the student's own.
        introduction: how to begin, as Markdown.
        tasks: each as Markdown, by the name of its answer.
        answers: what the student finds, by name.
    """

    student: int
    seed: int
    introduction: str
    tasks: Mapping[str, str]
    answers: Mapping[str, float | str]


def sheets(which: str | int, students: int, *, seed: int = 1, language: str = "en") -> list[Sheet]:
    """Return the worksheets of a class; see `each_sheet`."""
    return list(each_sheet(which, students, seed=seed, language=language))


def each_sheet(
    which: str | int, students: int, *, seed: int = 1, language: str = "en"
) -> Iterator[Sheet]:
    """Yield the worksheets of a class.

    Args:
        which: the lesson.
        students: how many.
        seed: of the first student; the next has the next one.
        language: of the texts.

    Raises:
        InputError: there is no such lesson.
        KeyboardInterrupt: Ctrl-C came.
    """
    lesson = find(which)
    find_answers = getattr(load_notebook(lesson.notebook), SHEET_FUNCTION)
    for number, own in enumerate(range(seed, seed + students), 1):
        with unbroken():
            answers = find_answers(own)
        yield _sheet(lesson, number, own, language, answers)


def _sheet(
    lesson: LessonFile, student: int, seed: int, language: str, found: Mapping[str, float | str]
) -> Sheet:
    texts = read_texts(lesson.texts)
    known: dict[str, Any] = {**found, "seed": seed}

    def told(key: str) -> str:
        named = {place[1] for place in PLACE.finditer(texts[key][language])}
        return fill(texts, key, language, {name: known[name] for name in named})

    prefix = f"{INTRODUCTION}."
    names = [key.removeprefix(prefix) for key in texts if key.startswith(prefix)]
    if not names or any(name not in found for name in names):
        raise InternalError(f"lesson {lesson.name}: its sheet gives {list(found)}, not {names}.")
    return Sheet(
        student=student,
        seed=seed,
        introduction=told(INTRODUCTION),
        tasks={name: told(prefix + name) for name in names},
        answers={name: found[name] for name in names},
    )


def sheets_page(which: str | int, made: Sequence[Sheet], *, language: str = "en") -> bytes:
    """Return worksheets as a page to be printed, a student a sheet of paper."""
    title = read_texts(find(which).texts)["title"][language]
    body = Markup("".join(_one(each, title, language) for each in made))
    name = f"{title} · {word('worksheet', language)}"
    return page(name, tag("main", body), style=SHEET + look() + STYLE, language=language)


def key_page(which: str | int, made: Sequence[Sheet], *, language: str = "en") -> bytes:
    """Return the answers of every student as a page for the teacher."""
    title = read_texts(find(which).texts)["title"][language]
    rows = _key_rows(made)
    names = [word("student", language), word("seed_of", language), *made[0].answers]
    head = tag("tr", [tag("th", name, scope="col", class_="sl-number") for name in names])
    lines = [tag("tr", [tag("td", cell, class_="sl-number") for cell in row]) for row in rows[1:]]
    whole = tag("table", tag("thead", head), tag("tbody", lines))
    tasks = [
        tag("li", tag("strong", name, ": "), prose_html(task))
        for name, task in made[0].tasks.items()
    ]
    body = tag(
        "main",
        tag("h1", f"{title} · {word('key', language)}"),
        tag("div", whole, class_="sl-table", tabindex="0"),
        tag("p", word("key_note", language)),
        prose_html(made[0].introduction),
        tag("ol", tasks),
    )
    name = f"{title} · {word('key', language)}"
    style = SHEET + look() + "main table{font-size:.9rem}"
    return page(name, body, style=style, language=language)


def key_csv(made: Sequence[Sheet]) -> bytes:
    """Return the answers of every student as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(_key_rows(made))
    return text.getvalue().encode()


def key_document(which: str | int, made: Sequence[Sheet], language: str) -> dict[str, Any]:
    """Return the answers of every student as JSON has them."""
    return {
        "lesson": find(which).name,
        "language": language,
        "students": [
            {
                "student": each.student, "seed": each.seed,
                "answers": {name: _plain(value) for name, value in each.answers.items()},
            }
            for each in made
        ],
    }  # fmt: skip


def answer_text(value: float | str) -> str:
    """Return an answer as a key shows it.

    Example:
        >>> answer_text(0.123456), answer_text(32), answer_text("yes")
        ('0.1235', '32', 'yes')
    """
    if isinstance(value, str):
        return value
    number = float(value)
    whole = number.is_integer() and abs(number) < 1e9
    return f"{number:.0f}" if whole and isinstance(value, int) else f"{number:.{DIGITS}g}"


def _one(sheet: Sheet, title: str, language: str) -> Markup:
    who = tag("div", tag("div", word("name", language)), tag("div", word("date", language)),
              class_="sl-who")  # fmt: skip
    tasks = [tag("li", prose_html(task), tag("div", class_="sl-line"))
             for task in sheet.tasks.values()]  # fmt: skip
    last = tag("li", tag("p", word("reflect", language)), tag("div", class_="sl-line"),
               tag("div", class_="sl-line"))  # fmt: skip
    return tag(
        "section",
        tag("h1", title),
        who,
        tag("p", f"{word('seed', language)}: {sheet.seed}", class_="sl-seed"),
        prose_html(sheet.introduction),
        tag("ol", tasks, last, class_="sl-tasks"),
        class_="sl-sheet",
    )


def _key_rows(made: Sequence[Sheet]) -> list[list[str]]:
    names = list(made[0].answers)
    rows = [["student", "seed", *names]]
    for each in made:
        answers = [answer_text(each.answers[name]) for name in names]
        rows.append([str(each.student), str(each.seed), *answers])
    return rows


def _plain(value: Any) -> float | int | str:
    """Return an answer as a number of Python's own."""
    if isinstance(value, str):
        return value
    number = value.item() if hasattr(value, "item") else value
    assert isinstance(number, float | int)
    return number
