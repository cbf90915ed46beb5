"""What a session is: an experiment, its branches, and what is pinned beside it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

from shoal.records import Record

MAX_BRANCHES: Final = 8
MAX_PINS: Final = 4
MAX_EDITS: Final = 4096
DIGEST: Final = r"^[0-9a-f]{64}$"
"""How a table that was brought is named: SHA-256 of its bytes."""

Step = Annotated[int, Field(strict=True, ge=0, le=2**53)]
Changes = dict[str, Any]
"""Changes of a document: a key path such as ``training.optimizer.learning_rate`` and a value."""


class OwnTable(Record):
    """A table that was brought to the page: dropped on it, or drawn with the mouse.

    The experiment's ``data.file`` is its digest with ``.csv``; the bytes travel once, beside.
    """

    digest: str = Field(pattern=DIGEST)
    name: str = Field(min_length=1, max_length=120)
    """What the person calls it; shown and written into files to take away, never opened."""


class Edit(Record):
    """A weight that was set by hand."""

    parameter: int = Field(strict=True, ge=0, le=10**8)
    """Its place in the flat row of K parameters."""
    value: float
    network: int | None = Field(default=None, strict=True, ge=0)
    """Of which network; None: of all."""


class Branch(Record):
    """A run that was taken back to a step and went on otherwise."""

    of: int = Field(default=-1, strict=True, ge=-1, lt=MAX_BRANCHES)
    """The branch it leaves, by its place in the session; -1: the experiment's own run."""
    at: Step
    changes: Changes = Field(default_factory=dict, max_length=64)
    """Of the training from there on: see `shoal.experiments.branch.Rewound.with_`."""
    edits: tuple[Edit, ...] = Field(default=(), max_length=MAX_EDITS)


class Pin(Record):
    """A setting that was put aside, to compare others with it."""

    name: str = Field(min_length=1, max_length=40)
    experiment: dict[str, Any]
    table: OwnTable | None = None


class Session(Record):
    """All that a host must know to go on."""

    experiment: dict[str, Any]
    """The document, as `shoal.Experiment.read` takes it."""
    table: OwnTable | None = None
    branches: tuple[Branch, ...] = Field(default=(), max_length=MAX_BRANCHES)
    pins: tuple[Pin, ...] = Field(default=(), max_length=MAX_PINS)


__all__ = ["Branch", "Changes", "Edit", "OwnTable", "Pin", "Session", "Step"]
