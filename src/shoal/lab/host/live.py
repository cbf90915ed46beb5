"""The WebSocket of the pages: text and tables come in, frames go out, each page within bounds.

A page is let in by the gate before this sees it. uvicorn counts no WebSocket among its requests,
so how many pages there are, how much they send and how far behind they may be is bounded here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from shoal.lab.asking import MAX_TEXT
from shoal.lab.frames import frame
from shoal.lab.host.outbox import Outbox
from shoal.lab.host.pace import Pace
from shoal.lab.messages import FailedTold
from shoal.lab.tables import MAX_BYTES
from shoal.serving.gate import DEFECT, Message, Receive, Scope, Send

GOING, TOO_MANY, BEHIND, BROKEN = 1001, 1013, 4008, 1011
"""Codes that a socket ends with: the lab ends; too many pages; the page does not read; a defect."""
MOST_BESIDE: Final = 64 * 1024
"""Bytes of the text of a message that brings a table."""
CLOSE_SECONDS: Final = 0.2
LENGTH: Final = 4
MAX_MESSAGE: Final = MAX_BYTES + 8 * 2**20
"""Bytes; a larger message ends its socket before all of it is in memory."""

log = logging.getLogger("shoal.serving")


class LabPage(Protocol):
    """What this needs of `shoal.lab.page.Page`."""

    def receive(self, text: str, buffers: Sequence[bytes] = ()) -> None:
        """Take a message, and return at once."""

    def close(self) -> None:
        """Let go of the page."""


class LabStudio(Protocol):
    """What this needs of `shoal.lab.studio.Studio`."""

    def page(self, send: Callable[[bytes], None]) -> LabPage:
        """Return a page whose answers are sent so."""

    def close(self) -> None:
        """End all work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveBounds:
    """How much pages may do.

    Attributes:
        pages: at once.
        text: bytes of a message.
        table: bytes of a table that is brought.
        messages: of one page in a second, as a mean.
        bytes: of one page in a second, as a mean.
    """

    pages: int = 32
    text: int = MAX_TEXT
    table: int = MAX_BYTES
    messages: float = 200.0
    bytes: float = 16.0 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A table that the host brings to each page: the message that a page would bring it with."""

    text: str
    table: bytes = field(repr=False)


class Live:
    """An ASGI application for the WebSockets of pages.

    Args:
        studio: makes what the pages share; called once, in a thread, when the first page comes
            or `warm_up` is called.
        bounds: how much pages may do.
        table: that every page finds.
    """

    def __init__(
        self,
        studio: Callable[[], LabStudio],
        bounds: LiveBounds | None = None,
        table: Brought | None = None,
    ) -> None:
        self.bounds = bounds or LiveBounds()
        self._table = table
        self._make = studio
        self._studio: asyncio.Task[LabStudio] | None = None
        self._lines: set[_Line] = set()
        self._has_ended = False

    def warm_up(self) -> None:
        """Begin to make the studio, so that the first page need not wait for all of it."""
        if self._studio is None:
            self._studio = asyncio.ensure_future(asyncio.to_thread(self._make))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Talk with one page until it goes."""
        await receive()  # websocket.connect
        with contextlib.suppress(OSError):  # the page left
            await send({"type": "websocket.accept"})
            await self._talk(receive, send)

    async def _talk(self, receive: Receive, send: Send) -> None:
        if self._has_ended or len(self._lines) >= self.bounds.pages:
            told = f"{self.bounds.pages} pages are open already: close one of them."
            code = GOING if self._has_ended else TOO_MANY
            await send(_close(code, ENDED if self._has_ended else told))
            return
        line = _Line(self.bounds, receive, send)
        self._lines.add(line)
        try:
            self.warm_up()
            assert self._studio is not None
            await line.talk(await asyncio.shield(self._studio), self._table)
        except Exception as error:
            log.error("defect: %s: %s", type(error).__name__, error, exc_info=True)
            await line.end(BROKEN, DEFECT)
        finally:
            self._lines.discard(line)

    async def end(self) -> None:
        """Tell every page that the lab ends, and end all work."""
        self._has_ended = True
        await asyncio.gather(*(line.end(GOING, ENDED) for line in list(self._lines)))
        if self._studio is not None:
            with contextlib.suppress(Exception):
                studio = await self._studio
                await asyncio.to_thread(studio.close)


ENDED: Final = "shoal lab has ended."


class _Line:
    """The socket of one page."""

    def __init__(self, bounds: LiveBounds, receive: Receive, send: Send) -> None:
        self._bounds = bounds
        self._receive = receive
        self._send = send
        self._is_behind = asyncio.Event()
        self._outbox = Outbox(self._is_behind.set)
        self._pace = Pace(bounds.messages, bounds.bytes)

    async def talk(self, studio: LabStudio, table: Brought | None) -> None:
        page = studio.page(self._outbox.put)
        if table is not None:
            page.receive(table.text, (table.table,))
        work = (self._read(page), self._write(), self._is_behind.wait())
        tasks = [asyncio.ensure_future(each) for each in work]
        try:
            done, _ = await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
            for task in done:
                task.result()
        finally:
            page.close()
            self._outbox.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._is_behind.is_set():
            await self.end(BEHIND, "the page does not take its answers.")

    async def end(self, code: int, reason: str) -> None:
        """Close the socket; a page that takes nothing is not waited for."""
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            await asyncio.wait_for(self._send(_close(code, reason)), CLOSE_SECONDS)

    async def _write(self) -> None:
        with contextlib.suppress(OSError):  # the page left
            while (message := await self._outbox.get()) is not None:
                await self._send({"type": "websocket.send", "bytes": message})

    async def _read(self, page: LabPage) -> None:
        while (message := await self._receive())["type"] == "websocket.receive":
            text, table = message.get("text"), message.get("bytes")
            n_bytes = len(text or table or "")
            await asyncio.sleep(self._pace.wait(asyncio.get_running_loop().time(), n_bytes))
            await self._take(page, text, table)

    async def _take(self, page: LabPage, text: str | None, table: bytes | None) -> None:
        """Hand a message on, or say why not; the socket stays."""
        buffers: tuple[bytes, ...] = ()
        try:
            if text is None:
                text, *rest = unpacked(table or b"", self._bounds)
                buffers = tuple(rest)
            elif len(text) > self._bounds.text:
                raise ValueError(f"a message may have {self._bounds.text:,} characters.")
        except ValueError as error:
            self._outbox.put(frame(FailedTold(id=0, sentence=str(error))))
            return
        page.receive(text, buffers)


def unpacked(message: bytes, bounds: LiveBounds) -> tuple[str, bytes]:
    """Return text and table of a binary message: length of the text, the text, the table.

    Raises:
        ValueError: it is nothing of the kind.
    """
    length = int.from_bytes(message[:LENGTH], "little")
    if len(message) < LENGTH or not 0 < length <= min(MOST_BESIDE, len(message) - LENGTH):
        told = f"must begin with the length of its text, of up to {MOST_BESIDE:,} bytes"
        raise ValueError(f"a message of bytes {told}; got {len(message):,} bytes.")
    table = message[LENGTH + length :]
    if len(table) > bounds.table:
        raise ValueError(f"a table may have {bounds.table:,} bytes; got {len(table):,}.")
    try:
        return message[LENGTH : LENGTH + length].decode(), table
    except UnicodeDecodeError:
        raise ValueError("the text of a message of bytes must be UTF-8.") from None


def _close(code: int, reason: str) -> Message:
    return {"type": "websocket.close", "code": code, "reason": reason}
