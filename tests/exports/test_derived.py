"""Every format computes derived features inside, and proves it; the JSON comes back."""

import json
import shutil

import numpy as np
import pytest

import shoal
from shoal.data.dataset import Feature, Schema
from shoal.data.formulas import FORMULAS, parsed
from shoal.data.scaling import Scaler
from shoal.errors import InputError, MissingExtraError
from shoal.exports import FORMATS
from shoal.exports.formats import c, deriving, javascript, plain_json, python
from shoal.exports.importing.chain import Refusal
from shoal.exports.portable import portable
from shoal.models import Model
from shoal.network import Dense, Network

DERIVED = ("a^2", "`b c`^3", "a*`b c`", "sin(a)", "cos(`b c`)", "abs(a)")
NEEDS = {".js": "node", ".html": "node", ".c": "cc"}
COLUMNS = (
    Feature(name="a"), Feature(name="b c", fill=0.5), Feature(name="d", categories=("x", "y")),
)  # fmt: skip


def sample(n_networks=2, dtype="float32", kind="classification"):
    """A model (4 + 6)-5-1 or -2 with weights from a seed, and scalers of its own each."""
    rng = np.random.default_rng(0)
    d, n_outputs = 4 + len(DERIVED), 1 if kind == "classification" else 2
    last = Dense(n_outputs, "sigmoid" if n_outputs == 1 else "identity")
    network = Network([Dense(5, "tanh"), last], inputs=d)
    plain = Scaler(center=(0.0,) * n_outputs, scale=(1.0,) * n_outputs)
    return Model(
        network=network,
        parameters=network.start_from(
            [rng.normal(size=(n_networks, d, 5)), rng.normal(size=(n_networks, 5, n_outputs))],
            [rng.normal(size=(n_networks, 5)), rng.normal(size=(n_networks, n_outputs))],
            dtype=dtype,
        ),
        schema=Schema(
            columns=COLUMNS, target="t", more_targets=() if n_outputs == 1 else ("u",), kind=kind,
            classes=("no", "yes") if n_outputs == 1 else (), derived=tuple(map(parsed, DERIVED)),
        ),
        scalers=[
            Scaler(kind="standard", center=tuple(0.1 * rng.normal(size=d) + 0.2 * i),
                   scale=tuple(rng.uniform(0.5, 3.0, d)))
            for i in range(n_networks)
        ],
        target_scalers=[plain], multiply=2.0, add=-0.75, seeds=range(n_networks), best=0,
        experiment={}, arithmetic="2", version="0.1.0",
    )  # fmt: skip


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "how",
    [{}, {"n_networks": 1}, {"dtype": "float64", "kind": "regression"}],
    ids=["two networks", "one", "double, numbers"],
)
def test_every_format_says_what_the_model_says(suffix, how, tmp_path, monkeypatch):
    if suffix in NEEDS and shutil.which(NEEDS[suffix]) is None:
        pytest.skip(f"needs {NEEDS[suffix]}")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    try:
        found = shoal.export(sample(**how), tmp_path / f"net{suffix}")
    except MissingExtraError as error:
        pytest.skip(str(error))
    if found.proof is None:
        pytest.skip(f"needs {found.runtime}")
    assert found.proof.passed
    assert found.proof.largest_difference <= 1e-6


@pytest.mark.parametrize("suffix", [".py", ".js", ".c", ".sql", ".json", ".onnx", ".pt.py"])
def test_a_file_with_another_formula_would_be_refuted(suffix, tmp_path, monkeypatch):
    """The proof can fail: with a cube in place of the square nothing agrees."""
    if suffix in NEEDS and shutil.which(NEEDS[suffix]) is None:
        pytest.skip(f"needs {NEEDS[suffix]}")
    from shoal.exports.formats import onnx

    for table in (deriving.PYTHON, deriving.JAVASCRIPT, deriving.C, deriving.SQL, deriving.TORCH):
        monkeypatch.setitem(table, "square", "{0} * {0} * {0}")
    monkeypatch.setitem(onnx._FORMULAS, "square", onnx._FORMULAS["cube"])
    try:
        with pytest.raises(Exception, match="nothing was written, since"):
            shoal.export(sample(), tmp_path / f"net{suffix}")
    except MissingExtraError as error:
        pytest.skip(str(error))
    assert not list(tmp_path.iterdir())


def test_tables_of_languages_have_every_formula():
    for table in (deriving.PYTHON, deriving.JAVASCRIPT, deriving.C, deriving.SQL, deriving.TORCH,
                  deriving.KERAS):  # fmt: skip
        assert set(table) == set(FORMULAS)


def test_rows_have_the_columns_alone():
    parts = portable(sample(), name="m")
    assert parts.n_features == 4
    assert parts.n_seen == 10
    assert parts.feature_names == ("a", "b c", "d=x", "d=y")
    assert parts.vectors.x.shape == (16, 4)
    text = python.write(parts)[".py"].decode()
    assert "FEATURES = ['a', 'b c', 'd=x', 'd=y']" in text
    assert "x[0] * x[1]," in text
    assert "what it computes of them: 'a^2', '`b c`^3'" in " ".join(text.split())
    assert "seen[6] = seen[0] * seen[1];" in c.write(parts)[".c"].decode()
    assert "Math.sin(x[0])," in javascript.write(parts)[".js"].decode()


def test_files_without_any_are_as_before():
    plain = shoal.Experiment(
        data=shoal.tasks.greater(samples=50), training=shoal.Training(epochs=1), population=1
    ).run()
    parts = portable(plain.best, name="m")
    given = json.loads(plain_json.write(parts)[".json"])
    assert given["version"] == 1
    assert "derived" not in given
    assert "derived" not in given["how"]
    assert "N_SEEN" not in c.write(parts)[".c"].decode()
    assert "seen" not in python.write(parts)[".py"].decode()


def test_the_json_comes_back_with_the_same_bits():
    model = sample()
    given = json.loads(plain_json.write(portable(model, name="m"))[".json"])
    assert given["version"] == 2
    assert given["derived"][2] == {
        "name": "a*`b c`", "formula": "product", "of": ["a", "b c"], "places": [0, 1],
    }  # fmt: skip
    back = plain_json.from_json(given)
    x = np.random.default_rng(1).uniform(size=(9, 4))
    assert back.schema == model.schema
    assert back.prediction(x).mean.tobytes() == model.prediction(x).mean.tobytes()


@pytest.mark.parametrize(
    "change",
    [
        {"version": 1},
        {"derived": []},
        {"derived": [{"name": "a^2", "formula": "cube", "of": ["a"], "places": [0]}]},
    ],
)
def test_json_with_other_formulas_is_refused(change):
    given = json.loads(plain_json.write(portable(sample(), name="m"))[".json"])
    with pytest.raises(Refusal, match="is damaged"):
        plain_json.from_json(given | change)


def test_an_onnx_file_with_them_is_not_read_as_something_else(tmp_path):
    pytest.importorskip("onnx")
    shoal.export(sample(n_networks=1), tmp_path / "net.onnx")
    with pytest.raises(InputError):
        shoal.import_model(tmp_path / "net.onnx")


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_rows_too_far_are_refused_not_guessed(tmp_path):
    """The cube of 1e200 is infinite: tanh of it would be an answer, and a wrong one."""
    import subprocess
    import sys

    shoal.export(sample(dtype="float64", kind="regression"), tmp_path / "net.py")
    shoal.export(sample(dtype="float64", kind="regression"), tmp_path / "net.js")
    asked = subprocess.run(
        [sys.executable, "net.py", "a=1", "b c=1e200", "d=x"], cwd=tmp_path, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert asked.returncode == 1
    assert asked.stderr.strip() == "net: a derived feature is not finite."
    asks = "m.predict([1, 1e200, 1, 0])"
    program = f'import("./net.js").then((m) => {asks}).catch((e) => console.log(e.message))'
    (tmp_path / "package.json").write_text('{"type": "module"}')
    told = subprocess.run(
        ["node", "-e", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "a derived feature is not finite."
