"""The benchmark of the service finds wrong answers, and runs."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks.serving import Closed, Load, Tally, Wanted, told

ROOT = Path(__file__).parents[2]


def test_an_answer_with_another_last_bit_is_wrong(models) -> None:
    model = models["flowers"]
    wanted = Wanted(model, 1, "token")
    x = np.random.default_rng(0).normal(size=(512, 3))  # as the benchmark draws them
    found = model.prediction(x[:1])
    probabilities = dict(zip(model.schema.classes, found.mean[0].tolist(), strict=True))
    answer = {
        "class": model.schema.classes[found.codes[0]],
        "probabilities": probabilities,
        "disagreement": float(found.disagreement[0]),
        "unlike": False,
    }
    assert wanted.is_right(0, json.dumps(answer).encode())
    assert not wanted.is_right(1, json.dumps(answer).encode())
    probabilities["rose"] = float(np.nextafter(probabilities["rose"], 1.0))
    assert not wanted.is_right(0, json.dumps(answer).encode())
    assert b'"a": ' in wanted.requests[0]


def test_a_request_without_an_answer_is_counted() -> None:
    tally = Tally(n_due=3, lags=[0.0, 0.001, 0.05])
    tally.statuses.update((200, 429))
    assert (tally.n_unanswered, tally.passed) == (1, False)
    tally.statuses.update((200,))
    assert tally.passed
    tally.n_wrong = 1
    assert not tally.passed


def test_a_request_that_is_sent_late_makes_it_no_open_loop() -> None:
    closed = Closed(rate=5000.0, p50=0.001, p99=0.002, n_bad=0)
    tally = Tally(n_due=2, lags=[0.0, 0.0501])
    tally.statuses.update((200, 429))
    tally.seconds = {200: [0.1], 429: [0.1]}
    assert (tally.is_open, tally.passed) == (False, False)
    assert "p99 49.6 ms  most 50 ms; its core" in told(closed, tally, 1.0)  # 0.99 of 50.1
    assert told(closed, tally, 1.0).endswith("unanswered 0  wrong 0  lost 0  NOT OPEN LOOP")
    tally.lags = [0.0]  # the other was never sent
    assert not tally.is_open
    tally.lags = [0.0, 0.05]
    assert told(closed, tally, 1.0).endswith("lost 0  passed")


def test_requests_go_out_on_time_while_the_server_is_silent() -> None:
    """A server that answers nothing for 0.3 s: all are sent when due, over more connections."""
    waiting: list[Any] = []

    class Silent(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            waiting.append(self.transport)

    async def run() -> tuple[Tally, int]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        load = Load(SimpleNamespace(requests=[b"x"] * 512), port, 400.0, 0.3)  # type: ignore[arg-type]

        async def answer_all() -> int:
            await asyncio.sleep(0.35)
            n_sent = len(waiting)
            while True:
                for transport in waiting:
                    transport.write(b"HTTP/1.1 429 Busy\r\ncontent-length: 0\r\n\r\n")
                waiting.clear()
                if load.tally.n_unanswered == 0:
                    return n_sent
                await asyncio.sleep(0.01)

        tally, n_sent = await asyncio.gather(load.run(), answer_all())
        for line in load._free:
            line._transport.close()
        server.close()
        return tally, n_sent

    tally, n_sent = asyncio.run(run())
    assert tally.n_due == n_sent == len(tally.lags) >= 100  # 400 a second for 0.3 s
    assert tally.n_connections >= n_sent
    assert tally.statuses == {429: tally.n_due}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_the_benchmark_runs_and_every_request_is_answered() -> None:
    command = [sys.executable, "-m", "benchmarks.serving", "--rate", "500"]
    seconds = ["--seconds", "2", "--closed-seconds", "1"]
    done = subprocess.run([*command, *seconds], cwd=ROOT, capture_output=True, text=True)
    assert "unanswered 0  wrong 0  lost 0  " in done.stdout, done.stderr
