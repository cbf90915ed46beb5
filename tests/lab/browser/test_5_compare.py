"""Item 5, compare: a pin as A, the setting as B, the verdict on paired seeds; pins stay."""

from __future__ import annotations

import re

import pytest

import shoal
from shoal import Experiment

A = {
    "data": {"task": "greater", "samples": 300},
    "network": {"layers": [
        {"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"},
    ]},
    "training": {"epochs": 5, "optimizer": {"name": "adam", "learning_rate": 0.001}},
    "population": {"size": 4},
}  # fmt: skip


def read(document):
    return Experiment.read(document, source="a test")


def with_rate(rate):
    training = {**A["training"], "optimizer": {"name": "adam", "learning_rate": rate}}
    return {**A, "training": training}


def pin_and_change(at, rate):
    at.panel("Compare")
    at.page.get_by_role("button", name="Pin this setting").click()
    at.page.locator(".sh-pin").wait_for()
    at.panel("Training")
    at.type("Learning rate", rate)
    at.settled()
    at.panel("Compare")


def test_a_verdict_in_words_is_that_of_the_same_pairs_in_python(desk):
    at = desk(read(A))
    pin_and_change(at, 0.05)
    assert at.table(".sh-differing") == [["Learning rate", "0.001", "0.05"]]
    at.page.get_by_text("16", exact=True).click()
    at.page.get_by_role("button", name="Compare", exact=True).click()
    told = at.page.locator(".sh-answer").inner_text()
    found = shoal.compare([read(A), read(with_rate(0.05))], pairs=16)
    verdict = found.verdicts[0]
    words = {"better": "B is better than A", "worse": "B is worse than A", "undecided": "Undecided"}
    assert told.startswith(words[verdict.outcome])
    assert [int(n) for n in re.findall(r"\d+", told)] == [verdict.wins, 16, verdict.losses]
    assert verdict.wins > 10  # the test would prove little if nothing were to be seen
    facts = at.page.locator(".sh-details-list").inner_text()
    medians = re.search(r"Median: A ([\d.]+) %, B ([\d.]+) %", facts)
    for shown, arm in zip(medians.groups(), found.arms, strict=True):
        values = arm.figures[found.figure]
        assert float(shown) == pytest.approx(100 * float(sorted(values)[7] + sorted(values)[8]) / 2,
                                             abs=0.0501)  # fmt: skip
    at.says(told)


def test_the_same_setting_twice_shows_no_difference(desk):
    at = desk(read(A))
    at.panel("Compare")
    at.page.get_by_role("button", name="Pin this setting").click()
    at.page.get_by_text("A and B are the same setting.").wait_for()
    at.page.get_by_text("16", exact=True).click()
    at.page.get_by_role("button", name="Compare", exact=True).click()
    told = at.page.locator(".sh-answer").inner_text()
    assert "wins 0 of 16 pairs and loses 0" in told
    assert "16 pairs are equal." in at.page.locator(".sh-details-list").inner_text()


def test_pins_survive_a_reload_and_take_a_person_back(desk):
    at = desk(read(A))
    before = at.settled()
    pin_and_change(at, 0.05)
    assert at.settled() != before
    link = at.address()
    at.until("link => location.hash === link", link)
    at.page.reload()
    at.settled()
    assert at.panel("Compare").locator(".sh-pin-name").all_inner_texts() == ["A"]
    assert at.table(".sh-differing") == [["Learning rate", "0.001", "0.05"]]
    at.page.get_by_role("button", name="Go back to A").click()
    at.until("() => document.querySelector('.sh-differing') === null")
    assert at.settled() == before
