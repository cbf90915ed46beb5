"""Truth: the arrays behind the pictures against formulas, the models, numpy and scikit-learn."""

import json

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import auc, confusion_matrix, roc_curve

from shoal.charts.asking import said
from shoal.charts.columns import rows_of
from shoal.charts.contours import contour
from shoal.charts.judged_rows import coverage_curves, judged
from shoal.charts.planes import cells
from shoal.charts.surface import middles, surface
from shoal.charts.theme import DARK, LIGHT, classes, colour_map, contrast, rgb, stops
from shoal.errors import ArgumentError
from shoal.experiments.document import Experiment
from shoal.experiments.sweep import Sweep
from shoal.metrics.ranking import roc_points
from shoal.network import ACTIVATIONS


def test_bands_are_percentiles(run):
    chart = run.plot.curves(figure="validation_loss")
    values = run.history["validation_loss"]
    for name, q in (("p05", 5), ("median", 50), ("p95", 95)):
        np.testing.assert_allclose(chart.data[name], np.percentile(values, q, axis=0))
    assert list(chart.data["epochs"]) == [1, 2, 3, 4, 5, 6]


def test_a_surface_is_what_models_predict(run):
    found = surface(run, features="x1,x0", n=6, hold={"dummy1": 0.25})
    names = run.prepared.parts[0].dataset.schema.feature_names
    assert (found.names, found.x.shape) == (("x1", "x0"), (6,))
    rows = np.zeros((36, len(names)))
    rows[:, names.index("x1")] = np.tile(found.x, 6)
    rows[:, names.index("x0")] = np.repeat(found.y, 6)
    rows[:, names.index("dummy1")] = 0.25
    each = np.stack([run[i].predict_proba(rows)[:, 1] for i in range(len(run))])
    np.testing.assert_allclose(found.each.reshape(len(run), -1), each, rtol=1e-12)
    np.testing.assert_allclose(found.median.ravel(), np.median(each, axis=0))
    np.testing.assert_allclose(found.disagreement.ravel(), each.std(axis=0))


def test_a_surface_with_other_weights(run):
    start = run.at(0).flat
    found = surface(run, weights=start, n=5, members=[2])
    assert found.each.shape == (1, 5, 5)
    assert not np.allclose(found.each, surface(run, n=5, members=[2]).each)


def test_what_a_recipe_did_is_not_done_twice():
    """The rows of an experiment are multiplied and moved already; a model does it itself."""
    changes = ["training.epochs=2", "population.size=2", "data.samples=100", "data.multiply=10",
               "data.add=3", "preprocess.scaling=standard"]  # fmt: skip
    run = Experiment.load("examples/greater.toml", changes).run(threads=1)
    shown = np.array([[3.5, 12.0], [8.0, 4.0]])
    found = said(run.prepared, run.weights, shown, members=np.arange(2), output=1)
    table = (shown - 3) / 10
    each = np.stack([run[i].predict_proba(table)[:, 1] for i in range(2)])
    np.testing.assert_allclose(found, each, rtol=1e-5)


def test_a_slice_is_what_models_predict(run):
    chart = run.plot.slice(start={"x0": 0.1, "x1": 0.9}, end={"x0": 0.8, "x1": 0.2}, n=5)
    np.testing.assert_allclose(chart.data["x0"], np.linspace(0.1, 0.8, 5))
    middle = np.median(run.prepared.parts[0].dataset.x[:, 2])
    rows = np.stack(
        [np.linspace(0.1, 0.8, 5), np.linspace(0.9, 0.2, 5), np.full(5, middle)], axis=1
    )
    each = run.predict(rows)[:, :, 0]
    np.testing.assert_allclose(chart.data["median"], np.median(each, axis=0), rtol=1e-6)
    np.testing.assert_allclose(chart.data["p95"], np.percentile(each, 95, axis=0), rtol=1e-6)


def test_predictions_at_points(run):
    chart = run.plot.predictions(at=[[0.0, 1.0, 0.5], [1.0, 0.0, 0.5]])
    expected = run.predict([[0.0, 1.0, 0.5], [1.0, 0.0, 0.5]])[:, :, 0]
    np.testing.assert_allclose(chart.data["prediction"], expected.ravel(), rtol=1e-6)
    assert chart.data["point"][:2] == ["(0, 1, 0.5)", "(1, 0, 0.5)"]


def test_predictions_of_the_cells_of_a_sweep():
    document = {
        "data": {"task": "or", "batches": 20},
        "network": {"layers": [{"units": 1, "activation": "sigmoid"}]},
        "training": {"optimizer": {"name": "sgd", "learning_rate": 0.1}, "batch_size": 8},
        "population": 3,
        "sweep": {"training.epochs": [1, 2], "seed": [4, 5, 6]},
    }
    swept = Sweep.read(document).run()
    chart = swept.plot.predictions()
    corners = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    expected = [cell.experiment.run().predict(corners)[:, :, 0] for cell in swept.cells]
    np.testing.assert_allclose(chart.data["prediction"], np.ravel(expected), rtol=1e-6)
    assert chart.data["cell"][::12] == [
        f"epochs={epochs}, seed={seed}" for epochs in (1, 2) for seed in (4, 5, 6)
    ]
    many = Sweep.read({**document, "sweep": {"seed": list(range(25))}}).run()
    with pytest.raises(
        ArgumentError, match="must have at most 24 cells to be drawn side by side; got 25"
    ):
        many.plot.predictions()


def test_difference_of_two_surfaces(run, other_run):
    chart = run.plot.surface_difference(against=other_run, n=8)
    one = surface(run, n=8)
    other = surface(other_run, n=8)
    np.testing.assert_allclose(chart.data["difference"], (one.median - other.median).ravel())


def test_confusion_of_a_network(wine):
    chart = wine.plot.confusion(network=1)
    rows = wine.prepared.parts[0].split.validation
    x = wine.prepared.parts[0].dataset.x[rows]
    true = wine.prepared.parts[0].dataset.y[rows].argmax(axis=1)
    predicted = wine[1].predict_proba(x).argmax(axis=1)
    expected = confusion_matrix(true, predicted, labels=[0, 1, 2])
    assert np.asarray(chart.data["count"]).reshape(3, 3).tolist() == expected.tolist()
    assert chart.data["true"][:3] == ["class_0"] * 3


def test_roc_of_a_network(run):
    found = judged("roc", run, "train", 0)
    p, true = found.p[0, :, 1], found.codes[0] == 1
    alarms, hits = roc_points(p, true)
    expected = roc_curve(true, p, drop_intermediate=False)
    np.testing.assert_allclose(alarms, expected[0])
    np.testing.assert_allclose(hits, expected[1])
    chart = run.plot.roc(rows="train", network=0)
    assert f"area under the curve: {auc(*expected[:2]):.4g}" in chart.subtitle[0]


def test_roc_with_ties():
    alarms, hits = roc_points(np.array([0.5, 0.5, 0.9, 0.1]), np.array([True, False, True, False]))
    assert (alarms.tolist(), hits.tolist()) == ([0, 0, 0.5, 1], [0, 0.5, 1, 1])


def test_calibration_of_a_network(run):
    chart = run.plot.calibration(rows="train", network=2, bins=5)
    found = judged("calibration", run, "train", 2)
    share, mean = calibration_curve(found.codes[0] == 1, found.p[0, :, 1], n_bins=5)
    np.testing.assert_allclose(chart.data["share"], share)
    np.testing.assert_allclose(chart.data["mean_probability"], mean)


def test_accuracy_against_coverage_by_hand(run):
    found = judged("coverage", run, "validation", 0)
    share, each = coverage_curves(found)
    p, codes = found.p[0], found.codes[0]
    order = np.argsort(-p.max(axis=1), kind="stable")
    for k, at in ((0, share[0]), (-1, 1.0)):
        n = round(at * len(codes))
        right = (p.argmax(axis=1) == codes)[order[:n]]
        assert each[0, k] == pytest.approx(right.mean())
    assert each[0, -1] == pytest.approx(run.final("validation_accuracy")[0])


def test_activations_are_those_of_the_table():
    chart = __import__("shoal.charts.registry", fromlist=["make"]).make("activations", None)
    names = np.array(chart.data["activation"])
    lines = np.array(chart.data["line"])
    z, values = np.asarray(chart.data["z"]), np.asarray(chart.data["value"])
    for name, entry in ACTIVATIONS.items():
        if entry.slope is None:  # of a whole row: see test_functions.py
            assert set(lines[names == name]).isdisjoint({"value", "slope"})
            continue
        own = (names == name) & (lines == "value")
        np.testing.assert_allclose(values[own], entry.function(z[own]))
        slope = values[(names == name) & (lines == "slope")]
        far = np.abs(z[own]) > 0.2  # away from kinks
        measured = np.gradient(values[own], z[own])
        np.testing.assert_allclose(slope[far][2:-2], measured[far][2:-2], rtol=0.05, atol=0.02)


def test_network_and_weights_hold_every_parameter(run):
    flat = run.weights[3].astype(np.float64)
    drawn = run.plot.network(network=3).data
    np.testing.assert_allclose(sorted(drawn["weight"]), np.sort(flat))
    matrix = run.plot.weights(network=3).data
    np.testing.assert_allclose(np.sort(np.asarray(matrix["value"])), np.sort(flat))


def test_sweep_has_a_row_for_every_cell(swept):
    chart = swept.plot.sweep()
    summary = swept.summary()
    assert len(chart.data["median"]) == 4
    assert sorted(chart.data["median"]) == pytest.approx(sorted(s["median"] for s in summary))
    noise = np.asarray(chart.data["data.label_noise"])
    for cell, found in zip(swept.cells, summary, strict=True):
        rate = cell.values["training.optimizer.learning_rate"]
        place = (noise == cell.values["data.label_noise"]) & (
            np.asarray(chart.data["training.optimizer.learning_rate"]) == rate
        )
        assert np.asarray(chart.data["median"])[place] == pytest.approx(found["median"])


def test_differences_are_paired(comparison):
    chart = comparison.plot.differences()
    a, b = (arm.figures["validation_accuracy"] for arm in comparison.arms)
    assert np.allclose(np.abs(chart.data["difference"]), np.abs(a - b))
    order = chart.data["comparison"][0]
    np.testing.assert_allclose(chart.data["difference"], a - b if order == "A vs B" else b - a)


def test_time_to_target_counts_networks(comparison):
    chart = comparison.plot.time_to_target()
    for arm in ("A", "B"):
        own = np.array(chart.data["arm"]) == arm
        reached = np.isfinite(comparison.times[arm]["steps"]).mean()
        assert np.asarray(chart.data["share_reached"])[own].max() == pytest.approx(reached)


def test_a_straight_boundary_is_found():
    """The plane v = x crosses 0.3 where x = 0.3."""

    class Plane:
        x = middles(0.0, 1.0, 10)
        y = middles(0.0, 1.0, 10)

    lines = contour(Plane, np.tile(Plane.x, (10, 1)), 0.3)
    np.testing.assert_allclose(lines["x"], 0.3)
    np.testing.assert_allclose(lines["x2"], 0.3)
    length = np.abs(lines["y2"] - lines["y"]).sum()
    assert length == pytest.approx(0.9)
    assert contour(Plane, np.tile(Plane.x, (10, 1)), 2.0) == {}


def test_joined_cells_cover_the_plane(run):
    found = surface(run, n=10)
    rows = cells(found, found.median)
    step = 1 / 56
    for row in rows:
        i = int(np.searchsorted(found.y_edges, row["y"] + 1e-6)) - 1
        inside = (found.x > row["x"]) & (found.x < row["x2"] - 0.3 * np.diff(found.x[:2])[0])
        assert np.abs(found.median[i, inside] - row["v"]).max() <= step / 2 + 1e-4
    assert sum(
        round((r["x2"] - r["x"]) / np.diff(found.x[:2])[0] - (0.35 if r["x2"] < found.x_edges[-1] -
              1e-4 else 0)) for r in rows
    ) == 100  # fmt: skip


def test_themes_are_legible():
    for colours in (LIGHT, DARK):
        for colour in (colours.text, colours.quiet):
            assert contrast(colour, colours.background) > 4.5
        for colour in colours.classes[:4]:
            assert contrast(colour, colours.background) > 3
        assert len(set(classes(colours, 14))) == 14


def test_maps():
    for colours in (LIGHT, DARK):
        table = colour_map("diverging", colours, 257)
        for place, colour in ((0, colours.low), (128, colours.middle), (256, colours.high)):
            assert np.abs(table[place].astype(int) - rgb(colour)).max() <= 1
        assert stops("diverging", colours)[6] == colours.middle
        light = colour_map("sequential", colours).astype(float) @ (0.2126, 0.7152, 0.0722)
        way = np.sign(light[-1] - light[0])
        assert (way * np.diff(light) > -1.5).all()


def test_numbers_keep_the_digits_that_show():
    values = np.array([1.6e9, 1.6e9 + 1.25, np.nan])
    assert [row["t"] for row in rows_of({"t": values})] == [1.6e9, 1.6e9 + 1.25, None]
    tiny = np.array([1e-9, 0.5, 1.0])
    assert [row["t"] for row in rows_of({"t": tiny})] == [1e-9, 0.5, 1.0]


def test_a_sweep_from_0_over_powers_of_ten_is_read_at_every_value():
    swept = Sweep.read(
        {
            "data": {"task": "greater", "samples": 60},
            "preprocess": {"scaling": "standard"},
            "training": {"epochs": 1},
            "population": 2,
            "sweep": {"data.add": [0, 1, 1000], "training.optimizer.learning_rate": [1.0, 1 / 3]},
        }
    ).run(threads=1)
    told = json.dumps(swept.plot.sweep().to_dict())
    assert '"symlog"' in told
    assert '"0.33333"' in told
    assert '"1.0"' not in told
    assert "symlog" not in json.dumps(swept.plot.sweep(log="y").to_dict())
    assert '".5~g"' in json.dumps(swept.plot.heatmap().to_dict())
