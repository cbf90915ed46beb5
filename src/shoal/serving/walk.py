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
        kind: of the doors that it is wrong at; nothing: at all of them.
    """

    name: str
    headers: Headers
    query: bytes = b""
    body: bytes = b""
    wanted: frozenset[int] = field(default=frozenset((401,)))
    kind: str = ""


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
    # else a WebSocket is refused for its missing origin before its token is looked at
    base: Headers = (here,) if access.cookie is None else (here, (b"origin", b"http://" + host))
    without = [
        Knock(name="no token", headers=base),
        Knock(name="wrong token", headers=(*base, (b"authorization", b"Bearer " + token[:-1]))),
        Knock(name="token of no scheme", headers=(*base, (b"authorization", token))),
        Knock(name="token as password", headers=(*base, (b"authorization", b"Basic " + token))),
        Knock(name="token in the address", headers=base, query=b"access_token=" + token),
        Knock(name="token in a cookie", headers=(*base, (b"cookie", b"token=" + token))),
        Knock(name="token in another header", headers=(*base, (b"x-api-key", token))),
        Knock(name="token in the body", headers=base, body=token),
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
    if access.cookie is not None:
        without += _wrong_cookies(access, here)
        foreign.append(("https", (here, bearer, (b"origin", b"https://" + host))))
        foreign += _with_cookie(access, here, name)
        nobody = Knock(name="no origin", headers=(here, bearer), wanted=refused, kind="websocket")
        without.append(nobody)
    return without + [Knock(name=told, headers=these, wanted=refused) for told, these in foreign]


def _wrong_cookies(access: Access, here: tuple[bytes, bytes]) -> list[Knock]:
    """Return cookies that open nothing."""
    name, good = access.pass_.decode().split("=")
    wrong = (f"{name}={'0' * len(good)}", f"{name}={access.token}", f"other_{name}={good}",
             f"{name}={good[:-1]}", f"{name}=", good)  # fmt: skip
    origin = (b"origin", b"http://" + here[1])
    return [
        Knock(name=f"cookie {n}", headers=(here, origin, (b"cookie", cookie.encode())))
        for n, cookie in enumerate(wrong)
    ]


def _with_cookie(
    access: Access, here: tuple[bytes, bytes], name: bytes
) -> list[tuple[str, Headers]]:
    """Return what a browser sends for other pages, with the cookie that it has."""
    cookie = (b"cookie", access.pass_)
    origins = (b"null", b"http://" + name + b":1", b"http://evil.example", b"https://" + here[1])
    pages: list[tuple[str, Headers]] = [
        (f"cookie, origin {origin!r}", (here, cookie, (b"origin", origin))) for origin in origins
    ]
    # a navigation to another door than the page, and a frame, are as foreign as any request
    modes = ((b"no-cors", b"script"), (b"cors", b"empty"), (b"navigate", b"iframe"))
    for site in (b"cross-site", b"same-site"):
        for mode, dest in modes:
            more = ((b"sec-fetch-site", site), (b"sec-fetch-mode", mode), (b"sec-fetch-dest", dest))
            pages.append((f"cookie, {site!r} {mode!r} {dest!r}", (here, cookie, *more)))
    return pages


def in_order(access: Access) -> Knock:
    """Return a request that the gate lets in."""
    bearer = (b"authorization", b"Bearer " + access.token.encode())
    host = access.hosts[0].encode()
    headers = ((b"host", host), (b"origin", b"http://" + host), bearer)
    return Knock(name="in order", headers=headers)


async def open_doors(gate: Application, access: Access, application: Any) -> list[str]:
    """Knock in every way at every door; return what is wrong, nothing if all is well.

    Args:
        gate: what is asked.
        access: of the gate.
        application: behind it, whose routes are the doors.
    """
    found = []
    for door in doors_of(application):
        for how in trespasses(access):
            if how.kind in ("", door.kind):
                status = await knock(gate, door, how)
                if status not in how.wanted:
                    found.append(f"{door}: {how.name}: {status}")
        status = await knock(gate, door, in_order(access))
        is_well = status == ACCEPTED if door.kind == "websocket" else status not in (401, 403)
        if not is_well:
            found.append(f"{door}: in order: {status}")
    return found


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
