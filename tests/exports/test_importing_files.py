"""Files to import that are damaged, hostile, or not what they seem: one sentence, and no model."""

import io
import json
import re
import struct
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from safetensors.numpy import save, save_file

import shoal
from shoal import import_model
from shoal.errors import ArgumentError, InputError, MissingExtraError, ModelFileError

CASES = json.loads((Path(__file__).parents[1] / "cases" / "neuro_networks.json").read_text())
KERNEL, BIAS = np.arange(6.0).reshape(3, 2), np.array([0.5, -0.5])


def dense(name="dense", units=2, activation="linear", **more):
    config = {"name": name, "units": units, "activation": activation, "use_bias": True} | more
    return {"class_name": "Dense", "config": config}


def configuration(*layers, inputs=3):
    first = {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, inputs]}}
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [first, *layers]}}


def weights_file(fill=None):
    """The bytes of model.weights.h5 for one layer of 3 to 2; `fill(group)` writes other things."""

    def usual(group):
        group["layers/dense/vars/0"], group["layers/dense/vars/1"] = KERNEL, BIAS

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        (fill or usual)(file)
    return buffer.getvalue()


def keras_file(path, config=None, weights=None, more=()):
    document = config if isinstance(config, bytes) else json.dumps(
        configuration(dense()) if config is None else config).encode()  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", document)
        archive.writestr("model.weights.h5", weights_file() if weights is None else weights)
        for name, content in more:
            archive.writestr(name, content)
    return path


def refused(path, **wishes):
    """Return what is said of a file, without its name in front."""
    with pytest.raises(ModelFileError) as caught:
        import_model(path, **wishes)
    told = str(caught.value)
    assert told.startswith(f"{path}: ")
    assert "\n" not in told
    return told.removeprefix(f"{path}: ")


def test_a_keras_file_made_by_hand(tmp_path):
    """x @ kernel + bias: [1, 2, 3] gives 0 + 4 + 12 + 0.5 and 1 + 6 + 15 - 0.5."""
    model = import_model(keras_file(tmp_path / "m.keras"), target=["a", "b"])
    assert model.predict([[1.0, 2.0, 3.0]]).tolist() == [[16.5, 21.5]]


def test_a_keras_file_of_before(tmp_path):
    """Keras before 3 called the group of layers otherwise, as the reader of Keras 3 knows."""

    def fill(file):
        for i, array in enumerate((KERNEL, BIAS)):
            file[f"_layer_checkpoint_dependencies/dense/vars/{i}"] = array

    model = import_model(keras_file(tmp_path / "m.keras", weights=weights_file(fill)))
    assert model.predict([[1.0, 2.0, 3.0]]).tolist() == [[16.5, 21.5]]


NO_ZIP = "is not a Keras file, or damaged: it is no sound zip archive."
NOT_ZIP = f"{NO_ZIP} Bring the file again, or train it anew."


def test_what_is_no_zip(tmp_path):
    path = tmp_path / "m.keras"
    cure = " Save it again: model.save('NAME.keras')."
    for content in (b"", b"\x89HDF\r\n\x1a\n" + bytes(100), b"PK\x05\x06"):
        path.write_bytes(content)
        assert refused(path) == NO_ZIP + cure
    whole = keras_file(tmp_path / "whole.keras").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refused(path) == NO_ZIP + cure
    path.write_bytes(whole[: len(whole) // 2] + whole[-200:])
    assert refused(path).startswith("is")


def test_members_that_are_missing_twice_or_too_many(tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", b"{}")
    cure = "Save it again: model.save('NAME.keras')."
    holds = "is not a Keras file: it holds"
    assert refused(path) == f"{holds} 0 times model.weights.h5, not once. {cure}"
    with pytest.warns(UserWarning, match="Duplicate name"):
        keras_file(path, more=[("config.json", b"{}")])
    assert refused(path) == f"{holds} 2 times config.json, not once. {cure}"
    keras_file(path, more=[(f"assets/{i}", b"") for i in range(1000)])
    assert (
        refused(path) == "has more than 1,000 members, or more than a Keras file needs."
        " Import dense layers and scalers alone."
    )


def test_a_member_that_unpacks_to_far_more(tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * 5_000_000)
        archive.writestr("model.weights.h5", weights_file())
    found = refused(path)
    packed = re.fullmatch(
        r"has config.json that would unpack to 5,000,000 bytes out of ([\d,]+)\. Import.*", found
    )
    assert packed is not None
    assert int(packed[1].replace(",", "")) < 50_000


def test_a_member_that_lies_about_its_size(tmp_path):
    """The list of members says less than there is; no more than that is unpacked."""
    path = keras_file(tmp_path / "m.keras")
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x01\x02", 0, content.rfind(b"PK\x01\x02"))  # of config.json
    size = struct.unpack_from("<I", content, at + 24)[0]
    struct.pack_into("<I", content, at + 24, size - 10)
    path.write_bytes(bytes(content))
    assert refused(path) in (
        NOT_ZIP,
        "is damaged: config.json has not the size that it says."
        " Bring the file again, or train it anew.",
    )


def test_an_encrypted_member(tmp_path):
    path = keras_file(tmp_path / "m.keras")
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(mark) + offset] |= 1
    path.write_bytes(bytes(content))
    assert refused(path) == "is encrypted: config.json. Bring the file again, or train it anew."


def test_configurations(tmp_path):
    one = configuration(dense())
    layers = one["config"]["layers"]
    lambda_layer = {"class_name": "Lambda", "config": {"name": "l", "function": "os.system"}}
    known = ("Known: Dense, Activation, ReLU, LeakyReLU, ELU, Softmax, Normalization, Rescaling, "
             "BatchNormalization, Flatten, Dropout, GaussianNoise.")  # fmt: skip
    own = {"module": "builtins", "class_name": "function", "config": "evil", "registered_name": "x"}
    names = ("Known: linear, relu, sigmoid, tanh, softmax, elu, selu, gelu, silu, swish, "
             "softplus, exponential, leaky_relu.")  # fmt: skip
    cases = [
        (b"{", "is damaged: its config.json is not JSON."
               " Bring the file again, or train it anew."),
        (b'{"a": 1, "a": 2}', "is damaged: its config.json has the key 'a' twice."
                              " Bring the file again, or train it anew."),
        (b'{"a": NaN}', "is damaged: its config.json holds NaN, which JSON cannot say."
                        " Bring the file again, or train it anew."),
        (b'{"a":' * 100 + b"1" + b"}" * 100,
         "is damaged: its config.json is nested more than 32 levels deep."
         " Bring the file again, or train it anew."),
        ({}, "is a Keras model of class no class; Sequential and Functional are known."
             " Import dense layers and scalers alone."),
        ({"class_name": "Evil", "config": {}},
         "is a Keras model of class 'Evil'; Sequential and Functional are known."
         " Import dense layers and scalers alone."),
        ({"class_name": "Sequential", "config": {"layers": []}},
         "is damaged: its configuration has no list of layers."
         " Bring the file again, or train it anew."),
        ({"class_name": "Sequential", "config": {"layers": [1]}},
         "is damaged: a layer of its configuration has no class or settings."
         " Bring the file again, or train it anew."),
        (configuration(lambda_layer, dense()),
         f"has the layer 'l' (Lambda), and no such layer can be imported. {known}"),
        (configuration(dense(activation=own)),
         f"has the layer 'dense' (Dense) with the activation 'evil', which shoal does not have. "
         f"{names}"),
        (configuration(dense(activation={"class_name": "Lambda"})),
         "has the layer 'dense' (Dense) with the activation 'a function in Python', which shoal "
         f"does not have. {names}"),
        (configuration(dense(units=10**9)),
         "has the layer 'dense' (Dense) without a number of units from 1 to 65536."
         " Import dense layers and scalers alone."),
        (configuration(dense(quantization_config={})),
         "has the layer 'dense' (Dense) with quantised or low-rank weights."
         " Import dense layers and scalers alone."),
        (configuration(dense(), inputs=None), "does not say how many inputs it has. "
         "Begin it with keras.Input((n,)) and save it again."),
        (configuration({"class_name": "ReLU", "config": {"name": "r"}}, dense()),
         "has the layer 'r' (ReLU) before its first dense layer, which no scaler can do."
         " Import dense layers and scalers alone."),
        (configuration(dense(activation="tanh"), {"class_name": "ReLU", "config": {"name": "r"}}),
         "has the layer 'r' (ReLU) behind another activation or a scaling, where no dense layer "
         "is between them. Import dense layers and scalers alone."),
        (configuration(dense(), {"class_name": "ReLU", "config": {"name": "r", "max_value": 6}}),
         "has the layer 'r' (ReLU) with a largest value or a threshold."
         " Import dense layers and scalers alone."),
        (configuration({"class_name": "Rescaling", "config": {"name": "r", "scale": 0}}, dense()),
         "has numbers in the layer 'r' (Rescaling) that are not finite."
         " Import dense layers and scalers alone."),
        (configuration(layers[0]), "has no dense layer."
         " Import dense layers and scalers alone."),
        ({"class_name": "Functional", "config": one["config"]},
         "has not one input, so it is no chain of dense layers."
         " Import dense layers and scalers alone."),
    ]  # fmt: skip
    for config, reason in cases:
        assert refused(keras_file(tmp_path / "m.keras", config)) == reason


def links(kind):
    def fill(file):
        file["layers/dense/vars/1"] = BIAS
        link = h5py.ExternalLink("/etc/passwd", "/a") if kind == "external" else h5py.SoftLink("/b")
        file["layers/dense/vars"]["0"] = link
        file["b"] = KERNEL

    return fill


def stored(**settings):
    def fill(file):
        file["layers/dense/vars/1"] = BIAS
        file.create_dataset("layers/dense/vars/0", **settings)

    return fill


def virtual(file):
    layout = h5py.VirtualLayout(shape=(3, 2), dtype="f8")
    layout[:] = h5py.VirtualSource("/etc/passwd", "a", shape=(3, 2))
    file.create_virtual_dataset("layers/dense/vars/0", layout)
    file["layers/dense/vars/1"] = BIAS


def test_weights(tmp_path):
    link = "points out of itself, with a link at 'layers/dense/vars/0'. That is refused."
    elsewhere = "keeps the array dense/0 elsewhere or in pieces. That is refused."
    secret = tmp_path / "secret"
    secret.write_bytes(KERNEL.tobytes())
    external = {"shape": (3, 2), "dtype": "f8", "external": [(str(secret), 0, 48)]}
    cases = [
        (links("external"), link),
        (links("soft"), link),
        (stored(**external), elsewhere),
        (virtual, elsewhere),
        (stored(data=KERNEL, chunks=(1, 1)), elsewhere),
        (stored(shape=(3, 2), dtype="f8"), "is damaged: the array dense/0 has 0 bytes."
                                           " Bring the file again, or train it anew."),
        (stored(shape=(3, 10**9), dtype="f8"),
         "is damaged: the array dense/0 must have shape (3, 2); got (3, 1000000000)."
         " Bring the file again, or train it anew."),
        (stored(data=h5py.Empty("f8")),
         "is damaged: the array dense/0 must have shape (3, 2); got nothing."
         " Bring the file again, or train it anew."),
        (stored(data=KERNEL.astype(int)),
         "has the array dense/0 of int64, not of floating-point numbers."
         " Import dense layers and scalers alone."),
        (stored(data=np.full((3, 2), "a", object)),
         "has the array dense/0 of object, not of floating-point numbers."
         " Import dense layers and scalers alone."),
        (stored(data=KERNEL * np.nan),
         "has NaN or infinity in the weights of the layer 'dense' (Dense)."
         " Import dense layers and scalers alone."),
        (lambda file: None, "is damaged: it has no arrays at 'layers'."
                            " Bring the file again, or train it anew."),
        (lambda file: file.create_group("layers/dense/vars/0"),
         "is damaged: it has no array at 'layers/dense/vars/0'."
         " Bring the file again, or train it anew."),
        (lambda file: file.create_dataset("layers", data=1.0),
         "is damaged: it has no arrays at 'layers/dense'."
         " Bring the file again, or train it anew."),
    ]  # fmt: skip
    for fill, reason in cases:
        path = keras_file(tmp_path / "m.keras", weights=weights_file(fill))
        assert refused(path) == reason
    path = keras_file(tmp_path / "m.keras", weights=weights_file()[:500])
    assert (
        refused(path) == "is damaged: its model.weights.h5 is no sound HDF5 file."
        " Bring the file again, or train it anew."
    )


def changed(content, rng, first):
    """A copy with some bytes changed, half of the time among the first."""
    copy = bytearray(content)
    places = rng.integers(min(len(copy), first) if rng.random() < 0.5 else len(copy), size=3)
    for place in places:
        copy[place] = rng.choice([0, 1, 8, 127, 255, rng.integers(256)])
    return bytes(copy)


def test_cut_and_changed_keras_files(tmp_path):
    """Whatever is damaged, it is a model with finite weights or an error of ours."""
    whole = keras_file(tmp_path / "whole.keras").read_bytes()
    rng = np.random.default_rng(0)
    path, n_refused = tmp_path / "m.keras", 0
    for _ in range(100):
        path.write_bytes(whole[: rng.integers(len(whole))])
        n_refused += _is_refused(path)
        path.write_bytes(changed(whole, rng, 1000))
        n_refused += _is_refused(path)
    assert n_refused > 100


def test_changed_arrays(tmp_path):
    """Inside a sound zip, so that nothing but HDF5 itself stands in the way."""
    rng = np.random.default_rng(0)
    path, n_refused = tmp_path / "m.keras", 0
    for _ in range(100):
        keras_file(path, weights=changed(weights_file(), rng, 2048))
        n_refused += _is_refused(path)
    assert 10 < n_refused < 100


def _is_refused(path):
    try:
        import_model(path)
    except InputError:
        return True
    return False


def test_without_h5py(tmp_path, monkeypatch):
    path = keras_file(tmp_path / "m.keras")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtraError) as caught:
        import_model(path)
    told = "reading a Keras file needs the h5py package: pip install 'shoal[export]'."
    assert str(caught.value) == told


def test_other_files_are_not_opened():
    """None of these is there: nothing is looked at but the name."""
    pickled = "may hold Python code that runs when it is read, and is not opened. "
    torch_cure = (
        "Save its weights: safetensors.torch.save_file(model.state_dict(), 'NAME.safetensors')."
    )
    sklearn_cure = (
        "Load it where you trust it, and hand the object over: "
        "shoal.import_model(estimator).save('NAME.safetensors')."
    )
    onnx = (
        "is ONNX, which shoal writes and never reads: its files can name other files, and is "
        "not opened. Import the Keras, PyTorch or scikit-learn network that it was made of."
    )
    for name, told in {
        "m.pt": pickled + torch_cure,
        "m.PTH": pickled + torch_cure,
        "m.pkl": pickled + sklearn_cure,
        "m.joblib": pickled + sklearn_cure,
        "m.onnx": onnx,
        "m.h5": "is Keras' old form, whose configuration can hold Python code, and is not opened. "
                "Save it again: keras.models.load_model(...).save('NAME.keras').",
        "m.txt": "cannot be imported: it must end in .keras, .safetensors, .json or .edn."
        " Give the file one of these endings.",
    }.items():  # fmt: skip
        assert refused(Path("/nowhere") / name) == told


def test_what_is_no_file(tmp_path):
    folder = tmp_path / "m.keras"
    folder.mkdir()
    assert refused(folder) == "is a folder. Name a file."
    with pytest.raises(InputError) as caught:
        import_model(tmp_path / "n.keras")
    assert str(caught.value) == (
        f"{tmp_path / 'n.keras'}: there is no such file. Did you mean '{folder}'?"
    )


STATE = {
    "fc1.weight": np.ones((4, 3), np.float32), "fc1.bias": np.zeros(4, np.float32),
    "fc2.weight": np.ones((2, 4), np.float32),
}  # fmt: skip


def state(tmp_path, tensors):
    path = tmp_path / "m.safetensors"
    save_file({name: np.ascontiguousarray(array) for name, array in tensors.items()}, path)
    return path


def test_a_state_dict_by_hand(tmp_path):
    """relu(1 + 2 + 3) in each of 4 units, whose sum is 24."""
    model = import_model(state(tmp_path, STATE), activations=["relu", "linear"], target=["a", "b"])
    assert model.predict([[1.0, 2.0, 3.0]]).tolist() == [[24.0, 24.0]]
    assert [layer.bias for layer in model.network.layers] == [True, False]


def test_state_dicts_that_are_something_else(tmp_path):
    three = {"w.weight": np.ones((2, 3, 4), np.float32)}
    batch = STATE | {"bn.weight": np.ones(4, np.float32), "bn.running_mean": np.ones(4, np.float32)}
    cure = "Import the module itself, shoal.import_model(sequential), which folds BatchNorm1d."
    cases = [
        ({"n": np.ones(3, np.float32)},
         f"has the tensor 'n', which is no weight or bias of a dense layer. {cure}"),
        (three, "has the weights 'w.weight' of 2 x 3 x 4, which is no dense layer."
                " Import dense layers and scalers alone."),
        (STATE | {"fc1.bias": np.ones(5, np.float32)},
         "is damaged: the bias of 'fc1' must have shape (4,); got (5,)."
         " Bring the file again, or train it anew."),
        ({"0.weight": np.ones((2, 3), np.int64)},
         "has the tensor '0.weight' of I64, not of floating-point numbers."
         " Import dense layers and scalers alone."),
        ({"0.weight": np.ones((0, 3), np.float32)},
         "has the weights '0.weight' without a single number."
         " Import dense layers and scalers alone."),
        ({"a.weight": np.ones((4, 3), np.float32), "b.weight": np.ones((2, 5), np.float32)},
         "has layers that do not fit one behind the other: 'a' 3 to 4, 'b' 5 to 2."
         " Import dense layers and scalers alone."),
        ({}, "has 0 dense layers; 1 to 64 can be imported."
             " Import dense layers and scalers alone."),
        ({"0.weight": np.ones((70_000, 1), "f4"), "1.weight": np.ones((2, 70_000), "f4")},
         "has the layer '0' of 70,000 inputs or units, more than 65,536."
         " Import dense layers and scalers alone."),
    ]  # fmt: skip
    for tensors, reason in cases:
        assert refused(state(tmp_path, tensors), activations=["relu", "relu"]) == reason
    assert refused(state(tmp_path, batch), activations=["relu"]).startswith("has the ")
    nan = STATE | {"fc2.weight": np.full((2, 4), np.inf, np.float32)}
    assert refused(state(tmp_path, nan), activations=["relu", "tanh"]) == (
        "has NaN or infinity in the weights of the layer 'fc2'."
        " Import dense layers and scalers alone."
    )


def test_activations_of_a_state_dict(tmp_path):
    path = state(tmp_path, STATE)
    assert refused(path) == (
        "names no activations for its layers (3 to 4, 4 to 2). "
        "Give 2: --activations relu,softmax (activations=[...])."
    )
    names = ("identity, step, sigmoid, tanh, relu, leaky_relu, elu, gelu, silu, softplus, "
             "exponential, softmax")  # fmt: skip
    cases = [
        (["relu"], "must be one for each layer (3 to 4, 4 to 2); got 1. Give as many as that."),
        (["relu", "sofmax"], f"must be of {names}; got 'sofmax'. Did you mean 'softmax'?"),
        (["relu:2", "tanh"],
         "must be a name, or one with a number as leaky_relu:0.2 and elu:1.5; got 'relu:2'."
         " Give a value of that kind."),
        (["elu:nan", "tanh"],
         "must be a name, or one with a number as leaky_relu:0.2 and elu:1.5; got 'elu:nan'."
         " Give a value of that kind."),
    ]  # fmt: skip
    for given, reason in cases:
        with pytest.raises(ArgumentError) as caught:
            import_model(path, activations=given)
        assert str(caught.value) == f"import_model: `activations` {reason}"


def test_the_order_of_layers(tmp_path):
    """Names that tell nothing and shapes that fit in two orders: it is asked for."""
    square = {f"{name}.weight": k * np.eye(3, dtype=np.float32) for k, name in enumerate("ab", 1)}
    square["a.bias"] = np.ones(3, np.float32)
    path = state(tmp_path, square)
    linear = ["identity", "identity"]
    assert refused(path, activations=linear) == (
        "has layers whose order their names do not tell: 'a', 'b'. "
        'Give it: --layers first,second (layers=["first", "second"]).'
    )
    x = [[1.0, 0.0, 0.0]]
    first = import_model(path, activations=linear, layers=["a", "b"])
    assert first.predict(x).tolist() == [[4.0, 2.0, 2.0]]  # 2 (x + 1)
    second = import_model(path, activations=linear, layers=["b", "a"])
    assert second.predict(x).tolist() == [[3.0, 1.0, 1.0]]  # 2 x + 1
    for layers, reason in {
        ("a", "c"): "must be 'a', 'b', in order; got 'c'. Choose one of the names that are known.",
        ("a",): "must name each of 'a', 'b' once; got 'a'. Give as many as that.",
        ("a", "a"): "must name each of 'a', 'b' once; got 'a', 'a'. Give as many as that.",
    }.items():
        with pytest.raises(ArgumentError) as caught:
            import_model(path, activations=linear, layers=layers)
        assert str(caught.value) == f"import_model: `layers` {reason}"


def test_many_layers_that_fit_in_any_order(tmp_path):
    """64 square layers whose names tell nothing: asked for at once, not after 64! tries."""
    letters = [f"{a}{b}" for a in "abcdefgh" for b in "abcdefgh"]
    path = state(tmp_path, {f"{name}.weight": np.eye(2, dtype=np.float32) for name in letters})
    assert refused(path, activations=["relu"] * 64).startswith("has layers whose order their names")
    numbered = {f"{i}.weight": np.eye(2, dtype=np.float32) for i in range(64)}
    assert len(import_model(state(tmp_path, numbered), activations=["relu"] * 64).network.layers)


def test_damaged_safetensors(tmp_path):
    path = tmp_path / "m.safetensors"
    whole = save(STATE)
    for content in (b"", b"1234567", whole[:40], (2**40).to_bytes(8, "little") + whole[8:]):
        path.write_bytes(content)
        assert (
            refused(path) == "is cut off, or not a safetensors file."
            " Bring the file again, or train it anew."
        )
    path.write_bytes((2).to_bytes(8, "little") + b"[]")
    assert (
        refused(path) == "is not a safetensors file, or damaged: its header is not an object."
        " Bring the file again, or train it anew."
    )
    path.write_bytes(whole[:-4])
    assert refused(path).startswith("is damaged, says safetensors: ")


def test_a_model_of_shoal(tmp_path):
    model = import_model(state(tmp_path, STATE), activations=["relu", "softmax"])
    model.save(tmp_path / "own.safetensors")
    assert refused(tmp_path / "own.safetensors", activations=["relu", "softmax"]) == (
        "is a shoal model already. Use it as it is: shoal predict, evaluate."
    )


EDN = """; trained by random search
{:nodes [2, 2 1]
 :weights [[[1.0 -2.0] [0.5 3]] [[1] [2e0]]]
 :func :tanh, :steps 40900}
"""


def test_edn(tmp_path):
    """tanh(tanh(a + b/2) + 2 tanh(3b - 2a)) for a = 0.5, b = 1."""
    path = tmp_path / "m.edn"
    path.write_text(EDN)
    model = import_model(path, features=["a", "b"])
    by_hand = np.tanh(np.tanh(1.0) + 2 * np.tanh(2.0))
    assert abs(model.predict([[0.5, 1.0]])[0] - by_hand) < 1e-15
    for other in ('"tanh"', "tanh"):
        path.write_text(EDN.replace(":tanh", other))
        assert np.array_equal(import_model(path).parameters.flat, model.parameters.flat)


@pytest.mark.parametrize("name", ["random_search", "numerical_gradient"])
def test_published_networks(name, tmp_path):
    """Their published losses and accuracies on neuro_points.csv, the third input being 1."""
    case = CASES[name]
    path = tmp_path / "m.json"
    path.write_text(json.dumps(case))
    model = import_model(path)
    assert model.schema.kind == "classification"
    points = np.loadtxt(Path(__file__).parents[1] / "cases" / "neuro_points.csv", delimiter=",",
                        skiprows=1)  # fmt: skip
    x = np.column_stack([points[:, :2], np.ones(len(points))])
    p, y = model.predict_proba(x)[:, 1], points[:, -1]
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    assert abs(loss - case["loss"]) < 1e-6
    assert np.mean((p > 0.5) == (y == 1)) == case["accuracy"]
    numbers = json.dumps(case["weights"]).replace(",", "")
    (tmp_path / "m.edn").write_text(f"{{:nodes [3 6 1] :weights {numbers} :func :logistic}}")
    again = import_model(tmp_path / "m.edn")
    assert np.array_equal(again.predict_proba(x), model.predict_proba(x))
    from_object = import_model(case)
    assert np.array_equal(from_object.predict_proba(x), model.predict_proba(x))


def test_hostile_edn(tmp_path):
    deep = "[" * 33 + "]" * 33
    tagged = (
        "tagged values, sets and metadata have no place in a network."
        " Import dense layers and scalers alone."
    )
    cases = [
        ("", "holds 0 values; a single map is needed."
             " Import dense layers and scalers alone."),
        ("{} {}", "holds 2 values; a single map is needed."
                  " Import dense layers and scalers alone."),
        ("[1 2]", "is not a map: {:nodes [...] :weights [...] :func :logistic} is needed."
                  " Name a model that shoal wrote, such as best.safetensors."),
        ("{:nodes [1 2]", "ends in the middle: a bracket is not closed."
                          " Bring the file again, or train it anew."),
        ("{:nodes [1 2)}", "is not EDN: a ) closes nothing."
                           " Bring the file again, or train it anew."),
        ('{:func "tanh', "is not EDN: a text in it does not end, or has a backslash."
                         " Bring the file again, or train it anew."),
        ("{:nodes}", "is not EDN. Bring the file again, or train it anew."),
        ('{:a #inst "1985-04-12"}', f"holds '#inst'; {tagged}"),
        ("{:a #{1 2}}", f"holds '#'; {tagged}"),
        ("{:a ^:b [1]}", f"holds '^:b'; {tagged}"),
        ("{:nodes [1] :nodes [2]}", "has the key ':nodes' twice."
         " Import dense layers and scalers alone."),
        (f"{{:a {deep}}}", "is nested more than 32 levels deep."
                           " Import dense layers and scalers alone."),
        ("{:a " + "1" * 500 + "}", "holds a value of 500 characters."
                                      " Import dense layers and scalers alone."),
        ("[" + "1 " * 2**20 + "]", "has more than 1,048,576 values."
                                      " Import dense layers and scalers alone."),
        ("{:nodes [2 1] :func :tanh}",
         "has no 'weights'; nodes, weights and func are needed."
         " Import dense layers and scalers alone."),
        ("{:nodes [2 1] :weights [[[1]]] :func :tanh}",
         "is no network: its `weights[0]` must have shape (2, 1) in layer 1; got (1, 1)."
         " Name a model that shoal wrote, such as best.safetensors."),
        ("{:nodes [2 1] :weights [[[1] [nil]]] :func :tanh}",
         "is no network: its `weights[0]` must be finite; got infinity or NaN."
         " Name a model that shoal wrote, such as best.safetensors."),
        ("{:nodes [2 1] :weights [[[1] [" + "9" * 390 + "]]] :func :tanh}",
         "is no network: it holds a whole number that no float can hold."
         " Name a model that shoal wrote, such as best.safetensors."),
        ("{:nodes [2 1] :weights [[[1] [2]]] :func :cos}",
         "is no network: its `func` must be one of logistic, step, identity, tanh, relu; "
         "got 'cos'." " Name a model that shoal wrote, such as best.safetensors."),
        ("{:nodes [2.5 1] :weights [[[1] [2]]] :func :tanh}",
         "is no network: its `nodes` must be 2 to 65 whole numbers from 1 to 65536; "
         "got [2.5, 1]." " Name a model that shoal wrote, such as best.safetensors."),
    ]  # fmt: skip
    for text, reason in cases:
        (tmp_path / "m.edn").write_text(text)
        assert refused(tmp_path / "m.edn") == reason
    (tmp_path / "m.edn").write_bytes(b"{:func \xff}")
    assert (
        refused(tmp_path / "m.edn")
        == "is not EDN: it is not UTF-8. Bring the file again, or train it anew."
    )


def test_without_edn_format(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "edn_format", None)
    (tmp_path / "m.edn").write_text(EDN)
    with pytest.raises(MissingExtraError) as caught:
        import_model(tmp_path / "m.edn")
    assert str(caught.value) == (
        "reading EDN needs the edn_format package: pip install 'shoal[export]'."
    )


def test_json_that_is_no_network(tmp_path):
    path = tmp_path / "m.json"
    for text, reason in {
        "": "is not a network: it is not JSON."
        " Name a model that shoal wrote, such as best.safetensors.",
        "[1]": "is not a network: it is not an object."
        " Name a model that shoal wrote, such as best.safetensors.",
        '{"nodes": [2, 1]}': "has no 'weights'; nodes, weights and func are needed."
        " Import dense layers and scalers alone.",
        '{"func": "tanh", "nodes": [1e400], "weights": 1}':
            "is not a network: it holds inf, which JSON cannot say."
            " Name a model that shoal wrote, such as best.safetensors.",
    }.items():  # fmt: skip
        path.write_text(text)
        assert refused(path) == reason


def test_wishes_that_do_not_fit(tmp_path):
    path = keras_file(tmp_path / "m.keras")
    cases = [
        ({"features": ["a"]}, "`features` must have a name for each of 3 inputs; got 1."
                              " Give as many as that."),
        ({"features": ["a", "b", "a"]},
         "`features` must be names that differ and are not empty; got 'a' twice."
         " Name each one once."),
        ({"features": ["a", "", "b"]},
         "`features` must be names that differ and are not empty; got ''. Name each one once."),
        ({"target": "y"}, "`target` must have a name for each of 2 targets; got 1."
                          " Give as many as that."),
        ({"kind": "regression", "classes": ["a", "b"]},
         "`classes` must be left out for numbers; got 2 classes. "
         'Leave them out, or give kind="classification".'),
        ({"kind": "guess"},
         "`kind` must be one of classification, multilabel, regression; got 'guess'."
         " Choose one of the names that are known."),
        ({"classes": ["a"], "logits": True},
         "`classes` must have a name for each of 2 classes; got 1. Give as many as that."),
        ({"kind": "regression", "logits": True},
         "`logits` must be False for numbers; got True. "
         'Give kind="classification" or "multilabel", or leave logits out.'),
        ({"activations": ["relu"]},
         "`activations` must be left out, since the source names its own; got relu."
         " Give what belongs to it."),
        ({"features": [1, 2, 3]}, "`features` must be names; got 1. Give a value of that kind."),
    ]  # fmt: skip
    for wishes, reason in cases:
        with pytest.raises(ArgumentError) as caught:
            import_model(path, **wishes)
        assert str(caught.value) == f"import_model: {reason}"
    assert refused(path, classes=["a", "b"]) == (
        "ends in a linear layer, so its outputs may be logits. Give logits=True (--logits) to put "
        "softmax or sigmoid on it, or logits=False (--no-logits) if its outputs are near 0 and 1."
    )


def test_logits_of_labels_and_of_one_output(tmp_path):
    """sigmoid(16.5 - 16) and sigmoid(21.5 - 21) for [1, 2, 3] less the bias; one for --kind."""
    path = keras_file(tmp_path / "m.keras", weights=weights_file(
        stored(data=KERNEL * 0.01)))  # fmt: skip
    labels = import_model(path, kind="multilabel", logits=True, classes=["no", "yes"])
    z = np.array([[0.04 + 0.12 + 0.5, 0.01 + 0.06 + 0.15 - 0.5]])
    assert np.allclose(labels.predict_proba([[1.0, 2.0, 3.0]]), 1 / (1 + np.exp(-z)), atol=1e-15)
    assert labels.schema.label_classes == (("no", "yes"),) * 2
    plain = import_model(path, classes=["a", "b"], logits=False)
    assert plain.network.layers[-1].activation == "identity"


def test_what_is_no_network():
    for source, told in [
        (42, "the int cannot be imported. Known: MLPClassifier, MLPRegressor, "
             "torch.nn.Sequential, Keras models, and files."),
        ({"nodes": [1, 1]}, "the dictionary has no 'weights'; nodes, weights and func are needed."
                            " Import dense layers and scalers alone."),
    ]:  # fmt: skip
        with pytest.raises(InputError) as caught:
            import_model(source)
        assert str(caught.value) == f"import_model: {told}"


def test_names_of_all_sorts_survive(tmp_path):
    names = ["</script>", 'a"b\nc', "\u202eabc🐟"]
    model = import_model(keras_file(tmp_path / "m.keras"), features=names, target=["花", "b\x00"])
    model.save(tmp_path / "m.safetensors")
    again = shoal.load(tmp_path / "m.safetensors")
    assert again.schema.feature_names == tuple(names)
    assert again.schema.targets == ("花", "b\x00")
