"""Sweeps and ledgers that are killed (SIGKILL) at random moments lose nothing acknowledged.

Processes are forked from this one; what they have acknowledged they write to a pipe, which
outlives them.
"""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shoal.experiments.archive import load
from shoal.experiments.drafting import sweeping, sweeping_on
from shoal.experiments.sweep import Sweep
from shoal.store import Ledger, Store

N_CHUNKS = 1_000_000
SWEEP = {
    "data": {"task": "greater", "samples": 40},
    "training": {"epochs": 20, "optimizer": {"name": "adam", "learning_rate": 0.01}},
    "population": {"size": 4},
    "sweep": {"seed": list(range(40))},
}


def content(chunk: int) -> dict[str, np.ndarray]:
    return {"loss": np.arange(chunk, chunk + 20) / 7, "why": np.array([f"{chunk}"] * 3)}


def child(work: Callable[[int], object]) -> tuple[int, int]:
    """Start work in a process of its own; return its number and what it says."""
    told, tell = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads
        pid = os.fork()
    if pid:
        os.close(tell)
        return pid, told
    try:  # pragma: no cover
        work(tell)
    finally:  # pragma: no cover
        os._exit(0)


def killed(work: Callable[[int], object], after_s: float) -> bytes:
    """Work for a while, then kill; return what was said until then."""
    pid, told = child(work)
    time.sleep(after_s)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with os.fdopen(told, "rb") as file:
        return file.read()


def put_chunks(path: Path) -> Callable[[int], object]:
    """Return the work: put the chunks that are missing, and say after each group how far."""

    def work(tell: int) -> None:
        with Ledger.open(path) as ledger:
            for chunk in ledger.missing(N_CHUNKS):
                if ledger.put(chunk, content(chunk)):
                    os.write(tell, b"%d\n" % chunk)

    return work


def kill_ledgers(folder: Path, n_kills: int, seed: int) -> None:
    path, random, acknowledged, counts = folder / "chunks.db", np.random.default_rng(seed), -1, []
    for _ in range(n_kills):
        said = killed(put_chunks(path), random.uniform(0.02, 0.3)).splitlines()
        acknowledged = max([acknowledged, *(int(line) for line in said)])
        if not path.exists():
            continue
        with Ledger.open(path) as ledger:
            counts.append(ledger.count())
            # they are put in order, so all up to the last that was acknowledged must be there
            assert counts[-1] > acknowledged
            assert next(ledger.missing(N_CHUNKS)) == counts[-1]
    assert len(set(counts)) > n_kills // 3, "hardly a kill came while it wrote"
    with Ledger.open(path) as ledger:
        for chunk, arrays in ledger:
            np.testing.assert_array_equal(arrays["loss"], content(chunk)["loss"])
            assert arrays["why"].tolist() == content(chunk)["why"].tolist()


def test_a_ledger_is_killed_six_times(tmp_path: Path) -> None:
    kill_ledgers(tmp_path, 6, seed=0)


@pytest.mark.slow
def test_a_ledger_is_killed_two_hundred_times(tmp_path: Path) -> None:
    kill_ledgers(tmp_path, 200, seed=1)


def run_sweep(store: Store) -> Callable[[int], object]:
    """Return the work: begin a sweep, or go on with the one that is there."""

    def work(tell: int) -> None:
        if store.count():
            with sweeping_on("@last", store=store) as (sweep, draft):
                draft.finish(sweep.run(ledger=draft.ledger, threads=1))
        else:
            sweep = Sweep.read(SWEEP)
            with sweeping(sweep, store=store) as draft:
                draft.finish(sweep.run(ledger=draft.ledger, threads=1))
        os.write(tell, b"done\n")

    return work


def kill_sweeps(folder: Path, n_kills: int, seed: int) -> None:
    whole, random = Sweep.read(SWEEP).run(), np.random.default_rng(seed)
    n, round = 0, 0
    while n < n_kills:
        store, round = Store.open(folder / f"{round}"), round + 1
        while n < n_kills and b"done" not in killed(run_sweep(store), random.uniform(0, 0.4)):
            n += 1
            assert store.count() <= 1
        pid, _ = child(run_sweep(store))
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        found = load("@last", store=store)
        assert store.get("@last").status == "done"
        for name, values in whole.columns.items():
            np.testing.assert_array_equal(found.columns[name], values)


def test_a_sweep_is_killed_four_times(tmp_path: Path) -> None:
    kill_sweeps(tmp_path, 4, seed=2)


@pytest.mark.slow
def test_a_sweep_is_killed_two_hundred_times(tmp_path: Path) -> None:
    kill_sweeps(tmp_path, 200, seed=3)


def add_runs(store: Store) -> Callable[[int], object]:
    def work(tell: int) -> None:
        while True:
            entry = store.add(
                "run", "or", lambda folder: (folder / "x").write_text("whole"), status="done"
            )
            os.write(tell, entry.id.encode() + b"\n")

    return work


def test_runs_that_were_added_are_there_after_a_kill(tmp_path: Path) -> None:
    store, random, acknowledged = Store.open(tmp_path / "home"), np.random.default_rng(4), set()
    for _ in range(8):
        said = killed(add_runs(store), random.uniform(0.01, 0.15)).split()
        acknowledged |= {id.decode() for id in said if len(id) == 8}
    there = {entry.id: entry for entry in store.list()}
    assert acknowledged <= there.keys()
    assert len(there) - len(acknowledged) <= 8  # one that was there and not yet told, each time
    assert all((entry.folder / "x").read_text() == "whole" for entry in there.values())
