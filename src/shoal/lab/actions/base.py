"""What an action is given, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from shoal.experiments import Experiment, Run
from shoal.lab.session import OwnTable, Pin, Session


class Dropped(BaseException):
    """The page asked for something newer: what is under way ends here."""


class Surroundings(Protocol):
    """What of a page an action may use."""

    @property
    def session(self) -> Session:
        """The opened session."""
        ...

    def experiment(self) -> Experiment:
        """Return the opened experiment, its data file findable."""
        ...

    def pinned(self, pin: Pin) -> Experiment:
        """Return the experiment of a pin, its data file findable."""
        ...

    def run(self, number: int) -> Run:
        """Return a run of the session (see `shoal.lab.messages.RunNumber`), trained to its end.

        Raises:
            InputError: there is none such.
        """
        ...

    def table_path(self, table: OwnTable) -> Path:
        """Return where the bytes of a table that was brought lie.

        Raises:
            InputError: they were not brought.
        """
        ...

    def tell(self, sentence: str, share: float | None = None) -> None:
        """Tell how far the action is.

        Raises:
            Dropped: the page does not want it any more; called at least every 50 ms where the
                work allows.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an action found: plain data, and arrays beside it."""

    document: dict[str, Any]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


Action = Callable[[Surroundings, Any], Outcome]
"""From surroundings and the message to what was found; a `ShoalError` is told as it stands."""
