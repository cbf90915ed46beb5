"""A notebook's side of a comm, in this process: what a browser sends, and what it gets."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm

Client = sys.modules["lab_recorded"].Client


class Wire(BaseComm):  # type: ignore[misc]  # comm's base has no types
    """A comm whose messages are written down, and handed to whoever listens."""

    made: list[Wire] = []  # noqa: RUF012

    def __init__(self, *args: Any, **settings: Any) -> None:
        self.sent: list[tuple[str, dict[str, Any], list[Any]]] = []
        self.listeners: list[Any] = []
        super().__init__(*args, **settings)
        Wire.made.append(self)

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None,
        **keys: Any,
    ) -> None:  # fmt: skip
        content = json.loads(json.dumps(data or {}))  # as it would travel
        self.sent.append((msg_type, content, list(buffers or [])))
        for listen in self.listeners:
            listen(content, list(buffers or []))

    def say(self, content: Any, buffers: Sequence[bytes] = ()) -> None:
        """Hand over a custom message, its buffers as ipykernel has them."""
        data = {"method": "custom", "content": content}
        views = [memoryview(each) for each in buffers]
        self.handle_msg({"content": {"data": data}, "buffers": views})

    def update(self, **state: Any) -> None:
        """Set traits as a view does."""
        data = {"method": "update", "state": state, "buffer_paths": []}
        self.handle_msg({"content": {"data": data}, "buffers": []})

    def custom(self) -> list[dict[str, Any]]:
        """Return the contents of the custom messages that were sent."""
        return [data["content"] for _, data, _ in self.sent if data.get("method") == "custom"]


class CommClient(Client):  # type: ignore[misc, valid-type]
    """A client whose page is behind a widget.

    Args:
        wire: of the widget.
        name: of the view.
    """

    def __init__(self, wire: Wire, name: str = "view") -> None:
        super().__init__()
        self.wire, self.name = wire, name
        wire.listeners.append(self._heard)

    def receive(self, text: str | bytes, buffers: Sequence[bytes] = ()) -> None:
        assert isinstance(text, str)
        message = json.loads(text)
        content: dict[str, Any] = {"page": self.name, "text": text}
        if message["type"] == "hello":
            content["begins"] = True
        if message["type"] == "table":
            content["table"] = {"name": message["name"], "digest": message["digest"]}
        self.wire.say(content, buffers)

    def _heard(self, data: dict[str, Any], buffers: list[Any]) -> None:
        if data.get("method") == "custom" and data["content"].get("page") == self.name:
            for each in buffers:
                self.frames.put(bytes(each))


@pytest.fixture
def wires(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Wire]]:
    """Let widgets of a test have these comms; gives those that were made."""
    monkeypatch.setattr(comm, "create_comm", lambda **settings: Wire(**settings))
    Wire.made = []
    yield Wire.made
    Wire.made = []
