"""Every example as every program, carried out: with shoal's own rows it ends with its figures."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shoal.errors import InputError
from shoal.experiments import Experiment
from shoal.experiments.programs import code
from shoal.experiments.programs.handed import handed

from .carrying import shoal_run

EXAMPLES = Path(__file__).parents[3] / "examples"
FEW = ["data.samples=1000", "training.epochs=3"]
DOUBLE = ["data.samples=1000", "training.epochs=1", "training.dtype=float64"]
"""Features of 1,000 and more drive units flat, where the last bit decides: in single precision at
once, in double after some hundred steps."""
SHORT = {
    "greater": FEW, "greater_dummies": FEW, "greater_noise": FEW, "greater_multiplied": DOUBLE,
    "greater_shifted": DOUBLE, "digits": ["training.epochs=2"],
    "early_stopping": ["training.epochs=6", "training.regularization.dropout=0.0",
                       "training.stop.patience=3"],
    "or": ["training.epochs=2", "data.batches=50"], "points": ["training.epochs=200"],
    "points_backprop": ["training.epochs=300"], "points_slopes": ["training.epochs=120"],
    "points_random": ["training.epochs=200"], "majority": [], "majority_online": [],
    "perceptron": [], "wine": ["training.epochs=8"],
}  # fmt: skip
"""Changes that make an example short enough for a test."""
LIBRARIES = {"numpy": "numpy", "jax": "jax", "pytorch": "torch", "keras": "keras"}
DRAWN = ("points_random",)
"""Examples whose learning rule draws random numbers of its own."""


def short(name):
    changes = [*SHORT[name], "population.size=1"]
    changes += ["population.vary=[init, order, search]"]
    return Experiment.load(EXAMPLES / f"{name}.toml", changes)


def test_every_example_is_here():
    there = {path.stem for path in EXAMPLES.glob("*.toml")} - {"sweep_or"}
    assert there == set(SHORT)


def carried_out(text, folder):
    """Run a program as its receiver would, and return the figures that it prints."""
    (folder / "program.py").write_text(text, "utf-8")
    here = {"KERAS_BACKEND": "torch", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "program.py"], cwd=folder, capture_output=True, text=True,
        env=os.environ | here,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = re.findall(r"^((?:train|validation)_\w+) (\S+)$", done.stdout, re.M)
    return {name: float(value) for name, value in figures}


def program(name, library, **how):
    if importlib.util.find_spec(LIBRARIES[library]) is None:
        pytest.skip(f"needs {library}: pip install 'shoal[peers]'")
    try:
        return code(short(name), library, **how)
    except InputError as error:
        pytest.skip(str(error))


@pytest.mark.slow
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", SHORT)
def test_with_shoals_own_rows(name, library, tmp_path):
    text = program(name, library, data="rows.npz")
    made = short(name)
    np.savez(tmp_path / "rows.npz", **handed(made))
    found = carried_out(text, tmp_path)
    run = shoal_run(made)
    wanted = {figure: run.final(figure)[0] for figure in run.history}
    wanted = {figure: value for figure, value in wanted.items() if np.isfinite(value)}
    assert set(found) == set(wanted)
    if name in DRAWN:
        return
    if library == "keras" and SHORT[name] is DOUBLE:
        return  # Keras 3.15 on PyTorch multiplies matrices of float64 in float32
    for figure, value in wanted.items():
        loose = 0.01 if "accuracy" in figure else 2e-3
        if library == "keras" and name == "points_backprop":
            loose = 0.05  # the target's own step is taken there
        assert found[figure] == pytest.approx(value, rel=loose, abs=loose), figure


@pytest.mark.slow
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ["wine", "majority", "or", "greater_noise", "points"])
def test_with_rows_of_their_own(name, library, tmp_path):
    """Other random numbers, the same experiment: the loss is near what shoal's networks reach."""
    (tmp_path / "data").symlink_to(EXAMPLES / "data")
    found = carried_out(program(name, library), tmp_path)
    made = short(name)
    many = made.model_copy(update={"population": made.population.model_copy(update={"size": 32})})
    losses = many.run().final("train_loss")
    spread = max(0.02, float(np.ptp(losses)))
    assert losses.min() - spread <= found["train_loss"] <= losses.max() + spread


@pytest.mark.parametrize("name", SHORT)
@pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")
def test_shoals_own_program_gives_the_same_bits(name, monkeypatch):
    monkeypatch.chdir(EXAMPLES)
    made = short(name)
    names = {"__name__": "program"}
    exec(compile(code(made, "python"), "program", "exec"), names)
    assert names["experiment"].document().keys() == made.document().keys()
    assert names["experiment"].run().digest == made.run().digest
