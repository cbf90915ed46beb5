"""The tape: any step again, forward and back, branches, edited weights, probes."""

import numpy as np
import pytest

import shoal
from shoal.errors import FunctionError
from shoal.experiments import prepare
from shoal.experiments.launch import carry_out
from shoal.experiments.snapshots import MOST, Snapshots
from shoal.experiments.trainer import Trainer
from shoal.kernels import gradient
from shoal.network import Parameters

QUICK = shoal.Experiment(
    data=shoal.tasks.greater(samples=300),
    training=shoal.Training(shoal.Adam(0.03), batch_size=30, epochs=6),
    population=3,
)
STREAM = shoal.Experiment(
    data=shoal.tasks.xor(batches=5),
    network=shoal.Network([shoal.Dense(4, "tanh"), shoal.Dense(1, "sigmoid")]),
    training=shoal.Training(shoal.Momentum(0.05), batch_size=8, epochs=6),
    population=2,
)
BEST = QUICK.model_copy(
    update={"training": QUICK.training.model_copy(update={"restore_best": "validation_accuracy"})}
)
CASES = [
    pytest.param(QUICK, id="quick"),
    pytest.param(STREAM, id="stream"),
    pytest.param(BEST, id="best"),
]


def with_(experiment, **training):
    return experiment.model_copy(
        update={"training": experiment.training.model_copy(update=training)}
    )


def from_the_start(experiment, step):
    """The state after `step` steps by the shortest way there is."""
    trainer = Trainer(prepare(experiment))
    trainer.advance(step)
    return trainer.state


def with_snapshots(experiment, steps):
    """A run with snapshots at `steps`, as a slow one would have made them."""
    prepared = prepare(experiment)
    run, snapshots, trainer = carry_out(prepared), Snapshots(), Trainer(prepared)
    for step in steps:
        trainer.advance(step)
        snapshots.add(step, trainer.state)
    object.__setattr__(run, "snapshots", snapshots)
    return run


def assert_same(a, b):
    for name, array in a.arrays().items():
        np.testing.assert_array_equal(array, b.arrays()[name], err_msg=name)


@pytest.mark.parametrize("experiment", CASES)
def test_a_state_from_a_snapshot_is_that_from_the_start(experiment):
    run = with_snapshots(experiment, [3, 10, 17])
    for step in (0, 2, 3, 4, 9, 10, 16, 18, 29, 30):
        assert_same(run.state_at(step), from_the_start(experiment, step))
        at = run.at(step).flat
        np.testing.assert_array_equal(at, from_the_start(experiment, step).weights)


def test_the_run_itself_is_not_touched():
    run = with_snapshots(QUICK, [10])
    before = run.state.copy()
    run.tape(11).forward(5).back(3)
    run.state_at(12).weights[:] = 0
    run.at(48).flat[:] = 0
    assert_same(run.state, before)
    assert (
        run.at(10).digest
        == Parameters.from_flat(run.network.layout(), from_the_start(QUICK, 10).weights).digest
    )


def test_a_slow_run_keeps_snapshots_and_they_are_exact():
    long = with_(QUICK, epochs=20_000, report_every="end")
    run = long.run()
    assert run.snapshots.steps, "this machine is too fast for a test of pieces"
    step = run.snapshots.steps[-1] + 1
    np.testing.assert_array_equal(run.at(step).flat, from_the_start(long, step).weights)


def test_bytes_are_counted_and_kept_to():
    state = from_the_start(QUICK, 5)
    of_one = sum(a.nbytes for name, a in state.arrays().items() if name != "figures")
    snapshots = Snapshots(10**9)
    snapshots.add(5, state)
    assert snapshots.n_bytes == of_one
    snapshots.add(6, state)  # equal arrays are shared
    assert (snapshots.n_bytes, snapshots.steps) == (of_one, (5, 6))
    tight = Snapshots(int(of_one * 3.5))
    trainer = Trainer(prepare(QUICK))
    for step in range(1, 41):
        trainer.advance(step)
        tight.add(step, trainer.state)
        assert tight.n_bytes <= tight.budget
        assert tight.steps[-1] == step
    assert len(tight.steps) >= 3
    nothing = Snapshots(of_one - 1)
    nothing.add(5, state)
    assert (nothing.steps, nothing.n_bytes) == ((), 0)
    needed = Snapshots(0, keeps_first=True)
    needed.add(5, state)
    assert needed.steps == (5,)


def test_old_snapshots_grow_sparse_and_new_ones_stay_close():
    state = from_the_start(QUICK, 0)
    snapshots = Snapshots(10**9)
    for step in range(1, 5000):
        state.weights[0, 0] = step
        snapshots.add(step, state)
    steps = np.array([0, *snapshots.steps])
    assert len(snapshots.steps) == MOST
    ages, gaps = steps[-1] - steps[:-1], np.diff(steps)
    assert gaps[-20:].max() == 1
    assert (gaps <= np.maximum(1, ages / 10)).all()
    assert gaps[:20].min() > 10


@pytest.mark.parametrize("experiment", CASES)
def test_forward_and_back(experiment):
    run = experiment.run()
    per_epoch, total = run.prepared.schedule.steps_per_epoch, int(run.steps[0])
    tape = run.tape()
    assert (tape.step, tape.epoch) == (0, 0)
    moves = [
        (tape.forward, {}, 1),
        (tape.forward, {"batches": 2}, 3),
        (tape.forward, {"epochs": 2}, 3 + 2 * per_epoch),
        (tape.back, {}, 2 + 2 * per_epoch),
        (tape.back, {"epochs": 1}, 2 + per_epoch),
        (tape.forward, {"steps": 2, "epochs": 1}, 4 + 2 * per_epoch),
        (tape.back, {"steps": 10_000}, 0),
        (tape.forward, {"epochs": 10_000}, total),
        (tape.back, {"batches": 1}, total - 1),
    ]
    for move, by, step in moves:
        assert move(**by) is tape
        assert (tape.step, tape.epoch) == (step, step // per_epoch)
        np.testing.assert_array_equal(tape.weights, from_the_start(experiment, step).weights)


def test_by_nothing_the_tape_does_not_move():
    tape = QUICK.run().tape(5)
    for move in (tape.forward, tape.back):
        for how in ({"steps": 0}, {"batches": 0}, {"epochs": 0}, {"steps": 0, "epochs": 0}):
            assert move(**how).step == 5
        assert move(0).step == 5
    assert (tape.forward().step, tape.back(None, epochs=None).step) == (6, 5)


ENDING = with_(
    QUICK,
    stop=shoal.Training(
        stop={"name": "python", "function": lambda previous, current: current["train_loss"] < 0.55}
    ).stop,
)


@pytest.mark.parametrize("budget", [0, 2_000, 2**20])
@pytest.mark.parametrize("experiment", [*CASES, pytest.param(ENDING, id="ending")])
def test_back_all_the_way_is_exact_whatever_is_kept(experiment, budget, monkeypatch):
    monkeypatch.setattr("shoal.experiments.tape.TRAIL_BYTES", budget)
    run = experiment.run(tape_bytes=0)
    total = run.prepared.settings.total_steps
    tape = run.tape(total)
    for step in range(total, -1, -1):
        np.testing.assert_array_equal(tape.at(step).weights, run.at(step).flat)
        assert tape._trail.n_bytes <= budget
    for step in (7, 3, total - 1, 12, 13, 2):
        np.testing.assert_array_equal(tape.at(step).weights, run.at(step).flat)
    if experiment is ENDING:
        assert len(set(run.steps.tolist())) > 1


def test_steps_back_cost_a_fraction_of_the_first(monkeypatch):
    run = with_(QUICK, epochs=250, report_every="end").run(tape_bytes=0)  # 2,000 steps
    tape, replayed, advance = run.tape(2000), [], Trainer.advance

    def counting(trainer, until, **how):
        replayed[-1] += max(0, until - trainer.first_step)
        return advance(trainer, until, **how)

    monkeypatch.setattr(Trainer, "advance", counting)
    for _ in range(61):
        replayed.append(0)
        tape.back()
    assert replayed[0] == 1999
    # a sixteenth of the stretch, and then a sixteenth of that for every eight steps
    assert replayed[1] <= 125
    assert sum(replayed[2:]) <= 60
    monkeypatch.undo()
    np.testing.assert_array_equal(tape.weights, run.at(2000 - 61).flat)


def test_the_figures_of_the_tape():
    run, tape = QUICK.run(), QUICK.run().tape(8)
    for name, values in tape.figures.items():
        np.testing.assert_array_equal(values, run.history[name][:, 0])
    between = with_(QUICK, report_every=5).run()
    for name, values in tape.back(3).figures.items():
        np.testing.assert_array_equal(values, between.history[name][:, 0])


def test_the_batch_of_a_step_is_what_the_core_took():
    experiment = with_(QUICK, optimizer=shoal.SGD(0.5), batch_size=70, dtype="float64")
    run = experiment.run()
    part = run.prepared.parts[0]
    place = {row: k for k, row in enumerate(part.split.train.tolist())}
    for step in (0, 3, 4, 9):
        tape = run.tape(step)
        for i in range(3):
            rows = tape.next_batch(i)
            assert len(rows) == (30 if step % 4 == 3 else 70)
            chosen = np.array([place[row] for row in rows.tolist()])
            own = type(part.train)(x=part.train.x[chosen], y=part.train.y[chosen])
            before = tape.weights[i]
            _, slope = gradient(run.network, run.prepared.settings, before, own)
            after = run.at(step + 1).member(i).flat
            np.testing.assert_allclose(after, before - 0.5 * slope, rtol=1e-12)
            np.testing.assert_array_equal(run.tape(step + 1).last_batch(i), rows)
    assert len(run.tape(0).last_batch()) == 0
    assert len(run.tape(24).next_batch()) == 0


def test_the_batch_of_a_stream_counts_in_its_epoch():
    tape = STREAM.run().tape(7)
    assert tape.last_batch(1).tolist() == list(range(8, 16))


def test_a_branch_without_a_change_is_the_run_itself():
    run = QUICK.run()
    branch = run.rewind(20).run()
    assert branch.digest == run.digest
    for name, values in run.history.items():
        np.testing.assert_array_equal(branch.history[name], values)
    assert (branch.parent, branch.branched_at) == (run, 20)


@pytest.mark.parametrize("step", [0, 13, 16, 48])
def test_a_branch_with_another_learning_rate(step):
    run = QUICK.run()
    branch = run.rewind(step).with_(learning_rate=0.001).run()
    assert branch.report_steps.tolist() == run.report_steps.tolist()
    known = run.report_steps <= step
    for name, values in run.history.items():
        np.testing.assert_array_equal(branch.history[name][:, known], values[:, known])
        assert np.isfinite(branch.history[name]).all()
    # the same by hand: the moments of the step, another rate
    trainer = Trainer(prepare(QUICK), state=from_the_start(QUICK, step))
    trainer.state.hyper[:, 0] = 0.001
    trainer = Trainer(prepare(QUICK), state=trainer.state)
    trainer.advance(48)
    np.testing.assert_array_equal(branch.weights, trainer.state.weights)
    np.testing.assert_array_equal(branch.history["train_loss"], trainer.state.figures[:, 0])
    assert branch.experiment.training.optimizer.learning_rate == 0.001
    for at in (0, 5, step, 48):
        expected = run.at(at) if at < step else branch.at(at)
        np.testing.assert_array_equal(branch.at(at).flat, expected.flat)
    np.testing.assert_array_equal(branch.at(48).flat, branch.weights)


def test_a_branch_with_another_rule_starts_its_moments_afresh():
    run = QUICK.run()
    branch = run.rewind(10).with_(optimizer="momentum", learning_rate=0.1).run()
    state = from_the_start(QUICK, 10)
    other = with_(QUICK, optimizer=shoal.Momentum(0.1))
    trainer = Trainer(prepare(other))
    trainer.state.weights[:] = state.weights
    trainer.state.step[:] = 10
    trainer.advance(48)
    np.testing.assert_array_equal(branch.weights, trainer.state.weights)


def test_a_longer_branch_with_other_reports():
    run = QUICK.run()
    branch = run.rewind(20).with_("training.epochs=8", report_every=3).run()
    assert branch.report_steps.tolist() == [8, 16, *range(21, 64, 3), 64]
    assert branch.history["train_loss"].shape == (3, 2 + 16)
    assert np.isfinite(branch.history["train_loss"]).all()
    np.testing.assert_array_equal(branch.at(48).flat, run.at(48).flat)
    assert np.isfinite(branch.final("train_loss")).all()


def test_a_branch_of_a_branch():
    run = QUICK.run()
    first = run.rewind(20).with_(learning_rate=0.1).run()
    second = first.rewind(30).with_(learning_rate=0.01).run()
    np.testing.assert_array_equal(second.at(15).flat, run.at(15).flat)
    np.testing.assert_array_equal(second.at(25).flat, first.at(25).flat)
    tape = second.tape(15)
    for step in range(16, 49):
        owner = run if step < 20 else first if step < 30 else second
        np.testing.assert_array_equal(tape.forward().weights, owner.at(step).flat)
    assert second.report_steps.tolist() == run.report_steps.tolist()
    np.testing.assert_array_equal(
        second.history["train_loss"][:, :2], run.history["train_loss"][:, :2]
    )
    np.testing.assert_array_equal(
        second.history["train_loss"][:, 2], first.history["train_loss"][:, 2]
    )
    assert second.rewind(25).run().digest == second.rewind(25).run().digest


OTHERS = [
    {"epochs": 8, "report_every": 5},
    {"restore_best": "validation_loss"},
    {"restore_best": "validation_accuracy", "report_every": 3},
    {"stop": {"name": "plateau", "patience": 1}},
    {"schedule": {"name": "reduce_on_plateau", "patience": 1, "gain": 0.2}},
    {"optimizer": "lion"},
    {"optimizer": "rprop", "stop": {"name": "target", "figure": "train_loss", "below": 0.5}},
]


@pytest.mark.parametrize("change", OTHERS, ids=lambda change: "-".join(change))
@pytest.mark.parametrize("begun", [{}, OTHERS[2], OTHERS[3]], ids=["plain", "best", "plateau"])
def test_a_branch_taken_back_to_before_its_branch_point(change, begun):
    start = with_(QUICK, optimizer=shoal.Momentum(0.1))
    run = start.run().rewind(0).with_(**begun).run() if begun else start.run()
    branch = run.rewind(30).with_(**change).run()
    for step in (0, 11, 16, 29):
        early, wanted = branch.rewind(step).run(), run.rewind(step).with_(**change).run()
        assert_same(early.state, wanted.state)
        assert early.digest == wanted.digest
        assert early.report_steps.tolist() == wanted.report_steps.tolist()
        for name, values in wanted.history.items():
            np.testing.assert_array_equal(early.history[name], values)
        for at in (5, step, 40):
            np.testing.assert_array_equal(early.at(at).flat, wanted.at(at).flat)


def test_the_tape_of_a_branch_has_the_figures_of_both_parts():
    run = with_(QUICK, report_every=8).run()
    branch = run.rewind(20).with_(report_every=5).run()
    for step in (5, 8, 15, 16, 25, 30):  # 5 and 15 are reports of the branch alone
        found = branch.tape(step).figures
        made_by = run if step < 20 else branch
        for name, values in made_by.tape(step).figures.items():
            np.testing.assert_array_equal(found[name], values)


def test_a_branch_keeps_the_best_so_far():
    run = BEST.run()
    branch = run.rewind(40).with_(learning_rate=0.9).run()
    accuracy = branch.history["validation_accuracy"]
    np.testing.assert_array_equal(branch.final("validation_accuracy"), accuracy.max(axis=1))
    asked = QUICK.run().rewind(40).with_(restore_best="validation_accuracy").run()
    later = asked.history["validation_accuracy"][:, 5:]
    np.testing.assert_array_equal(asked.final("validation_accuracy"), later.max(axis=1))


def test_edited_weights():
    run = QUICK.run()
    edited = run.at(10).flat.copy()
    edited[1, 0] += 1
    parameters = Parameters.from_flat(run.network.layout(), edited)
    rewound = run.rewind(10).with_weights(parameters)
    np.testing.assert_array_equal(rewound.parameters.flat, edited)
    branch = rewound.run()
    for i in (0, 2):
        np.testing.assert_array_equal(branch.weights[i], run.weights[i])
    assert (branch.weights[1] != run.weights[1]).any()
    np.testing.assert_array_equal(branch.at(10).flat, edited)
    np.testing.assert_array_equal(branch.at(9).flat, run.at(9).flat)
    one = run.rewind(10).with_weights(run.at(3).member(0)).run()
    np.testing.assert_array_equal(one.at(10).flat, np.tile(run.at(3).flat[0], (3, 1)))


def test_edited_weights_are_checked():
    run = QUICK.run()
    rewound = run.rewind(10)
    flat = run.at(10).flat.copy()
    flat[0, 0] = np.nan
    wrong = [
        (Parameters.from_flat(run.network.layout(), flat),
         "Rewound.with_weights: `parameters` must be finite; got NaN or infinity."
         " Take these numbers out, or fill the gaps first."),
        (Parameters.from_flat(run.network.layout(), run.at(0).flat[:2]),
         "Rewound.with_weights: `parameters` must hold one network or P=3; got (2,)."
         " Give as many as that."),
        (np.zeros(31), "Rewound.with_weights: `parameters` must be Parameters; got ndarray."
                       " Give a value of that kind."),
    ]  # fmt: skip
    for given, message in wrong:
        with pytest.raises(shoal.ShoalError) as caught:
            rewound.with_weights(given)
        assert str(caught.value) == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": "or"},
         "`data` cannot be changed in a branch: the rows stay what they are; got or. Run a new "
         "experiment for that."),
        ({"seed": 3},
         "`seed` cannot be changed in a branch: its random numbers stay the same; got 3. Run a "
         "new experiment for that."),
        ({"population.size": 3},
         "`population.size` cannot be changed in a branch: the networks stay the same; got 3. "
         "Run a new experiment for that."),
        ({"network": 3},
         "`network` cannot be changed in a branch: the networks keep their shape; got 3. Run a "
         "new experiment for that."),
        ({"batch_size": 3},
         "`training.batch_size` cannot be changed in a branch: the steps keep their rows; got "
         "3. Run a new experiment for that."),
        ({"learning_rat": 3},
         "`learning_rat` must be a setting of the training; got an unknown name. Did you mean "
         "'learning_rate'?"),
        ({"training": 3},
         "`training` must be a setting of the training, such as training.epochs; got 3."
         " Leave one of the two out."),
    ],
)  # fmt: skip
def test_what_a_branch_cannot_change(change, message):
    with pytest.raises(shoal.ShoalError) as caught:
        QUICK.run().rewind(5).with_(**change)
    assert str(caught.value) == f"Rewound.with_: {message}"


def test_values_that_cannot_be():
    rewound = QUICK.run().rewind(20)
    wrong = [
        (lambda: rewound.with_(epochs=0),
         "Rewound.with_, training.epochs: must be a whole number of 1 or more; got 0."
         " Give a value within the bounds."),
        (lambda: rewound.with_("training.epochs"),
         "Rewound.with_: `changes` must be changes such as 'training.epochs=20'; got "
         "'training.epochs'." " Give a value of that kind."),
        (lambda: rewound.with_("learning_rate=0.5"),
         "Rewound.with_: `learning_rate` must be a setting of the training, such as "
         "training.epochs; got 0.5. Did you mean 'training.optimizer.learning_rate'?"),
        (lambda: rewound.with_("epochs=8"),
         "Rewound.with_: `epochs` must be a setting of the training, such as training.epochs; "
         "got 8. Did you mean 'training.epochs'?"),
        (lambda: rewound.with_(epochs=2).run(),
         "Rewound.run: `training.epochs` must not end before step 20, where it branches; got 16 "
         "steps." " Give a value within the bounds."),
    ]  # fmt: skip
    for call, message in wrong:
        with pytest.raises(shoal.ShoalError) as caught:
            call()
        assert str(caught.value) == message


def norms(parameters):
    return np.stack([np.linalg.norm(w, axis=(1, 2)) for w in parameters.weights], axis=1)


def test_probes_while_training_and_afterwards():
    steps = [0, 3, 8, 29, 48]
    run = QUICK.run(probes={"norms": norms, "first": lambda p: p.flat[:, 0]}, probe_steps=steps)
    assert run.probe_steps == tuple(steps)
    assert run.probes["norms"].shape == (3, 5, 4)
    assert run.probes["first"].shape == (3, 5)
    for k, step in enumerate(steps):
        np.testing.assert_array_equal(run.probes["norms"][:, k], norms(run.at(step)))
    np.testing.assert_array_equal(run.probe(norms, steps), run.probes["norms"])
    assert run.digest == QUICK.run().digest


def test_probes_of_networks_that_ended():
    stop = [{"name": "python", "function": lambda previous, current: bool(previous)}]
    training = shoal.Training.model_validate(
        {name: getattr(QUICK.training, name) for name in shoal.Training.model_fields}
        | {"stop": stop}
    )
    experiment = QUICK.model_copy(update={"training": training})
    run = experiment.run(probes={"norms": norms}, probe_steps=[8, 16, 40])
    assert run.steps.tolist() == [16] * 3
    np.testing.assert_array_equal(run.probes["norms"][:, 1], run.probes["norms"][:, 2])
    np.testing.assert_array_equal(run.probe(norms, [8, 16, 40]), run.probes["norms"])


def test_probes_that_fail():
    def shapes(parameters, seen=[]):  # noqa: B006
        seen.append(1)
        return np.zeros((3, len(seen)))

    cases = [
        (lambda p: 1 / 0,
         "probe 'f', step 4: raised ZeroDivisionError: division by zero (test_tape.py, line "
         "LINE). Mend the function; what was trained until then is kept."),
        (lambda p: np.zeros(2),
         "probe 'f', step 4: must return an array of shape (P, ...) with P=3; got (2,)."
         " Return what the message names."),
        (shapes,
         "probe 'f', step 20: must return the same shape at every step, (3, 1) as at the first; "
         "got (3, 2)." " Return what the message names."),
    ]  # fmt: skip
    for function, message in cases:
        with pytest.raises(FunctionError) as caught:
            QUICK.run(probes={"f": function}, probe_steps=[4, 20])
        line = str(function.__code__.co_firstlineno)
        assert str(caught.value) == message.replace("LINE", line)
        step = caught.value.step
        assert caught.value.run.steps.tolist() == [step] * 3
    with pytest.raises(shoal.ShoalError) as caught:
        QUICK.run(probes={"f": norms})
    assert str(caught.value) == (
        "Experiment.run: `probe_steps` must not be empty; got no step. "
        "Name the steps: probe_steps=[0, 100]."
    )
    with pytest.raises(shoal.ShoalError) as caught:
        QUICK.run().probe(norms, [49])
    assert (
        str(caught.value) == "Run.probe: `step` must be from 0 to 48; got 49."
        " Give a value within the bounds."
    )


def test_a_diverged_network_has_its_last_weights_and_can_be_healed():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    experiment = shoal.Experiment(
        network=shoal.Network([shoal.Dense(8, "relu"), shoal.Dense(1)]),
        training=shoal.Training(shoal.SGD(0.15), loss="squared_error", epochs=30),
        population=16,
    )
    with pytest.warns(shoal.ShoalWarning):
        run = experiment.run(rows=(x, x[:, 0] ** 3))
    lost = np.flatnonzero(~run.sound)
    assert 0 < len(lost) < 16
    i = int(lost[0])
    last = int(run.steps[i])
    np.testing.assert_array_equal(run.at(last + 3).flat[i], run.weights[i])
    before = run.rewind(0).with_(learning_rate=0.001).run()
    assert before.sound[i]
    healed = run.rewind(last + 3).with_weights(run.at(0)).with_(learning_rate=0.001).run()
    assert healed.sound[lost].all()
