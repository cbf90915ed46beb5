"""What there is to see of a run at a step: the one thing that every part of a frame is made of."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np

from shoal.errors import InputError
from shoal.experiments.prepare import Part, Prepared
from shoal.experiments.run import Run
from shoal.lab.looks.plane import PlaneSeen
from shoal.lab.messages import Look

T = TypeVar("T")
MOST_KEPT: Final = 24
"""Things that are kept from look to look."""

Arrays = dict[str, np.ndarray]


class Kept:
    """What looks found out and may need again: the newest few, each with what it is about."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.most = most
        self._found: OrderedDict[Hashable, tuple[object, Any]] = OrderedDict()

    def recall(self, name: Hashable, about: object, make: Callable[[], T]) -> T:
        """Return what `make` gives, made the first time only.

        Args:
            name: what it is.
            about: the object that it was found out of; it is held, so that no other has its
                number.
            make: finds it out.
        """
        key = name, id(about)
        if key not in self._found:
            self._found[key] = about, make()
            while len(self._found) > self.most:
                self._found.popitem(last=False)
        self._found.move_to_end(key)
        found: T = self._found[key][1]
        return found

    def let_go(self, runs: Sequence[Prepared]) -> None:
        """Forget what is about no data and no run of these: it holds their rows."""
        wanted = {id(each) for run in runs for each in (run, *run.parts)}
        wanted |= {id(part.dataset) for run in runs for part in run.parts}
        for key, (about, _) in list(self._found.items()):
            if id(about.prepared if isinstance(about, Run) else about) not in wanted:
                del self._found[key]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """A run at a step.

    Attributes:
        look: what is asked for.
        run: as far as it came.
        weights: of all networks at the step; the delivered ones at the end.
        steps: what each network has done.
        sound: which networks have not diverged there.
        step: of the network furthest ahead.
        is_end: whether it is the end of a run that has ended.
        plane: of pictures.
        kept: what was found out before.
        threads: how many to use.

    Shapes:
        weights (P, K), steps and sound (P,)
    """

    look: Look
    run: Run
    weights: np.ndarray
    steps: np.ndarray
    sound: np.ndarray
    step: int
    is_end: bool
    plane: PlaneSeen
    kept: Kept
    threads: int

    @property
    def prepared(self) -> Prepared:
        """Data, scaling and settings."""
        return self.run.prepared

    @property
    def part(self) -> Part:
        """The data that are shown: those of the first network."""
        return self.prepared.parts[0]

    @property
    def n_networks(self) -> int:
        """P."""
        return len(self.weights)

    def member(self, number: int) -> int:
        """Return the number of a network that there is.

        Raises:
            InputError: there is none such.
        """
        if number >= self.n_networks:
            raise InputError(
                f"network: must be from 0 to {self.n_networks - 1}; got {number}.", code="L103"
            )
        return number


def sane(values: np.ndarray, instead: float) -> np.ndarray:
    """Return numbers as float32 with another in place of what is not finite."""
    with np.errstate(over="ignore"):
        found = np.asarray(values, np.float32)
    return np.nan_to_num(found, nan=instead, posinf=instead, neginf=instead)
