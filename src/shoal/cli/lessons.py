"""``shoal lessons``: served, listed, written as files, and as worksheets of a class."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import get_terminal_size
from typing import Any, TypeVar
from urllib.parse import urlsplit

from shoal.cli.exits import remark
from shoal.cli.lab import has_display, print_address, show_address
from shoal.cli.output import files_written, print_json, print_line, to_json
from shoal.cli.plain_table import folded, plain_table
from shoal.cli.progress import LINE_EVERY_S
from shoal.errors import InputError
from shoal.files import check_output, write_bytes

T = TypeVar("T")
SETTINGS = ("pyproject.toml", "look.css")
"""How lessons look and run in marimo; it reads them where the notebook is."""
INDENT = "   "
"""Before what a lesson is for, below its title in the list."""


def open_lessons(
    which: str | None, *, language: str, port: int | None, browser: bool, as_json: bool = False
) -> None:
    """Serve the lessons and stay until Ctrl-C."""
    from shoal.lessons.index import fragment
    from shoal.lessons.server import run_lessons
    from shoal.lessons.shelf import find

    begin = "" if which is None else fragment(_there(find(which)).name, language)
    query = "" if which is not None or language == "en" else f"&language={language}"

    def ready(address: str, token: str, ticket: str) -> None:
        shown = browser and has_display()
        url = f"{address}?token={token}{query}{begin}"
        if as_json:
            print_line({"url": url, "port": urlsplit(address).port, "token": token, "note": None})
        else:
            print_address(url)
        where = "are open in your browser" if shown else "are open: go to the address in a browser"
        remark(f"shoal lessons {where}. Ctrl-C ends them.")
        if shown:  # others on this machine can read what a browser is started with
            show_address(f"{address}?token={ticket}{query}{begin}")

    run_lessons(port, ready=ready)


def edit_lesson(
    which: str, *, language: str, folder: Path, port: int | None, browser: bool
) -> None:
    """Open a copy of a lesson's notebook in marimo's editor and stay until it ends."""
    from shoal.lessons.exporting import marimo_notebook
    from shoal.lessons.server import check_libraries
    from shoal.lessons.shelf import find

    lesson = _there(find(which))
    check_libraries()
    taken = _free_port(port)
    copy = folder / lesson.notebook.name
    if not copy.exists():
        make_folder(folder)
        write_bytes(copy, marimo_notebook(lesson, language, {}))
        for name in SETTINGS:
            if not (folder / name).exists():  # such a file may be the reader's own
                write_bytes(folder / name, (lesson.notebook.parent / name).read_bytes())
        remark(f"wrote {copy}: change it as you like; the lesson itself stays as it is.")
    ports = [] if taken is None else ["--port", str(taken)]
    shown = [] if browser and has_display() else ["--headless"]
    command = [
        sys.executable, "-P", "-m", "marimo", "-q", "-y", "edit", str(copy), "--host", "127.0.0.1",
        *ports, *shown,
    ]  # fmt: skip
    if shown:  # else marimo says nothing, and opens the browser with its key itself
        command.remove("-q")
    # Ctrl-C goes to both: the editor ends, and this waits for it
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        subprocess.run(command, env={**os.environ, "MARIMO_SKIP_UPDATE_CHECK": "1"}, check=False)
    finally:
        signal.signal(signal.SIGINT, before)


def list_lessons(*, language: str, as_json: bool) -> None:
    """Print the lessons as a table or as JSON."""
    from shoal.lessons.described import all_described

    found = all_described()
    if as_json:
        print_json([each.to_dict() for each in found])
        return
    columns = {
        "": [str(each.lesson.number) for each in found],
        "lesson": [each.title[language] for each in found],
        "minutes": [str(each.minutes) for each in found],
    }
    heads, line, *rows = plain_table(columns, right=("", "minutes")).splitlines()
    print(f"{heads}\n{line}")
    for each, row in zip(found, rows, strict=True):
        print(row)
        for part in folded(each.learn[language], get_terminal_size().columns - len(INDENT)):
            print(f"{INDENT}{part}")
    print("\nBelow each: what you can do afterwards. shoal lessons open 1 opens one.")


def export_lesson(
    which: str | None,
    output: Path,
    *,
    language: str,
    settings: Sequence[str],
    force: bool,
    quiet: bool,
    as_json: bool = False,
) -> None:
    """Write a lesson as its suffix says."""
    from shoal.lessons.exporting import check_suffix, exported
    from shoal.lessons.shelf import find

    if which is None:
        raise InputError("LESSON: is missing. Name one, or give --all.", code="U104")
    lesson = _there(find(which))
    check_suffix(output)
    check_output(output, force=force)
    content = exported(lesson.name, output.suffix, language=language, chosen=chosen_of(settings))
    write_bytes(output, content, force=force)
    if as_json:
        print_json({"language": language, "files": files_written([output])})
    _say(f"wrote {output}", quiet or as_json)


def export_all(
    which: str | None,
    folder: Path,
    *,
    language: str | None,
    settings: Sequence[str],
    force: bool,
    quiet: bool,
    as_json: bool = False,
) -> None:
    """Write every lesson as a page, with an index."""
    from shoal.lessons.exporting import page_names, pages
    from shoal.lessons.pages import name_of
    from shoal.lessons.shelf import LANGUAGES

    if which is not None or settings:
        given = f"LESSON {which}" if which is not None else f"--set {settings[0]}"
        raise InputError(
            f"--all: cannot go with {given}: it writes every lesson as it is.", code="U107"
        )
    languages = (language,) if language else tuple(LANGUAGES)
    names = page_names(languages)
    make_folder(folder)
    for name in names:
        check_output(folder / name, force=force)
    made: dict[str, bytes] = {}
    for name, content in pages(languages):  # all of them, or none is written
        made[name] = content
        _say(f"made {name}", quiet or as_json)
    written = [folder / name for name in made]
    for path in written:
        write_bytes(path, made[path.name], force=force)
    if as_json:
        print_json({"language": language, "files": files_written(written)})
    first = folder / name_of("index", languages[0])
    _say(f"{len(written)} pages; begin with {first}", quiet or as_json)


def write_sheets(
    which: str,
    output: Path | None,
    *,
    students: int,
    seed: int,
    language: str,
    key: Path | None,
    as_json: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Write the worksheets of a class, and the teacher's key."""
    from shoal.lessons import sheets as making
    from shoal.lessons.shelf import find

    lesson = _there(find(which))
    output = output or Path(f"{lesson.name}.sheet.html")
    if output.suffix != ".html":
        raise InputError(f"{output}: worksheets must end in .html.", code="O109")
    if key is not None and key.suffix not in (".csv", ".json"):
        raise InputError(f"{key}: the key as a table must end in .csv or .json.", code="O109")
    beside = output.with_suffix(".key.html")
    for path in (output, beside, *([key] if key else [])):
        check_output(path, force=force)
    begun = making.each_sheet(lesson.name, students, seed=seed, language=language)
    made = list(_counted(begun, students, quiet=quiet))
    document = making.key_document(lesson.name, made, language)
    contents = {
        output: making.sheets_page(lesson.name, made, language=language),
        beside: making.key_page(lesson.name, made, language=language),
    }
    if key is not None:
        table = making.key_csv(made) if key.suffix == ".csv" else to_json(document).encode()
        contents[key] = table
    for path, content in contents.items():
        write_bytes(path, content, force=force)
    if as_json:
        print_json(document, files=contents)
    _say(f"wrote {output}: {students} sheets, and {beside}: their answers", quiet)


def chosen_of(settings: Sequence[str]) -> dict[str, Any]:
    """Return what controls are set to.

    Raises:
        InputError: one is not written as CONTROL=VALUE.

    Example:
        >>> chosen_of(["rate=0.1", "units=8", "guess=all"])
        {'rate': 0.1, 'units': 8, 'guess': 'all'}
    """
    chosen: dict[str, Any] = {}
    for each in settings:
        name, sign, text = (part.strip() for part in each.partition("="))
        if not sign or not name:
            told = f"--set {each}: must be CONTROL=VALUE. Write it as in --set rate=0.1."
            raise InputError(told, code="U108")
        if name == "language":
            raise InputError(
                f"--set {each}: is an option of its own. Give --language.", code="U108"
            )
        chosen[name] = _value(text)
    return chosen


def _value(text: str) -> float | int | str:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def make_folder(folder: Path) -> None:
    """Make a folder that files are to be written to.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if folder.exists():
            raise InputError(f"{folder}: is a file. Name a folder.", code="O103") from None
        told = f"{folder}: the folder cannot be made: {error.strerror}. Name one elsewhere."
        raise InputError(told, code="O103") from None


def _there(lesson: Any) -> Any:
    """Return a lesson whose files are there.

    Raises:
        InputError: they are not.
    """
    if not lesson.is_there:
        told = f"lesson {lesson.number}: its files are not there. Install shoal again."
        raise InputError(told, code="O101")
    return lesson


def _free_port(port: int | None) -> int | None:
    """Return the port for the editor, which would end well where another program has it.

    Raises:
        InputError: it is in use.
    """
    if port is None:
        return None
    from shoal.serving.server import listen

    with listen("127.0.0.1", port) as line:
        found: int = line.getsockname()[1]
    return found


def _counted(made: Iterator[T], total: int, *, quiet: bool) -> Iterator[T]:
    """Yield what is made one after another, and say now and then how far it is."""
    last = time.monotonic()
    for number, each in enumerate(made, 1):
        yield each
        if time.monotonic() - last > LINE_EVERY_S:
            last = time.monotonic()
            _say(f"made {number} of {total}", quiet)


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        remark(text)
