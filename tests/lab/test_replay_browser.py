"""The replay in a real browser, from a file: it acts, asks for nothing, and is accessible."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal.charts import report as charts_report
from shoal.charts.report import report
from shoal.experiments import Experiment
from shoal.lab.replaying import BUILT, replay_insert

pytest.importorskip("vl_convert")

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
EVIL = "</script><script>document.title='evil'</script>"
SMALL: dict[str, Any] = {
    "data": {"task": "greater", "samples": 200, "label_noise": 0.1},
    "network": {"layers": [{"units": 3, "activation": "tanh"},
                           {"units": 1, "activation": "sigmoid"}]},
    "training": {"epochs": 30, "batch_size": 16, "optimizer": {"name": "adam",
                                                               "learning_rate": 0.05}},
    "population": 4,
}  # fmt: skip
TWO = {"units": 2, "activation": "sigmoid"}
VALUE = {"units": 1, "activation": "identity"}
TANH = SMALL["network"]["layers"][0]
COUNTED = """() => {
  window.broken = [];
  addEventListener("securitypolicyviolation", (event) => broken.push(event.violatedDirective));
}"""
READ = """(canvas) => {
  const copy = new OffscreenCanvas(Math.max(1, canvas.width), Math.max(1, canvas.height));
  const context = copy.getContext("2d", { willReadFrequently: true });
  if (canvas.width > 0) context.drawImage(canvas, 0, 0);
  return context.getImageData(0, 0, copy.width, copy.height).data;
}"""
PIXELS = (
    f"() => {{ const read = {READ};"
    """
  const root = document.getElementById("replay-place").shadowRoot;
  const data = read(root.querySelector(".sh-surface canvas"));
  let sum = 0;
  for (let k = 0; k < data.length; k++) sum = (sum * 31 + data[k]) | 0;
  return sum;
}"""
)
PAINTED = (
    f"() => {{ const read = {READ};"
    """
  const root = document.getElementById("replay-place").shadowRoot;
  return [...root.querySelectorAll("canvas")].map((canvas) =>
    new Set(new Uint32Array(read(canvas).buffer)).size);
}"""
)


@pytest.fixture(scope="module", autouse=True)
def registered():
    """Reports find the replay as where shoal is installed anew."""
    if not BUILT.exists():
        pytest.skip("the replay is not built: make page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts_report, "offered", {"replay": replay_insert}.get)
        yield


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "report.html"
    report(Experiment.read({**SMALL, **changes}).run(), path, doctor=False, force=True)
    return path


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("usual"))


Shown = Callable[..., Any]


@pytest.fixture
def shown(new_page: Any) -> Shown:
    """Open a report from its file; nothing is asked for but the file."""

    def show(path: Path, **context: Any) -> Any:
        page = new_page(**context)
        page.add_init_script(f"({COUNTED})()")
        asked, told = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: told.append((message.type, message.text)))
        page.goto(path.as_uri())
        page.wait_for_selector("#replay:not([hidden])")
        page.get_by_role("slider", name="Recorded moment").scroll_into_view_if_needed()
        page.wait_for_timeout(100)
        page.shoal_check = lambda: _check(page, path, asked, told)
        return page

    return show


def _check(page: Any, path: Path, asked: list[str], told: list[tuple[str, str]]) -> None:
    assert [url for url in asked if not url.startswith("data:image/")] == [path.as_uri()]
    assert told == []
    assert page.evaluate("broken") == []


def scrub(page: Any) -> Any:
    return page.get_by_role("slider", name="Recorded moment")


def epoch(page: Any) -> str:
    return str(page.locator(".sh-replay .sh-epoch").inner_text())


def until(page: Any, holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait from here: the policy of a report lets no text become a script in it."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        page.wait_for_timeout(20)


def moved(page: Any, before: int) -> int:
    until(page, lambda: page.evaluate(PIXELS) != before)
    return int(page.evaluate(PIXELS))


def test_the_keyboard_scrubs_the_run(usual: Path, shown: Shown):
    page = shown(usual)
    assert epoch(page) == "Epoch 30 / 30"
    last = page.evaluate(PIXELS)
    figure = page.locator(".sh-replay .sh-big")
    at_end = figure.inner_text()
    scrub(page).focus()
    page.keyboard.press("Home")
    first = moved(page, last)
    assert epoch(page) == "Epoch 0 / 30"
    assert scrub(page).get_attribute("aria-valuetext") == "epoch 0, step 0"
    assert figure.inner_text() != at_end
    page.keyboard.press("ArrowRight")
    page.get_by_text("step 1 of 300").wait_for()
    page.keyboard.press("End")
    moved(page, first)
    assert epoch(page) == "Epoch 30 / 30"
    assert figure.inner_text() == at_end
    page.shoal_check()


def test_play_runs_to_the_end_and_pause_stops(usual: Path, shown: Shown):
    page = shown(usual)
    last = page.evaluate(PIXELS)
    page.get_by_role("button", name="Play", exact=True).click()
    playing = moved(page, last)
    page.get_by_role("button", name="Pause", exact=True).click()
    at = scrub(page).input_value()
    page.wait_for_timeout(400)
    assert scrub(page).input_value() == at
    page.get_by_role("button", name="Play", exact=True).click()
    assert moved(page, playing) != playing
    end = scrub(page).get_attribute("max")
    until(page, lambda: scrub(page).input_value() == end, 30)
    page.get_by_role("button", name="Play", exact=True).wait_for()
    assert page.evaluate(PIXELS) == last
    page.shoal_check()


def test_every_view_is_painted_and_nothing_offers_training(usual: Path, shown: Shown):
    page = shown(usual)
    tabs = page.get_by_role("tab")
    assert tabs.all_inner_texts() == [
        "Surface", "Many networks", "How they end", "Network", "Confusion matrix", "Over time",
    ]  # fmt: skip
    for tab in tabs.all():
        tab.click()
        page.wait_for_timeout(150)
        assert all(n > 1 for n in page.evaluate(PAINTED)[:2]), tab.inner_text()
        text = page.locator("#replay").inner_text()
        assert not re.search(r"Disagreement|Keep this point|Look inside|Nothing to see", text)
        assert not re.search(r"\b(view|replay|result|timeline|figures)\.[a-z_]+", text)
    page.shoal_check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(usual: Path, new_page: Any, scheme: str):
    if not AXE.exists():
        pytest.skip("axe-core is not there: make page")
    page = new_page(color_scheme=scheme)
    page.add_init_script(AXE.read_text())
    page.goto(usual.as_uri())
    page.wait_for_selector("#replay:not([hidden])")
    page.wait_for_timeout(300)
    for name in page.get_by_role("tab").all_inner_texts():
        page.get_by_role("tab", name=name, exact=True).click()
        page.wait_for_timeout(150)
        found = page.evaluate("axe.run()")["violations"]
        told = [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found]
        assert told == [], name


@pytest.mark.parametrize("name", ["one", "three", "number", "labels", "alone", "diverged"])
def test_every_kind_of_run(tmp_path: Path, shown: Shown, name: str):
    lines = [f"{(k * 7 % 40) / 20 - 1},{(k * 13 % 40) / 20 - 1},{k % 3},{k % 2}" for k in range(80)]
    table = tmp_path / "evil.csv"
    table.write_text("\n".join([f'"{EVIL}",b,c,d', *lines]) + "\n")
    own = {"file": str(table)}
    changes: dict[str, dict[str, Any]] = {
        "one": {"data": {**own, "target": "d", "features": [EVIL]}},
        "three": {"data": {**own, "target": "c", "kind": "classification"},
                  "network": {"layers": [TANH, {"units": 3, "activation": "softmax"}]}},
        "number": {"data": {**own, "target": "c", "kind": "regression"},
                   "network": {"layers": [TANH, VALUE]}},
        "labels": {"data": {**own, "target": ["c", "d"], "kind": "multilabel"},
                   "network": {"layers": [TANH, TWO]}},
        "alone": {"population": 1},
        "diverged": {"network": {"layers": [TANH, VALUE]},
                     "training": {"epochs": 5, "loss": "squared_error",
                                  "optimizer": {"name": "sgd", "learning_rate": 1e6}}},
    }  # fmt: skip
    if name == "labels":
        table.write_text(table.read_text().replace(",2,", ",1,"))
    page = shown(written(tmp_path, **changes[name]))
    assert page.title() != "evil"
    n_tabs = page.get_by_role("tab").count()
    assert n_tabs == {"number": 5, "alone": 4, "diverged": 4}.get(name, 6)
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_timeout(80)
        assert "Nothing to see" not in page.locator("#replay").inner_text()
    scrub(page).focus()
    page.keyboard.press("Home")
    page.get_by_text("Epoch 0 / ").wait_for()
    page.shoal_check()


def test_without_scripts_and_on_paper_the_report_reads_as_before(usual: Path, new_page: Any):
    page = new_page(java_script_enabled=False)
    page.goto(usual.as_uri())
    assert not page.get_by_text("Watch it learn").first.is_visible()
    assert page.get_by_role("heading", name="Charts").is_visible()
    printed = new_page()
    printed.goto(usual.as_uri())
    printed.wait_for_selector("#replay:not([hidden])")
    printed.emulate_media(media="print")
    assert not printed.locator("#replay").is_visible()
    assert printed.get_by_role("heading", name="Charts").is_visible()


def test_a_phone_shows_it_without_scrolling_sideways(usual: Path, shown: Shown):
    page = shown(usual, viewport={"width": 390, "height": 844})
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_timeout(80)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.shoal_check()
