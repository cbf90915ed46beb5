"""``shoal runs``: what is stored, as a table; shown, tagged, exported, removed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import typer

from shoal.cli.output import files_written, print_json
from shoal.cli.plain_table import one_line, plain_table
from shoal.cli.stored_tables import called, number, result_table, wrapped
from shoal.errors import InputError
from shoal.store.entry import Entry, check_tag
from shoal.store.store import Store

LISTED = 20
"""Entries in the table where nothing else is said."""
WIDE: Final = 100
"""Of a terminal: in a narrower one a list of mixed kinds has a column less."""
CUT: Final = {"name": 8, "result": 20, "notes": 5}
"""Columns of the list that are cut where there is no room, and what they keep."""


def print_runs(
    *,
    kind: str | None,
    tag: str | None,
    name: str | None,
    sort: str,
    limit: int | None,
    as_json: bool,
) -> None:
    """Print entries of the store as a table or as JSON; 20 unless `limit` says more, 0: all."""
    store = Store.open()
    at_most = LISTED if limit is None else limit or None
    entries = store.list(kind=kind, tag=tag, name=name, sort=sort, limit=at_most)
    if as_json:
        print_json([entry.to_dict() for entry in entries])
        return
    if not entries:
        chosen = any(each is not None for each in (kind, tag, name))
        none = "nothing that is stored fits." if chosen else "nothing is stored yet."
        print(none if chosen else f"{none} shoal run FILE stores its run.")
        return
    print(_table(entries, sort))
    n_there = store.count(kind=kind, tag=tag, name=name)
    if n_there > len(entries):
        print(f"\n{len(entries):,} of {n_there:,}; --limit 0 lists them all.")


def show_run(ref: str, *, as_json: bool) -> None:
    """Print what is stored of a run; nothing is computed for it."""
    entry = Store.open().get(ref)
    result = stored_result(entry)
    if as_json:
        print_json({"entry": entry.to_dict(), "result": result})
        return
    facts = _facts(entry)
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{name:{width}}  {one_line(value)}")
    if entry.answer:
        print(f"\n{wrapped(entry.answer)}")
    table = "" if result is None else _shown(entry, result)
    if table:
        print(f"\n{table}")


def remove_runs(refs: Sequence[str], *, yes: bool, as_json: bool) -> None:
    """Remove entries and their folders, after asking."""
    store = Store.open()
    # all of them are found before the first is removed: @last means something else afterwards
    entries = list({entry.id: entry for entry in map(store.get, refs)}.values())
    if not yes:
        _ask(entries)
    for entry in entries:
        store.remove(entry.id)
        print(f"removed {entry.id} ({entry.kind} {entry.name})", file=sys.stderr)
    store.tidy()
    if as_json:
        print_json({"removed": [entry.to_dict() for entry in entries]})


def tag_run(ref: str, tags: Sequence[str], *, as_json: bool) -> None:
    """Add and take away tags, and say which it has then."""
    remove = [tag[1:] for tag in tags if tag.startswith("-")]
    add = [check_tag(tag.removeprefix("+")) for tag in tags if not tag.startswith("-")]
    entry = Store.open().tag(ref, add=add, remove=remove)
    if as_json:
        print_json(entry.to_dict())
    else:
        print(f"{entry.id}: {', '.join(entry.tags) or 'no tags'}", file=sys.stderr)


def note_run(ref: str, text: str, *, as_json: bool) -> None:
    """Put a note beside an entry."""
    entry = Store.open().note(ref, text)
    if as_json:
        print_json(entry.to_dict())
    else:
        print(f"{entry.id}: {entry.note or 'no note'}", file=sys.stderr)


def export_runs(
    refs: Sequence[str],
    output: Path,
    *,
    as_json: bool,
    quiet: bool,
    allow_python: bool,
    force: bool,
) -> None:
    """Write one row per network, report and figure."""
    from shoal.experiments.export import export

    n_rows = export(refs, output, force=force, allow_python=allow_python)
    if as_json:
        print_json({"n_rows": n_rows, "files": files_written([output])})
    elif not quiet:
        print(f"wrote {output}: {n_rows:,} rows", file=sys.stderr)


def stored_result(entry: Entry) -> dict[str, Any] | None:
    """Return the result of a stored record as JSON has it, None if there is none."""
    import json

    file = entry.folder / "result.json"
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise InputError(f"{entry.id}: its result, {file}, is damaged.", code="S107") from None
    return found


def _shown(entry: Entry, result: dict[str, Any]) -> str:
    try:
        return result_table(entry.kind, result)
    except (KeyError, TypeError, AttributeError):
        raise InputError(
            f"{entry.id}: its result is damaged, or of another shoal.", code="S107"
        ) from None


def _ask(entries: Sequence[Entry]) -> None:
    names = ", ".join(f"{entry.id} ({entry.kind} {entry.name})" for entry in entries)
    if not sys.stdin.isatty():
        raise InputError(
            f"runs rm: would remove {names}. Give --yes where nobody can be asked.", code="U104"
        )
    typer.confirm(f"Remove {names} for good?", abort=True, err=True)


def _table(entries: Sequence[Entry], sort: str) -> str:
    columns: dict[str, Sequence[str]] = {
        "id": [entry.id for entry in entries],
        "when": [_when(entry.created) for entry in entries],
        "what": [entry.kind for entry in entries],
        "name": [entry.name for entry in entries],
        "networks": [f"{entry.n_networks:,}" if entry.n_networks else "" for entry in entries],
        "time": [_duration(entry.seconds) if entry.seconds else "" for entry in entries],
        "result": [_result(entry) for entry in entries],
        "notes": [", ".join(filter(None, [*entry.tags, entry.note])) for entry in entries],
    }
    if set(columns["what"]) == {"run"}:
        del columns["what"]
    elif shutil.get_terminal_size().columns < WIDE:
        del columns["networks" if sort == "seconds" else "time"]
    if not any(columns["notes"]):
        del columns["notes"]
    return plain_table(columns, right=("networks", "time"), cut=CUT)


def _facts(entry: Entry) -> dict[str, str]:
    status: str = entry.status
    if status == "interrupted":
        status += f"; to go on: shoal resume {entry.id}"
    facts = {
        "id": entry.id,
        "kind": entry.kind,
        "name": entry.name,
        "created": f"{entry.created.astimezone():%Y-%m-%d %H:%M:%S %z}",
        "status": status,
        "networks": f"{entry.n_networks:,}" if entry.n_networks else "",
        "training": _duration(entry.seconds) if entry.seconds else "",
        "tags": ", ".join(entry.tags),
        "note": entry.note,
        "computed": f"{entry.machine}, arithmetic {entry.arithmetic}, shoal {entry.version}",
        "experiment": entry.digest[:12],
        "folder": str(entry.folder) + ("" if entry.folder.is_dir() else " (gone)"),
    }
    if not entry.has_state:
        facts["kept"] = "the result alone, without the arrays"
    return {name: value for name, value in facts.items() if value}


def _result(entry: Entry) -> str:
    """Return the answer, or the median of the headline figure, after a status of note."""
    found = entry.answer
    if not found and entry.value is not None:
        found = f"{number(entry.value):>6} {called(entry.figure)}"
    parts = [entry.status if entry.status != "done" else "", found]
    return ": ".join(filter(None, parts))


def _when(created: datetime) -> str:
    local, now = created.astimezone(), datetime.now().astimezone()
    if local.date() == now.date():
        return f"{local:%H:%M}"
    return f"{local:%d %b}" if local.year == now.year else f"{local:%Y-%m-%d}"


def _duration(seconds: float) -> str:
    if seconds < 0.95:
        return f"{seconds * 1e3:.2g} ms" if seconds < 0.0095 else f"{seconds * 1e3:.0f} ms"
    if seconds < 100:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
