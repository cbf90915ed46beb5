"""The model file: the same bits back, and every way in which a file can be wrong."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from shoal.data.scaling import Scaler
from shoal.errors import InputError, MissingFileError, ModelFileError, OutputExistsError
from shoal.models import container, load_model, save_model
from shoal.network import ACTIVATIONS, Dense, Input, Network, Scaled

Change = Callable[[dict[str, Any], dict[str, np.ndarray], dict[str, str]], None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.shoal"


@pytest.fixture
def saved(coin, path: Path) -> Path:
    """The file of a small model: one tensor weights.0 (2, 1, 1), float64."""
    coin().save(path)
    return path


def change(path: Path, edit: Change) -> None:
    """Rewrite the file at `path`, its header, tensors and metadata changed by `edit`."""
    content = path.read_bytes()
    tensors = {name: array.copy() for name, array in load(content).items()}
    n_header = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + n_header])["__metadata__"]
    header = json.loads(metadata["shoal"])
    edit(header, tensors, metadata)
    if "shoal" in metadata:
        metadata["shoal"] = json.dumps(header)
    path.write_bytes(save(tensors, metadata=metadata or None))


def refusal(path: Path | str) -> str:
    with pytest.raises(ModelFileError) as caught:
        load_model(path)
    source = str(path)
    assert str(caught.value).startswith(f"{source}: ")
    assert "\n" not in str(caught.value)
    return str(caught.value)[len(source) + 2 :]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_the_same_bits_come_back(drawn, rows, path, activation, dtype) -> None:
    network = Network(
        [
            Dense(3, activation, bias=False, initializer=Scaled("he_normal")),
            Dense(2, "leaky_relu", alpha=0.3),
            Dense(3, "softmax"),
        ],
        inputs=["a", Input("b", 2)],
    )
    own = [Scaler(center=(i / 3, 0.1, 0.0), scale=(1.0, 2.0, 0.7)) for i in range(4)]
    model = drawn(
        network, 4, ("a", "ü", 'c"\n'), dtype, scalers=own, multiply=0.1, add=1 / 3, best=3
    )
    save_model(model, path)
    back = load_model(path)
    assert back.parameters.flat.dtype == np.dtype(dtype)
    assert back.parameters.flat.tobytes() == model.parameters.flat.tobytes()
    parts = ("network", "schema", "scalers", "target_scalers", "multiply", "add", "seeds", "best")
    for part in (*parts, "experiment", "arithmetic", "version"):
        assert getattr(back, part) == getattr(model, part)
    x = rows(20, 3)
    assert back.outputs(x).tobytes() == model.outputs(x).tobytes()
    assert back.predict_proba(x).tobytes() == model.predict_proba(x).tobytes()


def test_the_same_model_is_the_same_file(coin, path, tmp_path) -> None:
    coin(experiment={"a": 1, "b": [2]}).save(path)
    coin(experiment={"b": [2], "a": 1}).save(tmp_path / "b")
    load_model(path).save(tmp_path / "c")
    digests = {hashlib.sha256((tmp_path / n).read_bytes()).digest() for n in ("a.shoal", "b", "c")}
    assert len(digests) == 1


def test_the_file_is_plain_safetensors(saved) -> None:
    tensors = load(saved.read_bytes())
    assert {name: (t.shape, str(t.dtype)) for name, t in tensors.items()} == {
        "weights.0": ((2, 1, 1), "float64")
    }
    assert tensors["weights.0"][1, 0, 0] == 0.0


def test_a_file_that_is_there_is_kept_unless_forced(coin, saved) -> None:
    with pytest.raises(OutputExistsError) as caught:
        coin().save(saved)
    assert str(caught.value) == f"{saved}: exists already. Give --force to replace it."
    coin(version="0.2.0").save(saved, force=True)
    assert load_model(saved).version == "0.2.0"


def test_nothing_is_half_written(coin, saved, monkeypatch) -> None:
    before = saved.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError) as caught:
        coin(version="0.2.0").save(saved, force=True)
    assert (
        str(caught.value) == f"{saved}: cannot be written: No space left on device."
        " Make room, or name a file elsewhere."
    )
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_what_no_file_can_hold_is_not_written(coin, path, monkeypatch) -> None:
    coin().save(path)
    n_header = int.from_bytes(path.read_bytes()[:8], "little")
    path.unlink()
    monkeypatch.setattr(container, "MAX_HEADER_BYTES", n_header - 1)
    with pytest.raises(InputError) as caught:
        coin().save(path)
    assert str(caught.value) == (
        f"{path}: is more than a model file can hold: its header would have {n_header:,} bytes. "
        "Save fewer networks: model[i].save(...)."
    )
    assert not path.exists()


def test_a_missing_file(saved) -> None:
    with pytest.raises(MissingFileError) as caught:
        load_model(saved.with_name("b.shoal"))
    folder = saved.parent
    assert str(caught.value) == (
        f"{folder}/b.shoal: there is no such file. Did you mean '{folder}/a.shoal'?"
    )


def test_places_that_are_no_files(tmp_path) -> None:
    assert refusal(tmp_path) == "is a folder. Name a file in it."
    assert refusal("/dev/zero") == "is not a regular file. Name a file."
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == "is not a regular file. Name a file."
    (tmp_path / "file").touch()
    assert (
        refusal(tmp_path / "file" / "a") == "cannot be read: Not a directory."
        " Look at its rights: ls -l shows them."
    )
    assert (
        refusal(tmp_path / ("a" * 300)) == "cannot be read: File name too long."
        " Look at its rights: ls -l shows them."
    )
    with pytest.raises(ModelFileError) as caught:
        load_model("a\0b")
    assert (
        str(caught.value) == "'a\\x00b': is not a file name: embedded null byte. Give another name."
    )


def test_a_forbidden_file(saved, monkeypatch) -> None:
    def forbid(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", forbid)
    assert (
        refusal(saved) == "cannot be read: Permission denied. Look at its rights: ls -l shows them."
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"",
            "is not a model file, or its beginning is damaged."
            " Name a model that shoal wrote, such as best.safetensors.",
        ),
        (
            b"1234567",
            "is not a model file, or its beginning is damaged."
            " Name a model that shoal wrote, such as best.safetensors.",
        ),
        (
            b"\xff" * 100,
            "is not a model file, or its beginning is damaged."
            " Name a model that shoal wrote, such as best.safetensors.",
        ),
        (
            b"x,y\n0,1\n1,0\n",
            "is not a model file, or its beginning is damaged."
            " Name a model that shoal wrote, such as best.safetensors.",
        ),
        (
            (50).to_bytes(8, "little") + b"{}",
            "is cut off, or not a model file: its header should have 50 bytes; got 2."
            " Name a model that shoal wrote, such as best.safetensors.",
        ),
        (
            (0).to_bytes(8, "little"),
            "is not a model file, or damaged: its header is not JSON."
            " Name a model that shoal wrote, such as best.safetensors.",
        ),
        (
            (10**6).to_bytes(8, "little") + b"[" * 10**6,
            "is not a model file, or damaged: its header is nested more than 32 levels deep."
            " Name a model that shoal wrote, such as best.safetensors.",
        ),
        (
            (2).to_bytes(8, "little") + b"{}",
            "is a file of tensors, but not a shoal model: it has no shoal header."
            " Bring the file again, or train it anew.",
        ),
        (
            (2**24 + 1).to_bytes(8, "little") + b" " * (2**24 + 1),
            "is not a model file, or its beginning is damaged."
            " Name a model that shoal wrote, such as best.safetensors.",
        ),
    ],
)
def test_other_files(path, content, message) -> None:
    path.write_bytes(content)
    assert refusal(path) == message


def test_other_peoples_tensors(path) -> None:
    path.write_bytes(save({"weights.0": np.zeros((2, 1, 1))}, metadata={"format": "pt"}))
    assert (
        refusal(path) == "is a file of tensors, but not a shoal model: it has no shoal header."
        " Bring the file again, or train it anew."
    )


def test_every_truncation_is_refused(saved) -> None:
    content = saved.read_bytes()
    for n in range(len(content)):
        saved.write_bytes(content[:n])
        refusal(saved)
    saved.write_bytes(content[:-3])
    assert (
        refusal(saved) == "is cut off: its tensors need 16 bytes; got 13."
        " Bring the file again, or train it anew."
    )
    saved.write_bytes(content + b"\0")
    assert (
        refusal(saved) == "is too long: its tensors need 16 bytes; got 17."
        " Bring the file again, or train it anew."
    )


def test_a_huge_file_is_refused_before_memory_is_taken(saved) -> None:
    with saved.open("r+b") as file:
        n_header = int.from_bytes(file.read(8), "little")
        file.truncate(8 + n_header + 10**12)  # sparse: a terabyte that takes no space
    assert (
        refusal(saved) == "is too long: its tensors need 16 bytes; got 1,000,000,000,000."
        " Bring the file again, or train it anew."
    )


def test_a_promise_of_huge_tensors_is_refused(saved) -> None:
    def edit(header, tensors, metadata) -> None:
        header["network"]["inputs"] = 60_000
        header["seeds"] = [1] * 100_000

    change(saved, edit)
    assert refusal(saved) == (
        "is damaged: the tensor 'weights.0' must have shape (100000, 60000, 1); got [2, 1, 1]."
        " Bring the file again, or train it anew."
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers(saved, value) -> None:
    def edit(header, tensors, metadata) -> None:
        tensors["weights.0"][1] = value

    change(saved, edit)
    assert (
        refusal(saved) == "is damaged: the tensor 'weights.0' holds NaN or infinity."
        " Bring the file again, or train it anew."
    )


def header_edit(*path: Any, value: Any) -> Change:
    """Return the edit that sets one value of the header; ``...`` leaves it out."""

    def edit(header: Any, tensors: Any, metadata: Any) -> None:
        for key in path[:-1]:
            header = header[key]
        if value is ...:
            del header[path[-1]]
        else:
            header[path[-1]] = value

    return edit


def tensor_edit(**new: np.ndarray | None) -> Change:
    def edit(header: Any, tensors: dict[str, np.ndarray], metadata: Any) -> None:
        for name, array in new.items():
            if array is None:
                del tensors[name.replace("_", ".")]
            else:
                tensors[name.replace("_", ".")] = array

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            header_edit("schema_version", value=4),
            "was made by a newer shoal: its format has version 4, "
            "and this shoal reads up to 3. Update it.",
        ),
        (
            header_edit("schema_version", value=True),
            "is damaged: its shoal header has no `schema_version`, a whole number from 1."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("schema_version", value=...),
            "is damaged: its shoal header has no `schema_version`, a whole number from 1."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("lambda", value="os.system"),
            "is damaged: its shoal header says at 'lambda': Extra inputs are not permitted."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("seeds", value=...),
            "is damaged: its shoal header says at 'seeds': Field required."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("seeds", 1, value=2**53),
            "is damaged: its shoal header says at 'seeds.1': "
            "Input should be less than or equal to 9007199254740991."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("seeds", 1, value=True),
            "is damaged: its shoal header says at 'seeds.1': Input should be a valid integer."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("seeds", value=[1, 2, 3]),
            "is damaged: the tensor 'weights.0' must have shape (3, 1, 1); got [2, 1, 1]."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("best", value=2),
            "is damaged: its shoal header says: best must be below 2; got 2."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("network", "inputs", value=None),
            "is damaged: its shoal header says: the network must know its inputs."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("network", "layers", 0, "activation", value="__import__"),
            "is damaged: its shoal header says at 'network.layers.0.activation': unknown "
            "activation '__import__'. Known names: identity, step, sigmoid, tanh, relu, "
            "leaky_relu, elu, gelu, silu, softplus, exponential, softmax.",
        ),
        (
            header_edit("network", "layers", 0, "units", value=10**9),
            "is damaged: its shoal header says at 'network.layers.0.units': "
            "Input should be less than or equal to 65536."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("scalers", value=[]),
            "is damaged: its shoal header says at 'scalers': "
            "Tuple should have at least 1 item after validation, not 0."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("scalers", 0, "scale", value=[0.0]),
            "is damaged: its shoal header says at 'scalers.0': "
            "Value error, scale must be above 0 for every feature."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("scalers", 0, "scale", value=[0.0] * 65_537),
            "is damaged: its shoal header has more than 65,536 columns in its scalers."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("schema", "columns", value=[0] * 300_000),
            "is damaged: its shoal header has more than 262,144 values beside seeds and scalers."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("scalers", value=[{"center": [0.0, 0.0], "scale": [1.0, 1.0]}]),
            "is damaged: its `scalers[0]` must have numbers for 1 columns; got 2."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("schema", "classes", value=["a"]),
            "is damaged: its `schema` must have at least two classes; got 1."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("multiply", value="1"),
            "is damaged: its shoal header says at 'multiply': Input should be a valid number."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("version", value="x" * 101),
            "is damaged: its shoal header says at 'version': "
            "String should have at most 100 characters."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("experiment", value=[]),
            "is damaged: its shoal header says at 'experiment': "
            "Input should be a valid dictionary."
            " Bring the file again, or train it anew.",
        ),
        (
            header_edit("experiment", "big", value=2**64),
            "is damaged: its shoal header holds a whole number beyond 2**63."
            " Bring the file again, or train it anew.",
        ),
        (
            tensor_edit(weights_0=None, other=np.zeros(2)),
            "has a tensor that is not ours, 'other'."
            " Name a model that shoal wrote, such as best.safetensors.",
        ),
        (
            tensor_edit(weights_0=None),
            "is damaged: the tensor 'weights.0' is missing."
            " Bring the file again, or train it anew.",
        ),
        (
            tensor_edit(weights_0=np.zeros((1, 2, 1))),
            "is damaged: the tensor 'weights.0' must have shape (2, 1, 1); got [1, 2, 1]."
            " Bring the file again, or train it anew.",
        ),
        (
            tensor_edit(weights_0=np.zeros((2, 1, 1), np.int64)),
            "is damaged: its tensors must all be F32 or F64; got 'I64'."
            " Bring the file again, or train it anew.",
        ),
        (
            lambda header, tensors, metadata: metadata.update(extra="x"),
            "has metadata that is not ours, 'extra'."
            " Name a model that shoal wrote, such as best.safetensors.",
        ),
        (
            lambda header, tensors, metadata: metadata.clear(),
            "is a file of tensors, but not a shoal model: it has no shoal header."
            " Bring the file again, or train it anew.",
        ),
    ],
)
def test_changed_files(saved, edit, message) -> None:
    change(saved, edit)
    assert refusal(saved) == message


def test_a_header_that_is_no_document(saved) -> None:
    for text, reason in [("{", "is not JSON"), ("[" * 10**5, "is nested more than 32 levels deep")]:
        saved.write_bytes(save({}, metadata={"shoal": text}))
        assert (
            refusal(saved) == f"is damaged: its shoal header {reason}."
            " Bring the file again, or train it anew."
        )


def test_tensors_of_two_precisions(make, path) -> None:
    network = Network([Dense(1)], inputs=1)
    make(network, network.start_from([[[[2.0]]]], [[[0.0]]])).save(path)

    def edit(header, tensors, metadata) -> None:
        tensors["bias.0"] = tensors["bias.0"].astype(np.float64)

    change(path, edit)
    assert (
        refusal(path) == "is damaged: its tensors must all be F32 or F64; got 'F32', 'F64'."
        " Bring the file again, or train it anew."
    )


def test_tensors_that_overlap(make, path) -> None:
    network = Network([Dense(1)], inputs=1)
    make(network, network.start_from([[[[2.0]]]], [[[0.0]]])).save(path)
    content = path.read_bytes()
    assert content.count(b'"data_offsets":[0,4]') == 1
    assert content.count(b'"data_offsets":[4,8]') == 1
    path.write_bytes(content.replace(b'"data_offsets":[4,8]', b'"data_offsets":[0,4]'))
    # the rest of the sentence is that of the library, which changes
    assert refusal(path).startswith("is damaged, says safetensors: ")


def test_more_memory_than_there_is(saved, monkeypatch) -> None:
    def greedy(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(container, "load", greedy)
    assert (
        refusal(saved) == "needs more memory than there is."
        " Close other programs, or use a machine with more memory."
    )


def test_changed_weights_are_noticed(saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    content[-7] ^= 1  # a low bit of a weight: still a finite number
    saved.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        load_model(saved)
    told = (
        "is damaged: its weights are not those that were saved."
        " Bring the file again, or train it anew."
    )
    assert str(caught.value) == f"{saved}: {told}"
