"""The lab in a real marimo, in its editor and as an app, inside its shadow root."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

notebooks = sys.modules["lab_notebooks"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not notebooks.is_there("marimo"), reason="no marimo: pip install"),
]

SOURCE = """
import marimo

app = marimo.App(width="full")


@app.cell
def _():
    import marimo as mo
    import shoal

    return mo, shoal


@app.cell
def _(mo, shoal):
    lab = mo.ui.anywidget(shoal.Lab(shoal.Experiment(), threads=1))
    lab
    return (lab,)


@app.cell
def _(lab, mo):
    # runs again by itself when the lab changes
    last = lab.run().history["validation_accuracy"][:, -1]
    rate = lab.experiment.training.optimizer.learning_rate
    mo.md(f"rate {rate} of {len(last)} networks, best {100 * last.max():.1f}")
    return


@app.cell
def _(mo):
    button = mo.ui.run_button(label="go to xor")
    button
    return (button,)


@app.cell
def _(button, lab, mo, shoal):
    if button.value:
        lab.experiment = shoal.Experiment(data="xor", population=4)
    mo.md("ready")
    return
"""


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Iterator[Any]:
    """Start marimo and open its notebook; what nothing may do is looked at in the end."""
    made: list[Any] = []
    faults: list[list[str]] = []

    def start(source: str = SOURCE, **settings: Any) -> Any:
        server = notebooks.Marimo(tmp_path, source, **settings)
        made.append(server)
        page = chromium.new_page(viewport={"width": 1366, "height": 900})
        made.insert(0, page)
        faults.append(notebooks.watched(page))
        page.goto(server.address)
        page.locator(".sh-lab canvas").first.wait_for(timeout=60_000)
        return page

    yield start
    for each in made:
        each.close()
    assert [fault for each in faults for fault in each] == []


@pytest.mark.parametrize("mode", ["edit", "run"])
def test_a_person_works_with_the_lab_in_marimo(opened: Any, mode: str) -> None:
    page = opened(mode=mode)
    lab = page.locator(".sh-lab")
    assert lab.evaluate("(lab) => lab.getRootNode() instanceof ShadowRoot")
    assert notebooks.settled(lab) > 99
    assert int(lab.locator(".sh-main canvas").first.evaluate(notebooks.PAINTED)) > 20

    slider = notebooks.training_panel(lab)
    assert notebooks.rate_of(lab) == 0.001
    slider.focus()
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    slow = notebooks.rate_of(lab)
    assert 0 < slow < 0.001

    # the cell that reads the lab runs again: what it says is what the lab shows
    page.get_by_text(f"rate {slow} of 16 networks").wait_for()
    notebooks.settled(lab)
    assert notebooks.rate_of(lab) == slow

    # Python moves the page
    page.get_by_role("button", name="go to xor").click()
    lab.locator(".sh-headline").get_by_text("of 4 networks").wait_for()
    lab.get_by_role("tab", name="Data").click()
    assert lab.get_by_role("combobox", name="Task").input_value() == "xor"


def test_charts_come_by_the_comm(opened: Any) -> None:
    page = opened(mode="run")
    page.locator(".sh-lab").get_by_role("tab", name="Charts").click()
    chart = page.locator(".sh-vega-place canvas")
    chart.wait_for(timeout=20_000)
    assert int(chart.evaluate(notebooks.PAINTED)) > 5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_lab_wears_the_theme_of_marimo(opened: Any, theme: str) -> None:
    page = opened(mode="run", theme=theme)
    page.locator(f".sh-lab[data-theme='{theme}']").wait_for()
