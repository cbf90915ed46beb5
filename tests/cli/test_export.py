"""`shoal export` beside its model: nothing that it writes replaces it."""

import os

import pytest
from typer.testing import CliRunner

from shoal.cli.app import app
from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.models import Model
from shoal.network import Dense, Network


@pytest.fixture
def folder(tmp_path, monkeypatch):
    network = Network([Dense(1)], inputs=1)
    nothing = Scaler(center=(0.0,), scale=(1.0,))
    model = Model(
        network=network, parameters=network.start_from([[[[2.0]]]], [[[0.0]]]),
        schema=Schema(columns=(Feature(name="x"),), target="y", kind="regression"),
        scalers=(nothing,), target_scalers=(nothing,), seeds=(0,), best=0, experiment={},
        arithmetic="2", version="0.1.0",
    )  # fmt: skip
    monkeypatch.chdir(tmp_path)
    model.save("a.pt.safetensors")
    model.save("a.keras.safetensors")
    os.symlink("a.pt.safetensors", "link.pt.safetensors")
    return tmp_path


@pytest.mark.parametrize(
    ("model", "output", "kept"),
    [
        ("a.pt.safetensors", "a.pt.py", "a.pt.safetensors"),
        ("a.keras.safetensors", "a.keras.py", "a.keras.safetensors"),
        ("a.pt.safetensors", "link.pt.py", "link.pt.safetensors"),
        ("link.pt.safetensors", "./A.PT.PY", None),
    ],
)
def test_weights_beside_a_module_never_replace_the_model(folder, model, output, kept):
    before = {name: (folder / name).read_bytes() for name in os.listdir()}
    done = CliRunner().invoke(app, ["export", model, "-o", output, "--force", "--no-proof"])
    if kept is None:  # A.pt.safetensors is another file
        assert (done.exit_code, done.stderr) == (0, "")
        return
    told = f"{kept}: is the model itself. Give the output another name.\n"
    assert (done.exit_code, done.stdout, done.stderr.partition("]: ")[2]) == (2, "", told)
    assert {name: (folder / name).read_bytes() for name in os.listdir()} == before
