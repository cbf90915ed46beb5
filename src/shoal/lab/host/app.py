"""The page and its WebSocket as one ASGI application behind the gate."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.routing import Route, Router, WebSocketRoute

from shoal.lab.host.assets import Asset
from shoal.lab.host.live import Live
from shoal.serving.access import Access
from shoal.serving.doorway import Doorway
from shoal.serving.gate import Bounds, Gate, Receive, Scope, Send
from shoal.serving.refusals import RequestError

BOUNDS: Final = Bounds(max_body=1024, max_requests=64, body_seconds=5.0)
"""Of requests, which bring nothing: all that a page sends comes by its WebSocket."""
DOORWAY: Final = Doorway(
    "shoal lab",
    (
        "<p>This is the lab's address, but this browser does not have its key.</p>",
        "<p>The terminal where the lab was started shows an address with the key: "
        "open that one.</p>",
        "<p>If that terminal is not at hand, start the lab again: <code>shoal lab</code></p>",
    ),
)


def application(live: Live, assets: Mapping[str, Asset], access: Access) -> Gate:
    """Return the lab behind its gate.

    Args:
        live: what answers the WebSockets.
        assets: the files of the page by their addresses.
        access: who may ask; with a cookie.
    """
    routes = [Route(path, _Sender(asset), methods=["GET"]) for path, asset in assets.items()]
    router = Router([*routes, WebSocketRoute("/live", live)], redirect_slashes=False,
                    default=_nothing)  # fmt: skip
    return Gate(router, access, BOUNDS, doorway=DOORWAY)


class _Sender:
    """Answers with one file."""

    def __init__(self, asset: Asset) -> None:
        self._asset = asset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await asyncio.to_thread(self._asset.answer, scope)  # it may be compressed yet
        await answer.send(send)


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer where there is nothing."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "there is nothing here."})
        return
    told = "there is nothing at this address. Open the one that shoal lab told."
    error = RequestError(404, told)
    await error.answer.send(send)
