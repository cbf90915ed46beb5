"""Sweeps on Dask: worker processes, one killed on the way, and the bits of a serial sweep."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pytest
from distributed import Client, LocalCluster

from shoal.errors import InputError
from shoal.experiments.sweep import Sweep
from shoal.experiments.sweep.agreement import own_maker
from shoal.experiments.sweep.chunk import Chunk, Piece, train_chunk
from shoal.experiments.sweep.running import SweepProgress
from shoal.kernels import ARITHMETIC

DOCUMENT = {
    "data": {"task": "greater", "samples": 8000},
    "training": {"epochs": 300, "batch_size": 30},
    "population": {"size": 16},
    "sweep": {"data.label_noise": [0.0, 0.1, 0.2], "training.optimizer": ["adam", "sgd"]},
}
"""Six chunks of 16 networks, each of 80,100 steps: some 0.6 s a chunk."""


def same(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    """Return whether all columns are equal, bit for bit."""
    return one.keys() == other.keys() and all(
        np.array_equal(values, other[name], equal_nan=values.dtype.kind == "f")
        for name, values in one.items()
    )


@contextmanager
def local_cluster() -> Iterator[Client]:
    """Two worker processes under nannies, which start them again."""
    with dask.config.set({"distributed.scheduler.allowed-failures": 3}):
        made = LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
            host="127.0.0.1", scheduler_port=0,
        )  # fmt: skip
        with made as cluster, Client(cluster) as client:
            yield client


def pids_of(client: Client) -> dict[str, int]:
    return dict(client.run(os.getpid))


def test_two_processes_one_killed_in_mid_sweep() -> None:
    """The chunks that it had are trained again elsewhere, and nothing else is seen of it."""
    sweep = Sweep.read(DOCUMENT)
    assert sweep.survey().plan.n_chunks == 6
    serial = sweep.run()
    told: list[SweepProgress] = []
    with local_cluster() as client:
        before = pids_of(client)
        victim = next(iter(before.values()))
        killed = threading.Event()

        def kill(progress: SweepProgress) -> None:
            told.append(progress)
            if 0 < progress.n_done < progress.n_networks and not killed.is_set():
                os.kill(victim, signal.SIGKILL)
                killed.set()

        found = sweep.run(executor=client, progress=kill)
        assert killed.is_set(), [each.n_done for each in told]
        client.wait_for_workers(2, timeout=20)
        after = pids_of(client)
    assert victim not in after.values()
    assert len(after) == 2
    assert found.interrupted is False
    assert same(found.columns, serial.columns)
    assert found.digest == serial.digest


SMALL = """
[data]
task = "greater"
samples = 500

[training]
epochs = 3
batch_size = 30

[population]
size = 16

[sweep]
data.label_noise = [0.0, 0.2]
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL, "utf-8")
    return path


def swept(*args: str | Path) -> dict[str, Any]:
    """Return what ``shoal sweep --json`` prints, called as a person calls it."""
    command = [sys.executable, "-W", "error", "-m", "shoal", "sweep", *map(str, args)]
    made = subprocess.run(
        [*command, "--json", "--quiet", "--no-store"], capture_output=True, text=True, timeout=100
    )
    assert (made.returncode, made.stderr) == (0, "")
    found: dict[str, Any] = json.loads(made.stdout)
    return found


def test_a_cluster_of_the_command_s_own(small: Path) -> None:
    found = swept(small, "--cluster", "local:2")
    assert found["digest"] == Sweep.load(small).run().digest


@pytest.mark.slow
def test_a_scheduler_that_runs_already(small: Path, tmp_path: Path) -> None:
    scheduler_file = tmp_path / "scheduler.json"
    folder = Path(sys.executable).parent
    started = [
        subprocess.Popen(
            [folder / "dask", kind, *options, "--no-dashboard",
             "--scheduler-file", str(scheduler_file)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for kind, options in (
            ("scheduler", ["--host", "127.0.0.1", "--port", "0"]),
            ("worker", ["--nworkers", "2", "--nthreads", "1"]),
        )
    ]  # fmt: skip
    try:
        end = time.monotonic() + 60
        while not scheduler_file.exists():
            assert time.monotonic() < end
            time.sleep(0.1)
        address = json.loads(scheduler_file.read_text("utf-8"))["address"]
        assert address.startswith("tcp://127.0.0.1:")
        with Client(address) as client:
            client.wait_for_workers(2, timeout=60)
        found = swept(small, "--cluster", address)
        again = swept(small, "--cluster", address)
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()
    assert found["digest"] == again["digest"] == Sweep.load(small).run().digest


@pytest.mark.slow
def test_rows_of_ones_own_travel_once_to_every_worker() -> None:
    random = np.random.default_rng(0)
    x = random.random((400, 2))
    y = (x[:, :1] > x[:, 1:]).astype(float)
    rows = (x[:300], y[:300], x[300:], y[300:])
    sweep = Sweep.read({"training": {"epochs": 3}, "population": 16, "sweep": {"seed": [1, 2, 3]}})
    serial = sweep.run(rows=rows)
    with local_cluster() as client:
        found = sweep.run(executor=client, rows=rows)
        # the rows are let go at the end, on every worker
        left = client.run(_holds)
    assert same(found.columns, serial.columns)
    assert all(n == 0 for n in left.values())


def _holds() -> int:
    from shoal.experiments.sweep import shared

    return sum(not hold.cargo.is_empty for hold in shared._holds.values())


def test_another_shoal_does_not_train_a_chunk() -> None:
    piece = Piece(cell=0, label="one", changes=(), first=0, stop=1)
    chunk = Chunk(number=0, pieces=(piece,), base={"training": {"epochs": 1}}, source="", folder="")
    assert len(train_chunk(chunk)["cell"]) == 1
    made_by = replace(own_maker(), version="9.9", arithmetic="77")
    with pytest.raises(InputError) as error:
        train_chunk(replace(chunk, made_by=made_by))
    machine = platform.machine()
    own = f"shoal {version('shoal')}, arithmetic {ARITHMETIC}, {machine}"
    assert str(error.value) == (
        f"worker {platform.node()} has {own}, the sweep shoal 9.9, arithmetic 77, {machine}: "
        "results might differ. Install the same shoal on every host, on CPUs of one family."
    )
