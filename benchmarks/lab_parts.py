"""The parts of the lab's benchmark: what a person waits for, in the page's own time."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

from benchmarks.lab_figures import Figure, figure, percentile, spread
from benchmarks.lab_stage import ended, fragment, greater, lab, page_of

Told = Callable[[str], object]
N_STARTS, N_CHANGES, N_PAGES = 5, 40, 10
RATE = "Learning rate"
LONG = 200_000
"""Epochs of a run that does not end while it is watched."""
WATCHED_S = 10.0
HEAP_S, HOUR_S = 120.0, 3600.0
WARM_S = 20.0
"""Seconds of watching before memory is measured: caches and compiled code are there then."""


def first_paint(chromium: Any, tell: Told) -> Iterator[Figure]:
    """From the command to the first painted surface; the browser runs, its cache is empty."""
    seconds = []
    for k in range(N_STARTS):
        tell(f"start {k + 1} of {N_STARTS}")
        with lab() as here, page_of(chromium, here.url) as page:
            painted = page.evaluate("shoalWatch.first()")  # of the clock of the machine
            seconds.append(painted / 1000 - here.begun)
    yield from spread(
        "first-paint", "from the command to the first painted surface", seconds, "s", median=1.5
    )


def latency(chromium: Any, tell: Told) -> Iterator[Figure]:
    """From the input event of a slider to the frame that painted what came of it."""
    with lab() as here:
        for size, bars in ((1, (50.0, 100.0)), (16, (300.0, 300.0))):
            tell(f"slider, {size} networks")
            url = here.url + fragment(greater(size), panel="training", view="surface")
            with page_of(chromium, url) as page:
                first, last = _changes(page, N_CHANGES)
            who = "one network" if size == 1 else f"{size} networks"
            what = f"slider to painted surface, {who}"
            yield from spread("latency", what, last, "ms", median=bars[0], p95=bars[1])
            yield from spread("latency", f"{what}, first picture", first, "ms")


def _changes(page: Any, n: int) -> tuple[list[float], list[float]]:
    """Move the slider of the learning rate; return milliseconds to first and last pictures."""
    at = ended(page)
    page.get_by_role("slider", name=RATE).first.focus()
    first, last = [], []
    for k in range(n + 5):
        time.sleep(random.uniform(0.15, 0.3))
        page.evaluate("shoalWatch.begin()")
        page.keyboard.press("ArrowRight")
        at = ended(page, at)
        seen = page.evaluate("shoalWatch.end()")
        since = seen["inputs"][0]["at"]
        pictures = [each for each in seen["pictures"] if each["opened"] == at]
        if k < 5:  # code of the page is compiled on the way
            continue
        first.append(pictures[0]["painted"] - since)
        last.append(next(each["painted"] for each in pictures if each["done"]) - since)
    return first, last


def watch(chromium: Any, tell: Told) -> Iterator[Figure]:
    """Frames a second while training goes on; the run does not end."""
    scenes = (
        ("surface", "a surface of 100x100", 1, False),
        ("surface", "a surface of 100x100, median of 64 networks", 64, False),
        ("multiples", "64 multiples of 32x32", 64, False),
        ("multiples", "64 multiples of 32x32 and a surface of 100x100 of one of them", 64, True),
    )
    with lab() as here:
        for view, what, size, both in scenes:
            tell(f"watch: {what}")
            url = here.url + fragment(greater(size, epochs=LONG), view=view, speed=500)
            with page_of(chromium, url) as page:
                _play(page)
                page.evaluate("both => { shoalWatch.both = both; }", both)
                seen = _watched(page, WATCHED_S)
            bar = 30.0 if size == 64 else None
            rate = _rate(seen)
            yield figure("watch", what, rate, "frames/s", least=bar, n=len(seen["pictures"]))
            longest = max((each["took"] for each in seen["longs"]), default=0.0)
            yield figure(
                "watch", f"{what}: longest task", longest, "ms", most=100.0, n=len(seen["longs"])
            )


def ten_pages(chromium: Any, tell: Told) -> Iterator[Figure]:
    """Ten pages that train and watch at once, each a run of its own."""
    tell("ten pages")
    with lab() as here, ExitStack() as stack:
        pages = []
        for k in range(N_PAGES):
            experiment = greater(16, epochs=LONG, seed=k)
            url = here.url + fragment(experiment, view="surface", speed=500)
            pages.append(stack.enter_context(page_of(chromium, url)))
        for page in pages:
            _play(page)
        for page in pages:
            page.evaluate("shoalWatch.begin()")
        time.sleep(2 * WATCHED_S)
        seen = [page.evaluate("shoalWatch.end()") for page in pages]
    rates = [_rate(each) for each in seen]
    trips = [look["took"] for each in seen for look in each["looks"]]
    part = "ten-pages"
    yield figure(part, "pictures of the slowest page", min(rates), "frames/s", least=2.0, n=N_PAGES)
    yield figure(part, "pictures of the fastest page", max(rates), "frames/s", n=N_PAGES)
    middle, high = percentile(trips, 0.5), percentile(trips, 0.95)
    yield figure(part, "from look to frame, median", middle, "ms", n=len(trips))
    yield figure(part, "from look to frame, p95", high, "ms", most=100.0, n=len(trips))


def heap(chromium: Any, tell: Told, seconds: float = HEAP_S) -> Iterator[Figure]:
    """What memory grows by while a run is watched, after forced collections."""
    name = "an hour" if seconds == HOUR_S else f"{seconds / 60:g} minutes"
    with lab() as here:
        url = here.url + fragment(greater(16, epochs=LONG), view="surface", speed=500)
        with page_of(chromium, url, watched=False) as page:
            _play(page)
            session = page.context.new_cdp_session(page)
            tell("heap: warming up")
            time.sleep(WARM_S)
            before, rss = heap_bytes(session), here.rss()
            tell(f"heap: {name} of watching")
            time.sleep(seconds)
            after, rss_after = heap_bytes(session), here.rss()
    grown = (after - before) / 1e6
    yield figure("heap", f"growth in {name} of watching", grown, "MB", most=1.0)
    yield figure("heap", "heap before", before / 1e6, "MB")
    yield figure("heap", f"the host's memory, growth in {name}", (rss_after - rss) / 1e6, "MB")
    yield figure("heap", "the host's memory before", rss / 1e6, "MB")


def first_load(chromium: Any, tell: Told) -> Iterator[Figure]:
    """Bytes that the first load moves, and whom it asks."""
    tell("first load")
    with lab() as here, page_of(chromium) as page:
        session = page.context.new_cdp_session(page)
        asked, sizes = loads(page, session)
        page.goto(here.url)
        ended(page)
        page.wait_for_timeout(1000)  # what comes later would be counted too
    own = urlsplit(here.url).netloc
    elsewhere = [each for each in asked if urlsplit(each).netloc != own]
    kilobytes = sum(sizes) / 1000
    yield figure("first-load", "bytes of the first load", kilobytes, "KB", most=200.0, n=len(asked))
    yield figure("first-load", "requests to another host", len(elsewhere), "", most=1)


def loads(page: Any, session: Any) -> tuple[list[str], list[float]]:
    """Return lists that fill with what a page asks for, and with the bytes that come."""
    asked: list[str] = []
    sizes: list[float] = []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.on("request", lambda request: asked.append(request.url))
    return asked, sizes


def heap_bytes(session: Any) -> float:
    """Return what a page's heap holds when nothing is left to collect."""
    session.send("HeapProfiler.enable")
    for _ in itertools.repeat(None, 3):
        session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"])


def _play(page: Any) -> None:
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(2000)  # the first pieces of training are short, code is compiled


def _watched(page: Any, seconds: float) -> Any:
    page.evaluate("shoalWatch.begin()")
    time.sleep(seconds)
    return page.evaluate("shoalWatch.end()")


def _rate(seen: Any) -> float:
    """Return pictures painted a second."""
    painted = sum(each["painted"] is not None for each in seen["pictures"])
    return float(1000 * painted / seen["took"])


PARTS: dict[str, Callable[[Any, Told], Iterator[Figure]]] = {
    "first-paint": first_paint,
    "latency": latency,
    "watch": watch,
    "ten-pages": ten_pages,
    "heap": heap,
    "first-load": first_load,
}
"""Every part, by its name."""
