"""Parts of a frame against what can be computed otherwise."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from lab_recorded import Client, Told

from shoal.charts.lines import carried
from shoal.experiments import Experiment, Run
from shoal.lab.looks.surfaces import median_in_place
from shoal.network import Parameters, forward_pass, loss_of

GREATER: dict[str, Any] = {
    "data": {"task": "greater", "samples": 600},
    "training": {"epochs": 10},
    "population": {"size": 5},
}
THREE: dict[str, Any] = {
    "data": {"task": "gaussians", "samples": 300, "classes": 3, "spread": 0.2},
    "network": {"layers": [{"units": 4, "activation": "tanh"},
                           {"units": 3, "activation": "softmax"}]},
    "training": {"epochs": 10},
    "population": {"size": 3},
}  # fmt: skip
LINEAR = {"layers": [{"units": 3, "activation": "tanh"}, {"units": 1}]}


def own_table(client: Client, header: str, rows: list[str]) -> dict[str, str]:
    """Bring a table; return what a session calls it."""
    content = "\n".join([header, *rows, ""]).encode()
    digest = hashlib.sha256(content).hexdigest()
    client.say({"type": "table", "name": "mine.csv", "digest": digest}, content)
    return {"digest": digest, "name": "mine.csv"}


def run_of(document: dict[str, Any]) -> Run:
    return Experiment.read(document).run()


def grid(told: Told, n: int) -> np.ndarray:
    """Return the middles of the cells of a frame's plane, from the lowest y up."""
    (x0, x1), (y0, y1) = told.header["plane"]["x"], told.header["plane"]["y"]
    x = x0 + (np.arange(n) + 0.5) * (x1 - x0) / n
    y = y0 + (np.arange(n) + 0.5) * (y1 - y0) / n
    return np.array([[a, b] for b in y for a in x])


def test_the_surface_is_what_networks_predict(client: Client) -> None:
    opened = client.open(GREATER)
    outputs = run_of(GREATER).predict(grid(client.look(opened, want={"surface": {"n": 12}}), 12))
    each = outputs[..., 0].astype(np.float64)
    for show, expected in (
        ({"show": "median"}, np.median(each, axis=0)),
        ({"show": "disagreement"}, each.std(axis=0)),
        ({"show": "network", "network": 3}, each[3]),
    ):
        told = client.look(opened, want={"surface": {"n": 12, **show}})
        np.testing.assert_allclose(told.arrays["surface"].ravel(), expected, atol=1e-6)
    plane = told.header["plane"]
    assert plane["features"] == ["x0", "x1"]
    assert plane["output"] == "probability of 1"
    other = client.look(opened, plane={"output": "0"}, want={"surface": {"n": 12}})
    np.testing.assert_allclose(
        other.arrays["surface"].ravel(), 1 - np.median(each, axis=0), atol=1e-6
    )


@pytest.mark.parametrize("n_networks", [1, 2, 5, 64])
def test_the_median_is_numpys_to_the_bit(n_networks: int) -> None:
    values = np.random.default_rng(0).normal(size=(n_networks, 30))
    expected = np.median(values, axis=0)
    assert np.array_equal(median_in_place(values.copy()), expected)
    many = np.stack([values, -values], axis=-1)
    assert np.array_equal(median_in_place(many)[:, 0], expected)


def test_small_surfaces_are_the_same_in_bytes(client: Client) -> None:
    opened = client.open(GREATER)
    told = client.look(opened, want={"multiples": {"n": 8, "members": [4, 1]}})
    assert told.arrays["multiples_member"].tolist() == [4, 1]
    each = run_of(GREATER).predict(grid(told, 8))[[4, 1], :, 0]
    np.testing.assert_allclose(told.arrays["multiples"].reshape(2, -1), 255 * each, atol=0.51)
    assert client.look(opened, want={"multiples": {"n": 8}}).arrays["multiples"].shape == (5, 8, 8)


def test_several_classes_show_the_most_probable_one(client: Client) -> None:
    opened = client.open(THREE)
    told = client.look(opened, want={"surface": {"n": 10}, "multiples": {"n": 10}, "answers": {}})
    outputs = run_of(THREE).predict(grid(told, 10)).astype(np.float64)
    middle = np.median(outputs, axis=0)
    assert np.array_equal(told.arrays["surface_class"].ravel(), middle.argmax(axis=1))
    np.testing.assert_allclose(told.arrays["surface"].ravel(), middle.max(axis=1), atol=1e-5)
    assert np.array_equal(told.arrays["multiples_class"].reshape(3, -1), outputs.argmax(axis=2))
    assert told.header["plane"]["classes"] == ["0", "1", "2"]
    spread = client.look(opened, want={"surface": {"n": 10, "show": "disagreement"}})
    best = middle.argmax(axis=1)
    expected = outputs[:, np.arange(100), best].std(axis=0)
    assert np.array_equal(spread.arrays["surface_class"].ravel(), best)
    np.testing.assert_allclose(spread.arrays["surface"].ravel(), expected, atol=1e-5)
    one = client.look(opened, plane={"output": "2"}, want={"surface": {"n": 10}})
    assert "surface_class" not in one.arrays
    np.testing.assert_allclose(one.arrays["surface"].ravel(), middle[:, 2], atol=1e-5)
    assert told.arrays["confusion"].sum() == 60
    assert told.arrays["confusion"].shape == (3, 3)


def test_a_unit_responds_as_the_reference_says(client: Client) -> None:
    opened = client.open(GREATER)
    told = client.look(opened, step=17, want={"units": {"network": 2, "n": 9}})
    run = run_of(GREATER)
    flat = run.at(17).flat[2]
    passed = forward_pass(
        run.network, Parameters.from_flat(run.network.layout(), flat), grid(told, 9)
    )
    expected = np.concatenate([each.T for each in passed.outputs])
    low, high = told.arrays["units_range"].T
    assert told.arrays["units"].shape == (10, 9, 9)
    shown = low[:, None] + told.arrays["units"].reshape(10, -1) / 255 * (high - low)[:, None]
    np.testing.assert_allclose(low, expected.min(axis=1), atol=1e-6)
    np.testing.assert_allclose(high, expected.max(axis=1), atol=1e-6)
    np.testing.assert_allclose(shown, expected, atol=float((high - low).max()) / 255)


@pytest.mark.parametrize("step", [0, 7, 149])
def test_a_gradient_is_the_slope_of_the_next_batch(client: Client, step: int) -> None:
    document = {**GREATER, "training": {"epochs": 10, "dtype": "float64"}}
    opened = client.open(document)
    told = client.look(opened, step=step, want={"weights": {"network": 1, "gradients": True}})
    run = run_of(document)
    flat = np.array(run.at(step).flat[1])
    np.testing.assert_array_equal(told.arrays["weights"], flat.astype(np.float32))
    rows = run.tape(step).next_batch(1)
    part = run.prepared.parts[0]
    x, y = part.dataset.x[rows], part.dataset.y[rows]

    def loss(weights: np.ndarray) -> float:
        parameters = Parameters.from_flat(run.network.layout(), weights)
        passed = forward_pass(run.network, parameters, x)
        return loss_of(run.network, "binary_crossentropy", passed, y)

    expected = np.empty_like(flat)
    for k in range(len(flat)):
        more, less = flat.copy(), flat.copy()
        more[k] += 1e-5
        less[k] -= 1e-5
        expected[k] = (loss(more) - loss(less)) / 2e-5
    np.testing.assert_allclose(told.arrays["gradients"], expected, atol=2e-7)
    norms = [np.linalg.norm(expected[at.start : at.stop]) for at in run.network.layout().layers]
    np.testing.assert_allclose(told.arrays["gradient_norms"], norms, rtol=1e-4)


def test_a_stream_has_a_next_batch_too(client: Client) -> None:
    document = {"data": {"task": "xor", "batches": 5}, "training": {"epochs": 4}, "population": 2}
    opened = client.open(document)
    told = client.look(opened, step=12, want={"weights": {"gradients": True}, "rows": {}})
    assert np.abs(told.arrays["gradients"]).max() > 0
    assert told.arrays["rows_x"].tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert told.arrays["rows_part"].tolist() == [1, 1, 1, 1]
    assert opened.header["data"]["streaming"] is True
    assert opened.header["data"]["n_train"] == 5 * 32


def test_answers_are_counted(client: Client) -> None:
    opened = client.open(GREATER)
    points = [[0.9, 0.1], [0.1, 0.9]]
    told = client.look(opened, want={"answers": {"points": points}})
    run = run_of(GREATER)
    part = run.prepared.parts[0]
    rows = part.split.validation
    p = run.predict(part.dataset.x[rows])[..., 0].astype(np.float64).mean(axis=0)
    true = part.dataset.y[rows, 0].astype(int)
    expected = np.zeros((2, 2), int)
    histogram = np.zeros((2, 20), int)
    for label, probability in zip(true, p, strict=True):
        expected[label, int(probability > 0.5)] += 1
        histogram[label, min(19, int(probability * 20))] += 1
    assert np.array_equal(told.arrays["confusion"], expected)
    assert np.array_equal(told.arrays["histogram"], histogram)
    means = run.predict(points)[..., 0].mean(axis=0)
    np.testing.assert_allclose(told.arrays["points"], np.stack([1 - means, means], 1), atol=1e-6)
    one = client.look(opened, want={"answers": {"network": 4, "points": points}})
    np.testing.assert_allclose(one.arrays["points"][:, 1], run.predict(points)[4, :, 0], atol=1e-6)
    wrong = client.look(opened, want={"answers": {"points": [[1.0]]}})
    assert (
        wrong.header["sentence"] == "points: must have 2 features each; got 1."
        " Open the session again."
    )


def test_curves_are_median_and_band_up_to_the_step(client: Client) -> None:
    opened = client.open(GREATER)
    run = run_of(GREATER)
    told = client.look(opened, step=50, want={"curves": {"network": 2}, "finals": True})
    assert told.arrays["curve_steps"].tolist() == [15, 30, 45]
    values = run.history["validation_loss"][:, :3]
    expected = [np.median(values, axis=0), *np.percentile(values, (5, 95), axis=0)]
    np.testing.assert_allclose(told.arrays["curve_validation_loss"], expected, rtol=1e-6)
    np.testing.assert_allclose(told.arrays["one_validation_loss"], values[2], rtol=1e-6)
    np.testing.assert_allclose(told.arrays["final_validation_loss"], values[:, 2], rtol=1e-6)
    assert told.header["figures_step"] == 45
    assert told.header["figures"]["validation_loss"] == pytest.approx(np.median(values[:, 2]))
    few = client.look(opened, want={"curves": {"most": 4}})
    assert few.arrays["curve_steps"].tolist() == [15, 60, 105, 150]


@pytest.mark.parametrize("step", [0, 7])
def test_before_the_first_report_figures_are_those_of_the_weights(
    client: Client, step: int
) -> None:
    opened = client.open(GREATER)
    told = client.look(opened, step=step, want={"curves": {}, "finals": True})
    assert told.arrays["curve_steps"].tolist() == []
    run = run_of(GREATER)
    part, here = run.prepared.parts[0], run.at(step)
    assert part.validation is not None
    x, y = part.validation.x, part.validation.y[:, 0]
    said = [forward_pass(run.network, here.member(i), x).outputs[-1][:, 0] for i in range(5)]
    expected = [np.mean((p > 0.5) == (y == 1)) for p in said]
    np.testing.assert_allclose(told.arrays["final_validation_accuracy"], expected, rtol=1e-6)
    assert told.header["figures"]["validation_accuracy"] == pytest.approx(np.median(expected))
    assert told.header["figures_step"] == step


def test_of_measured_rows_nobody_knows_what_is_attainable(client: Client) -> None:
    """The one rule that names all rows of the digits rightly is a list of them."""
    network = {"layers": [{"units": 10, "activation": "softmax"}]}
    training = {"epochs": 1}
    document = {"data": {"task": "digits"}, "network": network, "training": training}
    told = client.open(document).header["data"]
    assert (told["attainable_accuracy"], told["rows_accuracy"]) == (None, None)
    assert told["constant_guess_accuracy"] == pytest.approx(0.1, abs=0.05)


def test_the_end_shows_what_is_delivered(client: Client) -> None:
    training = {"epochs": 60, "restore_best": "validation_loss",
                "optimizer": {"name": "adam", "learning_rate": 0.3}}  # fmt: skip
    document = {**GREATER, "training": training, "data": {**GREATER["data"], "label_noise": 0.3}}
    opened = client.open(document)
    told = client.look(opened, want={"finals": True, "weights": {"network": 1}})
    run = run_of(document)
    assert told.header["delivered_step"] == int(np.median(run.delivered_step))
    assert told.header["delivered_step"] < told.header["step"] == 900
    np.testing.assert_array_equal(told.arrays["weights"], run.weights[1])
    for name in run.history:
        np.testing.assert_allclose(told.arrays[f"final_{name}"], run.final(name), rtol=1e-6)
    before = client.look(opened, step=899, want={"weights": {"network": 1}})
    np.testing.assert_array_equal(before.arrays["weights"], run.at(899).flat[1])
    assert before.header["delivered_step"] is None


def test_networks_that_ended_early_keep_their_figures(client: Client) -> None:
    stop = [{"name": "target", "figure": "train_accuracy", "above": 0.9}]
    document = {**GREATER, "training": {"epochs": 60, "stop": stop}}
    told = client.look(client.open(document), want={"curves": {}})
    run = run_of(document)
    assert len(set(run.steps.tolist())) > 1
    n = len(told.arrays["curve_steps"])
    values = carried(run.history["train_accuracy"], run.sound)[:, :n]
    np.testing.assert_allclose(
        told.arrays["curve_train_accuracy"][0], np.median(values, axis=0), rtol=1e-6
    )
    assert told.header["stopped"]["target"] >= 1


def test_a_branch_shows_its_trunk_before_it_left(client: Client) -> None:
    branch = {"at": 60, "changes": {"training.optimizer.learning_rate": 0.2}}
    opened = client.open(GREATER, branches=[branch])
    want = {"weights": {}, "curves": {}, "surface": {"n": 8}}
    trunk = client.look(opened, run=-1, step=33, want=want)
    same = client.look(opened, run=0, step=33, want=want)
    for name in trunk.arrays:
        assert trunk.arrays[name].tobytes() == same.arrays[name].tobytes()
    later = client.look(opened, run=0, step=90, want=want)
    expected = run_of(GREATER).rewind(60).with_(learning_rate=0.2).run()
    np.testing.assert_array_equal(later.arrays["weights"], expected.at(90).flat[0])


def test_rows_are_those_of_the_data(client: Client) -> None:
    opened = client.open({**GREATER, "data": {**GREATER["data"], "test": 0.1}})
    told = client.look(opened, want={"rows": {"most": 50}})
    part = run_of({**GREATER, "data": {**GREATER["data"], "test": 0.1}}).prepared.parts[0]
    index = told.arrays["rows_index"]
    assert len(index) == 50
    np.testing.assert_allclose(told.arrays["rows_x"], part.dataset.x[index], rtol=1e-6)
    assert np.array_equal(told.arrays["rows_class"], part.dataset.y[index, 0])
    for number, rows in enumerate((part.split.train, part.split.validation, part.split.test)):
        shown = index[told.arrays["rows_part"] == number]
        assert set(shown.tolist()) <= set(rows.tolist())


def test_the_true_rule_is_shown_where_it_is_known(client: Client) -> None:
    opened = client.open({**GREATER, "data": {"task": "greater", "multiply": 10.0, "add": 3.0}})
    told = client.look(opened, want={"truth": True, "surface": {"n": 9}})
    cells = grid(told, 9)
    assert np.array_equal(told.arrays["truth"].ravel(), cells[:, 0] > cells[:, 1])
    assert opened.header["data"]["true_boundary"]
    table = own_table(client, "a,b,c", [f"{i},{i % 7},{i % 2}" for i in range(40)])
    data = {"file": f"{table['digest']}.csv", "target": "c", "kind": "classification"}
    opened = client.open({**GREATER, "data": data}, table=table)
    assert "truth" not in client.look(opened, want={"truth": True}).arrays
    assert not opened.header["data"]["true_boundary"]


def test_more_features_are_held(client: Client) -> None:
    document = {**GREATER, "data": {"task": "greater", "samples": 600, "dummies": 2}}
    opened = client.open(document)
    wish = {"surface": {"n": 8, "show": "network"}, "rows": {}}
    told = client.look(opened, plane={"features": ["x1", "dummy2"], "hold": {"x0": 0.9}}, want=wish)
    run = run_of(document)
    x = run.prepared.parts[0].dataset.x
    rows = np.tile(np.median(x, axis=0), (64, 1))
    rows[:, 0] = 0.9
    rows[:, [1, 3]] = grid(told, 8)
    np.testing.assert_allclose(
        told.arrays["surface"].ravel(), run.predict(rows)[0, :, 0], atol=1e-6
    )
    assert told.header["plane"]["held"] == pytest.approx(
        {"x0": 0.9, "dummy1": float(np.median(x[:, 2]))}
    )
    assert told.header["plane"]["numbers"] == [1, 3]
    chosen = client.look(opened, want={"surface": {"n": 8}}).header["plane"]["features"]
    assert chosen == ["x0", "x1"]
    for plane in ({"features": ["x0", "x0"]}, {"features": ["x0", "y"]}, {"hold": {"y": 1.0}},
                  {"output": "2"}):  # fmt: skip
        assert client.look(opened, plane=plane, want=wish).type == "failed"


def test_one_feature_stands_on_strips(client: Client) -> None:
    table = own_table(client, "a,c", [f"{i},{'yn'[i > 25]}" for i in range(50)])
    data = {"file": f"{table['digest']}.csv", "target": "c"}
    opened = client.open({**GREATER, "data": data, "preprocess": {"scaling": "standard"}},
                         table=table)  # fmt: skip
    want = {"surface": {"n": 8}, "rows": {}, "multiples": {}, "units": {}, "answers": {}}
    told = client.look(opened, want=want)
    plane = told.header["plane"]
    assert plane["features"] == ["a", ""]
    assert plane["numbers"] == [0, -1]
    assert plane["y"] == [0.0, 1.0]
    surface = told.arrays["surface"]
    assert (surface == surface[0]).all()  # the second axis means nothing
    assert len(set(surface[0].tolist())) == 8
    heights = told.arrays["rows_x"][:, 1]
    assert np.array_equal(heights > 0.5, told.arrays["rows_class"] == 1)


def test_one_feature_of_a_regression_stands_on_its_target(client: Client) -> None:
    table = own_table(client, "a,c", [f"{i},{i * i / 100}" for i in range(50)])
    data = {"file": f"{table['digest']}.csv", "target": "c", "kind": "regression"}
    document = {**GREATER, "data": data, "network": LINEAR,
                "preprocess": {"scaling": "standard", "target_scaling": "standard"}}  # fmt: skip
    told = client.look(client.open(document, table=table), want={"surface": {"n": 8}, "rows": {}})
    assert told.header["plane"]["features"] == ["a", "c"]
    np.testing.assert_allclose(told.arrays["rows_x"][:, 1], told.arrays["rows_value"])


def test_derived_features_move_with_the_plane(client: Client) -> None:
    data = {"task": "greater", "samples": 600, "derived": ["x0*x1", "x0^2"]}
    opened = client.open({**GREATER, "data": data})
    assert opened.header["data"]["features"] == ["x0", "x1", "x0*x1", "x0^2"]
    assert opened.header["data"]["base_features"] == ["x0", "x1"]
    want = {"surface": {"n": 8, "show": "network"}, "units": {"n": 8}, "truth": True,
            "answers": {"points": [[0.2, 0.4]]}}  # fmt: skip
    told = client.look(opened, want=want)
    cells = grid(told, 8)
    expected = run_of({**GREATER, "data": data}).predict(cells)[0, :, 0]
    np.testing.assert_allclose(told.arrays["surface"].ravel(), expected, atol=1e-6)
    low, high = told.arrays["units_range"][-1]
    last = low + told.arrays["units"][-1].ravel() / 255 * (high - low)
    np.testing.assert_allclose(last, expected, atol=float(high - low) / 255)
    assert told.header["plane"]["features"] == ["x0", "x1"]
    assert told.header["plane"]["held"] == {}
    assert np.array_equal(told.arrays["truth"].ravel(), cells[:, 0] > cells[:, 1])


def test_a_regression_shows_values(client: Client, tmp_path: Any) -> None:
    rows = [f"{i % 8},{i % 5},{(i % 8) * 2 + (i % 5)}" for i in range(80)]
    table = own_table(client, "a,b,c", rows)
    data = {"file": f"{table['digest']}.csv", "target": "c", "kind": "regression"}
    document = {**GREATER, "data": data, "network": LINEAR,
                "preprocess": {"scaling": "standard", "target_scaling": "standard"}}  # fmt: skip
    want = {"surface": {"n": 8}, "multiples": {"n": 8}, "rows": {}, "curves": {}, "finals": True,
            "answers": {"points": [[1.0, 1.0]]}}  # fmt: skip
    told = client.look(client.open(document, table=table), want=want)
    (tmp_path / f"{table['digest']}.csv").write_text("\n".join(["a,b,c", *rows, ""]))
    run = Experiment.read(document, folder=tmp_path).run()
    each = run.predict(grid(told, 8))[..., 0].astype(np.float64)
    np.testing.assert_allclose(told.arrays["surface"].ravel(), np.median(each, axis=0), rtol=1e-5)
    assert told.header["plane"]["value_range"] == [0.0, 18.0]
    shown = np.clip(each / 18 * 255, 0, 255)
    np.testing.assert_allclose(told.arrays["multiples"].reshape(5, -1), shown, atol=0.51)
    assert "confusion" not in told.arrays
    assert "curve_train_r2" in told.arrays
    mean = run.predict([[1.0, 1.0]])[:, 0, 0].mean()
    np.testing.assert_allclose(told.arrays["points"], [[mean]], rtol=1e-5)


def test_labels_are_shown_one_by_one(client: Client) -> None:
    rows = [f"{i % 8},{i % 5},{int(i % 8 > 3)},{int(i % 5 > 2)}" for i in range(80)]
    table = own_table(client, "a,b,p,q", rows)
    data = {"file": f"{table['digest']}.csv", "target": ["p", "q"], "kind": "multilabel"}
    network = {"layers": [{"units": 3, "activation": "tanh"},
                          {"units": 2, "activation": "sigmoid"}]}  # fmt: skip
    opened = client.open({**GREATER, "data": data, "network": network}, table=table)
    want = {"surface": {"n": 8}, "rows": {}, "answers": {"points": [[1.0, 1.0]]}}
    one = client.look(opened, want=want)
    other = client.look(opened, plane={"output": "q"}, want=want)
    assert one.header["plane"]["output"].startswith("probability of p")
    assert not np.array_equal(one.arrays["surface"], other.arrays["surface"])
    index = one.arrays["rows_index"]
    assert np.array_equal(one.arrays["rows_class"], index % 8 > 3)
    assert np.array_equal(other.arrays["rows_class"], index % 5 > 2)
    assert one.arrays["confusion"].shape == (2, 2)
    assert one.arrays["points"].shape == (1, 2)


@pytest.mark.parametrize("step", [None, 0, 1, 2])
def test_no_frame_of_networks_that_diverged_holds_nan(client: Client, step: int | None) -> None:
    training = {"epochs": 3, "optimizer": {"name": "sgd", "learning_rate": 1e38}}
    document = {**GREATER, "network": LINEAR, "training": {**training, "loss": "squared_error"}}
    opened = client.open(document)
    want = {"rows": {}, "surface": {"n": 8}, "multiples": {"n": 8}, "units": {"n": 8},
            "weights": {"gradients": True}, "answers": {"points": [[0.0, 0.0]]},
            "curves": {"network": 0}, "finals": True, "truth": True}  # fmt: skip
    told = client.look(opened, step=step, want=want)
    assert told.type == "frame"
    for name, array in told.arrays.items():
        assert np.isfinite(array).all(), name
    if step is None:
        assert told.header["n_diverged"] == 5
        assert set(told.header["figures"].values()) == {None}


def test_a_network_that_is_not_there_is_told(client: Client) -> None:
    opened = client.open(GREATER)
    for want in (
        {"surface": {"show": "network", "network": 5}},
        {"multiples": {"members": [0, 5]}},
        {"units": {"network": 5}},
        {"weights": {"network": 5}},
        {"answers": {"network": 5}},
        {"curves": {"network": 5}},
    ):
        told = client.look(opened, want=want)
        assert (
            told.header["sentence"] == "network: must be from 0 to 4; got 5."
            " Open the session again."
        )
