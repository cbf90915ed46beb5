"""Every kind of target and loss through the whole stack; weights of rows and of classes."""

import numpy as np
import pytest
from sklearn import metrics

import shoal

pytestmark = pytest.mark.filterwarnings("ignore::shoal.ShoalWarning")
RNG = np.random.default_rng(8)
N = 120
X = RNG.normal(size=(N, 3))
LINEAR = X @ np.array([1.0, -2.0, 0.5])


def table(tmp_path, **columns):
    """Write columns to a CSV; return its path."""
    names = list(columns)
    lines = [",".join(names)]
    lines += [",".join(f"{columns[n][i]!s}" for n in names) for i in range(len(columns[names[0]]))]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def features(**more):
    return {"u": X[:, 0], "v": X[:, 1], "w": X[:, 2]} | more


def experiment(data, layers, preprocess=None, size=3, **training):
    settings = {
        "optimizer": {"name": "adam", "learning_rate": 0.03}, "dtype": "float64",
        "epochs": 30, "batch_size": 16,
    } | training  # fmt: skip
    return shoal.Experiment.read(
        {
            "data": {"validation": 0.25} | data,
            "network": {"layers": [{"units": u, "activation": a} for u, a in layers]},
            "training": settings,
            "population": {"size": size},
            "preprocess": preprocess or {},
        }
    )


def judged(run):
    """The validation rows in the table's own units: x, y."""
    part = run.prepared.parts[0]
    return part.dataset.x[part.split.validation], part.dataset.y[part.split.validation]


def saved(run, tmp_path):
    """Save, load, and see that predictions are the same; return the model."""
    run.ensemble.save(tmp_path / "m.safetensors", force=True)
    model = shoal.load(tmp_path / "m.safetensors")
    x, _ = judged(run)
    np.testing.assert_array_equal(model.outputs(x), run.predict(x))
    return model


# Losses for numbers: figures in the target's own units.


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
@pytest.mark.parametrize("scaling", ["standard", "none"])
def test_several_numeric_targets(loss, scaling, tmp_path):
    large, small = 1000 * LINEAR + 5000, np.sin(LINEAR) / 50
    path = table(tmp_path, **features(large=large, small=small))
    data = {"file": path, "target": ["large", "small"], "kind": "regression"}
    run = experiment(
        data, [(8, "tanh"), (2, "identity")], {"target_scaling": scaling}, loss=loss
    ).run()
    x, y = judged(run)
    outputs = run.predict(x)
    assert outputs.shape == (3, len(x), 2)
    scale = run.prepared.parts[0].target_scaler.scale
    for i in range(3):
        error = np.abs(outputs[i] - y)
        delta = np.array(scale)
        wanted = {
            "squared_error": metrics.mean_squared_error(y, outputs[i]),
            "absolute_error": metrics.mean_absolute_error(y, outputs[i]),
            "huber": np.where(error <= delta, error**2 / 2, delta * (error - delta / 2)).mean(),
        }[loss]
        figures = {
            "validation_loss": wanted,
            "validation_mean_absolute_error": metrics.mean_absolute_error(y, outputs[i]),
            "validation_r2": metrics.r2_score(y, outputs[i]),
        }
        for name, value in figures.items():
            assert run.final(name)[i] == pytest.approx(value, rel=1e-9), name
    if scaling == "standard":
        assert (run.history["train_loss"][:, -1] < run.history["train_loss"][:, 0]).all()
        assert (run.final("validation_r2") > 0.3).all()
    saved(run, tmp_path)
    assert run.to_dict()["summary"]["validation_r2"]["n_counted"] == 3


def test_counts_with_poisson(tmp_path):
    counts = RNG.poisson(np.exp(0.5 * LINEAR))
    data = {"file": table(tmp_path, **features(n=counts)), "target": "n", "kind": "regression"}
    run = experiment(data, [(1, "exponential")], {"target_scaling": "none"}, epochs=200).run()
    x, y = judged(run)
    outputs = run.predict(x)
    assert (outputs > 0).all()
    for i in range(3):
        wanted = (outputs[i] - y * np.log(outputs[i])).mean()
        assert run.final("validation_loss")[i] == pytest.approx(wanted, rel=1e-9)
        slope = run.parameters.weights[0][i, :, 0]
        # the rows' own noise is all that is between the fit and the truth
        np.testing.assert_allclose(slope, [0.5, -1.0, 0.25], atol=0.2)
    saved(run, tmp_path)


@pytest.mark.parametrize("output", ["identity", "tanh"])
def test_classes_with_hinge(output, tmp_path):
    label = np.where(LINEAR > 0, "yes", "no")
    data = {"file": table(tmp_path, **features(c=label)), "target": "c"}
    run = experiment(data, [(1, output)], loss="hinge").run()
    x, y = judged(run)
    for i, outputs in enumerate(run.predict(x)):
        loss = np.maximum(0, 1 - (2 * y - 1) * outputs).mean()
        assert run.final("validation_loss")[i] == pytest.approx(loss, rel=1e-9)
        right = ((outputs > 0) == (y > 0.5)).mean()
        assert run.final("validation_accuracy")[i] == right
        assert right > 0.85
    model = saved(run, tmp_path)
    told = model.predict(x)
    assert set(told.tolist()) == {"yes", "no"}
    share = (told == np.where(y[:, 0] > 0.5, "yes", "no")).mean()
    assert share > 0.85


def test_labels_of_their_own(tmp_path):
    a, b, c = LINEAR > 0, X[:, 0] > 0.5, X[:, 1] + X[:, 2] > 0
    path = table(tmp_path, **features(a=a.astype(int), b=b.astype(int), c=c.astype(int)))
    data = {"file": path, "target": ["a", "b", "c"], "kind": "multilabel"}
    run = experiment(data, [(8, "tanh"), (3, "sigmoid")], epochs=60).run()
    x, y = judged(run)
    for i, outputs in enumerate(run.predict(x)):
        assert run.final("validation_accuracy")[i] == metrics.accuracy_score(y > 0.5, outputs > 0.5)
        losses = [metrics.log_loss(y[:, k], outputs[:, k], labels=[0, 1]) for k in range(3)]
        assert run.final("validation_loss")[i] == pytest.approx(np.mean(losses), rel=1e-6)
    assert (run.final("validation_accuracy") > 0.5).all()
    saved(run, tmp_path)


# Weights of rows and classes.


COUNTS = RNG.integers(0, 4, N)
Y = (LINEAR + RNG.normal(size=N) > 0).astype(int)


def weighted_file(tmp_path, x, y, weights, **training):
    """Train on a table with a column of weights; no validation rows."""
    columns = {"u": x[:, 0], "v": x[:, 1], "w": x[:, 2], "c": y}
    more = {}
    if weights is not None:
        columns["weight"] = weights
        more = {"weights": "weight"}
    data = {"file": table(tmp_path, **columns), "target": "c", "validation": 0.0} | more
    return experiment(
        data, [(4, "tanh"), (1, "sigmoid")], {"scaling": "none"},
        **{"optimizer": {"name": "sgd", "learning_rate": 0.5}, "batch_size": "full", "epochs": 40}
        | training,
    ).run()  # fmt: skip


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_row_of_weight_k_is_k_rows(reduction, tmp_path):
    """Weights are scaled to a mean of 1 over N rows; the repeated rows are sum(k) many."""
    rate = 0.5 if reduction == "mean" else 0.002
    optimizer = {"name": "sgd", "learning_rate": rate}
    repeated = np.repeat(np.arange(N), COUNTS)
    of_sum = rate if reduction == "mean" else rate * N / COUNTS.sum()
    one = weighted_file(tmp_path, X, Y, COUNTS, optimizer=optimizer, reduction=reduction)
    many = weighted_file(
        tmp_path, X[repeated], Y[repeated], None, reduction=reduction,
        optimizer={"name": "sgd", "learning_rate": of_sum},
    )  # fmt: skip
    assert (one.weights != one.prepared.start).any()
    np.testing.assert_allclose(one.weights, many.weights, rtol=0, atol=1e-12)
    for name in ("train_loss", "train_accuracy"):
        np.testing.assert_allclose(one.history[name], many.history[name], rtol=1e-12)
    plain = weighted_file(tmp_path, X, Y, None, optimizer=optimizer, reduction=reduction)
    assert np.abs(plain.weights - one.weights).max() > 1e-3


def test_balanced_is_what_it_says(tmp_path):
    y = np.where(LINEAR > 1.5, "rare", "common")
    share = (y == "rare").mean()
    assert 0.1 < share < 0.4
    explicit = {"rare": 0.5 / share, "common": 0.5 / (1 - share)}
    balanced = weighted_file(tmp_path, X, y, None, class_weight="balanced")
    given = weighted_file(tmp_path, X, y, None, class_weight=explicit)
    np.testing.assert_allclose(balanced.weights, given.weights, rtol=0, atol=1e-12)
    plain = weighted_file(tmp_path, X, y, None)
    assert np.abs(plain.weights - given.weights).max() > 1e-3
    # figures are those of the plain loss
    outputs = given.predict(X)[0]
    labels = given.prepared.parts[0].dataset.y
    loss = metrics.log_loss(labels[:, 0], outputs[:, 0])
    assert given.final("train_loss")[0] == pytest.approx(loss, rel=1e-9)


def test_class_weights_are_those_of_sample_weights(tmp_path):
    weights = np.where(Y == 1, 3.0, 0.5)
    scale = weights.mean()  # sample weights are scaled to a mean of 1
    classes = weighted_file(tmp_path, X, Y, None, class_weight={"1": 3.0 / scale, "0": 0.5 / scale})
    samples = weighted_file(tmp_path, X, Y, weights)
    np.testing.assert_allclose(classes.weights, samples.weights, rtol=0, atol=1e-12)
