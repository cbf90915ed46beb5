"""The file of results: a line of JSON for each fit, appended as it comes, and read again."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.results import cpu_name
from benchmarks.tabular import WAIT
from benchmarks.tabular.measuring import Fit

LIBRARIES = ("shoal", "scikit-learn", "numpy", "scipy")


def default_path() -> Path:
    """Return the file that results go to where none is named."""
    return Path(__file__).resolve().parents[1] / "results" / "tabular.jsonl"


def machine(threads: int) -> dict[str, Any]:
    """Return what was measured where: the first line of every session."""
    return {
        "begun": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu_name(), "cores": len(os.sched_getaffinity(0)), "threads": threads,
        "python": platform.python_version(), "load": os.getloadavg()[0],
        "versions": {name: version(name) for name in LIBRARIES},
        "openmp": {name: os.environ.get(name, "") for name in WAIT},
    }  # fmt: skip


def unlike(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return what differs between two sessions that times would not be comparable across."""
    found = [name for name in ("cpu", "cores", "threads") if before.get(name) != now[name]]
    libraries = before.get("versions", {})
    return found + [name for name in LIBRARIES if libraries.get(name) != now["versions"][name]]


def append(path: Path, line: dict[str, Any]) -> None:
    """Add a line to the file; a line that was cut off by a crash is ended first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(json.dumps(line).encode() + b"\n")


def read(path: Path) -> tuple[list[Fit], list[dict[str, Any]]]:
    """Return the fits and the sessions in a file; the last of several alike counts.

    A line that was cut off is left out: its fit will be measured again.
    """
    fits: dict[tuple[str, str, int, str], Fit] = {}
    sessions = []
    if not path.exists():
        return [], []
    for text in path.read_text("utf-8").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if "part" in line:
            fit = Fit(**line)
            fits[fit.key] = fit
        else:
            sessions.append(line)
    return list(fits.values()), sessions
