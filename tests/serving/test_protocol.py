"""What a connection may do before the gate sees a request, on connections to nobody."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from shoal.serving import protocol as connections
from shoal.serving.access import Access
from shoal.serving.gate import Bounds, Gate
from shoal.serving.protocol import (
    HEAD_SECONDS,
    MOST_HEAD,
    UNREAD_SECONDS,
    Unread,
    look_through,
    protocol_of,
)

TOKEN = "a-token-of-many-signs-0123456789"
HEADERS = f"Host: h\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
BUSY = {
    "error": "as many requests as may be are being answered. Try again.",
    "code": "V108",
}


class Line(asyncio.Transport):
    """A connection whose client is the test."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.sent = b""
        self.n_unread = 0
        self.is_read = True
        self.closed = self.aborted = False
        self.protocol: Any = desk.protocol(desk.config, desk.state, {}, desk.loop)
        self.protocol.connection_made(self)

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True
        self.protocol.connection_lost(None)

    def is_closing(self) -> bool:
        return self.closed

    def get_write_buffer_size(self) -> int:
        return self.n_unread

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True

    async def ask(self, *parts: bytes) -> tuple[int, bytes, Any]:
        """Send, and return status, headers and document of all that came."""
        self.sent = b""
        for part in parts:
            self.protocol.data_received(part)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        head, _, body = self.sent.partition(b"\r\n\r\n")
        return int(head[9:12] or 0), head, json.loads(body) if body else None


class Desk:
    """A server without sockets, in front of an application that waits for `go_on`."""

    def __init__(self, **bounds: Any) -> None:
        self.go_on = asyncio.Event()
        access = Access(token=TOKEN, hosts=("h",))
        self.gate = Gate(self._app, access, Bounds(**bounds), observe=self._observe)
        self.state = ServerState()
        self.loop = asyncio.get_running_loop()
        self.config = uvicorn.Config(self.gate, log_config=None, access_log=False)
        self.protocol = connections._bounded(self.gate)
        self.statuses: list[int] = []

    def line(self) -> Line:
        return Line(self)

    def look(self, seconds: float) -> None:
        look_through(self.state, self.loop.time() + seconds)

    def _observe(self, scope: Any, status: int, seconds: float) -> None:
        self.statuses.append(status)

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await self.go_on.wait()
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})


def at_the_desk(test: Callable[[Desk], Awaitable[None]], **bounds: Any) -> None:
    async def run() -> None:
        await test(Desk(**bounds))

    asyncio.run(run())


def test_headers_without_end_are_431() -> None:
    async def test(desk: Desk) -> None:
        line = desk.line()
        got = await line.ask(b"GET / HTTP/1.1\r\na: ", b"b" * MOST_HEAD)
        assert got[0] == 0
        status, head, told = await line.ask(b"b")
        assert (status, told) == (
            431,
            {
                "error": "the headers are longer than 65,536 bytes. Send fewer.",
                "code": "V104",
            },
        )
        assert b"\r\nconnection: close\r\n" in head
        assert line.closed

    at_the_desk(test)


def test_many_requests_that_come_at_once_are_no_long_headers() -> None:
    async def test(desk: Desk) -> None:
        desk.go_on.set()
        line = desk.line()
        request = b"GET / HTTP/1.1\r\n" + HEADERS + b"\r\n"
        several = request * (MOST_HEAD // len(request) + 10)
        await line.ask(request[:5])
        for _ in range(3):  # each piece ends in the middle of a head, and is longer than one may be
            line.protocol.data_received(several[5:] + request[:5])
            await asyncio.sleep(0)
            while line.protocol.pipeline and not line.closed:
                await asyncio.sleep(0)
        assert not line.closed

    at_the_desk(test)


def test_headers_that_do_not_come_are_408_and_silence_ends() -> None:
    async def test(desk: Desk) -> None:
        silent, slow = desk.line(), desk.line()
        await slow.ask(b"GET / HTTP/1.1\r\n")
        desk.look(HEAD_SECONDS - 1)
        assert not silent.closed
        assert not slow.closed
        desk.look(HEAD_SECONDS + 1)
        assert (silent.closed, silent.sent) == (True, b"")
        assert slow.sent.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        told = "the headers did not come within 10 seconds. Send it again."
        assert json.loads(slow.sent.partition(b"\r\n\r\n")[2]) == {"error": told, "code": "V109"}
        assert slow.closed

    at_the_desk(test)


def test_a_connection_is_not_kept_by_empty_lines_after_an_answer() -> None:
    async def test(desk: Desk) -> None:
        desk.go_on.set()
        line = desk.line()
        assert (await line.ask(b"GET / HTTP/1.1\r\n" + HEADERS + b"\r\n"))[0] == 200
        await line.ask(b"\r\n")
        desk.look(HEAD_SECONDS + 1)
        assert line.closed

    at_the_desk(test)


def test_a_refused_body_is_read_so_that_its_client_sees_why_but_not_for_ever() -> None:
    async def test(desk: Desk) -> None:
        line = desk.line()
        start = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert (await line.ask(start, b"2\r\nab\r\n"))[0] == 401
        desk.look(29)
        assert not line.closed
        desk.look(31)
        assert line.aborted

    at_the_desk(test, body_seconds=30)


def test_a_body_that_says_that_it_is_too_large_is_413_and_the_connection_goes_on() -> None:
    async def test(desk: Desk) -> None:
        desk.go_on.set()
        line = desk.line()
        head = b"POST / HTTP/1.1\r\n" + HEADERS + b"Content-Length: 11\r\n\r\n"
        status, head, told = await line.ask(head, b"x" * 11)
        assert (status, b"connection: close" in head) == (413, False)
        assert told == {
            "error": "the body is larger than 10 bytes. Send fewer rows at once.",
            "code": "V104",
        }
        assert (await line.ask(b"GET / HTTP/1.1\r\n" + HEADERS + b"\r\n"))[0] == 200

    at_the_desk(test, max_body=10)


def test_a_request_that_is_being_answered_is_waited_for() -> None:
    async def test(desk: Desk) -> None:
        line = desk.line()
        request = b"POST / HTTP/1.1\r\n" + HEADERS + b"Content-Length: 2\r\n\r\n{}"
        assert (await line.ask(request))[0] == 0
        desk.look(3600)
        assert not line.closed
        desk.go_on.set()
        assert (await line.ask(b""))[0] == 200

    at_the_desk(test)


def test_an_answer_that_nobody_takes_is_given_up() -> None:
    async def test(desk: Desk) -> None:
        line = desk.line()
        line.n_unread = 100_000
        desk.look(0)
        desk.look(5)
        line.n_unread = 90_000  # slow, but it goes on
        desk.look(6)
        desk.look(UNREAD_SECONDS + 5)
        line.protocol._reading = None
        assert not line.aborted
        desk.look(UNREAD_SECONDS + 7)
        assert line.aborted

    at_the_desk(test)


def test_refusals_that_nobody_reads_take_no_places() -> None:
    """Without a token nobody can keep those out who have one."""

    async def test(desk: Desk) -> None:
        desk.go_on.set()
        stuck = desk.line()
        stuck.protocol.pause_writing()
        assert (await stuck.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"))[0] == 0
        assert len(desk.state.tasks) == desk.gate.n_aside == 1
        got = await desk.line().ask(b"GET / HTTP/1.1\r\n" + HEADERS + b"\r\n")
        stuck.abort()
        await asyncio.gather(*desk.state.tasks)
        assert got[0] == 200
        assert desk.gate.n_aside == 0

    at_the_desk(test, max_requests=1)


def test_who_was_turned_away_and_asks_again_at_once_is_heard_a_little_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without that, 2,000 of them kept the event loop from those that were let in."""
    monkeypatch.setattr(connections, "REST_SECONDS", 0.02)

    async def test(desk: Desk) -> None:
        await desk.line().ask(b"GET / HTTP/1.1\r\n" + HEADERS + b"\r\n")
        line = desk.line()
        assert (await line.ask(b"GET / HTTP/1.1\r\n" + HEADERS + b"\r\n"))[0] == 429
        assert not line.is_read
        await asyncio.sleep(0.05)
        assert line.is_read
        desk.go_on.set()

    at_the_desk(test, max_requests=1)


@pytest.mark.parametrize(
    ("line", "more", "has_body", "ends"),
    [
        (b"GET / HTTP/1.1", b"", True, False),
        (b"HEAD / HTTP/1.1", b"", False, False),
        (b"GET / HTTP/1.0", b"", True, True),
        (b"HEAD / HTTP/1.0", b"", False, True),
        (b"GET / HTTP/1.1", b"Connection: close\r\n", True, True),
    ],
)
def test_who_is_turned_away_gets_what_was_asked_for(
    line: bytes, more: bytes, has_body: bool, ends: bool
) -> None:
    async def test(desk: Desk) -> None:
        await desk.line().ask(b"GET / HTTP/1.1\r\n" + HEADERS + b"\r\n")
        second = desk.line()
        status, head, told = await second.ask(line + b"\r\n" + HEADERS + more + b"\r\n")
        assert (status, told) == (429, BUSY if has_body else None)
        assert (b"connection: close" in head, second.closed) == (ends, ends)
        assert b"content-length: 83" in head  # also in the answer to HEAD: of what GET would get
        assert desk.statuses == [429]
        desk.go_on.set()

    at_the_desk(test, max_requests=1)


def test_a_body_that_waits_for_leave_does_not_become_the_next_request() -> None:
    async def test(desk: Desk) -> None:
        await desk.line().ask(b"GET / HTTP/1.1\r\n" + HEADERS + b"\r\n")
        line, expects = desk.line(), b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        got = await line.ask(b"POST / HTTP/1.1\r\n" + HEADERS + expects)
        assert (got[0], b"connection: close" in got[1]) == (429, True)
        desk.go_on.set()
        await asyncio.sleep(0.01)
        line = desk.line()  # there is room, but no token
        got = await line.ask(b"POST / HTTP/1.1\r\nHost: h\r\n" + expects)
        assert (got[0], b"connection: close" in got[1], line.closed) == (401, True, True)

    at_the_desk(test, max_requests=1)


@pytest.mark.parametrize(
    "request_line",
    [
        b"POST / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
)
def test_a_body_with_an_upgrade_is_refused_before_it_could_be_read_as_a_request(
    request_line: bytes,
) -> None:
    async def test(desk: Desk) -> None:
        line = desk.line()
        status, _, told = await line.ask(request_line)
        sentence = "a body cannot come with the header Upgrade: HTTP/1.1 alone is spoken."
        assert (status, told) == (400, {"error": f"{sentence} Send without it.", "code": "V101"})
        assert line.closed
        assert line.sent.count(b"HTTP/1.1 400 ") == 1

    at_the_desk(test)


def test_an_upgrade_without_a_body_is_ignored_and_ends_the_connection() -> None:
    async def test(desk: Desk) -> None:
        desk.go_on.set()
        line = desk.line()
        more = b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
        status, head, _ = await line.ask(b"GET / HTTP/1.1\r\n" + HEADERS + more)
        assert (status, b"connection: close" in head, line.closed) == (200, True, True)

    at_the_desk(test)


def test_what_is_no_http_is_told_as_json() -> None:
    async def test(desk: Desk) -> None:
        line = desk.line()
        status, head, told = await line.ask(b"\x16\x03\x01\x02\x00\x01\x00")
        assert (status, told) == (
            400,
            {
                "error": "this is no request of HTTP/1.1. Send one.",
                "code": "V101",
            },
        )
        assert b"content-security-policy: " in head
        assert line.closed

    at_the_desk(test)


def test_more_connections_than_there_may_be_end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "most_connections", lambda: 2)

    async def test(desk: Desk) -> None:
        assert [desk.line().aborted for _ in range(3)] == [False, False, True]

    at_the_desk(test)


def a_gate() -> Gate:
    return Gate(connections._echo, Access(token=TOKEN, hosts=("h",)))


def test_the_uvicorn_that_is_installed_is_known() -> None:
    assert protocol_of(a_gate()) is not HttpToolsProtocol


@pytest.mark.parametrize(
    "name", ["_unset_keepalive_if_required", "timeout_keep_alive_handler", "on_headers_complete"]
)
def test_a_uvicorn_that_has_become_another_serves_as_it_is(
    name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("shoal.serving").propagate = True
    monkeypatch.delattr(HttpToolsProtocol, name)
    assert protocol_of(a_gate()) is HttpToolsProtocol
    assert "is not known here" in caplog.text


def test_a_uvicorn_whose_count_of_requests_is_elsewhere_serves_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = HttpToolsProtocol.__init__

    def other(self: Any, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **kwargs)
        self.tasks = set()  # there, but not what it was

    monkeypatch.setattr(HttpToolsProtocol, "__init__", other)
    assert protocol_of(a_gate()) is HttpToolsProtocol


def test_a_websocket_of_which_nothing_is_taken_is_given_up() -> None:
    """uvicorn closes it, which waits for ever until what was written is taken."""

    class Line:
        def __init__(self) -> None:
            self.transport = self
            self.n_bytes = 0
            self.is_aborted = False

        def get_write_buffer_size(self) -> int:
            return self.n_bytes

        def abort(self) -> None:
            self.is_aborted = True

    unread, stuck, slow, idle = Unread(), Line(), Line(), Line()
    for second in range(60):
        stuck.n_bytes = 1000
        slow.n_bytes = 1000 - second // 15  # takes something now and then
        unread.look([stuck, slow, idle], float(second))
        assert stuck.is_aborted == (second > UNREAD_SECONDS)
    assert not slow.is_aborted
    assert not idle.is_aborted
