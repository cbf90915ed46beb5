"""What the page takes, where that does not hang on how busy the machine is: memory and bytes.

How fast it is: ``python -m benchmarks.lab``.
"""

from __future__ import annotations

import itertools
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from shoal.lab.fragment import Shared, write_fragment
from shoal.lab.session import Session

FIRST_LOAD = 200_000
GROWTH = 1_000_000
"""Bytes, in two minutes."""
LONG = {
    "data": {"task": "greater", "samples": 1000},
    "training": {"epochs": 2_000_000, "report_every": 2500},
    "population": {"size": 16},
}


def test_the_first_load_is_small_and_asks_nobody_else(lab_server: Any, new_page: Any) -> None:
    page = new_page()
    session = page.context.new_cdp_session(page)
    sizes: dict[str, float] = {}
    asked: list[str] = []
    session.send("Network.enable")
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.__setitem__(event["requestId"], event["encodedDataLength"]),
    )
    page.on("request", lambda request: asked.append(request.url))
    lab = lab_server()
    page.goto(lab.url)
    page.locator("canvas[data-drawn$=done]").wait_for()
    page.wait_for_timeout(500)
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(lab.base).netloc}
    paths = {urlsplit(url).path for url in asked}
    assert {"/", "/page.js", "/lab.js", "/lab.css"} <= paths
    assert "/vega.js" not in paths  # only when a chart is opened
    assert len(sizes) >= len(paths)
    assert 50_000 < sum(sizes.values()) < FIRST_LOAD


def test_nothing_is_kept_of_pictures_that_were_painted(lab_server: Any, new_page: Any) -> None:
    """The short form: all but compiled code, which comes late, may grow at the rate of the bar."""
    page = _watching(lab_server, new_page)
    page.wait_for_timeout(5000)
    session = page.context.new_cdp_session(page)
    drawn = page.locator("canvas[data-drawn]").first
    _kept(session)
    before, mark = _kept(session), drawn.get_attribute("data-drawn")
    assert before > GROWTH  # it is the page's memory that is counted
    page.wait_for_timeout(20_000)
    grown = _kept(session) - before
    assert drawn.get_attribute("data-drawn") != mark  # it was watched
    assert grown < GROWTH * 20 / 120


@pytest.mark.slow
def test_the_heap_grows_by_less_than_a_megabyte_in_two_minutes(
    lab_server: Any, new_page: Any
) -> None:
    page = _watching(lab_server, new_page)
    page.wait_for_timeout(20_000)
    session = page.context.new_cdp_session(page)
    before = _heap(session)
    page.wait_for_timeout(120_000)
    assert _heap(session) - before < GROWTH


def _watching(lab_server: Any, new_page: Any) -> Any:
    """Return a page that plays a run which does not end, and has shown how far it came."""
    fragment = write_fragment(Shared(session=Session(experiment=LONG), ui={"speed": 500}))
    page = new_page(lab_server().url + fragment)
    page.get_by_role("button", name="Play").click()
    drawn = page.locator("canvas[data-drawn]").first
    drawn.wait_for()
    mark = drawn.get_attribute("data-drawn")
    page.wait_for_function(
        "mark => document.querySelector('canvas[data-drawn]').dataset.drawn !== mark",
        arg=mark, timeout=120_000,
    )  # fmt: skip
    return page


def _heap(session: Any) -> float:
    """Return the bytes of the page's heap when nothing is left to collect."""
    session.send("HeapProfiler.enable")
    for _ in itertools.repeat(None, 3):
        session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"])


def _kept(session: Any) -> int:
    """Return the bytes of everything in the page's heap but compiled code."""
    _heap(session)
    parts: list[str] = []

    def add(event: Any) -> None:
        parts.append(event["chunk"])

    session.on("HeapProfiler.addHeapSnapshotChunk", add)
    session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.remove_listener("HeapProfiler.addHeapSnapshotChunk", add)
    found = json.loads("".join(parts))
    meta, nodes = found["snapshot"]["meta"], found["nodes"]
    fields, kinds = meta["node_fields"], meta["node_types"][0]
    width, kind, size = len(fields), fields.index("type"), fields.index("self_size")
    code = kinds.index("code")
    places = range(0, len(nodes), width)
    return sum(nodes[at + size] for at in places if nodes[at + kind] != code)
