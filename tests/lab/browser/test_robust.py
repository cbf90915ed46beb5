"""The page goes on: the lab killed and started again, a reload, two pages, no other host."""

from __future__ import annotations

from urllib.parse import urlsplit

import numpy as np
import pytest

from shoal import Experiment

SMALL = {
    "data": {"task": "greater", "samples": 300},
    "training": {"epochs": 10, "optimizer": {"name": "adam", "learning_rate": 0.01}},
    "population": {"size": 4},
}


def small():
    return Experiment.read(SMALL, source="a test")


def session_of(at):
    """Set the page up with all that a session holds; return what is shown."""
    at.panel("Compare")
    at.page.get_by_role("button", name="Pin this setting").click()
    at.page.locator(".sh-pin").wait_for()
    at.panel("Training")
    at.watch()
    at.go(40)
    at.type("Learning rate", 0.1)
    at.page.get_by_role("radio", name="1. Learning rate 0.1 · from epoch 5").wait_for(
        state="attached"
    )
    at.go(80)
    at.view("Answers", "Confusion matrix")
    at.page.locator(".sh-matrix b").first.wait_for()
    return shown(at)


def shown(at):
    at.page.locator(".sh-matrix b").first.wait_for()
    return [
        at.headline(),
        at.page.locator(".sh-branch-name").all_inner_texts(),
        at.page.locator(".sh-readout").inner_text(),
        at.page.locator(".sh-matrix b").all_inner_texts(),
    ]


def forgive(at):
    """Take away what a browser itself writes of a host that does not answer, and no more."""
    told = at.page.shoal_faults
    told[:] = [each for each in told if "WebSocket" not in each and "ERR_CONN" not in each]


def test_a_lab_that_crashes_and_comes_back_finds_the_page_as_it_was(desk, lab_server):
    first = lab_server()
    at = desk(small(), url=first.url)
    before = session_of(at)
    first.kill()
    at.page.locator(".sh-banner").filter(has_text="not answering").wait_for()
    assert shown(at) == before  # all that was there can still be read
    again = lab_server(port=first.port, home=first.home)
    assert again.port == first.port
    at.page.locator(".sh-banner").filter(has_text="not answering").wait_for(state="detached")
    at.at(80)
    assert shown(at) == before
    at.type("Learning rate", 0.02)  # and it goes on
    at.go(79)
    at.go(80)
    at.instant()
    at.settled()
    assert at.panel("Compare").locator(".sh-pin-name").all_inner_texts() == ["A"]
    forgive(at)


def test_a_crash_with_a_table_of_ones_own_asks_the_page_for_it_again(desk, lab_server):
    first = lab_server()
    at = desk(url=first.url)
    at.page.get_by_text("Own table", exact=True).click()
    at.drop("mine.csv", b"a,b,answer\n" + b"".join(
        b"%d,%d,%s\n" % (k, (7 * k) % 5, b"yes" if k % 3 else b"no") for k in range(40)
    ))  # fmt: skip
    at.page.get_by_role("button", name="Train with this table").click()
    at.page.get_by_text("32 train, 8 validate").wait_for()
    before = at.settled()
    first.kill()
    at.page.locator(".sh-banner").filter(has_text="not answering").wait_for()
    lab_server(port=first.port, home=first.home)
    at.page.locator(".sh-banner").filter(has_text="not answering").wait_for(state="detached")
    at.panel("Training")
    at.type("Epochs", 7)  # this can be trained only by who has the rows
    at.until("() => document.querySelector('.sh-epoch').textContent === 'Epoch 7 / 7'")
    at.settled()
    at.page.locator(".sh-topbar").get_by_role("button", name="Undo the last change").click()
    assert at.settled() == before
    forgive(at)


def test_a_reload_brings_everything_back(desk):
    at = desk(small())
    before = session_of(at)
    link = at.address()
    at.until("link => location.hash === link", link)
    at.page.reload()
    at.page.locator(".sh-big").wait_for()
    at.at(80)
    assert shown(at) == before


def test_drawn_points_come_back_with_a_reload(desk):
    at = desk()
    at.page.get_by_text("Draw", exact=True).click()
    box = at.page.locator(".sh-pad-place").bounding_box()

    def put(x, y):
        at.page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])

    put(0.3, 0.3)
    put(0.4, 0.2)
    at.page.locator(".sh-pad").get_by_text("B", exact=True).click()
    put(0.7, 0.6)
    put(0.8, 0.7)
    at.page.get_by_text("4 train, 0 validate").wait_for()
    before = at.settled()
    link = at.address()
    at.until("link => location.hash === link", link)
    at.page.reload()
    assert at.settled() == before
    at.page.get_by_text("4 points", exact=True).wait_for()


def test_two_pages_at_once_do_not_disturb_each_other(desk):
    one, other = desk(small()), desk(small())
    one.panel("Training")
    other.panel("Training")
    one.type("Learning rate", 0.1)
    other.type("Epochs", 3)
    first, second = one.settled(), other.settled()
    assert "Epoch 10 / 10" in one.page.locator(".sh-readout").inner_text()
    assert "Epoch 3 / 3" in other.page.locator(".sh-readout").inner_text()
    training = SMALL["training"]
    fast = {**training, "optimizer": {"name": "adam", "learning_rate": 0.1}}
    for found, setting in ((first, fast), (second, {**training, "epochs": 3})):
        run = Experiment.read({**SMALL, "training": setting}, source="a test").run()
        finals = run.final("validation_accuracy")
        assert found.median == pytest.approx(100 * np.median(finals), abs=0.0501)


def test_a_slider_that_is_dragged_ends_where_it_is_left(desk):
    """Settings in a row drop each other; what is shown in the end is the last of them."""
    at = desk(small())
    at.panel("Training")
    slider = at.page.get_by_role("slider", name="Learning rate", exact=True)
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    at.page.mouse.move(box["x"] + box["width"] / 2, middle)
    at.page.mouse.down()
    for share in (0.9, 0.2, 0.7, 0.4, 0.8, 0.6):
        at.page.mouse.move(box["x"] + share * box["width"], middle, steps=8)
    at.page.mouse.up()
    found = at.settled()
    field = at.page.get_by_role("textbox", name="Learning rate, as a number", exact=True)
    rate = float(field.input_value())
    training = {**SMALL["training"], "optimizer": {"name": "adam", "learning_rate": rate}}
    finals = (
        Experiment.read({**SMALL, "training": training}, source="a test")
        .run()
        .final("validation_accuracy")
    )
    assert found.median == pytest.approx(100 * np.median(finals), abs=0.0501)


def test_undo_takes_changes_back_one_by_one(desk):
    at = desk(small())
    at.panel("Training")
    first = at.headline()
    at.type("Epochs", 2)
    second = at.settled()
    at.choose("Optimizer", "gradient descent (SGD)")
    at.settled()
    undo = at.page.locator(".sh-topbar").get_by_role("button", name="Undo the last change")
    undo.click()
    assert at.settled() == second
    undo.click()
    assert at.settled() == first


def test_every_request_goes_to_the_lab_and_nowhere_else(desk):
    at = desk(settle=False)
    asked = []
    at.page.on("request", lambda request: asked.append(request.url))
    at.page.on("websocket", lambda socket: asked.append(socket.url))
    at.page.reload()
    at.settled()
    for tab in at.page.locator(".sh-view-tabs > .sh-tablist [role=tab]").all():
        tab.click()
    at.page.locator(".sh-vega-place :is(svg, canvas)").first.wait_for()
    at.panel("Doctor")
    at.tool("Take away")
    hosts = {urlsplit(url).netloc for url in asked}
    assert hosts == {urlsplit(at.page.url).netloc}
    assert len(asked) >= 4  # the page, its script, its style, the socket
