"""Item 6, the doctor: findings with their proof, and a click that applies the remedy."""

from __future__ import annotations

import numpy as np
import pytest

import shoal
from shoal import Experiment

LARGE = {
    "data": {"task": "greater", "samples": 300, "multiply": 1000.0},
    "training": {"epochs": 30},
    "population": {"size": 4},
}


def read(document):
    return Experiment.read(document, source="a test")


def test_a_finding_is_proven_and_its_remedy_changes_the_experiment(desk):
    at = desk(read(LARGE))
    before = at.headline()
    at.panel("Doctor")
    at.page.get_by_role("button", name="Examine", exact=True).click()
    at.page.locator(".sh-findings li").first.wait_for()
    known = shoal.diagnose(read(LARGE))
    titles = at.page.locator(".sh-finding h2 [lang=en]").all_inner_texts()
    assert titles == [each.title for each in known.findings]
    finding = next(each for each in known.findings if "scaling" in " ".join(each.remedy))
    item = at.page.locator(".sh-finding").filter(has_text=finding.title)
    assert item.locator("code").all_inner_texts() == list(finding.remedy)
    proof = finding.proof
    assert proof is not None
    shown = item.locator(".sh-proof").inner_text()
    assert str(proof.wins) in shown
    assert str(proof.n_pairs) in shown
    item.get_by_role("button", name="Apply the remedy").click()
    item.get_by_text("Applied:").wait_for()
    after = at.settled()
    cured = read({**LARGE, "preprocess": {"scaling": "standard"}}).run()
    expected = 100 * np.median(cured.final("validation_accuracy"))
    assert after.median == pytest.approx(expected, abs=0.0501)
    assert after.median > before.median + 5
    at.panel("Training")
    scaling = at.page.get_by_role("combobox", name="Scaling", exact=True)
    assert scaling.input_value() == "standard"
    at.panel("Doctor")
    at.page.locator(".sh-applied").get_by_role("button", name="Undo").click()
    assert at.settled() == before
