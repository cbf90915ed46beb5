"""Figures worked by hand on a few rows, at ties and edges, and what is refused."""

import math

import numpy as np
import pytest

from shoal.errors import ArgumentError
from shoal.metrics import (
    METRICS,
    accuracy,
    binary_log_loss,
    categorical_log_loss,
    confusion_matrix,
    constant_guess_accuracy,
    mean_absolute_error,
    mean_squared_error,
    predicted_classes,
    r2,
)


def test_exactly_one_half_is_class_0():
    just_above = float(np.nextafter(0.5, 1))
    assert predicted_classes([[0.5], [just_above], [0.0], [1.0]]).tolist() == [0, 1, 0, 1]
    assert accuracy([[0.5]], [[0.0]]) == 1.0


def test_the_first_of_equal_outputs_wins():
    assert predicted_classes([[0.4, 0.4, 0.2], [0.1, 0.45, 0.45]]).tolist() == [0, 1]


def test_a_population_has_classes_too():
    outputs = [[[0.1], [0.9]], [[0.8], [0.2]], [[0.6], [0.7]]]
    assert predicted_classes(outputs).tolist() == [[0, 1], [1, 0], [1, 1]]


def test_accuracy_and_confusion_by_hand():
    outputs = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]])
    y = np.eye(3)[[0, 1, 2, 2]]
    # said 0, 1, 0, 2: the third row is wrong, a 2 taken for a 0
    assert accuracy(outputs, y) == 0.75
    assert confusion_matrix(outputs, y).tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 1]]


def test_confusion_of_one_output_has_two_classes():
    # true 0 said 0, 1; true 1 said 1, 1, 0
    outputs, y = [[0.1], [0.9], [0.8], [0.7], [0.5]], [[0], [0], [1], [1], [1]]
    assert confusion_matrix(outputs, y).tolist() == [[1, 1], [1, 2]]


def test_errors_by_hand():
    outputs, y = [[1.0, 2.0], [3.0, 4.0]], [[0.0, 2.0], [5.0, 4.0]]
    # differences 1, 0, -2, 0: squares 5 / 4, absolutes 3 / 4
    assert mean_squared_error(outputs, y) == 1.25
    assert mean_absolute_error(outputs, y) == 0.75


def test_r2_by_hand():
    y = np.array([[1.0], [2.0], [3.0]])
    assert r2(y, y) == 1.0
    assert r2(np.full((3, 1), 2.0), y) == 0.0
    # left over 0 + 0 + 4, around the mean 1 + 0 + 1
    assert r2([[1.0], [2.0], [5.0]], y) == -1.0
    # two outputs: the mean of 1 and -1
    assert r2(np.hstack([y, [[1.0], [2.0], [5.0]]]), np.hstack([y, y])) == 0.0
    # 0.1 has no exact mean of its own, and still does not vary
    assert math.isnan(r2(y, np.full((3, 1), 0.1)))


def test_log_losses_by_hand():
    # -(log(4/5) + log(1/2)) / 2 = log(5/2) / 2
    assert binary_log_loss([[0.8], [0.5]], [[1.0], [0.0]]) == pytest.approx(math.log(2.5) / 2)
    # -(log(1/4) + log(1/2)) / 2 = log(8) / 2
    found = categorical_log_loss([[0.25, 0.75], [0.5, 0.5]], [[1.0, 0.0], [0.0, 1.0]])
    assert found == pytest.approx(math.log(8) / 2)


def test_certainty_costs_nothing_or_everything():
    assert binary_log_loss([[0.0], [1.0]], [[0.0], [1.0]]) == 0.0
    assert binary_log_loss([[0.0], [1.0]], [[1.0], [1.0]]) == math.inf
    assert categorical_log_loss([[0.0, 1.0]], [[0.0, 1.0]]) == 0.0
    assert categorical_log_loss([[0.0, 1.0]], [[1.0, 0.0]]) == math.inf


def test_log_loss_of_nan_is_nan():
    assert math.isnan(binary_log_loss([[math.nan]], [[1.0]]))
    assert math.isnan(categorical_log_loss([[math.nan, 0.5]], [[0.0, 1.0]]))


def test_constant_guess_says_the_majority_of_the_training_rows():
    assert constant_guess_accuracy([[1], [1], [0]], [[1], [0], [0], [0]]) == 0.25
    # one each: the first class is said
    assert constant_guess_accuracy([[1], [0]], [[0], [0], [1]]) == pytest.approx(2 / 3)
    assert constant_guess_accuracy(np.eye(3)[[2, 2, 1]], np.eye(3)[[2, 0]]) == 0.5


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_knows_better_from_worse(name):
    metric = METRICS[name]
    y = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    good, bad = 0.8 * y + 0.1, 0.9 - 0.8 * y
    assert metric.name == name
    assert (metric.function(good, y) > metric.function(bad, y)) == metric.more_is_better


@pytest.mark.parametrize("name", METRICS)
def test_shapes_that_differ_and_no_rows_are_refused(name):
    with pytest.raises(ArgumentError) as error:
        METRICS[name].function([[1.0]], [[1.0], [0.0]])
    assert (
        str(error.value)
        == f"{name}: `y` must have shape (N, C) with N=1 from `outputs`; got (2, 1)."
        " Give as many as that."
    )
    with pytest.raises(ArgumentError) as error:
        METRICS[name].function(np.empty((0, 1)), np.empty((0, 1)))
    assert (
        str(error.value) == f"{name}: `outputs` must have at least one row and output; got (0, 1)."
        " Give at least one."
    )


@pytest.mark.parametrize("function", [binary_log_loss, categorical_log_loss])
def test_log_losses_want_probabilities(function):
    with pytest.raises(ArgumentError) as error:
        function([[1.5, 0.5]], [[1.0, 0.0]])
    assert str(error.value) == (
        f"{function.__name__}: `outputs` must be probabilities, 0 to 1; got 1.5."
        " Give a value within the bounds."
    )


def test_classes_of_a_flat_array_are_refused():
    with pytest.raises(ArgumentError) as error:
        predicted_classes([0.2, 0.7])
    assert (
        str(error.value) == "predicted_classes: `outputs` must have shape (..., N, C); got (2,)."
        " Give as many as that."
    )
