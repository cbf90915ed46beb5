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
from shoal.lessons.texts import PLACE, Texts, fill, read_texts
from shoal.lessons.unbroken import unbroken
from shoal.lessons.words import word

DIGITS: Final = 4
"""Of a number in a key."""
INTRODUCTION: Final = "sheet"
"""The key of the text above the tasks, and the prefix of theirs."""
LABEL: Final = "key."
"""The prefix of the names of answers: ``key.rule``, and ``key.rule.flipped`` for a second one."""
REASON: Final = "key_why."
"""The prefix of what the key says of a task that also asks for a reason."""
TYPED: Final = "`"
"""What a task has that asks for something to be typed, so that its result can be expected."""
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
.sl-found{display:flex;gap:1.5rem}.sl-found .sl-line{flex:1;display:flex;align-items:flex-end;
color:var(--sl-quiet);font-size:.9rem}
@page{margin:13mm 15mm}
@media print{.sl-sheet+.sl-sheet{border-top:0;padding-top:0}.sl-sheet{padding:0}
header{display:none}html{font-size:13.5px}body{font-size:9.6pt}.sl-sheet{line-height:1.4}
.sl-tasks li:last-child .sl-line+.sl-line{display:none}
.sl-sheet h1{margin-top:0;font-size:1.5rem}.sl-sheet p{margin-bottom:.5rem}
.sl-sheet .sl-who{margin:.6rem 0 .9rem}.sl-tasks li{margin-bottom:.6rem}
.sl-line{height:1.8rem}.sl-sheet .sl-program{margin:.4rem 0;padding:.4rem .7rem}}
"""
KEY_STYLE: Final = """
main table{font-size:.9rem}
.sl-table th.sl-number{white-space:normal}
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
        labels: what answers are called, by name; a task's own ones stand together.
        parts: the names of a task's answers, by its name.
        reasons: what is to be said where a task also asks why, by its name.
    """

    student: int
    seed: int
    introduction: str
    tasks: Mapping[str, str]
    answers: Mapping[str, float | str]
    labels: Mapping[str, str]
    parts: Mapping[str, tuple[str, ...]]
    reasons: Mapping[str, str]


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
    parts = {name: _parts(texts, name) for name in names}
    asked = [(task, name) for task, of_task in parts.items() for name in of_task]
    if not names or any(name not in found for _, name in asked):
        raise InternalError(f"lesson {lesson.name}: its sheet gives {list(found)}, not {asked}.")
    return Sheet(
        student=student,
        seed=seed,
        introduction=told(INTRODUCTION),
        tasks={name: told(prefix + name) for name in names},
        answers={name: found[name] for _, name in asked},
        labels={name: told(_label(task, name)) for task, name in asked},
        parts=parts,
        reasons={name: told(REASON + name) for name in names if REASON + name in texts},
    )


def _parts(texts: Texts, task: str) -> tuple[str, ...]:
    """Return the names of a task's answers, of which the first has the task's own name."""
    prefix = f"{LABEL}{task}."
    return (task, *(key.removeprefix(prefix) for key in texts if key.startswith(prefix)))


def _label(task: str, name: str) -> str:
    return LABEL + (task if name == task else f"{task}.{name}")


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
    numbers = _numbers(made[0])
    names = [
        word("student", language),
        word("seed_of", language),
        *(f"{numbers[name]} {label}" for name, label in made[0].labels.items()),
    ]
    head = tag("tr", [tag("th", name, scope="col", class_="sl-number") for name in names])
    lines = [tag("tr", [tag("td", cell, class_="sl-number") for cell in row]) for row in rows[1:]]
    whole = tag("table", tag("thead", head), tag("tbody", lines))
    tasks = [
        tag("li", prose_html(task), prose_html(made[0].reasons.get(name, "")))
        for name, task in made[0].tasks.items()
    ]
    body = tag(
        "main",
        tag("h1", f"{title} · {word('key', language)}"),
        tag("div", whole, class_="sl-table", tabindex="0"),
        tag("p", word("key_note", language)),
        tag("h2", word("asked", language, seed=made[0].seed)),
        prose_html(made[0].introduction),
        tag("ol", tasks),
    )
    name = f"{title} · {word('key', language)}"
    style = SHEET + look() + KEY_STYLE
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
    tasks = [
        tag("li", prose_html(task), _lines(sheet, name, language))
        for name, task in sheet.tasks.items()
    ]
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


def _lines(sheet: Sheet, task: str, language: str) -> list[Markup]:
    """Return where a student writes: what is expected, what is found, and why."""
    several = len(sheet.parts[task]) > 1
    expected = [word("expected", language)] if TYPED in sheet.tasks[task] else []
    found = [
        f"{sheet.labels[name]}:" if several else word("found", language)
        for name in sheet.parts[task]
    ]
    why = [[word("reason", language)]] if task in sheet.reasons else []
    return [
        tag("div", [tag("div", each, class_="sl-line") for each in row], class_="sl-found")
        for row in [[*expected, *found], *why]
    ]


def _numbers(sheet: Sheet) -> dict[str, str]:
    """Return the number of every answer's task, with a letter where the task has several."""
    return {
        name: f"{number}{'abcd'[k] if len(of_task) > 1 else ''}"
        for number, of_task in enumerate(sheet.parts.values(), 1)
        for k, name in enumerate(of_task)
    }


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
