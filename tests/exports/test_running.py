"""Proofs that cannot be had: what runs the file is broken, or there is no place to run it."""

import errno
import os
import sys
import tempfile

import pytest

import shoal
from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.errors import InputError, InternalError
from shoal.exports import exporting, running
from shoal.models import Model
from shoal.network import Dense, Network

UNPROVED = "Give --no-proof (prove=False) to write the file unproved."


@pytest.fixture
def model():
    network = Network([Dense(1)], inputs=1)
    nothing = Scaler(center=(0.0,), scale=(1.0,))
    return Model(
        network=network, parameters=network.start_from([[[[2.0]]]], [[[0.0]]]),
        schema=Schema(columns=(Feature(name="x"),), target="y", kind="regression"),
        scalers=(nothing,), target_scalers=(nothing,), seeds=(0,), best=0, experiment={},
        arithmetic="2", version="0.1.0",
    )  # fmt: skip


def program(folder, name, content):
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return str(path.parent)


def test_a_runtime_that_is_no_program_is_told_with_the_way_out(model, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", program(tmp_path, "node", "not a program"))
    with pytest.raises(InputError) as caught:
        shoal.export(model, tmp_path / "a.js")
    told = f"export: node: {tmp_path}/bin/node cannot be run: Exec format error. {UNPROVED}"
    assert str(caught.value) == told
    assert os.listdir(tmp_path) == ["bin"]


def test_a_runtime_that_fails_is_told_with_the_way_out(model, tmp_path, monkeypatch):
    script = "#!/bin/sh\necho 'no such thing as import' >&2\nexit 7\n"
    monkeypatch.setenv("PATH", program(tmp_path, "node", script))
    with pytest.raises(InternalError) as caught:
        shoal.export(model, tmp_path / "a.js")
    assert str(caught.value) == (
        f"{tmp_path}/a.js: nothing was written, since the proof failed: export: node: failed with "
        f"exit code 7: no such thing as import. {UNPROVED}"
    )
    assert os.listdir(tmp_path) == ["bin"]
    assert shoal.export(model, tmp_path / "a.js", prove=False).proof is None


def test_a_program_that_takes_too_long_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "SECONDS", 0.2)
    with pytest.raises(InternalError) as caught:
        running.run(["sleep", "30"], folder=tmp_path, purpose="export: sleep")
    assert (
        str(caught.value) == "export: sleep: took more than 0.2 seconds."
        " Please report it with what you did; SHOAL_DEBUG=1 shows where it happened."
    )


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_temporary_folder_that_cannot_be_used(code, model, tmp_path, monkeypatch):
    def full(prefix):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    with pytest.raises(InputError) as caught:
        shoal.export(model, tmp_path / "a.py")
    told = (
        f"export: the temporary folder cannot be used: {os.strerror(code)}. Set TMPDIR to another."
    )
    assert str(caught.value) == f"{told} {UNPROVED}"
    assert os.listdir(tmp_path) == []


def test_an_interrupted_proof_leaves_nothing(model, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    module = exporting.format_of("a.py")[0].writer

    def interrupted(paths, portable):
        assert all(path.exists() for path in paths.values())
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "prove", interrupted)
    with pytest.raises(KeyboardInterrupt):
        shoal.export(model, tmp_path / "a.py")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["pytorch", "keras"])
def test_a_library_is_looked_for_where_this_python_looks(name, tmp_path, monkeypatch):
    """A package of one user only, or of PYTHONPATH, is there for the proof too."""
    (tmp_path / "only_here.py").write_text("print('found')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    from importlib import import_module

    module = import_module(f"shoal.exports.formats.{name}")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "json.py").write_text("raise SystemExit('hidden')")
    command = [*module.PYTHON, "-c", "import json, only_here"]
    found = running.run(command, folder=tmp_path / "elsewhere", purpose="test")
    assert found == "found\n"
    assert module.PYTHON[0] == sys.executable
