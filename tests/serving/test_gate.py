"""The gate: who is let in, at every door of every application; and how much at once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import re
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request, WebSocket
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute

from shoal.errors import ArgumentError, InputError
from shoal.serving.access import Access, Redaction, Ticket, loopback_hosts, named_hosts, new_token
from shoal.serving.doorway import HOP, POLICY, STYLE, Doorway
from shoal.serving.gate import SECURITY, Bounds, Gate
from shoal.serving.walk import ACCEPTED, Knock, doors_of, knock, open_doors

TOKEN = "a-token-of-many-signs-0123456789"
HOST = (b"host", b"127.0.0.1:8000")
BEARER = (b"authorization", b"Bearer " + TOKEN.encode())


def an_application() -> FastAPI:
    """Return an application with a door of every kind."""
    api = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @api.get("/")
    async def page() -> dict[str, str]:
        return {"page": "here"}

    @api.post("/write")
    async def write(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @api.websocket("/ws/{name}")
    async def ws(socket: WebSocket, name: str) -> None:
        await socket.accept()

    async def ws_of_router(socket: WebSocket) -> None:
        await socket.accept()

    async def inner(request: Request) -> Any:
        raise RuntimeError("secret")

    async def socket(socket: WebSocket) -> None:
        await socket.accept()

    router = APIRouter(prefix="/more")
    router.add_api_route("/{x}", page)
    router.add_api_websocket_route("/w/{x}", ws_of_router)
    api.include_router(router)
    routes = [Route("/r", inner), WebSocketRoute("/w", socket)]
    api.mount("/deep", Starlette(routes=[Mount("/er", routes=routes)]))
    return api


def gate_of(**settings: Any) -> Gate:
    bounds = settings.pop("bounds", None)
    access = Access(token=TOKEN, hosts=loopback_hosts(8000), **settings)
    return Gate(an_application(), access, bounds, doorway=Doorway("a page", ("<p>how</p>",)))


def every_door_is_guarded(gate: Any, application: Any) -> set[str]:
    """Knock in every wrong way at every door; return the doors."""
    assert not asyncio.run(open_doors(gate, gate.access, application))
    return {f"{door.kind} {door.method} {door.path}" for door in doors_of(application)}


def test_every_door_of_the_service_is_guarded(client) -> None:
    found = every_door_is_guarded(client.service.gate, client.service.api)
    assert found == {
        "http POST /models/x/predict",
        "http POST /models/x/importance",
        "http GET /models",
        "http GET /models/x",
        "http GET /healthz",
        "http GET /metrics",
        "http GET /openapi.json",
        "http HEAD /models",
        "http HEAD /models/x",
        "http HEAD /healthz",
        "http HEAD /metrics",
        "http HEAD /openapi.json",
    }


@pytest.mark.parametrize("cookie", [None, "shoal_8000"])
def test_doors_of_every_kind_are_guarded(cookie: str | None) -> None:
    gate = gate_of(cookie=cookie)
    found = every_door_is_guarded(gate, gate.app)
    assert found == {
        "http GET /",
        "http POST /write",
        "websocket GET /ws/x",
        "http GET /more/x",
        "websocket GET /more/w/x",
        "http GET /deep/er/r",
        "http HEAD /deep/er/r",
        "websocket GET /deep/er/w",
    }


def test_a_gate_that_sees_http_alone_is_found_out() -> None:
    """The test of the test: this is how a WebSocket without a token was forgotten elsewhere."""
    gate = gate_of()

    async def half(scope: Any, receive: Any, send: Any) -> None:
        await (gate if scope["type"] == "http" else gate.app)(scope, receive, send)

    half.access = gate.access  # type: ignore[attr-defined]
    with pytest.raises(AssertionError):
        every_door_is_guarded(half, gate.app)


def test_a_gate_that_looks_at_no_origin_is_found_out() -> None:
    """The test of the test: a cookie goes to every port of a machine, an origin does not."""
    gate = gate_of(cookie="shoal_8000")

    async def blind(scope: Any, receive: Any, send: Any) -> None:
        kept = [pair for pair in scope["headers"] if pair[0] != b"origin"]
        same = (b"origin", b"http://127.0.0.1:8000")
        await gate({**scope, "headers": [*kept, same]}, receive, send)

    found = asyncio.run(open_doors(blind, gate.access, gate.app))
    assert sum("cookie, origin b'http://127.0.0.1:1': 101" in each for each in found) == 3
    assert sum("no origin: 101" in each for each in found) == 3


class Answer:
    """What a gate sends to one request."""

    def __init__(self, gate: Gate, *headers: tuple[bytes, bytes], **changes: Any) -> None:
        parts = changes.pop("parts", [b""])
        coming = [
            {"type": "http.request", "body": part, "more_body": number < len(parts)}
            for number, part in enumerate(parts, 1)
        ]
        sent: list[Any] = []

        async def receive() -> Any:
            return coming.pop(0) if coming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": "/", "query_string": b"", "root_path": "",
            "headers": list(headers), "scheme": "http", "server": None, "client": None,
        } | changes  # fmt: skip
        asyncio.run(gate(scope, receive, send))
        self.status = sent[0]["status"]
        self.headers = dict(sent[0]["headers"])
        self.body = b"".join(message["body"] for message in sent[1:])
        self.n_starts = sum(message["type"] == "http.response.start" for message in sent)


def test_every_answer_has_the_headers_of_security() -> None:
    gate = gate_of()
    for answer in (
        Answer(gate),
        Answer(gate, HOST, BEARER),
        Answer(gate, HOST, BEARER, path="/no"),
    ):
        assert all(answer.headers[name] == value for name, value in SECURITY)
    policy = dict(SECURITY)[b"content-security-policy"]
    assert b"default-src 'self'" in policy
    assert b"frame-ancestors 'none'" in policy


def test_a_refusal_is_one_sentence() -> None:
    answer = Answer(gate_of(), HOST)
    told = "a token is needed. Send the header Authorization: Bearer and the token."
    assert (answer.status, json.loads(answer.body)) == (401, {"error": told, "code": "V105"})
    assert answer.headers[b"www-authenticate"] == b'Bearer realm="shoal"'


@pytest.mark.parametrize("origin", [b"http://127.0.0.1:8000", b"https://127.0.0.1:8000"])
def test_the_same_origin_is_let_in(origin: bytes) -> None:
    headers = (HOST, BEARER, (b"origin", origin), (b"sec-fetch-site", b"same-origin"))
    assert Answer(gate_of(), *headers).status == 200


def test_an_origin_must_be_that_of_the_host_that_is_asked() -> None:
    headers = (HOST, BEARER, (b"origin", b"http://localhost:8000"))
    assert Answer(gate_of(), *headers).status == 403


def test_what_is_no_http_is_refused() -> None:
    with pytest.raises(InputError, match="no connections of the type 'smtp'"):
        asyncio.run(gate_of()({"type": "smtp"}, None, None))  # type: ignore[arg-type]


def test_start_and_end_of_the_server_pass() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    gate = Gate(app, Access(token=TOKEN, hosts=("a",)))
    asyncio.run(gate({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]


def test_a_websocket_is_refused_before_it_is_accepted_by_a_server_without_answers() -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(gate_of()({"type": "websocket", "path": "/ws/x", "headers": [HOST]}, receive, send))
    assert [message["type"] for message in sent] == ["websocket.close"]
    assert sent[0]["code"] == 1008


@pytest.mark.parametrize("token", ["", "short", "x" * 21, "with a blank in between it", "é" * 30])
def test_a_weak_token_is_none(token: str) -> None:
    with pytest.raises(ArgumentError, match="`token` must have at least 22 letters"):
        Access(token=token, hosts=("a",))


def test_a_new_token_has_256_bits_and_no_other_is_like_it() -> None:
    assert len(new_token()) == 43  # 32 bytes in base64 without padding
    assert new_token() != new_token()
    Access(token=new_token(), hosts=("a",))


def test_the_token_is_not_in_what_is_printed_of_the_access() -> None:
    assert TOKEN not in repr(Access(token=TOKEN, hosts=("a",)))


def test_hosts_without_a_port_where_a_browser_leaves_it_away() -> None:
    assert loopback_hosts(80) == ("127.0.0.1", "localhost", "[::1]")
    assert loopback_hosts(8, "127.0.0.2", "[::1]")[2:] == ("[::1]:8", "127.0.0.2:8")
    assert named_hosts(["a", "b:9"], 80) == ("a", "b:9")


def test_the_token_is_redacted_in_the_log() -> None:
    record = logging.LogRecord("a", 20, "f", 1, "GET /?token=%s", (TOKEN,), None)
    assert Redaction(TOKEN).filter(record)
    assert record.getMessage() == "GET /?token=***"


# A page: the token once in its address, then a cookie.


def page(*headers: tuple[bytes, bytes], **changes: Any) -> Answer:
    return Answer(gate_of(cookie="shoal_8000"), HOST, *headers, **changes)


def cookie() -> tuple[bytes, bytes]:
    entered = page(query_string=b"token=" + TOKEN.encode())
    assert entered.status == 200
    value, *rules = entered.headers[b"set-cookie"].split(b"; ")
    assert set(rules) == {b"Path=/", b"HttpOnly", b"SameSite=Strict"}
    assert TOKEN.encode() not in value
    return (b"cookie", b"other=1; " + value)


def test_a_page_is_opened_with_the_token_in_its_address_and_then_with_a_cookie() -> None:
    assert page().status == 401
    assert page(query_string=b"token=wrong").status == 401
    assert page(query_string=b"token=" + TOKEN.encode(), path="/write").status == 401
    assert page(query_string=b"token=" + TOKEN.encode(), method="POST").status == 401
    assert page(cookie()).status == 200


def test_the_page_that_lets_in_goes_on_by_a_script_that_its_policy_allows_by_hash() -> None:
    entered = page(query_string=b"token=" + TOKEN.encode())
    assert entered.headers[b"content-type"] == b"text/html; charset=utf-8"
    assert f"<script>{HOP}</script>".encode() in entered.body
    assert f"<style>{STYLE}</style>".encode() in entered.body
    assert entered.headers[b"content-security-policy"] == POLICY
    assert POLICY.decode() == (
        f"default-src 'none'; script-src {sha256_of(HOP)}; style-src {sha256_of(STYLE)}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    others = dict(SECURITY[1:])
    assert {name: entered.headers[name] for name in others} == others
    assert TOKEN.encode() not in entered.body


def sha256_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_page_without_its_cookie_says_how_to_open_it() -> None:
    refused = page()
    assert (refused.status, refused.headers[b"content-security-policy"]) == (401, POLICY)
    assert b"<main><h1>a page</h1><p>how</p></main></html>" in refused.body
    assert b"<script" not in refused.body
    # other doors are for programs: one sentence in JSON
    told = {
        "error": "a token is needed. Send the header Authorization: Bearer and the token.",
        "code": "V105",
    }
    assert json.loads(page(path="/write").body) == told
    assert json.loads(page(method="HEAD").body) == told
    assert json.loads(Answer(gate_of(cookie="c"), (b"host", b"evil")).body).keys() == {
        "error",
        "code",
    }


LINK = ((b"sec-fetch-mode", b"navigate"), (b"sec-fetch-dest", b"document"))


@pytest.mark.parametrize("site", [b"cross-site", b"same-site"])
def test_a_link_on_another_page_leads_to_the_page_and_nowhere_else(site: bytes) -> None:
    from_there = (*LINK, (b"sec-fetch-site", site))
    entered = page(*from_there, query_string=b"token=" + TOKEN.encode())
    assert (entered.status, b"set-cookie" in entered.headers) == (200, True)
    assert page(cookie(), *from_there).status == 200
    assert page(cookie(), *from_there, path="/more/x").status == 403
    assert page(cookie(), *from_there, method="HEAD").status == 403
    assert page(cookie(), *from_there, (b"origin", b"http://evil.example")).status == 403
    for wrong in ((LINK[0], (b"sec-fetch-dest", b"iframe")), LINK[:1], LINK[1:], ()):
        assert page(cookie(), *wrong, (b"sec-fetch-site", site)).status == 403
    assert Answer(gate_of(), HOST, BEARER, *from_there).status == 403  # a service has no page


@pytest.mark.parametrize("site", [b"cross-site", b"same-site", b"same-origin", b"none", None])
def test_a_page_asks_again_for_the_cookie_that_a_browser_kept_back(site: bytes | None) -> None:
    """Once: what it sends itself is same-origin, and is answered without the script."""
    refused = page(*LINK, *([] if site is None else [(b"sec-fetch-site", site)]))
    assert refused.status == 401
    assert (b"<script>" in refused.body) == (site in (b"cross-site", b"same-site"))


def test_a_ticket_opens_the_page_once() -> None:
    ticket = Ticket()
    gate = gate_of(cookie="shoal_8000", ticket=ticket)
    query = b"token=" + ticket.token.encode()
    foreign = Answer(gate, HOST, (b"origin", b"http://evil.example"), query_string=query)
    assert foreign.status == 403  # and it is not used up
    assert [Answer(gate, HOST, query_string=query).status for _ in range(2)] == [200, 401]
    assert Answer(gate, HOST, query_string=b"token=" + TOKEN.encode()).status == 200
    bearer = (b"authorization", b"Bearer " + Ticket().token.encode())
    assert Answer(gate, HOST, bearer).status == 401


def test_a_query_of_many_fields_is_no_defect() -> None:
    assert page(query_string=b"token=a&" * 5000).status == 401


def test_a_foreign_page_cannot_use_the_token_in_the_address() -> None:
    query = b"token=" + TOKEN.encode()
    assert page((b"origin", b"http://evil.example"), query_string=query).status == 403
    assert page((b"sec-fetch-site", b"cross-site"), query_string=query).status == 403
    assert Answer(gate_of(cookie="c"), (b"host", b"evil"), query_string=query).status == 403


def test_a_cookie_alone_does_not_write() -> None:
    write = {"path": "/write", "method": "POST"}
    assert page(cookie(), **write).status == 403
    assert page(cookie(), (b"x-shoal", b"1"), **write).status == 200
    assert page(BEARER, **write).status == 200


def test_a_cookie_of_another_server_is_none() -> None:
    assert page((b"cookie", b"shoal_8000=" + b"0" * 64)).status == 401
    assert page((b"cookie", b"shoal_8000=" + TOKEN.encode())).status == 401


def test_cookies_are_off_unless_they_are_asked_for() -> None:
    assert Answer(gate_of(), HOST, cookie()).status == 401
    assert Answer(gate_of(), HOST, query_string=b"token=" + TOKEN.encode()).status == 401


def test_a_websocket_with_a_cookie_must_say_which_page_it_is_of() -> None:
    gate = gate_of(cookie="shoal_8000")
    door = next(door for door in doors_of(gate.app) if door.kind == "websocket")
    same = (b"origin", b"http://127.0.0.1:8000")
    other, https = (b"origin", b"http://localhost:8000"), (b"origin", b"https://127.0.0.1:8000")
    knocks = [
        Knock(name="", headers=(HOST, who, *more))
        for who in (cookie(), BEARER)
        for more in ((), (other,), (https,), (same,))
    ]
    wanted = [403, 403, 403, ACCEPTED]
    assert [asyncio.run(knock(gate, door, how)) for how in knocks] == [*wanted, *wanted]


# Bounds.


def write(*parts: bytes, length: bytes | None = None, **bounds: Any) -> Answer:
    more = [] if length is None else [(b"content-length", length)]
    gate = gate_of(bounds=Bounds(**bounds))
    return Answer(gate, HOST, BEARER, *more, path="/write", method="POST", parts=list(parts))


def test_a_body_within_the_bound_is_taken() -> None:
    answer = write(b"12345", b"67890", length=b"10", max_body=10)
    assert (answer.status, json.loads(answer.body)) == (200, {"bytes": 10})


@pytest.mark.parametrize("length", [None, b"11", b"9" * 19, b"9" * 5000, b"-1", b"1e9"])
def test_a_body_over_the_bound_is_413_whether_it_says_so_or_not(length: bytes | None) -> None:
    answer = write(b"12345", b"678901", length=length, max_body=10)
    told = "the body is larger than 10 bytes. Send fewer rows at once."
    assert (answer.status, json.loads(answer.body)) == (413, {"error": told, "code": "V104"})
    assert answer.n_starts == 1


def test_a_body_that_does_not_come_is_408() -> None:
    gate = gate_of(bounds=Bounds(body_seconds=0.05))
    sent: list[Any] = []
    ended = asyncio.Event()

    async def receive() -> Any:
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            ended.set()  # as uvicorn does once the answer is out

    scope = {
        "type": "http", "method": "POST", "path": "/write", "query_string": b"", "scheme": "http",
        "headers": [HOST, BEARER], "root_path": "", "server": None, "client": None,
    }  # fmt: skip
    asyncio.run(gate(scope, receive, send))
    assert [message.get("status") for message in sent] == [408, None]
    told = "the body did not come within 0.05 seconds. Send it again."
    assert json.loads(sent[1]["body"]) == {"error": told, "code": "V109"}


def test_one_request_too_many_is_429_and_its_body_is_not_read() -> None:
    open_, sent = asyncio.Event(), []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await open_.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Any:
        raise AssertionError("the body was read")

    async def send(message: Any) -> None:
        sent.append(message)

    async def all_at_once() -> None:
        gate = Gate(app, Access(token=TOKEN, hosts=("127.0.0.1:8000",)), Bounds(max_requests=2))
        scope = {"type": "http", "method": "POST", "path": "/", "headers": [HOST, BEARER]}
        several = [asyncio.create_task(gate(dict(scope), receive, send)) for _ in range(3)]
        await several[2]
        assert gate.in_flight == 2
        assert sent[0]["status"] == 429
        assert (b"retry-after", b"1") in sent[0]["headers"]
        told = "as many requests as may be are being answered. Try again."
        assert json.loads(sent[1]["body"]) == {"error": told, "code": "V108"}
        open_.set()
        await asyncio.gather(*several)
        assert gate.in_flight == 0

    asyncio.run(all_at_once())
    assert [message["status"] for message in sent if "status" in message] == [429, 200, 200]


def test_large_bodies_are_bounded_together() -> None:
    """16 of the largest are held at once, whatever the bound of requests is."""
    open_, statuses = asyncio.Event(), []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await open_.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        statuses.append(message.get("status"))

    async def all_at_once() -> None:
        access = Access(token=TOKEN, hosts=("127.0.0.1:8000",))
        gate = Gate(app, access, Bounds(max_body=100))
        lengths = [b"100"] * 15 + [b"99", b"2", b"1"]  # 1,599 bytes; 1,601 are too many
        scopes = [
            {"type": "http", "path": "/", "headers": [HOST, BEARER, (b"content-length", n)]}
            for n in lengths
        ]
        several = [asyncio.create_task(gate(scope, None, send)) for scope in scopes]  # type: ignore[arg-type]
        await several[16]
        assert statuses == [429, None]
        open_.set()
        await asyncio.gather(*several)

    asyncio.run(all_at_once())
    assert statuses == [429, None] + [200] * 17


def test_a_defect_tells_a_client_nothing(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("shoal.serving").propagate = True
    answer = Answer(gate_of(), HOST, BEARER, path="/deep/er/r")
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert re.search("defect: RuntimeError: secret", caplog.text)
