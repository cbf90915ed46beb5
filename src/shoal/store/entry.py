"""What the index knows of a stored record: one row, and how its id is made."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from shoal.errors import StoreError

Kind = Literal["run", "sweep", "comparison", "diagnosis"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Status = Literal["running", "done", "interrupted", "failed"]

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
ALPHABET: Final = LETTERS + "234567"
"""Of ids: nothing that can be taken for something else when read aloud."""
ID_LENGTH: Final = 8
SHORTEST: Final = 3
"""The fewest characters that can stand for an id."""
SORTS: Final = {
    "created": "number DESC",
    "name": "name, number DESC",
    "value": "value IS NULL, CASE WHEN higher THEN -value ELSE value END, number DESC",
    "seconds": "seconds DESC, number DESC",
    "networks": "n_networks DESC, number DESC",
}
"""What entries can be sorted by, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A stored record as the index knows it.

    Attributes:
        id: eight characters; three or more of them, from the first, name it where no other
            begins so.
        kind: what was stored.
        name: of the experiment: its file without the ending, or its data.
        created: when it was begun, UTC.
        status: "running" while a process writes to it.
        digest: SHA-256 of the document, "" while it is not known.
        figure: the headline figure, "" where there is none.
        higher_is_better: whether more of it is better.
        value, best: its median over the networks, and that of the best one.
        answer: what came out, in a sentence, "" where the figure says it.
        n_networks: how many.
        seconds: of training.
        tags, note: of the user's.
        machine, arithmetic, version: what it was computed with.
        has_state: whether the arrays are kept, and not only the result.
        folder: where its files are.
    """

    id: str
    kind: Kind
    name: str
    created: datetime
    status: Status
    digest: str = ""
    figure: str = ""
    higher_is_better: bool = True
    value: float | None = None
    best: float | None = None
    answer: str = ""
    n_networks: int = 0
    seconds: float = 0.0
    tags: tuple[str, ...] = ()
    note: str = ""
    machine: str = ""
    arithmetic: str = ""
    version: str = ""
    has_state: bool = False
    folder: Path = field(default_factory=Path)

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as JSON has it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "name": self.name,
            "created": self.created.astimezone(UTC).isoformat(timespec="seconds"),
            "status": self.status,
            "figure": self.figure or None,
            "higher_is_better": self.higher_is_better if self.figure else None,
            "value": self.value,
            "best": self.best,
            "answer": self.answer or None,
            "n_networks": self.n_networks,
            "seconds": self.seconds,
            "tags": list(self.tags),
            "note": self.note,
            "digest": self.digest or None,
            "machine": self.machine,
            "arithmetic": self.arithmetic,
            "version": self.version,
            "has_state": self.has_state,
            "folder": str(self.folder),
        }


def new_id() -> str:
    """Return a new id; the first character is a letter, so that it never reads as a number."""
    first, *rest = os.urandom(ID_LENGTH)
    return LETTERS[first % len(LETTERS)] + "".join(ALPHABET[n % 32] for n in rest)


def is_id(text: str) -> bool:
    """Return whether `text` can be an id, or its beginning.

    Example:
        >>> is_id("kq3"), is_id("kq"), is_id("3kq"), is_id("or.toml")
        (True, False, False, False)
    """
    return SHORTEST <= len(text) <= ID_LENGTH and text[0] in LETTERS and set(text) <= set(ALPHABET)


def is_reference(text: str) -> bool:
    """Return whether `text` can only be a reference and no file: it begins with @."""
    return text.startswith("@")


def check_tag(tag: str) -> str:
    """Return `tag` if it can be one.

    Raises:
        StoreError: it is empty, too long, or holds blanks or signs that references use.
    """
    plain = tag.isprintable() and not set(tag) & set(" ~@:,+") and 0 < len(tag) <= 64
    if plain and not tag.startswith("-"):
        return tag
    wanted = "a tag is a word of up to 64 characters, without blanks and ~ @ : , + in it."
    raise StoreError(repr(tag), wanted, code="S109")
