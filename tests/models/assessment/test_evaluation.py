"""Figures of a model, each from its formula."""

from __future__ import annotations

import math

import numpy as np
import pytest

import shoal.models.model as model_module
from shoal.errors import ArgumentError
from shoal.metrics import accuracy, categorical_log_loss
from shoal.models import Evaluation, evaluate
from shoal.network import Dense, Network

X = [[1.0], [-1.0], [1.0]]
Y = [[1.0], [0.0], [0.0]]


def test_a_classifier(coin) -> None:
    # p(yes) is 5/8, 3/8, 5/8: right, right, wrong; p of the true class 5/8, 5/8, 3/8
    # network 0 alone: 3/4, 1/4, 3/4; of the true class 3/4, 3/4, 1/4
    # network 1 alone: always 1/2, so it says the first class: wrong, right, right
    found = evaluate(coin(), X, Y)
    assert found.n_rows == 3
    assert found.n_networks == 2
    assert found.loss_name == "crossentropy"
    assert found.loss == pytest.approx(-(2 * math.log(5 / 8) + math.log(3 / 8)) / 3, rel=1e-14)
    assert found.accuracy == 2 / 3
    assert found.constant_guess_accuracy == 2 / 3
    assert found.classes == ("no", "yes")
    assert found.confusion == ((1, 1), (0, 1))
    first = -(2 * math.log(3 / 4) + math.log(1 / 4)) / 3
    assert found.network_losses == pytest.approx((first, math.log(2)), rel=1e-14)
    assert found.network_accuracies == (2 / 3, 2 / 3)
    assert found.r2 is None
    assert found.mean_absolute_error is None


def test_targets_are_codes_one_hot_or_names(coin) -> None:
    model, expected = coin(), evaluate(coin(), X, Y)
    one_hot = [[0, 1], [1, 0], [1, 0]]
    for y in ([1, 0, 0], one_hot, ["yes", "no", "no"], np.array(["yes", "no", "no"], object)):
        assert evaluate(model, X, y) == expected


def test_numbers(lines) -> None:
    # 2 x and 4 x + 1 at x = 1, 2: 2, 4 and 5, 9; mean 3.5, 6.5; y = 3.5, 7.5
    # errors 0 and 1; y varies by 2 around 5.5: sum of squares 8
    found = evaluate(lines(), [[1.0], [2.0]], [3.5, 7.5])
    assert found == Evaluation(
        n_rows=2,
        n_networks=2,
        loss_name="squared_error",
        loss=0.5,
        r2=1 - 1 / 8,
        mean_squared_error=0.5,
        mean_absolute_error=0.5,
        network_losses=((1.5**2 + 3.5**2) / 2, (1.5**2 + 1.5**2) / 2),
    )


def test_a_target_that_does_not_vary_has_no_r2(lines) -> None:
    assert evaluate(lines(), [[1.0], [2.0]], [3.0, 3.0]).r2 is None


@pytest.mark.parametrize(("dtype", "exact"), [("float32", 1e-7), ("float64", 1e-15)])
def test_certain_and_wrong_costs_what_the_sum_says(coin, dtype, exact) -> None:
    # p(no) = 1 - sigmoid(800 ln 3) rounds to 0; its log is -(800 ln 3) all the same
    found = evaluate(coin(dtype)[0], [[800.0]], [[0.0]])
    assert found.loss == pytest.approx(800 * math.log(3), rel=exact)
    assert found.network_losses == (found.loss,)


def test_certain_by_both_networks_is_added_as_logs(coin) -> None:
    # log p(no) is -800 ln 3 and -ln 2: the mean of e^-879 and 1/2 is 1/4
    found = evaluate(coin(), [[800.0]], [[0.0]])
    assert found.loss == pytest.approx(math.log(4), rel=1e-15)


@pytest.mark.parametrize(("dtype", "tiny"), [("float32", 2.0**-126), ("float64", 2.0**-1022)])
def test_a_probability_that_is_clipped_to_0_counts_as_the_smallest(make, dtype, tiny) -> None:
    # one unit of identity: an output of 3 is p = 1 for 'yes', so p(no) = 0
    network = Network([Dense(1, "identity", bias=False)], inputs=1)
    model = make(network, network.start_from([[[[3.0]]]], dtype=dtype), ("no", "yes"))
    found = evaluate(model, [[1.0]], [[0.0]])
    assert found.loss == pytest.approx(-math.log(tiny), rel=1e-14)


def test_several_classes_agree_with_the_metrics(drawn, rows) -> None:
    network = Network([Dense(4, "tanh"), Dense(3, "softmax")], inputs=2)
    model = drawn(network, 5, ("a", "b", "c"), "float64")
    x = rows(30, 2)
    y = np.eye(3)[np.arange(30) % 3]
    found = evaluate(model, x, y)
    assert found.loss == pytest.approx(categorical_log_loss(model.predict_proba(x), y), rel=1e-13)
    for i, outputs in enumerate(model.outputs(x)):
        assert found.network_accuracies is not None
        assert found.network_accuracies[i] == accuracy(outputs, y)
        assert found.network_losses[i] == pytest.approx(categorical_log_loss(outputs, y), rel=1e-13)
    assert found.confusion is not None
    assert [sum(row) for row in found.confusion] == [10, 10, 10]


def test_blocks_give_the_same_figures(coin, monkeypatch) -> None:
    x, y = X * 5, Y * 5
    whole = evaluate(coin(), x, y)
    monkeypatch.setattr(model_module, "BLOCK", 2 * 2 * 4)
    parts = evaluate(coin(), x, y)
    assert parts.network_losses == pytest.approx(whole.network_losses, rel=1e-14)
    assert parts.model_dump(exclude={"network_losses"}) == whole.model_dump(
        exclude={"network_losses"}
    )


def test_an_evaluation_is_json(coin) -> None:
    found = evaluate(coin(), X, Y)
    assert Evaluation.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X, Y[:2], "`y` must have N=3 rows from `x`; got 2. Give as many as that."),
        (X, Y * 2, "`y` must have N=3 rows from `x`; got 6. Give as many as that."),
        (
            np.zeros((0, 1)),
            np.zeros((0, 1)),
            "`x` must have at least one row; got 0. Give at least one.",
        ),
        (
            X,
            [[0.5], [0], [1]],
            "`y` must be 0 and 1, with one 1 a row where there are several "
            "columns; got other values."
            " Give the answers in that form, or choose another kind of model.",
        ),
        (
            X,
            [[1, 1], [0, 1], [0, 1]],
            "`y` must be 0 and 1, with one 1 a row where there are "
            "several columns; got other values."
            " Give the answers in that form, or choose another kind of model.",
        ),
        (
            X,
            [[1, 0, 0]] * 3,
            "`y` must have shape (N, 1) or (N, 2); got (3, 3). Give as many as that.",
        ),
        (
            X,
            [math.nan, 0, 1],
            "`y` must be finite; got infinity or NaN."
            " Take these numbers out, or fill the gaps first.",
        ),
        (
            X,
            [[1], [0, 1], [0]],
            "`y` must have rows of one length; got something else."
            " Give the answers in that form, or choose another kind of model.",
        ),
        (
            X,
            [["no"], ["no"], ["no"]],
            "`y` must be a table of numbers, or names of classes; got an array of <U2."
            " Give the answers in that form, or choose another kind of model.",
        ),
        (
            X,
            ["no", "yess", "no"],
            "`y` must hold classes of the model, 'no', 'yes'; "
            "got 'yess' in row 1. Did you mean 'yes'?",
        ),
    ],
)
def test_what_does_not_fit(coin, x, y, message) -> None:
    with pytest.raises(ArgumentError) as caught:
        evaluate(coin(), x, y)
    assert str(caught.value) == f"evaluate: {message}"


def test_an_error_beyond_numbers(lines) -> None:
    with pytest.raises(ArgumentError) as caught:
        evaluate(lines(), [[1.0]], [1e200])
    assert str(caught.value) == (
        "evaluate: `y` must keep the squared error finite; got an error beyond 1e154."
        " Take these numbers out, or fill the gaps first."
    )
