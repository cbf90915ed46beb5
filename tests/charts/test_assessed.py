"""Charts of an assessment: their arrays against scikit-learn, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, roc_auc_score, roc_curve

from shoal.charts.registry import CHARTS
from shoal.charts.report import content
from shoal.errors import ArgumentError, InputError
from shoal.metrics.bootstrap import wilson


def points(chart, *names):
    return np.unique(np.transpose([chart.data[name] for name in names]), axis=0)


def test_roc_is_that_of_the_ensemble(assessment):
    p, true = assessment.rows.said[:, 1], assessment.rows.true_codes == 1
    alarms, hits, _ = roc_curve(true, p, drop_intermediate=False)
    chart = assessment.plot.roc()
    np.testing.assert_allclose(
        points(chart, "false_alarms", "hits"), np.unique(np.transpose([alarms, hits]), axis=0)
    )
    assert f"area under the curve: {roc_auc_score(true, p):.4g}" in chart.subtitle[0]
    assert chart.subtitle[0].startswith("ensemble of 5 networks; ")


def test_calibration_has_wilsons_bars(assessment):
    p, true = assessment.rows.said[:, 1], assessment.rows.true_codes == 1
    share, mean = calibration_curve(true, p, n_bins=10)
    chart = assessment.plot.calibration()
    np.testing.assert_allclose(chart.data["share"], share)
    np.testing.assert_allclose(chart.data["mean_probability"], mean)
    low, high = wilson(share, chart.data["n_rows"])
    np.testing.assert_allclose([chart.data["p05"], chart.data["p95"]], [low, high])


def test_confusion_is_that_of_the_ensemble(assessment):
    chart = assessment.plot.confusion()
    wanted = confusion_matrix(assessment.rows.true_codes, assessment.rows.codes)
    assert np.asarray(chart.data["count"]).reshape(2, 2).tolist() == wanted.tolist()


def test_coverage_ends_at_the_accuracy(assessment):
    chart = assessment.plot.coverage()
    assert chart.data["coverage"][-1] == 1.0
    assert chart.data["median"][-1] == assessment.evaluation.accuracy
    p, right = assessment.rows.said.max(axis=1), assessment.rows.right
    for share, figure in zip(chart.data["coverage"], chart.data["median"], strict=True):
        surest = np.sort(p)[::-1][round(share * len(p)) - 1]
        assert figure == pytest.approx(right[p >= surest].mean())


def test_costs_pass_through_the_rules(assessment):
    chart = assessment.plot.costs()
    curve = dict(zip(chart.data["threshold"], chart.data["cost"], strict=True))
    rules = {each.rule: each for each in assessment.costs.decisions}
    assert min(curve.values()) == rules["best"].cost
    assert curve[1.0] == rules["always_no"].cost
    assert curve[0.0] == rules["always_yes"].cost
    assert {each["rule"] for each in chart.marks["rules"]} >= {"0.5", "theory"}


def test_residuals(assessment_of_numbers):
    found = assessment_of_numbers
    chart = found.plot.residuals()
    error = found.rows.said[:, 0] - found.rows.true[:, 0]
    np.testing.assert_array_equal(chart.data["error"], error)
    assert f"{np.mean(error):.4g}" in chart.subtitle[0]


def test_what_does_not_fit_is_told(assessment, assessment_of_numbers):
    with pytest.raises(InputError) as error:
        assessment.plot.residuals()
    assert (
        str(error.value) == "chart 'residuals': is of numbers; got classes."
        " Give what the chart is made of."
    )
    with pytest.raises(InputError) as error:
        assessment_of_numbers.plot.roc()
    assert (
        str(error.value) == "chart 'roc': is of one target with classes; got a number."
        " Give what the chart is made of."
    )
    with pytest.raises(InputError) as error:
        assessment_of_numbers.plot.costs()
    told = "chart 'costs': needs the costs of the two errors. "
    assert str(error.value) == told + "Assess with costs=(false positive, false negative)."
    with pytest.raises(ArgumentError) as error:
        assessment.plot.roc(network=1)
    told = "roc: `network` is chosen for a run only; an assessment is of its rows and the ensemble"
    assert str(error.value) == told + "; got 1. Give a value of that kind."


def test_kinds(assessment):
    fits = {name for name, kind in CHARTS.items() if "Assessment" in kind.takes}
    assert set(dir(assessment.plot)) == fits
    assert fits == {"roc", "calibration", "coverage", "confusion", "residuals", "costs"}


def test_a_report_in_one_theme(assessment):
    page = content(assessment, dark=True).decode()
    assert "How good is the model on greater?" in page
    assert "<script>" in page
    assert page.count("<figure") == 5
