"""The guided tours: every session is an experiment, and the published ones are the examples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from shoal.experiments import Experiment
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import prepare
from shoal.lab.session import Session

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "web" / "src" / "tours"
EXPERIMENTS = json.loads((FOLDER / "experiments.json").read_text())
STORIES = json.loads((FOLDER / "tours.json").read_text())
STEPS = [
    pytest.param(story["name"], number, step, id=f"{story['name']}-{number + 1}")
    for story in STORIES
    for number, step in enumerate(story["steps"])
]


def trained(name):
    return carry_out(prepare(Experiment.read(EXPERIMENTS[name], source=name)), tape_bytes=0)


def test_nine_stories_of_four_to_seven_steps():
    assert [each["name"] for each in STORIES] == [
        "or", "greater", "greater_noise", "greater_dummies", "greater_scale", "points", "majority",
        "xor", "activations",
    ]  # fmt: skip
    assert all(4 <= len(each["steps"]) <= 7 for each in STORIES)
    used = {step["set"] for each in STORIES for step in each["steps"]}
    assert used == set(EXPERIMENTS)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_can_be_opened(name):
    session = Session(experiment=EXPERIMENTS[name])
    prepared = prepare(Experiment.read(session.experiment, source=name))
    assert len(prepared.start) <= 16
    assert not prepared.warnings or "unscaled" in prepared.warnings[0]


@pytest.mark.parametrize(
    "name",
    ["or", "greater", "greater_noise", "greater_dummies", "greater_multiplied", "greater_shifted",
     "perceptron", "majority", "points", "points_slopes", "points_backprop"],
)  # fmt: skip
def test_published_experiments_are_those_of_the_examples(name):
    told = Experiment.read(EXPERIMENTS[name])
    assert told == Experiment.load(ROOT / "examples" / f"{name}.toml")


def test_random_steps_are_those_of_the_example_for_fewer_networks():
    example = Experiment.load(ROOT / "examples" / "points_random.toml", ["population.size=4"])
    assert Experiment.read(EXPERIMENTS["points_random"]) == example


@pytest.mark.parametrize(("story", "number", "step"), STEPS)
def test_figures_that_are_asked_for_are_there(story, number, step):
    """Also the points: as many numbers as the data has features."""
    experiment = Experiment.read(EXPERIMENTS[step["set"]], source=story)
    prepared = prepare(experiment, members=range(1))
    measure = step.get("ask", {}).get("measure", {})
    if "figure" in measure:
        named = measure["figure"]
        assert named in prepared.settings.figures, number
        assert prepared.parts[0].validation is not None or not named.startswith("validation")
    n_features = prepared.parts[0].dataset.x.shape[1]
    for view in (step.get("before", {}), step.get("after", {})):
        assert all(len(point) == n_features for point in view.get("points", []))
    if "truth" in measure:
        assert len(measure["truth"]) == len(step["after"]["points"])
    if "ask" in step:
        assert "after" in step
        assert step["before"] is not None


def of_story(name, number):
    story = next(each for each in STORIES if each["name"] == name)
    return story["steps"][number - 1]


def middle(name, figure="validation_accuracy"):
    return float(np.median(trained(name).final(figure)))


def test_what_the_stories_tell_comes_true():
    """What a text says of its result in words; the numbers stand in no text."""
    assert middle("or_one_epoch") == 0.75  # three of four
    assert middle("or") == middle("or_fast") == 1.0
    assert middle("or_fast", "train_loss") < 0.04 < middle("or", "train_loss")
    found = trained("greater_few").final("validation_accuracy")
    assert np.ptp(found) > 0.03
    assert middle("greater_line") > 0.95
    assert middle("noise_learned_by_heart", "train_accuracy") > 0.9
    assert middle("noise_learned_by_heart") < 0.8
    assert 0.8 < middle("greater_multiplied") < 0.95
    assert middle("greater_shifted") < 0.6
    assert min(middle("multiplied_scaled"), middle("shifted_scaled")) > 0.98
    assert middle("xor_none") == 0.75
    solved = {n: int((trained(n).final("validation_accuracy") == 1).sum())
              for n in ("xor_two", "xor_four", "xor_relu")}  # fmt: skip
    assert 0 < solved["xor_two"] < 16
    assert solved["xor_four"] == 16 > solved["xor_relu"] > 0
    assert middle("circle_identity") < 0.6 < 0.95 < middle("circle_tanh")
    assert middle("deep_sigmoid") < 0.6 < 0.9 < middle("deep_tanh")
    assert middle("points", "train_loss") < 0.05


def test_choices_part_the_numbers_and_sliders_hold_them():
    for story in STORIES:
        for step in story["steps"]:
            ask = step.get("ask")
            if ask is None:
                continue
            if ask["kind"] == "choice":
                assert ask["upTo"] == sorted(ask["upTo"])
            else:
                assert ask["least"] <= ask["start"] <= ask["most"]
                steps = (ask["start"] - ask["least"]) / ask["step"]
                assert steps == pytest.approx(round(steps))


@pytest.mark.slow
def test_the_longer_stories_too():
    assert 0.8 < middle("multiplied_longer") < 0.95  # four times the epochs, no better
    slopes, chain = trained("points_slopes"), trained("points_backprop")
    assert slopes.steps.tolist() == chain.steps.tolist()  # the same slopes, the same steps
    assert 10_000 < int(slopes.steps.max()) <= 60_000
    assert 3_000 < int(trained("points_random").steps.max()) <= 60_000
    assert middle("greater_dummies") > middle("dummies_many")
    assert of_story("or", 5)["ask"]["measure"]["truth"] == [0, 1, 1, 1]
    first = np.array(of_story("or", 5)["after"]["points"], float)
    run = trained("or_fast")
    assert (run.ensemble.predict_proba(first)[:, 1] > 0.5).tolist() == [False, True, True, True]
