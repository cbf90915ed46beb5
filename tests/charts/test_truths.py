"""The true boundary over a plane: on the line that the task's rule says, whatever the units."""

from pathlib import Path

import numpy as np
import pytest

from shoal.charts.surface import surface as cells_of
from shoal.charts.surfaces import surface
from shoal.charts.truths import NODES, true_boundary
from shoal.errors import ArgumentError
from shoal.experiments.document import Experiment

EXAMPLES = Path(__file__).parents[2] / "examples"


def trained(data, n_units=1):
    last = {"units": n_units, "activation": "sigmoid" if n_units == 1 else "softmax"}
    return Experiment.read(
        {
            "data": data,
            "network": {"layers": [last]},
            "training": {"epochs": 1},
            "population": {"size": 2},
        }
    ).run(threads=1)


def boundary(run):
    found = cells_of(run, n=16)
    return found, true_boundary("surface", run, found)


def test_of_greater_it_is_the_diagonal():
    run = trained({"task": "greater", "samples": 300, "multiply": 3.0, "add": -1.0})
    found, lines = boundary(run)
    assert set(lines["line"].tolist()) == {0}
    assert np.abs(lines["x"] - lines["y"]).max() < 1e-4
    # from one edge of the plane to the other
    ends = found.x_edges[0], found.x_edges[-1]
    low, high = max(ends[0], found.y_edges[0]), min(ends[1], found.y_edges[-1])
    assert {round(lines["x"][0], 3), round(lines["x"][-1], 3)} == {round(low, 3), round(high, 3)}


def test_of_a_circle_it_goes_round_once():
    run = trained({"task": "circle", "spread": 0.0, "samples": 400})
    _, lines = boundary(run)
    assert set(lines["line"].tolist()) == {0}
    assert np.abs(np.hypot(lines["x"], lines["y"]) - 0.6).max() < 1e-4
    assert (lines["x"][0], lines["y"][0]) == (lines["x"][-1], lines["y"][-1])
    step = np.hypot(np.diff(lines["x"]), np.diff(lines["y"]))
    assert step.max() < 2 * 2.2 / NODES  # places of a line follow each other


def test_three_classes_meet_in_a_point():
    run = trained({"task": "gaussians", "classes": 3, "samples": 300}, n_units=3)
    _, lines = boundary(run)
    assert set(lines["line"].tolist()) == {0, 1, 2}
    ends = [
        (x, y)
        for k in range(3)
        for x, y in zip(lines["x"][lines["line"] == k], lines["y"][lines["line"] == k], strict=True)
    ]
    near = [np.hypot(*end) for end in ends if np.hypot(*end) < 0.03]
    assert len(near) >= 3  # each of the three lines ends where they meet, at the origin


def test_the_chart_draws_and_says_it():
    run = trained({"task": "xor", "stream": False})
    with_truth, without = surface(run, truth=True), surface(run)
    assert with_truth.subtitle[0] == "2 networks; points: 4 rows; dashed: the true boundary"
    assert "truth" in with_truth.marks
    assert "truth" not in without.marks
    layers = with_truth.to_dict()["layer"]
    (drawn,) = [each for each in layers if each["data"]["name"] == "truth"]
    assert drawn["mark"]["strokeDash"]
    assert drawn["encoding"]["x"]["title"] == "input1"


def test_regions_of_three_classes_have_it_too():
    run = trained({"task": "spiral", "classes": 3, "samples": 300}, n_units=3)
    assert "dashed: the true boundary" in surface(run, truth=True).subtitle[0]


def test_a_plane_of_one_class_has_no_line():
    run = trained({"task": "greater", "features": 4, "samples": 300})
    found = cells_of(run, features=("x2", "x3"), hold={"x0": 0.9, "x1": 0.1}, n=16)
    assert true_boundary("surface", run, found) == {}


def test_measured_rows_have_no_true_boundary():
    run = trained({"task": "points"})
    with pytest.raises(ArgumentError) as caught:
        surface(run, truth=True)
    assert str(caught.value) == (
        "surface: `truth` needs a task whose true rule is known; got the data of 'points'."
        " Choose one of the names that are known."
    )


def test_a_file_has_no_true_boundary():
    run = Experiment.load(EXAMPLES / "wine.toml", ["population.size=1", "training.epochs=1"]).run()
    with pytest.raises(ArgumentError, match="needs a task whose true rule is known"):
        surface(run, truth=True)
