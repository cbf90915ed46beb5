"""Every program is valid Python that ruff finds nothing in and would not write otherwise."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shoal.errors import InputError
from shoal.experiments import Experiment
from shoal.experiments.programs import TARGETS, code

from .cases import (
    ACTIVATIONS_WITH_SLOPE,
    FROZEN,
    GRADIENT_RULES,
    LAYERS,
    LOSSES,
    ORACLES,
    RESTRAINTS,
    SCHEDULES,
    STOPS,
    experiment,
    of_activation,
    of_loss,
    of_rule,
)
from .tables import TABLES, TASKS, table_experiment

EXAMPLES = Path(__file__).parents[3] / "examples"
RUFF = Path(sys.executable).with_name("ruff")


def every_example(folder):
    """Return the examples by name."""
    for path in sorted(EXAMPLES.glob("*.toml")):
        if "[sweep]" not in path.read_text("utf-8"):
            yield path.stem, Experiment.load(path)


def every_member(folder):
    """Return experiments by name: all members of the registries, and all kinds of data."""
    for rule in GRADIENT_RULES:
        yield f"rule_{rule}", of_rule(rule)
    for rule in ORACLES:
        yield f"oracle_{rule}", of_rule(rule, ORACLES)
    for loss in LOSSES:
        for reduction in ("mean", "sum"):
            yield f"loss_{loss}_{reduction}", of_loss(loss, reduction=reduction)
    for activation in ACTIVATIONS_WITH_SLOPE:
        yield f"activation_{activation}", of_activation(activation)
    for kind, cases in (("restraint", RESTRAINTS), ("frozen", FROZEN), ("stop", STOPS)):
        for name, settings in cases.items():
            yield f"{kind}_{name}", experiment(**settings)
    for name, schedule in SCHEDULES.items():
        yield f"schedule_{name}", of_rule("rprop", schedule=schedule)
    for name, data in TASKS.items():
        yield f"task_{name}", experiment(data=data, layers=LAYERS, batch_size=10)
    for name in TABLES:
        yield f"table_{name}", table_experiment(name, folder)
    wide = [{"units": 3, "activation": "tanh"}] * 12 + [{"units": 1, "activation": "sigmoid"}]
    yield "deep", experiment(layers=wide)
    regular = {"dropout": 0.2, "input_noise": 0.1, "l1": 0.01, "l2": 0.1, "max_norm": 2.0}
    yield "everything", of_rule(
        "nadam", regularization=regular, clip_norm=1.0, class_weight="balanced",
        schedule="cosine", restore_best="validation_loss",
        stop=[{"name": "plateau", "patience": 2}, {"name": "seconds", "limit": 9.5}],
    )  # fmt: skip


def written(experiments, folder):
    """Write every program, with and without rows beside it; return how many."""
    n = 0
    for name, made in experiments:
        for target in TARGETS:
            for data in (None, "rows.npz"):
                try:
                    text = code(made, target, data=data)
                except InputError as error:
                    assert str(error).startswith("code: "), str(error)  # noqa: PT017
                    continue
                ast.parse(text)
                assert "\t" not in text
                file = "".join(
                    sign if sign.isalnum() else "_" for sign in f"{name}_{target}_{data}"
                )
                (folder / f"{file}.py").write_text(text, "utf-8")
                n += 1
    return n


@pytest.mark.skipif(not RUFF.exists() and shutil.which("ruff") is None, reason="needs ruff")
@pytest.mark.parametrize(
    ("experiments", "least"),
    [(every_example, 100), pytest.param(every_member, 800, marks=pytest.mark.slow)],
)
def test_ruff_finds_nothing(experiments, least, tmp_path):
    assert written(experiments(tmp_path), tmp_path) > least
    ruff = str(RUFF) if RUFF.exists() else "ruff"
    for how in (["check"], ["format", "--diff"]):
        found = subprocess.run(
            [ruff, *how, "--isolated", "--no-cache", str(tmp_path)], capture_output=True, text=True
        )
        assert found.returncode == 0, found.stdout[-4000:]


@pytest.mark.parametrize("target", TARGETS)
def test_programs_say_where_they_come_from(target):
    made = Experiment.load(EXAMPLES / "greater.toml")
    docstring = ast.get_docstring(ast.parse(code(made, target)))
    assert docstring.startswith("greater: the task greater, as a program ")
    assert "(seed 0)" in docstring
    assert str(EXAMPLES) not in docstring
    assert ("population" in docstring or "trains 16" in docstring) == (target != "python")
