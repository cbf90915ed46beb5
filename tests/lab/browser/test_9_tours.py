"""Item 9: guided tours, the projector, and the three languages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from shoal import Experiment

ROOT = Path(__file__).parents[3]
POINTS = [[0, 0], [0, 1], [1, 0], [1, 1]]
OR = [0, 1, 1, 1]


def begin(at, title):
    at.tool("Guided tours")
    at.page.locator(".sh-story").filter(has=at.page.get_by_text(title, exact=True)).click()
    step(at, 1)


def step(at, number):
    at.until(
        "start => document.querySelector('.sh-tour-progress')?.textContent.startsWith(start)",
        f"Step {number} of",
    )


def onwards(at, number):
    at.page.locator(".sh-tour").get_by_role("button", name="Next").click()
    step(at, number)


def hidden(at):
    """See that the result is not there to be read before it is predicted."""
    at.until("() => / at step 0$/.test(document.querySelector('.sh-headline h2').textContent)")
    assert at.page.get_by_role("button", name="Next").is_disabled()
    assert at.page.get_by_role("radio", name="Instant").is_disabled()
    assert at.page.get_by_role("slider", name="Position in the run").is_disabled()
    assert at.page.locator(".sh-revealed").count() == 0


def revealed(at):
    """Wait for what came out; return the sentence."""
    at.page.locator(".sh-revealed strong").wait_for()
    return at.page.locator(".sh-revealed strong").inner_text()


def guess(at, value):
    at.page.locator(".sh-guess input").fill(str(value))
    at.page.get_by_role("button", name="Show what happens").click()


def answer(at, text):
    at.page.locator(".sh-answers").get_by_role("button", name=text).click()


def test_the_whole_or_lesson_ends_with_four_correct_predictions(desk):
    at = desk()
    begin(at, "OR of two bits")
    slow = Experiment.load(ROOT / "examples" / "or.toml").run()
    onwards(at, 2)
    hidden(at)
    answer(at, "Three")
    cases = round(4 * float(np.median(slow.history["validation_accuracy"][:, 0])))
    assert f": {cases}." in revealed(at)
    onwards(at, 3)
    hidden(at)
    guess(at, 0.5)
    share = float(np.median(slow.final("validation_accuracy")))
    assert f"it is {at.percent(share)}." in revealed(at)
    onwards(at, 4)
    hidden(at)
    answer(at, "Much lower, under 0.04")
    document = Experiment.load(ROOT / "examples" / "or.toml").document()
    document["training"]["optimizer"] = {"name": "sgd", "learning_rate": 0.05}
    fast = Experiment.read(document, source="a test").run()
    loss = float(np.median(fast.final("train_loss")))
    assert float(re.search(r"([\d.]+)\.$", revealed(at))[1]) == pytest.approx(loss, rel=1e-2)
    onwards(at, 5)
    hidden(at)
    guess(at, 4)
    assert revealed(at) == "As you predicted: 4."
    p = fast.ensemble.predict_proba(POINTS)[:, 1]
    rows = at.table(".sh-points")
    said = [float(row[4].removesuffix(" %")) for row in rows]
    assert said == pytest.approx(list(100 * p), abs=0.0501)
    assert [int(each > 50) for each in said] == OR
    onwards(at, 6)
    assert (
        at.page.locator(".sh-tour .sh-score").inner_text().endswith("of 4 predictions came true.")
    )
    at.page.get_by_role("button", name="Leave the tour").click()
    assert at.page.locator(".sh-story").count() == 9


@pytest.mark.slow
def test_every_tour_is_gone_from_its_first_step_to_its_last(desk):
    stories = json.loads((ROOT / "web" / "src" / "tours" / "tours.json").read_text())
    at = desk()
    at.tool("Guided tours")
    titles = at.page.locator(".sh-story strong").all_inner_texts()
    assert len(titles) == len(stories)
    for title, story in zip(titles, stories, strict=True):
        if at.page.locator(".sh-tour").count():
            at.page.get_by_role("button", name="Leave the tour").click()
        at.page.locator(".sh-story").filter(has=at.page.get_by_text(title, exact=True)).click()
        for number, each in enumerate(story["steps"], 1):
            step(at, number)
            if "ask" in each:
                hidden(at)
                if each["ask"]["kind"] == "choice":
                    at.page.locator(".sh-answers button").first.click()
                else:
                    at.page.get_by_role("button", name="Show what happens").click()
                assert revealed(at)
            if number < len(story["steps"]):
                at.page.locator(".sh-tour").get_by_role("button", name="Next").click()


def test_settings_changed_in_a_tour_can_be_set_up_again(desk):
    at = desk()
    begin(at, "OR of two bits")
    at.panel("Training")
    at.type("Epochs", 7)
    at.tool("Guided tours")
    at.page.get_by_text("The settings were changed meanwhile.").wait_for()
    at.page.get_by_role("button", name="Set the page up again").click()
    at.page.get_by_text("The settings were changed meanwhile.").wait_for(state="detached")
    at.panel("Training")
    field = at.page.get_by_role("textbox", name="Epochs, as a number", exact=True)
    at.until("() => true")
    assert field.input_value() == "3"


def test_a_projector_shows_one_view_in_large_type(desk):
    at = desk()
    shown = at.page.locator(".sh-big").inner_text()
    at.view("Answers", "Probabilities")
    small = at.page.locator(".sh-view-tabs [role=tab]").first.evaluate(
        "e => parseFloat(getComputedStyle(e).fontSize)"
    )
    at.page.get_by_role("button", name="Projector: large type, one view").click()
    at.until("() => document.querySelector('.sh-left-column') === null")
    assert at.page.locator(".sh-right-column").count() == 0
    large = at.page.locator(".sh-view-tabs [role=tab]").first.evaluate(
        "e => parseFloat(getComputedStyle(e).fontSize)"
    )
    assert large >= 18 > small
    assert at.page.locator(".sh-main canvas").first.is_visible()
    at.view("Surface")
    at.page.locator(".sh-glance strong").wait_for()
    assert at.page.locator(".sh-glance strong").inner_text() == shown
    at.page.keyboard.press("Tab")
    at.page.get_by_role("button", name="Projector: large type, one view").click()
    at.settled()


@pytest.mark.parametrize(
    ("locale", "tab", "figure"), [("ja-JP", "データ", "検証"), ("ko-KR", "데이터", "검증")]
)
def test_the_browsers_language_is_spoken_and_can_be_changed(desk, locale, tab, figure):
    at = desk(settle=False, locale=locale)
    at.page.locator(".sh-left-tabs").get_by_role("tab", name=tab, exact=True).wait_for()
    at.page.locator(".sh-big").wait_for()
    assert figure in at.page.locator(".sh-headline h2").inner_text()
    assert at.page.locator(".sh-lab").get_attribute("lang") == locale[:2]
    at.page.locator(".sh-topbar select").select_option("en")
    at.panel("Data")
    at.settled()
    at.page.reload()
    at.settled()  # the choice is kept
    assert at.page.locator(".sh-lab").get_attribute("lang") == "en"
