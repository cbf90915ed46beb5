"""What a large sweep costs: measured with one and two workers here, carried to a thousand.

``python -m benchmarks.cluster_cost`` measures seconds of a network by shape, bytes of a chunk on
its way, bytes of a network in the ledger, Dask's own rate of tasks, and what a second worker
brings, and prints the table of docs/clusters.md.
"""

from __future__ import annotations

import argparse
import json
import math
import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.coordinator import take_in
from benchmarks.runner import ROOT

NETWORKS = 10**9
WORKERS = 1000
HEADROOM = 2.0
"""How many times the tasks a second that are needed a scheduler should be able to carry."""
SHORTEST_S = 0.5
"""Seconds of a chunk at least: below, a worker waits for the next one for a part of its time."""
TASKS = 1500
REPEATS = 3
SWEEP_S = 6.0
"""Seconds of work that the sweep with one and with two workers has."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An experiment whose networks are timed."""

    name: str
    what: str
    file: str
    changes: tuple[str, ...] = ()


SHAPES = (
    Shape("or", "2-8-1, a stream of 3,000 batches of 32", "or.toml"),
    Shape("greater", "2-3-3-3-1, 8,000 rows, 100 epochs of 267 batches", "greater.toml"),
    Shape(
        "table", "20-64-2, 8,000 rows, 20 epochs of 63 batches of 128", "greater.toml",
        (
            "data.dummies=18", "training.batch_size=128", "training.epochs=20",
            "network.layers=[{units = 64, activation = 'relu'}, "
            "{units = 2, activation = 'softmax'}]",
            "training.loss=categorical_crossentropy",
        ),
    ),
    Shape(
        "digits", "64-100-10, 1,438 rows, 50 epochs of 8 batches of 200", "digits.toml",
        (
            "training.batch_size=200", "training.epochs=50", "training.stop=[]",
            "network.layers=[{units = 100, activation = 'relu'}, "
            "{units = 10, activation = 'softmax'}]",
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """What networks of a shape cost.

    Attributes:
        name: of the shape.
        network_s: of one core's time for a network, all that a chunk does included.
        out_bytes: of a chunk on its way to a worker.
        in_bytes: of a network's share of the result on its way back.
        disk_bytes: of a network in the ledger.
    """

    name: str
    network_s: float
    out_bytes: float
    in_bytes: float
    disk_bytes: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """A shape's cost carried to many networks and workers.

    Attributes:
        name: of the shape.
        bound: what decides how long it takes: "workers", or "coordinator" for its disk.
        chunk_s: seconds of a chunk.
        n_chunks, chunk_networks: how many, and networks of each.
        tasks_per_s: that the scheduler must carry, and chunks a second that the ledger takes in.
        wall_s: of the whole.
        scheduler_bytes_per_s: out and in.
        disk_bytes: of the ledger.
    """

    name: str
    bound: str
    chunk_s: float
    chunk_networks: int
    n_chunks: int
    tasks_per_s: float
    wall_s: float
    scheduler_bytes_per_s: float
    disk_bytes: float


def forecast(
    cost: Cost,
    *,
    tasks_per_s: float,
    intake_per_s: float,
    intake_bytes_per_s: float,
    efficiency: float,
    networks: int = NETWORKS,
    workers: int = WORKERS,
) -> Forecast:
    """Return what many networks cost on many workers of one core each.

    A chunk lasts so long that all workers together need at most 1 / `HEADROOM` of the tasks a
    second that the scheduler, or the coordinator's ledger, can carry:
    chunk_s = max(SHORTEST_S, HEADROOM * workers / min(tasks_per_s, intake_per_s)).

    Args:
        cost: measured.
        tasks_per_s: that Dask carries.
        intake_per_s: chunks that the ledger takes in.
        intake_bytes_per_s: bytes that it takes in; the whole lasts as long as that at least.
        efficiency: of the work of a worker that is useful.
        networks: how many are trained.
        workers: how many cores train them.
    """
    least_s = max(SHORTEST_S, HEADROOM * workers / min(tasks_per_s, intake_per_s))
    of_chunk = max(1, math.ceil(least_s / cost.network_s))
    chunk_s = of_chunk * cost.network_s
    n_chunks = math.ceil(networks / of_chunk)
    work_s = networks * cost.network_s / (workers * efficiency)
    intake_s = networks * cost.in_bytes / intake_bytes_per_s
    wall_s = max(work_s, intake_s)
    rate = n_chunks / wall_s
    return Forecast(
        name=cost.name,
        bound="workers" if work_s >= intake_s else "coordinator",
        chunk_s=chunk_s,
        chunk_networks=of_chunk,
        n_chunks=n_chunks,
        tasks_per_s=rate,
        wall_s=wall_s,
        scheduler_bytes_per_s=rate * (cost.out_bytes + of_chunk * cost.in_bytes),
        disk_bytes=networks * cost.disk_bytes,
    )


def measure_cost(shape: Shape, *, aim_s: float = 1.0, repeats: int = REPEATS) -> Cost:
    """Time a chunk of a shape on one core, and weigh it.

    Args:
        shape: what to train.
        aim_s: seconds that the chunk is aimed at.
        repeats: the median of so many counts.
    """
    from shoal.experiments.sweep.chunk import train_chunk
    from shoal.store import Ledger

    train_chunk(chunk_of(shape, 16))  # rows are drawn, caches are warm
    first_s, _ = _timed(lambda: train_chunk(chunk_of(shape, 16)), time.process_time)
    n = max(16, 16 * round(aim_s / first_s))
    whole = chunk_of(shape, n)
    runs = [_timed(lambda: train_chunk(whole), time.process_time) for _ in range(repeats)]
    result = runs[0][1]
    with tempfile.TemporaryDirectory() as folder:
        path, copies = Path(folder) / "chunks.db", 200
        with Ledger.open(path, about="cost") as ledger:
            for number in range(copies):
                ledger.put(number, result)
        disk = sum(file.stat().st_size for file in path.parent.glob("chunks.db"))
    return Cost(
        name=shape.name,
        network_s=statistics.median(seconds for seconds, _ in runs) / n,
        out_bytes=len(pickle.dumps(whole)),
        in_bytes=len(pickle.dumps(result)) / n,
        disk_bytes=disk / (copies * n),
    )


def chunk_of(shape: Shape, n: int) -> Any:
    """Return a chunk of `n` networks of a shape, for one thread."""
    from shoal.experiments.changes import override
    from shoal.experiments.reading import read_document
    from shoal.experiments.sweep.chunk import Chunk, Piece

    path = ROOT / "examples" / shape.file
    base = override(read_document(path), shape.changes)
    piece = Piece(cell=0, label=shape.name, changes=(), first=0, stop=n)
    return Chunk(number=0, pieces=(piece,), base=base, source=shape.file, folder=str(path.parent))


@dataclass(frozen=True, slots=True)
class Rates:
    """What Dask does on this machine.

    Attributes:
        empty_per_s: tasks a second that do nothing.
        tasks_per_s: tasks a second that take a chunk and return a result of a chunk's size.
        tasks_per_core_s: the same for each second of CPU time of the process that holds the
            scheduler and the client; what a busy machine does not change.
        one_s, two_s: seconds of the same chunks with one and with two workers.
    """

    empty_per_s: float
    tasks_per_s: float
    tasks_per_core_s: float
    one_s: float
    two_s: float

    @property
    def efficiency(self) -> float:
        """Of the work of two workers, the share that is useful, held against one."""
        return self.one_s / (2 * self.two_s)


Calls = Sequence[tuple[Any, ...]]
"""Functions, each with its arguments."""


def nothing(chunk: Any, result: Any) -> Any:
    """Do nothing, at a worker."""
    return result


def measure_rates(tasks: int = TASKS, sweep_s: float = SWEEP_S, rounds: int = REPEATS) -> Rates:
    """Measure Dask with worker processes on this machine, as a sweep uses it.

    Args:
        tasks: how many are sent to see how many a second go through.
        sweep_s: seconds of work that one worker and then two are given.
        rounds: how often; the fastest counts, since others may be at work here.
    """
    from shoal.experiments.sweep.chunk import train_chunk

    greater = SHAPES[1]
    n = max(16, 16 * round(1.0 / (16 * measure_cost(greater, repeats=1).network_s)))
    work: Calls = [(train_chunk, chunk_of(greater, n))] * max(4, 2 * round(sweep_s / 2))
    with _workers(1) as pool:
        _drained(pool, work[:1])  # imports, rows
        one_s = min(_timed(lambda: _drained(pool, work))[0] for _ in range(rounds))
    with _workers(2) as pool:
        _drained(pool, work[:4])
        two_s = min(_timed(lambda: _drained(pool, work))[0] for _ in range(rounds))
        empty: Calls = [(nothing, None, None)] * tasks
        empty_s = min(_timed(lambda: _drained(pool, empty))[0] for _ in range(rounds))
        full: Calls = [(nothing, chunk_of(greater, 64), train_chunk(chunk_of(greater, 64)))] * tasks
        full_s = min(_timed(lambda: _drained(pool, full))[0] for _ in range(rounds))
        core_s, _ = _timed(lambda: _drained(pool, full), time.process_time)
    return Rates(
        empty_per_s=tasks / empty_s,
        tasks_per_s=tasks / full_s,
        tasks_per_core_s=tasks / core_s,
        one_s=one_s,
        two_s=two_s,
    )


@contextmanager
def _workers(n: int) -> Iterator[Executor]:
    """Yield `n` worker processes of one thread each as an executor."""
    from distributed import Client, LocalCluster

    made = LocalCluster(
        n_workers=n, threads_per_worker=1, processes=True, dashboard_address=None,
        host="127.0.0.1", scheduler_port=0,
    )  # fmt: skip
    with made as cluster, Client(cluster) as client:
        yield client.get_executor(pure=False, retries=3)


def _drained(pool: Executor, calls: Calls) -> None:
    """Carry all calls out, and take every result in."""
    for future in as_completed([pool.submit(*call) for call in calls]):
        future.result()


def _timed(
    call: Callable[[], Any], clock: Callable[[], float] = time.perf_counter
) -> tuple[float, Any]:
    """Return how long a call took by a clock, and what it returned."""
    begun = clock()
    found = call()
    return clock() - begun, found


def show(
    costs: Sequence[Cost], rates: Rates, intake_per_s: float, forecasts: Sequence[Forecast]
) -> None:
    """Print what was measured, and what it comes to."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=100)
    measured = Table("shape", "ms a network", "bytes out, a chunk", "in, a network", "on disk")
    for cost in costs:
        numbers = (cost.out_bytes, cost.in_bytes, cost.disk_bytes)
        cells = (f"{number:,.0f}" for number in numbers)
        measured.add_row(cost.name, f"{1000 * cost.network_s:.2f}", *cells)
    carried = Table(
        "shape",
        "networks a chunk",
        "s a chunk",
        "chunks",
        "tasks/s",
        "days",
        "bound by",
        "MB/s",
        "TB",
    )
    for each in forecasts:
        carried.add_row(
            each.name, f"{each.chunk_networks:,}", f"{each.chunk_s:.1f}", f"{each.n_chunks:,}",
            f"{each.tasks_per_s:.0f}", f"{each.wall_s / 86400:.2f}", each.bound,
            f"{each.scheduler_bytes_per_s / 1e6:.1f}", f"{each.disk_bytes / 1e12:.3f}",
        )  # fmt: skip
    console.print(measured)
    console.print(
        f"Dask: {rates.empty_per_s:,.0f} empty tasks a second, {rates.tasks_per_s:,.0f} with "
        f"chunks and results ({rates.tasks_per_core_s:,.0f} for each second of CPU time)."
    )
    console.print(
        f"Two workers: {rates.one_s:.1f} s became {rates.two_s:.1f} s, efficiency "
        f"{rates.efficiency:.0%}. Ledger: {intake_per_s:,.0f} chunks a second."
    )
    console.print(f"{NETWORKS:,} networks on {WORKERS:,} workers of one core:")
    console.print(carried)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.cluster_cost", description=__doc__)
    made.add_argument("--quick", action="store_true", help="small samples, rough figures")
    made.add_argument("--json", action="store_true", help="print one JSON document")
    wishes = made.parse_args(arguments)
    share = 0.1 if wishes.quick else 1.0
    costs = [
        measure_cost(shape, aim_s=share, repeats=1 if wishes.quick else REPEATS) for shape in SHAPES
    ]
    rates = measure_rates(int(TASKS * share), SWEEP_S * share, 1 if wishes.quick else REPEATS)
    with tempfile.TemporaryDirectory() as folder:
        taken = take_in(int(50_000 * share), 64, Path(folder))
        intake = taken.chunks_per_s
    forecasts = [
        forecast(
            cost,
            tasks_per_s=rates.tasks_per_s,
            intake_per_s=intake,
            intake_bytes_per_s=intake * taken.message_bytes,
            efficiency=rates.efficiency,
        )
        for cost in costs
    ]
    if wishes.json:
        parts = {"rates": asdict(rates) | {"intake_per_s": intake}}
        lists = {"costs": costs, "forecasts": forecasts}
        print(json.dumps(parts | {k: [asdict(e) for e in v] for k, v in lists.items()}, indent=1))
    else:
        show(costs, rates, intake, forecasts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
