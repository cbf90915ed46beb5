"""The views of one widget, each with a page of its own behind it.

A widget may be shown in several places, and a view comes and goes with the part of the notebook
that is on screen. Whatever a view says carries a name that it gave itself; its first message
makes its page, its farewell closes it.
"""

from __future__ import annotations

import functools
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from shoal.lab.frames import frame
from shoal.lab.messages import BringTable, FailedTold
from shoal.lab.opening import Opened
from shoal.lab.page import Page
from shoal.lab.session import OwnTable
from shoal.lab.studio import Studio

MOST_VIEWS: Final = 8
"""Of one widget; of more the one that was silent for longest is let go."""
LONGEST_NAME: Final = 64

Tell = Callable[[dict[str, Any], list[bytes]], None]
"""Sends the content of a custom message and the buffers beside it; raises where nobody is left."""
Brought = tuple[OwnTable, bytes]


class Views:
    """Carries messages between the views of a widget and their pages.

    A message of a view is ``{"page": name, "text": JSON of `shoal.lab.messages.Asked`}`` with
    ``"begins": true`` where it says hello, or ``{"page": name, "text": null}`` at its end. What
    goes to it is ``{"page": name}`` with one frame beside it, or ``{"page": name, "gone": true}``
    where its page is not there any more: then it begins anew.

    Args:
        studio: whose pages they are.
        tell: sends to all views; called from threads.
        tables: what every page is to find.
    """

    def __init__(
        self, studio: Studio, tell: Tell, tables: Callable[[], Sequence[Brought]] = tuple
    ) -> None:
        self._studio = studio
        self._tell = tell
        self._tables = tables
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._lock = threading.Lock()
        self._is_closed = False

    def receive(self, content: object, buffers: Sequence[Any] = ()) -> None:
        """Take what a view says; what is no message of one is not answered.

        Args:
            content: of a custom message.
            buffers: beside it.
        """
        if not isinstance(content, Mapping):
            return
        name, text = content.get("page"), content.get("text")
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
            return
        if text is None:
            self.let_go(name)
        elif not isinstance(text, str):
            told = FailedTold(id=0, sentence="a message must be text.")
            self._tell({"page": name}, [frame(told)])
        else:
            page = self._page(name, begins=content.get("begins") is True)
            if page is not None:
                page.receive(text, tuple(bytes(each) for each in buffers))

    def bring(self, table: OwnTable, content: bytes) -> None:
        """Hand a table to every page."""
        with self._lock:
            pages = list(self._pages.values())
        for page in pages:
            _bring(page, table, content)

    def standing(self) -> list[Opened]:
        """Return the sessions that stand, that of the view which spoke last first."""
        with self._lock:
            pages = list(reversed(self._pages.values()))
        return [page.standing for page in pages if page.standing is not None]

    def let_go(self, name: str) -> None:
        """Close the page of a view that has ended."""
        with self._lock:
            page = self._pages.pop(name, None)
        if page is not None:
            page.close()

    def close(self) -> None:
        """Close all pages; there will be no others."""
        with self._lock:
            self._is_closed = True
            pages = list(self._pages.values())
            self._pages.clear()
        for page in pages:
            page.close()

    def _page(self, name: str, *, begins: bool) -> Page | None:
        """Return the page of a view, made where it says hello; the view hears where there is none.

        What a page answers may come before this returns, so it is made without the lock.
        """
        with self._lock:
            page = None if self._is_closed else self._pages.get(name)
            if page is not None:
                self._pages.move_to_end(name)
                return page
            is_closed = self._is_closed
        if is_closed or not begins:
            self._tell({"page": name, "gone": True}, [])
            return None
        made = self._studio.page(functools.partial(self._send, name))
        for table, content in self._tables():
            _bring(made, table, content)
        with self._lock:
            self._pages[name] = made
            extra = list(self._pages)[:-MOST_VIEWS]
        for each in extra:
            self.let_go(each)
        return made

    def _send(self, name: str, message: bytes) -> None:
        self._tell({"page": name}, [message])


def _bring(page: Page, table: OwnTable, content: bytes) -> None:
    message = BringTable(id=0, name=table.name, digest=table.digest)
    page.receive(json.dumps(message.model_dump(mode="json")), (content,))
