"""Checkpoints: a run that was interrupted or made longer has the bits of one long run."""

import fcntl
import json
import os
import warnings

import numpy as np
import pytest

import shoal
from shoal.errors import CheckpointError, FunctionError, InputError
from shoal.experiments import resume
from shoal.experiments.checkpoint import read_checkpoint
from shoal.experiments.keeper import locked
from shoal.training import Target

QUICK = shoal.Experiment(
    data=shoal.tasks.greater(samples=300),
    training=shoal.Training(shoal.Adam(0.03), batch_size=30, epochs=60),
    population=3,
)
STREAM = shoal.Experiment(
    data=shoal.tasks.xor(batches=5),
    network=shoal.Network([shoal.Dense(4, "tanh"), shoal.Dense(1, "sigmoid")]),
    training=shoal.Training(shoal.Momentum(0.05), batch_size=8, epochs=60),
    population=2,
)


def with_(experiment, **training):
    made = shoal.Training.model_validate(
        {name: getattr(experiment.training, name) for name in shoal.Training.model_fields}
        | training
    )
    return experiment.model_copy(update={"training": made})


BEST = with_(QUICK, restore_best="validation_accuracy", report_every=5)
CASES = [
    pytest.param(QUICK, id="quick"),
    pytest.param(STREAM, id="stream"),
    pytest.param(BEST, id="best"),
    pytest.param(with_(QUICK, report_every="end"), id="end"),
]


class Interrupt:
    """A progress callback that is Ctrl-C at its n-th call."""

    def __init__(self, calls):
        self.calls = calls

    def __call__(self, progress):
        self.calls -= 1
        if self.calls < 0:
            raise KeyboardInterrupt


def in_parts(experiment, path, calls=5, **how):
    """Run, interrupted after some calls of progress, and resume until the end."""
    run = experiment.run(checkpoint=path, checkpoint_every_s=1e-6, progress=Interrupt(calls), **how)
    n = 1
    while run.interrupted:
        run = resume(path, checkpoint_every_s=1e-6, progress=Interrupt(calls))
        n += 1
    return run, n


def assert_same(run, whole):
    assert run.digest == whole.digest
    assert run.experiment == whole.experiment
    assert run.stopped_because == whole.stopped_because
    for name, array in whole.state.arrays().items():
        np.testing.assert_array_equal(run.state.arrays()[name], array, err_msg=name)
    for name, values in whole.history.items():
        np.testing.assert_array_equal(run.history[name], values)
    for step in (0, 7, int(whole.steps.max())):
        np.testing.assert_array_equal(run.at(step).flat, whole.at(step).flat)


@pytest.mark.parametrize("experiment", CASES)
def test_interrupted_and_resumed_is_one_run(experiment, tmp_path):
    run, n = in_parts(experiment, tmp_path / "c")
    assert n > 2
    assert_same(run, experiment.run())
    assert sorted(os.listdir(tmp_path)) == ["c"]
    assert run.seconds > 0


def test_networks_at_different_steps(tmp_path):
    """As Ctrl-C leaves them, in the middle of a piece."""
    run = BEST.run(checkpoint=tmp_path / "c")
    near, far = run.state_at(17), run.state_at(26)
    for name, array in near.arrays().items():
        array[1] = far.arrays()[name][1]
    rewritten(tmp_path / "c", arrays=near.arrays())
    resumed = resume(tmp_path / "c")
    assert_same(resumed, run)
    for step in (16, 17, 20, 26, 27):
        np.testing.assert_array_equal(resumed.at(step).flat, run.at(step).flat)


@pytest.mark.parametrize("experiment", CASES)
def test_a_longer_run_is_one_long_run(experiment, tmp_path):
    long = with_(experiment, epochs=90)
    experiment.run(checkpoint=tmp_path / "c")
    assert_same(resume(tmp_path / "c", ["training.epochs=90"]), long.run())
    # and the checkpoint is that of the longer run now
    assert_same(resume(tmp_path / "c"), long.run())


def test_a_last_report_that_the_longer_run_has_not(tmp_path):
    """60 epochs of one step end at 60, which reports every 7 steps do not meet."""
    short = with_(
        QUICK, optimizer=shoal.SGD(0.1), batch_size="full", report_every=7,
        restore_best="train_loss",
    )  # fmt: skip
    run = short.run(checkpoint=tmp_path / "c")
    assert (run.delivered_step == 60).any(), "this seed cannot tell"
    longer = resume(tmp_path / "c", ["training.epochs=61"])
    assert_same(longer, with_(short, epochs=61).run())


def low(previous, current):
    return bool(current["train_loss"] < low.level)


def test_networks_that_python_ended_stay_ended(tmp_path):
    low.level = float(np.sort(QUICK.run().history["train_loss"].min(axis=1))[:2].mean())
    experiment = with_(QUICK, stop=[{"name": "python", "function": low}])
    whole = experiment.run()
    assert len(set(whole.stopped_because)) == 2, whole.stopped_because
    run = experiment.run(checkpoint=tmp_path / "c")
    found = read_checkpoint(tmp_path / "c")
    for name, array in run.state.arrays().items():
        np.testing.assert_array_equal(found.arrays[name], array)
    assert_same(run, whole)


def test_the_clock_counts_the_seconds_before(tmp_path):
    experiment = with_(
        QUICK, epochs=1_000_000, report_every="end", stop=[{"name": "seconds", "limit": 0.5}]
    )
    run, n = in_parts(experiment, tmp_path / "c", calls=4)
    assert n > 1
    assert run.stopped_because == ["seconds"] * 3
    assert 0.5 <= run.seconds < 5
    again = resume(tmp_path / "c")
    assert again.digest == run.digest
    assert again.stopped_at.tolist() == run.stopped_at.tolist()


def test_given_weights_and_rows(tmp_path):
    rng = np.random.default_rng(1)
    x = rng.random((100, 3))
    y = (x[:, 0] > x[:, 2]).astype(int)
    rows = (x[:80], y[:80], x[80:], y[80:])
    start = QUICK.network.with_inputs(3).initialize(5)
    whole = QUICK.run(rows=rows, start=start)
    QUICK.run(rows=rows, start=start, checkpoint=tmp_path / "c", progress=Interrupt(0))
    with pytest.raises(CheckpointError) as caught:
        resume(tmp_path / "c")
    assert str(caught.value) == (
        f"{tmp_path}/c: its rows were handed over in Python. "
        "Give them again: shoal.resume(path, rows=...)."
    )
    with pytest.raises(CheckpointError) as caught:
        resume(tmp_path / "c", rows=(x[:80] + 1, y[:80], x[80:], y[80:]))
    assert str(caught.value).startswith(f"{tmp_path}/c: was made from other data: its fingerprint ")
    run = resume(tmp_path / "c", rows=rows)
    assert_same(run, whole)


def test_a_file_is_found_from_wherever_the_checkpoint_is(tmp_path, monkeypatch):
    for name in ("data", "kept", "elsewhere"):
        (tmp_path / name).mkdir()
    lines = "\n".join(f"{i % 7},{i % 5},{'ab'[i % 2]}" for i in range(60))
    (tmp_path / "data" / "t.csv").write_text("u,v,c\n" + lines)
    text = (
        QUICK.to_toml().partition("[data]")[0]
        + '[data]\nfile = "t.csv"\ntarget = "c"\n'
        + '[training]\nepochs = 20\noptimizer = "adam"\n[population]\nsize = 2\n'
    )
    (tmp_path / "data" / "e.toml").write_text(text)
    experiment = shoal.Experiment.load(tmp_path / "data" / "e.toml")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", shoal.ShoalWarning)
        whole = experiment.run(checkpoint=tmp_path / "kept" / "c")
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert resume(tmp_path / "kept" / "c").digest == whole.digest
    assert str(tmp_path).encode() not in (tmp_path / "kept" / "c").read_bytes()
    (tmp_path / "data" / "t.csv").write_text("u,v,c\n" + lines + "\n1,1,a")
    with pytest.raises(InputError, match="the file changed"):
        resume(tmp_path / "kept" / "c")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("seed=3", "seed: cannot be changed when a run is resumed; only training.epochs can, to a "
         "larger number. In Python, run.rewind(step).with_(...) goes on with another setting."),
        ("training.optimizer.learning_rate=1", "training.optimizer.learning_rate: cannot be "
         "changed when a run is resumed; only training.epochs can, to a larger number. In Python, "
         "run.rewind(step).with_(...) goes on with another setting."),
        ("training.epochs=59", "training.epochs: must be 60 or more, as in the run that is "
         "resumed; got 59. Resume it as it is, or run it anew with the change."),
        ("training.epoch=59", "training.epoch: unknown key. Did you mean 'epochs'?"),
        ("epochs=4000", "epochs: unknown key. Did you mean 'training.epochs'?"),
    ],
)  # fmt: skip
def test_what_cannot_be_changed(change, told, tmp_path):
    QUICK.run(checkpoint=tmp_path / "c")
    before = (tmp_path / "c").read_bytes()
    with pytest.raises(InputError) as caught:
        resume(tmp_path / "c", [change])
    assert str(caught.value) == f"{tmp_path}/c, {told}"
    assert (tmp_path / "c").read_bytes() == before
    assert os.listdir(tmp_path) == ["c"]


@pytest.mark.parametrize("keep", ["before", "after"])
@pytest.mark.parametrize("every", ["end", 7])
def test_a_target_that_the_last_report_of_the_shorter_run_reached(keep, every, tmp_path):
    plain = with_(QUICK, epochs=10, report_every=every)  # 80 steps; a longer run has no report 80
    losses = plain.run().history["train_loss"]
    before = losses[:, :-1].min(axis=1, initial=1.0)
    i = int((before - losses[:, -1]).argmax())
    level = float(before[i] + losses[i, -1]) / 2
    short = with_(plain, stop=[Target("train_loss", below=level, keep=keep)])
    run = short.run(checkpoint=tmp_path / "c")
    assert (run.stopped_because[i], run.steps[i]) == ("target", 80 - (keep == "before"))
    assert_same(resume(tmp_path / "c", ["training.epochs=20"]), with_(short, epochs=20).run())


def refused(path):
    with pytest.raises(InputError) as caught:
        resume(path)
    return str(caught.value).removeprefix(f"{path}: ")


def test_files_that_are_no_checkpoint(tmp_path):
    path = tmp_path / "run.checkpoint"
    assert refused(path) == "there is no such file. Look at the spelling and the folder."
    QUICK.run(checkpoint=path)
    whole = path.read_bytes()
    assert refused(tmp_path / "run.checkpont") == (
        f"there is no such file. Did you mean '{tmp_path}/run.checkpoint'?"
    )
    assert refused(tmp_path) == "is a folder. Name a file in it."
    no_checkpoint = (
        "is not a checkpoint of shoal, or its beginning is damaged."
        " Name a file that --checkpoint wrote, or a stored run."
    )
    for content in (b"", b"abc", b"\0" * 100, b"\xff" * 100, whole[:8] + b"x" * (len(whole) - 8)):
        path.write_bytes(content)
        assert refused(path) == no_checkpoint
    QUICK.run().best.save(tmp_path / "m.safetensors")
    assert refused(tmp_path / "m.safetensors") == (
        "is a file of tensors, but not a checkpoint of shoal. See: shoal show."
    )
    n_header = int.from_bytes(whole[:8], "little")
    path.write_bytes(whole[:500])
    assert refused(path) == (
        f"is cut off, or not a checkpoint: its header should have {n_header:,} bytes; got 492."
        " Name a file that --checkpoint wrote, or a stored run."
    )
    n_data = len(whole) - 8 - n_header
    path.write_bytes(whole[:-7])
    assert (
        refused(path) == f"is cut off: its arrays need {n_data:,} bytes; got {n_data - 7:,}."
        " Run the experiment anew, or name an older checkpoint."
    )
    path.write_bytes(whole + b"1234567")
    assert (
        refused(path) == f"is too long: its arrays need {n_data:,} bytes; got {n_data + 7:,}."
        " Run the experiment anew, or name an older checkpoint."
    )


def test_every_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "c"
    QUICK.run(checkpoint=path)
    whole = path.read_bytes()
    random = np.random.default_rng(0)
    for place in [*random.integers(0, len(whole), 60).tolist(), *range(8, 400, 9)]:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(random.integers(8))
        if damaged[place : place + 1].isspace() and whole[place : place + 1].isspace():
            continue
        path.write_bytes(damaged)
        with pytest.raises(InputError):
            resume(path)
    path.write_bytes(whole)
    assert resume(path).digest == QUICK.run().digest


def rewritten(path, **changes):
    """Write the checkpoint again with another header and a digest that fits it."""
    from shoal.experiments.checkpoint import START, write_checkpoint

    found = read_checkpoint(path)
    header = {
        "schema": 1, "document": found.document, "folder": found.folder, "seconds": found.seconds,
        "fingerprint": found.fingerprint, "arithmetic": found.arithmetic,
        "version": found.version,
    }  # fmt: skip
    arrays = {**found.arrays, START: found.start} | changes.pop("arrays", {})
    write_checkpoint(path, header | changes, arrays)


def test_checkpoints_from_elsewhere(tmp_path):
    path = tmp_path / "c"
    QUICK.run(checkpoint=path)
    rewritten(path, arithmetic="0", version="0.0.1")
    assert refused(path) == (
        "was made with arithmetic '0'; this shoal has '2', whose bits differ. "
        "Resume it with shoal 0.0.1, or run the experiment again."
    )
    rewritten(path, arithmetic="2", fingerprint="f" * 64)
    told = refused(path)
    assert told.startswith("was made from other data: its fingerprint is ffffffffffff…, that of ")
    assert told.endswith("Bring the rows back that it was made from.")
    rewritten(path, schema=2)
    assert refused(path) == (
        "was made by a newer shoal: its version is 2, this shoal reads 1. Update shoal."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("step", -1), ("step", 10**9), ("status", 77), ("best_report", 10**6)],
)
def test_numbers_that_would_lead_beyond_memory(name, value, tmp_path):
    path = tmp_path / "c"
    BEST.run(checkpoint=path)
    array = read_checkpoint(path).arrays[name].copy()
    array[1] = value
    rewritten(path, arrays={name: array})
    assert (
        refused(path) == f"is damaged: its array '{name}' does not fit the run."
        " Run the experiment anew, or name an older checkpoint."
    )
    rewritten(path, arrays={name: array[:1]})
    assert (
        refused(path) == f"is damaged: its array '{name}' does not fit the run."
        " Run the experiment anew, or name an older checkpoint."
    )
    rewritten(path, arrays={"more": array})
    assert (
        refused(path) == "is damaged, or of another version: it does not hold a whole state."
        " Name a file that --checkpoint wrote, or a stored run."
    )


def test_one_writer_at_a_time(tmp_path):
    path = tmp_path / "c"
    QUICK.run(checkpoint=path)
    told = f"{path}: another process is writing to it. Wait for its end, or stop it."
    with locked(path):
        for call in (lambda: resume(path), lambda: QUICK.run(checkpoint=path, force=True)):
            with pytest.raises(CheckpointError) as caught:
                call()
            assert str(caught.value) == told
    # what a killed process left is in nobody's way
    (tmp_path / ".c.lock").write_bytes(b"")
    (tmp_path / ".c.part").write_bytes(b"half of a checkpoint")
    assert resume(path).digest == QUICK.run().digest
    assert sorted(os.listdir(tmp_path)) == ["c"]
    with open(tmp_path / ".c.lock", "wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(CheckpointError):
            resume(path)


def test_a_checkpoint_that_is_there_is_not_written_over(tmp_path):
    path = tmp_path / "c"
    QUICK.run(checkpoint=path)
    with pytest.raises(InputError) as caught:
        QUICK.run(checkpoint=path)
    assert str(caught.value) == (
        f"{path}: exists already. Go on with it (shoal resume), or give --force to replace it."
    )
    QUICK.run(checkpoint=path, force=True)
    with pytest.raises(InputError) as caught:
        QUICK.run(checkpoint=tmp_path / "no" / "c")
    assert str(caught.value) == (
        f"{tmp_path}/no/c: the folder '{tmp_path}/no' does not exist."
        " Make the folder first, or name another."
    )
    with pytest.raises(InputError) as caught:
        QUICK.run(checkpoint=tmp_path / "d", checkpoint_every_s=0)
    assert str(caught.value) == (
        "Experiment.run: `checkpoint_every_s` must be a number of seconds above 0; got 0."
        " Give a value within the bounds."
    )


def test_a_full_disk_does_not_lose_the_run(tmp_path, monkeypatch):
    path, calls = tmp_path / "c", []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) > 2:  # the first checkpoint: the file, and its folder
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("shoal.files.os.fsync", full)
    told = (
        f"{path}: cannot be written: No space left on device. Make room, or name a file elsewhere. "
        "The checkpoint is an older one, or none; the result is whole."
    )
    with pytest.warns(shoal.ShoalWarning, match="No space left on device"):
        run = QUICK.run(checkpoint=path, checkpoint_every_s=0.001)
    assert run.warnings == (told,)
    monkeypatch.undo()
    assert run.digest == QUICK.run().digest
    assert os.listdir(tmp_path) == ["c"]
    assert resume(path).digest == run.digest
    json.dumps(run.to_dict(), allow_nan=False)


def test_a_disk_that_is_full_from_the_start_is_told_before_training(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shoal.files.os.fsync", full)
    with pytest.raises(InputError) as caught:
        QUICK.run(checkpoint=tmp_path / "c")
    assert (
        str(caught.value) == f"{tmp_path}/c: cannot be written: No space left on device."
        " Make room, or name a file elsewhere."
    )
    assert os.listdir(tmp_path) == []


def broken(previous, current):
    if previous:
        raise ValueError("oh")
    return False


def test_a_predicate_that_fails_leaves_a_checkpoint(tmp_path):
    experiment = with_(QUICK, stop=[{"name": "python", "function": broken}])
    with pytest.raises(FunctionError) as caught:
        experiment.run(checkpoint=tmp_path / "c")
    found = read_checkpoint(tmp_path / "c")
    np.testing.assert_array_equal(found.arrays["weights"], caught.value.run.state.weights)
    assert found.arrays["step"].tolist() == [16] * 3
