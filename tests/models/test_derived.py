"""Models with derived features: base columns are what people give and see."""

import json

import numpy as np
import pytest

import shoal
from shoal.errors import ArgumentError, DataError, ModelFileError
from shoal.models import evaluate
from shoal.models.importance.attribution import attribute
from shoal.models.importance.measuring import importance_of
from shoal.models.importance.slopes import slopes
from shoal.models.monitoring.unlikeness import unlike
from shoal.models.reach import too_far

TABLE = """a,b,colour,y
{rows}
"""
DERIVED = ("a^2", "a*b", "sin(b)")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("derived")
    rng = np.random.default_rng(0)
    rows = [
        f"{a:.3f},{b:.3f},{'red' if k % 3 else 'blue'},{int(a * a + b * b < 1.5)}"
        for k, (a, b) in enumerate(rng.uniform(-2, 2, (240, 2)))
    ]
    (folder / "table.csv").write_text(TABLE.format(rows="\n".join(rows)))
    document = {
        "data": {
            "file": "table.csv", "target": "y", "kind": "classification", "missing": "mean",
            "multiply": 0.5, "derived": list(DERIVED),
        },
        "preprocess": {"scaling": "standard"},
        "network": {
            "layers": [{"units": 4, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]
        },
        "training": {"optimizer": {"name": "adam", "learning_rate": 0.03}, "epochs": 30},
        "population": {"size": 3},
    }  # fmt: skip
    return shoal.Experiment.read(document, folder=folder).run()


@pytest.fixture(scope="module")
def model(run):
    return run.ensemble


X = np.array([[0.5, -1.0, 1.0, 0.0], [1.5, 0.25, 0.0, 1.0]])  # a, b, blue, red


def by_hand(model, x):
    """What the networks say: the recipe, the formulas and the scaling written out in NumPy."""
    seen = x * 0.5
    a, b = seen[:, 0], seen[:, 1]
    full = np.column_stack([seen, a * a, a * b, np.sin(b)])
    scaled = (full - np.array(model.scalers[0].center)) / np.array(model.scalers[0].scale)
    found = []
    for i in range(len(model)):
        one = model.parameters.astype("float64").member(i)
        hidden = np.tanh(scaled @ one.weights[0] + one.biases[0])
        found.append(1 / (1 + np.exp(-(hidden @ one.weights[1] + one.biases[1])[:, 0])))
    return np.mean(found, axis=0)


def test_the_arithmetic_is_that_of_the_formulas(model):
    assert model.schema.feature_names == ("a", "b", "colour=blue", "colour=red", *DERIVED)
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], by_hand(model, X), atol=1e-6)


def test_rows_by_name_and_frames_and_gaps(model):
    import pandas

    wanted = model.predict_proba(X).tolist()
    columns = {"colour": ["blue", "red"], "b": [-1.0, 0.25], "a": [0.5, 1.5]}
    assert model.predict_proba(columns).tolist() == wanted
    assert model.predict_proba(pandas.DataFrame(columns)).tolist() == wanted
    fill = model.schema.columns[0].fill
    gap = model.predict_proba({"a": [float("nan")], "b": [0.25], "colour": ["red"]})
    assert gap.tolist() == model.predict_proba([[fill, 0.25, 0.0, 1.0]]).tolist()
    with pytest.raises(DataError, match="the column 'a' is missing"):
        model.predict({"b": [1.0], "colour": ["red"], "a^2": [4.0]})


def test_derived_features_are_not_given(model):
    with pytest.raises(ArgumentError) as caught:
        model.predict(np.zeros((2, 7)))
    assert str(caught.value) == (
        "Model.predict: `x` must have shape (N, 4); got (2, 7). "
        "Leave the derived features out: they are computed."
    )


def test_what_training_saw_is_what_the_model_says(run, model):
    part = run.prepared.parts[0]
    rows = part.split.validation
    x = part.dataset.x[rows, :4] / 0.5
    found = np.mean(model.predict(x) == np.array(["0", "1"])[part.dataset.y[rows, 0].astype(int)])
    assert found >= 0.9


def test_the_file_carries_them(model, tmp_path):
    path = tmp_path / "m.safetensors"
    model.save(path)
    back = shoal.load(path)
    assert back.schema == model.schema
    assert back.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    header = read_header(path)
    assert header["schema_version"] == 3
    assert header["schema"]["derived"][1] == {"formula": "product", "of": ["a", "b"]}


def test_files_without_any_are_written_as_before(tmp_path):
    run = shoal.Experiment(
        data=shoal.tasks.greater(samples=50), training=shoal.Training(epochs=1), population=1
    ).run()
    run.best.save(tmp_path / "m.safetensors")
    header = read_header(tmp_path / "m.safetensors")
    assert header["schema_version"] == 2
    assert "derived" not in header["schema"]


def read_header(path):
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    return json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["shoal"])


@pytest.mark.parametrize(
    ("derived", "version"),
    [
        ([{"formula": "square", "of": ["colour"]}], 3),
        ([{"formula": "root", "of": ["a"]}], 3),
        ([{"formula": "square", "of": ["a"], "code": "x"}], 3),
        (None, 2),
    ],
)
def test_tampered_files_are_refused(model, tmp_path, derived, version):
    path = tmp_path / "m.safetensors"
    model.save(path)
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    head = json.loads(content[8 : 8 + size])
    inner = json.loads(head["__metadata__"]["shoal"])
    inner["schema_version"] = version
    if derived is not None:
        inner["schema"]["derived"] = derived
    head["__metadata__"]["shoal"] = json.dumps(inner)
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + size :])
    with pytest.raises(ModelFileError, match="is damaged"):
        shoal.load(path)


def test_slopes_equal_differences(model):
    h = 1e-6
    found = slopes(model, X, 1).gradients
    assert found.shape == (3, 2, 4)
    for k in range(2):  # the numbers
        step = np.zeros(4)
        step[k] = h
        up, down = slopes(model, X + step, 1).values, slopes(model, X - step, 1).values
        np.testing.assert_allclose(found[:, :, k], (up - down) / (2 * h), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("method", ["gradients", "shapley"])
def test_attributions_are_of_columns_and_add_up(model, method):
    found = attribute(model, {"a": 1.5, "b": 0.25, "colour": "red"}, method=method)
    assert [each.name for each in found.columns] == ["a", "b", "colour"]
    assert found.is_complete
    total = sum(each.attribution for each in found.columns)
    assert total == pytest.approx(found.value - found.baseline_value, abs=1e-3)


def test_importance_moves_columns_with_what_is_derived_of_them(run, model):
    part = run.prepared.parts[0]
    x, y = part.dataset.x[:, :4] / 0.5, part.dataset.y
    found = importance_of(model, x, np.array(model.schema.classes)[y[:, 0].astype(int)])
    assert sorted(each.name for each in found.columns) == ["a", "b", "colour"]
    falls = {each.name: each.rises["accuracy"].mean for each in found.columns}
    # the class is a^2 + b^2 < 1.5: without what is derived of it, a would hardly matter
    assert falls["a"] > 0.15
    assert falls["b"] > 0.15
    assert abs(falls["colour"]) < 0.1


def test_the_summary_knows_the_columns(model):
    assert len(model.summary.columns) == 3
    found = unlike(model, np.array([[90.0, 0.0, 0.0, 1.0], [0.5, 0.5, 0.0, 1.0]]))
    assert found.rows.tolist() == [True, False]


def test_rows_whose_derived_features_no_float_holds(model):
    x = np.array([[1e30, 0.0, 0.0, 1.0], [0.5, 0.5, 0.0, 1.0]])  # its square is beyond float32
    told = too_far(model, x)
    assert list(told) == [0]
    assert told[0].column == "a"
    assert told[0].reason == "a^2 has no value that float32 can hold once scaled."
    with pytest.raises(ArgumentError, match=r"feature 'a\^2'"):
        model.predict(x)


def test_evaluate_takes_tables_of_base_columns(model):
    import pandas

    frame = pandas.DataFrame(
        {"a": [0.1, 1.9, 0.2, -1.8], "b": [0.1, 1.9, 0.3, 1.7], "colour": ["red"] * 4,
         "y": [1, 0, 1, 0]}
    )  # fmt: skip
    found = evaluate(model, frame.drop(columns="y"), frame["y"].astype(str))
    assert found.accuracy == 1.0


def test_a_row_worked_through_the_model(model):
    found = model[0].trace({"a": [0.5], "b": [-1.0], "colour": ["blue"]})
    names = [each.name for each in found.inputs.shown]
    assert "a^2" in names
    raw = {each.name: each.raw for each in found.inputs.shown}
    assert raw["a^2"] == 0.0625  # (0.5 * 0.5)^2
