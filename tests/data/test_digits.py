"""The digits: scikit-learn's rows, from a file that a script writes."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import shoal.data.tasks as tasks
from shoal.data import TASKS, attainable_accuracy, load_task
from shoal.data.tasks import Digits
from shoal.experiments import Experiment
from shoal.streams import stream

ROOT = Path(__file__).parents[2]
FILE = Path(tasks.__file__).parent / "digits.txt"


def load(recipe: Digits, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    found = load_task(recipe, stream(seed, "data"), stream(seed, "noise"))
    return found.x, found.y


def test_the_rows_are_those_of_scikit_learn() -> None:
    bunch = load_digits()
    x, y = load(Digits())
    np.testing.assert_array_equal(x, bunch.data)
    np.testing.assert_array_equal(y.argmax(axis=1), bunch.target)
    np.testing.assert_array_equal(y.sum(axis=1), 1)


def test_the_script_writes_the_file_to_the_byte() -> None:
    script = runpy.run_path(str(ROOT / "tools" / "write_digits.py"))
    assert FILE.read_bytes() == script["digits_text"]().encode("ascii")
    assert FILE.stat().st_size < 150_000


def test_seeds_change_no_row() -> None:
    np.testing.assert_array_equal(load(Digits(), 0)[0], load(Digits(), 1)[0])


def test_no_two_images_are_alike_so_all_can_be_right() -> None:
    assert len(np.unique(load(Digits())[0], axis=0)) == 1797
    assert attainable_accuracy(Digits()) == 1.0
    assert attainable_accuracy(Digits(label_noise=0.2)) == 0.8


def test_the_recipe_applies() -> None:
    assert TASKS["digits"] is Digits
    recipe = Digits(label_noise=0.3, dummies=2, multiply=0.0625, add=1.0)
    found = load_task(recipe, stream(0, "data"), stream(0, "noise"))
    assert found.x.shape == (1797, 66)
    np.testing.assert_array_equal(found.x[:, :64], load(Digits())[0] / 16 + 1)
    assert found.truth is not None
    # 5 standard deviations of sqrt(0.3 0.7 / 1797) = 0.0108 around 0.7
    assert abs(found.truth.rows_accuracy - 0.7) < 0.054


def test_the_example_reaches_97_percent() -> None:
    run = Experiment.load(ROOT / "examples" / "digits.toml").run(threads=2)
    assert np.median(run.final("validation_accuracy")) >= 0.97
