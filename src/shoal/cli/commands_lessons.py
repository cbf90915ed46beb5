"""The commands of the lessons: their options and help; what they do is in `lessons.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shoal.cli.completion import complete_lessons
from shoal.cli.exits import guarded
from shoal.cli.options import Force, Json, JsonLine, Quiet, choice, whole_number

Which = Annotated[
    str,
    typer.Argument(
        metavar="LESSON", help="Its number or name: 3, greater.", show_default=False,
        autocompletion=complete_lessons,
    ),
]  # fmt: skip
Language = Annotated[
    str,
    typer.Option("--language", metavar="CODE", **choice("en", "ja", "ko"), help="en, ja or ko."),
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port", metavar="N", parser=whole_number(0, 65_535), show_default=False,
        help="8537 by default, or the next one that is free; 0 takes any.",
    ),
]  # fmt: skip
NoBrowser = Annotated[
    bool, typer.Option("--no-browser", help="Print the address and open no browser.")
]

lessons = typer.Typer(
    name="lessons",
    invoke_without_command=True,
    rich_markup_mode=None,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
"""``shoal lessons`` and the commands below it."""


@lessons.callback()
@guarded
def serve_lessons(
    context: typer.Context,
    language: Language = "en",
    port: Port = None,
    no_browser: NoBrowser = False,
    json: JsonLine = False,
) -> None:
    """Open the lessons: learn by predicting, looking, and moving what matters.

    They run in marimo and answer this machine alone; Ctrl-C ends them.

    \b
    Examples:
      shoal lessons
      shoal lessons list
      shoal lessons open 3 --language ja
      shoal lessons export 3 -o greater.ipynb
      shoal lessons sheet 3 --students 30 -o sheet.html
    """
    if context.invoked_subcommand is not None:
        return
    from shoal.cli.lessons import open_lessons

    open_lessons(None, language=language, port=port, browser=not no_browser, as_json=json)


@lessons.command("open", short_help="Open one lesson, or its code in an editor.")
@guarded
def open_one(
    lesson: Which,
    language: Language = "en",
    edit: Annotated[
        bool, typer.Option("--edit", help="Open a copy of it in marimo's editor.")
    ] = False,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="Where the copy to edit goes."),
    ] = Path("lessons-of-mine"),
    port: Port = None,
    no_browser: NoBrowser = False,
    json: JsonLine = False,
) -> None:
    """Open one lesson in the browser.

    With --edit, a copy of it: every cell can be changed, and runs again. A
    copy that is there already is opened as it was left.

    \b
    Examples:
      shoal lessons open 3
      shoal lessons open greater --language ko
      shoal lessons open 3 --edit
    """
    from shoal.cli.lessons import edit_lesson, open_lessons
    from shoal.errors import InputError

    browser = not no_browser
    if edit:
        if json:
            told = "--json: cannot go with --edit: marimo's editor says itself where it is."
            raise InputError(told, code="U107")
        edit_lesson(lesson, language=language, folder=output, port=port, browser=browser)
    else:
        open_lessons(lesson, language=language, port=port, browser=browser, as_json=json)


@lessons.command("list", short_help="List the lessons.")
@guarded
def list_all(language: Language = "en", json: Json = False) -> None:
    """List the lessons: what each is about, what one learns, how long it takes.

    \b
    Examples:
      shoal lessons list
      shoal lessons list --language ja
    """
    from shoal.cli.lessons import list_lessons

    list_lessons(language=language, as_json=json)


@lessons.command(short_help="Write a lesson as a page or a notebook with its results.")
@guarded
def export(
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False,
            help="Ends in .html (opens offline), .ipynb or .py; a folder with --all.",
        ),
    ],
    lesson: Annotated[
        str | None,
        typer.Argument(
            metavar="LESSON", help="Its number or name: 3, greater.", show_default=False,
            autocompletion=complete_lessons,
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language", metavar="CODE", **choice("en", "ja", "ko"), show_default=False,
            help="en, ja or ko; en by default, with --all every one.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="CONTROL=VALUE", show_default=False,
            help="What a control is set to, such as rate=0.1; repeatable.",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="All lessons as pages, with an index.")
    ] = False,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Write a lesson as a page, as a Jupyter notebook with outputs, or as marimo's.

    The lesson is carried out for it; nothing is loaded from elsewhere.

    \b
    Examples:
      shoal lessons export 1 -o or.html
      shoal lessons export 1 -o or.ipynb --language ja --set rate=0.1
      shoal lessons export --all -o pages
    """
    from shoal.cli.lessons import export_all, export_lesson

    if every:
        export_all(lesson, output, language=language, settings=settings or (), as_json=json,
                   force=force, quiet=quiet)  # fmt: skip
    else:
        export_lesson(lesson, output, language=language or "en", settings=settings or (),
                      as_json=json, force=force, quiet=quiet)  # fmt: skip


@lessons.command(short_help="Write worksheets for a class, and the answer key.")
@guarded
def sheet(
    lesson: Which,
    students: Annotated[
        int,
        typer.Option(
            "--students", metavar="N", parser=whole_number(1, 1000), show_default=False,
            help="How many sheets, each with a seed of its own.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False,
            help="Ends in .html; the key goes beside it, as .key.html. The lesson's name and "
            ".sheet.html by default.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", metavar="S", parser=whole_number(0, 2**31), show_default=False,
            help="Of the first student, 1 by default; the others follow.",
        ),
    ] = None,
    language: Language = "en",
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", metavar="FILE", show_default=False,
            help="The answer key as a table too: .csv or .json.",
        ),
    ] = None,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Write a worksheet for every student of a class: own seeds, own answers.

    The teacher's answer key is computed and goes into a file of its own.

    \b
    Examples:
      shoal lessons sheet 3 --students 30
      shoal lessons sheet 3 --students 30 -o sheet.html --key key.csv
      shoal lessons sheet 1 --students 24 --seed 100 --language ja -o or.html
    """
    from shoal.cli.lessons import write_sheets

    write_sheets(lesson, output, students=students, seed=1 if seed is None else seed,
                 language=language, key=key, as_json=json, force=force, quiet=quiet)  # fmt: skip
