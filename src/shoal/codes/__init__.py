"""What can go wrong, under a code each: the one table that messages, help and pages are made of.

A code is a letter for the kind and three digits. It never changes its meaning and is never used
again; new situations take new numbers.
"""

from __future__ import annotations

from typing import Final

from shoal.codes import asked, doings, files
from shoal.codes.record import Code

__all__ = ["CODES", "KINDS", "Code"]

KINDS: Final = {
    "A": "arguments of Python functions",
    "U": "usage of the command line",
    "X": "experiments and sweeps",
    "D": "data",
    "M": "model files",
    "C": "checkpoints",
    "S": "the store of runs",
    "F": "your own Python functions",
    "O": "files that are read or written",
    "E": "optional libraries",
    "R": "what came of a run",
    "G": "charts, reports and films",
    "T": "exports and programs",
    "W": "workers and clusters",
    "V": "the service",
    "L": "the lab",
    "Z": "the machine, and shoal itself",
}
"""The letters and what they stand for, in the order of the list."""

CODES: Final = {
    each.code: each
    for table in (
        asked.ARGUMENTS,
        asked.USAGE,
        asked.EXPERIMENTS,
        files.DATA,
        files.MODELS,
        files.CHECKPOINTS,
        files.STORE,
        asked.FUNCTIONS,
        files.OUTPUTS,
        files.EXTRAS,
        doings.RUNS,
        doings.GRAPHICS,
        doings.TAKING_OUT,
        doings.WORKERS,
        doings.SERVICE,
        doings.LAB,
        doings.MACHINE,
    )
    for each in table
}
"""Every code, in the order of the list."""
