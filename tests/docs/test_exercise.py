"""The first exercise of docs/contributing.md, followed block by block in a copy of the sources."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "contributing.md"
COPIED = ("src", "cpp", "tests", "examples", "docs", "tools", "pyproject.toml")
NEW = "softsign"
PLAIN = "addopts=--strict-markers --import-mode=importlib"
"""Without -q, which would leave out how many passed."""


def blocks():
    """Return the file and the lines of every ``diff`` block; modules are named with dots."""
    found = re.findall(r"^```diff\n--- (\S+)\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    return [(file_of(name), text.splitlines()) for name, text in found]


def file_of(name):
    """Return the file of a module, or a file as it is."""
    return f"src/{name.replace('.', '/')}.py" if name.startswith("shoal.") else name


def changed(text, lines):
    """Return a file's text with one block carried out: what it expects stands there just once."""
    old = "".join(f"{line[1:]}\n" for line in lines if line[:1] in " -")
    new = "".join(f"{line[1:]}\n" for line in lines if line[:1] in " +")
    assert text.count(old) == 1, old
    return text.replace(old, new)


def test_every_block_fits_the_sources():
    assert len(blocks()) >= 8
    texts = {}
    for path, lines in blocks():
        before = texts.get(path) or (ROOT / path).read_text("utf-8")
        texts[path] = changed(before, lines)
        assert NEW in texts[path].lower()
    listed = re.findall(r"^\| (`.*?) \|", PAGE.read_text("utf-8"), re.M)
    assert set(map(file_of, re.findall(r"`([^`]+)`", " ".join(listed)))) == set(texts)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the sources with the exercise done and the core built, for this processor."""
    from shoal import _core

    folder = tmp_path_factory.mktemp("exercise")
    skip = shutil.ignore_patterns("__pycache__", "_drawn", "reference", "*.so")
    for name in COPIED:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name, **({"ignore": skip} if source.is_dir() else {}))
    for path, lines in blocks():
        file = folder / path
        file.write_text(changed(file.read_text("utf-8"), lines), "utf-8")
    tools, isa = Path(sys.executable).parent, _core.isa()
    build = folder / "build"
    cmake = str(tools / "cmake")
    options = [f"-DCMAKE_MAKE_PROGRAM={tools / 'ninja'}", f"-DPython_EXECUTABLE={sys.executable}"]
    made = [
        [cmake, "-S", "cpp", "-B", "build", "-G", "Ninja", *options],
        [cmake, "--build", "build", "--target", "_core", f"_kernels_{isa}"],
    ]
    for command in made:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    for file in build.glob("*.so"):
        shutil.copy(file, folder / "src" / "shoal")
    return folder, isa


def run(tree, *arguments):
    """Run Python on the copy: -S keeps the import hook of the installed package out."""
    folder, isa = tree
    places = [folder / "src", folder / "docs" / "_ext", sysconfig.get_paths()["purelib"]]
    done = subprocess.run(
        [sys.executable, "-S", *arguments], cwd=folder, capture_output=True, text=True,
        env=os.environ | {
            "PYTHONPATH": os.pathsep.join(map(str, places)), "SHOAL_ISA": isa,
            "SHOAL_HOME": str(folder / "home"), "PYTHONDONTWRITEBYTECODE": "1",
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_it_trains_is_charted_documented_and_written(tree):
    script = f"""
import numpy as np
import shoal
import shoaldocs
from shoal.charts.registry import make

layers = [shoal.Dense(8, {NEW!r}), shoal.Dense(1, "sigmoid")]
experiment = shoal.Experiment(network=shoal.Network(layers), population=4,
                              training=shoal.Training(shoal.Adam(0.03), epochs=20))
run = experiment.run()
other = experiment.run(kernel="rows")
assert run.digest == other.digest
assert np.median(run.history["validation_accuracy"][:, -1]) > 0.97
chart = make("activations", None, names=[{NEW!r}])
assert {NEW!r} in str(chart.to_dict())
pages = shoaldocs.reference_pages()
assert "activation: {NEW}" in pages["registries/activation"]
assert "z / (1 + abs(z))" in pages["registries/activation"]
for to in ("numpy", "jax", "pytorch", "keras"):
    assert "abs(z" in shoal.code(experiment, to), to
run.ensemble.save("new.safetensors", force=True)
for suffix in (".py", ".sql", ".json", ".onnx", ".js", ".c"):
    made = shoal.export(run.ensemble, f"new{{suffix}}", force=True)
    assert made.proof is None or made.proof.passed, suffix
print("done")
"""
    assert run(tree, "-c", script).endswith("done\n")


@pytest.mark.slow
def test_it_passes_the_tests_that_all_members_pass(tree):
    tests = [
        "tests/network", "tests/kernels/test_core_equals_reference.py",
        "tests/kernels/test_same_bits.py", "tests/exports/test_formats.py",
        "tests/exports/test_runtimes.py", "tests/models/test_file.py",
        "tests/experiments/programs/test_numpy.py", "tests/lab/test_catalogue.py",
    ]  # fmt: skip
    told = run(
        tree, "-m", "pytest", "-o", PLAIN, "-p", "no:cacheprovider", "-m", "not slow", "-k",
        f"({NEW} or test_catalogue or test_activations) and not instruction_set", *tests,
    )  # fmt: skip
    passed = re.search(r"(\d+) passed", told)
    assert passed
    assert int(passed[1]) > 200
