"""Runs `benchmarks.solo`, each measurement in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence

from benchmarks.runner import ANSWER_LIMIT_S, ROOT

THREADS = {"points": 1, "memory": None, "steady": 1}
"""The measurements, and the threads of each; None for one per core."""


def measure_alone(
    names: Sequence[str], python: str, tell: Callable[[str], object]
) -> tuple[dict[str, float], list[str]]:
    """Return the figures of the measurements `names`, and notes on those that failed."""
    figures: dict[str, float] = {}
    notes = []
    for name in names:
        tell(f"shoal alone: {name}")
        n_threads = THREADS[name] or len(os.sched_getaffinity(0))
        command = [python, "-m", "benchmarks.solo", name, str(n_threads)]
        try:
            done = subprocess.run(
                command, cwd=ROOT, capture_output=True, text=True, timeout=ANSWER_LIMIT_S
            )
        except subprocess.TimeoutExpired:
            notes.append(f"{name} was not measured: no answer within {ANSWER_LIMIT_S} s")
            continue
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            notes.append(f"{name} was not measured: {lines[-1] if lines else 'without a word'}")
            continue
        figures |= json.loads(done.stdout.splitlines()[-1])
    return figures, notes
