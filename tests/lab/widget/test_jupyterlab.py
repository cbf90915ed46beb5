"""The lab in a real JupyterLab, driven in a browser as a person would."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

notebooks = sys.modules["lab_notebooks"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not notebooks.is_there("jupyterlab"), reason="no JupyterLab: pip install"),
]

CELLS = [
    "import shoal\nlab = shoal.Lab(shoal.Experiment(), threads=1)\nlab",
    "print('rate', lab.experiment.training.optimizer.learning_rate)",
    "import numpy as np\nlast = lab.run().history['validation_accuracy'][:, -1]\n"
    "print('median', 100 * float(np.median(last)))",
    "lab.experiment = shoal.Experiment(data='xor', population=4)\nprint(lab)",
    "import time\nfor _ in range(80):\n    time.sleep(0.1)\nprint('slept')",
]


class Notebook:
    """A notebook in the browser."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.cells = page.locator(".jp-Notebook .jp-CodeCell")
        self.lab = page.locator(".sh-lab")

    def run(self, cell: int, *, wait: bool = True) -> None:
        """Run a cell as a person does."""
        self.cells.nth(cell).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        if wait:
            self.page.wait_for_function(
                "(k) => /\\[\\d+\\]/.test(document.querySelectorAll("
                "'.jp-Notebook .jp-CodeCell')[k].querySelector('.jp-InputPrompt').textContent)",
                arg=cell,
            )

    def told(self, cell: int, word: str) -> str:
        """Return what a cell printed after a word."""
        out = self.cells.nth(cell).locator(".jp-OutputArea-output", has_text=word).first
        text: str = out.inner_text()
        return text.split(word, 1)[1].split("\n")[0].strip()


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Iterator[Any]:
    """Start JupyterLab and open its notebook; what nothing may do is looked at in the end."""
    made: list[Any] = []
    faults: list[list[str]] = []

    def start(cells: list[str] = CELLS, **settings: Any) -> Notebook:
        server = notebooks.JupyterLab(tmp_path, cells, **settings)
        made.append(server)
        page = chromium.new_page(viewport={"width": 1366, "height": 900})
        made.insert(0, page)
        faults.append(notebooks.watched(page))
        page.goto(server.address)
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
        return Notebook(page)

    yield start
    for each in made:
        each.close()
    assert [fault for each in faults for fault in each] == []


def surface(lab: Any) -> int:
    return int(lab.locator(".sh-main canvas").first.evaluate(notebooks.PAINTED))


def test_a_person_works_with_the_lab_in_jupyterlab(opened: Any) -> None:
    notebook = opened()
    notebook.run(0)
    lab, page = notebook.lab, notebook.page
    assert notebooks.settled(lab) > 99
    assert surface(lab) > 20

    # the arrows are the slider's: JupyterLab would go to another cell, and "a" would add one
    slider = notebooks.training_panel(lab)
    assert notebooks.rate_of(lab) == 0.001
    slider.focus()
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("a")
    page.wait_for_timeout(600)
    assert page.evaluate("document.activeElement.type") == "range"
    assert notebook.cells.count() == len(CELLS)
    slow = notebooks.rate_of(lab)
    assert 0 < slow < 0.001
    shown = notebooks.settled(lab)

    # back to Python: what is shown is what there is
    notebook.run(1)
    assert float(notebook.told(1, "rate")) == pytest.approx(slow, rel=1e-12)
    notebook.run(2)
    median = float(notebook.told(2, "median"))
    assert shown == pytest.approx(median, abs=0.06)  # one decimal is shown

    # a cell that runs again goes on where it was
    notebook.run(0)
    page.wait_for_timeout(1000)
    notebooks.training_panel(lab)
    assert notebooks.rate_of(lab) == slow

    # Python moves the page
    notebook.run(3)
    assert notebook.told(3, "Lab(") == "xor)"
    lab.locator(".sh-headline").get_by_text("of 4 networks").wait_for()

    # a busy kernel: the lab goes on by itself, at the latest when the cell has ended; by a subshell
    # of its own before, where JupyterLab made one in time
    notebook.run(4, wait=False)
    page.wait_for_timeout(500)
    notebooks.training_panel(lab)
    lab.get_by_role("slider", name="Networks", exact=True).focus()
    page.keyboard.press("ArrowUp")
    lab.locator(".sh-headline").get_by_text("of 5 networks").wait_for(timeout=30_000)


def test_charts_come_by_the_comm_and_files_can_be_taken_away(opened: Any) -> None:
    notebook = opened(CELLS[:1])
    notebook.run(0)
    notebooks.settled(notebook.lab)
    notebook.lab.get_by_role("tab", name="Charts").click()
    chart = notebook.lab.locator(".sh-vega-place canvas")
    chart.wait_for(timeout=20_000)
    assert int(chart.evaluate(notebooks.PAINTED)) > 5
    notebook.lab.get_by_role("button", name="Take away").click()
    with notebook.page.expect_download() as download:
        notebook.lab.locator(".sh-file", has_text=".toml").first.click()
    assert "greater" in Path(download.value.path()).read_text()


@pytest.mark.parametrize("dark", [False, True])
def test_the_lab_wears_the_theme_of_jupyterlab(opened: Any, dark: bool) -> None:
    notebook = opened(CELLS[:1], dark=dark)
    notebook.run(0)
    notebook.lab.wait_for()
    theme = "dark" if dark else "light"
    assert notebook.lab.get_attribute("data-theme") == theme
    notebook.page.locator(f".sh-lab[data-theme='{theme}']").wait_for()
    # and follows another one
    notebook.page.get_by_role("menuitem", name="Settings").click()
    notebook.page.get_by_text("Theme", exact=True).hover()
    other = "JupyterLab Light" if dark else "JupyterLab Dark"
    notebook.page.get_by_role("menuitem", name=other, exact=True).click()
    notebook.page.locator(f".sh-lab[data-theme='{'light' if dark else 'dark'}']").wait_for()
