"""Comparisons end to end: pairs are pairs, adding some changes nothing, and what is counted."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest

from shoal.errors import ArgumentError
from shoal.experiments.comparison import Comparison, compare
from shoal.experiments.comparison.arms import aligned
from shoal.experiments.comparison.drawn import drawn_from
from shoal.experiments.document import Experiment, Population, Streams
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import prepare
from shoal.experiments.shelf import Shelf
from shoal.streams import STREAMS
from shoal.training import LBFGS, SGD, Adam, Momentum, RandomPerturbation, Target, Training

SMALL = {"data": {"task": "moons", "samples": 80, "label_noise": 0.1, "test": 0.2}}
LAYERS = {"layers": [{"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]}


def small(optimizer: Any = None, **changes: Any) -> Experiment:
    given = {**SMALL, "network": LAYERS, **changes}
    training = changes.get("training", Training(optimizer or Adam(0.03), epochs=4))
    return Experiment(**{**given, "training": training})


@pytest.fixture(scope="module")
def two() -> Comparison:
    return compare([small(), small(SGD(0.3))], names=["adam", "sgd"], pairs=12)


def test_pairs_have_everything_in_common() -> None:
    """Contract: the same rows, split, noise and order, and the same weights to begin with."""
    arms = [small(seed=3, streams=Streams(noise=9)), small(SGD(0.3), seed=8), small(LBFGS())]
    arms[2] = arms[2].model_copy(
        update={"training": Training(LBFGS(), batch_size="full", epochs=4)}
    )
    shelf = Shelf()
    first, *others = (
        prepare(each, members=range(2, 7), shelf=shelf) for each in aligned(arms, STREAMS)
    )
    for each in others:
        for a, b in zip(first.parts, each.parts, strict=True):
            assert a.dataset.x.tobytes() == b.dataset.x.tobytes()
            assert a.dataset.y.tobytes() == b.dataset.y.tobytes()
            assert a.split.train.tobytes() == b.split.train.tobytes()
            assert a.split.validation.tobytes() == b.split.validation.tobytes()
        assert np.array_equal(first.start.astype("f4"), each.start.astype("f4"))
        assert np.array_equal(first.order_keys, each.order_keys)
        assert first.seeds == each.seeds
    assert len({part.dataset.x.tobytes() for part in first.parts}) == 5
    assert len(np.unique(first.start, axis=0)) == 5


def test_an_arm_is_its_experiment(two: Comparison) -> None:
    for arm in two.arms:
        run = carry_out(prepare(arm.experiment), tape_bytes=0)
        assert arm.experiment.population.size == two.n_pairs == 12
        assert np.array_equal(run.final("validation_accuracy"), arm.figures["validation_accuracy"])
        assert np.array_equal(run.history["train_loss"], arm.history["train_loss"])
        assert run.seeds == two.seeds


def test_added_pairs_are_those_of_asking_at_once() -> None:
    arms = [small(), small(SGD(0.3))]
    grown = compare(arms, until="decided", at_most=40, pairs=4)
    width = compare(arms, until="width<0.02", at_most=24, pairs=4)
    for found in (grown, width):
        assert found.n_pairs > 4
        once = compare(arms, pairs=found.n_pairs)
        for arm, other in zip(found.arms, once.arms, strict=True):
            for name, values in arm.figures.items():
                np.testing.assert_array_equal(values, other.figures[name])
            np.testing.assert_array_equal(arm.history["train_loss"], other.history["train_loss"])
        same = "wins", "losses", "ties", "median_difference", "mean_low", "wilcoxon_p"
        for name in same:
            assert getattr(found.verdicts[0], name) == getattr(once.verdicts[0], name)


def test_which_figure_is_compared(two: Comparison) -> None:
    assert (two.figure, two.higher_is_better, two.region) == ("validation_accuracy", True, 0.005)
    assert {"test_accuracy", "clean_accuracy", "train_loss"} <= set(two.arms[0].figures)
    losses = compare([small(), small(SGD(0.3))], pairs=4, figure="validation_loss")
    assert (losses.higher_is_better, losses.region) == (False, None)
    a, b = (arm.figures["validation_loss"] for arm in losses.arms)
    np.testing.assert_array_equal(losses.difference(losses.verdicts[0]), a - b)
    assert losses.verdicts[0].wins == int((b < a).sum())


def test_clean_accuracy_is_there_without_noise_too() -> None:
    clean = small(data={"task": "moons", "samples": 80})
    found = compare([clean, small()], pairs=3, figure="clean_accuracy")
    own = found.arms[0].figures
    np.testing.assert_array_equal(own["clean_accuracy"], own["validation_accuracy"])


def test_a_diverged_side_loses() -> None:
    line = {"layers": [{"units": 1, "activation": "identity"}]}
    tame = small(network=line, training=Training(SGD(0.01), loss="squared_error", epochs=9))
    wild = small(network=line, training=Training(SGD(1e4), loss="squared_error", epochs=9))
    found = compare([tame, wild, wild], names=["a", "b", "c"], pairs=10, figure="train_loss")
    assert [arm.n_diverged for arm in found.arms] == [0, 10, 10]
    against_a, _, of_two = found.verdicts
    assert (against_a.outcome, against_a.losses, against_a.n_left_out) == ("worse", 10, 10)
    assert against_a.sentence == (
        "a is better than b: 10 of 10 seeds; in 10 pairs a side has no training loss"
    )
    assert (of_two.ties, of_two.n_left_out, of_two.outcome) == (10, 10, "undecided")
    assert of_two.sentence == "b and c: undecided: no network of either has the figure"
    assert math.isnan(against_a.median_difference)
    assert found.notes[0] == "diverged: 10 of b, 10 of c."


def test_stuck_networks_are_counted() -> None:
    still = small(SGD(1e-12), training=Training(SGD(1e-12), epochs=4, dtype="float32"))
    found = compare([small(training=Training(Adam(0.1), epochs=30)), still], pairs=6)
    assert (found.arms[0].n_stuck, found.arms[1].n_stuck) == (0, 6)
    assert "stuck: 6 of B." in found.notes


def test_arms_that_are_the_same_tie() -> None:
    found = compare([small(), small()], pairs=8, figure="train_loss")
    (verdict,) = found.verdicts
    assert (verdict.ties, verdict.outcome, verdict.p_value) == (8, "no difference", 1.0)
    assert (verdict.low, verdict.high, verdict.median_low) == (0.0, 0.0, 0.0)
    assert found.sentence == "no difference worth having: all 8 seeds tie."


def test_times_to_a_target() -> None:
    rules = [Adam(0.03), Momentum(0.1), RandomPerturbation()]
    arms = [small(rule, training=Training(rule, epochs=12)) for rule in rules]
    found = compare(arms, pairs=6, target="train_loss<0.6")
    assert found.figure == "evaluations_to_target"
    assert found.times is not None
    for arm in found.arms:
        steps = found.times[arm.name]["steps"]
        reached = arm.history["train_loss"] < 0.6
        first = [arm.report_steps[row.argmax()] if row.any() else np.nan for row in reached]
        np.testing.assert_array_equal(steps, first)
        share = arm.figures["seconds_to_target"] / arm.seconds
        counted = arm.figures["evaluations_to_target"] / arm.evaluations.sum()
        np.testing.assert_allclose(share, counted, rtol=1e-12)
    np.testing.assert_array_equal(found.times["A"]["evaluations"], found.times["A"]["steps"])


def test_evaluations_of_a_line_search_are_those_at_the_target() -> None:
    """L-BFGS asks for another number each step, so they are counted, and not shared out."""
    training = Training(LBFGS(), batch_size="full", epochs=20)
    found = compare([small(training=training), small()], pairs=4, target="train_loss<0.5")
    stopped = found.arms[0].experiment.model_copy(
        update={
            "training": Training(
                LBFGS(), batch_size="full", epochs=20, stop=Target("train_loss", below=0.5)
            )
        }
    )
    run = carry_out(prepare(stopped), tape_bytes=0)
    assert (run.steps == found.arms[0].figures["steps_to_target"]).all()
    assert (run.state.evaluations == found.arms[0].figures["evaluations_to_target"]).all()


def test_more_arms_are_compared_all_with_all_up_to_four() -> None:
    arms = [small(SGD(rate)) for rate in (0.01, 0.1, 0.3, 1.0, 3.0)]
    four = compare(arms[:4], pairs=3, figure="train_loss")
    five = compare(arms, pairs=3, figure="train_loss")
    assert [(v.a, v.b) for v in four.verdicts] == [
        (0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3),
    ]  # fmt: skip
    assert [(v.a, v.b) for v in five.verdicts] == [(0, 1), (0, 2), (0, 3), (0, 4)]
    assert all(v.adjusted_p >= v.p_value for v in four.verdicts)


def test_the_sentence_names_every_arm_that_is_better(two: Comparison) -> None:
    outcomes = {(0, 1): "no difference", (0, 2): "worse", (1, 2): "worse"}
    verdicts = tuple(
        dataclasses.replace(two.verdicts[0], a=a, b=b, outcome=outcome)
        for (a, b), outcome in outcomes.items()
    )
    arms = tuple(dataclasses.replace(two.arms[0], name=name) for name in ("x", "y", "z"))
    several = dataclasses.replace(two, arms=arms, verdicts=verdicts)
    assert several.sentence == "x and y are better than z; 3 of 3 verdicts are decided."
    best = dataclasses.replace(several, verdicts=(verdicts[1], verdicts[2], dataclasses.replace(
        verdicts[0], outcome="worse")))  # fmt: skip
    assert best.sentence == "x is better than every other."


def test_held_streams_are_told(two: Comparison) -> None:
    found = compare([small(), small(SGD(0.3))], pairs=3, vary=("init", "order"))
    assert found.streams == ("init", "order")
    assert found.held == ("data", "noise", "split")
    assert found.about.endswith(
        "It speaks about other seeds of init, order, with data, noise, split held."
    )
    assert two.about.endswith("It speaks about other seeds of data, noise, split, init, order.")
    assert two.about.startswith(
        "Hypothesis: 'sgd wins more often than adam' in validation accuracy"
    )


ROWS = "a,b,y\n" + "".join(f"{k % 7},{k % 5},{'yes' if k % 7 > 3 else 'no'}\n" for k in range(40))
FILE = {"file": "x.csv", "target": "y"}
FULL = {"epochs": 2, "batch_size": "full"}
ZEROS = {**LAYERS, "initializer": "zeros"}


@pytest.mark.parametrize(
    ("document", "streams"),
    [
        ({"data": FILE, "training": {"epochs": 2, "batch_size": 8}}, "split init order"),
        ({"data": FILE, "training": FULL}, "split init"),
        ({"data": {**FILE, "validation": 0, "dummies": 1}, "training": FULL}, "data init"),
        ({"data": {**FILE, "validation": 0, "label_noise": 0.1}, "training": FULL}, "noise init"),
        ({"data": {**FILE, "validation": 0}, "network": ZEROS, "training": FULL}, ""),
        ({"data": {"task": "moons", "samples": 40}, "training": FULL}, "data split init"),
        ({"data": {"task": "majority"}, "training": {"epochs": 2, "batch_size": 2}}, "init order"),
        ({"data": FILE, "training": {**FULL, "regularization": {"dropout": 0.2}}},
         "split init dropout"),
        ({"data": FILE, "training": {**FULL, "regularization": {"input_noise": 0.2}}},
         "split init dropout"),
        ({"data": FILE, "training": {**FULL, "optimizer": "random_perturbation"}},
         "split init search"),
        ({"data": FILE, "training": {**FULL, "optimizer": "lbfgs"}}, "split init"),
    ],
)  # fmt: skip
def test_streams_are_those_that_something_draws_from(
    document: dict[str, Any], streams: str, tmp_path: Any
) -> None:
    """Against the truth: only another seed of these changes rows, starts or what is learned."""
    (tmp_path / "x.csv").write_text(ROWS, "utf-8")
    arm = Experiment.read({"network": LAYERS, **document}, folder=tmp_path)
    (ready,) = (prepare(each) for each in aligned([arm, arm], STREAMS)[:1])
    assert drawn_from(arm, ready, None, Shelf()) == set(streams.split())
    for name in STREAMS:
        two = arm.model_copy(update={"population": Population(size=6, vary=(name,))})
        run = carry_out(prepare(two), tape_bytes=0)
        kinds = {
            part.dataset.x.tobytes() + part.dataset.y.tobytes() + part.split.train.tobytes()
            for part in run.prepared.parts
        }
        differ = len(kinds) > 1 or len(np.unique(run.weights, axis=0)) > 1
        assert differ == (name in streams.split()), name


def test_pairs_that_would_all_be_the_same_are_refused(tmp_path: Any) -> None:
    """64 copies of one pair are no evidence: the sign test would take them for 64 wins."""
    (tmp_path / "x.csv").write_text(ROWS, "utf-8")
    document = {"data": {**FILE, "validation": 0}, "network": ZEROS, "training": FULL}
    still = Experiment.read(document, folder=tmp_path)
    said = "compare: `vary` must name a stream that an arm draws from, or all pairs are the same; "
    with pytest.raises(ArgumentError) as error:
        compare([still, still], pairs=2)
    every = ", ".join(STREAMS)
    assert str(error.value) == f"{said}got {every}. There is none: shoal run shows each arm."
    with pytest.raises(ArgumentError) as error:
        compare([small(), small(SGD(0.3))], pairs=2, vary="dropout")
    assert str(error.value) == f"{said}got dropout. There are: data, noise, split, init, order."


def test_other_seeds_are_said_to_be_put_aside(two: Comparison) -> None:
    told = "The arms came with other seeds; all took those of the first."
    found = compare([small(), small(SGD(0.3), seed=5)], pairs=2)
    assert told in found.notes
    assert told not in two.notes
    assert Comparison.unpack(*found.pack()).notes == found.notes


def test_the_same_experiment_twice_is_said() -> None:
    found = compare([small(), small(SGD(0.3)), small()], names=["a", "b", "c"], pairs=2)
    assert "The same experiment by 2 names: a, c." in found.notes


def test_a_race_that_is_over_at_the_first_report_is_said() -> None:
    arms = [small(), small(SGD(0.3))]
    found = compare(arms, names=["adam", "sgd"], pairs=4, target="train_loss<5")
    cure = "training.report_every=1 tells finer."
    assert f"Most networks are there at the first report: {cure}" in found.notes
    slow = small(training=Training(SGD(1e-9), epochs=4))
    found = compare([arms[0], slow], names=["adam", "slow"], pairs=4, target="train_loss<0.69")
    assert not np.isfinite(found.times["slow"]["steps"]).all()  # type: ignore[index]
    assert not [note for note in found.notes if "Most networks are" in note]


def test_it_is_packed_and_unpacked(two: Comparison) -> None:
    document, arrays = two.pack()
    again = Comparison.unpack(json.loads(json.dumps(document, allow_nan=False)), arrays)
    assert again.to_dict() == two.to_dict()
    json.dumps(two.to_dict(), allow_nan=False)
    assert dataclasses.asdict(again.looks) == dataclasses.asdict(two.looks)


def test_baselines_stand_beside(two: Comparison) -> None:
    assert set(two.baselines) == {"constant guess", "linear model"}
    assert two.attainable == two.arms[1].attainable == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"arms": [small()]}, "`arms` must be two experiments or more; got 1."
                              " Give as many as that."),
        ({"arms": [small(), "or.toml"]}, "`arms` must be a list of experiments: "
         "[shoal.Experiment.load(FILE), ...]; got str. Give a value of that kind."),
        ({"arms": small()}, "`arms` must be a list of experiments: "
         "[shoal.Experiment.load(FILE), ...]; got Experiment. Give a value of that kind."),
        ({"pairs": 1}, "`pairs` must be a whole number from 2 to 100,000; got 1."
                       " Give a value within the bounds."),
        ({"until": "sure"}, '`until` must be "decided", or such as "width<0.005"; got \'sure\'.'
        " Give a value of that kind."),
        ({"until": "decided", "pairs": 64, "at_most": 32}, "`at_most` must be 64 or more; got 32."
                                                           " Give a value within the bounds."),
        ({"region": -1}, "`region` must be a number of 0 or more; got -1."
                         " Give a value within the bounds."),
        ({"names": ["a", "a"]}, "`names` must be 2 different names, one for each arm; "
         "got ['a', 'a']. Name each one once."),
        ({"vary": ["ini"]}, "`vary` must name streams: data, noise, split, init, order, dropout, "
         "search; got 'ini'. Did you mean 'init'?"),
        ({"target": "train_loss"}, "`target` must be a figure, < or >, and a number, such as "
         "train_loss<0.2; got 'train_loss'. Give a value of that kind."),
        ({"target": "train_loss>1"}, "`target` must be reached by getting better: train_loss<1; "
         "got 'train_loss>1'. Give a value of that kind."),
        ({"figure": "steps_to_target"}, "`figure` must be one that all arms have: "
         "validation_accuracy, validation_loss, train_accuracy, train_loss, test_accuracy, "
         "test_loss, clean_accuracy; got 'steps_to_target'. It needs a target, such as "
         "train_loss<0.2."),
    ],
)  # fmt: skip
def test_what_is_refused(wrong: dict[str, Any], sentence: str) -> None:
    arms = wrong.pop("arms", None) or [small(), small(SGD(0.3))]
    with pytest.raises(ArgumentError) as error:
        compare(arms, **{"pairs": 2, **wrong})
    assert str(error.value) == f"compare: {sentence}"


def test_losses_of_different_kinds_have_nothing_in_common() -> None:
    squared = small(training=Training(Adam(0.03), epochs=2, loss="squared_error"))
    with pytest.raises(ArgumentError, match="`figure` must be one that all arms have"):
        compare([small(), squared], pairs=2, figure="train_loss")
    rows = np.random.default_rng(0).normal(size=(40, 2))
    one = {"layers": [{"units": 1, "activation": "identity"}]}
    value = Experiment(network=one, training=Training(epochs=1))
    other = Experiment(network=one, training=Training(epochs=1, loss="absolute_error"))
    both = compare([value, other], pairs=2, rows=(rows, rows[:, 0]))
    assert both.figure == "validation_r2"


def test_no_common_figure_at_all() -> None:
    from shoal.experiments.comparison.goals import chosen_figure, common_figures

    common = common_figures([["train_loss"], ["train_loss"]], ["hinge", "huber"])
    with pytest.raises(ArgumentError) as error:
        chosen_figure(None, common, None)
    assert str(error.value) == (
        "compare: `arms` must have a figure in common; got none that all have. Losses of "
        "different kinds cannot be compared; keep validation rows, or one loss."
    )


def test_ctrl_c_keeps_what_is_there() -> None:
    def stop(name: str, done: int, most: int) -> None:
        if done and name == "B":
            raise KeyboardInterrupt

    found = compare([small(), small(SGD(0.3))], until="width<1e-9", pairs=4, progress=stop)
    assert (found.interrupted, found.n_pairs) == (True, 4)
    with pytest.raises(KeyboardInterrupt):
        compare([small(), small()], names=["x", "B"], pairs=2, progress=lambda *_: _interrupt())


def _interrupt() -> None:
    raise KeyboardInterrupt


def test_large_data_are_held_a_few_pairs_at_a_time(
    two: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib

    module = importlib.import_module("shoal.experiments.comparison.contest")
    monkeypatch.setattr(module, "MAX_BYTES", 1)
    seen = []
    again = compare(
        [small(), small(SGD(0.3))],
        names=["adam", "sgd"],
        pairs=5,
        progress=lambda name, done, most: seen.append((name, done, most)),
    )
    assert seen == [(name, done, 5) for done in range(5) for name in ("adam", "sgd")]
    for arm, other in zip(again.arms, two.arms, strict=True):
        for name, values in arm.figures.items():
            np.testing.assert_array_equal(values, other.figures[name][:5])


def test_a_file_is_read_once_for_all_pairs(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).normal(size=(40, 2))
    text = "a,b,y\n" + "".join(f"{a:.4f},{b:.4f},{'yes' if a > b else 'no'}\n" for a, b in rows)
    (tmp_path / "x.csv").write_text(text, "utf-8")
    file = {"file": "x.csv", "target": "y", "validation": 0.25}
    read = []
    loading = __import__("shoal.experiments.loading", fromlist=["load_file"])
    real = loading.load_file
    monkeypatch.setattr(loading, "load_file", lambda *given: (read.append(1), real(*given))[1])
    arms = [
        Experiment.read(
            {"data": file, "network": LAYERS, "training": {"epochs": epochs}}, folder=tmp_path
        )
        for epochs in (2, 3)
    ]
    found = compare(arms, pairs=4, until="width<1e-9", at_most=16, figure="train_loss")
    assert (found.n_pairs, len(read)) == (16, 1)
    again = Comparison.unpack(*found.pack())
    assert carry_out(prepare(again.arms[0].experiment), tape_bytes=0).digest == (
        carry_out(prepare(found.arms[0].experiment), tape_bytes=0).digest
    )
