"""Whatever a document says: an experiment, or an error of ours; nothing else."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shoal.data.tasks import TASKS
from shoal.errors import ShoalError
from shoal.experiments import Experiment
from shoal.experiments.reading import override, read_document
from shoal.network import ACTIVATIONS, INITIALIZERS
from shoal.streams import MAX_SEED, STREAMS
from shoal.training import OPTIMIZERS

EXAMPLES = [
    path
    for path in sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))
    if "[sweep" not in path.read_text("utf-8")
]


def often(n: int) -> settings:
    """Return settings for n examples; the folder of a test may be used again and again."""
    again = [HealthCheck.function_scoped_fixture]
    return settings(max_examples=n, suppress_health_check=again, deadline=None)


WORDS = st.sampled_from([
    "seed", "data", "preprocess", "network", "training", "population", "streams", "task", "file",
    "target", "given", "samples", "batches", "stream", "validation", "test", "layers", "units",
    "activation", "alpha", "initializer", "inputs", "name", "width", "optimizer", "learning_rate",
    "loss", "batch_size", "epochs", "report_every", "size", "vary", "scaling", "drop", "features",
    *TASKS, *OPTIMIZERS, *INITIALIZERS, *ACTIVATIONS, *STREAMS, "full", "end", "int", "literal[",
])  # fmt: skip
VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5)
    | st.dates() | st.sampled_from([0, 1, -1, 10**30, "", "\ud800", 1e308, b"bytes"])
)  # fmt: skip
DOCUMENTS = st.dictionaries(
    WORDS | st.text(max_size=4),
    st.recursive(
        VALUES,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=5)
        ),
        max_leaves=12,
    ),
    max_size=5,
)


def check(document: dict[str, Any]) -> None:
    try:
        made = Experiment.read(document, source="a.toml")
    except ShoalError as error:
        text = str(error)
        assert text.startswith("a.toml")
        assert "Input should" not in text
        assert max(len(line) for line in text.splitlines()) < 1200
        return
    assert isinstance(made, Experiment)
    assert Experiment.read(made.document(), source="a.toml") == made


@often(300)
@given(DOCUMENTS)
def test_any_document(document: dict[str, Any]) -> None:
    check(document)


@st.composite
def nearly_right(draw: st.DrawFn) -> dict[str, Any]:
    """Return an example with one thing changed to anything."""
    document: Any = read_document(draw(st.sampled_from(EXAMPLES)))
    at: Any = document
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = draw(st.sampled_from(keys) if keys else st.just("x"))
        below = at[key] if keys else None
        if isinstance(below, dict | list) and below and draw(st.booleans()):
            at = below
            continue
        at[key] = draw(VALUES | DOCUMENTS | st.lists(VALUES, max_size=3))
        return dict(document)


@often(300)
@given(nearly_right())
def test_nearly_right_documents(document: dict[str, Any]) -> None:
    check(document)


@often(300)
@given(
    name=st.sampled_from(["a.toml", "a.json"]),
    text=st.text(max_size=60)
    | st.text(st.sampled_from("[]{}=\"\n.,:#'\\ae1_-+NaN"), max_size=40)
    | DOCUMENTS.map(lambda document: json.dumps(document, default=str)),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp932"]),
)
def test_any_text(tmp_path: Path, name: str, text: str, encoding: str) -> None:
    (tmp_path / name).write_bytes(text.encode(encoding, errors="replace"))
    said = ""
    try:
        Experiment.load(tmp_path / name)
    except ShoalError as error:
        said = str(error)
    assert said == "" or said.startswith(str(tmp_path / name))


PATHS = st.lists(WORDS | st.sampled_from(["0", "1", "7", "x", "²", " "]), min_size=1, max_size=5)
CHANGES = st.text(max_size=20) | st.builds(
    lambda path, value: f"{'.'.join(path)}={value}",
    PATHS,
    WORDS | st.integers() | st.floats() | st.booleans() | st.text(max_size=8)
    | st.sampled_from(["[1, 2]", "[a, b]", "{name='adam'}", "[[1]", "nan", "1\nx=2", "{", "'"]),
)  # fmt: skip


@often(400)
@given(path=st.sampled_from(EXAMPLES), changes=st.lists(CHANGES, max_size=4))
def test_any_changes(path: Path, changes: list[str]) -> None:
    try:
        document = override(read_document(path), changes)
    except ShoalError:
        return
    check(document)


NUMBERS = st.floats(min_value=-1e6, max_value=1e6, allow_subnormal=False)
POSITIVE = st.floats(min_value=1e-6, max_value=1e3)
SHARES = st.floats(min_value=0, max_value=0.4)


def table(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return tables with any of the keys."""
    return st.fixed_dictionaries({}, optional=values)


def named(name: str, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"name": st.just(name)}, optional=values)


RECIPE: dict[str, st.SearchStrategy[Any]] = {
    "label_noise": SHARES, "dummies": st.integers(0, 5), "multiply": POSITIVE, "add": NUMBERS,
}  # fmt: skip
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
DATA = (
    st.sampled_from(sorted(TASKS))
    | st.fixed_dictionaries(
        {"task": st.sampled_from(["greater", "circle", "moons", "spiral", "gaussians"])},
        optional={**RECIPE, "samples": st.integers(10, 999), "validation": SHARES, "test": SHARES},
    )
    | st.fixed_dictionaries(
        {"task": st.sampled_from(["or", "xor"])},
        optional={**RECIPE, "batches": st.integers(1, 99)},
    )
    | st.fixed_dictionaries(
        {"file": NAMES, "target": NAMES},
        optional={
            **RECIPE,
            "drop": st.lists(NAMES, max_size=3, unique=True),
            "missing": st.sampled_from(["error", "drop", "mean"]),
            "decimal": st.sampled_from([".", ","]),
            "encoding": st.just("cp932"),
        },
    )
)
BEGIN = (
    st.sampled_from([name for name in INITIALIZERS if name != "constant"])
    | named("constant", value=NUMBERS).filter(lambda one: "value" in one)
    | named("normal", mean=NUMBERS, stddev=POSITIVE)
)
LAYER = st.fixed_dictionaries(
    {"units": st.integers(1, 9)},
    optional={
        "activation": st.sampled_from(sorted(ACTIVATIONS)),
        "bias": st.booleans(),
        "initializer": BEGIN,
    },
)
OPTIMIZER = (
    st.sampled_from(sorted(OPTIMIZERS.keys() - {"python"}))  # which needs its function
    | named("sgd", learning_rate=POSITIVE)
    | named("momentum", momentum=SHARES)
    | named("adam", beta_1=SHARES, epsilon=POSITIVE)
)
SEED = st.integers(0, MAX_SEED)
VALID = table(
    seed=SEED,
    data=DATA,
    preprocess=table(scaling=st.sampled_from(["none", "standard", "minmax"])),
    network=st.fixed_dictionaries(
        {"layers": st.lists(LAYER, min_size=1, max_size=4)},
        optional={"initializer": BEGIN, "bias_initializer": BEGIN, "inputs": st.integers(1, 9)},
    ),
    training=table(
        optimizer=OPTIMIZER,
        loss=st.sampled_from(["binary_crossentropy", "squared_error"]),
        batch_size=st.integers(1, 99) | st.just("full"),
        epochs=st.integers(1, 99),
        report_every=st.integers(1, 99) | st.sampled_from(["epoch", "end"]),
        restore_best=st.just("validation_loss"),
    ),
    population=st.integers(1, 99)
    | table(size=st.integers(1, 99), vary=st.lists(st.sampled_from(sorted(STREAMS)), unique=True)),
    streams=table(data=SEED, init=SEED),
)


@often(200)
@given(document=VALID)
def test_valid_documents_come_back_equal(tmp_path: Path, document: dict[str, Any]) -> None:
    made = Experiment.read(document)
    assert Experiment.read(tomllib.loads(made.to_toml())) == made
    assert Experiment.read(json.loads(json.dumps(made.document()))) == made
    (tmp_path / "a.toml").write_text(made.to_toml(), encoding="utf-8", newline="")
    assert read_document(tmp_path / "a.toml") == made.document()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_comes_back_equal(path: Path) -> None:
    made = Experiment.read(read_document(path))
    assert Experiment.read(tomllib.loads(made.to_toml())) == made
    assert made.document() == Experiment.load(path).document()
