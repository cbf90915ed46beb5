"""A real browser and a real lab for tests; every test below tests/lab has these fixtures.

::

    def test_something(lab_server, new_page):
        lab = lab_server("examples/or.toml")      # the process `shoal lab ... --no-browser`
        page = new_page(lab.url)                  # a page of Chromium in a context of its own
        page.get_by_role("button").first.click()  # playwright's sync API
        lab.kill()                                # SIGKILL: a crash
        lab = lab_server(port=lab.port, home=lab.home)
        assert lab.stop() == 0                    # Ctrl-C

`lab_server(*args, port=0, home=None, **variables)` gives a `Lab`: `url` (with the token), `base`,
`port`, `home` (its SHOAL_HOME), `process`, `told()` (standard error), `stop()`, `kill()`.
`new_page(url=None, **context)` opens a page in a new context (`color_scheme="dark"`,
`viewport={...}`, `context=` an existing one) and fails the test at its end if the page broke
the Content-Security-Policy, asked another host for anything, or threw. What a test expects of
these it takes away from the page's `page.shoal_faults`, a list. `page.shoal_visited` are its
addresses so far: the lab's page keeps its session in the fragment, so the last one changes.
`chromium` is the browser of the module. Where there is none, tests are skipped and say so.
While it is there an event loop runs: no test of such a module can call `asyncio.run`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ARGUMENTS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome")
STATIC = Path(__file__).parents[2] / "src" / "shoal" / "lab" / "static"


class Lab:
    """A lab as a process.

    Args:
        args: of the command, after ``shoal lab``.
        port: 0 for any.
        home: its SHOAL_HOME.
        folder: where it runs.
        variables: of its environment.
    """

    def __init__(
        self, *args: str, port: int | None, home: Path, folder: Path, **variables: str
    ) -> None:
        self.home = home
        self._log = folder / f"lab-{time.monotonic_ns()}.txt"
        ports = [] if port is None else ["--port", str(port)]
        command = [sys.executable, "-m", "shoal", "lab", *args, *ports, "--no-browser"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True,
                env={**os.environ, "SHOAL_HOME": str(home), **variables},
            )  # fmt: skip
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        while "Ctrl-C ends it." not in self.told():  # all that it says at the start
            if self.process.poll() is not None:
                self.close()
                raise AssertionError(self.told())
            time.sleep(0.005)
        split = urlsplit(self.url)
        self.base = f"{split.scheme}://{split.netloc}/"
        self.port = int(split.port or 80)
        self.token = split.query.removeprefix("token=")

    def told(self) -> str:
        """Return what it said on standard error so far."""
        return self._log.read_text()

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it cleanly; return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)

    def close(self) -> None:
        """Leave nothing of it behind."""
        self.process.kill()
        self.process.communicate()

    def kill(self) -> None:
        """Let it crash."""
        self.process.kill()
        self.process.wait(20)


LabServer = Callable[..., Lab]
NewPage = Callable[..., Any]


@pytest.fixture
def lab_server(tmp_path: Path) -> Iterator[LabServer]:
    """Start labs; those that still run at the end of the test are killed."""
    if not (STATIC / "page.js").exists():
        pytest.skip("the page is not built: make page")
    made: list[Lab] = []

    def start(*args: str, port: int | None = 0, home: Path | None = None, **variables: str) -> Lab:
        lab = Lab(*args, port=port, home=home or tmp_path / "home", folder=tmp_path, **variables)
        made.append(lab)
        return lab

    yield start
    for lab in made:
        lab.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser, without a window."""
    api = pytest.importorskip("playwright.sync_api", reason="no Chromium: playwright is missing")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium: install it (Debian: apt-get install chromium)")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Any) -> Iterator[NewPage]:
    """Open pages, each in a context of its own unless one is given."""
    pages: list[Any] = []
    contexts: list[Any] = []

    def make(url: str | None = None, *, context: Any = None, **settings: Any) -> Any:
        if context is None:
            size = {"width": 1366, "height": 768}
            context = chromium.new_context(**{"viewport": size, **settings})
            contexts.append(context)
        page = context.new_page()
        _watch(page)
        pages.append(page)
        if url is not None:
            page.goto(url)
        return page

    yield make
    faults = [fault for page in pages for fault in page.shoal_faults]
    for context in contexts:
        context.close()
    assert not faults


def _watch(page: Any) -> None:
    """Write down what no page of ours may do."""
    faults: list[str] = []
    visited: list[str] = []
    page.shoal_faults, page.shoal_visited = faults, visited

    def said(message: Any) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            faults.append(message.text)

    def asked(request: Any) -> None:
        host = urlsplit(request.url).hostname
        if host not in (None, "127.0.0.1", "localhost"):
            faults.append(f"asked for {request.url}")

    def moved(frame: Any) -> None:
        if frame == page.main_frame:
            visited.append(frame.url)

    page.on("framenavigated", moved)
    page.on("console", said)
    page.on("request", asked)
    page.on("pageerror", lambda error: faults.append(f"threw {error}"))
