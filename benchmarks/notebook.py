"""From a slider to the painted surface in notebooks: ``python -m benchmarks.notebook``.

JupyterLab and marimo run as people run them, in a browser without a window. A change is measured
from the input event of the slider to the frame that painted the end of the training which it
asked for. Figures are reported; there is no bar for them.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.lab_figures import Figure, spread
from benchmarks.lab_stage import SIZE, browser

N_CHANGES = 40
N_FIRST = 5
"""Changes that are not counted: code of the page is compiled on the way."""
RATE = "Learning rate"
EXPERIMENT = """shoal.Experiment.read({{
    "data": {{"task": "greater", "samples": 10_000}},
    "population": {{"size": {size}}},
}})"""
MARIMO = """import marimo

app = marimo.App(width="full")


@app.cell
def _():
    import shoal

    shoal.Lab({experiment})
    return
"""
WATCH = """(lab) => {
  const watch = {since: 0, opened: -1, waiting: null};
  const channel = new MessageChannel();
  const done = [];
  let newest = -1;
  channel.port1.onmessage = () => {
    const now = performance.now();
    for (const opened of done.splice(0)) newest = Math.max(newest, opened);
    const {waiting} = watch;
    if (waiting && newest > waiting.after) {
      watch.waiting = null;
      waiting.resolve([newest, now - watch.since]);
    }
  };
  const drawn = (canvas) => {
    const [opened, , how] = (canvas.dataset.drawn ?? "").split(" ");
    if (how !== "done") return;
    done.push(Number(opened));
    requestAnimationFrame(() => channel.port2.postMessage(null));  // after the frame's painting
  };
  new MutationObserver((changes) => {
    for (const {target, type, addedNodes} of changes) {
      if (type === "attributes") drawn(target);
      else for (const node of addedNodes)
        for (const canvas of node.querySelectorAll?.("canvas[data-drawn]") ?? []) drawn(canvas);
    }
  }).observe(lab, {subtree: true, childList: true, attributes: true,
                   attributeFilter: ["data-drawn"]});
  lab.addEventListener("input", (event) => { watch.since = event.timeStamp; }, true);
  watch.ended = (after) => new Promise((resolve) => {
    if (newest > after) resolve([newest, 0]);
    else watch.waiting = {after, resolve};
  });
  for (const canvas of lab.querySelectorAll("canvas[data-drawn]")) drawn(canvas);
  globalThis.shoalNotebook = watch;
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=N_CHANGES, help="of the slider")
    parser.add_argument("--only", choices=("jupyterlab", "marimo"), help="one notebook")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    places = {"jupyterlab": jupyterlab, "marimo": marimo}
    found: list[Figure] = []
    with browser() as chromium:
        for name, place in places.items():
            if options.only not in (None, name):
                continue
            for size in (1, 16):
                with place(chromium, size) as lab:
                    took = changes(lab, options.changes)
                who = "one network" if size == 1 else f"{size} networks"
                for each in spread(name, f"slider to painted surface, {who}", took, "ms"):
                    found.append(each)
                    print(f"{each.part}: {each.what}: {each.value:.0f} ms", flush=True)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    if options.json is not None:
        options.json.write_text(json.dumps([each.document() for each in found], indent=1))


def changes(lab: Any, n: int) -> list[float]:
    """Move the slider of the learning rate; return milliseconds to the picture of each end."""
    lab.get_by_role("tab", name="Training").click()
    slider = lab.get_by_role("slider", name=RATE, exact=True)
    slider.wait_for()
    lab.evaluate(WATCH)
    page = lab.page
    slider.focus()
    at, _ = page.evaluate("shoalNotebook.ended(-1)")
    took = []
    for k in range(n + N_FIRST):
        time.sleep(random.uniform(0.15, 0.3))
        ended = page.evaluate_handle("(after) => ({ended: shoalNotebook.ended(after)})", at)
        page.keyboard.press("ArrowRight")  # a rate that no run was kept of
        at, ms = ended.evaluate("(held) => held.ended")
        if k >= N_FIRST:
            took.append(float(ms))
    return took


@contextmanager
def jupyterlab(chromium: Any, size: int) -> Iterator[Any]:
    """Give the lab in a notebook of JupyterLab."""
    cell = f"import shoal\nshoal.Lab({EXPERIMENT.format(size=size)})"
    with tempfile.TemporaryDirectory(prefix="shoal-notebook-") as folder:
        server = notebooks().JupyterLab(Path(folder), [cell])
        try:
            page = chromium.new_page(viewport=SIZE)
            page.goto(server.address)
            page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
            page.locator(".jp-CodeCell .cm-content").first.click()
            page.keyboard.press("Control+Enter")
            yield page.locator(".sh-lab")
            page.close()
        finally:
            server.close()


@contextmanager
def marimo(chromium: Any, size: int) -> Iterator[Any]:
    """Give the lab in marimo's editor."""
    source = MARIMO.format(experiment=EXPERIMENT.format(size=size).replace("\n", ""))
    with tempfile.TemporaryDirectory(prefix="shoal-notebook-") as folder:
        server = notebooks().Marimo(Path(folder), source)
        try:
            page = chromium.new_page(viewport=SIZE)
            page.goto(server.address)
            yield page.locator(".sh-lab")
            page.close()
        finally:
            server.close()


def notebooks() -> ModuleType:
    """Return the notebooks that the tests drive."""
    place = Path(__file__).parents[1] / "tests" / "lab" / "widget" / "notebooks.py"
    spec = importlib.util.spec_from_file_location("lab_notebooks", place)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["lab_notebooks"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
