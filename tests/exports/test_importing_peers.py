"""Imported networks predict what the originals predict: Keras, PyTorch and scikit-learn say so."""

import importlib.util
import os
import warnings

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

import shoal
from shoal import import_model
from shoal.errors import InputError, ModelFileError

# Keras 3.15 asks torch for arrays in a way that NumPy 2 warns of
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

X = np.random.default_rng(0).normal(size=(40, 3))
FAR = 1e4 + 100 * X


def close(found, original):
    """Within 1e-6, times the largest magnitude where that is above 1."""
    original = np.asarray(original, np.float64)
    assert found.shape == original.shape
    assert np.abs(found - original).max() <= 1e-6 * max(1.0, np.abs(original).max())


def library(name, *needed):
    if any(importlib.util.find_spec(each) is None for each in (name, *needed)):
        pytest.skip("needs pip install 'shoal[peers]'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


@pytest.fixture(scope="module")
def torch():
    torch = library("torch")
    torch.manual_seed(0)
    return torch


@pytest.fixture(scope="module")
def keras():
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = library("keras", "torch")
    keras.utils.set_random_seed(0)
    return keras


def said(model, x):
    """What a Keras model says, in training's opposite."""
    found = model(np.asarray(x, np.float32), training=False)
    return found.detach().numpy()


def keras_models(keras):
    """Models with every layer that can be imported, by name."""
    layers, ours = keras.layers, keras.Input
    normal = layers.Normalization()
    normal.adapt(2 + 3 * X.astype(np.float32))
    known = layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 9.0, 0.25])
    batch = layers.BatchNormalization
    start = ours((3,))
    end = layers.Dense(4, "relu")(layers.Rescaling(-0.5, offset=[1.0, 2.0, 3.0])(start))
    end = layers.Dense(1, name="last")(layers.GaussianNoise(0.5)(end))
    return {
        "plain": [ours((3,)), layers.Dense(4, "tanh"), layers.Dense(3, "softmax")],
        "normalization": [ours((3,)), normal, layers.Dense(2, "sigmoid")],
        "known mean": [ours((3,)), known, layers.Dense(1, "sigmoid", use_bias=False)],
        "batch": [ours((3,)), batch(), layers.Dense(4), batch(scale=False), layers.ReLU(),
                  batch(center=False), layers.Dropout(0.5), layers.Dense(1), batch()],
        "bends": [ours((3,)), layers.Dense(4), layers.LeakyReLU(negative_slope=0.2),
                  layers.Dense(4), layers.ELU(alpha=0.5), layers.Dense(4, "leaky_relu"),
                  layers.Dense(3), layers.Softmax()],
        "names": [ours((3,)), *(layers.Dense(3, name) for name in
                  ("relu", "elu", "selu", "gelu", "silu", "softplus", "exponential", "linear")),
                  layers.Dense(2), layers.Activation("tanh")],
        "target": [ours((3,)), layers.Dense(2, "tanh"), layers.Dense(2),
                   layers.Normalization(mean=[5.0, 6.0], variance=[4.0, 9.0], invert=True)],
        "picture": [ours((4, 3)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(1)],
        "functional": (start, end),
    }  # fmt: skip


def drawn(rng, weight):
    """Numbers like a weight: of any sign in a matrix, above 0 elsewhere (a variance is)."""
    if weight.dtype.kind != "f":
        return weight
    if weight.ndim > 1:
        return rng.choice([-1, 1], weight.shape) * rng.uniform(0.1, 0.6, weight.shape)
    return rng.uniform(0.2, 1.2, weight.shape)


KERAS = ("plain", "normalization", "known mean", "batch", "bends", "names", "target", "picture",
         "functional")  # fmt: skip


@pytest.fixture(scope="module")
def models(keras, tmp_path_factory):
    folder = tmp_path_factory.mktemp("keras")
    found = {}
    for name, parts in keras_models(keras).items():
        model = keras.Model(*parts) if isinstance(parts, tuple) else keras.Sequential(parts)
        rng = np.random.default_rng(len(found))
        # biases, gammas and moving figures begin at 0 and 1, which would hide what is lost
        if name != "normalization":
            model.set_weights([drawn(rng, weight) for weight in model.get_weights()])
        model.save(folder / f"{name}.keras")
        found[name] = (model, folder / f"{name}.keras")
    return found


@pytest.mark.parametrize("form", ["file", "object"])
@pytest.mark.parametrize("name", KERAS)
def test_keras(name, form, models):
    model, path = models[name]
    imported = import_model(path if form == "file" else model)
    x = np.random.default_rng(1).normal(size=(50, *model.input_shape[1:])).astype(np.float32)
    found = imported.prediction(x.reshape(50, -1).astype(np.float64)).mean
    expected = said(model, x)
    if imported.schema.kind == "classification" and expected.shape[1] == 1:
        found = found[:, 1:]
    close(found, expected)


def test_what_keras_kinds_become(models):
    kinds = {name: import_model(path).schema for name, (_, path) in models.items()}
    assert {name: schema.kind for name, schema in kinds.items()} == {
        "plain": "classification", "normalization": "multilabel",
        "known mean": "classification", "batch": "regression", "bends": "classification",
        "names": "regression", "target": "regression", "picture": "regression",
        "functional": "regression",
    }  # fmt: skip
    assert kinds["plain"].classes == ("0", "1", "2")
    assert kinds["plain"].feature_names == ("x0", "x1", "x2")
    assert kinds["target"].targets == ("target0", "target1")
    assert len(kinds["picture"].feature_names) == 12


def test_logits_of_keras(keras, tmp_path):
    """The loss that a model was compiled with tells that its outputs are logits."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.save(tmp_path / "m.keras")
    z = said(model, X.astype(np.float32)).astype(np.float64)
    softmax = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    found = import_model(tmp_path / "m.keras", classes=["a", "b", "c"])
    close(found.predict_proba(X.astype(np.float32).astype(float)), softmax)


def test_keras_layers_that_cannot_be_imported(keras, tmp_path):
    layers = keras.layers
    inputs = keras.Input((3,))
    two = layers.Dense(2, name="a")(inputs), layers.Dense(2, name="b")(inputs)
    cases = {
        "has the layer 'c' (Conv1D), and no such layer can be imported. Known: Dense, Activation, "
        "ReLU, LeakyReLU, ELU, Softmax, Normalization, Rescaling, BatchNormalization, Flatten, "
        "Dropout, GaussianNoise.":
            keras.Sequential([keras.Input((3, 1)), layers.Conv1D(2, 2, name="c")]),
        "has the layer 'd' (Dense) with the activation 'mish', which shoal does not have. Known: "
        "linear, relu, sigmoid, tanh, softmax, elu, selu, gelu, silu, swish, softplus, "
        "exponential, leaky_relu.":
            keras.Sequential([keras.Input((3,)), layers.Dense(2, "mish", name="d")]),
        "has the layer 'd' (Dense) over rows of 2 x 3. Put a Flatten layer before it.":
            keras.Sequential([keras.Input((2, 3)), layers.Dense(2, name="d")]),
        "branches at the layer 'b' (Dense); only a chain of layers can be imported."
        " Import dense layers and scalers alone.":
            keras.Model(inputs, layers.Add()(two)),
    }  # fmt: skip
    for reason, model in cases.items():
        path = tmp_path / "m.keras"
        model.save(path)
        with pytest.raises(ModelFileError) as caught:
            import_model(path)
        assert str(caught.value) == f"{path}: {reason}"


def chain(torch, kind):
    nn = torch.nn
    parts = {
        "plain": [nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)],
        "batch": [nn.BatchNorm1d(3), nn.Linear(3, 4, bias=False), nn.BatchNorm1d(4), nn.SELU(),
                  nn.Dropout(0.5), nn.Sequential(nn.Linear(4, 4), nn.GELU()), nn.Linear(4, 2)],
        "bends": [nn.Linear(3, 4), nn.LeakyReLU(0.3), nn.Linear(4, 4), nn.ELU(0.7),
                  nn.Linear(4, 4), nn.SiLU(), nn.Linear(4, 4), nn.Softplus(), nn.Linear(4, 3),
                  nn.Softmax(dim=1)],
        "labels": [nn.Flatten(), nn.Linear(3, 2), nn.Sigmoid()],
    }  # fmt: skip
    model = torch.nn.Sequential(*parts[kind])
    model.train()
    with torch.no_grad():
        model(torch.tensor(3 * X + 1, dtype=torch.float32))  # moves the running figures
    return model.eval()


@pytest.mark.parametrize("kind", ["plain", "batch", "bends", "labels"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_torch_modules(kind, precision, torch):
    model = chain(torch, kind).to(getattr(torch, precision))
    x = X.astype(precision)
    with torch.no_grad():
        expected = model(torch.tensor(x)).numpy()
    close(import_model(model).prediction(x.astype(float)).mean, expected)


def test_torch_logits(torch):
    model = chain(torch, "plain")
    x = X.astype(np.float32)
    with torch.no_grad():
        expected = torch.softmax(model(torch.tensor(x)), dim=1).numpy()
    imported = import_model(model, classes=["no", "yes"], logits=True)
    close(imported.predict_proba(x.astype(float)), expected)
    named = np.array(["no", "yes"])[expected.argmax(axis=1)]
    assert imported.predict(x.astype(float)).tolist() == named.tolist()


def test_state_dict(torch, tmp_path):
    from safetensors.torch import save_file

    class Net(torch.nn.Module):
        """Names whose order by alphabet is not that of the layers."""

        def __init__(self):
            super().__init__()
            self.fc1, self.fc2 = torch.nn.Linear(3, 6), torch.nn.Linear(6, 5)
            self.fc10, self.b_out = torch.nn.Linear(5, 6), torch.nn.Linear(6, 1, bias=False)

        def forward(self, x):
            x = torch.nn.functional.leaky_relu(torch.relu(self.fc1(x)) @ self.fc2.weight.T
                                               + self.fc2.bias, 0.3)  # fmt: skip
            return self.b_out(torch.tanh(self.fc10(x)))

    net, path = Net(), tmp_path / "net.safetensors"
    save_file(net.state_dict(), path)
    model = import_model(path, activations=["relu", "leaky_relu:0.3", "tanh", "linear"])
    x = X.astype(np.float32)
    with torch.no_grad():
        close(model.predict(x.astype(float)), net(torch.tensor(x)).numpy()[:, 0])
    assert [layer.activation for layer in model.network.layers] == [
        "relu", "leaky_relu", "tanh", "identity",
    ]  # fmt: skip


@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_state_dict_in_half_precision(precision, torch, tmp_path):
    from safetensors.torch import save_file

    layer = torch.nn.Linear(3, 2).to(getattr(torch, precision))
    save_file(layer.state_dict(), tmp_path / "m.safetensors")
    model = import_model(tmp_path / "m.safetensors", activations=["identity"])
    with torch.no_grad():
        expected = layer.float()(torch.tensor(X, dtype=torch.float32)).numpy()
    close(model.predict(X.astype(np.float32).astype(float)), expected)


def test_torch_layers_that_cannot_be_imported(torch):
    nn = torch.nn
    known = ("Linear, BatchNorm1d, ReLU, Sigmoid, Tanh, SiLU, SELU, GELU, LeakyReLU, ELU, "
             "Softplus, Softmax, Dropout, AlphaDropout, Identity, Flatten")  # fmt: skip

    class Own(nn.Linear):
        pass

    hooked = nn.Sequential(nn.Linear(3, 2))
    hooked[0].register_forward_hook(lambda *_: None)
    cases = {
        f"has the layer 1 (LayerNorm), which cannot be imported; known: {known}."
        " Import dense layers and scalers alone.":
            nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2)),
        f"has the layer 1 (LogSoftmax), which cannot be imported; known: {known}. "
        "Leave it out, model[:-1], and give logits=True.":
            nn.Sequential(nn.Linear(3, 2), nn.LogSoftmax(dim=1)),
        "has a layer of the class 'Own', which is not torch.nn's own."
         " Import dense layers and scalers alone.": nn.Sequential(Own(3, 2)),
        "has hooks at a layer 'Linear', which are not run."
        " Import dense layers and scalers alone.": hooked,
        "has the layer 1 (GELU) approximated by 'tanh'."
        " Import dense layers and scalers alone.":
            nn.Sequential(nn.Linear(3, 2), nn.GELU(approximate="tanh")),
        "has no dense layer."
         " Import dense layers and scalers alone.": nn.Sequential(nn.ReLU()),
    }  # fmt: skip
    for reason, model in cases.items():
        with pytest.raises(InputError) as caught:
            import_model(model)
        assert str(caught.value) == f"import_model: the Sequential {reason}"


@pytest.fixture(scope="module")
def quick():
    """A fit that stops long before it has converged, without its warning."""

    def fit(estimator, x, y):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return estimator.fit(x, y)

    return fit


TWO = np.where(X[:, 0] > 0, "yes", "no")
THREE = np.digitize(X[:, 1], [-0.5, 0.5]) * 10
LABELS = (X[:, :2] > 0).astype(int)
SETTINGS = {"max_iter": 5, "random_state": 0, "hidden_layer_sizes": (5, 4)}


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("y", [TWO, THREE, LABELS], ids=["two", "three", "labels"])
def test_sklearn_classifiers(activation, y, quick):
    original = quick(MLPClassifier(activation=activation, **SETTINGS), X, y)
    model = import_model(original)
    close(model.predict_proba(X), original.predict_proba(X))
    assert model.parameters.dtype == np.float64
    expected = original.predict(X).astype(str)
    assert np.asarray(model.predict(X)).astype(str).tolist() == expected.tolist()


@pytest.mark.parametrize("y", [X[:, 0], X[:, :2]], ids=["one", "two"])
def test_sklearn_regressors(y, quick):
    original = quick(MLPRegressor(**SETTINGS), X, y)
    close(import_model(original).predict(X), original.predict(X))


def test_sklearn_poisson(quick):
    original = quick(MLPRegressor(loss="poisson", **SETTINGS), X, np.exp(X[:, 0]))
    close(import_model(original).predict(X), original.predict(X))


def test_single_precision_of_sklearn(quick):
    x = X.astype(np.float32)
    original = quick(MLPRegressor(**SETTINGS), x, x[:, 0])
    model = import_model(original)
    assert model.parameters.dtype == np.float32
    close(model.predict(x.astype(float)), original.predict(x))


SCALED = {
    "standard": [StandardScaler()],
    "no mean": [StandardScaler(with_mean=False)],
    "no deviation": [StandardScaler(with_std=False), MinMaxScaler()],
    "minmax": [MinMaxScaler((-1, 1))],
    "both": [MinMaxScaler((2, 3)), "passthrough", StandardScaler()],
}


@pytest.mark.parametrize("name", SCALED)
def test_sklearn_pipelines(name, quick):
    original = quick(make_pipeline(*SCALED[name], MLPClassifier(**SETTINGS)), FAR, TWO)
    model = import_model(original)
    close(model.predict_proba(FAR), original.predict_proba(FAR))
    assert model.schema.classes == ("no", "yes")


@pytest.mark.parametrize("transformer", [StandardScaler(), MinMaxScaler(), None], ids=str)
def test_sklearn_targets(transformer, quick):
    y = 1e3 + 50 * X[:, 0]
    inside = make_pipeline(StandardScaler(), MLPRegressor(**SETTINGS))
    original = quick(TransformedTargetRegressor(inside, transformer=transformer), FAR, y)
    close(import_model(original).predict(FAR), original.predict(FAR))
    turned = make_pipeline(
        StandardScaler(),
        TransformedTargetRegressor(MLPRegressor(**SETTINGS), transformer=transformer),
    )
    close(import_model(quick(turned, FAR, y)).predict(FAR), turned.predict(FAR))


def test_sklearn_names_of_a_frame(quick):
    pandas = library("pandas")
    frame = pandas.DataFrame(X, columns=["length", "width", "height"])
    model = import_model(quick(MLPClassifier(**SETTINGS), frame, TWO))
    assert model.schema.feature_names == ("length", "width", "height")
    pipeline = make_pipeline(StandardScaler(), MLPRegressor(**SETTINGS))
    around = TransformedTargetRegressor(pipeline, transformer=StandardScaler())
    for estimator in (pipeline, around):
        found = import_model(quick(estimator, frame, X[:, 0]))
        assert found.schema.feature_names == ("length", "width", "height")
    given = import_model(quick(MLPClassifier(**SETTINGS), frame, TWO), features=["a", "b", "c"])
    assert given.schema.feature_names == ("a", "b", "c")


def test_sklearn_refusals(quick):
    clips = make_pipeline(MinMaxScaler(clip=True), MLPClassifier(**SETTINGS))
    robust = make_pipeline(RobustScaler(), MLPClassifier(**SETTINGS))
    cases = [
        (MLPClassifier(), "the MLPClassifier is not fitted: its MLPClassifier has no weights. "
                          "Call fit first."),
        (StandardScaler(), "the StandardScaler has no MLPClassifier or MLPRegressor, but "
                           "'StandardScaler' at its end."
                           " Import dense layers and scalers alone."),
        (quick(clips, X, TWO), "the Pipeline has a MinMaxScaler that clips, which no scaler of "
                               "shoal does."
                                " Import dense layers and scalers alone."),
        (quick(robust, X, TWO), "the Pipeline has the step 'RobustScaler' before the network; "
                                "StandardScaler and MinMaxScaler can be imported."
                                 " Import dense layers and scalers alone."),
        (TransformedTargetRegressor(MLPRegressor()), "the TransformedTargetRegressor is not "
                                                     "fitted. Call fit first."),
    ]  # fmt: skip
    for estimator, reason in cases:
        with pytest.raises(InputError) as caught:
            import_model(estimator)
        assert str(caught.value) == f"import_model: {reason}"


def test_an_imported_model_is_a_model(quick, tmp_path):
    """It is saved, loaded, exported, and says the same everywhere."""
    original = quick(make_pipeline(StandardScaler(), MLPClassifier(**SETTINGS)), FAR, TWO)
    model = import_model(original, target="answer")
    model.save(tmp_path / "m.safetensors")
    again = shoal.load(tmp_path / "m.safetensors")
    assert np.array_equal(again.predict_proba(FAR), model.predict_proba(FAR))
    assert again.summary is None
    assert again.experiment == {"imported": {"from": "scikit-learn"}}
    done = shoal.export(again, tmp_path / "m.json")
    assert done.proof.passed
    back = import_model(tmp_path / "m.json")
    assert np.array_equal(back.predict_proba(FAR), model.predict_proba(FAR))
