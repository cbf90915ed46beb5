"""The lab from its port to its end: key, address, server."""

from __future__ import annotations

import errno
import hashlib
import json
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from shoal.errors import InputError
from shoal.lab.host.app import application
from shoal.lab.host.assets import read_assets
from shoal.lab.host.key import BrowserKey, browser_key, left_behind
from shoal.lab.host.live import MAX_MESSAGE, Brought, LabStudio, Live
from shoal.serving.access import Access, Ticket, loopback_hosts
from shoal.serving.server import BACKLOG, listen, run

ADDRESS: Final = "127.0.0.1"
PORTS: Final = range(8517, 8537)
"""Tried one after another where none is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A lab that answers.

    Attributes:
        address: of the page, without key and fragment.
        token: opens the page, as often as one likes.
        ticket: opens the page once.
        note: what the person should know, or nothing.
    """

    address: str
    token: str
    ticket: str
    note: str


def run_lab(
    port: int | None,
    *,
    ready: Callable[[Opened], None],
    studio: Callable[[], LabStudio],
    table: tuple[str, bytes] | None = None,
) -> None:
    """Open the lab and stay until Ctrl-C, SIGTERM or SIGHUP.

    Args:
        port: None: the first of `PORTS` that is free, those of a lab that crashed before others.
        ready: told once pages are answered.
        studio: makes what the pages share.
        table: that every page finds, and what it is called.

    Raises:
        InputError: the page is not built, or the port is in use.
    """
    assets = read_assets()
    with listening(port) as line:
        at = line.getsockname()[1]
        with browser_key(at) as key:
            ticket = Ticket()
            access = Access(
                token=key.token, hosts=loopback_hosts(at)[:2], cookie=f"shoal_lab_{at}",
                ticket=ticket,
            )  # fmt: skip
            live = Live(studio, table=None if table is None else brought(*table))
            opened = Opened(address=f"http://{ADDRESS}:{at}/", token=key.token,
                            ticket=ticket.token, note=_note(port, at, key))  # fmt: skip

            def begin() -> None:
                live.warm_up()
                ready(opened)

            run(
                application(live, assets, access), line, token=key.token, ready=begin,
                ending=live.end, grace=0, max_message=MAX_MESSAGE,
            )  # fmt: skip


def listening(port: int | None) -> socket.socket:
    """Return a socket that listens on a port of this machine, for this machine alone.

    Raises:
        InputError: the port is in use, or all of them are.
    """
    if port is not None:
        return listen(ADDRESS, port)
    return first_free((*left_behind(PORTS), *PORTS))


def first_free(ports: Iterable[int]) -> socket.socket:
    """Return a socket that listens on the first port that is free, for this machine alone.

    Raises:
        InputError: all of them are in use.
    """
    tried = list(dict.fromkeys(ports))
    for each in tried:
        try:
            return socket.create_server((ADDRESS, each), backlog=BACKLOG)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise InputError(
                    f"{ADDRESS}: cannot listen there: {error.strerror}.", code="V110"
                ) from None
    first, last = min(tried), max(tried)
    raise InputError(
        f"the ports {first} to {last} are all in use. Give a free one: --port 0", code="V110"
    )


def brought(name: str, table: bytes) -> Brought:
    """Return a table as a page brings it."""
    digest = hashlib.sha256(table).hexdigest()
    message = {"type": "table", "id": 0, "name": name, "digest": digest}
    return Brought(text=json.dumps(message), table=table)


def _note(asked: int | None, at: int, key: BrowserKey) -> str:
    if key.note:
        return key.note
    if key.is_taken_up:
        return f"the lab on port {at} did not end cleanly: pages of it that are open go on."
    if asked is None and at != PORTS[0]:
        return f"port {PORTS[0]} is in use: this lab is on port {at}."
    return ""
