"""Every learning rule through the whole stack, to the same bits: tape, branches, checkpoints."""

import numpy as np
import pytest

import shoal
from shoal.errors import ExperimentError
from shoal.experiments import prepare, resume
from shoal.experiments.keeper import Keeper
from shoal.experiments.launch import carry_out
from shoal.experiments.snapshots import Snapshots
from shoal.experiments.trainer import Trainer
from shoal.training import LBFGS, OPTIMIZERS, Adam, Annealing, PythonRule, RandomPerturbation


def momentum(parameters, state, loss, gradient, rng):
    """Momentum with noise, and a state of every kind that is kept."""
    state = state or {"v": np.zeros_like(parameters), "n": 0, "losses": [], "last": None}
    state["v"] = 0.9 * state["v"] + gradient(parameters)
    state["n"] += 1
    state["losses"].append(np.float64(loss(parameters)))
    state["last"] = (bool(state["n"] % 2), "text", rng.random())
    return parameters - 0.05 * state["v"] - 0.001 * rng.standard_normal(len(parameters)), state


PERCEPTRON = shoal.Network([shoal.Dense(1, "step")])
NETWORK = shoal.Network([shoal.Dense(4, "tanh"), shoal.Dense(3, "tanh"), shoal.Dense(1, "sigmoid")])
WITHOUT_RATE = ("random_perturbation", "annealing", "python")
FULL = ("lbfgs",)
SETTINGS = {
    "python": {"function": momentum},
    "adagrad": {"learning_rate": 0.3},
    "annealing": {"temperature": 0.01},
    "random_perturbation": {"d": 0.05, "elitist": True},
}
VARIANTS = {
    "plain": {},
    "reduced": {
        "schedule": {"name": "reduce_on_plateau", "patience": 1, "gain": 0.2, "factor": 0.7}
    },
    "noisy": {"regularization": {"dropout": 0.3, "input_noise": 0.2}},
    "best": {"restore_best": "validation_accuracy", "report_every": 3},
    "before": {"report_every": 3},
    "stream": {},
}


def names():
    for rule in OPTIMIZERS:
        for variant in VARIANTS:
            noise = rule in ("random_perturbation", "annealing", "perceptron")
            if not (
                (variant == "reduced" and rule in WITHOUT_RATE)
                or (variant == "noisy" and noise)
                or (variant == "stream" and rule in FULL)
            ):
                yield pytest.param(rule, variant, id=f"{rule}-{variant}")


CASES = pytest.mark.parametrize(("rule", "variant"), [*names()])


def made(rule, variant="plain", **training):
    """An experiment of some 36 steps; the level of "before" is reached by some networks."""
    is_stream = variant == "stream"
    data = shoal.tasks.xor(batches=9) if is_stream else shoal.tasks.greater(samples=90)
    settings = {
        "optimizer": {"name": rule} | SETTINGS.get(rule, {}),
        "batch_size": "full" if rule in FULL else 8,
        "epochs": 36 if rule in FULL else 4,
    }
    settings |= VARIANTS[variant] | training
    if variant == "before" and "stop" not in settings:
        settings["stop"] = [target(rule)]
    return shoal.Experiment(
        data=data,
        network=PERCEPTRON if rule == "perceptron" else NETWORK,
        training=shoal.Training.model_validate(settings),
        population=3,
        seed=5,
    )


LEVELS = {}


def target(rule):
    """A level of the training loss that the networks reach at different reports, or not at all."""
    if rule not in LEVELS:
        losses = made(rule, "before", stop=[]).run().history["train_loss"]
        LEVELS[rule] = float(np.sort(losses.min(axis=1))[:2].mean())
    return {"name": "target", "figure": "train_loss", "below": LEVELS[rule], "keep": "before"}


def from_the_start(experiment, step):
    trainer = Trainer(prepare(experiment))
    trainer.advance(step)
    return trainer


def with_snapshots(experiment, steps):
    """A run with snapshots at `steps`, as a slow one would have made them."""
    prepared = prepare(experiment)
    run, snapshots, trainer = carry_out(prepared), Snapshots(), Trainer(prepared)
    for step in steps:
        trainer.advance(step)
        snapshots.add(step, trainer.state, trainer.memory)
    object.__setattr__(run, "snapshots", snapshots)
    return run


def assert_same_state(a, b, but=()):
    for name, array in a.arrays().items():
        if name not in but:
            np.testing.assert_array_equal(array, b.arrays()[name], err_msg=name)


def assert_same_run(run, whole):
    assert_same_state(run.state, whole.state)
    np.testing.assert_equal(list(run.memory), list(whole.memory))
    assert run.digest == whole.digest
    assert run.stopped_because == whole.stopped_because
    assert run.history.keys() == whole.history.keys()
    for name, values in whole.history.items():
        np.testing.assert_array_equal(run.history[name], values)
        np.testing.assert_array_equal(run.final(name), whole.final(name))


# the run that ends there may have no report left for a plateau
@pytest.mark.filterwarnings("ignore:training.schedule:shoal.errors.ShoalWarning")
@CASES
def test_any_step_is_that_of_a_run_that_ends_there(rule, variant):
    experiment = made(rule, variant)
    run = with_snapshots(experiment, [5, 20])
    assert (run.state.step > 20).any()
    assert (run.state.weights != run.prepared.start).any()
    total = run.prepared.settings.total_steps
    for step in (0, 1, 5, 7, 19, 21, total - 1, total):
        there = from_the_start(experiment, step)
        np.testing.assert_array_equal(run.at(step).flat, there.state.weights)
        state = run.state_at(step)
        assert_same_state(state, there.state)
    for step in (9, 18):  # where there is a report, so that the shorter run has no other
        stop = [*experiment.training.stop, {"name": "steps", "limit": step}]
        shorter = made(rule, variant, stop=stop).run()
        np.testing.assert_array_equal(run.at(step).flat, shorter.state.weights)


@CASES
def test_a_run_goes_on_from_a_checkpoint_at_any_step(rule, variant, tmp_path):
    experiment = made(rule, variant)
    whole = experiment.run()
    total = whole.prepared.settings.total_steps
    for step in np.random.default_rng(len(rule)).integers(1, total, 3).tolist():
        trainer = from_the_start(experiment, step)
        assert Keeper(tmp_path / "c", trainer.prepared, 10.0).finish(trainer, 0.5) is None
        assert_same_run(resume(tmp_path / "c", allow_python=True), whole)


@CASES
def test_a_branch_without_a_change_is_the_run(rule, variant):
    whole = made(rule, variant).run()
    total = whole.prepared.settings.total_steps
    for step in {0, 2, 9, 14, *(whole.steps.tolist()), total}:
        assert_same_run(whole.rewind(step).run(), whole)


def test_the_networks_of_before_end_differently():
    found = {rule: made(rule, "before").run().stopped_because for rule in OPTIMIZERS}
    assert all("target" in reasons for reasons in found.values()), found


def test_the_reduced_rates_are_reduced():
    for rule in OPTIMIZERS:
        if rule not in WITHOUT_RATE:
            run = made(rule, "reduced").run()
            assert (run.state.rate_factor < 1).any(), rule


# Branches with other settings.


def by_hand(run, step, experiment, *arrays):
    """Go on from the run's own arrays at a step, other arrays fresh."""
    trainer = Trainer(prepare(experiment))
    before = run.state_at(step)
    for name in ("weights", "step", *arrays):
        trainer.state.arrays()[name][...] = before.arrays()[name]
    trainer.advance(trainer.settings.total_steps)
    return trainer.state.weights


@pytest.mark.parametrize("rule", [n for n in OPTIMIZERS if n not in WITHOUT_RATE])
def test_another_learning_rate_keeps_what_the_rule_carries(rule):
    run = made(rule).run()
    branch = run.rewind(11).with_(learning_rate=0.007).run()
    other = {"name": rule} | SETTINGS.get(rule, {}) | {"learning_rate": 0.007}
    wanted = by_hand(run, 11, made(rule, optimizer=other), "slots", "counters")
    np.testing.assert_array_equal(branch.weights, wanted)
    assert (branch.weights != run.weights).any() or rule == "rprop"


@pytest.mark.parametrize("rule", list(OPTIMIZERS))
def test_another_rule_begins_afresh(rule):
    if rule == "perceptron":
        return
    run = made("adam", batch_size="full", epochs=20, dtype="float64").run()
    optimizer = {"name": rule} | SETTINGS.get(rule, {})
    if rule == "adam":
        optimizer = {"name": "nadam"}
    branch = run.rewind(11).with_(optimizer=optimizer).run()
    other = made("adam", optimizer=optimizer, batch_size="full", epochs=20, dtype="float64")
    np.testing.assert_array_equal(branch.weights, by_hand(run, 11, other))


def test_another_memory_of_lbfgs_begins_afresh():
    run = made("lbfgs").run()
    branch = run.rewind(7).with_(memory=3).run()
    other = made("lbfgs", optimizer={"name": "lbfgs", "memory": 3})
    np.testing.assert_array_equal(branch.weights, by_hand(run, 7, other))


@pytest.mark.parametrize(
    "optimizer", [Annealing(temperature=1e-9), RandomPerturbation(0.05, elitist=True), LBFGS()]
)
def test_a_loss_that_is_carried_along_is_not_that_of_another_objective(optimizer):
    """The loss of the weights is known from the step before, until it is another loss."""
    run = made("adam", optimizer=optimizer, batch_size="full", epochs=20).run()
    changed = made(
        "adam", optimizer=optimizer, batch_size="full", epochs=20, loss="squared_error",
        dtype="float64",
    )  # fmt: skip
    branch = run.rewind(9).with_(loss="squared_error").run()
    np.testing.assert_array_equal(branch.weights, by_hand(run, 9, changed))


def test_another_schedule_holds_from_the_step_on():
    run = made("adam").run()
    branch = run.rewind(9).with_(schedule={"name": "exponential", "epochs": 2}).run()
    other = made("adam", schedule={"name": "exponential", "epochs": 2})
    np.testing.assert_array_equal(branch.weights, by_hand(run, 9, other, "slots", "counters"))


def test_a_network_that_diverged_in_the_next_step_can_be_branched_from_the_step_before():
    run = _exploding().run()
    lost = np.flatnonzero(~run.sound)
    assert len(lost)
    i = int(lost[0])
    last = int(run.steps[i])
    assert run.state_at(last).status[i] == 0
    assert run.state_at(last + 1).status[i] != 0
    assert_same_run(run.rewind(last).run(), run)
    assert run.rewind(last).with_(learning_rate=1e-30).run().sound[i]
    assert not run.rewind(last + 1).with_(learning_rate=1e-30).run().sound[i]


def _exploding():
    return shoal.Experiment(
        data=shoal.tasks.greater(samples=60),
        network=shoal.Network([shoal.Dense(4), shoal.Dense(1)]),
        training=shoal.Training(
            shoal.SGD(1e300), loss="squared_error", epochs=400, report_every="end"
        ),
        population=3,
    )


# What a setting cannot act on is refused.


@pytest.mark.parametrize(
    ("rule", "training", "told"),
    [
        ("python", {"schedule": "cosine"},
         "training.schedule: changes the learning rate, which only your function knows. "
         "Leave it out."),
        ("python", {"regularization": {"weight_decay": 0.1}},
         "training.regularization.weight_decay: shrinks weights by the learning rate, which only "
         "your function knows. Use l2, or shrink them there."),
        ("evolution", {"regularization": {"weight_decay": 0.1}},
         "training.regularization.weight_decay: shrinks weights by the learning rate, which "
         "evolution does not do. Use l2."),
        ("finite_difference", {"clip_norm": 1.0},
         "training.clip_norm: acts on a gradient, and finite_difference is handed none. "
         "Leave it out."),
    ],
)  # fmt: skip
def test_settings_that_a_rule_does_not_heed(rule, training, told):
    with pytest.raises(ExperimentError) as caught:
        made(rule, **training).run()
    assert str(caught.value) == f"experiment, {told}"


# Rules in Python against the core's.


def slope(h, rate):
    def rule(parameters, state, loss, gradient, rng):
        here, g = loss(parameters), np.zeros_like(parameters)
        for i in range(len(parameters)):
            moved = parameters.copy()
            moved[i] += h
            g[i] = (loss(moved) - here) / h
        return parameters - rate * g, state

    return PythonRule(rule)


def points(rows=24):
    """Rows as in the published program: two inputs, a third that is always 1, no bias terms."""
    rng = np.random.default_rng(3)
    x = np.column_stack([rng.uniform(-1, 1, (rows, 2)), np.ones(rows)])
    return x, (x[:, 0] ** 2 + x[:, 1] ** 2 < 0.5).astype(int)


def published(optimizer, epochs, **training):
    layers = [shoal.Dense(6, "sigmoid", bias=False), shoal.Dense(1, "sigmoid", bias=False)]
    network = shoal.Network(layers, initializer={"name": "uniform", "low": 0.0, "high": 1.0})
    return shoal.Experiment(
        network=network,
        training=shoal.Training(
            optimizer, batch_size="full", epochs=epochs, dtype="float64", report_every="end",
            **training,
        ),
        population=3,
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore::shoal.ShoalWarning")
def test_finite_differences_in_python_are_those_of_the_core():
    rows = points()
    core = published(shoal.training.FiniteDifference(0.1), 60).run(rows=rows)
    mine = published(slope(1e-5, 0.1), 60).run(rows=rows)
    np.testing.assert_allclose(mine.weights, core.weights, rtol=0, atol=1e-12)
    assert mine.state.evaluations.tolist() == core.state.evaluations.tolist() == [60 * 25] * 3
    assert (core.weights != core.prepared.start).any()


def wiggle(parameters, state, loss, gradient, rng):
    moves = 0.01 * rng.integers(-1, 2, (2, len(parameters)))
    candidates = parameters + moves
    losses = [loss(each) for each in candidates]
    return candidates[int(np.argmin(losses))], (state or 0) + 1


@pytest.mark.filterwarnings("ignore::shoal.ShoalWarning")
def test_random_perturbation_in_python():
    run = published(PythonRule(wiggle), 300).run(rows=points())
    assert run.state.evaluations.tolist() == [600] * 3
    assert list(run.memory) == [300] * 3
    tape, before = run.tape(), run.at(0).flat
    moves = []
    for _ in range(40):
        after = tape.forward().weights
        moves.append(np.round((after - before) / 0.01, 6))
        before = after
    assert set(np.unique(moves)) == {-1.0, 0.0, 1.0}
    share = [(np.array(moves) == k).mean() for k in (-1, 0, 1)]
    np.testing.assert_allclose(share, 1 / 3, atol=0.05)  # 2,880 moves: 5 standard deviations
    # it learns, and two networks that differ in the stream `search` go other ways
    start = published(PythonRule(wiggle), 1).run(rows=points()).final("train_loss")
    assert (run.final("train_loss") < start - 0.05).all()
    one = run.experiment.model_copy(
        update={"population": shoal.Population(size=2, vary=("search",))}
    )
    apart = one.run(rows=points())
    assert (apart.prepared.start[0] == apart.prepared.start[1]).all()
    assert (apart.weights[0] != apart.weights[1]).any()
    held = one.model_copy(update={"population": shoal.Population(size=2, vary=())})
    alike = held.run(rows=points())
    np.testing.assert_array_equal(alike.weights[0], alike.weights[1])


def test_adam_in_python_is_adam():
    def adam(w, state, loss, gradient, rng):
        m, v, t = state or (np.zeros_like(w), np.zeros_like(w), 0)
        g, t = gradient(w), t + 1
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
        return w - 0.01 * step, (m, v, t)

    settings = {"dtype": "float64", "regularization": {"max_norm": 0.9, "l2": 0.01, "dropout": 0.2}}
    core = made("adam", optimizer=Adam(0.01), **settings).run()
    mine = made("adam", optimizer=PythonRule(adam), **settings).run()
    np.testing.assert_allclose(mine.weights, core.weights, rtol=1e-9, atol=1e-12)
    norms = np.linalg.norm(mine.parameters.weights[0], axis=1)
    assert (norms < 0.9 + 1e-9).all()
    assert (norms > 0.9 - 1e-9).any()
