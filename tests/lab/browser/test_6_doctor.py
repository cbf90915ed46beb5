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


def test_in_japanese_a_finding_is_told_in_japanese_with_its_figures(desk):
    at = desk(read(LARGE), locale="ja", settle=False)
    at.page.get_by_role("tab", name="診断", exact=True).click()
    at.page.get_by_role("button", name="診断する", exact=True).click()
    items = at.page.locator(".sh-findings li")
    items.first.wait_for()
    known = shoal.diagnose(read(LARGE)).findings
    assert items.count() == len(known)
    finding = next(each for each in known if each.name == "unscaled_inputs")
    item = items.filter(has_text="入力がスケーリングされていません")
    text = item.inner_text()
    assert f"平均 {finding.evidence['mean']:.4g}、" in text
    assert f"標準偏差 {finding.evidence['deviation']:.4g}" in text
    assert "すべての入力を平均 0、標準偏差 1 にそろえてください。" in text
    assert f"{finding.proof.n_pairs} 組のうち" in text
    assert at.page.locator(".sh-doctor [lang=en]").count() == 0


def test_in_japanese_a_problem_has_a_headline_and_its_code(desk):
    at = desk(read(LARGE), locale="ja", settle=False)
    at.page.get_by_role("tab", name="学習", exact=True).click()
    choice = at.page.get_by_role("combobox", name="最適化", exact=True)
    choice.select_option(value="perceptron")
    banner = at.page.locator(".sh-banner.sh-warn")
    banner.wait_for()
    assert banner.locator("strong").first.inner_text() == "設定が互いに矛盾しています"
    assert banner.locator("code").first.inner_text() == "X107"
    assert banner.locator("[lang=en]").first.inner_text() != ""
