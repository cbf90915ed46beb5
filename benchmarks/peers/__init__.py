"""One module per peer, each with ``versions()`` and a table ``CASES`` of what it can do.

An entry of ``CASES`` prepares (builds, compiles, warms up; not timed) and returns a function
that does the whole work once and says how long it took.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.workloads import Rows, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One timed call: seconds of all its networks over `epochs`, and what they learnt.

    `accuracy` is the exact accuracy on the validation rows after the last epoch, the mean
    over the networks; `facts` are further numbers worth keeping (seconds to compile, ...).
    """

    seconds: float
    epochs: int
    accuracy: float
    facts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a peer is asked to prepare."""

    work: Work
    rows: Rows
    epochs: int
    n_networks: int
    n_threads: int


Once = Callable[[], Sample]
Prepare = Callable[[Task], Once]
