"""One connected client: messages in, frames out, whatever carries them.

Four threads wait for work of a page: one reads messages, one opens sessions, one trains, one
looks; actions have one each. So a message is taken at once, a newer setting is looked at while
older work is under way, and what nobody wants any more ends.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from shoal.errors import InputError, ShoalError
from shoal.experiments import Run
from shoal.lab.actions import ACTIONS, Dropped
from shoal.lab.asking import MisreadError, read_message
from shoal.lab.catalogue import catalogue
from shoal.lab.course import Course, Planned
from shoal.lab.frames import frame
from shoal.lab.job import Job, Lane
from shoal.lab.looks.answer import Looker
from shoal.lab.messages import Asked, BringTable, Cancel, FailedTold, Hello, Look, Open, RefusedTold
from shoal.lab.opening import Memory, Opened, RefusedError, open_session
from shoal.lab.studio import Send, Studio
from shoal.lab.tables import Tables
from shoal.records import Record

MOST_WAITING: Final = 256
"""Messages that wait to be read; more are refused."""
BROKEN: Final = "something went wrong in the lab itself; what was asked before stays."

log = logging.getLogger("shoal.lab")

Received = tuple[str | bytes, tuple[bytes, ...]]


class Page:
    """A client of the studio.

    Args:
        studio: what it shares with others.
        send: takes the frames of answers, called from threads.
    """

    def __init__(self, studio: Studio, send: Send) -> None:
        self.studio = studio
        self.tables = Tables(studio.folder)
        self._send = send
        self._changed = threading.Condition()
        self._inbox: deque[Received] = deque()
        self._to_open: Open | None = None
        self._newest_open = -1
        self._looks: dict[int, Look] = {}
        self._opened: Opened | None = None
        self._courses: dict[str, Course] = {}
        self._jobs: dict[str, Job] = {}
        self._lanes: dict[str, Lane] = {}
        self._memory = Memory()
        self._looker = Looker(studio.turns)
        self._is_closed = False
        self._threads = [
            threading.Thread(target=self._forever, args=(work,), daemon=True)
            for work in (self._read, self._open, self._train, self._look)
        ]
        for thread in self._threads:
            thread.start()

    # ---- by the host

    def receive(self, text: str | bytes, buffers: Sequence[bytes] = ()) -> None:
        """Take a message; never raises, returns at once.

        Args:
            text: of the message.
            buffers: bytes that travel beside it.
        """
        with self._changed:
            if self._is_closed:
                return
            is_full = len(self._inbox) >= MOST_WAITING
            if not is_full:
                self._inbox.append((text, tuple(buffers)))
                self._changed.notify_all()
        if is_full:
            self._fail(0, "too many messages wait to be read. Wait for answers.")

    def close(self) -> None:
        """End all work; nothing is sent any more."""
        with self._changed:
            if self._is_closed:
                return
            self._is_closed = True
            jobs = list(self._jobs.values())
            self._changed.notify_all()
        for job in jobs:
            job.drop()
        self.tables.close()
        self.studio.forget(self)

    def join(self, seconds: float) -> None:
        """Wait until all work of a closed page has ended, for some seconds at most."""
        until = time.monotonic() + seconds
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, until - time.monotonic()))
        self._courses, self._opened, self._looker = {}, None, Looker(self.studio.turns)

    # ---- threads

    def _forever(self, work: Callable[[], object]) -> None:
        """Do a piece of work again and again, whatever goes wrong in it, until the page closes."""
        while not self._is_closed:
            try:
                work()
            except Dropped:
                continue
            except Exception:  # a page must go on answering after a defect of ours
                self._defect(0)

    def _wait_for(self, is_there: Callable[[], object]) -> None:
        """Wait for something to do; the lock is held.

        Raises:
            Dropped: the page closed.
        """
        while not is_there():
            if self._is_closed:
                raise Dropped
            self._changed.wait(1.0)
        if self._is_closed:
            raise Dropped

    def _read(self) -> None:
        with self._changed:
            self._wait_for(lambda: self._inbox)
            text, buffers = self._inbox.popleft()
        try:
            message = read_message(text)
        except MisreadError as error:
            self._fail(error.id, str(error))
            return
        try:
            self._dispatch(message, buffers)
        except ShoalError as error:
            self._fail(message.id, str(error), error.code)
        except OSError as error:
            self._fail(message.id, f"the table cannot be kept: {error.strerror}.")
        except Exception:
            self._defect(message.id)

    def _dispatch(self, message: Asked, buffers: tuple[bytes, ...]) -> None:
        if isinstance(message, Hello):
            self.send(catalogue(message.id))
        elif isinstance(message, BringTable):
            self._bring(message, buffers)
        elif isinstance(message, Open):
            with self._changed:
                self._to_open, self._newest_open = message, message.id
                self._changed.notify_all()
        elif isinstance(message, Look):
            with self._changed:
                self._looks[message.run] = message
                self._changed.notify_all()
        elif isinstance(message, Cancel):
            for job in list(self._jobs.values()):
                if job.id == message.id:
                    job.drop()
        else:
            self._act(message)

    def _bring(self, message: BringTable, buffers: tuple[bytes, ...]) -> None:
        if len(buffers) != 1:
            raise InputError(
                f"a table must come with one buffer beside it; got {len(buffers)}.", code="L103"
            )
        self.tables.bring(message.digest, bytes(buffers[0]))

    def _act(self, message: Any) -> None:
        """Begin an action; the newest of a kind takes the place of the one before."""
        action = ACTIONS.get(message.type)
        if action is None:
            raise InputError(
                f"'{message.type}' is not there in this version of the lab.", code="L103"
            )
        with self._changed:
            if self._is_closed:
                return
            before = self._jobs.get(message.type)
            if before is not None:
                before.drop()
            lane = self._lanes.setdefault(message.type, Lane(1))
            job = self._jobs[message.type] = Job(self, action, message, lane)
            job.start()

    # ---- opening

    def _open(self) -> None:
        with self._changed:
            self._wait_for(lambda: self._to_open is not None)
            message, self._to_open = self._to_open, None
        assert message is not None
        try:
            with self.studio.turns.look():
                opened = open_session(message, self.tables, self._memory)
            courses = {each.key: self._course(each) for each in opened.runs}
            self.send(opened.told)  # before any look of it can be answered
        except RefusedError as error:
            told = RefusedTold(
                id=message.id, problems=error.problems, missing_table=error.missing_table
            )
            self.send(told)
            return
        except ShoalError as error:
            self._fail(message.id, str(error), error.code)
            return
        except MemoryError:
            self._fail(message.id, "there is not enough memory for this. Ask for less.", "Z102")
            return
        except Exception:
            self._defect(message.id)
            return
        with self._changed:
            self._opened, self._courses = opened, courses
            self._changed.notify_all()

    def _course(self, planned: Planned) -> Course:
        """Return the run of a plan: one that is under way or finished, or a new one."""
        found = self._courses.get(planned.key) or self.studio.finished.recall(planned.key)
        if found is not None and found.failure is None:
            return found
        return Course(planned, self.studio.turns)

    # ---- training

    def _train(self) -> None:
        with self._changed:
            self._wait_for(lambda: self._next_course() is not None)
            course = self._next_course()
        assert course is not None
        parent = self._courses.get(course.plan.parent or "")
        course.train(None if parent is None else parent.run, lambda: self._check(course))
        if course.run is not None:
            self.studio.finished.keep(course)

    def _next_course(self) -> Course | None:
        """Return the first run that is not trained; a branch comes after what it leaves."""
        return next((each for each in self._courses.values() if not each.is_over), None)

    def _check(self, course: Course) -> None:
        """Raise if a run is not wanted any more."""
        if self._is_closed or self._courses.get(course.plan.key) is not course:
            raise Dropped

    # ---- looking

    def _look(self) -> None:
        with self._changed:
            self._wait_for(self._next_look)
            look = self._next_look()
            assert look is not None
            del self._looks[look.run]
            opened = self._opened
            assert opened is not None
            courses = self._courses
        try:
            planned = opened.run(look.run)
            course = courses[planned.key]
            self.send_bytes(
                self._looker.answer(
                    look, opened, planned, course, lambda: self._still(look, course)
                )
            )
        except ShoalError as error:
            self._fail(look.id, str(error), error.code)
        except MemoryError:
            self._fail(look.id, "there is not enough memory for this look. Ask for less.", "Z102")
        except Exception:
            self._defect(look.id)

    def _next_look(self) -> Look | None:
        """Return a look of the session that stands; those of older ones are let go."""
        if self._opened is None:
            return None
        for run, look in list(self._looks.items()):
            if look.opened == self._opened.id:
                return look
            if look.opened < self._newest_open and look.opened != self._newest_open:
                del self._looks[run]
        return None

    def _still(self, look: Look, course: Course) -> None:
        """Raise if a look is not wanted any more, or can wait while others are answered."""
        opened = self._opened
        is_old = opened is None or opened.id != look.opened
        if self._is_closed or is_old or look.run in self._looks:
            raise Dropped
        if self._looks and not course.has_begun:
            with self._changed:
                self._looks.setdefault(look.run, look)
            raise Dropped

    # ---- for actions

    @property
    def standing(self) -> Opened | None:
        """The session that stands, if one does."""
        return self._opened

    @staticmethod
    def opened_or_raise(opened: Opened | None) -> Opened:
        """Return a session that stands.

        Raises:
            InputError: none does.
        """
        if opened is None:
            raise InputError("no session is open. Open one first.", code="L103")
        return opened

    def wait_for_run(self, opened: Opened, number: int, check: Callable[[], object]) -> Run:
        """Return a run of a session, trained to its end.

        Raises:
            InputError: the page has another session by now, so that it will not be.
        """
        planned = opened.run(number)
        key, gone = planned.key, "the setting changed before its run had ended. Ask again."
        course = self._courses.get(key) or self.studio.finished.recall(key)
        if course is None:
            raise InputError(gone, code="L103")

        def still() -> None:
            check()
            if not course.is_over and self._courses.get(key) is not course:
                raise InputError(gone, code="L103")

        return course.wait(still)

    # ---- telling

    def send(self, told: Record) -> None:
        """Send a header without arrays."""
        self.send_bytes(frame(told))

    def send_bytes(self, message: bytes) -> None:
        """Send a frame, unless the page closed; a host that is gone is no failure of ours."""
        if self._is_closed:
            return
        try:
            self._send(message)
        except Exception:
            self.close()

    def _defect(self, id: int) -> None:
        """Tell of something that should never happen; the page goes on."""
        log.exception("a defect of the lab")
        self._fail(id, BROKEN, "Z100")

    def _fail(self, id: int, sentence: str, code: str = "") -> None:
        self.send(FailedTold(id=id, sentence=sentence, code=code))
