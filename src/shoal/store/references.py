"""References: the beginning of an id, ``@last``, ``@last~2``, ``@last:or``, ``@best``."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from typing import Final, Literal

from shoal.errors import StoreError
from shoal.store.entry import is_id, is_reference

_FORM: Final = re.compile(r"@(last|best)(?::([^~]+))?(?:~([0-9]{1,6}))?")
KINDS_OF: Final = "Give @last, @last~1, @best, @last:NAME or an id (shoal runs lists them)."
_NAMED: Final = "(name = :of OR kind = :of OR number IN (SELECT run FROM tags WHERE tag = :of))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What ``@last`` and ``@best`` ask for.

    Attributes:
        which: the newest, or the best by its headline figure.
        of: a name, a kind or a tag that it must bear; None: any.
        back: so many before it.
    """

    which: Literal["last", "best"]
    of: str | None
    back: int


def parse(text: str) -> Wanted:
    """Return what a reference with @ asks for.

    Raises:
        StoreError: it is none.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise StoreError(text, "is no reference to a run.", KINDS_OF, code="S101")
    which, of, back = found.groups()
    return Wanted(which="best" if which == "best" else "last", of=of, back=int(back or 0))


def number_of(text: str, connection: sqlite3.Connection | None) -> int:
    """Return the number of the run that a reference names.

    Raises:
        StoreError: none does, or an id's beginning stands for several.
    """
    if not is_reference(text):
        return _by_id(text, connection)
    wanted = parse(text)
    if connection is None:
        raise StoreError(
            text, "nothing is stored yet.", "shoal run FILE stores its run.", code="S101"
        )
    find = _last if wanted.which == "last" else _best
    number = find(wanted, connection)
    if number is None:
        raise StoreError(text, *_nothing(wanted, connection), code="S101")
    return number


def _by_id(text: str, connection: sqlite3.Connection | None) -> int:
    if not is_id(text):
        raise StoreError(text or "''", "is no reference to a run.", KINDS_OF, code="S101")
    query = "SELECT number, id FROM runs WHERE id >= ? AND id < ? ORDER BY id LIMIT 4"
    found = [] if connection is None else connection.execute(query, (text, text + "{")).fetchall()
    if len(found) == 1:
        return int(found[0][0])
    if not found:
        raise StoreError(text, "no stored run has this id.", "See: shoal runs.", code="S101")
    ids = ", ".join(each for _, each in found[:3]) + (", ..." if len(found) > 3 else "")
    raise StoreError(
        text, f"is the beginning of several ids: {ids}.", "Give more characters.", code="S102"
    )


def _last(wanted: Wanted, connection: sqlite3.Connection) -> int | None:
    where = "" if wanted.of is None else f"WHERE {_NAMED}"
    query = f"SELECT number FROM runs {where} ORDER BY number DESC LIMIT 1 OFFSET :back"
    found = connection.execute(query, {"of": wanted.of, "back": wanted.back}).fetchone()
    return None if found is None else int(found[0])


def _best(wanted: Wanted, connection: sqlite3.Connection) -> int | None:
    """Return the best of the runs that share name (or what was asked for) and figure."""
    where = "1" if wanted.of is None else _NAMED
    newest = connection.execute(
        "SELECT name, figure, higher FROM runs WHERE value IS NOT NULL AND kind = 'run' "
        f"AND {where} ORDER BY number DESC LIMIT 1",
        {"of": wanted.of},
    ).fetchone()
    if newest is None:
        return None
    name, figure, higher = newest
    among = "name = :name" if wanted.of is None else _NAMED
    found = connection.execute(
        f"SELECT number FROM runs WHERE figure = :figure AND {among} AND value IS NOT NULL "
        f"AND kind = 'run' ORDER BY value {'DESC' if higher else 'ASC'}, number DESC "
        "LIMIT 1 OFFSET :back",
        {"of": wanted.of, "name": name, "figure": figure, "back": wanted.back},
    ).fetchone()
    return None if found is None else int(found[0])


def _nothing(wanted: Wanted, connection: sqlite3.Connection) -> tuple[str, str]:
    """Return why there is no such run, and the cure."""
    n_stored = connection.execute("SELECT count(*) FROM runs").fetchone()[0]
    if not n_stored:
        return "nothing is stored.", "shoal run FILE stores its run."
    cure = "See: shoal runs."
    if wanted.back:
        return "there are not so many runs.", cure
    what = "" if wanted.of is None else f" of the name, kind or tag '{wanted.of}'"
    figure = " has a figure to be the best by" if wanted.which == "best" else ""
    return f"no stored run{what}{figure or ' is there'}.", cure
