"""ONNX, PyTorch and Keras files say what the model says: every activation x every decision.

The judges are onnxruntime, torch and keras themselves. Features lie about 1e6 +- 20, so that a
file that scales in single precision fails by far.
"""

import functools
import importlib.util
import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import shoal
from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.errors import InputError, InternalError, MissingExtraError
from shoal.exports.formats import keras, onnx, pytorch
from shoal.exports.formats.tensors import proof_of, run_modules
from shoal.exports.portable import portable
from shoal.models import Model
from shoal.network import ACTIVATIONS, Dense, Network

D = 3
DECISIONS = (
    "values", "labels", "one", "softmax", "shares", "nearest", "labels hinge", "one hinge",
    "nearest hinge",
)  # fmt: skip
LAST = {"labels": "sigmoid", "one": "sigmoid", "softmax": "softmax", "shares": "sigmoid"}
N_OUTPUTS = {"values": 2, "labels": 2, "one": 1}
HOSTILE = "</script>\"'\\\n\u202e🐟"


def needs(*packages):
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


def sample(activation, decision, n_networks=3, dtype="float32", own_scalers=True, seed=0, **more):
    """A model 3-5-4-C with weights from a seed, networks with scalers of their own."""
    rng = np.random.default_rng(seed)
    decision, _, hinge = decision.partition(" ")
    n_outputs = N_OUTPUTS.get(decision, 3)
    last = Dense(n_outputs, "identity" if hinge else LAST.get(decision, "identity"))
    network = Network([Dense(5, activation), Dense(4, activation, bias=False), last], inputs=D)
    sizes = itertools.pairwise((D, 5, 4, n_outputs))
    # exp of exp of large sums would ask single precision for more digits than it has
    spread = 0.15 if activation == "exponential" else 0.4
    weights = [spread * rng.normal(size=(n_networks, *size)) for size in sizes]
    biases = [rng.normal(size=(n_networks, 5)), None, rng.normal(size=(n_networks, n_outputs))]
    n_scalers = n_networks if own_scalers else 1
    kind = {"values": "regression", "labels": "multilabel"}.get(decision, "classification")
    n_classes = max(2, n_outputs) if kind == "classification" else 0
    nothing = Scaler(center=(0.0,) * n_outputs, scale=(1.0,) * n_outputs)
    return Model(
        network=network,
        parameters=network.start_from(weights, biases, dtype=dtype),
        schema=Schema(
            columns=tuple(Feature(name=f"x{i}") for i in range(D)),
            target="t",
            more_targets=() if n_classes else ("u",),
            kind=kind,
            classes=(HOSTILE, "b", "c")[:n_classes],
            label_classes=(("no", "yes"), ("b", HOSTILE)) if kind == "multilabel" else (),
        ),
        scalers=[
            Scaler(kind="standard", center=1e6 + rng.normal(size=D), scale=10 + rng.random(D))
            for _ in range(n_scalers)
        ],
        target_scalers=[
            Scaler(center=(5.0, 6.0 + i), scale=(2.0, 0.5)) for i in range(n_scalers)
        ] if kind == "regression" else [nothing],
        threshold=0.0 if hinge else 0.5,
        seeds=range(n_networks), best=0, experiment={}, arithmetic="2", version="0.1.0", **more,
    )  # fmt: skip


SETTINGS = {
    "ensemble": {"n_networks": 3},
    "one": {"n_networks": 1},
    "double": {
        "n_networks": 2,
        "dtype": "float64",
        "own_scalers": False,
        "multiply": 0.5,
        "add": -7.0,
    },
    "one double": {"n_networks": 1, "dtype": "float64"},
}


@functools.cache
def parts_of(activation, decision, setting):
    made = sample(activation, decision, **SETTINGS[setting])
    return portable(made, name="m")


def table(decisions=DECISIONS, settings=SETTINGS):
    return list(itertools.product(ACTIVATIONS, decisions, settings))


def some_of_table():
    """Each activation, each decision and each setting at least once."""
    return list(zip(ACTIVATIONS, itertools.cycle(DECISIONS), itertools.cycle(SETTINGS)))


def allowed(parts):
    """What the issue asks: 1e-6, times the largest magnitude where that is above 1."""
    return 1e-6 * max(1.0, np.abs(parts.vectors.expected).max())


def written(module, members, folder):
    """Write each member as a file of its own, and return the first files."""
    paths = []
    for number, member in enumerate(members):
        parts = parts_of(*member)
        for suffix, content in module.write(parts).items():
            (folder / f"m{number}{suffix}").write_bytes(content)
        paths.append(folder / f"m{number}{module.SUFFIX}")
    return paths


def failures(module, members, folder):
    told = run_modules(module.PYTHON, written(module, members, folder), purpose="test")
    assert len(told) == len(members)
    found = []
    for member, said in zip(members, told, strict=True):
        proof = proof_of(said, parts_of(*member))
        parts = parts_of(*member)
        most = allowed(parts)
        if parts.dtype == "float64" and parts.decision != "nearest":
            most *= 1e-6  # nothing on the way rounds to single precision
        if not (proof.passed and proof.largest_difference <= most):
            found.append((member, str(proof)))
    return found


@needs("torch")
def test_torch_says_the_same_of_some(tmp_path):
    assert failures(pytorch, some_of_table(), tmp_path) == []


@needs("keras", "torch")
def test_keras_says_the_same_of_some(tmp_path):
    assert failures(keras, some_of_table(), tmp_path) == []


@pytest.mark.slow
@needs("keras", "torch")
def test_keras_says_the_same(tmp_path):
    assert failures(keras, table(), tmp_path) == []


@pytest.mark.slow
@needs("torch")
def test_torch_says_the_same(tmp_path):
    assert failures(pytorch, table(), tmp_path) == []


onnx_here = needs("onnx", "onnxruntime")


def session_of(content):
    import onnxruntime

    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


def refuted_by_onnx(members, folder):
    found = []
    for member in members:
        parts = parts_of(*member)
        (folder / "m.onnx").write_bytes(onnx.write(parts)[".onnx"])
        proof = onnx.prove({".onnx": folder / "m.onnx"}, parts)
        if not (proof.passed and proof.largest_difference <= allowed(parts)):
            found.append((member, str(proof)))
    return found


@onnx_here
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_onnx_says_the_same_of_each_decision(activation, tmp_path):
    """In one setting each, another one for the next activation."""
    first = list(ACTIVATIONS).index(activation)
    settings = list(itertools.islice(itertools.cycle(SETTINGS), first, first + len(DECISIONS)))
    members = [(activation, *pair) for pair in zip(DECISIONS, settings, strict=True)]
    assert refuted_by_onnx(members, tmp_path) == []


@pytest.mark.slow
@onnx_here
def test_onnx_says_the_same(tmp_path):
    assert refuted_by_onnx(table(), tmp_path) == []


def test_single_precision_scaling_would_fail():
    """What the table above guards against: float32 knows 1e6 + 0.03 only as 1e6 + 0 or 0.0625."""
    model = sample("tanh", "softmax")
    x = np.random.default_rng(1).uniform(1e6 - 20, 1e6 + 20, size=(200, D))
    rounded = x.astype(np.float32).astype(np.float64)
    difference = np.abs(model.predict_proba(x) - model.predict_proba(rounded)).max()
    assert difference > 100 * 1e-6


@onnx_here
@pytest.mark.parametrize("decision", ["softmax", "labels", "values"])
@pytest.mark.parametrize("n_rows", [0, 1, 1000])
def test_onnx_of_any_batch(decision, n_rows):
    model = sample("tanh", decision)
    session = session_of(onnx.write(portable(model, name="m"))[".onnx"])
    x = np.random.default_rng(2).uniform(1e6 - 20, 1e6 + 20, size=(n_rows, D))
    figures, *names = session.run(None, {"features": x})
    assert figures.dtype == np.float64
    assert figures.shape == (n_rows, 2 if decision != "softmax" else 3)
    if n_rows:
        expected = model.prediction(x).mean
        assert np.abs(figures - expected).max() <= 1e-6 * max(1, np.abs(expected).max())
    if names:
        assert names[0].tolist() == model.predict(x).tolist()


@onnx_here
def test_what_an_onnx_file_says():
    import onnx as library

    model = sample("gelu", "softmax")
    content = onnx.write(portable(model, name="m"))[".onnx"]
    found = library.load_from_string(content)
    assert (found.ir_version, found.opset_import[0].version) == (8, 17)
    assert [each.domain for each in found.opset_import] == [""]
    assert not any(tensor.external_data for tensor in found.graph.initializer)
    facts = {each.key: json.loads(each.value) for each in found.metadata_props}
    assert facts["classes"] == [HOSTILE, "b", "c"]
    assert facts["feature_names"] == ["x0", "x1", "x2"]
    assert facts["targets"] == ["t"]
    assert facts["digest"] == model.parameters.digest
    rows, expected = (np.array(facts["vectors"][key]) for key in ("rows", "expected"))
    said = session_of(content).run(["probabilities"], {"features": rows})[0]
    assert (np.abs(said - expected) <= facts["vectors"]["tolerances"]).all()
    assert "Predicts 't'" in found.doc_string
    assert {node.op_type for node in found.graph.node} >= {"Erf", "Softmax", "ReduceMean"}
    assert onnx.write(portable(model, name="m"))[".onnx"] == content


@onnx_here
def test_one_network_by_hand():
    """tanh(0.5 (x - 10) / 2 + 0.1) 3 - 1, in the target's units 100 + 7 a."""
    network = Network([Dense(1, "tanh"), Dense(1)], inputs=1)
    model = Model(
        network=network,
        parameters=network.start_from([[[[0.5]]], [[[3.0]]]], [[[0.1]], [[-1.0]]], "float64"),
        schema=Schema(columns=(Feature(name="x"),), target="y", kind="regression"),
        scalers=(Scaler(kind="standard", center=(10.0,), scale=(2.0,)),),
        target_scalers=(Scaler(kind="standard", center=(100.0,), scale=(7.0,)),),
        seeds=(0,), best=0, experiment={}, arithmetic="2", version="0.1.0",
    )  # fmt: skip
    session = session_of(onnx.write(portable(model, name="m"))[".onnx"])
    x = np.array([[10.0], [14.0], [-6.0]])
    inside = np.array([0.1, 1.1, -3.9])
    by_hand = 100 + 7 * (3 * np.tanh(inside) - 1)
    assert np.allclose(session.run(["value"], {"features": x})[0][:, 0], by_hand, atol=1e-12)


@onnx_here
def test_a_step_at_zero():
    """z is exactly 0 for x = 0, where the setting decides: 0.25 a + 0.25 for at_zero 0.5."""
    network = Network([Dense(1, "step", at_zero=0.5), Dense(1)], inputs=1)
    nothing = Scaler(center=(0.0,), scale=(1.0,))
    model = Model(
        network=network,
        parameters=network.start_from([[[[1.0]]], [[[0.25]]]], [[[0.0]], [[0.25]]]),
        schema=Schema(columns=(Feature(name="x"),), target="y", kind="regression"),
        scalers=(nothing,), target_scalers=(nothing,),
        seeds=(0,), best=0, experiment={}, arithmetic="2", version="0.1.0",
    )  # fmt: skip
    session = session_of(onnx.write(portable(model, name="m"))[".onnx"])
    found = session.run(None, {"features": np.array([[-1.0], [0.0], [1.0]])})[0]
    assert found[:, 0].tolist() == [0.25, 0.375, 0.5]


@onnx_here
def test_a_changed_onnx_file_is_refuted(tmp_path):
    import onnx as library

    parts = parts_of("tanh", "softmax", "ensemble")
    found = library.load_from_string(onnx.write(parts)[".onnx"])
    biases = next(each for each in found.graph.initializer if each.name == "biases.0")
    array = library.numpy_helper.to_array(biases).copy()
    array[0, 0, 0] += 0.01
    biases.CopyFrom(library.numpy_helper.from_array(array, "biases.0"))
    (tmp_path / "m.onnx").write_bytes(found.SerializeToString())
    proof = onnx.prove({".onnx": tmp_path / "m.onnx"}, parts)
    assert not proof.passed
    assert 1e-5 < proof.largest_difference < 0.01


@onnx_here
def test_an_onnx_file_with_other_names_is_refuted(tmp_path):
    import onnx as library

    parts = parts_of("tanh", "softmax", "ensemble")
    found = library.load_from_string(onnx.write(parts)[".onnx"])
    classes = next(each for each in found.graph.initializer if each.name == "classes")
    classes.string_data[:] = classes.string_data[::-1]
    (tmp_path / "m.onnx").write_bytes(found.SerializeToString())
    with pytest.raises(InternalError) as caught:
        onnx.prove({".onnx": tmp_path / "m.onnx"}, parts)
    assert (
        str(caught.value) == "export: onnxruntime names other classes than the model."
        " Please report it with what you did; SHOAL_DEBUG=1 shows where it happened."
    )


@onnx_here
def test_onnx_holds_no_more_than_two_gigabytes(monkeypatch):
    monkeypatch.setattr(onnx, "MAX_BYTES", 400)
    with pytest.raises(InputError) as caught:
        onnx.write(parts_of("tanh", "softmax", "ensemble"))
    assert str(caught.value) == (  # 3 networks of 15 + 5 + 20 + 12 + 3 numbers of 4 bytes
        "export: 660 bytes of weights are more than one ONNX file can hold. "
        "Give --network best for one network."
    )


def test_without_onnx(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError) as caught:
        onnx.write(parts_of("tanh", "softmax", "ensemble"))
    assert str(caught.value) == "onnx export needs the onnx package: pip install 'shoal[export]'."


@onnx_here
def test_without_onnxruntime(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert onnx.prove({".onnx": tmp_path / "m.onnx"}, parts_of("tanh", "one", "one")) is None


@pytest.mark.parametrize("module", [pytorch, keras], ids=["pytorch", "keras"])
def test_the_weights_beside_a_module(module, tmp_path):
    """Arrays only, under the names that the module reads; the source names no pickle."""
    [path] = written(module, [("tanh", "values", "ensemble")], tmp_path)
    with safe_open(path.with_name("m0" + module.WEIGHTS), "np") as file:
        names, about = sorted(file.keys()), file.metadata()
    layers = ["biases_0", "biases_2", "weights_0", "weights_1", "weights_2"]
    assert names == sorted(["center", "scale", "target_center", "target_scale", *layers])
    model = sample("tanh", "values")
    assert about == {"digest": model.parameters.digest}
    arrays = load_file(path.with_name("m0" + module.WEIGHTS))
    assert np.array_equal(arrays["weights_1"], model.parameters.weights[1])
    source = path.read_text("utf-8")
    assert "pickle" not in source
    assert "torch.load" not in source
    compile(source, str(path), "exec")


BAD_INPUT = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("m", sys.argv[1])
m = importlib.util.module_from_spec(spec)
spec.loader.exec_module(m)
network = m.load()
ask = m.said if hasattr(m, "said") else lambda network, rows: network(rows)
for rows in ([[1.0, 2.0]], [[1.0, float("nan"), 3.0]]):
    try:
        ask(network, rows)
    except ValueError as error:
        print(error)
print(m.predict(network, [row for row, _ in m.VECTORS]) == NAMES)
"""


def used(path, names):
    """What a module says to bad rows, and whether it names the classes rightly."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", BAD_INPUT.replace("NAMES", repr(names)), str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "module",
    [pytest.param(pytorch, marks=needs("torch"), id="pytorch"),
     pytest.param(keras, marks=[needs("keras", "torch"), pytest.mark.slow], id="keras")],
)  # fmt: skip
def test_a_module_in_use(module, tmp_path):
    [path] = written(module, [("tanh", "softmax", "ensemble")], tmp_path)
    parts = parts_of("tanh", "softmax", "ensemble")
    names = parts.model.predict(parts.vectors.x).tolist()
    assert used(path, names) == [
        "features must have shape (N, 3), one column for each of FEATURES; got (1, 2).",
        "features must be finite; got NaN or infinity.",
        "True",
    ]


@needs("torch")
def test_changed_weights_are_refuted(tmp_path):
    """By the self-test that the receiver runs, in one process with what `prove` asks."""
    member = ("tanh", "softmax", "ensemble")
    [path] = written(pytorch, [member], tmp_path)
    weights = path.with_name("m0.pt.safetensors")
    arrays = load_file(weights)
    arrays["biases_0"][0, 0, 0] += 0.01
    save_file(arrays, weights)
    [told] = run_modules(pytorch.PYTHON, [path], purpose="test")
    assert told["passed"] is False
    proof = proof_of(told, parts_of(*member))
    assert not proof.passed
    assert 1e-5 < proof.largest_difference < 0.01


@needs("torch")
def test_a_module_without_its_weights_says_so(tmp_path):
    [path] = written(pytorch, [("tanh", "softmax", "ensemble")], tmp_path)
    weights = path.with_name("m0.pt.safetensors")
    weights.unlink()
    done = subprocess.run([*pytorch.PYTHON, str(path)], capture_output=True, text=True, check=False)
    told = f"m: REFUTED: No such file or directory: {weights}\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_a_self_test_that_fails_refutes():
    """Whatever figures it printed."""
    parts = parts_of("tanh", "softmax", "ensemble")
    told = {"runtime": "torch 2", "figures": parts.vectors.expected.tolist(), "passed": False}
    assert not proof_of(told, parts).passed
    assert proof_of(told | {"passed": True}, parts).passed


@onnx_here
def test_export_proves_itself(tmp_path):
    done = shoal.export(sample("silu", "one"), tmp_path / "m.onnx")
    assert done.proof.passed
    assert done.proof.runtime.startswith("onnxruntime ")
    assert [path.name for path in done.paths] == ["m.onnx"]
