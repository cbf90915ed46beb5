"""The replay in a report: there for runs, hidden until it acts, safe whatever names are."""

from __future__ import annotations

import base64
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from shoal.charts import report as charts_report
from shoal.charts.report import content
from shoal.errors import FunctionError, InternalError
from shoal.experiments import Experiment, Run
from shoal.experiments.comparison import compare
from shoal.lab import replaying
from shoal.lab.frames import unframe
from shoal.lab.recording import Recording, record
from shoal.lab.replaying import replay_insert

pytest.importorskip("vl_convert")

SMALL: dict[str, Any] = {
    "data": {"task": "greater", "samples": 60},
    "network": {"layers": [{"units": 2, "activation": "tanh"},
                           {"units": 1, "activation": "sigmoid"}]},
    "training": {"epochs": 3, "batch_size": 16},
    "population": 2,
}  # fmt: skip
SCRIPT = "shoalReplayStandIn();"
EVIL = "</script><!--<script>alert(1)"


@pytest.fixture(scope="module")
def run() -> Run:
    return Experiment.read(SMALL).run()


@pytest.fixture(autouse=True)
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A script in place of the built one, and the replay registered for reports."""
    path = tmp_path / "replay.js"
    path.write_text(SCRIPT + "\n")
    monkeypatch.setattr(replaying, "BUILT", path)
    monkeypatch.setattr(charts_report, "offered", {"replay": replay_insert}.get)
    return path


def recording_of(page: str) -> Recording:
    (text,) = re.findall(r'<script type="text/plain" id="replay-data">([A-Za-z0-9+/=]+)<', page)
    return Recording.unpack(base64.b64decode(text))


def test_a_report_of_a_run_has_its_recording_and_the_script(run: Run):
    page = content(run, doctor=False).decode()
    assert recording_of(page) == record(run)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert SCRIPT in script
    assert page.index('id="figures"') < page.index('id="replay"') < page.index('id="charts"')


def test_it_is_hidden_until_the_script_shows_it(run: Run):
    """Without scripts a report reads as if there were no replay."""
    page = content(run, doctor=False).decode()
    (section,) = re.findall(r'<section id="replay"[^>]*>', page)
    (entry,) = re.findall(r'<li[^>]*><a href="#replay">', page)
    for each in (section, entry):
        assert " hidden" in each
        assert " data-replay" in each
    assert "#replay{display:none}" in page.partition("@media print")[2]
    bare = content(run, doctor=False, replay=False).decode()
    assert "replay-" not in body(bare)
    shown = re.sub(r"<li hidden data-replay>.*?</li>", "", page)
    shown = re.sub(r'<section id="replay".*?</section>', "", shown, flags=re.DOTALL)
    assert body(shown) == body(bare)


def body(page: str) -> str:
    """The page as it is read; drawings count what they clip anew each time."""
    shown = re.sub(r"<script>.*?</script>", "", page.partition("<body>")[2], flags=re.DOTALL)
    return re.sub(r"base64,[\w+/=]+", "", shown)


def test_without_a_replay_nothing_of_it_is_there(run: Run, built: Path):
    bare = content(run, doctor=False, replay=False).decode()
    assert SCRIPT not in bare
    built.unlink()
    replaying.script_of.cache_clear()
    there = content(run, doctor=False).decode()
    assert SCRIPT not in there
    assert body(there) == body(bare)


def test_a_comparison_has_none():
    other = {**SMALL, "training": {"epochs": 2, "batch_size": 16}}
    both = [Experiment.read(SMALL), Experiment.read(other)]
    found = compare(both, pairs=8)
    assert b"replay-data" not in content(found, doctor=False)


@pytest.mark.parametrize(("dark", "theme"), [(True, "dark"), (False, "light"), (None, None)])
def test_settled_colours_hold_for_the_replay(run: Run, dark: bool | None, theme: str | None):
    page = content(run, doctor=False, dark=dark).decode()
    told = f' data-theme="{theme}"' if theme else ""
    assert f'<div id="replay-place"{told}></div>' in page


def test_hostile_names_are_letters_of_the_recording(tmp_path: Path):
    rows = "\n".join(f'{k / 20},{k % 7},"{EVIL if k % 2 else "b"}"' for k in range(40))
    path = tmp_path / "evil.csv"
    path.write_text(f'x,"{EVIL}",class\n{rows}\n')
    run = Experiment.read({**SMALL, "data": {"file": str(path), "target": "class"}}).run()
    page = content(run, doctor=False).decode()
    told = unframe(recording_of(page).frames[1])[0]["data"]
    assert EVIL in told["features"]
    assert EVIL in told["classes"]
    assert EVIL not in page
    assert "<!--" not in page
    assert page.count("</script>") == 2


def test_a_run_that_cannot_be_repeated_has_a_report_without_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
):
    def fails(*_: Any, **__: Any) -> Recording:
        raise FunctionError("no", network=None, step=3)

    monkeypatch.setattr(replaying, "record", fails)
    assert replay_insert(run) is None
    assert b"replay-data" not in content(run, doctor=False)


@pytest.mark.parametrize("text", ["a('</SCRIPT>')", "b('<!--')"])
def test_a_script_that_would_break_a_page_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "broken.js"
    path.write_text(text)
    with pytest.raises(InternalError, match=r"broken\.js cannot stand within a page"):
        replaying.script_of(path)


def test_reports_find_it_by_its_name():
    """Charts are below the lab: what is above them is found as an entry point."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    name = project["project"]["entry-points"]["shoal.views"]["replay"]
    assert name == f"{replay_insert.__module__}:{replay_insert.__name__}"
