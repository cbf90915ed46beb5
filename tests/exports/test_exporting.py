"""`export`: what is written, refused, proved; and the vectors that it is proved on."""

import hashlib
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import shoal
from shoal.cli.app import app
from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.errors import ArgumentError, InputError, InternalError, OutputExistsError
from shoal.exports import FORMATS, format_of
from shoal.exports.exporting import _write, export
from shoal.exports.formats import python
from shoal.exports.portable import portable, safe_name
from shoal.exports.proof import judged
from shoal.models import Model
from shoal.models.summary import ColumnSummary, Summary
from shoal.network import Dense, Network


def line(w=2.0, n=1, activation="identity", columns=("a",), **more):
    """A network for numbers: a = activation(w x), for each of n features alike."""
    network = Network([Dense(1, activation)], inputs=n)
    nothing = Scaler(center=(0.0,) * n, scale=(1.0,) * n)
    parts = {
        "network": network,
        "parameters": network.start_from([[[[w]] * n]], [[[0.0]]]),
        "schema": Schema(
            columns=tuple(Feature(name=c) for c in columns), target="y", kind="regression"
        ),
        "scalers": (nothing,), "target_scalers": (Scaler(center=(0.0,), scale=(1.0,)),),
        "seeds": (0,), "best": 0, "experiment": {}, "arithmetic": "2", "version": "0.1.0",
    }  # fmt: skip
    return Model(**(parts | more))


def quantiles(low, high):
    return ColumnSummary(quantiles=tuple(np.linspace(low, high, 101).tolist()))


def test_the_longest_suffix_decides():
    assert [format_of(name)[0].name for name in ("a.py", "a.pt.py", "a.keras.py", "a.b.PY")] == [
        "Python", "PyTorch", "Keras", "Python",
    ]  # fmt: skip
    assert format_of("out/a.b.keras.py")[1] == "a.b"


@pytest.mark.parametrize("path", ["a.xyz", "a", ".py", "a.safetensors"])
def test_an_unknown_suffix_is_told_all_suffixes(path):
    with pytest.raises(InputError) as caught:
        format_of(path)
    known = ".py, .js, .c, .html, .sql, .json, .onnx, .pt.py or .keras.py"
    assert str(caught.value) == f"{path}: must end in {known}. Give the file one of these endings."


@pytest.mark.parametrize(
    ("text", "name"),
    [("a b", "a_b"), ("2x", "model_2x"), ("int", "int_"), ("None", "None_"), ("__x__", "x"),
     ("é😀", "model"), ("x" * 99, "x" * 60), ("*/", "model")],
)  # fmt: skip
def test_a_safe_name_is_an_identifier(text, name):
    assert safe_name(text) == name
    assert name.isidentifier()


def test_export_writes_proves_and_says_so(tmp_path):
    done = shoal.export(line(), tmp_path / "two.py")
    assert done.paths == (tmp_path / "two.py",)
    assert done.n_bytes == (len((tmp_path / "two.py").read_bytes()),)
    assert (done.format, done.self_test, done.proof.n_vectors) == ("Python", "python two.py", 16)
    assert done.proof.passed
    # 2 x in single precision and in double: the same number, since 2 is a power of two
    assert done.proof.largest_difference == 0.0
    assert os.listdir(tmp_path) == ["two.py"]


def test_export_does_not_prove_what_it_was_not_asked_to(tmp_path):
    assert export(line(), tmp_path / "two.py", prove=False).proof is None


def test_a_file_that_says_something_else_is_not_left_behind(tmp_path, monkeypatch):
    right = python.write
    monkeypatch.setattr(
        python, "write",
        lambda parts: {".py": right(parts)[".py"].replace(b"[[2.0]]", b"[[2.5]]")},
    )  # fmt: skip
    with pytest.raises(InternalError) as caught:
        export(line(), tmp_path / "two.py")
    # the largest x is 2 (center 0, scale 1, twice that), so 0.5 x is wrong by up to 1
    told = str(caught.value)
    assert told.startswith(f"{tmp_path}/two.py: nothing was written, since the file says something "
                           "else than the model: refuted by python 3.")  # fmt: skip
    assert "largest difference 1.0e+00 (allowed 4e-06)" in told
    assert caught.value.exit_code == 3
    assert os.listdir(tmp_path) == []


def test_export_replaces_only_if_told(tmp_path):
    path = tmp_path / "two.py"
    path.write_text("mine")
    with pytest.raises(OutputExistsError) as caught:
        export(line(), path)
    assert str(caught.value) == f"{path}: exists already. Give --force to replace it."
    assert path.read_text() == "mine"
    export(line(), path, force=True)
    assert path.read_text() != "mine"


def test_of_two_files_none_is_left_if_one_cannot_be_written(tmp_path):
    (tmp_path / "b").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        _write((tmp_path / "a", tmp_path / "b"), (b"1", b"2"), force=False)
    assert os.listdir(tmp_path) == ["b"]


@pytest.mark.parametrize(
    ("suffix", "told"),
    [
        (".py", "export: 2,000,400 weights and biases are too many to be written out in Python; "
                "at most 2,000,000. Take .onnx."),
        (".sql", "export: 2,000,400 weights and biases are too many to be written out in SQL; "
                 "at most 20,000. Take .onnx."),
        (".json", "export: 2,000,400 weights and biases are too many to be written out in JSON; "
                  "at most 1,000,000. Take .onnx."),
    ],
)  # fmt: skip
def test_what_is_too_large_is_refused_with_the_reason(suffix, told, tmp_path):
    # 5000 x 400 weights and 400 biases, then 400 of a sum without bias: 5000*400 + 400
    network = Network([Dense(400, bias=False), Dense(1, bias=False)], inputs=5000)
    model = line(
        network=network, parameters=network.start_from(
            [np.zeros((1, 5000, 400)), np.zeros((1, 400, 1))], [None, None]
        ),
        schema=Schema(columns=tuple(Feature(name=f"x{i}") for i in range(5000)), target="y",
                      kind="regression"),
        scalers=(Scaler(center=(0.0,) * 5000, scale=(1.0,) * 5000),),
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        export(model, tmp_path / f"a{suffix}")
    assert str(caught.value) == told
    assert os.listdir(tmp_path) == []


def test_sql_refuses_columns_it_cannot_tell_apart_or_hold(tmp_path):
    two = line(n=2, columns=("Age", "age"))
    with pytest.raises(InputError) as caught:
        export(two, tmp_path / "a.sql")
    assert str(caught.value) == (
        "export: SQL cannot tell the columns 'Age' and 'age' apart, which differ in case only. "
        "Rename one and train again, or take another format."
    )
    wide = Network([Dense(1600), Dense(1)], inputs=1)
    rng = np.random.default_rng(0)
    model = line(
        network=wide,
        parameters=wide.start_from(
            [rng.normal(size=(1, 1, 1600)), rng.normal(size=(1, 1600, 1))],
            [np.zeros((1, 1600)), np.zeros((1, 1))],
        ),
    )
    with pytest.raises(InputError) as caught:
        export(model, tmp_path / "a.sql")
    assert str(caught.value) == (
        "export: SQL cannot hold a layer of 1,600 units; databases allow about 1,500. "
        "Take .py, .js or .c."
    )


def test_sql_parts_many_networks_and_wide_layers_into_selects_that_sqlite_takes(tmp_path):
    """Three networks of 800 units need two chains, and sums of 800 terms are no deep ones."""
    rng = np.random.default_rng(1)
    network = Network([Dense(800, "tanh"), Dense(1)], inputs=1)
    model = line(
        network=network,
        parameters=network.start_from(
            [rng.normal(size=(3, 1, 800)), 0.03 * rng.normal(size=(3, 800, 1))],
            [rng.normal(size=(3, 800)), rng.normal(size=(3, 1))],
        ),
        seeds=(0, 1, 2),
    )
    assert export(model, tmp_path / "wide.sql").proof.passed


def test_page_refuses_hundreds_of_columns(tmp_path):
    names = [f"x{i}" for i in range(201)]
    with pytest.raises(InputError) as caught:
        export(line(n=201, columns=names), tmp_path / "a.html")
    told = "export: a page with controls for 201 columns would help nobody; at most 200. Take .js."
    assert str(caught.value) == told


def test_vectors_are_those_of_the_training_rows_with_the_far_ends_first():
    """10 to 30 seen after multiply 2 and add 4, so the table had 3 to 13."""
    summary = Summary(n_rows=5, columns=(quantiles(10.0, 30.0),))
    found = portable(line(multiply=2.0, add=4.0, summary=summary), name="a").vectors
    assert found.x.shape == (16, 1)
    assert found.x.min() >= 3.0
    assert found.x.max() <= 13.0
    assert set(found.x[:4, 0]) <= {3.0, 13.0}
    np.testing.assert_allclose(found.expected, 2.0 * (2.0 * found.x + 4.0))
    assert found.tolerances == 1e-6 * np.abs(found.expected).max()


def test_vectors_of_a_model_are_always_the_same():
    first, second = (portable(line(1.5), name="a").vectors for _ in range(2))
    assert np.array_equal(first.x, second.x)


def test_vectors_keep_away_from_a_step():
    """Training rows of 0 only are all on the threshold; rows about the scaler are taken then."""
    summary = Summary(n_rows=3, columns=(quantiles(0.0, 0.0),))
    found = portable(line(1.0, activation="step", summary=summary), name="a").vectors
    assert np.abs(found.x).min() >= 1e-3
    assert len(found) == 16


def test_vectors_have_one_category_a_column():
    model = line(
        n=3, columns=(),
        schema=Schema(columns=(Feature(name="c", categories=("u", "v", "w")),), target="y",
                      kind="regression"),
    )  # fmt: skip
    x = portable(model, name="a").vectors.x
    assert (x.sum(axis=1) == 1.0).all()
    assert set(np.unique(x)) == {0.0, 1.0}


def test_vectors_say_when_single_precision_itself_is_coarser():
    """1e4 x - 1e4 x + x sums to x with an error of some 1e4 * 6e-8: more than 1e-6."""
    network = Network([Dense(3), Dense(1)], inputs=1)
    model = line(
        network=network,
        parameters=network.start_from(
            [[[[1e4 / 3, -1e4 / 3, 0.3]]], [[[1.0], [1.0], [1.0]]]], [[[0.1, 0.2, 0.3]], [[0.0]]]
        ),
    )
    found = portable(model, name="a").vectors
    assert found.tolerances > 1e-6 * max(1.0, np.abs(found.expected).max())
    assert found.tolerances < 1e-2


def test_a_proof_is_no_proof_where_a_figure_is_missing_or_not_a_number():
    vectors = portable(line(), name="a").vectors
    for found in ([[1.0]] * 15, [[float("nan")]] * 16, [[None]] * 16, [], "abc"):
        proof = judged("x", vectors, found)
        assert (proof.passed, proof.largest_difference) == (False, float("inf"))
    assert judged("x", vectors, vectors.expected).passed


def test_a_python_file_does_not_hide_a_module_of_python(tmp_path):
    with pytest.raises(InputError) as caught:
        export(line(), tmp_path / "math.py")
    told = "a file math.py would hide the module math of Python, and not run. Give it another name."
    assert str(caught.value) == f"export: {told}"


def test_export_wants_a_model(tmp_path):
    with pytest.raises(ArgumentError) as caught:
        export({"a": 1}, tmp_path / "a.py")
    assert (
        str(caught.value) == "export: `model` must be a Model; got dict. Give a value of that kind."
    )


# the command


@pytest.fixture
def model_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line().save("two.safetensors")
    return "two.safetensors"


def call(*args):
    return CliRunner().invoke(app, list(args))


def test_command_tells_what_was_written_and_proved(model_file):
    done = call("export", model_file, "-o", "two.py")
    assert (done.exit_code, done.stderr) == (0, "")
    n_bytes = os.path.getsize("two.py")
    wrote, proved, told = done.stdout.splitlines()
    assert wrote == f"wrote two.py, {n_bytes:,} bytes"
    assert proved.startswith("Python with 1 network, proved by python 3.")
    assert proved.endswith(" on 16 rows: largest difference 0.0e+00 (allowed 4e-06)")
    assert told == "to test it: python two.py"


def test_command_gives_json(model_file):
    done = call("export", model_file, "-o", "two.json", "--no-proof", "--json")
    found = json.loads(done.stdout)
    assert found["proof"] is None
    assert found["proof_wanted"] is False
    written = Path("two.json").read_bytes()
    assert found["files"] == [
        {"path": "two.json", "bytes": len(written), "sha256": hashlib.sha256(written).hexdigest()}
    ]


def test_command_says_what_runs_a_file_where_nothing_here_does(model_file, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    done = call("export", model_file, "-o", "two.js")
    assert done.stdout.splitlines()[1:] == [
        "JavaScript with 1 network, not proved here: there is no node",
        "to test it: node two.js",
    ]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["tow.safetensors", "-o", "a.py"],
         "tow.safetensors: there is no such file. Did you mean 'two.safetensors'?"),
        (["two.safetensors", "-o", "no/a.py"], "no/a.py: the folder 'no' does not exist."
                                               " Make the folder first, or name another."),
        (["two.safetensors", "-o", "/dev/full"],
         "/dev/full: must end in .py, .js, .c, .html, .sql, .json, .onnx, .pt.py or .keras.py."
         " Give the file one of these endings."),
        (["two.safetensors", "-o", "a.py", "--network", "7"],
         "--network: must be best or 0; got 7. Give one of the values that the message names."),
    ],
)  # fmt: skip
def test_command_refuses_in_a_sentence(model_file, args, told):
    done = call("export", *args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert re.fullmatch(rf"shoal \[[A-Z]\d{{3}}\]: {re.escape(told)}\n", done.stderr)
    assert os.listdir() == ["two.safetensors"]


def test_command_lists_every_format_and_names_it_in_its_help():
    listed, told = call("export", "--list").stdout, call("export", "--help").stdout
    for suffix in FORMATS:
        assert f"\n{suffix} " in listed
        assert f" {suffix}" in told
