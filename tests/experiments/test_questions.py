"""Truth: what the published experiments answer, each from the file that asks it.

Expected values are facts: the ceiling that flipped labels leave, the published runs (99 % soon;
noise of 0.2 costs 0.2; three dummies "a little more jitter, same level"; features times 1,000
unsteady, plus 1,000 about 0.5, scaled as ever), Minsky and Papert on xor, and that slopes by the
chain rule are the measured ones for a twenty-fifth of the evaluations.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.experiments.comparison import compare
from shoal.experiments.document import Experiment
from shoal.experiments.sweep import Sweep
from shoal.experiments.sweep.swept import Swept

EXAMPLES = Path(__file__).parents[2] / "examples"


@cache
def asked(name: str) -> Swept:
    return Sweep.load(EXAMPLES / "questions" / f"{name}.toml").run()


def medians(name: str, **wanted: Any) -> np.ndarray:
    """Return the medians of the cells whose values end in these, in the order of the file."""
    return np.array(
        [
            line["median"]
            for line in asked(name).summary()
            if all(
                value == wanted[key.rpartition(".")[2]]
                for key, value in line["values"].items()
                if key.rpartition(".")[2] in wanted
            )
        ]
    )


def effect(name: str, key: str) -> Any:
    return next(each for each in asked(name).effects() if each.name == key)


def test_label_noise_costs_what_it_flips() -> None:
    noise = np.linspace(0, 0.3, 7)
    # 2,000 validation rows: the share that is flipped has a deviation of at most 0.0103
    assert medians("noise") == pytest.approx(1 - noise, abs=0.03)
    assert (np.diff(medians("noise")) < 0).all()
    found = effect("noise", "label_noise")
    assert found.matters
    assert (found.values[found.best], found.values[found.worst]) == ("0", "0.3")


def test_a_few_dummies_change_little_and_many_more() -> None:
    found = dict(zip(asked("dummies").values("data.dummies")[::16].tolist(), medians("dummies"),
                     strict=True))  # fmt: skip
    assert found[0] >= 0.985
    assert found[3] >= found[0] - 0.02
    assert found[20] < found[3]
    assert found[20] >= 0.9
    assert effect("dummies", "dummies").matters


def test_scale_decides_without_scaling_and_not_with_it() -> None:
    plain = medians("scale", scaling="none", epochs=100)
    assert plain[0] >= 0.985
    assert plain[3] < 0.93
    assert (np.diff(plain[1:]) < 0).all()
    assert (medians("scale", scaling="standard") >= 0.99).all()
    assert effect("scale", "scaling").matters
    longer = medians("scale", scaling="none", epochs=300)
    assert (longer[3:] < 0.93).all()  # more epochs do not help
    assert not effect("scale", "epochs").matters


def test_far_from_zero_nothing_is_learned_without_scaling() -> None:
    for epochs in (100, 300):
        plain = medians("offset", scaling="none", epochs=epochs)
        assert plain[0] >= 0.985
        assert plain[4] == pytest.approx(0.5, abs=0.02)
    assert (medians("offset", scaling="standard") >= 0.99).all()
    assert effect("offset", "scaling").matters


def test_or_takes_more_epochs_at_a_smaller_rate() -> None:
    loss = asked("or").medians("validation_loss").median.reshape(5, 3)  # epochs x rates
    assert (np.diff(loss, axis=0) < 0).all()
    assert (np.diff(loss, axis=1) < 0).all()
    accuracy = medians("or").reshape(5, 3)
    assert accuracy[0, 0] < 1
    assert (accuracy[2:] == 1).all()


def test_one_line_tells_a_majority_and_no_line_tells_xor() -> None:
    found = medians("models").reshape(2, 3)  # majority, xor x perceptron, logistic, hidden
    assert found[0].tolist() == [1, 1, 1]
    # Minsky and Papert (1969): a line is right on three of the four rows at most
    assert (found[1, :2] <= 0.75).all()
    assert found[1, 2] == 1
    most = asked("models").columns["train_accuracy"].reshape(2, 3, -1)
    assert (most[1, :2] <= 0.75).all()


def test_rules_race_to_the_same_loss() -> None:
    """By evaluations slopes by the chain rule win, measured slopes lose."""
    names = ("random", "slopes", "backprop")
    arms = [Experiment.load(EXAMPLES / f"points_{name}.toml") for name in names]
    found = compare(arms, names=names, target="train_loss<0.2", pairs=12)
    assert found.times is not None
    spent = {name: found.times[name]["evaluations"] for name in names}
    steps = {name: found.times[name]["steps"] for name in names}
    both = np.isfinite(steps["slopes"]) & np.isfinite(steps["backprop"])
    assert both.sum() >= 8
    # the same slopes: the same steps but for the last report, 25 evaluations where one is enough
    assert np.median(np.abs(steps["slopes"] - steps["backprop"])[both]) <= 100
    np.testing.assert_allclose(spent["slopes"][both], 25 * steps["slopes"][both])
    np.testing.assert_allclose(spent["backprop"][both], steps["backprop"][both])
    won = {(each.a, each.b): each for each in found.verdicts}
    assert won[0, 1].outcome == "worse"  # measured slopes against wiggled weights
    assert won[1, 2].outcome == "better"
    # the surfaces that they find are much alike: each has the data on the same sides
    for arm in found.arms:
        assert np.nanmedian(arm.figures["train_accuracy"]) >= 0.9
