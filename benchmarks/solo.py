"""What shoal alone is asked for: each a fresh process that prints one line of JSON.

    python -m benchmarks.solo NAME THREADS

`points` is the time of finite differences to a loss of 0.2, `memory` the peak of a population
of 100,000, `steady` what is allocated while steps are taken.
"""

from __future__ import annotations

import ctypes
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import shoal

TARGET = 0.2
"""The loss that finite differences have to reach on `points`."""
MOST_STEPS = 100_000
SEEDS = (0, 1, 2, 3, 4)
"""Starts that are tried; the one that needs the median number of steps is timed."""
N_LARGE = 100_000
"""Networks of the population whose memory is measured."""
SHORT, LONG = 20, 1_620
"""Epochs of the two runs whose difference is what steps cost."""
COUNTER = Path(__file__).with_name("allocations.cpp")
LAYERS = [{"units": n, "activation": "sigmoid", "bias": False} for n in (6, 1)]
"""The published network: logistic, without bias terms."""
HEAP_FIELDS = (
    *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
    *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
)
"""Of glibc's ``struct mallinfo2``, in order."""
Facts = dict[str, float]


def _points_experiment(seed: int) -> shoal.Experiment:
    """Return the published program's experiment, in float64 as the rule is by default."""
    return shoal.Experiment.read(
        {
            "seed": seed,
            "data": {"task": "points", "bias_input": True},
            "network": {
                "layers": LAYERS,
                "initializer": {"name": "uniform", "low": 0.0, "high": 1.0},
            },
            "training": {
                "optimizer": {"name": "finite_difference", "learning_rate": 0.01},
                "loss": "binary_crossentropy",
                "batch_size": "full",
                "epochs": MOST_STEPS,
                "report_every": 100,
                "stop": [{"name": "target", "figure": "train_loss", "below": TARGET}],
            },
            "population": {"size": 1},
        }
    )


def points(n_threads: int) -> Facts:
    """Time the median start of those in `SEEDS` that reach the target."""
    reached: list[tuple[int, int]] = []
    for seed in SEEDS:
        run = _points_experiment(seed).run(threads=n_threads)
        if run.stopped_because == ["target"]:
            reached.append((int(run.steps[0]), seed))
    if not reached:
        raise SystemExit(f"no start of {len(SEEDS)} reached a loss of {TARGET}")
    n_steps, seed = sorted(reached)[len(reached) // 2]
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        _points_experiment(seed).run(threads=n_threads)
        seconds.append(time.perf_counter() - start)
    share = len(reached) / len(SEEDS)
    return {"points_s": float(np.median(seconds)), "points_steps": n_steps, "points_share": share}


def memory(n_threads: int) -> Facts:
    """Train 100,000 networks 3-6-1 on the 50 points, figures every 100 of 1,000 epochs."""
    run = shoal.Experiment(
        data={"task": "points", "bias_input": True},
        network=shoal.Network(LAYERS),
        training=shoal.Training(
            shoal.Adam(0.03), batch_size="full", epochs=1_000, report_every=100
        ),
        population=N_LARGE,
    ).run(threads=n_threads)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    loss = float(np.mean(run.history["train_loss"][:, -1]))
    return {"memory_mb": peak_mb, "memory_s": run.seconds, "memory_loss": loss}


def steady(n_threads: int) -> Facts:
    """Compare a long run with a short one: page faults, heap, and the core's own allocations."""
    count = _counter()
    rng = np.random.default_rng(0)
    x = rng.random((2_000, 8))
    rows = (x, (x[:, 0] > x[:, 1]).astype(int))

    def cost(epochs: int) -> np.ndarray:
        experiment = shoal.Experiment(
            network=shoal.Network([shoal.Dense(32, "tanh"), shoal.Dense(1, "sigmoid")]),
            training=shoal.Training(batch_size=32, epochs=epochs, report_every="end"),
            population=shoal.Population(size=20, vary=("init", "order")),
        )
        before = _faults(), _heap(), count()
        experiment.run(threads=n_threads, rows=rows)
        after = _faults(), _heap(), count()
        return np.subtract(after, before)

    cost(SHORT)
    if count() == 0:
        raise SystemExit("the counter of allocations saw nothing, not even those before training")
    faults, heap, calls = (float(value) for value in cost(LONG) - cost(SHORT))
    thousands = (LONG - SHORT) * 63 / 1_000
    return {
        "faults": faults / thousands,
        "heap_bytes": heap / thousands,
        "allocations": calls / thousands,
    }


def _faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def _heap() -> int:
    """Return the bytes in use on glibc's heap and in its mapped blocks."""

    class Info(ctypes.Structure):
        _fields_ = [(name, ctypes.c_size_t) for name in HEAP_FIELDS]

    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = Info
    found = mallinfo2()
    return int(found.uordblks + found.hblkhd)


def _counter() -> Callable[[], int]:
    """Return a function that tells how often the core has allocated; raises if it cannot."""
    from shoal import _core

    with tempfile.TemporaryDirectory(prefix="shoal-bench-") as folder:
        library = Path(folder) / "allocations.so"
        flags = ["-O2", "-std=c++17", "-shared", "-fPIC"]
        subprocess.run(["g++", *flags, str(COUNTER), "-o", str(library)], check=True)
        counter: Any = ctypes.CDLL(str(library))
    counter.count.restype = ctypes.c_long
    if counter.watch(str(_core.__file__).encode()) == 0:
        raise SystemExit("no entry of the core leads to malloc")
    return lambda: int(counter.count())


TABLE: dict[str, Callable[[int], Facts]] = {"points": points, "memory": memory, "steady": steady}


if __name__ == "__main__":
    print(json.dumps(TABLE[sys.argv[1]](int(sys.argv[2]))))
