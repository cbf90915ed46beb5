"""Paths of frozen parameters: what they mean, and what is told of those that mean nothing."""

import numpy as np
import pytest
from pydantic import ValidationError

import shoal
from shoal.errors import ExperimentError
from shoal.network import Layout
from shoal.training.freezing import frozen_mask, frozen_problems, frozen_ranges

# layer 0: weights 0 to 5, bias 6 to 8; layer 1: weights 9 to 14, no bias; layer 2: 15 and 16, 17
LAYOUT = Layout.of(2, [(3, True), (2, False), (1, True)])


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("layers.0", (0, 9)),
        ("layers.1", (9, 15)),
        ("layers.0.weights", (0, 6)),
        ("layers.0.bias", (6, 9)),
        ("layers.0.bias.2", (8, 9)),
        ("layers.0.weights.1", (3, 6)),  # from input 1 to all three units
        ("layers.0.weights.1.2", (5, 6)),
        ("layers.2.weights.1.0", (16, 17)),
        ("layers.2.bias.0", (17, 18)),
    ],
)
def test_a_path_names_a_range(path, wanted):
    assert frozen_ranges([path], LAYOUT) == (wanted,)
    assert not list(frozen_problems([path], LAYOUT))


def test_paths_in_any_order_that_overlap_and_touch_are_joined():
    paths = ["layers.2.bias", "layers.0.bias", "layers.0.bias.1", "layers.1.weights.0"]
    assert frozen_ranges(paths, LAYOUT) == ((6, 11), (17, 18))
    assert frozen_ranges([], LAYOUT) == ()


def test_masks():
    assert frozen_mask([(0, 2), (3, 4)], 5).tolist() == [True, True, False, True, False]
    assert frozen_mask([], 5) is None


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("layers.3", "there is no layer 3; the network has layers.0 to layers.2."),
        ("layers.1.bias", "layer 1 has no bias."),
        ("layers.0.bias.3", "there is no unit 3; layer 0 has units 0 to 2."),
        ("layers.0.weights.2", "there is no input 2; layer 0 has inputs 0 to 1."),
        ("layers.0.weights.1.3", "there is no unit 3; layer 0 has units 0 to 2."),
        ("layers.2.weights.0.1", "there is no unit 1; layer 2 has unit 0."),
    ],
)
def test_paths_that_fit_no_parameter(path, told):
    assert list(frozen_problems(["layers.0", path], LAYOUT)) == [(1, f"{path}: {told}")]


WISH = (
    "must be a path such as layers.0, layers.0.bias, layers.0.bias.2 or layers.1.weights.0.2 "
    "(input 0, unit 2); got "
)


@pytest.mark.parametrize(
    ("path", "cure"),
    [
        ("layer.0", " Did you mean 'layers.0'?"),
        ("layers.0.biases.2", " Did you mean 'layers.0.bias.2'?"),
        ("layers.1.weight.0.2", " Did you mean 'layers.1.weights.0.2'?"),
        ("nothing", ""),
        ("layers", " Did you mean 'layers.0'?"),
        ("layers.-1", " Did you mean 'layers.0'?"),
        ("layers.0.bias.1.2", " Did you mean 'layers.0.bias.1'?"),
        ("layers.0.weights.1.2.3", " Did you mean 'layers.0.weights.1.2'?"),
        ("layers.1²", " Did you mean 'layers.0'?"),
    ],
)
def test_what_is_no_path_is_told_with_its_place(path, cure):
    with pytest.raises(ExperimentError) as caught:
        shoal.Experiment.read({"training": {"frozen": ["layers.0", path]}})
    told = f"experiment, training.frozen[1]: {WISH}{path!r}.{cure or ' Give a value of that kind.'}"
    assert str(caught.value) == told


def test_one_path_needs_no_list():
    assert shoal.Training(frozen="layers.0.bias").frozen == ("layers.0.bias",)
    with pytest.raises(ValidationError):
        shoal.Training(frozen=3)


def test_a_document_without_frozen_parameters_is_what_it_was():
    document = shoal.Experiment().document()
    assert "frozen" not in document["training"]
    frozen = shoal.Experiment(training=shoal.Training(frozen=["layers.0", "layers.1.bias.0"]))
    assert frozen.document()["training"]["frozen"] == ["layers.0", "layers.1.bias.0"]
    assert shoal.Experiment.read(frozen.document()) == frozen


def test_everything_frozen_leaves_nothing_to_train():
    told = "leaves nothing to train: every weight and bias is frozen. Leave some free."
    assert list(frozen_problems(["layers.0", "layers.1", "layers.2"], LAYOUT)) == [(None, told)]
    experiment = shoal.Experiment(training=shoal.Training(frozen=[f"layers.{k}" for k in range(4)]))
    with pytest.raises(ExperimentError, match=r"training\.frozen: leaves nothing to train"):
        experiment.run()


def test_all_that_does_not_fit_is_told_at_once():
    frozen = ["layers.4", "layers.0.bias", "layers.0.weights.2.0"]
    with pytest.raises(ExperimentError) as caught:
        shoal.Experiment(training=shoal.Training(frozen=frozen)).run()
    assert [(each.path, each.message) for each in caught.value.problems] == [
        (
            "training.frozen[0]",
            "layers.4: there is no layer 4; the network has layers.0 to layers.3."
            " Make the two agree.",
        ),
        (
            "training.frozen[2]",
            "layers.0.weights.2.0: there is no input 2; layer 0 has inputs 0 to 1."
            " Make the two agree.",
        ),
    ]


def test_the_reference_keeps_weights_and_slots():
    from shoal.training import first_slots, update

    rule, w = shoal.AdamW(0.1, weight_decay=0.5), np.array([1.0, -2.0, 3.0])
    frozen = np.array([False, True, False])
    slots = first_slots(rule, w) + 0.25
    after, then = update(rule, w, np.ones(3), slots, step=1, frozen=frozen)
    assert after[1] == w[1]
    assert then[:, 1].tolist() == slots[:, 1].tolist()
    free, others = update(rule, w, np.ones(3), slots, step=1)
    assert after[[0, 2]].tolist() == free[[0, 2]].tolist()
    assert then[:, [0, 2]].tolist() == others[:, [0, 2]].tolist()
    assert free[1] != w[1]
