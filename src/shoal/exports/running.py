"""Run other programs on exported files: bounded in time, without a shell."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shoal.errors import InputError, InternalError

SECONDS: Final = 120
"""How long a program may take."""
UNPROVED: Final = "Give --no-proof (prove=False) to write the file unproved."
"""What helps where the proof itself cannot be had."""


def program(*names: str) -> str | None:
    """Return where the first of some programs is, None if none of them is here."""
    found = (shutil.which(name) for name in names)
    return next((path for path in found if path is not None), None)


def run(command: Sequence[str], *, folder: Path, purpose: str) -> str:
    """Return what a program printed.

    Args:
        command: program and arguments.
        folder: where it runs.
        purpose: what it was for, for messages: ``"cc on flowers.c"``.

    Raises:
        InputError: it cannot be started: not a program, or in a folder where none may run.
        InternalError: it failed, with the end of what it said, or took too long.
    """
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise InternalError(f"{purpose}: took more than {SECONDS} seconds.") from None
    except OSError as error:
        told = f"{purpose}: {command[0]} cannot be run: {error.strerror}."
        raise InputError(f"{told} {UNPROVED}", code="T105") from None
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        last = said[-600:] or "it said nothing."
        raise InternalError(f"{purpose}: failed with exit code {done.returncode}: {last}")
    return done.stdout.decode(errors="replace")
