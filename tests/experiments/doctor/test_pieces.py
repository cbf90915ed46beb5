"""The pieces of a diagnosis, against formulas and cases that can be checked by hand."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import log_loss
from sklearn.tree import DecisionTreeClassifier

import shoal
from shoal import Experiment
from shoal.experiments.comparison import compare
from shoal.experiments.doctor import CHECKS, Examined, Remedy, Trial, diagnose
from shoal.experiments.doctor.checks.columns import rule_accuracy
from shoal.experiments.doctor.checks.data import _copies_by_chance, _same_rows
from shoal.experiments.doctor.curve import curve_words, end_of, read_curve
from shoal.experiments.doctor.guess import guess_loss
from shoal.experiments.doctor.units import alike_layers, hidden_units
from shoal.experiments.prepare import prepare
from shoal.network import Parameters

XOR = {"task": "xor", "stream": False}


def experiment(data, layers=None, *, size=4, initializer="glorot_uniform", **training):
    layers = layers or [{"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]
    return Experiment.read(
        {
            "data": data,
            "network": {"layers": layers, "initializer": initializer},
            "training": {"epochs": 5, "batch_size": 16, **training},
            "population": {"size": size},
        }
    )


def moons(rate):
    return experiment(
        {"task": "moons", "samples": 100}, optimizer={"name": "adam", "learning_rate": rate}
    )


def curve_of(losses, steps=None):
    """A run laid out whose median training curve is given."""
    seen = Examined(run=experiment(XOR, batch_size="full").run())
    curve = np.array(losses, float)
    at = np.arange(len(curve)) if steps is None else np.array(steps)
    seen.__dict__.update(
        is_right=False, train_curve=curve, validation_curve=np.full(len(curve), np.nan), steps=at
    )
    return seen


# --- the constant guess ------------------------------------------------------------------


def test_the_guess_of_two_classes_is_the_entropy_of_their_shares():
    prepared = prepare(experiment({"task": "greater", "samples": 200, "label_noise": 0.3}))
    part = prepared.parts[0]
    share = float(part.train.y.mean())
    said = np.full(len(part.validation.y), share)
    wanted = log_loss(part.validation.y[:, 0], said, labels=[0, 1])
    assert guess_loss(prepared, part, part.validation) == pytest.approx(wanted, rel=1e-5)


def test_the_guess_of_several_classes():
    layers = [{"units": 10, "activation": "softmax"}]
    prepared = prepare(experiment({"task": "digits"}, layers))
    part = prepared.parts[0]
    shares = part.train.y.mean(axis=0)
    wanted = -(part.validation.y @ np.log(shares)).mean()
    assert guess_loss(prepared, part, part.validation) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "wanted"),
    [
        ("squared_error", lambda y: np.mean((y - y.mean()) ** 2)),
        ("absolute_error", lambda y: np.mean(np.abs(y - np.median(y)))),
    ],
)
@pytest.mark.parametrize("scaling", ["none", "standard"])
def test_the_guess_of_numbers_is_in_their_own_units(loss, wanted, scaling):
    layers = [{"units": 1, "activation": "identity", "bias": False}]
    made = experiment({"given": "rows", "validation": 0.0}, layers, loss=loss)
    made = made.model_copy(update={"preprocess": shoal.Preprocess("none", scaling)})
    y = np.random.default_rng(0).gamma(2.0, 3.0, size=60)
    prepared = prepare(made, rows=(np.ones((60, 1)), y))
    part = prepared.parts[0]
    assert guess_loss(prepared, part, part.train) == pytest.approx(wanted(y), rel=1e-4)


# --- units -------------------------------------------------------------------------------


def test_dead_units_are_those_that_give_zero_on_every_row():
    """Of x = 00, 01, 10, 11: unit 0 has z = x1 + x2 - 3, never above 0; unit 1 is 1 at 11 only."""
    layers = [{"units": 2, "activation": "relu"}, {"units": 1, "activation": "sigmoid"}]
    prepared = prepare(experiment(XOR, layers, size=1, batch_size="full"))
    flat = np.array([[1, 1, 1, 1, -3, -1, 0.5, 0.5, 0]], np.float32)
    (layer,) = hidden_units(prepared, flat, np.array([0]))
    assert layer.dead.tolist() == [[True, False]]
    assert not layer.stuck.any()


def test_stuck_units_are_flat_nearly_everywhere():
    """tanh(10) has slope 8e-9 on all four rows; z = 10 (x1 - 1/2) too; z = x1 has slope 1 at 0."""
    layers = [{"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]
    prepared = prepare(experiment(XOR, layers, size=1, batch_size="full"))
    flat = np.array([[0, 10, 1, 0, 0, 0, 10, -5, 0, 1, 1, 1, 0]], np.float32)
    (layer,) = hidden_units(prepared, flat, np.array([0]))
    assert layer.stuck.tolist() == [[True, True, False]]
    assert not layer.dead.any()


@pytest.mark.parametrize(
    ("initializer", "alike"),
    [("zeros", [1]), ({"name": "constant", "value": 0.3}, [1]), ("glorot_uniform", [])],
)
def test_layers_that_begin_alike(initializer, alike):
    assert alike_layers(prepare(experiment(XOR, initializer=initializer))) == alike


def test_other_weights_out_break_the_symmetry():
    layers = [
        {"units": 3, "activation": "tanh", "initializer": {"name": "constant", "value": 0.3}},
        {"units": 1, "activation": "sigmoid"},
    ]
    assert alike_layers(prepare(experiment(XOR, layers))) == []


# --- columns -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_one_cut_is_the_best_stump(seed):
    """For two classes the greedy rule is a decision stump, found by error in place of entropy."""
    random = np.random.default_rng(seed)
    x = random.normal(size=60).round(1)
    labels = (x + random.normal(size=60) > 0).astype(int)
    cuts = [((x > cut) == labels).mean() for cut in np.unique(x)]
    best = max(*cuts, *(1 - np.array(cuts)), labels.mean(), 1 - labels.mean())
    assert rule_accuracy(x, labels, 2) == pytest.approx(best)


def test_three_classes_in_a_row_need_two_cuts():
    x, labels = np.arange(9.0), np.repeat([2, 0, 1], 3)
    tree = DecisionTreeClassifier(max_leaf_nodes=3).fit(x[:, None], labels)
    assert rule_accuracy(x, labels, 3) == tree.score(x[:, None], labels) == 1.0


def test_a_constant_column_says_what_the_constant_guess_says():
    assert rule_accuracy(np.ones(5), np.array([0, 1, 1, 1, 0]), 2) == pytest.approx(0.6)


def test_copies_by_chance():
    """Two coins against 100 training rows: every row has a copy. Against one row: a quarter."""
    random = np.random.default_rng(0)
    coins = random.integers(0, 2, size=(100, 2)).astype(float)
    assert _copies_by_chance(pairs_of(coins, coins)) == pytest.approx(100, abs=0.01)
    square = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]])
    # each column of the one row meets half of the four: expm1(-1/4) of them
    assert _copies_by_chance(pairs_of(square[:1], square)) == pytest.approx(
        4 * (1 - math.exp(-0.25))
    )
    numbers = random.normal(size=(100, 2))
    assert _copies_by_chance(pairs_of(numbers, random.normal(size=(100, 2)))) == 0


def pairs_of(train, rows):
    return list(zip(train.T, rows.T, strict=True))


def test_rows_are_the_same_if_all_their_numbers_are():
    random = np.random.default_rng(1)
    table = random.integers(-2, 3, size=(500, 3)) * 0.1
    _, wanted = np.unique(table + 0.0, axis=0, return_inverse=True)
    found = _same_rows(table[:, :2], table[:, 2:])
    assert len(set(zip(wanted.ravel(), found, strict=True))) == len(np.unique(wanted))
    assert _same_rows(np.array([[0.0], [-0.0]])).tolist() == [0, 0]
    assert len(np.unique(_same_rows(np.eye(64)))) == 64


# --- the curve ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("losses", "end", "told"),
    [
        ([1, 0.8, 0.6, 0.4, 0.2], "falling",
         "The training loss is still falling: more epochs would help."),
        ([1, 0.9, 0.05, 0.04, 0.03], "falling",
         "The training loss is close to 0 and still falling a little: this is enough."),
        ([1, 0.3, 0.3, 0.3, 0.3], "level",
         "The training loss falls until step 1 of 4 and is level at 30% of the constant guess's "
         "loss."),
        ([1, 0.99, 0.99, 0.985, 0.985], "level", "The training loss has hardly moved."),
        ([1, 0.3, 0.7, 0.2, 0.6], "rising",
         "The training loss jumps up and down: smaller steps would help."),
        ([1, 0.5, 0.3, 0.3, 0.34], "rising",
         "The training loss rises at the end: something drives the weights away."),
    ],
)  # fmt: skip
def test_the_curve_is_read_aloud(losses, end, told):
    seen = curve_of(losses)
    assert (end_of(seen), curve_words(read_curve(seen))) == (end, told)


def test_the_curve_does_not_promise_what_was_refuted():
    seen = curve_of([1, 0.8, 0.6, 0.4, 0.2])
    assert curve_words(read_curve(seen, longer_helps=True)) == (
        "The training loss is still falling: more epochs would help."
    )
    assert curve_words(read_curve(seen, longer_helps=False)) == (
        "The training loss is still falling, but training longer brought no clear gain."
    )


def test_networks_that_ended_keep_what_they_had():
    stop = {"name": "target", "figure": "train_loss", "below": 0.6}
    run = experiment({"task": "greater", "samples": 200}, epochs=60, stop=stop).run()
    assert len(set(run.steps.tolist())) > 1
    seen = Examined(run=run)
    assert seen.steps[-1] == run.steps.max()
    end = seen.curves("train")[:, -1] * seen.guess["train"]
    assert end == pytest.approx(run.final("train_loss"), rel=1e-6)
    assert np.isfinite(seen.train_curve).all()


def test_a_run_with_one_report_is_looked_at_on_the_way():
    seen = Examined(run=experiment({"task": "greater", "samples": 200}, report_every="end").run())
    assert len(seen.steps) == 9
    assert (seen.steps[0], seen.steps[-1]) == (0, seen.prepared.settings.total_steps)
    end = seen.curves("train")[:, -1] * seen.guess["train"]
    assert end == pytest.approx(seen.run.final("train_loss"), rel=1e-6)


# --- proofs ------------------------------------------------------------------------------


def test_a_proof_is_the_comparison_on_the_same_pairs():
    base = experiment({"task": "moons", "samples": 100})
    change = "training.optimizer.learning_rate=0.1"
    trial = Trial(base, pairs=12, first=0)
    proof = trial.proof(Remedy(changes=(change,), sentence=""))
    other = Experiment.read(shoal_override(base, change))
    found = compare([base, other], figure="validation_loss", pairs=12, region=0)
    (verdict,) = found.verdicts
    assert (proof.wins, proof.losses, proof.ties) == (verdict.wins, verdict.losses, verdict.ties)
    assert proof.p_value == pytest.approx(verdict.p_value)
    assert proof.p_value == pytest.approx(binomtest(proof.wins, proof.wins + proof.losses).pvalue)
    assert proof.before == pytest.approx(np.median(found.arms[0].figures["validation_loss"]))
    assert proof.after == pytest.approx(np.median(found.arms[1].figures["validation_loss"]))


def shoal_override(base, change):
    from shoal.experiments.changes import override

    return override(base.document(), [change])


def test_a_diagnosis_is_a_function_of_the_experiment():
    faulty = moons(5.0)
    one, other = diagnose(faulty, threads=1), diagnose(faulty.run(), threads=2)
    assert one.findings == other.findings
    assert [each.name for each in one.findings] == ["rate_too_high"]


def test_one_dead_unit_is_not_reported():
    layers = [{"units": 4, "activation": "relu"}, {"units": 1, "activation": "sigmoid"}]
    made = experiment(XOR, layers, size=1, batch_size="full", epochs=400,
                      optimizer={"name": "adam", "learning_rate": 0.1})  # fmt: skip
    network = made.network.with_inputs(2)
    start = network.start_from(
        [[[1.0, -1.0, -1.0, 0.7], [-1.0, 1.0, -1.0, 0.6]], [[0.5], [0.4], [0.3], [-0.2]]]
    )
    run = made.run(start=Parameters(weights=start.weights, biases=start.biases))
    seen = Examined(run=run)
    assert seen.units_at_start[0].dead.tolist() == [[False, False, True, False]]
    assert diagnose(run, prove=False).findings == ()


def test_without_proof_what_is_not_certain_is_a_question():
    slow = moons(1e-5)
    found = diagnose(slow, prove=False)
    assert {each.name: each.kind for each in found.findings} == {"rate_too_low": "question"}
    assert all(each.proof is None for each in found.findings)


def test_what_would_take_too_long_is_not_tried():
    slow = moons(1e-5)
    (finding,) = diagnose(slow, within_s=1e-6).findings
    assert (finding.kind, finding.proof) == ("question", None)
    assert finding.untried.startswith("its 16 pairs would take about 0 s")


def test_every_check_is_named_after_its_key():
    for name, check in CHECKS.items():
        assert name == check.name
        assert check.title
        assert check.help.endswith(".")


# --- tables ------------------------------------------------------------------------------


def names_found(rows, **changes):
    made = experiment({"given": "rows", "validation": 0.25}, epochs=30, **changes)
    made = made.model_copy(update={"preprocess": shoal.Preprocess("standard")})
    return [each.name for each in diagnose(made, rows=rows, prove=False).findings]


def test_a_number_that_tells_something_is_no_id():
    """Whole numbers that count the rows, as days do; the answer changes half-way through."""
    random, days = np.random.default_rng(2), np.arange(120.0)
    y = (days + random.normal(size=120) * 25 > 60).astype(int)
    x = np.c_[days, random.normal(size=120)]
    assert "id_as_feature" not in names_found((x, y))
    told_by_another = (x[:, 1] + random.normal(size=120) * 0.5 > 0).astype(int)
    assert "id_as_feature" in names_found((x, told_by_another))


@pytest.mark.parametrize("seed", range(3))
def test_rows_of_few_values_repeat_by_chance(seed):
    """Three columns of 0, 1 and 2 have 27 rows to choose from, and 60 of them are drawn."""
    random = np.random.default_rng(seed)
    x = random.integers(0, 3, size=(60, 3)).astype(float)
    assert "duplicate_rows" not in names_found((x, (x.sum(axis=1) > 3).astype(int)))


def test_copies_of_a_table_are_found():
    random = np.random.default_rng(0)
    x = random.normal(size=(50, 2))
    y = (x[:, 0] > 0).astype(int)
    twice = np.r_[x, x], np.r_[y, y]
    assert "duplicate_rows" in names_found(twice)
    assert "duplicate_rows" not in names_found((x, y))


def test_contradictions_are_counted():
    """Forty rows of 00, thirty of class 0; forty of 11, all of class 1: 70 of 80 at best."""
    x = np.repeat([[0.0, 0.0], [1.0, 1.0]], 40, axis=0)
    y = np.r_[np.zeros(30), np.ones(50)].astype(int)
    made = experiment({"given": "rows", "validation": 0.25}, epochs=30)
    (finding,) = [
        each
        for each in diagnose(made, rows=(x, y), prove=False).findings
        if each.name == "unlearnable"
    ]
    assert finding.evidence["attainable_accuracy"] == 70 / 80
    assert finding.evidence["contradictory_rows"] == 40
