"""Ranking against scikit-learn, with ties and weights."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as peer

from shoal.metrics.ranking import average_precision, ranking, roc_auc, roc_points


@pytest.fixture(params=[2, 0], ids=["many ties", "none"])
def rows(request):
    rng = np.random.default_rng(0)
    scores = rng.random(300)
    scores = np.round(scores, request.param) if request.param else scores
    return scores, rng.random(300) < scores, rng.integers(0, 4, 300).astype(float)


@pytest.mark.parametrize("weighted", [False, True])
def test_areas(rows, weighted: bool) -> None:
    scores, is_class, w = rows
    own = {"weights": w} if weighted else {}
    theirs = {"sample_weight": w} if weighted else {}
    wanted = peer.roc_auc_score(is_class, scores, **theirs)
    assert roc_auc(scores, is_class, **own) == pytest.approx(wanted, rel=1e-12)
    wanted = peer.average_precision_score(is_class, scores, **theirs)
    assert average_precision(scores, is_class, **own) == pytest.approx(wanted, rel=1e-12)


def test_points(rows) -> None:
    scores, is_class, w = rows
    alarms, hits, _ = peer.roc_curve(is_class, scores, sample_weight=w, drop_intermediate=False)
    found = roc_points(scores, is_class, w)
    np.testing.assert_allclose(np.unique(np.transpose(found), axis=0),
                               np.unique(np.transpose([alarms, hits]), axis=0))  # fmt: skip


def test_weights_of_many_samples_at_once(rows) -> None:
    scores, is_class, w = rows
    both = ranking(scores, is_class).areas(np.stack([np.ones(300), w]))
    assert both[0].tolist() == [roc_auc(scores, is_class), average_precision(scores, is_class)]
    assert both[1, 0] == pytest.approx(roc_auc(scores, is_class, w))


def test_one_class_alone_has_no_area() -> None:
    assert np.isnan(roc_auc([0.1, 0.2], [True, True]))
    assert average_precision([0.1, 0.2], [True, True]) == 1.0
    assert np.isnan(average_precision([0.1, 0.2], [False, False]))
    assert roc_points([0.1, 0.2], [True, True])[0].tolist() == [0.0, 0.0, 0.0]


def test_neighbours_together_keep_equal_scores_together() -> None:
    scores = np.repeat([0.9, 0.5, 0.1], [1, 8, 3])
    found = ranking(scores, np.ones(12, bool), most=2)
    # groups of 6 rows: the 8 equal ones start at row 1, so they are in the first
    assert found.scores.tolist() == [0.5, 0.1]
    many = ranking(np.arange(1000.0), np.arange(1000) >= 500, most=100)
    assert len(many.scores) == 100
    assert many.areas(np.ones((1, 1000)))[0, 0] == 1.0
