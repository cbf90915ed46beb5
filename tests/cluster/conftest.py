"""Hosts of our own: network namespaces on one machine, joined by a bridge in one more.

Nothing outside them is touched, and no packet leaves them.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SUBNET = "10.77.0"


def why_not() -> str:
    """Return why there can be no hosts here, "" if there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "network namespaces need the command ip (package iproute2)"
    name = f"shoal-try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if made.returncode:
        return f"network namespaces cannot be made here: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return ""


@dataclass(frozen=True, slots=True)
class Host:
    """A namespace with an address of its own; its processes end with it."""

    namespace: str
    address: str
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def _command(self, command: Sequence[str]) -> list[str]:
        return ["ip", "netns", "exec", self.namespace, *command]

    def run(
        self, command: str, folder: Path, env: Mapping[str, str] = os.environ, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Carry out a line of a shell there."""
        return subprocess.run(
            self._command(["sh", "-c", command]),
            cwd=folder, env=env, capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip

    def start(
        self, command: str, folder: Path, log: Path, env: Mapping[str, str] = os.environ
    ) -> None:
        """Begin a line of a shell there; what it says goes to `log`."""
        with log.open("wb") as file:
            process = subprocess.Popen(
                self._command(["sh", "-c", f"exec {command}"]),
                cwd=folder, env=env, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.started.append(process)


@contextlib.contextmanager
def hosts(n: int) -> Iterator[list[Host]]:
    """Make `n` hosts that see each other; their processes are killed and they go at the end."""
    switch = f"shoal-{os.getpid()}-lan"
    made = [Host(f"shoal-{os.getpid()}-{k}", f"{SUBNET}.{k}") for k in range(1, n + 1)]
    try:
        _ip("netns", "add", switch)
        _ip("-n", switch, "link", "add", "lan", "type", "bridge")
        _ip("-n", switch, "link", "set", "lan", "up")
        for k, host in enumerate(made):
            _ip("netns", "add", host.namespace)
            _ip("link", "add", f"cable{k}", "netns", switch,
                "type", "veth", "peer", "name", "eth0", "netns", host.namespace)  # fmt: skip
            _ip("-n", switch, "link", "set", f"cable{k}", "master", "lan", "up")
            _ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
            _ip("-n", host.namespace, "link", "set", "eth0", "up")
            _ip("-n", host.namespace, "link", "set", "lo", "up")
        yield made
    finally:
        for name in (*(host.namespace for host in made), switch):
            with contextlib.suppress(subprocess.CalledProcessError, ProcessLookupError):
                for pid in _ip("netns", "pids", name).split():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(pid), 9)
                _ip("netns", "del", name)
        for host in made:
            for process in host.started:
                process.wait()


def _ip(*arguments: str) -> str:
    made = subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
    return made.stdout


def environment() -> dict[str, str]:
    """Return the environment in which the commands of this installation are found."""
    folder = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def four_hosts() -> Iterator[list[Host]]:
    """Four hosts, 10.77.0.1 to 10.77.0.4."""
    if reason := why_not():
        pytest.skip(reason)
    with hosts(4) as made:
        yield made


@pytest.fixture
def commands() -> dict[str, str]:
    """What stands on the page of clusters for a shell, by the word it begins with."""
    page = Path(__file__).parents[2] / "docs" / "clusters.md"
    found = re.findall(r"^```bash\n# (\w+)\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    return dict(found)


@pytest.fixture
def shell_environment() -> dict[str, str]:
    """The environment in which the commands of this installation are found."""
    return environment()
