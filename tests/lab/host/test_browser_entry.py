"""The way in, in a real browser: token, cookie, fragment, links from elsewhere, a crash."""

from __future__ import annotations

import functools
import http.server
import json
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FRAGMENT = "#1.q1YqTi0uzszPU7Ja"


def cookies_of(page: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.context.cookies()
    return found


def arrived(page: Any, address: str) -> None:
    """See that the page itself came up at an address; it alone has what it is drawn in."""
    page.wait_for_selector("#lab", state="attached")
    assert address in page.shoal_visited


def test_the_first_address_lets_in_and_goes_away_but_for_its_fragment(lab_server, new_page):
    lab = lab_server()
    page = new_page()
    statuses = []
    page.on("response", lambda got: statuses.append((got.url, got.status)))
    page.goto(lab.url + FRAGMENT)
    arrived(page, lab.base + FRAGMENT)
    assert [status for url, status in statuses if url == lab.url] == [200]  # no redirect
    (cookie,) = cookies_of(page)
    assert cookie["name"] == f"shoal_lab_{lab.port}"
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
    assert cookie["expires"] == -1  # it goes with the browser
    assert lab.token not in cookie["value"]
    assert page.evaluate("document.cookie") == ""
    page.go_back()
    assert lab.token not in page.url  # the address was replaced, not left behind


def test_the_address_opens_as_often_as_one_likes(lab_server, new_page):
    lab = lab_server()
    for _ in range(2):
        page = new_page(lab.url)
        arrived(page, lab.base)


def test_a_bare_address_without_the_cookie_says_how_to_open_the_lab(lab_server, new_page):
    lab = lab_server()
    page = new_page()
    got = page.goto(lab.base)
    assert got.status == 401
    assert page.title() == "shoal lab"
    assert "start the lab again: shoal lab" in page.inner_text("body")
    assert not cookies_of(page)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Any]:
    """Serve a folder under another name of this machine: another site to a browser."""
    folder = tmp_path / "site"
    folder.mkdir()
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, server.server_port
        server.shutdown()


def link_on(elsewhere: Any, host: str, target: str) -> str:
    """Write a page with a link; return its address."""
    folder, port = elsewhere
    (folder / "index.html").write_text(f'<!doctype html><a href="{target}">the lab</a>')
    return f"http://{host}:{port}/"


# "localhost" is another site than 127.0.0.1; another port of 127.0.0.1 is the same site
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_link_on_another_page_opens_the_lab_with_its_token(lab_server, new_page, elsewhere, host):
    lab = lab_server()
    page = new_page(link_on(elsewhere, host, lab.url + FRAGMENT))
    page.click("a")
    arrived(page, lab.base + FRAGMENT)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_link_on_another_page_opens_the_lab_with_the_cookie(
    lab_server, new_page, elsewhere, host
):
    """A browser leaves the Strict cookie out of such a link; the page asks once more by itself."""
    lab = lab_server()
    first = new_page(lab.url)
    arrived(first, lab.base)
    page = new_page(link_on(elsewhere, host, lab.base + FRAGMENT), context=first.context)
    page.click("a")
    # another port is the same site to a browser, which sends the cookie at once
    arrived(page, lab.base + ("?" if host == "localhost" else "") + FRAGMENT)


def test_a_link_on_another_page_without_the_cookie_ends_at_the_helpful_page(
    lab_server, new_page, elsewhere
):
    lab = lab_server()
    page = new_page(link_on(elsewhere, "localhost", lab.base))
    page.click("a")
    page.wait_for_url(lab.base + "?")  # asked once more, then no more
    page.wait_for_load_state()
    assert "does not have its key" in page.inner_text("body")


ASKS = """async ([address, ws]) => {
  const socket = await new Promise(done => {
    const made = new WebSocket(ws);
    made.onopen = () => done("open");
    made.onclose = () => done("closed");
  });
  const found = await fetch(address, {credentials: "include"}).then(
    got => got.type, () => "refused");
  const frame = document.createElement("iframe");
  frame.src = address;
  document.body.append(frame);
  await new Promise(done => { frame.onload = done; });
  return [socket, found, frame.contentDocument === null];
}"""


# the cookie goes to every port of a machine: only the origin tells such a page from ours
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_page_of_another_port_gets_nothing(lab_server, new_page, elsewhere, host):
    lab = lab_server()
    first = new_page(lab.url)
    arrived(first, lab.base)
    page = new_page(link_on(elsewhere, host, lab.base), context=first.context)
    got = page.evaluate(ASKS, [lab.base, f"ws://127.0.0.1:{lab.port}/live"])
    assert got == ["closed", "refused", True]
    page.shoal_faults.clear()  # that the frame was not allowed


def test_the_page_talks_over_its_websocket_under_the_policy(lab_server, new_page):
    """`default-src 'self'` covers a WebSocket to the page's own host."""
    lab = lab_server()
    page = new_page(lab.url)
    arrived(page, lab.base)
    header = page.evaluate("""() => new Promise((done, failed) => {
      const socket = new WebSocket("ws://" + location.host + "/live");
      socket.binaryType = "arraybuffer";
      socket.onopen = () => socket.send(JSON.stringify({type: "hello", id: 7}));
      socket.onerror = failed;
      socket.onmessage = ({data}) => {
        const length = new DataView(data).getUint32(0, true);
        done(JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length))));
      };
    })""")
    assert (header["type"], header["id"]) == ("catalogue", 7)


def test_the_policy_forbids_what_it_says(lab_server, new_page):
    lab = lab_server()
    page = new_page(lab.url)
    arrived(page, lab.base)
    ran = page.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.head.append(script);
      return window.ran === true;
    }""")
    assert not ran
    assert page.shoal_faults
    page.shoal_faults.clear()


def test_an_open_page_goes_on_after_a_crash_and_not_after_a_clean_end(lab_server, new_page):
    lab = lab_server()
    page = new_page(lab.url)
    arrived(page, lab.base)
    lab.kill()
    again = lab_server(port=lab.port)
    assert again.token == lab.token
    asked = "() => fetch('/lab.css').then(got => got.status)"
    assert page.evaluate(asked) == 200
    assert again.stop() == 0
    third = lab_server(port=lab.port)
    assert third.token != lab.token
    assert page.evaluate(asked) == 401


def kind_of(frame: bytes) -> str:
    (length,) = struct.unpack_from("<I", frame)
    return str(json.loads(frame[4 : 4 + length])["type"])


def test_the_page_itself_comes_back_after_a_crash_and_opens_its_session_again(lab_server, new_page):
    lab = lab_server()
    sockets: list[list[str]] = []

    def connected(socket: Any) -> None:
        told: list[str] = []
        sockets.append(told)
        socket.on("framereceived", lambda frame: told.append(kind_of(frame)))

    def wait_for(number: int) -> None:
        for _ in range(400):
            # tries while no server was there are sockets too
            if len(sockets) > number and any("frame" in told for told in sockets[number:]):
                return
            page.wait_for_timeout(25)
        raise AssertionError(sockets)

    page = new_page()
    page.on("websocket", connected)
    page.goto(lab.url)
    wait_for(0)
    n_before = len(sockets)
    lab.kill()
    page.wait_for_timeout(300)
    lab_server(port=lab.port)
    wait_for(n_before)
    (last,) = [told for told in sockets[n_before:] if told]
    assert last.index("catalogue") < last.index("opened") < last.index("frame")
