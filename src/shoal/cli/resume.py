"""``shoal resume``: go on from a checkpoint, as if nothing had come in between."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shoal.cli.run import Wishes, check_outputs, deliver, say
from shoal.errors import InputError
from shoal.experiments.resumption import resuming


def resume_file(file: Path, changes: Sequence[str], wishes: Wishes) -> None:
    """Go on from a checkpoint, print and write; after Ctrl-C what is there, then exit 130."""
    check_outputs(wishes.outputs, wishes.force)
    if file in wishes.outputs:
        raise InputError(f"{file}: is the checkpoint itself. Name another output.")
    every_s, allowed = wishes.every_s, wishes.allow_python
    with resuming(file, changes, every_s=every_s, allow_python=allowed) as resumption:
        say(resumption.prepared, wishes.quiet)
        deliver(resumption.prepared, wishes, resumption.run)
