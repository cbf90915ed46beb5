"""The documents of what is drawn, written, listed and served."""

from __future__ import annotations

from typing import Final

from shoal.charts.registry import CHARTS, WORDS
from shoal.cli.commands_code import LIBRARIES
from shoal.cli.documents.parts import (
    anything,
    by_name,
    flag,
    listed,
    number,
    record,
    text,
    unknown,
    whole,
)
from shoal.cli.documents.training import FILES, OUTPUTS

PORT: Final = whole("where it listens")
CODE: Final = record(
    "An experiment as a program for another library.",
    library=text("which", *LIBRARIES),
    lines=whole("of the program"),
    program=unknown(text("the program; null where it was written to a file")),
    files=FILES,
)
TARGETS: Final = listed(
    "The libraries (--list).",
    record("a library", library=text("its name"), about=text("what its program is")),
)
PLOT: Final = record(
    "A chart that was drawn.",
    kind=text("what it is", *CHARTS),
    title=text("what it shows"),
    subtitle=listed("how it is counted, and of what", text("a line")),
    files=FILES,
)
KINDS: Final = listed(
    "The kinds of charts (without KIND).",
    record(
        "a kind",
        kind=text("its name"),
        takes=listed("the records it is made of", text("a class", *WORDS)),
        about=text("what it shows, in a line"),
        options=listed("those of the command that it has", text("an option, without dashes")),
    ),
)
FILM: Final = record(
    "A film that was made.",
    of=text("what changes from frame to frame", "steps", "networks"),
    fps=number("frames a second"),
    width=whole("in pixels"),
    height=whole("in pixels"),
    n_networks=whole("of the run"),
    files=FILES,
)
REPORT: Final = record(
    "A report that was written.",
    of=text("what it is of", "run", "sweep", "comparison", "diagnosis"),
    files=FILES,
)
TASKS: Final = listed(
    "The built-in tasks.",
    record(
        "a task",
        task=text("its name"),
        rows=whole("how many; of a stream those that are different"),
        features=whole("how many"),
        classes=whole("how many"),
        streams=flag("whether rows are drawn anew in every epoch"),
        attainable_accuracy=number("the best in expectation, with its own settings"),
        about=text("what it is, in a line"),
    ),
)
SERVE: Final = record(
    "Where models are served; one line, as soon as they are.",
    url=text("the address"),
    host=text("where it listens, as it was named"),
    port=PORT,
    token=unknown(text("that was made for requests; null where it was given")),
    models=listed("by which names", text("a name")),
)
LAB: Final = record(
    "Where the lab is; one line, as soon as it answers.",
    url=text("the address with its key: it opens the page"),
    port=PORT,
    token=text("the key alone"),
    note=unknown(text("what the reader should know")),
)
NEW: Final = record(
    "An experiment file that was written.",
    task=unknown(text("the task; null of a table")),
    data=unknown(text("the table; null of a task")),
    keys=listed("every key in it", text("a key with those above it, dots between")),
    text=unknown(text("the file itself; null where it was written")),
    files=FILES,
)
SCHEMA: Final = anything("A JSON Schema, by https://json-schema.org/draft/2020-12.")
CODE_TOLD: Final = record(
    "What the code of an error means (with CODE).",
    code=text("a letter for the kind and three digits"),
    kind=text("what the letter stands for"),
    name=text("the situation, in a few words"),
    cause=text("why it happens, one sentence"),
    cure=text("what to do, one sentence"),
    example=text("a message as the command line writes it"),
    page=text("of the documentation"),
)
CODES_TOLD: Final = record(
    "All codes of errors, and all exit codes (without CODE).",
    codes=listed("the codes of errors", CODE_TOLD),
    exit_codes=listed(
        "how commands end",
        record("an exit code", exit_code=whole("the code"), meaning=text("what it says")),
    ),
)
COMMAND_TOLD: Final = record(
    "The help of a command (with its name).",
    command=text("its name"),
    help=text("as --help prints it"),
)

IN_LANGUAGES: Final = record(
    "a text in every language",
    en=text("English"),
    ja=text("Japanese"),
    ko=text("Korean"),
)
LESSONS: Final = listed(
    "The lessons.",
    record(
        "a lesson",
        number=whole("from 1"),
        name=text("of its files"),
        title={**IN_LANGUAGES, "description": "what it is called"},
        learn={**IN_LANGUAGES, "description": "what one can do afterwards"},
        minutes=whole("that it takes to read"),
        languages=listed("that it is in", text("a code")),
    ),
)
LESSON_FILES: Final = record(
    "A lesson that was written, or all of them.",
    language=unknown(text("of the texts; null: all")),
    files=FILES,
)
SHEETS: Final = record(
    "The answers of worksheets that were written.",
    lesson=text("its name"),
    language=text("of the texts"),
    students=listed(
        "a sheet each",
        record(
            "a student",
            student=whole("from 1"),
            seed=whole("of the sheet"),
            answers=by_name(
                "by the name of the task",
                {"type": ["number", "string", "null"], "description": "an answer"},
            ),
        ),
    ),
    files=OUTPUTS,
)
FUNCTIONS: Final = by_name(
    "Functions by their family.",
    listed(
        "of the family",
        record(
            "a function",
            family=text("its family"),
            name=text("its name"),
            formula=text("its formula"),
            about=text("what it is, in a line"),
            facts=by_name("what is worth knowing, by its name", text("a fact")),
            settings=by_name("its settings and their defaults", anything("a default")),
            required=listed("settings that have no default", text("a setting")),
            columns=listed("what the values are", text("a column")),
            values=listed("some of them", listed("by column", unknown(number("a value")))),
        ),
    ),
)
