"""``shoal replay``: a stored run computed again, and whether the same came out."""

from __future__ import annotations

import sys

import typer

from shoal.cli.exits import FELL_SHORT, answering
from shoal.cli.output import print_json
from shoal.experiments.certificate import Replay, replay


def replay_run(
    ref: str, *, threads: int | None, as_json: bool, quiet: bool, allow_python: bool
) -> None:
    """Compute a stored run again, say what came of it; exit with 1 if it is different."""
    found = replay(ref, threads=threads, allow_python=allow_python)
    with answering():
        if as_json:
            print_json(found.to_dict())
        else:
            print(found.sentence)
    if not as_json and not quiet:
        _say_where(found)
    if found.same == "different":
        raise typer.Exit(FELL_SHORT)


def _say_where(found: Replay) -> None:
    before, now = (
        f"{facts['machine']}, arithmetic {facts['arithmetic']}, shoal {facts['version']}"
        for facts in (found.before, found.now)
    )
    if before == now:
        print(f"computed both times on {now}.", file=sys.stderr)
    else:
        print(f"stored: {before}\nnow:    {now}", file=sys.stderr)
