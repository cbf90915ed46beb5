"""Contract: a cell of a sweep is its experiment alone, bit for bit, whoever trains it."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from shoal.errors import InputError
from shoal.experiments.ending import evaluations
from shoal.experiments.sweep import Sweep
from shoal.experiments.sweep.harvest import digests
from shoal.experiments.sweep.plan import plan_of
from shoal.experiments.sweep.swept import Swept

EXAMPLES = Path(__file__).parents[3] / "examples"
LAYERS = [{"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]
GREATER = {
    "data": {"task": "greater", "samples": 120},
    "network": {"layers": LAYERS},
    "training": {"epochs": 3, "batch_size": 16},
    "population": 3,
}
STREAM = {
    "data": {"task": "or", "batches": 5},
    "network": {"layers": LAYERS},
    "training": {"epochs": 3, "optimizer": "sgd"},
    "population": 2,
}
WINE = {
    "data": {"file": "data/wine.csv", "target": "cultivar"},
    "network": {
        "layers": [{"units": 2, "activation": "relu"}, {"units": 3, "activation": "softmax"}]
    },
    "training": {"epochs": 2},
    "population": 2,
}

SWEEPS = {
    "rates": GREATER | {"sweep": {"training.optimizer.learning_rate": [0.001, 0.03, 3.0]}},
    "shapes and rules": GREATER
    | {
        "sweep": {
            "network.layers.0.units": [2, 5],
            "training.optimizer": ["sgd", "adam", "random_perturbation"],
        }
    },
    "lengths": GREATER | {"sweep": {"training.epochs": [1, 4], "training.batch_size": [8, "full"]}},
    "noise and dummies": GREATER
    | {"sweep": {"data.label_noise": [0, 0.2], "data.dummies": [0, 3]}},
    "scaling": GREATER
    | {"sweep": {"data.multiply": [1, 100], "preprocess.scaling": ["none", "standard"]}},
    "own data": GREATER | {"sweep": {"population.vary": [["init"], ["data", "split", "init"]]}},
    "early stopping": GREATER
    | {
        "training": {
            "epochs": 12,
            "batch_size": 16,
            "restore_best": "validation_loss",
            "stop": [{"name": "plateau", "patience": 2}],
        },
        "sweep": {"training.optimizer.learning_rate": [0.01, 0.3]},
    },
    "test rows": GREATER | {"sweep": {"data.test": [0.0, 0.2]}},
    "stream": STREAM | {"sweep": {"training.optimizer.learning_rate": [0.1, 1.0], "seed": [1, 2]}},
    "stream and noise": STREAM
    | {"sweep": {"data.label_noise": [0, 0.3], "training.epochs": [1, 2]}},
    "tasks": STREAM | {"sweep": {"data.task": ["or", "xor", "greater"]}},
    "diverging": GREATER
    | {"sweep": {"training.optimizer": [{"name": "sgd", "learning_rate": 3e38}, "adam"]}},
    "python": GREATER
    | {
        "training": {"epochs": 3, "stop": [{"name": "seconds", "limit": 1000.0}]},
        "sweep": {"seed": [1, 2]},
    },
    "dropout": GREATER
    | {
        "sweep": {
            "training.regularization.dropout": [0.0, 0.2],
            "training.optimizer.learning_rate": [0.01, 0.1],
        }
    },
    "sizes": GREATER | {"sweep": {"population.size": [1, 18, 2]}},
    "file": WINE
    | {"sweep": {"preprocess.scaling": ["none", "standard"], "data.label_noise": [0, 0.1]}},
}


def read(name):
    return Sweep.read(SWEEPS[name], folder=EXAMPLES)


def same(one, other, but=()):
    assert one.columns.keys() == other.columns.keys()
    for name in one.columns.keys() - set(but):
        np.testing.assert_array_equal(one.columns[name], other.columns[name], err_msg=name)


@pytest.fixture(scope="module")
def swept():
    """What each sweep gives on one thread, made when first asked for."""
    known = {}

    def of(name):
        if name not in known:
            known[name] = read(name).run(threads=1)
        return known[name]

    return of


@pytest.mark.parametrize("name", SWEEPS)
@pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")
def test_a_cell_is_its_experiment_alone(name, swept):
    found, at = swept(name), 0
    for cell in read(name).cells:
        run = cell.experiment.run()
        own = {key: values[at : at + len(run)] for key, values in found.columns.items()}
        assert set(own["cell"]) == {cell.index}
        assert own["network"].tolist() == list(range(len(run)))
        assert own["digest"].tolist() == digests(run.weights).tolist()
        assert own["seed"].tolist() == list(run.seeds)
        assert own["steps"].tolist() == run.steps.tolist()
        assert own["evaluations"].tolist() == evaluations(run.state).tolist()
        assert own["diverged"].tolist() == (~run.sound).tolist()
        assert own["stopped_because"].tolist() == run.stopped_because
        for figure in run.history:
            np.testing.assert_array_equal(own[figure], run.final(figure), err_msg=figure)
        for figure in found.columns.keys() & {"test_loss", "test_accuracy"}:
            alone = run.test.get(figure, np.full(len(run), np.nan))
            np.testing.assert_array_equal(own[figure], alone, err_msg=figure)
        at += len(run)
    assert at == len(found)


def test_something_diverges_and_something_stops(swept):
    assert swept("diverging").columns["diverged"].any()
    assert "plateau" in swept("early stopping").columns["stopped_because"]


@pytest.mark.parametrize("name", ["shapes and rules", "stream and noise", "file"])
def test_workers_do_not_matter(name, swept):
    same(read(name).run(threads=3), swept(name))


@pytest.mark.parametrize("size", [1, 5, 1000], ids=str)
def test_chunks_do_not_matter(size, swept, monkeypatch):
    """Cuts anywhere, also in the midst of a cell."""
    name = "stream"
    from shoal.experiments.sweep import checking

    def cut(sizes, costs, kinds):
        plan = plan_of(sizes, costs, kinds)
        cuts = np.array([*range(0, plan.n_networks, size), plan.n_networks])
        return type(plan)(order=plan.order, offsets=plan.offsets, cuts=cuts, costs=plan.costs)

    monkeypatch.setattr(checking, "plan_of", cut)
    same(read(name).run(threads=1), swept(name))


def test_processes_give_the_same_with_rows_that_travel(swept, tmp_path):
    """The workers see no file: the folder is gone when they start."""
    folder = tmp_path / "gone"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "wine.csv").write_bytes((EXAMPLES / "data" / "wine.csv").read_bytes())
    sweep = Sweep.read(SWEEPS["file"], folder=folder)
    survey = sweep.survey()
    (folder / "data" / "wine.csv").unlink()
    same(sweep.run(executor="processes", threads=2, survey=survey), swept("file"))


def test_any_executor(swept):
    with ThreadPoolExecutor(2) as executor:
        same(read("stream").run(executor=executor), swept("stream"))
        assert executor.submit(int).result() == 0  # still its owner's


def test_rows_in_place_of_the_data(swept):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 3)), rng.integers(0, 2, 40)
    sweep = read("rates")
    found = sweep.run(rows=rows, threads=1)
    run = found.run(1)
    assert found.columns["digest"][3:6].tolist() == digests(run.weights).tolist()
    assert found.columns["digest"].tolist() != swept("rates").columns["digest"].tolist()


def test_workers_let_go_of_sweeps_that_are_over():
    """A worker of a cluster sees many sweeps, and is not told when one ends."""
    from shoal.experiments.sweep import shared

    first = shared.hold_of("test-0")
    assert shared.hold_of("test-0") is first
    for k in range(1, 20):
        shared.hold_of(f"test-{k}")
    left = [name for name in shared._holds if name.startswith("test-")]
    assert left == [f"test-{k}" for k in range(20 - shared.SWEEPS, 20)]
    for name in left:
        shared.unload(name)


class Kept:
    """A ledger in a dictionary."""

    def __init__(self, most=10**9):
        self.chunks, self.most = {}, most

    def put(self, chunk, arrays):
        if len(self.chunks) >= self.most:
            raise OSError("no space left on device")
        self.chunks[chunk] = dict(arrays)

    def done(self):
        return set(self.chunks)

    def read(self, chunk):
        return self.chunks[chunk]


def many(monkeypatch):
    """A sweep of some chunks."""
    from shoal.experiments.sweep import plan

    monkeypatch.setattr(plan, "CHUNK_S", (1e-9, 1e-9))
    return read("shapes and rules")


def test_taken_up_again(swept, monkeypatch):
    whole, sweep = swept("shapes and rules"), many(monkeypatch)
    ledger = Kept()
    same(sweep.run(threads=1, ledger=ledger), whole)
    n_chunks = sweep.survey().plan.n_chunks
    assert sorted(ledger.chunks) == list(range(n_chunks))
    assert n_chunks > 5
    for number in (0, 3, n_chunks - 1):
        del ledger.chunks[number]
    kept = {number: id(arrays) for number, arrays in ledger.chunks.items()}
    same(sweep.run(threads=2, ledger=ledger), whole)
    assert sorted(ledger.chunks) == list(range(n_chunks))
    assert kept.items() <= {n: id(arrays) for n, arrays in ledger.chunks.items()}.items()


def test_a_full_ledger_fails_no_sweep(swept, monkeypatch):
    ledger = Kept(most=2)
    found = many(monkeypatch).run(threads=1, ledger=ledger)
    same(found, swept("shapes and rules"))
    told = "what is finished could not be stored: no space left on device"
    assert found.warnings == (told,)
    assert len(ledger.chunks) == 2


def test_the_ledger_of_another_sweep_is_refused(monkeypatch):
    ledger = Kept()
    many(monkeypatch).run(threads=1, ledger=ledger)
    with pytest.raises(
        InputError, match=r"^chunk \d is of another sweep\. Start with an empty ledger\.$"
    ):
        read("sizes").run(threads=1, ledger=ledger)


def test_ctrl_c_keeps_what_is_there(swept, monkeypatch):
    sweep, ledger, seen = many(monkeypatch), Kept(), []

    def stop(progress):
        seen.append(progress)
        if progress.n_done >= 4:
            raise KeyboardInterrupt

    found = sweep.run(threads=1, ledger=ledger, progress=stop)
    assert found.interrupted
    trained = found.columns["stopped_because"] != "not trained"
    assert 4 <= trained.sum() < len(found)
    whole = swept("shapes and rules")
    for name in ("digest", "train_loss", "steps"):
        np.testing.assert_array_equal(found.columns[name][trained], whole.columns[name][trained])
    assert np.isnan(found.columns["train_loss"][~trained]).all()
    assert "thread" in seen[0].workers
    same(sweep.run(threads=1, ledger=ledger), whole)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("shoal")]


def test_progress_ends_at_the_whole():
    seen = []
    read("rates").run(threads=1, progress=seen.append)
    last = seen[-1]
    assert (last.n_done, last.n_networks, last.n_cells, last.share) == (9, 9, 3, 1.0)


def test_a_lost_process_is_told_with_its_cells():
    """An executor whose workers always die."""
    from concurrent.futures.process import BrokenProcessPool

    class Dying(ThreadPoolExecutor):
        def submit(self, function, *args, **kwargs):
            future = Future()
            future.set_exception(BrokenProcessPool("a process ended abruptly"))
            return future

    with pytest.raises(InputError) as told, Dying(1) as executor:
        read("rates").run(executor=executor)
    assert str(told.value) == (
        "the workers ended 1 times without a result, last in chunk 0 (cells 0 to 2): a process "
        "ended abruptly. They may need more memory; give fewer workers, or threads."
    )


def test_the_history_is_that_of_the_runs():
    found = read("lengths").run(threads=1, keep_history=True)
    run = found.run(2)
    own = found.columns["cell"] == 2
    n = len(run.report_steps)
    np.testing.assert_array_equal(
        found.columns["history.validation_loss"][own, :n], run.history["validation_loss"]
    )
    assert np.isnan(found.columns["history.validation_loss"][:6, 1:]).all()
    assert found.columns["report_steps"][own][0, :n].tolist() == run.report_steps.tolist()
    assert (found.columns["report_steps"][:6, 1:] == -1).all()


def test_packed_and_unpacked(swept):
    whole = swept("stream and noise")
    document, arrays = whole.pack()
    assert all(array.dtype.kind in "biuf" for array in arrays.values())
    back = Swept.unpack(document, arrays)
    same(back, whole)
    assert (back.sentence, back.sizes, back.digest) == (whole.sentence, whole.sizes, whole.digest)
    np.testing.assert_equal(back.summary(), whole.summary())
