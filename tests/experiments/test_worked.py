"""Truth: the worked update is the run's own, and the row is that of the data.

Expected values come from the run at the step after, from the NumPy reference, or by hand.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import shoal
from shoal.errors import ArgumentError
from shoal.network import backward, forward_pass
from shoal.network.worked import ALL
from shoal.training import OPTIMIZERS

ROOT = Path(__file__).parents[2]
EPSILON = {"float32": 2**-23, "float64": 2**-52}
GRADIENT_RULES = [name for name, entry in OPTIMIZERS.items() if entry.kind == "gradient"]
ASKING_RULES = [name for name, entry in OPTIMIZERS.items() if entry.kind == "oracle"]


def trained(*, data=None, network=None, size=2, preprocess=None, **training):
    experiment = shoal.Experiment(
        data=data or shoal.tasks.greater(samples=120),
        preprocess=preprocess or {},
        network=network or shoal.Network([shoal.Dense(3, "tanh"), shoal.Dense(1, "sigmoid")]),
        training={"epochs": 3, "batch_size": 16, **training},
        population=size,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", shoal.ShoalWarning)
        return experiment.run()


def check_update(run, row, step, network, *, digits=8):
    """Check a worked update against what the run has after the step."""
    worked = run.trace(row, step=step, network=network, folding=ALL)
    before, after = run.at(step).flat[network], run.at(step + 1).flat[network]
    assert len(worked.update.parameters) == len(before)
    for each in worked.update.parameters:
        k = each.parameter
        assert np.asarray(each.before, before.dtype) == before[k]
        assert np.asarray(each.run, before.dtype) == after[k]
        size = max(abs(each.before), abs(each.after), abs(each.change))
        assert abs(each.difference) <= digits * EPSILON[worked.dtype] * size, each.name
    return worked


# ---- the update of every rule


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", GRADIENT_RULES)
def test_every_gradient_rule_makes_the_step_of_the_run(rule, dtype):
    run = trained(optimizer=rule, dtype=dtype, batch_size="full" if rule == "rprop" else 16)
    for step in (0, 1, run.prepared.settings.total_steps - 1):
        worked = check_update(run, 5, step, network=1)
        assert worked.update.step == step + 1
        assert worked.update.optimizer == rule
        if rule != "lbfgs":
            assert all(each.equations for each in worked.update.parameters)


RESTRAINTS = {
    "l1": {"regularization": {"l1": 0.02}},
    "l2": {"regularization": {"l2": [0.3, 0.0]}},
    "weight decay": {"regularization": {"weight_decay": 0.4}},
    "max norm": {"regularization": {"max_norm": 0.7}},
    "clip value": {"clip_value": 0.02},
    "clip norm": {"clip_norm": 0.05},
    "dropout": {"regularization": {"dropout": 0.4}},
    "noise": {"regularization": {"input_noise": 0.3}},
    "smoothing": {"regularization": {"label_smoothing": 0.2}},
    "sum": {"reduction": "sum"},
    "schedule": {"schedule": [{"name": "exponential", "factor": 0.5, "epochs": 1}]},
    "plateau": {
        "schedule": [{"name": "reduce_on_plateau", "factor": 0.5, "patience": 1, "gain": 9.0}],
        "report_every": 2,
    },
    "frozen": {"frozen": ["layers.0.bias", "layers.1.weights.2"]},
    "all": {
        "regularization": {
            "l1": 0.01, "l2": 0.1, "weight_decay": 0.2, "max_norm": 0.9, "dropout": 0.2,
        },
        "clip_value": 0.05, "clip_norm": 0.08, "schedule": "cosine",
        "frozen": ["layers.0.weights.1"],
    },
}  # fmt: skip


@pytest.mark.parametrize("rule", ["sgd", "adam", "rprop"])
@pytest.mark.parametrize("restraint", RESTRAINTS)
def test_what_comes_between_gradient_and_step(restraint, rule):
    how = {"optimizer": {"name": rule, "learning_rate": 0.05}} | RESTRAINTS[restraint]
    run = trained(dtype="float64", batch_size="full" if rule == "rprop" else 16, **how)
    last = run.prepared.settings.total_steps - 1
    for step in (0, last):
        check_update(run, 5, step, network=1, digits=64)
    worked = run.trace(5, step=last, network=1, folding=ALL)
    text = json.dumps(worked.to_dict()["update"])
    sign = {
        "l1": "l1 * sign(w)", "l2": "l2 * w", "weight decay": "rate * decay * w",
        "clip value": "clip_value", "clip norm": "clip_norm / length", "dropout": "Dropout",
        "noise": "Noise of standard deviation 0.3", "frozen": "4 parameters are frozen",
        "max norm": "max_norm / norm",
    }.get(restraint)  # fmt: skip
    assert sign is None or sign in text


@pytest.mark.parametrize("rule", ASKING_RULES)
def test_rules_that_ask_for_losses_do_not_pretend_to_have_gradients(rule):
    run = trained(optimizer=rule, batch_size="full" if rule == "lbfgs" else 16)
    for step in (0, run.prepared.settings.total_steps - 1):
        worked = check_update(run, 5, step, network=1, digits=2000)
        assert worked.update.kind == OPTIMIZERS[rule].kind
        assert all(each.batch_gradient is None for each in worked.update.parameters)
    told = " ".join(worked.update.sentences)
    assert ("No derivative is used" in told) == (rule != "lbfgs")


def test_elitist_candidates_that_are_worse_move_nothing():
    run = trained(optimizer={"name": "random_perturbation", "d": 0.5, "elitist": True},
                  batch_size="full", epochs=12)  # fmt: skip
    found = [check_update(run, 5, step, network=0) for step in range(12)]
    stood = [all(each.change == 0 for each in one.update.parameters) for one in found]
    worse = ["worse than what there was" in " ".join(one.update.sentences) for one in found]
    assert stood == worse
    assert 0 < sum(stood) < 12


def test_a_rule_in_python():
    def descend(parameters, state, loss, gradient, rng):
        return parameters - 0.5 * gradient(parameters), state

    run = trained(optimizer=shoal.training.PythonRule(descend), epochs=1)
    worked = check_update(run, 5, 0, network=0)
    assert worked.update.kind == "python"
    assert "a Python function of its own" in worked.update.sentences[0]


def test_finite_differences_measure_the_slope():
    run = trained(optimizer={"name": "finite_difference", "learning_rate": 0.5, "h": 1e-4})
    worked = run.trace(5, step=3, network=0)
    rows = run.tape(3).next_batch(0)
    part = run.prepared.parts[0]
    exact = run.at(3).member(0)
    stages = forward_pass(run.network, exact, part.dataset.x[rows])
    slope = backward(run.network, exact, stages, part.dataset.y[rows], "binary_crossentropy").flat
    for each in worked.update.parameters:
        g = each.equations[0].value
        assert g == pytest.approx(slope[each.parameter], abs=1e-4)  # forward: h/2 times f''


# ---- the batch


def test_at_a_kink_the_difference_is_the_mean_of_two_slopes_and_says_so():
    """Biases begin at 0, so for inputs of 0 every sum of the first layer is 0, the kink of relu."""
    run = shoal.Experiment(
        data={"task": "or"},
        network=shoal.Network([shoal.Dense(4, "relu"), shoal.Dense(1, "sigmoid")]),
        training={"epochs": 1},
    ).run(threads=1)
    trace = run.trace(row=0, step=0, backward=True, folding=ALL)
    first = trace.backward.layers[1]
    for unit in first.units:
        above = unit.dl_da.value
        assert unit.bias.gradient.value == 0  # the slope of relu is 0 at 0
        assert unit.bias.check.value == pytest.approx(above / 2, rel=1e-4)  # of 0 and 1
        assert unit.bias.differs_at_kink
        assert not any(each.differs_at_kink for each in unit.weights)  # inputs of 0 move nothing
    assert trace.to_dict()["backward"]["layers"][1]["units"][0]["bias"]["check_from"]["at_kink"]
    assert "* Here a weighted sum lies at a kink" in trace.to_text()
    away = run.trace(row=3, step=0, backward=True, folding=ALL)
    assert "kink" not in away.to_text()


def test_the_gradient_of_the_batch_is_the_mean_over_its_rows():
    """Of each row of the batch a trace; their mean is the batch's gradient in every trace."""
    run = trained(dtype="float64", optimizer="sgd", batch_size=8)
    rows = run.tape(7).next_batch(1).tolist()
    traces = [run.trace(row, step=7, network=1) for row in rows]
    assert len(rows) == 8
    for place, each in enumerate(traces[0].update.parameters):
        own = [one.update.parameters[place].row_gradient for one in traces]
        assert np.mean(own) == pytest.approx(each.batch_gradient, abs=1e-15)
    assert traces[0].update.has_row
    assert traces[0].update.sentences[0] == (
        "This row is one of 8 in the batch of this step; the gradient of the batch is the mean of "
        "theirs."
    )
    other = next(row for row in range(120) if row not in rows)
    worked = run.trace(other, step=7, network=1)
    assert not worked.update.has_row
    assert worked.update.sentences[0] == (
        "This row is not in the batch of this step, whose 8 rows are others."
    )


def test_majority_by_hand():
    """Published: zero weights, summed loss, rate 0.1, all eight rows.

    Every probability is 0.5 at first; with error p - y the gradient of the first weight is the
    sum over the rows with that bit: three of 0.5 - 1 and one of 0.5 - 0, which is -1. So it
    becomes 0.1; the bias stays 0 (four of each).
    """
    run = shoal.Experiment.load(ROOT / "examples" / "majority.toml").run()
    worked = run.trace(3, step=0)
    moved = {each.name.rpartition(": ")[2]: each for each in worked.update.parameters}
    weights = [each for name, each in moved.items() if name != "bias"]
    assert [each.batch_gradient for each in weights] == [-1.0, -1.0, -1.0]
    assert [each.after for each in weights] == pytest.approx([0.1] * 3)
    assert moved["bias"].after == 0.0
    assert worked.loss.value == pytest.approx(np.log(2))
    assert worked.update.reduction == "sum"
    # row 3 is (0, 1, 1), a yes: its own error is -0.5, times the bits
    own = {each.name: each.gradient.value for each in worked.backward.layers[0].units[0].weights}
    assert list(own.values()) == [0.0, -0.5, -0.5]


def test_the_perceptron_of_a_row():
    run = shoal.Experiment.load(ROOT / "examples" / "perceptron.toml").run()
    total = run.prepared.settings.total_steps
    for step in range(min(total, 12)):
        if step >= int(run.steps[0]):
            break
        worked = check_update(run, 3, step, network=0)
        assert worked.update.kind == "perceptron"


def test_weights_of_classes_count_in_the_row():
    """Balanced: a class of 30 of 120 rows counts 120 / (2 * 30) = 2."""
    x = np.random.default_rng(0).normal(size=(120, 2))
    y = np.array([0.0] * 90 + [1.0] * 30)
    experiment = shoal.Experiment(
        data={"given": "rows", "validation": 0.0},
        network=shoal.Network([shoal.Dense(1, "sigmoid")]),
        training={"epochs": 2, "class_weight": "balanced", "dtype": "float64"},
        population=1,
    )
    run = experiment.run(rows=(x, y))
    worked = run.trace(119, step=0)
    assert worked.loss.weight == pytest.approx(2.0)
    plain, counted = worked.loss.equations[-2:]
    assert counted.value == pytest.approx(2 * plain.value)
    assert worked.loss.value == counted.value
    rows = run.tape(0).next_batch(0).tolist()
    own = [run.trace(row, step=0).update.parameters[0] for row in rows]
    assert np.mean([each.row_gradient for each in own]) == pytest.approx(own[0].batch_gradient)


def test_targets_of_numbers_are_scaled_there_and_back():
    x = np.linspace(0, 10, 60)
    run = shoal.Experiment(
        data={"given": "rows", "validation": 0.0},
        preprocess={"scaling": "standard", "target_scaling": "standard"},
        network=shoal.Network([shoal.Dense(4, "tanh"), shoal.Dense(1)]),
        training={"epochs": 3, "dtype": "float64"},
        population=1,
    ).run(rows=(x[:, None], 100 + 5 * x))
    worked = run.trace(12)
    scaler = run.prepared.parts[0].target_scaler
    given = 100 + 5 * x[12]
    assert worked.loss.targets[0].given == pytest.approx(given)
    assert worked.loss.targets[0].y == pytest.approx((given - scaler.center[0]) / scaler.scale[0])
    said = worked.output.answers[0].value
    assert said == pytest.approx(float(run[0].predict([[x[12]]])[0]), rel=1e-12)
    (each,) = worked.inputs.shown
    assert each.raw == x[12]
    assert each.scaled == pytest.approx((x[12] - x.mean()) / x.std())


# ---- which row, step and network


def test_a_row_is_what_the_core_says_of_it():
    run = trained(preprocess={"scaling": "standard"}, size=3)
    for network in range(3):
        worked = run.trace(17, network=network)
        x = run.prepared.parts[0].dataset.x[17:18]
        said = run[network].outputs(x)[0, 0]
        assert worked.output.answers[1].value == pytest.approx(float(said[0]), rel=1e-6)
        assert worked.source.seed == run.seeds[network]


def test_the_default_is_what_is_delivered_and_the_best():
    run = trained(size=3, restore_best="validation_loss", epochs=6)
    worked = run.trace(17)
    best = run.best_index
    assert worked.source.network == best
    assert worked.source.step == int(run.delivered_step[best])
    said = float(run.best.outputs(run.prepared.parts[0].dataset.x[17:18])[0, 0, 0])
    assert worked.output.answers[1].value == pytest.approx(said, rel=1e-6)


def test_no_update_follows_the_end_unless_it_is_asked_for():
    run = trained()
    total = run.prepared.settings.total_steps
    worked = run.trace(5, network=0)
    assert worked.update is None
    assert worked.source.notes[-1] == ("No update follows: these are the network's last weights.")
    assert run.trace(5, network=0, update=True).source.step == total - 1
    assert run.trace(5, network=0, step=3, update=False).update is None
    assert run.trace(5, network=0, step=3, backward=False).backward is None


def test_a_point_has_no_target():
    run = trained()
    worked = run.trace(point=[0.25, 0.75], step=3)
    assert (worked.loss, worked.backward, worked.update) == (None, None, None)
    assert worked.source.row is None
    assert [each.raw for each in worked.inputs.shown] == [0.25, 0.75]
    assert worked.source.title.startswith("a point of greater, network ")


def test_rows_that_are_validated():
    run = trained()
    part = run.prepared.parts[0]
    worked = run.trace(int(part.split.validation[0]), step=3)
    assert worked.source.part == "validation"
    assert worked.source.notes[0] == "This is a validation row: the network never learns from it."
    assert not worked.update.has_row


def test_a_stream_draws_its_own_rows():
    run = shoal.Experiment.load(
        ROOT / "examples" / "or.toml", ["training.epochs=2", "population.size=2"]
    ).run()
    step = run.prepared.schedule.steps_per_epoch + 3  # in the second epoch
    worked = check_update(run, 3, step, network=1)
    assert worked.update.epoch == 2
    assert worked.update.sentences[0].endswith("rows are drawn anew for this epoch.")


def test_a_branch_has_its_own_updates():
    run = trained(optimizer="sgd")
    branch = run.rewind(6).with_(**{"training.optimizer.learning_rate": 0.5}).run()
    worked = check_update(branch, 5, 9, network=0)
    assert worked.update.settings["learning_rate"] == 0.5
    assert run.trace(5, step=9, network=0).update.settings["learning_rate"] == 0.01
    before = branch.trace(5, step=3, network=0)
    assert before.to_dict()["layers"] == run.trace(5, step=3, network=0).to_dict()["layers"]


def test_a_network_that_ended_early():
    run = trained(stop=[{"name": "target", "figure": "train_loss", "below": 0.9}], epochs=4)
    taken = int(run.steps[0])
    assert taken < run.prepared.settings.total_steps
    worked = run.trace(5, step=taken + 1, network=0)
    assert worked.update is None
    assert worked.source.notes[-1] == (
        f"The network ended at step {taken}; these are its last weights."
    )


# ---- what cannot be


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"row": 120}, "Run.trace: `row` must be from 0 to 119; got 120."
                       " Give a value within the bounds."),
        ({"row": -1}, "Run.trace: `row` must be from 0 to 119; got -1."
                      " Give a value within the bounds."),
        ({"row": True}, "Run.trace: `row` must be from 0 to 119; got True."
                        " Give a value within the bounds."),
        ({}, "Run.trace: `row` must be given, or a point in its place, and not both; got neither."
             " Give one of the two."),
        (
            {"row": 1, "point": [1, 2]},
            "Run.trace: `row` must be given, or a point in its place, and not both; got both."
            " Give one of the two.",
        ),
        ({"row": 1, "step": 19}, "Run.trace: `step` must be from 0 to 18; got 19."
                                 " Give a value within the bounds."),
        (
            {"row": 1, "step": 1.5},
            "Run.trace: `step` must be a whole number from 0 to 18; got 1.5."
            " Give a value within the bounds.",
        ),
        ({"row": 1, "network": 2}, "Run.trace: `network` must be from 0 to 1; got 2."
                                   " Give a value within the bounds."),
        (
            {"row": 1, "step": 18, "network": 0, "update": True},
            "Run.trace: `step` must be from 0 to 17 for an update to follow; got 18. "
            "Network 0 took 18 steps.",
        ),
        (
            {"point": [1.0]},
            "Run.trace: `point` must have a number for each of 2 features; got shape (1,)."
            " Give as many as that.",
        ),
        ({"point": [1.0, float("nan")]}, "Run.trace: `point` must be finite; got infinity or NaN."
                                         " Take these numbers out, or fill the gaps first."),
        (
            {"point": ["a", 2]},
            "Run.trace: `point` must have a number for each of 2 features; got something else."
            " Give a value of that kind.",
        ),
    ],
)  # fmt: skip
def test_what_there_is_not_is_refused(how, sentence):
    run = trained(data=shoal.tasks.greater(samples=120), epochs=3, batch_size=16)
    assert run.prepared.settings.total_steps == 18
    with pytest.raises(ArgumentError) as error:
        run.trace(**how)
    assert str(error.value) == sentence
