"""What causes a spread: shares of the streams, against populations made by hand."""

import dataclasses
import json

import numpy as np
import pytest

import shoal
from shoal.experiments.spread import ALL, Share, _judged

QUICK = shoal.Experiment(
    data=shoal.tasks.greater(samples=120),
    training=shoal.Training(shoal.Adam(0.03), batch_size=30, epochs=4),
)
STREAMS = ["data", "noise", "split", "init", "order", "dropout", "search"]


def variance(figure, **population):
    run = QUICK.model_copy(update={"population": shoal.Population(12, **population)}).run()
    return run.final(figure).var(ddof=1)


def test_shares_are_ratios_of_variances():
    found = QUICK.spread(figure="validation_loss", networks=12)
    whole = variance("validation_loss", vary=STREAMS)
    assert found.variance == pytest.approx(whole)
    assert [each.stream for each in found.shares] == STREAMS
    for each in found.shares:
        own = variance("validation_loss", vary=[each.stream])
        assert each.variance == pytest.approx(own)
        assert each.share == pytest.approx(own / whole)
        assert each.low <= each.share <= each.high or own == 0
    assert found.rest == pytest.approx(1 - sum(each.share for each in found.shares))
    assert found.rest_low <= found.rest <= found.rest_high


def test_streams_that_nothing_draws_from_have_no_share():
    shares = {each.stream: each for each in QUICK.spread(networks=6).shares}
    for name in ("noise", "dropout", "search"):
        assert (shares[name].variance, shares[name].share) == (0, 0)
        assert (shares[name].low, shares[name].high) == (0, 0)
    assert [name for name, each in shares.items() if not each.is_used] == [
        "noise", "dropout", "search"
    ]  # fmt: skip


def test_it_is_the_same_every_time_and_follows_the_search_stream():
    first, again = QUICK.spread(networks=6), QUICK.spread(networks=6, threads=1)
    assert first == again
    other = QUICK.model_copy(update={"streams": shoal.Streams(search=7)}).spread(networks=6)
    assert [e.share for e in other.shares] == [e.share for e in first.shares]
    assert [e.low for e in other.shares] != [e.low for e in first.shares]
    json.dumps(first.to_dict(), allow_nan=False)


def test_the_interval_covers_the_truth():
    """Figures that are sums of normal numbers: the share of one of two equal causes is 1/2."""
    random, covered = np.random.default_rng(0), 0
    for _ in range(60):
        a, b = random.normal(size=(2, 40))
        both = random.normal(size=40) + random.normal(size=40)
        found = _judged(QUICK, "validation_loss", 40, {ALL: both, "init": a, "order": b})
        covered += found.shares[0].low <= 0.5 <= found.shares[0].high
    assert covered / 60 > 0.75


def test_networks_without_the_figure_are_left_out():
    values = {ALL: np.array([1.0, 2.0, 4.0]), "init": np.array([1.0, 2.0])}
    found = _judged(QUICK, "train_loss", 5, values)
    assert (found.n_counted, found.shares[0].n_counted) == (3, 2)
    # 2.333 and 0.5 are the variances, dividing by n - 1
    assert found.shares[0].share == pytest.approx(0.5 / (7 / 3))
    nothing = _judged(QUICK, "train_loss", 5, {ALL: np.zeros(0), "init": np.zeros(0)})
    assert np.isnan(nothing.shares[0].share)
    json.dumps(nothing.to_dict(), allow_nan=False)


def found_of(n_networks, **shares):
    found = _judged(QUICK, "validation_loss", 3, {ALL: np.array([1.0, 2.0, 4.0])})
    return dataclasses.replace(
        found,
        n_networks=n_networks,
        shares=tuple(
            Share(stream=name, variance=1.0, share=share, low=low, high=high, n_counted=n_networks)
            for name, (share, low, high) in shares.items()
        ),
    )


NOT_PARTS = "A share is of one stream alone, the others held, so shares need not add up to 100%."


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ({"init": (0.8, 0.6, 0.95), "order": (0.1, 0.05, 0.2)},
         f"Most of the spread of the validation loss comes from 'init': 80% (60% to 95%). "
         f"{NOT_PARTS}"),
        ({"init": (0.1, 0.0, 0.2), "order": (0.4, 0.3, 0.6)},
         f"The largest part of the spread of the validation loss comes from 'order': 40% (30% to "
         f"60%). {NOT_PARTS}"),
        # 0.2 + 0.15 must become 0.1: 3.5^2 times 64 are 784
        ({"init": (0.5, 0.3, 0.7), "order": (0.4, 0.3, 0.55)},
         "64 networks are too few to tell which stream causes most of the spread of the "
         f"validation loss: about 1,024 might do. {NOT_PARTS}"),
        # 0.15 must become 0.1: 1.5^2 times 64 are 144
        ({"init": (0.9, 0.8, 1.05), "order": (0.1, 0.05, 0.2)},
         "64 networks are too few to tell which stream causes most of the spread of the "
         f"validation loss: about 256 might do. {NOT_PARTS}"),
        ({"init": (1.2, 0.9, 1.4), "order": (0.1, 0.05, 0.2)},
         "64 networks are too few to tell which stream causes most of the spread of the "
         f"validation loss: many more might do. {NOT_PARTS}"),
        ({"init": (0.0, 0.0, 0.0)},
         "No stream alone changes the validation loss; together they do."),
    ],
)  # fmt: skip
def test_what_is_said(shares, told):
    assert found_of(64, **shares).sentence == told


def test_nothing_varies():
    same = dataclasses.replace(found_of(64), variance=0.0)
    assert same.sentence == "The validation loss is the same for all networks, whatever varies."


@pytest.mark.parametrize("networks", [2, 2.5, True, "9"])
def test_networks_that_cannot_be(networks):
    with pytest.raises(shoal.ShoalError) as caught:
        QUICK.spread(networks=networks)
    assert str(caught.value) == (
        f"spread: `networks` must be a whole number of 3 or more; got {networks!r}."
        " Give a value within the bounds."
    )
