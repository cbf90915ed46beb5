"""A client in Python that plays messages into a page and collects the frames that come back.

`session.json` holds a small session as a page would say it; both hosts are held against what this
driver gets for it.
"""

from __future__ import annotations

import base64
import json
import queue
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.lab.frames import unframe
from shoal.lab.studio import Studio

SESSION = Path(__file__).with_name("session.json")
ANSWERED = frozenset({"catalogue", "opened", "refused", "frame", "done", "failed"})
"""Headers that end a question; `progress` does not."""
CLOCKED = ("seconds",)
"""Keys of a header that depend on the clock."""
SILENT = frozenset({"table", "cancel"})
"""Messages that are not answered where all is well."""


@dataclass(frozen=True)
class Told:
    """An answer."""

    header: dict[str, Any]
    arrays: dict[str, np.ndarray]

    @property
    def type(self) -> str:
        return str(self.header["type"])


class Client:
    """Asks a page and waits for answers.

    Args:
        studio: whose page it is; a client of another host overrides `receive` and fills `frames`.
    """

    def __init__(self, studio: Studio | None = None) -> None:
        self.frames: queue.Queue[bytes] = queue.Queue()
        self.seen: list[Told] = []
        self.next_id = 1
        self.page = None if studio is None else studio.page(self.frames.put)

    def say(self, message: Mapping[str, Any], *buffers: bytes) -> int:
        """Send a message; give it a number if it has none."""
        id = message.get("id")
        if id is None:
            id, self.next_id = self.next_id, self.next_id + 1
        self.receive(json.dumps({**message, "id": id}), buffers)
        return int(id)

    def receive(self, text: str | bytes, buffers: Sequence[bytes] = ()) -> None:
        """Hand a message over; another host does so its own way."""
        assert self.page is not None
        self.page.receive(text, buffers)

    def next(self, seconds: float = 20.0) -> Told:
        """Wait for the next answer of any kind."""
        told = Told(*unframe(self.frames.get(timeout=seconds)))
        self.seen.append(told)
        return told

    def answer(self, id: int, seconds: float = 20.0) -> Told:
        """Wait for the answer to a message."""
        while True:
            told = self.next(seconds)
            if told.header["id"] == id and told.type in ANSWERED:
                return told

    def ask(self, message: Mapping[str, Any], *buffers: bytes) -> Told:
        """Send a message; return its answer."""
        return self.answer(self.say(message, *buffers))

    def open(self, experiment: Mapping[str, Any], **session: Any) -> Told:
        """Open a session."""
        return self.ask({"type": "open", "session": {"experiment": experiment, **session}})

    def look(self, opened: int | Told, **wish: Any) -> Told:
        """Look, and wait for the end of the training unless something else is said."""
        number = opened if isinstance(opened, int) else opened.header["id"]
        return self.ask({"type": "look", "opened": number, "patience_ms": 10_000, **wish})


@pytest.fixture
def studio() -> Iterator[Studio]:
    made = Studio(threads=2)
    yield made
    made.close()


@pytest.fixture
def client(studio: Studio) -> Client:
    return Client(studio)


def load_session(path: Path = SESSION) -> list[tuple[dict[str, Any], tuple[bytes, ...]]]:
    """Return the messages of a recorded session with the buffers beside them."""
    return [
        (entry["message"], tuple(base64.b64decode(each) for each in entry.get("buffers", ())))
        for entry in json.loads(path.read_text(encoding="utf-8"))
    ]


def play(
    client: Client, messages: Sequence[tuple[dict[str, Any], tuple[bytes, ...]]]
) -> list[Told]:
    """Say each message when the one before is answered; return the answers without the clock."""
    found = []
    for message, buffers in messages:
        id = client.say(message, *buffers)
        if message["type"] not in SILENT:
            found.append(timeless(client.answer(id)))
    return found


def timeless(told: Told) -> Told:
    """Return an answer without what depends on the clock, taken out of its documents too."""
    return Told(_without(told.header), told.arrays)


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(each) for key, each in value.items() if key not in CLOCKED}
    return [_without(each) for each in value] if isinstance(value, list) else value


def same(one: Sequence[Told], other: Sequence[Told]) -> bool:
    """Return whether two plays got the same headers and the same bits."""
    if len(one) != len(other):
        return False
    return all(
        a.header == b.header
        and a.arrays.keys() == b.arrays.keys()
        and all(a.arrays[name].tobytes() == b.arrays[name].tobytes() for name in a.arrays)
        for a, b in zip(one, other, strict=True)
    )
