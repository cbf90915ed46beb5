"""Item 2, network: layers and units by + and -, the diagram, weights set by hand and held fixed."""

from __future__ import annotations

import numpy as np
import pytest

from shoal import Experiment
from shoal.network import Parameters

XOR = {
    "data": {"task": "xor", "batches": 5},
    "network": {"layers": [
        {"units": 2, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"},
    ]},
    "training": {"epochs": 20, "optimizer": {"name": "sgd", "learning_rate": 0.1}},
    "population": {"size": 3},
}  # fmt: skip


def read(document):
    return Experiment.read(document, source="a test")


def open_unit(at, name):
    """Click a unit of the diagram; return the editor of its weights."""
    at.page.get_by_role("button", name=name, exact=True).click()
    editor = at.page.get_by_role("region", name=name, exact=True)
    editor.wait_for()
    return editor


def weights_of(editor):
    """Read the numbers of a unit: its bias, then its weights."""
    return [float(each.input_value()) for each in editor.get_by_role("textbox").all()]


def test_layers_and_units_are_counted_up_and_down(desk):
    at = desk(read(XOR))
    at.panel("Network")
    assert at.fact("Parameters") == "9"  # (2 + 1) 2 + (2 + 1) 1
    at.more("Units of Layer 1", times=3)
    at.more("Hidden layers")
    at.fewer("Units of Layer 2")
    at.choose("Activation of Layer 2", "ReLU")
    at.switch("Bias of Outputs")
    found = at.settled()
    at.until("() => document.querySelector('.sh-left-column .sh-fact strong').textContent === '43'")
    # (2 + 1) 5 + (5 + 1) 4 + 4 without a bias
    layers = [
        {"units": 5, "activation": "tanh"}, {"units": 4, "activation": "relu"},
        {"units": 1, "activation": "sigmoid", "bias": False},
    ]  # fmt: skip
    run = read({**XOR, "network": {"layers": layers}}).run()
    expected = 100 * np.median(run.final("validation_accuracy"))
    assert found.median == pytest.approx(expected, abs=0.0501)
    at.view("Network")
    diagram = at.page.locator(".sh-network-inner")
    assert diagram.get_attribute("aria-label").startswith(
        "Network 1: 2 – 5 – 4 – 1 units, 43 parameters."
    )
    assert diagram.get_by_role("button").count() == 2 + 5 + 4 + 1


def test_the_diagram_shows_every_weight_of_the_network_that_is_chosen(desk):
    at = desk(read(XOR))
    at.view("Network")
    run = read(XOR).run()
    for network in (0, 2):
        field = at.page.locator(".sh-main").get_by_role("textbox", name="Network", exact=True)
        field.fill(str(network + 1))  # people count from 1
        field.press("Enter")
        at.page.get_by_role("group", name=f"Network {network + 1}: ").wait_for()
        editor = open_unit(at, "unit 2 of layer 1")
        w, b = run.parameters.weights[0][network], run.parameters.biases[0][network]
        expected = [b[1], w[0, 1], w[1, 1]]
        at.until(
            "e => Math.abs([...document.querySelectorAll('.sh-editor input[type=text]')][1].value"
            " - e) < 1e-3 * Math.abs(e) + 1e-4", float(expected[1])
        )  # fmt: skip
        assert weights_of(editor) == pytest.approx(expected, rel=1e-3, abs=1e-4)
        at.page.keyboard.press("Escape")


def test_a_weight_on_the_line_is_told_by_pointing_at_a_unit_with_the_keys(desk):
    at = desk(read(XOR))
    at.view("Network")
    run = read(XOR).run()
    w = run.parameters.weights[1][0]
    at.page.get_by_role("button", name="unit 1 of layer 1", exact=True).focus()
    at.page.keyboard.press("ArrowRight")
    at.says("output 1: ", f"unit 1 of layer 1 {w[0, 0]:.2f}".replace("-", "−"))


def test_a_weight_is_set_by_hand_held_fixed_and_stays_what_it_was_set_to(desk):
    at = desk(read(XOR))
    at.view("Network")
    before = open_unit(at, "unit 1 of layer 1")
    trained = weights_of(before)
    at.watch()
    at.go(0)
    first = weights_of(before)
    assert first != trained
    at.type("input1", 1.5, within=".sh-editor")
    at.page.get_by_role("radio", name="weights set by hand: 1").wait_for(state="attached")
    row = at.page.locator(".sh-editor-row").filter(has=at.page.get_by_text("input1", exact=True))
    row.get_by_role("switch", name="fix").click()
    at.panel("Network")
    at.page.get_by_role("button", name="Let input1 → unit 1 of layer 1 go").wait_for()
    at.go(100)
    shown = weights_of(before)
    assert shown[1] == 1.5
    run = read(XOR).run()
    weights = [w.copy() for w in run.at(0).weights]
    weights[0][0, 0, 0] = 1.5  # network 0, from input1, to unit 1
    start = Parameters(weights=tuple(weights), biases=run.at(0).biases)
    after = run.rewind(0).with_weights(start).with_(frozen=("layers.0.weights.0.0",)).run()
    w, b = after.parameters.weights[0][0], after.parameters.biases[0][0]
    assert shown == pytest.approx([b[0], w[0, 0], w[1, 0]], rel=1e-3, abs=1e-4)
    assert shown[2] != pytest.approx(trained[2], abs=1e-3)  # the others learned around it
