"""Item 3, training: settings, the two modes, the timeline, branches, and what keeps its weights."""

from __future__ import annotations

import numpy as np
import pytest

from shoal import Experiment

SMALL = {
    "data": {"task": "greater", "samples": 400},
    "network": {"layers": [
        {"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"},
    ]},
    "training": {"epochs": 20, "optimizer": {"name": "adam", "learning_rate": 0.01}},
    "population": {"size": 4},
}  # fmt: skip
PER_EPOCH = 10  # 320 rows train, 32 of them a step


def read(document):
    return Experiment.read(document, source="a test")


def changed(**training):
    return {**SMALL, "training": {**SMALL["training"], **training}}


def shows(headline, values):
    """See that median and band of a figure are shown, in percent."""
    low, middle, high = 100 * np.quantile(values, [0.05, 0.5, 0.95])
    assert headline.median == pytest.approx(middle, abs=0.0501)
    if headline.band is not None:
        assert headline.band == pytest.approx((low, high), abs=0.0501)


def first_weights(at):
    """Go to the beginning and read the numbers of a unit of the first network."""
    at.watch()
    at.go(0)
    found = [
        at.page.locator(".sh-editor").get_by_role("textbox").nth(k).input_value() for k in range(3)
    ]
    at.instant()
    at.settled()
    return found


def test_every_change_is_trained_to_its_end_and_shown(desk):
    at = desk(read(SMALL))
    at.panel("Training")
    shows(at.headline(), read(SMALL).run().final("validation_accuracy"))
    at.choose("Optimizer", "gradient descent (SGD)")
    at.type("Learning rate", 0.5)
    at.type("Epochs", 12)
    at.type("Networks", 9)
    at.choose("Schedule", "cosine")
    found = at.settled()
    document = {
        **changed(epochs=12, optimizer={"name": "sgd", "learning_rate": 0.5}, schedule="cosine"),
        "population": {"size": 9},
    }
    shows(found, read(document).run().final("validation_accuracy"))
    assert "Epoch 12 / 12" in at.page.locator(".sh-readout").inner_text()


def test_the_learning_rate_is_a_slider_by_powers_of_ten(desk):
    at = desk(read(SMALL))
    at.panel("Training")
    slider = at.page.get_by_role("slider", name="Learning rate", exact=True)
    field = at.page.get_by_role("textbox", name="Learning rate, as a number", exact=True)
    factors = []
    for _ in range(3):
        old = float(field.input_value())
        for _ in range(5):
            slider.press("ArrowRight")
        at.settled()
        factors.append(float(field.input_value()) / old)
    # equal ways are equal factors, as far as values are rounded to be read
    assert factors == pytest.approx([factors[0]] * 3, rel=0.1)
    assert factors[0] > 1.1
    rate = float(field.input_value())
    document = changed(optimizer={"name": "adam", "learning_rate": rate})
    shows(at.headline(), read(document).run().final("validation_accuracy"))


def test_a_control_keeps_the_initial_weights_and_new_seeds_draws_others(desk):
    at = desk(read(SMALL))
    at.view("Network")
    at.page.get_by_role("button", name="unit 1 of layer 1", exact=True).click()
    w = read(SMALL).run().at(0).weights[0][0]
    before = first_weights(at)
    assert [float(text) for text in before] == pytest.approx([0, w[0, 0], w[1, 0]], rel=1e-3)
    at.panel("Training")
    at.type("Learning rate", 0.1)
    at.settled()
    assert first_weights(at) == before
    at.page.get_by_role("button", name="New seeds").click()
    at.settled()
    assert first_weights(at) != before


def test_the_run_is_watched_step_by_step_and_epoch_by_epoch_and_back(desk):
    at = desk(read(SMALL))
    run = read(SMALL).run()
    at.watch()
    at.go(0)

    def press(name, step):
        at.page.get_by_role("button", name=name, exact=True).click()
        at.at(step)

    press("One step forward", 1)
    press("One epoch forward", 10)
    press("One epoch forward", 20)
    shows(at.headline(), run.history["validation_accuracy"][:, 1])  # the second report
    press("One step back", 19)
    press("One epoch back", 10)
    shows(at.headline(), run.history["validation_accuracy"][:, 0])
    told = at.page.locator(".sh-readout").inner_text()
    assert "Epoch 1 / 20" in told
    assert "step 10 of 200" in told


def test_play_goes_on_by_itself_and_ends_at_the_end(desk):
    at = desk(read(SMALL))
    at.page.get_by_label("Speed").select_option(label="100 steps/s")
    at.page.get_by_role("button", name="Play", exact=True).click()
    at.until(
        "() => +document.querySelector('.sh-readout .sh-quiet').textContent.match(/\\d+/)[0] > 5"
    )
    at.page.get_by_role("button", name="Pause", exact=True).click()
    stood = at.page.get_by_role("slider", name="Position in the run").input_value()
    assert 5 < int(stood) < 200
    at.page.get_by_label("Speed").select_option(label="2,000 steps/s")
    at.page.get_by_role("button", name="Play", exact=True).click()
    at.at(200)
    at.page.get_by_role("button", name="Play", exact=True).wait_for()  # no longer: Pause
    shows(at.settled(), read(SMALL).run().final("validation_accuracy"))


def test_a_change_in_the_middle_branches_the_run_and_both_stay(desk):
    at = desk(read(SMALL))
    at.panel("Training")
    at.watch()
    at.go(60)
    at.type("Learning rate", 0.2)
    branch = at.page.get_by_role("radio", name="1. Learning rate 0.2 · from epoch 6")
    branch.wait_for(state="attached")
    trunk = at.page.get_by_role("radio", name="From the start")
    assert branch.is_checked()
    at.go(200)
    run = read(SMALL).run()
    other = run.rewind(60).with_(learning_rate=0.2).run()
    shows(at.headline(), other.final("validation_accuracy"))
    at.page.locator(".sh-branch").filter(has_text="From the start").click()
    at.until("() => document.querySelector('.sh-branches input').checked")
    at.go(199)
    at.go(200)
    shows(at.headline(), run.final("validation_accuracy"))
    assert trunk.is_checked()
    rate = at.page.get_by_role("textbox", name="Learning rate, as a number", exact=True)
    assert rate.input_value() == "0.01"
    legend = at.page.locator(".sh-right-column .sh-key-list").first.inner_text()
    assert "branch 1" in legend
    at.page.get_by_role("button", name="Remove branch 1").click()
    branch.wait_for(state="detached")


def test_a_branch_and_a_comparison_are_told_in_words(desk):
    at = desk(read(SMALL))
    at.panel("Training")
    at.watch()
    at.go(60)
    at.choose("Optimizer", "gradient descent (SGD)")
    branch = at.page.get_by_role("radio", name="Optimizer gradient descent (SGD)")
    branch.wait_for(state="attached")
    assert "{" not in at.page.locator(".sh-branches").inner_text()


def test_what_cannot_be_is_said_beside_its_control_and_the_last_result_stays(desk):
    at = desk(read(SMALL))
    at.panel("Training")
    before = at.headline()
    at.choose("Loss", "Poisson")
    at.page.get_by_role("alert").first.wait_for()
    assert at.page.get_by_text("What is shown is the last setting that could be trained.").count()
    assert at.headline() == before
    at.choose("Loss", "as the outputs ask")
    assert at.settled() == before
