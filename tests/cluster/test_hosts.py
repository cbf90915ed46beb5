"""A sweep on four hosts, by the very commands of docs/clusters.md."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.experiments.sweep import Sweep

pytestmark = pytest.mark.slow

NOISE = """
[data]
task = "greater"
samples = 2000

[training]
epochs = 20
batch_size = 30

[population]
size = 32

[sweep]
data.label_noise = [0.0, 0.1, 0.2]
"""
IN_PYTHON = """
from pathlib import Path

import numpy as np

from shoal.experiments.executors import Tls
from shoal.experiments.sweep import Sweep

tls = Tls(ca=Path("ca.pem"), cert=Path("client.pem"), key=Path("client-key.pem"))
swept = Sweep.load("noise.toml").run(executor="tls://10.77.0.1:8786", tls=tls)
np.savez("columns.npz", **swept.columns)
"""
LEFT_OUT = {"seconds", "warnings"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What every host has: the file, and a script."""
    (tmp_path / "noise.toml").write_text(NOISE, "utf-8")
    (tmp_path / "in_python.py").write_text(IN_PYTHON, "utf-8")
    return tmp_path


@pytest.fixture
def cluster(
    four_hosts: list[Any], folder: Path, commands: dict[str, str], shell_environment: dict[str, str]
) -> list[Any]:
    """Certificates made, the scheduler and two workers on hosts of their own."""
    made = subprocess.run(
        ["sh", "-ec", commands["certificates"]], cwd=folder, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    scheduler, first, second, _ = four_hosts
    worker = commands["worker"]
    assert worker.count("10.77.0.2") == 1
    scheduler.start(commands["scheduler"], folder, folder / "scheduler.log", shell_environment)
    first.start(worker, folder, folder / "first.log", shell_environment)
    other = worker.replace("10.77.0.2", "10.77.0.3")
    second.start(other, folder, folder / "second.log", shell_environment)
    _wait_for(folder / "scheduler.log", "Register worker", 2)
    return four_hosts


def _wait_for(log: Path, text: str, times: int) -> None:
    end = time.monotonic() + 60
    while log.read_text("utf-8").count(text) < times:
        assert time.monotonic() < end, log.read_text("utf-8")
        time.sleep(0.1)


def test_the_documented_commands_give_the_bits_of_a_serial_sweep(
    cluster: list[Any], folder: Path, commands: dict[str, str], shell_environment: dict[str, str]
) -> None:
    client, serial = cluster[3], Sweep.load(folder / "noise.toml").run()
    told = client.run("python in_python.py", folder, shell_environment)
    assert told.returncode == 0, told.stderr
    with np.load(folder / "columns.npz") as columns:
        assert set(columns) == set(serial.columns)
        for name, values in serial.columns.items():
            is_float = values.dtype.kind == "f"
            assert np.array_equal(columns[name], values, equal_nan=is_float), name

    told = client.run(commands["client"], folder, shell_environment)
    assert told.returncode == 0, told.stderr
    plain = json.loads(told.stdout)
    assert plain["digest"] == serial.digest
    assert plain["cells"] == json.loads(json.dumps(serial.to_dict()["cells"]))


def test_nobody_comes_in_without_a_certificate(
    cluster: list[Any], folder: Path, commands: dict[str, str], shell_environment: dict[str, str]
) -> None:
    client = cluster[3]
    plain = "shoal sweep noise.toml --cluster tcp://10.77.0.1:8786"
    told = client.run(plain, folder, shell_environment)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.partition("]: ")[2] == (
        "tcp://10.77.0.1:8786: is not on this machine, and a scheduler runs whatever is "
        "pickled to it, so TLS is required. Use tls://10.77.0.1:8786 with --tls-ca, --tls-cert "
        "and --tls-key.\n"
    )
    without = "shoal sweep noise.toml --cluster tls://10.77.0.1:8786"
    told = client.run(without, folder, shell_environment)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.partition("]: ")[2] == (
        "tls://10.77.0.1:8786: needs certificates. Give --tls-ca, --tls-cert and --tls-key.\n"
    )
    # a certificate that another authority signed
    stranger = folder / "stranger"
    stranger.mkdir()
    made = subprocess.run(
        ["sh", "-ec", commands["certificates"]], cwd=stranger, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    (stranger / "noise.toml").write_text(NOISE, "utf-8")
    told = client.run(commands["client"], stranger, shell_environment)
    assert (told.returncode, told.stdout) == (2, "")
    assert "]: tls://10.77.0.1:8786: cannot be reached: " in told.stderr
    assert len(told.stderr.splitlines()) == 1
    # Dask's own client, without TLS, is turned away by the scheduler too
    raw = "python -c \"from distributed import Client; Client('tcp://10.77.0.1:8786', timeout=3)\""
    assert client.run(raw, folder, shell_environment).returncode != 0
