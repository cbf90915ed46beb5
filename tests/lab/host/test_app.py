"""The page's files behind the gate: every door, every header, and how much the first load is."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shoal.errors import InputError
from shoal.lab.host.app import BOUNDS, application
from shoal.lab.host.assets import BUILT, Asset, read_assets
from shoal.lab.host.live import Live
from shoal.serving.access import Access, loopback_hosts
from shoal.serving.gate import Gate
from shoal.serving.walk import doors_of, open_doors

TOKEN = "a-token-of-many-signs-0123456789"
HOST = (b"host", b"127.0.0.1:8517")
POLICY = b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


class NoPage:
    def receive(self, text: str, buffers: Any = ()) -> None: ...

    def close(self) -> None: ...


class NoStudio:
    def page(self, send: Any) -> NoPage:
        return NoPage()

    def close(self) -> None: ...


@pytest.fixture
def built(tmp_path: Path) -> Path:
    files = {
        "page.js": b"import './lab.js'\n" * 1000, "lab.js": b"export {}", "lab.css": b"a{}",
        "vega.js": b"export default 1", "lab.js.map": b"{}", ".hidden.js": b"", "notes.txt": b"",
        "a b.js": b"", "lab.css.gz": b"",
    }  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.js").mkdir()
    return tmp_path


@pytest.fixture
def access() -> Access:
    return Access(token=TOKEN, hosts=loopback_hosts(8517)[:2], cookie="shoal_lab_8517")


@pytest.fixture
def gate(built: Path, access: Access) -> Gate:
    return application(Live(NoStudio), read_assets(built), access)


def ask(gate: Gate, path: str, *headers: tuple[bytes, bytes], **changes: Any) -> Any:
    """Return status, headers and body of an answer."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    cookie = (b"cookie", gate.access.pass_)
    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"", "root_path": "",
        "headers": [HOST, cookie, *headers], "scheme": "http",
    } | changes  # fmt: skip
    asyncio.run(gate(scope, receive, send))
    body = b"".join(message["body"] for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), body


def test_every_door_is_guarded(gate: Gate, access: Access) -> None:
    assert not asyncio.run(open_doors(gate, access, gate.app))
    files = ("/", "/icon.svg", "/lab.css", "/lab.js", "/page.js", "/vega.js")
    doors = {f"http {method} {path}" for method, path in itertools.product(("GET", "HEAD"), files)}
    found = {f"{door.kind} {door.method} {door.path}" for door in doors_of(gate.app)}
    assert found == {*doors, "websocket GET /live"}


@pytest.mark.parametrize(
    "path",
    ["/lab.js.map", "/notes.txt", "/.hidden.js", "/a b.js", "/folder.js", "/static/lab.js",
     "/../lab.js", "/lab.js/", "//lab.js", "/LAB.JS", "/lab.css.gz", "/favicon.ico", "/live", ""],
)  # fmt: skip
def test_nothing_else_is_there(gate: Gate, path: str) -> None:
    status, headers, body = ask(gate, path)
    told = "there is nothing at this address. Open the one that shoal lab told."
    assert (status, json.loads(body)) == (404, {"error": told, "code": "V107"})
    assert headers[b"content-security-policy"] == POLICY


def test_what_a_name_is_in_the_table_of_files(built: Path) -> None:
    """No file is opened for a request: a link that is put there later leads nowhere."""
    assets = read_assets(built)
    (built / "late.js").symlink_to("/etc/passwd")
    assert "/late.js" not in assets
    assert set(read_assets(built)) - set(assets) == {"/late.js"}  # a link of who built it


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", b"text/html; charset=utf-8"), ("/page.js", b"text/javascript; charset=utf-8"),
     ("/lab.css", b"text/css; charset=utf-8"), ("/icon.svg", b"image/svg+xml")],
)  # fmt: skip
def test_every_file_says_what_it_is_under_the_policy(gate: Gate, path: str, kind: bytes) -> None:
    status, headers, body = ask(gate, path)
    assert status == 200
    assert headers == {
        b"content-type": kind,
        b"content-length": str(len(body)).encode(),
        b"vary": b"accept-encoding",
        b"content-security-policy": POLICY,
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"no-referrer",
        b"cross-origin-resource-policy": b"same-origin",
        b"cache-control": b"no-store",
    }


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [(b"gzip, deflate, br, zstd", True), (b"br;q=1.0, gzip;q=0.8", True), (b"gzip;q=0", False),
     (b"br, gzip ; q=0.000", False), (b"br", False), (b"", False), (b"x-gzip", False)],
)  # fmt: skip
def test_files_are_packed_for_who_takes_that(
    gate: Gate, built: Path, accepted: bytes, packed: bool
) -> None:
    _, headers, body = ask(gate, "/page.js", (b"accept-encoding", accepted))
    content = (built / "page.js").read_bytes()
    assert (headers.get(b"content-encoding") == b"gzip") is packed
    assert (gzip.decompress(body) if packed else body) == content


def test_the_page_holds_no_script_and_no_style_of_its_own(gate: Gate) -> None:
    """So that the policy needs no exception."""
    _, _, body = ask(gate, "/")
    html = body.decode()
    assert re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL) == [
        (' type="module" src="/page.js"', "")
    ]
    assert "<style" not in html
    assert not re.search(r"\son\w+=|\sstyle=|data:|blob:|https?:", html)


def test_a_write_is_no_way_in(gate: Gate) -> None:
    assert ask(gate, "/", method="POST")[0] == 403
    assert ask(gate, "/", (b"x-shoal", b"1"), method="POST")[0] == 405
    too_much = (b"content-length", str(BOUNDS.max_body + 1).encode())
    assert ask(gate, "/", too_much)[0] == 413


def test_a_page_without_the_cookie_is_told_about_the_lab(gate: Gate) -> None:
    status, _, body = ask(gate, "/", headers=[HOST])
    assert status == 401
    assert b"start the lab again: <code>shoal lab</code>" in body


def test_a_page_that_is_not_built_is_one_sentence(tmp_path: Path) -> None:
    told = "the lab's page is not built: page.js is missing. Run: make page"
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError) as refused:
            read_assets(folder)
        assert str(refused.value) == told


def first_load(assets: Mapping[str, Asset]) -> int:
    """Return the bytes of the files that the page asks for before a person does anything.

    They are the page's own, and what its modules import at once; a chunk that is imported when
    it is wanted is asked for with ``import(...)``.
    """
    wanted, found = ["/", "/lab.css", "/icon.svg", "/page.js"], set()
    while wanted:
        path = wanted.pop()
        if path not in found:
            found.add(path)
            text = assets[path].content.decode()
            imports = re.findall(r"""(?:from|import)\s*["']\./([\w.-]+)["']""", text)
            wanted += [f"/{name}" for name in imports]
    return sum(len(assets[path].compressed) for path in found)


def test_the_first_load_is_under_200_kb() -> None:
    if not (BUILT / "page.js").exists():
        pytest.skip("the page is not built: make page")
    assert first_load(read_assets()) < 200_000
