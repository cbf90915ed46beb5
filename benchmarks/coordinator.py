"""A simulated coordinator: it takes in the results of a million chunks and answers questions.

``python -m benchmarks.coordinator [--chunks 1000000]`` feeds messages as workers send them into
a ledger, while another process asks it what a person would ask; exit code 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import pickle
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

CHUNKS_PER_S = 2000.0
QUERY_S = 0.3
GROWTH_MB = 64.0
"""The bars: chunks a second at least, seconds of a query at most, and how much more memory the
second half may take than the first."""
POINTS = 10
"""At how many moments memory and speed are looked at."""
WATCH_S = 0.25
"""Seconds between two rounds of questions."""
N_RUNS = 100
"""Other runs in the store whose list is asked for."""


@dataclass(frozen=True, slots=True)
class Point:
    """The coordinator at a moment: chunks taken in, seconds, memory."""

    n_chunks: int
    elapsed_s: float
    rss_mb: float


@dataclass(frozen=True, slots=True)
class Intake:
    """What was measured.

    Attributes:
        n_chunks, n_networks: taken in; networks of a chunk.
        message_bytes: of a chunk as a worker sends it.
        disk_bytes: of the ledger at the end.
        points: the coordinator on its way.
        during, after: seconds of each question by its name, asked while it works and at the end.
    """

    n_chunks: int
    n_networks: int
    message_bytes: int
    disk_bytes: int
    points: tuple[Point, ...]
    during: dict[str, list[float]]
    after: dict[str, list[float]]

    @property
    def chunks_per_s(self) -> float:
        """Chunks taken in and acknowledged a second."""
        return self.n_chunks / self.points[-1].elapsed_s

    @property
    def growth_mb(self) -> float:
        """How much more memory the most of the second half is than the most of the first."""
        half = len(self.points) // 2
        first, second = self.points[:half], self.points[half:]
        return max(p.rss_mb for p in second) - max(p.rss_mb for p in first)

    @property
    def slowest_query_s(self) -> float:
        """The slowest of all questions."""
        return max(max(each) for found in (self.during, self.after) for each in found.values())

    @property
    def missed(self) -> list[str]:
        """The bars that were missed, in words."""
        bars = {
            f"{self.chunks_per_s:,.0f} chunks a second": self.chunks_per_s >= CHUNKS_PER_S,
            f"{self.growth_mb:.0f} MB more in the second half": self.growth_mb <= GROWTH_MB,
            f"a query of {1000 * self.slowest_query_s:.0f} ms": self.slowest_query_s < QUERY_S,
        }
        return [what for what, holds in bars.items() if not holds]


def chunk_result(n_networks: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Return arrays such as a worker sends for a chunk of `n_networks` networks."""
    random = np.random.default_rng(seed)
    figures = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    return {
        "cell": np.sort(random.integers(0, 1000, n_networks)),
        "network": np.arange(n_networks),
        "seed": random.integers(0, 2**53, n_networks),
        "steps": np.full(n_networks, 3000),
        "evaluations": np.full(n_networks, 3000),
        "diverged": random.random(n_networks) < 0.01,
        "stopped_because": np.ones(n_networks, np.uint8),
        "digest": random.integers(0, 2**64, n_networks, dtype=np.uint64),
        "attainable_accuracy": np.full(n_networks, 0.95),
        "constant_guess_accuracy": random.random(n_networks),
        **{name: random.random(n_networks) for name in figures},
    }


def take_in(n_chunks: int, n_networks: int, folder: Path) -> Intake:
    """Take in `n_chunks` results, ask questions meanwhile and afterwards, and measure.

    Args:
        n_chunks: how many.
        n_networks: of each.
        folder: where the ledger and the store are made.
    """
    from shoal.store import Ledger, Store

    path, store = folder / "chunks.db", Store.open(folder)
    for number in range(N_RUNS):
        store.add("sweep", f"sweep {number}", status="done")
    messages = [pickle.dumps(chunk_result(n_networks, seed), protocol=5) for seed in range(64)]
    points = []
    with Ledger.open(path, about="simulated") as ledger:
        ledger.put(0, pickle.loads(messages[0]))
        ledger.flush()
        with Watcher(path, folder) as watch:
            begun = time.perf_counter()
            marks = {n_chunks * (k + 1) // POINTS for k in range(POINTS)}
            for chunk in range(1, n_chunks + 1):
                if chunk < n_chunks:
                    ledger.put(chunk, pickle.loads(messages[chunk % len(messages)]))
                else:
                    ledger.flush()
                if chunk in marks:
                    points.append(Point(chunk, time.perf_counter() - begun, rss_mb()))
            during = watch.ended()
    after = ask(path, folder, rounds=5)
    return Intake(
        n_chunks=n_chunks,
        n_networks=n_networks,
        message_bytes=len(messages[0]),
        disk_bytes=sum(each.stat().st_size for each in folder.glob("chunks.db*")),
        points=tuple(points),
        during=during,
        after=after,
    )


def questions(path: Path, folder: Path) -> dict[str, Callable[[], object]]:
    """Return what a person asks of a sweep on its way, each as a call."""
    from shoal.store import Ledger, Store

    random = np.random.default_rng(1)

    def progress() -> object:
        with Ledger.open(path, write=False) as ledger:
            return ledger.count()

    def one_chunk() -> object:
        with Ledger.open(path, write=False) as ledger:
            return ledger.read(int(random.integers(0, max(1, ledger.count() - 1))))

    def runs() -> object:
        return Store.open(folder).list(limit=20)

    return {"how many are done": progress, "one chunk": one_chunk, "list of runs": runs}


def ask(path: Path, folder: Path, *, rounds: int = 1) -> dict[str, list[float]]:
    """Return how long each question took, in seconds, in each round."""
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, question in questions(path, folder).items():
            begun = time.perf_counter()
            question()
            found.setdefault(name, []).append(time.perf_counter() - begun)
    return found


class Watcher:
    """Another process that asks, from when it is there until `ended`."""

    def __init__(self, path: Path, folder: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        arguments = (there, str(path), str(folder))
        self._process = context.Process(target=_watch, args=arguments, daemon=True)

    def __enter__(self) -> Watcher:
        self._process.start()
        self._here.recv()  # it has imported everything
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
        self._here.close()

    def ended(self) -> dict[str, list[float]]:
        """End it and return what it measured."""
        self._here.send("end")
        found: dict[str, list[float]] = self._here.recv()
        return found


def _watch(there: Connection, path: str, folder: str) -> None:
    found = ask(Path(path), Path(folder))
    found = {name: [] for name in found}  # the first round imports
    there.send("ready")
    while True:
        for name, times in ask(Path(path), Path(folder)).items():
            found[name] += times
        if there.poll(WATCH_S):
            break
    there.send(found)


def rss_mb() -> float:
    """Return the memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def show(intake: Intake) -> None:
    """Print what was measured as tables."""
    from rich.console import Console
    from rich.table import Table

    console, points = Console(), Table("chunks", "seconds", "chunks/s", "memory, MB")
    before = Point(0, 0.0, 0.0)
    for point in intake.points:
        speed = (point.n_chunks - before.n_chunks) / (point.elapsed_s - before.elapsed_s)
        numbers = (f"{point.elapsed_s:.1f}", f"{speed:,.0f}", f"{point.rss_mb:.0f}")
        points.add_row(f"{point.n_chunks:,}", *numbers)
        before = point
    asked = Table("question", "during: median, ms", "most", "after: median, ms", "most")
    for name, during in intake.during.items():
        cells = [
            f"{1000 * of(times):.1f}"
            for times in (during, intake.after[name])
            for of in (statistics.median, max)
        ]
        asked.add_row(name, *cells)
    console.print(points)
    console.print(asked)
    per_network = intake.disk_bytes / (intake.n_chunks * intake.n_networks)
    console.print(
        f"{intake.n_chunks:,} chunks of {intake.n_networks} networks: "
        f"{intake.chunks_per_s:,.0f} chunks a second, {intake.message_bytes:,} bytes a message, "
        f"{intake.disk_bytes / 1e9:.2f} GB on disk, {per_network:.0f} bytes a network."
    )


def document(intake: Intake) -> dict[str, Any]:
    """Return what was measured as plain data."""
    return {
        "n_chunks": intake.n_chunks,
        "n_networks": intake.n_networks,
        "chunks_per_s": intake.chunks_per_s,
        "message_bytes": intake.message_bytes,
        "disk_bytes": intake.disk_bytes,
        "growth_mb": intake.growth_mb,
        "peak_mb": max(point.rss_mb for point in intake.points),
        "slowest_query_s": intake.slowest_query_s,
        "missed": intake.missed,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.coordinator", description=__doc__)
    made.add_argument("--chunks", type=int, default=1_000_000, help="how many (1,000,000)")
    made.add_argument("--networks", type=int, default=64, help="of each chunk (64)")
    made.add_argument("--folder", type=Path, help="where to write; a temporary one if not given")
    made.add_argument("--json", action="store_true", help="print one JSON document")
    wishes = made.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="coordinator-", dir=wishes.folder))
    try:
        intake = take_in(max(POINTS, wishes.chunks), max(1, wishes.networks), folder)
    finally:
        shutil.rmtree(folder)
    if wishes.json:
        print(json.dumps(document(intake), indent=1))
    else:
        show(intake)
        for what in intake.missed:
            print(f"missed: {what}")
    return 1 if intake.missed else 0


if __name__ == "__main__":
    sys.exit(main())
