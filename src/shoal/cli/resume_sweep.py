"""``shoal resume`` of a sweep: the chunks that are there stay, the others are computed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import typer

from shoal.cli.exits import INTERRUPTED
from shoal.cli.output import REPORT, check_files, print_json, to_json, write_report
from shoal.cli.run import RESULT, Wishes, named
from shoal.cli.storing import finish_sweep, left_quietly
from shoal.cli.sweep_progress import showing_sweep
from shoal.cli.sweep_tables import print_swept
from shoal.errors import InputError
from shoal.experiments.drafting import sweeping_on
from shoal.files import write_bytes

TOP = 40
"""Cells in the table."""
WRITES: Final = {RESULT: "the result", REPORT: "a report"}
"""What a sweep can be written as here; it has no one model."""

if TYPE_CHECKING:
    from shoal.experiments.sweep.swept import Swept
    from shoal.store.entry import Entry


def resume_sweep(entry: Entry, changes: Sequence[str], wishes: Wishes) -> None:
    """Go on with a stored sweep, print and write; after Ctrl-C what is there, then exit 130."""
    if changes:
        raise InputError(
            f"{entry.id}: is a sweep, which goes on as it is; got '{changes[0]}'.", code="U108"
        )
    wishes = named(wishes, entry.name)
    check_files(wishes.outputs, WRITES, force=wishes.force)
    with left_quietly(sweeping_on(entry.id)) as (sweep, draft):
        if not wishes.quiet:
            there = draft.ledger.count()
            print(f"note: {there:,} chunks are there already", file=sys.stderr)
        how: dict[str, Any] = {"threads": wishes.threads, "allow_python": wishes.allow_python}
        with showing_sweep(quiet=wishes.quiet) as show:
            swept = sweep.run(ledger=draft.ledger, progress=show, **how, **draft.how)
        for warning in swept.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        document = _deliver(swept, wishes)
        finish_sweep(draft, swept, wishes.storing, document)
    if swept.interrupted:
        raise typer.Exit(INTERRUPTED)


def _deliver(swept: Swept, wishes: Wishes) -> dict[str, Any] | None:
    """Print and write what came of it; return the document if it was made."""
    document = swept.to_dict() if wishes.as_json or wishes.outputs else None
    for path in wishes.outputs:
        if path.suffix == REPORT:
            write_report(swept, path, force=wishes.force)
        else:
            write_bytes(path, to_json(document).encode(), force=wishes.force)
    if wishes.as_json:
        print_json(document, files=wishes.outputs)
    elif not wishes.quiet:
        print_swept(swept, figure=None, sort=None, top=TOP)
    return document
