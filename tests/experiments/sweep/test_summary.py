"""What is said of cells: medians, how sure they are, and the answer."""

import math

import numpy as np
import pytest
from scipy.stats import binom

from shoal.errors import ArgumentError
from shoal.experiments.sweep import Sweep
from shoal.experiments.sweep.summary import median_rank, medians


def test_cells_of_any_size_stand_one_after_the_other():
    values = np.array([3.0, 1.0, 2.0, 5.0, np.nan, 7.0, 9.0, np.inf])
    found = medians(values, [3, 1, 4])
    assert found.median.tolist() == [2.0, 5.0, 8.0]
    assert found.n_counted.tolist() == [3, 1, 2]
    assert np.isnan(found.low).all()  # fewer than 6 networks hold no median surely
    ordered = medians(np.arange(16.0)[::-1].copy(), [16])
    # the 4th smallest and the 4th largest of 0 to 15
    assert (ordered.low[0], ordered.high[0]) == (3.0, 12.0)
    assert ordered.p05[0] == pytest.approx(0.75)


@pytest.mark.parametrize("n", [1, 5, 6, 16, 17, 64, 999, 1000], ids=str)
def test_the_rank_is_the_largest_that_is_sure(n):
    """k - 1 or fewer of n below the median: at most 2.5 % of cases, for k + 1 more."""
    k = median_rank(n)
    assert k == 0 or binom.cdf(k - 1, n, 0.5) <= 0.025
    assert binom.cdf(k, n, 0.5) > 0.025


@pytest.mark.parametrize("n", [1001, 5000, 100_000], ids=str)
def test_large_populations_are_on_the_safe_side(n):
    k = median_rank(n)
    assert binom.cdf(k - 1, n, 0.5) <= 0.025
    assert binom.cdf(k + 2, n, 0.5) > 0.025


BASE = {
    "data": {"task": "greater", "samples": 60},
    "training": {"epochs": 1, "optimizer": "sgd"},
    "population": 6,
}


@pytest.fixture(scope="module")
def swept():
    return Sweep.read(
        BASE | {"sweep": {"data.label_noise": [0, 0.25], "training.epochs": [1, 2]}}
    ).run(threads=1)


def test_lines_of_cells(swept):
    lines = swept.summary()
    assert [line["label"] for line in lines][:2] == [
        "label_noise=0, epochs=1", "label_noise=0, epochs=2",
    ]  # fmt: skip
    own = swept.columns["validation_accuracy"].reshape(4, 6)
    for line, values in zip(lines, own, strict=True):
        assert line["median"] == np.median(values)
        assert (line["low"], line["high"]) == (values.min(), values.max())
        assert (line["n_networks"], line["n_counted"], line["n_diverged"]) == (6, 6, 0)
    # a quarter of the labels flipped: the rule is right in three quarters
    assert [line["attainable"] for line in lines] == [1.0, 1.0, 0.75, 0.75]
    assert np.isnan(swept.summary("train_loss")[0]["attainable"])


def test_values_order_and_answer(swept):
    assert swept.values("data.label_noise").tolist() == [0] * 12 + [0.25] * 12
    order = swept.order("train_loss")
    medians = np.median(swept.columns["train_loss"].reshape(4, 6), axis=1)
    assert order == np.argsort(medians).tolist()
    best = swept.summary()[swept.order()[0]]
    assert swept.sentence.startswith(
        f"Best validation accuracy with {best['label']}: median {best['median']:.4g} (95 % "
    )
    assert repr(swept) == "<Swept: 4 cells, 24 networks, data.label_noise, training.epochs>"


def test_accuracy_against_the_labels_before_they_were_flipped(swept):
    clean = swept.columns["clean_accuracy"]
    np.testing.assert_array_equal(clean[:12], swept.columns["validation_accuracy"][:12])
    from shoal.experiments.result import clean_accuracy

    np.testing.assert_array_equal(clean[12:18], clean_accuracy(swept.run(2)))


def test_names_that_are_not_there(swept):
    with pytest.raises(ArgumentError) as error:
        swept.summary("validation_los")
    assert str(error.value) == (
        "Swept.summary: `figure` must be one of train_loss, train_accuracy, validation_loss, "
        "validation_accuracy, clean_accuracy; got 'validation_los'. Did you mean 'validation_loss'?"
    )
    with pytest.raises(ArgumentError) as error:
        swept.values("label_noise")
    assert str(error.value) == (
        "Swept.values: `key` must be one of data.label_noise, training.epochs; got 'label_noise'. "
        "Did you mean 'data.label_noise'?"
    )


def test_the_document_is_plain(swept):
    import json

    document = json.loads(json.dumps(swept.to_dict(), allow_nan=False))
    assert (document["n_cells"], document["n_networks"]) == (4, 24)
    cell = document["cells"][3]
    assert cell["values"] == {"data.label_noise": 0.25, "training.epochs": 2}
    assert math.isclose(
        cell["figures"]["train_loss"]["median"], np.median(swept.columns["train_loss"][18:])
    )
    assert document["digest"] == swept.digest
    assert Sweep.read(document["sweep"]).n_cells == 4
