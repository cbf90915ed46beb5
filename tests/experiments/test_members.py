"""Contract: a network is the same wherever it is trained; sharing changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.experiments.document import Experiment, Population
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import prepare
from shoal.experiments.shelf import Shelf
from shoal.streams import STREAMS
from shoal.training import Training

VARY = {"training": ("init", "order", "dropout", "search"), "every": STREAMS}


@pytest.mark.parametrize("vary", list(VARY))
def test_some_members_are_those_of_the_population(vary: str) -> None:
    experiment = Experiment(
        data={"task": "moons", "samples": 120, "label_noise": 0.1},
        population=Population(9, VARY[vary]),
        training=Training(epochs=3),
    )
    whole = carry_out(prepare(experiment), tape_bytes=0)
    some = carry_out(prepare(experiment, members=range(4, 7)), tape_bytes=0)
    assert np.array_equal(whole.weights[4:7], some.weights)
    assert whole.seeds[4:7] == some.seeds
    for name, values in whole.history.items():
        np.testing.assert_array_equal(values[4:7], some.history[name])


def test_members_may_lie_beyond_the_population() -> None:
    small = Experiment(population=2, training=Training(epochs=1))
    large = Experiment(population=6, training=Training(epochs=1))
    beyond = carry_out(prepare(small, members=range(4, 6)), tape_bytes=0)
    assert np.array_equal(beyond.weights, carry_out(prepare(large), tape_bytes=0).weights[4:])


def test_a_shelf_changes_no_bits() -> None:
    shelf = Shelf()
    for scaling in ("none", "standard"):
        for noise in (0.0, 0.2):
            experiment = Experiment(
                data={"task": "greater", "samples": 100, "label_noise": noise},
                preprocess={"scaling": scaling},
                population=Population(3, STREAMS),
                training=Training(epochs=2),
            )
            alone = carry_out(prepare(experiment), tape_bytes=0)
            shared = carry_out(prepare(experiment, shelf=shelf), tape_bytes=0)
            assert alone.digest == shared.digest


def test_what_two_experiments_have_in_common_is_one_object() -> None:
    shelf = Shelf()
    one = prepare(Experiment(training=Training(epochs=1)), shelf=shelf)
    other = prepare(Experiment(training=Training(epochs=2)), shelf=shelf)
    assert one.parts[0] is other.parts[0]
