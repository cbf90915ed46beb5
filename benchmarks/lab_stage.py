"""A real lab and a real browser to measure: `shoal lab` as a process, pages of Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shoal.lab.fragment import Shared, write_fragment
from shoal.lab.session import Session

SCRIPT = Path(__file__).with_name("lab_watch.js")
ARGUMENTS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome")
SIZE = {"width": 1366, "height": 768}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """A lab as a process.

    Attributes:
        url: of the page, with its key.
        begun: when the command was given, in seconds since 1970.
        pid: of the process.
    """

    url: str
    begun: float
    pid: int

    def rss(self) -> int:
        """Return the bytes of memory that the process holds."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0


@contextmanager
def lab(*arguments: str) -> Iterator[Lab]:
    """Start a lab on a free port; it ends by Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="shoal-lab-bench-") as folder:
        begun = time.time()
        process = subprocess.Popen(
            [sys.executable, "-m", "shoal", "lab", "--no-browser", "--port", "0", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder,
            env={**os.environ, "SHOAL_HOME": folder},
        )  # fmt: skip
        assert process.stdout is not None
        try:
            yield Lab(url=process.stdout.readline().strip(), begun=begun, pid=process.pid)
        finally:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.communicate()


@contextmanager
def browser() -> Iterator[Any]:
    """Start Chromium without a window.

    Raises:
        SystemExit: there is none.
    """
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise SystemExit("no Chromium: install it (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield made
        made.close()


@contextmanager
def page_of(chromium: Any, url: str | None = None, *, watched: bool = True) -> Iterator[Any]:
    """Open a page with a context and a cache of its own, with `lab_watch.js` in it."""
    context = chromium.new_context(viewport=SIZE, locale="en-GB")
    try:
        page = context.new_page()
        if watched:
            page.add_init_script(path=str(SCRIPT))
        if url is not None:
            page.goto(url)
        yield page
    finally:
        context.close()


def fragment(experiment: dict[str, Any], **ui: object) -> str:
    """Return what the page's address ends with, to begin with an experiment and a view of it."""
    return write_fragment(Shared(session=Session(experiment=experiment), ui=dict(ui)))


def greater(size: int, *, epochs: int = 100, rate: float = 0.002, seed: int = 0) -> dict[str, Any]:
    """Return `greater` with 10,000 points and the defaults of the lab; a long run reports less."""
    training: dict[str, Any] = {
        "epochs": epochs,
        "optimizer": {"name": "adam", "learning_rate": rate},
    }
    if epochs > 1000:
        training["report_every"] = 2500
    return {
        "seed": seed,
        "data": {"task": "greater", "samples": 10_000},
        "training": training,
        "population": {"size": size},
    }


def ended(page: Any, after: int = -1) -> int:
    """Wait until the end of a setting was painted; return its number."""
    return int(page.evaluate("after => shoalWatch.ended(after)", after))
