"""The lab in a browser: ``python -m benchmarks.lab``.

Headless Chromium opens the page of a real `shoal lab`; what a person waits for is measured
inside the page, from the input event to the end of the frame that painted what came of it. No
frame is added by measuring: a picture is drawn in the task that brought it, and the time is
taken by a message that is sent in the next frame and comes when that is painted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.lab_figures import Figure
from benchmarks.lab_parts import HOUR_S, PARTS, heap
from benchmarks.lab_stage import browser
from benchmarks.results import cpu_name

BUSY_LOAD = 0.7
"""Average number of running processes from which we warn, when all begins."""
PIPED_WIDTH = 130


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.lab",
        description="Measure the lab in headless Chromium; exit code 1 if a bar is missed. "
        "All of it takes under 8 minutes.",
    )
    made.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; or all")
    made.add_argument("--hour", action="store_true", help="watch the heap for an hour")
    made.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    return made


def measured(parts: list[str], *, hour: bool, console: Console) -> list[Figure]:
    """Return the figures of some parts."""
    found: list[Figure] = []
    with console.status("starting Chromium") as status, browser() as chromium:
        for name in parts:
            if name == "heap" and hour:
                found += heap(chromium, status.update, HOUR_S)
            else:
                found += PARTS[name](chromium, status.update)
    return found


def table(figures: list[Figure]) -> Table:
    """Return figures as a table."""
    made = Table()
    for name in ("part", "what"):
        made.add_column(name)
    for name in ("figure", "bar", "of", "load"):
        made.add_column(name, justify="right", no_wrap=True)
    made.add_column("met")
    before = ""
    for each in figures:
        part, before = ("" if each.part == before else each.part), each.part
        met = "" if each.met is None else "yes" if each.met else "NO"
        said = f"{each.value:,.4g} {each.unit}".strip()
        made.add_row(part, each.what, said, each.bar, str(each.n), f"{each.load:.1f}", met)
    return made


def main() -> int:
    """Measure, tell, write."""
    given = parser().parse_args()
    unknown = [name for name in given.parts if name not in PARTS]
    if unknown:
        print(f"'{unknown[0]}' is none of {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    load, begun = os.getloadavg()[0], time.perf_counter()
    parts = given.parts or list(PARTS)
    console = Console(stderr=True)
    figures = measured(parts, hour=given.hour, console=console)
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    Console(width=width, highlight=False).print(table(figures))
    took = time.perf_counter() - begun
    print(f"{cpu_name()}, {os.cpu_count()} cores; {took:.0f} s; load {load:.1f} at the start.")
    if load > BUSY_LOAD:
        print("note: the machine was busy: measure again when it is quiet.")
    if given.json is not None:
        given.json.write_text(json.dumps(_document(figures, load, took), indent=1) + "\n")
    return 1 if any(each.met is False for each in figures) else 0


def _document(figures: list[Figure], load: float, took: float) -> dict[str, Any]:
    return {
        "machine": cpu_name(), "cores": os.cpu_count(), "python": platform.python_version(),
        "load": load, "elapsed_s": took, "figures": [each.document() for each in figures],
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
