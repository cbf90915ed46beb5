"""Every route of an application, and every wrong way to ask for one: for tests of the gate.

Kept beside the gate since each application behind it wants the same test: no list of paths
that somebody has to keep, but all routes that there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from shoal.errors import InternalError
from shoal.serving.access import Access
from shoal.serving.gate import Application
from shoal.serving.refusals import Headers

ACCEPTED: Final = 101
"""The status of a WebSocket that was let in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One way into an application.

    Attributes:
        kind: "http" or "websocket".
        method: of HTTP; GET for a WebSocket.
        path: an address that the route takes.
    """

    kind: str
    method: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """A request at a door.

    Attributes:
        name: what is wrong with it.
        headers: that it brings.
        query: of the address.
        body: that it sends.
        wanted: the statuses that refuse it.
    """

    name: str
    headers: Headers
    query: bytes = b""
    body: bytes = b""
    wanted: frozenset[int] = field(default=frozenset((401,)))


def doors_of(application: Any, prefix: str = "") -> Iterator[Door]:
    """Yield a door for every route and method, those of mounted applications too.

    Args:
        application: of Starlette or FastAPI, or a router.
        prefix: where it is mounted.

    Raises:
        InternalError: a route of a kind that is not known here, which nobody would test.
    """
    for route in application.routes:
        if hasattr(route, "effective_route_contexts"):  # a router that FastAPI includes as it is
            for context in route.effective_route_contexts():
                one = context.starlette_route or context
                yield from _doors(one, context.original_route, prefix)
        else:
            yield from _doors(route, route, prefix)


def _doors(route: Any, original: Any, prefix: str) -> Iterator[Door]:
    """Yield the doors of one route.

    Args:
        route: with its path and methods.
        original: tells what kind of route it is.
        prefix: where it is mounted.
    """
    path = prefix + re.sub(r"{[^}]*}", "x", getattr(route, "path", ""))
    kind = type(original).__name__
    if kind.endswith("WebSocketRoute"):
        yield Door(kind="websocket", method="GET", path=path)
    elif kind.endswith("Route"):
        for method in sorted(route.methods or {"GET", "POST"}):
            yield Door(kind="http", method=method, path=path)
    elif getattr(original, "routes", None):
        yield from doors_of(original, path)
    elif kind == "Mount":  # of an application without routes, such as files
        yield Door(kind="http", method="GET", path=f"{path}/x")
    else:
        raise InternalError(f"a route of the kind {kind} is not walked.")


def trespasses(access: Access) -> list[Knock]:
    """Return every wrong way to ask; each is to be refused at each door.

    Args:
        access: whose token and hosts are used in the wrong places.
    """
    host = access.hosts[0].encode()
    token = access.token.encode()
    here, bearer = (b"host", host), (b"authorization", b"Bearer " + token)
    name = host.partition(b":")[0]
    without = [
        Knock(name="no token", headers=(here,)),
        Knock(name="wrong token", headers=(here, (b"authorization", b"Bearer " + token[:-1]))),
        Knock(name="token of no scheme", headers=(here, (b"authorization", token))),
        Knock(name="token as password", headers=(here, (b"authorization", b"Basic " + token))),
        Knock(name="token in the address", headers=(here,), query=b"access_token=" + token),
        Knock(name="token in a cookie", headers=(here, (b"cookie", b"token=" + token))),
        Knock(name="token in another header", headers=(here, (b"x-api-key", token))),
        Knock(name="token in the body", headers=(here,), body=token),
        Knock(name="two hosts", headers=(here, here, bearer), wanted=frozenset((400,))),
    ]
    foreign: list[tuple[str, Headers]] = [("no host", (bearer,))]
    hosts = (b"evil.example", host + b".evil.example", name + b":1", b"")
    foreign += [(f"host {other!r}", ((b"host", other), bearer)) for other in hosts]
    origins = (b"null", b"http://evil.example", b"http://" + name + b":1", b"https://x." + host)
    foreign += [(f"origin {other!r}", (here, bearer, (b"origin", other))) for other in origins]
    sites = (b"cross-site", b"same-site", b"whatever")
    foreign += [(f"site {site!r}", (here, bearer, (b"sec-fetch-site", site))) for site in sites]
    refused = frozenset((403,))
    return without + [Knock(name=told, headers=these, wanted=refused) for told, these in foreign]


def in_order(access: Access) -> Knock:
    """Return a request that the gate lets in."""
    bearer = (b"authorization", b"Bearer " + access.token.encode())
    return Knock(name="in order", headers=((b"host", access.hosts[0].encode()), bearer))


async def knock(application: Application, door: Door, how: Knock) -> int:
    """Return the status that answers a request; 101 for a WebSocket that is let in."""
    statuses: list[int] = []
    scope = {
        "type": door.kind,
        "method": door.method,
        "path": door.path,
        "raw_path": door.path.encode(),
        "root_path": "",
        "query_string": how.query,
        "scheme": "http" if door.kind == "http" else "ws",
        "headers": list(how.headers),
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }
    if door.kind == "websocket":
        del scope["method"]
        coming: list[dict[str, Any]] = [
            {"type": "websocket.connect"},
            {"type": "websocket.disconnect", "code": 1000},
        ]
    else:
        coming = [{"type": "http.request", "body": how.body}, {"type": "http.disconnect"}]

    async def receive() -> dict[str, Any]:
        return coming.pop(0) if len(coming) > 1 else coming[0]

    async def send(message: Any) -> None:
        if message["type"].endswith("response.start"):
            statuses.append(message["status"])
        elif message["type"] == "websocket.accept":
            statuses.append(ACCEPTED)
        elif message["type"] == "websocket.close":
            statuses.append(403)

    await application(scope, receive, send)
    return statuses[0]
