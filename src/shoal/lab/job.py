"""An action of a page under way, in a thread of its own: what it sees of the page, and its end."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shoal.errors import ShoalError
from shoal.experiments import Experiment, Run
from shoal.lab.actions import Action, Dropped
from shoal.lab.frames import frame
from shoal.lab.messages import DoneTold, FailedTold, ProgressTold
from shoal.lab.opening import read_experiment
from shoal.lab.session import OwnTable, Pin, Session

if TYPE_CHECKING:
    from shoal.lab.page import Page

log = logging.getLogger("shoal.lab")

HEAVY: Final = frozenset({"compare", "diagnose"})
"""Actions that train; only as many at once as there are cores."""
TELL_EVERY_S: Final = 0.05
"""Seconds between two sentences of how far an action is."""
BLINK_S: Final = 0.05

Lane = threading.Semaphore
"""Where only so many work at once."""


class Job:
    """An action under way; the `Surroundings` that it is given.

    Args:
        page: who asked.
        action: what carries the message out.
        message: what was asked.
        lane: of its kind, where one works at a time: what was dropped may take a while to end,
            and a page that asks again and again would have a thousand under way.
    """

    def __init__(self, page: Page, action: Action, message: Any, lane: Lane) -> None:
        self.id: int = message.id
        self._lane = lane
        self._page = page
        self._opened = page.standing
        self._action = action
        self._message = message
        self._is_dropped = False
        self._told_at = 0.0

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._work, daemon=True).start()

    def drop(self) -> None:
        """End it soon; nothing more is told of it."""
        self._is_dropped = True

    # ---- Surroundings

    @property
    def session(self) -> Session:
        """The opened session."""
        return self._page.opened_or_raise(self._opened).session

    def experiment(self) -> Experiment:
        """Return the opened experiment, its data file findable."""
        return self._page.opened_or_raise(self._opened).runs[0].prepared.experiment

    def pinned(self, pin: Pin) -> Experiment:
        """Return the experiment of a pin, its data file findable."""
        return read_experiment(pin.experiment, pin.table, self._page.tables)

    def run(self, number: int) -> Run:
        """Return a run of the session, trained to its end.

        Raises:
            InputError: there is none such.
        """
        opened = self._page.opened_or_raise(self._opened)
        return self._page.wait_for_run(opened, number, self._check)

    def table_path(self, table: OwnTable) -> Path:
        """Return where the bytes of a table that was brought lie.

        Raises:
            InputError: they were not brought.
        """
        return self._page.tables.path_of(table)

    def tell(self, sentence: str, share: float | None = None) -> None:
        """Tell how far the action is, and let looks come first.

        Raises:
            Dropped: the page does not want it any more.
        """
        self._check()
        now = time.monotonic()
        if now - self._told_at >= TELL_EVERY_S:
            self._told_at = now
            self._page.send(ProgressTold(id=self.id, sentence=sentence, share=share))
        self._page.studio.turns.rest(self._check)

    # ---- the thread

    def _check(self) -> None:
        if self._is_dropped:
            raise Dropped

    def _work(self) -> None:
        try:
            with ExitStack() as held:
                self._enter(self._lane, held)
                if self._message.type == "diagnose":
                    self.run(-1)  # waited for before a place is taken
                if self._message.type in HEAVY:
                    self._enter(self._page.studio.heavy, held)
                self._carry_out()
        except Dropped:
            pass
        except ShoalError as error:
            self._fail(str(error), error.code)
        except MemoryError:
            self._fail("there is not enough memory for this. Ask for less.", "Z102")
        except Exception:  # the page must go on answering after a defect of ours
            log.exception("a defect of the lab")
            self._fail("something went wrong in the lab itself.", "Z100")
        finally:
            self._opened = None  # the data of a session that may have gone

    def _enter(self, lane: Lane, held: ExitStack) -> None:
        """Wait for a place; it is given back with all else that is held."""
        while not lane.acquire(timeout=BLINK_S):
            self._check()
        held.callback(lane.release)

    def _carry_out(self) -> None:
        self._check()
        found = self._action(self, self._message)
        self._check()
        told = DoneTold(id=self.id, action=self._message.type, document=found.document)
        self._page.send_bytes(frame(told, found.arrays))

    def _fail(self, sentence: str, code: str) -> None:
        if not self._is_dropped:
            self._page.send(FailedTold(id=self.id, sentence=sentence, code=code))
