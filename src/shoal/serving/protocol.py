"""What a connection may do before the gate can see it: uvicorn's protocol, with bounds.

The gate sees requests whose headers are complete. A client that never completes them, sends
headers without end, goes on with a body that was refused, or does not read its answers stays
below it, with no token needed. A request that is one too many is refused here too: that takes
10 us of processor time, in the gate 28 (wrk with 16 connections), and a service that is asked
for twice what it can do has to refuse as often as to answer.
"""

from __future__ import annotations

import asyncio
import http
import logging
import resource
from collections.abc import Iterable
from typing import Any, Final, Literal

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from shoal.errors import InternalError
from shoal.serving.gate import BUSY, SECURITY, Bounds, Gate
from shoal.serving.refusals import RequestError

MOST_HEAD: Final = 64 * 1024
"""Bytes of a request's line and headers; what comes in one piece may be more, up to 256 KiB."""
HEAD_SECONDS: Final = 10.0
"""Within which headers must have come, from the connection or from their first byte on."""
UNREAD_SECONDS: Final = 20.0
"""After which an answer of which nothing is taken any more is given up."""
REST_SECONDS: Final = 0.1
"""For which nothing is read of a connection whose request was one too many."""
LOOK_SECONDS: Final = 1.0
"""Connections are looked through as often."""
OWN_FILES: Final = 64
"""Files that stay free for models and libraries when every other one is a connection."""

_CLOSE: Final = ((b"connection", b"close"),)
_LONG: Final = RequestError(
    431, f"the headers are longer than {MOST_HEAD:,} bytes. Send fewer.", headers=_CLOSE
)
_LATE: Final = RequestError(
    408, f"the headers did not come within {HEAD_SECONDS:g} seconds. Send it again.", headers=_CLOSE
)
_NO_HTTP: Final = RequestError(400, "this is no request of HTTP/1.1. Send one.", headers=_CLOSE)
_UPGRADE: Final = RequestError(
    400, "a body cannot come with the header Upgrade: HTTP/1.1 alone is spoken. Send without it.",
    headers=_CLOSE,
)  # fmt: skip

log = logging.getLogger("shoal.serving")


def protocol_of(gate: Gate) -> type[asyncio.Protocol]:
    """Return the protocol for connections to a gate.

    It stands on parts of uvicorn that uvicorn promises to nobody. So it is rehearsed before
    anybody is served; where they have become others, uvicorn's own protocol serves, without
    these bounds, and the log says so.
    """
    try:
        one = Gate(_echo, gate.access, Bounds(max_requests=1))
        asyncio.run(_rehearse(_bounded(one)))
    except Exception as error:
        told = "uvicorn %s is not known here (%s: %s): connections are bounded by the gate alone"
        log.warning(told, uvicorn.__version__, type(error).__name__, error)
        return HttpToolsProtocol
    return _bounded(gate)


class Unread:
    """Gives up connections of which nothing is taken any more."""

    def __init__(self) -> None:
        self._seen: dict[Any, tuple[int, float]] = {}

    def look(self, connections: Iterable[Any], now: float) -> None:
        """Look at how much waits to be read on each; a closed one that is not read ends here too.

        Args:
            connections: with their transports.
            now: seconds on the clock of the event loop.
        """
        seen: dict[Any, tuple[int, float]] = {}
        for connection in connections:
            n_bytes = connection.transport.get_write_buffer_size()
            before, since = self._seen.get(connection, (0, now))
            if n_bytes and n_bytes == before and now - since > UNREAD_SECONDS:
                connection.transport.abort()
            elif n_bytes:
                seen[connection] = (n_bytes, since if n_bytes == before else now)
        self._seen = seen


def look_through(state: ServerState, now: float, unread: Unread | None = None) -> None:
    """End the connections that do not go on.

    Args:
        state: of the server.
        now: seconds on the clock of the event loop.
        unread: looks after WebSockets.
    """
    others = []
    for connection in list(state.connections):
        look: Any = getattr(connection, "look", None)
        if look is not None:
            look(now)
        else:  # a WebSocket, or uvicorn's own
            others.append(connection)
    if unread is not None:
        unread.look(others, now)


def most_connections() -> int:
    """Allow this process as many files as it may have; return how many may be connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return max(soft - OWN_FILES, 1)


def written(error: RequestError, *, body: bool = True, close: bool = False) -> bytes:
    """Return a refusal as HTTP/1.1 writes it, with the headers of the gate.

    Args:
        error: the refusal.
        body: whether its body is written, which an answer to HEAD has not.
        close: whether the connection ends after it.
    """
    answer = error.answer
    length = str(len(answer.body)).encode()
    more = _CLOSE if close and _CLOSE[0] not in answer.headers else ()
    own = ((b"content-type", answer.kind), (b"content-length", length), *answer.headers, *more)
    head = b"".join(b"%s: %s\r\n" % pair for pair in (*own, *SECURITY))
    status = f"HTTP/1.1 {answer.status} {http.HTTPStatus(answer.status).phrase}\r\n".encode()
    return status + head + b"\r\n" + (answer.body if body else b"")


class _TurnedAway:
    """Stands for a request whose answer is out: uvicorn then drops what its body holds."""

    response_complete = True
    disconnected = False
    message_event = asyncio.Event()


_TURNED_AWAY: Any = _TurnedAway()


def _bounded(gate: Gate) -> type[HttpToolsProtocol]:
    """Return uvicorn's protocol with bounds, for connections to one gate."""
    busy = written(BUSY)
    most_requests, most_open = gate.bounds.max_requests, most_connections()

    class Protocol(HttpToolsProtocol):
        # "start" waits for the first byte of a head; None: a request has come as a whole
        _reading: Literal["start", "head", "body"] | None = "start"
        _since = 0.0
        _n_head = 0
        _ends = False
        _n_unread = 0
        _unread_since = 0.0

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._since = self.loop.time()
            if len(self.connections) > most_open:
                transport.abort()

        def data_received(self, data: bytes) -> None:
            head = self.headers  # another list for every request
            super().data_received(data)
            if self._reading == "head" and self.headers is head:
                self._n_head += len(data)
                if self._n_head > MOST_HEAD:
                    self._end_with(_LONG)
            elif self._reading is None and self._is_forgotten():
                # an empty line, or the end of a body that was refused
                self._reading, self._since = "start", self.loop.time()

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._reading, self._since, self._n_head = "head", self.loop.time(), 0

        def on_headers_complete(self) -> None:
            self._reading = "body"
            if self.parser.should_upgrade() and self._is_no_upgrade():
                self._end_with(_UPGRADE)
            elif self._has_room():
                super().on_headers_complete()
                if self.expect_100_continue or self.parser.should_upgrade():
                    self._end_after_answer()
            else:
                self._turn_away()

        def on_message_complete(self) -> None:
            super().on_message_complete()
            self._reading = None
            if self._ends:
                self.transport.close()

        def handle_websocket_upgrade(self) -> None:
            if not self.transport.is_closing():
                super().handle_websocket_upgrade()

        def send_400_response(self, msg: str) -> None:
            self._end_with(_NO_HTTP)

        def look(self, now: float) -> None:
            """End this connection if it does not go on."""
            n_unread = self.transport.get_write_buffer_size()
            if n_unread != self._n_unread:
                self._n_unread, self._unread_since = n_unread, now
            elif n_unread and now - self._unread_since > UNREAD_SECONDS:
                self.transport.abort()
            waited = now - self._since
            if self._reading == "start" and waited > HEAD_SECONDS:
                self.transport.close()
            elif self._reading == "head" and waited > HEAD_SECONDS:
                self._end_with(_LATE)
            elif (
                self._reading == "body"
                and waited > gate.bounds.body_seconds
                and not self._is_answering()  # else the gate's own clock runs
            ):
                self.transport.abort()

        def _is_answering(self) -> bool:
            cycle: Any = self.cycle  # None before the first request
            return cycle is not None and not cycle.response_complete

        def _is_forgotten(self) -> bool:
            """Return whether neither an answer nor uvicorn's clock will end this connection."""
            return not self._is_answering() and self.timeout_keep_alive_task is None

        def _has_room(self) -> bool:
            # requests that wait in the event loop count: the gate does not know them yet
            free = len(self.tasks) - gate.n_aside < most_requests
            return free or self._is_answering() or self.parser.should_upgrade()

        def _is_no_upgrade(self) -> bool:
            """Return whether a body follows, which the parser leaves to what is upgraded to."""
            lengths = (b"content-length", b"transfer-encoding")
            has_body = any(name in lengths and value != b"0" for name, value in self.headers)
            return has_body or (self._should_upgrade() and self.parser.get_method() != b"GET")

        def _turn_away(self) -> None:
            keeps = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
            self._ends = not keeps or self.expect_100_continue
            has_body = self.parser.get_method() != b"HEAD"
            plain = has_body and not self._ends
            self.transport.write(busy if plain else written(BUSY, body=has_body, close=self._ends))
            self.cycle = _TURNED_AWAY
            gate.turn_away()
            # else clients that ask again at once keep the event loop from those let in before
            self.flow.pause_reading()
            self.loop.call_later(REST_SECONDS, self._read_on)
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

        def _read_on(self) -> None:
            if not self.transport.is_closing():
                self.flow.resume_reading()

        def _end_after_answer(self) -> None:
            """Read no other request here: where the body of this one ends is not certain."""
            if self._is_answering():
                self.cycle.keep_alive = False

        def _end_with(self, error: RequestError) -> None:
            """Refuse what is no request; nothing is told in the middle of another's answer."""
            if self.transport.is_closing():
                return
            if not self._is_answering():
                self.transport.write(written(error))
                self.cycle = _TURNED_AWAY
            self._reading = None
            self.transport.close()

    return Protocol


class _Rehearsal(asyncio.Transport):
    """A connection to nobody, which keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        """Do nothing."""

    def resume_reading(self) -> None:
        """Do nothing."""


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the body that came: an application to rehearse with."""
    body = (await receive())["body"]
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _rehearse(protocol: type[HttpToolsProtocol]) -> None:
    """Try on connections to nobody what a protocol with one place for requests must do.

    Raises:
        InternalError: it does something else; or whatever a missing part of uvicorn raises.
    """
    config = uvicorn.Config(_echo, log_config=None, access_log=False, ws="none")
    state, loop = ServerState(), asyncio.get_running_loop()

    def made() -> tuple[Any, _Rehearsal]:
        line: Any = protocol(config, state, {}, loop)
        transport = _Rehearsal()
        line.connection_made(transport)
        return line, transport

    request = b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\nok"
    line, transport = made()
    other, _ = made()
    other.data_received(request)
    line.data_received(request)
    _expect(transport.sent == written(BUSY) and not transport.closed, "one request too many")
    await asyncio.gather(*state.tasks)
    transport.sent = b""
    line.data_received(request)
    await asyncio.gather(*state.tasks)
    _expect(transport.sent.endswith(b"\r\n\r\nok") and not transport.closed, "a request")
    line.timeout_keep_alive_handler()
    _expect(transport.closed, "the end of a connection")
    line, transport = made()
    line.data_received(b"GET / HTTP/1.1\r\na: ")
    line.data_received(b"b" * (MOST_HEAD + 1))
    _expect(transport.sent.startswith(b"HTTP/1.1 431 ") and transport.closed, "long headers")
    line, transport = made()
    line.data_received(b"GET / HTTP/1.1\r\n")
    look_through(state, loop.time() + HEAD_SECONDS + 1)
    _expect(transport.sent.startswith(b"HTTP/1.1 408 ") and transport.closed, "late headers")


def _expect(is_so: bool, what: str) -> None:
    if not is_so:
        raise InternalError(f"{what} is not answered as before")
