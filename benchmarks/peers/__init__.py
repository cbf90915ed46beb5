"""One module per peer, each with ``versions()`` and a table ``WAYS`` of how it can do a work.

An entry of ``WAYS`` prepares (builds, compiles, warms up; not timed) and returns a function
that does the whole work once and says how long it took.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.rows import Rows
from benchmarks.workloads import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One timed call: seconds of all its networks over `epochs`, and what they learnt.

    `loss` and `accuracy` (None where there are no classes) are exact, on the validation rows
    after the last epoch, means over the networks; `facts` are further numbers worth keeping
    (seconds to compile, ...).
    """

    seconds: float
    epochs: int
    loss: float
    accuracy: float | None = None
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
