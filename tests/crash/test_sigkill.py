"""A training that is killed (SIGKILL) at random moments ends, resumed, with the bits of one run.

Processes are forked from this one, which has everything imported already, so that a start costs
a few milliseconds; the killed one has no chance to tidy up.
"""

from __future__ import annotations

import os
import signal
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import shoal
from shoal.experiments import resume
from shoal.experiments.checkpoint import read_checkpoint

EXPERIMENT = shoal.Experiment(
    data=shoal.tasks.greater(samples=300),
    training=shoal.Training(
        shoal.Adam(0.01),
        batch_size=10,
        epochs=4000,
        report_every=1200,
        restore_best="validation_accuracy",
    ),
    population=8,
)
EVERY_S = 0.01
LONGEST_S = 0.3
"""The longest that a process may live before it is killed."""


def train(path: Path) -> None:
    """Begin, or go on, on one thread."""
    if path.exists():
        resume(path, threads=1, checkpoint_every_s=EVERY_S, tape_bytes=0)
    else:
        EXPERIMENT.run(threads=1, checkpoint=path, checkpoint_every_s=EVERY_S, tape_bytes=0)


def child(path: Path) -> int:
    """Start training in a process of its own; return its number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads
        pid = os.fork()
    if pid:
        return pid
    code = 1  # pragma: no cover
    try:  # pragma: no cover
        train(path)
        code = 0
    finally:  # pragma: no cover
        os._exit(code)


def killed(path: Path, after_s: float) -> bool:
    """Train for a while, then kill; return whether it was killed before its end."""
    pid = child(path)
    time.sleep(after_s)
    os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def kill_and_resume(folder: Path, n_kills: int, seed: int) -> None:
    whole = EXPERIMENT.run()
    random = np.random.default_rng(seed)
    n, steps, most_files = 0, [], 0
    path = folder / "run.checkpoint"
    while n < n_kills:
        moment = random.uniform(0, LONGEST_S)
        if killed(path, moment):
            n += 1
            most_files = max(most_files, len(os.listdir(folder)))
            steps.append(int(read_checkpoint(path).arrays["step"].min()) if path.exists() else 0)
        else:
            assert resume(path).digest == whole.digest
            path.unlink()
    assert most_files <= 3, "files are left behind that nobody cleans up"
    assert len(set(steps)) > n_kills // 5, "hardly a kill came while it trained"
    train(path)
    run = resume(path)
    assert run.digest == whole.digest
    assert run.weights.tobytes() == whole.weights.tobytes()
    for name, values in whole.history.items():
        np.testing.assert_array_equal(run.history[name], values)
    assert os.listdir(folder) == ["run.checkpoint"]


def test_killed_ten_times(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, 10, seed=0)


@pytest.mark.slow
def test_killed_two_hundred_times(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, 200, seed=1)
