"""A server for an application behind the gate: signals, a listening socket, and the log.

SIGTERM and Ctrl-C let requests in flight end and take no new ones; SIGHUP calls for reading
the models again, which happens in a thread, or ends a server that has none.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, Final

import uvicorn
import uvloop

from shoal.errors import InputError
from shoal.serving.access import Redaction
from shoal.serving.gate import Gate
from shoal.serving.protocol import LOOK_SECONDS, Unread, look_through, protocol_of

GRACE: Final = 30
"""Seconds that requests in flight have to end."""
BACKLOG: Final = 2048
MAX_MESSAGE: Final = 16 * 2**20
PING_SECONDS: Final = 20.0
"""From one ping of a WebSocket to the next, and until it is given up if none is answered."""
SWITCH: Final = 0.0005
"""Seconds after which a thread that reads a large table lets the event loop go on."""

log = logging.getLogger("shoal.serving")


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there.

    Args:
        host: a name or an address.
        port: 0 for any that is free.

    Raises:
        InputError: it is taken, not allowed, or there is no such host.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except socket.gaierror:
        raise InputError(f"--host {host}: there is no such host.", code="V113") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            told = f"--port {port}: is in use already. Give another, or 0 for one that is free."
        elif error.errno == errno.EACCES:
            told = f"--port {port}: is not allowed to this user. Give one from 1024 on."
        else:
            told = f"--host {host}: cannot listen there: {error.strerror or error}."
        raise InputError(told, code="V113") from None


def run(gate: Gate, listening: socket.socket, *, token: str, **how: Any) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Args:
        gate: with the application behind it.
        listening: the socket.
        token: is never logged.
        how: see `server_of`.
    """
    _set_up_log(token)
    sys.setswitchinterval(SWITCH)
    gc.freeze()  # libraries and models need not be looked through again and again
    server = server_of(gate, **how)
    with listening, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.serve(sockets=[listening]))


def server_of(
    gate: Gate,
    *,
    ready: Callable[[], None],
    reload: Callable[[], None] | None = None,
    ending: Callable[[], Awaitable[None]] | None = None,
    grace: int = GRACE,
    max_message: int = MAX_MESSAGE,
) -> uvicorn.Server:
    """Return a server whose signals are those of a service.

    Args:
        gate: with the application behind it.
        ready: called once requests are answered.
        reload: called in a thread on SIGHUP; None: SIGHUP ends the server.
        ending: awaited before connections are closed.
        grace: seconds that requests in flight have to end; 0: they are few, and nothing is said.
        max_message: bytes of one message on a WebSocket; a larger one ends it with code 1009.
    """
    config = uvicorn.Config(
        gate, http=protocol_of(gate), loop="uvloop", log_config=None, access_log=False,
        server_header=False, proxy_headers=False, ws_per_message_deflate=False, lifespan="off",
        timeout_graceful_shutdown=max(grace, 1), ws_max_size=max_message,
        ws_ping_interval=PING_SECONDS, ws_ping_timeout=PING_SECONDS,
    )  # fmt: skip
    return _Server(config, ready, reload, ending, grace)


class _Server(uvicorn.Server):
    """A server whose signals are those of a service."""

    def __init__(
        self,
        config: uvicorn.Config,
        ready: Callable[[], None],
        reload: Callable[[], None] | None,
        ending: Callable[[], Awaitable[None]] | None = None,
        grace: int = GRACE,
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._reload = reload
        self._ending = ending
        self._grace = grace
        self._unread = Unread()
        self._reloading: asyncio.Future[None] | None = None
        self._reload_again = False

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Take signals on the event loop; uvicorn would raise them again at the end."""
        return self._signals()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self._look_through()
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, after what the application does before."""
        if self._ending is not None:
            await self._ending()
        await super().shutdown(sockets)

    def _look_through(self) -> None:
        loop = asyncio.get_running_loop()
        look_through(self.server_state, loop.time(), self._unread)
        loop.call_later(LOOK_SECONDS, self._look_through)

    @contextlib.contextmanager
    def _signals(self) -> Any:
        loop = asyncio.get_running_loop()
        handlers = {
            signal.SIGTERM: self._stop,
            signal.SIGINT: self._stop,
            signal.SIGHUP: self._stop if self._reload is None else self._read_again,
        }
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        try:
            yield
        finally:
            for number in handlers:
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        if self.should_exit:  # asked twice: do not wait
            self.force_exit = True
        elif self._grace:
            log.info("stopping: requests in flight have %s seconds to end", self._grace)
        self.should_exit = True

    def _read_again(self) -> None:
        assert self._reload is not None
        if self._reloading is not None:  # it may have read a file that is newer by now
            self._reload_again = True
            return
        self._reload_again = False
        self._reloading = asyncio.get_running_loop().run_in_executor(None, self._reload)
        self._reloading.add_done_callback(self._have_read)

    def _have_read(self, done: asyncio.Future[None]) -> None:
        self._reloading = None
        error = None if done.cancelled() else done.exception()
        if error is not None:
            log.error("defect: the models stay as they are: %s: %s", type(error).__name__, error)
        if self._reload_again:
            self._read_again()


def _set_up_log(token: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(Redaction(token))
    handler.addFilter(is_told)
    levels = {"shoal.serving": logging.INFO, "uvicorn": logging.ERROR, "asyncio": logging.ERROR}
    for name, level in levels.items():
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)


def is_told(record: logging.LogRecord) -> bool:
    """Return whether a record is written: uvicorn calls every refused WebSocket an error.

    A page that was left open with an old cookie asks again and again.
    """
    return record.msg != "ASGI callable returned without completing handshake."


class _Lines(logging.Formatter):
    """Writes what failed in a line; where it failed too with ``SHOAL_DEBUG=1``."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  # the name that logging calls
        """Return an exception as text."""
        if os.environ.get("SHOAL_DEBUG"):
            return super().formatException(ei)
        return f"{ei[0].__name__}: {ei[1]}"
