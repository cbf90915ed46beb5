"""Built-in tasks: one table of all of them through the same tests, then each one's own."""

from __future__ import annotations

import csv
import itertools
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from shoal.data.dataset import Dataset
from shoal.data.recipe import class_indices
from shoal.data.tasks import (
    TASKS,
    And,
    Circle,
    Gaussians,
    Greater,
    LogicTask,
    Majority,
    Moons,
    Nand,
    Or,
    Points,
    Spiral,
    TaskData,
    TaskRecipe,
    Xor,
    attainable_accuracy,
    fresh,
    greater_width,
    load_task,
    overlap,
    planes,
)
from shoal.errors import ArgumentError, DataError
from shoal.streams import stream

CASES = Path(__file__).parents[1] / "cases"
DATA, NOISE = stream(11, "data"), stream(11, "noise")

RECIPES: tuple[TaskRecipe, ...] = (
    *(task() for task in TASKS.values()),
    *(task(stream=False) for task in (Or, And, Nand, Xor)),
    Majority(bits=5),
    Greater(features=5),
    Points(bias_input=True),
    Circle(spread=0.3),
    Gaussians(classes=5, spread=0.3),
    Moons(spread=0.3),
    Spiral(classes=3, spread=0.1),
    *(task(spread=0) for task in (Circle, Gaussians, Moons, Spiral)),
)
SAMPLED = tuple(recipe for recipe in RECIPES if "samples" in type(recipe).model_fields)
STREAMS = (Or(), And(), Nand(), Xor())


def label_of(recipe: TaskRecipe) -> str:
    return "-".join(
        [recipe.task, *(f"{k}={v}" for k, v in recipe.model_dump(exclude_defaults=True).items())]
    )


def change(recipe: TaskRecipe, **fields: object) -> TaskRecipe:
    return type(recipe).model_validate({**recipe.model_dump(), **fields})


def load(recipe: TaskRecipe, **fields: object) -> Dataset:
    return load_task(change(recipe, **fields), DATA, NOISE)


every_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=label_of)
every_sampled = pytest.mark.parametrize("recipe", SAMPLED, ids=label_of)
every_stream = pytest.mark.parametrize("recipe", STREAMS, ids=label_of)


@pytest.mark.parametrize("name", TASKS)
def test_the_table_names_each_task_as_it_names_itself(name: str) -> None:
    recipe = TASKS[name]()
    assert recipe.task == name
    assert TypeAdapter(TaskData).validate_python({"task": name}) == recipe


@every_recipe
def test_shapes_and_names(recipe: TaskRecipe) -> None:
    dataset = load(recipe, dummies=2)
    n_classes = recipe.n_classes
    assert dataset.x.shape == (recipe.n_rows, len(recipe.column_names) + 2)
    assert dataset.y.shape == (recipe.n_rows, 1 if n_classes == 2 else n_classes)
    assert dataset.x.dtype == dataset.y.dtype == np.float64
    assert dataset.schema.feature_names == (*recipe.column_names, "dummy1", "dummy2")
    assert dataset.schema.classes == tuple(str(k) for k in range(n_classes))
    assert (dataset.schema.target, dataset.schema.kind) == ("label", "classification")
    assert dataset.source == recipe.task
    assert np.isfinite(dataset.x).all()
    assert dataset.clean_y is not None
    assert dataset.clean_y.shape == dataset.y.shape


@every_recipe
def test_json_round_trip(recipe: TaskRecipe) -> None:
    changed = change(recipe, label_noise=0.125, dummies=3, multiply=-2.5, add=0.1)
    again = TypeAdapter(TaskData).validate_json(changed.model_dump_json())
    assert again == changed
    assert type(again) is type(changed)


@every_recipe
def test_the_same_streams_give_the_same_bits(recipe: TaskRecipe) -> None:
    changed = {"label_noise": 0.3, "dummies": 1}
    assert load(recipe, **changed).fingerprint == load(recipe, **changed).fingerprint


@every_sampled
def test_another_data_stream_gives_other_rows(recipe: TaskRecipe) -> None:
    other = load_task(recipe, stream(12, "data"), NOISE)
    if recipe.model_dump().get("spread") == 0 and recipe.task == "gaussians":
        assert np.array_equal(load(recipe).x, other.x)  # nothing but the centres
    else:
        assert not np.array_equal(load(recipe).x, other.x)


@every_recipe
def test_another_noise_stream_flips_other_labels(recipe: TaskRecipe) -> None:
    noisy = change(recipe, label_noise=0.5)
    other = load_task(noisy, DATA, stream(12, "noise"))
    flips = [d.y != d.clean_y for d in (load(noisy), other)]
    if recipe.is_streaming:
        assert not flips[0].any()
        assert not flips[1].any()
    else:
        assert not np.array_equal(*flips)
        assert np.array_equal(load(noisy).x, other.x)


@every_sampled
def test_a_row_does_not_depend_on_the_number_of_rows(recipe: TaskRecipe) -> None:
    changed = {"label_noise": 0.3, "dummies": 2, "multiply": 3, "add": 1}
    few, many = (load(recipe, samples=n, **changed) for n in (37, 500))
    assert few.clean_y is not None
    assert many.clean_y is not None
    assert np.array_equal(few.x, many.x[:37])
    assert np.array_equal(few.y, many.y[:37])
    assert np.array_equal(few.clean_y, many.clean_y[:37])


@every_sampled
def test_classes_are_balanced(recipe: TaskRecipe) -> None:
    counts = np.bincount(class_indices(load(recipe, samples=1001)), minlength=recipe.n_classes)
    if recipe.task == "greater":
        assert abs(counts[1] / 1001 - 0.5) < 4 * 0.5 / math.sqrt(1001)
    else:
        assert counts.max() - counts.min() <= 1


@every_recipe
@pytest.mark.parametrize("label_noise", [0.0, 0.2, 0.9])
def test_attainable_accuracy_is_a_probability(recipe: TaskRecipe, label_noise: float) -> None:
    attainable = attainable_accuracy(change(recipe, label_noise=label_noise))
    assert 1 / recipe.n_classes <= attainable <= 1


@every_sampled
@pytest.mark.parametrize("label_noise", [0.0, 0.2])
def test_the_true_rule_attains_what_was_computed(recipe: TaskRecipe, label_noise: float) -> None:
    truth = load(recipe, samples=20_000, label_noise=label_noise).truth
    assert truth is not None
    a = truth.attainable_accuracy
    assert a == attainable_accuracy(change(recipe, label_noise=label_noise))
    # The rows are a sample: 4 standard errors, and the 0.001 that the figure is good to.
    assert abs(truth.rows_accuracy - a) < 4 * math.sqrt(a * (1 - a) / 20_000) + 0.001


@every_sampled
def test_size_is_checked_before_rows_are_drawn(recipe: TaskRecipe) -> None:
    with pytest.raises(DataError) as caught:
        load(recipe, samples=10_000_000, dummies=10_000)
    n_features = 10_000 + len(recipe.column_names)
    assert str(caught.value) == (
        f"{recipe.task}: 10,000,000 rows of {n_features:,} features are more than "
        "268,435,456 numbers. Ask for fewer rows, features or dummies."
    )


# or, and, nand, xor


@pytest.mark.parametrize(
    ("task", "outputs"),
    [(Or, [0, 1, 1, 1]), (And, [0, 0, 0, 1]), (Nand, [1, 1, 1, 0]), (Xor, [0, 1, 1, 0])],
)
def test_truth_tables(task: type[LogicTask], outputs: list[int]) -> None:
    for streaming in (True, False):
        dataset = load(task(stream=streaming))
        assert dataset.schema.feature_names == ("input1", "input2")
        assert dataset.x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
        assert dataset.y[:, 0].tolist() == outputs


@every_stream
def test_fresh_rows_follow_the_truth_table(recipe: LogicTask) -> None:
    table = {
        tuple(x): y for x, y in zip(load(recipe).x.tolist(), load(recipe).y[:, 0], strict=True)
    }
    rows = fresh(recipe, DATA, NOISE, epoch=0, n_rows=4000)
    assert rows.x.shape == (4000, 2)
    assert [table[tuple(x)] for x in rows.x.tolist()] == rows.y[:, 0].tolist()
    shares = np.bincount((2 * rows.x[:, 0] + rows.x[:, 1]).astype(int)) / 4000
    # 4 standard errors: 4 sqrt(0.25 * 0.75 / 4000) = 0.0274.
    assert shares == pytest.approx([0.25] * 4, abs=0.0274)
    assert rows.truth is not None
    assert (rows.truth.attainable_accuracy, rows.truth.rows_accuracy) == (1.0, 1.0)


def test_fresh_rows_of_an_epoch_do_not_depend_on_their_number() -> None:
    recipe = Xor(label_noise=0.3, dummies=1)
    few, many = (fresh(recipe, DATA, NOISE, 5, n) for n in (40, 400))
    assert np.array_equal(few.x, many.x[:40])
    assert np.array_equal(few.y, many.y[:40])


def test_every_epoch_is_fresh() -> None:
    recipe = Or(label_noise=0.3, dummies=1)
    epochs = [fresh(recipe, DATA, NOISE, epoch, 64) for epoch in range(3)]
    again = fresh(recipe, DATA, NOISE, 1, 64)
    assert again.fingerprint == epochs[1].fingerprint
    for one, two in itertools.combinations(epochs, 2):
        assert not np.array_equal(one.x[:, :2], two.x[:, :2])
        assert not np.array_equal(one.x[:, 2], two.x[:, 2])
        assert not np.array_equal(one.y != one.clean_y, two.y != two.clean_y)
    assert not np.array_equal(load(recipe).x[:, 2], epochs[0].x[:4, 2])


def test_a_stream_is_flipped_but_its_validation_rows_are_not() -> None:
    recipe = Or(label_noise=0.2)
    table, rows = load(recipe), fresh(recipe, DATA, NOISE, 0, 20_000)
    assert rows.truth is not None
    assert table.truth is not None
    assert rows.truth.attainable_accuracy == 0.8
    assert abs(rows.truth.rows_accuracy - 0.8) < 0.0113  # 4 sqrt(0.2 * 0.8 / 20,000)
    assert table.y[:, 0].tolist() == [0, 1, 1, 1]
    assert (table.truth.attainable_accuracy, table.truth.rows_accuracy) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("recipe", "epoch", "n_rows", "message"),
    [
        (
            Or(stream=False),
            0,
            4,
            "fresh: `recipe` must have stream = true; got stream = false. Make it so.",
        ),
        (Or(), -1, 4, "fresh: `epoch` must be 0 or more; got -1. Give a value within the bounds."),
        (Or(), 0, 0, "fresh: `n_rows` must be 1 or more; got 0. Give a value within the bounds."),
    ],
)
def test_what_is_not_fresh(recipe: LogicTask, epoch: int, n_rows: int, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        fresh(recipe, DATA, NOISE, epoch, n_rows)
    assert str(caught.value) == message


# majority


def test_majority_of_three_is_the_published_one() -> None:
    case = json.loads((CASES / "majority.json").read_text())
    dataset = load(Majority())
    assert dataset.schema.feature_names == ("bit1", "bit2", "bit3")
    assert dataset.x.tolist() == case["inputs"]
    assert dataset.y[:, 0].tolist() == case["labels"]


@pytest.mark.parametrize("bits", [1, 5, 15])
def test_majority_of_any_odd_number(bits: int) -> None:
    dataset = load(Majority(bits=bits))
    rows = list(itertools.product([0, 1], repeat=bits))
    assert dataset.x.tolist() == [list(row) for row in rows]
    assert dataset.y[:, 0].tolist() == [row.count(1) > row.count(0) for row in rows]


# greater, points


def test_greater_compares_the_first_two_only() -> None:
    dataset = load(Greater(features=4))
    assert dataset.schema.feature_names == ("x0", "x1", "x2", "x3")
    assert ((dataset.x >= 0) & (dataset.x < 1)).all()
    assert np.array_equal(dataset.y[:, 0], dataset.x[:, 0] > dataset.x[:, 1])
    assert np.array_equal(dataset.x[:, :2], load(Greater()).x)


def test_greater_is_labelled_before_features_are_moved() -> None:
    dataset = load(Greater(samples=100, multiply=-1000, add=1000))
    assert np.array_equal(dataset.y, load(Greater(samples=100)).y)


def test_greater_with_flipped_labels() -> None:
    dataset = load(Greater(samples=2000, label_noise=0.2))
    assert dataset.truth is not None
    assert dataset.clean_y is not None
    assert dataset.truth.attainable_accuracy == 0.8
    assert dataset.truth.rows_accuracy == np.mean(dataset.clean_y == dataset.y)
    # 4 standard errors: 4 sqrt(0.2 * 0.8 / 2000) = 0.0358.
    assert abs(dataset.truth.rows_accuracy - 0.8) < 0.0358


def test_published_widths() -> None:
    assert [greater_width(n) for n in (2, 3, 5, 10)] == [3, 4, 7, 13]


def test_points_are_the_published_ones() -> None:
    with (CASES / "neuro_points.csv").open() as file:
        rows = [[float(v) for v in row] for row in list(csv.reader(file))[1:]]
    dataset = load(Points())
    assert dataset.schema.feature_names == ("x1", "x2")
    assert np.hstack([dataset.x, dataset.y]).tolist() == rows
    with_bias = load(Points(bias_input=True))
    assert with_bias.schema.feature_names == ("x1", "x2", "one")
    assert with_bias.x.tolist() == [[x1, x2, 1.0] for x1, x2, _ in rows]


def test_no_point_has_two_classes() -> None:
    dataset = load(Points())
    classes: dict[tuple[float, ...], set[float]] = {}
    for point, label in zip(dataset.x.tolist(), dataset.y[:, 0], strict=True):
        classes.setdefault(tuple(point), set()).add(label)
    assert {len(found) for found in classes.values()} == {1}


# shapes in the plane


def test_circle_without_spread_is_a_disc_in_a_ring() -> None:
    dataset = load(Circle(samples=4000, spread=0))
    radius = np.hypot(*dataset.x.T)
    inside = dataset.y[:, 0] == 0
    assert radius[inside].max() <= 0.5
    assert 0.7 <= radius[~inside].min() <= radius[~inside].max() <= 1
    # Even by area: half of the disc's area lies within 0.5 / sqrt 2 = 0.354.
    assert abs(np.mean(radius[inside] < 0.5 / math.sqrt(2)) - 0.5) < 4 * 0.5 / math.sqrt(2000)


def test_gaussians_without_spread_are_their_centres() -> None:
    dataset = load(Gaussians(samples=8, classes=4, spread=0))
    c = 0.5 / math.sqrt(2)
    assert dataset.x[:4] == pytest.approx(np.array([[c, c], [-c, c], [-c, -c], [c, -c]]))


def test_moons_without_spread_are_half_circles() -> None:
    dataset = load(Moons(samples=2000, spread=0))
    centres = np.array([[-1 / 3, -1 / 6], [1 / 3, 1 / 6]])
    label = class_indices(dataset)
    away = dataset.x - centres[label]
    assert np.hypot(*away.T) == pytest.approx(np.full(2000, 2 / 3))
    assert (away[label == 0, 1] >= -1e-15).all()
    assert (away[label == 1, 1] <= 1e-15).all()
    assert np.abs(dataset.x).max() <= 1


def test_arms_of_a_spiral_are_turned_copies() -> None:
    place = np.array([0.0, 0.5, 1.0])
    first, second = (planes.arm(place, np.full(3, k), 2) for k in range(2))
    # Radii 0.1, 0.55, 1 after 0, 3/4 and 3/2 turns.
    assert first == pytest.approx(np.array([[0.1, 0], [0, -0.55], [-1, 0]]), abs=1e-15)
    assert second == pytest.approx(-first, abs=1e-15)


@pytest.mark.parametrize("recipe", [Circle(), Gaussians(), Moons(), Spiral()], ids=label_of)
def test_spread_is_the_standard_deviation_of_each_coordinate(recipe: TaskRecipe) -> None:
    spread = 0.25
    wide, thin = (load(recipe, samples=20_000, spread=s).x for s in (spread, 0))
    noise = wide - thin
    # 4 standard errors: 4 * 0.25 / sqrt(2 * 20,000) = 0.005, of the mean 0.0071.
    assert noise.std(axis=0) == pytest.approx([spread, spread], abs=0.005)
    assert noise.mean(axis=0) == pytest.approx([0, 0], abs=0.0071)
    assert abs(np.corrcoef(noise.T)[0, 1]) < 0.0283


@pytest.mark.parametrize("spread", [0.1, 0.3, 1.0, 10.0])
def test_two_gaussians_in_closed_form(spread: float) -> None:
    # Centres 1 apart: Phi(1 / (2 spread)).
    phi = 0.5 * (1 + math.erf(1 / (2 * spread) / math.sqrt(2)))
    assert attainable_accuracy(Gaussians(spread=spread)) == pytest.approx(phi, abs=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3, 4, 7])
@pytest.mark.parametrize("spread", [0.15, 0.5])
def test_gaussians_by_integration_over_the_plane(n_classes: int, spread: float) -> None:
    side = np.linspace(-0.5 - 7 * spread, 0.5 + 7 * spread, 801)
    x1, x2 = np.meshgrid(side, side)
    angles = 2 * np.pi * np.arange(n_classes) / n_classes
    bells = [
        np.exp(-((x1 - 0.5 * np.cos(a)) ** 2 + (x2 - 0.5 * np.sin(a)) ** 2) / (2 * spread**2))
        for a in angles
    ]
    total = np.sum(bells)
    ceiling = Gaussians(classes=n_classes, spread=spread).ceiling()
    assert ceiling.best == pytest.approx(np.max(bells, axis=0).sum() / total, abs=2e-4)
    assert ceiling.worst == pytest.approx(np.min(bells, axis=0).sum() / total, abs=2e-4)


@pytest.mark.parametrize("recipe", [Circle(), Moons(), Spiral(classes=3)], ids=label_of)
@pytest.mark.parametrize("spread", [0.05, 0.2, 1.0])
def test_a_finer_grid_changes_little(
    recipe: TaskRecipe, spread: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = {
        "circle": planes._circle_overlap.__wrapped__,
        "moons": planes._moons_overlap.__wrapped__,
        "spiral": lambda s: planes._spiral_overlap.__wrapped__(s, 3),
    }[recipe.task]
    coarse = build(spread).ceiling
    monkeypatch.setattr(overlap, "CELLS_PER_SPREAD", 2 * overlap.CELLS_PER_SPREAD)
    fine = build(spread).ceiling
    assert coarse.best == pytest.approx(fine.best, abs=3e-4)
    assert coarse.worst == pytest.approx(fine.worst, abs=3e-4)


@pytest.mark.parametrize(
    ("recipe", "spread"),
    [(Circle(), 0.019), (Moons(), 0.03), (Spiral(), 0.019), (Gaussians(), 1e-300)],
    ids=lambda value: getattr(value, "task", value),
)
def test_classes_far_apart_are_told_apart(recipe: TaskRecipe, spread: float) -> None:
    dataset = load(recipe, spread=spread)
    assert dataset.truth is not None
    assert (dataset.truth.attainable_accuracy, dataset.truth.rows_accuracy) == (1.0, 1.0)


@pytest.mark.parametrize("recipe", [Circle(), Gaussians(), Moons(), Spiral()], ids=label_of)
def test_accuracy_falls_smoothly_as_classes_spread(recipe: TaskRecipe) -> None:
    spreads = np.geomspace(0.01, 10, 31).tolist()
    found = [attainable_accuracy(change(recipe, spread=spread)) for spread in spreads]
    assert all(later <= earlier + 3e-4 for earlier, later in itertools.pairwise(found))
    assert found[0] == pytest.approx(1, abs=1e-6)
    assert found[-1] < 0.56


# recipes that cannot be


@pytest.mark.parametrize(
    ("task", "fields", "where", "message"),
    [
        (
            Majority,
            {"bits": 4},
            "bits",
            "must be odd, or some rows have no majority; got 4",
        ),
        (Majority, {"bits": 17}, "bits", "Input should be less than or equal to 15"),
        (
            Xor,
            {"validation": 0.25},
            "stream",
            "must be false to set rows aside with validation or test: "
            "a stream is validated on its truth table",
        ),
        (Greater, {"features": 1}, "features", "Input should be greater than or equal to 2"),
        (Moons, {"classes": 3}, "classes", "Extra inputs are not permitted"),
        (Spiral, {"spread": -0.1}, "spread", "Input should be greater than or equal to 0"),
        (Or, {"task": "and"}, "task", "Input should be 'or'"),
    ],
)
def test_recipes_that_cannot_be(
    task: type[TaskRecipe], fields: dict[str, object], where: str, message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        task.model_validate(fields)
    (error,) = caught.value.errors()
    assert (error["loc"], error["msg"]) == ((where,), message)


def test_validation_defaults() -> None:
    without = {"or", "and", "nand", "xor", "majority", "points"}
    assert {name for name, task in TASKS.items() if task().validation == 0} == without
    assert {task().validation for name, task in TASKS.items() if name not in without} == {0.2}
    assert Xor(stream=False, validation=0.25).validation == 0.25


# the same bits on any CPU

FINGERPRINTS = """
from shoal.data.scaling import fit_scaler
from shoal.data.tasks import TASKS, attainable_accuracy, load_task
from shoal.streams import stream
for name, task in TASKS.items():
    recipe = task(label_noise=0.1, dummies=1, multiply=3, add=0.1)
    dataset = load_task(recipe, stream(1, "data"), stream(1, "noise"))
    print(name, dataset.fingerprint, attainable_accuracy(recipe).hex(), dataset.truth)
    print(fit_scaler("standard", dataset.x).model_dump_json())
# Only exp, log and tanh of this NumPy change with the CPU, in a few last bits that one mean
# may swallow: many ceilings are compared, not one.
for name in ("circle", "gaussians", "moons", "spiral"):
    for classes in (2, 5) if "classes" in TASKS[name].model_fields else (None,):
        for i in range(1, 25):
            more = {} if classes is None else {"classes": classes}
            ceiling = TASKS[name](spread=i / 16, **more).ceiling()
            print(name, classes, i, ceiling.best.hex(), ceiling.worst.hex())
"""


def test_the_bits_do_not_change_with_numpys_instruction_set() -> None:
    from numpy._core import _multiarray_umath as umath

    found = [f for f in umath.__cpu_dispatch__ if umath.__cpu_features__.get(f)]
    if not found:
        pytest.skip("this CPU has nothing beyond NumPy's baseline")
    outputs = []
    for disabled in ("", " ".join(found)):
        environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": disabled}
        command = [sys.executable, "-c", FINGERPRINTS]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        outputs.append(done.stdout)
    assert outputs[0]
    assert outputs[0] == outputs[1]
