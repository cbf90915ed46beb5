"""The command: ``python -m benchmarks``, which is ``make bench``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.alone import THREADS, measure_alone
from benchmarks.cases import GROWTH, PEERS, chosen
from benchmarks.peak import measure_peak
from benchmarks.report import show
from benchmarks.results import Results, default_path, write
from benchmarks.runner import Outcome, Settings, measure
from benchmarks.startup import StartUp, measure_startup
from benchmarks.workloads import MAIN_WORKS

PARTS = (*MAIN_WORKS, GROWTH, *THREADS, "startup")
BUSY_LOAD = 0.7
"""Average number of running processes in the last minute from which we warn."""


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Return a reader of comma-separated names out of `known`."""

    def read(text: str) -> list[str]:
        names = [name for name in text.split(",") if name]
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"'{name}' is none of {', '.join(known)}")
        return names

    return read


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure shoal and its peers side by side; exit code 1 if a bar is missed. "
        "All of it takes under 25 minutes on two cores; pick parts with --only.",
    )
    made.add_argument(
        "--only",
        type=_names(PARTS),
        default=list(PARTS),
        metavar="PART,...",
        help=f"of {', '.join(PARTS)}; all of them if not given",
    )
    made.add_argument(
        "--peers",
        type=_names(PEERS),
        default=list(PEERS),
        metavar="PEER,...",
        help=f"of {', '.join(PEERS)}; an empty list measures shoal alone",
    )
    made.add_argument("--repeats", type=int, default=9, help="rounds (9); slow peers take a third")
    made.add_argument("--full", action="store_true", help="run slow peers whole, not scaled up")
    made.add_argument(
        "--peer-python", default=sys.executable, metavar="PATH", help="interpreter of the peers"
    )
    made.add_argument("-o", "--output", type=Path, help="the JSON file")
    return made


def run(arguments: argparse.Namespace, tell: Callable[[str], object]) -> Results:
    """Measure what was asked for."""
    begun, load = time.perf_counter(), os.getloadavg()[0]
    settings = Settings(
        repeats=max(1, arguments.repeats),
        is_full=arguments.full,
        peer_python=arguments.peer_python,
        shoal_python=sys.executable,
    )
    outcome = Outcome(measured={}, versions={}, notes=())
    startup: dict[str, StartUp] = {}
    failed: list[str] = []
    if "startup" in arguments.only:
        startup, failed = measure_startup(settings.repeats, tell)
    alone, silent = measure_alone(
        [name for name in THREADS if name in arguments.only], settings.shoal_python, tell
    )
    tell("peak of one core")
    peak, unknown = measure_peak()
    if cases := chosen(arguments.only, arguments.peers):
        outcome = measure(cases, settings, tell)
    return Results(
        outcome=outcome,
        startup=startup,
        alone=alone,
        peak=peak,
        notes=(*outcome.notes, *failed, *silent, *unknown, *_busy(load)),
        load=load,
        settings=settings,
        elapsed_s=time.perf_counter() - begun,
    )


def _busy(load: float) -> list[str]:
    """Say so if others were at work on this machine when we began."""
    if load < BUSY_LOAD:
        return []
    return [f"the machine was busy (load {load:.1f} at the start): measure again when it is quiet"]


def main() -> int:
    """Measure, print, write."""
    arguments = parser().parse_args()
    with Console(stderr=True).status("starting") as status:
        results = run(arguments, status.update)
    show(results)
    path = arguments.output or default_path()
    write(results, path)
    print(f"written to {path}")
    return 1 if results.missed else 0


if __name__ == "__main__":
    sys.exit(main())
