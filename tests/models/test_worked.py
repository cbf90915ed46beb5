"""What a model's trace says is what the model says, whatever its last layer and target are."""

import numpy as np
import pytest

import shoal
from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.errors import ArgumentError, DataError
from shoal.models import Model

COLUMNS = (Feature(name="a"), Feature(name="b"))
SCALER = Scaler(kind="standard", center=(1.0, -2.0), scale=(2.0, 0.5))


def made(layers, *, kind="classification", classes=("no", "yes"), n=1, dtype="float64", **more):
    network = shoal.Network(layers, inputs=2)
    n_outputs = layers[-1].units
    plain = Scaler(center=(0.0,) * n_outputs, scale=(1.0,) * n_outputs)
    target_scaler = more.pop("target_scaler", plain)
    named = (
        {"more_targets": tuple(f"t{k}" for k in range(1, n))} if kind != "classification" else {}
    )
    if kind == "multilabel":
        named["label_classes"] = (("off", "on"),) * n
    schema = Schema(columns=COLUMNS, target="t", kind=kind,
                    classes=classes if kind == "classification" else (), **named)  # fmt: skip
    parameters = shoal.Parameters.stack([network.initialize(k, dtype=dtype) for k in range(3)])
    return Model(
        network=network, parameters=parameters, schema=schema, scalers=(SCALER,),
        target_scalers=(target_scaler,), seeds=(0, 1, 2), best=1, arithmetic="2",
        version="0", **({"experiment": {}} | more),
    )  # fmt: skip


def hidden(units, activation):
    return [shoal.Dense(4, "tanh"), shoal.Dense(units, activation)]


CLASSIFIERS = {
    "sigmoid": made(hidden(1, "sigmoid")),
    "identity": made(hidden(1, "identity")),
    "hinge": made(hidden(1, "identity"), threshold=0.0),
    "two outputs": made(hidden(2, "softmax")),
    "softmax": made(hidden(3, "softmax"), classes=("x", "y", "z")),
    "shares": made(hidden(3, "sigmoid"), classes=("x", "y", "z")),
    "nearest": made(hidden(3, "identity"), classes=("x", "y", "z")),
    "hinge of three": made(hidden(3, "identity"), classes=("x", "y", "z"), threshold=0.0),
    "float32": made(hidden(3, "softmax"), classes=("x", "y", "z"), dtype="float32"),
}
ROWS = [[3.5, -1.0], [-4.0, 2.0], [0.25, -2.5]]


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("network", [0, 2])
def test_probabilities_and_classes_are_the_models(name, row, network):
    model = CLASSIFIERS[name]
    worked = model.trace([row], network=network)
    alone = model[network]
    wanted = alone.predict_proba([row])[0]
    said = {each.name: each.value for each in worked.output.answers}
    near = 1e-6 if name == "float32" else 1e-12
    assert list(said) == list(model.schema.classes)
    assert list(said.values()) == pytest.approx(wanted.tolist(), abs=near)
    assert worked.output.answer == alone.predict([row])[0]


def test_labels():
    model = made(hidden(2, "sigmoid"), kind="multilabel", n=2)
    worked = model.trace([ROWS[0]])
    p = model[1].predict_proba([ROWS[0]])[0]
    assert [each.value for each in worked.output.answers] == pytest.approx(p.tolist())
    wanted = ", ".join(
        f"{t} = {'on' if v > 0.5 else 'off'}" for t, v in zip(("t", "t1"), p, strict=True)
    )
    assert worked.output.answer == wanted


def test_values_in_their_own_units():
    scaler = Scaler(kind="standard", center=(100.0, -5.0), scale=(20.0, 3.0))
    model = made(hidden(2, "identity"), kind="regression", n=2, target_scaler=scaler)
    worked = model.trace([ROWS[1]], [110.0, 1.0], backward=True)
    wanted = model[1].predict([ROWS[1]])[0]
    assert [each.value for each in worked.output.answers] == pytest.approx(wanted.tolist())
    assert worked.output.answer is None
    assert [each.y for each in worked.loss.targets] == pytest.approx([0.5, 2.0])


def test_features_are_scaled_as_the_recipe_says():
    model = made(hidden(1, "sigmoid"), multiply=10.0, add=1.0)
    first, second = model.trace({"b": [2.0], "a": [0.5]}).inputs.shown
    # (0.5 * 10 + 1 - 1) / 2 and (2 * 10 + 1 + 2) / 0.5
    assert (first.name, first.raw, first.scaled) == ("a", 0.5, 2.5)
    assert (second.name, second.raw, second.scaled) == ("b", 2.0, 46.0)


@pytest.mark.parametrize("y", ["yes", 1, ["yes"], [1]])
def test_the_loss_of_a_class(y):
    model = CLASSIFIERS["sigmoid"]
    worked = model.trace([ROWS[0]], y, backward=True)
    p = model[1].predict_proba([ROWS[0]])[0, 1]
    assert worked.loss.value == pytest.approx(-np.log(p))
    assert worked.backward is not None
    assert "without label smoothing" in worked.source.notes[0]


def test_the_loss_is_that_of_the_document():
    document = {"training": {"loss": {"name": "huber", "delta": 0.125}}}
    model = made(hidden(1, "identity"), kind="regression", experiment=document)
    worked = model.trace([ROWS[0]], 50.0)
    a = worked.layers[-1].units[0].a.value
    # beyond delta: delta * (|a - y| - delta / 2)
    assert worked.loss.value == pytest.approx(0.125 * (50.0 - a - 0.0625))
    usual = made(hidden(1, "identity"), kind="regression")
    assert usual.trace([ROWS[0]], 50.0).loss.name == "squared_error"
    odd = made(hidden(1, "sigmoid"), experiment={"training": {"loss": "nonsense"}})
    assert odd.trace([ROWS[0]], "no").loss.name == "binary_crossentropy"


def test_what_cannot_be_traced():
    model = CLASSIFIERS["sigmoid"]
    cases = [
        (
            lambda: model.trace(ROWS),
            "Model.trace: `x` must be one row; got 3 rows. Give as many as that.",
        ),
        (
            lambda: model.trace([ROWS[0]], network=3),
            "Model.trace: `network` must be from 0 to 2; got 3. Give a value within the bounds.",
        ),
        (
            lambda: model.trace([ROWS[0]], backward=True),
            "Model.trace: `y` must be given to go back from the loss; got None. "
            "Give the class or value that the row has.",
        ),
        (
            lambda: model.trace([[1.0, float("inf")]]),
            "Model.trace: `x` must be finite; got inf in row 0, feature 'b'."
            " Take these numbers out, or fill the gaps first.",
        ),
    ]
    for call, sentence in cases:
        with pytest.raises(ArgumentError) as error:
            call()
        assert str(error.value) == sentence
    with pytest.raises(ArgumentError, match="must hold classes of the model, 'no', 'yes'"):
        model.trace([ROWS[0]], "perhaps")
    with pytest.raises(DataError):
        model.trace({"a": [1.0]})
