"""The true rule of every task, asked anywhere in the plane and in the experiment's units."""

import numpy as np
import pytest

from shoal.data.dataset import Schema
from shoal.data.file_recipe import FileData
from shoal.data.recipe import true_classes
from shoal.data.tasks import (
    TASKS,
    And,
    Circle,
    Digits,
    Gaussians,
    Greater,
    Majority,
    Moons,
    Nand,
    Or,
    Points,
    Spiral,
    Xor,
    load_task,
)
from shoal.data.tasks.planes import arm, moon
from shoal.errors import ArgumentError
from shoal.streams import stream

KNOWN = sorted(set(TASKS) - {"points", "digits"})
SETTINGS = {"majority": {"bits": 5}, "greater": {"samples": 200, "features": 3}}


@pytest.mark.parametrize("task", KNOWN)
@pytest.mark.parametrize("moved", [{}, {"dummies": 2}, {"multiply": -4.0, "add": 2.0}])
def test_rows_of_a_task_get_the_class_that_its_rule_gave_them(task, moved):
    recipe = TASKS[task](**SETTINGS.get(task, {}), **moved)
    dataset = load_task(recipe, stream(3, "data"), stream(3, "noise"))
    assert true_classes(recipe, dataset.x).tolist() == dataset.rule.tolist()


@pytest.mark.parametrize("recipe", [Points(), Digits(), FileData(file="a.csv", target="y")])
def test_no_rule_is_known_of_measured_rows(recipe):
    assert true_classes(recipe, np.zeros((3, 64))) is None


def test_bits_are_divided_at_the_middle():
    x = np.array([[0.4, 0.5], [0.4, 0.6], [0.6, 0.5], [7.0, 0.51]])  # 00, 01, 10, 11
    assert Or().true_classes(x).tolist() == [0, 1, 1, 1]
    assert And().true_classes(x).tolist() == [0, 0, 0, 1]
    assert Nand().true_classes(x).tolist() == [1, 1, 1, 0]
    assert Xor().true_classes(x).tolist() == [0, 1, 1, 0]
    votes = np.array([[0.6, 0.2, 0.7], [0.6, 0.2, 0.4]])
    assert Majority(bits=3).true_classes(votes).tolist() == [1, 0]


def test_greater_looks_at_the_first_two():
    x = np.array([[0.2, 0.1, 9.0], [0.1, 0.2, -9.0], [0.1, 0.1, 9.0]])
    assert Greater(features=3).true_classes(x).tolist() == [1, 0, 0]


def test_multiplying_and_adding_are_undone():
    # -2 x + 1: the smaller of what is seen was the greater
    recipe = Greater(multiply=-2.0, add=1.0, dummies=1)
    assert true_classes(recipe, np.array([[0.0, 0.5, 1.0], [0.5, 0.0, -1.0]])).tolist() == [1, 0]


def test_a_disc_that_is_apart_ends_half_way_to_its_ring():
    x = np.array([[0.59, 0.0], [0.61, 0.0], [0.0, -0.59], [0.0, -0.61], [50.0, 50.0]])
    assert Circle(spread=0.0).true_classes(x).tolist() == [0, 1, 0, 1, 1]


def test_with_a_spread_the_disc_ends_a_little_beyond():
    # the ring is wider than the disc, so its density at the middle is lower
    inside = Circle(spread=0.05).true_classes(np.array([[0.602, 0.0], [0.65, 0.0], [99.0, 0.0]]))
    assert inside.tolist() == [0, 1, 1]


def test_gaussians_are_told_apart_by_the_nearest_centre():
    # centres at 45, 165 and 285 degrees: 100 is nearer to 45, 110 to 165, and so on
    angles = np.radians([100, 110, 220, 230, 340, 350])
    x = 30 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert Gaussians(classes=3).true_classes(x).tolist() == [0, 1, 1, 2, 2, 0]


@pytest.mark.parametrize("spread", [0.0, 0.02, 0.1])
def test_on_the_shapes_and_far_away_the_nearest_curve_is_named(spread):
    place, label = np.linspace(0.05, 0.9, 40), np.arange(40) % 2
    assert Moons(spread=spread).true_classes(moon(place, label)).tolist() == label.tolist()
    assert Moons(spread=spread).true_classes(np.array([[-9.0, 9.0], [9.0, -9.0]])).tolist() == [
        0,
        1,
    ]
    tight, label = Spiral(classes=3, spread=spread / 4), np.arange(40) % 3
    assert tight.true_classes(arm(place, label, 3)).tolist() == label.tolist()


@pytest.mark.parametrize("task", ["circle", "gaussians", "moons", "spiral"])
def test_the_rule_is_as_often_right_as_the_ceiling_says(task):
    recipe = TASKS[task](samples=20_000)
    rows = recipe.draw(stream(1, "data"))
    right = float(np.mean(recipe.true_classes(rows.x) == rows.label))
    # a standard error of at most 0.5 / sqrt(20,000) = 0.0035
    assert right == pytest.approx(recipe.ceiling().best, abs=0.011)


def test_rows_with_too_few_features_are_refused():
    with pytest.raises(ArgumentError) as caught:
        true_classes(Greater(), np.zeros((4, 1)))
    assert str(caught.value) == (
        "true_classes: `x` must have shape (N, 2) or wider for task 'greater'; got (4, 1)."
        " Give as many as that."
    )


def test_base_features_are_those_of_the_columns():
    dataset = load_task(Xor(dummies=1), stream(0, "data"), stream(0, "noise"))
    assert dataset.schema.base_features == ("input1", "input2", "dummy1")
    assert Schema(columns=(), target="y", kind="regression").base_features == ()
