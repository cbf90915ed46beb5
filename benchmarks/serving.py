"""The prediction service under load: ``python -m benchmarks.serving``.

The server runs on one core, what loads it on another: first wrk in a closed loop, for the
capacity, then a generator that keeps to its own clock at twice that, whatever the server does:
where every connection waits for an answer, another is made. A request that is sent more than
50 ms late makes the whole run none of an open loop, and it does not pass.
Every answer of the second is checked: it must have the bits of `Model.prediction`, or be 429.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from shoal.experiments.document import Experiment
from shoal.models import Model

ROOT = Path(__file__).parents[1]
BAR_RATE, BAR_P99 = 4_000.0, 0.020
"""Predictions of one row a second on one core, and seconds."""
N_ROWS = 512
FIRST_SECONDS = 0.1
"""Of requests for which there are connections from the beginning."""
MOST_CONNECTING = 32
"""Connections that are being made at once; many more would be what is measured."""
MOST_CONNECTIONS = 4_000
MOST_LAG = 0.050
"""Seconds by which a request may be sent late."""
PATIENCE = 10.0
"""Seconds for answers that are still due at the end."""
DONE = """
done = function(summary, latency, requests)
  io.write(string.format('{"n": %d, "us": %d, "p50": %f, "p99": %f, "bad": %d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read
    + summary.errors.write + summary.errors.timeout))
end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What wrk found.

    Attributes:
        rate: answers a second.
        p50, p99: seconds.
        n_bad: answers that were none of 200, and errors of connections.
    """

    rate: float
    p50: float
    p99: float
    n_bad: int

    @property
    def passed(self) -> bool:
        """Whether the bars are met."""
        return self.rate >= BAR_RATE and self.p99 < BAR_P99 and self.n_bad == 0


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of requests on their own clock.

    Attributes:
        n_due: requests of the clock.
        statuses: of the answers.
        n_wrong: answers with other bits than the model's, or none of 200 and 429.
        seconds: from when a request was due to its answer, by status.
        lags: by how much each was sent late.
        n_lost: connections that ended in the middle, or were not made.
        n_connections: that were made.
        waited: share of the time in which what sends had work, but other programs its core.
    """

    n_due: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    n_wrong: int = 0
    seconds: dict[int, list[float]] = field(default_factory=lambda: {200: [], 429: []})
    lags: list[float] = field(default_factory=list)
    n_lost: int = 0
    n_connections: int = 0
    waited: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether every request was sent when it was due."""
        return len(self.lags) == self.n_due and max(self.lags, default=0.0) <= MOST_LAG

    @property
    def n_unanswered(self) -> int:
        """How many were never answered."""
        return self.n_due - self.statuses.total()

    @property
    def passed(self) -> bool:
        """Whether every request was sent in time and answered, rightly or with 429."""
        return self.is_open and self.n_wrong == self.n_unanswered == self.n_lost == 0


class Wanted:
    """Requests, and what their answers must be.

    Args:
        model: that is served.
        port: of the server.
        token: that it wants.
    """

    def __init__(self, model: Model, port: int, token: str) -> None:
        names = [column.name for column in model.schema.columns]
        x = np.random.default_rng(0).normal(size=(N_ROWS, len(names)))
        found = model.prediction(x)
        classes = model.schema.classes
        assert found.codes is not None
        self.requests: list[bytes] = []
        self._answers: list[dict[str, Any]] = []
        self._seen: list[bytes] = [b""] * N_ROWS
        for k in range(N_ROWS):
            body = json.dumps(dict(zip(names, x[k].tolist(), strict=True))).encode()
            head = (
                f"POST /models/greater/predict HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            self.requests.append(head.encode() + body)
            self._answers.append(
                {
                    "class": classes[found.codes[k]],
                    "probabilities": dict(zip(classes, found.mean[k].tolist(), strict=True)),
                    "disagreement": float(found.disagreement[k]),
                }
            )

    def is_right(self, k: int, body: bytes) -> bool:
        """Return whether an answer is that of the model, to the last bit."""
        if body == self._seen[k]:
            return True
        answer = json.loads(body)
        right = all(answer[name] == value for name, value in self._answers[k].items())
        if right:
            self._seen[k] = body
        return right


class Line(asyncio.Protocol):
    """One connection with at most one request on it."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self._k = 0
        self._due = 0.0
        self.busy = False

    def connection_made(self, transport: Any) -> None:
        """Keep what sends."""
        self._transport = transport

    def ask(self, k: int, due: float) -> None:
        """Send request `k`, which was due then."""
        self._k, self._due, self.busy = k, due, True
        self._transport.write(self._load.wanted.requests[k])

    def data_received(self, data: bytes) -> None:
        """Take an answer, or a part of one."""
        data = self._buffer + data if self._buffer else data
        end = data.find(b"\r\n\r\n")
        start = data.find(b"content-length: ", 0, end) + 16
        if end < 0 or start < 16:
            self._buffer = data
            return
        length = int(data[start : data.find(b"\r\n", start)])
        if len(data) < end + 4 + length:
            self._buffer = data
            return
        self._buffer = b""
        self.busy = False
        self._load.answered(self, int(data[9:12]), self._k, data[end + 4 :], self._due)

    def connection_lost(self, error: Exception | None) -> None:
        """Count it, if an answer was still due."""
        self._load.lost(self)


class Load:
    """Requests at a rate of their own: late answers do not slow them down.

    Args:
        wanted: the requests.
        port: of the server.
        rate: requests a second.
        seconds: how long.
    """

    def __init__(self, wanted: Wanted, port: int, rate: float, seconds: float) -> None:
        self.wanted = wanted
        self.tally = Tally()
        self._port, self._rate, self._seconds = port, rate, seconds
        self._free: deque[Line] = deque()  # the longest unused first: none of them is idle
        self._late: deque[tuple[int, float]] = deque()
        self._n_lines = 0
        self._connecting: set[asyncio.Task[None]] = set()

    async def run(self) -> Tally:
        """Send all, and wait for what is still due."""
        for _ in range(int(self._rate * FIRST_SECONDS) // MOST_CONNECTING + 1):
            await asyncio.gather(*(self._connect() for _ in range(MOST_CONNECTING)))
        began = time.perf_counter()
        number = 0
        while (now := time.perf_counter() - began) < self._seconds:
            while number < min(now, self._seconds) * self._rate:
                self._late.append((number % N_ROWS, began + number / self._rate))
                number += 1
            self.tally.n_due = number
            self._send_late()
            await asyncio.sleep(0.0005)
        end = time.perf_counter() + PATIENCE
        while self.tally.n_unanswered and time.perf_counter() < end:
            self._send_late()
            await asyncio.sleep(0.005)
        return self.tally

    def answered(self, line: Line, status: int, k: int, body: bytes, due: float) -> None:
        """Judge an answer."""
        self.tally.statuses[status] += 1
        self.tally.seconds.setdefault(status, []).append(time.perf_counter() - due)
        if status != 429 and (status != 200 or not self.wanted.is_right(k, body)):
            self.tally.n_wrong += 1
        self._free.append(line)

    def lost(self, line: Line) -> None:
        """Count a connection that ended."""
        self._n_lines -= 1
        if line.busy:
            self.tally.n_lost += 1
        elif line in self._free:
            self._free.remove(line)

    def _send_late(self) -> None:
        """Send what is due; where all connections wait for answers, some more are made."""
        while self._late and self._free:
            k, due = self._late.popleft()
            self.tally.lags.append(time.perf_counter() - due)
            self._free.popleft().ask(k, due)
        n_more = min(len(self._late), MOST_CONNECTING) - len(self._connecting)
        for _ in range(min(n_more, MOST_CONNECTIONS - self._n_lines)):
            task = asyncio.create_task(self._connect())
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        self._n_lines += 1
        try:
            _, line = await loop.create_connection(lambda: Line(self), "127.0.0.1", self._port)
        except OSError:
            self._n_lines -= 1
            self.tally.n_lost += 1
            return
        self.tally.n_connections += 1
        self._free.append(line)
        self._send_late()


@contextmanager
def serving(folder: Path, token: str, core: str) -> Iterator[int]:
    """Serve ``greater.safetensors`` on one core; yield the port."""
    command = ["taskset", "-c", core, sys.executable, "-m", "shoal", "serve"]
    process = subprocess.Popen(
        [*command, "greater.safetensors", "--port", "0", "--threads", "1"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "SHOAL_TOKEN": token},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline().strip().rpartition(":")[2])
    finally:
        process.terminate()
        process.communicate()


def closed_loop(
    folder: Path, request: bytes, port: int, *, core: str, seconds: float, connections: int
) -> Closed:
    """Load the server with wrk."""
    head, _, body = request.decode().partition("\r\n\r\n")
    pairs = dict(re.findall(r"^(Auth\S+|Content-Type): (.*)\r?$", head, re.MULTILINE))
    lines = ['wrk.method = "POST"', f"wrk.body = {json.dumps(body)}".replace('\\"', '\\"')]
    lines += [f'wrk.headers["{name}"] = "{value.strip()}"' for name, value in pairs.items()]
    script = folder / "load.lua"
    script.write_text("\n".join(lines) + DONE)
    done = subprocess.run(
        ["taskset", "-c", core, "wrk", "-t1", f"-c{connections}", f"-d{round(seconds)}s",
         "-s", str(script), f"http://127.0.0.1:{port}/models/greater/predict"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout[done.stdout.rindex("{") :])
    return Closed(
        rate=found["n"] / found["us"] * 1e6,
        p50=found["p50"] * 1e-6,
        p99=found["p99"] * 1e-6,
        n_bad=found["bad"],
    )


def open_loop(wanted: Wanted, port: int, *, core: str, rate: float, seconds: float) -> Tally:
    """Load the server on our own clock, from another core."""
    import uvloop

    os.sched_setaffinity(0, {int(core)})
    with suppress(PermissionError):  # what keeps time should not wait for other programs
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    began, waited = time.perf_counter(), _waited()
    tally = uvloop.run(Load(wanted, port, rate, seconds).run())
    tally.waited = (_waited() - waited) / (time.perf_counter() - began)
    return tally


def _waited() -> float:
    """Return for how many seconds this process has waited for its core."""
    return int(Path("/proc/self/schedstat").read_text().split()[1]) * 1e-9


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.serving",
        description="Load the prediction service; exit code 1 if a bar is missed.",
    )
    made.add_argument("--seconds", type=float, default=60, help="of the open loop; 60")
    made.add_argument("--closed-seconds", type=float, default=10, help="of wrk; 10")
    made.add_argument("--connections", type=int, default=16, help="of wrk; 16")
    made.add_argument("--rate", type=float, help="of the open loop; twice what wrk reached")
    made.add_argument("--cores", default="0,1", metavar="A,B", help="of server and load; 0,1")
    return made


def told(closed: Closed, tally: Tally, seconds: float) -> str:
    """Return what was found, in lines."""
    lines = [
        f"closed loop  {closed.rate:>9,.0f} predictions/s  p50 {closed.p50 * 1e3:.2f} ms  "
        f"p99 {closed.p99 * 1e3:.2f} ms  bad {closed.n_bad}  {_verdict(closed.passed)}",
        f"open loop    {tally.n_due / seconds:>9,.0f} requests/s for {seconds:g} s over "
        f"{tally.n_connections:,} connections",
    ]
    if tally.lags:
        late = np.percentile(np.array(tally.lags) * 1e3, [50, 99, 100])
        told = "  sent late  p50 {:.1f} ms  p99 {:.1f} ms  most {:.0f} ms".format(*late)
        lines.append(f"{told}; its core was others' for {tally.waited:.0%} of the time")
    for status, n in sorted(tally.statuses.items()):
        each = np.array(tally.seconds[status]) * 1e3
        p50, p99 = np.percentile(each, [50, 99])
        lines.append(f"  {status}        {n:>9,}  p50 {p50:.1f} ms  p99 {p99:.1f} ms")
    bad = f"unanswered {tally.n_unanswered}  wrong {tally.n_wrong}  lost {tally.n_lost}"
    verdict = _verdict(tally.passed) if tally.is_open else "NOT OPEN LOOP"
    return "\n".join([*lines, f"  {bad}  {verdict}"])


def _verdict(passed: bool) -> str:
    return "passed" if passed else "MISSED"


def main() -> int:
    """Measure, tell, and return the exit code."""
    given = parser().parse_args()
    for tool in ("wrk", "taskset"):
        if shutil.which(tool) is None:
            print(f"{tool} is not installed.", file=sys.stderr)
            return 2
    server_core, load_core = given.cores.split(",")
    token = secrets.token_urlsafe(32)
    with tempfile.TemporaryDirectory(prefix="shoal-serving-") as name:
        folder = Path(name)
        model = Experiment.load(ROOT / "examples" / "greater.toml").run().ensemble
        model.save(folder / "greater.safetensors")
        with serving(folder, token, server_core) as port:
            wanted = Wanted(model, port, token)
            for _ in itertools.repeat(None, 2):  # the first warms up
                closed = closed_loop(
                    folder, wanted.requests[0], port, core=load_core,
                    seconds=given.closed_seconds, connections=given.connections,
                )  # fmt: skip
            rate = given.rate or 2 * closed.rate
            tally = open_loop(wanted, port, core=load_core, rate=rate, seconds=given.seconds)
    print(told(closed, tally, given.seconds))
    return 0 if closed.passed and tally.passed else 1


if __name__ == "__main__":
    sys.exit(main())
