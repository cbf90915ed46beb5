"""Lessons in a real browser: sliders retrain, predictions come first, nobody else is asked.

`new_page` fails a test whose page asked another host, broke its policy, or threw.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shoal.lessons.exporting import exported

pytestmark = pytest.mark.slow
SHOT = 60_000
"""Milliseconds: marimo's page and a lesson's first cells, on a busy machine."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of served lessons, with its key, and see that they end cleanly."""
    home = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-m", "shoal", "lessons", "--no-browser", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=home,
        env={**os.environ, "SHOAL_HOME": str(home)},
    )  # fmt: skip
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)  # pages may still be open
    assert process.returncode == 0, errors
    assert "Traceback" not in errors


@pytest.fixture
def lesson(served: str, new_page: Any) -> Any:
    page = new_page(f"{served}#01_or.en")
    page.get_by_role("link", name="Open this experiment in the lab").wait_for(timeout=SHOT)
    return page


def test_the_index_goes_to_every_lesson_in_every_language(served: str, new_page: Any) -> None:
    page = new_page(served)
    page.get_by_role("heading", name="Lessons").wait_for()
    page.get_by_role("link", name="한국어").click()
    page.get_by_role("heading", name="수업").wait_for()
    page.get_by_role("link", name="OR 예측하기").click()
    page.get_by_role("heading", name="OR 예측하기").wait_for(timeout=SHOT)
    assert "/01_or/" in page.url


def test_a_prediction_gates_its_result(lesson: Any) -> None:
    assert lesson.get_by_text("After the first epoch the median").count() == 0
    assert lesson.get_by_text("Predict first: the result appears below.").count() == 8 + 3
    lesson.get_by_role("textbox").first.fill("24")
    lesson.get_by_role("textbox").first.press("Enter")
    lesson.get_by_text("You said: 24. It is: 26.").wait_for(timeout=SHOT)
    lesson.get_by_role("radio", name="more than 0.75").click()
    lesson.get_by_text("You said: more than 0.75. It is: 0.75.").wait_for(timeout=SHOT)
    assert lesson.get_by_text("After the first epoch the median accuracy is 0.75").count() == 1
    chart = lesson.get_by_role("img", name="Learning curves: accuracy")
    assert chart.evaluate("img => img.complete && img.naturalWidth > 300")


def test_a_slider_retrains_and_what_is_shown_changes(lesson: Any) -> None:
    lesson.get_by_role("radio", name="more than 0.75").click()
    lesson.get_by_text("after 3,000 steps, 16 are").wait_for(timeout=SHOT)
    chart = lesson.get_by_role("img", name="Learning curves: accuracy")
    before = chart.get_attribute("src")
    slider = lesson.get_by_role("slider").first
    slider.focus()
    slider.press("ArrowRight")  # from 3 epochs to 5
    lesson.get_by_text("after 5,000 steps").wait_for(timeout=SHOT)
    assert lesson.get_by_role("img", name="Learning curves: accuracy").get_attribute(
        "src"
    ) != before  # fmt: skip
    assert lesson.get_by_text("You said: more than 0.75.").count() == 1  # still predicted


def test_the_language_changes_in_place(lesson: Any) -> None:
    lesson.get_by_role("combobox").select_option(label="日本語")
    lesson.get_by_role("heading", name="OR を予測する").wait_for(timeout=SHOT)
    lesson.get_by_text("まず予想してください").first.wait_for(timeout=SHOT)


def test_the_lab_opens_with_the_same_experiment(lesson: Any) -> None:
    way = lesson.get_by_role("link", name="Open this experiment in the lab")
    with lesson.context.expect_page(timeout=SHOT) as opened:
        way.click()
    lab = opened.value
    lab.wait_for_url(lambda url: "#1." in url and "token" not in url, timeout=SHOT)
    from shoal.lab.fragment import read_fragment

    held = read_fragment(lab.url).session.experiment
    assert (held["data"]["task"], held["training"]["optimizer"]["learning_rate"]) == ("or", 0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_opens_without_a_network(tmp_path: Path, new_page: Any, scheme: str) -> None:
    file = tmp_path / "or.html"
    file.write_bytes(exported("or", ".html", chosen={"epochs": 1}))
    page = new_page(color_scheme=scheme, offline=True)
    page.goto(file.as_uri())
    assert page.get_by_role("heading", level=1).inner_text() == "Predicting OR"
    assert not page.get_by_text("It is: 26.").is_visible()
    page.locator("details.sl-revealed summary").first.click()
    assert page.get_by_text("It is: 26.").is_visible()
    for details in page.locator("details.sl-revealed").all():
        details.evaluate("each => { each.open = true }")
    sizes = page.locator("figure img").evaluate_all(
        "all => all.map(img => [img.complete, img.naturalWidth])"
    )
    assert all(complete and width > 200 for complete, width in sizes)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 29)"}[scheme]


def test_parentheses_grow_with_what_they_hold(tmp_path: Path, new_page: Any) -> None:
    # in Japanese: without a font for mathematics by name, Chromium took one that cannot
    file = tmp_path / "majority.html"
    file.write_bytes(exported("majority", ".html", language="ja"))
    page = new_page(file.as_uri())
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true })")
    tall, plain = (
        page.locator(f"math[display=block]:has(mfrac) mo[stretchy={grows}]").first.evaluate(
            "each => each.getBoundingClientRect().height"
        )
        for grows in ("true", "false")
    )
    assert tall > 1.5 * plain


def test_nothing_is_wider_than_a_small_screen(tmp_path: Path, new_page: Any) -> None:
    file = tmp_path / "or.html"
    file.write_bytes(exported("or", ".html", language="ja", chosen={"epochs": 1}))
    page = new_page(file.as_uri(), viewport={"width": 390, "height": 800})
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
