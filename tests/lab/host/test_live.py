"""The WebSockets of pages, over real sockets: bounds, slow readers, damage, the end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from shoal.lab.frames import frame, unframe
from shoal.lab.host import outbox
from shoal.lab.host.app import application
from shoal.lab.host.live import MAX_MESSAGE, Brought, Live, LiveBounds, unpacked
from shoal.lab.messages import DoneTold, FailedTold, FrameTold
from shoal.serving.access import Access
from shoal.serving.server import server_of

TOKEN = "a-token-of-many-signs-0123456789"


class FakePage:
    """Answers each message with what came, as a sentence; may be told to say more."""

    def __init__(self, studio: FakeStudio, send: Callable[[bytes], None]) -> None:
        self.studio = studio
        self.send = send
        self.is_closed = False

    def receive(self, text: str, buffers: Sequence[bytes] = ()) -> None:
        self.studio.received.append((text, tuple(buffers)))
        more = f" and {len(buffers[0])} bytes" if buffers else ""
        self.send(frame(FailedTold(id=1, sentence=text[:80] + more)))

    def close(self) -> None:
        self.is_closed = True


class FakeStudio:
    def __init__(self) -> None:
        self.pages: list[FakePage] = []
        self.received: list[tuple[str, tuple[bytes, ...]]] = []
        self.is_closed = False

    def page(self, send: Callable[[bytes], None]) -> FakePage:
        self.pages.append(FakePage(self, send))
        return self.pages[-1]

    def close(self) -> None:
        self.is_closed = True


class Lab:
    """A lab in this process, on a real port."""

    def __init__(self, studio: Any = None, *, ping: float | None = None, **settings: Any) -> None:
        self.studio = FakeStudio()
        self.live = Live(studio or (lambda: self.studio), **settings)
        self.line = socket.create_server(("127.0.0.1", 0))
        self.port = self.line.getsockname()[1]
        hosts = (f"127.0.0.1:{self.port}",)
        self.access = Access(token=TOKEN, hosts=hosts, cookie="shoal_lab")
        gate = application(self.live, {}, self.access)
        self.server = server_of(
            gate, ready=lambda: None, ending=self.live.end, grace=0, max_message=MAX_MESSAGE
        )
        if ping is not None:
            self.server.config.ws_ping_interval = self.server.config.ws_ping_timeout = ping

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.server.serve(sockets=[self.line]))
        while not self.server.started:
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            self.server.should_exit = True
            await asyncio.wait_for(task, 5)

    def page(self, path: str = "live", **changes: Any) -> Any:
        cookie = {"Cookie": self.access.pass_.decode()}
        settings: dict[str, Any] = {
            "origin": f"http://127.0.0.1:{self.port}", "additional_headers": cookie,
            "proxy": None, "max_size": None, "ping_interval": None,
        }  # fmt: skip
        return connect(f"ws://127.0.0.1:{self.port}/{path}", **{**settings, **changes})


def with_lab(test: Callable[[Lab], Awaitable[None]], lab: Lab | None = None) -> Lab:
    """Run a test against a lab."""
    lab = lab or Lab()

    async def run() -> None:
        async with lab.serving():
            await asyncio.wait_for(test(lab), 30)

    asyncio.run(run())
    return lab


async def told(page: ClientConnection) -> dict[str, Any]:
    message = await page.recv()
    assert isinstance(message, bytes)
    return unframe(message)[0]


async def answers(page: ClientConnection) -> None:
    """See that a socket still answers."""
    await page.send("still there?")
    while (await told(page))["sentence"] != "still there?":
        pass


def packed(text: bytes, table: bytes = b"", *, length: int | None = None) -> bytes:
    return struct.pack("<I", len(text) if length is None else length) + text + table


def test_text_and_tables_come_in_and_frames_go_out() -> None:
    async def talk(lab: Lab) -> None:
        async with lab.page() as page:
            await page.send('{"type": "hello"}')
            assert (await told(page))["sentence"] == '{"type": "hello"}'
            await page.send(packed("für".encode(), b"a,b\n1,2\n"))
            assert (await told(page))["sentence"] == "für and 8 bytes"
            await page.send(packed(b"no table"))
            assert (await told(page))["sentence"] == "no table and 0 bytes"
            # compression would cost more than it saves on one's own machine
            assert "Sec-WebSocket-Extensions" not in page.response.headers
        while not lab.studio.pages[0].is_closed:
            await asyncio.sleep(0.01)

    lab = with_lab(talk)
    assert lab.studio.received[1] == ("für", (b"a,b\n1,2\n",))
    assert lab.studio.is_closed


@pytest.mark.parametrize(
    "changes",
    [{"origin": None}, {"origin": "http://127.0.0.1:1"}, {"origin": "http://evil.example"},
     {"additional_headers": {}}, {"additional_headers": {"Cookie": "shoal_lab=0"}}],
    ids=["no origin", "another port", "another site", "no cookie", "wrong cookie"],
)  # fmt: skip
def test_a_page_that_is_not_let_in_is_refused_before_it_is_accepted(changes: Any) -> None:
    async def talk(lab: Lab) -> None:
        with pytest.raises(InvalidStatus) as refused:
            await lab.page(**changes)
        assert refused.value.response.status_code == (401 if "additional" in str(changes) else 403)

    assert not with_lab(talk).studio.pages


def test_there_is_one_websocket_alone() -> None:
    async def talk(lab: Lab) -> None:
        with pytest.raises(InvalidStatus) as refused:
            await lab.page("other")
        assert refused.value.response.status_code == 403

    with_lab(talk)


DAMAGED = [
    (b"", "got 0 bytes."),
    (b"\x00\x00", "got 2 bytes."),
    (packed(b""), "got 4 bytes."),
    (packed(b"", b"table"), "got 9 bytes."),
    (packed(b"text", length=5), "got 8 bytes."),
    (packed(b"text", length=2**32 - 1), "got 8 bytes."),
    (packed(b"x" * 70_000), "got 70,004 bytes."),
]
BEGINS = "a message of bytes must begin with the length of its text, of up to 65,536 bytes; "


def test_bytes_that_are_no_message_are_told_and_the_socket_stays() -> None:
    async def talk(lab: Lab) -> None:
        async with lab.page() as page:
            for message, end in DAMAGED:
                await page.send(message)
                assert await told(page) == {
                    "type": "failed", "id": 0, "sentence": BEGINS + end, "code": "",
                }  # fmt: skip
            await page.send(packed(b"\xff\xfe"))
            sentence = "the text of a message of bytes must be UTF-8."
            assert (await told(page))["sentence"] == sentence
            await answers(page)

    assert [text for text, _ in with_lab(talk).studio.received] == ["still there?"]


def test_what_is_too_long_is_told_and_what_is_far_too_long_ends_its_socket_alone() -> None:
    bounds = LiveBounds(text=1000, table=2000, bytes=1e9)

    async def talk(lab: Lab) -> None:
        async with lab.page() as page, lab.page() as other:
            await page.send("x" * 1001)
            assert (await told(page))["sentence"] == "a message may have 1,000 characters."
            await page.send(packed(b"x", b"y" * 2001))
            sentence = "a table may have 2,000 bytes; got 2,001."
            assert (await told(page))["sentence"] == sentence
            await answers(page)
            with contextlib.suppress(ConnectionClosed):
                await page.send(b"x" * (MAX_MESSAGE + 1))
            with pytest.raises(ConnectionClosed) as closed:
                await page.recv()
            assert closed.value.rcvd is None or closed.value.rcvd.code == 1009
            await answers(other)
        async with lab.page() as again:
            await answers(again)

    with_lab(talk, Lab(bounds=bounds))


def test_a_message_that_says_it_is_too_long_ends_its_socket_with_a_code() -> None:
    """Whose length is told is refused before its bytes come."""

    async def talk(lab: Lab) -> None:
        async with lab.page() as page:
            head = b"\x82" + bytes([0x80 | 127]) + struct.pack(">Q", MAX_MESSAGE + 1) + b"mask"
            page.transport.write(head)
            with pytest.raises(ConnectionClosed) as closed:
                await page.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1009

    with_lab(talk)


@pytest.mark.parametrize(
    "garbage",
    [b"\xff" * 100, b"\x81\x05hello", b"\x83\x80mask", b"\xc1\x80mask",
     b"\x89\xfe\x01\x00mask" + bytes(256),
     b"\x81\x82\0\0\0\0\xff\xfe", b"\x00\x81mask."],
    ids=["noise", "unmasked", "unknown", "reserved bit", "long ping", "no UTF-8", "no beginning"],
)  # fmt: skip
def test_damaged_frames_end_their_socket_alone(garbage: bytes) -> None:
    async def talk(lab: Lab) -> None:
        async with lab.page() as page, lab.page() as other:
            page.transport.write(garbage)
            with pytest.raises(ConnectionClosed) as closed:
                await page.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code in (1002, 1007)
            await answers(other)
        while not all(page.is_closed for page in lab.studio.pages):
            await asyncio.sleep(0.01)

    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    with_lab(talk)


def test_one_page_too_many_is_told_so() -> None:
    async def talk(lab: Lab) -> None:
        async with lab.page() as first, lab.page():
            async with lab.page() as third:
                with pytest.raises(ConnectionClosed) as closed:
                    await third.recv()
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1013
                reason = "2 pages are open already: close one of them."
                assert closed.value.rcvd.reason == reason
            await first.close()
            while not lab.studio.pages[0].is_closed:
                await asyncio.sleep(0.01)
            async with lab.page() as fourth:
                await answers(fourth)

    with_lab(talk, Lab(bounds=LiveBounds(pages=2)))
    assert LiveBounds().pages == 32


def test_a_page_that_sends_too_fast_is_read_more_slowly_and_loses_nothing() -> None:
    bounds = LiveBounds(messages=100)

    async def talk(lab: Lab) -> None:
        async with lab.page() as page, lab.page() as other:
            began = time.perf_counter()
            for number in range(240):  # of 100 a second, and 200 at once: 40 must wait
                await page.send(str(number))
            await answers(other)
            assert time.perf_counter() - began < 0.35
            while (await told(page))["sentence"] != "239":
                pass
            assert 0.35 < time.perf_counter() - began < 2

    lab = with_lab(talk, Lab(bounds=bounds))
    numbers = [int(text) for text, _ in lab.studio.received if text != "still there?"]
    assert numbers == list(range(240))


def a_frame(id: int, run: int = -1, n: int = 0) -> bytes:
    header = FrameTold(
        id=id, opened=0, run=run, step=0, epoch=0.0, trained_step=0, done=False, seconds=0.0,
        figures={}, figures_step=0, n_diverged=0,
    )  # fmt: skip
    return frame(header, {"weights": np.zeros(n, np.float32)})


def test_a_reader_that_is_slow_gets_the_newest_and_every_answer_that_counts() -> None:
    async def talk(lab: Lab) -> None:
        async with lab.page(max_queue=1) as page:
            await answers(page)
            send = lab.studio.pages[0].send

            def flood() -> None:
                for k in range(500):  # 2 MB each: far more than sockets hold
                    send(a_frame(k, n=500_000))
                    send(a_frame(1000 + k, run=0, n=10))
                    if k % 100 == 0:
                        send(frame(DoneTold(id=k, action="take", document={})))

            await asyncio.to_thread(flood)
            await asyncio.sleep(0.3)
            got = [await told(page)]
            while got[-1]["id"] != 1499:
                got.append(await told(page))
            frames = [each["id"] for each in got if each["type"] == "frame" and each["run"] == -1]
            assert frames == sorted(frames)
            assert frames[-1] == 499
            assert len(frames) < 50
            done = [each["id"] for each in got if each["type"] == "done"]
            assert done == [0, 100, 200, 300, 400]

    with_lab(talk)


def test_a_page_that_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.serving.protocol.UNREAD_SECONDS", 0.5)

    async def talk(lab: Lab) -> None:
        async with lab.page() as other, lab.page(max_queue=1) as page:
            await answers(page)
            for k in range(3 * outbox.MOST_MESSAGES):
                if lab.studio.pages[1].is_closed:
                    break
                done = DoneTold(id=k, action="take", document={})
                lab.studio.pages[1].send(frame(done, {"bytes": np.zeros(2**20, np.uint8)}))
                await asyncio.sleep(0.001)
            assert lab.studio.pages[1].is_closed
            await answers(other)
            while len(lab.server.server_state.connections) > 1:
                await asyncio.sleep(0.05)
            page.transport.abort()

    with_lab(talk)


def test_a_page_whose_machine_is_gone_is_noticed() -> None:
    async def talk(lab: Lab) -> None:
        async with lab.page() as page:
            await answers(page)
            page.transport.pause_reading()  # pings come and nothing goes back
            while not lab.studio.pages[0].is_closed:
                await asyncio.sleep(0.02)
            page.transport.abort()

    with_lab(talk, Lab(ping=0.2))


def test_ten_pages_at_once_each_get_their_own() -> None:
    async def talk(lab: Lab) -> None:
        async def one(number: int) -> None:
            async with lab.page() as page:
                for k in range(50):
                    await page.send(f"{number} {k}")
                    assert (await told(page))["sentence"] == f"{number} {k}"

        await asyncio.gather(*(one(number) for number in range(10)))

    assert len(with_lab(talk).studio.received) == 500


def test_pages_are_told_that_the_lab_ends() -> None:
    ended: list[tuple[int, str]] = []

    async def talk(lab: Lab) -> None:
        async with lab.page() as page, lab.page() as deaf:
            await answers(page)
            await answers(deaf)
            deaf.transport.pause_reading()
            lab.studio.pages[1].send(a_frame(0, n=10_000_000))
            began = time.perf_counter()
            lab.server.should_exit = True
            with pytest.raises(ConnectionClosed) as closed:
                await page.recv()
            assert closed.value.rcvd is not None
            ended.append((closed.value.rcvd.code, closed.value.rcvd.reason))
            while not lab.studio.is_closed:
                await asyncio.sleep(0.01)
            assert time.perf_counter() - began < 1.5
            deaf.transport.abort()

    with_lab(talk)
    assert ended == [(1001, "shoal lab has ended.")]


def test_the_first_page_waits_for_the_studio() -> None:
    may_go = threading.Event()
    studio = FakeStudio()

    def make() -> FakeStudio:
        assert may_go.wait(10)
        return studio

    async def talk(lab: Lab) -> None:
        async with lab.page() as page, lab.page() as other:
            await page.send("early")
            await asyncio.sleep(0.1)
            may_go.set()
            assert (await told(page))["sentence"] == "early"
            await answers(other)

    with_lab(talk, Lab(make))
    assert studio.is_closed


def test_a_page_that_leaves_while_the_studio_is_made_does_not_end_it_for_others() -> None:
    may_go = threading.Event()
    studio = FakeStudio()

    def make() -> FakeStudio:
        assert may_go.wait(10)
        return studio

    async def talk(lab: Lab) -> None:
        async with lab.page() as other:
            async with lab.page():
                pass
            may_go.set()
            await answers(other)

    with_lab(talk, Lab(make))


def test_a_studio_that_cannot_be_made_is_a_defect_and_told_without_its_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def make() -> FakeStudio:
        raise RuntimeError("secret")

    async def talk(lab: Lab) -> None:
        async with lab.page() as page:
            with pytest.raises(ConnectionClosed) as closed:
                await page.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1011
            assert closed.value.rcvd.reason == "this is a defect of shoal; its log says more."

    logging.getLogger("shoal.serving").propagate = True
    with_lab(talk, Lab(make))
    assert "defect: RuntimeError: secret" in caplog.text


def test_a_table_of_the_host_is_brought_to_every_page() -> None:
    message = json.dumps({"type": "table", "id": 0})

    async def talk(lab: Lab) -> None:
        for _ in range(2):
            async with lab.page() as page:
                assert (await told(page))["sentence"] == f"{message} and 3 bytes"

    lab = with_lab(talk, Lab(table=Brought(text=message, table=b"a\n1")))
    assert lab.studio.received == [(message, (b"a\n1",))] * 2


def test_a_message_of_bytes_is_its_text_and_its_table() -> None:
    assert unpacked(packed(b"text", b"table"), LiveBounds()) == ("text", b"table")
