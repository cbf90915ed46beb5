"""Whatever the bytes are: a model that predicts finite numbers, or an error of ours."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.errors import ShoalError
from shoal.models import Model, load_model
from shoal.network import Dense, Network, Parameters

NETWORK = Network([Dense(2, "leaky_relu", alpha=0.1), Dense(1, "sigmoid", bias=False)], inputs=2)


def _valid() -> bytes:
    parameters = Parameters.stack([NETWORK.initialize(seed) for seed in range(3)])
    columns = (Feature(name="a", fill=0.5), Feature(name="b"))
    model = Model(
        network=NETWORK,
        parameters=parameters,
        schema=Schema(columns=columns, target="y", kind="classification", classes=("n", "y")),
        scalers=(Scaler(kind="standard", center=(0.5, -1.0), scale=(2.0, 0.1)),),
        target_scalers=(Scaler(center=(0.0,), scale=(1.0,)),),
        seeds=(1, 2, 3),
        best=1,
        experiment={"name": "fuzz", "training": {"epochs": 3}},
        arithmetic="1",
        version="0.1.0",
    )
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model")
        return (Path(folder) / "model").read_bytes()


VALID = _valid()
N_HEADER = int.from_bytes(VALID[:8], "little")
HEADER = json.loads(json.loads(VALID[8 : 8 + N_HEADER])["__metadata__"]["shoal"])
OUTER = json.loads(VALID[8 : 8 + N_HEADER])

Attempt = Callable[[bytes], Model | None]


@pytest.fixture(scope="module")
def attempt() -> Iterator[Attempt]:
    """Load bytes as a model file; the model must predict, or fail, as a model does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"

        def load_bytes(content: bytes) -> Model | None:
            path.write_bytes(content)
            try:
                model = load_model(path)
            except ShoalError as error:
                told = str(error)
            else:
                _check(model)
                return model
            assert "\n" not in told
            return None

        yield load_bytes


def _check(model: Model) -> None:
    assert np.isfinite(model.parameters.flat).all()
    assert len(model) == len(model.seeds) == model.parameters.n_networks
    x = np.zeros((2, len(model.schema.feature_names)))
    try:
        found = model.prediction(x)
    except ShoalError:
        return
    assert np.isfinite(found.mean).all()
    assert np.isfinite(found.disagreement).all()


def test_the_valid_file_loads(attempt: Attempt) -> None:
    assert attempt(VALID) is not None


@settings(max_examples=300)
@given(content=st.binary(max_size=300))
def test_any_bytes(attempt: Attempt, content: bytes) -> None:
    assert attempt(content) is None


@settings(max_examples=300)
@given(header=st.binary(max_size=300), data=st.binary(max_size=50))
def test_any_header(attempt: Attempt, header: bytes, data: bytes) -> None:
    assert attempt(len(header).to_bytes(8, "little") + header + data) is None


@settings(max_examples=500)
@given(bits=st.lists(st.integers(0, 8 * len(VALID) - 1), min_size=1, max_size=8))
def test_flipped_bits(attempt: Attempt, bits: list[int]) -> None:
    content = bytearray(VALID)
    for bit in bits:
        content[bit // 8] ^= 1 << (bit % 8)
    attempt(bytes(content))


@settings(max_examples=200)
@given(start=st.integers(0, len(VALID)), length=st.integers(1, 200), new=st.binary(max_size=20))
def test_cut_and_pasted(attempt: Attempt, start: int, length: int, new: bytes) -> None:
    attempt(VALID[:start] + new + VALID[start + length :])


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, 1, 2, 3, -1, 2**31, 2**53, 2**63, 10**400, 65_536, 1e308, 1e-320])
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.sampled_from(["n", "identity", "softmax", "none", "regression", "F32", "F64", "U8"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


def _paths(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Go through the places of every value in a document."""
    if path:
        yield path
    pairs = document.items() if isinstance(document, dict) else ()
    pairs = enumerate(document) if isinstance(document, list) else pairs
    for key, value in pairs:
        yield from _paths(value, (*path, key))


def _edited(document: Any, path: tuple[Any, ...], value: Any, action: str) -> Any:
    copy = json.loads(json.dumps(document))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    if action == "set":
        inner[path[-1]] = value
    elif action == "delete":
        del inner[path[-1]]
    elif isinstance(inner, list):
        inner.append(inner[path[-1]])
    else:
        inner[f"{path[-1]}x"] = inner[path[-1]]
    return copy


ACTIONS = st.sampled_from(["set", "set", "set", "delete", "repeat"])


@settings(max_examples=800)
@given(path=st.sampled_from(list(_paths(HEADER))), value=JSON, action=ACTIONS)
def test_edited_shoal_headers(attempt: Attempt, path: Any, value: Any, action: str) -> None:
    header = json.dumps(_edited(HEADER, path, value, action))
    attempt(save(load(VALID), metadata={"shoal": header}))


@settings(max_examples=400)
@given(path=st.sampled_from(list(_paths(OUTER))), value=JSON, action=ACTIONS)
def test_edited_tensor_headers(attempt: Attempt, path: Any, value: Any, action: str) -> None:
    header = json.dumps(_edited(OUTER, path, value, action)).encode()
    attempt(len(header).to_bytes(8, "little") + header + VALID[8 + N_HEADER :])


@settings(max_examples=200)
@given(
    values=st.lists(st.floats(width=32), min_size=24, max_size=24),
    scale=st.floats(min_value=0, exclude_min=True, allow_infinity=False),
    x=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2),
)
def test_any_weights(attempt: Attempt, values: list[float], scale: float, x: list[float]) -> None:
    header = _edited(HEADER, ("scalers", 0, "scale"), [scale, scale], "set")
    flat = np.array(values, np.float32).reshape(3, 8)
    header["digest"] = hashlib.sha256(flat.astype("<f4").tobytes()).hexdigest()
    tensors = {
        "weights.0": flat[:, :4].reshape(3, 2, 2),
        "bias.0": flat[:, 4:6],
        "weights.1": flat[:, 6:].reshape(3, 2, 1),
    }
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    model = attempt(save(tensors, metadata={"shoal": json.dumps(header)}))
    assert (model is not None) == bool(np.isfinite(flat).all())
    if model is None:
        return
    try:
        found = model.prediction([x])
    except ShoalError:
        return
    assert np.isfinite(found.mean).all()
