"""The gate before an ASGI application: every request and every WebSocket passes it, or is refused.

One wrapper for both, below all routes: a middleware that sees HTTP alone, or a list of paths,
forgets one. It also bounds what one request may send and how many are answered at once.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from shoal.errors import InputError
from shoal.serving.access import Access
from shoal.serving.doorway import POLICY, Doorway, is_refused_page
from shoal.serving.refusals import Answer, Headers, RequestError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SECURITY: Final = (
    (
        b"content-security-policy",
        b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
"""What stands in every answer."""
_SECURED: Final = frozenset(name for name, _ in SECURITY)
_DOORWAY: Final = ((SECURITY[0][0], POLICY), *SECURITY[1:])
BUSY: Final = RequestError(
    429, "as many requests as may be are being answered. Try again.",
    headers=((b"retry-after", b"1"),),
)  # fmt: skip
BODIES: Final = 16
"""As many of the largest bodies are held in memory at once."""
DEFECT: Final = "this is a defect of shoal; its log says more."

log = logging.getLogger("shoal.serving")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much is taken at once.

    Attributes:
        max_body: bytes of one request.
        max_requests: answered at once; one more is told to come later. The bodies of all of
            them together may be `BODIES` times the largest one.
        body_seconds: within which a body must have come.
    """

    max_body: int = 8 * 2**20
    max_requests: int = 256
    body_seconds: float = 30.0


class Observe(Protocol):
    """Is told of every answered request."""

    def __call__(self, scope: Scope, status: int, seconds: float) -> None:
        """Take note; a status of 0 is a client that left."""


class Gate:
    """An ASGI application that lets in who may ask, and bounds what they send.

    Args:
        app: what is behind the gate.
        access: who may ask.
        bounds: how much at once.
        doorway: what a person sees before the page that a cookie opens; for an `access` that
            has one.
        observe: is told of every answer, refusals too.
        security: what stands in every answer, in place of `SECURITY`.

    Attributes:
        in_flight: requests that are being answered.
        n_aside: calls that take none of their places: refusals on their way out, WebSockets.
    """

    def __init__(
        self,
        app: Application,
        access: Access,
        bounds: Bounds | None = None,
        *,
        doorway: Doorway | None = None,
        observe: Observe | None = None,
        security: Headers = SECURITY,
    ) -> None:
        self.app = app
        self.access = access
        self.bounds = bounds or Bounds()
        self.in_flight = 0
        self.n_aside = 0
        self._n_reserved = 0
        self._doorway = doorway or Doorway("shoal", ())
        self._observe = observe
        self._security = security

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection of ASGI.

        Raises:
            InputError: it is neither HTTP nor a WebSocket nor the server's own start and end.
        """
        kind = scope["type"]
        if kind == "http":
            await self._http(scope, receive, send)
        elif kind == "websocket":
            await self._aside(self._websocket(scope, receive, send))
        elif kind == "lifespan":
            await self.app(scope, receive, send)
        else:
            raise InputError(f"the gate knows no connections of the type '{kind}'.", code="V100")

    def turn_away(self) -> None:
        """Note a request that a server refused by itself, with `BUSY`: all places are taken."""
        if self._observe is not None:
            self._observe({}, BUSY.status, 0.0)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        call = _Call(self.bounds, receive, send)
        call.security = self._security
        try:
            entry = self.access.entry(scope) if self.access.cookie else None
            n_bytes = _announced(scope, self.bounds)
            refused = None if entry else self.access.check(scope) or self._too_much(n_bytes)
            if entry is not None:
                await self._at_the_door(self._doorway.let_in(entry), call)
            elif refused is not None and is_refused_page(self.access, scope, refused):
                await self._at_the_door(self._doorway.refuse(scope, refused), call)
            elif refused is not None:
                await self._aside(refused.answer.send(call.send))
            else:
                await self._answer(scope, call, n_bytes)
        finally:
            call.end()
            if self._observe is not None:
                self._observe(scope, call.status, time.perf_counter() - began)

    async def _at_the_door(self, page: Answer, call: _Call) -> None:
        call.security = _DOORWAY
        await self._aside(page.send(call.send))

    async def _aside(self, call: Awaitable[None]) -> None:
        self.n_aside += 1
        try:
            await call
        finally:
            self.n_aside -= 1

    async def _answer(self, scope: Scope, call: _Call, n_bytes: int) -> None:
        self.in_flight += 1
        self._n_reserved += n_bytes
        try:
            await self.app(scope, call.receive, call.send)
        except Exception as error:
            if not call.refused:  # else it is the application that was told of a lost client
                debug = bool(os.environ.get("SHOAL_DEBUG"))
                log.error("defect: %s: %s", type(error).__name__, error, exc_info=debug)
                if not call.status:
                    await RequestError(500, DEFECT).answer.send(call.send)
        finally:
            self.in_flight -= 1
            self._n_reserved -= n_bytes

    def _too_much(self, n_bytes: int) -> RequestError | None:
        """Refuse one request too many, or a body that says itself that it is too large."""
        most = self.bounds.max_body
        if n_bytes > most:
            return _too_large(self.bounds)
        if self.in_flight >= self.bounds.max_requests or self._n_reserved + n_bytes > BODIES * most:
            return BUSY
        return None

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self.access.check(scope)
        if refused is None:
            await self.app(scope, receive, send)
            return
        await receive()  # websocket.connect
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008, "reason": refused.sentence})
            return

        async def answer(message: Message) -> None:
            await send({**message, "type": "websocket." + message["type"]})

        await refused.answer.send(_Call(self.bounds, receive, answer).send)


class _Call:
    """One request: what it sends is counted, what it gets has the headers of every answer."""

    __slots__ = (
        "_bounds", "_n_bytes", "_receive", "_refusing", "_send", "_timer", "_whole", "refused",
        "security", "status",
    )  # fmt: skip

    def __init__(self, bounds: Bounds, receive: Receive, send: Send) -> None:
        self._bounds = bounds
        self._receive = receive
        self._send = send
        self._n_bytes = 0
        self._whole = False
        self._timer: asyncio.TimerHandle | None = None
        self._refusing: asyncio.Task[None] | None = None
        self.refused = False
        self.security: Headers = SECURITY
        self.status = 0

    async def send(self, message: Message) -> None:
        """Pass an answer on, unless the gate has answered itself."""
        if self.refused:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = [pair for pair in message.get("headers", ()) if pair[0] not in _SECURED]
            message["headers"] = [*own, *self.security]
        await self._send(message)

    async def receive(self) -> Message:
        """Pass a part of the body on; too much of it, or too slow, is refused here."""
        if self.refused:
            return {"type": "http.disconnect"}
        if self._whole:
            return await self._receive()
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._bounds.body_seconds, self._too_slow, loop)
        message = await self._receive()
        self._n_bytes += len(message.get("body", b""))
        if self._n_bytes > self._bounds.max_body:
            self.end()
            await self._refuse(_too_large(self._bounds))
            return {"type": "http.disconnect"}
        self._whole = not message.get("more_body", False)
        if self._whole:
            self.end()
        return message

    def end(self) -> None:
        """Wait no longer for a body."""
        if self._timer is not None:
            self._timer.cancel()

    def _too_slow(self, loop: asyncio.AbstractEventLoop) -> None:
        """Refuse a body that does not come: once that is sent, the server ends `_receive`."""
        told = f"the body did not come within {self._bounds.body_seconds:g} seconds. Send it again."
        error = RequestError(408, told, headers=((b"connection", b"close"),))
        self._refusing = loop.create_task(self._refuse(error))

    async def _refuse(self, error: RequestError) -> None:
        if not self.status:
            await error.answer.send(self.send)
        self.refused = True


def _announced(scope: Scope, bounds: Bounds) -> int:
    """Return how long a body will be: what it says, the most there may be if it does not say."""
    n_bytes = 0
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else bounds.max_body + 1
        if name == b"transfer-encoding":
            n_bytes = bounds.max_body
    return n_bytes


def _too_large(bounds: Bounds) -> RequestError:
    told = f"the body is larger than {bounds.max_body:,} bytes. Send fewer rows at once."
    return RequestError(413, told)
