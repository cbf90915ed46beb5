"""The rows that programs draw, read, divide and scale, against those that shoal makes."""

import contextlib
import io
import subprocess
import sys
import warnings

import numpy as np
import pytest

from shoal.errors import ExperimentError, InputError
from shoal.experiments import Experiment
from shoal.experiments.prepare import prepare
from shoal.experiments.programs import code
from shoal.experiments.programs.handed import handed

from .carrying import epochs_of, flat, module_of, rows_of, shoal_run, start_of
from .cases import LAYERS, experiment
from .tables import EVIL, TABLES, TASKS, csv, table_experiment


def sets(made, module):
    """Return the sets that a program's ``data`` gives, arrays by part."""
    with contextlib.redirect_stdout(io.StringIO()):
        found = module["data"](np.random.default_rng(0))
    return [found] if isinstance(found[0], np.ndarray) else list(found)


@pytest.mark.parametrize("name", TABLES)
def test_rows_of_a_table(name, tmp_path, monkeypatch):
    """Divided otherwise, but together the same rows: their sums before scaling."""
    monkeypatch.chdir(tmp_path)
    made = table_experiment(name, tmp_path)
    part = prepare(made, members=range(1)).parts[0]
    train, validation, *_ = sets(made, module_of(made, "numpy"))
    assert train[0].shape[1] == part.dataset.x.shape[1]
    assert len(train[0]) + len(validation[0]) == part.dataset.n_rows
    assert abs(len(validation[0]) - len(part.split.validation)) <= len(part.dataset.schema.classes)
    if made.preprocess.scaling == "none" and name != "filled gaps":
        both = np.concatenate([train[0], validation[0]])
        order, wanted = np.lexsort(both.T), part.dataset.x
        np.testing.assert_allclose(both[order], wanted[np.lexsort(wanted.T)], rtol=1e-6, atol=1e-6)
    elif made.preprocess.scaling == "standard":
        np.testing.assert_allclose(train[0].mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(train[0].std(axis=0), 1, atol=1e-5)
    assert not np.isnan(train[0]).any()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_with_shoals_own_rows(name, tmp_path):
    """Weights, units, labels, scaled targets: the program trains and judges as shoal does."""
    made = table_experiment(name, tmp_path, dtype="float64")
    module, given = module_of(made, "numpy"), handed(made)
    more = [given["unit"]] if made.preprocess.target_scaling != "none" else []
    parameters, history = module["train"](
        start_of(given), epochs_of(given, 3), rows_of(given, "validation"), *more
    )
    run = shoal_run(made)
    np.testing.assert_allclose(flat(parameters), run.weights[0], rtol=1e-8, atol=1e-8)
    for figure, values in run.history.items():
        np.testing.assert_allclose([each[figure] for each in history], values[0], rtol=1e-7)


def test_pytorch_judges_weighted_numbers_as_shoal_does(tmp_path):
    pytest.importorskip("torch")
    from .test_pytorch import same

    for name in ("weighted", "weighted regression", "several", "labels", "minmax regression"):
        same(table_experiment(name, tmp_path, dtype="float64"), tolerance=1e-8)


@pytest.mark.parametrize("name", TASKS)
def test_rows_of_a_task(name):
    """Drawn from another generator: as many rows, the same shape, the same moments."""
    layers = LAYERS
    data = TASKS[name] | ({"samples": 4000} if "samples" in TASKS[name] else {})
    made = experiment(data=data, layers=layers, batch_size=10)
    part = prepare(made, members=range(1)).parts[0]
    module = module_of(made, "numpy")
    found = sets(made, module)
    first, wanted = (found[0], part.validation) if "epochs" in module and part.dataset.n_rows == 4 \
        and made.data.is_streaming else (found[0], part.train)  # fmt: skip
    assert abs(len(first[0]) - len(wanted.x)) <= 2
    assert first[0].shape[1:] == wanted.x.shape[1:]
    if "samples" in data:
        # means of 2,400 rows or more: within 5 standard errors, 0.1 standard deviations
        spread = wanted.x.std(axis=0)
        assert (np.abs(first[0].mean(axis=0) - wanted.x.mean(axis=0)) < 0.15 * spread).all()
        assert (np.abs(first[0].std(axis=0) - spread) < 0.1 * spread).all()
        assert abs(first[1].mean() - wanted.y.mean()) < 0.05
    else:
        np.testing.assert_allclose(np.sort(first[1].ravel()), np.sort(wanted.y.ravel()))


def test_the_classes_follow_the_task():
    """A network that shoal trained names the rows that the program draws."""
    for name in ("circle", "moons", "spiral", "gaussians"):
        made = experiment(
            data={"task": name, "samples": 2000}, epochs=60, batch_size=50,
            layers=[{"units": 24, "activation": "tanh"}, {"units": 24, "activation": "tanh"},
                    {"units": 1, "activation": "sigmoid"}],
            optimizer={"name": "adam", "learning_rate": 0.01},
        )  # fmt: skip
        run = shoal_run(made)
        train, _ = sets(made, module_of(made, "numpy"))
        right = (run.predict(train[0])[0] > 0.5) == (train[1] > 0.5)
        assert right.mean() > run.final("validation_accuracy")[0] - 0.03, name


def test_a_stream_is_new_in_every_epoch():
    made = experiment(data={"task": "xor", "batches": 3}, epochs=2, batch_size=8)
    module = module_of(made, "numpy")
    one, other = module["epochs"](np.random.default_rng(0))
    assert one[0].shape == (24, 2)
    assert not np.array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1][:, 0], one[0][:, 0] != one[0][:, 1])


def test_no_name_becomes_code(tmp_path, monkeypatch):
    """Files, columns, classes and experiments may be called anything; os.abort would be told."""
    monkeypatch.chdir(tmp_path)
    table = csv(["a", EVIL], [["1.5", "2.5", "3.0"] * 9, ["2.5", "1.0", "2.0"] * 9])
    (tmp_path / f"{EVIL[:20]}.csv").write_text(table, "utf-8")
    made = Experiment.read(
        {
            "data": {"file": f"{EVIL[:20]}.csv", "target": EVIL, "kind": "regression"},
            "network": {"layers": [{"units": 1}]},
            "training": {"epochs": 2}, "population": 1,
        },
        source=f'/secret/{EVIL}\n"""import os\\.toml', folder=tmp_path,
    )  # fmt: skip
    for target in ("numpy", "python", "pytorch", "keras", "jax"):
        text = code(made, target)
        assert "secret" not in text
        compile(text, target, "exec")
    (tmp_path / "program.py").write_text(code(made, "numpy"), "utf-8")
    done = subprocess.run(
        [sys.executable, "program.py"], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert "train_loss" in done.stdout


@pytest.mark.parametrize("target", ["numpy", "python", "pytorch", "keras", "jax"])
def test_hostile_columns(target, tmp_path):
    made = table_experiment("hostile", tmp_path)
    tree = compile(code(made, target), target, "exec")
    assert "abort" not in tree.co_names
    assert all("abort" not in getattr(each, "co_names", ()) for each in tree.co_consts)


def test_what_no_program_can_do_is_one_sentence(tmp_path):
    lbfgs = experiment(optimizer={"name": "lbfgs"}, batch_size="full")
    with pytest.raises(InputError) as error:
        code(lbfgs, "numpy")
    assert str(error.value) == (
        "code: the optimizer lbfgs is not written for NumPy. It is for --to python or pytorch."
    )
    with pytest.raises(InputError) as error:
        code(lbfgs, "torch")
    assert str(error.value) == (
        "code: there is no program for 'torch'; there are python, numpy, jax, pytorch, keras. "
        "Did you mean 'pytorch'?"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = experiment(epochs=1).run(rows=(np.eye(4)[:, :2], np.array([0, 1, 1, 0])))
    with pytest.raises(ExperimentError, match="handed over in Python"):
        code(run.experiment, "numpy")


def test_settings_that_are_left_out_are_named():
    made = experiment(stop={"name": "steps", "limit": 5}).model_copy(
        update={"streams": Experiment.read({"streams": {"data": 3}}).streams}
    )
    assert "- streams.data = 3 is left out." in code(made, "numpy")
    both = experiment(clip_value=0.1, clip_norm=0.2)
    assert "- training.clip_value = 0.1 is left out." in code(both, "keras")
    assert "left out" not in code(both, "pytorch")
