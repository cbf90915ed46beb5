"""Both hosts carry the same: a recorded session by a WebSocket and by the comm of a widget."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import socket
import struct
import sys
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import shoal
from shoal.lab.host.app import application
from shoal.lab.host.live import MAX_MESSAGE, Live
from shoal.lab.studio import Studio
from shoal.serving.access import Access
from shoal.serving.server import server_of

recorded = sys.modules["lab_recorded"]
comms = sys.modules["lab_comms"]


class SocketClient(recorded.Client):  # type: ignore[misc, name-defined]
    """A client whose page is behind the page host's WebSocket."""

    def __init__(self, connection: Any) -> None:
        super().__init__()
        self.connection = connection
        threading.Thread(target=self._listen, daemon=True).start()

    def receive(self, text: str | bytes, buffers: Sequence[bytes] = ()) -> None:
        assert isinstance(text, str)
        if not buffers:
            self.connection.send(text)
            return
        (table,) = buffers
        self.connection.send(struct.pack("<I", len(text.encode())) + text.encode() + table)

    def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for message in self.connection:
                self.frames.put(message)


def played_by_socket(session: Any) -> list[Any]:
    """Play a session to uvicorn with the whole page host, on a real port."""
    line = socket.create_server(("127.0.0.1", 0))
    at = f"127.0.0.1:{line.getsockname()[1]}"
    live = Live(lambda: Studio(threads=2))
    access = Access(token="a-token-of-tests-0123456789", hosts=(at,), cookie="shoal_lab")
    server = server_of(
        application(live, {}, access), ready=lambda: None, ending=live.end, grace=0,
        max_message=MAX_MESSAGE,
    )  # fmt: skip

    def play() -> list[Any]:
        with connect(
            f"ws://{at}/live", origin=f"http://{at}",  # type: ignore[arg-type]
            additional_headers={"Cookie": access.pass_.decode()}, proxy=None, max_size=None,
        ) as connection:  # fmt: skip
            found: list[Any] = recorded.play(SocketClient(connection), session)
            return found

    async def serve() -> list[Any]:
        task = asyncio.create_task(server.serve(sockets=[line]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            return await asyncio.to_thread(play)
        finally:
            server.should_exit = True
            await asyncio.wait_for(task, 10)

    return asyncio.run(serve())


def test_both_hosts_answer_a_recorded_session_the_same(wires: list[Any]) -> None:
    session = [
        *recorded.load_session(),
        ({"type": "open", "id": 89, "session": {"experiment": {"population": {"size": 2},
          "training": {"epochs": 2}}}}, ()),
        ({"type": "look", "id": 90, "opened": 89, "patience_ms": 10_000}, ()),
        ({"type": "inspect", "id": 91, "row": 3, "step": 0}, ()),
    ]  # fmt: skip
    lab = shoal.Lab()
    try:
        by_comm = recorded.play(comms.CommClient(wires[-1]), session)
    finally:
        lab.close()
    by_socket = played_by_socket(session)
    silent = recorded.SILENT
    assert len(by_comm) == sum(each["type"] not in silent for each, _ in session)
    assert {each.type for each in by_comm} >= {"catalogue", "opened", "frame", "done"}
    assert any(each.arrays for each in by_comm)
    for one, other in zip(by_comm, by_socket, strict=True):
        assert one.header == other.header
    assert recorded.same(by_comm, by_socket)


def test_frames_travel_as_the_one_buffer_of_a_custom_message(wires: list[Any]) -> None:
    lab = shoal.Lab()
    client = comms.CommClient(wires[-1], "a")
    assert client.ask({"type": "hello"}).type == "catalogue"
    told = [(data, buffers) for kind, data, buffers in wires[-1].sent if kind == "comm_msg"]
    data, buffers = next(each for each in told if each[0].get("method") == "custom")
    assert data["content"] == {"page": "a"}
    assert [type(each) for each in buffers] == [bytes]
    lab.close()
    with pytest.raises(queue.Empty):
        client.next(0.05)
