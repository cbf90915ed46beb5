"""What rules in Python remember: exact copies in snapshots and checkpoints, or a clear error."""

import inspect
import json
import os
import signal
import sys
import threading
import time

import numpy as np
import pytest

import shoal
from shoal.errors import CheckpointError, FunctionError
from shoal.experiments import prepare, resume
from shoal.experiments.checkpoint import read_checkpoint
from shoal.experiments.memory import NotPlainError, from_plain, size_of, to_plain
from shoal.experiments.snapshots import Snapshots
from shoal.experiments.trainer import Trainer
from shoal.training import PythonRule


def experiment(function, **training):
    settings = {"batch_size": 20, "epochs": 6} | training
    return shoal.Experiment(
        data=shoal.tasks.greater(samples=100),
        network=shoal.Network([shoal.Dense(3, "tanh"), shoal.Dense(1, "sigmoid")]),
        training=shoal.Training(PythonRule(function), **settings),
        population=3,
    )


def back(memory):
    plain, arrays = to_plain(memory)
    return from_plain(json.loads(json.dumps(plain)), arrays)


VALUES = [
    None, True, 3, -(2**70), 0.1, -0.0, float("inf"), "text", "ü\n", [], (), {}, [1, (2, [3.5])],
    {"a": 1, 2: None, (1, 2.5): "x", None: True, 0.5: []},
    np.arange(6.0).reshape(2, 3), np.arange(6, dtype=np.float32).reshape(2, 3).T,
    np.float32(0.1), np.int64(3), np.bool_(True), np.array(2.5), np.zeros((0, 3)),
    np.array([True, False]), np.array([1, 2], np.uint8), np.array([1.5], np.float16),
    np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1).copy(order="K"),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30])
def test_what_a_checkpoint_keeps_comes_back_as_it_was(value):
    (found,) = back([value])
    assert type(found) is type(value)
    assert repr(found) == repr(value)
    if isinstance(value, np.ndarray):
        assert (found.dtype, found.shape) == (value.dtype, value.shape)
        assert np.argsort(found.strides).tolist() == np.argsort(value.strides).tolist()
        assert found.flags.writeable


def test_what_was_one_object_is_one_again():
    shared, array = [1], np.zeros(2)
    ring = [shared]
    ring.append(ring)
    a, b, c = back([[shared, array], {"s": shared, "a": array}, ring])
    assert a[0] is b["s"]
    assert a[1] is b["a"]
    assert c[1] is c
    assert c[0] is a[0]


class Thing:
    pass


def deep(n):
    return None if n == 0 else [deep(n - 1)]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Thing(), f"a {__name__}.Thing"),
        ({1, 2}, "a set"),
        ([{"x": 1j}], "a complex"),
        (np.array([1j]), "an array of complex128"),
        (np.array(["a"]), "an array of <U1"),
        (np.array([None]), "an array of object"),
        (np.random.default_rng(0), "a numpy.random._generator.Generator"),
        ("\ud800", "text with half a character"),
        (deep(100), "a nesting of more than 64 levels"),
    ],
    ids=[
        "thing",
        "set",
        "complex",
        "complex array",
        "text array",
        "object array",
        "generator",
        "half a character",
        "deep",
    ],
)
def test_what_a_checkpoint_does_not_keep(value, told):
    with pytest.raises(NotPlainError) as caught:
        to_plain([value])
    assert str(caught.value) == told


def test_sizes():
    array = np.zeros(10_000)
    assert 80_000 <= size_of([array]) < 81_000
    assert 80_000 <= size_of([array, {"again": array}]) < 81_000
    thing = Thing()
    thing.data = array
    assert size_of([thing]) > 80_000


def heavy(parameters, state, loss, gradient, rng):
    return parameters - 0.1 * gradient(parameters), np.full(5000, 0.0 if state is None else 1.0)


def test_snapshots_count_the_memory_and_share_nothing_with_it():
    trainer = Trainer(prepare(experiment(heavy)))
    snapshots = Snapshots(400_000)
    for step in range(1, 20):
        trainer.advance(step)
        snapshots.add(step, trainer.state, trainer.memory)
        assert snapshots.n_bytes <= 400_000
    assert 2 <= len(snapshots.steps) <= 3
    kept = snapshots.before(19)
    trainer.memory[0][:] = 7
    assert kept.memory[0][0] == 1
    kept.remembered()[0][:] = 8
    assert kept.memory[0][0] == 1


def in_place(parameters, state, loss, gradient, rng):
    """Change the state that was handed over, before failing or not."""
    state = {"n": 0} if state is None else state
    state["n"] += 1
    if state["n"] == in_place.breaks_at and parameters[0] > in_place.above:
        raise RuntimeError("no more")
    return parameters - 0.1 * gradient(parameters), state


def test_a_rule_that_raises_names_network_and_step_and_loses_nothing():
    in_place.breaks_at, in_place.above = -1, -np.inf
    whole = experiment(in_place).run()
    at_7, at = whole.at(7).flat, {step: whole.at(step).flat for step in (7, 8)}
    in_place.breaks_at, in_place.above = 8, float(np.sort(at_7[:, 0])[1])
    i = int(at_7[:, 0].argmax())
    with pytest.raises(FunctionError) as caught:
        experiment(in_place).run()
    error = caught.value
    run = error.run
    assert (error.network, error.step) == (i, 8)
    lines, first = inspect.getsourcelines(in_place)
    line = first + next(k for k, text in enumerate(lines) if "raise " in text)
    assert str(error) == (
        f"training.optimizer.function, network {i} (seed {run.seeds[i]}), step 8: "
        f"'{__name__}:in_place' raised RuntimeError: no more (test_memory.py, line {line}). "
        "Mend the function; what was trained until then is kept."
    )
    assert isinstance(error.__cause__, RuntimeError)
    assert run.stopped_because == ["interrupted"] * 3
    assert run.steps.tolist() == [8 if k < i else 7 for k in range(3)]
    assert run.memory == [{"n": int(step)} for step in run.steps]
    for k, step in enumerate(run.steps.tolist()):
        np.testing.assert_array_equal(run.weights[k], at[step][k])
        np.testing.assert_array_equal(run.at(7).flat[k], at_7[k])
    assert np.isfinite(run.final("train_loss")).all()
    with pytest.raises(FunctionError) as again:
        run.at(9)
    assert str(again.value) == str(error)
    assert again.value.run is run


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            lambda w: w,
            "must return (parameters, state); got ndarray. Return what the message names.",
        ),
        (
            lambda w: (w[:2], None),
            "must return parameters of shape (13,); got (2,). Return what the message names.",
        ),
        (
            lambda w: (None, None),
            "must return parameters of shape (13,); got (). Return what the message names.",
        ),
        (
            lambda w: (w + 1j, None),
            "must return parameters that are numbers; got complex128."
            " Return what the message names.",
        ),
    ],
)
def test_a_rule_that_returns_something_else(answer, told):
    def rule(parameters, state, loss, gradient, rng):
        return answer(parameters) if state == 2 else (parameters, (state or 0) + 1)

    with pytest.raises(FunctionError) as caught:
        experiment(rule).run()
    run = caught.value.run
    assert str(caught.value) == (
        f"training.optimizer.function, network 0 (seed {run.seeds[0]}), step 3: '{__name__}:"
        f"test_a_rule_that_returns_something_else.<locals>.rule' {told}"
    )
    assert run.steps.tolist() == [2, 2, 2]


def test_a_state_that_cannot_be_copied():
    def rule(parameters, state, loss, gradient, rng):
        return parameters, threading.Lock()

    with pytest.raises(FunctionError) as caught:
        experiment(rule).run()
    assert caught.value.run.steps.tolist() == [1, 1, 1]
    assert "step 2: " in str(caught.value)
    assert str(caught.value).endswith(
        "must return a state that can be copied, so that steps can be wound back; copy.deepcopy "
        "of it raised TypeError: cannot pickle '_thread.lock' object. Keep numbers, text, arrays, "
        "and lists, tuples or dictionaries of these."
    )


def test_parameters_that_become_infinite_stay_with_their_network():
    def rule(parameters, state, loss, gradient, rng):
        n = (state or 0) + 1
        return (parameters / (0.0 if n == 5 and parameters[0] < 0 else 1.0)), n

    with np.errstate(all="ignore"):
        run = experiment(rule).run()
    lost = run.prepared.start[:, 0] < 0
    assert 0 < lost.sum() < 3, "this seed cannot tell"
    assert run.sound.tolist() == (~lost).tolist()
    assert run.steps.tolist() == np.where(lost, 4, 24).tolist()
    assert np.isfinite(run.state.weights).all()
    assert {each["cause"] for each in run.diverged} == {"the weights became non-finite"}


def odd_from_the_first(parameters, state, loss, gradient, rng):
    return parameters, {1, 2}


def odd_later(parameters, state, loss, gradient, rng):
    n = 1 if state is None else state if isinstance(state, set) else state + 1
    return parameters, {n} if n == 12 else n


def test_a_state_that_no_checkpoint_holds_is_told_after_the_first_step(tmp_path):
    with pytest.raises(FunctionError) as caught:
        experiment(odd_from_the_first).run(checkpoint=tmp_path / "c")
    assert str(caught.value) == (
        f"training.optimizer.function, step 1: '{__name__}:odd_from_the_first' returned a state "
        "with a set, which a checkpoint cannot hold. Keep None, True, False, numbers, text, NumPy "
        "arrays of numbers, and lists, tuples or dictionaries of these in it, or train without a "
        "checkpoint."
    )
    assert caught.value.run.steps.tolist() == [1, 1, 1]
    assert read_checkpoint(tmp_path / "c").arrays["step"].tolist() == [0, 0, 0]
    assert experiment(odd_from_the_first).run().steps.tolist() == [24] * 3


def test_a_state_that_becomes_one_later_is_told_too(tmp_path):
    with pytest.raises(FunctionError) as caught:
        experiment(odd_later).run(checkpoint=tmp_path / "c", checkpoint_every_s=1e-9)
    run = caught.value.run
    assert (run.steps >= 12).all()
    assert read_checkpoint(tmp_path / "c").arrays["step"].max() < 12
    # not asked for a checkpoint on the way: the last one fails, and the run is whole
    with pytest.warns(shoal.ShoalWarning, match="which a checkpoint cannot hold"):
        run = experiment(odd_later).run(checkpoint=tmp_path / "d")
    assert run.steps.tolist() == [24] * 3


def slow(parameters, state, loss, gradient, rng):
    time.sleep(0.002)
    state = {"v": np.zeros_like(parameters), "n": 0} if state is None else state
    state["v"] = 0.9 * state["v"] + gradient(parameters)
    state["n"] += 1
    return parameters - 0.05 * state["v"] + 1e-3 * rng.standard_normal(len(parameters)), state


def test_the_clock_ends_a_rule_in_python_and_a_replay_is_exact():
    run = experiment(slow, epochs=100_000, stop=[{"name": "seconds", "limit": 0.5}]).run()
    assert run.stopped_because == ["seconds"] * 3
    assert 0.5 <= run.seconds < 2
    assert np.ptp(run.steps) <= 1, "networks take turns"
    step = int(run.steps.min()) - 1
    shorter = experiment(slow, epochs=100_000, stop=[{"name": "steps", "limit": step}]).run()
    np.testing.assert_array_equal(run.at(step).flat, shorter.weights)
    np.testing.assert_array_equal(run.at(10**5).flat, run.state.weights)


def test_ctrl_c_at_random_moments_and_resume_is_one_run(tmp_path):
    """Steps are taken as a whole or not at all, memory, reports and weights."""
    settings = {"epochs": 15, "report_every": 1, "restore_best": "train_loss"}
    whole = experiment(slow, **settings).run()
    random = np.random.default_rng(2)

    def interrupted(action):
        timer = threading.Timer(random.uniform(0.01, 0.2), os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        try:
            return action()
        finally:
            timer.cancel()
            timer.join()

    n = 1
    run = interrupted(lambda: experiment(slow, **settings).run(checkpoint=tmp_path / "c"))
    while run.interrupted and n < 50:
        n += 1
        try:
            run = interrupted(lambda: resume(tmp_path / "c", allow_python=True))
        except KeyboardInterrupt:  # before training began
            continue
    assert n > 2
    assert run.digest == whole.digest
    for name, array in whole.state.arrays().items():
        np.testing.assert_array_equal(run.state.arrays()[name], array, err_msg=name)
    np.testing.assert_equal(list(run.memory), list(whole.memory))


def test_a_checkpoint_with_a_damaged_memory(tmp_path):
    from shoal.experiments.checkpoint import MEMORY, START, header_of, write_checkpoint

    run = experiment(heavy).run(checkpoint=tmp_path / "c")
    found = read_checkpoint(tmp_path / "c")
    plain, arrays = to_plain(found.memory)
    broken = [
        (
            plain | {"networks": plain["networks"][:2]},
            "its array 'memory' does not fit the run."
            " Run the experiment anew, or name an older checkpoint.",
        ),
        (plain | {"networks": [{"at": 99}] * 3}, "or of another version: it does not hold"),
        (plain | {"nodes": [{"tuple": [{"at": 0}]}] * 3}, "or of another version: it does not"),
        ({"nodes": []}, "or of another version: it does not hold"),
    ]
    for document, told in broken:
        header = header_of(run.prepared, tmp_path / "c") | {MEMORY: document, "seconds": 1.0}
        every = {**found.arrays, START: found.start, **arrays}
        write_checkpoint(tmp_path / "c", header, every)
        with pytest.raises(CheckpointError) as caught:
            resume(tmp_path / "c", allow_python=True)
        assert told in str(caught.value)


def test_python_code_is_found_beside_the_experiment_and_only_if_allowed(tmp_path):
    code = "def rule(w, state, loss, gradient, rng):\n    return w - 0.1 * gradient(w), None\n"
    (tmp_path / "rule_of_memory_test.py").write_text(code)
    text = experiment(heavy).to_toml().partition("[training.optimizer.function]")[0]
    text += '[training.optimizer.function]\ncode = "rule_of_memory_test:rule"\n'
    (tmp_path / "e.toml").write_text(text + experiment(heavy).to_toml().partition("[popul")[2][0:0])
    loaded = shoal.Experiment.load(tmp_path / "e.toml")
    with pytest.raises(shoal.ShoalError, match="--allow-python"):
        loaded.run()
    assert "rule_of_memory_test" not in sys.modules
    run = loaded.run(allow_python=True, checkpoint=tmp_path / "c")
    assert len(run.experiment.training.optimizer.function.sha256) == 64
    assert resume(tmp_path / "c", allow_python=True).digest == run.digest
