"""``shoal lab``: what it begins with, a browser, and the lines that say where it is."""

from __future__ import annotations

import functools
import os
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from shoal.cli.exits import remark, tell
from shoal.cli.output import print_line
from shoal.cli.terminal import has_colours
from shoal.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from shoal.lab.host.live import LabStudio
    from shoal.lab.host.run import Opened

LIBRARIES: Final = ("starlette", "uvicorn", "uvloop", "httptools", "websockets")
DISPLAYS: Final = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
"""Variables of the environment that say that a browser can be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What the page begins with.

    Attributes:
        fragment: of its address, or nothing.
        table: what the experiment's own table is called, and its bytes.
    """

    fragment: str = ""
    table: tuple[str, bytes] | None = None


def open_lab(
    start: str | None, *, port: int | None, browser: bool, threads: int | None, as_json: bool
) -> None:
    """Open the lab and stay until Ctrl-C."""
    _check_libraries()
    begun = start_of(start)
    from shoal.lab.host.run import run_lab

    def ready(opened: Opened) -> None:
        shown = browser and has_display()
        address = f"{opened.address}?token={opened.token}{begun.fragment}"
        if as_json:
            print_line(_document(address, opened))
        _tell(None if as_json else address, opened.note, shown=shown)
        if shown:
            # others on this machine can read what a browser is started with: it is good once
            show_address(f"{opened.address}?token={opened.ticket}{begun.fragment}")

    run_lab(port, ready=ready, studio=functools.partial(_studio, threads), table=begun.table)


def start_of(text: str | None) -> Start:
    """Return what a link, an experiment file or a stored run says that the page begins with.

    Raises:
        InputError: it is neither, or is wrong.
    """
    if text is None:
        return Start()
    if text.startswith("#") or "://" in text:
        return _of_link(text)
    from shoal.cli.targets import experiment_in
    from shoal.lab.fragment import Shared, session_of, write_fragment
    from shoal.lab.tables import MAX_BYTES

    session, table = session_of(experiment_in(text))
    fragment = write_fragment(Shared(session=session))
    if table is None or session.table is None:
        return Start(fragment=fragment)
    name = session.table.name
    if len(table) > MAX_BYTES:
        most = f"must have at most {MAX_BYTES:,} bytes in the lab"
        raise InputError(f"{name}: {most}; got {len(table):,}. Use: shoal run {text}", code="U107")
    return Start(fragment=fragment, table=(name, table))


def _of_link(link: str) -> Start:
    from shoal.experiments import Experiment
    from shoal.lab.fragment import read_fragment

    experiment = read_fragment(link).session.experiment
    Experiment.read(experiment, source="the link")
    return Start(fragment=link[link.rfind("#") :].strip())


def _studio(threads: int | None) -> LabStudio:
    """Make the studio, with all that its first page would wait for."""
    from shoal.lab.catalogue import catalogue
    from shoal.lab.page import Page  # noqa: F401
    from shoal.lab.studio import Studio

    catalogue(0)
    return Studio(threads)


def _check_libraries() -> None:
    """Refuse to start without what serves.

    Raises:
        MissingExtraError: one is not installed.
    """
    from importlib.util import find_spec

    for name in LIBRARIES:
        if find_spec(name) is None:
            raise MissingExtraError("shoal lab", name, "lab")


def has_display() -> bool:
    """Return whether a browser that is opened can be seen."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in DISPLAYS)


def show_address(address: str) -> None:
    """Open the browser; it may take its time, and may hold the thread."""
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _document(address: str, opened: Opened) -> dict[str, object]:
    """Return where the lab is, as JSON has it."""
    port = urlsplit(opened.address).port
    return {"url": address, "port": port, "token": opened.token, "note": opened.note or None}


def _tell(address: str | None, note: str, *, shown: bool) -> None:
    """Print the address on standard output, and all else on standard error."""
    if note:
        tell(note)
    if address is not None:
        print_address(address)
    where = "is open in your browser" if shown else "is open: go to the address in a browser"
    remark(f"shoal lab {where}. Ctrl-C ends it.")


def print_address(address: str) -> None:
    """Print an address on standard output, on a line of its own."""
    if has_colours():
        from rich.text import Text

        from shoal.cli.tables import new_console

        new_console().print(Text(address, style="bold cyan"), soft_wrap=True)
        sys.stdout.flush()
    else:
        print(address, flush=True)
