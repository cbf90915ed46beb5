"""What every maker of a file is handed, and what it hands back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shoal.errors import InputError
from shoal.experiments import Experiment, Run
from shoal.lab.actions.base import Surroundings
from shoal.lab.messages import Take
from shoal.lab.session import OwnTable

LONGEST: Final = 60
RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""Names that one system keeps for devices."""
MIMES: Final[Mapping[str, str]] = {
    "csv": "text/csv;charset=utf-8",
    "gif": "image/gif",
    "html": "text/html;charset=utf-8",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "toml": "application/toml",
    "zip": "application/zip",
    "py": "text/x-python;charset=utf-8",
    "txt": "text/plain;charset=utf-8",
}
BYTES: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file.

    Attributes:
        content: its bytes.
        what: what stands in its name between the experiment's and the suffix; or nothing.
        mime: its kind.
        note: what must be said of it, in sentences; or nothing.
        beside: what is told beside.
    """

    content: bytes
    what: str = ""
    mime: str = BYTES
    note: str = ""
    beside: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """What was asked for, and what of it several makers need."""

    surroundings: Surroundings
    message: Take

    def run(self) -> Run:
        """Return the run that was asked for, trained to its end."""
        self.surroundings.tell("training")
        return self.surroundings.run(self.message.run)

    def experiment(self) -> Experiment:
        """Return the document of the run that was asked for; nothing is trained for it."""
        number, session = self.message.run, self.surroundings.session
        if number == -1:
            return self.surroundings.experiment()
        if number < -1:
            pin = -2 - number
            if pin >= len(session.pins):
                raise InputError(f"take: there is no pin {pin + 1}; got run {number}.", code="L103")
            return self.surroundings.pinned(session.pins[pin])
        return self.run().experiment

    def member(self, run: Run) -> int | None:
        """Return the number of the network that was asked for; None: all of them together.

        Raises:
            InputError: there is no such network.
        """
        asked = self.message.network
        if asked == "ensemble":
            return None
        if asked == "best":
            return run.best_index
        if asked >= len(run):
            raise InputError(
                f"take: `network` must be from 0 to {len(run) - 1}; got {asked}.", code="L103"
            )
        return asked

    def member_name(self) -> str:
        """Return what the network that was asked for is called in names of files."""
        asked = self.message.network
        return asked if isinstance(asked, str) else f"network-{asked}"

    @property
    def own_tables(self) -> dict[str, str]:
        """The tables of the session: how a document names each, and what the person calls it."""
        session = self.surroundings.session
        tables: list[OwnTable | None] = [session.table, *(pin.table for pin in session.pins)]
        return {f"{t.digest}.csv": basename(t.name) for t in tables if t is not None}

    def named(self, what: str, suffix: str) -> str:
        """Return the name of a file: of the experiment, of what it holds, and the suffix."""
        name = safe_name("-".join(filter(None, (self.stem, what))))
        if suffix == ".py":  # it says of itself: from greater_best import predict
            name = re.sub(r"\W", "_", name)
        return f"{name}{suffix}"

    @property
    def stem(self) -> str:
        """What the experiment is called: its task, its table, or shoal."""
        data = self.surroundings.session.experiment.get("data")
        if isinstance(data, str):
            return data
        table = self.surroundings.session.table
        if table is not None:
            return basename(table.name).rpartition(".")[0] or basename(table.name)
        task = data.get("task") if isinstance(data, Mapping) else None
        return task if isinstance(task, str) else "greater"

    def with_own_names(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a document that names own tables as the person does, without any folder."""
        found = dict(document)
        data = found.get("data")
        if isinstance(data, Mapping) and data.get("file") in self.own_tables:
            found["data"] = {**data, "file": self.own_tables[data["file"]]}
        return found


def basename(name: str) -> str:
    r"""Return what stands after the last slash of a name, as a safe name.

    Example:
        >>> basename("../a\\b/points 1.csv"), basename("...")
        ('points 1.csv', 'table.csv')
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    return safe_name(last) if last.strip(". ") else "table.csv"


def safe_name(name: str) -> str:
    """Return a name that every system takes as a file's, in no other folder.

    Example:
        >>> safe_name("../../etc/passwd"), safe_name("con"), safe_name(".ssh"), safe_name("표 1")
        ('etc-passwd', 'con-', 'ssh', '표 1')
    """
    plain = re.sub(r"[^\w.\- ]+|\.{2,}", "-", name).strip(". -")[:LONGEST].strip(". -")
    plain = re.sub(r"-{2,}", "-", plain)
    if RESERVED.fullmatch(plain.partition(".")[0]):
        plain = f"{plain}-"
    return plain or "shoal"


def mime_of(suffix: str) -> str:
    """Return the kind of a file by its suffix."""
    return MIMES.get(suffix.rpartition(".")[2], BYTES)


__all__ = ["Made", "Taking", "basename", "mime_of", "safe_name"]
