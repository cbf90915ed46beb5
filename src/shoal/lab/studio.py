"""What all pages share: turns on the cores, the folder of tables, runs that were trained."""

from __future__ import annotations

import atexit
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from shoal.kernels.choice import default_threads
from shoal.lab.course import Course
from shoal.lab.tables import Folder
from shoal.lab.turns import Turns

if TYPE_CHECKING:
    from shoal.lab.page import Page

KEPT_BYTES: Final = 512 * 2**20
"""What finished runs that no session asks for may take, with their data."""

END_S: Final = 1.0
"""Seconds that work under way may take to end."""

Send = Callable[[bytes], None]


class Finished:
    """Runs at their end, by what decided them; the newest that fit into a number of bytes.

    Args:
        budget: how many bytes.
    """

    def __init__(self, budget: int = KEPT_BYTES) -> None:
        self.budget = budget
        self._courses: OrderedDict[str, Course] = OrderedDict()
        self._holders: Counter[int] = Counter()  # runs of the same data share arrays
        self._n_bytes = 0
        self._lock = threading.Lock()

    def recall(self, key: str) -> Course | None:
        """Return the run of a key, None if it is not kept."""
        with self._lock:
            if key in self._courses:
                self._courses.move_to_end(key)
            return self._courses.get(key)

    def keep(self, course: Course) -> None:
        """Keep a finished run; the oldest go where there is no room."""
        with self._lock:
            before = self._courses.pop(course.plan.key, None)
            if before is not None:
                self._count(before, -1)
            self._courses[course.plan.key] = course
            self._count(course, 1)
            while self._n_bytes > self.budget and len(self._courses) > 1:
                self._count(self._courses.popitem(last=False)[1], -1)

    def clear(self) -> None:
        """Let go of all."""
        with self._lock:
            self._courses.clear()
            self._holders.clear()
            self._n_bytes = 0

    def _count(self, course: Course, sign: int) -> None:
        """Count a run in or out, and its data with the first or last run of them."""
        self._n_bytes += sign * course.n_bytes
        for array in course.data:
            number = id(array)  # of an array that the run holds, so no other has it
            if self._holders[number] == (sign < 0):
                self._n_bytes += sign * array.nbytes
            self._holders[number] += sign
            if not self._holders[number]:
                del self._holders[number]


class Studio:
    """Where the pages of one server, or the widgets of one notebook, are answered.

    Args:
        threads: cores to use; all this process may use if not given.

    Example:
        >>> studio = Studio(threads=1)
        >>> studio.close()
    """

    def __init__(self, threads: int | None = None) -> None:
        self.turns = Turns(default_threads() if threads is None else max(1, threads))
        self.folder = Folder()
        self.finished = Finished()
        self.heavy = threading.Semaphore(self.turns.cores)
        self._pages: list[Page] = []
        self._lock = threading.Lock()
        # threads that are in the core when the interpreter ends would take it down
        atexit.register(self.close)

    def page(self, send: Send) -> Page:
        """Return a page that was just connected.

        Args:
            send: takes the binary frames of answers, called from threads of the studio.
        """
        from shoal.lab.page import Page

        page = Page(self, send)
        with self._lock:
            self._pages.append(page)
        return page

    def forget(self, page: Page) -> None:
        """Let go of a page that closed."""
        with self._lock:
            if page in self._pages:
                self._pages.remove(page)

    def close(self) -> None:
        """Close all pages and delete the tables they brought."""
        atexit.unregister(self.close)
        with self._lock:
            pages = list(self._pages)
        for page in pages:
            page.close()
        for page in pages:
            page.join(END_S)
        self.finished.clear()
        self.folder.close()
