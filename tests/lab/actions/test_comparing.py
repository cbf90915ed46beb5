"""A pin against what is opened: the same pairs and verdict as `shoal.compare`, droppable."""

from __future__ import annotations

import copy
import json
import time

import numpy as np
import pytest

import shoal
from shoal.errors import InputError
from shoal.lab.actions import ACTIONS, Dropped
from shoal.lab.messages import Compare
from shoal.lab.session import Pin


def two(page, **message):
    one = page()
    slow = copy.deepcopy(one.session.experiment)
    slow["training"]["optimizer"]["learning_rate"] = 0.0001
    slow["seed"] = 5  # all sides take the pin's
    opened = page(pins=(Pin(name="slow", experiment=slow),))
    return opened, ACTIONS["compare"](opened, Compare(id=1, pairs=16, **message))


def test_it_is_what_compare_says(page):
    opened, found = two(page, figure="validation_loss")
    a, b = opened.pinned(opened.session.pins[0]), opened.experiment()
    same = shoal.compare([a, b], names=["slow", "this setting"], pairs=16, figure="validation_loss")
    document, arrays = found.document, found.arrays
    verdict = same.verdicts[0]
    assert document["sentence"] == same.sentence
    assert document["verdict"]["outcome"] == verdict.outcome == "better"
    assert document["verdict"]["wins"] == verdict.wins
    assert document["verdict"]["difference"] == verdict.effect
    assert (document["verdict"]["low"], document["verdict"]["high"]) == (verdict.low, verdict.high)
    assert document["verdict"]["p"] == verdict.adjusted_p
    values = same.arms[0].figures["validation_loss"], same.arms[1].figures["validation_loss"]
    assert arrays["values_a"].dtype == np.float32
    assert np.array_equal(arrays["values_a"], values[0].astype("f4"))
    assert np.array_equal(arrays["values_b"], values[1].astype("f4"))
    # a loss is better when it is lower: gains are A minus B
    expected = (values[0] - values[1]).astype("f4")
    assert np.array_equal(arrays["differences"], expected)
    assert (arrays["differences"] > 0).sum() == verdict.wins
    json.dumps(document, allow_nan=False)


def test_progress_grows_to_the_end(page):
    opened, _ = two(page)
    shares = [share for _, share in opened.told if share is not None]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] > 0.5
    assert any(told.startswith("training slow: ") for told, _ in opened.told)


def test_no_such_pin(page):
    with pytest.raises(InputError, match="`pin` must be one of the 0 pins; got 0"):
        ACTIONS["compare"](page(), Compare(id=1))


def test_it_is_dropped_within_a_beat(page):
    """Training that would take many seconds ends soon after the page says so."""
    one = page()
    long = copy.deepcopy(one.session.experiment)
    long["data"]["samples"] = 20_000
    long["training"] |= {"epochs": 400, "report_every": "end"}
    opened = page(long, pins=(Pin(name="A", experiment=long),))
    begun = time.perf_counter()
    opened.drop_after = 4  # begins, and a few beats of the first training
    with pytest.raises(Dropped):
        ACTIONS["compare"](opened, Compare(id=1))
    assert time.perf_counter() - begun < 3
