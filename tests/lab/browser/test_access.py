"""For everyone: axe-core finds nothing, all goes without a mouse, runs are spoken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shoal import Experiment
from shoal.lab.starts import STARTS

AXE = Path(__file__).parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => (await axe.run(document, {
  resultTypes: ["violations"], rules: {"target-size": {enabled: true}},
})).violations.map(
  found => `${found.id}: ${found.help}: ${found.nodes.slice(0, 3).map(
    node => `${node.target} ${node.any.concat(node.all, node.none).map(m => m.message).join("; ")}`
  ).join(" | ")}`)"""
PANELS = ("data", "network", "training", "compare", "doctor", "take", "tours")
VIEWS = (
    "surface", "multiples", "finals", "network", "confusion", "histogram", "points", "curves",
    "traces", "inside", "charts",
)  # fmt: skip
SMALL = {
    "data": {"task": "greater", "samples": 200, "dummies": 1},
    "network": {"layers": [
        {"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"},
    ]},
    "training": {"epochs": 4},
    "population": {"size": 4},
}  # fmt: skip
DESKTOP = {"width": 1366, "height": 768}
TABLET = {"width": 820, "height": 1180}


def small():
    return Experiment.read(SMALL, source="a test")


@pytest.fixture
def seen(desk):
    """Open the page in some state, with axe in it: see that it finds nothing."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make page")

    def check(at, where):
        found = at.page.evaluate(RUN)
        assert not found, (where, found)

    def open_page(ui=None, *, dark=False, viewport=DESKTOP, locale="en"):
        at = desk(
            small(), ui=ui, settle=False, locale=locale, viewport=viewport,
            color_scheme="dark" if dark else "light", init_script=AXE, reduced_motion="reduce",
        )  # fmt: skip
        projector = bool(ui and ui.get("projector"))
        at.until("wanted => document.querySelector(wanted) !== null && !document.querySelector("
                 "'.sh-busy.sh-on')", ".sh-main canvas" if projector else ".sh-big")  # fmt: skip
        return at

    open_page.check = check
    return open_page


def ready(at, view):
    """Wait until a view shows what it is about."""
    what = {
        "confusion": ".sh-matrix b", "points": ".sh-points b", "inside": ".sh-work",
        "charts": ".sh-vega-place :is(svg, canvas)", "traces": ".sh-traces canvas",
        "network": ".sh-unit",
    }  # fmt: skip
    at.page.locator(what.get(view, ".sh-main canvas")).first.wait_for()


LOOKED_AT = {"points": [[0.2, 0.7, 0.1]], "inside": {"row": 3}}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_as_it_comes_up_has_no_violation(seen, dark):
    at = seen(dark=dark)
    seen.check(at, "the page")
    at.page.locator(".sh-topbar button").nth(1).click()
    at.page.locator("dialog[open] input").first.wait_for()
    seen.check(at, "the dialog of the link")


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_no_view_has_a_violation(seen, view, dark):
    at = seen({**LOOKED_AT, "view": view}, dark=dark)
    ready(at, view)
    seen.check(at, view)
    for stop in at.page.locator(".sh-stop").all():  # of the way through the network
        stop.click()
        seen.check(at, f"{view}, {stop.inner_text()}")


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_panel_has_a_violation_as_it_is_and_with_all_its_folds_open(seen, dark):
    at = seen(dark=dark)
    tabs = at.page.locator(".sh-left-tabs > .sh-tablist [role=tab]")
    for k in range(tabs.count()):
        tabs.nth(k).click()
        seen.check(at, PANELS[k])
        folded = at.page.locator(".sh-left-column details:not([open]) > summary")
        while folded.count():
            folded.first.click()
        seen.check(at, f"{PANELS[k]}, folds open")
    for place in ("Own table", "Draw"):
        at.panel("Data")
        at.page.get_by_text(place, exact=True).click()
        seen.check(at, place)
    at.page.get_by_text("Own table", exact=True).click()
    at.drop("mine.csv", b"a,b,answer\n1,2,yes\n2,1,no\n3,1,no\n1,3,yes\n2,3,yes\n3,2,no\n")
    at.page.get_by_role("button", name="Train with this table").wait_for()
    seen.check(at, "a table")
    for tool in ("Take away", "Guided tours"):
        at.tool(tool)
        seen.check(at, tool)
    at.page.locator(".sh-story").first.click()
    at.page.locator(".sh-tour").get_by_role("button", name="Next").click()
    at.page.locator(".sh-answers button").first.wait_for()
    seen.check(at, "a question of a tour")
    at.page.locator(".sh-answers button").first.click()
    at.page.locator(".sh-revealed strong").wait_for()
    seen.check(at, "an answer of a tour")


@pytest.mark.slow
def test_no_violation_with_findings_a_verdict_branches_an_editor_and_a_problem(seen):
    at = seen()
    at.panel("Doctor")
    at.page.get_by_role("button", name="Examine", exact=True).click()
    at.page.locator(".sh-found").wait_for()
    seen.check(at, "findings")
    at.panel("Compare")
    at.page.get_by_role("button", name="Pin this setting").click()
    at.page.get_by_text("16", exact=True).click()
    at.page.get_by_role("button", name="Compare", exact=True).click()
    at.page.locator(".sh-answer").wait_for()
    seen.check(at, "a verdict")
    at.panel("Training")
    at.watch()
    at.go(5)
    at.type("Learning rate", 0.2)
    at.page.locator(".sh-branches").wait_for()
    at.view("Network")
    at.page.locator(".sh-unit").last.click()
    at.page.locator(".sh-editor").wait_for()
    seen.check(at, "branches and an editor")
    at.instant()
    at.choose("Loss", "Poisson")
    at.page.get_by_role("alert").first.wait_for()
    seen.check(at, "a problem")


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["en", "ja-JP", "ko-KR"])
@pytest.mark.parametrize("viewport", [DESKTOP, TABLET], ids=["1366x768", "820x1180"])
@pytest.mark.parametrize("projector", [False, True], ids=["page", "projector"])
def test_no_violation_in_any_language_on_a_tablet_or_a_projector(seen, locale, viewport, projector):
    for view in ("surface", "histogram"):
        ui = {**LOOKED_AT, "view": view, "projector": projector}
        at = seen(ui, viewport=viewport, locale=locale)
        seen.check(at, view)
        wide = at.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= viewport["width"], "the page scrolls sideways"
        at.page.close()


def test_at_1366_x_768_nothing_scrolls_but_the_columns(desk):
    at = desk(small())
    for tab in at.page.locator(".sh-view-tabs > .sh-tablist [role=tab]").all():
        tab.click()
        size = at.page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert size[0] <= 1366
        assert size[1] <= 768
    heights = at.page.locator("[role=tab]").evaluate_all("all => all.map(e => e.offsetHeight)")
    assert max(heights) < 50, "the words of a tab are broken into lines"


@pytest.mark.parametrize(
    "viewport", [{"width": 1024, "height": 768}, TABLET], ids=["1024x768", "820x1180"]
)
def test_on_a_tablet_the_picture_and_what_is_wrong_stay_in_sight(desk, viewport):
    at = desk(small(), viewport=viewport)
    at.panel("Training")
    at.choose("Loss", "Poisson")
    at.page.locator(".sh-banner").wait_for()
    at.page.get_by_text("What differs between networks").scroll_into_view_if_needed()
    height = at.page.evaluate("() => document.documentElement.scrollHeight")
    assert height <= viewport["height"]
    assert at.page.evaluate("() => document.documentElement.scrollWidth") <= viewport["width"]
    for seen in (".sh-banner", ".sh-surface canvas", ".sh-timeline"):
        box = at.page.locator(seen).first.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= viewport["height"] + 1
    picture = at.page.locator(".sh-surface canvas").first.bounding_box()
    assert picture["width"] > 400
    assert picture["height"] > 200


def test_chosen_and_on_are_seen_in_the_colours_a_person_forces(desk):
    at = desk(small(), forced_colors="active")
    ground = "e => getComputedStyle(e).backgroundColor"
    segments = at.page.locator(".sh-bar .sh-segment")
    assert segments.nth(0).evaluate(ground) != segments.nth(1).evaluate(ground)
    switches = at.page.locator(".sh-bar .sh-switch")
    off, on = (switches.nth(k).evaluate(ground) for k in range(2))
    assert off != on
    swatches = at.page.locator(".sh-legend .sh-swatch")
    assert swatches.nth(0).evaluate(ground) != swatches.nth(1).evaluate(ground)


# ---- without a mouse

FOCUSED = """() => {
  const element = document.activeElement, style = getComputedStyle(element);
  const box = element.closest(".sh-segment, .sh-switch-row") ?? element;
  const around = getComputedStyle(box);
  return [style.outlineStyle, parseFloat(style.outlineWidth), style.outlineColor,
    around.outlineStyle, parseFloat(around.outlineWidth), element.className,
    element.hasAttribute("data-lm-suppress-shortcuts") || element === document.body];
}"""


def tab_to(at, what, most=120):
    """Press Tab until something has the focus; every stop on the way must be seen."""
    for _ in range(most):
        at.page.keyboard.press("Tab")
        style, width, _, around, round_width, name, kept = at.page.evaluate(FOCUSED)
        if at.page.evaluate("() => document.activeElement === document.body"):
            continue  # between the end of the page and its beginning
        outlined = (style != "none" and width >= 2) or (around != "none" and round_width >= 2)
        assert outlined, f"the focus on {name} is not seen"
        assert kept, f"JupyterLab would take the keys of {name}"
        if what.count() and what.first.evaluate("e => e === document.activeElement"):
            return
    raise AssertionError("Tab does not come there")


def test_a_whole_task_is_done_without_a_mouse(desk):
    """Choose xor, add a layer, set the rate, train, and hear and read the result."""
    at = desk(small())
    page, keys = at.page, at.page.keyboard
    tab_to(at, page.locator(".sh-left-tabs > .sh-tablist [role=tab][aria-selected=true]"))
    tab_to(at, page.get_by_role("combobox", name="Task", exact=True))
    keys.type("xor")
    at.until("() => document.querySelector('.sh-truth').textContent.includes('fresh')")
    keys.press("Shift+Tab")
    tab_to(at, page.locator(".sh-left-tabs > .sh-tablist [role=tab][aria-selected=true]"), 400)
    keys.press("ArrowRight")
    page.get_by_role("button", name="One more: Hidden layers").wait_for()
    tab_to(at, page.get_by_role("button", name="One more: Hidden layers"))
    keys.press("Enter")
    at.until(
        "() => document.querySelector('.sh-left-column .sh-fact strong').textContent === '105'"
    )  # (2 + 1) 8 + (8 + 1) 8 + 8 + 1
    tab_to(at, page.locator(".sh-left-tabs > .sh-tablist [role=tab][aria-selected=true]"), 400)
    keys.press("ArrowRight")
    rate = page.get_by_role("textbox", name="Learning rate, as a number", exact=True)
    rate.wait_for()
    tab_to(at, rate)
    keys.press("Control+A")
    keys.type("0.1")
    keys.press("Enter")
    found = at.settled()
    start = STARTS["xor"]
    first, last = start["network"]["layers"]
    run = Experiment.read(
        {
            **start,
            "network": {"layers": [first, first, last]},
            "training": {
                **start["training"],
                "optimizer": {"name": "adam", "learning_rate": 0.1},
            },
            "population": {"size": 4},
        },
        source="a test",
    ).run()
    middle = np.median(run.final("validation_accuracy"))
    assert found.median == pytest.approx(100 * middle, abs=0.0501)
    at.says("Training has ended after 10 epochs.", at.percent(middle), "the median of 4 networks")


def test_every_stop_of_the_tab_key_is_seen_and_all_are_come_by(desk):
    at = desk(small())
    stops = at.page.evaluate(
        "() => [...document.querySelectorAll('button, input, select, summary, [tabindex]')]"
        ".filter(e => e.tabIndex >= 0 && !e.disabled && e.checkVisibility()"
        " && (e.type !== 'radio' || e.checked)).length"
    )
    tab_to(at, at.page.locator(".sh-timeline select"), stops + 5)
    assert stops > 30


def test_the_run_is_spoken_as_it_goes_on(desk):
    at = desk(small())
    at.says("Training has ended after 4 epochs.")
    ended = at.spoken()
    at.watch()
    at.go(10)
    at.says("Epoch 2 of 4.", "the median of 4 networks")
    assert at.spoken() != ended


def test_who_wants_no_motion_gets_none(desk):
    moving = """() => [...document.querySelectorAll("*")].filter(element => {
      const style = getComputedStyle(element);
      const long = text => text.split(",").some(each => parseFloat(each) > 0.05);
      return long(style.transitionDuration)
        || (style.animationName !== "none" && long(style.animationDuration));
    }).map(element => element.className)"""
    at = desk(small(), reduced_motion="reduce")
    assert at.page.evaluate(moving) == []
    at = desk(small())
    assert at.page.evaluate(moving)  # else the test would prove nothing
