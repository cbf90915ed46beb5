"""Calls of the core that last: they answer signals, and take arrays that must not be changed."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import shoal
from shoal.kernels import forward

NETWORK = shoal.Network([shoal.Dense(64, "tanh"), shoal.Dense(1)], inputs=2)


def arrays(n_networks, n_rows):
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(n_networks, NETWORK.layout().n_parameters)).astype(np.float32)
    return flat, rng.normal(size=(n_rows, 2)).astype(np.float32)


def test_a_forward_pass_of_more_than_one_wake_up():
    """The caller wakes every 50 ms; this takes several times as long on one thread."""
    flat, x = arrays(200, 30_000)
    found = forward(NETWORK, flat, x, threads=1)
    np.testing.assert_array_equal(found[:, :5], forward(NETWORK, flat, x[:5]))


def test_read_only_arrays_are_taken():
    flat, x = arrays(2, 10)
    flat.flags.writeable = x.flags.writeable = False
    assert forward(NETWORK, flat, x).shape == (2, 10, 1)


def test_ctrl_c_ends_a_forward_pass():
    flat, x = arrays(2000, 100_000)  # seconds of work
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        forward(NETWORK, flat, x, threads=1)
    assert time.monotonic() - begun < 2.5


SCRIPT = """
import os, signal, threading, time
import numpy as np, shoal
rng = np.random.default_rng(0)
x = rng.normal(size=(60_000, 100)); y = (x[:, 0] > 0).astype(int)
def experiment_of(epochs):
    return shoal.Experiment(
        network=shoal.Network([shoal.Dense(300, "tanh"), shoal.Dense(1, "sigmoid")]),
        training=shoal.Training("adam", batch_size="full", epochs=epochs), population=3)
begun = time.monotonic()
experiment_of(1).run(rows=(x, y), threads=2)
one = time.monotonic() - begun  # data and a step, however busy the machine is
experiment = experiment_of(1000)
threading.Timer(one + 0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
begun = time.monotonic()
run = experiment.run(rows=(x, y), threads=2)
late = time.monotonic() - begun
again = run.at(step=int(run.steps[0]))
print(run.interrupted, late < 6 + 4 * one, set(run.stopped_because), np.isfinite(run.weights).all(),
      np.array_equal(again.flat[0], run.weights[0]))
"""


def test_ctrl_c_in_the_middle_of_a_long_step_keeps_what_is_there():
    """One step of 60,000 rows takes a good part of a second: it is given up, not finished."""
    made = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert made.stdout.split(maxsplit=2)[:2] == ["True", "True"], made.stdout + made.stderr
    assert made.stdout.rstrip().endswith("{'interrupted'} True True")


SIGNAL = """
import os, signal, threading, shoal
class Stop(Exception): pass
def stop(*_): raise Stop
signal.signal(signal.SIGALRM, stop)
shoal.Experiment(training=shoal.Training(epochs=1)).run()  # all is loaded
experiment = shoal.Experiment(training=shoal.Training(epochs=100_000, report_every="end"))
signal.setitimer(signal.ITIMER_REAL, 0.5)
try:
    experiment.run()
except Stop:
    print("stopped")
"""


def test_another_signals_exception_is_raised_not_taken_for_ctrl_c():
    made = subprocess.run([sys.executable, "-c", SIGNAL], capture_output=True, text=True)
    assert made.stdout == "stopped\n", made.stderr
