"""Contract 1: the same experiment has the same bits, however it is carried out."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

import shoal
from shoal import _core

GREATER = shoal.Experiment(
    data=shoal.tasks.greater(samples=600),
    training=shoal.Training(shoal.Adam(0.03), batch_size=30, epochs=3),
    population=16,
)

# batches of one row, in and over a line of 16, over 32 (chains of 3), and over a block of 256
BATCHES = [1, 3, 4, 9, 16, 17, 30, 47, 100, 300, "full"]
NETWORKS = {
    "greater": shoal.Network(
        [shoal.Dense(3, "tanh"), shoal.Dense(3, "tanh"), shoal.Dense(1, "sigmoid")]
    ),
    "odd": shoal.Network(
        [shoal.Dense(5, "gelu"), shoal.Dense(7, "relu"), shoal.Dense(1, "sigmoid")]
    ),
    "softmax": shoal.Network([shoal.Dense(6, "softmax"), shoal.Dense(2, "softmax")]),
    "linear": shoal.Network([shoal.Dense(1, "sigmoid", bias=False)]),
}


def experiment(batch=30, network="greater", dtype="float32", optimizer="adam", **changes):
    training = shoal.Training(
        optimizer, batch_size=batch, epochs=2, dtype=dtype, report_every=changes.pop("report", 7)
    )
    base = {
        "data": shoal.tasks.greater(samples=400),
        "network": NETWORKS[network],
        "training": training,
        "population": 16,
    }
    return shoal.Experiment(**(base | changes))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("batch", BATCHES)
def test_both_kernels(batch, network, dtype):
    chosen = experiment(batch, network, dtype)
    rows, networks = chosen.run(kernel="rows"), chosen.run(kernel="networks")
    assert rows.digest == networks.digest
    for name, values in rows.history.items():
        np.testing.assert_array_equal(values, networks.history[name])


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_both_kernels_with_every_optimizer(optimizer):
    chosen = experiment(optimizer=optimizer)
    assert chosen.run(kernel="rows").digest == chosen.run(kernel="networks").digest


def test_both_kernels_when_data_split_and_noise_vary():
    population = shoal.Population(19, vary=("data", "noise", "split", "init", "order"))
    data = shoal.tasks.greater(samples=200, label_noise=0.1)
    chosen = experiment(data=data, population=population)
    rows, networks = chosen.run(kernel="rows"), chosen.run(kernel="networks")
    assert rows.digest == networks.digest
    assert len({part.dataset.fingerprint for part in rows.prepared.parts}) == 19


@pytest.mark.parametrize("kernel", ["auto", "rows", "networks"])
def test_any_number_of_threads(kernel):
    digests = {GREATER.run(threads=n, kernel=kernel).digest for n in (1, 2, 3, 7)}
    assert len(digests) == 1


def test_any_population():
    few = GREATER.run()
    many = GREATER.model_copy(update={"population": shoal.Population(100)}).run()
    np.testing.assert_array_equal(many.weights[:16], few.weights)
    np.testing.assert_array_equal(
        many.history["validation_loss"][:16], few.history["validation_loss"]
    )
    assert many.seeds[:16] == few.seeds


def test_in_one_go_and_in_pieces():
    from shoal.experiments.prepare import prepare
    from shoal.experiments.trainer import Trainer

    whole = GREATER.run()
    trainer = Trainer(prepare(GREATER))
    for step in (1, 2, 15, 16, 17, 31, 40, 48):  # 16 steps an epoch: also across its ends
        trainer.advance(step)
    np.testing.assert_array_equal(trainer.state.weights, whole.weights)
    np.testing.assert_array_equal(trainer.state.figures, whole.state.figures)


def test_in_pieces_with_networks_at_different_steps():
    """As after Ctrl-C: some networks are ahead of others and are taken on from where they are."""
    from shoal.experiments.prepare import prepare
    from shoal.experiments.trainer import Trainer

    whole, trainer = GREATER.run(), Trainer(prepare(GREATER))
    behind = np.zeros(16, np.int32)
    behind[[1, 2, 7]] = 1
    for status in (behind, 0):
        trainer.state.status[:] = status  # those with a status are left where they are
        trainer.advance(20)
        trainer.state.status[:] = 0
        assert sorted(set(trainer.state.step.tolist())) == ([0, 20] if status is behind else [20])
    trainer.advance(48)
    np.testing.assert_array_equal(trainer.state.weights, whole.weights)


def test_at_any_step():
    run = GREATER.run()
    half = run.at(step=24)
    shorter = GREATER.model_copy(
        update={"training": GREATER.training.model_copy(update={"report_every": 24})}
    ).run()
    np.testing.assert_array_equal(run.at(step=48).flat, run.weights)
    np.testing.assert_array_equal(run.at(step=0).flat, run.prepared.start)
    assert not np.array_equal(half.flat, run.weights)
    # the loss of the weights at step 24, computed in NumPy, is the one reported at step 24
    part = run.prepared.parts[0]
    stages = shoal.network.forward_pass(run.network, half.member(5), part.validation.x)
    loss = shoal.network.loss_of(run.network, "binary_crossentropy", stages, part.validation.y)
    assert loss == pytest.approx(shorter.history["validation_loss"][5, 0], rel=1e-5)


SCRIPT = """
import json, numpy, shoal
from shoal import _core
names = ("exp", "log", "tanh", "sigmoid", "softplus", "sin", "cos", "erf")
x = numpy.linspace(0.001, 40, 4099)
import hashlib
functions = hashlib.sha256(b"".join(_core.elementary(n, x).tobytes() for n in names))
functions.update(b"".join(
    _core.elementary32(n, x.astype("float32")).tobytes() for n in names[:5] + ("erf",)))
def digest(data, network, training, population=3, **more):
    return shoal.Experiment(
        data=data, network=shoal.Network(network), training=training, population=population, **more
    ).run().digest
D, T, tasks = shoal.Dense, shoal.Training, shoal.tasks
print(json.dumps({
    "isa": _core.isa(),
    "functions": functions.hexdigest(),
    "tasks": [shoal.data.tasks.load_task(
        record() if name not in ("spiral", "moons", "circle", "gaussians") else record(spread=0.2),
        shoal.streams.stream(1, "data"), shoal.streams.stream(2, "noise")).fingerprint
        for name, record in tasks.TASKS.items()],
    "greater": digest(
        tasks.greater(samples=500, label_noise=0.1), [D(3, "tanh"), D(1, "sigmoid")],
        T("adam", epochs=3, batch_size=30), population=20, preprocess=shoal.Preprocess("standard")),
    "every activation": [digest(
        tasks.moons(samples=300), [D(5, name), D(9, name), D(1, "sigmoid")],
        T("momentum", epochs=2, batch_size=40, dtype=dtype))
        for name in shoal.network.ACTIVATIONS if name != "step"
        for dtype in ("float32", "float64")],
    "large": digest(
        tasks.spiral(samples=700, classes=5), [D(70, "relu"), D(33, "tanh"), D(5, "softmax")],
        T("adam", epochs=2, batch_size=300)),
    "or": digest("or", [D(8, "relu"), D(1, "sigmoid")], T("sgd", epochs=1), population=17),
}))
"""


def results(**environment):
    made = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(made.stdout)


@pytest.fixture(scope="module")
def plain():
    return results(SHOAL_ISA="plain")


@pytest.mark.parametrize("isa", _core.runnable())
def test_every_instruction_set(isa, plain):
    found = results(SHOAL_ISA=isa)
    assert found.pop("isa") == isa
    assert found == {name: value for name, value in plain.items() if name != "isa"}


def test_without_numpys_cpu_features(plain):
    there = {name for name, present in __cpu_features__.items() if present}
    disabled = " ".join(sorted(there.intersection(__cpu_dispatch__)))
    assert disabled, "this NumPy chooses nothing by the CPU here"
    assert results(SHOAL_ISA="plain", NPY_DISABLE_CPU_FEATURES=disabled) == plain


def test_an_unknown_instruction_set_is_refused():
    made = subprocess.run(
        [sys.executable, "-c", "from shoal import _core; _core.isa()"],
        env=os.environ | {"SHOAL_ISA": "v9"},
        capture_output=True,
        text=True,
    )
    known = ", ".join(_core.runnable())
    assert f"SHOAL_ISA: must be one of {known} on this CPU; got v9." in made.stderr
