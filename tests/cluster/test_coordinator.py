"""The simulated coordinator: what it takes in, its memory, and the arithmetic of the forecast."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.cluster_cost import SHAPES, Cost, Rates, Shape, chunk_of, forecast
from benchmarks.coordinator import POINTS, Intake, Point, chunk_result, take_in
from shoal import Experiment
from shoal.experiments.prepare import prepare
from shoal.experiments.sweep.chunk import train_chunk
from shoal.store import Ledger

QUESTIONS = {"how many are done", "one chunk", "list of runs"}


def test_a_simulated_result_is_as_large_as_a_real_one() -> None:
    real = train_chunk(chunk_of(SHAPES[0], 16))
    simulated = chunk_result(16)
    sizes = [
        {name: (each.dtype, each.shape) for name, each in found.items()}
        for found in (real, simulated)
    ]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_shape_is_what_it_says(shape: Shape) -> None:
    chunk = chunk_of(shape, 1)
    experiment = Experiment.read(chunk.base, folder=Path(chunk.folder))
    prepared = prepare(experiment, members=range(1))
    network = prepared.network
    sizes = [network.n_inputs, *(layer.units for layer in network.layers)]
    assert shape.what.startswith("-".join(str(n) for n in sizes) + ", ")
    steps = prepared.settings.total_steps
    if "epochs of" in shape.what:
        told = shape.what.replace(",", "").split()
        epochs, per_epoch = int(told[told.index("epochs") - 1]), int(told[told.index("of") + 1])
        assert steps == epochs * per_epoch
        rows = int(told[told.index("rows") - 1])
        assert prepared.parts[0].train.x.shape[0] == rows
    else:
        assert (steps, prepared.schedule.batch) == (3000, 32)


def test_the_forecast_is_arithmetic() -> None:
    # 1,000 workers and 400 tasks a second, with headroom 2: chunks of 2 x 1,000 / 400 = 5 s.
    # 5 s / 0.01 s = 500 networks a chunk; 10^9 / 500 = 2 x 10^6 chunks.
    # 10^9 x 0.01 s / (1,000 x 0.8) = 12,500 s; 2 x 10^6 / 12,500 = 160 chunks a second.
    # 160 x (1,000 + 500 x 100) bytes = 8.16 MB/s; 10^9 x 120 bytes = 0.12 TB.
    cost = Cost(name="one", network_s=0.01, out_bytes=1000, in_bytes=100, disk_bytes=120)
    rates = {"tasks_per_s": 400, "intake_per_s": 2000, "intake_bytes_per_s": 60e6}
    found = forecast(cost, **rates, efficiency=0.8)
    assert (found.chunk_s, found.chunk_networks, found.n_chunks) == (5.0, 500, 2_000_000)
    assert (found.wall_s, found.tasks_per_s) == (12_500.0, 160.0)
    assert found.scheduler_bytes_per_s == pytest.approx(8.16e6)
    assert found.disk_bytes == pytest.approx(0.12e12)
    assert found.bound == "workers"
    # at 4 MB/s, 10^9 x 100 bytes take 25,000 s
    found = forecast(cost, **{**rates, "intake_bytes_per_s": 4e6}, efficiency=0.8)
    assert (found.bound, found.wall_s) == ("coordinator", 25_000.0)


def test_a_slow_ledger_makes_longer_chunks_and_few_workers_do_not_make_short_ones() -> None:
    cost = Cost(name="one", network_s=0.01, out_bytes=0, in_bytes=0, disk_bytes=0)
    slow = forecast(cost, tasks_per_s=400, intake_per_s=100, intake_bytes_per_s=1e6, efficiency=1.0)
    assert slow.chunk_s == 20.0
    few = forecast(
        cost,
        tasks_per_s=400,
        intake_per_s=2000,
        intake_bytes_per_s=1e6,
        efficiency=1.0,
        workers=2,
    )
    assert few.chunk_s == 0.5


def test_efficiency_is_that_of_the_second_worker() -> None:
    rates = Rates(empty_per_s=1, tasks_per_s=1, tasks_per_core_s=1, one_s=10.0, two_s=6.25)
    assert rates.efficiency == 0.8


def test_bars_that_are_missed_are_named() -> None:
    points = tuple(Point(10 * k, float(k), 50.0 + 100.0 * (k > 6)) for k in range(1, 11))
    found = Intake(
        n_chunks=100, n_networks=1, message_bytes=1, disk_bytes=1, points=points,
        during={"one chunk": [0.5]}, after={"one chunk": [0.1]},
    )  # fmt: skip
    assert found.missed == [
        "10 chunks a second", "100 MB more in the second half", "a query of 500 ms",
    ]  # fmt: skip


@pytest.mark.slow
def test_twenty_thousand_chunks_in_bounded_memory(tmp_path: Path) -> None:
    found = take_in(20_000, 64, tmp_path)
    assert len(found.points) == POINTS
    assert found.growth_mb < 16
    assert found.during.keys() == found.after.keys() == QUESTIONS
    assert all(found.during.values())
    with Ledger.open(tmp_path / "chunks.db", write=False) as ledger:
        assert ledger.count() == 20_000
        last = ledger.read(19_999)
    wanted = chunk_result(64, 19_999 % 64)
    assert all(np.array_equal(last[name], wanted[name]) for name in wanted)
